//! Checks: what must hold between the characters of a number, as data.
//!
//! Invariant: a check reads [`Characters`] and nothing else, in integers, and ends after at most
//! [`WIDTH`] steps. A field that reaches beyond the number reads zeros.

use super::own::Own;
use crate::checks::is_date_of_year;

/// Characters of the longest number of any scheme.
pub(crate) const WIDTH: usize = crate::digits::MAX_DIGITS;
/// Stands in a table for a remainder that no number has.
pub(crate) const NEVER: u8 = 255;

/// A number without its separators: 0..=9 for a digit, 10..=35 for a letter.
#[derive(Clone, Copy, Default)]
pub(crate) struct Characters {
    pub(crate) values: [u8; WIDTH],
    pub(crate) length: usize,
    /// The separator before the last group; 0 if there is none. Some schemes give it a meaning.
    pub(crate) sign: u8,
    /// Is one of them a letter?
    pub(crate) has_letters: bool,
}

impl Characters {
    pub(crate) fn at(&self, place: usize) -> u8 {
        self.values.get(place).copied().unwrap_or(0)
    }

    /// Characters `from..from + length` as a decimal number; a letter counts as its last digit.
    pub(crate) fn number(&self, from: usize, length: usize) -> u64 {
        let field = self.values.get(from..from + length).unwrap_or_default();
        field.iter().fold(0, |sum, &value| sum.wrapping_mul(10).wrapping_add(u64::from(value % 10)))
    }

    /// Is each character of its class?
    pub(crate) fn are(&self, classes: &str) -> bool {
        self.length == classes.len()
            && self.values.iter().zip(classes.bytes()).all(|(&value, class)| match class {
                b'0' => value < 10,
                b'A' => value >= 10,
                b'*' => true,
                letter => value == letter.wrapping_sub(b'a').wrapping_add(10),
            })
    }
}

