//! Sweden: personnummer and samordningsnummer, `880320-0016`, `19880320-0016`.
//!
//! Rule: birth date (day plus 60: samordningsnummer), serial number, Luhn over the ten digits without
//! century; `+` instead of `-` from the year a person turns 100. Source: Folkbokföringslag (1991:481)
//! § 18; Skatteverket, SKV 704.

use super::Scheme;
use crate::Label;
use crate::checks::{is_date, is_date_of_year, luhn};
use crate::context::Topic;
use crate::digits::{Written, shape};

pub(super) const PERSONNUMMER: Scheme =
    Scheme { kind: "se.personnummer", label: Label::NationalId, country: *b"SE", topic: Some(Topic::Sweden) };

pub(super) fn personnummer(number: &Written<'_>) -> Option<u8> {
    let canonical = number.shape == const { shape(&[6, 4]) } || number.shape == const { shape(&[8, 4]) };
    if !(number.is_unbroken() || canonical && matches!(number.separator, b'-' | b'+' | b' ')) {
        return None;
    }
    let short = number.digits.len().checked_sub(10)?;
    let (year, month) = (number.number(short, short + 2), number.number(short + 2, short + 4));
    let day = match number.number(short + 4, short + 6) {
        day @ 61.. => day - 60,
        day => day,
    };
    let date = match number.number(0, short) {
        _ if short == 0 => is_date(year, month, day),
        century @ (18..=20) => is_date_of_year(century * 100 + year, month, day),
        _ => false,
    };
    let valid = date && luhn(number.digits.get(short..)?);
    valid.then_some(match (canonical, short) {
        (true, _) => 94,
        (false, 0) => 60,
        (false, _) => 90,
    })
}
