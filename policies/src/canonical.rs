//! Canonical JSON (RFC 8785) for what is logged and digested.
//!
//! Invariant: equal values have equal bytes, whatever order they were built in. Only what policy
//! documents hold is supported: no fractions.

use serde_json::Value;

/// The value in canonical form.
pub(crate) fn json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// A string in canonical form.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// A list of strings in canonical form.
pub(crate) fn strings<'a>(list: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    push_strings(&mut out, list);
    out
}

/// Appends a string. RFC 8785 section 3.2.2.2 escapes as serde_json does, and most need no escape.
pub(crate) fn push_string(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&Value::from(text).to_string());
    }
}

/// Appends a list of strings.
pub(crate) fn push_strings<'a>(out: &mut String, list: impl IntoIterator<Item = &'a str>) {
    out.push('[');
    for (index, text) in list.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_string(out, text);
    }
    out.push(']');
}

/// The order of keys (section 3.2.3): by UTF-16 code units.
pub(crate) fn key_order(left: &str, right: &str) -> std::cmp::Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            // Not by the map's own order.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(left, _), (right, _)| key_order(left, right));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_string(out, key);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_by_utf16_and_strings_escaped_as_the_rfc_says() {
        let value = serde_json::json!({
            "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7, "a": {"c": null, "b": true},
        });
        let expected = "{\"\\r\":2,\"1\":4,\"a\":{\"b\":true,\"c\":null},\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(json(&value), expected);
        assert_eq!(string("\u{8}\t\n\u{c}\r\"\\\u{1}\u{7f}/"), "\"\\b\\t\\n\\f\\r\\\"\\\\\\u0001\u{7f}/\"");
    }
}
