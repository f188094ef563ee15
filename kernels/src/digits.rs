//! Numbers as they are written: groups of digits with one separator between them.
//!
//! Invariant: a run is read at most [`MAX_DIGITS`] digits and [`MAX_GROUPS`] groups far, whatever the
//! text, so that reading one at every digit group of a text stays linear.

use crate::bytes::{at, last};

/// As many as the longest number of any scheme has characters; the longest of digits alone, the reference of a
/// Swiss payment slip, has 27.
pub(crate) const MAX_DIGITS: usize = 28;
/// Bytes of the longest group that are copied at once.
pub(crate) const WHOLE: usize = MAX_DIGITS.next_power_of_two();
/// More groups than any written form has.
pub(crate) const MAX_GROUPS: usize = 8;

/// The digit groups that follow one another from a place on.
pub(crate) struct Run<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) start: usize,
    /// A byte for each group, the first one lowest: how many digits it has, and what stands before it.
    lengths: u64,
    separators: u64,
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
    #[inline(never)] // its masks need the registers
    pub(crate) fn read(text: &'t [u8], start: usize, digits: u64, letters: u64, capitals: u64) -> Run<'t> {
        let (mut lengths, mut separators, mut joined, mut goes_on) = (0, 0, false, false);
        let (mut left, mut offset, mut byte, mut count) = (digits, 0, 0, 0);
        // No code has more groups than there are bytes.
        while byte < u64::BITS {
            let length = left.trailing_ones();
            count += length;
            if count as usize > MAX_DIGITS {
                break;
            }
            offset += length;
            left = left.unbounded_shr(length);
            lengths |= u64::from(length) << byte;
            byte += 8;
            let separator = at(text, start + offset as usize);
            if left & 0b10 == 0 || !is_separator(separator) {
                let letters = letters >> (offset % u64::BITS);
                joined = letters & 1 != 0;
                goes_on = joined
                    || letters & 0b10 != 0
                        && is_separator(separator)
                        && starts_code(left >> 1, letters >> 1, capitals >> (offset % u64::BITS) >> 1);
                break;
            }
            separators |= u64::from(separator).unbounded_shl(byte);
            left >>= 1;
            offset += 1;
        }
        Run { text, start, lengths, separators, count: (byte / 8) as usize, joined, goes_on }
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
        let [second_last, last] = last(self.text, self.start);
        let decimal = last == b'.' && second_last.is_ascii_digit();
        !(last.is_ascii_alphanumeric() || decimal)
    }

    /// A byte for each group: how many digits the run has up to its end. They are sums of the lengths, at most
    /// [`MAX_DIGITS`], so none reaches into the next byte.
    #[inline]
    pub(crate) fn digits_to(&self) -> u64 {
        self.lengths.wrapping_mul(u64::from_le_bytes([1; 8]))
    }

    /// The same for its end, counted from the start of the run: one separator stands before each but the first.
    #[inline]
    fn ends_at(&self) -> u64 {
        self.digits_to().wrapping_add(u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7]))
    }

    /// The byte of the group, of `bytes` that have one for each.
    #[inline]
    fn of(bytes: u64, group: usize) -> usize {
        (bytes >> (8 * group) & 0xff) as usize
    }

    /// Does it start like an IPv4 address: four groups of up to three digits with points between?
    #[inline]
    pub(crate) fn is_like_an_address(&self) -> bool {
        const POINTS: u64 = u64::from_le_bytes([0, b'.', b'.', b'.', 0, 0, 0, 0]);
        const LONGER: u64 = u64::from_le_bytes([!3, !3, !3, !3, 0, 0, 0, 0]);
        self.separators & 0xffff_ff00 == POINTS && self.lengths & LONGER == 0
    }

    /// Where its first group ends.
    #[inline]
    pub(crate) fn first_end(&self) -> usize {
        self.start + Run::of(self.lengths, 0)
    }

    /// Where its last group ends.
    #[inline]
    pub(crate) fn end(&self) -> usize {
        self.start + self.count.checked_sub(1).map_or(0, |last| Run::of(self.ends_at(), last))
    }

    /// How many digits the whole run has.
    #[inline]
    pub(crate) fn digits(&self) -> usize {
        Run::of(self.digits_to(), MAX_GROUPS - 1)
    }

    /// The values 0..=9 of its digits, and zeros.
    #[inline(never)] // else what it needs is made ready for runs that nobody asks it of
    pub(crate) fn values(&self) -> [u8; MAX_DIGITS] {
        const WIDTH: usize = MAX_DIGITS + MAX_GROUPS + WHOLE;
        let value = |digit: u8| digit.wrapping_sub(b'0');
        if let (1, Some(row)) = (self.count, self.text.get(self.start..).and_then(<[u8]>::first_chunk)) {
            return first(&row.map(value), self.digits());
        }
        let rest = self.text.get(self.start..).unwrap_or_default();
        let mut end_of_text = [0; WIDTH];
        let rest = rest.first_chunk().unwrap_or_else(|| {
            end_of_text.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
            &end_of_text
        });
        let mut digits = [0; 2 * WHOLE];
        let (mut filled, mut from, mut lengths) = (0, 0, self.lengths);
        for _group in 0..self.count {
            // Too much is copied: the next group overwrites it.
            let group: Option<&[u8; WHOLE]> = rest.get(from..).and_then(<[u8]>::first_chunk);
            let slots = digits.get_mut(filled..).and_then(<[u8]>::first_chunk_mut);
            slots.zip(group).into_iter().for_each(|(slots, group)| *slots = *group);
            let length = Run::of(lengths, 0);
            (filled, from, lengths) = (filled + length, from + length + 1, lengths >> 8);
        }
        let values = digits.first_chunk().unwrap_or(&[0; MAX_DIGITS]).map(value);
        first(&values, filled)
    }

    /// How many digits its first two groups have.
    #[inline]
    pub(crate) fn first_lengths(&self) -> [usize; 2] {
        let [first, second, ..] = self.lengths.to_le_bytes().map(usize::from);
        [first, second]
    }

    /// Does this mark stand between two of its groups?
    #[inline]
    pub(crate) fn has_separator(&self, mark: u8) -> bool {
        equal_bytes(self.separators, mark) != 0
    }

    /// A bit for each group that may be the last of a number that starts with the first one: a word ends behind it.
    /// One group in front of a point and more digits is a decimal number, `1407303284.341728`.
    #[inline]
    pub(crate) fn ends(&self) -> u8 {
        let decimal = Run::of(self.separators, 1) == usize::from(b'.');
        let groups = (1u16 << (self.count - usize::from(self.joined))) - 1;
        u8::try_from(groups).unwrap_or(u8::MAX) & !u8::from(decimal)
    }

    /// The number that ends with this group.
    #[inline]
    pub(crate) fn written(&self, group: usize) -> Written {
        let group = group % MAX_GROUPS;
        Written {
            length: Run::of(self.digits_to(), group),
            shape: self.lengths.swap_bytes() >> (8 * (MAX_GROUPS - 1 - group)),
            separator: (self.separators >> (8 * group) & 0xff) as u8,
            start: self.start,
            end: self.start + Run::of(self.ends_at(), group),
        }
    }

    /// Each number that starts with the first group.
    #[cfg(test)]
    pub(crate) fn each_written(&self) -> impl Iterator<Item = Written> {
        (0..MAX_GROUPS).filter(|group| self.ends() >> group & 1 == 1).map(|group| self.written(group))
    }
}

