//! The check that a country puts inside its account numbers, behind that of the IBAN.
//!
//! Invariant: a number whose modulo 97 is right is never dropped for what is found here: a wrong inner check
//! only says that the number is less sure. Countries are here only if the check holds for every account; in the
//! Netherlands it no longer does (Betaalvereniging Nederland, IBANnext), in Iceland no longer for each person
//! whose number stands in the account, and in Germany and Austria each bank has its own.

use super::account;
use crate::number::Characters;
use crate::number::account::{
    CCC, Check, HU_ACCOUNT, HU_BANK, KONTONR, MOD_97, RIB, italian, weights, weights_from,
};
use crate::number::check::value;

/// Both checks are right, or the country has only one.
const SURE: u8 = 99;
/// One in 97 numbers passes the outer check by chance. Still surer than a LEI, which the same characters may be, and
/// which is not personal.
const INNER_CHECK_IS_WRONG: u8 = 97;
/// The country and the check digits.
const HEAD: usize = 4;

/// How sure an IBAN is, whose length, characters and modulo 97 are right. `written` may have separators.
pub(crate) fn score(country: [u8; 2], written: &[u8]) -> u8 {
    let Ok(rule) = RULES.binary_search_by_key(&country, |&(country, _)| country) else { return SURE };
    let mut account = Characters::default();
    let characters = written.iter().filter(|byte| byte.is_ascii_alphanumeric()).skip(HEAD);
    for (slot, &byte) in account.values.iter_mut().zip(characters) {
        *slot = value(byte);
        account.length += 1;
        account.has_letters |= *slot >= 10;
    }
    let right = RULES.get(rule).is_some_and(|(_, rule)| rule.holds(&account));
    if right { SURE } else { INNER_CHECK_IS_WRONG }
}

/// What holds in every account of a country.
enum Rule {
    /// All of these.
    Checks(&'static [Check]),
    /// The last two digits are what the others leave modulo 97, with 97 for none.
    Belgian,
    /// As accounts at home, the prefix and the number.
    Czech,
    /// ABI: the letter in front is of all that follows.
    Cin,
    /// Eleven digits; where the two behind the bank are zeros, only what is behind them counts.
    Norwegian,
}

use Rule::{Belgian, Checks, Cin, Czech, Norwegian};

/// Digits of the bank add up to a multiple of ten.
const fn of_ten(list: &[i16]) -> Check {
    Check::Zero { weights: weights(list), modulus: 10 }
}

/// In order. Each by the country's payment system, as its registry entry or the law names it; a rule that is a
/// national account's too stands there.
#[rustfmt::skip]
const RULES: &[([u8; 2], Rule)] = &[
    (*b"AL", Checks(&[of_ten(&[9, 7, 3, 1, 9, 7, 3, 1])])), // Banka e Shqipërisë: bank and branch
    (*b"BA", Checks(MOD_97)),          // Centralna banka Bosne i Hercegovine
    (*b"BE", Belgian),                 // NBB: protocol of bank identification codes
    (*b"CZ", Czech),                   // vyhláška 169/2011 Sb.
    (*b"EE", Checks(&[Check::Zero { weights: weights_from(2, &[7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1]), modulus: 10 }])), // Pangaliit: 7-3-1
    (*b"ES", Checks(CCC)),
    (*b"FI", Checks(&[Check::Luhn { from: 0, length: 14 }])), // Finanssiala: account numbers in electronic form
    (*b"FR", Checks(RIB)),
    (*b"HR", Checks(&[Check::Iso11 { from: 0, length: 7 }, Check::Iso11 { from: 7, length: 10 }])), // HNB: konstrukcija računa
    (*b"HU", Checks(&[HU_BANK, HU_ACCOUNT])),
    (*b"IT", Cin),                     // ABI: BBAN
    (*b"MC", Checks(RIB)),
    (*b"ME", Checks(MOD_97)),          // Centralna banka Crne Gore
    (*b"MK", Checks(MOD_97)),          // Народна банка
    (*b"NO", Norwegian),               // Bits: oppbygging av kontonummer
    (*b"PL", Checks(&[of_ten(&[3, 9, 7, 1, 3, 9, 7, 1])])), // NBP 7/2017: numer rozliczeniowy
    (*b"PT", Checks(MOD_97)),
    (*b"RS", Checks(MOD_97)),
    (*b"SI", Checks(MOD_97)),          // Banka Slovenije
    (*b"SK", Czech),                   // opatrenie NBS 8/2009
    (*b"SM", Cin),
    (*b"XK", Checks(MOD_97)),          // Banka Qendrore e Republikës së Kosovës
];

impl Rule {
    fn holds(&self, account: &Characters) -> bool {
        match self {
            Checks(checks) => checks.iter().all(|check| check.holds(account)),
            Belgian => (account.number(0, 10) + 96) % 97 + 1 == account.number(10, 2),
            Czech => [4..10, 10..20]
                .into_iter()
                .all(|part| account.values.get(part).is_some_and(account::is_multiple)),
            Cin => {
                let [letter, rest @ ..] = &account.values;
                let counted = rest.iter().take(account.length.saturating_sub(1));
                u32::from(*letter) == 10 + italian(counted)
            }
            Norwegian => {
                let last = [5, 4, 3, 2, 1].into_iter().zip(account.values.iter().skip(6));
                let sum: u32 = last.map(|(weight, &digit)| weight * u32::from(digit)).sum();
                KONTONR.holds(account) || account.number(4, 2) == 0 && sum.is_multiple_of(11)
            }
        }
    }
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
        assert!(RULES.is_sorted_by_key(|&(country, _)| country));
        assert_eq!(EXAMPLES.len(), RULES.len());
        for (example, &(country, _)) in EXAMPLES.iter().zip(RULES) {
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
