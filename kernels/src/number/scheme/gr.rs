//! Greece.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // ΑΜΚΑ, `01013099997`: ddmmyy, serial, Luhn. Law 3655/2008.
    Scheme {
        kind: "gr.amka",
        label: Label::NationalId,
        country: *b"GR",
        forms: &[form("00000000000", &[shape(&[6, 5])], Strong)],
        checks: &[
            Check::Luhn { from: 0, length: 11 },
            Check::Date(Date { year: 4, month: 2, day: 0, ..PLAIN }),
        ],
        words: &["αμκα", "ΑΜΚΑ", "amka", "κοινωνικής ασφάλ"],
    },
    // ΑΦΜ, `EL 094259216`: powers of two, modulo 11. AADE.
    Scheme {
        kind: "gr.vat",
        label: Label::TaxId,
        country: *b"GR",
        forms: &[
            form("el000000000", &[shape(&[2, 9])], Strong),
            form("gr000000000", &[shape(&[2, 9])], Strong),
            form("000000000", &[], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(11),
                Check::Sum {
                    weights: weights_from(2, &[256, 128, 64, 32, 16, 8, 4, 2]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 10,
                },
            ],
            &[
                Check::Length(9),
                Check::Sum {
                    weights: weights(&[256, 128, 64, 32, 16, 8, 4, 2]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 8,
                },
                Check::Mixed { from: 0, length: 9 },
            ],
        ])],
        words: &["αφμ", "ΑΦΜ", "afm", "φορολογικ", "vat", "tax number"],
    },
];
