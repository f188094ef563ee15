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
        forms: &[Form {
            classes: "00000000A",
            grouping: Grouping::Shapes(&[shape(&[8, 1]), shape(&[2, 3, 3, 1]), shape(&[1, 3, 3, 1])]),
            proof: Proof::Check,
        }],
        checks: &[Check::Letter { from: 0, length: 8, letters: &LETTERS, at: 8 }],
        words: WORDS,
    },
    // Número de identidad de extranjero, `X-2482300-W`. Orden INT/2058/2008.
    Scheme {
        kind: "es.nie",
        label: Label::NationalId,
        country: *b"ES",
        forms: &[Form {
            classes: "A0000000A",
            grouping: Grouping::Shapes(&[shape(&[1, 7, 1]), shape(&[1, 8]), shape(&[8, 1])]),
            proof: Proof::Strong,
        }],
        checks: &[Check::Own(Own::EsNie)],
        words: WORDS,
    },
];
