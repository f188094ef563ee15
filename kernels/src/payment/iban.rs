//! Bank accounts: IBAN (ISO 13616), in every country of the registry.
//!
//! Invariant: reported are numbers with their country's length and kinds of characters whose check digits
//! are right, with or without separators, in any case.

use crate::bytes::{at, before, ends_word, has_word, starts_word};
use crate::checks::mod_97;
use crate::{Finding, Label};

/// ISO 13616: two letters, two digits and at most 30 characters.
const LENGTH_MAX: usize = 34;

/// The account whose check digits start at `digit`, or the creditor: they begin alike.
pub(crate) fn find(text: &[u8], digit: usize) -> Option<Finding> {
    let start = country_start(text, digit)?;
    account(text, start, digit).or_else(|| super::creditor::find(text, start))
}

fn account(text: &[u8], start: usize, digit: usize) -> Option<Finding> {
    let country = [at(text, start).to_ascii_uppercase(), at(text, start + 1).to_ascii_uppercase()];
    let index = REGISTRY.binary_search_by_key(&country, |&(country, _)| country).ok()?;
    let &(_, structure) = REGISTRY.get(index)?;
    let mut number = [0u8; LENGTH_MAX];
    let (mut position, mut length) = (digit, 0);
    for class in std::iter::repeat_n(b'n', 2).chain(classes(structure)) {
        let separated = length > 0 && is_separator(at(text, position));
        position += usize::from(separated);
        let byte = at(text, position);
        if !belongs(byte, class) {
            return None;
        }
        *number.get_mut(length)? = byte;
        length += 1;
        position += 1;
    }
    let (check, account) = number.get(..length)?.split_at_checked(2)?;
    let rearranged = account.iter().chain(&country).chain(check);
    (ends_word(text, position) && mod_97(rearranged.copied())).then_some(Finding {
        start,
        end: position,
        label: Label::Iban,
        kind: "iban",
        country: Some(country),
        score: 99,
    })
}

/// Where the two letters before the check digits start, perhaps with a separator between.
fn country_start(text: &[u8], digit: usize) -> Option<usize> {
    let gap = usize::from(is_separator(before(text, digit)));
    let start = digit.checked_sub(2 + gap)?;
    let letters = at(text, start).is_ascii_alphabetic() && at(text, start + 1).is_ascii_alphabetic();
    let labelled = || start.checked_sub(4).is_some_and(|label| has_word(text, label, b"iban"));
    (letters && (starts_word(text, start) || labelled())).then_some(start)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/')
}

fn belongs(byte: u8, class: u8) -> bool {
    match class {
        b'n' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        _ => byte.is_ascii_alphanumeric(),
    }
}

/// `10n11c2n` as 23 classes.
pub(crate) fn classes(structure: &'static str) -> impl Iterator<Item = u8> {
    structure.split_inclusive(['n', 'a', 'c']).flat_map(|part| {
        let (count, class) = part.split_at_checked(part.len() - 1).unwrap_or_default();
        std::iter::repeat_n(class.bytes().next().unwrap_or(0), count.parse().unwrap_or(0))
    })
}

/// SWIFT IBAN registry, release 101: what follows the check digits; n digits, a letters, c either.
#[rustfmt::skip]
pub(crate) const REGISTRY: &[([u8; 2], &str)] = &[
    (*b"AD", "8n12c"), (*b"AE", "19n"), (*b"AL", "8n16c"), (*b"AT", "16n"), (*b"AZ", "4a20c"),
    (*b"BA", "16n"), (*b"BE", "12n"), (*b"BG", "4a6n8c"), (*b"BH", "4a14c"), (*b"BI", "23n"),
    (*b"BR", "23n1a1c"), (*b"BY", "4c4n16c"), (*b"CH", "5n12c"), (*b"CR", "18n"), (*b"CY", "8n16c"),
    (*b"CZ", "20n"), (*b"DE", "18n"), (*b"DJ", "23n"), (*b"DK", "14n"), (*b"DO", "4c20n"),
    (*b"EE", "16n"), (*b"EG", "25n"), (*b"ES", "20n"), (*b"FI", "14n"), (*b"FK", "2a12n"),
    (*b"FO", "14n"), (*b"FR", "10n11c2n"), (*b"GB", "4a14n"), (*b"GE", "2a16n"), (*b"GI", "4a15c"),
    (*b"GL", "14n"), (*b"GR", "7n16c"), (*b"GT", "24c"), (*b"HN", "4a20n"), (*b"HR", "17n"),
    (*b"HU", "24n"), (*b"IE", "4a14n"), (*b"IL", "19n"), (*b"IQ", "4a15n"), (*b"IS", "22n"),
    (*b"IT", "1a10n12c"), (*b"JO", "4a4n18c"), (*b"KW", "4a22c"), (*b"KZ", "3n13c"), (*b"LB", "4n20c"),
    (*b"LC", "4a24c"), (*b"LI", "5n12c"), (*b"LT", "16n"), (*b"LU", "3n13c"), (*b"LV", "4a13c"),
    (*b"LY", "21n"), (*b"MC", "10n11c2n"), (*b"MD", "20c"), (*b"ME", "18n"), (*b"MK", "3n10c2n"),
    (*b"MN", "16n"), (*b"MR", "23n"), (*b"MT", "4a5n18c"), (*b"MU", "4a19n3a"), (*b"NI", "4a20n"),
    (*b"NL", "4a10n"), (*b"NO", "11n"), (*b"OM", "3n16c"), (*b"PK", "4a16c"), (*b"PL", "24n"),
    (*b"PS", "4a21c"), (*b"PT", "21n"), (*b"QA", "4a21c"), (*b"RO", "4a16c"), (*b"RS", "18n"),
    (*b"RU", "14n15c"), (*b"SA", "2n18c"), (*b"SC", "4a20n3a"), (*b"SD", "14n"), (*b"SE", "20n"),
    (*b"SI", "15n"), (*b"SK", "20n"), (*b"SM", "1a10n12c"), (*b"SO", "19n"), (*b"ST", "21n"),
    (*b"SV", "4a20n"), (*b"TL", "19n"), (*b"TN", "20n"), (*b"TR", "6n16c"), (*b"UA", "6n19c"),
    (*b"VA", "18n"), (*b"VG", "4a16n"), (*b"XK", "16n"), (*b"YE", "4a4n18c"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_in_order_and_no_number_is_too_long() {
        assert!(REGISTRY.is_sorted_by_key(|&(country, _)| country));
        assert!(
            REGISTRY
                .iter()
                .all(|&(_, structure)| (11..=LENGTH_MAX - 4).contains(&classes(structure).count()))
        );
        assert_eq!(classes("1a10n12c").collect::<Vec<_>>(), b"annnnnnnnnncccccccccccc");
    }
}
