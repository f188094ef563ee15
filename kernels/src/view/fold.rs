//! Folding: full-width, invisible and foreign forms of characters, and what they look like.
//!
//! Invariant: blocks of 64 bytes that have no byte such characters start with are not looked at.

use super::alike;
use crate::anchors::{WINDOW, shifted};
use crate::bytes::{at, before, first};
use crate::simd::{BLOCK, Masks};

/// What a character looks like.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Same,
    Nothing,
    Byte(u8),
}

/// Does the character at `place` look like another one or like nothing? Dashes and spaces of print are everywhere in prose
/// and count only beside a digit.
pub(super) fn hides(text: &str, place: usize) -> bool {
    if is_of_print(first(text.as_bytes(), place)) {
        return false;
    }
    let Some(letter) = text.get(place..).and_then(|rest| rest.chars().next()) else { return false };
    match fold(letter) {
        Fold::Same => false,
        Fold::Byte(b' ' | b'-') => {
            let bytes = text.as_bytes();
            before(bytes, place).is_ascii_digit() || at(bytes, place + letter.len_utf8()).is_ascii_digit()
        }
        Fold::Nothing | Fold::Byte(_) => true,
    }
}

/// Does a mark that prose is full of start with these bytes of UTF-8, which looks like no other: quotes, `…`, `€`, `°`?
#[inline]
fn is_of_print(bytes: [u8; 3]) -> bool {
    matches!(
        bytes,
        [0xc2, 0xa1..=0xac | 0xae..=0xb1 | 0xb4..=0xb8 | 0xba..=0xbf, _]
            | [0xe2, 0x80, 0x96..=0xa3 | 0xa5..=0xa7 | 0xb0..=0xbf]
            | [0xe2, 0x82, 0x8a..=0xbf]
    )
}

/// The places in the block of 64 bytes at `block`, the last but one of these, of letters of Greek and Cyrillic beside
/// letters of ASCII or digits, and of capitals a blank apart from digits: most texts of these scripts have none.
#[inline]
pub(super) fn mixed(text: &str, block: usize, blocks: &[Masks; WINDOW], mut note: impl FnMut(usize)) {
    let [.., last, here, next] = blocks;
    let word = |masks: &Masks| masks.letters | masks.digits;
    // Each has two bytes.
    let near = word(here) << 1 | word(last) >> (BLOCK - 1) | shifted(word(here), word(next), 2);
    let apart = here.digits << 2 | last.digits >> (BLOCK - 2) | shifted(here.digits, next.digits, 3);
    let mut beside = here.alike & (near | apart);
    let mut read = 0;
    while beside != 0 {
        let bit = beside.trailing_zeros();
        let index = block + bit as usize;
        beside &= beside - 1;
        let letter = text.get(index..).and_then(|rest| rest.chars().next());
        let alone = near >> bit & 1 == 0;
        if index < read || letter.is_none_or(|letter| !may_hide(letter, alone)) {
            continue;
        }
        let (hides, end) = alike::word(text, index);
        if hides {
            note(index);
            note(end.saturating_sub(1));
        }
        // One answer for all of the word.
        read = end;
    }
}

/// May a word with this letter hide something? Only one of capitals, if it stands `alone`: a part of a plate.
fn may_hide(letter: char, alone: bool) -> bool {
    alike::latin(letter).is_some() && (!alone || letter.is_uppercase())
}

/// UAX #15 compatibility forms of digits, letters and marks; UTS #39 invisible characters.
pub(super) fn fold(letter: char) -> Fold {
    if letter.is_ascii() || ('\u{c0}'..'\u{34f}').contains(&letter) {
        return Fold::Same;
    }
    let offset = |first: char, ascii: u8| {
        let rank = u32::from(letter) - u32::from(first);
        u8::try_from(rank).map_or(Fold::Same, |rank| Fold::Byte(ascii.saturating_add(rank)))
    };
    match letter {
        '\u{ff01}'..='\u{ff5e}' => offset('\u{ff01}', b'!'),
        '\u{2070}' | '\u{2074}'..='\u{2079}' => offset('\u{2070}', b'0'),
        '\u{2080}'..='\u{2089}' => offset('\u{2080}', b'0'),
        '\u{2460}'..='\u{2468}' => offset('\u{2460}', b'1'),
        '\u{24ea}' | '\u{24ff}' => Fold::Byte(b'0'),
        '\u{2776}'..='\u{277e}' => offset('\u{2776}', b'1'),
        '\u{24b6}'..='\u{24cf}' => offset('\u{24b6}', b'A'),
        '\u{24d0}'..='\u{24e9}' => offset('\u{24d0}', b'a'),
        '\u{2102}'..='\u{2134}' => letterlike(letter),
        '\u{1d400}'..='\u{1d6a3}' => Fold::Byte(mathematical_letter(letter)),
        '\u{1d7ce}'..='\u{1d7ff}' => Fold::Byte(mathematical_digit(letter)),
        '\u{1f130}'..='\u{1f149}' => offset('\u{1f130}', b'A'),
        '\u{1fbf0}'..='\u{1fbf9}' => offset('\u{1fbf0}', b'0'),
        '\u{b9}' => Fold::Byte(b'1'),
        '\u{b2}' | '\u{b3}' => offset('\u{b2}', b'2'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Fold::Byte(b' ')
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Fold::Byte(b'-'),
        '\u{2024}' | '\u{fe52}' | '\u{3002}' | '\u{ff61}' => Fold::Byte(b'.'),
        '\u{2044}' | '\u{2215}' => Fold::Byte(b'/'),
        '\u{fe55}' | '\u{2236}' => Fold::Byte(b':'),
        '\u{fe6b}' => Fold::Byte(b'@'),
        '\u{fe62}' => Fold::Byte(b'+'),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{20e3}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => Fold::Nothing,
        '\u{660}'..='\u{194f}' => foreign_digit(letter).map_or(Fold::Same, Fold::Byte),
        _ => Fold::Same,
    }
}

/// The zeros of the scripts that have digits of their own; the other nine follow each.
const ZEROS: [char; 20] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{17e0}',
    '\u{1810}', '\u{1946}',
];

