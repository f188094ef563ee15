//! Anchors: the few bytes of a text at which something can be found.
//!
//! Invariant: every start of a digit group, every `@`, `:`, `=`, `~` and `"`, every start of a word of at least
//! [`LONG_WORD`] bytes and every start of [`CAPITALS`] capitals in a row is reported, in order, once; with
//! each come the classes of the bytes around it.

use crate::simd::{BLOCK, Masks, Reader};

/// Words of letters, digits, `_` and `-` with so many bytes are hardly ever words: prose has almost none,
/// and no token is shorter.
pub(crate) const LONG_WORD: u32 = 16;
/// So many capitals at the start of a word are how a BIC starts (ISO 9362).
pub(crate) const CAPITALS: u32 = 6;
/// Blocks before the one that is looked at whose masks are known with its own and that of the next one.
const BEHIND: usize = 2;
/// Blocks whose masks come with an anchor.
pub(crate) const WINDOW: usize = BEHIND + 2;
/// No more blocks are looked at together.
const TOGETHER: usize = 16;

/// What is at an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// One of `@`, `:`, `=`, `~` and `"`.
    Mark(u8),
    /// A group of digits starts.
    Digits,
    /// A long word starts; it may start with digits, which are reported after it.
    Word,
    /// Capitals start a word.
    Capitals,
}

/// The classes of the bytes around an anchor: bit 0 of what is ahead is the anchor itself, bit 63 of what
/// is behind the byte before it. Outside the text nothing has a class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'m> {
    /// Masks of the blocks before, of the block of the anchor, and of the one after.
    blocks: &'m [Masks; WINDOW],
    /// The anchor's place in its block.
    shift: u32,
}

impl Around<'_> {
    #[inline]
    fn ahead(&self, class: impl Fn(&Masks) -> u64) -> u64 {
        let [.., here, next] = self.blocks;
        shifted(class(here), class(next), self.shift)
    }

    #[inline]
    fn behind(&self, class: impl Fn(&Masks) -> u64) -> u64 {
        let [.., last, here, _] = self.blocks;
        shifted(class(last), class(here), self.shift)
    }

    /// Digits from the anchor on.
    #[inline]
    pub(crate) fn digits(&self) -> u64 {
        self.ahead(|masks| masks.digits)
    }

    /// Letters of ASCII from the anchor on.
    #[inline]
    pub(crate) fn letters(&self) -> u64 {
        self.ahead(|masks| masks.letters)
    }

    /// Capital letters from the anchor on.
    #[inline]
    pub(crate) fn capitals(&self) -> u64 {
        self.ahead(|masks| masks.capitals)
    }

    /// Digits before the anchor.
    #[inline]
    pub(crate) fn digits_behind(&self) -> u64 {
        self.behind(|masks| masks.digits)
    }

    /// Letters of ASCII before the anchor.
    #[inline]
    pub(crate) fn letters_behind(&self) -> u64 {
        self.behind(|masks| masks.letters)
    }

    /// Capital letters before the anchor.
    #[inline]
    pub(crate) fn capitals_behind(&self) -> u64 {
        self.behind(|masks| masks.capitals)
    }

    /// Small letters of ASCII from the anchor on, and before it.
    #[inline]
    pub(crate) fn small(&self) -> u64 {
        self.ahead(|masks| masks.letters & !masks.capitals)
    }

    #[inline]
    pub(crate) fn small_behind(&self) -> u64 {
        self.behind(|masks| masks.letters & !masks.capitals)
    }

    /// Where words of letters start in each of the blocks, see [`word_starts`]. What stands before the first of them is not
    /// known: its first two bytes may be in the middle of a word.
    #[inline]
    pub(crate) fn word_starts(&self) -> [u64; WINDOW] {
        let [first, second, here, next] = self.blocks;
        [
            word_starts(&Masks::default(), first),
            word_starts(first, second),
            word_starts(second, here),
            word_starts(here, next),
        ]
    }

    /// The same for the last of the blocks.
    #[inline]
    pub(crate) fn next_word_starts(&self) -> u64 {
        let [.., here, next] = self.blocks;
        word_starts(here, next)
    }
}

/// Where words of letters start in a block, those in `orderNumber` too: a bit each.
#[inline]
fn word_starts(last: &Masks, here: &Masks) -> u64 {
    // A letter beyond ASCII has two bytes.
    let letter = |masks: &Masks| masks.letters | masks.beyond | masks.beyond << 1;
    let small = |masks: &Masks| masks.letters & !masks.capitals;
    let all = letter(here) | last.beyond >> (BLOCK - 1);
    let behind_letter = all << 1 | letter(last) >> (BLOCK - 1);
    let behind_small = small(here) << 1 | small(last) >> (BLOCK - 1);
    (here.letters | here.beyond) & !behind_letter | here.capitals & behind_small
}

/// The bits of the block at `start` that stand for places before `place`.
#[inline]
pub(crate) fn below(place: usize, start: usize) -> u64 {
    match place.saturating_sub(start) {
        bits @ 0..BLOCK => (1 << bits) - 1,
        _ => u64::MAX,
    }
}

