//! Dates of birth: a date beside a word that says so.
//!
//! Invariant: a date alone is not personal and is never reported.

use crate::bytes::{at, before, ends_word, run_end, run_start};
use crate::checks::is_date_of_year;
use crate::context::{Context, Topic};
use crate::{Finding, Label};

/// How far before the date the word may end.
pub(crate) const DISTANCE: usize = 24;
/// Bytes behind a day in which the year may start: a gap, a month and its words.
pub(crate) const YEAR_AHEAD: u64 = (1 << 32) - 1;
/// Digits of the longest group.
const GROUP_MAX: usize = 9;

/// Digits of a date in one piece: `19800320`.
const COMPACT: usize = 8;

/// May the digits at `start..end` be the first of a date?
#[inline]
pub(crate) fn may_start(text: &[u8], start: usize, end: usize) -> bool {
    is_mark(at(text, end)) || at(text, end) == b',' || end - start == COMPACT || ordinal(text, end) != 0
}

#[inline]
fn is_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'/' | b' ')
}

/// The date whose first digit group starts at `start`, if somebody was born on it.
pub(crate) fn find(text: &[u8], start: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let [start, end] = date(text, start)?;
    let said = context.precedes(Topic::BIRTH, start, DISTANCE);
    said.then_some(Finding {
        start,
        end,
        label: Label::DateOfBirth,
        kind: "date_of_birth",
        country: None,
        score: 90,
    })
}

/// Where a date starts and ends: `1980-03-20`, `20.03.1980`, `20/3/80`, `3/20/1980`, `19800320`, `March 20th, 1980`,
/// `20. März 1980`, `1er mars 1980`, `1980. március 20`.
fn date(text: &[u8], start: usize) -> Option<[usize; 2]> {
    let first = group(text, start)?;
    if first.2 == COMPACT {
        return is_compact(first.0, text, first.1).then_some([start, first.1]);
    }
    let behind = first.1 + ordinal(text, first.1);
    month_in_front(text, start, first, behind).or_else(|| Some([start, date_from(text, first, behind)?]))
}

/// `th` behind `20`, `er` behind `1`: so many bytes.
fn ordinal(text: &[u8], end: usize) -> usize {
    let suffix = [at(text, end) | 0x20, at(text, end + 1) | 0x20];
    let known = [b"st", b"nd", b"rd", b"th", b"er"].contains(&&suffix);
    if known && ends_word(text, end + 2) { 2 } else { 0 }
}

/// Eight digits, the year in front or behind, and a time behind or nothing that belongs to them.
fn is_compact(number: u64, text: &[u8], end: usize) -> bool {
    let (head, tail) = (number / 10_000, number % 10_000);
    let year_first = is_birthday(head, tail / 100, tail % 100);
    let year_last = is_birthday(tail, head / 100, head % 100) || is_birthday(tail, head % 100, head / 100);
    (year_first || year_last) && ends_day(text, end)
}

/// Does a day end here? A time may follow: `1980-03-20T00:00:00Z` (RFC 3339).
fn ends_day(text: &[u8], end: usize) -> bool {
    ends_word(text, end) || at(text, end) == b'T' && at(text, end + 1).is_ascii_digit()
}

/// The months as English has them.
const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

/// `March 20, 1980`, `Mar. 20th 1980`, of which the day ends at `behind` with its ordinal.
fn month_in_front(text: &[u8], start: usize, day: (u64, usize, usize), behind: usize) -> Option<[usize; 2]> {
    let gap = behind + usize::from(at(text, behind) == b',');
    let (year, end, digits) = group(text, gap + 1).filter(|_| at(text, gap) == b' ')?;
    let before_blank = start.checked_sub(1).filter(|&blank| at(text, blank) == b' ')?;
    let name_end = before_blank - usize::from(before(text, before_blank) == b'.');
    let name_start = run_start(text, name_end, 10, |byte| byte.is_ascii_alphabetic());
    let name = text.get(name_start..name_end)?;
    let is_month = |month: &(u64, &&[u8])| {
        let length = name.len();
        (length == month.1.len() || length == 3 || length == 4 && month.0 == 9)
            && month.1.get(..length).is_some_and(|head| head.eq_ignore_ascii_case(name))
    };
    let (month, _) = (1..).zip(&MONTHS).find(is_month)?;
    let whole = day.2 <= 2 && digits == 4 && ends_day(text, end);
    (whole && is_birthday(year, month, day.0)).then_some([name_start, end])
}

/// Where a date ends whose first group ends at `behind` with its ordinal.
fn date_from(text: &[u8], first: (u64, usize, usize), behind: usize) -> Option<usize> {
    let mark = at(text, behind);
    if !is_mark(mark) {
        return None;
    }
    let gap = run_end(text, behind, 3, is_mark);
    if at(text, gap).is_ascii_alphabetic() || at(text, gap) >= 0x80 {
        return with_month_name(text, first, gap);
    }
    let second = group(text, gap)?;
    let gap = run_end(text, second.1, 2, |byte| byte == mark || byte == b' ');
    let third = group(text, gap).filter(|_| gap > second.1)?;
    let valid = match [first.2, second.2, third.2] {
        [4, 1 | 2, 1 | 2] => is_birthday(first.0, second.0, third.0),
        [1 | 2, 1 | 2, 4] => {
            is_birthday(third.0, second.0, first.0) || is_birthday(third.0, first.0, second.0)
        }
        [2, 2, 2] => {
            is_birthday(2000 + third.0, second.0, first.0) || is_birthday(2000 + third.0, first.0, second.0)
        }
        _ => false,
    };
    (valid && ends_day(text, third.1)).then_some(third.1)
}

/// `20. März 1980`, `20-Mar-1980`, `20 de marzo de 1980`: a word or three, of which one is long, and a year;
/// `1980. március 20.`, `1980 m. kovo 20 d.`: the same with the year first.
fn with_month_name(text: &[u8], first: (u64, usize, usize), words: usize) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80 || is_mark(byte);
    let last = run_end(text, words, 24, letter);
    let (number, end, digits) = group(text, last)?;
    let month = text.get(words..last)?.split(|byte| is_mark(*byte)).any(|word| word.len() >= 3);
    let (year, day) = match (first.2, digits) {
        (_, 4) => (number, first.0),
        (4, 1 | 2) if ends_word(text, end) => (first.0, number),
        _ => return None,
    };
    let valid = (1..=31).contains(&day) && (1850..=2099).contains(&year);
    (valid && month && is_mark(before(text, last))).then_some(end)
}

fn is_birthday(year: u64, month: u64, day: u64) -> bool {
    (1850..=2099).contains(&year) && is_date_of_year(year, month, day)
}

/// Value, end and length of the digits at `start`.
fn group(text: &[u8], start: usize) -> Option<(u64, usize, usize)> {
    let end = run_end(text, start, GROUP_MAX, |byte| byte.is_ascii_digit());
    let digits = text.get(start..end).filter(|digits| !digits.is_empty())?;
    let value = digits.iter().fold(0, |sum, &byte| sum * 10 + u64::from(byte - b'0'));
    Some((value, end, end - start))
}
