//! Numbers of persons and companies: every scheme is data, and one interpreter reads it.
//!
//! Invariant: a number is reported when it is written as its scheme is written and every check of the
//! scheme holds; a missing context word never hides it, unless its scheme has no check of its own
//! ([`Proof::Word`]). The checks are integer arithmetic over the characters alone, so that another
//! interpreter of the same data comes to the same answer on every device.

pub(crate) mod check;
pub(crate) mod code;
pub(crate) mod index;
pub(crate) mod own;
mod scheme;
mod sums;
pub(crate) mod written;

use crate::context::Context;
use crate::digits::{MAX_DIGITS, Written, first};
use crate::{Finding, Label};

pub(crate) use check::{Characters, Check};
pub(crate) use code::codes;
pub(crate) use index::Index;
pub(crate) use scheme::all;
/// What the account numbers of countries have in common with their IBAN.
pub(crate) mod account {
    pub(crate) use super::check::{Check, weights, weights_from};
    pub(crate) use super::own::italian;
    pub(crate) use super::scheme::{CCC, HU_ACCOUNT, HU_BANK, KONTONR, MOD_97, RIB};
}

/// One kind of number.
pub(crate) struct Scheme {
    /// python-stdnum's name where it has one.
    pub(crate) kind: &'static str,
    pub(crate) label: Label,
    pub(crate) country: [u8; 2],
    pub(crate) forms: &'static [Form],
    /// All of them must hold.
    pub(crate) checks: &'static [Check],
    /// Lower-case words that speak of it, in every language in which it is spoken of; letters outside
    /// ASCII in both cases.
    pub(crate) words: &'static [&'static str],
}

/// One way in which a number is written.
pub(crate) struct Form {
    /// A character each: `0` a digit, `A` a letter, `*` either; a small letter stands for itself.
    pub(crate) classes: &'static str,
    pub(crate) grouping: Grouping,
    pub(crate) proof: Proof,
}

/// In one piece, or in one of these groupings.
const fn form(classes: &'static str, shapes: &'static [u64], proof: Proof) -> Form {
    Form { classes, grouping: Grouping::Shapes(shapes), proof }
}

/// In any grouping.
const fn free(classes: &'static str, proof: Proof) -> Form {
    Form { classes, grouping: Grouping::Free, proof }
}

/// Where separators may stand. In one piece is always allowed.
#[derive(Clone, Copy)]
pub(crate) enum Grouping {
    /// Anywhere: the checks are strong enough.
    Free,
    /// Between groups of these lengths, see [`crate::digits::shape`].
    Shapes(&'static [u64]),
}

/// What makes a number of this form one of its scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Several checks, or one that one number in a hundred passes: reported wherever it stands.
    Strong,
    /// One check digit: reported unless it stands where another kind of number is named, or looks like a
    /// time.
    Check,
    /// Nothing but its form: reported beside a word about it and no other number.
    Word,
}

impl Proof {
    fn score(self, grouped: bool) -> u8 {
        match (self, grouped) {
            (Proof::Strong, true) => 97,
            (Proof::Strong, false) => 94,
            (Proof::Check, true) => 85,
            (Proof::Check, false) => 70,
            (Proof::Word, _) => 60,
        }
    }
}

/// What a word about it makes of a score.
pub(crate) const CONFIRMED: u8 = 100;

/// Everything that a verdict about one candidate needs.
struct Candidate<'c> {
    characters: &'c Characters,
    shape: u64,
    unbroken: bool,
    start: usize,
    end: usize,
}

/// What the digits that are `written`, which the values begin with, are the number of: of these forms of their length,
/// a bit each.
#[inline]
pub(crate) fn find(
    index: &Index,
    values: &[u8; MAX_DIGITS],
    written: &Written,
    forms: u64,
    context: &mut Context<'_, '_>,
    out: &mut Vec<Finding>,
) {
    if forms != 0 {
        let left = index.valued(written.length, forms, values);
        let told = left & index.told(written.length);
        let left =
            if told != 0 && !context.hears_beside(written.start, written.end) { left ^ told } else { left };
        if left != 0 {
            judge_all(index, left, values, written, context, out);
        }
    }
}

/// The forms are those that have a bit in `left`.
fn judge_all(
    index: &Index,
    mut left: u64,
    values: &[u8; MAX_DIGITS],
    written: &Written,
    context: &mut Context<'_, '_>,
    out: &mut Vec<Finding>,
) {
    let &Written { length, shape, start, end, .. } = written;
    let characters = Characters::of_digits(values, written);
    let unbroken = written.is_unbroken();
    let candidate = Candidate { characters: &characters, shape, unbroken, start, end };
    let schemes = index.of_digits(length);
    while left != 0 {
        if let Some(entry) = schemes.get(left.trailing_zeros() as usize) {
            judge(entry, &candidate, context, out);
        }
        left &= left - 1;
    }
}

