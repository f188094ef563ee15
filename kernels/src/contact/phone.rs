//! Telephone numbers: international (ITU-T E.164) and as Europeans write them at home.
//!
//! Invariant: a number with `+` and an assigned country code is found in any grouping; one without is
//! found where its grouping is its plan's or a word such as `Tel.` stands before it. Ten digits in a row
//! are no evidence of a telephone. What the characters alone say is decided before any word is asked for.

use super::dialled::{DIGITS_MAX, Dialled, Group};
use super::plan::{Fit, Plan, Plans, Prefix};
use crate::bytes::{at, before, first, last, run_start, starts_word};
use crate::context::{Context, Topic};
use crate::digits::shape;
use crate::{Finding, Label};

/// The bytes behind a group in which the next one may start.
pub(crate) const SEPARATORS_AHEAD: u64 = 0b1_1110;
/// How far before a number the word about it may end, in bytes.
const CUE_DISTANCE: usize = 32;
/// How far before a number a word ends that is about this number and no other, if no digit is between.
const OWN_DISTANCE: usize = 24;
/// A national number beside a word about it, trunk prefix included.
const NAMED_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;
/// A national number that its grouping alone tells, trunk prefix included.
const GROUPED_DIGITS: std::ops::RangeInclusive<usize> = 8..=14;

/// What the characters of a number say by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The plan's country, where only one plan has such a number.
    pub(crate) country: Option<[u8; 2]>,
    pub(crate) form: Form,
}

/// How sure a form is, and what else must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A country code and a number that its plan has, or that of a country outside of Europe.
    International,
    /// A country code and as many digits as its plan has.
    Possible,
    /// A national number in a grouping of its plan.
    Grouped,
    /// The same without a trunk prefix; the grouping is hardly used for anything else.
    Typical,
    /// A trunk prefix and a number that a plan has, in one piece: a word near it must say what it is.
    Piece,
    /// Digits: a word before them must say what they are.
    Digits,
}

/// How a number begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// `+`, which stands at `start`; the country code begins at the place given.
    Plus {
        start: usize,
        code: usize,
    },
    /// `00`; the country code begins at the place given.
    Exit {
        code: usize,
    },
    /// A digit that is dialled first at home.
    Trunk,
    /// Groups that are hardly used for anything but telephone numbers.
    Typical,
    Digits,
}

/// Reads the plans, so that no text has to wait for them.
pub(crate) fn prepare() {
    Plans::shared();
}

/// The number whose first digit group is the `row` digits at `digit`, if it is one.
pub(crate) fn find(text: &[u8], digit: usize, row: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let opening = opening(text, digit, row)?;
    // In a row of digits `00` needs a word too, which may be a little nearer to a bracket.
    let asked = match opening {
        Opening::Digits => Some(CUE_DISTANCE),
        Opening::Exit { .. } if !stands_alone(text, digit) => Some(CUE_DISTANCE + 2),
        Opening::Exit { .. } | Opening::Plus { .. } | Opening::Trunk | Opening::Typical => None,
    };
    if asked.is_some_and(|distance| !context.precedes(Topic::PHONE, digit, distance)) {
        return None;
    }
    weigh(text, &read_from(text, digit, opening)?, context)
}

/// May the `row` digits at `digit` begin a telephone number where no word is near, as all but [`Opening::Digits`] may?
#[inline]
pub(crate) fn needs_no_word(text: &[u8], digit: usize, row: usize) -> bool {
    let [second_last, previous] = last(text, digit);
    matches!(at(text, digit), b'0' | b'8')
        || matches!(previous, b'+' | b'(')
        || previous == b' ' && second_last == b'+'
        || matches!(row, 2 | 3) && is_typical(text, digit, previous)
}

/// What the characters say about the number whose first digit group is the `row` digits at `digit`.
#[cfg_attr(not(test), expect(dead_code, reason = "the half of `find` that another device can do"))]
pub(crate) fn read(text: &[u8], digit: usize, row: usize) -> Option<Reading> {
    read_from(text, digit, opening(text, digit, row)?)
}

