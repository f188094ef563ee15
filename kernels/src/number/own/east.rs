//! Rules of schemes in the east.

use super::super::check::{Characters, table};
use super::weighted;

/// The 24 digits of the account, the letters of the country as 25 and 21, the check digits: 1 modulo 97.
pub(super) fn pl_nrb(characters: &Characters) -> bool {
    const COUNTRY: [u8; 4] = [2, 5, 2, 1];
    let account = characters.values.iter().skip(2).take(24);
    super::west::rest_97(account.chain(&COUNTRY).chain(characters.values.iter().take(2))) == 1
}

/// The second letter counts its place in this alphabet, the first what letters count.
pub(super) fn by_unp(characters: &Characters) -> bool {
    const LETTERS: [u8; 10] = table(b"ABCEHKMOPT");
    let mut own = *characters;
    let first = characters.at(0);
    let region = matches!(first, 1..=7) || LETTERS.iter().take(7).any(|&letter| letter == first);
    if first >= 10 {
        let place = LETTERS.iter().position(|&letter| letter == characters.at(1));
        let (Some(place), Some(slot)) = (place, own.values.get_mut(1)) else { return false };
        *slot = u8::try_from(place).unwrap_or(0);
    }
    let sum = weighted(own.values.iter().take(8).copied(), [29, 23, 19, 17, 13, 7, 5, 3]);
    region && sum % 11 == u32::from(characters.at(8))
}

pub(super) fn tr_vkn(characters: &Characters) -> bool {
    let digits = characters.values.iter().take(9).rev().zip(1u32..);
    let sum: u32 = digits
        .map(|(&digit, place)| match (u32::from(digit) + place) % 10 {
            0 => 0,
            moved => match (moved << place) % 9 {
                0 => 9,
                rest => rest,
            },
        })
        .sum();
    (10 - sum % 10) % 10 == u32::from(characters.at(9))
}

/// `J52/750/2012` is written with slashes, hyphens or blanks; the new form in one piece.
pub(super) fn ro_onrc(characters: &Characters) -> bool {
    const COUNTIES: [std::ops::RangeInclusive<u64>; 2] = [1..=40, 51..=52];
    let is_county = |county: u64| COUNTIES.iter().any(|range| range.contains(&county));
    if characters.length < 14 {
        let year = characters.number(characters.length.saturating_sub(4), 4);
        return matches!(characters.sign, b'/' | b'-') && (1990..=2024).contains(&year);
    }
    // The letter counts the last digit of its code in ASCII.
    let letter = (characters.at(0) + 5) % 10;
    let digits = characters.values.iter().skip(1).take(12).map(|&digit| u32::from(digit));
    let county = characters.number(11, 2);
    let placed = match characters.number(1, 4) {
        1990..=2023 => is_county(county),
        2024 => is_county(county) || county == 0,
        2025..=2069 => county == 0,
        _ => false,
    };
    placed && (u32::from(letter) + digits.sum::<u32>()) % 10 == u32::from(characters.at(13))
}
