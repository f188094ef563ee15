//! Liechtenstein.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // PEID, up to twelve digits without a check. Steuerverwaltung.
    Scheme {
        kind: "li.peid",
        label: Label::TaxId,
        country: *b"LI",
        forms: &[
            form("0000", &[], Word),
            form("00000", &[], Word),
            form("000000", &[], Word),
            form("0000000", &[], Word),
            form("00000000", &[], Word),
            form("000000000", &[], Word),
            form("0000000000", &[], Word),
            form("00000000000", &[], Word),
            form("000000000000", &[], Word),
        ],
        checks: &[],
        words: &["peid", "pei", "pid", "steuernummer", "personenidentifikation"],
    },
];
