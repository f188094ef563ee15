//! Check digits and dates: the arithmetic that tells a number from a lookalike.
//!
//! Invariant: digits are values 0..=9, most significant first; any slice length is safe.

/// More digits than any number has.
const ROW: usize = 32;

/// ISO/IEC 7812-1 Annex B: each second digit from the right is doubled; the digit sums end in 0.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    // The last one to the right in a row of a fixed length, so that the compiler makes vectors of it.
    let mut row = [0u8; ROW];
    let Some(from) = ROW.checked_sub(digits.len()) else { return false };
    row.iter_mut().skip(from).zip(digits).for_each(|(slot, digit)| *slot = *digit);
    for (place, value) in row.iter_mut().enumerate() {
        *value <<= u8::from(place % 2 == 0);
        *value -= if *value > 9 { 9 } else { 0 };
    }
    row.iter().map(|&value| u32::from(value)).sum::<u32>().is_multiple_of(10)
}

/// The digits as one number: at most 19 digits fit.
pub(crate) fn value(digits: &[u8]) -> u64 {
    digits.iter().fold(0u64, |sum, &digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit)))
}

/// ISO/IEC 7064 MOD 11,10, the check digit being the last.
pub(crate) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((&check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, &digit| {
        let sum = (u32::from(digit) + product) % 10;
        (if sum == 0 { 10 } else { sum } * 2) % 11
    });
    (11 - product) % 10 == u32::from(check)
}

/// One character more of ISO/IEC 7064 MOD 97-10: a letter counts as 10..=35. What comes out is to be taken
/// modulo 97 at the end.
#[inline]
pub(crate) fn next_of_mod_97(rest: u64, byte: u8) -> u64 {
    /// A remainder is taken when another character might not fit.
    const FULL: u64 = u64::MAX / 1000;
    let rest = if rest > FULL { rest % 97 } else { rest };
    match byte {
        b'0'..=b'9' => rest * 10 + u64::from(byte - b'0'),
        _ => rest * 100 + u64::from(byte.to_ascii_uppercase().wrapping_sub(b'A')) + 10,
    }
}

/// The same for many characters, eight digits at a time.
pub(crate) fn rest_of_mod_97(characters: &[u8]) -> u64 {
    let (eights, few) = characters.as_chunks();
    let rest = eights.iter().fold(0, |rest, eight| match eight_digits(*eight) {
        Some(number) => rest % 97 * 100_000_000 + number,
        None => eight.iter().fold(rest, |rest, &byte| next_of_mod_97(rest, byte)),
    });
    few.iter().fold(rest, |rest, &byte| next_of_mod_97(rest, byte))
}

/// The value of eight digits: twos are made of them, fours of the twos, the whole of the fours.
#[inline]
fn eight_digits(bytes: [u8; 8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const HIGH: u64 = u64::from_le_bytes([0xf0; 8]);
    const SIX: u64 = u64::from_le_bytes([6; 8]);
    let word = u64::from_le_bytes(bytes);
    if word & HIGH != ZEROS || word.wrapping_add(SIX) & HIGH != ZEROS {
        return None;
    }
    let digits = word - ZEROS;
    let twos = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// ISO/IEC 7064 MOD 97-10 over all of it: the whole leaves 1.
pub(crate) fn mod_97(characters: impl Iterator<Item = u8>) -> bool {
    characters.fold(0, next_of_mod_97) % 97 == 1
}

/// Is this a day of that month in some year with these last two digits? A 29 February needs a year that
/// can be a leap year: the century is often not written, and 00 is one in 2000.
pub(crate) fn is_date(two_digit_year: u64, month: u64, day: u64) -> bool {
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if two_digit_year.is_multiple_of(4) => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// The same with the whole year, by the Gregorian rule.
pub(crate) fn is_date_of_year(year: u64, month: u64, day: u64) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    is_date(year % 100, month, day) && (leap || (month, day) != (2, 29))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_pass_and_one_changed_digit_fails() {
        // ISO/IEC 7812-1 example; BZSt's example; the IBAN registry's example.
        for (digits, last, check) in [
            (&[7, 9, 9, 2, 7, 3, 9, 8, 7, 1][..], 3, luhn as fn(&[u8]) -> bool),
            (&[8, 6, 0, 9, 5, 7, 4, 2, 7, 1], 9, mod_11_10),
        ] {
            for digit in 0..=9 {
                let number: Vec<u8> = digits.iter().copied().chain([digit]).collect();
                assert_eq!(check(&number), digit == last, "{number:?}");
            }
        }
        assert!(mod_97(b"WEST12345698765432GB82".iter().copied()));
        assert!(!mod_97(b"WEST12345698765433GB82".iter().copied()));
        assert_eq!(rest_of_mod_97(b"WEST12345698765432GB82") % 97, 1);
        assert_eq!(rest_of_mod_97(b"370400440532013000DE89") % 97, 1);
        assert_eq!(eight_digits(*b"12345678"), Some(12_345_678));
        assert!([*b"1234567:", *b"/2345678", *b"1234A678"].into_iter().all(|it| eight_digits(it).is_none()));
    }

    #[test]
    fn a_leap_day_needs_a_leap_year() {
        assert!(is_date(0, 2, 29) && is_date(96, 2, 29) && !is_date(97, 2, 29) && !is_date(99, 13, 1));
        assert!(
            is_date_of_year(2000, 2, 29) && !is_date_of_year(1900, 2, 29) && !is_date_of_year(1999, 4, 31)
        );
    }
}
