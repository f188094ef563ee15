//! Italy: codice fiscale, 16 characters, `RCCMNL83S18D969H`.
//!
//! Rule: six letters of the name, year, month letter, day (plus 40 for women), place, check letter;
//! where two persons would share a code, digits are replaced from the right by letters (omocodia).
//! Source: D.M. 23 dicembre 1976 Art. 2–7. A code whose seven digits are all replaced has no digit to
//! anchor at: it would be the 128th person with the same code.

use super::Scheme;
use crate::bytes::{at, ends_word, starts_word};
use crate::checks::is_date;
use crate::{Finding, Label};

pub(super) const CODICE_FISCALE: Scheme =
    Scheme { kind: "it.codicefiscale", label: Label::TaxId, country: *b"IT", topic: None };

/// Characters of a code.
const LENGTH: usize = 16;
/// Letters that stand for the digits 0 to 9 in omocodia.
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
/// Letters of the months, January first.
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";
/// What a letter counts at an odd place; a digit counts what the letter of that rank does.
const ODD: &[u32; 26] =
    &[1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// `digit` is the first digit of the code, at place 7 or, in omocodia, further right. Also in the groups
/// that cards and forms print: `RCC MNL 83S18 D969H`.
pub(super) fn codice_fiscale(text: &[u8], digit: usize) -> Option<Finding> {
    let start = first_letter(text, digit)?;
    let mut code = [0u8; LENGTH];
    let mut end = start;
    for (place, slot) in code.iter_mut().enumerate() {
        end += usize::from(matches!(place, 3 | 6 | 11 | 15) && matches!(at(text, end), b' ' | b'-'));
        *slot = at(text, end).to_ascii_uppercase();
        end += 1;
    }
    (is_code(&code) && ends_word(text, end)).then(|| CODICE_FISCALE.finding(start, end, 98))
}

/// Goes back over the letters before `digit` to where the word starts; through the two spaces that a
/// grouped code may have only if the digits are where the year is.
fn first_letter(text: &[u8], digit: usize) -> Option<usize> {
    let is_letter = |index: usize| at(text, index).is_ascii_alphabetic();
    let mut start = digit;
    let solid = crate::bytes::run_start(text, digit, LENGTH, |byte| byte.is_ascii_alphabetic());
    if digit - solid >= 6 {
        return starts_word(text, solid).then_some(solid);
    }
    for _group in 0..2 {
        start -= usize::from(start > 0 && matches!(at(text, start - 1), b' ' | b'-'));
        let letters = (0..3).all(|back| start > back && is_letter(start - back - 1));
        start = start.checked_sub(3).filter(|_| letters)?;
    }
    starts_word(text, start).then_some(start)
}

fn is_code(code: &[u8; LENGTH]) -> bool {
    let [_, _, _, _, _, _, y1, y2, month, d1, d2, place, p1, p2, p3, check] = *code;
    let (Some(y1), Some(y2), Some(d1), Some(d2)) = (digit(y1), digit(y2), digit(d1), digit(d2)) else {
        return false;
    };
    let Some(month) = MONTHS.iter().position(|&letter| letter == month) else { return false };
    let day = d1 * 10 + d2;
    let sum: u32 = code.iter().take(LENGTH - 1).enumerate().map(|(index, &byte)| counts(index, byte)).sum();
    code.iter().take(6).chain([&place]).all(u8::is_ascii_uppercase)
        && [p1, p2, p3].iter().all(|&byte| digit(byte).is_some())
        && is_date(y1 * 10 + y2, month as u64 + 1, if day > 40 { day - 40 } else { day })
        && u32::from(check) == u32::from(b'A') + sum % 26
}

fn digit(byte: u8) -> Option<u64> {
    match byte {
        b'0'..=b'9' => Some(u64::from(byte - b'0')),
        _ => OMOCODIA.iter().position(|&letter| letter == byte).map(|rank| rank as u64),
    }
}

/// What a character adds to the check letter: places are counted from 1.
fn counts(index: usize, byte: u8) -> u32 {
    let rank = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
    match index % 2 {
        0 => ODD.get(usize::from(rank)).copied().unwrap_or(0),
        _ => u32::from(rank),
    }
}
