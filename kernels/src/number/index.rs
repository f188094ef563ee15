//! Which schemes a number of some length can be one of.
//!
//! Invariant: every form of every scheme is under its keys: its length, if digits alone may be one, and, if
//! letters may be in it, its length with each number of letters that may stand in front of its first digit.

use super::check::WIDTH;
use super::{Form, Scheme, all};
use crate::context::{FIRST_SCHEME, Topic};

/// No scheme has more letters in front of its first digit.
pub(crate) const LETTERS_MAX: usize = 15;

/// One form of one scheme.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) scheme: &'static Scheme,
    pub(crate) form: &'static Form,
    /// Can it be digits alone, whichever they are?
    pub(super) of_digits: bool,
    /// The words about it.
    pub(super) topic: Topic,
}

/// Built once for all scans.
pub(crate) struct Index {
    /// Those that can be digits alone, by length.
    digits: [Vec<Entry>; WIDTH + 1],
    /// Length of the shortest of them.
    shortest: usize,
    /// Those that can have letters, by letters in front and length.
    codes: [[Vec<Entry>; WIDTH + 1]; LETTERS_MAX + 1],
}

impl Index {
    pub(crate) fn new() -> Index {
        let mut index = Index { digits: Default::default(), shortest: WIDTH, codes: Default::default() };
        for (number, scheme) in all().enumerate() {
            let topic = Topic::of_scheme(number);
            for form in scheme.forms {
                let entry = Entry { scheme, form, of_digits: may_be_digits(form), topic };
                let length = form.classes.len();
                if let Some(letters) = letters(form) {
                    let slots = index.codes.iter_mut().take(letters.end() + 1).skip(*letters.start());
                    slots.filter_map(|lengths| lengths.get_mut(length)).for_each(|slot| slot.push(entry));
                }
                if let (true, Some(slot)) = (entry.of_digits, index.digits.get_mut(length)) {
                    slot.push(entry);
                    index.shortest = index.shortest.min(length);
                }
            }
        }
        index
    }

    /// Digits of the shortest number that has no letters.
    pub(crate) fn shortest(&self) -> usize {
        self.shortest
    }

    pub(crate) fn of_digits(&self, length: usize) -> &[Entry] {
        self.digits.get(length).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn of_code(&self, letters: usize, length: usize) -> &[Entry] {
        let lengths = self.codes.get(letters);
        lengths.and_then(|lengths| lengths.get(length)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Can it be a number of digits alone?
fn may_be_digits(form: &Form) -> bool {
    form.classes.bytes().all(|class| matches!(class, b'0' | b'*'))
}

/// How many letters may stand in front of the first digit; nothing for a form of digits alone.
fn letters(form: &Form) -> Option<std::ops::RangeInclusive<usize>> {
    let classes = form.classes.as_bytes();
    if classes.iter().all(|&class| class == b'0') {
        return None;
    }
    let least = classes.iter().position(|class| matches!(class, b'0' | b'*'))?;
    let most = classes.iter().position(|&class| class == b'0').unwrap_or(LETTERS_MAX);
    Some(least..=most.min(LETTERS_MAX))
}

impl std::fmt::Debug for Index {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Index").field("schemes", &all().count()).finish_non_exhaustive()
    }
}

impl Topic {
    fn of_scheme(number: usize) -> Topic {
        Topic(FIRST_SCHEME.0 + u16::try_from(number).unwrap_or(u16::MAX - FIRST_SCHEME.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_every_scheme_can_be_found() {
        let index = Index::new();
        let entries = || index.digits.iter().chain(index.codes.iter().flatten()).flatten();
        for scheme in all() {
            for form in scheme.forms {
                assert!(entries().any(|entry| std::ptr::eq(entry.form, form)), "{}", scheme.kind);
            }
        }
    }

    #[test]
    fn every_scheme_has_a_name_of_its_country_and_words_in_lower_case() {
        for scheme in all() {
            let country = scheme.country.map(|letter| char::from(letter.to_ascii_lowercase()));
            assert!(scheme.kind.starts_with(&format!("{}{}.", country[0], country[1])), "{}", scheme.kind);
            assert!(!scheme.words.is_empty() && !scheme.forms.is_empty(), "{}", scheme.kind);
            for word in scheme.words {
                assert!(!word.bytes().any(|byte| byte.is_ascii_uppercase()), "{}: {word}", scheme.kind);
            }
            for form in scheme.forms {
                assert!(form.classes.len() <= WIDTH, "{}", scheme.kind);
                assert!(form.classes.bytes().any(|class| class != b'A'), "{}", scheme.kind);
            }
        }
        let mut kinds: Vec<_> = all().map(|scheme| scheme.kind).collect();
        kinds.sort_unstable();
        assert!(kinds.array_windows().all(|[left, right]| left != right), "a kind stands twice");
    }
}
