//! Secrets without a form of their own, known by the name before them: `password=…`, `AccountKey=…`,
//! `the password is …`; and the user and password of a URL.
//!
//! Invariant: a place holder, a variable or the name of a type is no secret; everything else behind a
//! name that says `password` is one, however weak.

use super::finding;
use crate::Finding;
use crate::bytes::{at, before, has_word, run_end, run_start, starts_word};

/// The longest name that is looked at, in bytes.
const NAME_MAX: usize = 48;
/// How far a value is read, in bytes.
const VALUE_MAX: usize = 256;
/// How far the user and the password of a URL are read, in bytes.
const USERINFO_MAX: usize = 256;
/// Quotes, blanks and escapes between a name and its value.
const GAP_MAX: usize = 8;

/// What a value must be to count.
#[derive(Clone, Copy)]
enum Value {
    /// Anything that is no place holder.
    Any,
    /// At least so many bytes, with a digit among them.
    Opaque(usize),
}

/// Ends of names in lower case without `_`, `-`, `.` and blanks.
const NAMES: &[(&str, &str, Value)] = &[
    ("password", "secret.password", Value::Any),
    ("passwd", "secret.password", Value::Any),
    ("passwort", "secret.password", Value::Any),
    ("passphrase", "secret.password", Value::Any),
    ("kennwort", "secret.password", Value::Any),
    ("motdepasse", "secret.password", Value::Any),
    ("contrase\u{f1}a", "secret.password", Value::Any),
    ("wachtwoord", "secret.password", Value::Any),
    ("l\u{f6}senord", "secret.password", Value::Any),
    ("salasana", "secret.password", Value::Any),
    ("pwd", "secret.password", Value::Any),
    ("secretaccesskey", "secret.aws-secret-key", Value::Opaque(40)),
    ("awssecretkey", "secret.aws-secret-key", Value::Opaque(40)),
    ("awssessiontoken", "secret.aws-session-token", Value::Opaque(40)),
    ("accountkey", "secret.azure-storage-key", Value::Opaque(40)),
    ("sharedaccesskey", "secret.azure-access-key", Value::Opaque(40)),
    ("sharedaccesssignature", "secret.azure-sas", Value::Opaque(40)),
    ("ocpapimsubscriptionkey", "secret.azure-api-key", Value::Opaque(32)),
    ("sig", "secret.azure-sas", Value::Opaque(40)),
    ("clientsecret", "secret.client-secret", Value::Opaque(8)),
    ("secretkey", "secret.secret-key", Value::Opaque(16)),
    ("privatekey", "secret.private-key", Value::Opaque(32)),
    ("apikey", "secret.api-key", Value::Opaque(16)),
    ("accesskey", "secret.access-key", Value::Opaque(16)),
    ("accesstoken", "secret.access-token", Value::Opaque(16)),
    ("refreshtoken", "secret.refresh-token", Value::Opaque(16)),
    ("authtoken", "secret.access-token", Value::Opaque(16)),
    ("bottoken", "secret.access-token", Value::Opaque(16)),
    ("secret", "secret.shared-secret", Value::Opaque(16)),
    ("token", "secret.access-token", Value::Opaque(20)),
];

/// The secret whose name ends before the `=` or `:` at `sign`.
pub(crate) fn assigned(text: &str, sign: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let &(_, kind, expected) = name(bytes, sign)?;
    let gap = run_end(bytes, sign + 1, GAP_MAX, |byte| matches!(byte, b' ' | b'\t' | b'=' | b'>'));
    let (start, end) = value(text, gap, expected)?;
    Some(finding(start, end, kind, 88))
}

fn name(text: &[u8], sign: usize) -> Option<&'static (&'static str, &'static str, Value)> {
    let end =
        run_start(text, sign, GAP_MAX, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'`' | b'*'));
    // All names end in one of these; most signs are behind other words.
    if !matches!(before(text, end).to_ascii_lowercase(), b'd' | b't' | b'e' | b'a' | b'y' | b'n' | b'g') {
        return None;
    }
    let mut name = [0u8; NAME_MAX];
    let mut length = 0;
    let window = text.get(end.saturating_sub(NAME_MAX)..end)?;
    // From the back, so that the bound cuts off the beginning.
    for &byte in window.iter().rev() {
        match byte {
            b'_' | b'-' | b'.' | b' ' => continue,
            _ if !byte.is_ascii_alphanumeric() && byte < 0x80 => break,
            _ => {}
        }
        *name.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    let name = name.get(..length)?;
    NAMES.iter().find(|(ending, _, _)| {
        name.len() >= ending.len() && ending.bytes().rev().zip(name).all(|(expected, &byte)| expected == byte)
    })
}

