//! Spots: the places of a text that may stand for another text, noted while it is scanned.
//!
//! Invariant: nothing is allocated for a text that has none. What is noted as odd is decoded by a view.

use super::{base64, entity, escape, fold, gap, percent, quoted, spoken};
use crate::bytes::at;
use crate::simd::Masks;

/// Two odd places with less between them are read together, see [`super::MARGIN`].
const TOGETHER: usize = 2 * super::MARGIN;

/// The places of one text.
#[derive(Debug, Default)]
pub(crate) struct Spots {
    /// Parts whose first and whose last character are odd.
    pub(super) odd: Vec<(usize, usize)>,
    /// Where base64 of text may start.
    pub(super) encoded: Vec<usize>,
}

impl Spots {
    /// Looks at the block of 64 bytes at `start`, if it has bytes outside ASCII or marks of encodings.
    pub(crate) fn block(&mut self, text: &str, start: usize, masks: &Masks) {
        if masks.high != 0 {
            fold::odd(text, start, masks, |place| self.note(place));
        }
        let bytes = text.as_bytes();
        let mut coded = masks.coded;
        while coded != 0 {
            let place = start + coded.trailing_zeros() as usize;
            coded &= coded - 1;
            if hides(bytes, place) {
                self.note(place);
            }
        }
    }

    /// Looks at the group of digits at `place`.
    #[inline]
    pub(crate) fn digits(&mut self, text: &[u8], place: usize) {
        if let Some(gap) = gap::before_digits(text, place) {
            self.note(gap);
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

    /// Places come in order.
    fn note(&mut self, place: usize) {
        match self.odd.last_mut() {
            Some((_, end)) if place <= *end + TOGETHER => *end = place.max(*end),
            _ => self.odd.push((place, place)),
        }
    }
}

/// Does what starts at `place` hide something? Marks that only quote do not.
fn hides(text: &[u8], place: usize) -> bool {
    match at(text, place) {
        b'%' => percent::unit(text, place).is_some(),
        b'&' => entity::unit(text, place).is_some_and(|unit| !matches!(unit.letter, '"' | '\'' | '<' | '>')),
        b'\\' => escape::unit(text, place).is_some_and(|unit| escape::hides(text, place, unit)),
        b'=' => quoted::unit(text, place).is_some(),
        b'(' | b'[' => spoken::is_spoken(text, place),
        _ => false,
    }
}