/// The bits of `low` from `shift` on, which is below [`BLOCK`], and those of `high` behind them.
#[inline]
pub(crate) fn shifted(low: u64, high: u64, shift: u32) -> u64 {
    low.wrapping_shr(shift) | (high << 1).wrapping_shl(!shift)
}

/// Calls `visit` with the place of each anchor of `text`, and `odd` with the place of each block that has characters that
/// may fold or look Latin, or marks of encodings, and with the masks around it. What `visit` gives is a place before which
/// it wants to see no group of digits any more; those of the next block it may still see.
pub(crate) fn each(
    reader: Reader,
    text: &[u8],
    mut visit: impl FnMut(usize, Anchor, Around<'_>) -> usize,
    mut odd: impl FnMut(usize, &[Masks; WINDOW]),
) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut tail = [0; BLOCK];
    tail.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
    let mut masks = [Masks::default(); BEHIND + TOGETHER + 1];
    let (mut here, mut together) = (0, 1);
    while let Some(ahead) = blocks.get(here..) {
        let before = here.checked_sub(1).and_then(|before| blocks.get(before)).unwrap_or(&[0; BLOCK]);
        let passed = (reader.passed)(before, ahead);
        // Where one block follows another that was looked at, others will.
        together = if passed == 0 { (2 * together).min(TOGETHER) } else { 1 };
        here += passed;
        let count = together.min(blocks.len() + 1 - here);
        around(reader, [here, here + count], blocks, &tail, &mut masks);
        for (place, window) in (here..here + count).zip(masks.array_windows()) {
            look(window, place * BLOCK, text, &mut visit, &mut odd);
        }
        here += count;
    }
}

/// Reads the blocks `here..end`, [`BEHIND`] before them and one behind; block `blocks.len()` is `tail`.
#[inline]
fn around(
    reader: Reader,
    [here, end]: [usize; 2],
    blocks: &[[u8; BLOCK]],
    tail: &[u8; BLOCK],
    masks: &mut [Masks; BEHIND + TOGETHER + 1],
) {
    let from = here.saturating_sub(BEHIND);
    let (outside, masks) = masks.split_at_mut(from + BEHIND - here);
    outside.fill(Masks::default());
    let whole = blocks.get(from..blocks.len().min(end + 1)).unwrap_or_default();
    (reader.read)(whole, masks);
    if end >= blocks.len() {
        let past = masks.get_mut(whole.len()..).unwrap_or_default();
        past.iter_mut().take(2).for_each(|masks| *masks = Masks::default());
        (reader.read)(std::slice::from_ref(tail), past);
    }
}

