//! E-mail addresses (RFC 5322 dot-atom and quoted local parts, RFC 6531 letters of all scripts).
//!
//! Invariant: what a mail server would deliver to is inside the span; quotes, brackets and the full stop
//! around it are not.

use crate::anchors::Around;
use crate::bytes::{at, before, run_end, run_start};
use crate::{Finding, Label};

/// RFC 5321 4.5.3.1.1, in bytes.
const LOCAL_MAX: usize = 64;
/// RFC 5321 4.5.3.1.2, in bytes.
const DOMAIN_MAX: usize = 255;

/// The address around the `@` at `sign`.
#[inline]
pub(crate) fn find(text: &str, sign: usize) -> Option<Finding> {
    if !has_edges(text.as_bytes(), sign) {
        return None;
    }
    Some(address(local_start(text, sign)?, domain_end(text, sign + 1)?))
}

fn address(start: usize, end: usize) -> Finding {
    Finding { start, end, label: Label::Email, kind: "email", country: None, score: 95 }
}

/// As [`find`], where the classes of the bytes around the `@` are known: most addresses are letters and digits with
/// single marks between them, and are passed a word at a time.
#[inline]
pub(crate) fn find_around(text: &str, sign: usize, around: Around<'_>) -> Option<Finding> {
    let bytes = text.as_bytes();
    match plain_end(bytes, sign + 1, around) {
        Plain::Ends(end) => match plain_start(bytes, sign, around) {
            Some(start) => Some(address(start, end)),
            None => find(text, sign),
        },
        Plain::IsNone => None,
        Plain::Unknown => find(text, sign),
    }
}

/// What a name is for a reader of letters, digits and dots.
enum Plain {
    Ends(usize),
    /// No label but the first may be a top level, and nothing follows that could be more of it.
    IsNone,
    Unknown,
}

/// Where a local part starts that is words with single dots, hyphens, `_` or `+` between them.
#[inline]
fn plain_start(text: &[u8], sign: usize, around: Around<'_>) -> Option<usize> {
    let mut words = around.letters_behind() | around.digits_behind();
    let mut length = 0;
    loop {
        let word = words.leading_ones();
        length += word;
        // A longer one is read byte by byte.
        if word == 0 || length as usize >= LOCAL_MAX - 1 {
            return None;
        }
        let start = sign.checked_sub(length as usize)?;
        let mark = before(text, start);
        if class(mark) & (LOCAL | QUOTE | HIGH) == 0 {
            return Some(start);
        }
        if !matches!(mark, b'.' | b'-' | b'_' | b'+') {
            return None;
        }
        length += 1;
        words = words.unbounded_shl(word + 1);
    }
}

/// Where a name of labels of letters and digits ends: behind the last of them that may be a top level.
#[inline]
fn plain_end(text: &[u8], from: usize, around: Around<'_>) -> Plain {
    let (mut letters, mut digits) = (around.letters() >> 1, around.digits() >> 1);
    let (mut end, mut top) = (from, None);
    loop {
        let length = (letters | digits).trailing_ones();
        end += length as usize;
        if end - length as usize > from && length >= 2 && letters.trailing_ones() == length {
            top = Some(end);
        }
        let next = at(text, end);
        if next != b'.' || length == 0 {
            // What is behind the 64 bytes has no class here, and is read byte by byte.
            let stops = class(next) & (HOST | HIGH) == 0;
            return if stops { top.map_or(Plain::IsNone, Plain::Ends) } else { Plain::Unknown };
        }
        (letters, digits) = (letters.unbounded_shr(length + 1), digits.unbounded_shr(length + 1));
        end += 1;
    }
}

/// May the bytes beside the `@` at `sign` be those of an address?
#[inline]
pub(crate) fn has_edges(bytes: &[u8], sign: usize) -> bool {
    let (left, right) = (before(bytes, sign), at(bytes, sign + 1));
    class(left) & (LOCAL | QUOTE | HIGH) != 0 && left != b'.' && class(right) & (ALNUM | HIGH) != 0
}

