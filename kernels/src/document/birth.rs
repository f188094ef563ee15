//! Dates of birth: a date beside a word that says so.
//!
//! Invariant: a date alone is not personal and is never reported.

use crate::bytes::{at, before, ends_word, run_end};
use crate::checks::is_date_of_year;
use crate::context::{Context, Topic};
use crate::{Finding, Label};

/// How far before the date the word may end.
pub(crate) const DISTANCE: usize = 24;
/// Bytes behind a day in which the year may start: a gap, a month and its words.
pub(crate) const YEAR_AHEAD: u64 = (1 << 32) - 1;
/// Digits of the longest group.
const GROUP_MAX: usize = 9;

/// May the digits that end at `end` be the first of a date?
#[inline]
pub(crate) fn may_start(text: &[u8], end: usize) -> bool {
    matches!(at(text, end), b'.' | b'-' | b'/' | b' ')
}

/// The date that starts with the digit group at `start`, if somebody was born on it.
pub(crate) fn find(text: &[u8], start: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let end = date(text, start)?;
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

/// Where a date ends: `1980-03-20`, `20.03.1980`, `20/3/80`, `3/20/1980`, `20. März 1980`, `1980. március 20`.
fn date(text: &[u8], start: usize) -> Option<usize> {
    let first = group(text, start)?;
    let mark = at(text, first.1);
    if !may_start(text, first.1) {
        return None;
    }
    let gap = run_end(text, first.1, 3, |byte| matches!(byte, b'.' | b'-' | b'/' | b' '));
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
    (valid && ends_word(text, third.1)).then_some(third.1)
}

/// `20. März 1980`, `20 de marzo de 1980`: a word or three, of which one is long, and a year; `1980. március 20.`,
/// `1980 m. kovo 20 d.`: the same with the year first.
fn with_month_name(text: &[u8], first: (u64, usize, usize), words: usize) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'.' | b' ');
    let last = run_end(text, words, 24, letter);
    let (number, end, digits) = group(text, last)?;
    let month = text.get(words..last)?.split(|byte| *byte == b' ').any(|word| word.len() >= 3);
    let (year, day) = match (first.2, digits) {
        (_, 4) => (number, first.0),
        (4, 1 | 2) if ends_word(text, end) => (first.0, number),
        _ => return None,
    };
    let valid = (1..=31).contains(&day) && (1850..=2099).contains(&year);
    (valid && month && before(text, last) == b' ').then_some(end)
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
