//! Secrets without a form of their own, known by the name before them: `password=…`, `AccountKey=…`,
//! `the password is …`.
//!
//! Invariant: a place holder, a variable or the name of a type is no secret; everything else behind a
//! name that says `password` is one, however weak.

use super::names::{NAME_MAX, Name, Value, is_mark, issuer, known, may_end};
use super::shape::{decode, is_random, position};
use super::{finding, lanes};
use crate::Finding;
use crate::bytes::{at, before, has_word, last, run_end, run_start};

/// How far a value is read, in bytes.
const VALUE_MAX: usize = 4096;
/// How far one in quotes is read, which may hold blanks, and may be prose behind a lost quote.
const QUOTED_MAX: usize = 512;
/// How much of a value must look random.
const HEAD: usize = 24;
/// Quotes, blanks and escapes between a name and its value.
const GAP_MAX: usize = 8;

/// Where the name before the `=` or `:` at `sign` ends.
#[inline]
pub(super) fn name_end(text: &[u8], sign: usize) -> usize {
    run_start(text, sign, GAP_MAX, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b'`' | b'*'))
}

/// The secret whose name ends before the `=` or `:` at `sign`.
pub(super) fn assigned(text: &[u8], sign: usize) -> Option<Finding> {
    let end = name_end(text, sign);
    let &Name { name, kind, value: expected, .. } = known(text, end)?;
    if matches!(expected, Value::Opaque(_) | Value::OfIssuer(_))
        && !lanes::may_be_digit_behind(text, sign + 1)
    {
        return None;
    }
    let gap = run_end(text, sign + 1, GAP_MAX, |byte| matches!(byte, b' ' | b'\t' | b'=' | b'>'));
    let name_end = end;
    let (start, end) = value(text, gap, expected)?;
    if matches!(expected, Value::Telling) && start == gap && !is_telling(text.get(start..end)?) {
        return None;
    }
    let kind = match expected {
        Value::Any | Value::Telling => password_kind(text, sign, kind),
        Value::Opaque(_) => by_value(text, sign, kind, text.get(start..end)?)
            .or_else(|| issuer_before(text, name_end).filter(|_| ISSUED.contains(&name)))
            .unwrap_or(kind),
        Value::OfIssuer(_) => issuer_before(text, name_end)?,
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
fn spell<'b>(text: &[u8], end: usize, buffer: &'b mut [u8; NAME_MAX]) -> &'b [u8] {
    let start =
        run_start(text, end, NAME_MAX, |byte| byte.is_ascii_alphanumeric() || byte >= 0x80 || is_mark(byte));
    let letters = text.get(start..end).unwrap_or_default().iter().filter(|byte| !is_mark(**byte));
    let mut length = 0;
    for (slot, byte) in buffer.iter_mut().zip(letters) {
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    buffer.get(..length).unwrap_or_default()
}

/// The kind that belongs to the issuer in the name that ends at `end`.
fn issuer_before(text: &[u8], end: usize) -> Option<&'static str> {
    issuer(spell(text, end, &mut [0; NAME_MAX]))
}

