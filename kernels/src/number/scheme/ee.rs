//! Estonia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Isikukood, `36805280109`: sex and century, yymmdd, serial, modulo 11 with two rows of weights. EVS 585.
    Scheme {
        kind: "ee.ik",
        label: Label::NationalId,
        country: *b"EE",
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
        words: &["isikukood", "isikukoodi", "personal code", "id-kood", "личный код"],
    },
    // Registrikood of companies, `12345678`: modulo 11 with two rows of weights. Äriregister.
    Scheme {
        kind: "ee.registrikood",
        label: Label::CompanyId,
        country: *b"EE",
        forms: &[form("00000000", &[], OneCheck)],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(1, 1), (7, 9)] },
            Check::Twice {
                first: weights(&[1, 2, 3, 4, 5, 6, 7]),
                second: weights(&[3, 4, 5, 6, 7, 8, 9]),
                at: 7,
            },
        ],
        words: &["registrikood", "reg. kood", "äriregister", "register code"],
    },
    // Käibemaksukohustuslase number, `EE100931558`: weights 3, 7, 1. KMS § 22.
    Scheme {
        kind: "ee.kmkr",
        label: Label::CompanyId,
        country: *b"EE",
        forms: &[form("ee000000000", &[shape(&[2, 9])], Strong), form("000000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            &[
                Check::Length(11),
                Check::Zero { weights: weights_from(2, &[3, 7, 1, 3, 7, 1, 3, 7, 1]), modulus: 10 },
            ],
            &[Check::Length(9), Check::Zero { weights: weights(&[3, 7, 1, 3, 7, 1, 3, 7, 1]), modulus: 10 }],
        ])],
        words: &["kmkr", "käibemaks", "kmkr nr", "vat"],
    },
];
