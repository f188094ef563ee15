//! Spots: the places of a text that may stand for another text, noted while it is scanned.
//!
//! Invariant: nothing is allocated for a text that has none. What is noted as odd is decoded by a view.

use super::{base64, entity, escape, fold, gap, percent, quoted, spoken};
use crate::bytes::at;
use crate::simd::{BLOCK, CODED, Masks};

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
    #[inline(never)]
    pub(crate) fn block(&mut self, text: &str, start: usize, masks: &Masks) {
        let bytes = text.as_bytes();
        let mut odd = masks.odd;
        while odd != 0 {
            let place = start + odd.trailing_zeros() as usize;
            odd &= odd - 1;
            if !at(bytes, place).is_ascii() {
                return self.foreign(text, start, masks);
            }
            if hides(bytes, place) {
                self.note(place);
            }
        }
    }

    /// The same for a block that has bytes outside ASCII, which stand for most of its odd ones.
    fn foreign(&mut self, text: &str, start: usize, masks: &Masks) {
        fold::odd(text, start, masks, |place| self.note(place));
        let bytes = text.as_bytes();
        let within = bytes.get(start..bytes.len().min(start + BLOCK)).unwrap_or_default();
        // Not `any`: without a way out the comparisons of all of them are a few vector instructions.
        let any = within.iter().fold(0, |any, &byte| any | coded(byte));
        let places = within.iter().enumerate().filter(|(_, byte)| coded(**byte) != 0);
        for (offset, _) in places.take(if any == 0 { 0 } else { BLOCK }) {
            if hides(bytes, start + offset) {
                self.note(start + offset);
            }
        }
    }

    /// Looks at the group of digits at `place`, which does not go on a number.
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

    /// Places come in order, but for those of one block.
    fn note(&mut self, place: usize) {
        match self.odd.last_mut() {
            Some((start, end)) if place <= *end + TOGETHER => {
                (*start, *end) = (place.min(*start), place.max(*end));
            }
            _ => self.odd.push((place, place)),
        }
    }
}

/// Is it one of [`CODED`]?
#[inline]
fn coded(byte: u8) -> u8 {
    CODED.iter().fold(0, |any, &mark| any | u8::from(byte == mark))
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