/// A password of JDBC and ODBC stands in a string that begins with their name.
fn password_kind(text: &[u8], sign: usize, kind: &'static str) -> &'static str {
    let window = text.get(sign.saturating_sub(200)..sign).unwrap_or_default();
    let line = memchr::memrchr3(b'\n', b'"', b'\'', window).map_or(0, |end| end + 1);
    let before = window.get(line..).unwrap_or_default();
    let mut braces = memchr::memchr_iter(b'{', before);
    if position(before, b"jdbc:").is_some() {
        "secret.jdbc-password"
    } else if braces.any(|brace| [*b"Driver=", *b"DRIVER="].contains(&last(before, brace))) {
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
        Value::Any | Value::Telling => value.len() >= 3 && !says_nothing(value),
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

/// Is it more than a word: has it a digit or a sign?
fn is_telling(value: &[u8]) -> bool {
    value.iter().any(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic() && !byte.is_ascii_whitespace())
}

/// Is it the name of a type, or a word about a password?
fn says_nothing(value: &[u8]) -> bool {
    value.len() <= 16 && TYPES.iter().any(|word| value.eq_ignore_ascii_case(word))
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
    b"wrong",
    b"incorrect",
    b"invalid",
    b"missing",
    b"expired",
    b"erforderlich",
    b"falsch",
    b"ung\xc3\xbcltig",
    b"abgelaufen",
    b"obligatoire",
    b"requis",
    b"incorrecta",
    b"requerida",
    b"obrigat\xc3\xb3ria",
    b"obbligatoria",
    b"verplicht",
    b"onjuist",
    b"wymagane",
    b"xxxx",
    b"your-password",
    b"your_password",
    b"yourpassword",
];

/// `${VAR}`, `$VAR`, `<your password>`, `{{ x }}`, `%s`, `***`, `os.environ[…]`, `process.env.X`, and what
/// this gateway itself puts in. Not the marks of a hash: `{SSHA}…`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    const HASHES: &[&[u8]] = &[b"{ssha", b"{sha", b"{crypt", b"{smd5", b"{pbkdf2"];
    let openings: &[&[u8]] = match at(value, 0).to_ascii_lowercase() {
        b'$' => &[b"${", b"$("],
        b'<' => return true,
        b'{' => return !HASHES.iter().any(|opening| has_word(value, 0, opening)),
        b'[' => &[b"[credentials]"],
        b'%' => &[b"%(", b"%s"],
        b'*' => &[b"***"],
        b'.' => &[b"..."],
        b'o' => &[b"os."],
        b'p' => &[b"process.env"],
        b'g' => &[b"getenv", b"getpass"],
        b'e' => &[b"env("],
        _ => return false,
    };
    openings.iter().any(|opening| has_word(value, 0, opening))
}

/// The password that prose tells, whose first digits or long word is at `place`: `the password is
/// hunter2`, `login anna password hunter2`.
pub(super) fn spoken(text: &[u8], place: usize) -> Option<Finding> {
    let (value_start, end) = value_before(text, place)?;
    let kind = told(text, end)?;
    let (start, end) = value(text, value_start, Value::Any)?;
    let value = text.get(start..end)?;
    (start > value_start || is_telling(value)).then(|| finding(start, end, kind, 90))
}

/// May prose tell a password at `place`?
#[inline]
pub(super) fn may_be_spoken(text: &[u8], place: usize) -> bool {
    match last::<2>(text, place) {
        // Most often a blank stands before the digits, and another word before it.
        [b' ' | b':', b' '] => {}
        [_, b' '] => return may_be_told(text, place - 1),
        _ if is_behind_digit(text, place) => return false,
        // Nor where no word can end so near.
        _ if !lanes::may_be_before::<48>(text, place, b' ', b':') => return false,
        _ => {}
    }
    value_before(text, place).is_some_and(|(_, end)| may_be_told(text, end))
}

/// Is a digit the nearest before `place` of what ends the head of a value?
#[inline]
fn is_behind_digit(text: &[u8], place: usize) -> bool {
    let Some(bytes) = lanes::eight_before(text, place) else { return false };
    let ends = lanes::below(bytes, b'(') | lanes::equal(bytes, b'\\') | lanes::equal(bytes, b'`');
    // The nearest is the highest.
    lanes::digits(bytes) > ends
}

/// Where the value starts whose first digits or long word is at `place`, and where the words before it
/// end.
fn value_before(text: &[u8], place: usize) -> Option<(usize, usize)> {
    const VALUE_HEAD: usize = 32;
    const _: () = assert!(VALUE_HEAD + 2 < 48);
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'\\' | b'`');
    let head = run_start(text, place, VALUE_HEAD, |byte| {
        !byte.is_ascii_whitespace() && !byte.is_ascii_digit() && !is_quote(byte)
    });
    let value_start = run_start(text, head, 2, is_quote);
    let end = run_start(text, value_start, GAP_MAX, |byte| matches!(byte, b' ' | b':'));
    (end < value_start).then_some((value_start, end))
}

/// May they be the last letters of a verb, or of `password`: of one of [`words_before`]?
#[inline]
pub(crate) fn may_end_telling(letters: [u8; 2]) -> bool {
    matches!(
        letters.map(|byte| byte | 0x20),
        [b'i' | b'e' | b'a', b's'] | [b's' | b'e', b't'] | [b'a', b'r'] | [b'r', b'd']
    )
}

/// May the words that end at `end` tell that a password follows?
#[inline]
fn may_be_told(text: &[u8], end: usize) -> bool {
    if !may_end_telling(last(text, end)) {
        return false;
    }
    match words_before(text, end) {
        Some(Words::Verb(length)) => may_end(text, name_before(text, end - length)),
        Some(Words::Password) => true,
        None => false,
    }
}

/// The last of the words before a value.
enum Words {
    /// So many bytes with the blank before it.
    Verb(usize),
    Password,
}

#[inline]
fn words_before(text: &[u8], end: usize) -> Option<Words> {
    match last(text, end).map(|byte| byte.to_ascii_lowercase()) {
        // is, es
        [_, b' ', b'i' | b'e', b's'] => Some(Words::Verb(3)),
        // ist, est, was, war
        [b' ', b'i' | b'e', b's', b't'] | [b' ', b'w', b'a', b's' | b'r'] => Some(Words::Verb(4)),
        [b'u', b't', b'e', b't'] => ends_in(text, end, b" lautet").then_some(Words::Verb(7)),
        [b'w', b'o', b'r', b'd'] => ends_in(text, end, b" password").then_some(Words::Password),
        _ => None,
    }
}

fn ends_in(text: &[u8], end: usize, word: &[u8]) -> bool {
    end.checked_sub(word.len()).is_some_and(|start| has_word(text, start, word))
}

/// Where the name before a verb ends, which starts at `verb`.
#[inline]
fn name_before(text: &[u8], verb: usize) -> usize {
    run_start(text, verb, GAP_MAX, |byte| byte == b' ')
}

/// The kind of what follows the words that end at `end`.
fn told(text: &[u8], end: usize) -> Option<&'static str> {
    match words_before(text, end)? {
        Words::Verb(length) => {
            is_password(text, name_before(text, end - length)).then_some("secret.password")
        }
        Words::Password => {
            // netrc(5): `machine host login user password value`.
            let window = text.get(end.saturating_sub(160)..end)?;
            let netrc = position(window, b"machine ").is_some() && position(window, b"login ").is_some();
            netrc.then_some("secret.netrc-password")
        }
    }
}

