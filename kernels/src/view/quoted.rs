//! Quoted-printable (RFC 2045 6.7).
//!
//! Invariant: `=` is an assignment before it is an encoding: it counts only with two digits of which one
//! is a letter, beside another such unit, or between the two parts of an address.

use super::unit::{self, NOTHING, Unit};
use crate::bytes::{at, before, run_start};

/// RFC 2045 6.7 (5): no encoded line is longer.
const LINE_MAX: usize = 76;
/// What breaks lines breaks them near that.
const LINE_MIN: usize = 56;

/// What the equals sign at `index` starts.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    let Some(value) = byte(text, index) else { return soft_break(text, index) };
    if value >= 0x80 {
        return unit::utf8(text, index, 3, byte);
    }
    let digits = |place: usize| at(text, place).is_ascii_digit();
    let address =
        value == b'@' && unit::is_word(text, index.wrapping_sub(1)) && unit::is_word(text, index + 3);
    let beside = byte(text, index + 3).is_some() || index >= 3 && byte(text, index - 3).is_some();
    let plain = digits(index + 1) && digits(index + 2);
    (value >= b' ' && (address || beside || !plain)).then(|| Unit::new(char::from(value), 3))
}

/// Encoders write capitals.
fn byte(text: &[u8], index: usize) -> Option<u8> {
    let digits = [at(text, index + 1), at(text, index + 2)];
    if at(text, index) != b'=' || digits.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    u8::try_from(unit::hex(text, index + 1, 2)?).ok()
}

/// An equals sign at the end of a long line, which goes on.
fn soft_break(text: &[u8], index: usize) -> Option<Unit> {
    let length = match (at(text, index + 1), at(text, index + 2)) {
        (b'\n', _) => 2,
        (b'\r', b'\n') => 3,
        _ => return None,
    };
    let line = index - run_start(text, index, LINE_MAX + 1, |byte| byte != b'\n');
    ((LINE_MIN..=LINE_MAX).contains(&line) && before(text, index) != b'=').then(|| Unit::new(NOTHING, length))
}
