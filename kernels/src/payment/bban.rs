//! The check that a country puts inside its account numbers, behind that of the IBAN.
//!
//! Invariant: a number whose modulo 97 is right is never dropped for what is found here: a wrong inner check
//! only says that the number is less sure. Countries are here only if the check holds for every account; in the
//! Netherlands it no longer does (Betaalvereniging Nederland, IBANnext), in Iceland no longer for each person
//! whose number stands in the account, and in Germany and Austria each bank has its own.

use crate::checks::{luhn, mod_11_10, mod_97};

/// Both checks are right, or the country has only one.
const SURE: u8 = 99;
/// One in 97 numbers passes the outer check by chance. Still surer than a LEI, which the same characters may be, and
/// which is not personal.
const INNER_CHECK_IS_WRONG: u8 = 97;
/// ISO 13616: an account has at most 30 characters.
const LENGTH_MAX: usize = 30;
/// The country and the check digits.
const HEAD: usize = 4;

/// How sure an IBAN is, whose length, characters and modulo 97 are right. `written` may have separators.
pub(crate) fn score(country: [u8; 2], written: &[u8]) -> u8 {
    let Ok(check) = CHECKS.binary_search_by_key(&country, |&(country, _)| country) else { return SURE };
    let mut account = [0; LENGTH_MAX];
    let characters = written.iter().filter(|byte| byte.is_ascii_alphanumeric()).skip(HEAD);
    let length =
        account.iter_mut().zip(characters).map(|(slot, byte)| *slot = byte.to_ascii_uppercase()).count();
    let account = account.get(..length).unwrap_or_default();
    let right = CHECKS.get(check).is_some_and(|(_, check)| check.holds(account).unwrap_or(false));
    if right { SURE } else { INNER_CHECK_IS_WRONG }
}

/// What holds in every account of a country.
enum Check {
    /// ISO/IEC 7064 MOD 97-10 over the whole account.
    Mod97,
    /// ISO/IEC 7064 MOD 11,10 over two parts, the first so long.
    Mod11Tens(usize),
    /// Over all digits.
    Luhn,
    /// The last two digits are what the others leave modulo 97, with 97 for none.
    Belgian,
    /// CFONB: clé RIB.
    Rib,
    /// Two digits of control, each of eleven.
    Spanish,
    /// ABI: the letter in front is of all that follows.
    Cin,
    /// Eleven digits; where the two behind the bank are zeros, only what is behind them counts.
    Norwegian,
    /// Parts that start at a place and have digits that, multiplied by weights, add up to multiples of a number.
    Weights(&'static [(usize, &'static [u32], u32)]),
}

const CZECH: Check =
    Check::Weights(&[(4, &[10, 5, 8, 4, 2, 1], 11), (10, &[6, 3, 7, 9, 10, 5, 8, 4, 2, 1], 11)]);

/// In order. Each by the country's payment system, as its registry entry or the law names it.
#[rustfmt::skip]
const CHECKS: &[([u8; 2], Check)] = &[
    (*b"AL", Check::Weights(&[(0, &[9, 7, 3, 1, 9, 7, 3, 1], 10)])), // Banka e Shqipërisë: bank and branch
    (*b"BA", Check::Mod97),          // Centralna banka Bosne i Hercegovine
    (*b"BE", Check::Belgian),        // NBB: protocol of bank identification codes
    (*b"CZ", CZECH),                 // vyhláška 169/2011 Sb.
    (*b"EE", Check::Weights(&[(2, &[7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1], 10)])), // Pangaliit: 7-3-1
    (*b"ES", Check::Spanish),        // Código Cuenta Cliente
    (*b"FI", Check::Luhn),           // Finanssiala: account numbers in electronic form
    (*b"FR", Check::Rib),            // CFONB: relevé d'identité bancaire
    (*b"HR", Check::Mod11Tens(7)),   // HNB: konstrukcija računa
    (*b"HU", Check::Weights(&[(0, &[9, 7, 3, 1, 9, 7, 3, 1], 10),
        (8, &[9, 7, 3, 1, 9, 7, 3, 1, 9, 7, 3, 1, 9, 7, 3, 1], 10)])), // MNB 35/2017, annex
    (*b"IT", Check::Cin),            // ABI: BBAN
    (*b"MC", Check::Rib),
    (*b"ME", Check::Mod97),          // Centralna banka Crne Gore
    (*b"MK", Check::Mod97),          // Народна банка
    (*b"NO", Check::Norwegian),      // Bits: oppbygging av kontonummer
    (*b"PL", Check::Weights(&[(0, &[3, 9, 7, 1, 3, 9, 7, 1], 10)])), // NBP 7/2017: numer rozliczeniowy
    (*b"PT", Check::Mod97),          // Banco de Portugal: NIB
    (*b"RS", Check::Mod97),          // Narodna banka Srbije
    (*b"SI", Check::Mod97),          // Banka Slovenije
    (*b"SK", CZECH),                 // opatrenie NBS 8/2009
    (*b"SM", Check::Cin),
    (*b"XK", Check::Mod97),          // Banka Qendrore e Republikës së Kosovës
];

