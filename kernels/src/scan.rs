//! One scan: anchors, then the verifiers that an anchor may be of interest to.
//!
//! Invariant: a verifier looks a bounded way back and ahead, so a scan is linear in the text, whatever
//! the text is. All candidates are weighed at the end, so the order of the verifiers decides nothing.

use crate::anchors::{Anchor, Around};
use crate::bytes::{at, before, goes_on_behind_digit, last, starts_word};
use crate::contact::{email, phone};
use crate::context::{Context, Topic, Words};
use crate::digits::{MAX_DIGITS, Run, Written, is_separator, starts_code};
use crate::document::{birth, ehic, mrz, passport, plate};
use crate::number::written::{Kinds, Other};
use crate::payment::{account, bic, card, iban, lei};
use crate::resolve::resolve;
use crate::secrets::{Secrets, named};
use crate::simd::Reader;
use crate::view::{self, Joined, Spots};
use crate::{Finding, Label, anchors, crypto, device, machine, network, number};

/// What is built once for all scans.
#[derive(Debug)]
pub(crate) struct Tables {
    words: Words,
    numbers: number::Index,
    reader: Reader,
}

impl Tables {
    pub(crate) fn new(reader: Reader) -> Tables {
        phone::prepare();
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
    view::each(text, spots, out, base, |view, gaps, seen| between(tables, view, gaps, seen));
    resolve(out, base, country);
}

/// As [`scan`], when a device has said at which groups of digits and at which `@` the verifiers find all that they
/// find in `text` itself; it may name more, in order.
pub(crate) fn finish(
    tables: &Tables,
    text: &str,
    country: Option<[u8; 2]>,
    places: impl Iterator<Item = usize>,
    out: &mut Vec<Finding>,
) {
    let base = out.len();
    let mut places = places.peekable();
    let spots = read(tables, text, out, nothing, |scanner, place, anchor, around| {
        while places.next_if(|&named| named < place).is_some() {}
        match anchor {
            _ if places.peek() == Some(&place) => scanner.visit(place, anchor, around),
            Anchor::Digits | Anchor::Mark(b'@') => {}
            Anchor::Mark(_) | Anchor::Word | Anchor::Capitals => scanner.visit(place, anchor, around),
        }
    });
    view::each(text, spots, out, base, |view, gaps, seen| between(tables, view, gaps, seen));
    resolve(out, base, country);
}

/// Nothing is known of a text that is read for the first time.
fn nothing(_: usize, _: Around<'_>) -> bool {
    false
}

/// Appends what may be found, and says where the text may stand for another one.
fn candidates(tables: &Tables, text: &str, out: &mut Vec<Finding>) -> Spots {
    read(tables, text, out, nothing, |scanner, place, anchor, around| scanner.visit(place, anchor, around))
}

/// The same for a text that has `gaps`, and is else one that was read.
fn between(tables: &Tables, text: &str, gaps: &[usize], out: &mut Vec<Finding>) -> Spots {
    if gaps.is_empty() {
        return candidates(tables, text, out);
    }
    let mut joined = Joined::new(text.as_bytes(), gaps);
    let known = |place, around: Around<'_>| joined.is_known(place, around.digits().trailing_ones() as usize);
    read(tables, text, out, known, |scanner, place, anchor, around| scanner.visit(place, anchor, around))
}

/// Shows each anchor to `visit`, but for digits at which all is `known`, and says where the text may stand for another one.
#[inline]
fn read<'t>(
    tables: &'t Tables,
    text: &'t str,
    out: &mut Vec<Finding>,
    mut known: impl FnMut(usize, Around<'_>) -> bool,
    mut visit: impl for<'s> FnMut(&mut Scanner<'s, 't>, usize, Anchor, Around<'_>),
) -> Spots {
    let bytes = text.as_bytes();
    let mut scanner = Scanner::new(tables, text, out);
    let (mut spots, mut odd) = (Spots::default(), Spots::default());
    anchors::each(
        tables.reader,
        bytes,
        |place, anchor, around| {
            match anchor {
                Anchor::Digits if place < scanner.passed || known(place, around) => return scanner.passed,
                Anchor::Digits => {
                    let behind = last(bytes, place);
                    // What goes on a number starts nothing that a secret or a gap has, and most often nothing else does.
                    if !is_behind_a_word(behind) && !goes_on_behind_digit(behind) {
                        spots.digits(bytes, place, behind);
                        scanner.secrets.at_digits(bytes, place, scanner.out);
                    }
                }
                Anchor::Word => spots.word(bytes, place),
                Anchor::Mark(_) | Anchor::Capitals => {}
            }
            if let Anchor::Digits = anchor
                && machine::may_be_moment(around.digits())
                && scanner.is_moment(place, around)
            {
                return scanner.passed;
            }
            visit(&mut scanner, place, anchor, around);
            scanner.passed
        },
        |block, masks| odd.block(text, block, masks),
    );
    spots.join(odd);
    spots
}

