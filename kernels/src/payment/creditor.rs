//! SEPA creditor identifiers (EPC 262-08, AT-02): `DE98ZZZ09999999999`.
//!
//! Invariant: reported are words with a SEPA country, two digits, a business code and a number of the
//! country, which leave 1 modulo 97 without the business code; a code other than `ZZZ` counts only where
//! the country's length is known.

use crate::bytes::{at, ends_word, run_end};
use crate::checks::mod_97;
use crate::{Finding, Label};

/// Characters of the whole.
pub(crate) const LENGTH: std::ops::RangeInclusive<usize> = 12..=35;
/// Country and check digits.
const HEAD: usize = 4;
/// The code of a line of business, which a creditor chooses.
const BUSINESS: usize = 3;

/// The identifier whose country starts at `start`, where two letters and two digits are.
pub(crate) fn find(text: &[u8], start: usize) -> Option<Finding> {
    let member = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let end = run_end(text, start, LENGTH.end() + 1, member);
    let word = text.get(start..end)?;
    let (head, rest) = word.split_at_checked(HEAD)?;
    let (business, number) = rest.split_at_checked(BUSINESS)?;
    let country = [at(text, start), at(text, start + 1)];
    let coded = business == b"ZZZ"
        || business.iter().all(u8::is_ascii_digit) && LENGTHS.contains(&(country, word.len()));
    let digits = head.iter().skip(2).all(u8::is_ascii_digit);
    let fits = coded && digits && LENGTH.contains(&word.len()) && ends_word(text, end);
    let known = fits && COUNTRIES.binary_search(&country).is_ok();
    (known && mod_97(number.iter().chain(head).copied())).then_some(Finding {
        start,
        end,
        label: Label::CompanyId,
        kind: "eu.at_02",
        country: Some(country),
        score: 96,
    })
}

/// EPC 262-08, annex: countries whose identifiers have one length, and that length.
pub(crate) const LENGTHS: &[([u8; 2], usize)] =
    &[(*b"AT", 18), (*b"DE", 18), (*b"ES", 16), (*b"IT", 23), (*b"NL", 19)];

/// EPC 409-09: the countries of SEPA.
#[rustfmt::skip]
pub(crate) const COUNTRIES: &[[u8; 2]] = &[
    *b"AD", *b"AT", *b"BE", *b"BG", *b"CH", *b"CY", *b"CZ", *b"DE", *b"DK", *b"EE", *b"ES", *b"FI",
    *b"FR", *b"GB", *b"GR", *b"HR", *b"HU", *b"IE", *b"IS", *b"IT", *b"LI", *b"LT", *b"LU", *b"LV",
    *b"MC", *b"MT", *b"NL", *b"NO", *b"PL", *b"PT", *b"RO", *b"SE", *b"SI", *b"SK", *b"SM", *b"VA",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_needs_its_check_and_its_country() {
        for text in ["ES23ZZZ47690558N", "ES2300047690558N", "DE98ZZZ09999999999"] {
            assert!(find(text.as_bytes(), 0).is_some(), "{text}");
        }
        for text in ["ES24ZZZ47690558N", "ES23ZZZ47690559N", "US23ZZZ47690558N", "ES23ZZ", "es23zzz47690558n"]
        {
            assert!(find(text.as_bytes(), 0).is_none(), "{text}");
        }
        assert!(COUNTRIES.is_sorted());
    }
}
