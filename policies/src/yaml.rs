//! YAML files into typed values; every error names file, line and what to write.
//!
//! Invariant: a file means the same to us (YAML 1.2) and to OPA (YAML 1.1). The one difference that
//! bites here is a bare `NO`, which OPA reads as false; it is refused before anything is parsed.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::country::Country;
use crate::error::LoadError;

/// What YAML 1.1 takes for a boolean besides `true` and `false`.
const BOOLEAN_WORDS: [&str; 16] =
    ["y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"];

/// Parses one file into a type.
pub(crate) fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, LoadError> {
    refuse_boolean_words(path, text)?;
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.without_snippet().to_string();
        LoadError::at_line(path, line, sentence(&message), remedy(&message))
    })
}

/// The line of a value.
pub(crate) fn line<T>(value: &Spanned<T>) -> u64 {
    value.referenced.line()
}

/// One word, or a list of words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Names;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a word or a list of words")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Names, E> {
                Ok(Names(vec![word.to_owned()]))
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Names, E> {
                Err(E::custom("a boolean stands where a word is expected"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element::<String>()? {
                    words.push(word);
                }
                Ok(Names(words))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// A date, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) time::Date);

const DAY: &[time::format_description::BorrowedFormatItem<'static>] =
    time::macros::format_description!("[year]-[month]-[day]");

impl Day {
    pub(crate) fn parse(text: &str) -> Option<Day> {
        // Of one form, because the core compares dates as text.
        let date = time::Date::parse(text, DAY).ok().filter(|date| text.len() == 10 && date.year() >= 1900);
        date.map(Day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(formatter, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        Day::parse(&text).ok_or_else(|| de::Error::custom(format_args!("`{text}` is not a date YYYY-MM-DD")))
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Country, D::Error> {
        let text = String::deserialize(deserializer)?;
        Country::parse(&text)
            .ok_or_else(|| de::Error::custom(format_args!("`{text}` is not a country of ISO 3166-1")))
    }
}

/// Refuses plain words that YAML 1.1 reads as booleans.
///
/// Looks at text outside quotes and comments, split where a plain scalar can begin or end.
fn refuse_boolean_words(path: &str, text: &str) -> Result<(), LoadError> {
    for (number, row) in (1u64..).zip(text.lines()) {
        let plain = without_quoted(row);
        let words = plain
            .split(['[', ']', '{', '}', ',', ':', '\u{0}'])
            .map(|word| word.trim_start_matches("- ").trim());
        for word in words {
            if BOOLEAN_WORDS.contains(&word) {
                let problem = format!("OPA reads the bare word {word} as a boolean");
                return Err(LoadError::at_line(path, number, problem, format!("'{word}'")));
            }
        }
    }
    Ok(())
}

/// The row with quoted parts replaced by one NUL each, and without its comment.
fn without_quoted(row: &str) -> String {
    let mut plain = String::with_capacity(row.len());
    let mut quote = None;
    for character in row.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if starts_scalar(&plain) => {
                quote = Some(character);
                plain.push('\u{0}');
            }
            (None, '#') if plain.is_empty() || plain.ends_with(' ') => break,
            (None, _) => plain.push(character),
        }
    }
    plain
}

/// A quote opens a quoted scalar only where a scalar begins; in `authority's` it is a letter.
fn starts_scalar(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with(['[', '{', ',', ':', '-', '\u{0}'])
}

/// The reader's own words, without the place (we say that first) and advice about its options.
fn sentence(message: &str) -> String {
    let line = message.lines().next().unwrap_or("the file is not valid YAML");
    let line = line.rsplit_once(" at line ").map_or(line, |(before, _)| before);
    line.split(", set DuplicateKeyPolicy").next().unwrap_or(line).to_owned()
}

/// What to write instead, by a part of the message.
const REMEDIES: [(&str, &str); 12] = [
    ("boolean", "a word; a country such as Norway is written 'NO'"),
    ("unknown field", "one of the keys named above, or remove the line"),
    ("missing field", "the missing key"),
    ("unknown variant", "one of the words named above"),
    ("duplicate mapping key", "the key once"),
    ("invalid u32", "a whole number, not negative"),
    ("ISO 3166-1", "the country's two letters, such as FR or 'NO'"),
    ("not a date", "a date such as 2026-11-23"),
    ("number of days", "a number of days, or unknown"),
    ("nor a zone", "[FR, DE], {zone: EEA}, unknown or unbounded"),
    ("certificate's name", "{name: HDS, until: 2027-12-31, scope: endpoint}"),
    ("nor {union", "[FR, DE], or {union: [EEA], add: [CH]}"),
];

fn remedy(message: &str) -> &'static str {
    let known = REMEDIES.into_iter().find(|(part, _)| message.contains(part));
    known.map_or("valid YAML of the form in policies/README.md", |(_, remedy)| remedy)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_bare_no_is_refused_with_its_line_and_a_quoted_one_is_norway() {
        for bare in ["a: NO", "a: [FR, NO]", "a: [NO]", "- NO", "{a: no}", "NO: x", "a: off # 'NO'", "  NO:"]
        {
            let error = parse::<serde_json::Value>("x.yaml", &format!("# NO\n\n{bare}\n")).unwrap_err();
            assert_eq!(error.at(), "x.yaml:3", "{bare}");
        }
        let error = parse::<serde_json::Value>("x.yaml", "a: [FR, NO]").unwrap_err();
        assert_eq!(error.to_string(), "x.yaml:1: OPA reads the bare word NO as a boolean\n  write: 'NO'");
        for fine in
            ["a: 'NO'", "a: [FR, \"NO\"]", "\"NO\": x", "a: no personal data", "a: it's NOT", "a: b # NO"]
        {
            assert!(parse::<serde_json::Value>("x.yaml", fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn days_are_dates_of_the_calendar() {
        assert_eq!(Day::parse("2026-11-23").unwrap().to_string(), "2026-11-23");
        for wrong in ["2026-02-30", "2026-1-1", "23.11.2026", "2026-11-23T00:00:00Z", "", "0"] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }
}
