//! Whatever a backend does, the caller gets the stated refusal, the log says why, and nothing reaches a
//! backend that the policy did not clear.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use inland::demo::Heard;
use inland::demo::standin::Behaviour::{self, *};
use inland::demo::standin::StandIn;
use inland_tests::{BANK, HOSPITAL, Stage, WERK, all_records, attempts, body, files_with, of_kind, streamed};
use serde_json::Value;

/// Bounds that a test can wait for.
const LIMITS: &str = "\n[limits]\nfirst_byte_seconds = 1\nidle_seconds = 1\nanswer_bytes_max = 1048576\nstream_bytes_max = 2097152\n";
/// What no file and no other server may hold.
const CANARY: &str = "zebra-quartz-eleven";
const IBAN: &str = "DE89370400440532013000";
/// Ten gigabytes.
const FLOOD: Behaviour = Flood { bytes: 10_000_000_000 };

fn letter() -> String {
    // More than 120 characters: over 40 events of three characters each.
    format!("Compte rendu {CANARY} de la patiente, virement sur {IBAN}. {}", "Elle va bien. ".repeat(12))
}

/// What must come of a fault.
struct Expected {
    status: u16,
    code: Option<&'static str>,
    retry: Option<&'static str>,
    attempts: &'static [&'static str],
}

const fn refused(
    status: u16,
    code: &'static str,
    retry: &'static str,
    attempts: &'static [&'static str],
) -> Expected {
    Expected { status, code: Some(code), retry: Some(retry), attempts }
}

const ANSWERED: Expected = Expected { status: 200, code: None, retry: None, attempts: &["paris"] };
/// A stream that breaks: 200 stands already, the code is in its error event and in the record.
const BROKEN: Expected =
    Expected { status: 200, code: Some("backend_failed"), retry: None, attempts: &["paris"] };

/// The faults of the only cleared backend: what it does, whether the call is streamed, what comes of it.
fn faults(us: &str) -> Vec<(Behaviour, bool, Expected)> {
    let redirect = || Redirect(format!("https://{us}/v1/chat/completions"));
    let timeout = || refused(504, "backend_timeout", "false", &["paris: first_byte_timeout"]);
    let failed = |attempts| refused(502, "backend_failed", "false", attempts);
    vec![
        (Answer, false, ANSWERED),
        (Answer, true, ANSWERED),
        (HangBeforeFirstByte, false, timeout()),
        (HangBeforeFirstByte, true, timeout()),
        (SlowEvents(Duration::from_secs(5)), true, timeout()),
        (SlowEvents(Duration::from_millis(5)), true, ANSWERED),
        (redirect(), false, failed(&["paris: redirect"])),
        (redirect(), true, failed(&["paris: redirect"])),
        (FLOOD, false, failed(&["paris: answer_too_large"])),
        (FLOOD, true, BROKEN),
        (ResetMidStream { after_events: 1 }, false, failed(&["paris: connection_lost"])),
        (ResetMidStream { after_events: 0 }, true, failed(&["paris: connection_lost"])),
        (ResetMidStream { after_events: 7 }, true, BROKEN),
        (Malformed, false, failed(&["paris: not_json"])),
        (Malformed, true, BROKEN),
        (EarlyHints, false, ANSWERED),
        (EarlyHints, true, ANSWERED),
        (Trailers, false, ANSWERED),
        (Trailers, true, ANSWERED),
        (SplitEvery(1), true, ANSWERED),
        (Status(429), false, refused(429, "rate_limited", "true", &["paris: status_429"])),
        (Status(503), false, refused(503, "no_backend", "false", &["paris: status_503"])),
        (Status(500), true, failed(&["paris: status_5xx"])),
        (Status(401), false, failed(&["paris: credential_refused"])),
        (Status(403), false, failed(&["paris: credential_refused"])),
        (Status(404), false, failed(&["paris: status_404"])),
        (CloseAtOnce, false, refused(503, "no_backend", "false", &["paris: tls_failed"])),
    ]
}

