//! France: numéro d'inscription au répertoire (NIR), 15 characters, `2 95 10 99 126 111 93`.
//!
//! Rule: sex or register (1–4, 7, 8), year, month (01–12; 20, 30–42 and 50–99 where it is not known),
//! département (01–99, 2A and 2B for Corsica), commune, order, and the key 97 − (number mod 97), where
//! 2A counts as 19 and 2B as 18. Source: INSEE, «numéro d'inscription au répertoire»; décret 82-103.

use super::Scheme;
use crate::bytes::{at, ends_word};
use crate::context::Topic;
use crate::digits::{Run, Written};
use crate::{Finding, Label, checks};

pub(super) const NIR: Scheme =
    Scheme { kind: "fr.nir", label: Label::NationalId, country: *b"FR", topic: Some(Topic::France) };

/// Digits of a NIR, key included.
const LENGTH: usize = 15;

/// In any grouping: forms, letters and cards each have their own.
pub(super) fn nir(number: &Written<'_>) -> Option<u8> {
    is_nir(number.digits).then_some(97)
}

/// A NIR of Corsica, whose seventh character is a letter: `2 53 07 2B 073 004 70`.
pub(super) fn corsican_nir(run: &Run<'_>) -> Option<Finding> {
    let mut digits = [0u8; LENGTH];
    let (mut position, mut count) = (run.start, 0);
    while let Some(slot) = digits.get_mut(count) {
        *slot = match (count, at(run.text, position)) {
            // 2A is read as 19 and 2B as 18: the 2 before the letter becomes a 1 below.
            (6, b'A' | b'a') => 9,
            (6, b'B' | b'b') => 8,
            (6, _) => return None,
            (_, byte) if byte.is_ascii_digit() => byte - b'0',
            _ => return None,
        };
        count += 1;
        position += 1;
        let separated = matches!(at(run.text, position), b' ' | b'.' | b'-') && count < LENGTH;
        position += usize::from(separated);
    }
    let department = digits.get_mut(5).filter(|digit| **digit == 2)?;
    *department = 1;
    (is_nir(&digits) && ends_word(run.text, position)).then(|| NIR.finding(run.start, position, 98))
}

fn is_nir(digits: &[u8]) -> bool {
    let number = |from, to| checks::value(digits.get(from..to).unwrap_or_default());
    matches!(digits.first(), Some(1..=4 | 7 | 8))
        && matches!(number(3, 5), 1..=12 | 20 | 30..=42 | 50..=99)
        && number(5, 7) != 0
        && digits.len() == LENGTH
        && 97 - number(0, 13) % 97 == number(13, 15)
}
