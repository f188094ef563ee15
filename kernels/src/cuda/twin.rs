//! The twin: what the device answers, computed by the verifiers of the CPU.
//!
//! Invariant: a verifier that finds something at an anchor, whatever words stand around it, has its
//! family's bit in [`families`] there.

mod necessary;

use super::families::{LONG_NUMBER_MIN, family};
use crate::anchors::{self, Anchor, Around};
use crate::bytes::{at, before, ends_word, run_start, starts_word};
use crate::contact::email;
use crate::digits::{MAX_DIGITS, MAX_GROUPS, Run, Written, is_separator};
use crate::document::{mrz, plate};
use crate::network;
use crate::number::Index;
use crate::number::check::{Characters, value};
use crate::number::code;
use crate::number::index::{Entry, LETTERS_MAX};
use crate::payment::{card, iban};
use crate::simd::Reader;

/// The places of `text` at which a group of digits starts or an `@` stands, in order.
pub(super) fn anchors(reader: Reader, text: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let visit = |place, anchor, _: Around<'_>| {
        if matches!(anchor, Anchor::Digits | Anchor::Mark(b'@')) {
            places.push(place);
        }
        0
    };
    anchors::each(reader, text, visit, |_, _| {});
    places
}

/// Which families find something at the anchor at `place`, if they are asked for.
pub(super) fn families(index: &Index, text: &str, place: usize) -> u32 {
    let bytes = text.as_bytes();
    let mut families = 0;
    let mut set = |family: u32, found: bool| families |= if found { family } else { 0 };
    if at(bytes, place) == b'@' {
        set(family::EMAIL, email::may_stand(text, place));
        return families;
    }
    if necessary::is_small_number(bytes, place, index.shortest()) {
        return 0;
    }
    set(family::IBAN, iban::find(bytes, place).is_some());
    set(family::CODES, necessary::code(bytes, place) && is_code(index, bytes, place));
    set(family::MRZ, before(bytes, place) == b'<' && mrz::line(bytes, place).is_some());
    set(family::PLATE, plate::form(bytes, place).is_some());
    set(family::PASSPORT, necessary::passport(bytes, place));
    if !before(bytes, place).is_ascii_alphanumeric() {
        set(family::IPV4, network::ipv4_form(bytes, place).is_some());
        set(family::BIRTH, necessary::date(bytes, place));
        set(family::PHONE, necessary::phone(bytes, place));
        of_digits(index, bytes, place, set);
    }
    families
}

/// What the numbers of digits alone are that begin at `place`.
fn of_digits(index: &Index, text: &[u8], place: usize, mut set: impl FnMut(u32, bool)) {
    let run = Run::read_at(text, place);
    if !run.starts_number() {
        return;
    }
    set(family::NUMBERS, is_number(index, text, place));
    set(family::CARD, run.each_written().any(|number| card::find(&run.values(), &number).is_some()));
    let long = |number: Written| {
        number.separator == b'/' && number.shape & 0xff == 4 || number.length >= LONG_NUMBER_MIN as usize
    };
    set(family::LONG_NUMBER, run.each_written().any(long));
}

/// Is there a scheme of digits alone whose number begins at `place`?
fn is_number(index: &Index, text: &[u8], place: usize) -> bool {
    let mut reading = Reading::from(place);
    for group in 0..MAX_GROUPS {
        if !reading.group(text, MAX_DIGITS, |byte| byte.is_ascii_digit()) {
            return false;
        }
        let schemes = index.of_digits(reading.characters.length);
        let decimal =
            group == 0 && at(text, reading.end) == b'.' && at(text, reading.end + 1).is_ascii_digit();
        if !decimal && ends_word(text, reading.end) && reading.is_one_of(schemes) {
            return true;
        }
        if !reading.passes_separator(text) || !at(text, reading.end).is_ascii_digit() {
            return false;
        }
    }
    false
}

/// Is there a code whose first digit is at `digit`? From the same places as [`code::codes`].
fn is_code(index: &Index, text: &[u8], digit: usize) -> bool {
    let solid = run_start(text, digit, LETTERS_MAX + 1, |byte| byte.is_ascii_alphabetic());
    if starts_word(text, solid) && digit - solid <= LETTERS_MAX && is_code_from(index, text, solid, digit) {
        return true;
    }
    let first = code::group_before(text, solid);
    let second = first.and_then(|first| code::group_before(text, first));
    let near = |start: &usize| digit - start <= LETTERS_MAX + 2;
    let starts = [first, second].into_iter().map_while(|start| start.filter(near));
    starts.into_iter().any(|start| is_code_from(index, text, start, digit))
}

fn is_code_from(index: &Index, text: &[u8], start: usize, digit: usize) -> bool {
    let mut reading = Reading::from(start);
    for _group in 0..code::GROUPS_MAX {
        if !reading.group(text, reading.characters.values.len(), |byte| byte.is_ascii_alphanumeric()) {
            return false;
        }
        let letters = text.get(start..digit.min(reading.end)).unwrap_or_default();
        let letters = letters.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        let schemes = index.of_code(letters, reading.characters.length);
        if reading.end > digit && ends_word(text, reading.end) && reading.is_one_of(schemes) {
            return true;
        }
        if !reading.passes_separator(text) || reading.end > digit && !code::continues(text, reading.end) {
            return false;
        }
    }
    false
}

/// A number that is read group by group.
struct Reading {
    characters: Characters,
    shape: u64,
    start: usize,
    end: usize,
}

impl Reading {
    fn from(start: usize) -> Reading {
        Reading { characters: Characters::default(), shape: 0, start, end: start }
    }

    /// Reads the characters that belong; false if they are too many.
    fn group(&mut self, text: &[u8], most: usize, belongs: impl Fn(u8) -> bool) -> bool {
        let first = self.characters.length;
        while belongs(at(text, self.end)) {
            let Some(slot) = self.characters.values.get_mut(self.characters.length) else { return false };
            if self.characters.length == most {
                return false;
            }
            *slot = value(at(text, self.end));
            self.characters.has_letters |= *slot >= 10;
            self.characters.length += 1;
            self.end += 1;
        }
        self.shape = self.shape << 8 | (self.characters.length - first) as u64;
        true
    }

    fn is_one_of(&self, schemes: &[Entry]) -> bool {
        let Reading { characters, shape, start, end } = self;
        let unbroken = characters.length == end - start;
        !characters.are_all_the_same()
            && schemes.iter().any(|entry| is_of_form(entry, characters, *shape, unbroken))
    }

    fn passes_separator(&mut self, text: &[u8]) -> bool {
        self.characters.sign = at(text, self.end);
        let separates = is_separator(self.characters.sign);
        self.end += usize::from(separates);
        separates
    }
}

/// Is it written as this form, and does every check of its scheme hold?
pub(super) fn is_of_form(entry: &Entry, characters: &Characters, shape: u64, unbroken: bool) -> bool {
    entry.form.may_be_written(shape, unbroken) && entry.may_be(characters) && entry.holds(characters)
}
