//! Which schemes a number of some length can be one of.
//!
//! Invariant: every form of every scheme is under its keys: its length, if digits alone may be one, and, if
//! letters may be in it, its length with each number of letters that may stand in front of its first digit.

use super::check::{Check, Date, WIDTH};
use super::sums::Sums;
use super::written::{Groupings, Kinds};
use super::{Form, Proof, Scheme, all};
use crate::context::{FIRST_SCHEME, Topic};
use crate::digits::{Run, Written};
use crate::payment::card;

/// No scheme has more letters in front of its first digit.
pub(crate) const LETTERS_MAX: usize = 15;

/// One form of one scheme.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) scheme: &'static Scheme,
    pub(crate) form: &'static Form,
    /// Can it be digits alone, whichever they are?
    pub(super) of_digits: bool,
    /// A bit for each character that is a digit, and for each that is a letter.
    digits: u32,
    letters: u32,
    /// The words about it.
    pub(super) topic: Topic,
}

/// Built once for all scans.
pub(crate) struct Index {
    /// Those that can be digits alone, by length.
    digits: [Vec<Entry>; WIDTH + 1],
    filters: Vec<Filter>,
    groupings: Groupings,
    /// Length of the shortest of them, and of the shortest that counts without a word about it.
    shortest: usize,
    shortest_alone: usize,
    /// Those that can have letters, by letters in front and length.
    codes: [[Vec<Entry>; WIDTH + 1]; LETTERS_MAX + 1],
    /// Length of the longest of them, by letters in front.
    longest: [usize; LETTERS_MAX + 1],
}

impl Index {
    pub(crate) fn new() -> Index {
        let mut index = Index {
            digits: Default::default(),
            filters: Vec::new(),
            groupings: Groupings::new(),
            shortest: WIDTH,
            shortest_alone: *card::LENGTHS.start(),
            codes: Default::default(),
            longest: [0; LETTERS_MAX + 1],
        };
        for (number, scheme) in all().enumerate() {
            let topic = Topic::of_scheme(number);
            for form in scheme.forms {
                let entry = Entry::new(scheme, form, topic);
                let length = form.classes.len();
                if let Some(letters) = letters(form) {
                    let slots = index.codes.iter_mut().take(letters.end() + 1).skip(*letters.start());
                    slots.filter_map(|lengths| lengths.get_mut(length)).for_each(|slot| slot.push(entry));
                }
                if let (true, Some(slot)) = (entry.of_digits, index.digits.get_mut(length)) {
                    slot.push(entry);
                    index.shortest = index.shortest.min(length);
                    if form.proof != Proof::Word {
                        index.shortest_alone = index.shortest_alone.min(length);
                    }
                }
            }
        }
        for (longest, lengths) in index.longest.iter_mut().zip(&index.codes) {
            *longest = lengths.iter().rposition(|entries| !entries.is_empty()).unwrap_or(0);
        }
        for entries in &index.digits {
            entries
                .iter()
                .enumerate()
                .for_each(|(number, entry)| index.groupings.add(entry.form, 1 << number));
        }
        index.filters = (0..).zip(&index.digits).map(|(length, all)| Filter::new(length, all)).collect();
        index
    }

    /// Digits of the shortest number that has no letters.
    pub(crate) fn shortest(&self) -> usize {
        self.shortest
    }

    /// The same for those that count without a word about them. No account (ten digits at least, with the bank) or card is
    /// shorter.
    #[inline]
    pub(crate) fn shortest_alone(&self) -> usize {
        self.shortest_alone
    }

    /// The groups of the run that may be the last of a number of any kind, a bit each.
    #[inline]
    pub(crate) fn ends(&self, run: &Run<'_>) -> u8 {
        self.groupings.ends(run)
    }

    /// What a number may be by its groups.
    #[inline]
    pub(crate) fn kinds(&self, number: &Written) -> Kinds {
        self.groupings.kinds(number)
    }

    pub(crate) fn of_digits(&self, length: usize) -> &[Entry] {
        self.digits.get(length).map(Vec::as_slice).unwrap_or_default()
    }

    /// Length of the longest code with so many letters in front of its first digit.
    pub(crate) fn longest_code(&self, letters: usize) -> usize {
        self.longest.get(letters).copied().unwrap_or(0)
    }

