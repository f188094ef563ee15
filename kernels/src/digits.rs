//! Numbers as they are written: groups of digits with one separator between them.
//!
//! Invariant: a run is read at most [`MAX_DIGITS`] digits and [`MAX_GROUPS`] groups far, whatever the
//! text, so that reading one at every digit group of a text stays linear.

use crate::bytes::{at, before, ends_word, starts_word};

/// The longest number of any scheme: the reference of a Swiss payment slip.
pub(crate) const MAX_DIGITS: usize = 27;
/// More groups than any written form has.
pub(crate) const MAX_GROUPS: usize = 8;

/// The digit groups that follow one another from a place on.
pub(crate) struct Run<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) start: usize,
    values: [u8; MAX_DIGITS],
    groups: [Group; MAX_GROUPS],
    count: usize,
}

#[derive(Clone, Copy, Default)]
struct Group {
    digits: usize,
    end: usize,
    shape: u64,
    separator: u8,
}

/// A number that a run may hold: its first groups, up to where a word may end.
pub(crate) struct Written<'r> {
    /// Values 0..=9.
    pub(crate) digits: &'r [u8],
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
    /// Reads the groups from `start` on, which is the first digit of a group.
    pub(crate) fn read(text: &'t [u8], start: usize) -> Run<'t> {
        let mut run =
            Run { text, start, values: [0; MAX_DIGITS], groups: [Group::default(); MAX_GROUPS], count: 0 };
        let (mut position, mut digits, mut shape, mut separator) = (start, 0, 0, 0);
        for group in &mut run.groups {
            let first = digits;
            while at(text, position).is_ascii_digit() {
                let Some(value) = run.values.get_mut(digits) else { return run };
                *value = at(text, position) - b'0';
                digits += 1;
                position += 1;
            }
            shape = shape << 8 | (digits - first) as u64;
            *group = Group { digits, end: position, shape, separator };
            run.count += 1;
            separator = at(text, position);
            if !matches!(separator, b' ' | b'-' | b'.' | b'/' | b'+')
                || !at(text, position + 1).is_ascii_digit()
            {
                break;
            }
            position += 1;
        }
        run
    }

    /// Does a number start here? Not inside a word, and not behind a decimal point: vectors of numbers
    /// are full of long fractions.
    pub(crate) fn starts_number(&self) -> bool {
        let decimal = before(self.text, self.start) == b'.'
            && before(self.text, self.start.saturating_sub(1)).is_ascii_digit();
        starts_word(self.text, self.start) && !decimal
    }

    /// How many digits the whole run has.
    pub(crate) fn digits(&self) -> usize {
        self.count.checked_sub(1).and_then(|last| self.groups.get(last)).map_or(0, |group| group.digits)
    }

    /// Each number that starts with the first group and ends where a word does.
    pub(crate) fn written(&self) -> impl Iterator<Item = Written<'_>> {
        let groups = self.groups.iter().take(self.count);
        groups.filter(|group| ends_word(self.text, group.end)).map(|group| Written {
            digits: self.values.get(..group.digits).unwrap_or_default(),
            shape: group.shape,
            separator: group.separator,
            start: self.start,
            end: group.end,
        })
    }
}

impl Written<'_> {
    /// Is it written without separators?
    pub(crate) fn is_unbroken(&self) -> bool {
        self.separator == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gives_each_prefix_of_its_groups() {
        let run = Run::read(b"943 476 5919 123456789012345678", 0);
        let written: Vec<_> = run.written().map(|number| (number.shape, number.end)).collect();
        assert_eq!(written, [(shape(&[3]), 3), (shape(&[3, 3]), 7), (shape(&[3, 3, 4]), 12)]);
        assert_eq!(run.digits(), 10);
    }

    #[test]
    fn a_number_ends_where_a_word_ends() {
        let run = Run::read(b"12 34x", 0);
        assert_eq!(run.written().map(|number| number.digits.to_vec()).collect::<Vec<_>>(), [vec![1, 2]]);
        assert!(Run::read(b"0.1234", 0).starts_number() && !Run::read(b"0.1234", 2).starts_number());
        assert_eq!(Run::read(&[b'7'; 64][..], 0).written().count(), 0);
    }
}
