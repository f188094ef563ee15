//! A unit: what stands in a text for one character.
//!
//! Invariant: a unit is never shorter than the character it stands for, so a view is never longer than
//! its text.

use crate::bytes::at;

/// `length` bytes of a text that stand for `letter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) letter: char,
    pub(super) length: usize,
    /// It stands between two groups of a number: a line break, or more than one separator.
    pub(super) gap: bool,
}

/// Stands for no character at all.
pub(super) const NOTHING: char = '\u{200b}';

impl Unit {
    pub(super) fn new(letter: char, length: usize) -> Unit {
        Unit { letter, length, gap: false }
    }
}

/// The number that `count` hexadecimal digits at `index` write.
pub(super) fn hex(text: &[u8], index: usize, count: usize) -> Option<u32> {
    let digits = text.get(index..index + count)?;
    digits.iter().try_fold(0, |sum: u32, &digit| Some(sum << 4 | char::from(digit).to_digit(16)?))
}

/// The character whose bytes are written from `index` on, `width` bytes for each, as `byte` reads them:
/// in UTF-8; where it is none, a letter in Latin-1.
pub(super) fn character(
    text: &[u8],
    index: usize,
    width: usize,
    byte: impl Fn(&[u8], usize) -> Option<u8>,
) -> Option<Unit> {
    let first = byte(text, index)?;
    utf8(text, index, width, byte).or_else(|| (first >= 0xc0).then(|| Unit::new(char::from(first), width)))
}

/// The character whose bytes are written from `index` on, in UTF-8.
pub(super) fn utf8(
    text: &[u8],
    index: usize,
    width: usize,
    byte: impl Fn(&[u8], usize) -> Option<u8>,
) -> Option<Unit> {
    let first = byte(text, index)?;
    // RFC 3629 4.
    let length = match first {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [first; 4];
    for (place, slot) in bytes.iter_mut().enumerate().take(length).skip(1) {
        *slot = byte(text, index + place * width)?;
    }
    let letter = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
    Some(Unit::new(letter, length * width))
}

/// The byte at `index` if it is a digit or a letter of ASCII.
pub(super) fn is_word(text: &[u8], index: usize) -> bool {
    at(text, index).is_ascii_alphanumeric()
}
