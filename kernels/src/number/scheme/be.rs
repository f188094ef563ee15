//! Belgium.

use super::prelude::*;

/// Ten digits and their remainder modulo 97, 0 being written as 97.
const REST_97: &[Check] = &[Check::Any(&[
    &[
        Check::Not { from: 10, length: 2, ranges: &[(0, 0)] },
        Check::Remainder { lead: 0, from: 0, length: 10, modulus: 97, complement: false, at: 10, width: 2 },
    ],
    &[
        Check::Among { from: 10, length: 2, ranges: &[(97, 97)] },
        // The powers of ten modulo 97.
        Check::Zero { weights: weights(&[34, 81, 76, 27, 90, 9, 30, 3, 10, 1]), modulus: 97 },
    ],
])];

pub(super) const SCHEMES: &[Scheme] = &[
    // Rijksregisternummer, `85.07.30-033.28`: yymmdd, serial, 97 less the remainder (with a 2 in front for births from 2000 on). Law of 8 August 1983.
    Scheme {
        kind: "be.nn",
        label: Label::NationalId,
        country: *b"BE",
        forms: &[free("00000000000", Strong)],
        checks: &[
            Check::Among { from: 2, length: 2, ranges: &[(0, 12)] },
            Check::Among { from: 4, length: 2, ranges: &[(0, 31)] },
            Check::Any(&[
                &[Check::Remainder {
                    lead: 0,
                    from: 0,
                    length: 9,
                    modulus: 97,
                    complement: true,
                    at: 9,
                    width: 2,
                }],
                &[Check::Remainder {
                    lead: 2,
                    from: 0,
                    length: 9,
                    modulus: 97,
                    complement: true,
                    at: 9,
                    width: 2,
                }],
            ]),
        ],
        words: &[
            "rijksregister",
            "rijksregisternummer",
            "registre national",
            "numéro national",
            "niss",
            "insz",
            "nationalregister",
            "national number",
        ],
    },
    // BIS number: as the national number, the month plus 20 or 40.
    Scheme {
        kind: "be.bis",
        label: Label::NationalId,
        country: *b"BE",
        forms: &[free("00000000000", Strong)],
        checks: &[
            Check::Among { from: 2, length: 2, ranges: &[(20, 32), (40, 52)] },
            Check::Among { from: 4, length: 2, ranges: &[(0, 31)] },
            Check::Any(&[
                &[Check::Remainder {
                    lead: 0,
                    from: 0,
                    length: 9,
                    modulus: 97,
                    complement: true,
                    at: 9,
                    width: 2,
                }],
                &[Check::Remainder {
                    lead: 2,
                    from: 0,
                    length: 9,
                    modulus: 97,
                    complement: true,
                    at: 9,
                    width: 2,
                }],
            ]),
        ],
        words: &["bis-nummer", "numéro bis", "bisnummer", "niss", "insz", "bis number"],
    },
    // Ondernemingsnummer, `BE 0403.019.261`: eight digits and 97 less their remainder. Code of economic law III.17.
    Scheme {
        kind: "be.vat",
        label: Label::CompanyId,
        country: *b"BE",
        forms: &[
            form("be0000000000", &[shape(&[2, 10]), shape(&[2, 4, 3, 3]), shape(&[6, 3, 3])], Strong),
            form("0000000000", &[shape(&[4, 3, 3])], Strong),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(12),
                Check::Among { from: 2, length: 1, ranges: &[(0, 1)] },
                Check::Remainder {
                    lead: 0,
                    from: 2,
                    length: 8,
                    modulus: 97,
                    complement: true,
                    at: 10,
                    width: 2,
                },
            ],
            &[
                Check::Length(10),
                Check::Among { from: 0, length: 1, ranges: &[(0, 1)] },
                Check::Remainder {
                    lead: 0,
                    from: 0,
                    length: 8,
                    modulus: 97,
                    complement: true,
                    at: 8,
                    width: 2,
                },
            ],
        ])],
        words: &[
            "btw",
            "tva",
            "ondernemingsnummer",
            "numéro d'entreprise",
            "kbo",
            "bce",
            "rpr",
            "rpm",
            "vat",
        ],
    },
    // Number of the eID card, `591-1917064-58`: ten digits and their remainder modulo 97. IBZ.
    Scheme {
        kind: "be.eid",
        label: Label::PassportId,
        country: *b"BE",
        forms: &[form("000000000000", &[shape(&[3, 7, 2])], Strong)],
        checks: REST_97,
        words: &["identiteitskaart", "carte d'identité", "eid", "personalausweis", "identity card"],
    },
    // Structured communication of a transfer (OGM, VCS), `+++010/8068/17183+++`: as the eID card's number. Febelfin, Banking standards.
    Scheme {
        kind: "be.ogm_vcs",
        label: Label::AccountId,
        country: *b"BE",
        forms: &[form("000000000000", &[shape(&[3, 4, 5])], Strong)],
        checks: REST_97,
        words: &[
            "gestructureerde mededeling",
            "communication structurée",
            "mededeling",
            "ogm",
            "vcs",
            "structured communication",
        ],
    },
];
