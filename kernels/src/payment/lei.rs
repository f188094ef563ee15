//! Legal entity identifiers (ISO 17442): twenty characters, modulo 97.
//!
//! Invariant: reported are words of twenty capitals and digits, of which at least one is a letter, that
//! end in two digits and leave 1 modulo 97, whatever stands around them.

use crate::bytes::{ends_word, run_end, starts_word};
use crate::checks::mod_97;
use crate::{Finding, Label};

pub(crate) const LENGTH: usize = 20;

/// The identifier that is the word starting at `place`.
pub(crate) fn find(text: &[u8], place: usize) -> Option<Finding> {
    let member = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let end = run_end(text, place, LENGTH + 1, member);
    if end - place != LENGTH || !starts_word(text, place) || !ends_word(text, end) {
        return None;
    }
    let (body, check) = text.get(place..end)?.split_last_chunk::<2>()?;
    let fits = check.iter().all(u8::is_ascii_digit) && body.iter().any(u8::is_ascii_uppercase);
    (fits && mod_97(body.iter().chain(check).copied())).then_some(Finding {
        start: place,
        end,
        label: Label::CompanyId,
        kind: "lei",
        country: None,
        score: 96,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_identifiers_are_found_and_one_changed_digit_is_not() {
        // GLEIF: Deutsche Bank, Apple, GLEIF itself.
        for number in ["7LTWFZYICNSX8D621K86", "HWUPKR0MPOU8FGXBT394", "506700GE1G29325QX363"] {
            assert!(find(number.as_bytes(), 0).is_some(), "{number}");
            let wrong = format!(
                "{}{}",
                number.get(..19).unwrap_or_default(),
                if number.ends_with('6') { 7 } else { 6 }
            );
            assert!(find(wrong.as_bytes(), 0).is_none(), "{wrong}");
            assert!(find(number.to_lowercase().as_bytes(), 0).is_none());
        }
    }
}
