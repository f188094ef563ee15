//! Passports and identity cards: the number that a document shows, beside a word that says so.
//!
//! Invariant: most such numbers show no check digit, so without such a word none is ever reported.

use crate::bytes::{at, before, ends_word, run_end, run_start, starts_word};
use crate::context::{self, Context, Topic};
use crate::{Finding, Label};

/// How far before the number the word may end: `Passport number (as shown): `.
const DISTANCE: usize = 24;
/// Characters of the shortest and of the longest number (ICAO Doc 9303-4, 4.2.2: up to nine in a passport;
/// the French card of 1988 has twelve).
pub(crate) const LENGTHS: std::ops::RangeInclusive<usize> = 7..=LENGTH_MAX;
const LENGTH_MAX: usize = 12;
/// The same, counted from any of its digits.
pub(crate) const WORD_DISTANCE_MAX: usize = DISTANCE + LENGTH_MAX;
const _: () = assert!(WORD_DISTANCE_MAX <= context::BEFORE);
/// Digits that every number has: a word in capitals has none.
const DIGITS_MIN: usize = 3;

/// The number around the digit group at `digit`.
pub(crate) fn find(text: &[u8], digit: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let longest = *LENGTHS.end();
    let start = run_start(text, digit, longest, part);
    let end = run_end(text, digit, longest + 1, part);
    let number = text.get(start..end).filter(|number| LENGTHS.contains(&number.len()))?;
    // The other groups of digits of the same number find the same.
    let first = number.iter().position(u8::is_ascii_digit) == Some(digit - start);
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let alone = starts_word(text, start) && ends_word(text, end);
    // `12-34567890-1`, `1.2345678`: a part of something longer.
    let alone = alone && !matches!(before(text, start), b'-' | b'.' | b'/' | b'_');
    let goes_on = matches!(at(text, end), b'-' | b'.' | b'/' | b'_') && !ends_word(text, end + 1);
    let alone = alone && !goes_on;
    (first && alone && digits >= DIGITS_MIN && context.precedes(Topic::PASSPORT, start, DISTANCE)).then_some(
        Finding { start, end, label: Label::PassportId, kind: "passport", country: None, score: 91 },
    )
}

#[cfg(test)]
mod tests {
    use crate::{Engine, Label};

    fn passports(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        Engine::cpu().scan(text, &mut found);
        let passports = found.iter().filter(|found| found.label == Label::PassportId);
        passports.filter_map(|found| text.get(found.start..found.end)).collect()
    }

    #[test]
    fn a_number_is_found_beside_the_document_that_it_is_of() {
        for (text, number) in [
            ("Passport number: 533401372", "533401372"),
            ("Reisepassnummer: C01X00T47.", "C01X00T47"),
            ("Numéro de passeport : 12AB34567", "12AB34567"),
            ("paspoort NW21R45K2, afgegeven", "NW21R45K2"),
            ("Αριθμός διαβατηρίου: AE1234567", "AE1234567"),
            ("паспорт № 384729156", "384729156"),
            ("číslo pasu 36519701)", "36519701"),
            ("ČÍSLO PASU: 36519701", "36519701"),
            ("Číslo pasu: 66821100", "66821100"),
            ("Útlevélszám: BA4216767", "BA4216767"),
            ("ÚTLEVÉL SZÁMA: BE1234567", "BE1234567"),
            ("ПАСПОРТ № 384729156", "384729156"),
        ] {
            assert_eq!(passports(text), [number], "{text}");
        }
    }

    #[test]
    fn without_such_a_word_or_in_another_form_nothing_is_found() {
        for text in [
            "Order C01X00T47",
            "Passport PASSPORTS",
            "passport 2026-05-17",
            "passport number 123456",
            "Passat AB1234567",
        ] {
            assert!(passports(text).is_empty(), "{text}");
        }
    }
}
