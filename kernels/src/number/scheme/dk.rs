//! Denmark.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // CPR number, `211062-5629`: ddmmyy and serial; since 2007 the check digit modulo 11 need not hold. CPR-loven § 3.
    Scheme {
        kind: "dk.cpr",
        label: Label::NationalId,
        country: *b"DK",
        forms: &[form("0000000000", &[shape(&[6, 4])], OneCheck)],
        checks: &[
            Check::Date(Date { year: 4, month: 2, day: 0, ..PLAIN }),
            // Ten digits from 14 on may be seconds since 1970: in one piece they need the check digit, which
            // only birthdays on a 1 January lack. CPR-kontoret, «Personnumre uden kontrolciffer».
            Check::Any(&[
                &[Check::Not { from: 0, length: 2, ranges: &[(14, 18)] }],
                &[Check::Sign(b'-')],
                &[Check::Sign(b' ')],
                &[Check::Zero { weights: weights(&[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 }],
            ]),
        ],
        words: &["cpr", "cpr-nr", "cpr-nummer", "personnummer", "civil registration"],
    },
    // CVR number, `DK 13585628`: modulo 11. CVR-loven.
    Scheme {
        kind: "dk.cvr",
        label: Label::CompanyId,
        country: *b"DK",
        forms: &[
            form("dk00000000", &[shape(&[2, 8]), shape(&[2, 2, 2, 2, 2])], Strong),
            form("00000000", &[shape(&[2, 2, 2, 2])], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Not { from: 2, length: 1, ranges: &[(0, 0)] },
                Check::Zero { weights: weights_from(2, &[2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            ],
            &[
                Check::Length(8),
                Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
                Check::Zero { weights: weights(&[2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            ],
        ])],
        words: &["cvr", "cvr-nr", "moms", "se-nr", "vat"],
    },
];
