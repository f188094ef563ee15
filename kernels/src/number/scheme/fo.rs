//! The Faroe Islands.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Vinnutal, `602 590`: a serial number without a check. Taks; OECD, TIN of the Faroe Islands.
    Scheme {
        kind: "fo.vn",
        label: Label::CompanyId,
        country: *b"FO",
        forms: &[
            form("000000", &[shape(&[3, 3])], Word),
            form("fo000000", &[shape(&[2, 6]), shape(&[2, 3, 3])], Word),
        ],
        checks: &[],
        words: &["vinnutal", "v-tal", "vtal", "v-number", "skráseting", "taks", "tax number"],
    },
];
