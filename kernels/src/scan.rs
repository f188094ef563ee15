//! One scan: anchors, then the verifiers that an anchor may be of interest to.
//!
//! Invariant: a verifier looks a bounded way back and ahead, so a scan is linear in the text, whatever
//! the text is. All candidates are weighed at the end, so the order of the verifiers decides nothing.

use crate::anchors::{Anchor, Around};
use crate::bytes::{at, before, run_end, run_start};
use crate::contact::{email, phone};
use crate::context::{Context, Topic, Words};
use crate::digits::{Run, is_separator, starts_code};
use crate::document::{birth, ehic, mrz, passport, plate};
use crate::payment::{account, bic, card, iban, lei};
use crate::resolve::resolve;
use crate::secrets::Secrets;
use crate::simd::Reader;
use crate::view::{self, Spots};
use crate::{Finding, Label, anchors, crypto, device, network, number, secrets};

/// What is built once for all scans.
#[derive(Debug)]
pub(crate) struct Tables {
    words: Words,
    numbers: number::Index,
    reader: Reader,
}

impl Tables {
    pub(crate) fn new(reader: Reader) -> Tables {
        Tables {
            words: Words::new(number::all().map(|scheme| scheme.words)),
            numbers: number::Index::new(),
            reader,
        }
    }
}

/// Appends the findings of `text` and of what it looks like.
#[inline(never)] // one call a text, and profiles have a name for it
pub(crate) fn scan(tables: &Tables, text: &str, country: Option<[u8; 2]>, out: &mut Vec<Finding>) {
    let base = out.len();
    let spots = candidates(tables, text, out);
    view::each(text, spots, out, base, |view, seen| candidates(tables, view, seen));
    resolve(out, base, country);
}

/// Appends what may be found, and says where the text may stand for another one.
fn candidates(tables: &Tables, text: &str, out: &mut Vec<Finding>) -> Spots {
    let bytes = text.as_bytes();
    let mut scanner = Scanner {
        text,
        numbers: &tables.numbers,
        context: Context::new(&tables.words, bytes),
        secrets: Secrets::default(),
        colons_from: 0,
        digits_from: 0,
        phones_from: 0,
        out,
    };
    let (mut spots, mut odd) = (Spots::default(), Spots::default());
    anchors::each(
        tables.reader,
        bytes,
        |place, anchor, around| match anchor {
            Anchor::Mark(b'@') => scanner.out.extend(email::find(text, place)),
            Anchor::Mark(b'=') => scanner.secrets.at_equals(bytes, place, scanner.out),
            Anchor::Mark(b':') => scanner.colon(place),
            Anchor::Mark(_) => scanner.secrets.at_tilde(bytes, place, scanner.out),
            Anchor::Digits => {
                spots.digits(bytes, place);
                scanner.secrets.at_digits(bytes, place, scanner.out);
                scanner.digits(place, around);
            }
            Anchor::Word => {
                spots.word(bytes, place);
                scanner.out.extend(lei::find(bytes, place));
                scanner.out.extend(crypto::find(bytes, place, &mut scanner.context));
                scanner.out.extend(mrz::find(bytes, place));
                scanner.out.extend(network::mac_with_hyphens(bytes, place));
                scanner.secrets.at_word(bytes, place, scanner.out);
            }
            Anchor::Capitals => scanner.out.extend(bic::find(bytes, place, &mut scanner.context)),
        },
        |block, masks| odd.block(text, block, masks),
    );
    secrets::in_quotes(bytes, scanner.out);
    spots.join(odd);
    spots
}

/// Bits of what is behind an anchor: the last byte and the one before it, the one before the last, and those
/// that a plate may have in front of its digits.
const TWO_BEHIND: u64 = 0b11 << 62;
const SECOND_BEHIND: u64 = 1 << 62;
const PLATE_BEHIND: u64 = 0xffff << 48;
/// Those that a plate may have behind the first of its digits.
const PLATE_AHEAD: u64 = 0xffff;

struct Scanner<'s, 't> {
    text: &'t str,
    numbers: &'s number::Index,
    context: Context<'s, 't>,
    secrets: Secrets,
    /// Colons before this place belong to a run that has been looked at.
    colons_from: usize,
    /// Digits before this place belong to a number whose check has passed.
    digits_from: usize,
    /// No telephone number starts before this place: it would be a part of another one.
    phones_from: usize,
    out: &'s mut Vec<Finding>,
}

impl Scanner<'_, '_> {
    fn colon(&mut self, place: usize) {
        let bytes = self.text.as_bytes();
        self.secrets.at_colon(bytes, place, self.out);
        if place >= self.colons_from && network::may_be_address(bytes, place) {
            let (found, end) = network::colon(bytes, place);
            self.out.extend(found);
            self.colons_from = end;
        }
    }

