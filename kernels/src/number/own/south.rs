//! Rules of schemes in the south.

use super::super::check::{Characters, table};
use super::super::scheme::ES_LETTERS;
use super::weighted;

/// Letters of the months, January first, as values.
const MONTHS: [u8; 12] = table(b"ABCDEHLMPRST");
/// Letters that stand for the digits 0 to 9 in omocodia.
const OMOCODIA: [u8; 10] = table(b"LMNPQRSTUV");
/// What a letter counts at an odd place; a digit counts what the letter of that rank does.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// The sum of characters, the first of which is at an odd place, modulo 26.
pub(crate) fn italian<'v>(values: impl Iterator<Item = &'v u8>) -> u32 {
    let rank = |value: u8| if value < 10 { value } else { value - 10 };
    let counts = values.enumerate().map(|(place, &value)| match place % 2 {
        0 => ODD.get(usize::from(rank(value))).copied().unwrap_or(0),
        _ => u32::from(rank(value)),
    });
    counts.sum::<u32>() % 26
}

pub(super) fn it_codice_fiscale(characters: &Characters) -> bool {
    let digit = |place: usize| match characters.at(place) {
        digit @ 0..=9 => Some(u64::from(digit)),
        letter => OMOCODIA.iter().position(|&known| known == letter).map(|rank| rank as u64),
    };
    let two = |place: usize| Some(digit(place)? * 10 + digit(place + 1)?);
    let month = MONTHS.iter().position(|&letter| letter == characters.at(8));
    let (Some(year), Some(month), Some(day)) = (two(6), month, two(9)) else { return false };
    let sum = italian(characters.values.iter().take(15));
    (12..15).all(|place| digit(place).is_some())
        && crate::checks::is_date(year, month as u64 + 1, if day > 40 { day - 40 } else { day })
        && u32::from(characters.at(15)) == 10 + sum
}

pub(super) fn es_nie(characters: &Characters) -> bool {
    let first = match characters.at(0) {
        letter @ 33..=35 => u64::from(letter - 33),
        _ => return false,
    };
    ES_LETTERS.get(((first * 10_000_000 + characters.number(1, 7)) % 23) as usize) == Some(&characters.at(8))
}

fn es_letter(number: u64) -> Option<u8> {
    usize::try_from(number % 23).ok().and_then(|rest| ES_LETTERS.get(rest)).copied()
}

/// `K1234567A`, and behind the country's letters that, a DNI, a NIE or a company's.
pub(super) fn es_nif(characters: &Characters) -> bool {
    let from = characters.length.saturating_sub(9);
    let mut own = Characters { length: 9, ..Characters::default() };
    own.values.iter_mut().zip(characters.values.iter().skip(from)).for_each(|(slot, value)| *slot = *value);
    let check = Some(own.at(8));
    match (own.at(0), from) {
        (20..=22, _) => es_letter(own.number(1, 7)) == check,
        (0..=9, 2) => es_letter(own.number(0, 8)) == check,
        (33..=35, 2) => es_nie(&own),
        (10.., 2) => es_cif(&own),
        _ => false,
    }
}

pub(super) fn es_cif(characters: &Characters) -> bool {
    const LETTERS: [u8; 10] = table(b"JABCDEFGHI");
    let digits = characters.values.iter().skip(1).take(7).copied();
    let sum = super::digit_sum(digits.zip([2, 1].into_iter().cycle()));
    let check = (10 - sum % 10) % 10;
    let written = characters.at(8);
    u32::from(written) == check || LETTERS.get(check as usize) == Some(&written)
}

pub(super) fn cy_vat(characters: &Characters) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let from = characters.length.saturating_sub(9);
    let digits = characters.values.iter().skip(from).take(8).enumerate();
    let sum: u32 = digits
        .map(|(place, &digit)| match place % 2 {
            0 => ODD.get(usize::from(digit)).copied().unwrap_or(0),
            _ => u32::from(digit),
        })
        .sum();
    characters.number(from, 2) != 12 && u32::from(characters.at(from + 8)) == 10 + sum % 26
}

/// Every second character from the right, the check digit being the first, is doubled; of more than nine
/// nine is taken away.
pub(super) fn pt_cc(characters: &Characters) -> bool {
    let values = characters.values.iter().take(characters.length).rev().enumerate();
    let sum: u32 = values
        .map(|(place, &value)| {
            let doubled = u32::from(value) << (place % 2);
            doubled - if doubled > 9 && place % 2 == 1 { 9 } else { 0 }
        })
        .sum();
    sum.is_multiple_of(10)
}

pub(super) fn ro_cui(characters: &Characters) -> bool {
    let from = usize::from(characters.at(0) >= 10) * 2;
    let body = characters.length.saturating_sub(from + 1);
    let digits = characters.values.iter().skip(from).take(body).rev().copied();
    let check = weighted(digits, [2, 3, 5, 7, 1, 2, 3, 5, 7]) * 10 % 11 % 10;
    characters.at(from) != 0 && check == u32::from(characters.at(from + body))
}
