//! How numbers of digits alone are written, of all kinds: in which lengths, and in groups of which lengths.
//!
//! Invariant: necessary conditions only. They fail for nearly all groups of digits of a text, before a digit is read.

use super::{Form, Grouping, Proof};
use crate::device;
use crate::digits::{self, MAX_DIGITS, Run};
use crate::document::ehic;
use crate::payment::{account, card};

/// What a number that is written in one way may be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds {
    /// Of the schemes' forms of its length, a bit each.
    pub(crate) forms: u64,
    /// Of the others, and [`ALONE`].
    others: u8,
}

/// Some of it counts without a word about it.
const ALONE: u8 = 1 << 7;

/// Numbers that are no scheme's.
#[derive(Clone, Copy)]
pub(crate) enum Other {
    Card = 1,
    Account = 2,
    HealthCard = 4,
    Device = 8,
}

impl Kinds {
    const NONE: Kinds = Kinds { forms: 0, others: 0 };

    fn other(other: Other) -> Kinds {
        let alone = if let Other::Device = other { 0 } else { ALONE };
        Kinds { forms: 0, others: other as u8 | alone }
    }

    /// Does none of it count without a word about it?
    #[inline]
    pub(crate) fn needs_word(self) -> bool {
        self.others & ALONE == 0
    }

    #[inline]
    pub(crate) fn has(self, other: Other) -> bool {
        self.others & other as u8 != 0
    }

    #[inline]
    fn and(self, more: Kinds) -> Kinds {
        Kinds { forms: self.forms | more.forms, others: self.others | more.others }
    }

    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self.forms == 0 && self.others == 0
    }
}

/// Built once for all scans.
pub(super) struct Groupings {
    /// By length, those in one piece, and those in any groups.
    whole: [Kinds; MAX_DIGITS + 1],
    free: [Kinds; MAX_DIGITS + 1],
    /// The lengths of the latter, the shortest of them first.
    free_lengths: Vec<u8>,
    /// For the lengths of the first two groups, or of the only one, a bit for each group that may be the last.
    openings: [u8; LENGTHS * LENGTHS],
    /// Those in groups of some lengths: each at the place that the hash of its lengths gives, or soon behind it.
    shapes: Box<[(u64, Kinds); SHAPES + SHAPES_BEHIND]>,
}

/// Lengths of a group that are told apart.
const LENGTHS: usize = 32;
/// Several times the number of shapes, so that nearly all others meet an empty place.
const SHAPES: usize = 1 << SHAPES_BITS;
const SHAPES_BITS: u32 = 10;
/// Room for those that have the last places' hashes.
const SHAPES_BEHIND: usize = 8;

impl Groupings {
    /// Those that are no scheme's.
    pub(super) fn new() -> Groupings {
        let mut groupings = Groupings {
            whole: [Kinds::NONE; MAX_DIGITS + 1],
            free: [Kinds::NONE; MAX_DIGITS + 1],
            free_lengths: Vec::new(),
            openings: [0; LENGTHS * LENGTHS],
            shapes: Box::new([(0, Kinds::NONE); SHAPES + SHAPES_BEHIND]),
        };
        let (card, device) = (Kinds::other(Other::Card), Kinds::other(Other::Device));
        card::LENGTHS.for_each(|length| groupings.add_whole(length, card));
        card::shapes().for_each(|shape| groupings.add_shape(shape, card));
        [device::IMEI, device::IMEISV].into_iter().for_each(|length| groupings.add_whole(length, device));
        device::SHAPES.into_iter().for_each(|shape| groupings.add_shape(shape, device));
        groupings.add_free(ehic::LENGTH, Kinds::other(Other::HealthCard));
        groupings
    }