    /// A group of digits starts at `place`.
    fn digits(&mut self, place: usize, around: Around<'_>) {
        if place < self.digits_from {
            return;
        }
        let bytes = self.text.as_bytes();
        let (digits, letters) = (around.digits(), around.letters());
        let (letters_behind, capitals_behind) = (around.letters_behind(), around.capitals_behind());
        let previous = before(bytes, place);
        let solid = letters_behind.leading_ones() as usize;
        let separated = is_separator(previous);
        let follows_capital = separated && capitals_behind & SECOND_BEHIND != 0;
        if solid == 0 && !follows_capital && self.is_a_small_number(place, previous, digits, letters) {
            return;
        }
        let run = Run::read(bytes, place, digits, letters);
        self.context.read_around(around, place - solid, place);
        let base = self.out.len();
        let country = if separated { TWO_BEHIND >> 1 } else { TWO_BEHIND };
        if digits & 0b11 == 0b11 && letters_behind & country == country {
            self.out.extend(iban::find(bytes, place));
        }
        if previous == b'<' {
            self.out.extend(mrz::find(bytes, place));
        }
        let capital_near = capitals_behind & PLATE_BEHIND != 0 || around.capitals() & PLATE_AHEAD != 0;
        if capital_near && self.context.has_said(Topic::PLATE, place, plate::WORD_DISTANCE_MAX) {
            self.out.extend(plate::find(bytes, place, &mut self.context));
        }
        if self.context.has_said(Topic::PASSPORT, place, passport::WORD_DISTANCE_MAX) {
            self.out.extend(passport::find(bytes, place, &mut self.context));
        }
        if solid > 0 || run.goes_on || follows_capital {
            number::codes(self.numbers, bytes, place, &mut self.context, self.out);
        }
        if solid == 0 {
            self.number(&run);
        }
        if self.out.len() > base {
            self.drop_parts_of_uuids(base);
            // A telephone number has no check: what starts inside it may be the truth.
            let found = self.out.get(base..).unwrap_or_default().iter();
            let checked = found.filter(|found| found.label != Label::Phone).map(|found| found.end);
            self.digits_from = checked.max().unwrap_or(0);
        }
    }

    /// Is a group of a few digits just a number, as prose is full of? It is none if a letter belongs to it, and it
    /// may be the first of more groups, the day of a date, or in a telephone number or a zone.
    #[inline]
    fn is_a_small_number(&self, place: usize, previous: u8, digits: u64, letters: u64) -> bool {
        let length = digits.trailing_ones();
        if length as usize >= self.numbers.shortest() || matches!(previous, b'+' | b'(' | b'<') {
            return false;
        }
        let (digits, letters) = (digits >> length, letters >> length);
        let end = place + length as usize;
        let next = at(self.text.as_bytes(), end);
        if !phone::is_separator(next) && !is_separator(next) {
            return letters & 1 == 0;
        }
        let year = digits & digits >> 1 & digits >> 2 & digits >> 3 & birth::YEAR_AHEAD;
        let groups = digits & phone::SEPARATORS_AHEAD;
        let code =
            letters & 0b10 != 0 && starts_code(self.text.as_bytes(), end + 1, digits >> 1, letters >> 1);
        year | groups == 0 && !code
    }

    /// A group of digits starts, and a word with it.
    fn number(&mut self, run: &Run<'_>) {
        let (bytes, place) = (self.text.as_bytes(), run.start);
        if run.digits() == 0 {
            return;
        }
        if run.is_like_an_address() {
            self.out.extend(network::ipv4(bytes, place, &mut self.context));
        }
        if self.context.has_said(Topic::BIRTH, place, birth::DISTANCE) {
            self.out.extend(birth::find(bytes, place, &mut self.context));
        }
        if run.digits() >= self.numbers.shortest() && run.starts_number() {
            number::numbers(self.numbers, run, &mut self.context, self.out);
            card::find(run, self.out);
            account::find(run, self.out);
            ehic::find(run, &mut self.context, self.out);
            device::find(run, &mut self.context, self.out);
        }
        if place >= self.phones_from
            && let Some(found) = phone::find(bytes, place, &mut self.context)
        {
            self.phones_from = found.end;
            self.out.push(found);
        }
    }

    /// The groups of a UUID are random digits and letters: what looks like a number there is chance.
    fn drop_parts_of_uuids(&mut self, base: usize) {
        let bytes = self.text.as_bytes();
        let mut kept = base;
        for index in base..self.out.len() {
            let inside = self.out.get(index).is_some_and(|found| {
                found.label != Label::Iban && is_inside_uuid(bytes, found.start, found.end)
            });
            if !inside {
                self.out.swap(kept, index);
                kept += 1;
            }
        }
        self.out.truncate(kept);
    }
}

/// RFC 9562 4: 8-4-4-4-12 hexadecimal digits around `start..end`.
fn is_inside_uuid(text: &[u8], start: usize, end: usize) -> bool {
    const LENGTH: usize = 36;
    let member = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let first = run_start(text, start, LENGTH, member);
    let last = run_end(text, end, LENGTH, member);
    last - first == LENGTH
        && text.get(first..last).is_some_and(|uuid| {
            uuid.iter().enumerate().all(|(place, &byte)| (byte == b'-') == matches!(place, 8 | 13 | 18 | 23))
        })
}
