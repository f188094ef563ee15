//! CSV: RFC 4180, and safe to open in a spreadsheet.
//!
//! Invariant: a cell's text comes back exactly when one leading `'` is taken off each cell that
//! starts with one. It is put before every text that a spreadsheet could take for a formula (OWASP,
//! CSV Injection), and before every text that starts with `'` itself. Null is an empty cell, an
//! empty text is `""`.

use time::OffsetDateTime;
use time::macros::format_description;

use super::entry::Entry;
use super::row::{COLUMNS, Value};

/// What a formula starts with in one spreadsheet or another, in all widths of the characters.
const FORMULA: [char; 16] = [
    '=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{fe66}', '\u{fe62}',
    '\u{fe63}', '\u{fe6b}', '\u{2212}', '\'',
];

/// The line of names.
pub(super) fn header(out: &mut Vec<u8>) {
    for (place, column) in COLUMNS.iter().enumerate() {
        separate(place, out);
        out.extend_from_slice(column.name.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// The line of a record.
pub(super) fn line(entry: &Entry<'_>, out: &mut Vec<u8>) {
    for (place, column) in COLUMNS.iter().enumerate() {
        separate(place, out);
        match (column.of)(entry) {
            Value::Null => {}
            Value::Text(text) => cell(&text, out),
            Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Time(time_us) => out.extend_from_slice(time(time_us).as_bytes()),
            Value::Flag(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn separate(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.push(b',');
    }
}

/// A text.
pub(in crate::audit) fn cell(text: &str, out: &mut Vec<u8>) {
    let guarded = is_formula(text);
    let special = |byte: u8| matches!(byte, b'"' | b',' | b'\r' | b'\n' | b'\t' | b';');
    // Spaces at an edge are quoted too: some readers trim what is not.
    let quoted = text.is_empty() || text.bytes().any(special) || text.trim() != text;
    if quoted {
        out.push(b'"');
    }
    if guarded {
        out.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    if quoted {
        out.push(b'"');
    }
}

/// Tabs, line ends, spaces and invisible characters before a formula do not hide it: some programs
/// drop them. One of the first two alone is guarded as well, as OWASP has it.
fn is_formula(text: &str) -> bool {
    let invisible = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
    };
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(invisible).starts_with(FORMULA)
}

/// As the record has it; the number, for a time that no calendar holds.
fn time(time_us: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_us) * 1_000)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| time_us.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        cell(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// RFC 4180 section 2, and the rule that `README.md` gives a reader.
    fn read(cell: &str) -> String {
        let plain = match cell.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').unwrap().replace("\"\"", "\""),
            None => cell.to_owned(),
        };
        plain.strip_prefix('\'').map_or(plain.clone(), str::to_owned)
    }

    #[test]
    fn no_cell_is_a_formula_to_a_spreadsheet() {
        for (text, expected) in [
            ("hospital", "hospital"),
            ("", "\"\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("+49 711", "'+49 711"),
            ("\t=1", "\"'\t=1\""),
            ("\rx", "\"'\rx\""),
            (" =1", "\"' =1\""),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{ff20}A1", "'\u{ff20}A1"),
            ("'quoted", "''quoted"),
            ("a=1", "a=1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("one, \"two\"\nthree", "\"one, \"\"two\"\"\nthree\""),
        ] {
            assert_eq!(written(text), expected, "{text:?}");
        }
    }

    proptest! {
        /// Whatever the text, the rule gives it back, it stays one cell, and it is no formula.
        #[test]
        fn every_text_comes_back(text in "([=+@'\",;\t\r\n \u{ff1d}\u{feff}-]|[a-z]|\u{e9}){0,12}") {
            let written = written(&text);
            prop_assert_eq!(read(&written), text);
            let shown = written.strip_prefix('"').unwrap_or(&written);
            let formula = shown.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}']);
            prop_assert!(!formula);
            if !written.starts_with('"') {
                prop_assert!(!written.contains([',', '"', '\r', '\n']));
            }
        }
    }
}
