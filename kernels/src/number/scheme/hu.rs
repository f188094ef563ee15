//! Hungary.

use super::prelude::*;

/// Bank and branch.
pub(crate) const BANK: Check = Check::Zero { weights: weights(&[9, 7, 3, 1, 9, 7, 3, 1]), modulus: 10 };
/// The last eight digits of a short number are none, and count nothing.
pub(crate) const ACCOUNT: Check =
    Check::Zero { weights: weights_from(8, &[9, 7, 3, 1, 9, 7, 3, 1, 9, 7, 3, 1, 9, 7, 3, 1]), modulus: 10 };

pub(super) const SCHEMES: &[Scheme] = &[
    // Adószám, `12892312-2-42` and `HU12892312`: weights 9, 7, 3, 1. Art. 2017/CL 1. melléklet.
    Scheme {
        kind: "hu.anum",
        label: Label::CompanyId,
        country: *b"HU",
        forms: &[
            form("hu00000000", &[shape(&[2, 8])], Strong),
            form("00000000", &[], OneCheck),
            form("00000000000", &[shape(&[8, 1, 2])], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Zero { weights: weights_from(2, &[9, 7, 3, 1, 9, 7, 3, 1]), modulus: 10 },
            ],
            &[Check::Length(8), Check::Zero { weights: weights(&[9, 7, 3, 1, 9, 7, 3, 1]), modulus: 10 }],
            &[
                Check::Length(11),
                Check::Zero { weights: weights(&[9, 7, 3, 1, 9, 7, 3, 1]), modulus: 10 },
                Check::Among { from: 8, length: 1, ranges: &[(1, 5)] },
                Check::Among { from: 9, length: 2, ranges: &[(2, 20), (22, 44), (51, 51)] },
            ],
        ])],
        words: &["adószám", "adÓszám", "közösségi", "áfa", "vat", "tax number"],
    },
    // TAJ number, `111 111 110`: weights 3 and 7, modulo 10. Act 1996/XX.
    Scheme {
        kind: "hu.taj",
        label: Label::NationalId,
        country: *b"HU",
        forms: &[form("000000000", &[shape(&[3, 3, 3])], OneCheck)],
        checks: &[Check::Sum {
            weights: weights(&[3, 7, 3, 7, 3, 7, 3, 7]),
            modulus: 10,
            expected: REST,
            at: 8,
        }],
        words: &["taj", "taj szám", "taj-szám", "tajszám", "társadalombiztosítás", "insurance number"],
    },
    // Adóazonosító jel, `8071592153`: 8, days since 1867, serial, modulo 11. Act 1996/XX.
    Scheme {
        kind: "hu.adoazonosito",
        label: Label::TaxId,
        country: *b"HU",
        forms: &[form("0000000000", &[], Strong)],
        checks: &[
            // Days of those born from 1907 to 2031.
            Check::Among { from: 0, length: 6, ranges: &[(814_600, 860_000)] },
            Check::Sum { weights: weights(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), modulus: 11, expected: REST, at: 9 },
        ],
        words: &["adóazonosító", "adÓazonosító", "adóazonosító jel", "tax id"],
    },
    // Személyi azonosító, `1-900101-1236`: sex and century, yymmdd, serial, modulo 11 (weights turned round in 1997). Act 1996/XX.
    Scheme {
        kind: "hu.szemelyi",
        label: Label::NationalId,
        country: *b"HU",
        forms: &[form("00000000000", &[shape(&[1, 6, 4]), shape(&[1, 10])], Strong)],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(1, 4)] },
            Check::Any(&[
                &[Check::Sum {
                    weights: weights(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
                    modulus: 11,
                    expected: REST,
                    at: 10,
                }],
                &[Check::Sum {
                    weights: weights(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
                    modulus: 11,
                    expected: REST,
                    at: 10,
                }],
            ]),
            Check::Date(Date { year: 1, month: 3, day: 5, ..PLAIN }),
        ],
        words: &["személyi szám", "személyi azonosító", "személyi", "personal number"],
    },
    // Bankszámlaszám, `11773016-11111018-00000000`: bank and branch, account, each with a check digit of weights 9, 7, 3, 1. MNB rendelet 35/2017.
    Scheme {
        kind: "hu.bankszamla",
        label: Label::AccountId,
        country: *b"HU",
        forms: &[
            form("0000000000000000", &[shape(&[8, 8])], OneCheck),
            form("000000000000000000000000", &[shape(&[8, 8, 8])], Strong),
        ],
        checks: &[
            BANK,
            ACCOUNT,
            Check::Not { from: 0, length: 3, ranges: &[(0, 99)] },
            // Sixteen digits from 14 on may be microseconds since 1970.
            Check::Any(&[
                &[Check::Length(24)],
                &[Check::Sign(b'-')],
                &[Check::Sign(b' ')],
                &[Check::Not { from: 0, length: 4, ranges: &[(1400, 1900)] }],
            ]),
        ],
        words: &["bankszámla", "számlaszám", "bankszámlaszám", "giro", "bank account", "account number"],
    },
];
