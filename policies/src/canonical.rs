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

/// A string in canonical form. RFC 8785 section 3.2.2.2 escapes as serde_json does.
pub(crate) fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// A list of strings in canonical form.
pub(crate) fn strings<'a>(list: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<String> = list.into_iter().map(string).collect();
    format!("[{}]", parts.join(","))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            // Keys by UTF-16 code units (section 3.2.3), not by the map's own order.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&string(key));
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
