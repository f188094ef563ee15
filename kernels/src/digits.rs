//! Numbers as they are written: groups of digits with one separator between them.
//!
//! Invariant: a run is read at most [`MAX_DIGITS`] digits and [`MAX_GROUPS`] groups far, whatever the
//! text, so that reading one at every digit group of a text stays linear.

use crate::bytes::{at, before, starts_word};

/// As many as the longest number of any scheme has characters; the longest of digits alone, the reference of a
/// Swiss payment slip, has 27.
pub(crate) const MAX_DIGITS: usize = 28;
/// Bytes of the longest group that are copied at once.
const WHOLE: usize = MAX_DIGITS.next_power_of_two();
/// More groups than any written form has.
pub(crate) const MAX_GROUPS: usize = 8;

/// The digit groups that follow one another from a place on.
pub(crate) struct Run<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) start: usize,
    /// A byte for each group, the first one lowest: how many digits the run has up to its end, where that end is,
    /// counted from the start, and what stands before the group.
    digits: u64,
    ends: u64,
    separators: u64,
    /// Of all groups.
    shape: u64,
    count: usize,
    /// Does a letter stand right behind the last group? A separator stands behind the others.
    joined: bool,
    /// May a letter, or a group with letters, belong to what the run is a part of?
    pub(crate) goes_on: bool,
}

/// A number that a run may hold: its first groups, up to where a word may end.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    /// How many digits it has.
    pub(crate) length: usize,
    /// The lengths of its groups, see [`shape`].
    pub(crate) shape: u64,
    /// What stands before its last group; 0 if there is one group.
    pub(crate) separator: u8,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The lengths of groups as one number: `shape(&[3, 3, 4])` is `943 476 5919`.
pub(crate) const fn shape(lengths: &[u8]) -> u64 {
    let (mut all, mut rest) = (0, lengths);
    while let [length, more @ ..] = rest {
        all = all << 8 | *length as u64;
        rest = more;
    }
    all
}

