//! Rules of schemes in the west.

use super::super::check::{Characters, table};
use super::weighted;

/// `A` is 10 and `B` is 11: 2A is read as 19, 2B as 18.
pub(super) fn fr_nir(characters: &Characters) -> bool {
    let (department, corsica) = match (characters.at(5), characters.at(6)) {
        (2, 10) => (19, true),
        (2, 11) => (18, true),
        (_, 10..) => return false,
        (tens, ones) => (u64::from(tens) * 10 + u64::from(ones), false),
    };
    let number = (characters.number(0, 5) * 100 + department) * 1_000_000 + characters.number(7, 6);
    (corsica || department != 0) && 97 - number % 97 == characters.number(13, 2)
}

/// 34 signs, without I and O.
const FR_KEY: [u8; 34] = table(b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ");

pub(super) fn fr_tva(characters: &Characters) -> bool {
    let siren = characters.number(4, 9);
    let is_siren =
        characters.number(4, 3) == 0 || crate::checks::luhn(characters.values.get(4..13).unwrap_or_default());
    let key =
        |place: usize| FR_KEY.iter().position(|&sign| sign == characters.at(place)).map(|rank| rank as u64);
    let (Some(first), Some(second)) = (key(2), key(3)) else { return false };
    let holds = match (first < 10, second < 10) {
        (true, true) => first * 10 + second == (siren * 100 + 12) % 97,
        (digit, _) => {
            let (weight, less) = if digit { (24, 10) } else { (34, 100) };
            let Some(check) = (first * weight + second).checked_sub(less) else { return false };
            (siren + 1 + check / 11) % 11 == check % 11
        }
    };
    is_siren && holds
}

/// HMRC NIM39110: never issued are BG, GB, KN, NK, NT, TN and ZZ.
pub(super) fn gb_nino(characters: &Characters) -> bool {
    const NEVER: [[u8; 2]; 7] = [*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"];
    let prefix = [characters.at(0), characters.at(1)];
    !NEVER.iter().any(|never| never.map(super::super::check::value) == prefix)
}

pub(super) fn gb_vat(characters: &Characters) -> bool {
    let from = usize::from(characters.at(0) >= 10) * 2;
    let digits = characters.values.iter().skip(from).take(9).copied();
    let rest = weighted(digits, [8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    if characters.number(from, 3) >= 100 {
        matches!(rest, 0 | 42 | 55)
    } else {
        rest == 0 && characters.number(from, 9) != 0
    }
}

pub(super) fn gb_upn(characters: &Characters) -> bool {
    const ALPHABET: [u8; 33] = table(b"ABCDEFGHJKLMNPQRTUVWXYZ0123456789");
    let rank = |value: u8| (0u32..).zip(ALPHABET).find(|(_, known)| *known == value).map(|(rank, _)| rank);
    let ranks = characters.values.iter().skip(1).take(12).map(|&value| rank(value));
    let sum: Option<u32> = ranks.zip(2u32..).map(|(rank, weight)| rank.map(|rank| rank * weight)).sum();
    let check = sum.and_then(|sum| ALPHABET.get((sum % 23) as usize));
    (201..=938).contains(&characters.number(1, 3)) && check == Some(&characters.at(0))
}

/// The alphabet in which W is 0.
const IE: [u8; 23] = table(b"WABCDEFGHIJKLMNOPQRSTUV");

/// Seven digits from `from` on, the check letter, and perhaps a second letter that counts nine times. W, T
/// and X were once added for wives and do not count.
pub(super) fn ie_pps(characters: &Characters, from: usize) -> bool {
    let second = match characters.at(from + 8) {
        letter @ (10 | 11 | 17) if characters.length == from + 9 => u32::from(letter - 9),
        _ if characters.length == from + 8 => 0,
        29 | 32 | 33 => 0,
        _ => return false,
    };
    let digits = characters.values.iter().skip(from).take(7).copied();
    let sum = weighted(digits, [8, 7, 6, 5, 4, 3, 2]) + 9 * second;
    IE.get((sum % 23) as usize) == Some(&characters.at(from + 7))
}

pub(super) fn ie_vat(characters: &Characters) -> bool {
    if characters.at(3) < 10 {
        let second = characters.at(10);
        let rank = (0u32..).zip(IE).find(|(_, known)| *known == second).map_or(0, |(rank, _)| rank);
        let digits = characters.values.iter().skip(2).take(7).copied();
        let more = if characters.length == 11 { 9 * rank } else { 0 };
        let sum = weighted(digits, [8, 7, 6, 5, 4, 3, 2]) + more;
        return IE.get((sum % 23) as usize) == Some(&characters.at(9));
    }
    // The old form `8D79739I` is `0` and the five digits, with the first digit behind them.
    let digits = characters.values.iter().skip(4).take(5).copied();
    let sum = weighted(digits, [7, 6, 5, 4, 3]) + 2 * u32::from(characters.at(2));
    IE.get((sum % 23) as usize) == Some(&characters.at(9))
}

/// Verhoeff's permutation and the table of the dihedral group D5.
pub(super) fn lu_verhoeff(characters: &Characters) -> bool {
    const TIMES: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let body = characters.values.iter().take(11).rev();
    let digits = [characters.at(12)].into_iter().chain(body.copied());
    let product = digits.enumerate().fold(0u8, |product, (place, digit)| {
        let turned =
            (0..place % 8).fold(digit, |digit, _| PERMUTED.get(usize::from(digit)).copied().unwrap_or(0));
        let row = TIMES.get(usize::from(product)).and_then(|row| row.get(usize::from(turned)));
        row.copied().unwrap_or(0)
    });
    product == 0
}

/// ISO/IEC 7064 MOD 97-10 over all characters, letters as two digits.
pub(super) fn mod_97(characters: &Characters) -> bool {
    rest_97(characters.values.iter().take(characters.length)) == 1
}

/// The remainder modulo 97, letters as two digits.
pub(super) fn rest_97<'v>(values: impl Iterator<Item = &'v u8>) -> u32 {
    values.fold(0u32, |rest, &value| (rest * if value < 10 { 10 } else { 100 } + u32::from(value)) % 97)
}

/// A to I count 1 to 9, J to R too, S to Z 2 to 9.
pub(super) fn fr_rib(characters: &Characters) -> bool {
    let digit = |value: u8| match value {
        0..=9 => value,
        10..=27 => (value - 10) % 9 + 1,
        letter => (letter - 28) % 8 + 2,
    };
    let number = |from: usize, length: usize| {
        let field = characters.values.iter().skip(from).take(length);
        field.fold(0u64, |sum, &value| sum * 10 + u64::from(digit(value)))
    };
    let sum = 89 * number(0, 5) + 15 * number(5, 5) + 3 * number(10, 11) + number(21, 2);
    sum.is_multiple_of(97)
}

/// The carry after each digit chooses the next one's place in the table.
pub(super) fn ch_esr(characters: &Characters) -> bool {
    const TABLE: [u8; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    let body = characters.values.iter().take(characters.length.saturating_sub(1));
    let carry =
        body.fold(0, |carry, &digit| TABLE.get(usize::from((digit + carry) % 10)).copied().unwrap_or(0));
    (10 - carry) % 10 == characters.at(characters.length.saturating_sub(1))
}
