//! Secrets that are found from a mark inside of them or behind their name.
//!
//! Invariant: each has a fixed length or alphabet around its mark.

use super::shape::{Alphabet, is_random};
use super::{around, finding, lanes};
use crate::Finding;
use crate::bytes::{at, before, has_word, run_end, run_start, starts_word};

/// Keys in base64 that say whose they are ten characters before the first `=`: the part, the length
/// before it, and the kind. Source: github.com/microsoft/security-utilities, "Identifiable keys".
const AZURE: [(&[u8], usize, &str); 12] = [
    (b"+ASt", 76, "secret.azure-storage-key"),
    (b"ACDb", 76, "secret.azure-cosmos-key"),
    (b"+ABa", 76, "secret.azure-batch-key"),
    (b"+AMC", 76, "secret.azure-ml-key"),
    (b"APIM", 76, "secret.azure-api-management-key"),
    (b"+ASb", 33, "secret.azure-service-bus-key"),
    (b"+AEh", 33, "secret.azure-event-hub-key"),
    (b"+ARm", 33, "secret.azure-relay-key"),
    (b"AIoT", 33, "secret.azure-iot-key"),
    (b"AzCa", 33, "secret.azure-redis-key"),
    (b"AzEG", 33, "secret.azure-event-grid-key"),
    (b"+ACR", 33, "secret.azure-registry-key"),
];

/// Base64 without what fills it up.
#[inline]
pub(super) fn in_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Does the mark of a service stand where that of a key that ends before `sign` would?
#[inline]
pub(super) fn may_be_azure(text: &[u8], sign: usize) -> bool {
    let part = sign.saturating_sub(10);
    match at(text, part) {
        b'+' => at(text, part + 1) == b'A',
        b'A' => matches!(at(text, part + 1), b'C' | b'P' | b'I' | b'z'),
        _ => false,
    }
}

/// A key of Azure that ends before the `=` at `sign`.
pub(super) fn azure_key(text: &[u8], sign: usize) -> Option<Finding> {
    let part = sign.checked_sub(10)?;
    may_be_azure(text, sign).then_some(())?;
    let mark = text.get(part..part + 4)?;
    let &(_, length, kind) = AZURE.iter().find(|(expected, ..)| *expected == mark)?;
    let start = run_start(text, part, length + 1, in_base64);
    let end = run_end(text, sign, 3, |byte| byte == b'=');
    let fits = part - start == length && run_end(text, part, 10, in_base64) == sign && end - sign <= 2;
    (fits && is_random(text.get(start..part)?)).then(|| finding(start, end, kind, 97))
}

/// How long base64 is that [`short_basic`] finds.
const SHORT: usize = 24;

/// Does `c ` stand before the base64 that ends before `sign`?
#[inline]
pub(super) fn may_be_basic(text: &[u8], sign: usize) -> bool {
    // Three bytes are four letters. And the run is not worth a look where it cannot end at a blank.
    if !in_base64(before(text, sign.saturating_sub(1))) || !lanes::may_be_before::<32>(text, sign, b' ', b' ')
    {
        return false;
    }
    let start = run_start(text, sign, SHORT, in_base64);
    before(text, start) == b' ' && before(text, start - 1) | 0x20 == b'c'
}

/// `Basic dTpw=`: a name and a password so short that they are no long word.
pub(super) fn short_basic(text: &[u8], sign: usize) -> Option<Finding> {
    may_be_basic(text, sign).then_some(())?;
    basic(text, run_start(text, sign, SHORT, in_base64))
}

/// Does a word that ends in `on` stand before the colon?
#[inline]
pub(super) fn may_be_authorization(text: &[u8], colon: usize) -> bool {
    let end = run_start(text, colon, 2, |byte| matches!(byte, b'"' | b'\''));
    before(text, end) | 0x20 == b'n' && before(text, end - 1) | 0x20 == b'o'
}

/// The same behind `Authorization:`, where it needs no `=` at its end.
pub(super) fn authorization(text: &[u8], colon: usize) -> Option<Finding> {
    const NAME: &[u8] = b"authorization";
    let end = run_start(text, colon, 2, |byte| matches!(byte, b'"' | b'\''));
    if !has_word(text, end.checked_sub(NAME.len())?, NAME) {
        return None;
    }
    let value = run_end(text, colon + 1, 4, |byte| matches!(byte, b' ' | b'"' | b'\''));
    basic(text, value + b"basic ".len())
}

fn basic(text: &[u8], start: usize) -> Option<Finding> {
    let first = start.checked_sub(b"basic ".len())?;
    if !has_word(text, first, b"basic ") || !starts_word(text, first) {
        return None;
    }
    around::basic(text, start).map(|end| finding(first, end, "secret.basic-credentials", 96))
}

/// A Telegram bot's token: the bot's number, a colon, `AA` and 33 more (core.telegram.org/bots/api).
pub(super) fn telegram(text: &[u8], colon: usize) -> Option<Finding> {
    if at(text, colon + 1) != b'A' || at(text, colon + 2) != b'A' {
        return None;
    }
    let start = run_start(text, colon, 11, |byte| byte.is_ascii_digit());
    let end = run_end(text, colon + 1, 36, |byte| Alphabet::Token.has(byte));
    // `api.telegram.org/bot123456789:AA…`
    let bounded = starts_word(text, start) || text.get(..start)?.ends_with(b"/bot");
    let fits = (8..=10).contains(&(colon - start)) && end - colon == 36 && bounded;
    (fits && is_random(text.get(colon + 1..end)?))
        .then(|| finding(start, end, "secret.telegram-bot-token", 97))
}

/// A client secret of Microsoft Entra around the `~` at `mark`: three characters, a digit and `Q` before,
/// 31 to 34 more after (learn.microsoft.com, "Client secrets").
pub(super) fn entra(text: &[u8], mark: usize) -> Option<Finding> {
    let has = |byte: u8| Alphabet::Dotted.has(byte) || byte == b'~';
    let start = mark.checked_sub(5)?;
    let [head @ .., b'0'..=b'9', b'Q'] = text.get(start..mark)? else { return None };
    let end = run_end(text, mark + 1, 40, has);
    let end = end - usize::from(before(text, end) == b'.');
    let fits = head.iter().all(|&byte| has(byte)) && (32..=35).contains(&(end - mark));
    (fits && is_random(text.get(mark..end)?)).then(|| finding(start, end, "secret.azure-client-secret", 96))
}
