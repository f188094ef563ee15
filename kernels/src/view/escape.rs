//! Escapes behind a backslash: of JSON (RFC 8259 7), JavaScript (ECMA-262 12.9.4), C (ISO/IEC 9899
//! 6.4.4.4), shells and Markdown.
//!
//! Invariant: a unit is read from at most sixteen bytes.

use super::unit::{self, NOTHING, Unit};
use crate::bytes::at;

/// What the backslash at `index` starts.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    let letter = match at(text, index + 1) {
        b'u' => return braced(text, index).or_else(|| utf16(text, index)),
        b'U' => return Some(Unit::new(char::from_u32(unit::hex(text, index + 2, 8)?)?, 10)),
        b'x' => return unit::character(text, index, 4, byte),
        b'0'..=b'3' => return octal(text, index),
        b'n' | b'v' | b'f' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'\n' => NOTHING, // a line that goes on
        mark if mark.is_ascii_punctuation() => char::from(mark),
        _ => return None,
    };
    Some(Unit::new(letter, 2))
}

/// `\x40`
fn byte(text: &[u8], index: usize) -> Option<u8> {
    if at(text, index) != b'\\' || at(text, index + 1) != b'x' {
        return None;
    }
    u8::try_from(unit::hex(text, index + 2, 2)?).ok()
}

/// `\100`
fn octal(text: &[u8], index: usize) -> Option<Unit> {
    let digits = text.get(index + 1..index + 4)?;
    let code = digits.iter().try_fold(0, |sum: u32, &digit| Some(sum << 3 | char::from(digit).to_digit(8)?));
    Some(Unit::new(char::from_u32(code?)?, 4))
}

/// `\u0040`, or two of them for a character beyond the first plane.
fn utf16(text: &[u8], index: usize) -> Option<Unit> {
    let first = unit::hex(text, index + 2, 4)?;
    if let Some(letter) = char::from_u32(first) {
        return Some(Unit::new(letter, 6));
    }
    if at(text, index + 6) != b'\\' || at(text, index + 7) != b'u' {
        return None;
    }
    let second = unit::hex(text, index + 8, 4)?;
    let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let letter = char::decode_utf16(units).next()?.ok()?;
    Some(Unit::new(letter, 12))
}

/// `\u{40}`
fn braced(text: &[u8], index: usize) -> Option<Unit> {
    const DIGITS_MAX: usize = 6;
    let body = text.get(index + 2..text.len().min(index + 4 + DIGITS_MAX))?.strip_prefix(b"{")?;
    let length = body.iter().position(|&byte| byte == b'}')?;
    let code = unit::hex(text, index + 3, length).filter(|_| length > 0)?;
    Some(Unit::new(char::from_u32(code)?, length + 4))
}

/// Is what the backslash at `index` starts more than a mark or the end of a line in a quoted text? Those
/// hide nothing that stands behind white space.
pub(super) fn hides(text: &[u8], index: usize, unit: Unit) -> bool {
    let next = at(text, index + unit.length);
    match unit.letter {
        '"' | '\'' => false,
        '\n' | '\r' | '\t' if unit.length == 2 => next.is_ascii_alphanumeric() || next == b'+',
        _ => true,
    }
}