    pub(crate) fn of_code(&self, letters: usize, length: usize) -> &[Entry] {
        let lengths = self.codes.get(letters);
        lengths.and_then(|lengths| lengths.get(length)).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Entry {
    fn new(scheme: &'static Scheme, form: &'static Form, topic: Topic) -> Entry {
        let places = |test: fn(u8) -> bool| {
            let classes = form.classes.bytes().enumerate();
            classes.fold(0, |bits, (place, class)| bits | u32::from(test(class)) << place)
        };
        Entry {
            scheme,
            form,
            of_digits: may_be_digits(form),
            digits: places(|class| class == b'0'),
            letters: places(|class| !matches!(class, b'0' | b'*')),
            topic,
        }
    }

    /// May letters be where they are, a bit each, and digits elsewhere?
    #[inline]
    pub(super) fn may_have(&self, letters: u32) -> bool {
        letters & self.digits == 0 && self.letters & !letters == 0
    }
}

/// Which of the forms of digits alone that have one length a number may be, a bit each, by pairs of its digits that no
/// other number of the form has. It saves the checks of nearly all of them.
struct Filter {
    /// Those that count beside a word alone.
    told: u64,
    /// For each of [`PAIRS`] those that may have its value.
    pairs: [[u64; 100]; PAIRS.len()],
    sums: Sums,
}

/// Places of two digits by which forms differ: where most schemes have the parts of a date.
const PAIRS: [usize; 4] = [0, 2, 3, 4];

impl Filter {
    fn new(length: usize, entries: &[Entry]) -> Filter {
        let sums = Sums::new(length, entries.iter().map(|entry| entry.scheme.checks));
        let mut filter = Filter { told: 0, pairs: [[0; 100]; PAIRS.len()], sums };
        for (number, entry) in entries.iter().enumerate() {
            let bit = 1 << number;
            filter.told |= if entry.form.proof == Proof::Word { bit } else { 0 };
            for (values, place) in filter.pairs.iter_mut().zip(PAIRS) {
                let may = pairs(entry.scheme.checks, length, place);
                let slots = values.iter_mut().enumerate().filter(|(value, _)| may >> value & 1 == 1);
                slots.for_each(|(_, forms)| *forms |= bit);
            }
        }
        filter
    }
}

impl Index {
    /// Those of the forms of `length` digits that count beside a word alone.
    #[inline]
    pub(super) fn told(&self, length: usize) -> u64 {
        self.filters.get(length).map_or(0, |filter| filter.told)
    }

    /// Those of `forms` that may have these digits.
    #[inline]
    pub(super) fn valued(&self, length: usize, forms: u64, values: &[u8; WIDTH]) -> u64 {
        let Some(filter) = self.filters.get(length) else { return 0 };
        let digit = |place: usize| values.get(place).map_or(0, |&digit| usize::from(digit));
        let pairs = filter.pairs.iter().zip(PAIRS);
        let left = pairs.fold(forms, |left, (forms, place)| {
            left & forms.get(10 * digit(place) + digit(place + 1)).copied().unwrap_or(0)
        });
        if left == 0 { 0 } else { filter.sums.left(left, values) }
    }
}

/// The values, a bit each, that the two digits at `place` may have in a number of `length` digits for which all of
/// `checks` hold.
fn pairs(checks: &[Check], length: usize, place: usize) -> u128 {
    checks.iter().fold(EVERY, |values, check| values & pairs_of(check, length, place))
}

/// All values of two digits.
const EVERY: u128 = (1 << 100) - 1;

fn pairs_of(check: &Check, length: usize, place: usize) -> u128 {
    if let Check::Length(wanted) = check {
        if *wanted == length { EVERY } else { 0 }
    } else if let Check::Any(all) = check {
        all.iter().fold(0, |values, checks| values | pairs(checks, length, place))
    } else if let Check::Date(date) = check {
        let Date { month, months, day, days, .. } = date;
        let of = |first: u64, count: u64| (first..first + count).fold(0, |values, value| values | 1 << value);
        match place {
            place if place == *month => months.iter().fold(0, |values, (more, _)| values | of(more + 1, 12)),
            place if place == *day => days.iter().fold(0, |values, more| values | of(more + 1, 31)),
            _ => EVERY,
        }
    } else if let Check::Among { from, length: width, ranges } = check
        && *from <= place
        && place + 2 <= from + width
    {
        let behind = 10u64.pow(u32::try_from(from + width - place - 2).unwrap_or(0));
        let of = |first: u64, last: u64| {
            (first / behind..=last / behind).take(100).fold(0, |values, value| values | 1 << (value % 100))
        };
        ranges.iter().fold(0, |values, &(first, last)| values | of(first, last))
    } else {
        EVERY
    }
}

/// Can it be a number of digits alone?
fn may_be_digits(form: &Form) -> bool {
    form.classes.bytes().all(|class| matches!(class, b'0' | b'*'))
}

/// How many letters may stand in front of the first digit; nothing for a form of digits alone.
fn letters(form: &Form) -> Option<std::ops::RangeInclusive<usize>> {
    let classes = form.classes.as_bytes();
    if classes.iter().all(|&class| class == b'0') {
        return None;
    }
    let least = classes.iter().position(|class| matches!(class, b'0' | b'*'))?;
    let most = classes.iter().position(|&class| class == b'0').unwrap_or(LETTERS_MAX);
    Some(least..=most.min(LETTERS_MAX))
}

impl std::fmt::Debug for Index {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Index").field("schemes", &all().count()).finish_non_exhaustive()
    }
}

impl Topic {
    fn of_scheme(number: usize) -> Topic {
        Topic(FIRST_SCHEME.0 + u16::try_from(number).unwrap_or(u16::MAX - FIRST_SCHEME.0))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::super::written::Other;
    use super::super::{Characters, Grouping};
    use super::*;

    #[test]
    fn every_form_of_every_scheme_can_be_found() {
        let index = Index::new();
        let entries = || index.digits.iter().chain(index.codes.iter().flatten()).flatten();
        for scheme in all() {
            for form in scheme.forms {
                assert!(entries().any(|entry| std::ptr::eq(entry.form, form)), "{}", scheme.kind);
            }
        }
    }

    #[test]
    fn every_grouping_of_every_form_is_known() {
        let index = Index::new();
        let written = |length, shape, separator| Written { length, shape, separator, start: 0, end: 0 };
        for (length, entries) in index.digits.iter().enumerate() {
            for (number, entry) in entries.iter().enumerate() {
                let has = |shape, separator| {
                    index.kinds(&written(length, shape, separator)).forms >> number & 1 == 1
                };
                assert!(has(length as u64, 0), "{}", entry.scheme.kind);
                if let Grouping::Shapes(shapes) = entry.form.grouping {
                    assert!(shapes.iter().all(|&shape| has(shape, b' ')), "{}", entry.scheme.kind);
                    assert!(!has(crate::digits::shape(&[1, 1, 1]), b' '), "{}", entry.scheme.kind);
                }
            }
        }
        let has = |length, shape, other| index.kinds(&written(length, shape, b' ')).has(other);
        assert!(crate::payment::card::shapes().all(|shape| has(16, shape, Other::Card)));
        assert!(crate::device::SHAPES.into_iter().all(|shape| has(15, shape, Other::Device)));
    }

    #[test]
    fn a_number_whose_checks_hold_passes_the_filter() {
        let (index, mut random, mut held) = (Index::new(), 0x9E37_79B9_7F4A_7C15_u64, 0);
        for length in 0..=WIDTH {
            assert!(index.of_digits(length).len() <= 64, "{length}");
            for _ in 0..4000 {
                let mut values = [0; WIDTH];
                for value in values.iter_mut().take(length) {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    *value = u8::try_from((random >> 40) % 10).unwrap();
                }
                let characters = Characters { values, length, ..Characters::default() };
                let may = index.valued(length, u64::MAX, &values);
                for (number, entry) in index.of_digits(length).iter().enumerate() {
                    let holds = entry.holds(&characters);
                    held += u32::from(holds);
                    assert!(!holds || may >> number & 1 == 1, "{} {values:?}", entry.scheme.kind);
                }
            }
        }
        assert!(held > 10_000, "{held}");
    }

    #[test]
    fn every_scheme_has_a_name_of_its_country_and_words_in_lower_case() {
        for scheme in all() {
            let country = scheme.country.map(|letter| char::from(letter.to_ascii_lowercase()));
            assert!(scheme.kind.starts_with(&format!("{}{}.", country[0], country[1])), "{}", scheme.kind);
            assert!(!scheme.words.is_empty() && !scheme.forms.is_empty(), "{}", scheme.kind);
            for word in scheme.words {
                assert!(!word.bytes().any(|byte| byte.is_ascii_uppercase()), "{}: {word}", scheme.kind);
            }
            for form in scheme.forms {
                assert!(form.classes.len() <= WIDTH, "{}", scheme.kind);
                assert!(form.classes.bytes().any(|class| class != b'A'), "{}", scheme.kind);
            }
        }
        let mut kinds: Vec<_> = all().map(|scheme| scheme.kind).collect();
        kinds.sort_unstable();
        assert!(kinds.array_windows().all(|[left, right]| left != right), "a kind stands twice");
    }
}
