//! A strict reading of small JSON documents: token headers, claims, key sets.
//!
//! Invariant: two readers cannot disagree about a [`Json`]. It is read by the one parser of this program
//! ([`crate::json`]): a name that stands twice in an object, at any level and however it is escaped, is
//! refused (RFC 8725 §2.4; RFC 7515 §4 leaves the choice), as are trailing data, deep nesting and unpaired
//! surrogates.

use std::collections::BTreeMap;

use crate::json::{At, Document, Kind};

/// The members of an object.
pub(super) type Members = BTreeMap<String, Json>;

/// A value whose objects have distinct names.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool,
    /// A whole number that is not negative: the form that times have.
    Integer(u64),
    /// Any other number.
    Number(f64),
    String(String),
    Array(Vec<Json>),
    Object(Members),
}

impl Json {
    pub(super) fn as_str(&self) -> Option<&str> {
        if let Json::String(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_array(&self) -> Option<&[Json]> {
        if let Json::Array(items) = self { Some(items) } else { None }
    }

    pub(super) fn as_object(&self) -> Option<&Members> {
        if let Json::Object(members) = self { Some(members) } else { None }
    }

    /// The strings of an array that holds nothing else.
    pub(super) fn as_strings(&self) -> Option<Vec<&str>> {
        self.as_array()?.iter().map(Json::as_str).collect()
    }
}

/// Reads a document that is one object. What is wrong with it is nobody's business but the sender's.
pub(super) fn object(bytes: &[u8]) -> Option<Members> {
    let document = Document::parse(bytes).ok()?;
    members(&document, document.root())
}

fn members(document: &Document, at: At) -> Option<Members> {
    if document.kind(at) != Kind::Object {
        return None;
    }
    // The parser has refused names that stand twice.
    let entry = |(name, at)| Some((document.text(name)?.to_owned(), value(document, at)?));
    document.entries(at).map(entry).collect()
}

/// Its depth is bounded by the parser's.
fn value(document: &Document, at: At) -> Option<Json> {
    Some(match document.kind(at) {
        Kind::Null => Json::Null,
        Kind::True | Kind::False => Json::Bool,
        Kind::Number => number(document.text(at)?)?,
        Kind::String | Kind::Key => Json::String(document.text(at)?.to_owned()),
        Kind::Array => {
            Json::Array(document.items(at).map(|item| value(document, item)).collect::<Option<_>>()?)
        }
        Kind::Object => Json::Object(members(document, at)?),
    })
}

fn number(text: &str) -> Option<Json> {
    if let Ok(whole) = text.parse() {
        return Some(Json::Integer(whole));
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::DEPTH_MAX;
    use proptest::prelude::*;

    proptest! {
        /// What is read here, a lenient reader reads too, and to the same: names, order aside, and texts.
        #[test]
        fn what_is_accepted_means_the_same_to_every_reader(
            document in r#"\{("(a|b|\\u0061|\\ud800|é)":(1|-1|0\.5|1e9|"(a|\\n|\\u0000)"|null|true|\[1,\]|\[\{"a":1(,"a":2)?\}\]),?){0,4}\}[ x]?"#,
        ) {
            let lenient: Result<serde_json::Map<_, _>, _> = serde_json::from_str(&document);
            if let Some(members) = object(document.as_bytes()) {
                let lenient = lenient.unwrap_or_default();
                prop_assert_eq!(members.len(), lenient.len());
                for (name, value) in &members {
                    prop_assert_eq!(value.as_str(), lenient.get(name).and_then(|other| other.as_str()));
                }
                let names = document.matches("\"a\":").count() + document.matches("\\u0061").count();
                let nested = document.matches("[{").count();
                prop_assert!(names - nested <= 1, "{}", document);
            }
        }
    }

    #[test]
    fn a_document_that_two_readers_could_read_differently_is_refused() {
        for document in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
            r#"{"a":1}{"#,
            r#"{"a":1} x"#,
            r#"{"a":"\ud800"}"#,
            "\u{feff}{}",
            r#"{"a":1,}"#,
            r#"{"a":NaN}"#,
            r#"{"a":1e999}"#,
            r#"{'a':1}"#,
            "{\"a\":\"\u{1}\"}",
            "[]",
            "1",
            "",
        ] {
            assert_eq!(object(document.as_bytes()), None, "{document}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn nesting_ends_at_the_bound() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(object(nested(DEPTH_MAX - 1).as_bytes()).is_some());
        assert!(object(nested(DEPTH_MAX).as_bytes()).is_none());
        assert!(object(nested(100_000).as_bytes()).is_none());
    }

    #[test]
    fn numbers_keep_what_a_time_needs() {
        let members = object(br#"{"a":18446744073709551615,"b":1.5,"c":-1,"d":1.0}"#).unwrap_or_default();
        assert_eq!(members.get("a"), Some(&Json::Integer(u64::MAX)));
        assert_eq!(members.get("b"), Some(&Json::Number(1.5)));
        assert_eq!(members.get("c"), Some(&Json::Number(-1.0)));
        assert_eq!(members.get("d"), Some(&Json::Number(1.0)));
    }
}
