//! France.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Numéro d'inscription au répertoire (NIR), `2 95 10 99 126 111 93`: sex or register, year, month
    // (20, 30–42, 50–99 where it is not known), département (2A, 2B: Corsica), commune, order, key. INSEE;
    // décret 82-103.
    Scheme {
        kind: "fr.nir",
        label: Label::NationalId,
        country: *b"FR",
        forms: &[
            Form { classes: "000000000000000", grouping: Grouping::Free, proof: Proof::Strong },
            Form { classes: "000000A00000000", grouping: Grouping::Free, proof: Proof::Strong },
        ],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(1, 4), (7, 8)] },
            Check::Among { from: 3, length: 2, ranges: &[(1, 12), (20, 20), (30, 42), (50, 99)] },
            Check::Own(Own::FrNir),
        ],
        words: &["nir", "sécu", "sÉcu", "sécurité sociale", "securite sociale", "insee", "assuré", "vitale"],
    },
];
