//! Anchors: the few bytes of a text at which something can be found.
//!
//! Invariant: every start of a digit group, every `@`, `:`, `=` and `~`, and every start of a word of at
//! least [`LONG_WORD`] bytes is reported, in order, once.

use crate::simd::{BLOCK, Masks, Reader};

/// Words of letters, digits, `_` and `-` with so many bytes are hardly ever words: prose has almost none,
/// and no token is shorter.
pub(crate) const LONG_WORD: usize = 16;
/// Blocks whose masks are made together: they stay in the first cache.
const TOGETHER: usize = 64;

/// What is at an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// One of `@`, `:`, `=` and `~`.
    Mark(u8),
    /// A group of digits starts.
    Digits,
    /// A long word starts; it may start with digits, which are reported after it.
    Word,
}

/// Calls `visit` with the place of each anchor of `text`, and says for each block with bytes outside ASCII
/// where it starts.
pub(crate) fn each(
    reader: Reader,
    text: &[u8],
    mut visit: impl FnMut(usize, Anchor),
    mut high: impl FnMut(usize),
) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut last = [[0; BLOCK]];
    for (slot, &byte) in last.iter_mut().flatten().zip(rest) {
        *slot = byte;
    }
    let mut pending = Pending::default();
    let mut start = 0;
    for chunk in blocks.chunks(TOGETHER).chain([last.as_slice()]) {
        let mut masks = [Masks::default(); TOGETHER];
        reader(chunk, &mut masks);
        for (masks, block) in masks.iter().zip(chunk) {
            if masks.high != 0 {
                high(start);
            }
            pending.next(masks, start, text, &mut visit);
            start += block.len();
        }
    }
    pending.next(&Masks::default(), start, text, &mut visit);
}

/// Calls `visit` with each anchor of `text` that is at one of `places`, which are in order.
pub(crate) fn at_places(
    reader: Reader,
    text: &[u8],
    places: impl Iterator<Item = usize>,
    mut visit: impl FnMut(usize, Anchor),
) {
    let mut places = places.peekable();
    while let Some(&first) = places.peek() {
        let here = first / BLOCK * BLOCK;
        let mut blocks = [[0; BLOCK]; 3];
        for (block, start) in blocks.iter_mut().zip([here.checked_sub(BLOCK), Some(here), Some(here + BLOCK)])
        {
            let Some(start) = start else { continue };
            let rest = text.get(start..).unwrap_or_default();
            block.iter_mut().zip(rest).for_each(|(slot, &byte)| *slot = byte);
        }
        let mut masks = [Masks::default(); 3];
        reader(&blocks, &mut masks);
        let mut pending = Pending::default();
        for (index, masks) in masks.iter().enumerate() {
            let end = here.wrapping_add(index * BLOCK).wrapping_sub(BLOCK);
            pending.next(masks, end, text, &mut |place, anchor| {
                if place < here {
                    return;
                }
                while places.next_if(|&wanted| wanted < place).is_some() {}
                if places.peek() == Some(&place) {
                    visit(place, anchor);
                }
            });
        }
        // Those of this block at which there is no anchor, and the last one.
        while places.next_if(|&wanted| wanted < here + BLOCK).is_some() {}
    }
}

/// The block before: whether a word in it is long is seen only when the next one is read.
#[derive(Default)]
struct Pending {
    masks: Masks,
    /// The last bytes of the block before it: was it a digit, a byte of a word?
    digit: u64,
    word: u64,
}

impl Pending {
    #[inline]
    fn next(&mut self, next: &Masks, start: usize, text: &[u8], visit: &mut impl FnMut(usize, Anchor)) {
        let Masks { digits, marks, words, .. } = self.masks;
        let digit_starts = digits & !(digits << 1 | self.digit);
        let word_starts = long_words(words, next.words) & !(words << 1 | self.word);
        let mut anchors = marks | digit_starts | word_starts;
        while anchors != 0 {
            let bit = anchors & anchors.wrapping_neg();
            let place = start.wrapping_sub(BLOCK) + anchors.trailing_zeros() as usize;
            if word_starts & bit != 0 {
                visit(place, Anchor::Word);
            }
            if digit_starts & bit != 0 {
                visit(place, Anchor::Digits);
            }
            if marks & bit != 0 {
                visit(place, Anchor::Mark(crate::bytes::at(text, place)));
            }
            anchors &= anchors - 1;
        }
        (self.digit, self.word) = (digits >> (BLOCK - 1), words >> (BLOCK - 1));
        self.masks = *next;
    }
}

/// The places from which on [`LONG_WORD`] bytes belong to a word.
#[inline]
fn long_words(words: u64, next: u64) -> u64 {
    let mut runs = u128::from(words) | u128::from(next) << 64;
    let mut length = 1;
    while length < LONG_WORD {
        runs &= runs >> length;
        length *= 2;
    }
    u64::try_from(runs & u128::from(u64::MAX)).unwrap_or(0)
}

const _: () = assert!(LONG_WORD.is_power_of_two() && LONG_WORD <= BLOCK);

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(bytes: &[u8]) -> Vec<(usize, Anchor)> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let mut expected = Vec::new();
        for (index, &byte) in bytes.iter().enumerate() {
            let previous = index.checked_sub(1).map_or(0, |index| bytes[index]);
            let run = bytes[index..].iter().take_while(|&&byte| is_word(byte)).count();
            if !is_word(previous) && run >= LONG_WORD {
                expected.push((index, Anchor::Word));
            }
            if byte.is_ascii_digit() && !previous.is_ascii_digit() {
                expected.push((index, Anchor::Digits));
            }
            if b"@:=~".contains(&byte) {
                expected.push((index, Anchor::Mark(byte)));
            }
        }
        expected
    }

    proptest! {
        #[test]
        fn anchors_are_those_of_the_plain_definition(
            text in "([0-9]{1,3}|[@:=~]|[a-z é]{1,40}|[a-zA-Z0-9_-]{10,90}){0,24}",
        ) {
            for (reader, name) in crate::simd::all() {
                let mut found = Vec::new();
                each(reader, text.as_bytes(), |place, anchor| found.push((place, anchor)), |_| {});
                prop_assert_eq!(&found, &plain(text.as_bytes()), "{}", name);
            }
        }
    }
}
