//! Bank accounts: IBAN (ISO 13616), in every country of the registry.
//!
//! Invariant: reported are numbers with their country's length and kinds of characters whose check digits
//! are right, with or without separators, in capitals or in small letters.

use crate::bytes::{at, before, ends_word, has_word, starts_word};
use crate::checks::{next_of_mod_97, rest_of_mod_97};
use crate::{Finding, Label};

/// ISO 13616: two letters, two digits and at most 30 characters.
const LENGTH_MAX: usize = 34;

/// May two letters that start a word, or stand behind `IBAN`, end at `end`? Most words are longer.
#[inline]
pub(crate) fn may_be_country(text: &[u8], end: usize) -> bool {
    let previous = before(text, end.saturating_sub(2));
    !previous.is_ascii_alphanumeric() || previous | 0x20 == b'n'
}

/// The account whose check digits start at `digit`, or the creditor: they begin alike.
pub(crate) fn find(text: &[u8], digit: usize) -> Option<Finding> {
    let start = country_start(text, digit)?;
    account(text, start, digit).or_else(|| super::creditor::find(text, start))
}

fn account(text: &[u8], start: usize, digit: usize) -> Option<Finding> {
    let country = [at(text, start).to_ascii_uppercase(), at(text, start + 1).to_ascii_uppercase()];
    // Small letters behind a capital country are the words that follow a shorter number.
    let small = if at(text, start).is_ascii_uppercase() { 0 } else { LETTER };
    let structure = STRUCTURES.of(country)?;
    let (characters, end) = structure.read(text, digit, small)?;
    let (check, account) = characters.get(..structure.length)?.split_at_checked(2)?;
    let rest =
        country.iter().chain(check).fold(rest_of_mod_97(account), |rest, &it| next_of_mod_97(rest, it));
    if rest % 97 != 1 || !ends_word(text, end) {
        return None;
    }
    Some(Finding {
        start,
        end,
        label: Label::Iban,
        kind: "iban",
        country: Some(country),
        score: super::bban::score(country, text.get(start..end)?),
    })
}

/// Where the two letters before the check digits start, perhaps with a separator between.
fn country_start(text: &[u8], digit: usize) -> Option<usize> {
    let gap = usize::from(is_separator(before(text, digit)));
    let start = digit.checked_sub(2 + gap)?;
    let letters = at(text, start).is_ascii_alphabetic() && at(text, start + 1).is_ascii_alphabetic();
    let labelled = || start.checked_sub(4).is_some_and(|label| has_word(text, label, b"iban"));
    (letters && (starts_word(text, start) || labelled())).then_some(start)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/')
}

/// What a character may be: the registry's n, a or c.
const DIGIT: u8 = 1;
const LETTER: u8 = 2;

#[inline]
fn kinds(byte: u8, small: u8) -> u8 {
    u8::from(byte.is_ascii_digit()) * DIGIT
        + u8::from(byte.is_ascii_uppercase()) * LETTER
        + u8::from(byte.is_ascii_lowercase()) * small
}

/// Characters from the check digits on.
const REST_MAX: usize = LENGTH_MAX - 2;

/// The characters of a country's numbers, from the check digits on.
#[derive(Clone, Copy)]
struct Structure {
    /// None behind the last one.
    classes: [u8; REST_MAX],
    length: usize,
}

/// What may stand behind the check digits of a country's numbers: a bit for digits and one for letters each.
pub(crate) fn classes(country: [u8; 2]) -> Option<&'static [u8]> {
    let structure = STRUCTURES.of(country)?;
    structure.classes.get(2..structure.length)
}

/// The registry, laid out by the compiler: by the country's two letters.
struct Structures {
    /// A place in `all`, or [`NONE`].
    places: [u8; 26 * 26],
    all: [Structure; REGISTRY.len()],
}

const NONE: u8 = u8::MAX;
static STRUCTURES: Structures = Structures::new();

impl Structures {
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "evaluated by the compiler"
    )]
    const fn new() -> Structures {
        let mut places = [NONE; 26 * 26];
        let mut all = [Structure { classes: [0; REST_MAX], length: 0 }; REGISTRY.len()];
        let mut index = 0;
        while index < REGISTRY.len() {
            let (country, structure) = REGISTRY[index];
            places[(country[0] - b'A') as usize * 26 + (country[1] - b'A') as usize] = index as u8;
            all[index] = Structure::parse(structure.as_bytes());
            index += 1;
        }
        Structures { places, all }
    }

    /// Of a country's two capital letters.
    #[inline]
    fn of(&self, [first, second]: [u8; 2]) -> Option<&Structure> {
        let place = usize::from(first.checked_sub(b'A')?) * 26 + usize::from(second.checked_sub(b'A')?);
        self.all.get(usize::from(*self.places.get(place)?))
    }
}