/// Looks at the last of `blocks` but one, which starts at `start`.
#[inline]
fn look(
    blocks: &[Masks; WINDOW],
    start: usize,
    text: &[u8],
    visit: &mut impl FnMut(usize, Anchor, Around<'_>) -> usize,
    odd: &mut impl FnMut(usize, &[Masks; WINDOW]),
) {
    let [.., last, here, next] = blocks;
    if here.hiding | here.alike != 0 {
        odd(start, blocks);
    }
    let words = rows::<LONG_WORD>(here.words, next.words) & !(here.words << 1 | last.words >> (BLOCK - 1));
    if here.marks | here.digits | words | two(here.capitals, next.capitals) != 0 {
        block(blocks, start, words, text, visit);
    }
}

/// Looks at the anchors of the last of `blocks` but one, which starts at `start` and has long words at `words`.
#[inline(never)]
fn block(
    blocks: &[Masks; WINDOW],
    start: usize,
    words: u64,
    text: &[u8],
    visit: &mut impl FnMut(usize, Anchor, Around<'_>) -> usize,
) {
    let [.., last, here, next] = blocks;
    let before = |class: fn(&Masks) -> u64| class(here) << 1 | class(last) >> (BLOCK - 1);
    let digits = here.digits & !before(|masks| masks.digits);
    let capitals =
        rows_of_capitals(here.capitals, next.capitals) & !before(|masks| masks.letters | masks.digits);
    let others = here.marks | words | capitals;
    let mut anchors = digits | others;
    while anchors != 0 {
        let bit = anchors & anchors.wrapping_neg();
        let shift = anchors.trailing_zeros();
        let place = start + shift as usize;
        let around = Around { blocks, shift };
        anchors &= anchors - 1;
        if here.marks & bit != 0 {
            visit(place, Anchor::Mark(crate::bytes::at(text, place)), around);
            continue;
        }
        let mut passed = 0;
        if words & bit != 0 {
            passed = visit(place, Anchor::Word, around);
        }
        if digits & bit != 0 {
            passed = visit(place, Anchor::Digits, around);
        }
        if passed > place {
            anchors &= others | !below(passed, start);
        }
        if capitals & bit != 0 {
            visit(place, Anchor::Capitals, around);
        }
    }
}

/// The first bit of each row of at least `N` bits, and perhaps others of it. A row may go on in the next block.
#[inline]
fn rows<const N: u32>(bits: u64, next: u64) -> u64 {
    let last = bits.leading_ones();
    let goes_on = u64::from(last + next.trailing_ones() >= N);
    rows_within::<N>(bits) | goes_on.unbounded_shl(u64::BITS - last)
}

/// Is there such a row?
#[inline]
pub(crate) fn has_row<const N: u32>(bits: u64, next: u64) -> bool {
    rows_within::<N>(bits) != 0 || bits.leading_ones() + next.trailing_ones() >= N
}

#[inline]
fn rows_within<const N: u32>(bits: u64) -> u64 {
    let (mut within, mut length) = (bits, 1);
    while length < N {
        let step = length.min(N - length);
        within &= within >> step;
        length += step;
    }
    within
}

/// The same for capitals. Most blocks have no two in a row.
#[inline]
fn rows_of_capitals(capitals: u64, next: u64) -> u64 {
    if two(capitals, next) == 0 { 0 } else { rows::<CAPITALS>(capitals, next) }
}

/// The places from which on two bits are set.
#[inline]
fn two(bits: u64, next: u64) -> u64 {
    bits & shifted(bits, next, 1)
}

const _: () = assert!(LONG_WORD <= u64::BITS && CAPITALS >= 2 && CAPITALS <= u64::BITS);

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
            let run = |member: fn(&u8) -> bool| bytes[index..].iter().take_while(|byte| member(byte)).count();
            if !is_word(previous)
                && run(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
                    >= LONG_WORD as usize
            {
                expected.push((index, Anchor::Word));
            }
            if byte.is_ascii_digit() && !previous.is_ascii_digit() {
                expected.push((index, Anchor::Digits));
            }
            if !previous.is_ascii_alphanumeric() && run(u8::is_ascii_uppercase) >= CAPITALS as usize {
                expected.push((index, Anchor::Capitals));
            }
            if b"@:=~\"".contains(&byte) {
                expected.push((index, Anchor::Mark(byte)));
            }
        }
        expected
    }

    proptest! {
        #[test]
        fn anchors_are_those_of_the_plain_definition(
            text in "([0-9]{1,3}|[@:=~\"]|[a-z é]{1,40}|[A-Z]{1,9}|[a-zA-Z0-9_-]{10,90}){0,24}",
        ) {
            for (reader, name) in crate::simd::all() {
                let mut found = Vec::new();
                let note = |place, anchor, _: Around<'_>| {
                    found.push((place, anchor));
                    0
                };
                each(reader, text.as_bytes(), note, |_, _| {});
                prop_assert_eq!(&found, &plain(text.as_bytes()), "{}", name);
            }
        }

        #[test]
        fn what_is_around_an_anchor_is_what_stands_there(
            text in "([0-9]{1,3}|[@:]|[a-z éλ]{1,40}|[A-Z]{1,9}|[a-zA-Zß–]{1,9}){0,60}",
        ) {
            let bytes = text.as_bytes();
            let (reader, _) = crate::simd::best();
            let class = |from: isize, test: fn(&u8) -> bool| (0..64).fold(0u64, |mask, bit| {
                let byte = usize::try_from(from + bit).ok().and_then(|place| bytes.get(place));
                mask | u64::from(byte.is_some_and(test)) << bit
            });
            let mut faults = Vec::new();
            each(reader, bytes, |place, _, around| {
                let here = place as isize;
                let starts = |index: isize| {
                    usize::try_from(index).is_ok_and(|index| {
                        let (before, from) = (text.get(..index), text.get(index..));
                        let before = before.and_then(|before| before.chars().next_back()).unwrap_or(' ');
                        let letter = from.and_then(|from| from.chars().next()).unwrap_or(' ');
                        let hump = before.is_ascii_lowercase() && letter.is_ascii_uppercase();
                        letter.is_alphabetic() && !before.is_alphabetic() || hump
                    })
                };
                let first = here - here % 64 - 128;
                let expected = [0, 1, 2, 3].map(|block| (0..64).fold(0u64, |mask, bit| {
                    mask | u64::from(starts(first + 64 * block + bit)) << bit
                }));
                let [mut farthest, rest @ ..] = around.word_starts();
                // Of what stands before it nothing is known.
                farthest = farthest & !0b11 | expected[0] & 0b11;
                let same = around.digits() == class(here, u8::is_ascii_digit)
                    && around.letters() == class(here, u8::is_ascii_alphabetic)
                    && around.capitals() == class(here, u8::is_ascii_uppercase)
                    && around.letters_behind() == class(here - 64, u8::is_ascii_alphabetic)
                    && around.capitals_behind() == class(here - 64, u8::is_ascii_uppercase)
                    && expected == [farthest, rest[0], rest[1], rest[2]];
                if !same {
                    faults.push(place);
                }
                0
            }, |_, _| {});
            prop_assert_eq!(faults, Vec::<usize>::new());
        }
    }
}
