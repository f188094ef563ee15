//! Conditions that hold wherever a verifier finds something: all that the device knows of some families.
//!
//! Invariant: each is as `cuda/*.cuh` has it, and no finding stands where one does not hold (`sound.rs`).

use crate::bytes::{at, before, run_end, run_start};
use crate::cuda::families::{LONG_WORD_MIN, PHONE_BYTES_MAX, PHONE_DIGITS_MIN};
use crate::network::IPV6_MAX;

/// Not the colon of a time of day: behind a digit only `://` and `:AA` are looked at.
pub(super) fn secret_at_colon(text: &[u8], colon: usize) -> bool {
    !before(text, colon).is_ascii_digit() || matches!(at(text, colon + 1), b'/' | b'A')
}

/// A client secret of Microsoft Entra has a digit and a Q before its mark.
pub(super) fn secret_at_tilde(text: &[u8], mark: usize) -> bool {
    before(text, mark) == b'Q' && mark.checked_sub(2).is_some_and(|digit| at(text, digit).is_ascii_digit())
}

/// The scheme of a hash around a digit, or a value behind one of the words that tell a password.
pub(super) fn secret_at_digits(text: &[u8], place: usize) -> bool {
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'\\' | b'`');
    let head = run_start(text, place, 32, |byte| {
        byte != 0 && !byte.is_ascii_whitespace() && !byte.is_ascii_digit() && !is_quote(byte)
    });
    let value = run_start(text, head, 2, is_quote);
    let end = run_start(text, value, 8, |byte| matches!(byte, b' ' | b':'));
    let second = end.checked_sub(2).map_or(0, |second| at(text, second).to_ascii_lowercase());
    let told = match before(text, end) {
        b's' => matches!(second, b'i' | b'e' | b'a'),
        b't' => matches!(second, b's' | b'e'),
        b'r' => second == b'a',
        b'd' => second == b'r',
        _ => false,
    };
    matches!(before(text, place), b'$' | b'r' | b'j') || told && end < value
}

/// The first colon of a run of hexadecimal digits, colons and dots that has at least two.
pub(super) fn address(text: &[u8], colon: usize) -> bool {
    let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'.';
    let start = run_start(text, colon, IPV6_MAX, part);
    let first = before(text, start) != b':' || colon - start == IPV6_MAX;
    let end = run_end(text, colon, IPV6_MAX + 2, |byte| part(byte) || byte == b':');
    let run = text.get(colon..end).unwrap_or_default();
    first && run.iter().filter(|&&byte| byte == b':').count() >= 2
}

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

/// A word as long as the shortest address or identifier.
pub(super) fn long_word(text: &[u8], start: usize) -> bool {
    let least = LONG_WORD_MIN as usize;
    run_end(text, start, least, |byte| byte.is_ascii_alphanumeric()) - start == least
}