/// Do these bytes end with a blank, perhaps with the two letters of a country behind it, and before it
/// the end of a word that is no capital and does not tell a password?
#[inline]
fn is_behind_a_word(behind: [u8; 5]) -> bool {
    let end = match behind {
        [_, _, first, second, b' '] => [first, second],
        [first, second, b' ', b'A'..=b'Z', b'A'..=b'Z'] => [first, second],
        _ => return false,
    };
    let [_, letter] = end;
    letter.is_ascii_lowercase() && !named::may_end_telling(end)
}

/// Bits of what is behind an anchor: the last byte and the one before it, and those that a plate may have in front
/// of its digits.
const TWO_BEHIND: u64 = 0b11 << 62;
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
    /// Lines of a zone that end before this place have been looked at.
    zones_from: usize,
    /// Digits before this place belong to a number whose check has passed.
    digits_from: usize,
    /// Groups of digits before this place do nothing but go on such a number.
    passed: usize,
    /// No telephone number starts before this place: it would be a part of another one.
    phones_from: usize,
    out: &'s mut Vec<Finding>,
}

impl<'s, 't> Scanner<'s, 't> {
    fn new(tables: &'s Tables, text: &'t str, out: &'s mut Vec<Finding>) -> Scanner<'s, 't> {
        let context = Context::new(&tables.words, text.as_bytes());
        let secrets = Secrets::default();
        let numbers = &tables.numbers;
        Scanner {
            text,
            numbers,
            context,
            secrets,
            colons_from: 0,
            zones_from: 0,
            digits_from: 0,
            passed: 0,
            phones_from: 0,
            out,
        }
    }

    /// Only a gate or a call for each anchor: it stands in the loop over them.
    #[inline(always)]
    fn visit(&mut self, place: usize, anchor: Anchor, around: Around<'_>) {
        match anchor {
            Anchor::Mark(b'@') if !email::has_edges(self.text.as_bytes(), place) => {}
            Anchor::Mark(b'"') if before(self.text.as_bytes(), place) != b' ' => {}
            Anchor::Mark(b'@') => self.address(place, around),
            Anchor::Mark(mark) => self.mark(place, mark),
            Anchor::Digits if place < self.digits_from || self.is_a_small_number(place, around) => {}
            Anchor::Digits => self.digits(place, around),
            Anchor::Word => self.word(place, around),
            Anchor::Capitals => self.capitals(place),
        }
    }

    #[inline(never)]
    fn address(&mut self, sign: usize, around: Around<'_>) {
        let found = email::find_around(self.text, sign, around);
        self.take(found);
    }

    #[inline(never)]
    fn mark(&mut self, place: usize, mark: u8) {
        let bytes = self.text.as_bytes();
        match mark {
            b'=' => self.secrets.at_equals(bytes, place, self.out),
            b':' => self.colon(place),
            b'"' => self.secrets.at_quote(bytes, place, self.out),
            _ => self.secrets.at_tilde(bytes, place, self.out),
        }
    }

    #[inline(never)]
    fn capitals(&mut self, place: usize) {
        self.out.extend(bic::find(self.text.as_bytes(), place, &mut self.context));
    }

    fn colon(&mut self, place: usize) {
        let bytes = self.text.as_bytes();
        self.secrets.at_colon(bytes, place, self.out);
        if place >= self.colons_from && network::may_be_address(bytes, place) {
            let (found, end) = network::colon(bytes, place);
            self.out.extend(found);
            self.colons_from = end;
        }
    }