/// The code of a refusal, or of the error event that ends a stream.
fn code(heard: &Heard) -> Option<String> {
    heard.refusal().or_else(|| {
        let body = String::from_utf8_lossy(&heard.body).into_owned();
        let last = body.lines().rev().find_map(|line| line.strip_prefix("data: "))?.to_owned();
        let event: Value = serde_json::from_str(&last).ok()?;
        Some(event.pointer("/error/code")?.as_str()?.to_owned())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_only_cleared_backend_ends_as_stated_and_reaches_nobody_else() {
    let stage = Stage::start("faults", LIMITS).await.unwrap();
    let us = stage.world.stand_in("virginia").unwrap().address();
    let mut before = stage.connections("virginia");
    for (fault, stream, expected) in faults(&us.to_string()) {
        let what = format!("{fault:?}, streamed: {stream}");
        stage.forget();
        stage.world.stand_in("paris").unwrap().behave(fault);
        let call = if stream { streamed("clinic-large", &letter()) } else { body("clinic-large", &letter()) };
        let heard = stage.chat(HOSPITAL, &call).await.unwrap();
        let records = stage.records(&heard).await.unwrap();
        assert_eq!(heard.status, expected.status, "{what}");
        assert_eq!(code(&heard).as_deref(), expected.code, "{what}");
        assert_eq!(heard.header("x-should-retry"), expected.retry, "{what}");
        assert_eq!(attempts(&records), expected.attempts, "{what}");
        let outcome = of_kind(&records, "OUTCOME");
        assert_eq!(outcome.get("code").and_then(Value::as_str), expected.code, "{what}");
        assert_eq!(outcome.get("status").and_then(Value::as_u64), Some(u64::from(expected.status)), "{what}");
        assert!(stage.reached().iter().all(|id| *id == "paris"), "{what} reached {:?}", stage.reached());
        assert_eq!(stage.connections("virginia"), std::mem::replace(&mut before, us_now(&stage)), "{what}");
        let whole = String::from_utf8_lossy(&heard.body).contains("[DONE]");
        assert_eq!(whole, stream && expected.code.is_none(), "{what}");
        // What the fault tried to tell the caller stays out: a hint, a trailer, the backend's own words.
        for forged in ["link", "location", "trailer"] {
            assert_eq!(heard.header(forged), None, "{what}");
        }
        let country = heard.header("x-inland-country");
        assert!(matches!(country, None | Some("FR")), "{what}: {country:?}");
    }
    nothing_is_kept(&stage);
    stage.world.stop().await;
}

fn us_now(stage: &Stage) -> u64 {
    stage.connections("virginia")
}

/// E8: no prompt, completion, token, credential or raw identifier in any file of the log.
fn nothing_is_kept(stage: &Stage) {
    let secret = std::fs::read_to_string(stage.world.directory().join("credentials/paris.key")).unwrap();
    let token = stage.token(HOSPITAL);
    let signature = token.rsplit('.').next().unwrap();
    for kept in [CANARY, IBAN, "Elle va bien", "test-user", signature, secret.trim()] {
        assert_eq!(files_with(&stage.log(), kept), Vec::<std::path::PathBuf>::new(), "the log holds {kept}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_refuses_connections_is_not_replaced_by_one_that_is_not_allowed() {
    // RP-02: the allowed one is down, a forbidden one is healthy.
    let mut stage = Stage::start("refuses", LIMITS).await.unwrap();
    let before = stage.connections("virginia");
    stage.world.fell("paris").await;
    for call in [body("clinic-large", &letter()), streamed("clinic-large", &letter())] {
        let heard = stage.chat(HOSPITAL, &call).await.unwrap();
        let records = stage.records(&heard).await.unwrap();
        assert_eq!((heard.status, heard.refusal().as_deref()), (503, Some("no_backend")));
        assert_eq!(heard.header("x-should-retry"), Some("false"));
        assert_eq!(attempts(&records), ["paris: connect_failed"]);
    }
    assert_eq!(stage.reached(), Vec::<&str>::new());
    assert_eq!(stage.connections("virginia"), before);
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_attempt_goes_to_the_next_allowed_backend_before_the_first_byte_only() {
    // RP-01. Werk's letters may go to Frankfurt, Paris and Virginia, in this order.
    let stage = Stage::start("failover", LIMITS).await.unwrap();
    let frankfurt = stage.world.stand_in("frankfurt").unwrap();
    for (fault, reason) in [
        (Status(503), "frankfurt: status_503"),
        (Status(500), "frankfurt: status_5xx"),
        (Status(429), "frankfurt: status_429"),
        (CloseAtOnce, "frankfurt: tls_failed"),
        (HangBeforeFirstByte, "frankfurt: first_byte_timeout"),
        (Malformed, "frankfurt: not_json"),
    ] {
        // A backend that failed a moment ago is tried last: one success makes it first again.
        frankfurt.behave(Answer);
        until_first(&stage).await;
        stage.forget();
        frankfurt.behave(fault);
        let heard = stage.chat(WERK, &body("werk-large", "Ein Brief, bitte.")).await.unwrap();
        let records = stage.records(&heard).await.unwrap();
        assert_eq!((heard.status, heard.header("x-inland-backend")), (200, Some("paris")), "{reason}");
        // A kept connection that the fault closed is an attempt of its own: it may have carried the request.
        let tried = attempts(&records);
        let tried: Vec<&String> =
            tried.iter().filter(|tried| *tried != "frankfurt: stale_connection").collect();
        assert_eq!(tried, [reason, "paris"]);
        assert!(!stage.reached().contains(&"virginia"), "{reason}");
    }
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_hangs_up_does_not_make_the_log_deny_that_data_left() {
    let stage = Stage::start("hang-up", "").await.unwrap();
    stage.world.stand_in("paris").unwrap().behave(HangBeforeFirstByte);
    let call = body("clinic-large", "Bonjour");
    let asked = stage.chat(HOSPITAL, &call);
    assert!(tokio::time::timeout(Duration::from_secs(2), asked).await.is_err(), "nobody answered");
    let patience = std::time::Instant::now() + Duration::from_secs(10);
    let outcome = loop {
        let records = all_records(&stage.log()).unwrap();
        if let Some(outcome) = records.into_iter().find(|it| it.get("kind") == Some(&"OUTCOME".into())) {
            break outcome;
        }
        assert!(std::time::Instant::now() < patience, "no OUTCOME came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(outcome.pointer("/code"), Some(&"client_gone".into()));
    assert_eq!(outcome.pointer("/attempts/0/backend"), Some(&"paris".into()));
    assert_eq!(outcome.pointer("/attempts/0/reason"), Some(&"caller_gone".into()));
    assert!(outcome.pointer("/attempts/0/address").is_some_and(serde_json::Value::is_string));
    stage.world.stop().await;
}

/// Makes Frankfurt the first again at once: the others fail, it answers.
async fn until_first(stage: &Stage) {
    let others = ["paris", "virginia"].map(|id| stage.world.stand_in(id).unwrap());
    others.iter().for_each(|stand_in| stand_in.behave(Status(503)));
    let heard = stage.chat(WERK, &body("werk-large", "Ein Brief, bitte.")).await.unwrap();
    assert_eq!(heard.header("x-inland-backend"), Some("frankfurt"));
    others.iter().for_each(|stand_in| stand_in.behave(Answer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_breaks_gives_its_forty_events_one_error_event_and_no_done() {
    // RP-03.
    let stage = Stage::start("midstream", LIMITS).await.unwrap();
    let frankfurt = stage.world.stand_in("frankfurt").unwrap();
    frankfurt.behave(ResetMidStream { after_events: 40 });
    let heard = stage.chat(WERK, &streamed("werk-large", &"Ein Brief. ".repeat(30))).await.unwrap();
    let text = String::from_utf8_lossy(&heard.body).into_owned();
    let events: Vec<&str> = text.lines().filter(|line| line.starts_with("data: ")).collect();
    let (last, before) = events.split_last().unwrap();
    assert_eq!(before.len(), 40);
    assert!(before.iter().all(|event| event.contains("\"choices\"")), "{before:?}");
    assert!(last.contains("\"code\":\"backend_failed\""), "{last}");
    assert!(!text.contains("[DONE]"));
    assert_eq!(attempts(&stage.records(&heard).await.unwrap()), ["frankfurt"]);
    assert_eq!((frankfurt.requests().len(), stage.reached()), (1, vec!["frankfurt"]));
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_that_the_backend_closed_is_replaced_and_the_request_arrives_once() {
    let mut stage = Stage::start("kept", LIMITS).await.unwrap();
    let call = body("clinic-large", &letter());
    assert_eq!(stage.chat(HOSPITAL, &call).await.unwrap().status, 200);
    stage.world.fell("paris").await; // closes what is open
    stage.world.raise("paris").await.unwrap();
    let heard = stage.chat(HOSPITAL, &call).await.unwrap();
    assert_eq!(heard.status, 200);
    assert_eq!(attempts(&stage.records(&heard).await.unwrap()), ["paris"]);
    assert_eq!(stage.world.stand_in("paris").unwrap().requests().len(), 1);
    stage.world.stop().await;
}

/// Puts another server in a backend's place, at the same address.
async fn impostor(stage: &mut Stage, id: &'static str, certificate: (&str, &str)) -> StandIn {
    let address = stage.world.stand_in(id).unwrap().address();
    stage.world.fell(id).await;
    StandIn::start(address, Some(certificate), "impostor").await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_cannot_show_its_key_gets_no_byte() {
    // RP-10, and its certificates: another key of our CA, a certificate of another CA, one for another name.
    let mut stage = Stage::start("impostor", LIMITS).await.unwrap();
    let elsewhere = inland_tests::Folder::new("other-ca").unwrap();
    let other = inland_certs::Authority::load_or_create(elsewhere.path()).unwrap();
    let (name, ours) = ("llm.fr.example.test", stage.world.authority());
    let cases = [
        (ours.issue("fake", &[name], &[]).unwrap(), "paris: pin_mismatch"),
        (other.issue("fake", &[name], &[]).unwrap(), "paris: tls_failed"),
        (ours.issue("else", &["llm.us.example.test"], &[]).unwrap(), "paris: tls_failed"),
    ];
    for (issued, reason) in cases {
        let fake = impostor(&mut stage, "paris", (&issued.certificate_pem, &issued.key_pem)).await;
        let heard = stage.chat(HOSPITAL, &body("clinic-large", &letter())).await.unwrap();
        let records = stage.records(&heard).await.unwrap();
        assert_eq!((heard.status, heard.refusal().as_deref()), (503, Some("no_backend")), "{reason}");
        assert_eq!(attempts(&records), [reason]);
        assert_eq!(fake.received(), b"", "{reason}");
        fake.stop().await;
        stage.world.raise("paris").await.unwrap();
    }
    assert_eq!(stage.chat(HOSPITAL, &body("clinic-large", "Bonjour")).await.unwrap().status, 200);
    stage.world.stop().await;
}

/// A CA and a certificate of it whose time is over: `(ca, chain, key)` in PEM.
fn expired(name: &str) -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&key).unwrap().pem();
    let leaf_key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.not_before = time::macros::datetime!(2024-01-01 00:00 UTC);
    leaf.not_after = time::macros::datetime!(2024-12-31 00:00 UTC);
    let leaf_pem = leaf.signed_by(&leaf_key, &Issuer::from_params(&ca, &key)).unwrap().pem();
    (ca_pem, leaf_pem, leaf_key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_certificate_gets_no_byte_though_its_ca_is_trusted() {
    let mut stage = Stage::start("expired", LIMITS).await.unwrap();
    let (ca, chain, key) = expired("llm.fr.example.test");
    std::fs::write(stage.world.directory().join("certs/expired-ca.pem"), ca).unwrap();
    stage
        .edit(
            "gateway.toml",
            "ca = \"certs/ca.pem\"\nprovider = \"stand-in/fr\"",
            "ca = \"certs/expired-ca.pem\"\nprovider = \"stand-in/fr\"",
        )
        .unwrap();
    stage.world.running().unwrap().reload().await.unwrap();
    let fake = impostor(&mut stage, "paris", (&chain, &key)).await;
    let heard = stage.chat(HOSPITAL, &body("clinic-large", &letter())).await.unwrap();
    assert_eq!((heard.status, heard.refusal().as_deref()), (503, Some("no_backend")));
    assert_eq!(attempts(&stage.records(&heard).await.unwrap()), ["paris: tls_failed"]);
    assert_eq!(fake.received(), b"");
    fake.stop().await;
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_leads_outside_its_networks_is_refused_before_any_connection() {
    // RP-10: the French name has one good address and one in the United States; it is refused whole.
    let stage = Stage::start("outside", LIMITS).await.unwrap();
    let before = stage.connections("virginia");
    let moved = stage.chat(HOSPITAL, &body("clinic-moved", &letter())).await.unwrap();
    stage
        .edit(
            "gateway.toml",
            "\"moved.fr.example.test\" = [\"127.1.0.10\"]",
            "\"moved.fr.example.test\" = [\"127.33.0.10\", \"127.1.0.10\"]",
        )
        .unwrap();
    stage.world.running().unwrap().reload().await.unwrap();
    let mixed = stage.chat(HOSPITAL, &body("clinic-moved", &letter())).await.unwrap();
    for heard in [moved, mixed] {
        assert_eq!((heard.status, heard.refusal().as_deref()), (503, Some("no_backend")));
        assert_eq!(attempts(&stage.records(&heard).await.unwrap()), ["moved: address_outside"]);
    }
    assert_eq!((stage.reached(), stage.connections("virginia")), (vec![], before));
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_name_decides_the_place() {
    // RP-06: one address, a model that stands where it must, and a name that nobody listed.
    let stage = Stage::start("model-name", LIMITS).await.unwrap();
    for (model, status, code) in [
        ("clinic-large", 200, None),
        ("werk-atlantic", 403, Some("policy_denied")),
        ("new-model", 404, Some("unknown_model")),
        ("large-4", 404, Some("unknown_model")),
        ("paris/large-4", 404, Some("unknown_model")),
        ("clinic-large ", 404, Some("unknown_model")),
    ] {
        let heard = stage.chat(HOSPITAL, &body(model, "Bonjour")).await.unwrap();
        assert_eq!((heard.status, heard.refusal().as_deref()), (status, code), "{model}");
    }
    assert_eq!(stage.reached(), ["paris"]);
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_past_its_review_date_marks_records_stale_and_a_strict_tenant_refuses() {
    // RP-08.
    let stage = Stage::start("review", LIMITS).await.unwrap();
    stage.edit("policies/law/meta.yaml", "review_by: 2027-02-28", "review_by: 2026-10-01").unwrap();
    stage.edit("policies/law/meta.yaml", "as_of: 2026-11-23", "as_of: 2026-09-01").unwrap();
    stage
        .edit(
            "policies/tenants/bank-zuerich.yaml",
            "  public_body: false",
            "  public_body: false\n  strict: true",
        )
        .unwrap();
    stage.world.running().unwrap().reload().await.unwrap();
    let goes_on = stage.chat(WERK, &body("werk-large", "Ein Brief, bitte.")).await.unwrap();
    assert_eq!(goes_on.status, 200);
    let records = stage.records(&goes_on).await.unwrap();
    assert_eq!(of_kind(&records, "INTENT").get("stale"), Some(&Value::Bool(true)));
    stage.forget();
    let refused = stage.chat(BANK, &body("bank-large", "Ein Brief, bitte.")).await.unwrap();
    assert_eq!((refused.status, refused.refusal().as_deref()), (403, Some("policy_denied")));
    let reasons = refused.json().pointer("/error/inland/reasons").cloned().unwrap_or_default();
    assert!(reasons.to_string().contains("\"POLICY_EXPIRED\""), "{reasons}");
    assert_eq!(stage.reached(), Vec::<&str>::new());
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_of_law_ends_adequacy_for_the_next_call_while_calls_in_flight_finish() {
    // RP-09.
    let stage = Stage::start("kill-switch", "").await.unwrap();
    let virginia = stage.world.stand_in("virginia").unwrap();
    virginia.behave(SlowEvents(Duration::from_millis(60)));
    let call = streamed("werk-atlantic", &"Ein Brief. ".repeat(10));
    let in_flight = stage.chat(WERK, &call);
    let switch = async {
        while virginia.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stage.edit("policies/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]").unwrap();
        stage.world.running().unwrap().reload().await.unwrap();
        let next = stage.chat(WERK, &call).await.unwrap();
        (next, virginia.requests().len())
    };
    let (finished, (next, seen)) = tokio::join!(in_flight, switch);
    let finished = finished.unwrap();
    assert_eq!((finished.status, code(&finished)), (200, None));
    assert!(finished.body.ends_with(b"data: [DONE]\n\n"));
    assert_eq!((next.status, next.refusal().as_deref(), seen), (403, Some("policy_denied"), 1));
    assert!(String::from_utf8_lossy(&next.body).contains("NOT_ADEQUATE"));
    stage.world.stop().await;
}
