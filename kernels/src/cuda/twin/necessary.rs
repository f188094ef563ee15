//! Conditions that hold wherever a verifier finds something: all that the device knows of some families.
//!
//! Invariant: each is as `cuda/*.cuh` has it, and no finding stands where one does not hold (`sound.rs`).

use crate::bytes::{at, before, ends_word, run_end, run_start, starts_word};
use crate::contact::phone;
use crate::cuda::families::{PHONE_BYTES_MAX, PHONE_DIGITS_MIN};
use crate::digits::{Run, is_separator, mask, starts_code};
use crate::document::birth::YEAR_AHEAD;
use crate::document::passport::LENGTHS;

fn follows_capital(text: &[u8], digit: usize) -> bool {
    is_separator(before(text, digit)) && before(text, digit - 1).is_ascii_uppercase()
}

/// Is it a number of prose, at which nothing is found? As `Scanner::is_a_small_number`, a byte at a time.
pub(super) fn is_small_number(text: &[u8], digit: usize, shortest: usize) -> bool {
    let end = run_end(text, digit, 64, |byte| byte.is_ascii_digit());
    let previous = before(text, digit);
    let joined = previous.is_ascii_alphabetic() || matches!(previous, b'+' | b'(' | b'<');
    if end - digit >= shortest || joined || follows_capital(text, digit) {
        return false;
    }
    if !phone::is_separator(at(text, end)) && !is_separator(at(text, end)) {
        let year = mask(text, end, u8::is_ascii_digit) >> 2 & 0b1111 == 0b1111;
        return !at(text, end).is_ascii_alphabetic() && !year;
    }
    let [digits, letters, capitals] = [u8::is_ascii_digit, u8::is_ascii_alphabetic, u8::is_ascii_uppercase]
        .map(|class| mask(text, end, class));
    // No more of what is ahead is known than 64 bytes from the number on.
    let known = (u64::MAX >> 1).unbounded_shr(u32::try_from(end - digit).unwrap_or(u64::BITS));
    let next = digits & digits.wrapping_neg();
    let year = next & digits >> 1 & digits >> 2 & digits >> 3 & YEAR_AHEAD;
    let code =
        letters & 0b10 != 0 && starts_code(digits >> 1 & known, letters >> 1 & known, capitals >> 1 & known);
    year | digits & phone::SEPARATORS_AHEAD == 0 && !code
}

/// May letters belong to the number, before, in or behind it?
pub(super) fn code(text: &[u8], digit: usize) -> bool {
    before(text, digit).is_ascii_alphabetic()
        || follows_capital(text, digit)
        || Run::read_at(text, digit).goes_on
}

/// Eight digits; or a day and a year of four digits; or a number, then two more, or words and a year of four digits, or
/// that year, words and a number.
pub(super) fn date(text: &[u8], start: usize) -> bool {
    let is_mark = |byte: u8| matches!(byte, b'.' | b'-' | b'/' | b' ');
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    let digits = |from: usize, bound: usize| run_end(text, from, bound, |byte| byte.is_ascii_digit());
    let row = digits(start, 10);
    let first = run_end(text, row, 2, is_letter);
    if row - start == 8 || row - start < 3 && (1..3).any(|gap| digits(first + gap, 4) == first + gap + 4) {
        return true;
    }
    if row - start > 9 || !is_mark(at(text, first)) {
        return false;
    }
    let second = run_end(text, first, 3, is_mark);
    if at(text, second).is_ascii_digit() {
        let mark = digits(second, 3);
        let third = run_end(text, mark, 2, is_mark);
        return mark - second < 3 && third > mark && at(text, third).is_ascii_digit();
    }
    let year = run_end(text, second, 25, |byte| is_letter(byte) || is_mark(byte));
    let last = digits(year, 4) - year;
    year > second && year - second <= 24 && (last == 4 || row - start == 4 && last > 0)
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
