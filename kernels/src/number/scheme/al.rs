//! Albania.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // NIPT (NUIS), `J91402501L`: decade, year, month, day, serial, a letter whose rule is not published. Tatime.
    Scheme {
        kind: "al.nipt",
        label: Label::TaxId,
        country: *b"AL",
        forms: &[
            form("A00000000A", &[shape(&[1, 8, 1])], Word),
            form("alA00000000A", &[shape(&[2, 10]), shape(&[2, 1, 8, 1])], Strong),
        ],
        checks: &[Check::Any(&[
            &[Check::Length(10), Check::OneOf { at: 0, characters: "ABCDEFGHIJKLM" }],
            &[Check::Length(12), Check::OneOf { at: 2, characters: "ABCDEFGHIJKLM" }],
        ])],
        words: &["nipt", "nuis", "numri i identifikimit", "identifikimit", "tatimpagues", "tax number"],
    },
];
