//! Letters of Greek and Cyrillic that look Latin, in words that mix them with Latin letters or digits.
//!
//! Invariant: a word of one script is never touched, but for the letters of a Greek, Bulgarian or Ukrainian plate:
//! texts in these scripts stay as they are. A word is read [`REACH`] bytes far to each side.

use crate::bytes::{at, before, run_end};

/// How far a word is read from the place where it is asked about, in bytes.
const REACH: usize = 64;

/// The letter of ASCII that `letter` looks like (UTS #39, confusables).
#[inline]
pub(super) fn latin(letter: char) -> Option<u8> {
    let place = u32::from(letter).checked_sub(FIRST)? as usize;
    LATIN.get(place).copied().filter(|&ascii| ascii != 0)
}

/// The blocks of Greek and Cyrillic start here, and end before [`BEHIND`].
const FIRST: u32 = 0x370;
const BEHIND: u32 = 0x530;
/// For each letter of them the one of ASCII that it looks like, or 0.
static LATIN: [u8; (BEHIND - FIRST) as usize] = table();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn table() -> [u8; (BEHIND - FIRST) as usize] {
    let mut table = [0; (BEHIND - FIRST) as usize];
    let mut pairs = 0;
    while pairs < 2 {
        let list = if pairs == 0 { GREEK } else { CYRILLIC };
        let mut index = 0;
        while index < list.len() {
            table[(list[index].0 as u32 - FIRST) as usize] = list[index].1;
            index += 1;
        }
        pairs += 1;
    }
    table
}

/// Is the word around `index` made of Latin letters or digits and of letters that look like them, and
/// where does it end, as far as it was read?
pub(super) fn word(text: &str, index: usize) -> (bool, usize) {
    let floor = index.saturating_sub(REACH);
    let floor = (floor..=index).find(|&floor| text.is_char_boundary(floor)).unwrap_or(index);
    let (mut latin_or_digit, mut foreign, mut same) = (false, false, true);
    // Does the letter belong to the word? Those that are told by a comparison or a table are most of them.
    let mut belongs = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            latin_or_digit = true;
        } else if latin(letter).is_some() {
            foreign = true;
        } else if !letter.is_alphanumeric() {
            return false;
        } else if is_latin(letter) {
            latin_or_digit = true;
        } else {
            same = false;
        }
        true
    };
    let mut head = text.get(floor..index).unwrap_or_default().chars().rev();
    while head.next().is_some_and(&mut belongs) {}
    let mut end = index;
    for letter in text.get(index..).unwrap_or_default().chars() {
        if end >= index + REACH || !belongs(letter) {
            break;
        }
        end += letter.len_utf8();
    }
    let is_plate = || is_greek_plate(text, index, end) || is_cyrillic_plate(text, index, end);
    (same && foreign && (latin_or_digit || is_plate()), end)
}

/// Are the letters of a word up to `end`, which look Latin, those of a Greek plate: `ΙΝΑ-1234`? Its fourteen letters
/// were chosen to look so (the Vienna convention on road traffic of 1968, annex 2, wants Latin ones).
fn is_greek_plate(text: &str, index: usize, end: usize) -> bool {
    let capital = |letter: char| ('\u{391}'..='\u{3a9}').contains(&letter);
    let head = text.get(..index).unwrap_or_default().chars().rev();
    let letters = text.get(index..end).unwrap_or_default().chars();
    let three = head.take_while(|letter| letter.is_alphanumeric()).chain(letters).take(4);
    let count = three.map(|letter| if capital(letter) { 1 } else { 4 }).sum::<usize>();
    let bytes = text.as_bytes();
    count == 3
        && at(bytes, end) == b'-'
        && run_end(bytes, end + 1, 5, |byte| byte.is_ascii_digit()) == end + 5
}

/// Are the letters of a word up to `end`, which look Latin, those of a Bulgarian or Ukrainian plate: `СА 8326 ВХ`? Their
/// twelve letters were chosen as the Greek ones.
fn is_cyrillic_plate(text: &str, index: usize, end: usize) -> bool {
    let head = text.get(..index).unwrap_or_default();
    let start = index - letters_of(head.chars().rev()).map(char::len_utf8).sum::<usize>();
    let (behind, ahead) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let ends_one = || {
        let digits = behind.bytes().rev().skip(1).take(5).take_while(u8::is_ascii_digit).count();
        let letters = behind.get(..behind.len().saturating_sub(6)).unwrap_or_default();
        behind.ends_with(' ')
            && digits == 4
            && before(behind.as_bytes(), behind.len() - 5) == b' '
            && matches!(capitals(letters.chars().rev()), 1 | 2)
    };
    let begins_one = || {
        let digits = ahead.bytes().skip(1).take(5).take_while(u8::is_ascii_digit).count();
        ahead.starts_with(' ')
            && digits == 4
            && at(ahead.as_bytes(), 5) == b' '
            && capitals(ahead.get(6..).unwrap_or_default().chars()) == 2
    };
    match capitals(text.get(start..end).unwrap_or_default().chars()) {
        1 => begins_one(),
        2 => begins_one() || ends_one(),
        _ => false,
    }
}

