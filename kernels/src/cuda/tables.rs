//! The tables of the verifiers as words that the device reads: what the crate knows of numbers, accounts and
//! cards is written once, in Rust, and serialised here.
//!
//! Invariant: every offset points into the words, every program leads forward and ends, and every value fits
//! its field, or there are no words at all ([`Unfit`]).
//!
//! | word | holds |
//! |---|---|
//! | 0, 1, 2 | [`MAGIC`], [`VERSION`], how many words there are |
//! | `part::NUMBERS` | where the index of numbers of digits is: for each length, and one more, the first of its forms in the list |
//! | `part::CODES` | the same for codes, by letters in front and length |
//! | `part::NUMBER_SHAPES`, `part::CODE_SHAPES` | where the filters of groupings are, one word for each key of those two |
//! | `part::FORMS` | where the list is: each the offset of a form |
//! | `part::IBANS` | where 26 × 26 offsets of structures by country are; 0 for none |
//! | `part::CARDS` | where the issuers' ranges are |
//! | `part::CREDITORS` | where 26 × 26 countries of SEPA are: 1 with the one length of its creditors × 256 |
//!
//! What an offset points to is described where it is read, in `cuda/*.cuh`.

mod program;

use super::families::{MAGIC, VERSION};
use crate::number::check::WIDTH;
use crate::number::index::{Entry, LETTERS_MAX};
use crate::number::{Form, Grouping, Index};
use crate::payment::{card, creditor, iban};

#[cfg(test)]
pub(crate) use program::{OPERATIONS, OWN_RULES, STEPS_MAX, own_number};

/// Words before the first part.
const HEAD: usize = 16;
/// Instead of the number of a form's shapes: any will do.
pub(crate) const FREE: u32 = u32::MAX;
/// Where the offsets of the parts stand, for those who read the words.
#[cfg(test)]
pub(crate) mod part {
    pub(crate) const NUMBERS: usize = 3;
    pub(crate) const CODES: usize = 4;
    pub(crate) const FORMS: usize = 5;
    pub(crate) const IBANS: usize = 6;
    pub(crate) const CARDS: usize = 7;
    pub(crate) const CREDITORS: usize = 8;
    pub(crate) const NUMBER_SHAPES: usize = 9;
    pub(crate) const CODE_SHAPES: usize = 10;
}

/// Words of a form's classes.
pub(crate) const CLASS_WORDS: usize = WIDTH.div_ceil(4);

/// A table that the device cannot hold: a value that has no room in its field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) &'static str);

/// The words, growing.
#[derive(Default)]
struct Blob {
    words: Vec<u32>,
    /// The word of the last instruction that says where to go on if it holds.
    open: usize,
}

/// Words that the device reads.
pub(crate) fn words() -> Result<Vec<u32>, Unfit> {
    let index = Index::new();
    let mut blob = Blob { words: vec![0; HEAD], open: 0 };
    let mut list = Vec::new();
    let (numbers, number_shapes) =
        blob.index((0..=WIDTH).map(|length| index.of_digits(length)), &mut list)?;
    let codes = (0..=LETTERS_MAX).flat_map(|letters| (0..=WIDTH).map(move |length| (letters, length)));
    let (codes, code_shapes) =
        blob.index(codes.map(|(letters, length)| index.of_code(letters, length)), &mut list)?;
    let forms = blob.here()?;
    blob.words.extend(list);
    let ibans = blob.ibans()?;
    let cards = blob.cards()?;
    let creditors = blob.creditors()?;
    let length = blob.here()?;
    let head =
        [MAGIC, VERSION, length, numbers, codes, forms, ibans, cards, creditors, number_shapes, code_shapes];
    blob.words.iter_mut().zip(head).for_each(|(word, value)| *word = value);
    Ok(blob.words)
}

impl Blob {
    /// The offset of what is written next.
    fn here(&self) -> Result<u32, Unfit> {
        fit(self.words.len(), "more words than a word counts")
    }

    fn set(&mut self, place: usize, value: u32) {
        if let Some(word) = self.words.get_mut(place) {
            *word = value;
        }
    }

    fn long(&mut self, value: u64) {
        let (low, high) = (value & u64::from(u32::MAX), value >> 32);
        self.words.extend([low, high].map(|half| u32::try_from(half).unwrap_or(0)));
    }

    /// Four bytes a word, the first the lowest.
    fn bytes(&mut self, bytes: impl IntoIterator<Item = u8>) {
        let bytes: Vec<u8> = bytes.into_iter().collect();
        for four in bytes.chunks(4) {
            let word = four.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
            self.words.push(word);
        }
    }

