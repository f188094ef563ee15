//! Spain: DNI, eight digits and a letter, `54362315-K`; NIE, X, Y or Z, seven digits and a letter.
//!
//! Rule: the letter is `TRWAGMYFPDXBNJZSQVHLCKE` at the number modulo 23, X, Y and Z counting as 0, 1
//! and 2. Source: RD 1553/2005 Art. 11; Orden INT/2058/2008.

use super::Scheme;
use crate::bytes::{at, before, ends_word, run_end, starts_word};
use crate::context::{Context, Topic};
use crate::digits::{Run, shape};
use crate::{Finding, Label, checks};

pub(super) const DNI: Scheme =
    Scheme { kind: "es.dni", label: Label::NationalId, country: *b"ES", topic: Some(Topic::Spain) };
pub(super) const NIE: Scheme = Scheme { kind: "es.nie", ..DNI };

const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Also `54.362.315-K`; with a space before the letter only beside a word about it, because a date and
/// the next word's first letter look the same.
pub(super) fn dni(run: &Run<'_>, context: &mut Context<'_, '_>) -> Option<Finding> {
    let (digits, end) = match run.first_group() {
        8 => (run.leading(1), run.start + 8),
        1 | 2 if at(run.text, run.start + run.first_group()) == b'.' => {
            (run.leading(3), run.start + run.first_group() + 8)
        }
        _ => return None,
    };
    let (digits, written) = digits?;
    if !matches!(written, SOLID | DOTTED | DOTTED_SHORT) {
        return None;
    }
    let separator = at(run.text, end);
    let letter = end + usize::from(matches!(separator, b'-' | b' ' | b'.'));
    if !is_check_letter(checks::value(digits), at(run.text, letter)) || !ends_word(run.text, letter + 1) {
        return None;
    }
    if separator == b' ' && !context.near(Topic::Spain, run.start, letter + 1) {
        return None;
    }
    Some(DNI.finding(run.start, letter + 1, 85))
}

const SOLID: u64 = shape(&[8]);
const DOTTED: u64 = shape(&[2, 3, 3]);
const DOTTED_SHORT: u64 = shape(&[1, 3, 3]);

/// Also `X-2482300-W`, `X 2482300 W`.
pub(super) fn nie(text: &[u8], digit: usize) -> Option<Finding> {
    let start = if before(text, digit).is_ascii_alphabetic() {
        digit.checked_sub(1)?
    } else {
        digit.checked_sub(2).filter(|_| matches!(before(text, digit), b'-' | b' '))?
    };
    let first = match at(text, start).to_ascii_uppercase() {
        b'X' => 0,
        b'Y' => 1,
        b'Z' => 2,
        _ => return None,
    };
    let end = run_end(text, digit, 8, |byte| byte.is_ascii_digit());
    if !starts_word(text, start) || end != digit + 7 {
        return None;
    }
    let letter = end + usize::from(matches!(at(text, end), b'-' | b' '));
    let number = text.get(digit..end)?.iter().fold(first, |sum, &byte| sum * 10 + u64::from(byte - b'0'));
    (is_check_letter(number, at(text, letter)) && ends_word(text, letter + 1))
        .then(|| NIE.finding(start, letter + 1, 92))
}

fn is_check_letter(number: u64, letter: u8) -> bool {
    let expected = usize::try_from(number % 23).ok().and_then(|rest| LETTERS.get(rest));
    expected == Some(&letter.to_ascii_uppercase())
}
