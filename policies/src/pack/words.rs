//! The words of a pack: a misspelt one would never match, and what was meant as a limit would not be one.

use serde_json::Value;

use super::{list, row, words as path_of};
use crate::class::Class;
use crate::error::LoadError;
use crate::law::Words;

/// The parts of a policy input (`inland.input/v1`), and of the tenant in it.
const OF_INPUT: [&str; 12] = [
    "candidates",
    "classes",
    "features",
    "groups",
    "model",
    "route",
    "stream",
    "subjects",
    "tenant",
    "today",
    "use_case",
    "v",
];
const OF_TENANT: [&str; 9] =
    ["country", "flags", "name", "packs", "public_body", "redact", "sector", "strict", "waivers"];

/// What is added to a set, where it is written out.
pub(super) fn check_key(
    path: &str,
    line: u64,
    set: &str,
    key: &Value,
    words: &Words,
) -> Result<(), LoadError> {
    let word = match set {
        "exclude" => code_of(key),
        _ => text(key),
    };
    let (what, known) = match (set, word) {
        ("deny" | "exclude", Some(word)) => ("a reason code", words.remedies.contains_key(word)),
        ("redact" | "remove", Some(word)) => ("a data class", Class::from_name(word).is_some()),
        ("audit_fields", Some(word)) => ("a block of the audit record", words.audit_fields.contains(word)),
        ("response_headers", Some(word)) => {
            ("a marker of the response", words.response_headers.contains(word))
        }
        ("log_min_days" | "retention_days_max", Some(_)) => ("a number of days", false),
        _ => return Ok(()),
    };
    refuse(path, line, what, word.filter(|_| !known))
}

/// What a condition reads of the input, and the words that it compares with.
pub(super) fn check_expression(path: &str, line: u64, value: &Value, words: &Words) -> Result<(), LoadError> {
    if value.get("type").and_then(Value::as_str) == Some("ref") {
        let parts: Vec<&str> = path_of(value.get("value")).collect();
        let constant =
            |place: usize| list(value.get("value")).get(place).is_some_and(|part| text(part).is_some());
        return match parts.as_slice() {
            ["input", key, ..] if constant(1) && !OF_INPUT.contains(key) => {
                refuse(path, line, "a part of the input (inland.input/v1)", Some(key))
            }
            ["input", "tenant", key, ..] if constant(2) && !OF_TENANT.contains(key) => {
                refuse(path, line, "a part of the input's tenant", Some(key))
            }
            _ => Ok(()),
        };
    }
    match list(value.get("terms").or_else(|| value.get("value"))) {
        [_, left, right] => {
            compared(path, line, left, right, words).and_then(|()| compared(path, line, right, left, words))
        }
        _ => Ok(()),
    }
}

/// A word beside a part of the input whose words are known.
fn compared(path: &str, line: u64, word: &Value, part: &Value, words: &Words) -> Result<(), LoadError> {
    let Some(word) = text(word) else { return Ok(()) };
    let parts: Vec<&str> = path_of(part.get("value")).collect();
    let (what, known) = match parts.as_slice() {
        ["input", "classes"] => ("a data class", Class::from_name(word).is_some()),
        ["input", "use_case"] => ("a use case", words.use_cases.contains(word)),
        ["input", "tenant", "sector"] => ("a sector", words.sectors.contains(word)),
        ["input", "tenant", "flags"] => ("a flag of a tenant", words.flags.contains(word)),
        _ => return Ok(()),
    };
    refuse(path, line, what, Some(word).filter(|_| !known))
}

fn refuse(path: &str, line: u64, what: &str, word: Option<&str>) -> Result<(), LoadError> {
    match word {
        None => Ok(()),
        Some(word) => {
            let problem = format!("`{word}` is not {what}");
            Err(LoadError::at_line(
                path,
                line,
                problem,
                "a word of law/vocabulary.yaml, or a part that is there",
            ))
        }
    }
}

fn text(term: &Value) -> Option<&str> {
    let is_text = term.get("type").and_then(Value::as_str) == Some("string");
    term.get("value").and_then(Value::as_str).filter(|_| is_text)
}

/// The code in `{"pair": …, "code": "…"}`.
fn code_of(key: &Value) -> Option<&str> {
    let entries = list(key.get("value")).iter().map(|entry| list(Some(entry)));
    entries
        .filter_map(|entry| match entry {
            [name, value] if text(name) == Some("code") => text(value),
            _ => None,
        })
        .next()
}

/// The line of a part, or of what it is in.
pub(super) fn line_of(value: &Value, of_whole: u64) -> u64 {
    if value.get("location").is_some() { row(value) } else { of_whole }
}
