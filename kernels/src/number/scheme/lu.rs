//! Luxembourg.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Matricule, `1893 1201 057 32`: yyyymmdd, serial, Luhn, Verhoeff. Loi du 19 juin 2013.
    Scheme {
        kind: "lu.matricule",
        label: Label::NationalId,
        country: *b"LU",
        forms: &[form(
            "0000000000000",
            &[shape(&[4, 4, 3, 2]), shape(&[8, 5]), shape(&[11, 2]), shape(&[4, 2, 2, 5])],
            Strong,
        )],
        checks: &[
            Check::Date(Date { year: 0, year_digits: 4, month: 4, day: 6, ..PLAIN }),
            Check::Luhn { from: 0, length: 12 },
            Check::Own(Own::LuVerhoeff),
        ],
        words: &["matricule", "cns", "numéro d'identification", "sozialversicherung", "national number"],
    },
    // Numéro de TVA, `LU 150 274 42`: six digits and their remainder modulo 89. AED.
    Scheme {
        kind: "lu.tva",
        label: Label::CompanyId,
        country: *b"LU",
        forms: &[
            form("lu00000000", &[shape(&[2, 8]), shape(&[2, 3, 3, 2]), shape(&[2, 4, 4])], Strong),
            form("00000000", &[], Strong),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Remainder {
                    lead: 0,
                    from: 2,
                    length: 6,
                    modulus: 89,
                    complement: false,
                    at: 8,
                    width: 2,
                },
            ],
            &[
                Check::Length(8),
                Check::Remainder {
                    lead: 0,
                    from: 0,
                    length: 6,
                    modulus: 89,
                    complement: false,
                    at: 6,
                    width: 2,
                },
            ],
        ])],
        words: &["tva", "mwst", "vat"],
    },
];
