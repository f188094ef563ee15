#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;

fn rule(text: &[u8]) -> &'static str {
    Document::parse(text).unwrap_err().rule
}

fn rewritten(text: &str) -> String {
    let mut out = Vec::new();
    Document::parse(text.as_bytes()).unwrap().write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    for (text, why) in [
        (&br#"{"model":"a","model":"b"}"#[..], "an object has the same key twice"),
        (br#"{"model":"a","mod\u0065l":"b"}"#, "an object has the same key twice"),
        (br#"{"a":{"b":1,"b":2}}"#, "an object has the same key twice"),
        (br#"{"a":1} {"a":2}"#, "something follows the JSON value"),
        (br#"{"a":1}x"#, "something follows the JSON value"),
        (br#""\ud800""#, "half a surrogate pair"),
        (br#""\ud800\u0041""#, "half a surrogate pair"),
        (br#""\udc00""#, "half a surrogate pair"),
        (b"\"\xff\"", "text is not UTF-8"),
        (b"\xef\xbb\xbf{}", "no JSON value starts like this"),
        (b"[1,]", "no JSON value starts like this"),
        (b"{a:1}", "a key must be a string"),
        (b"[01]", "a comma or the closing bracket is missing"),
        (b"[+1]", "no JSON value starts like this"),
        (b"[1.]", "number is not complete"),
        (b"[.5]", "no JSON value starts like this"),
        (b"[NaN]", "no JSON value starts like this"),
        (b"\"a\nb\"", "a control character stands in a string"),
        (br#""\x41""#, "unknown escape"),
        (br#""\u00g0""#, "an escape needs four hexadecimal digits"),
        (b"[1 /* c */]", "a comma or the closing bracket is missing"),
        (b"", "text ends where a value must stand"),
        (b"\"abc", "a string does not end"),
    ] {
        assert_eq!(rule(text), why, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Document::parse(deep(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(rule(deep(DEPTH_MAX + 1).as_bytes()), "nesting is too deep");
    assert_eq!(rule("1".repeat(NUMBER_BYTES_MAX + 1).as_bytes()), "number is too long");
    let many = format!("[{}0]", "0,".repeat(NODES_MAX));
    assert_eq!(rule(many.as_bytes()), "too many values");
}

#[test]
fn an_object_with_many_keys_is_checked_without_comparing_all_pairs() {
    let keys: Vec<String> = (0..100_000).map(|key| format!("\"k{key}\":0")).collect();
    assert!(Document::parse(format!("{{{}}}", keys.join(",")).as_bytes()).is_ok());
    assert_eq!(
        rule(format!("{{{},\"k7\":1}}", keys.join(",")).as_bytes()),
        "an object has the same key twice"
    );
}

#[test]
fn key_order_and_the_spelling_of_numbers_survive() {
    assert_eq!(
        rewritten(r#" { "z" : 1.10 , "a":[ 1E+2, -0, true,null ], "t":"é\u0301\/\ud83d\ude00\u0007" } "#),
        "{\"z\":1.10,\"a\":[1E+2,-0,true,null],\"t\":\"é\u{301}/😀\\u0007\"}"
    );
}

#[test]
fn every_text_is_a_leaf_keys_and_numbers_too() {
    let document = Document::parse(br#"{"a":["b",{"c":4111}],"d":true}"#).unwrap();
    let leaves: Vec<_> = document.leaves().filter_map(|leaf| document.text(leaf)).collect();
    assert_eq!(leaves, ["a", "b", "c", "4111", "d"]);
}

#[test]
fn a_number_that_is_replaced_becomes_a_string() {
    let mut document = Document::parse(br#"{"card":4111111111111111}"#).unwrap();
    let card = document.get(document.root(), "card").unwrap();
    document.replace(card, "[card_pan]");
    let mut out = Vec::new();
    document.write(&mut out);
    assert_eq!(out, br#"{"card":"[card_pan]"}"#);
}

#[test]
fn a_document_is_written_around_a_value() {
    let document = Document::parse(br#"{"a":1,"model":"clinic","z":[2]}"#).unwrap();
    let (before, after) = document.write_around(document.get(document.root(), "model").unwrap());
    assert_eq!((before.as_slice(), after.as_slice()), (&br#"{"a":1,"model":"#[..], &br#","z":[2]}"#[..]));
}

proptest! {
    /// What is written reads as what was read, for texts of JSON's own alphabet.
    #[test]
    fn writing_and_reading_again_changes_nothing(text in r#"[\[\]{}:,"0-9a\\ue. -]{0,24}"#) {
        if let Ok(document) = Document::parse(text.as_bytes()) {
            let mut once = Vec::new();
            document.write(&mut once);
            let mut twice = Vec::new();
            Document::parse(&once).unwrap().write(&mut twice);
            prop_assert_eq!(&once, &twice);
            // serde_json refuses numbers that no f64 holds (1e999); we pass their spelling on.
            if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&text) {
                prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&once).unwrap(), theirs);
            }
        }
    }

    /// Whatever we accept, the ecosystem's parser accepts and reads the same.
    #[test]
    fn strings_survive(text in any::<String>()) {
        let mut out = Vec::new();
        write_string(&text, &mut out);
        let document = Document::parse(&out).unwrap();
        prop_assert_eq!(document.string(document.root()), Some(text.as_str()));
        prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }
}