/// What the words around it make of it.
pub(crate) fn weigh(text: &[u8], reading: &Reading, context: &mut Context<'_, '_>) -> Option<Finding> {
    let &Reading { start, end, country, form } = reading;
    let named = context.precedes(Topic::PHONE, start, CUE_DISTANCE);
    // `Tel. 030 901820, order 4711123`: the word is about the first number.
    let clear = start - run_start(text, start, OWN_DISTANCE, |byte| !byte.is_ascii_digit());
    let own = named && context.precedes(Topic::PHONE, start, clear);
    let thing = !own && context.names_another(start);
    // `41 100.10.10.1`: what goes on behind a point is an address or an amount.
    let thing = thing || at(text, end) == b'.' && at(text, end + 1).is_ascii_digit();
    let counts = match form {
        Form::International | Form::Possible => true,
        Form::Grouped | Form::Typical => !thing,
        Form::Piece => !thing && (named || context.near(Topic::PHONE, start, end)),
        Form::Digits => !thing && named,
    };
    let score = match form {
        _ if own => 98,
        Form::International => 92,
        _ if named => 90,
        Form::Grouped if country.is_some() => 85,
        Form::Possible | Form::Grouped => 80,
        Form::Piece | Form::Digits => 75,
        Form::Typical => 65,
    };
    counts.then_some(Finding { start, end, label: Label::Phone, kind: "phone", country, score })
}

/// A few bytes decide for nearly all digits that they begin no telephone number.
fn opening(text: &[u8], digit: usize, row: usize) -> Option<Opening> {
    let [second_last, previous] = last(text, digit);
    let plus = match previous {
        b'+' => Some(digit - 1),
        b'(' | b' ' if second_last == b'+' => Some(digit - 2),
        _ => None,
    };
    if let Some(plus) = plus {
        return starts_word(text, plus).then_some(Opening::Plus { start: plus, code: digit });
    }
    if previous.is_ascii_alphanumeric() {
        return None;
    }
    let [first, second, third] = first(text, digit);
    match (first, second) {
        (b'0', b'0') if third.is_ascii_digit() => Some(Opening::Exit { code: digit + 2 }),
        (b'0', b'0') if third == b' ' && at(text, digit + 3).is_ascii_digit() => {
            Some(Opening::Exit { code: digit + 3 })
        }
        (b'0', b'1'..=b'9') => Some(Opening::Trunk),
        (b'0', b' ' | b'-') if third.is_ascii_digit() && third != b'0' => Some(Opening::Trunk),
        (b'0', b')') if previous == b'(' => Some(Opening::Trunk),
        (b'8', b' ' | b'-' | b'(') if matches!(third, b'0' | b'(') => Some(Opening::Trunk),
        _ if matches!(row, 2 | 3) && is_typical(text, digit, previous) => Some(Opening::Typical),
        _ if row >= *NAMED_DIGITS.start() || goes_on(text, digit + row) => Some(Opening::Digits),
        _ => None,
    }
}

/// `612 34 56 78`, `22 123 45 67`, `312 345 6789`, `(22) 1234567`: where numbers have no trunk prefix.
fn is_typical(text: &[u8], digit: usize, previous: u8) -> bool {
    let [one, two, third, fourth, _, _, seventh, eighth, _, tenth] = first(text, digit);
    let is_mark = |byte: u8| matches!(byte, b' ' | b'-' | b'.');
    // Mobile numbers of Italy and Greece, in the only grouping of three, three and four without a prefix.
    let southern = one == b'3' || (one, two) == (b'6', b'9');
    (is_mark(seventh) && is_mark(tenth) && (is_mark(third) || is_mark(fourth)))
        || (is_mark(fourth) && is_mark(eighth) && southern)
        || (previous == b'(' && (third == b')' || fourth == b')'))
}

/// May another group follow the one that ends here?
fn goes_on(text: &[u8], end: usize) -> bool {
    matches!(at(text, end), b' ' | b'.' | b'-' | b'/' | b'(' | b')')
        && matches!(at(text, end + 1), b'0'..=b'9' | b' ' | b'-' | b'/' | b'(')
}

fn read_from(text: &[u8], digit: usize, opening: Opening) -> Option<Reading> {
    match opening {
        Opening::Plus { start, code } => {
            let reading = international(text, start, code)?;
            // `5 + 44 12345678` is a sum unless it is grouped as a telephone number.
            let apart = before(text, code) == b' ' && reading.form != Form::International;
            (!apart).then_some(reading)
        }
        Opening::Exit { code } => exit(text, digit, code),
        Opening::Trunk => at_home_or_named(text, digit, trunk),
        Opening::Typical => at_home_or_named(text, digit, typical),
        Opening::Digits => at_home_or_named(text, digit, |_| None),
    }
}

