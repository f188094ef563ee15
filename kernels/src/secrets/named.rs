//! Secrets without a form of their own, known by the name before them: `password=…`, `AccountKey=…`,
//! `the password is …`.
//!
//! Invariant: a place holder, a variable or the name of a type is no secret; everything else behind a
//! name that says `password` is one, however weak.

use super::finding;
use super::names::{Value, ending_in, issuer};
use super::shape::{decode, is_random, position};
use crate::Finding;
use crate::bytes::{at, before, has_word, run_end, run_start};

/// The longest name that is looked at, in bytes.
const NAME_MAX: usize = 48;
/// How far a value is read, in bytes.
const VALUE_MAX: usize = 4096;
/// How far one in quotes is read, which may hold blanks, and may be prose behind a lost quote.
const QUOTED_MAX: usize = 512;
/// How much of a value must look random.
const HEAD: usize = 24;
/// Quotes, blanks and escapes between a name and its value.
const GAP_MAX: usize = 8;

/// The secret whose name ends before the `=` or `:` at `sign`.
pub(super) fn assigned(text: &[u8], sign: usize) -> Option<Finding> {
    let end =
        run_start(text, sign, GAP_MAX, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'`' | b'*'));
    // Most signs are behind other words.
    let names = ending_in(before(text, end).to_ascii_lowercase());
    if names.is_empty() {
        return None;
    }
    let mut buffer = [0u8; NAME_MAX];
    let name = spell(text, end, &mut buffer)?;
    let &(ending, kind, expected) = names.iter().find(|(ending, ..)| name.ends_with(ending.as_bytes()))?;
    let gap = run_end(text, sign + 1, GAP_MAX, |byte| matches!(byte, b' ' | b'\t' | b'=' | b'>'));
    let (start, end) = value(text, gap, expected)?;
    let kind = match expected {
        Value::Any => password_kind(text, sign, kind),
        Value::Opaque(_) => by_value(text, sign, kind, text.get(start..end)?)
            .or_else(|| issuer(name).filter(|_| ISSUED.contains(&ending)))
            .unwrap_or(kind),
        Value::OfIssuer(_) => issuer(name)?,
    };
    Some(finding(start, end, kind, 88))
}

/// Names that say nothing of their issuer.
const ISSUED: [&str; 9] = [
    "token",
    "secret",
    "apikey",
    "accesskey",
    "secretkey",
    "accesstoken",
    "authtoken",
    "clientsecret",
    "signingsecret",
];

/// The name that ends at `end`, in lower case and without the marks between its words.
fn spell<'b>(text: &[u8], end: usize, buffer: &'b mut [u8; NAME_MAX]) -> Option<&'b [u8]> {
    let is_mark = |byte: u8| matches!(byte, b'_' | b'-' | b'.' | b' ');
    let start =
        run_start(text, end, NAME_MAX, |byte| byte.is_ascii_alphanumeric() || byte >= 0x80 || is_mark(byte));
    let mut length = 0;
    for &byte in text.get(start..end)?.iter().filter(|byte| !is_mark(**byte)) {
        *buffer.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    buffer.get(..length)
}

/// A password of JDBC and ODBC stands in a string that begins with their name.
fn password_kind(text: &[u8], sign: usize, kind: &'static str) -> &'static str {
    let line = run_start(text, sign, 200, |byte| !matches!(byte, b'\n' | b'"' | b'\''));
    let before = text.get(line..sign).unwrap_or_default();
    if position(before, b"jdbc:").is_some() {
        "secret.jdbc-password"
    } else if position(before, b"Driver={").is_some() || position(before, b"DRIVER={").is_some() {
        "secret.odbc-password"
    } else {
        kind
    }
}

/// What the value, or the text before the name, says about a name that others use too.
fn by_value(text: &[u8], sign: usize, kind: &str, value: &[u8]) -> Option<&'static str> {
    let before = |word: &[u8]| {
        text.get(sign.saturating_sub(160)..sign).is_some_and(|window| position(window, word).is_some())
    };
    let is_curve_key =
        || value.len() == 44 && value.ends_with(b"=") && decode(value, &mut [0; 48]).len() == 32;
    match kind {
        "secret.azure-storage-key" if before(b"documents.azure") => Some("secret.azure-cosmos-key"),
        "secret.azure-access-key" if before(b"servicebus.") => Some("secret.azure-service-bus-key"),
        "secret.azure-access-key" if before(b"azure-devices.") => Some("secret.azure-iot-key"),
        "secret.private-key-value" if is_curve_key() => Some("secret.wireguard-private-key"),
        "secret.pre-shared-key" if is_curve_key() => Some("secret.wireguard-preshared-key"),
        _ => None,
    }
}

