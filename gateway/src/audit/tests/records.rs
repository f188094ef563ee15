//! Each kind of record: one spelling, and as the schema says.

use super::super::record::{OPEN_PER_RECORD_MAX, Stamp};
use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn written(record: &Record<'_>) -> Vec<u8> {
    let stamp = Stamp {
        node: "gw-1".into(),
        boot: "00112233445566778899aabbccddeeff".into(),
        started: Instant::now(),
    };
    let mut out = Vec::new();
    record.write(&stamp, &mut out).unwrap();
    out
}

/// RFC 8785 for values without fractions: serde_json sorts the keys of a [`Value`], escapes no more
/// than it must and writes integers plainly. (Keys here are ASCII, where byte order is its order.)
fn canonical(json: &[u8]) -> Vec<u8> {
    serde_json::to_vec(&serde_json::from_slice::<Value>(json).unwrap()).unwrap()
}

/// As much of JSON Schema 2020-12 as the record schema uses. An unknown keyword is an error.
fn follows(schema: &Value, value: &Value) -> Result<(), String> {
    static SCHEMA: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    let root = SCHEMA.get_or_init(|| serde_json::from_str(include_str!("../record.schema.json")).unwrap());
    for (keyword, rule) in schema.as_object().unwrap() {
        let good = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => return follows(root.pointer(&rule.as_str().unwrap()[1..]).unwrap(), value),
            "oneOf" => {
                rule.as_array().unwrap().iter().filter(|rule| follows(rule, value).is_ok()).count() == 1
            }
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_u64().is_none_or(|number| number >= rule.as_u64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|number| number <= rule.as_u64().unwrap()),
            "type" => {
                rule.as_array().map_or_else(|| is(rule, value), |any| any.iter().any(|rule| is(rule, value)))
            }
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "items" => {
                value.as_array().into_iter().flatten().try_for_each(|item| follows(rule, item))?;
                true
            }
            "required" => {
                rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
            }
            "properties" => {
                for (key, rule) in rule.as_object().unwrap() {
                    value.get(key).map_or(Ok(()), |value| follows(rule, value))?;
                }
                true
            }
            "additionalProperties" => additional(schema, rule, value)?,
            _ => return Err(format!("unknown keyword {keyword}")),
        };
        if !good {
            return Err(format!("{keyword} of {schema} refuses {value}"));
        }
    }
    Ok(())
}

fn additional(schema: &Value, rule: &Value, value: &Value) -> Result<bool, String> {
    let known = |key: &String| schema.get("properties").is_some_and(|known| known.get(key).is_some());
    for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
        if rule == &Value::Bool(false) {
            return Err(format!("{key} is not a field"));
        }
        follows(rule, value)?;
    }
    Ok(true)
}

fn is(rule: &Value, value: &Value) -> bool {
    match rule.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    }
}

/// The schema's patterns are sequences of literals and `[class]{from,to}`, `+`, `*`: greedy does it.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.trim_matches(&['^', '$'][..]), text);
    while !pattern.is_empty() {
        let atom = if pattern.starts_with('[') {
            pattern.find(']').unwrap() + 1
        } else {
            1 + usize::from(pattern.starts_with('\\'))
        };
        let (class, rest) = pattern.split_at(atom);
        let (min, max, rest) = match rest.chars().next() {
            Some('+') => (1, usize::MAX, &rest[1..]),
            Some('*') => (0, usize::MAX, &rest[1..]),
            Some('{') => {
                let (bounds, rest) = rest[1..].split_once('}').unwrap();
                let (min, max) = bounds.split_once(',').unwrap_or((bounds, bounds));
                (min.parse().unwrap(), max.parse().unwrap(), rest)
            }
            _ => (1, 1, rest),
        };
        let run = text.chars().take_while(|letter| in_class(class, *letter)).take(max).count();
        if run < min {
            return false;
        }
        (pattern, text) = (rest, &text[run..]);
    }
    text.is_empty()
}

fn in_class(class: &str, letter: char) -> bool {
    let Some(inner) = class.strip_prefix('[') else { return class.ends_with(letter) };
    let letters: Vec<char> = inner.trim_end_matches(']').chars().collect();
    let ranged = letters.windows(3).any(|three| three[1] == '-' && (three[0]..=three[2]).contains(&letter));
    letter.is_ascii() && (ranged || letters.contains(&letter))
}

fn check(record: &Record<'_>) -> Result<(), String> {
    let schema: Value = serde_json::from_str(include_str!("../record.schema.json")).unwrap();
    let bytes = written(record);
    if bytes != canonical(&bytes) {
        return Err(format!("not canonical: {}", String::from_utf8_lossy(&bytes)));
    }
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let kind = value["kind"].as_str().unwrap();
    follows(&schema["$defs"][kind], &value)?;
    follows(&schema, &value)
}

