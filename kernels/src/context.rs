//! Context: the words beside a number that say what it is.
//!
//! Invariant: words only decide between readings of a number and admit forms that are too weak alone;
//! their absence never hides a number whose check digits are strong. Text is looked at once, left to
//! right, however many numbers ask.

mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::anchors::{Around, below};
use crate::bytes::{at, before, has_word};
use words::WORDS;

/// How far before a number a word about it may end, in bytes.
const BEFORE: usize = 48;
/// How far before a number a word about a thing may end: `order number: 123456782`.
const THING_DISTANCE: usize = 16;
/// How far after a number a word about it may end, in bytes.
const AFTER: usize = 24;
/// No word is longer, in bytes.
const MAX_WORD: usize = 40;
/// Words of up to so many bytes must stand alone: `tel` is not about `telling`, while `Steuer` is about
/// a `Steuernummer`.
const WHOLE_WORD_MAX: usize = 5;

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

/// The words of all topics, to be found by their first three bytes.
#[derive(Debug)]
pub(crate) struct Words {
    /// One bit for each bucket: is there a word? It is asked for each word of a text, so it is small.
    any: Box<[u64; BUCKETS / 64]>,
    buckets: Box<[Bucket]>,
    words: Vec<Word>,
    topics: Vec<Topic>,
}

/// The words with one hash.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bucket {
    /// Where in `words` they start and end.
    first: u16,
    last: u16,
    /// A bit for the lower five of each byte that may be their fourth.
    fourths: u32,
}

#[derive(Debug)]
struct Word {
    text: Cow<'static, [u8]>,
    /// Its first eight bytes, as [`lower`] makes them, and which of those it has.
    head: u64,
    mask: u64,
    /// Where in `topics` what it is about starts and ends.
    topics: (u16, u16),
}

/// Many times the number of words, so that nearly all other words meet an empty bucket.
const BUCKETS: usize = 1 << 14;

impl Words {
    /// The words above, and those of `schemes`, each in the order of its number.
    pub(crate) fn new(schemes: impl Iterator<Item = &'static [&'static str]>) -> Words {
        let of_schemes = (FIRST_SCHEME.0..).map(Topic).zip(schemes);
        let mut by_text: BTreeMap<(usize, Cow<'static, [u8]>), Vec<Topic>> = BTreeMap::new();
        for (topic, words) in WORDS.iter().copied().chain(of_schemes) {
            for text in words.iter().copied().flat_map(spellings) {
                for bucket in buckets(&text) {
                    let topics = by_text.entry((bucket, text.clone())).or_default();
                    if topics.last() != Some(&topic) {
                        topics.push(topic);
                    }
                }
            }
        }
        let narrow = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        let mut words = Words {
            any: Box::new([0; BUCKETS / 64]),
            buckets: vec![Bucket::default(); BUCKETS].into_boxed_slice(),
            words: Vec::new(),
            topics: Vec::new(),
        };
        for ((bucket, text), topics) in by_text {
            let first = narrow(words.topics.len());
            words.topics.extend(topics);
            let place = narrow(words.words.len());
            let fourths = text.get(3).map_or(u32::MAX, |&fourth| 1 << (fourth & 31));
            words.words.push(Word::new(text, (first, narrow(words.topics.len()))));
            if let (Some(slot), Some(any)) = (words.buckets.get_mut(bucket), words.any.get_mut(bucket / 64)) {
                if *slot == Bucket::default() {
                    slot.first = place;
                }
                slot.last = place + 1;
                slot.fourths |= fourths;
                *any |= 1 << (bucket % 64);
            }
        }
        words
    }

    /// Shows each word that stands at `index` with what it is about and the place after it.
    #[inline]
    fn at(&self, text: &[u8], index: usize, mut visit: impl FnMut(&[Topic], usize)) {
        let hash = hash(three(text, index));
        if self.any.get(hash / 64).is_some_and(|any| any >> (hash % 64) & 1 == 1)
            && let Some(bucket) = self.buckets.get(hash)
            && bucket.fourths >> (at(text, index + 3) & 31) & 1 == 1
        {
            self.in_bucket(*bucket, text, index, &mut visit);
        }
    }

    #[inline(never)]
    fn in_bucket(&self, bucket: Bucket, text: &[u8], index: usize, visit: &mut impl FnMut(&[Topic], usize)) {
        let here = lower(text.get(index..).unwrap_or_default());
        let words = self.words.get(usize::from(bucket.first)..usize::from(bucket.last));
        for word in words.unwrap_or_default() {
            if (here ^ word.head) & word.mask != 0 {
                continue;
            }
            let end = index + word.text.len();
            let whole = word.text.len() > WHOLE_WORD_MAX || !at(text, end).is_ascii_alphabetic();
            if whole && has_word(text, index, &word.text) {
                let (first, last) = word.topics;
                visit(self.topics.get(usize::from(first)..usize::from(last)).unwrap_or_default(), end);
            }
        }
    }
}