    /// A long word starts at `place`; what stands in it as a whole has a length of its own.
    #[inline(never)]
    fn word(&mut self, place: usize, around: Around<'_>) {
        let bytes = self.text.as_bytes();
        let (digits, letters) = (around.digits(), around.letters());
        if let Some(end) = machine::uuid(bytes, place, digits | letters)
            && iban::find(bytes, place + 2).is_none()
        {
            // No number but an account stands in it, which begins with two letters; but it may be a password.
            if digits & 1 != 0 {
                self.secrets.at_digits(bytes, place, self.out);
            }
            self.pass(end);
        }
        let alnum = (digits | letters).trailing_ones() as usize;
        if alnum >= crypto::LENGTH_MIN {
            let found = crypto::find(bytes, place, &mut self.context);
            self.take(found);
        }
        let row = (digits | around.capitals()).trailing_ones() as usize;
        if row == lei::LENGTH {
            self.take(lei::find(bytes, place));
        }
        if mrz::may_be_line(bytes, place, row) {
            self.zone(place);
        }
        self.take(network::mac_with_hyphens(bytes, place));
        self.secrets.at_word(bytes, place, alnum, self.out);
    }

    /// Does a time start at `place`, and no word says that it is one of birth? Or a date, and no word says anything? It is
    /// passed.
    #[inline(never)]
    fn is_moment(&mut self, place: usize, around: Around<'_>) -> bool {
        let Some(end) = machine::moment(self.text.as_bytes(), place, around.digits()) else { return false };
        let is_time = end - place > machine::DATE;
        let nobodys = !self.hears_at(place, 0, around)
            || is_time && !self.context.has_said(Topic::BIRTH, place, birth::DISTANCE);
        if nobodys {
            self.pass(end);
        }
        nobodys
    }

    /// May a word about anything be near the digits at `place`, right before which so many letters stand?
    #[inline]
    fn hears_at(&mut self, place: usize, letters: usize, around: Around<'_>) -> bool {
        self.context.arrive(around, place - letters, [place, place]);
        self.context.hears(place)
    }

    /// No number stands before `end`.
    fn pass(&mut self, end: usize) {
        self.digits_from = self.digits_from.max(end);
        self.passed = end;
    }

    /// A group of digits starts at `place`, outside of a number whose check has passed, and it is no small number.
    #[inline(never)]
    fn digits(&mut self, place: usize, around: Around<'_>) {
        let bytes = self.text.as_bytes();
        let [second_last, previous] = last(bytes, place);
        let digits = around.digits();
        let (letters, letters_behind) = (around.letters(), around.letters_behind());
        let solid = letters_behind.leading_ones() as usize;
        let separated = is_separator(previous);
        let follows_capital = separated && second_last.is_ascii_uppercase();
        let country = if separated { TWO_BEHIND >> 1 } else { TWO_BEHIND };
        if digits & 0b11 == 0b11
            && letters_behind & country == country
            && iban::may_be_country(bytes, place - usize::from(separated))
            && let Some(found) = iban::find(bytes, place)
        {
            // Nothing that starts inside of an account is longer; the check of a creditor is the weaker one.
            let proven = if found.label == Label::Iban { found.end } else { 0 };
            self.out.push(found);
            if proven != 0 {
                self.digits_from = proven;
                return;
            }
        }
        if solid > 0 && before(bytes, place - solid).is_ascii_digit() && !self.hears_at(place, solid, around)
        {
            // In the middle of a word with digits only a plate or a passport is, beside its word.
            return;
        }
        let run = Run::read(bytes, place, digits, letters, around.capitals());
        self.context.arrive(around, place - solid, [place, run.end()]);
        let base = self.out.len();
        if previous == b'<' {
            self.zone(place);
        }
        let lettered = solid > 0 || run.goes_on || follows_capital;
        let dials = solid == 0 && phone::needs_no_word(bytes, place, run.first_end() - place);
        // Most often no word about anything is near.
        if self.context.hears(place) {
            self.beside_a_word(&run, around);
        } else if !lettered && !self.may_count(&run, dials) {
            return;
        }
        if lettered {
            number::codes(self.numbers, &run, around, &mut self.context, self.out);
        }
        if solid == 0 {
            self.number(&run, dials);
        }
        if self.out.len() > base {
            self.digits_from = self.proven(base);
            // A plus between two groups may be more than that.
            self.passed = if run.has_separator(b'+') { 0 } else { self.digits_from.min(run.end()) };
        }
    }

