//! Hashes of passwords, as systems keep them: whoever has one can guess the password.
//!
//! Invariant: the scheme stands between two `$`, and the hash has the scheme's length.

use super::finding;
use crate::Finding;
use crate::bytes::{at, before, run_end};

/// How far a hash is read with its parameters.
const HASH_MAX: usize = 400;

/// Schemes of crypt(5): what stands before the digit, the digit with what follows, the kind, and the
/// least length of the last field.
const SCHEMES: [(&[u8], &[u8], &str, usize); 13] = [
    (b"$", b"2a$", "secret.bcrypt-hash", 53),
    (b"$", b"2b$", "secret.bcrypt-hash", 53),
    (b"$", b"2x$", "secret.bcrypt-hash", 53),
    (b"$", b"2y$", "secret.bcrypt-hash", 53),
    (b"$", b"6$", "secret.sha512-crypt-hash", 86),
    (b"$", b"5$", "secret.sha256-crypt-hash", 43),
    (b"$", b"1$", "secret.md5-crypt-hash", 22),
    (b"$apr", b"1$", "secret.apr1-hash", 22),
    (b"$", b"7$", "secret.scrypt-hash", 43),
    (b"$y$j", b"9T$", "secret.yescrypt-hash", 43),
    (b"$gy$j", b"9T$", "secret.yescrypt-hash", 43),
    (b"pbkdf2_sha256$", b"", "secret.pbkdf2-hash", 43),
    (b"$pbkdf2-sha256$", b"", "secret.pbkdf2-hash", 43),
];

fn is_field(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'$' | b'=' | b',' | b'+' | b'-')
}

/// May the digit at `place` be that of a scheme? Of most numbers two bytes tell that they are none.
#[inline]
pub(super) fn may_be_scheme(text: &[u8], place: usize) -> bool {
    match (before(text, place), at(text, place + 1)) {
        (b'$', b'$' | b'a' | b'b' | b'x' | b'y') | (b'r', b'$') | (b'j', b'T') => true,
        (b'$', b'0'..=b'9') => before(text, place - 1) == b'6',
        _ => false,
    }
}

/// A hash whose scheme has the digit at `place`.
pub(super) fn at_digit(text: &[u8], place: usize) -> Option<Finding> {
    may_be_scheme(text, place).then_some(())?;
    let (head, tail) = (text.get(..place)?, text.get(place..)?);
    let &(opening, _, kind, least) =
        SCHEMES.iter().find(|(opening, rest, ..)| head.ends_with(opening) && tail.starts_with(rest))?;
    hash(text, place - opening.len(), place, kind, least)
}

/// May the `=` at `sign` be that of a scheme's first parameter?
#[inline]
pub(super) fn may_be_parameter(text: &[u8], sign: usize) -> bool {
    match before(text, sign) {
        b'v' => before(text, sign - 1) == b'$',
        b'n' => before(text, sign - 1) == b'l' && before(text, sign - 2) == b'$',
        _ => false,
    }
}

/// `$argon2id$v=19$…` and `$scrypt$ln=…`: `sign` is their first `=`.
pub(super) fn at_equals(text: &[u8], sign: usize) -> Option<Finding> {
    const OPENINGS: [(&[u8], &str, usize); 5] = [
        (b"$argon2id$v", "secret.argon2-hash", 22),
        (b"$argon2i$v", "secret.argon2-hash", 22),
        (b"$argon2d$v", "secret.argon2-hash", 22),
        (b"$scrypt$ln", "secret.scrypt-hash", 43),
        (b"$7$ln", "secret.scrypt-hash", 43),
    ];
    may_be_parameter(text, sign).then_some(())?;
    let head = text.get(..sign)?;
    let &(opening, kind, least) = OPENINGS.iter().find(|(opening, ..)| head.ends_with(opening))?;
    hash(text, sign - opening.len(), sign, kind, least)
}

fn hash(text: &[u8], start: usize, from: usize, kind: &'static str, least: usize) -> Option<Finding> {
    let mut end = fields_end(text, from);
    while end > from && matches!(before(text, end), b'.' | b',') && !at(text, end).is_ascii_alphanumeric() {
        // The end of a sentence; a hash may end with a dot too, and loses nothing by it.
        end -= 1;
    }
    let last = text.get(from..end)?.iter().rev().take_while(|&&byte| byte != b'$').count();
    (last + 1 >= least).then(|| finding(start, end, kind, 97))
}

/// The end of at most five fields; a text of dollars is not read over and over.
fn fields_end(text: &[u8], from: usize) -> usize {
    const FIELDS_MAX: usize = 5;
    let mut end = from;
    for _field in 0..FIELDS_MAX {
        end = run_end(text, end, HASH_MAX, |byte| is_field(byte) && byte != b'$');
        if at(text, end) != b'$' {
            return end;
        }
        end += 1;
    }
    end - 1
}
