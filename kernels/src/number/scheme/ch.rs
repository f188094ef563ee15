//! Switzerland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // AHV number (AVS), `756.9217.0769.85`: 756, nine digits, EAN-13 check digit. AHVV (SR 831.101)
    // Art. 133; ZAS, «NAVS13».
    Scheme {
        kind: "ch.ssn",
        label: Label::NationalId,
        country: *b"CH",
        forms: &[Form {
            classes: "0000000000000",
            grouping: Grouping::Shapes(&[shape(&[3, 4, 4, 2])]),
            proof: Proof::Strong,
        }],
        checks: &[
            Check::Among { from: 0, length: 3, ranges: &[(756, 756)] },
            Check::Zero { weights: weights(&[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]), modulus: 10 },
        ],
        words: &["ahv", "avs", "ahv-nr", "svnr", "navs", "sozialversicherung", "oasi"],
    },
];