/// Does the name of a password end at `end`?
fn is_password(text: &[u8], end: usize) -> bool {
    known(text, end).is_some_and(|name| name.kind == "secret.password")
}

/// May a password start with the quote at `quote`: is a name for one the last word before it, or the
/// last but one?
#[inline]
pub(super) fn may_be_quoted(text: &[u8], quote: usize) -> bool {
    let end = run_start(text, quote, GAP_MAX, |byte| matches!(byte, b' ' | b':'));
    let last = before(text, end);
    // The name of a member of JSON ends in a quote.
    end < quote
        && (last.is_ascii_alphabetic() || last >= 0x80)
        && (may_end(text, end) || may_end(text, word_before(text, end)))
}

/// Where the word before the one that ends at `end` ends.
#[inline]
fn word_before(text: &[u8], end: usize) -> usize {
    const VERB_MAX: usize = 12;
    name_before(text, run_start(text, end, VERB_MAX, |byte| byte.is_ascii_alphabetic() || byte >= 0x80))
}

/// The password that prose tells in the quotes that open at `quote`: any word counts there.
pub(super) fn quoted(text: &[u8], quote: usize) -> Option<Finding> {
    /// Between the name and what it is.
    const VERBS: &[&str] = &[
        "is",
        "was",
        "ist",
        "war",
        "lautet",
        "est",
        "es",
        "era",
        "\u{e8}",
        "\u{e9}",
        "to",
        "brzmi",
        "je",
        "\u{e4}r",
        "er",
        "var",
        "on",
        "oli",
        "este",
        "yra",
        "ir",
        "\u{435}",
        "\u{3b5}\u{3af}\u{3bd}\u{3b1}\u{3b9}",
    ];
    let end = run_start(text, quote, GAP_MAX, |byte| matches!(byte, b' ' | b':'));
    let verb = run_start(text, end, 12, |byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    let word = text.get(verb..end)?;
    let told = is_password(text, end)
        || VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb.as_bytes()))
            && is_password(text, name_before(text, verb));
    told.then_some(())?;
    let (start, end) = value(text, quote, Value::Any)?;
    // A quote that nothing closes opens no password.
    (at(text, end) == at(text, quote)).then(|| finding(start, end, "secret.password", 90))
}
