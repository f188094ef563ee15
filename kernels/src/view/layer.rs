//! A view: what a part of a text stands for, and where each byte of it comes from.
//!
//! Invariant: a view is no longer than its part of the text, and what one of its characters was made of
//! is wholly inside the place that it is mapped to.

use super::fold::{Fold, fold};
use super::unit::Unit;
use super::{alike, entity, escape, gap, percent, quoted, spoken};
use crate::simd::{BLOCK, CODED, FOLDING, is_in, is_of};

/// A text that stands for another one.
#[derive(Debug, Default)]
pub(super) struct View {
    text: String,
    pieces: Vec<Piece>,
    /// Where a separator stands for a gap.
    gaps: Vec<usize>,
    /// Something else than a gap stands for another text.
    decoded: bool,
}

/// From `view` on, bytes stand for those of the source from `source` on.
#[derive(Debug)]
struct Piece {
    view: usize,
    source: usize,
    ratio: Ratio,
}

/// So many bytes of a view stand for so many bytes of its source: 1 for 1 where it was copied, 1 for 3
/// in percent encoding, 3 for 4 in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    view: u8,
    source: u8,
}

impl Ratio {
    const SAME: Ratio = Ratio { view: 1, source: 1 };

    pub(super) fn new(view: usize, source: usize) -> Ratio {
        let narrow = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        Ratio { view: narrow(view), source: narrow(source) }
    }
}

impl View {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
        self.gaps.clear();
        self.decoded = false;
    }

    /// Where its gaps are, if it is its source but for them.
    pub(super) fn gaps_alone(&self) -> &[usize] {
        if self.decoded { &[] } else { &self.gaps }
    }

    /// Appends what `from..to` of `source` stands for.
    pub(super) fn decode(&mut self, source: &str, from: usize, to: usize) {
        let part = source.get(from..to).unwrap_or_default();
        let bytes = part.as_bytes();
        let mut word = Word::default();
        // What stands from `plain` on stands for itself.
        let (mut plain, mut index) = (0, 0);
        loop {
            let rest = bytes.get(index..).unwrap_or_default();
            index += rest.iter().position(|&byte| may_start(byte)).unwrap_or(rest.len());
            let Some(letter) = part.get(index..).and_then(|rest| rest.chars().next()) else { break };
            let Some(unit) = word.unit(part, index, letter) else {
                index += letter.len_utf8();
                continue;
            };
            self.copy(part, plain, index, from);
            self.push(unit, from + index);
            index += unit.length;
            plain = index;
        }
        self.copy(part, plain, bytes.len(), from);
    }

    /// The same where gaps are all that does not stand for itself.
    pub(super) fn join(&mut self, source: &str, from: usize, to: usize) {
        let part = source.get(from..to).unwrap_or_default();
        let bytes = part.as_bytes();
        let (mut plain, mut next) = (0, 0);
        while let Some(index) = gap::next(bytes, next) {
            next = index + 1;
            if let Some(unit) = gap::unit(bytes, index) {
                self.copy(part, plain, index, from);
                self.push(unit, from + index);
                (plain, next) = (index + unit.length, index + unit.length);
            }
        }
        self.copy(part, plain, bytes.len(), from);
    }

    fn copy(&mut self, part: &str, start: usize, end: usize, from: usize) {
        if start < end {
            self.note(self.text.len(), from + start, Ratio::SAME);
            self.text.push_str(part.get(start..end).unwrap_or_default());
        }
    }

    fn push(&mut self, unit: Unit, source: usize) {
        self.decoded |= !unit.gap;
        let letter = match fold(unit.letter) {
            Fold::Nothing => return,
            Fold::Byte(byte) => char::from(byte),
            Fold::Same => unit.letter,
        };
        if unit.gap {
            self.gaps.push(self.text.len());
        }
        self.note(self.text.len(), source, Ratio::new(letter.len_utf8(), unit.length));
        self.text.push(letter);
    }

    /// From `view` on, bytes stand for those from `source` on.
    pub(super) fn note(&mut self, view: usize, source: usize, ratio: Ratio) {
        let goes_on = self.pieces.last().is_some_and(|last| {
            last.ratio == ratio && last.source_of(view) == Some(source) && ratio.view > 0
        });
        if !goes_on {
            self.pieces.push(Piece { view, source, ratio });
        }
    }

    /// The bytes so far, to append to.
    pub(super) fn take_bytes(&mut self) -> Vec<u8> {
        self.decoded = true;
        std::mem::take(&mut self.text).into_bytes()
    }

    /// Puts bytes back, as far as they are UTF-8.
    pub(super) fn set_bytes(&mut self, mut bytes: Vec<u8>) {
        let valid = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
        bytes.truncate(valid);
        self.text = String::from_utf8(bytes).unwrap_or_default();
    }

    /// The bytes of the source that `start..end` of the view stand for.
    pub(super) fn source(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let (_, first) = self.piece(start)?;
        let (_, last) = self.piece(end.checked_sub(1)?)?;
        Some((first.source_of(start)?, last.source_of(end - 1)? + usize::from(last.ratio.source)))
    }

    /// Was `start..end` copied as it is, with what stands beside it?
    pub(super) fn is_plain(&self, start: usize, end: usize) -> bool {
        let first = self.piece(start.saturating_sub(1));
        let last = self.piece(end.min(self.text.len().saturating_sub(1)));
        match (first, last) {
            (Some((first, piece)), Some((last, _))) => first == last && piece.ratio == Ratio::SAME,
            _ => false,
        }
    }

    /// Does `start..end` have a gap inside?
    pub(super) fn has_gap(&self, start: usize, end: usize) -> bool {
        let next = self.gaps.partition_point(|&gap| gap < start);
        self.gaps.get(next).is_some_and(|&gap| gap < end)
    }

    /// Does a gap stand right before `start` or at `end`?
    pub(super) fn is_between_gaps(&self, start: usize, end: usize) -> bool {
        let before = start.checked_sub(1).is_some_and(|before| self.gaps.binary_search(&before).is_ok());
        before || self.gaps.binary_search(&end).is_ok()
    }

    fn piece(&self, index: usize) -> Option<(usize, &Piece)> {
        let last = self.pieces.partition_point(|piece| piece.view <= index).checked_sub(1)?;
        Some((last, self.pieces.get(last)?))
    }
}

