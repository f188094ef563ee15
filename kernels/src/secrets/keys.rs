//! Private keys in their frames, and JSON web tokens.
//!
//! Invariant: a frame is found from the first long word of what it holds, by looking back over the line
//! that opens it; no frame is read past the next one, so that each byte is read once.

use super::shape::{Alphabet, decode, position};
use super::table::TOKEN_MAX;
use super::tokens::Reading;
use super::{finding, lanes};
use crate::Finding;
use crate::bytes::{at, before, run_end, run_start};

/// How far a private key is read: RSA with 16,384 bits has 12.6 KB.
const KEY_MAX: usize = 16 * 1024;
/// How far the words between the dashes are read.
const LABEL_MAX: usize = 64;
/// The longest line of base64 (RFC 2045), a little more.
const LINE_MAX: usize = 80;
/// Line breaks, quotes and escapes between a line and the next.
const BREAK_MAX: usize = 12;
/// The least that is taken for a key; one of Ed25519 has 64 characters.
const KEY_MIN: usize = 24;
const DASHES: &[u8] = b"-----";
/// The longest name of a header.
const HEADER_MAX: usize = 16;
const _: () = assert!(HEADER_MAX + BREAK_MAX < 32 && LINE_MAX + BREAK_MAX < 96);

/// A key whose opening line ends before the word at `start`, perhaps with the beginning of its first line
/// between.
pub(super) fn opened_above(text: &[u8], start: usize) -> Option<Finding> {
    opened_before(text, first_line(text, start)?)
}

/// May there be such a line?
#[inline]
pub(super) fn may_be_opened_above(text: &[u8], start: usize) -> bool {
    match before(text, start) {
        // Base64 has no dash, so that hardly any line of it is walked back.
        b'+' | b'/' if !lanes::may_be_before::<96>(text, start, b'-', b'-') => false,
        _ => first_line(text, start).is_some_and(|line| may_be_opened_before(text, line)),
    }
}

/// Where the line starts that the word at `start` may be the first long word of.
#[inline]
fn first_line(text: &[u8], start: usize) -> Option<usize> {
    match before(text, start) {
        b'+' | b'/' => Some(run_start(text, start, LINE_MAX, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
        })),
        b'\n' | b'\r' | b' ' | b'\\' | b'"' | b'\'' | b'\t' => Some(start),
        _ => None,
    }
}

/// May the line that ends with the colon at `colon` be a header below a line of dashes?
#[inline]
pub(super) fn may_be_header(text: &[u8], colon: usize) -> bool {
    // All of the header and the dashes stand in 32 bytes, and prose has hardly a dash in so many.
    if !lanes::may_be_before::<32>(text, colon, b'-', b'-') {
        return false;
    }
    let name = run_start(text, colon, HEADER_MAX, in_header);
    matches!(before(text, name), b'\n' | b'\r' | b'\\') && may_be_opened_before(text, name)
}

fn in_header(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'-'
}

/// A key with a header such as `Proc-Type:` (RFC 1421) or `Version:` (RFC 9580) after its opening line.
pub(super) fn opened_above_header(text: &[u8], colon: usize) -> Option<Finding> {
    let name = run_start(text, colon, HEADER_MAX, in_header);
    matches!(before(text, name), b'\n' | b'\r' | b'\\').then(|| opened_before(text, name)).flatten()
}

fn opened_before(text: &[u8], line: usize) -> Option<Finding> {
    framed(text, line_end_before(text, line))
}

/// Does a dash end the line before the one that starts at `line`?
#[inline]
fn may_be_opened_before(text: &[u8], line: usize) -> bool {
    let end = line_end_before(text, line);
    before(text, end) == b'-' && before(text, end - 1) == b'-'
}

#[inline]
fn line_end_before(text: &[u8], line: usize) -> usize {
    run_start(text, line, BREAK_MAX, |byte| {
        matches!(
            byte,
            b'\n' | b'\r' | b' ' | b'\t' | b'\\' | b'n' | b'r' | b'"' | b'\'' | b'+' | b',' | b'|' | b'>'
        )
    })
}

