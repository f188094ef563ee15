//! A glance at a block: can anything be found in it? Most blocks of prose are passed after it.
//!
//! Invariant: a glance sees too much, never too little: a block with an anchor or something that hides is not passed.

use super::BLOCK;
use crate::anchors::{CAPITALS, LONG_WORD, has_row};

/// What a glance sees of a block: a bit for each byte.
#[derive(Clone, Copy, Default)]
pub(super) struct Glance {
    /// Digits, marks, and marks of encodings.
    pub(super) any: u64,
    /// Above [`BELOW_WORDS`], in ASCII: what long words are made of, and more.
    pub(super) words: u64,
    /// Those of `words` without the bit that small letters have: capitals, and more.
    pub(super) capitals: u64,
    /// Not zero, if there are bytes outside ASCII.
    pub(super) foreign: u64,
}

/// What is seen of a block that has bytes outside ASCII.
pub(super) struct Beyond {
    /// First bytes of characters that may fold.
    pub(super) folding: u64,
    /// First bytes of letters that may look Latin.
    pub(super) alike: u64,
    /// Above [`BELOW_LETTERS`], in ASCII: letters, and a few marks.
    pub(super) letters: u64,
}

/// No byte of a word is this one or below; what stands between words in prose is.
pub(super) const BELOW_WORDS: u8 = b',';
/// No letter is this one or below.
pub(super) const BELOW_LETTERS: u8 = b'?';
/// Small letters have it, capitals do not.
pub(super) const SMALL: u8 = 0x20;

impl Glance {
    /// May something start in this block, behind `last` and before `next`?
    #[inline(always)]
    fn may_hold(self, last: Glance, next: Glance, beyond: impl FnOnce() -> Beyond) -> bool {
        self.any != 0
            || self.foreign != 0 && self.may_hide(last, next, beyond())
            || has_row::<LONG_WORD>(self.words, next.words)
            || has_two(self.capitals, next.capitals) && are_many(self.capitals, next.capitals)
    }

    /// Does a character that may fold stand here; or a letter that may look Latin, of two bytes, beside one of ASCII, or a
    /// blank apart from a digit, which none is in this block itself?
    #[inline(always)]
    fn may_hide(self, last: Glance, next: Glance, beyond: Beyond) -> bool {
        let beside = beyond.letters << 1 | last.words >> 63 | beyond.letters >> 2 | next.words << 62;
        let apart = last.any >> 62 | next.any << 61;
        beyond.folding | beyond.alike & (beside | apart) != 0
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

/// How many blocks there are before one that may hold something, behind the block `before` them. The last one may: nobody
/// knows what follows it.
#[inline(always)] // into a function that has the vectors of `glance` and `beyond`
pub(super) fn passed(
    before: &[u8; BLOCK],
    blocks: &[[u8; BLOCK]],
    glance: impl Fn(&[u8; BLOCK]) -> Glance,
    beyond: impl Fn(&[u8; BLOCK]) -> Beyond,
) -> usize {
    let Some((mut block, rest)) = blocks.split_first() else { return 0 };
    let (mut last, mut here) = (glance(before), glance(block));
    for (place, behind) in rest.iter().enumerate() {
        let next = glance(behind);
        if here.may_hold(last, next, || beyond(block)) {
            return place;
        }
        (last, here, block) = (here, next, behind);
    }
    rest.len()
}