impl<'t> Run<'t> {
    /// Reads the groups from `start` on, which is the first digit of a group; `digits`, `letters` and `capitals` say
    /// where those are, as [`Around`](crate::anchors::Around) has them.
    #[inline]
    pub(crate) fn read(text: &'t [u8], start: usize, digits: u64, letters: u64, capitals: u64) -> Run<'t> {
        let mut run = Run {
            text,
            start,
            digits: 0,
            ends: 0,
            separators: 0,
            shape: 0,
            count: 0,
            joined: false,
            goes_on: false,
        };
        // What is left of the digits, and the place of the group's byte.
        let (mut left, mut byte, mut offset, mut count) = (digits, 0, 0u32, 0u32);
        while byte < u64::BITS {
            let length = left.trailing_ones();
            count += length;
            if count as usize > MAX_DIGITS {
                return run;
            }
            offset += length;
            run.shape = run.shape << 8 | u64::from(length);
            run.digits |= u64::from(count) << byte;
            run.ends |= u64::from(offset) << byte;
            run.count += 1;
            byte += 8;
            left >>= length;
            let separator = at(text, start + offset as usize);
            if left & 0b10 == 0 || !is_separator(separator) {
                let letters = letters >> offset;
                run.joined = letters & 1 != 0;
                run.goes_on = run.joined
                    || letters & 0b10 != 0
                        && is_separator(separator)
                        && starts_code(left >> 1, letters >> 1, capitals >> offset >> 1);
                return run;
            }
            run.separators |= u64::from(separator).unbounded_shl(byte);
            left >>= 1;
            offset += 1;
        }
        // No code has so many groups.
        run
    }

    /// The same where nobody knows the classes of the bytes.
    #[cfg(test)]
    pub(crate) fn read_at(text: &'t [u8], start: usize) -> Run<'t> {
        let [digits, letters, capitals] =
            [u8::is_ascii_digit, u8::is_ascii_alphabetic, u8::is_ascii_uppercase]
                .map(|class| mask(text, start, class));
        Run::read(text, start, digits, letters, capitals)
    }

    /// Does a number start here? Not inside a word, and not behind a decimal point: vectors of numbers
    /// are full of long fractions.
    pub(crate) fn starts_number(&self) -> bool {
        let decimal = before(self.text, self.start) == b'.'
            && before(self.text, self.start.saturating_sub(1)).is_ascii_digit();
        starts_word(self.text, self.start) && !decimal
    }

    /// The byte of the group, of `bytes` that have one for each.
    #[inline]
    fn of(bytes: u64, group: usize) -> usize {
        (bytes >> (8 * group) & 0xff) as usize
    }

    /// Does it start like an IPv4 address: four groups with points between, the first of up to three digits?
    #[inline]
    pub(crate) fn is_like_an_address(&self) -> bool {
        const POINTS: u64 = u64::from_le_bytes([0, b'.', b'.', b'.', 0, 0, 0, 0]);
        self.separators & 0xffff_ff00 == POINTS && Run::of(self.digits, 0) <= 3
    }

    /// Where its first group ends.
    #[inline]
    pub(crate) fn first_end(&self) -> usize {
        self.start + Run::of(self.ends, 0)
    }

    /// How many digits the whole run has.
    #[inline]
    pub(crate) fn digits(&self) -> usize {
        self.count.checked_sub(1).map_or(0, |last| Run::of(self.digits, last))
    }

    /// The values 0..=9 of its digits, and zeros.
    pub(crate) fn values(&self) -> [u8; MAX_DIGITS] {
        if let (1, Some(digits)) = (self.count, self.text.get(self.start..).and_then(<[u8]>::first_chunk)) {
            let values = digits.map(|digit: u8| digit.wrapping_sub(b'0'));
            return first(&values, Run::of(self.digits, 0));
        }
        let mut bytes = [0; 2 * WHOLE];
        let (mut filled, mut from) = (0, self.start);
        for group in 0..self.count {
            let end = self.start + Run::of(self.ends, group);
            let Some(room) = bytes.get_mut(filled..).and_then(<[u8]>::first_chunk_mut) else { break };
            self.copy(from, end, room);
            (filled, from) = (Run::of(self.digits, group), end + 1);
        }
        let mut values = [0; MAX_DIGITS];
        values.iter_mut().zip(bytes).for_each(|(value, digit)| *value = digit.wrapping_sub(b'0'));
        first(&values, filled)
    }

    /// Copies the digits `from..end`, and what is too much: the next group overwrites it.
    #[inline]
    fn copy(&self, from: usize, end: usize, room: &mut [u8; WHOLE]) {
        let rest = self.text.get(from..).unwrap_or_default();
        let (word, words) = (rest.first_chunk::<8>(), rest.first_chunk::<WHOLE>());
        if let (Some(word), true, Some(room)) = (word, end - from <= 8, room.first_chunk_mut()) {
            *room = *word;
        } else if let Some(words) = words {
            *room = *words;
        } else {
            room.iter_mut().zip(rest).take(end - from).for_each(|(slot, digit)| *slot = *digit);
        }
    }

    /// How many digits the run has up to the end of each group; nothing behind the last.
    pub(crate) fn lengths(&self) -> [u8; MAX_GROUPS] {
        self.digits.to_le_bytes()
    }

    /// How many digits its first two groups have.
    #[inline]
    pub(crate) fn first_lengths(&self) -> [u32; 2] {
        let [first, both, ..] = self.lengths().map(u32::from);
        [first, both.saturating_sub(first)]
    }

    /// Does this mark stand between two of its groups?
    #[inline]
    pub(crate) fn has_separator(&self, mark: u8) -> bool {
        let others = self.separators ^ u64::from_le_bytes([mark; 8]);
        others.wrapping_sub(u64::from_le_bytes([1; 8])) & !others & u64::from_le_bytes([0x80; 8]) != 0
    }

    /// Each number that starts with the first group and ends where a word does, with a group that has a bit in
    /// `ends`. One group in front of a point and more digits is a decimal number, `1407303284.341728`.
    #[inline]
    pub(crate) fn written(&self, ends: u8) -> impl Iterator<Item = Written> {
        let decimal = Run::of(self.separators, 1) == usize::from(b'.');
        let groups = self.count - usize::from(self.joined);
        let mut left = u32::from(ends) & ((1 << groups) - 1) & !u32::from(decimal);
        std::iter::from_fn(move || {
            let group = usize::try_from(left.trailing_zeros()).ok().filter(|group| *group < MAX_GROUPS)?;
            left &= left - 1;
            Some(Written {
                length: Run::of(self.digits, group),
                shape: self.shape >> (8 * (self.count - 1 - group)),
                separator: self.separators.to_le_bytes().get(group).copied().unwrap_or(0),
                start: self.start,
                end: self.start + Run::of(self.ends, group),
            })
        })
    }
}

/// Of the 64 bytes from `start` on those of a class, a bit each.
#[cfg(test)]
pub(crate) fn mask(text: &[u8], start: usize, class: fn(&u8) -> bool) -> u64 {
    let ahead = text.iter().skip(start).take(64).enumerate();
    ahead.fold(0, |mask, (bit, byte)| mask | u64::from(class(byte)) << bit)
}

/// A bit for each group of a run.
pub(crate) const EACH: u8 = u8::MAX;
const _: () = assert!(MAX_GROUPS == 8);

/// The first `length` of `values`, and zeros.
#[inline]
pub(crate) fn first(values: &[u8; MAX_DIGITS], length: usize) -> [u8; MAX_DIGITS] {
    let mut own = *values;
    for (value, place) in own.iter_mut().zip(0u8..) {
        *value = if usize::from(place) < length { *value } else { 0 };
    }
    own
}

/// Letters of a group without digits that belongs to a number: what else follows one is a word.
const LETTER_GROUP_MAX: u32 = 3;

/// Is the group that starts with these masks one with letters and a digit, or a few capitals?
#[inline]
pub(crate) fn starts_code(digits: u64, letters: u64, capitals: u64) -> bool {
    let length = (digits | letters).trailing_ones();
    let group = 1u64.unbounded_shl(length).wrapping_sub(1);
    digits & group != 0 || length <= LETTER_GROUP_MAX && capitals & group == group
}

/// What may stand between two groups of a number.
#[inline]
pub(crate) fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/' | b'+')
}

impl Written {
    /// Is it written without separators?
    pub(crate) fn is_unbroken(&self) -> bool {
        self.separator == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Run<'_> {
        Run::read_at(text, 0)
    }

