//! Secrets: what opens a door to whoever reads it.
//!
//! Invariant: a secret is found from the anchors of a text alone, each of which is shown to a few
//! verifiers that look a bounded way back and ahead:
//!
//! - a long word (16 bytes and more of letters, digits, `_` and `-`): tokens by the prefix that their
//!   issuer gave them (`tokens.rs`, `table/`), by what stands before the word or by its shape
//!   (`around.rs`), private keys and web tokens (`keys.rs`), words of prose before it (`named.rs`);
//! - `=` and `:`: a name before it that says what follows (`named.rs`, `names.rs`), keys that end in `=`,
//!   the user and the password of a URL (`url.rs`), hashes (`hash.rs`);
//! - a group of digits: hashes, and a password that prose tells;
//! - `~`: client secrets of Microsoft Entra.

mod around;
mod hash;
mod index;
mod keys;
mod marked;
mod named;
mod names;
mod shape;
mod table;
mod tokens;
mod url;

use crate::{Finding, Label};

/// Appends the secrets in or at the long word that starts at `start`. Words come in order.
#[inline]
pub(crate) fn at_word(text: &[u8], start: usize, out: &mut Vec<Finding>) {
    if !tokens::in_word(text, start, out) {
        around::word(text, start, out);
    }
}

/// Appends the secrets before or behind the `=` at `sign`.
pub(crate) fn at_equals(text: &[u8], sign: usize, out: &mut Vec<Finding>) {
    if !is_covered(out, sign) {
        out.extend(named::assigned(text, sign));
    }
    out.extend(hash::at_equals(text, sign));
    out.extend(marked::azure_key(text, sign));
    out.extend(marked::short_basic(text, sign));
}

/// Appends the secrets before or behind the `:` at `colon`.
pub(crate) fn at_colon(text: &[u8], colon: usize, out: &mut Vec<Finding>) {
    if !is_covered(out, colon) {
        out.extend(named::assigned(text, colon));
    }
    out.extend(url::userinfo(text, colon));
    out.extend(marked::telegram(text, colon));
    out.extend(keys::web_key(text, colon));
    out.extend(keys::opened_above_header(text, colon).filter(|found| !is_covered(out, found.start)));
    out.extend(marked::authorization(text, colon));
}

/// Appends the secret around the `~` at `mark`.
pub(crate) fn at_tilde(text: &[u8], mark: usize, out: &mut Vec<Finding>) {
    out.extend(marked::entra(text, mark));
}

/// Appends the secret whose first digits are the group that starts at `place`.
#[inline]
pub(crate) fn at_digits(text: &[u8], place: usize, out: &mut Vec<Finding>) {
    out.extend(hash::at_digit(text, place));
    out.extend(named::spoken(text, place));
}

fn finding(start: usize, end: usize, kind: &'static str, score: u8) -> Finding {
    Finding { start, end, label: Label::Credentials, kind, country: None, score }
}

/// Does `place` belong to a secret that was found a moment ago? Then nothing more is read there, so that
/// a text made of beginnings is not read once for each.
fn is_covered(out: &[Finding], place: usize) -> bool {
    const RECENT: usize = 8;
    let recent = out.iter().rev().take(RECENT);
    recent
        .filter(|found| found.label == Label::Credentials)
        .any(|found| found.start < place && place < found.end)
}
