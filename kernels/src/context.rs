//! Context: the words beside a number that say what it is.
//!
//! Invariant: words only decide between readings of a number and admit forms that are too weak alone;
//! their absence never hides a number whose check digits are strong. Text is looked at once, left to
//! right, however many numbers ask.

mod dictionary;
mod words;

use crate::anchors::{Around, WINDOW, below, shifted};
use crate::bytes::{at, last};
use crate::simd::{BEYOND, BLOCK, is_in};
pub(crate) use dictionary::Words;
use dictionary::{HEAD, Met};

/// How far before a number a word about it may end, in bytes.
pub(crate) const BEFORE: usize = 48;
/// How far before a number a word about a thing may end: `order number: 123456782`.
const THING_DISTANCE: usize = 16;
/// How far after a number a word about it may end, in bytes.
const AFTER: usize = 24;
/// How far after a number a word starts that stands right behind it: `12345 (VSK)`.
const BESIDE: usize = 3;
/// So many digits in a row between a word and a number are a number that the word is about.
const ANOTHER: usize = 3;
/// No word is longer, in bytes.
const MAX_WORD: usize = 40;
/// What a word is about: one of the constants, or one scheme of `number/scheme`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic(pub(crate) u16);

impl Topic {
    pub(crate) const PHONE: Topic = Topic(0);
    pub(crate) const VERSION: Topic = Topic(1);
    pub(crate) const IMEI: Topic = Topic(2);
    /// Numbers that are nobody's: of orders, invoices, books, parts.
    pub(crate) const THING: Topic = Topic(3);
    pub(crate) const BIRTH: Topic = Topic(4);
    pub(crate) const PLATE: Topic = Topic(5);
    pub(crate) const BIC: Topic = Topic(6);
    pub(crate) const CRYPTO: Topic = Topic(7);
    pub(crate) const HEALTH_CARD: Topic = Topic(8);
    pub(crate) const PASSPORT: Topic = Topic(9);
    /// Moments, as machines write them in seconds since 1970.
    pub(crate) const TIME: Topic = Topic(10);
}

/// The first number scheme's topic; the others follow.
pub(crate) const FIRST_SCHEME: Topic = Topic(16);
/// Room for every topic.
const TOPICS: usize = 256;

/// Does a word start at `index`? `tel` in `hotel` does not, `number` in `orderNumber` does.
fn may_start(text: &[u8], index: usize) -> bool {
    let [second_last, previous] = last(text, index);
    let first = at(text, index);
    let beyond = |byte: u8| is_in(byte, &BEYOND);
    (first.is_ascii_alphabetic() || beyond(first)) && !(previous.is_ascii_alphabetic() || beyond(second_last))
        || first.is_ascii_uppercase() && previous.is_ascii_lowercase()
}

/// The words of one text, met so far. Questions are asked from left to right.
pub(crate) struct Context<'w, 't> {
    words: &'w Words,
    text: &'t [u8],
    /// Words that start before this place were looked up, if they were near enough to a question.
    read_to: usize,
    /// Where the last word about each topic ended that was passed; 0 before the first.
    last: [u32; TOPICS],
    /// Words that were met and not passed yet: they end behind the digits that are looked at. So many of them count.
    ahead: [Met; AHEAD],
    count: usize,
    /// Where the first of them ends.
    pass_at: usize,
    /// Where the last word about anything ends that was met; 0 before the first.
    met_to: usize,
    /// Where the letters start that end at the digits that are looked at: they may be a part of its number, or the end
    /// of a word.
    letters: usize,
    starts: Starts,
}

/// As many words as can stand in [`AFTER`] bytes: none is shorter than two letters and a blank, and one may be known as
/// several.
const AHEAD: usize = 32;
const _: () = assert!(AHEAD >= 4 * AFTER / 3);

