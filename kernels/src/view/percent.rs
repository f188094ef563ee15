//! Percent encoding (RFC 3986 2.1), and `%u` as `escape()` of JavaScript writes it (ECMA-262 B.2.1.1).
//!
//! Invariant: a unit is read from at most twelve bytes.

use super::unit::{self, Unit};
use crate::bytes::at;

/// What the percent sign at `index` starts.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    unit::character(text, index, 3, byte).or_else(|| {
        if !matches!(at(text, index + 1), b'u' | b'U') {
            return None;
        }
        let code = unit::hex(text, index + 2, 4)?;
        Some(Unit::new(char::from_u32(code)?, 6))
    })
}

fn byte(text: &[u8], index: usize) -> Option<u8> {
    if at(text, index) != b'%' {
        return None;
    }
    u8::try_from(unit::hex(text, index + 1, 2)?).ok()
}
