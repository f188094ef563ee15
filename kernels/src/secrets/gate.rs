//! Gates: what must hold around an anchor before a secret can be there.
//!
//! Invariant: necessary conditions only, read from a bounded part of the text and from nothing else, so
//! that any processor can decide each place by itself. An anchor of prose fails after a few comparisons.

use super::tokens::Parts;
use super::{around, hash, keys, marked, named, names, tokens, url};
use crate::bytes::{at, before};

/// May a secret start in or at the long word that starts at `start`? Then these are its parts from the
/// first one on that may be a token; none may be where the word itself is what counts.
///
/// Bounded by the word, which is passed once. It has `row` letters and digits in a row, or at least 64.
#[inline]
pub(crate) fn may_be_word(text: &[u8], start: usize, row: usize) -> Option<Parts<'_>> {
    let end = start + row;
    // Most often it is one part, behind another word of prose.
    if row < 64 && !matches!(at(text, end), b'_' | b'-') && around::is_behind_a_word(text, start) {
        let may_be = tokens::may_start(text, start) || around::may_be_shaped(text, start, end);
        return may_be.then(|| Parts::of_word(text, start));
    }
    let mut parts = Parts::of_word(text, start);
    (parts.reach_token() || around::may_be(text, start, parts.place())).then_some(parts)
}

/// May a secret stand before or behind the `=` at `sign`?
#[inline]
pub(crate) fn may_be_equals(text: &[u8], sign: usize) -> bool {
    match before(text, sign) {
        // What most signs of a text of signs have before them.
        b'=' | b':' | b'~' => false,
        b'v' | b'n' if hash::may_be_parameter(text, sign) => true,
        byte if marked::in_base64(byte) => {
            names::may_end(text, sign) || marked::may_be_azure(text, sign) || marked::may_be_basic(text, sign)
        }
        _ => names::may_end(text, named::name_end(text, sign)),
    }
}

/// May a secret stand before or behind the `:` at `colon`?
#[inline]
pub(crate) fn may_be_colon(text: &[u8], colon: usize) -> bool {
    match before(text, colon) {
        b'=' | b':' | b'~' => false,
        previous if previous.is_ascii_alphanumeric() => {
            let next = at(text, colon + 1);
            next == b'/' && url::may_be(text, colon)
                || next == b'A' && at(text, colon + 2) == b'A'
                || names::may_end(text, colon)
                || marked::may_be_authorization(text, colon)
                || keys::may_be_header(text, colon)
        }
        b'-' | b'\n' | b'\r' => keys::may_be_header(text, colon),
        _ => {
            let end = named::name_end(text, colon);
            names::may_end(text, end)
                || marked::may_be_authorization(text, colon)
                || keys::may_be_member(text, colon)
                || keys::may_be_header(text, colon)
        }
    }
}

/// May the quote at `place` open a password that prose tells?
#[inline]
pub(crate) fn may_be_quote(text: &[u8], place: usize) -> bool {
    matches!(before(text, place), b' ') && named::may_be_quoted(text, place)
}

/// May a secret stand around the `~` at `mark`?
#[inline]
pub(crate) fn may_be_tilde(text: &[u8], mark: usize) -> bool {
    before(text, mark) == b'Q' && before(text, mark - 1).is_ascii_digit()
}

/// May the group of digits that starts at `place` belong to a secret?
#[inline(never)] // one call for both of them
pub(crate) fn may_be_digits(text: &[u8], place: usize) -> bool {
    named::may_be_spoken(text, place) || hash::may_be_scheme(text, place)
}