    #[test]
    fn a_run_gives_each_prefix_of_its_groups() {
        let run = read(b"943 476 5919 1234567890123456789");
        let written: Vec<_> = run.written(EACH).map(|number| (number.shape, number.end)).collect();
        assert_eq!(written, [(shape(&[3]), 3), (shape(&[3, 3]), 7), (shape(&[3, 3, 4]), 12)]);
        assert_eq!(run.digits(), 10);
        assert_eq!(run.values()[..11], [9, 4, 3, 4, 7, 6, 5, 9, 1, 9, 0]);
    }

    #[test]
    fn a_number_ends_where_a_word_ends() {
        let run = read(b"12 34x");
        assert_eq!(run.written(EACH).map(|number| number.length).collect::<Vec<_>>(), [2]);
        assert_eq!(read(&[b'7'; 64]).written(EACH).count(), 0);
        assert_eq!(read(b"1407303284.341728").written(EACH).map(|it| it.end).collect::<Vec<_>>(), [17]);
    }

    #[test]
    fn a_run_says_whether_letters_may_belong_to_it() {
        for (text, expected) in [
            ("12, x", false),
            ("12 x", false),
            ("12 X", true),
            ("12 May", false),
            ("12 a1", true),
            ("12x", true),
            ("12-34", false),
            ("1/", false),
        ] {
            assert_eq!(read(text.as_bytes()).goes_on, expected, "{text}");
        }
    }

    #[test]
    fn a_fraction_starts_no_number() {
        let starts = |start| Run { start, ..read(b"0.1234") }.starts_number();
        assert!(starts(0) && !starts(2));
    }
}
