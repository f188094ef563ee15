//! Italy.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Codice fiscale of persons, `RCCMNL83S18D969H`: letters of the name, year, month letter, day (plus 40 for women), place, check letter; digits may be letters (omocodia). D.M. 23 dicembre 1976 Art. 2–7.
    Scheme {
        kind: "it.codicefiscale",
        label: Label::TaxId,
        country: *b"IT",
        forms: &[form("AAAAAA**A**A***A", &[shape(&[3, 3, 5, 5]), shape(&[6, 5, 5])], Strong)],
        checks: &[Check::Own(Own::ItCodiceFiscale)],
        words: &["codice fiscale", "cod. fisc", "cod.fisc", "codicefiscale", "c.f.", "tessera sanitaria"],
    },
    // Partita IVA, `00743110157`: number, province, Luhn. DPR 633/1972 Art. 35.
    Scheme {
        kind: "it.iva",
        label: Label::CompanyId,
        country: *b"IT",
        forms: &[form("it00000000000", &[shape(&[2, 11])], Strong), form("00000000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            &[
                Check::Length(13),
                Check::Among { from: 9, length: 3, ranges: &[(1, 100), (120, 121), (888, 888), (999, 999)] },
                Check::Luhn { from: 2, length: 11 },
            ],
            &[
                Check::Length(11),
                Check::Among { from: 7, length: 3, ranges: &[(1, 100), (120, 121), (888, 888), (999, 999)] },
                Check::Not { from: 0, length: 7, ranges: &[(0, 0)] },
                Check::Luhn { from: 0, length: 11 },
            ],
        ])],
        words: &["partita iva", "p. iva", "p.iva", "piva", "iva", "vat"],
    },
];
