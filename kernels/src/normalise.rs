//! Normalised values: what a pseudonym is made from.
//!
//! Invariant: the same number in any spelling has one value, and the value of a value is itself.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::view::folded;

/// The value of what a finding of `kind` covers, however it was written.
///
/// ```
/// use inland_kernels::normalise;
///
/// assert_eq!(normalise("iban", "de89 3704 0044 0532 0130 00"), "DE89370400440532013000");
/// assert_eq!(normalise("phone", "0044 (0)20 7946-0958"), "+442079460958");
/// ```
#[must_use]
pub fn normalise(finding_kind: &str, text: &str) -> String {
    if finding_kind.starts_with("secret.") {
        return text.to_owned();
    }
    let text = folded(text);
    let text = text.trim();
    match finding_kind {
        "email" => lower(text),
        "phone" => phone(text),
        "ip.v4" => text.parse::<Ipv4Addr>().map_or_else(|_| lower(text), |address| address.to_string()),
        "ip.v6" => text.parse::<Ipv6Addr>().map_or_else(|_| lower(text), |address| address.to_string()),
        "se.personnummer" => last_ten_digits(text),
        // The sign between date and serial number is part of the number: it tells the century.
        "fi.hetu" => text.to_ascii_uppercase(),
        _ => text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_uppercase())
            .collect(),
    }
}

/// In small letters; some look Latin whose capitals do not.
fn lower(text: &str) -> String {
    folded(&text.to_lowercase()).into_owned()
}

/// Digits only, with `+` where the country code is written; the trunk zero in brackets is not dialled
/// from abroad.
fn phone(text: &str) -> String {
    let text = text.replace("(0)", if text.starts_with('+') || text.starts_with("00") { "" } else { "0" });
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (text.starts_with('+'), digits.strip_prefix("00")) {
        (true, _) => format!("+{digits}"),
        (false, Some(international)) => format!("+{international}"),
        (false, None) => digits,
    }
}

/// Personnummer are written with and without the century, and only the ten digits are always there.
fn last_ten_digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.get(digits.len().saturating_sub(10)..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_number_have_one_value() {
        for (kind, spellings, value) in [
            (
                "iban",
                &["DE89 3704 0044 0532 0130 00", "de89-3704-0044-0532-0130-00"][..],
                "DE89370400440532013000",
            ),
            ("card.visa", &["4539 1488 0343 6467", "4539\u{a0}1488\u{a0}0343\u{a0}6467"], "4539148803436467"),
            ("fr.nir", &["2 53 07 2b 073 004 70", "253072B07300470"], "253072B07300470"),
            ("email", &["Anna@Example.ORG", "anna\u{ff20}example.org"], "anna@example.org"),
            ("phone", &["+44 (0)20 7946 0958", "0044 20 7946 0958", "+442079460958"], "+442079460958"),
            ("ip.v6", &["2001:DB8:0:0::1", "2001:db8::1"], "2001:db8::1"),
            ("se.personnummer", &["19880320-0016", "880320-0016", "8803200016"], "8803200016"),
            ("fi.hetu", &["131052-308t"], "131052-308T"),
            ("ch.ssn", &["756.9217.0769.85", "7569217076985"], "7569217076985"),
        ] {
            for spelling in spellings {
                assert_eq!(normalise(kind, spelling), value, "{kind} {spelling}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_value_of_a_value_is_itself(
            kind in "iban|card\\.visa|email|phone|ip\\.v4|ip\\.v6|fr\\.nir|se\\.personnummer|fi\\.hetu|secret\\.x|mac",
            text in "([0-9a-zA-Z+(). :@İΣß\u{ff10}-\u{ff19}\u{200b}\u{a0}-]|\\(0\\)|00|::){0,20}",
        ) {
            let value = normalise(&kind, &text);
            prop_assert_eq!(normalise(&kind, &value), value);
        }
    }
}
