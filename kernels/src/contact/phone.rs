//! Telephone numbers: international (ITU-T E.164) and as Europeans write them at home.
//!
//! Invariant: a number with `+` and an assigned country code is found in any grouping; one without is
//! found where its grouping is a country's own or a word such as `Tel.` stands before it. Ten digits in
//! a row are no evidence of a telephone.

use crate::bytes::{at, before, ends_word, run_end, starts_word};
use crate::context::{Context, Topic};
use crate::digits::shape;
use crate::{Finding, Label};

/// E.164: country code and national number together.
const DIGITS_MAX: usize = 15;
/// More groups than anybody writes.
const GROUPS_MAX: usize = 8;
/// The bytes behind a group in which the next one may start.
pub(crate) const SEPARATORS_AHEAD: u64 = 0b1_1110;
/// How far before a number the word about it may end, in bytes.
const CUE_DISTANCE: usize = 32;
/// A national number beside a word about it, trunk zero included.
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// A number as somebody would dial it: groups of digits with spaces, dots, hyphens, slashes and brackets.
struct Dialled {
    digits: [u8; DIGITS_MAX],
    groups: [Group; GROUPS_MAX],
    count: usize,
}

#[derive(Clone, Copy, Default)]
struct Group {
    digits: usize,
    end: usize,
    shape: u64,
    separator: u8,
}

/// The number whose first digit group starts at `digit`, if it is one.
pub(crate) fn find(text: &[u8], digit: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    if before(text, digit) == b'+' {
        return international(text, digit - 1, digit);
    }
    if !starts_word(text, digit) {
        return None;
    }
    if at(text, digit) == b'0' && at(text, digit + 1) == b'0' {
        return international(text, digit, digit + 2).filter(|found| {
            // `00` also starts serial numbers: Europe's codes, and a grouping or a word about it.
            matches!(at(text, digit + 2), b'3' | b'4')
                && (text.get(digit..found.end).is_some_and(|number| !number.iter().all(u8::is_ascii_digit))
                    || context.precedes(Topic::PHONE, digit, CUE_DISTANCE))
        });
    }
    // Only a trunk zero can do without a word about it.
    let trunk = at(text, digit) == b'0' && at(text, digit + 1).is_ascii_digit();
    (trunk || context.precedes(Topic::PHONE, digit, CUE_DISTANCE))
        .then(|| national(text, digit, context))
        .flatten()
}

fn finding(start: usize, end: usize, country: Option<[u8; 2]>, score: u8) -> Finding {
    Finding { start, end, label: Label::Phone, kind: "phone", country, score }
}

/// `digit` is the first digit of the country code.
fn international(text: &[u8], start: usize, digit: usize) -> Option<Finding> {
    let dialled = Dialled::read(text, digit);
    let (code, country, lengths) = country_code(&dialled.digits)?;
    let mut best = None;
    for group in dialled.groups.iter().take(dialled.count) {
        // A trunk zero in brackets, `+44 (0)20`, is one digit more than the number has.
        let trunk =
            usize::from(text.get(digit..group.end).is_some_and(|part| part.windows(3).any(|w| w == b"(0)")));
        let national = group.digits.saturating_sub(code + trunk);
        if lengths.contains(&national) && ends_word(text, group.end) {
            best = Some(group.end);
        }
    }
    starts_word(text, start).then_some(())?;
    Some(finding(start, best?, country, 92))
}

fn national(text: &[u8], digit: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let dialled = Dialled::read(text, digit);
    // `(030) 901820` starts at its bracket; a number that is in brackets as a whole does not.
    let closes = |group: &Group| text.get(digit..group.end).is_some_and(|number| number.contains(&b')'));
    let start_of = |group: &Group| digit - usize::from(before(text, digit) == b'(' && closes(group));
    let ends = || dialled.groups.iter().take(dialled.count).filter(|group| ends_word(text, group.end));
    for group in ends() {
        if let Some((country, score)) = own_grouping(&dialled, group, start_of(group) < digit) {
            return Some(finding(start_of(group), group.end, country, score));
        }
    }
    if ends().any(|group| matches!(group.shape, YEAR_FIRST | YEAR_LAST)) {
        return None;
    }
    let longest = ends().rfind(|group| NATIONAL_DIGITS.contains(&group.digits))?;
    let named = longest.shape != SHORT_YEAR && context.precedes(Topic::PHONE, digit, CUE_DISTANCE);
    named.then(|| finding(start_of(longest), longest.end, None, 75))
}

