//! Finland.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Henkilötunnus, `131052-308T`: ddmmyy, the sign of the century, 002–999 (900–999: temporary ones), a
    // letter. Asetus 128/2010, 690/2022; DVV.
    Scheme {
        kind: "fi.hetu",
        label: Label::NationalId,
        country: *b"FI",
        forms: &[
            Form {
                classes: "000000000*",
                grouping: Grouping::Shapes(&[shape(&[6, 4])]),
                proof: Proof::Strong,
            },
            Form { classes: "000000A000*", grouping: Grouping::Shapes(&[]), proof: Proof::Strong },
        ],
        checks: &[Check::Own(Own::FiHetu)],
        words: &["henkilötunnus", "henkilÖtunnus", "henkilotunnus", "hetu", "sotu", "personbeteckning"],
    },
];
