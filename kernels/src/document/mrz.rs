//! Machine-readable zones of passports, identity cards and visas (ICAO Doc 9303 parts 3 to 7).
//!
//! Invariant: a zone is reported when its lines have the lengths of a format and every check digit of that
//! format is right. A line is at most 44 bytes, and at most two lines around one are looked at.

use crate::bytes::{at, before, run_end, run_start};
use crate::{Finding, Label};

/// Bytes of a line of TD3, TD2 and TD1.
pub(crate) const TD3: usize = 44;
const TD2: usize = 36;
const TD1: usize = 30;

/// The zone with the line around `place`, which is the second one of each format; or where a line ends, as far as it
/// was read, none of whose places has one.
pub(crate) fn find(text: &[u8], place: usize) -> Result<Finding, usize> {
    if !is_zone(at(text, place)) {
        return Err(place);
    }
    let (start, end) = row(text, place);
    of_line(text, start, end).ok_or(end)
}

fn of_line(text: &[u8], start: usize, end: usize) -> Option<Finding> {
    let found = |kind: &'static str, start: usize, end: usize| Finding {
        start,
        end,
        label: Label::PassportId,
        kind,
        country: country(text, start),
        score: 99,
    };
    let first = || line_before(text, start).filter(|&first| starts_document(text, first, end - start));
    let visa = || first().filter(|&first| at(text, first) == b'V' && is_visa(text, start));
    match end - start {
        TD3 => match visa() {
            Some(first) => Some(found("mrz.mrva", first, end)),
            None => is_td3(text, start).then(|| found("mrz.td3", first().unwrap_or(start), end)),
        },
        TD2 => match (visa(), first()) {
            (Some(first), _) => Some(found("mrz.mrvb", first, end)),
            (None, Some(first)) if is_french_card(text, first, start) => Some(found("mrz.fr", first, end)),
            (None, first) => is_td2(text, start).then(|| found("mrz.td2", first.unwrap_or(start), end)),
        },
        TD1 => {
            let first = first()?;
            let last = line_after(text, end).map_or(end, |third| third + TD1);
            is_td1(text, first, start).then(|| found("mrz.td1", first, last))
        }
        _ => None,
    }
}

/// May the row of `row` capitals and digits at `place`, with none before it, be in a line of a zone?
#[inline]
pub(crate) fn may_be_line(text: &[u8], place: usize, row: usize) -> bool {
    before(text, place) == b'<' || at(text, place + row) == b'<' || matches!(row, TD3 | TD2 | TD1)
}

/// The line of a zone that `place` is in: exactly as long as one of the formats wants.
#[cfg(test)]
pub(crate) fn line(text: &[u8], place: usize) -> Option<(usize, usize)> {
    let (start, end) = row(text, place);
    matches!(end - start, TD3 | TD2 | TD1).then_some((start, end))
}

/// The characters of a zone around `place`, which is among them: as far as they matter, and more than a line has if
/// they are more.
fn row(text: &[u8], place: usize) -> (usize, usize) {
    (run_start(text, place, TD3, is_zone), run_end(text, place, TD3 + 1, is_zone))
}

pub(crate) fn is_zone(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<'
}