/// One thing that must hold.
pub(crate) enum Check {
    /// The sum of each character times its weight leaves a remainder: `expected` holds, for each one,
    /// the character at `at`.
    Sum { weights: Weights, modulus: i32, expected: &'static [u8], at: usize },
    /// The same sum is a multiple of the modulus.
    Zero { weights: Weights, modulus: i32 },
    /// Modulo 11; where 10 remains the second weights are used, where 10 remains again the digit is 0.
    Twice { first: Weights, second: Weights, at: usize },
    /// The digits of each product are added, as Luhn's are: the sum's remainder gives the character.
    Digits { weights: Weights, modulus: i32, expected: &'static [u8], at: usize },
    /// ISO/IEC 7812-1 Annex B over this field, its check digit last.
    Luhn { from: usize, length: usize },
    /// ISO/IEC 7064 MOD 11,10 over this field, its check digit last.
    Iso11 { from: usize, length: usize },
    /// ISO/IEC 7064 MOD 97-10 or its likes: the field, after the digits `lead`, leaves a remainder that
    /// equals the field at `at`. With `complement` it is what lacks to the modulus.
    Remainder {
        lead: u64,
        from: usize,
        length: usize,
        modulus: u64,
        complement: bool,
        at: usize,
        width: usize,
    },
    /// A day of the calendar.
    Date(Date),
    /// The field is in one of these ranges.
    Among { from: usize, length: usize, ranges: &'static [(u64, u64)] },
    /// The field is in none of these ranges.
    Not { from: usize, length: usize, ranges: &'static [(u64, u64)] },
    /// The character is one of these (capital letters and digits).
    OneOf { at: usize, characters: &'static str },
    /// The characters of the field are not all the same.
    Mixed { from: usize, length: usize },
    /// The field's remainder by the number of letters is the place of the one at `at`.
    Letter { from: usize, length: usize, letters: &'static [u8], at: usize },
    /// It has so many characters.
    Length(usize),
    /// This separator stands before its last group.
    Sign(u8),
    /// One of these holds.
    Any(&'static [&'static [Check]]),
    /// A rule that only one scheme has.
    Own(Own),
}

/// A weight for each character.
pub(crate) type Weights = [i16; WIDTH];

/// Weights of the first characters; the others count nothing.
pub(crate) const fn weights(list: &[i16]) -> Weights {
    weights_from(0, list)
}

/// Weights of the characters from a place on.
#[expect(clippy::indexing_slicing, reason = "made when the crate is compiled: too many do not compile")]
pub(crate) const fn weights_from(from: usize, list: &[i16]) -> Weights {
    let mut all = [0; WIDTH];
    let mut place = 0;
    while place < list.len() {
        all[from + place] = list[place];
        place += 1;
    }
    all
}

/// Where the parts of a date stand, and what is added to them.
pub(crate) struct Date {
    pub(crate) year: usize,
    /// Digits of the year: 2, 3 (without the thousand) or 4.
    pub(crate) year_digits: usize,
    pub(crate) month: usize,
    pub(crate) day: usize,
    /// What may be added to the month, and the century that it stands for (0: it says nothing of it).
    pub(crate) months: &'static [(u64, u64)],
    /// What may be added to the day: 40 for women in some countries, 60 for coordination numbers.
    pub(crate) days: &'static [u64],
    /// The place of a digit that tells the century, and the century for each digit (0: none has it).
    pub(crate) century: Option<(usize, [u64; 10])>,
}

/// A date whose month and day are as they are and whose century is not written.
pub(crate) const PLAIN: Date =
    Date { year: 0, year_digits: 2, month: 2, day: 4, months: &[(0, 0)], days: &[0], century: None };

/// The remainder itself; modulo 11 a number with 10 does not exist.
pub(crate) const REST: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, NEVER];
/// The remainder, 10 being written as 0.
pub(crate) const REST_ZERO: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0];
/// What lacks to 11; a number that lacks 10 does not exist.
pub(crate) const LACKS_11: &[u8] = &[0, NEVER, 9, 8, 7, 6, 5, 4, 3, 2, 1];
/// What lacks to 11, 10 and 11 being written as 0.
pub(crate) const LACKS_11_ZERO: &[u8] = &[0, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1];
/// What lacks to 10.
pub(crate) const LACKS_10: &[u8] = &[0, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/// A table of capital letters and digits, as `expected` wants it.
#[expect(clippy::indexing_slicing, reason = "both have N places")]
pub(crate) const fn table<const N: usize>(text: &[u8; N]) -> [u8; N] {
    let mut all = [NEVER; N];
    let mut place = 0;
    while place < N {
        all[place] = value(text[place]);
        place += 1;
    }
    all
}

/// 0..=9 for a digit, 10..=35 for a letter of either case, [`NEVER`] for anything else.
pub(crate) const fn value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        b'a'..=b'z' => byte - b'a' + 10,
        _ => NEVER,
    }
}

impl Check {
    pub(crate) fn holds(&self, characters: &Characters) -> bool {
        match self {
            Check::Sum { weights, modulus, expected, at } => {
                is_expected(sum(characters, weights), *modulus, expected, characters.at(*at))
            }
            Check::Zero { weights, modulus } => sum(characters, weights).rem_euclid(*modulus) == 0,
            Check::Twice { first, second, at } => {
                let rest = match sum(characters, first).rem_euclid(11) {
                    10 => sum(characters, second).rem_euclid(11) % 10,
                    rest => rest,
                };
                rest == i32::from(characters.at(*at))
            }
            Check::Digits { weights, modulus, expected, at } => {
                is_expected(digit_sum(characters, weights), *modulus, expected, characters.at(*at))
            }
            Check::Luhn { from, length } => crate::checks::luhn(field(characters, *from, *length)),
            Check::Iso11 { from, length } => crate::checks::mod_11_10(field(characters, *from, *length)),
            Check::Remainder { lead, from, length, modulus, complement, at, width } => {
                let rest = remainder(*lead, field(characters, *from, *length), *modulus);
                let expected = if *complement { modulus - rest } else { rest };
                expected == characters.number(*at, *width)
            }
            Check::Date(date) => date.holds(characters),
            Check::Among { from, length, ranges } => is_among(characters.number(*from, *length), ranges),
            Check::Not { from, length, ranges } => !is_among(characters.number(*from, *length), ranges),
            Check::OneOf { at, characters: known } => {
                known.bytes().any(|byte| value(byte) == characters.at(*at))
            }
            Check::Mixed { from, length } => {
                field(characters, *from, *length).array_windows().any(|[left, right]| left != right)
            }
            Check::Letter { from, length, letters, at } => {
                let rest = characters.number(*from, *length) % (letters.len() as u64).max(1);
                usize::try_from(rest).ok().and_then(|rest| letters.get(rest)) == Some(&characters.at(*at))
            }
            Check::Length(length) => characters.length == *length,
            Check::Sign(sign) => characters.sign == *sign,
            Check::Any(all) => all.iter().any(|checks| checks.iter().all(|check| check.holds(characters))),
            Check::Own(own) => own.holds(characters),
        }
    }
}

fn field(characters: &Characters, from: usize, length: usize) -> &[u8] {
    characters.values.get(from..from + length).unwrap_or_default()
}

fn sum(characters: &Characters, weights: &Weights) -> i32 {
    characters.values.iter().zip(weights).map(|(&value, &weight)| i32::from(value) * i32::from(weight)).sum()
}

fn digit_sum(characters: &Characters, weights: &Weights) -> i32 {
    let product = |(&value, &weight): (&u8, &i16)| i32::from(value) * i32::from(weight);
    characters.values.iter().zip(weights).map(product).map(|product| product / 10 + product % 10).sum()
}

fn is_expected(sum: i32, modulus: i32, expected: &[u8], written: u8) -> bool {
    let rest = usize::try_from(sum.rem_euclid(modulus)).unwrap_or(usize::MAX);
    expected.get(rest).is_some_and(|&expected| expected == written && expected != NEVER)
}

/// A letter counts as two digits, 10 to 35.
fn remainder(lead: u64, field: &[u8], modulus: u64) -> u64 {
    field.iter().fold(lead % modulus, |rest, &value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + u64::from(value)) % modulus
    })
}

