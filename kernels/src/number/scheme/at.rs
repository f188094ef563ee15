//! Austria.

use super::prelude::*;

/// BMF, Dienststellenverzeichnis: numbers of the tax offices.
const OFFICES: &[(u64, u64)] = &[
    (3, 4),
    (6, 10),
    (12, 12),
    (15, 16),
    (18, 18),
    (22, 23),
    (29, 29),
    (33, 33),
    (38, 38),
    (41, 41),
    (46, 46),
    (51, 54),
    (57, 57),
    (59, 59),
    (61, 61),
    (65, 65),
    (67, 69),
    (71, 72),
    (81, 84),
    (90, 91),
    (93, 93),
    (97, 98),
];

pub(super) const SCHEMES: &[Scheme] = &[
    // Versicherungsnummer, `1237 010180`: serial, check digit modulo 11 at the fourth place, ddmmyy. ASVG § 31 Abs. 4; Hauptverband.
    Scheme {
        kind: "at.vnr",
        label: Label::NationalId,
        country: *b"AT",
        forms: &[form("0000000000", &[shape(&[4, 6]), shape(&[3, 1, 6])], Strong)],
        checks: &[
            Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
            Check::Sum {
                weights: weights(&[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]),
                modulus: 11,
                expected: REST,
                at: 3,
            },
            Check::Among { from: 6, length: 2, ranges: &[(1, 15)] },
            // Months from 13 on stand for the same day once its numbers have run out.
            Check::Date(Date { year: 8, month: 6, day: 4, months: &[(0, 0), (12, 0)], ..PLAIN }),
        ],
        words: &[
            "sozialversicherung",
            "svnr",
            "sv-nr",
            "sv-nummer",
            "versicherungsnummer",
            "e-card",
            "insurance number",
        ],
    },
    // Abgabenkontonummer, `59-119/9013`: office, number, check digit as Luhn's. BMF.
    Scheme {
        kind: "at.tin",
        label: Label::TaxId,
        country: *b"AT",
        forms: &[form("000000000", &[shape(&[2, 3, 4]), shape(&[2, 7])], OneCheck)],
        checks: &[
            Check::Among { from: 0, length: 2, ranges: OFFICES },
            // `47.1234567` is a place on a map.
            Check::Any(&[
                &[Check::Sign(0)],
                &[Check::Sign(b'/')],
                &[Check::Sign(b'-')],
                &[Check::Sign(b' ')],
            ]),
            Check::Digits {
                weights: weights(&[1, 2, 1, 2, 1, 2, 1, 2]),
                modulus: 10,
                expected: LACKS_10,
                at: 8,
            },
        ],
        words: &["steuernummer", "abgabenkontonummer", "finanzamt", "stnr", "st.nr", "tax number"],
    },
    // Umsatzsteuer-Identifikationsnummer, `ATU13585627`: as Luhn, with 96 added. UStG § 28; BMF.
    Scheme {
        kind: "at.uid",
        label: Label::CompanyId,
        country: *b"AT",
        forms: &[form("atu00000000", &[shape(&[3, 8]), shape(&[2, 9]), shape(&[3, 4, 4])], Strong)],
        checks: &[Check::Digits {
            weights: weights_from(3, &[1, 2, 1, 2, 1, 2, 1]),
            modulus: 10,
            expected: &[6, 5, 4, 3, 2, 1, 0, 9, 8, 7],
            at: 10,
        }],
        words: &["uid", "ust-id", "umsatzsteuer", "vat"],
    },
    // Firmenbuchnummer, `FN 122119m`: digits and a letter that is no check a reader can make. FBG § 30.
    Scheme {
        kind: "at.businessid",
        label: Label::CompanyId,
        country: *b"AT",
        forms: &[
            form("000000A", &[], Word),
            form("00000A", &[], Word),
            form("fn000000A", &[shape(&[2, 7]), shape(&[2, 6, 1])], Word),
            form("fn00000A", &[shape(&[2, 6]), shape(&[2, 5, 1])], Word),
        ],
        checks: &[],
        words: &["firmenbuch", "fn", "firmenbuchnummer", "company number"],
    },
];