/// Groupings that are a country's own and that other numbers hardly have.
fn own_grouping(dialled: &Dialled, group: &Group, bracket: bool) -> Option<(Option<[u8; 2]>, u8)> {
    let [zero, second, third, ..] = dialled.digits;
    if zero != 0 {
        return None;
    }
    let mobile = matches!((second, third), (1, 5..=7));
    match group.shape {
        FIVE_PAIRS if second != 0 => Some((Some(*b"FR"), 88)),
        LONDON if second == 2 => Some((Some(*b"GB"), 85)),
        FIVE_SIX | FIVE_THREE_THREE if matches!(second, 1 | 7) => Some((Some(*b"GB"), 82)),
        FOUR_THREE_FOUR if matches!(second, 1 | 3 | 8) => Some((Some(*b"GB"), 80)),
        THREE_THREE_TWO_TWO if second != 0 => Some((None, 85)),
        FOUR_SEVEN | FOUR_EIGHT if mobile => Some((Some(*b"DE"), 80)),
        _ => {
            let groups = group.shape.checked_shr(16) == Some(0) && group.shape > 0xff;
            let area = bracket || group.separator == b'/';
            (groups && area && second != 0 && (8..=12).contains(&group.digits)).then_some((None, 75))
        }
    }
}

const FIVE_PAIRS: u64 = shape(&[2, 2, 2, 2, 2]);
const LONDON: u64 = shape(&[3, 4, 4]);
const FIVE_SIX: u64 = shape(&[5, 6]);
const FIVE_THREE_THREE: u64 = shape(&[5, 3, 3]);
const FOUR_THREE_FOUR: u64 = shape(&[4, 3, 4]);
const THREE_THREE_TWO_TWO: u64 = shape(&[3, 3, 2, 2]);
const FOUR_SEVEN: u64 = shape(&[4, 7]);
const FOUR_EIGHT: u64 = shape(&[4, 8]);

// Dates as people write them.
const YEAR_FIRST: u64 = shape(&[4, 2, 2]);
const YEAR_LAST: u64 = shape(&[2, 2, 4]);
const SHORT_YEAR: u64 = shape(&[2, 2, 2]);

impl Dialled {
    fn read(text: &[u8], start: usize) -> Dialled {
        let mut dialled =
            Dialled { digits: [u8::MAX; DIGITS_MAX], groups: [Group::default(); GROUPS_MAX], count: 0 };
        let (mut position, mut digits, mut shape, mut separator) = (start, 0, 0, 0);
        for group in &mut dialled.groups {
            let first = digits;
            while at(text, position).is_ascii_digit() {
                let Some(slot) = dialled.digits.get_mut(digits) else { return dialled };
                *slot = at(text, position) - b'0';
                digits += 1;
                position += 1;
            }
            shape = shape << 8 | (digits - first) as u64;
            *group = Group { digits, end: position, shape, separator };
            dialled.count += 1;
            let Some((next, mark)) = separators(text, position) else { break };
            (position, separator) = (next, mark);
        }
        dialled
    }
}

/// May this stand right behind a group of a number that goes on?
#[inline]
pub(crate) fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'.' | b'-' | b'/' | b'(' | b')')
}

/// Up to three marks between two groups: ` (0) ` has brackets and spaces. Gives the next digit and the
/// mark that says most.
fn separators(text: &[u8], start: usize) -> Option<(usize, u8)> {
    let mut telling = b' ';
    let mut previous = 0;
    for place in start..start + 4 {
        match at(text, place) {
            b'0'..=b'9' => return Some((place, telling)),
            b'(' if !is_closed(text, place + 1) => return None,
            mark @ (b' ' | b'.' | b'-' | b'/' | b'(' | b')') if mark != previous && place < start + 3 => {
                telling = if telling == b' ' { mark } else { telling };
                previous = mark;
            }
            _ => return None,
        }
    }
    None
}

/// `(0)`, `(30)`: a bracket inside of a number is closed after a few digits; else it starts something new.
fn is_closed(text: &[u8], start: usize) -> bool {
    const AREA_MAX: usize = 6;
    let end = run_end(text, start, AREA_MAX, |byte| byte.is_ascii_digit());
    end > start && at(text, end) == b')'
}

type Lengths = std::ops::RangeInclusive<usize>;

/// Country code of up to three digits, its country if it is one country's, and how long its national
/// numbers are.
fn country_code(digits: &[u8; DIGITS_MAX]) -> Option<(usize, Option<[u8; 2]>, Lengths)> {
    let [first, second, third, ..] = *digits;
    let code =
        |length: usize| digits.iter().take(length).fold(0, |sum: u16, &digit| sum * 10 + u16::from(digit));
    let length = match (first, second) {
        (1 | 7, _) => 1,
        (2, 0 | 7) | (3, 0..=4 | 6 | 9) | (4, 0 | 1 | 3..=9) | (5, 1..=8) | (6, 0..=6) => 2,
        (8, 1 | 2 | 4 | 6) | (9, 0..=5 | 8) => 2,
        (2..=6 | 8 | 9, 0..=9) if third < 10 => 3,
        _ => return None,
    };
    let known = EUROPE.binary_search_by_key(&code(length), |&(code, _, _, _)| code);
    match known.ok().and_then(|index| EUROPE.get(index)) {
        Some(&(_, country, least, most)) => Some((length, Some(*country), least..=most)),
        None if length == 1 => Some((1, None, 10..=10)),
        None => Some((length, None, 6..=DIGITS_MAX - length)),
    }
}