/// `KEY-----` and `BLOCK-----` with the key on the same line: the word starts at `start`.
pub(super) fn opened_on_the_line(text: &[u8], start: usize, body: usize) -> Option<Reading> {
    let body = body.min(start + LABEL_MAX);
    framed(text, body).map(|found| Reading::Found {
        start: found.start,
        end: found.end,
        kind: found.kind,
        score: found.score,
    })
}

/// The key whose opening line ends with the dashes before `body`.
fn framed(text: &[u8], body: usize) -> Option<Finding> {
    let dashes = run_start(text, body, 6, |byte| byte == b'-');
    if body - dashes < 4 {
        return None;
    }
    let is_label = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'0'..=b'9');
    let label_start = run_start(text, dashes, LABEL_MAX, is_label);
    let label = text.get(label_start..dashes)?;
    position(label, b"BEGIN ")?;
    position(label, b"PRIVATE KEY")?;
    let start = run_start(text, label_start, DASHES.len(), |byte| byte == b'-');
    holds_key(text, body).then(|| finding(start, closed(text, body), kind(label), 98))
}

/// Is there a line of base64 soon after the line that opens, before the next dashes? A manual shows the
/// dashes alone.
fn holds_key(text: &[u8], body: usize) -> bool {
    const HEADERS_MAX: usize = 256;
    let window = text.get(body..text.len().min(body + HEADERS_MAX)).unwrap_or_default();
    let (mut run, mut dashes) = (0, 0);
    for &byte in window {
        let base64 = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        run = if base64 { run + 1 } else { 0 };
        dashes = if byte == b'-' { dashes + 1 } else { 0 };
        if run >= KEY_MIN || dashes >= 4 {
            break;
        }
    }
    run >= KEY_MIN
}

fn kind(label: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 7] = [
        (b"OPENSSH", "secret.ssh-private-key"),
        (b"SSH2", "secret.ssh-private-key"),
        (b"RSA", "secret.rsa-private-key"),
        (b"EC ", "secret.ec-private-key"),
        (b"DSA", "secret.dsa-private-key"),
        (b"ENCRYPTED", "secret.encrypted-private-key"),
        (b"PGP", "secret.pgp-private-key"),
    ];
    let named = KINDS.iter().find(|(word, _)| position(label, word).is_some());
    named.map_or("secret.private-key", |&(_, kind)| kind)
}

/// The end of the `END` line, or of what can belong to a key that was cut.
fn closed(text: &[u8], body: usize) -> usize {
    let window = text.get(body..text.len().min(body + KEY_MAX)).unwrap_or_default();
    let Some(last) = position(window, b"----").map(|dashes| body + dashes) else {
        return run_end(text, body, KEY_MAX, |byte| {
            Alphabet::Base64.has(byte) || matches!(byte, b'\n' | b'\r' | b' ' | b'\\' | b':' | b',')
        });
    };
    let word = run_end(text, last, DASHES.len(), |byte| byte == b'-');
    let line = run_end(text, word, LABEL_MAX, |byte| {
        byte.is_ascii_uppercase() || matches!(byte, b' ' | b'0'..=b'9')
    });
    let ends = text.get(word..line).is_some_and(|label| position(label, b"END ").is_some());
    let dashes = run_end(text, line, DASHES.len(), |byte| byte == b'-');
    if ends && dashes > line { dashes } else { last }
}

/// PuTTY's file from its first word to its last: `Private-MAC: `, or the next file.
pub(super) fn putty(text: &[u8], body: usize) -> Option<usize> {
    let window = text.get(body..text.len().min(body + KEY_MAX))?;
    let next = position(window, b"PuTTY-User-Key-File-").unwrap_or(window.len());
    let file = window.get(..next)?;
    position(file, b"Private-Lines: ")?;
    let mac = position(file, b"Private-MAC: ");
    let end = mac.map(|mac| run_end(text, body + mac + 13, 64, |byte| byte.is_ascii_hexdigit()));
    Some(end.unwrap_or(body + file.iter().rposition(|byte| Alphabet::Base64.has(*byte))? + 1))
}