#[test]
fn an_intent_is_spelt_like_this() {
    let text = String::from_utf8(written(&Record::Intent(World::new().intent("req-1")))).unwrap();
    let (before, after) = text.split_once("\"mono_us\":").unwrap();
    let (_, after) = after.split_once(',').unwrap();
    assert_eq!(
        before,
        "{\"boot\":\"00112233445566778899aabbccddeeff\",\"configuration\":\"sha256:01\",\"decision\":{\"allow\":[\"paris/large\"]},\"dropped_headers\":0,\"engine\":\"cpu\",\"findings\":{\"email\":1,\"iban\":2},\"id\":\"req-1\",\"input\":{},\"kind\":\"INTENT\",\"model\":\"clinic-large\","
    );
    assert_eq!(
        after,
        "\"node\":\"gw-1\",\"policy\":\"sha256:00\",\"principal\":\"jwt\",\"request_bytes\":1024,\"request_hmac\":\"ab\",\"route\":\"/v1/chat/completions\",\"stale\":false,\"subject\":{\"key\":\"00112233aabbccdd\",\"sealed\":\"AAAA\"},\"tenant\":\"hospital\",\"time\":\"2026-07-28T09:30:00.000123Z\",\"v\":1}"
    );
}

#[test]
fn every_kind_is_canonical_and_follows_the_schema() {
    let world = World::new();
    let open: Vec<Open> = (0..OPEN_PER_RECORD_MAX as u64)
        .map(|intent| Open { id: "x".repeat(ID_BYTES_MAX), intent: intent + (1 << 53) - 300 })
        .collect();
    let reasons = [Reason { code: "LOCATION", rule: "FR-HDS" }, Reason { code: "NO_BASIS", rule: "EU-46" }];
    let refusal = Refusal {
        id: "req-1",
        time_us: 1,
        tenant: "hospital",
        subject: Some(&world.sealed),
        route: "/v1/embeddings",
        model: Some("clinic-large"),
        status: 403,
        code: "policy_denied",
        reasons: &reasons,
        input: Some("{\"classes\":[\"health\"]}"),
        decision: Some("{}"),
        policy: "p",
        configuration: "c",
        findings: &world.findings,
    };
    let bare =
        Refusal { subject: None, model: None, reasons: &[], input: None, decision: None, ..refusal.clone() };
    let unauthenticated = BTreeMap::from([("expired", 3), ("audience", 1_u64 << 60)]);
    let activation = Activation {
        time_us: 1,
        what: "policy",
        digest: "d",
        revision: Some(7),
        author: Some("anna"),
        approver: Some("bert"),
        previous: None,
    };
    let signature = format!("{}==", "A".repeat(86));
    let attempt =
        |reason| Attempt { pair: "p", backend: "b", country: "FR", address: None, pin: None, reason };
    let attempts = [attempt(Some("address_outside")), attempt(None)];
    let failed = Outcome {
        attempts: &attempts,
        pair: None,
        status: 502,
        code: Some("backend_failed"),
        response_hmac: None,
        first_byte_us: None,
        ..outcome("req-1", 7)
    };
    for record in [
        Record::from(world.intent("req-1")),
        outcome("req-1", 7).into(),
        failed.into(),
        refusal.into(),
        bare.into(),
        Recovery { time_us: 1, open: &open, cut_bytes: 9, cut_sha256: Some("00") }.into(),
        Recovery { time_us: 1, open: &[], cut_bytes: 0, cut_sha256: None }.into(),
        Heartbeat { time_us: 1, unauthenticated: &unauthenticated }.into(),
        activation.into(),
        Rotate { time_us: 1, old: "n/p+00+AQ==", new: "n/p+01+AQ==", signature: &signature, until_us: 2 }
            .into(),
    ] {
        assert_eq!(check(&record), Ok(()));
    }
}

#[test]
fn the_schema_refuses_a_field_that_could_hold_content() {
    let schema: Value = serde_json::from_str(include_str!("../record.schema.json")).unwrap();
    let mut value: Value = serde_json::from_slice(&written(&World::new().intent("req-1").into())).unwrap();
    assert_eq!(follows(&schema, &value), Ok(()));
    value["prompt"] = "Anna has a cold".into();
    assert!(follows(&schema, &value).is_err());
    value.as_object_mut().unwrap().remove("prompt");
    value["time"] = "yesterday".into();
    assert!(follows(&schema, &value).is_err());
}

proptest! {
    /// Names that came from outside cannot break out of their string.
    #[test]
    fn hostile_names_stay_in_their_field(name in "[\"\\\\{}:,\u{0}-\u{1f}\u{7f}\u{2028}\u{1f600}aé]{0,24}") {
        let world = World::new();
        let findings = BTreeMap::new();
        let intent = Intent { tenant: &name, model: &name, route: &name, findings: &findings, ..world.intent("r") };
        let record = Record::Intent(intent);
        prop_assert_eq!(check(&record), Ok(()));
        let value: Value = serde_json::from_slice(&written(&record)).unwrap();
        prop_assert_eq!(value["tenant"].as_str(), Some(name.as_str()));
    }
}