/// A number that its grouping tells, or one that a word must tell.
fn at_home_or_named(
    text: &[u8],
    digit: usize,
    grouped: impl Fn(&Dialled<'_>) -> Option<Reading>,
) -> Option<Reading> {
    if !stands_alone(text, digit) {
        return None;
    }
    let dialled = Dialled::read(text, digit);
    // What follows digits is a part of what they begin: `1 234 567`.
    let follows = before(text, digit) == b' ' && before(text, digit - 1).is_ascii_digit();
    grouped(&dialled).or_else(|| if follows { None } else { named(&dialled) })
}

/// Is it not a part of a longer row of digits? `12 030 901820` may be two things, `4111 0301 9018` is one.
fn stands_alone(text: &[u8], digit: usize) -> bool {
    let opened = digit - usize::from(before(text, digit) == b'(');
    let previous = before(text, opened);
    if !matches!(previous, b' ' | b'-' | b'.' | b',' | b'/' | b':' | b'+') {
        return true;
    }
    let last = before(text, opened - 1);
    match previous {
        b' ' if last.is_ascii_digit() => {
            let first = run_start(text, opened - 1, 3, |byte| byte.is_ascii_alphanumeric());
            let further = before(text, first);
            let row = matches!(further, b' ' | b'-' | b'.' | b',' | b'/')
                && before(text, first - 1).is_ascii_digit();
            opened - 1 - first < 3 && !row
        }
        b'-' => !last.is_ascii_alphanumeric(),
        b'.' | b',' | b'/' | b':' | b'+' => !last.is_ascii_digit(),
        _ => true,
    }
}

/// `code` is the first digit of the country code.
fn international(text: &[u8], start: usize, code: usize) -> Option<Reading> {
    let dialled = Dialled::read(text, code);
    let length = code_length(dialled.digit(0), dialled.digit(1))?;
    let plan = dialled.value(0, length).and_then(|code| Plans::shared().of_code(code));
    let from = |group: &Group| if group.bracketed { start.min(dialled.start_of(group)) } else { start };
    let Some(plan) = plan else {
        let group = abroad(&dialled, length)?;
        let (start, end) = (from(group), group.end);
        return Some(Reading { start, end, country: None, form: Form::International });
    };
    // At home a prefix is dialled that has no place here, but people write it: `+44 (0)20`, `+49 0171`.
    let prefixed = !plan.trunk.is_empty() && dialled.digit(length) == 0;
    let home = if plan.trunk.len() == 2 && dialled.digit(length + 1) == 6 { 2 } else { 1 };
    let (group, fit) = best(&dialled, plan, length + if prefixed { home } else { 0 })?;
    let form = if fit == Fit::Possible { Form::Possible } else { Form::International };
    Some(Reading { start: from(group), end: group.end, country: Some(plan.country), form })
}

/// The longest number in a grouping of the plan; else the longest that the plan has.
fn best<'d>(dialled: &'d Dialled<'_>, plan: &Plan, skipped: usize) -> Option<(&'d Group, Fit)> {
    let mut longest: Option<(&Group, Fit)> = None;
    for group in dialled.ends() {
        let fit = dialled.number(group, skipped).map_or(Fit::No, |number| plan.fit(number));
        if fit >= Fit::Used {
            let more = longest.filter(|(_, fit)| *fit == Fit::Valid && continues(dialled, group));
            return Some(more.unwrap_or((group, fit)));
        }
        if fit > longest.map_or(Fit::No, |(_, fit)| fit) {
            longest = Some((group, fit));
        }
    }
    longest
}

/// Does the number seem to go on after `group`, whose grouping is the plan's? Not after `901820`, and not
/// with the one or two digits of `12 apples`; but with an extension, `901820-12`.
fn continues(dialled: &Dialled<'_>, group: &Group) -> bool {
    const WHOLE: u64 = 5;
    let Some(next) = dialled.next(group) else { return false };
    let digits = next.digits - group.digits;
    let extension = next.separator == b'-' && next.end - group.end == digits + 1 && group.separator != b'-';
    extension || (group.shape & 0xff < WHOLE && digits > 2)
}

