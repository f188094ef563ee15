//! Italy.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Codice fiscale of persons, `RCCMNL83S18D969H`: letters of the name, year, month letter, day (plus 40
    // for women), place, check letter; digits may be letters (omocodia). D.M. 23 dicembre 1976 Art. 2–7.
    Scheme {
        kind: "it.codicefiscale",
        label: Label::TaxId,
        country: *b"IT",
        forms: &[Form {
            classes: "AAAAAA**A**A***A",
            grouping: Grouping::Shapes(&[shape(&[3, 3, 5, 5]), shape(&[6, 5, 5])]),
            proof: Proof::Strong,
        }],
        checks: &[Check::Own(Own::ItCodiceFiscale)],
        words: &["codice fiscale", "cod. fisc", "cod.fisc", "codicefiscale", "c.f.", "tessera sanitaria"],
    },
];
