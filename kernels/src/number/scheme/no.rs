//! Norway.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Fødselsnummer and D-nummer, `151086 95088`: date, individual number, two check digits modulo 11.
    // Folkeregisterforskriften § 2-2-1; Skatteetaten. Numbers issued from 2032 on relax the first digit.
    Scheme {
        kind: "no.fodselsnummer",
        label: Label::NationalId,
        country: *b"NO",
        forms: &[Form {
            classes: "00000000000",
            grouping: Grouping::Shapes(&[shape(&[6, 5]), shape(&[6, 3, 2]), shape(&[2, 2, 2, 5])]),
            proof: Proof::Strong,
        }],
        checks: &[
            Check::Zero { weights: weights(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]), modulus: 11 },
            Check::Zero { weights: weights(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            Check::Own(Own::NoCentury),
        ],
        words: &[
            "fødselsnummer",
            "fØdselsnummer",
            "fodselsnummer",
            "fnr",
            "personnummer",
            "d-nummer",
            "fødselsnr",
            "skatteetaten",
        ],
    },
];