/// A number of a country outside of Europe: an assigned code and a length that may be.
fn abroad<'d>(dialled: &'d Dialled<'_>, code: usize) -> Option<&'d Group> {
    if code == 3 && !is_assigned(dialled.value(0, code)?) {
        return None;
    }
    let lengths = if code == 1 { 10..=10 } else { 6..=DIGITS_MAX - code };
    dialled.ends().find(|group| group.digits.checked_sub(code).is_some_and(|left| lengths.contains(&left)))
}

/// The country codes of three digits that are not Europe's.
fn is_assigned(code: usize) -> bool {
    matches!(code,
        211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290..=291 | 297 | 299 | 500..=509 | 590..=599
        | 670 | 672..=683 | 685..=692 | 800 | 808 | 850 | 852..=853 | 855..=856 | 870 | 878 | 880..=883
        | 886 | 888 | 960..=968 | 970..=977 | 979 | 992..=996 | 998)
}

/// ITU-T E.164 annex, list of assigned country codes: how many digits a code has.
fn code_length(first: u8, second: u8) -> Option<usize> {
    match (first, second) {
        (1 | 7, 0..=9) => Some(1),
        (2, 0 | 7) | (3, 0..=4 | 6 | 9) | (4, 0 | 1 | 3..=9) | (5, 1..=8) | (6, 0..=6) => Some(2),
        (8, 1 | 2 | 4 | 6) | (9, 0..=5 | 8) => Some(2),
        (2..=6 | 8 | 9, 0..=9) => Some(3),
        _ => None,
    }
}

/// `00` also starts serial numbers: only a European number counts, and in one piece only beside a word.
fn exit(text: &[u8], digit: usize, code: usize) -> Option<Reading> {
    let reading = international(text, digit, code).filter(|reading| reading.country.is_some())?;
    let number = text.get(digit..reading.end).unwrap_or_default();
    let piece = number.iter().all(u8::is_ascii_digit) || !stands_alone(text, digit);
    let form = if piece || reading.form == Form::Possible { Form::Digits } else { Form::Grouped };
    Some(Reading { form, ..reading })
}

/// A number with a trunk prefix in a grouping of its plan.
fn trunk(dialled: &Dialled<'_>) -> Option<Reading> {
    for group in dialled.ends().filter(|group| GROUPED_DIGITS.contains(&group.digits)) {
        if group.index == 0 {
            let known = at_home(dialled, group, Fit::Valid)?;
            return Some(reading(dialled, group, known.country, Form::Piece));
        }
        let decimal = group.index == 1 && group.separator == b'.';
        let other = is_row_of_pairs(dialled, group) || is_isbn(dialled, group) || is_date(dialled);
        if decimal || other || !dialled.is_regular(group) {
            continue;
        }
        if let Some(known) = at_home(dialled, group, Fit::Used) {
            return Some(reading(dialled, group, known.country, Form::Grouped));
        }
    }
    None
}

/// A number without a trunk prefix in a grouping that hardly anything else has.
fn typical(dialled: &Dialled<'_>) -> Option<Reading> {
    const GROUPS: [u64; 3] = [shape(&[3, 2, 2, 2]), shape(&[2, 3, 2, 2]), shape(&[3, 3, 4])];
    for group in dialled.ends().filter(|group| GROUPED_DIGITS.contains(&group.digits)) {
        let told = GROUPS.contains(&group.shape) || dialled.start_of(group) < dialled.start;
        if !told || group.index == 0 || !dialled.is_regular(group) || is_date(dialled) {
            continue;
        }
        if let Some(known) = among(dialled, group, Prefix::None, Fit::Official, None) {
            return Some(reading(dialled, group, known.country, Form::Typical));
        }
    }
    None
}

/// Digits that count beside a word: a grouping of some plan, else all of them.
fn named(dialled: &Dialled<'_>) -> Option<Reading> {
    let longest = dialled.ends().find(|group| NAMED_DIGITS.contains(&group.digits));
    if is_date(dialled) || longest.is_some_and(|group| is_decimal(dialled, group)) {
        return None;
    }
    for group in dialled.ends().filter(|group| group.digits >= *NAMED_DIGITS.start()) {
        if let Some(known) = at_home(dialled, group, Fit::Used) {
            let more = longest.filter(|longest| longest.end > group.end && continues(dialled, group));
            return Some(reading(dialled, more.unwrap_or(group), known.country, Form::Digits));
        }
        if is_address(group) {
            return None;
        }
    }
    let longest = longest.filter(|group| !is_amount(dialled, group))?;
    let known = at_home(dialled, longest, Fit::Valid).and_then(|known| known.country);
    Some(reading(dialled, longest, known, Form::Digits))
}