/// Country codes of Europe: shortest and longest national number (ITU-T operational bulletins).
const EUROPE: &[(u16, &[u8; 2], usize, usize)] = &[
    (30, b"GR", 10, 10),
    (31, b"NL", 9, 9),
    (32, b"BE", 8, 9),
    (33, b"FR", 9, 9),
    (34, b"ES", 9, 9),
    (36, b"HU", 8, 9),
    (39, b"IT", 6, 11),
    (40, b"RO", 9, 9),
    (41, b"CH", 9, 9),
    (43, b"AT", 5, 13),
    (44, b"GB", 9, 10),
    (45, b"DK", 8, 8),
    (46, b"SE", 7, 10),
    (47, b"NO", 8, 8),
    (48, b"PL", 9, 9),
    (49, b"DE", 6, 11),
    (350, b"GI", 8, 8),
    (351, b"PT", 9, 9),
    (352, b"LU", 5, 11),
    (353, b"IE", 7, 9),
    (354, b"IS", 7, 9),
    (355, b"AL", 8, 9),
    (356, b"MT", 8, 8),
    (357, b"CY", 8, 8),
    (358, b"FI", 5, 12),
    (359, b"BG", 7, 9),
    (370, b"LT", 8, 8),
    (371, b"LV", 8, 8),
    (372, b"EE", 7, 8),
    (373, b"MD", 8, 8),
    (375, b"BY", 9, 10),
    (376, b"AD", 6, 9),
    (377, b"MC", 8, 9),
    (378, b"SM", 6, 10),
    (380, b"UA", 9, 9),
    (381, b"RS", 8, 10),
    (382, b"ME", 8, 9),
    (383, b"XK", 8, 9),
    (385, b"HR", 8, 9),
    (386, b"SI", 8, 8),
    (387, b"BA", 8, 9),
    (389, b"MK", 8, 8),
    (420, b"CZ", 9, 9),
    (421, b"SK", 9, 9),
    (423, b"LI", 7, 9),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Words;

    fn number(text: &str) -> Option<&str> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let digits = text.char_indices().filter(|(_, letter)| letter.is_ascii_digit());
        let mut found = digits.filter_map(|(digit, _)| {
            (!before(text.as_bytes(), digit).is_ascii_digit())
                .then(|| find(text.as_bytes(), digit, &mut context))
                .flatten()
        });
        found.next().and_then(|found| text.get(found.start..found.end))
    }

    #[test]
    fn numbers_are_found_as_people_write_them() {
        for (text, expected) in [
            ("+33 6 12 34 56 78", Some("+33 6 12 34 56 78")),
            ("+33612345678.", Some("+33612345678")),
            ("+44 (0)20 7946 0958", Some("+44 (0)20 7946 0958")),
            ("+49 30 901820 12 apples", Some("+49 30 901820 12")),
            ("+41 44 668 18 00, 2 rooms", Some("+41 44 668 18 00")),
            ("+358 40 123 4567", Some("+358 40 123 4567")),
            ("+1 212-555-0123", Some("+1 212-555-0123")),
            ("0049 30 123456", Some("0049 30 123456")),
            ("01 23 45 67 89", Some("01 23 45 67 89")),
            ("06.12.34.56.78", Some("06.12.34.56.78")),
            ("020 7946 0958", Some("020 7946 0958")),
            ("07700 900123", Some("07700 900123")),
            ("044 668 18 00", Some("044 668 18 00")),
            ("070-123 45 67", Some("070-123 45 67")),
            ("0170 1234567", Some("0170 1234567")),
            ("(030) 901820", Some("(030) 901820")),
            ("030/901820", Some("030/901820")),
            ("Tel. 612 345 678", Some("612 345 678")),
            ("Tlf: 22 41 00 00", Some("22 41 00 00")),
            ("téléphone 0612345678", Some("0612345678")),
            ("+49 (30) 901820 (12 rooms)", Some("+49 (30) 901820")),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not_telephones() {
        for text in [
            "0612345678",
            "1700000000",
            "2024-05-12 10:30",
            "Tel. since 2024-05-12",
            "order 1234567",
            "+33 6 12 34",
            "+999 1",
            "1+4930123456",
            "00123456789012",
            "12 345 678",
            "0.123456789",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn country_codes_are_in_order_for_the_search() {
        assert!(EUROPE.is_sorted_by_key(|&(code, _, _, _)| code));
    }
}
