//! Spots: the places of a text that may stand for another text, noted while it is scanned.
//!
//! Invariant: nothing is allocated for a text that has none. What is noted as odd is decoded by a view.

use super::{base64, entity, escape, fold, gap, percent, quoted, spoken};
use crate::anchors::WINDOW;
use crate::bytes::at;
use crate::simd::Masks;

/// Two odd places with less between them are read together, see [`super::MARGIN`].
const TOGETHER: usize = 2 * super::MARGIN;

/// The places of one text.
#[derive(Debug, Default)]
pub(crate) struct Spots {
    /// Parts whose first and whose last character are odd, in any order.
    pub(super) odd: Vec<Odd>,
    /// Where base64 of text may start.
    pub(super) encoded: Vec<usize>,
}

/// A part of a text that stands for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Odd {
    pub(super) start: usize,
    pub(super) end: usize,
    /// There are gaps in it, and nothing else.
    pub(super) gaps: bool,
}

impl Spots {
    /// Looks at the block of 64 bytes at `start`, the last but one of these.
    #[inline(never)]
    pub(crate) fn block(&mut self, text: &str, start: usize, blocks: &[Masks; WINDOW]) {
        let [.., here, _] = blocks;
        let mut hiding = here.hiding;
        while hiding != 0 {
            let place = start + hiding.trailing_zeros() as usize;
            hiding &= hiding - 1;
            if hides(text, place) {
                self.note(place, false);
            }
        }
        if here.alike != 0 {
            fold::mixed(text, start, blocks, |place| self.note(place, false));
        }
    }

    /// Looks at the group of digits at `place`, `behind` which these bytes stand, and which does not go on a number.
    #[inline]
    pub(crate) fn digits(&mut self, text: &[u8], place: usize, behind: [u8; 5]) {
        if gap::may_end(behind)
            && let Some(gap) = gap::before_digits(text, place)
        {
            self.note(gap, true);
        }
    }

    /// Looks at the long word at `place`.
    #[inline]
    pub(crate) fn word(&mut self, text: &[u8], place: usize) {
        self.encoded.extend(base64::start(text, place));
    }

    /// The spots of the same text that `other` has noted.
    pub(crate) fn join(&mut self, other: Spots) {
        self.odd.extend(other.odd);
        self.encoded.extend(other.encoded);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.odd.is_empty() && self.encoded.is_empty()
    }

    /// Places come in order, but for those of one block.
    fn note(&mut self, place: usize, gap: bool) {
        match self.odd.last_mut() {
            Some(odd) if place <= odd.end + TOGETHER => {
                (odd.start, odd.end) = (place.min(odd.start), place.max(odd.end));
                odd.gaps &= gap;
            }
            _ => self.odd.push(Odd { start: place, end: place, gaps: gap }),
        }
    }
}

/// Does what starts at `place` hide something? Marks that only quote do not.
fn hides(text: &str, place: usize) -> bool {
    let (whole, text) = (text, text.as_bytes());
    match at(text, place) {
        0x80.. => fold::hides(whole, place),
        b'%' => percent::unit(text, place).is_some(),
        b'&' => entity::unit(text, place).is_some_and(|unit| !matches!(unit.letter, '"' | '\'' | '<' | '>')),
        b'\\' => escape::unit(text, place).is_some_and(|unit| escape::hides(text, place, unit)),
        b'=' => quoted::unit(text, place).is_some(),
        b'(' | b'[' => spoken::is_spoken(text, place),
        _ => false,
    }
}