    /// The scheme's form that has this bit.
    pub(super) fn add(&mut self, form: &Form, bit: u64) {
        let alone = if form.proof == Proof::Word { 0 } else { ALONE };
        let (length, kinds) = (form.classes.len(), Kinds { forms: bit, others: alone });
        match form.grouping {
            Grouping::Free => self.add_free(length, kinds),
            Grouping::Shapes(shapes) => {
                self.add_whole(length, kinds);
                shapes.iter().for_each(|&shape| self.add_shape(shape, kinds));
            }
        }
    }

    fn add_whole(&mut self, length: usize, kinds: Kinds) {
        self.whole.get_mut(length).into_iter().for_each(|known| *known = known.and(kinds));
        // More groups may follow.
        let openings = self.openings.iter_mut().skip(length * LENGTHS).take(LENGTHS);
        openings.for_each(|ends| *ends |= 1);
    }

    fn add_free(&mut self, length: usize, kinds: Kinds) {
        self.add_whole(length, kinds);
        self.free.get_mut(length).into_iter().for_each(|known| *known = known.and(kinds));
        self.free_lengths.extend(u8::try_from(length));
        self.free_lengths.sort_unstable();
        self.free_lengths.dedup();
    }

    fn add_shape(&mut self, shape: u64, kinds: Kinds) {
        let mut places = self.shapes.iter_mut().skip(hash(shape));
        if let Some((known, all)) = places.find(|(known, _)| *known == shape || *known == 0) {
            (*known, *all) = (shape, all.and(kinds));
        }
        let mut lengths = shape.to_be_bytes().into_iter().map(usize::from).filter(|length| *length != 0);
        let (first, second) = (lengths.next().unwrap_or(0), lengths.next().unwrap_or(0));
        if let Some(ends) = self.openings.get_mut(opening(first, second)) {
            *ends |= 1 << (1 + lengths.count());
        }
    }

    /// The groups of the run that may be the last of a number, a bit each.
    #[inline]
    pub(super) fn ends(&self, run: &Run<'_>) -> u8 {
        let [first, second] = run.first_lengths();
        let mut ends = self.openings.get(opening(first, second)).copied().unwrap_or(0);
        if second != 0 {
            // Hardly any run has so many digits, or a slash.
            if self.free_lengths.first().is_some_and(|least| run.digits() >= usize::from(*least)) {
                ends |= self.free_ends(run);
            }
            if run.has_separator(account::SEPARATOR) {
                ends = u8::MAX;
            }
        }
        ends & run.ends()
    }

    #[inline]
    fn free_ends(&self, run: &Run<'_>) -> u8 {
        let equal = |length: &u8| digits::equal_bytes(run.digits_to(), *length);
        let highest = self.free_lengths.iter().map(equal).fold(0, |all, more| all | more);
        // The highest bit of each byte, gathered in the highest byte.
        ((highest >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
    }

    /// What a number may be that is written so.
    #[inline]
    pub(super) fn kinds(&self, number: &digits::Written) -> Kinds {
        let of = |kinds: &[Kinds]| kinds.get(number.length).copied().unwrap_or(Kinds::NONE);
        if number.is_unbroken() {
            return of(&self.whole);
        }
        let kinds = of(&self.free).and(self.of_shape(number.shape));
        if account::may_be(number) { kinds.and(Kinds::other(Other::Account)) } else { kinds }
    }

    #[inline]
    fn of_shape(&self, shape: u64) -> Kinds {
        let places = self.shapes.iter().skip(hash(shape));
        let mut known = places.take_while(|(known, _)| *known != 0);
        known.find(|(known, _)| *known == shape).map_or(Kinds::NONE, |(_, kinds)| *kinds)
    }
}

/// Of the lengths of the first two groups, below [`LENGTHS`] times [`LENGTHS`].
#[inline]
fn opening(first: usize, second: usize) -> usize {
    first % LENGTHS * LENGTHS + second % LENGTHS
}

/// Of a shape, below [`SHAPES`].
#[inline]
fn hash(shape: u64) -> usize {
    (shape.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SHAPES_BITS)) as usize
}
