//! A number as somebody would dial it: groups of digits with spaces, dots, hyphens, slashes and brackets
//! between them.
//!
//! Invariant: no more than [`DIGITS_MAX`] digits in [`GROUPS_MAX`] groups are read, whatever the text.

use super::plan::Number;
use crate::bytes::{at, before, run_end};

/// ITU-T E.164 6: country code and national number together.
pub(super) const DIGITS_MAX: usize = 15;
/// More groups than anybody writes.
pub(super) const GROUPS_MAX: usize = 8;

/// The digit groups from one place on.
pub(super) struct Dialled<'t> {
    pub(super) text: &'t [u8],
    pub(super) start: usize,
    digits: [u8; DIGITS_MAX],
    groups: [Group; GROUPS_MAX],
    count: usize,
}

/// The first groups of a number, up to one of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Group {
    /// How many groups stand before this one.
    pub(super) index: usize,
    /// How many digits there are so far.
    pub(super) digits: usize,
    /// The place after its last digit.
    pub(super) end: usize,
    /// The lengths of the groups so far, see [`crate::digits::shape`].
    pub(super) shape: u64,
    /// What stands before it; of several marks the one that says most.
    pub(super) separator: u8,
    /// Does the bracket that stands before the number close before this group?
    pub(super) bracketed: bool,
}

impl<'t> Dialled<'t> {
    /// Reads from `start` on, where a digit is.
    pub(super) fn read(text: &'t [u8], start: usize) -> Dialled<'t> {
        let mut read = Dialled {
            text,
            start,
            digits: [u8::MAX; DIGITS_MAX],
            groups: [Group::default(); GROUPS_MAX],
            count: 0,
        };
        let mut brackets = Brackets::None;
        if opened(text, start) < start && at(text, opened(text, start)) == b'(' {
            brackets = Brackets::Around;
        }
        let (mut position, mut digits, mut shape, mut separator) = (start, 0, 0, 0);
        for (index, group) in read.groups.iter_mut().enumerate() {
            let first = digits;
            while at(text, position).is_ascii_digit() {
                let Some(slot) = read.digits.get_mut(digits) else { return read };
                *slot = at(text, position) - b'0';
                digits += 1;
                position += 1;
            }
            shape = shape << 8 | (digits - first) as u64;
            let bracketed = brackets == Brackets::Behind;
            *group = Group { index, digits, end: position, shape, separator, bracketed };
            read.count += 1;
            let Some((next, mark)) = separators(text, position, &mut brackets) else { break };
            (position, separator) = (next, mark);
        }
        read
    }

    /// The numbers that end where a word does, the longest first.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().take(self.count).rev().filter(|group| ends_number(self.text, group.end))
    }

    /// The group after `group`.
    pub(super) fn next(&self, group: &Group) -> Option<&Group> {
        self.group(group.index + 1)
    }

    pub(super) fn group(&self, index: usize) -> Option<&Group> {
        self.groups.iter().take(self.count).nth(index)
    }

    /// The value of the digits `from..to`, if there are so many.
    pub(super) fn value(&self, from: usize, to: usize) -> Option<usize> {
        let digits = self.digits.get(from..to)?;
        digits.iter().try_fold(0, |sum, &digit| (digit < 10).then(|| sum * 10 + usize::from(digit)))
    }

    pub(super) fn digit(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(u8::MAX)
    }

    /// What is left of the number that ends with `group` when `skipped` digits, of country code or trunk
    /// prefix, are taken off.
    pub(super) fn number(&self, group: &Group, skipped: usize) -> Option<Number> {
        let lead = self.value(skipped, skipped + 3)?;
        let digits = group.digits.checked_sub(skipped)?;
        Some(Number { lead, digits, shape: without(group.shape, group.index, skipped) })
    }

    /// Where the number starts: `(030) 901820`, `(+49) 30 901820` at the bracket; one that is in brackets
    /// as a whole does not.
    pub(super) fn start_of(&self, group: &Group) -> usize {
        if group.bracketed { opened(self.text, self.start) } else { self.start }
    }

    /// Do its separators change at most once, as in `070-123 45 67`? Brackets go with any.
    pub(super) fn is_regular(&self, group: &Group) -> bool {
        let of_groups = self.groups.iter().take(group.index + 1).skip(1);
        let mut marks = of_groups.map(|group| group.separator).filter(|mark| !matches!(mark, b'(' | b')'));
        let Some(mut last) = marks.next() else { return true };
        let mut changes = 0;
        for mark in marks {
            changes += usize::from(mark != last);
            last = mark;
        }
        changes <= 1
    }
}

