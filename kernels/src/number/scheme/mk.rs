//! North Macedonia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // ЕДБ, `4030000375897`, with MK in front as a VAT number: weights 7 to 2, modulo 11. УЈП.
    Scheme {
        kind: "mk.edb",
        label: Label::CompanyId,
        country: *b"MK",
        forms: &[form("0000000000000", &[], OneCheck), form("mk0000000000000", &[shape(&[2, 13])], Strong)],
        checks: &[Check::Any(&[
            &[Check::Length(13), EMSO],
            &[
                Check::Length(15),
                Check::Sum {
                    weights: weights_from(2, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: LACKS_11_ZERO,
                    at: 14,
                },
            ],
        ])],
        words: &["ЕДБ", "едб", "edb", "даночен", "Даночен", "danočen", "danocen", "ддв", "ДДВ", "tax number"],
    },
    // ЕМБГ, as Slovenia's EMŠO, of the registers 40 to 49. Закон за матичен број на граѓанинот.
    Scheme {
        kind: "mk.embg",
        label: Label::NationalId,
        country: *b"MK",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[Check::Among { from: 7, length: 2, ranges: &[(40, 49)] }, EMSO, EMSO_DATE],
        words: &["ЕМБГ", "ембг", "embg", "матичен број", "Матичен број", "matičen broj"],
    },
];
