//! United Kingdom.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // NHS number (and the Scottish CHI number), `943 476 5919`: weights 10 to 2, modulo 11. NHS Data Model and Dictionary, «NHS Number».
    Scheme {
        kind: "gb.nhs",
        label: Label::NationalId,
        country: *b"GB",
        forms: &[form("0000000000", &[shape(&[3, 3, 4])], OneCheck)],
        checks: &[
            Check::Zero { weights: weights(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            Check::Mixed { from: 0, length: 10 },
        ],
        words: &["nhs", "patient", "hospital number", "gp practice", "chi number", "health service"],
    },
    // National Insurance number, `AB 12 34 56 C`: prefixes that are issued, suffix A to D. HMRC, NIM39110.
    Scheme {
        kind: "gb.nino",
        label: Label::NationalId,
        country: *b"GB",
        forms: &[form(
            "AA000000A",
            &[shape(&[2, 2, 2, 2, 1]), shape(&[2, 6, 1]), shape(&[8, 1]), shape(&[2, 7])],
            Strong,
        )],
        checks: &[
            Check::OneOf { at: 0, characters: "ABCEGHJKLMNOPRSTWXYZ" },
            Check::OneOf { at: 1, characters: "ABCEGHJKLMNPRSTWXYZ" },
            Check::OneOf { at: 8, characters: "ABCD" },
            Check::Own(Own::GbNino),
        ],
        words: &["nino", "ni number", "national insurance", "ni no", "insurance number"],
    },
    // Unique Taxpayer Reference, `19 5555 5555`: the first digit is the check. HMRC.
    Scheme {
        kind: "gb.utr",
        label: Label::TaxId,
        country: *b"GB",
        forms: &[form("0000000000", &[shape(&[5, 5])], OneCheck), form("0000000000A", &[], Word)],
        checks: &[Check::Sum {
            weights: weights_from(1, &[6, 7, 8, 9, 10, 5, 4, 3, 2]),
            modulus: 11,
            expected: &[2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1],
            at: 0,
        }],
        words: &["utr", "unique taxpayer", "self assessment", "tax reference", "hmrc"],
    },
    // VAT registration number, `GB 980 7806 84`: weights 8 to 2, modulo 97, or 55 more. HMRC, VATREC.
    Scheme {
        kind: "gb.vat",
        label: Label::CompanyId,
        country: *b"GB",
        forms: &[
            form("gb000000000", &[shape(&[2, 9]), shape(&[2, 3, 4, 2])], Strong),
            form("xi000000000", &[shape(&[2, 9]), shape(&[2, 3, 4, 2])], Strong),
            form("gb000000000000", &[shape(&[2, 12]), shape(&[2, 3, 4, 2, 3])], Strong),
            form("000000000", &[shape(&[3, 4, 2])], Strong),
        ],
        checks: &[Check::Own(Own::GbVat)],
        words: &["vat", "vat no", "vat reg", "value added tax"],
    },
    // Unique pupil number, `B801200005001`: check letter modulo 23. DfE, UPN guide.
    Scheme {
        kind: "gb.upn",
        label: Label::NationalId,
        country: *b"GB",
        forms: &[form("A00000000000*", &[], Strong)],
        checks: &[Check::Own(Own::GbUpn)],
        words: &["upn", "pupil number", "pupil", "school"],
    },
];