impl Check {
    /// Nothing if the account has not the country's length.
    fn holds(&self, account: &[u8]) -> Option<bool> {
        let mut digits = [0; LENGTH_MAX];
        for (digit, byte) in digits.iter_mut().zip(account) {
            *digit = byte.wrapping_sub(b'0');
        }
        let digits = digits.get(..account.len())?;
        Some(match self {
            Check::Mod97 => mod_97(account.iter().copied()),
            Check::Mod11Tens(length) => {
                let (first, second) = digits.split_at_checked(*length)?;
                mod_11_10(first) && mod_11_10(second)
            }
            Check::Luhn => luhn(digits),
            Check::Belgian => {
                let (body, check) = digits.split_last_chunk::<2>()?;
                (value(body) + 96) % 97 + 1 == value(check)
            }
            Check::Rib => rib(account)?,
            Check::Spanish => {
                let (bank, rest) = digits.split_first_chunk::<8>()?;
                let (control, account) = rest.split_first_chunk::<2>()?;
                spanish(bank) == control.first().copied() && spanish(account) == control.last().copied()
            }
            Check::Cin => cin(account)?,
            Check::Norwegian => {
                let all = is_multiple(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11);
                let (short, last) = (digits.get(4..6)? == [0, 0], digits.get(6..)?);
                all || short && is_multiple(last, &[5, 4, 3, 2, 1], 11)
            }
            Check::Weights(parts) => parts.iter().all(|&(start, weights, of)| {
                let part = digits.get(start..start + weights.len());
                part.is_some_and(|part| is_multiple(part, weights, of))
            }),
        })
    }
}

fn value(digits: &[u8]) -> u64 {
    crate::checks::value(digits)
}

fn is_multiple(digits: &[u8], weights: &[u32], of: u32) -> bool {
    digits
        .iter()
        .zip(weights)
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum::<u32>()
        .is_multiple_of(of)
}

/// The key adds to a multiple of 97 with bank, branch and account, whose letters count as digits from the table of
/// the CFONB: A to I and J to R are 1 to 9, S to Z 2 to 9.
fn rib(account: &[u8]) -> Option<bool> {
    let number = |from: usize, to: usize| {
        account.get(from..to)?.iter().try_fold(0u64, |sum, &byte| {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'A'..=b'R' => (byte - b'A') % 9 + 1,
                b'S'..=b'Z' => byte - b'S' + 2,
                _ => return None,
            };
            Some(sum * 10 + u64::from(digit))
        })
    };
    let (bank, branch, root, key) = (number(0, 5)?, number(5, 10)?, number(10, 21)?, number(21, 23)?);
    Some((1..=97).contains(&key) && (89 * bank + 15 * branch + 3 * root + key).is_multiple_of(97))
}

/// The digit of control of eight or ten digits. Eleven less the rest has two digits in two cases.
fn spanish(digits: &[u8]) -> Option<u8> {
    /// 2ⁿ modulo 11; eight digits have the last of them.
    const WEIGHTS: [u32; 10] = [1, 2, 4, 8, 5, 10, 9, 7, 3, 6];
    let weighted = digits.iter().rev().zip(WEIGHTS.iter().rev());
    let rest = weighted.map(|(&digit, weight)| u32::from(digit) * weight).sum::<u32>() % 11;
    u8::try_from(if rest < 2 { rest } else { 11 - rest }).ok()
}