    /// Where those of each key start in the list, and the filter of each key: bit [`bit_of_shape`] is set for each
    /// grouping that one of its forms has, and all are if one has any.
    fn index<'e>(
        &mut self,
        keys: impl Iterator<Item = &'e [Entry]>,
        list: &mut Vec<u32>,
    ) -> Result<(u32, u32), Unfit> {
        let (mut starts, mut filters) = (Vec::new(), Vec::new());
        for entries in keys {
            filters.push(entries.iter().fold(0, |filter, entry| filter | filter_of(entry.form)));
            starts.push(fit(list.len(), "more forms than a word counts")?);
            for entry in entries {
                list.push(self.form(entry)?);
            }
        }
        starts.push(fit(list.len(), "more forms than a word counts")?);
        let here = self.here()?;
        self.words.extend(starts);
        let shapes = self.here()?;
        self.words.extend(filters);
        Ok((here, shapes))
    }

    fn form(&mut self, entry: &Entry) -> Result<u32, Unfit> {
        let Form { classes, grouping, .. } = entry.form;
        let program = self.program(entry.scheme.checks)?;
        let shapes = self.here()?;
        let count = match grouping {
            Grouping::Free => FREE,
            Grouping::Shapes(shapes) => {
                shapes.iter().for_each(|&shape| self.long(shape));
                fit(shapes.len(), "more shapes than a word counts")?
            }
        };
        let here = self.here()?;
        self.words.push(fit(classes.len(), "a form is too long")?);
        if classes.len() > WIDTH {
            return Err(Unfit("a form has more characters than a number"));
        }
        self.bytes(classes.bytes().chain(std::iter::repeat(b'*')).take(CLASS_WORDS * 4));
        self.words.extend([count, shapes, program]);
        Ok(here)
    }

    fn ibans(&mut self) -> Result<u32, Unfit> {
        let mut countries = [0; 676];
        for &(country, _) in iban::REGISTRY {
            let here = self.here()?;
            let classes = iban::classes(country).ok_or(Unfit("no structure"))?;
            self.words.push(fit(classes.len(), "an account is too long")?);
            for sixteen in classes.chunks(16) {
                self.words.push(sixteen.iter().rev().fold(0, |word, &class| word << 2 | u32::from(class)));
            }
            *countries.get_mut(country_rank(country)?).ok_or(Unfit("no country"))? = here;
        }
        let here = self.here()?;
        self.words.extend(countries);
        Ok(here)
    }

    fn cards(&mut self) -> Result<u32, Unfit> {
        let here = self.here()?;
        self.words.push(fit(card::BRANDS.len(), "more ranges than a word counts")?);
        for range in card::BRANDS {
            self.words.extend([range.first, range.last, range.lengths]);
        }
        self.words.push(fit(card::SHAPES.len(), "more shapes than a word counts")?);
        card::SHAPES.iter().for_each(|&shape| self.long(shape));
        Ok(here)
    }

    fn creditors(&mut self) -> Result<u32, Unfit> {
        let mut countries = [0; 676];
        for &country in creditor::COUNTRIES {
            let length = creditor::LENGTHS.iter().find(|(with, _)| *with == country);
            let length = fit(length.map_or(0, |&(_, length)| length), "a creditor is too long")?;
            *countries.get_mut(country_rank(country)?).ok_or(Unfit("no country"))? = length << 8 | 1;
        }
        let here = self.here()?;
        self.words.extend(countries);
        Ok(here)
    }
}

fn filter_of(form: &Form) -> u32 {
    match form.grouping {
        Grouping::Free => u32::MAX,
        Grouping::Shapes(shapes) => shapes.iter().fold(0, |filter, &shape| filter | 1 << bit_of_shape(shape)),
    }
}

/// Which of 32 bits stands for a grouping, the same on the device (Knuth 6.4: multiplicative hashing).
pub(crate) fn bit_of_shape(shape: u64) -> u32 {
    let halves = (shape ^ shape >> 32) & u64::from(u32::MAX);
    u32::try_from(halves.wrapping_mul(0x9e37_79b1) >> 27 & 31).unwrap_or(0)
}

/// AA is 0, AB 1, ZZ 675.
fn country_rank(country: [u8; 2]) -> Result<usize, Unfit> {
    let [first, second] = country;
    if !first.is_ascii_uppercase() || !second.is_ascii_uppercase() {
        return Err(Unfit("a country is two capitals"));
    }
    Ok(usize::from(first - b'A') * 26 + usize::from(second - b'A'))
}

fn fit(value: usize, why: &'static str) -> Result<u32, Unfit> {
    u32::try_from(value).map_err(|_| Unfit(why))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod reader;
