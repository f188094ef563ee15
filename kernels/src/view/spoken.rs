//! Addresses as people hide them from machines: `anna (at) example [dot] org`.
//!
//! Invariant: only a word in brackets counts, and at most one space on each side of it is taken.

use super::unit::Unit;
use crate::bytes::{at, before, has_word};

const WORDS: [(&[u8], char); 8] = [
    (b"at", '@'),
    (b"dot", '.'),
    (b"punkt", '.'),
    (b"point", '.'),
    (b"punto", '.'),
    (b"arobase", '@'),
    (b"arroba", '@'),
    (b"chiocciola", '@'),
];

/// The mark that is spelt out from the bracket at `index` on, or from the space before it.
pub(super) fn unit(text: &[u8], index: usize) -> Option<Unit> {
    let bracket = index + usize::from(at(text, index) == b' ');
    let close = match at(text, bracket) {
        b'(' => b')',
        b'[' => b']',
        _ => return None,
    };
    if !matches!(at(text, bracket + 1) | 0x20, b'a' | b'd' | b'p' | b'c') {
        return None;
    }
    let end = |word: &[u8]| bracket + 1 + word.len();
    let &(word, letter) =
        WORDS.iter().find(|(word, _)| has_word(text, bracket + 1, word) && at(text, end(word)) == close)?;
    let after = end(word) + 1;
    let after = after + usize::from(at(text, after) == b' ');
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    (belongs(before(text, index)) && belongs(at(text, after))).then(|| Unit::new(letter, after - index))
}

/// The same, asked at the bracket alone.
pub(super) fn is_spoken(text: &[u8], bracket: usize) -> bool {
    let start = bracket - usize::from(before(text, bracket) == b' ');
    unit(text, start).is_some()
}