/// The first letters and digits of a word, of which no plate has more than two in a group of letters.
fn letters_of(letters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    letters.take_while(|letter| letter.is_alphanumeric()).take(3)
}

/// How many letters a word of Cyrillic capitals has; three and more for any other word.
fn capitals(letters: impl Iterator<Item = char>) -> usize {
    letters_of(letters).map(|letter| if ('\u{400}'..='\u{42f}').contains(&letter) { 1 } else { 3 }).sum()
}

/// Is it a letter of Latin, if it is one?
fn is_latin(letter: char) -> bool {
    ('\u{c0}'..'\u{250}').contains(&letter)
}

#[rustfmt::skip]
const GREEK: &[(char, u8)] = &[
    ('Ϳ', b'J'), ('Α', b'A'), ('Β', b'B'), ('Ε', b'E'), ('Ζ', b'Z'), ('Η', b'H'), ('Ι', b'I'), ('Κ', b'K'),
    ('Μ', b'M'), ('Ν', b'N'), ('Ο', b'O'), ('Ρ', b'P'), ('Τ', b'T'), ('Υ', b'Y'), ('Χ', b'X'), ('α', b'a'),
    ('γ', b'y'), ('ι', b'i'), ('κ', b'k'), ('ν', b'v'), ('ο', b'o'), ('ρ', b'p'), ('σ', b'o'), ('υ', b'u'),
    ('ϲ', b'c'), ('ϳ', b'j'), ('Ϲ', b'C'),
];

#[rustfmt::skip]
const CYRILLIC: &[(char, u8)] = &[
    ('Ѕ', b'S'), ('І', b'I'), ('Ј', b'J'), ('А', b'A'), ('В', b'B'), ('Е', b'E'), ('К', b'K'), ('М', b'M'),
    ('Н', b'H'), ('О', b'O'), ('Р', b'P'), ('С', b'C'), ('Т', b'T'), ('У', b'Y'), ('Х', b'X'), ('а', b'a'),
    ('г', b'r'), ('е', b'e'), ('к', b'k'), ('о', b'o'), ('р', b'p'), ('с', b'c'), ('у', b'y'), ('х', b'x'),
    ('ѕ', b's'), ('і', b'i'), ('ј', b'j'), ('Ѵ', b'V'), ('ѵ', b'v'), ('Ү', b'Y'), ('ү', b'y'), ('һ', b'h'),
    ('Ӏ', b'I'), ('ӏ', b'l'), ('ԁ', b'd'), ('Ԛ', b'Q'), ('ԛ', b'q'), ('Ԝ', b'W'), ('ԝ', b'w'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_of_the_lists_looks_like_its_own_and_no_other_letter_does() {
        let listed: Vec<_> = GREEK.iter().chain(CYRILLIC).copied().collect();
        assert!(listed.is_sorted(), "no letter stands twice");
        let known: Vec<_> = ('\0'..=char::MAX).filter_map(|letter| Some((letter, latin(letter)?))).collect();
        assert_eq!(known, listed);
    }

    #[test]
    fn only_a_word_of_two_scripts_is_one_that_hides() {
        for (text, hides) in [
            ("DЕ89", true),
            ("аnna", true),
            ("ехаmрlе", true),
            ("ΑΒ12", true),
            ("анна", false),
            ("2024г", true), // looks like `2024r`, and is nothing
            ("АН-124", false),
            ("б1", false),
            ("IT-отдел", false),
            ("Ελλάδα", false),
            ("ΙΝΑ-1234", true),
            ("ΙΝΑ-123", false),
            ("ΟΤΕ-12345", false),
            ("СА 8326 ВХ", true),
            ("С 8326 ВХ", true),
            ("СА 8326 вх", false),
            ("АН 124 ВХ", false),
            ("САМ 8326 ВХ", false),
            ("8326 ВХ", false),
            (" 8326 ВХ", false),
        ] {
            let foreign =
                text.char_indices().find(|(_, letter)| latin(*letter).is_some()).map_or(0, |(at, _)| at);
            assert_eq!(word(text, foreign).0, hides, "{text}");
        }
    }
}
