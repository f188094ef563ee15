//! Letters of Greek and Cyrillic that look Latin, in words that mix them with Latin letters or digits.
//!
//! Invariant: a word of one script is never touched: Russian and Greek stay as they are. A word is read
//! [`REACH`] bytes far to each side.

/// How far a word is read from the place where it is asked about, in bytes.
const REACH: usize = 64;

/// The letter of ASCII that `letter` looks like (UTS #39, confusables).
pub(super) fn latin(letter: char) -> Option<u8> {
    let pairs = match letter {
        '\u{370}'..='\u{3ff}' => GREEK,
        '\u{400}'..='\u{52f}' => CYRILLIC,
        _ => return None,
    };
    let place = pairs.binary_search_by_key(&letter, |&(letter, _)| letter).ok()?;
    pairs.get(place).map(|&(_, ascii)| ascii)
}

/// Is the word around `index` made of Latin letters or digits and of letters that look like them, and
/// where does it end, as far as it was read?
pub(super) fn word(text: &str, index: usize) -> (bool, usize) {
    let floor = index.saturating_sub(REACH);
    let floor = (floor..=index).find(|&floor| text.is_char_boundary(floor)).unwrap_or(index);
    let (mut latin_or_digit, mut foreign, mut same) = (false, false, true);
    let mut note = |letter: char| match (is_latin(letter), latin(letter)) {
        (true, _) => latin_or_digit = true,
        (false, Some(_)) => foreign = true,
        (false, None) => same = false,
    };
    let head = text.get(floor..index).unwrap_or_default().chars().rev();
    head.take_while(|letter| letter.is_alphanumeric()).for_each(&mut note);
    let mut end = index;
    for letter in text.get(index..).unwrap_or_default().chars() {
        if !letter.is_alphanumeric() || end >= index + REACH {
            break;
        }
        note(letter);
        end += letter.len_utf8();
    }
    (latin_or_digit && foreign && same, end)
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ('\u{c0}'..'\u{250}').contains(&letter)
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
    fn letters_are_in_order_for_the_search() {
        assert!(GREEK.is_sorted() && CYRILLIC.is_sorted());
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
        ] {
            let foreign =
                text.char_indices().find(|(_, letter)| latin(*letter).is_some()).map_or(0, |(at, _)| at);
            assert_eq!(word(text, foreign).0, hides, "{text}");
        }
    }
}