    /// A group of digits starts near a word, perhaps in the middle of another one.
    #[inline(never)]
    fn beside_a_word(&mut self, run: &Run<'_>, around: Around<'_>) {
        let (bytes, place) = (self.text.as_bytes(), run.start);
        // No plate has a capital that a small letter follows.
        let (small, small_behind) = (around.small(), around.small_behind());
        let capitals = around.capitals() & !(small >> 1) & PLATE_AHEAD;
        let capitals_behind = around.capitals_behind() & !(small_behind >> 1) & PLATE_BEHIND;
        if capitals | capitals_behind != 0
            && self.context.has_said(Topic::PLATE, place, plate::WORD_DISTANCE_MAX)
        {
            let found = plate::find(bytes, place, &mut self.context);
            self.take(found);
        }
        let length =
            around.capitals_behind().leading_ones() + (around.digits() | around.capitals()).trailing_ones();
        if passport::LENGTHS.contains(&(length as usize))
            && self.context.has_said(Topic::PASSPORT, place, passport::WORD_DISTANCE_MAX)
        {
            let found = passport::find(bytes, place, &mut self.context);
            self.take(found);
        }
        if starts_word(bytes, place)
            && birth::may_start(bytes, place, run.first_end())
            && run.digits() != 0
            && self.context.has_said(Topic::BIRTH, place, birth::DISTANCE)
        {
            let found = birth::find(bytes, place, &mut self.context);
            self.take(found);
        }
    }

    /// Is a group of a few digits just a number, as prose is full of? It is none if a letter belongs to it, and it
    /// may be the first of more groups, the day of a date, or in a telephone number or a zone.
    #[inline]
    fn is_a_small_number(&self, place: usize, around: Around<'_>) -> bool {
        let (bytes, digits) = (self.text.as_bytes(), around.digits());
        let ([second_last, previous], length) = (last(bytes, place), digits.trailing_ones());
        if length as usize >= self.numbers.shortest()
            || previous.is_ascii_alphabetic()
            || matches!(previous, b'+' | b'(' | b'<')
            || is_separator(previous) && second_last.is_ascii_uppercase()
        {
            return false;
        }
        let end = place + length as usize;
        let next = at(bytes, end);
        if !phone::is_separator(next) && !is_separator(next) {
            // `March 20, 1980`
            let year = digits >> (length + 2) & 0b1111 == 0b1111;
            return !next.is_ascii_alphabetic() && !year;
        }
        let (digits, letters) = (digits >> length, around.letters() >> length);
        // The next group may be a year.
        let next = digits & digits.wrapping_neg();
        let year = next & digits >> 1 & digits >> 2 & digits >> 3 & birth::YEAR_AHEAD;
        let groups = digits & phone::SEPARATORS_AHEAD;
        let code = || starts_code(digits >> 1, letters >> 1, around.capitals() >> length >> 1);
        year | groups == 0 && !(letters & 0b10 != 0 && code())
    }

    /// May the run, before which no word is near, be anything? A few digits are, if a word stands right behind them or
    /// they may begin a telephone number.
    #[inline]
    fn may_count(&mut self, run: &Run<'_>, dials: bool) -> bool {
        run.digits() >= self.numbers.shortest_alone()
            || run.is_like_an_address()
            || dials
            || run.digits() >= self.numbers.shortest() && self.context.hears_beside(run.start, run.end())
    }

    /// A group of digits starts, and a word with it; `dials` says whether a telephone number may without a word about it.
    fn number(&mut self, run: &Run<'_>, dials: bool) {
        let (bytes, place) = (self.text.as_bytes(), run.start);
        if run.digits() == 0 {
            return;
        }
        if run.is_like_an_address() {
            let found = network::ipv4(bytes, place, &mut self.context);
            self.take(found);
        }
        if run.digits() >= self.numbers.shortest() && run.starts_number() {
            self.digits_alone(run);
        }
        let row = run.first_end() - place;
        if place >= self.phones_from
            && (dials || self.context.hears(place))
            && let Some(found) = phone::find(bytes, place, row, &mut self.context)
        {
            self.phones_from = found.end;
            self.out.push(found);
        }
    }

    /// Numbers of digits alone that begin with the run's first group.
    fn digits_alone(&mut self, run: &Run<'_>) {
        let mut ends = self.numbers.ends(run);
        let mut values = None;
        while ends != 0 {
            let number = run.written(ends.trailing_zeros() as usize);
            let kinds = self.numbers.kinds(&number);
            let told = !kinds.needs_word()
                || kinds.has(Other::Device)
                || self.context.hears_beside(number.start, number.end);
            if told && !kinds.is_none() {
                self.digits_written(values.get_or_insert_with(|| run.values()), &number, kinds);
            }
            ends &= ends - 1;
        }
    }

