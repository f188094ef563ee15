//! Gaps: line breaks and repeated or unusual separators inside of a number.
//!
//! Invariant: a gap stands between two groups, each of digits or capitals, one of them of digits, and is
//! at most [`GAP_MAX`] bytes long. A table has a gap before and behind each of its numbers: what has one
//! at its edge is not taken to be a number that was broken.

use super::unit::Unit;
use crate::bytes::{at, before, run_end, run_start};

/// A line break with its indentation.
const GAP_MAX: usize = 24;
/// No group of letters of a number is longer.
const LETTERS_MAX: usize = 6;

/// What a byte may be for a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Of a number's group.
    Group,
    /// It may separate two groups without being a gap.
    Plain,
    Separator,
    Other,
}

static CLASSES: [Class; 256] = classes();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn classes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < classes.len() {
        if is_group(byte as u8) {
            classes[byte] = Class::Group;
        } else if is_plain(byte as u8) {
            classes[byte] = Class::Plain;
        } else if is_separator(byte as u8) {
            classes[byte] = Class::Separator;
        }
        byte += 1;
    }
    classes
}

#[inline]
pub(super) fn class(byte: u8) -> Class {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Other)
}

/// May a gap start behind a group with a byte of this class, and `next` behind it? Most often it is one plain separator.
#[inline]
pub(super) fn may_start(first: Class, next: u8) -> bool {
    first == Class::Separator || first == Class::Plain && is_separator(next)
}

/// The gap that starts at `index`, and the one separator that stands for it.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    let first = at(text, index);
    if !may_start(class(first), at(text, index + 1)) || !is_group(before(text, index)) {
        return None;
    }
    let end = run_end(text, index, GAP_MAX, is_separator);
    let gap = text.get(index..end)?;
    let sides = [before(text, index), at(text, end)];
    if !sides.iter().all(|&side| is_group(side)) || !sides.iter().any(u8::is_ascii_digit) {
        return None;
    }
    // A sentence or a row ends.
    if gap.array_windows().any(|[mark, next]| *mark == b'.' && next.is_ascii_whitespace()) {
        return None;
    }
    Some(Unit { letter: separator(gap), length: end - index, gap: true })
}

/// May a gap, or a group of letters with one before it, end with these bytes? Most groups of digits stand behind a word or
/// one separator.
#[inline]
pub(super) fn may_end([.., second, first]: [u8; 5]) -> bool {
    let may = |byte: u8| byte.is_ascii_uppercase() || is_separator(byte);
    may(if is_plain(first) { second } else { first })
}

/// Where the gap starts that stands before the group whose first digit is at `digit`, perhaps with
/// letters or one more group of letters between.
#[inline(never)]
pub(super) fn before_digits(text: &[u8], digit: usize) -> Option<usize> {
    let mut start = digit;
    for _group in 0..2 {
        start = run_start(text, start, LETTERS_MAX, |byte| byte.is_ascii_uppercase());
        if !is_separator(before(text, start)) {
            return None;
        }
        let gap = run_start(text, start, GAP_MAX, is_separator);
        if unit(text, gap).is_some() {
            return Some(gap);
        }
        if start - gap > 1 || !before(text, gap).is_ascii_uppercase() {
            return None;
        }
        start = gap;
    }
    None
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'-' | b'.' | b'/' | b'_' | b'|' | b'*')
}

/// What is a separator without being read a second time.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/')
}

const fn is_group(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// The mark in it if there is one kind: `880320 - 0016`.
fn separator(gap: &[u8]) -> char {
    let mut marks = gap.iter().copied().filter(|byte| matches!(byte, b'-' | b'.' | b'/'));
    match marks.next() {
        Some(mark) if marks.all(|other| other == mark) => char::from(mark),
        _ => ' ',
    }
}
