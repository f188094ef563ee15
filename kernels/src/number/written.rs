//! How numbers of digits alone are written, of all kinds: in which lengths, and in groups of which lengths.
//!
//! Invariant: necessary conditions only. They fail for nearly all groups of digits of a text, before a digit is read.

use super::{Form, Grouping};
use crate::device;
use crate::digits::{self, EACH, Run};
use crate::document::ehic;
use crate::payment::{account, card};

/// Built once for all scans.
pub(super) struct Groupings {
    /// A bit for each length that one has in one piece, and in any groups.
    whole: u32,
    free: u32,
    /// For the lengths of the first two groups a bit for each group that may be the last.
    openings: [u8; LENGTHS * LENGTHS],
    /// A bit for the hash of each shape.
    shapes: [u64; SHAPES / 64],
}

/// Lengths of a group that are told apart.
const LENGTHS: usize = 16;
/// Many times the number of shapes, so that nearly all others meet no bit.
const SHAPES: usize = 1 << (64 - 50);

impl Groupings {
    /// Those that are no scheme's.
    pub(super) fn new() -> Groupings {
        let lengths = card::LENGTHS.chain([device::IMEI, device::IMEISV, ehic::LENGTH]);
        let whole = lengths.fold(0, |bits, length| bits | 1 << length);
        let (openings, shapes) = ([0; LENGTHS * LENGTHS], [0; SHAPES / 64]);
        let mut groupings = Groupings { whole, free: 1 << ehic::LENGTH, openings, shapes };
        card::shapes().chain(device::SHAPES).for_each(|shape| groupings.add_shape(shape));
        groupings
    }

    pub(super) fn add(&mut self, form: &Form) {
        let bit = 1 << form.classes.len();
        self.whole |= bit;
        match form.grouping {
            Grouping::Free => self.free |= bit,
            Grouping::Shapes(shapes) => shapes.iter().for_each(|&shape| self.add_shape(shape)),
        }
    }

    fn add_shape(&mut self, shape: u64) {
        let hash = hash(shape);
        if let Some(bits) = self.shapes.get_mut(hash / 64) {
            *bits |= 1 << (hash % 64);
        }
        // The first group is the highest byte that is not 0.
        let last = (63 - shape.max(1).leading_zeros()) / 8;
        let [first, second] = [last, last.saturating_sub(1)].map(|byte| shape >> (8 * byte) & 0xff);
        if let Some(ends) = self.openings.get_mut(opening(first, second)) {
            *ends |= 1 << last;
        }
    }

    /// The groups of the run that may be the last of a number, a bit each.
    #[inline]
    pub(super) fn ends(&self, run: &Run<'_>) -> u8 {
        let [first, second] = run.first_lengths();
        let whole = u8::from(self.whole.unbounded_shr(first) & 1 == 1);
        let shaped = self.openings.get(opening(first.into(), second.into())).copied().unwrap_or(0);
        let mut ends = whole | shaped & !1;
        // Hardly any run has so many digits, or a slash.
        if run.digits() >= self.free.trailing_zeros() as usize {
            ends |= self.free_ends(run);
        }
        if run.has_separator(account::SEPARATOR) {
            ends |= EACH;
        }
        ends
    }

    fn free_ends(&self, run: &Run<'_>) -> u8 {
        let lengths = run.lengths().into_iter().enumerate();
        lengths.fold(0, |ends, (group, length)| {
            ends | u8::from(self.free.unbounded_shr(length.into()) & 1 == 1) << group
        })
    }

    /// May a number of any kind be written so?
    #[inline]
    pub(super) fn has(&self, number: &digits::Written) -> bool {
        if number.is_unbroken() {
            return self.whole >> number.length & 1 == 1;
        }
        let hash = hash(number.shape);
        let shaped = self.shapes.get(hash / 64).is_some_and(|bits| bits >> (hash % 64) & 1 == 1);
        shaped || self.free >> number.length & 1 == 1 || account::may_be(number)
    }
}

/// Of the lengths of the first two groups, below [`LENGTHS`] times [`LENGTHS`].
#[inline]
fn opening(first: u64, second: u64) -> usize {
    const LAST: u64 = LENGTHS as u64 - 1;
    ((first.min(LAST) << 4 | second.min(LAST)) & 0xff) as usize
}

/// Of a shape, below [`SHAPES`].
#[inline]
fn hash(shape: u64) -> usize {
    (shape.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50) as usize
}
