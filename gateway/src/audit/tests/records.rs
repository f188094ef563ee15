//! Each kind of record: one spelling, and as the schema says.

use super::super::record::{OPEN_PER_RECORD_MAX, Stamp};
use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::OnceLock;

fn written(record: &Record<'_>) -> Vec<u8> {
    written_by(&Stamp::new("gw-1", "00112233445566778899aabbccddeeff".into()), record)
}

fn written_by(stamp: &Stamp, record: &Record<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    record.write(stamp, &mut out).unwrap();
    out
}

/// RFC 8785 for values without fractions: serde_json sorts the keys of a [`Value`], escapes no more
/// than it must and writes integers plainly. (Keys here are ASCII, where byte order is its order.)
fn canonical(json: &[u8]) -> Vec<u8> {
    serde_json::to_vec(&serde_json::from_slice::<Value>(json).unwrap()).unwrap()
}

/// Ends the test that wrote a record which the schema does not know.
pub(in crate::audit) fn must_follow_the_schema(record: &[u8]) {
    if let Err(error) = follows(&serde_json::from_slice(record).unwrap()) {
        panic!("{error}: {}", String::from_utf8_lossy(record));
    }
}

fn follows(record: &Value) -> Result<(), String> {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let schema = SCHEMA
        .get_or_init(|| jsonschema::draft202012::new(&serde_json::from_str(RECORD_SCHEMA).unwrap()).unwrap());
    schema.validate(record).map_err(|error| error.to_string())
}

fn check(record: &Record<'_>) -> Result<(), String> {
    let bytes = written(record);
    if bytes != canonical(&bytes) {
        return Err(format!("not canonical: {}", String::from_utf8_lossy(&bytes)));
    }
    follows(&serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn an_intent_is_spelt_like_this() {
    let text = String::from_utf8(written(&Record::Intent(World::new().intent("req-1")))).unwrap();
    let (before, after) = text.split_once("\"mono_us\":").unwrap();
    let (_, after) = after.split_once(',').unwrap();
    assert_eq!(
        before,
        "{\"boot\":\"00112233445566778899aabbccddeeff\",\"configuration\":\"sha256:01\",\"decision\":{\"allow\":[\"paris/large\"]},\"dropped_headers\":0,\"engine\":\"cpu\",\"findings\":{\"email\":1,\"iban\":2},\"id\":\"req-1\",\"input\":{},\"kind\":\"INTENT\",\"law\":\"sha256:02\",\"model\":\"clinic-large\","
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
        digests: DIGESTS,
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
    let handed = [Handed {
        old: "n/p+00+AQ==".into(),
        new: "n/p+01+AQ==".into(),
        signature: format!("{}==", "A".repeat(86)),
    }];
    let roots = ["Zg==".to_owned(), "+/8=".to_owned()];
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
        Erase { time_us: 1, tenant: "t", key: "00112233aabbccdd", key_check: &"0f".repeat(8), reason: "R-7" }
            .into(),
        Prune { time_us: 1, minimum: 768, roots: &roots, keys: &handed, before_us: 1_785_231_000_000_123 }
            .into(),
        Rotate { time_us: 1, old: "n/p+00+AQ==", new: "n/p+01+AQ==", signature: &signature, until_us: 2 }
            .into(),
    ] {
        assert_eq!(check(&record), Ok(()));
    }
}

#[test]
fn a_heartbeat_says_what_is_in_force() {
    let stamp = Stamp::new("gw-1", "00".repeat(16));
    let nothing = BTreeMap::new();
    let beat = || -> Value {
        let heartbeat = Heartbeat { time_us: 1, unauthenticated: &nothing };
        serde_json::from_slice(&written_by(&stamp, &heartbeat.into())).unwrap()
    };
    assert_eq!(beat()["law"], Value::Null);
    stamp.set_in_force(DIGESTS);
    let names = ["configuration", "engine", "law", "policy"];
    assert_eq!(names.map(|name| beat()[name].clone()), ["sha256:01", "cpu", "sha256:02", "sha256:00"]);
}

#[test]
fn the_schema_refuses_a_field_that_could_hold_content() {
    let mut value: Value = serde_json::from_slice(&written(&World::new().intent("req-1").into())).unwrap();
    assert_eq!(follows(&value), Ok(()));
    value["prompt"] = "Anna has a cold".into();
    assert!(follows(&value).is_err());
    value.as_object_mut().unwrap().remove("prompt");
    value["time"] = "yesterday".into();
    assert!(follows(&value).is_err());
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
