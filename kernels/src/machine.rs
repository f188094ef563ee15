//! What machines write that looks like numbers of persons: UUIDs, dates and times.
//!
//! Invariant: only a text of exactly that form is one, and what stands in it is chance.

use crate::bytes::{at, before, ends_word, run_end, run_start, starts_word};
use crate::digits::is_separator;

/// RFC 9562 4: 8-4-4-4-12 hexadecimal digits.
const UUID: usize = 36;
/// Its letters and digits, a bit each.
const UUID_WORDS: u64 = 0xff | 0xf << 9 | 0xf << 14 | 0xf << 19 | 0xfff << 24;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// RFC 3339 5.6: `2026-11-28T10:49`, and its digits, a bit each.
const TIME: usize = 16;
const TIME_DIGITS: u64 = 0b1101_1011_0110_1111;
/// `2026-11-28` and `28.11.2026`, and the digits of each; a time starts as the first of them.
pub(crate) const DATE: usize = 10;
const YEAR_FIRST: u64 = 0b11_0110_1111;
const YEAR_LAST: u64 = 0b11_1101_1011;

/// Where the UUID ends that is the word at `start`, of which `words` are the letters and digits, a bit each.
#[inline]
pub(crate) fn uuid(text: &[u8], start: usize, words: u64) -> Option<usize> {
    let end = start + UUID;
    if words & ((1 << (UUID + 1)) - 1) != UUID_WORDS || is_of_uuid(at(text, end)) {
        return None;
    }
    is_uuid(text.get(start..end)?).then_some(end)
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == UUID
        && bytes.iter().enumerate().all(|(place, &byte)| {
            if HYPHENS.contains(&place) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

#[inline]
fn is_of_uuid(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b'-'
}

/// Does `start..end` stand in a UUID, of which only a part may be the word?
#[inline]
pub(crate) fn is_inside_uuid(text: &[u8], start: usize, end: usize) -> bool {
    // Most often neither is one.
    (is_of_uuid(before(text, start)) || is_of_uuid(at(text, end))) && is_inside_uuid_of(text, start, end)
}

#[cold]
fn is_inside_uuid_of(text: &[u8], start: usize, end: usize) -> bool {
    let first = run_start(text, start, UUID, is_of_uuid);
    let last = run_end(text, end, UUID, is_of_uuid);
    last - first == UUID && text.get(first..last).is_some_and(is_uuid)
}

/// May a date or a time start where these digits do, a bit each?
#[inline]
pub(crate) fn may_be_moment(digits: u64) -> bool {
    matches!(digits & ((1 << (DATE + 1)) - 1), YEAR_FIRST | YEAR_LAST)
}

/// Where the date or the time ends that starts at `start`, if it does; `digits` are the digits from there on, a bit each.
pub(crate) fn moment(text: &[u8], start: usize, digits: u64) -> Option<usize> {
    if digits & ((1 << (TIME + 1)) - 1) == TIME_DIGITS {
        return time(text, start);
    }
    match digits & ((1 << (DATE + 1)) - 1) {
        YEAR_FIRST => date(text, start, |[a, b, _, _, first, c, d, second, e, f]| {
            [[a, b], [c, d], [e, f], [first, second]]
        }),
        YEAR_LAST => date(text, start, |[c, d, first, e, f, second, a, b, _, _]| {
            [[a, b], [c, d], [e, f], [first, second]]
        }),
        _ => None,
    }
}

/// `2026-11-28`, `28.11.2026`, `11/28/2026`, alone; `parts` gives its century, its other two numbers and its marks.
fn date(text: &[u8], start: usize, parts: impl Fn([u8; DATE]) -> [[u8; 2]; 4]) -> Option<usize> {
    let [century, one, other, [first, second]] = parts(*text.get(start..)?.first_chunk()?);
    let days = [one, other].map(two);
    let is_date = first == second
        && matches!(first, b'-' | b'.' | b'/')
        && is_century(century)
        && days.iter().all(|part| (1..=31).contains(part))
        && days.iter().any(|part| *part <= 12);
    let end = start + DATE;
    let goes_on = is_separator(at(text, end)) && at(text, end + 1).is_ascii_digit();
    (is_date && stands_alone(text, start) && ends_word(text, end) && !goes_on).then_some(end)
}

/// `2026-11-28T10:49`, perhaps with seconds, a fraction of them, and an offset. RFC 3339 5.6 lets a blank stand for the
/// `T`.
fn time(text: &[u8], start: usize) -> Option<usize> {
    let &[a, b, _, _, b'-', m, month, b'-', d, day, b'T' | b't' | b' ', h, hour, b':', minute, _] =
        text.get(start..)?.first_chunk::<TIME>()?
    else {
        return None;
    };
    let is_time = is_century([a, b])
        && (1..=12).contains(&two([m, month]))
        && (1..=31).contains(&two([d, day]))
        && two([h, hour]) <= 24
        && minute < b'6';
    (is_time && stands_alone(text, start)).then(|| time_end(text, start + TIME))
}

/// Of the last century or of this one.
fn is_century(digits: [u8; 2]) -> bool {
    matches!(&digits, b"19" | b"20")
}

fn two([tens, ones]: [u8; 2]) -> u8 {
    10 * (tens - b'0') + ones - b'0'
}

/// Does nothing stand before `start` that may begin a telephone number or a word?
fn stands_alone(text: &[u8], start: usize) -> bool {
    !matches!(before(text, start), b'+' | b'(' | b'<') && starts_word(text, start)
}

/// Behind the seconds and the offset of a time whose minutes end at `end`.
fn time_end(text: &[u8], end: usize) -> usize {
    let digits = |from: usize| run_end(text, from, 10, |byte| byte.is_ascii_digit());
    let mut end = end;
    if at(text, end) == b':' && digits(end + 1) == end + 3 {
        end += 3;
        if matches!(at(text, end), b'.' | b',') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
    }
    let minutes = if at(text, end + 3) == b':' { end + 4 } else { end + 3 };
    let is_offset = matches!(at(text, end), b'+' | b'-')
        && digits(end + 1) == if minutes == end + 3 { end + 5 } else { end + 3 }
        && digits(minutes) == minutes + 2;
    if is_offset { minutes + 2 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use crate::digits::mask;

    #[test]
    fn a_moment_is_a_date_alone_or_ends_behind_its_seconds_and_its_offset() {
        for (text, length) in [
            ("2026-11-28T10:49", Some(16)),
            ("2026-11-28 10:49 o'clock", Some(16)),
            ("2026-11-28T10:49:46", Some(19)),
            ("2026-11-28T10:49:46Z", Some(19)),
            ("2026-11-28t10:49:46.123456Z", Some(26)),
            ("2026-11-28T10:49:46,123+01:00", Some(29)),
            ("2026-11-28T10:49+0100", Some(21)),
            ("2026-11-28 10:49 +44 20 7946 0958", Some(16)),
            ("2026-11-28 10:49+442079460958", Some(16)),
            ("2026-11-28 10:49.192", Some(16)),
            ("2026-13-28T10:49", None),
            ("2026-11-32T10:49", None),
            ("2026-11-28T25:49", None),
            ("2026-11-28T10:60", None),
            ("2026-11-28T10-49", None),
            ("2026-11-28-10:49", None),
            ("2026-11-2810:49", None),
            ("4111-11-11 11:11", None),
            ("2026-11-28T10:4946", None),
            ("2026-11-28", Some(10)),
            ("28.11.2026;", Some(10)),
            ("11/28/2026", Some(10)),
            ("2026-11-28\n1234", Some(10)),
            ("2026-11-28 1234", None),
            ("2026-11-28.12", None),
            ("2026-11-28X", None),
            ("28/11.2026", None),
            ("28.13.2026", None),
            ("13.13.2026", None),
            ("28.11.2126", None),
            ("2026-11-32", None),
        ] {
            let digits = mask(text.as_bytes(), 0, u8::is_ascii_digit);
            assert_eq!(moment(text.as_bytes(), 0, digits), length, "{text}");
        }
    }

    fn kinds(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        Engine::cpu().scan(text, &mut found);
        found.iter().map(|found| found.kind).collect()
    }

    #[test]
    fn nothing_stands_in_a_uuid_or_a_time() {
        for text in [
            "id 4b2a05d1-bd76-14bc-2ba1-5f39749b65e2",
            "\"uuid\": \"85073003-3285-4123-8507-300332850730\"",
            "at 2026-11-28 10:49:46.123456 it rained",
            "from 2026-11-28T10:49:46Z to 2026-11-28T10:49:46Z",
        ] {
            assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn what_stands_beside_a_uuid_or_a_time_is_found() {
        for (text, expected) in [
            ("4b2a05d1-bd76-14bc-2ba1-5f39749b65e2 192.0.2.17", vec!["ip.v4"]),
            ("2026-11-28T10:49:46.123 192.0.2.17", vec!["ip.v4"]),
            ("2026-11-28 10:49 +44 20 7946 0958", vec!["phone"]),
            ("{\"birthDate\":\"1980-03-20T00:00:00Z\"}", vec!["date_of_birth"]),
            ("{\"birthDate\":\"1980-03-20\"}", vec!["date_of_birth"]),
            ("{\"birthDate\":null,\"created_at_by_the_system\":\"1980-03-20T00:00:00Z\"}", vec![]),
            ("2026-11-28 756.9217.0769.85", vec!["ch.ssn"]),
            ("password is 4b2a05d1-bd76-14bc-2ba1-5f39749b65e2.", vec!["secret.password"]),
            ("BE685390-0754-7034-0000-000000000000", vec!["iban"]),
            ("password is 85073003-3285-4123-8507-300332850730.", vec!["secret.password"]),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }
}
