//! Azerbaijan.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // VÖEN, `1401555071`: territory, serial, check digit modulo 11, 1 for companies and 2 for persons. Vergi Məcəlləsi; OECD, TIN of Azerbaijan.
    Scheme {
        kind: "az.voen",
        label: Label::TaxId,
        country: *b"AZ",
        forms: &[form("0000000000", &[shape(&[3, 3, 4])], OneCheck)],
        checks: &[
            Check::Among { from: 9, length: 1, ranges: &[(1, 2)] },
            Check::Sum { weights: weights(&[4, 1, 8, 6, 2, 7, 5, 3]), modulus: 11, expected: REST, at: 8 },
        ],
        words: &["vöen", "vÖen", "voen", "vergi ödəyici", "tax number"],
    },
];