/// Two dots (JWS, the signature may be empty) or four (JWE).
pub(super) fn web_token(text: &[u8], start: usize) -> Reading {
    /// `{"alg":"none"}` in base64url has 19 characters; `{}` as the claims has three.
    const HEADER_MIN: usize = 12;
    const CLAIMS_MIN: usize = 3;
    let part = |from: usize| run_end(text, from, TOKEN_MAX, |byte| Alphabet::Token.has(byte));
    let header = part(start);
    // The rest of the word is not looked at again, or a word of many such beginnings would be slow.
    let nothing = Reading::Nothing { until: header };
    if header - start < HEADER_MIN {
        return Reading::Nothing { until: start };
    }
    if at(text, header) != b'.' {
        return if header - start < 256 { Reading::Nothing { until: start + 3 } } else { nothing };
    }
    let claims = part(header + 1);
    if at(text, claims) != b'.' || claims - header <= CLAIMS_MIN && at(text, claims + 1) != b'.' {
        return nothing;
    }
    let mut end = part(claims + 1);
    // Without a signature the claims must be a JSON object.
    if end == claims + 1 && text.get(header + 1..header + 3) != Some(b"ey".as_slice()) {
        return nothing;
    }
    let mut parts = 3;
    while parts < 5 && at(text, end) == b'.' && Alphabet::Token.has(at(text, end + 1)) {
        end = part(end + 1);
        parts += 1;
    }
    let kind =
        if parts == 5 { "secret.jwe" } else { issued_by(text.get(header + 1..claims).unwrap_or_default()) };
    Reading::Found { start, end, kind, score: 97 }
}

/// Some issuers are worth a name of their own.
fn issued_by(claims: &[u8]) -> &'static str {
    const ISSUERS: [(&[u8], &str); 3] = [
        (b"kubernetes", "secret.kubernetes-token"),
        (b"\"supabase", "secret.supabase-jwt"),
        (b"sts.windows.net", "secret.entra-token"),
    ];
    let mut plain = [0; 192];
    let plain = decode(claims, &mut plain);
    let known = ISSUERS.iter().find(|(word, _)| position(plain, word).is_some());
    known.map_or("secret.jwt", |&(_, kind)| kind)
}

/// Does the name of a private part end before the colon?
#[inline]
pub(super) fn may_be_member(text: &[u8], colon: usize) -> bool {
    before(text, colon) == b'"' && matches!(before(text, colon - 1), b'd' | b'k')
}

/// The private part of a JSON web key (RFC 7518 6): `"d": "…"` near `"kty"`.
pub(super) fn web_key(text: &[u8], colon: usize) -> Option<Finding> {
    /// As far as the next member is, which tells that this is a key: `"e":"AQAB"` before, `"p"` after.
    const NEAR: usize = 96;
    const MEMBERS: [&[u8]; 5] = [b"\"kty\"", b"\"crv\"", b"\"e\"", b"\"p\"", b"\"alg\""];
    let [b'"', b'd' | b'k', b'"'] = text.get(colon.checked_sub(3)?..colon)? else { return None };
    let quote = run_end(text, colon + 1, 4, |byte| byte == b' ');
    if at(text, quote) != b'"' {
        return None;
    }
    let end = run_end(text, quote + 1, TOKEN_MAX, |byte| Alphabet::Token.has(byte));
    if end - quote < 22 || at(text, end) != b'"' {
        return None;
    }
    let before = text.get(colon.saturating_sub(NEAR)..colon)?;
    let after = text.get(end..text.len().min(end + NEAR))?;
    let mut members = MEMBERS.iter();
    members
        .any(|member| position(before, member).or_else(|| position(after, member)).is_some())
        .then(|| finding(quote + 1, end, "secret.jwk-private-key", 97))
}