/// Characters at odd places count by the table that the codice fiscale has too, those at even ones by their value.
fn cin(account: &[u8]) -> Option<bool> {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let (&letter, rest) = account.split_first()?;
    let mut sum = 0;
    for (index, &byte) in rest.iter().enumerate() {
        let value = if byte.is_ascii_digit() { byte - b'0' } else { byte.checked_sub(b'A')? };
        sum += u32::from(if index % 2 == 0 { *ODD.get(usize::from(value))? } else { value });
    }
    Some(sum % 26 == u32::from(letter.wrapping_sub(b'A')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SWIFT IBAN registry, release 101, the example of each country.
    #[rustfmt::skip]
    const EXAMPLES: &[&str] = &[
        "AL47 2121 1009 0000 0002 3569 8741", "BA39 1290 0794 0102 8494", "BE68 5390 0754 7034",
        "CZ65 0800 0000 1920 0014 5399", "EE38 2200 2210 2014 5685", "ES91 2100 0418 4502 0005 1332",
        "FI21 1234 5600 0007 85", "FR14 2004 1010 0505 0001 3M02 606", "HR12 1001 0051 8630 0016 0",
        "HU42 1177 3016 1111 1018 0000 0000", "IT60 X054 2811 1010 0000 0123 456",
        "MC58 1122 2000 0101 2345 6789 030", "ME25 5050 0001 2345 6789 51", "MK07 2501 2000 0058 984",
        "NO93 8601 1117 947", "PL61 1090 1014 0000 0712 1981 2874", "PT50 0002 0123 1234 5678 9015 4",
        "RS35 2600 0560 1001 6113 79", "SI56 2633 0001 2039 086", "SK31 1200 0000 1987 4263 7541",
        "SM86 U032 2509 8000 0000 0270 100", "XK05 1212 0123 4567 8906",
    ];

    #[test]
    fn each_country_is_there_once_with_the_registrys_example_and_any_other_check_makes_it_less_sure() {
        assert!(CHECKS.is_sorted_by_key(|&(country, _)| country));
        assert_eq!(EXAMPLES.len(), CHECKS.len());
        for (example, &(country, _)) in EXAMPLES.iter().zip(CHECKS) {
            assert!(example.as_bytes().starts_with(&country));
            assert_eq!(score(country, example.as_bytes()), SURE, "{example}");
            // Each check is over the start of the account or over its end, and some are over both.
            let changed = |place: usize| {
                let next = |(index, byte): (usize, u8)| {
                    if index == place { (byte - b'0' + 1) % 10 + b'0' } else { byte }
                };
                let wrong: Vec<u8> = example.bytes().enumerate().map(next).collect();
                score(country, &wrong)
            };
            let mut digits =
                example.bytes().enumerate().filter(|(index, byte)| *index > 5 && byte.is_ascii_digit());
            let ends = digits.clone().next().into_iter().chain(digits.next_back());
            assert!(
                ends.map(|(place, _)| changed(place)).any(|score| score == INNER_CHECK_IS_WRONG),
                "{example}"
            );
        }
    }

    #[test]
    fn a_country_without_an_inner_check_is_sure_by_the_outer_one() {
        assert_eq!(score(*b"DE", b"DE89 3704 0044 0532 0130 00"), SURE);
        assert_eq!(score(*b"NL", b"NL91 ABNA 0417 1643 00"), SURE);
    }

    #[test]
    fn a_norwegian_account_of_a_small_bank_is_checked_without_its_bank() {
        assert_eq!(score(*b"NO", b"NO00 1234 0012 342"), INNER_CHECK_IS_WRONG);
        let small = |last: u8| score(*b"NO", &[b"NO00 1234 0012 34".as_slice(), &[last]].concat());
        assert_eq!((b'0'..=b'9').filter(|&last| small(last) == SURE).count(), 2);
    }
}
