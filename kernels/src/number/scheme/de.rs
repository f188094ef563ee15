//! Germany.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Steuerliche Identifikationsnummer, `86 095 742 719`: ISO/IEC 7064 MOD 11,10. § 139b AO; BZSt,
    // «Aufbau der IdNr».
    Scheme {
        kind: "de.idnr",
        label: Label::TaxId,
        country: *b"DE",
        forms: &[Form {
            classes: "00000000000",
            grouping: Grouping::Shapes(&[shape(&[2, 3, 3, 3])]),
            proof: Proof::Strong,
        }],
        checks: &[Check::Own(Own::DeIdnr), Check::Iso11 { from: 0, length: 11 }],
        words: &[
            "steuer-id",
            "steuerid",
            "idnr",
            "steuerliche",
            "steueridentifikat",
            "steuernummer",
            "tin",
            "tax id",
            "identifikationsnummer",
            "elster",
            "finanzamt",
        ],
    },
];
