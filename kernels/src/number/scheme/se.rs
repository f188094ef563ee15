//! Sweden.

use super::prelude::*;

const SHORT: Date = Date { days: &[0, 60], ..PLAIN };
const LONG: Date = Date { year: 0, year_digits: 4, month: 4, day: 6, days: &[0, 60], ..PLAIN };

pub(super) const SCHEMES: &[Scheme] = &[
    // Personnummer and samordningsnummer (day plus 60), `880320-0016`, `19880320-0016`: Luhn over the ten digits without century; `+` from the year in which a person turns 100. Folkbokföringslag (1991:481) § 18; Skatteverket, SKV 704.
    Scheme {
        kind: "se.personnummer",
        label: Label::NationalId,
        country: *b"SE",
        forms: &[
            form("0000000000", &[shape(&[6, 4])], Strong),
            form("000000000000", &[shape(&[8, 4])], Strong),
        ],
        checks: &[Check::Any(&[
            &[Check::Length(10), Check::Luhn { from: 0, length: 10 }, Check::Date(SHORT)],
            &[Check::Length(12), Check::Luhn { from: 2, length: 10 }, Check::Date(LONG)],
        ])],
        words: &["personnummer", "persnr", "pnr", "samordningsnummer", "personnr"],
    },
    // Organisationsnummer, `556703-7485`: the third digit is 2 or more, Luhn. Lag (1974:174).
    Scheme {
        kind: "se.orgnr",
        label: Label::CompanyId,
        country: *b"SE",
        forms: &[form("0000000000", &[shape(&[6, 4])], OneCheck)],
        checks: &[
            Check::Among { from: 2, length: 1, ranges: &[(2, 9)] },
            Check::Not { from: 0, length: 1, ranges: &[(0, 0), (4, 4)] },
            Check::Luhn { from: 0, length: 10 },
        ],
        words: &["organisationsnummer", "org.nr", "orgnr", "org nr"],
    },
    // Momsregistreringsnummer, `SE 556188840401`: organisationsnummer and 01. Skatteverket.
    Scheme {
        kind: "se.vat",
        label: Label::CompanyId,
        country: *b"SE",
        forms: &[form(
            "se000000000000",
            &[shape(&[2, 12]), shape(&[2, 10, 2]), shape(&[2, 6, 4, 2])],
            Strong,
        )],
        checks: &[
            Check::Among { from: 12, length: 2, ranges: &[(1, 1)] },
            Check::Luhn { from: 2, length: 10 },
        ],
        words: &["moms", "momsreg", "momsregistrering", "vat"],
    },
];
