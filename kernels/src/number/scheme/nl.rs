//! Netherlands.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Burgerservicenummer, `1112.22.333`: weights 9 to 2 and -1, modulo 11. Wet algemene bepalingen bsn.
    Scheme {
        kind: "nl.bsn",
        label: Label::NationalId,
        country: *b"NL",
        forms: &[form("000000000", &[shape(&[4, 2, 3]), shape(&[3, 3, 3])], OneCheck)],
        checks: &[
            Check::Zero { weights: weights(&[9, 8, 7, 6, 5, 4, 3, 2, -1]), modulus: 11 },
            Check::Mixed { from: 0, length: 9 },
        ],
        words: &["bsn", "burgerservicenummer", "sofi", "sofinummer", "burgerservice", "citizen service"],
    },
    // Btw-identificatienummer, `NL 4495445 B01`: BSN or RSIN, or modulo 97 over all since 2020. Belastingdienst.
    Scheme {
        kind: "nl.btw",
        label: Label::CompanyId,
        country: *b"NL",
        forms: &[form(
            "nl000000000b00",
            &[shape(&[2, 9, 1, 2]), shape(&[2, 9, 3]), shape(&[2, 12]), shape(&[2, 4, 2, 3, 1, 2])],
            Strong,
        )],
        checks: &[Check::Any(&[
            &[Check::Zero { weights: weights_from(2, &[9, 8, 7, 6, 5, 4, 3, 2, -1]), modulus: 11 }],
            &[Check::Own(Own::Mod97)],
        ])],
        words: &["btw", "btw-id", "btw nr", "omzetbelasting", "vat"],
    },
    // Onderwijsnummer, `101222331`: as the BSN, leaving 5. DUO.
    Scheme {
        kind: "nl.onderwijsnummer",
        label: Label::NationalId,
        country: *b"NL",
        forms: &[form("000000000", &[], OneCheck)],
        checks: &[
            Check::Among { from: 0, length: 2, ranges: &[(10, 10)] },
            Check::Sum {
                weights: weights(&[9, 8, 7, 6, 5, 4, 3, 2]),
                modulus: 11,
                expected: &[6, 7, 8, 9, 255, 0, 1, 2, 3, 4, 5],
                at: 8,
            },
        ],
        words: &["onderwijsnummer", "onderwijs", "leerling"],
    },
    // Number of passports and identity cards, `EM0000000`: no check of its own. Paspoortuitvoeringsregeling.
    Scheme {
        kind: "nl.identiteitskaartnummer",
        label: Label::PassportId,
        country: *b"NL",
        forms: &[form("AA******0", &[], Word), form("AA*******", &[], Word)],
        checks: &[],
        words: &[
            "identiteitskaart",
            "paspoort",
            "paspoortnummer",
            "documentnummer",
            "rijbewijs",
            "passport",
            "identity card",
        ],
    },
    // BRIN of schools, `05KO`, `07EE00`: no check. DUO, Basisregistratie Instellingen.
    Scheme {
        kind: "nl.brin",
        label: Label::CompanyId,
        country: *b"NL",
        forms: &[form("00AA", &[], Word), form("00AA00", &[shape(&[4, 2])], Word)],
        checks: &[],
        words: &["brin", "brinnummer", "schoolnummer", "vestigingsnummer"],
    },
];
