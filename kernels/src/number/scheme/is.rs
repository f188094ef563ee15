//! Iceland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Kennitala, `450401-3150`: ddmmyy (day plus 40: companies), serial, modulo 11, century. Lög 140/2019.
    Scheme {
        kind: "is.kennitala",
        label: Label::NationalId,
        country: *b"IS",
        forms: &[form("0000000000", &[shape(&[6, 4])], Strong)],
        checks: &[
            Check::Zero { weights: weights(&[3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            Check::Date(Date {
                year: 4,
                month: 2,
                day: 0,
                days: &[0, 40],
                century: Some((9, [2000, 0, 0, 0, 0, 0, 0, 0, 0, 1900])),
                ..PLAIN
            }),
        ],
        words: &["kennitala", "kennitölu", "kt.", "kt", "id number"],
    },
    // VSK number, five or six digits without a check. Lög 50/1988.
    Scheme {
        kind: "is.vsk",
        label: Label::CompanyId,
        country: *b"IS",
        forms: &[
            form("00000", &[], Word),
            form("000000", &[], Word),
            form("is00000", &[shape(&[2, 5])], Word),
            form("is000000", &[shape(&[2, 6])], Word),
        ],
        checks: &[],
        words: &["vsk", "vsk-númer", "virðisaukaskatt", "vat"],
    },
];
