//! Rules of schemes in the north.

use super::super::check::{Characters, table};

/// Day plus 40: D-nummer; month plus 40: a hospital's H-nummer; plus 80: the tax administration's
/// synthetic persons. Source: folkeregisterforskriften § 2-2-1; Skatteetaten.
pub(super) fn no_century(characters: &Characters) -> bool {
    let year = characters.number(4, 2);
    let century = match (characters.number(6, 3), year) {
        (0..=499, _) => 1900,
        (500..=749, 54..) => 1800,
        (500..=999, 0..=39) => 2000,
        (900..=999, 40..) => 1900,
        _ => return false,
    };
    let day = match characters.number(0, 2) {
        day @ 41.. => day - 40,
        day => day,
    };
    crate::checks::is_date_of_year(century + year, characters.number(2, 2) % 40, day)
}

/// Source: valtioneuvoston asetus 128/2010 and 690/2022 (signs since 2023).
pub(super) fn fi_hetu(characters: &Characters) -> bool {
    let (century, serial) = match (characters.length, characters.sign, characters.at(6)) {
        (10, b'+', _) => (1800, 6),
        (10, b'-', _) => (1900, 6),
        (11, 0, 30..=34) => (1900, 7),
        (11, 0, 10..=15) => (2000, 7),
        _ => return false,
    };
    const LETTERS: [u8; 31] = table(b"0123456789ABCDEFHJKLMNPRSTUVWXY");
    let number = characters.number(0, 6) * 1000 + characters.number(serial, 3);
    let letter = usize::try_from(number % 31).ok().and_then(|rest| LETTERS.get(rest));
    let (day, month, year) = (characters.number(0, 2), characters.number(2, 2), characters.number(4, 2));
    letter == Some(&characters.at(serial + 3))
        && number % 1000 >= 2
        && crate::checks::is_date_of_year(century + year, month, day)
}

pub(super) fn lv_pvn(characters: &Characters) -> bool {
    let from = characters.length.saturating_sub(11);
    let digits = characters.values.iter().skip(from).take(11).copied();
    super::weighted(digits, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3
}