impl Word {
    fn new(text: Cow<'static, [u8]>, topics: (u16, u16)) -> Word {
        let bits = text.len().min(8) * 8;
        let mask = 1u64.unbounded_shl(u32::try_from(bits).unwrap_or(64)).wrapping_sub(1);
        Word { head: lower(&text), text, mask, topics }
    }
}

/// The first eight bytes; letters of ASCII are small, and other bytes may be changed.
#[inline]
fn lower(text: &[u8]) -> u64 {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(text).for_each(|(slot, byte)| *slot = *byte);
        bytes
    });
    u64::from_le_bytes(bytes) | SMALL
}

/// The three bytes at `index`; those behind the text are NUL.
#[inline]
fn three(text: &[u8], index: usize) -> u32 {
    match text.get(index..index + 4) {
        Some(&[a, b, c, _]) => u32::from_le_bytes([a, b, c, 0]),
        _ => u32::from_le_bytes([at(text, index), at(text, index + 1), at(text, index + 2), 0]),
    }
}

/// Of three bytes; letters of ASCII count alike in both cases.
#[inline]
fn hash(three: u32) -> usize {
    ((three | 0x0020_2020).wrapping_mul(0x9E37_79B1) >> (32 - BUCKETS.trailing_zeros())) as usize
}

/// Of all that a word may start with: one of two letters goes on with anything that belongs to no word.
fn buckets(text: &[u8]) -> Vec<usize> {
    let &[first, second] = text else { return vec![hash(three(text, 0))] };
    let ends = (0..0x80).filter(|byte: &u8| !byte.is_ascii_alphabetic());
    let mut all: Vec<usize> = ends.map(|third| hash(u32::from_le_bytes([first, second, third, 0]))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// As it stands in the tables, at the start of a sentence, and in capitals: letters of ASCII are compared in either
/// case, the others are not.
fn spellings(word: &'static str) -> impl Iterator<Item = Cow<'static, [u8]>> {
    let with_capitals = |count: usize| -> Cow<'static, [u8]> {
        let letters = word.chars().enumerate().map(|(place, letter)| match letter {
            _ if letter.is_ascii() || place >= count => String::from(letter),
            _ => letter.to_uppercase().collect(),
        });
        Cow::Owned(letters.collect::<String>().to_ascii_lowercase().into_bytes())
    };
    let others = [1, usize::MAX].map(with_capitals).into_iter();
    let changed = others.filter(move |other| other.as_ref() != word.as_bytes());
    std::iter::once(Cow::Borrowed(word.as_bytes())).chain(changed)
}

/// May a word start at `index`? `tel` in `hotel` is none.
fn may_start(text: &[u8], index: usize) -> bool {
    (at(text, index).is_ascii_alphabetic() || at(text, index) >= 0x80)
        && !before(text, index).is_ascii_alphabetic()
}

/// The words of one text, met so far. Questions are asked at digits, from left to right.
pub(crate) struct Context<'w, 't> {
    words: &'w Words,
    text: &'t [u8],
    read_to: usize,
    /// Where the last word about each topic ended; 0 before the first.
    last: [u32; TOPICS],
    /// Where the digits are that are looked at.
    here: Here,
    after: After,
}

/// No more topics are noted after a number.
const AFTER_MAX: usize = 16;

/// What is said right after a number, for which it was asked last.
struct After {
    end: usize,
    /// The first of them count.
    topics: [Topic; AFTER_MAX],
    count: usize,
}

/// A digit, and where words start around it. They are read if somebody asks.
#[derive(Clone, Copy)]
struct Here {
    digit: usize,
    /// Where the letters start that end at the digit: they may be a part of its number, or the end of a word.
    letters: usize,
    /// In the 128 bytes before the digit, the farther half first, and in the 64 from there on.
    behind: [u64; 2],
    ahead: u64,
}

impl After {
    /// Before the first question.
    const NOTHING: After = After { end: usize::MAX, topics: [Topic(u16::MAX); AFTER_MAX], count: 0 };

    fn note(&mut self, topic: Topic) {
        if let Some(slot) = self.topics.get_mut(self.count) {
            *slot = topic;
            self.count += 1;
        }
    }
}

impl Here {
    /// Before the first digit nothing is known.
    const NOWHERE: Here = Here { digit: usize::MAX, letters: 0, behind: [0; 2], ahead: 0 };
}

impl<'w, 't> Context<'w, 't> {
    pub(crate) fn new(words: &'w Words, text: &'t [u8]) -> Context<'w, 't> {
        Context { words, text, read_to: 0, last: [0; TOPICS], here: Here::NOWHERE, after: After::NOTHING }
    }

    /// Does a word about `topic` end within `distance` bytes before `start`?
    #[inline]
    pub(crate) fn precedes(&mut self, topic: Topic, start: usize, distance: usize) -> bool {
        // Most questions are asked where another one was.
        if self.read_to < start.max(self.here.letters) {
            self.read(start);
        }
        let last = self.last.get(usize::from(topic.0)).copied().unwrap_or(0) as usize;
        last != 0 && last <= start && last + distance.min(BEFORE) >= start
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
    pub(crate) fn near(&mut self, topic: Topic, start: usize, end: usize) -> bool {
        self.precedes(topic, start, BEFORE) || self.follows(topic, end)
    }

    /// Does a word about `topic` stand right after `end`?
    fn follows(&mut self, topic: Topic, end: usize) -> bool {
        if self.after.end != end {
            self.read_after(end);
        }
        self.after.topics.get(..self.after.count).unwrap_or_default().contains(&topic)
    }

    #[inline(never)]
    fn read_after(&mut self, end: usize) {
        let &mut Context { words, text, here: Here { digit, ahead, .. }, ref mut after, .. } = self;
        (after.end, after.count) = (end, 0);
        let bound = text.len().min(end + AFTER);
        let note = |index: usize| {
            words.at(text, index, |about, last| {
                about.iter().filter(|_| last <= bound).for_each(|topic| after.note(*topic));
            });
        };
        if digit <= end && end + AFTER <= digit + 64 {
            each_bit(ahead & below(end + AFTER, digit) & !below(end, digit), digit, note);
        } else {
            (end..bound).filter(|&index| may_start(text, index)).for_each(note);
        }
    }

    /// Questions are asked about the digit at `digit` from now on, which letters from `letters` on precede.
    #[inline]
    pub(crate) fn arrive(&mut self, around: Around<'_>, letters: usize, digit: usize) {
        self.here = Here { digit, letters, behind: around.words_behind(), ahead: around.words_ahead() };
    }

    /// Has a word about `topic` ended within `distance` bytes before `start`, of those that start before the
    /// letters here?
    #[inline]
    pub(crate) fn has_said(&mut self, topic: Topic, start: usize, distance: usize) -> bool {
        self.read_behind();
        let last = self.last.get(usize::from(topic.0)).copied().unwrap_or(0) as usize;
        last != 0 && last + distance >= start
    }

    /// Notes the words between the last question and this one.
    #[inline(never)]
    fn read(&mut self, to: usize) {
        self.read_behind();
        if let Some(from) = self.unread(to) {
            let Context { words, text, last, .. } = self;
            for index in (from..to).filter(|&index| may_start(text, index)) {
                note(words, text, [index, to], last);
            }
        }
    }

    /// The same up to the letters here.
    #[inline]
    fn read_behind(&mut self) {
        let Here { digit, letters, behind, .. } = self.here;
        if let Some(from) = self.unread(letters) {
            let Context { words, text, last, .. } = self;
            for (bits, back) in behind.into_iter().zip([128, 64]) {
                // Before the text nothing starts.
                let (bits, start) = match digit.checked_sub(back) {
                    Some(start) => (bits, start),
                    None => (bits.unbounded_shr(u32::try_from(back - digit).unwrap_or(64)), 0),
                };
                let bits = bits & below(letters, start) & !below(from, start);
                each_bit(bits, start, |index| note(words, text, [index, digit], last));
            }
        }
    }

    /// From where on words before `to` were not read yet, and may be near enough.
    #[inline]
    fn unread(&mut self, to: usize) -> Option<usize> {
        if to <= self.read_to {
            return None;
        }
        // Questions are asked where digits are, and no word has one: none was cut in two.
        let from = self.read_to.max(to.saturating_sub(BEFORE + MAX_WORD));
        self.read_to = to;
        Some(from)
    }
}

/// Shows the place of each bit, the first of which stands for `start`.
#[inline]
fn each_bit(mut bits: u64, start: usize, mut visit: impl FnMut(usize)) {
    while bits != 0 {
        visit(start + bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// Notes what the words at `index` are about, of which none counts that ends behind `to`.
#[inline]
fn note(words: &Words, text: &[u8], [index, to]: [usize; 2], last: &mut [u32; TOPICS]) {
    words.at(text, index, |about, end| {
        for topic in about.iter().filter(|_| end <= to) {
            if let Some(slot) = last.get_mut(usize::from(topic.0)) {
                *slot = u32::try_from(end).unwrap_or(0);
            }
        }
    });
}

#[cfg(test)]
mod tests {
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