/// The value that starts at `from`, perhaps in quotes.
fn value(text: &str, from: usize, expected: Value) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let start = run_end(bytes, from, GAP_MAX, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b'`'));
    let quoted = start > from;
    let rest = bytes.get(start..)?;
    if is_placeholder(rest) {
        return None;
    }
    let end = run_end(bytes, start, VALUE_MAX, |byte| match byte {
        b'"' | b'\'' | b'`' => false,
        b' ' | b'\t' | b',' => quoted,
        b'\n' | b'\r' | b';' | b'&' | b'<' | b'>' => false,
        _ => true,
    });
    let end = text.floor_char_boundary(end);
    // What closes a sentence or a bracket around it.
    let end = run_start(bytes, end, end - start, |byte| {
        !quoted && matches!(byte, b'.' | b')' | b']' | b'}' | b'\\')
    })
    .max(start);
    let value = bytes.get(start..end)?;
    let counts = match expected {
        Value::Any => value.len() >= 3 && !TYPES.iter().any(|word| value.eq_ignore_ascii_case(word)),
        Value::Opaque(least) => {
            value.len() >= least && value.iter().any(u8::is_ascii_digit) && !value.contains(&b' ')
        }
    };
    (counts && value.first() != value.get(1).filter(|_| value.iter().all(|byte| Some(byte) == value.first())))
        .then_some((start, end))
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
];

/// `${VAR}`, `$VAR`, `<your password>`, `{{ x }}`, `%s`, `***`, `os.environ[…]`, `process.env.X`, and what
/// this gateway itself puts in.
fn is_placeholder(value: &[u8]) -> bool {
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
    OPENINGS.iter().any(|opening| has_word(value, 0, opening))
}

/// The secret behind a word for it that ends at about `word`, with a verb between: `is`, `lautet`, `est`.
/// A value in prose must be in quotes or look like one, because the next word may be `very`.
pub(crate) fn spoken(text: &str, word: usize) -> Option<(usize, usize)> {
    const VERBS: &[&[u8]] = &[b"is ", b"ist ", b"lautet ", b"est ", b"es ", b"was ", b"war "];
    let bytes = text.as_bytes();
    let end = run_end(bytes, word, 4, |byte| byte.is_ascii_alphabetic());
    let gap = run_end(bytes, end, GAP_MAX, |byte| byte == b' ');
    let verb = VERBS.iter().find(|verb| has_word(bytes, gap, verb))?;
    let from = run_end(bytes, gap + verb.len(), GAP_MAX, |byte| matches!(byte, b' ' | b':'));
    let (start, end) = value(text, from, Value::Any)?;
    let value = bytes.get(start..end)?;
    let telling =
        value.iter().any(|byte| !byte.is_ascii_alphabetic() && !byte.is_ascii_whitespace() && *byte < 0x80);
    (start > from || telling).then_some((start, end))
}

/// The user and the password in `scheme://user:password@host`; `colon` is the one before the slashes.
pub(crate) fn userinfo(text: &[u8], colon: usize) -> Option<Finding> {
    let start = colon + 3;
    if !text.get(colon..)?.starts_with(b"://") || !before(text, colon).is_ascii_alphanumeric() {
        return None;
    }
    let end = run_end(text, start, USERINFO_MAX, |byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
    });
    let authority = text.get(start..end)?;
    let sign = authority.iter().rposition(|&byte| byte == b'@')?;
    let (user, _host) = authority.split_at_checked(sign)?;
    let password = user.iter().position(|&byte| byte == b':').and_then(|colon| user.get(colon + 1..))?;
    (!password.is_empty() && !is_placeholder(password))
        .then(|| finding(start, start + sign, "secret.url-credentials", 94))
}

/// A Telegram bot's token: the bot's number, a colon, `AA` and 33 more.
pub(crate) fn telegram(text: &[u8], colon: usize) -> Option<Finding> {
    if at(text, colon + 1) != b'A' || at(text, colon + 2) != b'A' {
        return None;
    }
    let start = run_start(text, colon, 11, |byte| byte.is_ascii_digit());
    let end =
        run_end(text, colon + 1, 36, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let fits = (8..=10).contains(&(colon - start)) && end - colon == 36 && starts_word(text, start);
    fits.then(|| finding(start, end, "secret.telegram-bot-token", 95))
}
