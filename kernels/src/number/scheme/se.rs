//! Sweden.

use super::prelude::*;

const SHORT: Date = Date { days: &[0, 60], ..PLAIN };
const LONG: Date = Date { year: 0, year_digits: 4, month: 4, day: 6, days: &[0, 60], ..PLAIN };

pub(super) const SCHEMES: &[Scheme] = &[
    // Personnummer and samordningsnummer (day plus 60), `880320-0016`, `19880320-0016`: Luhn over the ten
    // digits without century; `+` from the year in which a person turns 100. Folkbokföringslag
    // (1991:481) § 18; Skatteverket, SKV 704.
    Scheme {
        kind: "se.personnummer",
        label: Label::NationalId,
        country: *b"SE",
        forms: &[
            Form {
                classes: "0000000000",
                grouping: Grouping::Shapes(&[shape(&[6, 4])]),
                proof: Proof::Strong,
            },
            Form {
                classes: "000000000000",
                grouping: Grouping::Shapes(&[shape(&[8, 4])]),
                proof: Proof::Strong,
            },
        ],
        checks: &[Check::Any(&[
            &[Check::Length(10), Check::Luhn { from: 0, length: 10 }, Check::Date(SHORT)],
            &[Check::Length(12), Check::Luhn { from: 2, length: 10 }, Check::Date(LONG)],
        ])],
        words: &["personnummer", "persnr", "pnr", "samordningsnummer", "personnr"],
    },
];
