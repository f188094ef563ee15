//! A glance at a block: can anything be found in it? Most blocks of prose are passed after it.
//!
//! Invariant: a glance sees too much, never too little: a block with an anchor or something that hides is not passed.

use super::BLOCK;
use crate::anchors::{CAPITALS, LONG_WORD, has_row};

/// What a glance sees of a block: a bit for each byte.
#[derive(Clone, Copy, Default)]
pub(super) struct Glance {
    /// Digits, marks, marks of encodings and first bytes of characters that fold.
    pub(super) any: u64,
    /// Above [`BELOW_WORDS`], in ASCII: what long words are made of, and more.
    pub(super) words: u64,
    /// Those of `words` without the bit that small letters have: capitals, and more.
    pub(super) capitals: u64,
    /// Above [`BELOW_LETTERS`], in ASCII: letters, and a few marks.
    pub(super) letters: u64,
    /// First bytes of letters that may look Latin.
    pub(super) alike: u64,
}

/// No byte of a word is this one or below; what stands between words in prose is.
pub(super) const BELOW_WORDS: u8 = b',';
/// No letter is this one or below.
pub(super) const BELOW_LETTERS: u8 = b'?';
/// Small letters have it, capitals do not.
pub(super) const SMALL: u8 = 0x20;

impl Glance {
    /// Before the first block anything may stand.
    const ANYTHING: Glance =
        Glance { any: u64::MAX, words: u64::MAX, capitals: u64::MAX, letters: u64::MAX, alike: u64::MAX };

    /// May something start in this block, behind `last` and before `next`?
    #[inline(always)]
    fn may_hold(self, last: Glance, next: Glance) -> bool {
        self.any != 0
            || self.alike != 0 && self.is_mixed(last, next)
            || has_row::<LONG_WORD>(self.words, next.words)
            || has_two(self.capitals, next.capitals) && are_many(self.capitals, next.capitals)
    }

    /// Does a letter that may look Latin stand beside one of ASCII, or a blank apart from a digit? It has two bytes.
    #[inline(always)]
    fn is_mixed(self, last: Glance, next: Glance) -> bool {
        let beside = self.letters << 1 | last.letters >> 63 | self.letters >> 2 | next.letters << 62;
        // There is nothing in this block itself.
        let apart = last.any >> 62 | next.any << 61;
        self.alike & (beside | apart) != 0
    }
}

/// Hardly any block has two capitals in a row.
#[inline(always)]
fn has_two(capitals: u64, next: u64) -> bool {
    capitals & capitals >> 1 | capitals >> 63 & next != 0
}

#[cold]
fn are_many(capitals: u64, next: u64) -> bool {
    has_row::<CAPITALS>(capitals, next)
}

/// How many blocks there are before one that may hold something. The last one may: nobody knows what follows it.
#[inline(always)] // into a function that has the vectors of `glance`
pub(super) fn passed(blocks: &[[u8; BLOCK]], glance: impl Fn(&[u8; BLOCK]) -> Glance) -> usize {
    let (mut last, mut here) = (Glance::ANYTHING, Glance::default());
    for (place, block) in blocks.iter().enumerate() {
        let next = glance(block);
        if here.may_hold(last, next) {
            // A row at the start of the first block seems to have gone on from before it.
            return place.saturating_sub(1);
        }
        last = if place == 0 { last } else { here };
        here = next;
    }
    blocks.len().saturating_sub(1)
}
