//! Numbers with letters: in front of the first digit, between the digits or at the end.
//!
//! Invariant: a code is read at most [`WIDTH`] characters and [`GROUPS_MAX`] groups far, from at most
//! three places before its first digit, so that reading one at every digit group stays linear.

use super::check::{Characters, NEVER, VALUES, WIDTH};
use super::index::{Entry, Index, LETTERS_MAX};
use super::{Candidate, judge};
use crate::Finding;
use crate::bytes::{at, before, run_start, starts_word};
use crate::context::Context;
use crate::digits::is_separator;

/// More groups than any written form has.
pub(crate) const GROUPS_MAX: usize = 8;
/// No group in front of the first digit is longer, if a separator follows it.
pub(crate) const GROUP_BEFORE_MAX: usize = 6;
/// A group of letters alone is a part of a number only if it is short and in capitals: what follows a
/// number in a sentence is a word.
pub(crate) const LETTER_GROUP_MAX: usize = 3;

/// The codes whose first digit is at `digit`, which is the first of its group.
pub(crate) fn codes(
    index: &Index,
    text: &[u8],
    digit: usize,
    context: &mut Context<'_, '_>,
    out: &mut Vec<Finding>,
) {
    let solid = run_start(text, digit, LETTERS_MAX + 1, |byte| byte.is_ascii_alphabetic());
    if starts_word(text, solid) && digit - solid <= LETTERS_MAX {
        read(index, text, [solid, digit], context, out);
    }
    let mut start = solid;
    for _group in 0..2 {
        let Some(group) = group_before(text, start) else { return };
        if digit - group > LETTERS_MAX + 2 {
            return;
        }
        start = group;
        read(index, text, [start, digit], context, out);
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

/// Reads on from `start` and judges each prefix of groups that ends where a word ends.
fn read(
    index: &Index,
    text: &[u8],
    [start, digit]: [usize; 2],
    context: &mut Context<'_, '_>,
    out: &mut Vec<Finding>,
) {
    let mut characters = Characters::default();
    let (mut position, mut shape, mut sign, mut lettered) = (start, 0u64, 0, 0u32);
    for _group in 0..GROUPS_MAX {
        let first = characters.length;
        loop {
            let value = VALUES.get(usize::from(at(text, position))).copied().unwrap_or(NEVER);
            if value == NEVER {
                break;
            }
            let Some(slot) = characters.values.get_mut(characters.length) else { return };
            *slot = value;
            lettered |= u32::from(value >= 10) << characters.length;
            characters.length += 1;
            position += 1;
        }
        shape = shape << 8 | (characters.length - first) as u64;
        characters.sign = sign;
        // Before the first digit there are letters only.
        let letters = lettered.trailing_ones() as usize;
        let schemes = index.of_code(letters, characters.length);
        if position > digit && !schemes.is_empty() {
            let unbroken = characters.length == position - start;
            characters.has_letters = lettered != 0;
            let candidate = Candidate { characters: &characters, shape, unbroken, start, end: position };
            let written = |entry: &&Entry| {
                entry.may_have(lettered)
                    && entry.form.may_be_written(shape, unbroken)
                    && entry.may_be(&characters)
            };
            let schemes = schemes.iter().filter(written);
            schemes.for_each(|entry| judge(entry, &candidate, context, out));
        }
        sign = at(text, position);
        let longest = position > digit && characters.length >= index.longest_code(letters);
        if longest || !is_separator(sign) || !continues(text, position + 1) {
            return;
        }
        position += 1;
    }
}

/// Does a group of a code start here? One with a digit, or a few capitals.
pub(crate) fn continues(text: &[u8], start: usize) -> bool {
    if at(text, start).is_ascii_digit() {
        return true;
    }
    let group = text.get(start..text.len().min(start + WIDTH)).unwrap_or_default();
    let length = group.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(group.len());
    let group = group.get(..length).unwrap_or_default();
    group.iter().any(u8::is_ascii_digit) && length <= GROUP_BEFORE_MAX + 2
        || (1..=LETTER_GROUP_MAX).contains(&length) && group.iter().all(u8::is_ascii_uppercase)
}
