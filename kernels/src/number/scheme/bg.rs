//! Bulgaria.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // ЕГН, `7523169263`: yymmdd (month plus 20: 1800s, plus 40: 2000s), weights, modulo 11. Civil registration act Art. 11.
    Scheme {
        kind: "bg.egn",
        label: Label::NationalId,
        country: *b"BG",
        forms: &[form("0000000000", &[shape(&[6, 4])], Strong)],
        checks: &[
            Check::Sum {
                weights: weights(&[2, 4, 8, 5, 10, 9, 7, 3, 6]),
                modulus: 11,
                expected: REST_ZERO,
                at: 9,
            },
            Check::Date(Date { months: &[(0, 1900), (20, 1800), (40, 2000)], ..PLAIN }),
        ],
        words: &["егн", "ЕГН", "egn", "единен граждански", "personal number"],
    },
    // ЛНЧ of foreigners: weights, modulo 10.
    Scheme {
        kind: "bg.pnf",
        label: Label::NationalId,
        country: *b"BG",
        forms: &[form("0000000000", &[], OneCheck)],
        checks: &[Check::Sum {
            weights: weights(&[21, 19, 17, 13, 11, 9, 7, 3, 1]),
            modulus: 10,
            expected: REST,
            at: 9,
        }],
        words: &["лнч", "ЛНЧ", "lnch", "lnc", "personal number of a for"],
    },
    // ЕИК and VAT number, `BG175074752`: modulo 11, with other weights where 10 remains; ten digits are persons'.
    Scheme {
        kind: "bg.vat",
        label: Label::CompanyId,
        country: *b"BG",
        forms: &[
            form("bg000000000", &[shape(&[2, 9])], Strong),
            form("bg0000000000", &[shape(&[2, 10])], Strong),
            form("000000000", &[], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(11),
                Check::Twice {
                    first: weights_from(2, &[1, 2, 3, 4, 5, 6, 7, 8]),
                    second: weights_from(2, &[3, 4, 5, 6, 7, 8, 9, 10]),
                    at: 10,
                },
            ],
            &[
                Check::Length(9),
                Check::Twice {
                    first: weights(&[1, 2, 3, 4, 5, 6, 7, 8]),
                    second: weights(&[3, 4, 5, 6, 7, 8, 9, 10]),
                    at: 8,
                },
            ],
            &[
                Check::Length(12),
                Check::Sum {
                    weights: weights_from(2, &[4, 3, 2, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: LACKS_11,
                    at: 11,
                },
            ],
            &[
                Check::Length(12),
                Check::Sum {
                    weights: weights_from(2, &[2, 4, 8, 5, 10, 9, 7, 3, 6]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 11,
                },
            ],
            &[
                Check::Length(12),
                Check::Sum {
                    weights: weights_from(2, &[21, 19, 17, 13, 11, 9, 7, 3, 1]),
                    modulus: 10,
                    expected: REST,
                    at: 11,
                },
            ],
        ])],
        words: &["ддс", "ДДС", "еик", "ЕИК", "булстат", "Булстат", "bulstat", "eik", "vat"],
    },
];