/// Where words start in a few blocks of the text, which end with the one behind that of the digits.
struct Starts {
    /// Place of the block of the digits.
    block: usize,
    each: [u64; WINDOW],
}

impl Starts {
    /// Bytes of the blocks before that of the digits.
    const BEHIND: usize = (WINDOW - 2) * BLOCK;

    /// Digits in the block at `block` come next.
    #[inline]
    fn arrive(&mut self, around: Around<'_>, block: usize) {
        let [_, second, third, fourth] = self.each;
        if self.block == block {
            return;
        }
        self.each = if self.block.wrapping_add(BLOCK) == block {
            [second, third, fourth, around.next_word_starts()]
        } else {
            around.word_starts()
        };
        self.block = block;
    }

    /// Where words start in the bytes from `from` to `to`, a bit each; at most a block of them.
    #[inline]
    fn between(&self, text: &[u8], from: usize, to: usize) -> u64 {
        // Counted from the first block; of a word that starts before it nothing is known.
        let first = self.block.wrapping_sub(Starts::BEHIND);
        let [from_first, to_first] = [from.wrapping_sub(first), to.wrapping_sub(first)];
        if from_first <= 1 || to_first > WINDOW * BLOCK || from_first >= to_first {
            return Starts::read(text, from, to);
        }
        let of = |block| self.each.get(block).copied().unwrap_or(0);
        let [here, next] = [of(from_first / BLOCK), of(from_first / BLOCK + 1)];
        shifted(here, next, u32::try_from(from_first % BLOCK).unwrap_or(0)) & below(to, from)
    }

    #[cold]
    fn read(text: &[u8], from: usize, to: usize) -> u64 {
        let starts = (from..to).zip(0..u64::BITS);
        starts.fold(0, |starts, (index, bit)| starts | u64::from(may_start(text, index)) << bit)
    }
}

impl<'w, 't> Context<'w, 't> {
    pub(crate) fn new(words: &'w Words, text: &'t [u8]) -> Context<'w, 't> {
        // Before the first digits nothing is known.
        let starts = Starts { block: usize::MAX / 2, each: [0; WINDOW] };
        let (last, ahead) = ([0; TOPICS], [Met::default(); AHEAD]);
        let (count, pass_at) = (0, usize::MAX);
        Context { words, text, read_to: 0, last, ahead, count, pass_at, met_to: 0, letters: 0, starts }
    }

    /// Questions are asked about the digits from `digit` to `end` from now on, which letters from `letters` on precede.
    #[inline]
    pub(crate) fn arrive(&mut self, around: Around<'_>, letters: usize, [digit, end]: [usize; 2]) {
        self.letters = letters;
        self.starts.arrive(around, digit - digit % BLOCK);
        // Words before them and right behind them are asked for: once.
        self.listen(end, BESIDE);
    }

    /// Does a word about `topic` end within `distance` bytes before `start`?
    #[inline]
    pub(crate) fn precedes(&mut self, topic: Topic, start: usize, distance: usize) -> bool {
        self.reach(start.max(self.letters));
        let last = self.last(topic);
        last != 0 && last <= start && last + distance.min(BEFORE) >= start
    }

    /// Does one that starts before the letters here end within `distance` bytes before `digit`?
    #[inline]
    pub(crate) fn has_said(&mut self, topic: Topic, digit: usize, distance: usize) -> bool {
        self.reach(self.letters);
        self.last(topic) != 0 && self.last(topic) + distance >= digit
    }

    /// May a word about anything do so?
    #[inline]
    pub(crate) fn hears(&mut self, digit: usize) -> bool {
        self.reach(self.letters);
        self.is_near(digit)
    }

    #[inline]
    fn is_near(&self, start: usize) -> bool {
        self.met_to != 0 && self.met_to + BEFORE >= start
    }

    /// Looks up and notes the words that end before `to`.
    #[inline]
    fn reach(&mut self, to: usize) {
        self.read(to);
        if self.pass_at <= to {
            self.pass(to);
        }
    }

