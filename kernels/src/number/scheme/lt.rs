//! Lithuania.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Asmens kodas, `33309240064`: as Estonia's. Gyventojų registro įstatymas 8 str.
    Scheme {
        kind: "lt.asmens",
        label: Label::NationalId,
        country: *b"LT",
        forms: &[form("00000000000", &[], Strong)],
        checks: &[
            Check::Twice {
                first: weights(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]),
                second: weights(&[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]),
                at: 10,
            },
            Check::Date(Date {
                year: 1,
                month: 3,
                day: 5,
                century: Some((0, [0, 1800, 1800, 1900, 1900, 2000, 2000, 2100, 2100, 0])),
                ..PLAIN
            }),
        ],
        words: &["asmens kodas", "asmens kodo", "a.k.", "personal code"],
    },
    // PVM mokėtojo kodas, `LT119511515`: modulo 11 with two rows of weights. VMI.
    Scheme {
        kind: "lt.pvm",
        label: Label::CompanyId,
        country: *b"LT",
        forms: &[
            form("lt000000000", &[shape(&[2, 9])], Strong),
            form("lt000000000000", &[shape(&[2, 12])], Strong),
            form("000000000", &[], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(11),
                Check::Among { from: 9, length: 1, ranges: &[(1, 1)] },
                Check::Twice {
                    first: weights_from(2, &[1, 2, 3, 4, 5, 6, 7, 8]),
                    second: weights_from(2, &[3, 4, 5, 6, 7, 8, 9, 1]),
                    at: 10,
                },
            ],
            &[
                Check::Length(9),
                Check::Among { from: 7, length: 1, ranges: &[(1, 1)] },
                Check::Twice {
                    first: weights(&[1, 2, 3, 4, 5, 6, 7, 8]),
                    second: weights(&[3, 4, 5, 6, 7, 8, 9, 1]),
                    at: 8,
                },
            ],
            &[
                Check::Length(14),
                Check::Among { from: 12, length: 1, ranges: &[(1, 1)] },
                Check::Twice {
                    first: weights_from(2, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2]),
                    second: weights_from(2, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4]),
                    at: 13,
                },
            ],
        ])],
        words: &["pvm", "pvm kodas", "įmonės kodas", "vat"],
    },
];