fn is_among(number: u64, ranges: &[(u64, u64)]) -> bool {
    ranges.iter().any(|&(first, last)| (first..=last).contains(&number))
}

impl Date {
    fn holds(&self, characters: &Characters) -> bool {
        let year = characters.number(self.year, self.year_digits);
        let century = match self.century {
            Some((place, centuries)) => {
                match centuries.get(usize::from(characters.at(place))).copied().unwrap_or(0) {
                    0 => return false,
                    century => century,
                }
            }
            None => 0,
        };
        let day = characters.number(self.day, 2);
        let month = characters.number(self.month, 2);
        self.months.iter().any(|&(offset, of_month)| {
            let months = month.wrapping_sub(offset);
            let century = if of_month == 0 { century } else { of_month };
            (1..=12).contains(&months)
                && self
                    .days
                    .iter()
                    .any(|&offset| self.is_day(century, year, months, day.wrapping_sub(offset)))
        })
    }

    /// Where the century is not written, 00 may be 2000 and has a 29 February.
    fn is_day(&self, century: u64, year: u64, month: u64, day: u64) -> bool {
        let year = match (self.year_digits, century) {
            (4, _) if !(1850..=2099).contains(&year) => return false,
            (4, _) => year,
            (3, _) if year >= 850 => 1000 + year,
            (3, _) if year >= 100 => return false,
            (3, _) => 2000 + year,
            (_, 0) => 2000 + year,
            (_, century) => century + year,
        };
        is_date_of_year(year, month, day)
    }
}