fn foreign_digit(letter: char) -> Option<u8> {
    let last = ZEROS.partition_point(|&zero| zero <= letter).checked_sub(1)?;
    let rank = u32::from(letter) - u32::from(*ZEROS.get(last)?);
    u8::try_from(rank).ok().filter(|&rank| rank < 10).map(|rank| b'0' + rank)
}

/// Letters of mathematics that were in Unicode before the others (UAX #15 compatibility forms).
fn letterlike(letter: char) -> Fold {
    Fold::Byte(match letter {
        'ℂ' | 'ℭ' => b'C',
        'ℊ' => b'g',
        'ℋ' | 'ℌ' | 'ℍ' => b'H',
        'ℎ' => b'h',
        'ℐ' | 'ℑ' => b'I',
        'ℒ' => b'L',
        'ℓ' => b'l',
        'ℕ' => b'N',
        'ℙ' => b'P',
        'ℚ' => b'Q',
        'ℛ' | 'ℜ' | 'ℝ' => b'R',
        'ℤ' | 'ℨ' => b'Z',
        '\u{212a}' => b'K',
        'ℬ' => b'B',
        'ℯ' => b'e',
        'ℰ' => b'E',
        'ℱ' => b'F',
        'ℳ' => b'M',
        'ℴ' => b'o',
        _ => return Fold::Same,
    })
}

/// Thirteen alphabets of 52 letters each.
fn mathematical_letter(letter: char) -> u8 {
    let rank = u8::try_from((u32::from(letter) - 0x1d400) % 52).unwrap_or(0);
    if rank < 26 { b'A' + rank } else { b'a' + rank - 26 }
}

/// Five alphabets of ten digits each.
fn mathematical_digit(letter: char) -> u8 {
    u8::try_from((u32::from(letter) - 0x1d7ce) % 10).map_or(b'0', |digit| b'0' + digit)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::simd::{ALIKE, FOLDING, is_in};

    #[test]
    fn every_character_that_folds_has_a_lead_byte_that_is_looked_at() {
        for letter in ('\u{80}'..=char::MAX).filter(|&letter| fold(letter) != Fold::Same) {
            let text = letter.to_string();
            assert!(is_in(*text.as_bytes().first().unwrap(), &FOLDING), "{letter:?}");
            assert!(!is_of_print(first(text.as_bytes(), 0)), "{letter:?}");
        }
        for letter in ('\u{80}'..=char::MAX).filter(|&letter| alike::latin(letter).is_some()) {
            assert!(is_in(*letter.to_string().as_bytes().first().unwrap(), &ALIKE), "{letter:?}");
            assert_eq!(letter.len_utf8(), 2);
        }
    }

    #[test]
    fn digits_of_every_script_are_digits() {
        for (digits, offset) in
            [("٠١٢٣٤٥٦٧٨٩", 0), ("०१२३४५६७८९", 0), ("๐๑๒๓๔๕๖๗๘๙", 0), ("①②③④⑤⑥⑦⑧⑨", 1), ("𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡", 0)]
        {
            for (digit, expected) in digits.chars().zip(b'0' + offset..) {
                assert_eq!(fold(digit), Fold::Byte(expected), "{digit}");
            }
        }
        assert_eq!(fold('𝐀'), Fold::Byte(b'A'));
        assert_eq!(fold('𝓏'), Fold::Byte(b'z'));
    }
}