impl Piece {
    /// Where the unit starts in the source that `view` belongs to.
    fn source_of(&self, view: usize) -> Option<usize> {
        let units = view.checked_sub(self.view)?.checked_div(usize::from(self.ratio.view))?;
        Some(self.source + units * usize::from(self.ratio.source))
    }
}

/// May anything but a gap stand for something else in this part?
pub(super) fn may_hide(part: &str) -> bool {
    let hides = |byte: u8| is_in(byte, &FOLDING) | is_of(byte, CODED);
    // Without a way out of a block its comparisons are vector instructions.
    part.as_bytes().chunks(BLOCK).any(|block| block.iter().fold(false, |any, &byte| any | hides(byte)))
}

/// Can a unit start with this byte?
fn may_start(byte: u8) -> bool {
    byte >= 0x80
        || matches!(
            byte,
            b'%' | b'&'
                | b'\\'
                | b'='
                | b'('
                | b'['
                | b' '
                | b'\t'
                | b'\n'
                | b'\r'
                | b'-'
                | b'.'
                | b'/'
                | b'_'
                | b'|'
                | b'*'
        )
}

/// The word of two scripts that was met last.
#[derive(Default)]
struct Word {
    end: usize,
    hides: bool,
}

impl Word {
    /// What starts at `index`, where `letter` stands.
    fn unit(&mut self, part: &str, index: usize, letter: char) -> Option<Unit> {
        let bytes = part.as_bytes();
        match letter {
            '%' => percent::unit(bytes, index),
            '&' => entity::unit(bytes, index),
            '\\' => escape::unit(bytes, index),
            '=' => quoted::unit(bytes, index),
            '(' | '[' => spoken::unit(bytes, index),
            _ if letter.is_ascii() => gap::unit(bytes, index).or_else(|| spoken::unit(bytes, index)),
            _ => self.foreign(part, index, letter),
        }
    }

    fn foreign(&mut self, part: &str, index: usize, letter: char) -> Option<Unit> {
        if fold(letter) != Fold::Same {
            return Some(Unit::new(letter, letter.len_utf8()));
        }
        let latin = alike::latin(letter)?;
        if index >= self.end {
            (self.hides, self.end) = alike::word(part, index);
        }
        self.hides.then(|| Unit::new(char::from(latin), letter.len_utf8()))
    }
}
