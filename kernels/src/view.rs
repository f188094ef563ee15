//! The folded view: a text as a reader sees it, where it was written to look different to a machine.
//!
//! Invariant: each byte of the view knows which character of the text it stands for, so a finding in the
//! view is a place in the text. Texts without such characters are never copied.

use std::borrow::Cow;

use crate::bytes::{at, before};
use crate::simd::BLOCK;

/// A text with full-width, invisible and foreign forms replaced by what they look like.
pub(crate) struct View {
    folded: String,
    pieces: Vec<Piece>,
}

/// Bytes of the view that stand for bytes of the text: one for one, or one for a whole character.
struct Piece {
    view: usize,
    text: usize,
    character: Option<usize>,
}

/// What a character looks like.
enum Fold {
    Same,
    Nothing,
    Byte(u8),
}

impl View {
    /// The view of `text`, if it differs from the text.
    pub(crate) fn of(text: &str) -> Option<View> {
        let mut view = View { folded: String::with_capacity(text.len()), pieces: Vec::new() };
        let mut copying = false;
        for (index, letter) in text.char_indices() {
            let here = view.folded.len();
            match fold(letter) {
                Fold::Nothing => copying = false,
                Fold::Byte(byte) => {
                    view.folded.push(char::from(byte));
                    view.pieces.push(Piece { view: here, text: index, character: Some(letter.len_utf8()) });
                    copying = false;
                }
                Fold::Same => {
                    if !copying {
                        view.pieces.push(Piece { view: here, text: index, character: None });
                    }
                    view.folded.push(letter);
                    copying = true;
                }
            }
        }
        Some(view)
    }

    pub(crate) fn text(&self) -> &str {
        &self.folded
    }

    /// The bytes of the text that `start..end` of the view stand for.
    pub(crate) fn source(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let first = self.piece(start)?;
        let last = self.piece(end.checked_sub(1)?)?;
        let end = match last.character {
            Some(length) => last.text + length,
            None => last.text + (end - last.view),
        };
        Some((first.text + (start - first.view), end))
    }

    fn piece(&self, index: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.view <= index);
        self.pieces.get(after.checked_sub(1)?)
    }
}

/// The text as a reader sees it; the text itself if there is nothing to fold.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    let suspicious = (0..text.len()).step_by(BLOCK).any(|block| is_suspicious(text, block));
    suspicious.then(|| View::of(text)).flatten().map_or(Cow::Borrowed(text), |view| Cow::Owned(view.folded))
}

/// Does a character that looks like another or like nothing start in the block of 64 bytes at `block`?
/// Dashes and spaces of print are everywhere in prose and count only beside a digit.
pub(crate) fn is_suspicious(text: &str, block: usize) -> bool {
    let bytes = text.as_bytes();
    let within = bytes.get(block..bytes.len().min(block + BLOCK)).unwrap_or_default();
    // Not `any`: without a way out the comparison of all of them is a few vector instructions.
    if within.iter().fold(0, |any, &byte| any | u8::from(may_lead(byte))) == 0 {
        return false;
    }
    within.iter().enumerate().filter(|(_, byte)| may_lead(**byte)).any(|(offset, _)| {
        let index = block + offset;
        let Some(letter) = text.get(index..).and_then(|rest| rest.chars().next()) else { return false };
        match fold(letter) {
            Fold::Same => false,
            Fold::Byte(b' ' | b'-') => {
                before(bytes, index).is_ascii_digit() || at(bytes, index + letter.len_utf8()).is_ascii_digit()
            }
            Fold::Nothing | Fold::Byte(_) => true,
        }
    })
}

/// Can a character that folds start with this byte of UTF-8? Not those of Latin, Greek, Cyrillic and most
/// of Chinese.
#[inline]
pub(crate) fn may_lead(byte: u8) -> bool {
    let between = |first: u8, last: u8| byte.wrapping_sub(first) <= last - first;
    (byte == 0xc2) | (byte == 0xcd) | between(0xd8, 0xdb) | between(0xe0, 0xe3) | (byte >= 0xef)
}

/// UAX #15 compatibility forms of digits, letters and marks; UTS #39 invisible characters.
fn fold(letter: char) -> Fold {
    if letter.is_ascii() || ('\u{c0}'..'\u{34f}').contains(&letter) {
        return Fold::Same;
    }
    let offset = |first: char, ascii: u8| {
        let rank = u32::from(letter) - u32::from(first);
        u8::try_from(rank).map_or(Fold::Same, |rank| Fold::Byte(ascii.saturating_add(rank)))
    };
    match letter {
        '\u{ff01}'..='\u{ff5e}' => offset('\u{ff01}', b'!'),
        '\u{660}'..='\u{669}' => offset('\u{660}', b'0'),
        '\u{6f0}'..='\u{6f9}' => offset('\u{6f0}', b'0'),
        '\u{966}'..='\u{96f}' => offset('\u{966}', b'0'),
        '\u{9e6}'..='\u{9ef}' => offset('\u{9e6}', b'0'),
        '\u{2070}' | '\u{2074}'..='\u{2079}' => offset('\u{2070}', b'0'),
        '\u{2080}'..='\u{2089}' => offset('\u{2080}', b'0'),
        '\u{2460}'..='\u{2468}' => offset('\u{2460}', b'1'),
        '\u{1d7ce}'..='\u{1d7ff}' => Fold::Byte(mathematical_digit(letter)),
        '\u{b9}' => Fold::Byte(b'1'),
        '\u{b2}' | '\u{b3}' => offset('\u{b2}', b'2'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Fold::Byte(b' ')
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Fold::Byte(b'-'),
        '\u{2024}' | '\u{fe52}' | '\u{3002}' | '\u{ff61}' => Fold::Byte(b'.'),
        '\u{2044}' | '\u{2215}' => Fold::Byte(b'/'),
        '\u{fe55}' | '\u{2236}' => Fold::Byte(b':'),
        '\u{fe6b}' => Fold::Byte(b'@'),
        '\u{fe62}' => Fold::Byte(b'+'),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => Fold::Nothing,
        _ => Fold::Same,
    }
}

/// Five alphabets of ten digits each.
fn mathematical_digit(letter: char) -> u8 {
    u8::try_from((u32::from(letter) - 0x1d7ce) % 10).map_or(b'0', |digit| b'0' + digit)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_view_is_a_place_in_the_text() {
        let text = "né 1\u{200b}2\u{ff13}\u{200b} fin";
        let view = View::of(text).unwrap();
        assert_eq!(view.text(), "né 123 fin");
        let (start, end) = view.source(4, 7).unwrap();
        assert_eq!(text.get(start..end), Some("1\u{200b}2\u{ff13}"));
    }

    #[test]
    fn every_character_that_folds_has_a_lead_byte_that_is_looked_at() {
        for letter in ('\u{80}'..=char::MAX).filter(|&letter| !matches!(fold(letter), Fold::Same)) {
            assert!(may_lead(*letter.to_string().as_bytes().first().unwrap()), "{letter:?}");
        }
    }

    #[test]
    fn prose_is_not_copied() {
        for prose in ["plain", "né à Paris – l’été « 12 »", "it’s — fine…", "価格は千円です"]
        {
            assert!(matches!(folded(prose), Cow::Borrowed(_)), "{prose}");
        }
        for hiding in ["1\u{a0}2", "a\u{200d}b", "\u{661}", "\u{ff20}", "0170\u{2013}12"] {
            assert!(matches!(folded(hiding), Cow::Owned(_)), "{hiding}");
        }
    }
}