impl Form {
    #[inline]
    pub(crate) fn may_be_written(&self, shape: u64, unbroken: bool) -> bool {
        unbroken
            || match self.grouping {
                Grouping::Free => true,
                Grouping::Shapes(shapes) => shapes.contains(&shape),
            }
    }
}

/// Reports the candidate, if it is a number of the scheme. It is written in the scheme's form.
#[inline]
fn judge(
    entry: &index::Entry,
    candidate: &Candidate<'_>,
    context: &mut Context<'_, '_>,
    out: &mut Vec<Finding>,
) {
    // All digits alike: an example, a placeholder, a row of zeros.
    if entry.holds(candidate.characters)
        && !candidate.characters.are_all_the_same()
        && let Some(found) = weigh(entry, candidate, context)
    {
        out.push(found);
    }
}

impl index::Entry {
    /// Is each character of its class?
    #[inline]
    pub(crate) fn may_be(&self, characters: &Characters) -> bool {
        self.of_digits && !characters.has_letters || characters.are(self.form.classes)
    }

    /// Does every check of its scheme hold? Characters alone tell.
    #[inline]
    pub(crate) fn holds(&self, characters: &Characters) -> bool {
        self.scheme.checks.iter().all(|check| check.holds(characters))
    }
}

/// The finding, if what stands around the number lets it be one.
fn weigh(entry: &index::Entry, candidate: &Candidate<'_>, context: &mut Context<'_, '_>) -> Option<Finding> {
    let &Candidate { start, end, .. } = candidate;
    let &Scheme { kind, label, country, .. } = entry.scheme;
    let named = match entry.form.proof {
        Proof::Word => context.tells(entry.topic, start, end),
        Proof::Strong | Proof::Check => context.near(entry.topic, start, end),
    };
    let allowed = match entry.form.proof {
        _ if named => true,
        _ if candidate.looks_like_a_time() && context.names_a_time(start) => false,
        // A day of birth and one check digit are in one of a hundred rows of ten or eleven digits.
        Proof::Strong => !candidate.is_short_row() || !context.names_another(start),
        // `12345678 a` may be a number and the next word.
        _ if candidate.ends_in_a_letter_apart() => false,
        // A scheme that holds a date has a check more and is believed.
        Proof::Check if candidate.looks_like_a_time() && !entry.scheme.holds_a_date() => false,
        Proof::Check => !context.names_another(start),
        Proof::Word => false,
    };
    let score = if named { CONFIRMED } else { entry.form.proof.score(!candidate.unbroken) };
    allowed.then_some(Finding { start, end, label, kind, country: Some(country), score })
}

impl Scheme {
    fn holds_a_date(&self) -> bool {
        self.checks.iter().any(|check| matches!(check, Check::Date(_)))
    }
}

impl Candidate<'_> {
    /// Seconds or milliseconds since 1970, or a date and a time, as machines write them.
    fn looks_like_a_time(&self) -> bool {
        /// From 2014 to 2030.
        const SECONDS: std::ops::RangeInclusive<u64> = 1_400_000_000..=1_900_000_000;
        let number = |length| self.characters.number(0, length);
        self.unbroken
            && match self.characters.length {
                10 => SECONDS.contains(&number(10)),
                13 => SECONDS.contains(&(number(13) / 1000)),
                14 => (1970..=2069).contains(&number(4)),
                _ => false,
            }
    }

    fn is_short_row(&self) -> bool {
        self.unbroken && self.characters.length <= 11 && !self.characters.has_letters
    }

    fn ends_in_a_letter_apart(&self) -> bool {
        let last = self.characters.length.checked_sub(1).map_or(0, |last| self.characters.at(last));
        self.characters.sign == b' ' && self.shape & 0xff == 1 && last >= 10
    }
}

impl Characters {
    pub(crate) fn are_all_the_same(&self) -> bool {
        let characters = self.values.get(..self.length).unwrap_or_default();
        characters.array_windows().all(|[left, right]| left == right)
    }

    /// Of a run's digits those of the number; zeros stand behind them.
    fn of_digits(values: &[u8; MAX_DIGITS], written: &Written) -> Characters {
        let length = written.length;
        Characters { values: first(values, length), length, sign: written.separator, has_letters: false }
    }
}