fn reading(dialled: &Dialled<'_>, group: &Group, country: Option<[u8; 2]>, form: Form) -> Reading {
    Reading { start: dialled.start_of(group), end: group.end, country, form }
}

/// Whose plan has a number, and how well it fits.
#[derive(Clone, Copy)]
struct Known {
    fit: Fit,
    /// None if it fits the plans of several countries equally.
    country: Option<[u8; 2]>,
}

/// Who has this number, as it is dialled at home, at least as well as `fit`?
fn at_home(dialled: &Dialled<'_>, group: &Group, fit: Fit) -> Option<Known> {
    let prefixes: &[Prefix] = match (dialled.digit(0), dialled.digit(1)) {
        (0, 6) => &[Prefix::Zero, Prefix::ZeroSix, Prefix::None],
        (0, _) => &[Prefix::Zero, Prefix::None],
        (8, 0) => &[Prefix::EightZero, Prefix::None],
        (8, _) => &[Prefix::Eight, Prefix::None],
        _ => &[Prefix::None],
    };
    prefixes.iter().fold(None, |known, &prefix| among(dialled, group, prefix, fit, known))
}

/// Who has this number behind this trunk prefix, beside those who have it behind others?
fn among(
    dialled: &Dialled<'_>,
    group: &Group,
    prefix: Prefix,
    fit: Fit,
    mut known: Option<Known>,
) -> Option<Known> {
    let Some(number) = dialled.number(group, prefix.digits()) else { return known };
    for plan in Plans::shared().with(prefix, number.lead) {
        let here = plan.fit(number);
        let best = known.map_or(Fit::No, |known| known.fit);
        if here >= fit && here >= best {
            let country = (here > best).then_some(plan.country);
            known = Some(Known { fit: here, country });
            if country.is_none() && here == Fit::Official {
                break; // Two countries show the number so: nothing tells them apart.
            }
        }
    }
    known
}

/// `01 02 03 04 05 06 07` is a row of numbers, while ten pairs are two French ones.
fn is_row_of_pairs(dialled: &Dialled<'_>, group: &Group) -> bool {
    const PAIRS: u64 = shape(&[2; 8]);
    let width = 8 * (group.index + 1);
    if group.shape ^ PAIRS & (u64::MAX >> (64 - width)) != 0 {
        return false;
    }
    let text = dialled.text;
    let is_pair = |place: usize| at(text, place).is_ascii_digit() && at(text, place + 1).is_ascii_digit();
    let follows = |pair: &usize| {
        let place = group.end + 3 * pair;
        at(text, place) == group.separator
            && is_pair(place + 1)
            && !at(text, place + 3).is_ascii_alphanumeric()
    };
    let more = (0..6).take_while(follows).count();
    let first = dialled.start.saturating_sub(3);
    let less = usize::from(before(text, dialled.start) == group.separator && is_pair(first));
    if more > 0 && counts_up(dialled, group) {
        return true;
    }
    (more != group.index + 1 || less > 0) && less + more > 1
}

/// Is each pair up to the one behind `group` one more than the pair before it: `01-02-03-04-05-06`?
fn counts_up(dialled: &Dialled<'_>, group: &Group) -> bool {
    let [tens, ones] = [1, 2].map(|more| usize::from(at(dialled.text, group.end + more).wrapping_sub(b'0')));
    let last = Some(tens * 10 + ones);
    let pairs = (0..group.digits).step_by(2).map(|from| dialled.value(from, from + 2)).chain([last]);
    let more = |pair: Option<usize>| pair.map(|pair| pair + 1);
    pairs.clone().zip(pairs.skip(1)).all(|(pair, next)| more(pair) == next)
}