/// The highest bit of each byte that is this one; perhaps of others behind the first of them.
#[inline]
pub(crate) fn equal_bytes(bytes: u64, byte: u8) -> u64 {
    let others = bytes ^ u64::from_le_bytes([byte; 8]);
    others.wrapping_sub(u64::from_le_bytes([1; 8])) & !others & u64::from_le_bytes([0x80; 8])
}

/// Of the 64 bytes from `start` on those of a class, a bit each.
#[cfg(test)]
pub(crate) fn mask(text: &[u8], start: usize, class: fn(&u8) -> bool) -> u64 {
    let ahead = text.iter().skip(start).take(64).enumerate();
    ahead.fold(0, |mask, (bit, byte)| mask | u64::from(class(byte)) << bit)
}

const _: () = assert!(MAX_GROUPS == 8);

/// The first `length` of `values`, and zeros.
#[inline]
pub(crate) fn first(values: &[u8; MAX_DIGITS], length: usize) -> [u8; MAX_DIGITS] {
    let mut own = *values;
    // Not a comparison for each: the compiler makes a few vector instructions of this.
    let kept = KEPT.get(length).unwrap_or(&[u8::MAX; MAX_DIGITS]);
    own.iter_mut().zip(kept).for_each(|(value, kept)| *value &= kept);
    own
}

/// For each length a mask of so many bytes.
static KEPT: [[u8; MAX_DIGITS]; MAX_DIGITS + 1] = kept();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn kept() -> [[u8; MAX_DIGITS]; MAX_DIGITS + 1] {
    let mut all = [[0; MAX_DIGITS]; MAX_DIGITS + 1];
    let mut place = 0;
    while place < MAX_DIGITS * MAX_DIGITS {
        let (length, place_of_byte) = (place / MAX_DIGITS + 1, place % MAX_DIGITS);
        all[length][place_of_byte] = if place_of_byte < length { u8::MAX } else { 0 };
        place += 1;
    }
    all
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
        let written: Vec<_> = run.each_written().map(|number| (number.shape, number.end)).collect();
        assert_eq!(written, [(shape(&[3]), 3), (shape(&[3, 3]), 7), (shape(&[3, 3, 4]), 12)]);
        assert_eq!(run.digits(), 10);
        assert_eq!(run.values()[..11], [9, 4, 3, 4, 7, 6, 5, 9, 1, 9, 0]);
    }

    #[test]
    fn a_number_ends_where_a_word_ends() {
        let run = read(b"12 34x");
        assert_eq!(run.each_written().map(|number| number.length).collect::<Vec<_>>(), [2]);
        assert_eq!(read(&[b'7'; 64]).each_written().count(), 0);
        assert_eq!(read(b"1407303284.341728").each_written().map(|it| it.end).collect::<Vec<_>>(), [17]);
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
