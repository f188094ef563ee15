//! Montenegro.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // PIB, `02655284`: weights 8 to 2, modulo 11. Poreska uprava.
    Scheme {
        kind: "me.pib",
        label: Label::CompanyId,
        country: *b"ME",
        forms: &[form("00000000", &[], OneCheck)],
        checks: &[Check::Sum {
            weights: weights(&[8, 7, 6, 5, 4, 3, 2]),
            modulus: 11,
            expected: LACKS_11_ZERO,
            at: 7,
        }],
        words: &["pib", "ПИБ", "poreski", "порески", "matični broj", "tax number"],
    },
    // JMBG, as Slovenia's EMŠO, of the registers 20 to 29. Zakon o centralnom registru stanovništva.
    Scheme {
        kind: "me.jmbg",
        label: Label::NationalId,
        country: *b"ME",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[Check::Among { from: 7, length: 2, ranges: &[(20, 29)] }, EMSO, EMSO_DATE],
        words: &["jmbg", "jmb", "matični broj", "ЈМБГ", "матични број"],
    },
];
