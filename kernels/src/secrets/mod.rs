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
//! - `"`: a password that prose tells in quotes;
//! - `~`: client secrets of Microsoft Entra.
//!
//! Before them stands a gate (`gate.rs`), because hardly any anchor is that of a secret.

mod around;
mod gate;
mod hash;
mod index;
mod keys;
mod lanes;
mod marked;
pub(crate) mod named;
mod names;
mod shape;
mod table;
mod tokens;
mod url;

use crate::{Finding, Label};

/// The secrets of one text, met from left to right.
///
/// What starts inside of a secret that was found is not read again, so that a text made of beginnings is
/// not read once for each. (The list of findings cannot say it: it may hold those of other texts.)
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    start: usize,
    end: usize,
}

impl Secrets {
    /// Appends the secrets in or at the long word that starts at `start` and has so many letters and digits in a row, or
    /// at least 64. Words come in order.
    #[inline]
    pub(crate) fn at_word(&mut self, text: &[u8], start: usize, row: usize, out: &mut Vec<Finding>) {
        if !self.covers(start)
            && let Some(parts) = gate::may_be_word(text, start, row)
        {
            self.word(text, start, parts, out);
        }
    }

    #[inline(never)]
    fn word(&mut self, text: &[u8], start: usize, parts: tokens::Parts<'_>, out: &mut Vec<Finding>) {
        if !tokens::in_word(text, start, parts, self, out) {
            self.take(around::word(text, start), out);
        }
    }

    /// Appends the secrets before or behind the `=` at `sign`.
    #[inline]
    pub(crate) fn at_equals(&mut self, text: &[u8], sign: usize, out: &mut Vec<Finding>) {
        if gate::may_be_equals(text, sign) {
            self.equals(text, sign, out);
        }
    }

    #[inline(never)]
    fn equals(&mut self, text: &[u8], sign: usize, out: &mut Vec<Finding>) {
        self.take(marked::azure_key(text, sign), out);
        if !self.covers(sign) {
            self.take(named::assigned(text, sign), out);
            self.take(hash::at_equals(text, sign), out);
            self.take(marked::short_basic(text, sign), out);
        }
    }

    /// Appends the secrets before or behind the `:` at `colon`.
    #[inline]
    pub(crate) fn at_colon(&mut self, text: &[u8], colon: usize, out: &mut Vec<Finding>) {
        if gate::may_be_colon(text, colon) {
            self.colon(text, colon, out);
        }
    }

    #[inline(never)]
    fn colon(&mut self, text: &[u8], colon: usize, out: &mut Vec<Finding>) {
        self.take(marked::telegram(text, colon), out);
        if !self.covers(colon) {
            self.take(named::assigned(text, colon), out);
            self.take(url::userinfo(text, colon), out);
            self.take(keys::web_key(text, colon), out);
            self.take(keys::opened_above_header(text, colon), out);
            self.take(marked::authorization(text, colon), out);
        }
    }

    /// Appends the secret around the `~` at `mark`.
    #[inline]
    pub(crate) fn at_tilde(&mut self, text: &[u8], mark: usize, out: &mut Vec<Finding>) {
        if gate::may_be_tilde(text, mark) {
            self.take(marked::entra(text, mark), out);
        }
    }

    /// Appends the secret whose first digits are the group that starts at `place`, which does not go on a number: no
    /// value and no scheme begins there, and no word about one stands before it.
    #[inline]
    pub(crate) fn at_digits(&mut self, text: &[u8], place: usize, out: &mut Vec<Finding>) {
        if gate::may_be_digits(text, place) && !self.covers(place) {
            self.digits(text, place, out);
        }
    }

    #[inline(never)]
    fn digits(&mut self, text: &[u8], place: usize, out: &mut Vec<Finding>) {
        self.take(hash::at_digit(text, place), out);
        self.take(named::spoken(text, place), out);
    }

    /// Appends the password that prose tells in the quotes that open at `quote`.
    #[inline]
    pub(crate) fn at_quote(&self, text: &[u8], quote: usize, out: &mut Vec<Finding>) {
        if gate::may_be_quote(text, quote) {
            // A word of few letters is in them: nothing that is in it is taken for read.
            out.extend(named::quoted(text, quote));
        }
    }

    #[inline]
    fn take(&mut self, found: Option<Finding>, out: &mut Vec<Finding>) {
        if let Some(found) = found {
            if found.end > self.end {
                (self.start, self.end) = (found.start, found.end);
            }
            out.push(found);
        }
    }

    /// Does `place` belong to a secret that was found before, and does not start it?
    #[inline]
    fn covers(&self, place: usize) -> bool {
        self.start < place && place < self.end
    }
}

fn finding(start: usize, end: usize, kind: &'static str, score: u8) -> Finding {
    Finding { start, end, label: Label::Credentials, kind, country: None, score }
}
