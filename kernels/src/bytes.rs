//! Bytes and their neighbours, without a way to reach outside a text.
//!
//! Invariant: outside the text stands NUL, which belongs to no word, no number and no token.

/// The byte at `index`.
#[inline]
pub(crate) fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// The byte before `index`.
#[inline]
pub(crate) fn before(text: &[u8], index: usize) -> u8 {
    index.checked_sub(1).map_or(0, |previous| at(text, previous))
}

/// The bytes from `index` on; NUL where the text has none.
#[inline]
pub(crate) fn first<const N: usize>(text: &[u8], index: usize) -> [u8; N] {
    let tail = text.get(index..).unwrap_or_default();
    tail.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; N];
        bytes.iter_mut().zip(tail).for_each(|(slot, byte)| *slot = *byte);
        bytes
    })
}

/// The bytes before `index`; NUL where the text has none.
#[inline]
pub(crate) fn last<const N: usize>(text: &[u8], index: usize) -> [u8; N] {
    let head = text.get(..index).unwrap_or_default();
    if let Some(bytes) = head.last_chunk() {
        return *bytes;
    }
    let mut bytes = [0; N];
    for (slot, &byte) in bytes.iter_mut().rev().zip(head.iter().rev()) {
        *slot = byte;
    }
    bytes
}

/// Does a group of digits end before one plain mark, the last of these bytes? So go on numbers, lists of them and times.
#[inline]
pub(crate) fn goes_on_behind_digit(behind: [u8; 5]) -> bool {
    matches!(behind, [.., b'0'..=b'9', b' ' | b'-' | b'.' | b'/' | b',' | b':'])
}

/// Does nothing that belongs to the same word stand before `index`? A letter of another script ends a
/// word: Chinese and Japanese texts put no space before a number.
#[inline]
pub(crate) fn starts_word(text: &[u8], index: usize) -> bool {
    !before(text, index).is_ascii_alphanumeric()
}

/// Does nothing that belongs to the same word stand at `index`?
#[inline]
pub(crate) fn ends_word(text: &[u8], index: usize) -> bool {
    !at(text, index).is_ascii_alphanumeric()
}

/// Where the run of bytes that `member` accepts ends, looking at most `bound` bytes ahead.
pub(crate) fn run_end(text: &[u8], start: usize, bound: usize, member: impl Fn(u8) -> bool) -> usize {
    let window = text.get(start..text.len().min(start.saturating_add(bound))).unwrap_or_default();
    start + window.iter().position(|&byte| !member(byte)).unwrap_or(window.len())
}

/// Where the run of bytes that `member` accepts and that ends at `end` starts, looking at most `bound`
/// bytes back.
pub(crate) fn run_start(text: &[u8], end: usize, bound: usize, member: impl Fn(u8) -> bool) -> usize {
    let window = text.get(end.saturating_sub(bound)..end).unwrap_or_default();
    end - window.iter().rev().position(|&byte| !member(byte)).unwrap_or(window.len())
}

/// Does `text` hold `word`, whose letters are lower-case, at `index`, in any case?
pub(crate) fn has_word(text: &[u8], index: usize, word: &[u8]) -> bool {
    text.get(index..index + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
}
