//! JSON inside of strings (arguments and results of tools): its `\u` escapes are written out.
//!
//! Invariant: the text means the same to whoever reads it as JSON, and reads as what it means to
//! inspection. Python's `json.dumps` writes every character beyond ASCII as an escape, so the blanks
//! inside of a number would else hide it.

use crate::json::{At, Document, Kind};

/// Writes out the escapes in every string of a document that is itself a JSON object or array.
pub(super) fn unfold(document: &mut Document) {
    let folded: Vec<At> = document.leaves().filter(|at| is_folded(document, *at)).collect();
    for at in folded {
        let unfolded = written_out(document.text(at).unwrap_or_default());
        document.replace(at, &unfolded);
    }
}

fn is_folded(document: &Document, at: At) -> bool {
    let text = document.text(at).unwrap_or_default();
    document.kind(at) == Kind::String
        && text.contains("\\u")
        && text.trim_start().starts_with(['{', '['])
        && Document::parse(text.as_bytes()).is_ok()
}

/// The text with each `\uXXXX` as the character it stands for, where that character may stand as it is.
fn written_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        let (plain, escape) = rest.split_at(place);
        out.push_str(plain);
        let (character, bytes) = match unicode(escape) {
            Some((character, bytes)) if character >= ' ' && !matches!(character, '"' | '\\') => {
                (Some(character), bytes)
            }
            // Any other escape stays: with the character after the backslash, which may be one too.
            _ => (None, escape.chars().take(2).map(char::len_utf8).sum()),
        };
        match character {
            Some(character) => out.push(character),
            None => out.push_str(escape.get(..bytes).unwrap_or(escape)),
        }
        rest = escape.get(bytes..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The character of a `\uXXXX`, or of two that make a pair, and how long it is written.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 6)?.strip_prefix("\\u")?;
        if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            u32::from_str_radix(digits, 16).ok()
        } else {
            None
        }
    };
    let first = unit(0)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = unit(6).filter(|second| (0xDC00..=0xDFFF).contains(second))?;
    let code = 0x10000 + (first.checked_sub(0xD800)? << 10) + (second - 0xDC00);
    char::from_u32(code).map(|character| (character, 12))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unfolded(text: &str) -> String {
        let mut quoted = Vec::new();
        crate::json::write_string(text, &mut quoted);
        let mut document = Document::parse(&quoted).unwrap();
        unfold(&mut document);
        document.string(document.root()).unwrap().to_owned()
    }

    #[test]
    fn escapes_inside_of_json_are_written_out_and_nothing_else_changes() {
        for (text, wanted) in [
            (r#"{"iban": "FR76\u00a03000"}"#, "{\"iban\": \"FR76\u{a0}3000\"}"),
            (r#"{"n":"\u0034\u0031\ud83d\ude00"}"#, r#"{"n":"41😀"}"#),
            (r#"{"q":"\u0022 \u005c \u000a \n \\u0041"}"#, r#"{"q":"\u0022 \u005c \u000a \n \\u0041"}"#),
            (r#"plain \u0041 text"#, r#"plain \u0041 text"#), // not JSON: a text about escapes
            (r#"{"broken": \u0041"#, r#"{"broken": \u0041"#),
        ] {
            assert_eq!(unfolded(text), wanted);
        }
    }

    proptest! {
        /// Whatever is written out, it means the same.
        #[test]
        fn the_meaning_stays(inner in r#"(\\u00[0-9a-f]{2}|\\ud83d\\ude00|\\\\|\\n|[a-z0-9 u]){0,12}"#) {
            let text = format!("{{\"a\":\"{inner}\"}}");
            if let Ok(before) = serde_json::from_str::<serde_json::Value>(&text) {
                let after: serde_json::Value = serde_json::from_str(&unfolded(&text)).unwrap();
                prop_assert_eq!(before, after);
            }
        }
    }
}
