//! Andorra.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Número de registre tributari, `U-132950-X`: kind of person, number, a letter whose rule is not published. Llei 21/2014; OECD, TIN of Andorra.
    Scheme {
        kind: "ad.nrt",
        label: Label::TaxId,
        country: *b"AD",
        forms: &[form("A000000A", &[shape(&[1, 6, 1])], Word)],
        checks: &[Check::Any(&[
            &[Check::OneOf { at: 0, characters: "CDEGOPU" }],
            &[
                Check::OneOf { at: 0, characters: "F" },
                Check::Among { from: 1, length: 6, ranges: &[(0, 699_999)] },
            ],
            &[
                Check::OneOf { at: 0, characters: "AL" },
                Check::Among { from: 1, length: 6, ranges: &[(700_000, 799_999)] },
            ],
        ])],
        words: &["nrt", "registre tributari", "número de registre", "nia", "tax number"],
    },
];
