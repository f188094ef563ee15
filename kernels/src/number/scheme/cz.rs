//! Czechia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Rodné číslo, `710319/2745`: yymmdd (month plus 50 for women, plus 20 and 70 where numbers run out), serial, modulo 11. Act 133/2000 § 13.
    Scheme {
        kind: "cz.rc",
        label: Label::NationalId,
        country: *b"CZ",
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
    // IČO and DIČ, `CZ25123891`: weights 8 to 2, modulo 11; of persons, their rodné číslo. ARES.
    Scheme {
        kind: "cz.dic",
        label: Label::CompanyId,
        country: *b"CZ",
        forms: &[
            form("cz00000000", &[shape(&[2, 8])], Strong),
            form("00000000", &[], OneCheck),
            form("cz000000000", &[shape(&[2, 9])], Strong),
            form("cz0000000000", &[shape(&[2, 10])], Strong),
        ],
        checks: &[Check::Any(&[
            // Of other persons, 6 and eight digits; of those born before 1954 nine digits without a check.
            &[
                Check::Length(11),
                Check::Among { from: 2, length: 1, ranges: &[(6, 6)] },
                Check::Sum {
                    weights: weights_from(3, &[8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: &[8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8],
                    at: 10,
                },
            ],
            &[
                Check::Length(11),
                Check::Among { from: 2, length: 2, ranges: &[(0, 53)] },
                Check::Date(Date { year: 2, month: 4, day: 6, months: &[(0, 0), (50, 0)], ..PLAIN }),
            ],
            &[
                Check::Length(10),
                Check::Not { from: 2, length: 1, ranges: &[(9, 9)] },
                Check::Sum {
                    weights: weights_from(2, &[8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: &[1, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1],
                    at: 9,
                },
            ],
            &[
                Check::Length(8),
                Check::Not { from: 0, length: 1, ranges: &[(9, 9)] },
                Check::Sum {
                    weights: weights_from(0, &[8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: &[1, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1],
                    at: 7,
                },
            ],
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
        ])],
        words: &["dič", "diČ", "ičo", "iČo", "ič", "daňové", "dph", "vat"],
    },
];