    /// The number that is written so, which the values begin with.
    fn digits_written(&mut self, values: &[u8; MAX_DIGITS], number: &Written, kinds: Kinds) {
        number::find(self.numbers, values, number, kinds.forms, &mut self.context, self.out);
        if kinds.has(Other::Card) {
            self.take(card::find(values, number));
        }
        if kinds.has(Other::Account) {
            self.take(account::find(self.text.as_bytes(), values, number));
        }
        if kinds.has(Other::HealthCard) {
            let found = ehic::find(values, number, &mut self.context);
            self.take(found);
        }
        if kinds.has(Other::Device) && self.context.hears_around(number.start, number.end) {
            let found = device::find(values, number, &mut self.context);
            self.take(found);
        }
    }

    /// The machine-readable zone around `place`.
    fn zone(&mut self, place: usize) {
        if place >= self.zones_from {
            match mrz::find(self.text.as_bytes(), place) {
                Ok(found) => self.out.push(found),
                Err(end) => self.zones_from = end,
            }
        }
    }

    #[inline]
    fn take(&mut self, found: Option<Finding>) {
        if let Some(found) = found {
            self.out.push(found);
        }
    }

    /// Where the numbers end that were found from `base` on. The groups of a UUID are random digits and letters: what
    /// looks like a number there is chance, and dropped. A telephone number has no check: what starts inside it may be
    /// the truth.
    #[inline]
    fn proven(&mut self, base: usize) -> usize {
        let (mut index, mut end) = (base, 0);
        while let Some(found) = self.out.get(index) {
            if found.label != Label::Iban
                && machine::is_inside_uuid(self.text.as_bytes(), found.start, found.end)
            {
                self.out.swap_remove(index);
                continue;
            }
            end = if found.label == Label::Phone { end } else { found.end.max(end) };
            index += 1;
        }
        end
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::new(crate::simd::best().0));

    /// Identifiers, their halves, runs of colons and marks, words about numbers, and other scripts.
    const ATTACK: &str = "(sk-|ghp_[a-zA-Z0-9]{36}|AKIA[A-Z0-9]{16}|password=|Passwort lautet |password is \"|\"hunter2hunter2\" |Bearer |://|u:p@|@|\
        anna@example\\.org|DE89 3704 0044 0532 0130 00|4111 1111 1111 1111|756\\.9217\\.0769\\.85|131052-308T|\
        880320-0016|X2482300W|tel |TEL-|KENNZEICHEN|plate |NHS |born |version |order |20\\.03\\.1980|\\+44 20 7946 0958|\
        2001:db8::17|fe80:|::|:|:{1,60}|([0-9a-f]{1,4}:){1,12}|00:1A:2B:3C:4D:5E|192\\.0\\.2\\.1|\
        [0-9]{1,20}|[ ./=+,;~'\"()-]|[a-zA-Z]{1,8}|[A-Z]{1,3}[ -]?[0-9]{1,4}|é|漢字|\u{200b}|[\u{ff10}-\u{ff19}]|\n){0,40}";

    /// The places at which an anchor, looked at alone, gives a candidate, or at which `also` says so.
    fn places(text: &str, also: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut places = Vec::new();
        anchors::each(
            TABLES.reader,
            text.as_bytes(),
            |place, anchor, around| {
                let mut out = Vec::new();
                Scanner::new(&TABLES, text, &mut out).visit(place, anchor, around);
                if (!out.is_empty() || also(place)) && places.last() != Some(&place) {
                    places.push(place);
                }
                0
            },
            |_, _| {},
        );
        places
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// A device names places by looking at each alone; which ones it names too many decides nothing.
        #[test]
        fn a_scan_that_is_told_where_to_look_finds_the_same(text in ATTACK, also in any::<u64>()) {
            let (mut all, mut told) = (Vec::new(), Vec::new());
            scan(&TABLES, &text, None, &mut all);
            let places = places(&text, |place| also >> (place % 64) & 1 != 0);
            finish(&TABLES, &text, None, places.into_iter(), &mut told);
            prop_assert_eq!(told, all);
        }
    }

    #[test]
    fn places_that_are_no_anchors_are_passed_over() {
        let text = "to anna@example.org, from b@example.org";
        let mut found = Vec::new();
        finish(&TABLES, text, None, [0, 2, 7, 8, 60, 300].into_iter(), &mut found);
        assert_eq!(found.iter().map(|found| (found.start, found.end)).collect::<Vec<_>>(), [(3, 19)]);
        assert_eq!(text.get(3..19).unwrap(), "anna@example.org");
    }
}
