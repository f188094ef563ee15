//! Gaps: line breaks and repeated or unusual separators inside of a number.
//!
//! Invariant: a gap stands between two groups, each of digits or capitals, one of them of digits, and is
//! at most [`GAP_MAX`] bytes long. A table has a gap before and behind each of its numbers: what has one
//! at its edge is not taken to be a number that was broken.

use super::unit::Unit;
use crate::bytes::{at, before, first, run_end, run_start};

/// A line break with its indentation.
const GAP_MAX: usize = 24;
/// No group of letters of a number is longer.
const LETTERS_MAX: usize = 6;

/// The next place behind `from` at which a gap may start: a separator right behind a group.
#[inline]
pub(super) fn next(text: &[u8], from: usize) -> Option<usize> {
    let may = |&[group, mark]: &[u8; 2]| is_group(group) && is_separator(mark);
    let place = text.get(from..)?.array_windows().position(may)?;
    Some(from + place + 1)
}

/// A text that is another one with its gaps joined, read from left to right.
pub(crate) struct Joined<'j> {
    text: &'j [u8],
    gaps: &'j [usize],
    /// How many gaps start before the place that is asked about.
    passed: usize,
    /// From here on all bytes up to the next gap may be of one number.
    reach: usize,
    /// Digits before this place follow the last gap and digits before it, and nothing but separators between.
    joined: usize,
    /// What may be of one number with the last gap ends here.
    behind: usize,
}

impl<'j> Joined<'j> {
    /// No number has more bytes on one side of a gap.
    const SIDE_MAX: usize = 64;
    /// Gaps that are no farther apart are those of a table: each of its numbers is looked at.
    const CELL_MAX: usize = 16;

    pub(crate) fn new(text: &'j [u8], gaps: &'j [usize]) -> Joined<'j> {
        let mut joined = Joined { text, gaps, passed: 0, reach: 0, joined: 0, behind: 0 };
        joined.measure();
        joined
    }

    /// Is nothing that reaches over a gap, or stands at one, found at the `row` digits at `place`? A number that is found at
    /// digits may have letters before them, but no digits, and one with a gap on each side is a cell of a table.
    pub(crate) fn is_known(&mut self, place: usize, row: usize) -> bool {
        let passed = self.passed;
        while self.gaps.get(self.passed).is_some_and(|&gap| gap < place) {
            self.passed += 1;
        }
        if self.passed != passed {
            self.measure();
        }
        let starts = self.last().is_some_and(|gap| gap + 1 == place);
        let is_cell = starts && place < self.joined && self.gaps.get(self.passed) == Some(&(place + row));
        is_cell || place < self.reach && !starts && (place < self.joined || place >= self.behind)
    }

    /// The gap before the place that is asked about.
    fn last(&self) -> Option<usize> {
        self.gaps.get(self.passed.checked_sub(1)?).copied()
    }

    fn measure(&mut self) {
        let last = self.last();
        let next = self.gaps.get(self.passed).copied();
        let from_digits = last.is_some_and(|last| before(self.text, last).is_ascii_digit());
        if let (Some(last), Some(next)) = (last, next)
            && next - last <= Joined::CELL_MAX
        {
            (self.reach, self.behind) = (0, usize::MAX);
            self.joined = if from_digits { last + 2 } else { 0 };
            return;
        }
        let digits = |byte: u8| byte.is_ascii_digit() || is_separator(byte);
        let of_number = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'.' | b'/' | b'+' | b'(' | b')')
        };
        self.reach = next.map_or(usize::MAX, |next| run_start(self.text, next, Joined::SIDE_MAX, of_number));
        (self.joined, self.behind) = (0, 0);
        if let Some(last) = last {
            self.behind = run_end(self.text, last + 1, Joined::SIDE_MAX, of_number);
            self.joined =
                if from_digits { run_end(self.text, last + 1, Joined::SIDE_MAX, digits) } else { 0 };
        }
    }
}

/// The gap that starts at `index`, and the one separator that stands for it.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    let [first, next] = first(text, index);
    let last = before(text, index);
    if !is_separator(first) || !is_group(last) {
        return None;
    }
    // Most often it is one separator.
    if !is_separator(next) {
        let joins = is_group(next) && (last.is_ascii_digit() || next.is_ascii_digit());
        return (joins && !is_plain(first)).then_some(Unit { letter: ' ', length: 1, gap: true });
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

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'-' | b'.' | b'/' | b'_' | b'|' | b'*')
}

/// What is a separator without being read a second time.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/')
}

fn is_group(byte: u8) -> bool {
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
