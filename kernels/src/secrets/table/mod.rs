//! What issuers put in front of their tokens, and what follows.
//!
//! Invariant: data only. Lengths leave room below the documented ones, because issuers change them
//! without a word; where nothing but the length tells two issuers apart, it is exact.
//!
//! Sources: the issuers' documentation of their formats, named in front of each group.

mod business;
mod cloud;
mod code;
mod messages;
mod models;

use super::shape::Alphabet;

/// How far a token is read; a longer one is cut there, which is far behind what makes it work.
pub(super) const TOKEN_MAX: usize = 4096;

/// What must follow a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A random text of the alphabet.
    Run,
    /// And a digit among its first bytes: the prefix alone could start a word.
    Digit,
    /// And the check sum of GitHub; without it the token is less sure.
    Crc,
    /// And the check sum of BIP 173.
    Bech32,
    /// A UUID and nothing more.
    Uuid,
    /// So many bytes, a dot, and at least as many again as `least`.
    Parts(usize),
    /// RFC 7515 or 7516 in compact form.
    WebToken,
    /// The end of a line that opens a private key, with the key behind it on the same line.
    OpeningLine,
    /// PuTTY's files.
    Putty,
}

/// One prefix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) prefix: &'static str,
    pub(super) kind: &'static str,
    pub(super) alphabet: Alphabet,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) rule: Rule,
}

/// At least so many bytes follow.
const fn some(prefix: &'static str, kind: &'static str, alphabet: Alphabet, least: usize) -> Token {
    Token { prefix, kind, alphabet, least, most: TOKEN_MAX, rule: Rule::Run }
}

/// Exactly so many bytes follow.
const fn exact(prefix: &'static str, kind: &'static str, alphabet: Alphabet, length: usize) -> Token {
    Token { prefix, kind, alphabet, least: length, most: length, rule: Rule::Run }
}

const fn ruled(rule: Rule, token: Token) -> Token {
    Token { rule, ..token }
}

const fn uuid(prefix: &'static str, kind: &'static str) -> Token {
    ruled(Rule::Uuid, exact(prefix, kind, Alphabet::Uuid, 36))
}

/// All prefixes by what their issuers do.
pub(super) const FAMILIES: [&[Token]; 5] =
    [cloud::TOKENS, models::TOKENS, code::TOKENS, messages::TOKENS, business::TOKENS];