    #[inline]
    fn last(&self, topic: Topic) -> usize {
        self.last.get(usize::from(topic.0)).copied().unwrap_or(0) as usize
    }

    /// Is it said right before `start` that a thing's number follows?
    pub(crate) fn names_another(&mut self, start: usize) -> bool {
        [Topic::THING, Topic::VERSION].into_iter().any(|topic| self.precedes(topic, start, THING_DISTANCE))
    }

    /// Is it said right before `start` that a moment follows: `"created_at":`?
    pub(crate) fn names_a_time(&mut self, start: usize) -> bool {
        self.precedes(Topic::TIME, start, THING_DISTANCE)
    }

    /// Does a word about `topic` stand near the number at `start..end`?
    #[inline]
    pub(crate) fn near(&mut self, topic: Topic, start: usize, end: usize) -> bool {
        self.precedes(topic, start, BEFORE) || self.follows(topic, end, AFTER)
    }

    /// Is a word about `topic` about the number at `start..end` and no other? `VAT: 081992277, customer 46855`
    pub(crate) fn tells(&mut self, topic: Topic, start: usize, end: usize) -> bool {
        self.precedes(topic, start, BEFORE) && !self.has_number(self.last(topic), start)
            || self.follows(topic, end, BESIDE)
    }

    /// Does another number stand in `from..to`?
    fn has_number(&self, from: usize, to: usize) -> bool {
        let between = self.text.get(from..to).unwrap_or_default();
        between.array_windows().any(|bytes: &[u8; ANOTHER]| bytes.iter().all(u8::is_ascii_digit))
    }

    /// May a word about anything stand near the number at `start..end`?
    #[inline]
    pub(crate) fn hears_around(&mut self, start: usize, end: usize) -> bool {
        self.hears_before(start) || self.hears_behind(end, AFTER)
    }

    /// May one be about the number at `start..end` and no other, see [`Context::tells`]?
    #[inline]
    pub(crate) fn hears_beside(&mut self, start: usize, end: usize) -> bool {
        self.hears_before(start) || self.hears_behind(end, BESIDE)
    }

    #[inline]
    fn hears_before(&mut self, start: usize) -> bool {
        self.reach(start.max(self.letters));
        self.is_near(start)
    }

    /// May one start within `distance` bytes after `end`?
    #[inline]
    fn hears_behind(&mut self, end: usize, distance: usize) -> bool {
        self.listen(end, distance);
        self.met_to > end
    }

    /// Looks up the words that start within `distance` bytes after `end`, and those before.
    #[inline]
    fn listen(&mut self, end: usize, distance: usize) {
        self.read(self.text.len().min(end + distance + 1));
    }

    /// Does a word about `topic` start within `distance` bytes after `end`, and end near to it?
    #[inline]
    fn follows(&mut self, topic: Topic, end: usize, distance: usize) -> bool {
        self.hears_behind(end, distance) && self.is_ahead(topic, end, distance)
    }

    #[inline(never)]
    fn is_ahead(&self, topic: Topic, end: usize, distance: usize) -> bool {
        let is_near = |word: &&Met| {
            (end..=end + distance).contains(&(word.start as usize)) && word.end as usize <= end + AFTER
        };
        let mut near = self.ahead.iter().take(self.count).filter(is_near);
        near.any(|word| self.words.about(word.topics).contains(&topic))
    }

    /// Notes the words that end before `to`.
    #[inline(never)]
    fn pass(&mut self, to: usize) {
        let met = std::mem::take(&mut self.count);
        self.pass_at = usize::MAX;
        for index in 0..met {
            let Some(&word) = self.ahead.get(index) else { break };
            if word.end as usize <= to {
                let topics = self.words.about(word.topics).iter().map(|topic| usize::from(topic.0));
                topics
                    .for_each(|topic| self.last.get_mut(topic).into_iter().for_each(|last| *last = word.end));
            } else {
                self.keep(word);
            }
        }
    }