/// The value that starts at `from`, perhaps in quotes.
fn value(text: &[u8], from: usize, expected: Value) -> Option<(usize, usize)> {
    let start = run_end(text, from, GAP_MAX, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b'`'));
    let quoted = start > from;
    if is_placeholder(text.get(start..)?) {
        return None;
    }
    let in_value = |byte: u8| match byte {
        b'"' | b'\'' | b'`' | b'\n' | b'\r' | b';' | b'&' | b'<' | b'>' => false,
        b' ' | b'\t' | b',' => quoted,
        _ => true,
    };
    if let Value::Opaque(least) | Value::OfIssuer(least) = expected {
        // The first bytes tell, so that a text made of names is not read once for each.
        let head = run_end(text, start, least.max(HEAD), in_value);
        is_opaque(text.get(start..head)?, least).then_some(())?;
    }
    let end = run_end(text, start, if quoted { QUOTED_MAX } else { VALUE_MAX }, in_value);
    // Not in the middle of a character, where the bound cut one.
    let whole = run_start(text, end, 3, |byte| byte & 0xc0 == 0x80);
    let end = if at(text, end) & 0xc0 == 0x80 { whole.saturating_sub(1) } else { end };
    // What closes a sentence or a bracket around it.
    let end = run_start(text, end, end.saturating_sub(start), |byte| {
        !quoted && matches!(byte, b'.' | b')' | b']' | b'}' | b'\\')
    })
    .max(start);
    let value = text.get(start..end)?;
    let counts = match expected {
        Value::Any => value.len() >= 3 && !TYPES.iter().any(|word| value.eq_ignore_ascii_case(word)),
        Value::Opaque(least) | Value::OfIssuer(least) => is_opaque(value, least),
    };
    let same = value.first() == value.get(1) && value.iter().all(|byte| Some(byte) == value.first());
    (counts && !same).then_some((start, end))
}

/// Random, with a digit, and not a call, a path or an expression.
fn is_opaque(value: &[u8], least: usize) -> bool {
    value.len() >= least
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().all(|&byte| byte.is_ascii_graphic() && !matches!(byte, b'(' | b'[' | b'{' | b'$'))
        && !matches!(value.first(), Some(b'/' | b'.'))
        && !value.starts_with(b"http")
        && is_random(value)
}

/// Names of types, and words that say that there is no value.
const TYPES: &[&[u8]] = &[
    b"str",
    b"string",
    b"bytes",
    b"text",
    b"none",
    b"null",
    b"nil",
    b"true",
    b"false",
    b"required",
    b"optional",
    b"undefined",
    b"secretstr",
    b"the",
    b"and",
    b"you",
    b"your",
    b"is",
    b"[redacted]",
    b"redacted",
    b"changed",
    b"reset",
    b"forgotten",
    b"[credentials",
    b"credentials",
    b"xxxx",
    b"your-password",
    b"your_password",
    b"yourpassword",
];

/// `${VAR}`, `$VAR`, `<your password>`, `{{ x }}`, `%s`, `***`, `os.environ[…]`, `process.env.X`, and what
/// this gateway itself puts in. Not the marks of a hash: `{SSHA}…`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    const OPENINGS: &[&[u8]] = &[
        b"${",
        b"$(",
        b"<",
        b"{",
        b"%(",
        b"%s",
        b"***",
        b"...",
        b"[credentials]",
        b"os.",
        b"process.env",
        b"getenv",
        b"env(",
        b"getpass",
    ];
    const HASHES: &[&[u8]] = &[b"{ssha", b"{sha", b"{crypt", b"{smd5", b"{pbkdf2"];
    OPENINGS.iter().any(|opening| has_word(value, 0, opening))
        && !HASHES.iter().any(|opening| has_word(value, 0, opening))
}

/// Words for a password before a verb.
const SPOKEN: &[&[u8]] = &[
    b"password",
    b"passwort",
    b"passphrase",
    b"kennwort",
    b"mot de passe",
    b"contrase\xc3\xb1a",
    b"wachtwoord",
    b"salasana",
    b"l\xc3\xb6senord",
];

/// The password that prose tells, whose first digits or long word is at `place`: `the password is
/// hunter2`, `login anna password hunter2`.
pub(super) fn spoken(text: &[u8], place: usize) -> Option<Finding> {
    const VALUE_HEAD: usize = 32;
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'\\' | b'`');
    let head = run_start(text, place, VALUE_HEAD, |byte| {
        !byte.is_ascii_whitespace() && !byte.is_ascii_digit() && !is_quote(byte)
    });
    let value_start = run_start(text, head, 2, is_quote);
    let blank = before(text, value_start);
    if blank != b' ' && blank != b':' {
        return None;
    }
    let end = run_start(text, value_start, GAP_MAX, |byte| matches!(byte, b' ' | b':'));
    // The last letter of a verb, or of `password`.
    if !matches!(before(text, end), b's' | b't' | b'r' | b'd') {
        return None;
    }
    let kind = told(text, end)?;
    let (start, end) = value(text, value_start, Value::Any)?;
    let value = text.get(start..end)?;
    let telling =
        value.iter().any(|byte| !byte.is_ascii_alphabetic() && !byte.is_ascii_whitespace() && *byte < 0x80);
    (start > value_start || telling).then(|| finding(start, end, kind, 90))
}

/// The kind of what follows the words that end at `end`.
fn told(text: &[u8], end: usize) -> Option<&'static str> {
    const VERBS: &[&[u8]] = &[b" is", b" ist", b" lautet", b" est", b" es", b" was", b" war"];
    let ends_in = |end: usize, word: &[u8]| {
        end.checked_sub(word.len()).is_some_and(|start| has_word(text, start, word))
    };
    if let Some(verb) = VERBS.iter().find(|verb| ends_in(end, verb)) {
        let name = run_start(text, end - verb.len(), GAP_MAX, |byte| byte == b' ');
        return SPOKEN.iter().any(|word| ends_in(name, word)).then_some("secret.password");
    }
    // netrc(5): `machine host login user password value`.
    let window = text.get(end.saturating_sub(160)..end)?;
    let netrc = ends_in(end, b" password") && position(window, b"machine ").is_some();
    (netrc && position(window, b"login ").is_some()).then_some("secret.netrc-password")
}
