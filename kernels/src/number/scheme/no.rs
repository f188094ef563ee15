//! Norway.

use super::prelude::*;

/// Of eleven digits.
pub(crate) const KONTONR: Check =
    Check::Sum { weights: weights(&[6, 7, 8, 9, 4, 5, 6, 7, 8, 9]), modulus: 11, expected: REST, at: 10 };

pub(super) const SCHEMES: &[Scheme] = &[
    // Fødselsnummer and D-nummer, `151086 95088`: date, individual number, two check digits modulo 11. Folkeregisterforskriften § 2-2-1; Skatteetaten. Numbers issued from 2032 on relax the first digit.
    Scheme {
        kind: "no.fodselsnummer",
        label: Label::NationalId,
        country: *b"NO",
        forms: &[form("00000000000", &[shape(&[6, 5]), shape(&[6, 3, 2]), shape(&[2, 2, 2, 5])], Strong)],
        checks: &[
            Check::Zero { weights: weights(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]), modulus: 11 },
            Check::Zero { weights: weights(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            Check::Own(Own::NoCentury),
        ],
        words: &[
            "fødselsnummer",
            "fØdselsnummer",
            "fodselsnummer",
            "fnr",
            "personnummer",
            "d-nummer",
            "fødselsnr",
            "skatteetaten",
        ],
    },
    // Organisasjonsnummer, `988 077 917`: modulo 11. Enhetsregisterloven.
    Scheme {
        kind: "no.orgnr",
        label: Label::CompanyId,
        country: *b"NO",
        forms: &[form("000000000", &[shape(&[3, 3, 3])], OneCheck)],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(7, 9)] },
            Check::Zero { weights: weights(&[3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
        ],
        words: &["org.nr", "orgnr", "org nr", "organisasjonsnummer", "organisasjonsnr", "foretaksregister"],
    },
    // MVA number, `NO 995 525 828 MVA`: the organisasjonsnummer. Merverdiavgiftsloven.
    Scheme {
        kind: "no.mva",
        label: Label::CompanyId,
        country: *b"NO",
        forms: &[
            form("no000000000mva", &[shape(&[2, 9, 3]), shape(&[2, 3, 3, 3, 3]), shape(&[2, 12])], Strong),
            form("000000000mva", &[shape(&[9, 3]), shape(&[3, 3, 3, 3])], Strong),
        ],
        checks: &[Check::Any(&[
            &[
                Check::Length(14),
                Check::Zero { weights: weights_from(2, &[3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 },
            ],
            &[Check::Length(12), Check::Zero { weights: weights(&[3, 2, 7, 6, 5, 4, 3, 2, 1]), modulus: 11 }],
        ])],
        words: &["mva", "merverdiavgift", "vat"],
    },
    // Kontonummer, `8601.11.17947`: bank, account, check digit modulo 11. Bits, Regelverk; of seven digits Luhn's.
    Scheme {
        kind: "no.kontonr",
        label: Label::AccountId,
        country: *b"NO",
        forms: &[form("00000000000", &[shape(&[4, 2, 5])], OneCheck), form("0000000", &[], Word)],
        checks: &[Check::Any(&[
            &[Check::Length(11), KONTONR],
            &[Check::Length(7), Check::Luhn { from: 0, length: 7 }],
        ])],
        words: &["kontonr", "kontonummer", "konto nr", "konto", "bankkonto", "postgiro", "bank account"],
    },
];
