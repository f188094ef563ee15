//! Ukraine.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // ЄДРПОУ, `32855961`: modulo 11 with two rows of weights, which begin with 7 for numbers from 30 million on. Постанова КМУ 118/1996.
    Scheme {
        kind: "ua.edrpou",
        label: Label::CompanyId,
        country: *b"UA",
        forms: &[form("00000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            &[
                Check::Among { from: 0, length: 1, ranges: &[(3, 5)] },
                Check::Twice {
                    first: weights(&[7, 1, 2, 3, 4, 5, 6]),
                    second: weights(&[9, 3, 4, 5, 6, 7, 8]),
                    at: 7,
                },
            ],
            &[
                Check::Not { from: 0, length: 1, ranges: &[(3, 5)] },
                Check::Twice {
                    first: weights(&[1, 2, 3, 4, 5, 6, 7]),
                    second: weights(&[3, 4, 5, 6, 7, 8, 9]),
                    at: 7,
                },
            ],
        ])],
        words: &["ЄДРПОУ", "єдрпоу", "edrpou", "yedrpou", "код підприємства"],
    },
    // РНОКПП, `1759013776`: days since 1900, serial, modulo 11. Податковий кодекс ст. 70.
    Scheme {
        kind: "ua.rntrc",
        label: Label::TaxId,
        country: *b"UA",
        forms: &[form("0000000000", &[], OneCheck)],
        checks: &[Check::Sum {
            weights: weights(&[-1, 5, 7, 9, 4, 6, 10, 5, 7]),
            modulus: 11,
            expected: REST_ZERO,
            at: 9,
        }],
        words: &["РНОКПП", "рнокпп", "rntrc", "rnokpp", "ІПН", "іпн", "платника податків", "tax number"],
    },
];
