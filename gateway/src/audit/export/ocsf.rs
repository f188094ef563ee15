//! OCSF: requests and refusals as API Activity events for a SIEM.
//!
//! Invariant: every event follows the Open Cybersecurity Schema Framework 1.8.0, class API Activity
//! (6003) with the profiles `security_control` and `ai_operation`; a test holds events against that
//! schema with a validator that nobody here wrote. `raw_data` is the record verbatim. INTENT, OUTCOME
//! and REFUSAL are activity of an API; other kinds are none and are counted by the caller.

use serde_json::{Map, Value, json};

use super::entry::{Attempt, Entry};

/// The version of the schema.
const VERSION: &str = "1.8.0";
/// Attempts that ended so are a sign that a backend is not the one that was declared.
const ALARMING: [&str; 2] = ["address_outside", "pin_mismatch"];
/// What is written where the schema wants a name and the log has none.
const UNKNOWN: &str = "unknown";

/// Appends the event of a record; false if it is none.
pub(super) fn line(entry: &Entry<'_>, out: &mut Vec<u8>) -> bool {
    let Some(verdict) = Verdict::of(entry) else { return false };
    let event = Value::Object(event(entry, &verdict));
    let start = out.len();
    // A map with string keys into memory has nothing to fail on; a broken line is taken back.
    if serde_json::to_writer(&mut *out, &event).is_err() {
        out.truncate(start);
        return false;
    }
    out.push(b'\n');
    true
}

