//! Romania.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Cod numeric personal, `1630615123457`: sex and century, yymmdd, county, serial, modulo 11. Legea 105/1996; OUG 97/2005.
    Scheme {
        kind: "ro.cnp",
        label: Label::NationalId,
        country: *b"RO",
        forms: &[form("0000000000000", &[], Strong)],
        checks: &[
            Check::Among { from: 7, length: 2, ranges: &[(1, 48), (51, 52), (70, 70), (80, 83)] },
            Check::Sum {
                weights: weights(&[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]),
                modulus: 11,
                expected: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1],
                at: 12,
            },
            Check::Date(Date {
                year: 1,
                month: 3,
                day: 5,
                century: Some((0, [0, 1900, 1900, 1800, 1800, 2000, 2000, 1900, 1900, 1900])),
                ..PLAIN
            }),
        ],
        words: &["cnp", "cod numeric", "numeric personal", "personal number"],
    },
    // Cod unic de înregistrare, `RO18547290`: weights 7, 5, 3, 2, 1, modulo 11. Codul de procedură fiscală.
    Scheme {
        kind: "ro.cui",
        label: Label::CompanyId,
        country: *b"RO",
        forms: &[
            form("ro0000", &[shape(&[2, 4])], Strong),
            form("ro00000", &[shape(&[2, 5])], Strong),
            form("ro000000", &[shape(&[2, 6])], Strong),
            form("ro0000000", &[shape(&[2, 7])], Strong),
            form("ro00000000", &[shape(&[2, 8])], Strong),
            form("ro000000000", &[shape(&[2, 9])], Strong),
            form("ro0000000000", &[shape(&[2, 10])], Strong),
            form("0000", &[], Word),
            form("00000", &[], Word),
            form("000000", &[], Word),
            form("0000000", &[], Word),
            form("00000000", &[], Word),
            form("000000000", &[], Word),
            form("0000000000", &[], Word),
        ],
        checks: &[Check::Own(Own::RoCui)],
        words: &["cui", "cif", "cod fiscal", "cod de identificare", "tva", "vat"],
    },
    // VAT number of a person, the CNP with RO in front. Codul de procedură fiscală; that of a company is its CUI.
    Scheme {
        kind: "ro.cf",
        label: Label::TaxId,
        country: *b"RO",
        forms: &[form("ro0000000000000", &[shape(&[2, 13])], Strong)],
        checks: &[
            Check::Among { from: 9, length: 2, ranges: &[(1, 48), (51, 52), (70, 70), (80, 83)] },
            Check::Sum {
                weights: weights_from(2, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]),
                modulus: 11,
                expected: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1],
                at: 14,
            },
        ],
        words: &["cod fiscal", "cif", "tva", "vat"],
    },
    // Number in the register of commerce, `J52/750/2012`, since 2024 `J2012000750528`: form, county, order, year; the new one with a check digit. Ordinul ONRC; Legea 265/2022.
    Scheme {
        kind: "ro.onrc",
        label: Label::CompanyId,
        country: *b"RO",
        forms: &[
            form("A0000000", &[shape(&[2, 2, 4]), shape(&[3, 1, 4])], Strong),
            form("A00000000", &[shape(&[2, 3, 4]), shape(&[3, 2, 4])], Strong),
            form("A000000000", &[shape(&[2, 4, 4]), shape(&[3, 3, 4])], Strong),
            form("A0000000000", &[shape(&[2, 5, 4]), shape(&[3, 4, 4])], Strong),
            form("A00000000000", &[shape(&[3, 5, 4])], Strong),
            form("A0000000000000", &[], Strong),
        ],
        checks: &[Check::OneOf { at: 0, characters: "JFC" }, Check::Own(Own::RoOnrc)],
        words: &["registrul comerțului", "registrul comerţului", "onrc", "nr. reg. com", "j.", "reg. com"],
    },
];
