//! Spain.

use super::prelude::*;

/// RD 1553/2005 Art. 11: the letter at the number modulo 23.
pub(in crate::number) const LETTERS: [u8; 23] = table(b"TRWAGMYFPDXBNJZSQVHLCKE");

const WORDS: &[&str] = &["dni", "nie", "nif", "documento nacional", "extranjero", "identidad"];

pub(super) const SCHEMES: &[Scheme] = &[
    // Documento nacional de identidad, `54362315-K`, `54.362.315-K`. RD 1553/2005 Art. 11.
    Scheme {
        kind: "es.dni",
        label: Label::NationalId,
        country: *b"ES",
        forms: &[form("00000000A", &[shape(&[8, 1]), shape(&[2, 3, 3, 1]), shape(&[1, 3, 3, 1])], OneCheck)],
        checks: &[Check::Letter { from: 0, length: 8, letters: &LETTERS, at: 8 }],
        words: WORDS,
    },
    // Número de identidad de extranjero, `X-2482300-W`. Orden INT/2058/2008.
    Scheme {
        kind: "es.nie",
        label: Label::NationalId,
        country: *b"ES",
        forms: &[form("A0000000A", &[shape(&[1, 7, 1]), shape(&[1, 8]), shape(&[8, 1])], Strong)],
        checks: &[Check::Own(Own::EsNie)],
        words: WORDS,
    },
    // NIF of persons without a DNI, K, L or M in front, and any NIF as a VAT number, `ES54362315K`. RD 1065/2007 Art. 19-20.
    Scheme {
        kind: "es.nif",
        label: Label::TaxId,
        country: *b"ES",
        forms: &[
            form("A0000000A", &[shape(&[1, 7, 1]), shape(&[8, 1]), shape(&[1, 8])], Strong),
            form("es00000000A", &[shape(&[2, 9])], Strong),
            form("esA0000000A", &[shape(&[2, 9])], Strong),
        ],
        checks: &[Check::Own(Own::EsNif)],
        words: &["nif", "agencia tributaria", "hacienda", "iva", "tax id"],
    },
    // NIF of companies (CIF), `J99216582`: Luhn, as a digit or as a letter. Orden EHA/451/2008.
    Scheme {
        kind: "es.cif",
        label: Label::CompanyId,
        country: *b"ES",
        forms: &[
            form("A00000000", &[shape(&[1, 8]), shape(&[1, 7, 1])], Strong),
            form("A0000000A", &[shape(&[1, 7, 1]), shape(&[8, 1]), shape(&[1, 8])], Strong),
        ],
        checks: &[Check::OneOf { at: 0, characters: "ABCDEFGHJNPQRSUVW" }, Check::Own(Own::EsCif)],
        words: &["cif", "nif", "iva", "sociedad", "empresa"],
    },
    // Número de la Seguridad Social, `28 12345678 40`: province, number, remainder modulo 97. TGSS.
    Scheme {
        kind: "es.nss",
        label: Label::NationalId,
        country: *b"ES",
        forms: &[form("000000000000", &[shape(&[2, 8, 2]), shape(&[2, 10])], OneCheck)],
        checks: &[
            Check::Among { from: 0, length: 2, ranges: &[(1, 53), (66, 66)] },
            Check::Remainder {
                lead: 0,
                from: 0,
                length: 10,
                modulus: 97,
                complement: false,
                at: 10,
                width: 2,
            },
        ],
        words: &["seguridad social", "nss", "naf", "afiliación", "afiliacion", "social security"],
    },
];