/// ISO 2108: `0-306-40615-2`, `0 306 40615 X`.
fn is_isbn(dialled: &Dialled<'_>, group: &Group) -> bool {
    const DIGITS: usize = 9;
    let check = at(dialled.text, group.end + 1);
    group.digits == DIGITS
        && matches!(at(dialled.text, group.end), b' ' | b'-')
        && (check.is_ascii_digit() || matches!(check, b'x' | b'X'))
        && !at(dialled.text, group.end + 2).is_ascii_alphanumeric()
        && at(dialled.text, dialled.start + 1) == group.separator
}

/// A day: `2024-05-12`, `12.05.2024`, and `12.05.24` with marks that are not spaces; years from and to.
fn is_date(dialled: &Dialled<'_>) -> bool {
    const YEARS: u64 = shape(&[4, 4]);
    const YEAR_FIRST: u64 = shape(&[4, 2, 2]);
    const YEAR_LAST: u64 = shape(&[2, 2, 4]);
    const SHORT: u64 = shape(&[2, 2, 2]);
    let value = |from: usize, to: usize| dialled.value(from, to).unwrap_or(0);
    let is_year = |year: usize| (1900..2100).contains(&year);
    if dialled.group(1).is_some_and(|group| group.shape == YEARS) && is_year(value(0, 4)) {
        return is_year(value(4, 8));
    }
    let Some(group) = dialled.group(2) else { return false };
    let is_day = |one: usize, other: usize| {
        (1..=31).contains(&one) && (1..=31).contains(&other) && (one <= 12 || other <= 12)
    };
    match group.shape {
        YEAR_FIRST => is_year(value(0, 4)) && is_day(value(4, 6), value(6, 8)),
        YEAR_LAST => is_year(value(4, 8)) && is_day(value(0, 2), value(2, 4)),
        SHORT if dialled.next(group).is_none() && group.separator != b' ' => {
            is_day(value(0, 2), value(2, 4)) || is_day(value(2, 4), value(4, 6))
        }
        _ => false,
    }
}

/// `1234567.89`.
fn is_decimal(dialled: &Dialled<'_>, group: &Group) -> bool {
    group.index == 1 && group.separator == b'.' && dialled.digit(0) != 0
}

/// `1 234 567`.
fn is_amount(dialled: &Dialled<'_>, group: &Group) -> bool {
    const MILLIONS: u64 = shape(&[1, 3, 3]);
    const BILLIONS: u64 = shape(&[1, 3, 3, 3]);
    matches!(group.shape, MILLIONS | BILLIONS) && dialled.digit(0) != 0
}

/// Four groups with dots, as an address of the Internet.
fn is_address(group: &Group) -> bool {
    group.index == 3 && group.separator == b'.' && group.shape & 0xfcfc_fcfc == 0
}

/// May this stand right behind a group of a number that goes on?
#[inline]
pub(crate) fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'.' | b'-' | b'/' | b'(' | b')')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::run_end;
    use crate::context::Words;

    fn row(text: &str, digit: usize) -> usize {
        run_end(text.as_bytes(), digit, usize::MAX, |byte| byte.is_ascii_digit()) - digit
    }

    fn number(text: &str) -> Option<&str> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let digits = text.char_indices().filter(|(_, letter)| letter.is_ascii_digit());
        let mut found = digits.filter_map(|(digit, _)| {
            (!before(text.as_bytes(), digit).is_ascii_digit())
                .then(|| find(text.as_bytes(), digit, row(text, digit), &mut context))
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
            ("+49 30 901820 12 apples", Some("+49 30 901820")),
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
    fn a_reading_needs_no_words_and_says_what_else_must_hold() {
        for (text, form) in [
            ("+33 6 12 34 56 78", Some(Form::International)),
            ("+33 262 123 456", Some(Form::Possible)),
            ("06 12 34 56 78", Some(Form::Grouped)),
            ("0033 6 12 34 56 78", Some(Form::Grouped)),
            ("0033612345678", Some(Form::Digits)),
            ("0612345678", Some(Form::Piece)),
            ("612 34 56 78", Some(Form::Typical)),
            ("312 345 6789", Some(Form::Typical)),
            ("22 41 00 00", Some(Form::Digits)),
            ("2024-05-12", None),
            ("12345", None),
        ] {
            let digit = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(0);
            let read = read(text.as_bytes(), digit, row(text, digit));
            assert_eq!(read.map(|reading| reading.form), form, "{text}");
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
}
