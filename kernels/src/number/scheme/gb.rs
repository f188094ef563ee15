//! United Kingdom.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // NHS number (and the Scottish CHI number), `943 476 5919`: weights 10 to 2, modulo 11. NHS Data Model
    // and Dictionary, «NHS Number».
    Scheme {
        kind: "gb.nhs",
        label: Label::NationalId,
        country: *b"GB",
        forms: &[Form {
            classes: "0000000000",
            grouping: Grouping::Shapes(&[shape(&[3, 3, 4])]),
            proof: Proof::Check,
        }],
        checks: &[
            Check::Zero { weights: weights(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            Check::Mixed { from: 0, length: 10 },
        ],
        words: &["nhs", "patient", "hospital number", "gp practice", "chi number", "health service"],
    },
];
