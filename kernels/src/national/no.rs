//! Norway: fødselsnummer and D-nummer, 11 digits, `151086 95088`.
//!
//! Rule: ddmmyy (day plus 40: D-nummer; month plus 40: hospital's H-nummer; month plus 80: the tax
//! administration's synthetic persons), individual number that fits the century, two check digits
//! modulo 11. Source: Folkeregisterforskriften § 2-2-1; Skatteetaten. Numbers issued from 2032 on relax
//! the first check digit.

use super::Scheme;
use crate::Label;
use crate::checks::{is_date_of_year, weighted};
use crate::context::Topic;
use crate::digits::{Written, shape};

pub(super) const FODSELSNUMMER: Scheme = Scheme {
    kind: "no.fodselsnummer",
    label: Label::NationalId,
    country: *b"NO",
    topic: Some(Topic::Norway),
};

pub(super) fn fodselsnummer(number: &Written<'_>) -> Option<u8> {
    let canonical = number.shape == const { shape(&[6, 5]) };
    let known = number.is_unbroken()
        || canonical
        || number.shape == const { shape(&[6, 3, 2]) }
        || number.shape == const { shape(&[2, 2, 2, 5]) };
    let first = weighted(number.digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11);
    let second = weighted(number.digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
    (known && first && second && has_birth_date(number)).then_some(if canonical { 94 } else { 88 })
}

fn has_birth_date(number: &Written<'_>) -> bool {
    let (day, month, year) = (number.number(0, 2), number.number(2, 4), number.number(4, 6));
    let century = match (number.number(6, 9), year) {
        (0..=499, _) => 1900,
        (500..=749, 54..) => 1800,
        (500..=999, 0..=39) => 2000,
        (900..=999, 40..) => 1900,
        _ => return false,
    };
    let day = if day > 40 { day - 40 } else { day };
    is_date_of_year(century + year, month % 40, day)
}