/// The groups of `shape`, whose first has `index` others behind it, without the first `skipped` digits.
fn without(shape: u64, index: usize, skipped: usize) -> u64 {
    let (mut shape, mut left) = (shape, skipped as u64);
    for place in (0..=index).rev() {
        let here = (shape >> (8 * place) & 0xff).min(left);
        shape -= here << (8 * place);
        left -= here;
        if left == 0 {
            break;
        }
    }
    shape
}

/// The bracket before the digit at `start`, or before the `+` or `00` there; else that, or `start`.
fn opened(text: &[u8], start: usize) -> usize {
    let exit = match before(text, start) {
        b'+' => start - 1,
        b'0' if before(text, start - 1) == b'0' => start - 2,
        _ => start,
    };
    exit - usize::from(before(text, exit) == b'(')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Brackets {
    None,
    /// Open since before the number.
    Around,
    /// As `Around`, and closed in the number.
    Behind,
    /// Open, inside of the number.
    Inside,
}

/// Up to three marks between two groups: ` (0) ` has brackets and spaces. Gives the next digit and the
/// mark that says most.
fn separators(text: &[u8], start: usize, brackets: &mut Brackets) -> Option<(usize, u8)> {
    let mut telling = b' ';
    let mut previous = 0;
    for place in start..start + 4 {
        let mark = at(text, place);
        match mark {
            b'0'..=b'9' => return Some((place, telling)),
            b'(' if *brackets == Brackets::Inside || !is_closed(text, place + 1) => return None,
            b'(' => *brackets = Brackets::Inside,
            b')' => {
                *brackets = match *brackets {
                    Brackets::Around => Brackets::Behind,
                    Brackets::Inside => Brackets::None,
                    Brackets::None | Brackets::Behind => return None,
                }
            }
            b' ' | b'.' | b'-' | b'/' => {}
            _ => return None,
        }
        if mark == previous || place == start + 3 {
            return None;
        }
        telling = if telling == b' ' { mark } else { telling };
        previous = mark;
    }
    None
}

/// `(0)`, `(30)`: a bracket inside of a number is closed after a few digits; else it starts something new.
fn is_closed(text: &[u8], start: usize) -> bool {
    const AREA_MAX: usize = 6;
    let end = run_end(text, start, AREA_MAX, |byte| byte.is_ascii_digit());
    end > start && at(text, end) == b')'
}

/// May a number end here? Not inside a word, except before an extension as in `901820x12`, and not before
/// decimals.
fn ends_number(text: &[u8], end: usize) -> bool {
    match at(text, end) {
        b'x' | b'X' => at(text, end + 1).is_ascii_digit(),
        b',' => {
            let decimals = run_end(text, end + 1, 4, |byte| byte.is_ascii_digit()) - end - 1;
            !(1..=3).contains(&decimals)
        }
        b':' => !at(text, end + 1).is_ascii_digit(),
        byte => !byte.is_ascii_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::shape;

    #[test]
    fn digits_are_taken_off_from_the_first_groups() {
        for (groups, skipped, left) in [
            (&[3, 4, 4][..], 1, &[2, 4, 4][..]),
            (&[2, 1, 2, 4], 3, &[2, 4]),
            (&[4, 6], 2, &[2, 6]),
            (&[1, 3, 3, 2, 2], 2, &[2, 3, 2, 2]),
        ] {
            assert_eq!(without(shape(groups), groups.len() - 1, skipped), shape(left), "{groups:?}");
        }
    }

    #[test]
    fn a_number_is_read_as_far_as_it_may_go() {
        for (text, ends) in [
            ("030 901820 12 apples", &[13, 10, 3][..]),
            ("030  901820", &[3]),
            ("030 901820x12", &[10, 3]),
            ("030 901820 12a", &[10, 3]),
            ("1 234 567,89", &[5, 1]),
            ("901820 (12 rooms)", &[6]),
            ("030) 901820", &[3]),
            ("1234567890123456", &[]),
        ] {
            let read = Dialled::read(text.as_bytes(), 0);
            assert_eq!(read.ends().map(|group| group.end).collect::<Vec<_>>(), ends, "{text}");
        }
    }
}
