//! Slovakia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Rodné číslo, as Czechia's. Zákon 301/1995.
    Scheme {
        kind: "sk.rc",
        label: Label::NationalId,
        country: *b"SK",
        forms: &[form("0000000000", &[shape(&[6, 4])], Strong), form("000000000", &[shape(&[6, 3])], Word)],
        checks: &[
            Check::Any(&[
                &[
                    Check::Length(10),
                    Check::Sum {
                        weights: weights(&[1, -1, 1, -1, 1, -1, 1, -1, 1]),
                        modulus: 11,
                        expected: REST_ZERO,
                        at: 9,
                    },
                ],
                &[Check::Length(9)],
            ]),
            Check::Date(Date { months: &[(0, 0), (20, 0), (50, 0), (70, 0)], ..PLAIN }),
        ],
        words: &["rodné číslo", "rodného čísla", "rod. č", "rč", "r.č", "birth number"],
    },
    // IČ DPH and DIČ, `SK 202 274 96 19`: a multiple of eleven. Finančná správa.
    Scheme {
        kind: "sk.dph",
        label: Label::CompanyId,
        country: *b"SK",
        forms: &[form("sk0000000000", &[shape(&[2, 10])], Strong), form("0000000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            // Of a person, the rodné číslo.
            &[
                Check::Length(12),
                Check::Sum {
                    weights: weights_from(2, &[1, -1, 1, -1, 1, -1, 1, -1, 1]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 11,
                },
                Check::Date(Date {
                    year: 2,
                    month: 4,
                    day: 6,
                    months: &[(0, 0), (20, 0), (50, 0), (70, 0)],
                    ..PLAIN
                }),
            ],
            &[
                Check::Length(12),
                Check::Not { from: 2, length: 1, ranges: &[(0, 0)] },
                Check::Among { from: 4, length: 1, ranges: &[(2, 4), (7, 9)] },
                Check::Zero { weights: weights_from(2, &[-1, 1, -1, 1, -1, 1, -1, 1, -1, 1]), modulus: 11 },
            ],
            &[
                Check::Length(10),
                Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
                Check::Among { from: 2, length: 1, ranges: &[(2, 4), (7, 9)] },
                Check::Zero { weights: weights(&[-1, 1, -1, 1, -1, 1, -1, 1, -1, 1]), modulus: 11 },
            ],
        ])],
        words: &["ič dph", "iČ dph", "dič", "diČ", "dph", "vat"],
    },
];
