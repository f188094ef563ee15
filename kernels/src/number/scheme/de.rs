//! Germany.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // Steuerliche Identifikationsnummer, `86 095 742 719`: ISO/IEC 7064 MOD 11,10. § 139b AO; BZSt, «Aufbau der IdNr».
    Scheme {
        kind: "de.idnr",
        label: Label::TaxId,
        country: *b"DE",
        forms: &[form("00000000000", &[shape(&[2, 3, 3, 3])], Strong)],
        checks: &[Check::Own(Own::DeIdnr), Check::Iso11 { from: 0, length: 11 }],
        words: &[
            "steuer-id",
            "steuerid",
            "idnr",
            "steuerliche",
            "steueridentifikat",
            "tin",
            "tax id",
            "identifikationsnummer",
            "elster",
        ],
    },
    // Steuernummer, `181/815/08155`: office, district, number; each state has its own form and check. BMF.
    Scheme {
        kind: "de.stnr",
        label: Label::TaxId,
        country: *b"DE",
        forms: &[
            form("0000000000", &[shape(&[2, 3, 5])], Word),
            form("00000000000", &[shape(&[3, 3, 5]), shape(&[3, 4, 4])], Word),
            form("0000000000000", &[shape(&[4, 9])], Word),
        ],
        checks: &[],
        words: &["steuernummer", "steuer-nr", "stnr", "st.-nr", "st-nr", "finanzamt", "tax number"],
    },
    // Versicherungsnummer of the pension insurance, `65 170839 J 003`: area, ddmmyy, first letter of the name, serial, check digit. VKVV § 2.
    Scheme {
        kind: "de.svnr",
        label: Label::NationalId,
        country: *b"DE",
        forms: &[form(
            "00000000A000",
            &[shape(&[2, 6, 1, 3]), shape(&[8, 1, 3]), shape(&[2, 7, 3]), shape(&[8, 4])],
            Strong,
        )],
        checks: &[
            Check::Among { from: 2, length: 2, ranges: &[(1, 31), (51, 81)] },
            Check::Among { from: 4, length: 2, ranges: &[(1, 12)] },
            Check::Own(Own::DeSvnr),
        ],
        words: &[
            "rentenversicherung",
            "sozialversicherung",
            "versicherungsnummer",
            "sv-nummer",
            "rvnr",
            "svnr",
            "insurance number",
        ],
    },
    // Krankenversichertennummer, `A123456780`: a letter, eight digits, check digit as Luhn's with the letter as two digits. § 290 SGB V.
    Scheme {
        kind: "de.kvnr",
        label: Label::NationalId,
        country: *b"DE",
        forms: &[form("A000000000", &[shape(&[1, 9]), shape(&[1, 3, 3, 3])], Strong)],
        checks: &[Check::Own(Own::DeKvnr)],
        words: &[
            "krankenversicherung",
            "krankenkasse",
            "versichertennummer",
            "kvnr",
            "gesundheitskarte",
            "egk",
            "versicherten-nr",
            "insurance number",
        ],
    },
    // Umsatzsteuer-Identifikationsnummer, `DE136695976`: ISO/IEC 7064 MOD 11,10. § 27a UStG; BZSt.
    Scheme {
        kind: "de.vat",
        label: Label::CompanyId,
        country: *b"DE",
        forms: &[
            form("de000000000", &[shape(&[2, 9]), shape(&[2, 3, 3, 3])], Strong),
            form("000000000", &[shape(&[3, 3, 3])], OneCheck),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(11),
                Check::Not { from: 2, length: 1, ranges: &[(0, 0)] },
                Check::Iso11 { from: 2, length: 9 },
            ],
            &[
                Check::Length(9),
                Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
                Check::Iso11 { from: 0, length: 9 },
            ],
        ])],
        words: &["ust-idnr", "ust-id", "ustid", "umsatzsteuer", "mwst", "vat"],
    },
    // Serial number of identity cards and passports, `L01X00T47` and its check digit: weights 7, 3, 1. PAuswV Anlage 4; ICAO Doc 9303.
    Scheme {
        kind: "de.personalausweis",
        label: Label::PassportId,
        country: *b"DE",
        forms: &[form("A********0", &[shape(&[9, 1])], Word), form("A********", &[], Word)],
        checks: &[
            Check::OneOf { at: 0, characters: "CFGHJKLMNPRTVWXYZ" },
            Check::Any(&[
                &[Check::Length(9)],
                &[Check::Sum {
                    weights: weights(&[7, 3, 1, 7, 3, 1, 7, 3, 1]),
                    modulus: 10,
                    expected: REST,
                    at: 9,
                }],
            ]),
        ],
        words: &[
            "personalausweis",
            "ausweisnummer",
            "ausweis-nr",
            "reisepass",
            "passnummer",
            "pass-nr",
            "identity card",
            "passport",
        ],
    },
    // Number in the register of companies, `HRB 12345 B`: section, number, in some courts a letter. HRV § 12; the court stands beside it.
    Scheme {
        kind: "de.handelsregisternummer",
        label: Label::CompanyId,
        country: *b"DE",
        forms: &[
            form("hrA000", &[shape(&[3, 3])], Strong),
            form("hrA0000", &[shape(&[3, 4])], Strong),
            form("hrA00000", &[shape(&[3, 5])], Strong),
            form("hrA000000", &[shape(&[3, 6])], Strong),
            form("hrA000A", &[shape(&[3, 3, 1]), shape(&[3, 4])], Strong),
            form("hrA0000A", &[shape(&[3, 4, 1]), shape(&[3, 5])], Strong),
            form("hrA00000A", &[shape(&[3, 5, 1]), shape(&[3, 6])], Strong),
            form("hrA000000A", &[shape(&[3, 6, 1]), shape(&[3, 7])], Strong),
            form("gnr000", &[shape(&[3, 3])], Word),
            form("gnr0000", &[shape(&[3, 4])], Word),
            form("vr000", &[shape(&[2, 3])], Word),
            form("vr0000", &[shape(&[2, 4])], Word),
            form("vr00000", &[shape(&[2, 5])], Word),
            form("pr000", &[shape(&[2, 3])], Word),
            form("pr0000", &[shape(&[2, 4])], Word),
        ],
        checks: &[
            Check::Not { from: 3, length: 1, ranges: &[(0, 0)] },
            Check::Any(&[
                &[Check::OneOf { at: 0, characters: "H" }, Check::OneOf { at: 2, characters: "AB" }],
                &[Check::OneOf { at: 0, characters: "GVP" }],
            ]),
        ],
        words: &[
            "amtsgericht",
            "handelsregister",
            "registergericht",
            "vereinsregister",
            "genossenschaftsregister",
            "partnerschaftsregister",
        ],
    },
];