/// May an address stand around the `@` at `sign`, for a reader of ASCII (`cuda/email.cuh`)? The same as
/// [`find`] where all that it reads is ASCII, and true where another letter is among it.
#[cfg(test)]
pub(crate) fn may_stand(text: &str, sign: usize) -> bool {
    let bytes = text.as_bytes();
    let mark = run_start(bytes, sign, LOCAL_MAX - 1, |byte| b".!#$%&'*/=?^`{|}~".contains(&byte));
    let foreign_local = before(bytes, mark) >= 0x80 && !b"=/&?|".contains(&before(bytes, sign));
    let name = bytes
        .get(sign + 1..run_end(bytes, sign + 1, DOMAIN_MAX, |byte| class(byte) & (HOST | HIGH) != 0))
        .unwrap_or_default();
    has_edges(bytes, sign)
        && (foreign_local || local_start(text, sign).is_some())
        && (!name.is_ascii() || domain_end(text, sign + 1).is_some())
}

/// Classes of bytes.
const ALNUM: u8 = 1;
/// RFC 5322 atext, and the dot.
const LOCAL: u8 = 1 << 1;
/// Of those, what stands before an address in prose, code and URLs rather than in it.
const EDGE: u8 = 1 << 2;
/// In `to=anna@example.org` and `mail/anna@example.org` the address starts behind the mark.
const ASSIGNS: u8 = 1 << 3;
/// In the name of a host.
const HOST: u8 = 1 << 4;
const QUOTE: u8 = 1 << 5;
/// A part of a character outside ASCII.
const HIGH: u8 = 1 << 6;

const CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        table[index] = match index as u8 {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => ALNUM | LOCAL | HOST,
            b'-' => LOCAL | HOST,
            b'_' | b'+' => LOCAL,
            b'.' => LOCAL | EDGE | HOST,
            b'=' | b'/' | b'&' | b'?' | b'|' => LOCAL | EDGE | ASSIGNS,
            b'!' | b'#' | b'$' | b'%' | b'\'' | b'*' | b'^' | b'`' | b'{' | b'}' | b'~' => LOCAL | EDGE,
            b'"' => QUOTE,
            0x80.. => HIGH,
            _ => 0,
        };
        index += 1;
    }
    table
}

#[inline]
fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Atext, and letters beyond ASCII. Chinese and Japanese stand beside an address without a space and are
/// not read as part of it.
fn is_local(letter: char) -> bool {
    letter.is_ascii() && class(u8::try_from(letter).unwrap_or(0)) & LOCAL != 0
        || (letter > '\u{bf}' && letter < '\u{2000}' && letter.is_alphanumeric())
}

fn local_start(text: &str, sign: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if before(bytes, sign) == b'"' {
        return quoted_start(bytes, sign - 1);
    }
    let plain = run_start(bytes, sign, LOCAL_MAX, |byte| class(byte) & LOCAL != 0);
    let mut start = if before(bytes, plain) >= 0x80 { foreign_start(text, sign)? } else { plain };
    while start < sign && class(at(bytes, start)) & EDGE != 0 {
        start += 1;
    }
    start = after_assignment(bytes, start, sign);
    (start < sign).then_some(start)
}

/// The start of a local part with letters beyond ASCII.
fn foreign_start(text: &str, sign: usize) -> Option<usize> {
    let letters = text.get(..sign)?.char_indices().rev();
    // Too long for an address, but not too long for a person: the last part is reported.
    let local = letters.take_while(|&(index, letter)| is_local(letter) && sign - index <= LOCAL_MAX);
    Some(local.last().map_or(sign, |(index, _)| index))
}

/// Behind the last mark that assigns.
fn after_assignment(text: &[u8], start: usize, sign: usize) -> usize {
    run_start(text, sign, sign - start, |byte| class(byte) & ASSIGNS == 0)
}

/// `"anna maria"@example.org`
fn quoted_start(text: &[u8], quote: usize) -> Option<usize> {
    let window = text.get(quote.saturating_sub(LOCAL_MAX)..quote)?;
    let open = quote - window.iter().rev().position(|&byte| byte == b'"')? - 1;
    (quote - open > 1).then_some(open)
}

/// A name of at least two labels whose last has two letters or more; of a longer run the longest such.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = run_end(bytes, start, DOMAIN_MAX, |byte| class(byte) & HOST != 0);
    if at(bytes, end) >= 0x80 {
        return foreign_domain_end(text, start);
    }
    let name = bytes.get(start..end)?;
    // Nearly all names end in a dot and letters; those that do not are read like those of all scripts.
    let top = run_start(name, name.len(), name.len(), |byte| byte.is_ascii_alphabetic());
    let host = name.get(..top.checked_sub(1)?)?;
    let plain = name.len() - top >= 2 && before(name, top) == b'.' && is_ascii_host(host);
    if plain { Some(end) } else { foreign_domain_end(text, start) }
}