fn line_before(text: &[u8], start: usize) -> Option<usize> {
    let end = run_start(text, start, 4, |byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\\'));
    let first = run_start(text, end, TD3 + 1, is_zone);
    (end < start && first < end).then_some(first)
}

fn line_after(text: &[u8], end: usize) -> Option<usize> {
    let start = run_end(text, end, 4, |byte| matches!(byte, b'\n' | b'\r' | b' '));
    let last = run_end(text, start, TD3 + 1, is_zone);
    (start > end && last - start == TD1).then_some(start)
}

fn starts_document(text: &[u8], first: usize, length: usize) -> bool {
    matches!(at(text, first), b'P' | b'V' | b'I' | b'A' | b'C')
        && run_end(text, first, length + 1, is_zone) - first == length
}

/// ISO 3166-1 alpha-3 to alpha-2 for the states of Europe; Germany alone is written with one letter.
fn country(text: &[u8], start: usize) -> Option<[u8; 2]> {
    let code = text.get(start + 2..start + 5)?;
    let index = STATES.binary_search_by_key(&code, |(long, _)| long.as_slice()).ok()?;
    STATES.get(index).map(|&(_, short)| *short)
}

const STATES: &[(&[u8; 3], &[u8; 2])] = &[
    (b"ALB", b"AL"),
    (b"AND", b"AD"),
    (b"AUT", b"AT"),
    (b"BEL", b"BE"),
    (b"BGR", b"BG"),
    (b"BIH", b"BA"),
    (b"CHE", b"CH"),
    (b"CYP", b"CY"),
    (b"CZE", b"CZ"),
    (b"D<<", b"DE"),
    (b"DNK", b"DK"),
    (b"ESP", b"ES"),
    (b"EST", b"EE"),
    (b"FIN", b"FI"),
    (b"FRA", b"FR"),
    (b"GBR", b"GB"),
    (b"GRC", b"GR"),
    (b"HRV", b"HR"),
    (b"HUN", b"HU"),
    (b"IRL", b"IE"),
    (b"ISL", b"IS"),
    (b"ITA", b"IT"),
    (b"LIE", b"LI"),
    (b"LTU", b"LT"),
    (b"LUX", b"LU"),
    (b"LVA", b"LV"),
    (b"MCO", b"MC"),
    (b"MDA", b"MD"),
    (b"MKD", b"MK"),
    (b"MLT", b"MT"),
    (b"MNE", b"ME"),
    (b"NLD", b"NL"),
    (b"NOR", b"NO"),
    (b"POL", b"PL"),
    (b"PRT", b"PT"),
    (b"ROU", b"RO"),
    (b"SMR", b"SM"),
    (b"SRB", b"RS"),
    (b"SVK", b"SK"),
    (b"SVN", b"SI"),
    (b"SWE", b"SE"),
    (b"UKR", b"UA"),
];

/// Doc 9303-4 4.2.2: number, birth, expiry, optional data, and all of them.
fn is_td3(text: &[u8], line: usize) -> bool {
    let optional = at(text, line + 42) == b'<' && digits(text, line + 28, 14).all(|value| value == 0);
    checks(text, line, 9, &[(0, 9)])
        && checks(text, line, 19, &[(13, 6)])
        && checks(text, line, 27, &[(21, 6)])
        && (optional || checks(text, line, 42, &[(28, 14)]))
        && checks(text, line, 43, &[(0, 10), (13, 7), (21, 22)])
}

/// Doc 9303-7 4.2.2 and 5.2.2: visas have no check digit over all, so the first line must say that it is
/// one.
fn is_visa(text: &[u8], line: usize) -> bool {
    checks(text, line, 9, &[(0, 9)])
        && checks(text, line, 19, &[(13, 6)])
        && checks(text, line, 27, &[(21, 6)])
}

/// France's identity cards from before 2021: two lines of 36 with fields of their own (arrêté du 1er
/// octobre 1987); the last check digit is over both lines.
fn is_french_card(text: &[u8], first: usize, line: usize) -> bool {
    let all = digits(text, first, TD2).chain(digits(text, line, TD2 - 1));
    text.get(first..first + 5) == Some(b"IDFRA")
        && checks(text, line, 12, &[(0, 12)])
        && checks(text, line, 33, &[(27, 6)])
        && weighted(all) == u32::from(at(text, line + TD2 - 1).wrapping_sub(b'0'))
}

/// Doc 9303-6 4.2.2.
fn is_td2(text: &[u8], line: usize) -> bool {
    checks(text, line, 9, &[(0, 9)])
        && checks(text, line, 19, &[(13, 6)])
        && checks(text, line, 27, &[(21, 6)])
        && checks(text, line, 35, &[(0, 10), (13, 7), (21, 14)])
}

/// Doc 9303-5 4.2.2. A number of more than nine characters goes on in the optional data, with its check
/// digit there; the check digit over all holds all the same.
fn is_td1(text: &[u8], first: usize, second: usize) -> bool {
    let long = at(text, first + 14) == b'<';
    let all = digits(text, first + 5, 25)
        .chain(digits(text, second, 7))
        .chain(digits(text, second + 8, 7))
        .chain(digits(text, second + 18, 11));
    (long || checks(text, first, 14, &[(5, 9)]))
        && checks(text, second, 6, &[(0, 6)])
        && checks(text, second, 14, &[(8, 6)])
        && weighted(all) == u32::from(at(text, second + 29).wrapping_sub(b'0'))
}

/// Is the character at `at_place` the check digit of these fields?
fn checks(text: &[u8], line: usize, at_place: usize, fields: &[(usize, usize)]) -> bool {
    let all = fields.iter().flat_map(|&(from, length)| digits(text, line + from, length));
    weighted(all) == u32::from(at(text, line + at_place).wrapping_sub(b'0'))
}

/// Doc 9303-3 4.9: weights 7, 3 and 1 in turn, modulo 10.
fn weighted(values: impl Iterator<Item = u32>) -> u32 {
    values.zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum::<u32>() % 10
}

/// A to Z count 10 to 35, the filler 0.
fn digits(text: &[u8], from: usize, length: usize) -> impl Iterator<Item = u32> {
    text.get(from..from + length).unwrap_or_default().iter().map(|&byte| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specimens of Doc 9303 parts 4, 5 and 6, of the state of Utopia.
    const PASSPORT: &str =
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const CARD: &str =
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    const TD2_CARD: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";

    fn zone(text: &str) -> Option<(&'static str, usize, usize)> {
        let places = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit());
        let mut found = places.filter_map(|(place, _)| find(text.as_bytes(), place).ok());
        found.next().map(|found| (found.kind, found.start, found.end))
    }

    /// Of Doc 9303-7.
    const VISA_A: &str =
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<";
    const VISA_B: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<";
    /// The card that France printed as its example.
    const FRENCH_CARD: &str = "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6";

    const SPECIMENS: [(&str, &str); 6] = [
        (PASSPORT, "mrz.td3"),
        (CARD, "mrz.td1"),
        (TD2_CARD, "mrz.td2"),
        (VISA_A, "mrz.mrva"),
        (VISA_B, "mrz.mrvb"),
        (FRENCH_CARD, "mrz.fr"),
    ];

    #[test]
    fn the_specimens_are_found_whole_whatever_breaks_their_lines() {
        for (text, kind) in SPECIMENS {
            for ends in ["\n", "\r\n", " ", "  ", " \n"] {
                let text = text.replace('\n', ends);
                let framed = format!("see:\n{text}\nend");
                assert_eq!(zone(&framed), Some((kind, 5, 5 + text.len())), "{text}");
            }
        }
    }

    #[test]
    fn one_changed_digit_is_no_zone() {
        for (text, _) in SPECIMENS {
            // The day of birth, the first line of a card's number, and the number's own check digit.
            let birth = ["740812", "400907", "651206"].into_iter().find(|birth| text.contains(birth));
            let wrong =
                birth.map(|birth| text.replace(birth, &birth.replace(['0', '1'], "2"))).unwrap_or_default();
            assert_ne!(wrong, text);
            assert_eq!(zone(&wrong), None, "{wrong}");
        }
        assert_eq!(zone(&"1".repeat(44)), None);
        // A visa's three check digits count only behind a line that says that it is one.
        assert_eq!(zone(&VISA_A.replacen('V', "X", 1)), None);
        assert_eq!(zone(VISA_B.split('\n').next_back().unwrap_or_default()), None);
    }

    #[test]
    fn states_are_in_order_for_the_search() {
        assert!(STATES.is_sorted_by_key(|(long, _)| long.as_slice()));
    }
}
