//! San Marino.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Codice operatore economico, `SM24165`: three to five digits without a check. Legge 166/2013.
    Scheme {
        kind: "sm.coe",
        label: Label::CompanyId,
        country: *b"SM",
        forms: &[
            form("000", &[], Word),
            form("0000", &[], Word),
            form("00000", &[], Word),
            form("sm00000", &[shape(&[2, 5])], Word),
        ],
        checks: &[],
        words: &["coe", "operatore economico", "c.o.e.", "san marino"],
    },
];