/// Labels that are not empty and do not start or end with a hyphen.
fn is_ascii_host(host: &[u8]) -> bool {
    let edge = |byte: u8| matches!(byte, b'.' | b'-');
    let between = |&[left, right]: &[u8; 2]| left == b'.' && edge(right) || left == b'-' && right == b'.';
    let edges = [host.first(), host.last()];
    edges.iter().all(|byte| byte.is_some_and(|byte| !edge(*byte))) && !host.array_windows().any(between)
}

/// The same in any script.
fn foreign_domain_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = run_end(bytes, start, DOMAIN_MAX, |byte| class(byte) & (HOST | HIGH) != 0);
    let mut end = foreign_punctuation(text, start, end)?;
    loop {
        let name = text.get(start..end)?;
        let (host, top) = name.rsplit_once('.')?;
        if is_top_level(top) {
            return is_host(host).then_some(end);
        }
        end = start + host.len();
    }
}

/// Ends the name at the first character beyond ASCII that is no letter: `„`, `…`, `。`.
fn foreign_punctuation(text: &str, start: usize, end: usize) -> Option<usize> {
    // A bound may have cut a character in two.
    let end = (start..=end).rev().find(|&end| text.is_char_boundary(end))?;
    let name = text.get(start..end)?;
    let stop = name.char_indices().find(|(_, letter)| !letter.is_ascii() && !letter.is_alphanumeric());
    Some(stop.map_or(end, |(index, _)| start + index))
}

fn is_top_level(label: &str) -> bool {
    label.chars().nth(1).is_some() && label.chars().all(char::is_alphabetic)
        || label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--")) && !label.ends_with('-')
}

fn is_host(host: &str) -> bool {
    host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anchors::{self, Anchor};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn an_address_is_the_same_a_word_at_a_time_and_byte_by_byte(
            text in "([a-z]{1,3}|[a-z0-9]{1,70}|@|[.+_ -]|[=/'\"<]|é|[a-z0-9]{1,9}@[a-z0-9]{1,9}[.][a-z]{1,4}[.]?){0,24}",
        ) {
            let mut found = Vec::new();
            let visit = |sign, anchor, around: Around<'_>| {
                if anchor == Anchor::Mark(b'@') && has_edges(text.as_bytes(), sign) {
                    found.push((find_around(&text, sign, around), find(&text, sign)));
                }
                0
            };
            anchors::each(crate::simd::best().0, text.as_bytes(), visit, |_, _| {});
            for (by_words, by_bytes) in found {
                prop_assert_eq!(by_words, by_bytes);
            }
        }
    }

    fn address(text: &str) -> Option<&str> {
        let found = find(text, text.find('@')?)?;
        text.get(found.start..found.end)
    }

    #[test]
    fn the_address_is_found_without_what_is_around_it() {
        for (text, expected) in [
            ("anna@example.org", Some("anna@example.org")),
            ("<anna.b+c@mail.example.co.uk>,", Some("anna.b+c@mail.example.co.uk")),
            ("'anna@example.org'.", Some("anna@example.org")),
            ("mailto:anna@example.org?subject=x", Some("anna@example.org")),
            ("https://x.test/?to=anna@example.org&a=1", Some("anna@example.org")),
            ("o'neil@example.ie", Some("o'neil@example.ie")),
            ("jörg@müller.example", Some("jörg@müller.example")),
            ("anna@xn--mller-kva.example.xn--p1ai", Some("anna@xn--mller-kva.example.xn--p1ai")),
            ("邮箱anna@example.org。谢谢", Some("anna@example.org")),
            ("„anna@example.org“", Some("anna@example.org")),
            ("\"anna maria\"@example.org", Some("\"anna maria\"@example.org")),
            ("anna@example.org.1", Some("anna@example.org")),
            ("anna@localhost", None),
            ("@example.org", None),
            ("anna@example.1", None),
            ("anna@.org", None),
            ("anna.@example.org", None),
            ("a @ b.org", None),
        ] {
            assert_eq!(address(text), expected, "{text}");
        }
    }
}
