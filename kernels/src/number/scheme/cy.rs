//! Cyprus.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // ΦΠΑ and tax number, `CY10259033P`: digits at odd places by a table, modulo 26. Tax Department.
    Scheme {
        kind: "cy.vat",
        label: Label::CompanyId,
        country: *b"CY",
        forms: &[
            form("cy00000000A", &[shape(&[2, 9]), shape(&[2, 8, 1])], Strong),
            form("00000000A", &[shape(&[8, 1])], OneCheck),
        ],
        checks: &[Check::Own(Own::CyVat)],
        words: &["φπα", "ΦΠΑ", "αφμ", "ΑΦΜ", "tic", "vat", "tax identification"],
    },
];
