//! Poland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // PESEL, `44051401359`: yymmdd (month plus 20: 2000s, plus 80: 1800s), serial, weights 1, 3, 7, 9. Ustawa o ewidencji ludności Art. 15.
    Scheme {
        kind: "pl.pesel",
        label: Label::NationalId,
        country: *b"PL",
        forms: &[form("00000000000", &[], Strong)],
        checks: &[
            Check::Sum {
                weights: weights(&[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]),
                modulus: 10,
                expected: LACKS_10,
                at: 10,
            },
            Check::Date(Date {
                months: &[(0, 1900), (20, 2000), (40, 2100), (60, 2200), (80, 1800)],
                ..PLAIN
            }),
        ],
        words: &["pesel", "nr pesel", "ewidencyjny", "personal number"],
    },
    // NIP, `856-734-62-15`: modulo 11. Ustawa z 13 października 1995.
    Scheme {
        kind: "pl.nip",
        label: Label::TaxId,
        country: *b"PL",
        forms: &[
            form("0000000000", &[shape(&[3, 3, 2, 2]), shape(&[3, 2, 2, 3])], OneCheck),
            form("pl0000000000", &[shape(&[2, 10]), shape(&[2, 3, 3, 2, 2])], Strong),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Sum {
                    weights: weights(&[6, 5, 7, 2, 3, 4, 5, 6, 7]),
                    modulus: 11,
                    expected: REST,
                    at: 9,
                },
                Check::Not { from: 0, length: 3, ranges: &[(0, 99)] },
            ],
            &[
                Check::Length(12),
                Check::Sum {
                    weights: weights_from(2, &[6, 5, 7, 2, 3, 4, 5, 6, 7]),
                    modulus: 11,
                    expected: REST,
                    at: 11,
                },
            ],
        ])],
        words: &["nip", "nr nip", "podatkow", "vat", "tax number"],
    },
    // REGON, `192598184`: modulo 11; fourteen digits for a branch. GUS.
    Scheme {
        kind: "pl.regon",
        label: Label::CompanyId,
        country: *b"PL",
        forms: &[form("000000000", &[shape(&[3, 3, 3])], OneCheck), form("00000000000000", &[], Strong)],
        checks: &[
            Check::Sum {
                weights: weights(&[8, 9, 2, 3, 4, 5, 6, 7]),
                modulus: 11,
                expected: REST_ZERO,
                at: 8,
            },
            Check::Any(&[
                &[Check::Length(9)],
                &[
                    Check::Length(14),
                    Check::Sum {
                        weights: weights(&[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]),
                        modulus: 11,
                        expected: REST_ZERO,
                        at: 13,
                    },
                ],
            ]),
        ],
        words: &["regon", "nr regon"],
    },
    // Number of the identity card, `ABA 300000`: weights 7, 3, 1 and 9, modulo 10. Rozporządzenie MSWiA.
    Scheme {
        kind: "pl.dowod",
        label: Label::PassportId,
        country: *b"PL",
        forms: &[form("AAA000000", &[shape(&[3, 6]), shape(&[4, 5])], Strong)],
        checks: &[Check::Zero { weights: weights(&[7, 3, 1, 9, 7, 3, 1, 7, 3]), modulus: 10 }],
        words: &["dowód osobisty", "dowÓd osobisty", "dowodu osobistego", "seria i numer", "identity card"],
    },
    // NRB, the account number of the IBAN without PL, `61 1090 1014 0000 0712 1981 2874`: modulo 97. Zarządzenie Prezesa NBP 15/2010.
    Scheme {
        kind: "pl.nrb",
        label: Label::AccountId,
        country: *b"PL",
        forms: &[form("00000000000000000000000000", &[shape(&[2, 4, 4, 4, 4, 4, 4])], Strong)],
        checks: &[Check::Own(Own::PlNrb)],
        words: &["nrb", "rachunek", "rachunku", "konto", "numer konta", "bank account"],
    },
];
