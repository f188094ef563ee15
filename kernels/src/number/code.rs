//! Numbers with letters: in front of the first digit, between the digits or at the end.
//!
//! Invariant: a code is read at most [`WIDTH`] characters and [`GROUPS_MAX`] groups far, from at most
//! three places before its first digit, so that reading one at every digit group stays linear.

use super::check::{Characters, WIDTH};
use super::index::{Entry, Index, LETTERS_MAX};
use super::{Candidate, judge};
use crate::Finding;
use crate::anchors::Around;
use crate::bytes::{at, before, first, run_start, starts_word};
use crate::context::Context;
use crate::digits::{self, Run, WHOLE, is_separator};

/// More groups than any written form has.
pub(crate) const GROUPS_MAX: usize = 8;
/// No group in front of the first digit is longer, if a separator follows it.
pub(crate) const GROUP_BEFORE_MAX: usize = 6;
/// A group with a digit behind the first one is not longer.
pub(crate) const GROUP_BEHIND_MAX: usize = GROUP_BEFORE_MAX + 2;
/// A group of letters alone is a part of a number only if it is short and in capitals: what follows a
/// number in a sentence is a word.
pub(crate) const LETTER_GROUP_MAX: usize = 3;

/// The codes whose first digit is the first of the run.
pub(crate) fn codes(
    index: &Index,
    run: &Run<'_>,
    around: Around<'_>,
    context: &mut Context<'_, '_>,
    out: &mut Vec<Finding>,
) {
    let (text, digit) = (run.text, run.start);
    let mut read = |start: usize| {
        let classes = Classes::from(around, digit - start);
        Code { text, start, digit }.read(index, classes, context, out);
    };
    let solid = digit - (around.letters_behind().leading_ones() as usize).min(LETTERS_MAX + 1);
    let lettered = solid < digit || run.goes_on;
    if lettered && digit - solid <= LETTERS_MAX && starts_word(text, solid) {
        read(solid);
    }
    let mut start = solid;
    for _group in 0..2 {
        let Some(group) = group_before(text, start) else { return };
        if digit - group > LETTERS_MAX + 2 {
            return;
        }
        start = group;
        read(start);
    }
}

/// The group of capitals that ends before `start`, one separator between.
pub(crate) fn group_before(text: &[u8], start: usize) -> Option<usize> {
    if !is_separator(before(text, start)) {
        return None;
    }
    let end = start - 1;
    let group = run_start(text, end, GROUP_BEFORE_MAX, |byte| byte.is_ascii_uppercase());
    (group < end && starts_word(text, group)).then_some(group)
}

/// Where the first 64 bytes from a place on are digits, letters and capitals, a bit each.
#[derive(Clone, Copy)]
struct Classes {
    digits: u64,
    letters: u64,
    capitals: u64,
}

impl Classes {
    /// From `back` bytes before the anchor on.
    fn from(around: Around<'_>, back: usize) -> Classes {
        let back = u32::try_from(back).unwrap_or(u64::BITS);
        let joined = |behind: u64, ahead: u64| {
            ahead.unbounded_shl(back) | behind.unbounded_shr(u64::BITS.saturating_sub(back))
        };
        Classes {
            digits: joined(around.digits_behind(), around.digits()),
            letters: joined(around.letters_behind(), around.letters()),
            capitals: joined(around.capitals_behind(), around.capitals()),
        }
    }

    fn skip(self, count: u32) -> Classes {
        let after = |class: u64| class.unbounded_shr(count);
        Classes { digits: after(self.digits), letters: after(self.letters), capitals: after(self.capitals) }
    }

    /// How many letters and digits stand at the start.
    fn group(self) -> u32 {
        (self.digits | self.letters).trailing_ones()
    }

    /// Does a group of a code start here? One with a digit, or a few capitals.
    fn continue_code(self) -> bool {
        let length = self.group();
        let group = 1u64.unbounded_shl(length).wrapping_sub(1);
        self.digits & 1 != 0
            || self.digits & group != 0 && length as usize <= GROUP_BEHIND_MAX
            || (1..=LETTER_GROUP_MAX).contains(&(length as usize)) && self.capitals & group == group
    }
}

/// What starts at `start` and has its first digit at `digit`.
struct Code<'t> {
    text: &'t [u8],
    start: usize,
    digit: usize,
}

impl Code<'_> {
    /// Judges each prefix of groups that ends where a word ends.
    fn read(&self, index: &Index, classes: Classes, context: &mut Context<'_, '_>, out: &mut Vec<Finding>) {
        let mut characters = [0; 2 * WHOLE];
        let (mut offset, mut length, mut shape, mut sign, mut lettered) = (0u32, 0u32, 0u64, 0, 0u32);
        for _group in 0..GROUPS_MAX {
            let here = classes.skip(offset);
            let group = here.group();
            if (length + group) as usize > WIDTH {
                return;
            }
            let position = self.start + offset as usize;
            // Too much is copied: the next group overwrites it.
            let slots = characters.get_mut(length as usize..).and_then(<[u8]>::first_chunk_mut);
            slots.into_iter().for_each(|slots: &mut [u8; WHOLE]| *slots = first(self.text, position));
            let letters = here.letters & 1u64.unbounded_shl(group).wrapping_sub(1);
            lettered |= u32::try_from(letters).unwrap_or(0) << length;
            (length, offset, shape) = (length + group, offset + group, shape << 8 | u64::from(group));
            let end = self.start + offset as usize;
            // Before the first digit there are letters only.
            let in_front = lettered.trailing_ones() as usize;
            let unbroken = length == offset;
            let written =
                |entry: &&Entry| entry.may_have(lettered) && entry.form.may_be_written(shape, unbroken);
            let mut schemes = index.of_code(in_front, length as usize).iter().filter(written).peekable();
            if end > self.digit && schemes.peek().is_some() {
                let characters = &Characters::of_code(&characters, length as usize, sign, lettered != 0);
                let candidate = Candidate { characters, shape, unbroken, start: self.start, end };
                let schemes = schemes.filter(|entry| entry.may_be(characters));
                schemes.for_each(|entry| judge(entry, &candidate, context, out));
            }
            sign = at(self.text, end);
            let longest = end > self.digit && length as usize >= index.longest_code(in_front);
            // Up to the first digit the groups are known to belong together: `AT U13585627`.
            let goes_on = || end < self.digit || classes.skip(offset + 1).continue_code();
            if longest || !is_separator(sign) || !goes_on() {
                return;
            }
            offset += 1;
        }
    }
}

impl Characters {
    /// Of letters and digits, of which so many count.
    fn of_code(written: &[u8; 2 * WHOLE], length: usize, sign: u8, has_letters: bool) -> Characters {
        let value = |byte: u8| match byte {
            ..b'A' => byte.wrapping_sub(b'0'),
            _ => (byte | 0x20).wrapping_sub(b'a').wrapping_add(10),
        };
        let values = written.first_chunk().unwrap_or(&[0; WIDTH]).map(value);
        Characters { values: digits::first(&values, length), length, sign, has_letters }
    }
}

/// Does a group of a code start here?
#[cfg(test)]
pub(crate) fn continues(text: &[u8], start: usize) -> bool {
    let [digits, letters, capitals] = [u8::is_ascii_digit, u8::is_ascii_alphabetic, u8::is_ascii_uppercase]
        .map(|class| digits::mask(text, start, class));
    Classes { digits, letters, capitals }.continue_code()
}
