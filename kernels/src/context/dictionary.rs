//! The words of all topics, to be looked up where a word starts.
//!
//! Invariant: what is not one of them is told apart by one bit for three bytes; a text full of words costs a few
//! instructions a word.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::words::WORDS;
use super::{FIRST_SCHEME, Topic};
use crate::bytes::{at, before, first, has_word};

/// Words of up to so many bytes must stand alone: `tel` is not about `telling`, while `Steuer` is about
/// a `Steuernummer`.
const WHOLE_WORD_MAX: usize = 5;

/// Bytes that are looked at first.
pub(super) const HEAD: usize = 4;

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
    topics: Topics,
}

/// Where in [`Words::topics`] what a word is about starts and ends.
pub(super) type Topics = (u16, u16);

/// A word that was met in a text: where it stands, and what it is about.
#[derive(Clone, Copy, Default)]
pub(super) struct Met {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) topics: Topics,
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

    /// What a word is about.
    #[inline]
    pub(super) fn about(&self, (first, last): Topics) -> &[Topic] {
        self.topics.get(usize::from(first)..usize::from(last)).unwrap_or_default()
    }

    /// May a word start with these bytes? Hardly any other does.
    #[inline]
    pub(super) fn may_start_with(&self, head: [u8; HEAD]) -> bool {
        let bytes = u32::from_le_bytes(head);
        let (hash, fourth) = (hash(bytes), bytes >> 24 & 31);
        self.any.get(hash / 64).is_some_and(|any| any >> (hash % 64) & 1 == 1)
            && self.buckets.get(hash).is_some_and(|bucket| bucket.fourths >> fourth & 1 == 1)
    }

    /// Shows each word that stands at `index`.
    #[inline]
    pub(super) fn each_at(&self, text: &[u8], index: usize, mut visit: impl FnMut(Met)) {
        let bucket =
            self.buckets.get(hash(u32::from_le_bytes(first(text, index)))).copied().unwrap_or_default();
        let here = lower(text.get(index..).unwrap_or_default());
        let words = self.words.get(usize::from(bucket.first)..usize::from(bucket.last));
        for word in words.unwrap_or_default() {
            if (here ^ word.head) & word.mask != 0 {
                continue;
            }
            let end = index + word.text.len();
            if (word.text.len() > WHOLE_WORD_MAX || is_end(text, end)) && has_word(text, index, &word.text) {
                let [start, end] = [index, end].map(|place| u32::try_from(place).unwrap_or(u32::MAX));
                visit(Met { start, end, topics: word.topics });
            }
        }
    }
}

/// Does a word end here, as it does in `orderNumber` in front of the capital?
fn is_end(text: &[u8], end: usize) -> bool {
    let next = at(text, end);
    !next.is_ascii_alphabetic() || next.is_ascii_uppercase() && before(text, end).is_ascii_lowercase()
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
    u64::from_le_bytes(first(text, 0)) | SMALL
}

/// Of the first three of these bytes; letters of ASCII count alike in both cases.
#[inline]
fn hash(bytes: u32) -> usize {
    ((bytes & 0x00ff_ffff | 0x0020_2020).wrapping_mul(0x9E37_79B1) >> (32 - BUCKETS.trailing_zeros()))
        as usize
}

/// Of all that a word may start with: one of two letters goes on with anything that belongs to no word.
fn buckets(text: &[u8]) -> Vec<usize> {
    let &[one, two] = text else { return vec![hash(u32::from_le_bytes(first(text, 0)))] };
    let ends = (0..0x80).filter(|byte: &u8| !byte.is_ascii_alphabetic());
    let mut all: Vec<usize> = ends.map(|third| hash(u32::from_le_bytes([one, two, third, 0]))).collect();
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
