//! Portugal.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // NIF and NIPC, `501 964 843`: weights 9 to 2, modulo 11. Decreto-Lei 14/2013.
    Scheme {
        kind: "pt.nif",
        label: Label::TaxId,
        country: *b"PT",
        forms: &[
            form("000000000", &[shape(&[3, 3, 3])], OneCheck),
            form("pt000000000", &[shape(&[2, 9]), shape(&[2, 3, 3, 3])], Strong),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(9),
                Check::Among { from: 0, length: 1, ranges: &[(1, 9)] },
                Check::Sum {
                    weights: weights(&[9, 8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: LACKS_11_ZERO,
                    at: 8,
                },
            ],
            &[
                Check::Length(11),
                Check::Among { from: 2, length: 1, ranges: &[(1, 9)] },
                Check::Sum {
                    weights: weights_from(2, &[9, 8, 7, 6, 5, 4, 3, 2]),
                    modulus: 11,
                    expected: LACKS_11_ZERO,
                    at: 10,
                },
            ],
        ])],
        words: &["nif", "nipc", "contribuinte", "número fiscal", "iva", "vat", "tax number"],
    },
    // Cartão de cidadão, `00000000 0 ZZ4`: Luhn over digits and letters. Lei 7/2007; AMA.
    Scheme {
        kind: "pt.cc",
        label: Label::NationalId,
        country: *b"PT",
        forms: &[
            form("000000000AA0", &[shape(&[8, 1, 3]), shape(&[8, 4]), shape(&[9, 3])], Strong),
            form("000000000A00", &[shape(&[8, 1, 3]), shape(&[8, 4]), shape(&[9, 3])], Strong),
            form("0000000000A0", &[shape(&[8, 1, 3]), shape(&[8, 4]), shape(&[9, 3])], Strong),
        ],
        checks: &[Check::Own(Own::PtCc)],
        words: &["cartão de cidadão", "cartao de cidadao", "cartÃo de cidadão", "documento", "identity card"],
    },
    // NISS, `11234567890`-like: primes as weights, 9 less the remainder modulo 10. Segurança Social.
    Scheme {
        kind: "pt.niss",
        label: Label::NationalId,
        country: *b"PT",
        forms: &[form("00000000000", &[], OneCheck)],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(1, 2)] },
            Check::Sum {
                weights: weights(&[29, 23, 19, 17, 13, 11, 7, 5, 3, 2]),
                modulus: 10,
                expected: &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
                at: 10,
            },
        ],
        words: &["niss", "segurança social", "seguranÇa social", "social security"],
    },
    // NIB, `0002 0123 1234 5678 9015 4`: bank, branch, account, modulo 97. Banco de Portugal.
    Scheme {
        kind: "pt.nib",
        label: Label::AccountId,
        country: *b"PT",
        forms: &[form("000000000000000000000", &[shape(&[4, 4, 11, 2]), shape(&[4, 4, 4, 4, 4, 1])], Strong)],
        checks: MOD_97,
        words: &["nib", "conta", "conta bancária", "número de conta", "bank account"],
    },
];
