//! Spain.

use super::prelude::*;

/// RD 1553/2005 Art. 11: the letter at the number modulo 23.
pub(in crate::number) const LETTERS: [u8; 23] = table(b"TRWAGMYFPDXBNJZSQVHLCKE");

/// What lacks to 11, 10 being written as 1.
/// Digits of control of bank and office, and of the account.
pub(crate) const CCC: &[Check] = &[
    Check::Sum {
        weights: weights(&[4, 8, 5, 10, 9, 7, 3, 6]),
        modulus: 11,
        expected: LACKS_11_BUT_ONE,
        at: 8,
    },
    Check::Sum {
        weights: weights_from(10, &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6]),
        modulus: 11,
        expected: LACKS_11_BUT_ONE,
        at: 9,
    },
];
const LACKS_11_BUT_ONE: &[u8] = &[0, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];

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
            // NIF-IVA, as it stands on invoices.
            form("esA00000000", &[shape(&[2, 9]), shape(&[3, 8]), shape(&[2, 1, 8])], Strong),
            form("esA0000000A", &[shape(&[2, 9]), shape(&[3, 8]), shape(&[2, 1, 8])], Strong),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(9),
                Check::OneOf { at: 0, characters: "ABCDEFGHJNPQRSUVW" },
                Check::Own(Own::EsCif),
            ],
            &[
                Check::Length(11),
                Check::OneOf { at: 2, characters: "ABCDEFGHJNPQRSUVW" },
                Check::Own(Own::EsNif),
            ],
        ])],
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
    // Código cuenta cliente, `1234 1234 16 1234567890`: bank, office, two check digits modulo 11, account. Banco de España, Circular 8/1990.
    Scheme {
        kind: "es.ccc",
        label: Label::AccountId,
        country: *b"ES",
        forms: &[form(
            "00000000000000000000",
            &[shape(&[4, 4, 2, 10]), shape(&[4, 4, 2, 5, 5]), shape(&[4, 4, 4, 4, 4])],
            Strong,
        )],
        checks: CCC,
        words: &["ccc", "cuenta", "código cuenta", "cuenta corriente", "cuenta bancaria", "bank account"],
    },
    // Código de actividad y establecimiento of excise duties, `ES00008V1488Q`: customs office, activity, number, a letter whose rule is not published. RD 1165/1995 Art. 41.
    Scheme {
        kind: "es.cae",
        label: Label::CompanyId,
        country: *b"ES",
        forms: &[form("es00000**000A", &[shape(&[2, 11])], Strong)],
        checks: &[
            Check::Among { from: 2, length: 3, ranges: &[(0, 0)] },
            Check::Among { from: 5, length: 2, ranges: &[(1, 56)] },
            Check::OneOf { at: 7, characters: "ABCDEFHLMOPRTV" },
        ],
        words: &["cae", "impuestos especiales", "actividad y establecimiento", "excise"],
    },
];