impl Structure {
    /// The characters from the check digits on, with small letters counting as `small`, and where they end: in one
    /// piece or with separators.
    #[inline]
    fn read(&self, text: &[u8], digit: usize, small: u8) -> Option<([u8; REST_MAX], usize)> {
        let mut characters = [0; REST_MAX];
        let rest = text.get(digit..)?;
        match rest.first_chunk() {
            Some(window) => characters = *window,
            None => characters.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte),
        }
        if self.fits(&characters, small) {
            return Some((characters, digit + self.length));
        }
        let mut place = digit;
        for slot in characters.iter_mut().take(self.length) {
            place += usize::from(is_separator(at(text, place)));
            *slot = at(text, place);
            place += 1;
        }
        self.fits(&characters, small).then_some((characters, place))
    }

    /// Is each of the characters of its class? Not `all`: without a way out it is a few vector instructions.
    #[inline]
    fn fits(&self, characters: &[u8; REST_MAX], small: u8) -> bool {
        let pairs = characters.iter().zip(&self.classes);
        pairs.fold(true, |fits, (&byte, &wanted)| fits & ((wanted == 0) | (kinds(byte, small) & wanted != 0)))
    }

    /// The check digits, and `10n11c2n` as 23 classes.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn parse(structure: &[u8]) -> Structure {
        let mut all = Structure { classes: [0; REST_MAX], length: 2 };
        all.classes[0] = DIGIT;
        all.classes[1] = DIGIT;
        let (mut place, mut count) = (0, 0);
        while place < structure.len() {
            match structure[place] {
                digit @ b'0'..=b'9' => count = count * 10 + (digit - b'0') as usize,
                class => {
                    while count > 0 {
                        all.classes[all.length] = match class {
                            b'n' => DIGIT,
                            b'a' => LETTER,
                            _ => DIGIT | LETTER,
                        };
                        all.length += 1;
                        count -= 1;
                    }
                }
            }
            place += 1;
        }
        all
    }
}

/// SWIFT IBAN registry, release 101: what follows the check digits; n digits, a letters, c either.
#[rustfmt::skip]
pub(crate) const REGISTRY: &[([u8; 2], &str)] = &[
    (*b"AD", "8n12c"), (*b"AE", "19n"), (*b"AL", "8n16c"), (*b"AT", "16n"), (*b"AZ", "4a20c"),
    (*b"BA", "16n"), (*b"BE", "12n"), (*b"BG", "4a6n8c"), (*b"BH", "4a14c"), (*b"BI", "23n"),
    (*b"BR", "23n1a1c"), (*b"BY", "4c4n16c"), (*b"CH", "5n12c"), (*b"CR", "18n"), (*b"CY", "8n16c"),
    (*b"CZ", "20n"), (*b"DE", "18n"), (*b"DJ", "23n"), (*b"DK", "14n"), (*b"DO", "4c20n"),
    (*b"EE", "16n"), (*b"EG", "25n"), (*b"ES", "20n"), (*b"FI", "14n"), (*b"FK", "2a12n"),
    (*b"FO", "14n"), (*b"FR", "10n11c2n"), (*b"GB", "4a14n"), (*b"GE", "2a16n"), (*b"GI", "4a15c"),
    (*b"GL", "14n"), (*b"GR", "7n16c"), (*b"GT", "24c"), (*b"HN", "4a20n"), (*b"HR", "17n"),
    (*b"HU", "24n"), (*b"IE", "4a14n"), (*b"IL", "19n"), (*b"IQ", "4a15n"), (*b"IS", "22n"),
    (*b"IT", "1a10n12c"), (*b"JO", "4a4n18c"), (*b"KW", "4a22c"), (*b"KZ", "3n13c"), (*b"LB", "4n20c"),
    (*b"LC", "4a24c"), (*b"LI", "5n12c"), (*b"LT", "16n"), (*b"LU", "3n13c"), (*b"LV", "4a13c"),
    (*b"LY", "21n"), (*b"MC", "10n11c2n"), (*b"MD", "20c"), (*b"ME", "18n"), (*b"MK", "3n10c2n"),
    (*b"MN", "16n"), (*b"MR", "23n"), (*b"MT", "4a5n18c"), (*b"MU", "4a19n3a"), (*b"NI", "4a20n"),
    (*b"NL", "4a10n"), (*b"NO", "11n"), (*b"OM", "3n16c"), (*b"PK", "4a16c"), (*b"PL", "24n"),
    (*b"PS", "4a21c"), (*b"PT", "21n"), (*b"QA", "4a21c"), (*b"RO", "4a16c"), (*b"RS", "18n"),
    (*b"RU", "14n15c"), (*b"SA", "2n18c"), (*b"SC", "4a20n3a"), (*b"SD", "14n"), (*b"SE", "20n"),
    (*b"SI", "15n"), (*b"SK", "20n"), (*b"SM", "1a10n12c"), (*b"SO", "19n"), (*b"ST", "21n"),
    (*b"SV", "4a20n"), (*b"TL", "19n"), (*b"TN", "20n"), (*b"TR", "6n16c"), (*b"UA", "6n19c"),
    (*b"VA", "18n"), (*b"VG", "4a16n"), (*b"XK", "16n"), (*b"YE", "4a4n18c"),
];

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_in_order_and_no_number_is_too_long() {
        assert!(REGISTRY.is_sorted_by_key(|&(country, _)| country));
        assert!(STRUCTURES.all.iter().all(|structure| (13..=REST_MAX).contains(&structure.length)));
        let italy = STRUCTURES.of(*b"IT").unwrap();
        let expected = [[1, 1, 2].as_slice(), &[1; 10], &[3; 12]].concat();
        assert_eq!(italy.classes[..italy.length], expected);
        assert!(STRUCTURES.of(*b"ZZ").is_none() && STRUCTURES.of(*b"US").is_none());
    }
}
