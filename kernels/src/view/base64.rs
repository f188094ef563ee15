//! Base64 and base64url (RFC 4648 4 and 5), in one line or in many (RFC 2045 6.8), of text.
//!
//! Invariant: whether a long word may be base64 of text is settled by its first nineteen bytes, and what
//! was decoded once is not decoded again from a later place, so words that are none cost little. Only
//! what decodes to UTF-8 without control characters is read.

use super::layer::{Ratio, View};
use crate::bytes::{at, before, run_end, run_start};

/// Groups of four characters that must decode to text before more is read.
const GROUPS_SHOWN: usize = 4;
/// What follows a line break is the next line of base64 if it has so many characters, or ends the text.
const LINE_MIN: usize = 16;
/// Groups that are looked at before a word: more than an identifier has.
const GROUPS_BACK: usize = 32;
/// White space between two lines.
const BREAK_MAX: usize = 12;

/// Where the long word at `word` starts to be base64 of text: there, or behind up to three other bytes; or
/// before it, where the line before it or other words joined by `+` and `/` are of the same text.
#[inline]
pub(super) fn start(text: &[u8], word: usize) -> Option<usize> {
    is_mixed(text, word).then(|| aligned_start(text, word)).flatten()
}

/// Has the word letters in both cases, or digits and letters that are none of hexadecimal? Numbers, hashes
/// and plain words have not, and base64 of text has, but for one in thousands.
#[inline]
fn is_mixed(text: &[u8], word: usize) -> bool {
    let Some(window) = text.get(word..).and_then(|rest| rest.first_chunk::<LINE_MIN>()) else { return false };
    // Not `any`: without a way out the comparisons are a few vector instructions.
    let any = |test: fn(u8) -> bool| window.iter().fold(0, |any, &byte| any | u8::from(test(byte))) != 0;
    let (digit, beyond) = (|byte: u8| byte.is_ascii_digit(), |byte: u8| byte.wrapping_sub(b'g') < 20);
    any(|byte| byte.is_ascii_lowercase()) && any(|byte| byte.is_ascii_uppercase())
        || any(beyond) && any(digit)
}

#[inline(never)]
fn aligned_start(text: &[u8], word: usize) -> Option<usize> {
    let mut start = (word..word + 4).find(|&start| opens_text(text, start))?;
    for _group in 0..GROUPS_BACK {
        let Some(previous) = group_before(text, start) else { break };
        start = previous;
    }
    Some(start)
}

/// Where the four characters before `start` begin, if they may be of the same text.
fn group_before(text: &[u8], start: usize) -> Option<usize> {
    let mut place = start;
    for _digit in 0..4 {
        if matches!(before(text, place), b'\n' | b'\r') {
            place = run_start(text, place, 2, |byte| matches!(byte, b'\n' | b'\r'));
        }
        place = place.checked_sub(1).filter(|&place| is_digit(at(text, place)))?;
    }
    let group = Group::read(text, &mut place.clone())?;
    group.bytes().iter().all(|&byte| byte >= b' ' && byte != 0x7f).then_some(place)
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn opens_text(text: &[u8], start: usize) -> bool {
    let mut state = Utf8::default();
    (0..GROUPS_SHOWN).all(|group| {
        let Some(group) = Group::read(text, &mut (start + group * 4)) else { return false };
        group.bytes().iter().all(|&byte| state.next(byte).is_some())
    })
}

/// Appends to `view` what is encoded from `start` on, and says where it ends.
pub(super) fn decode(text: &[u8], start: usize, view: &mut View) -> usize {
    let mut state = Utf8::default();
    let mut position = start;
    let mut bytes = view.take_bytes();
    while let Some(group) = Group::read(text, &mut position) {
        let length = bytes.len();
        let fits = group.bytes().iter().all(|&byte| match state.next(byte) {
            Some(true) => {
                bytes.push(byte);
                true
            }
            next => next.is_some(),
        });
        view.note(length, group.start, Ratio::new(bytes.len() - length, group.end - group.start));
        if !fits || group.count < 4 {
            break;
        }
    }
    view.set_bytes(bytes);
    position
}

/// Four characters, or fewer at the end of the data.
struct Group {
    start: usize,
    end: usize,
    bits: u32,
    count: usize,
}

impl Group {
    fn read(text: &[u8], position: &mut usize) -> Option<Group> {
        let mut group = Group { start: *position, end: *position, bits: 0, count: 0 };
        while group.count < 4 {
            let Some((digit, place)) = digit(text, *position) else { break };
            if group.count == 0 {
                group.start = place;
            }
            group.bits = group.bits << 6 | digit;
            group.count += 1;
            group.end = place + 1;
            *position = group.end;
        }
        let padding = 4 - group.count;
        group.bits <<= 6 * padding;
        group.end = run_end(text, group.end, padding, |byte| byte == b'=');
        (group.count >= 2).then_some(group)
    }

    fn bytes(&self) -> Vec3 {
        let [_, first, second, third] = self.bits.to_be_bytes();
        Vec3 { bytes: [first, second, third], length: self.count * 6 / 8 }
    }
}

/// At most three bytes.
struct Vec3 {
    bytes: [u8; 3],
    length: usize,
}

impl std::ops::Deref for Vec3 {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The value of the next character and its place, which may be on the next line.
fn digit(text: &[u8], position: usize) -> Option<(u32, usize)> {
    let place = match at(text, position) {
        b'\r' | b'\n' => next_line(text, position)?,
        _ => position,
    };
    let byte = at(text, place);
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some((u32::from(value), place))
}

/// Where the next line goes on with base64. A word of prose is short, and not alone on its line.
fn next_line(text: &[u8], position: usize) -> Option<usize> {
    let start = run_end(text, position, BREAK_MAX, |byte| byte.is_ascii_whitespace());
    let end = run_end(text, start, LINE_MIN, is_digit);
    let lines = text.get(position..start)?.iter().filter(|&&byte| byte == b'\n').count();
    // One character may be left for the last line: the lines before it are as long as they are.
    let last = end > start && matches!(at(text, end), b'=' | 0 | b'\n' | b'\r' | b'"' | b'\'' | b'<');
    (lines <= 1 && (end - start >= LINE_MIN || last)).then_some(start)
}

/// What may come next in a text. It allows more than UTF-8, which is checked at the end.
#[derive(Default)]
struct Utf8 {
    /// Bytes of a character that are still to come.
    open: u8,
    begun: bool,
}

impl Utf8 {
    /// Is the next byte one of the text? The first ones may be the end of a character and are none.
    fn next(&mut self, byte: u8) -> Option<bool> {
        let open = match (self.open, byte) {
            (0, b' '..=b'~' | b'\t' | b'\n' | b'\r') => 0,
            (0, 0xc2..=0xdf) => 1,
            (0, 0xe0..=0xef) => 2,
            (0, 0xf0..=0xf4) => 3,
            (open @ 1.., 0x80..=0xbf) => open - 1,
            (0, 0x80..=0xbf) if !self.begun => return Some(false),
            _ => return None,
        };
        (self.open, self.begun) = (open, true);
        Some(true)
    }
}
