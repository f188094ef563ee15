//! Monaco.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Numéro de TVA, `FR 53 0000 04605`: as France's, with three zeros where a SIREN would start. Direction des services fiscaux.
    Scheme {
        kind: "mc.tva",
        label: Label::CompanyId,
        country: *b"MC",
        forms: &[form(
            "fr**000000000",
            &[
                shape(&[2, 11]),
                shape(&[4, 9]),
                shape(&[2, 2, 4, 5]),
                shape(&[2, 2, 9]),
                shape(&[2, 2, 3, 3, 3]),
                shape(&[4, 3, 3, 3]),
            ],
            Strong,
        )],
        checks: &[Check::Among { from: 4, length: 3, ranges: &[(0, 0)] }, Check::Own(Own::FrTva)],
        words: &["tva", "monaco", "intracommunautaire", "vat"],
    },
];
