//! Conditions that hold wherever a verifier finds something: all that the device knows of some families.
//!
//! Invariant: each is as `cuda/*.cuh` has it, and no finding stands where one does not hold (`sound.rs`).

use crate::bytes::{at, ends_word, run_end, run_start, starts_word};
use crate::cuda::families::{PHONE_BYTES_MAX, PHONE_DIGITS_MIN};
use crate::document::passport::LENGTHS;

/// A number, then two more, or words and a year of four digits.
pub(super) fn date(text: &[u8], start: usize) -> bool {
    let is_mark = |byte: u8| matches!(byte, b'.' | b'-' | b'/' | b' ');
    let digits = |from: usize, bound: usize| run_end(text, from, bound, |byte| byte.is_ascii_digit());
    let first = digits(start, 10);
    if first - start > 9 || !is_mark(at(text, first)) {
        return false;
    }
    let second = run_end(text, first, 3, is_mark);
    if at(text, second).is_ascii_digit() {
        let mark = digits(second, 3);
        let third = run_end(text, mark, 2, is_mark);
        return mark - second < 3 && third > mark && at(text, third).is_ascii_digit();
    }
    let year = run_end(text, second, 24, |byte| {
        byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'.' | b' ')
    });
    year > second && digits(year, 4) - year == 4
}

/// Enough digits with the marks of telephone numbers between them.
pub(super) fn phone(text: &[u8], digit: usize) -> bool {
    let (mut digits, mut marks) = (0, 0);
    for ahead in 0..PHONE_BYTES_MAX as usize {
        match at(text, digit + ahead) {
            b'0'..=b'9' => (digits, marks) = (digits + 1, 0),
            b' ' | b'.' | b'-' | b'/' | b'(' | b')' if marks < 3 => marks += 1,
            _ => break,
        }
    }
    digits >= PHONE_DIGITS_MIN
}

/// As many capitals and digits as a document's number has.
pub(super) fn passport(text: &[u8], digit: usize) -> bool {
    let part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let longest = *LENGTHS.end();
    let start = run_start(text, digit, longest + 1, part);
    let end = run_end(text, start, longest + 1, part);
    LENGTHS.contains(&(end - start)) && starts_word(text, start) && ends_word(text, end)
}
