//! Croatia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // OIB, `33392005961`: ISO/IEC 7064 MOD 11,10. Zakon o OIB.
    Scheme {
        kind: "hr.oib",
        label: Label::TaxId,
        country: *b"HR",
        forms: &[form("00000000000", &[], OneCheck), form("hr00000000000", &[shape(&[2, 11])], Strong)],
        checks: &[Check::Any(&[
            &[Check::Length(11), Check::Iso11 { from: 0, length: 11 }],
            &[Check::Length(13), Check::Iso11 { from: 2, length: 11 }],
        ])],
        words: &["oib", "osobni identifikacijsk", "pdv", "porezni broj", "vat", "tax number"],
    },
    // JMBG, as Slovenia's EMŠO, of the registers 30 to 39; still in the registers of health and pensions. Zakon o matičnom broju (NN 9/92).
    Scheme {
        kind: "hr.jmbg",
        label: Label::NationalId,
        country: *b"HR",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[Check::Among { from: 7, length: 2, ranges: &[(30, 39)] }, EMSO, EMSO_DATE],
        words: &["jmbg", "mbg", "matični broj", "matičnog broja"],
    },
];