/// How it ended, in the numbers of the schema.
struct Verdict {
    status: (u64, &'static str),
    action: (u64, &'static str),
    disposition: (u64, &'static str),
    severity: (u64, &'static str),
}

const ALLOWED: (u64, &str) = (1, "Allowed");

impl Verdict {
    fn of(entry: &Entry<'_>) -> Option<Verdict> {
        let informational = (1, "Informational");
        match entry.kind.as_str() {
            "INTENT" => Some(Verdict {
                status: (0, "Unknown"),
                action: ALLOWED,
                disposition: ALLOWED,
                severity: informational,
            }),
            "OUTCOME" => {
                let good = entry.fields.number("status").is_some_and(|status| status < 400);
                let alarming = entry.attempt_reasons().any(|reason| ALARMING.contains(&reason.as_str()));
                Some(Verdict {
                    status: if good { (1, "Success") } else { (2, "Failure") },
                    action: ALLOWED,
                    disposition: if good { ALLOWED } else { (27, "Error") },
                    severity: if alarming { (4, "High") } else { informational },
                })
            }
            "REFUSAL" => Some(Verdict {
                status: (2, "Failure"),
                action: (2, "Denied"),
                disposition: (2, "Blocked"),
                severity: (2, "Low"),
            }),
            _ => None,
        }
    }
}

fn event(entry: &Entry<'_>, verdict: &Verdict) -> Map<String, Value> {
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            event.insert(name.to_owned(), value);
        }
    };
    for (name, value) in [
        ("activity_id", json!(99)),
        ("activity_name", json!("Inference")),
        ("category_name", json!("Application Activity")),
        ("category_uid", json!(6)),
        ("class_name", json!("API Activity")),
        ("class_uid", json!(6003)),
        ("type_name", json!("API Activity: Other")),
        ("type_uid", json!(600_399)),
        ("status_id", json!(verdict.status.0)),
        ("status", json!(verdict.status.1)),
        ("action_id", json!(verdict.action.0)),
        ("action", json!(verdict.action.1)),
        ("disposition_id", json!(verdict.disposition.0)),
        ("disposition", json!(verdict.disposition.1)),
        ("severity_id", json!(verdict.severity.0)),
        ("severity", json!(verdict.severity.1)),
        ("time", json!(entry.time_us.unwrap_or(0).div_euclid(1_000))),
        ("status_code", json!(entry.fields.number("status").map(|status| status.to_string()))),
        ("status_detail", json!(detail(entry))),
        ("duration", json!(entry.fields.number("duration_us").map(|micros| micros / 1_000))),
        ("metadata", metadata(entry)),
        ("actor", actor(entry)),
        // The log holds no address of a caller: the source is the tenant's application.
        ("src_endpoint", json!({"name": entry.tenant.as_deref().unwrap_or(UNKNOWN)})),
        ("api", api(entry)),
        ("http_request", http_request(entry)),
        ("http_response", http_response(entry)),
        ("resources", resources(entry)),
        (
            "policy",
            json!(entry.fields.text("policy").map(|digest| json!({"name": "residency", "uid": digest}))),
        ),
        ("dst_endpoint", json!(entry.attempt.as_ref().and_then(endpoint))),
        ("ai_model", json!(entry.attempt.as_ref().and_then(|attempt| ai_model(entry, attempt)))),
        ("unmapped", unmapped(entry)),
        ("raw_data", json!(entry.text)),
    ] {
        set(name, value);
    }
    event
}

/// The error code, and the policy's reasons.
fn detail(entry: &Entry<'_>) -> Option<String> {
    let codes = entry.fields.reasons().into_iter().map(|reason| reason.code);
    let all: Vec<String> = entry.fields.text("code").into_iter().chain(codes).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn metadata(entry: &Entry<'_>) -> Value {
    let fields = entry.fields;
    let node = fields.text("node");
    let uid = format!("{}/{}/{}", node.as_deref().unwrap_or(UNKNOWN), entry.place.partition, entry.index);
    without_nulls([
        ("version", json!(VERSION)),
        ("product", json!({"name": "Inland", "vendor_name": "Inland", "version": env!("CARGO_PKG_VERSION")})),
        ("profiles", json!(["security_control", "ai_operation"])),
        ("uid", json!(uid)),
        ("original_event_uid", json!(uid)),
        ("correlation_uid", json!(fields.text("id"))),
        ("event_code", json!(entry.kind)),
        ("sequence", json!(entry.index)),
        ("log_name", json!(entry.place.partition)),
        ("log_provider", json!(node)),
        ("log_version", json!(fields.number("v").map(|version| version.to_string()))),
        ("original_time", json!(fields.text("time"))),
        ("tenant_uid", json!(entry.tenant)),
    ])
}

/// The person by the name of a key, which says nothing once that key is destroyed.
fn actor(entry: &Entry<'_>) -> Value {
    let tenant = entry.tenant.as_deref().unwrap_or(UNKNOWN);
    match &entry.request.subject_key {
        Some(key) => {
            let org = json!({"name": tenant});
            json!({"user": without_nulls([("uid", json!(key)), ("name", json!(entry.request.subject)), ("org", org)])})
        }
        None => json!({"app_name": tenant}),
    }
}

fn api(entry: &Entry<'_>) -> Value {
    let status = entry.fields.number("status");
    let response = status
        .map(|status| without_nulls([("code", json!(status)), ("error", json!(entry.fields.text("code")))]));
    without_nulls([
        ("operation", json!(entry.request.route.as_deref().unwrap_or(UNKNOWN))),
        ("service", json!({"name": "inland"})),
        ("request", json!(entry.fields.text("id").map(|id| json!({"uid": id})))),
        ("response", json!(response)),
    ])
}

fn http_request(entry: &Entry<'_>) -> Value {
    let bytes = entry.fields.number("request_bytes");
    bytes.map_or(Value::Null, |bytes| json!({"body_length": bytes}))
}

fn http_response(entry: &Entry<'_>) -> Value {
    let Some(status) = entry.fields.number("status") else { return Value::Null };
    without_nulls([("code", json!(status)), ("body_length", json!(entry.fields.number("response_bytes")))])
}

fn resources(entry: &Entry<'_>) -> Value {
    entry.request.model.as_ref().map_or(Value::Null, |model| json!([{"name": model, "type": "model"}]))
}

fn endpoint(attempt: &Attempt) -> Option<Value> {
    let name = attempt.backend.as_ref()?;
    let address = attempt.address.as_deref().and_then(|text| text.parse::<std::net::SocketAddr>().ok());
    Some(without_nulls([
        ("name", json!(name)),
        ("ip", json!(address.map(|address| address.ip()))),
        ("port", json!(address.map(|address| address.port()))),
        ("location", json!(attempt.country.as_ref().map(|country| json!({"country": country})))),
    ]))
}

/// A pair is `backend/model`.
fn ai_model(entry: &Entry<'_>, attempt: &Attempt) -> Option<Value> {
    let pair = attempt.pair.as_deref().and_then(|pair| pair.split_once('/')).map(|(_, model)| model);
    let name = pair.or(entry.request.model.as_deref())?;
    Some(json!({"name": name, "ai_provider": attempt.backend.as_ref()?}))
}

fn unmapped(entry: &Entry<'_>) -> Value {
    let findings = entry.fields.raw("findings").map(|_| entry.fields.counts("findings"));
    without_nulls([
        ("country", json!(entry.place.country)),
        ("sector", json!(entry.place.sector)),
        ("findings", json!(findings)),
        ("configuration", json!(entry.fields.text("configuration"))),
        ("key_pin", json!(entry.attempt.as_ref().and_then(|attempt| attempt.pin.as_ref()))),
    ])
}

fn without_nulls<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let present = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(present.map(|(name, value)| (name.to_owned(), value)).collect())
}