    /// Without room a word is lost: so many cannot end behind one place.
    #[inline]
    fn keep(&mut self, word: Met) {
        if let Some(slot) = self.ahead.get_mut(self.count) {
            *slot = word;
            self.count += 1;
            self.pass_at = self.pass_at.min(word.end as usize);
        }
    }

    /// Looks up the words that start before `to`, were not read yet, and may be near enough.
    #[inline]
    fn read(&mut self, to: usize) {
        // Most questions are asked where another one was.
        if self.read_to < to {
            self.look_up(to);
        }
    }

    #[inline(never)]
    fn look_up(&mut self, to: usize) {
        let mut from = self.read_to.max(to.saturating_sub(BEFORE + MAX_WORD));
        self.read_to = to;
        while from < to {
            let end = to.min(from + BLOCK);
            let mut starts = self.starts.between(self.text, from, end);
            let rest = self.text.get(from..).unwrap_or_default();
            let mut end_of_text = [0; BLOCK + HEAD];
            let bytes = rest.first_chunk().unwrap_or_else(|| {
                end_of_text.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
                &end_of_text
            });
            while starts != 0 {
                let offset = starts.trailing_zeros() as usize;
                let head = bytes.get(offset..).and_then(<[u8]>::first_chunk);
                if head.is_some_and(|head| self.words.may_start_with(*head)) {
                    self.meet(from + offset);
                }
                starts &= starts - 1;
            }
            from = end;
        }
    }

    #[inline(never)]
    fn meet(&mut self, index: usize) {
        let (words, text) = (self.words, self.text);
        words.each_at(text, index, |word| {
            if self.count == AHEAD {
                self.pass(index);
            }
            self.keep(word);
            self.met_to = self.met_to.max(word.end as usize);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::words::WORDS;
    use super::*;

    fn phone_precedes(text: &str, distance: usize) -> bool {
        let words = Words::new(std::iter::empty());
        Context::new(&words, text.as_bytes()).precedes(Topic::PHONE, text.len(), distance)
    }

    #[test]
    fn a_word_counts_near_by_and_whole() {
        for (text, expected) in [
            ("Tel.: ", true),
            ("TELEFON ", true),
            ("Téléphone : ", true),
            ("TÉLÉPHONE : ", true),
            ("Telefonnummer: ", true),
            ("{\"phoneNumber\": \"", true),
            ("{\"homePhone\": \"", true),
            ("in the hotel ", false),
            ("I am telling you ", false),
            ("tel. of a place that is much farther away than this ", false),
        ] {
            assert_eq!(phone_precedes(text, 32), expected, "{text}");
        }
    }

    #[test]
    fn no_word_is_longer_than_is_looked_back_for() {
        assert!(WORDS.iter().flat_map(|(_, words)| *words).all(|word| (2..=MAX_WORD).contains(&word.len())));
        assert!(WORDS.iter().all(|&(topic, _)| topic.0 < FIRST_SCHEME.0));
        let schemes = crate::number::all();
        assert!(schemes.flat_map(|scheme| scheme.words).all(|word| (2..=MAX_WORD).contains(&word.len())));
        assert!(usize::from(FIRST_SCHEME.0) + crate::number::all().count() <= TOPICS);
    }

    #[test]
    fn no_word_has_a_digit() {
        assert!(
            !WORDS
                .iter()
                .flat_map(|(_, words)| *words)
                .any(|word| word.contains(|c: char| c.is_ascii_digit()))
        );
    }

    #[test]
    fn an_earlier_question_does_not_hide_a_later_word() {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, b"1 tele 2 phone telephone 3");
        assert!(!context.precedes(Topic::PHONE, 7, 32));
        assert!(context.precedes(Topic::PHONE, 25, 32));
        assert!(!context.precedes(Topic::PHONE, 7, 32));
    }
}
