//! What must never be: a caller's credential at a backend, a header that loosens, another's value restored,
//! an answer under two policies.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hyper::Method;
use inland::demo::{Client, Heard};
use inland_tests::{BANK, CHAT, HOSPITAL, Stage, WERK, Wire, body, holds, of_kind, post, streamed};
use serde_json::{Value, json};

const IBAN: &str = "DE89370400440532013000";
/// Bounds that a test can reach.
const LIMITS: &str = "\n[limits]\nbody_bytes_max = 65536\nbody_seconds = 1\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_callers_head_reaches_a_backend() {
    let stage = Stage::start("head", "").await.unwrap();
    let canaries = [
        ("cookie", "session=canary-cookie"),
        ("proxy-authorization", "Basic canary-proxy"),
        ("x-forwarded-for", "198.51.100.77"),
        ("forwarded", "for=canary-forwarded"),
        ("user-agent", "canary-agent/1"),
        ("openai-organization", "canary-organisation"),
        ("x-inland-backend", "canary-backend"),
        ("x-inland-decision", "canary-decision"),
        ("x-inland-anything", "canary-anything"),
        ("traceparent", "00-canary0-trace-01"),
    ];
    let heard = stage.chat_with(HOSPITAL, &canaries, &body("clinic-large", "Bonjour")).await.unwrap();
    assert_eq!((heard.status, heard.header("x-inland-backend")), (200, Some("paris")));
    let paris = stage.world.stand_in("paris").unwrap();
    let received = String::from_utf8_lossy(&paris.received()).into_owned();
    for unwanted in ["canary", "198.51.100.77", "x-inland", "test-user", &stage.token(HOSPITAL)] {
        assert!(!received.contains(unwanted), "the backend received {unwanted}");
    }
    let secret = std::fs::read_to_string(stage.world.directory().join("credentials/paris.key")).unwrap();
    let seen = paris.requests();
    let credential = seen.first().unwrap().headers.get("authorization").unwrap().to_str().unwrap();
    assert_eq!(credential, format!("Bearer {}", secret.trim()));
    let records = stage.records(&heard).await.unwrap();
    assert_eq!(of_kind(&records, "INTENT").get("dropped_headers"), Some(&json!(3)));
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_keeps_the_model_name_that_was_asked() {
    let stage = Stage::start("names", "").await.unwrap();
    for call in [body("clinic-large", "Bonjour"), streamed("clinic-large", "Bonjour")] {
        stage.forget();
        let heard = stage.chat(HOSPITAL, &call).await.unwrap();
        let answer = String::from_utf8_lossy(&heard.body).into_owned();
        assert!(answer.contains("\"model\":\"clinic-large\""), "{answer}");
        assert!(!answer.contains("large-4"), "{answer}");
        let sent = stage.world.stand_in("paris").unwrap().requests();
        assert!(holds(&sent.first().unwrap().body, "\"model\":\"large-4\""));
    }
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_combination_of_headers_turns_a_refusal_into_an_answer() {
    let stage = Stage::start("tighten", "").await.unwrap();
    let image = json!({"model": "werk-large", "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://pictures.example/scan.png"}}]}]});
    let refused = [(HOSPITAL, body("werk-atlantic", "Bonjour")), (WERK, image.to_string())];
    let purposes = ["", "public_chatbot", "high_risk_annex3", "citizen_identification", "none"];
    let countries = ["", "US", "FR,DE", "CH", "XX"];
    let classes = ["", "public_text", "machine_telemetry", "health,patient", "nothing"];
    for (tenant, call) in refused {
        for purpose in purposes {
            for country in countries {
                for class in classes {
                    let all = [
                        ("x-inland-purpose", purpose),
                        ("x-inland-subject-country", country),
                        ("x-inland-data", class),
                        ("x-inland-allow", "virginia"),
                    ];
                    let set: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
                    let heard = stage.chat_with(tenant, &set, &call).await.unwrap();
                    assert!(matches!(heard.status, 400 | 403), "{set:?}: {}", heard.status);
                }
            }
        }
    }
    assert_eq!(stage.reached(), Vec::<&str>::new());
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_credentials_are_none() {
    let stage = Stage::start("twice", "").await.unwrap();
    let (other, same) = (stage.token(WERK), stage.token(HOSPITAL));
    for (field, second) in [
        ("authorization", format!("Bearer {other}")),
        ("authorization", format!("Bearer {same}")),
        ("x-api-key", other),
        ("x-api-key", same),
    ] {
        let headers = [(field, second.as_str())];
        let heard = stage.chat_with(HOSPITAL, &headers, &body("clinic-large", "Bonjour")).await.unwrap();
        assert_eq!((heard.status, heard.refusal().as_deref()), (401, Some("unauthenticated")));
    }
    assert_eq!(stage.reached(), Vec::<&str>::new());
    stage.world.stop().await;
}

/// The pseudonym in what a backend received last.
fn pseudonym(stage: &Stage, id: &str) -> String {
    let received = String::from_utf8_lossy(&stage.world.stand_in(id).unwrap().received()).into_owned();
    let start = received.rfind("[iban:").unwrap();
    received.get(start..).unwrap().split_inclusive(']').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pseudonym_in_a_prompt_is_never_restored_to_anothers_value() {
    let stage = Stage::start("pseudonym", "").await.unwrap();
    let first = stage.chat(WERK, &body("werk-large", &format!("Konto {IBAN} bitte"))).await.unwrap();
    assert!(first.text().contains(IBAN));
    let name = pseudonym(&stage, "frankfurt");
    // A true name, sent back without its value, in a call with another value, and by another tenant.
    let calls = [
        (WERK, "werk-large", format!("Was ist {name}?")),
        (WERK, "werk-large", format!("Was ist {name}? Nicht GB82WEST12345698765432.")),
        (BANK, "bank-large", format!("Was ist {name}?")),
        (HOSPITAL, "clinic-large", format!("Qui est {name} ?")),
        (WERK, "werk-large", "Und [iban:AAAAAAAAAAAAAAAA]?".to_owned()),
    ];
    for (tenant, model, text) in calls {
        for call in [body(model, &text), streamed(model, &text)] {
            let heard = stage.chat(tenant, &call).await.unwrap();
            assert_eq!(heard.status, 200);
            assert!(!heard.text().contains(IBAN), "{tenant}: {}", heard.text());
            assert!(heard.text().ends_with(&text), "{tenant}: {} for {text}", heard.text());
        }
    }
    stage.world.stop().await;
}

async fn wire(stage: &Stage) -> Wire {
    Wire::open(&stage.world.url().unwrap(), stage.world.ca_path()).await.unwrap()
}

/// Sends bytes and reads one answer: its status line and all else.
async fn told(stage: &Stage, bytes: &str) -> String {
    let mut wire = wire(stage).await;
    wire.send(bytes.as_bytes()).await.unwrap();
    wire.until("\"type\":\"invalid_request_error\"", 1).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_refused_by_its_size_time_and_form() {
    let stage = Stage::start("form", LIMITS).await.unwrap();
    let (token, call) = (stage.token(HOSPITAL), body("clinic-large", "Bonjour"));
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n");
    let length = format!("content-length: {}\r\n", call.len());
    let json = "content-type: application/json\r\n";
    let large = "x".repeat(70_000);
    let many: String = (0..120).map(|number| format!("x-{number}: a\r\n")).collect();
    let cases = [
        (format!("{head}{length}\r\n{call}"), 415, "unsupported_media_type"),
        (format!("{head}{length}content-type: text/plain\r\n\r\n{call}"), 415, "unsupported_media_type"),
        (
            format!("{head}{length}content-type: application/json; charset=utf-16\r\n\r\n{call}"),
            415,
            "unsupported_media_type",
        ),
        (
            format!("{head}{length}content-type: multipart/form-data; boundary=a\r\n\r\n{call}"),
            415,
            "unsupported_media_type",
        ),
        (format!("{head}{length}{json}{json}\r\n{call}"), 415, "unsupported_media_type"),
        (format!("{head}{length}{json}content-encoding: gzip\r\n\r\n{call}"), 415, "unsupported_media_type"),
        (
            format!("{head}{length}{json}content-encoding: identity, br\r\n\r\n{call}"),
            415,
            "unsupported_media_type",
        ),
        (format!("{head}{json}content-length: 70000\r\n\r\n{large}"), 413, "body_too_large"),
        (
            format!("{head}{json}transfer-encoding: chunked\r\n\r\n11170\r\n{large}\r\n0\r\n\r\n"),
            413,
            "body_too_large",
        ),
        (format!("{head}{json}content-length: 500\r\n\r\n{call}"), 408, "request_timeout"),
        (post(CHAT, &token, &many, &call), 431, "headers_too_large"),
        (post("/v1/responses", &token, "", &call), 404, "unknown_route"),
        (post("/v1/models", &token, "", &call), 405, "method_not_allowed"),
    ];
    for (bytes, status, code) in cases {
        let asked = Instant::now();
        let answer = told(&stage, &bytes).await;
        let what: String = bytes.chars().skip(head.len()).take(80).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{what}: {answer}");
        // A body that was waited for in vain is not waited for again before the answer.
        assert!(asked.elapsed() < Duration::from_secs(4), "{what}: {:?}", asked.elapsed());
    }
    assert_eq!(stage.reached(), Vec::<&str>::new());
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_answers_refused_and_good_requests_in_their_order() {
    let stage = Stage::start("pipeline", "").await.unwrap();
    let good = |model: &str| post(CHAT, &stage.token(HOSPITAL), "", &body(model, "Bonjour"));
    let pipelined = [
        post(CHAT, "nonsense", "", &body("clinic-large", "Bonjour")),
        good("clinic-large"),
        good("werk-atlantic"),
        post("/nowhere", "nonsense", "", "{}"),
        good("clinic-large"),
        post(CHAT, &stage.token(HOSPITAL), "connection: close\r\n", "{"),
    ];
    let mut wire = wire(&stage).await;
    wire.send(pipelined.concat().as_bytes()).await.unwrap();
    let answers = wire.rest().await.unwrap();
    let statuses: Vec<&str> =
        answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.split(' ').next()).collect();
    assert_eq!(statuses, ["401", "200", "403", "404", "200", "400"]);
    assert_eq!(stage.world.stand_in("paris").unwrap().requests().len(), 2);
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_models_of_a_caller_are_those_that_it_may_reach() {
    let stage = Stage::start("models", "").await.unwrap();
    let models = ["bank-large", "clinic-large", "clinic-moved", "werk-atlantic", "werk-large"];
    for tenant in [HOSPITAL, WERK, BANK] {
        let (client, token) = (stage.world.client().unwrap(), stage.token(tenant));
        let get = async |path: String| client.send(Method::GET, &path, &token, &[], "").await.unwrap();
        let list = get("/v1/models".to_owned()).await.json();
        let listed: BTreeSet<&str> = list
            .get("data")
            .and_then(Value::as_array)
            .unwrap()
            .iter()
            .filter_map(|it| it.get("id")?.as_str())
            .collect();
        for model in models {
            let one = get(format!("/v1/models/{model}")).await;
            let chat = stage.chat(tenant, &body(model, "Hallo")).await.unwrap();
            let reachable = chat.status != 403;
            assert_eq!(listed.contains(model), reachable, "{tenant} {model}");
            assert_eq!(one.status, if reachable { 200 } else { 404 }, "{tenant} {model}");
        }
        assert_eq!(listed.contains("werk-atlantic"), tenant == WERK);
    }
    stage.world.stop().await;
}

/// The policy that a receipt names.
fn receipt_policy(heard: &Heard) -> Option<String> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(heard.header("x-inland-receipt")?.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("policy")?.as_str()?.to_owned())
}

/// Calls while the law flips, until so many are answered.
async fn race(stage: &Stage, calls: usize) -> Vec<Heard> {
    let call = body("werk-atlantic", "Ein Brief, bitte.");
    let mut heard = Vec::new();
    for _ in 0..calls {
        heard.push(stage.chat(WERK, &call).await.unwrap());
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_during_a_reload_stands_under_exactly_one_policy() {
    let stage = Stage::start("race", "").await.unwrap();
    let digest = || stage.world.running().unwrap().gateway().generation().policies().digest().to_owned();
    let (open, shut) = ("disabled: []", "disabled: [\"eu:US\"]");
    let allows = digest();
    stage.edit("policies/law/adequacy.yaml", open, shut).unwrap();
    stage.world.running().unwrap().reload().await.unwrap();
    let denies = digest();
    assert_ne!(allows, denies);
    let flips = async {
        loop {
            stage.edit("policies/law/adequacy.yaml", shut, open).unwrap();
            stage.world.running().unwrap().reload().await.unwrap();
            stage.edit("policies/law/adequacy.yaml", open, shut).unwrap();
            stage.world.running().unwrap().reload().await.unwrap();
        }
    };
    let calls =
        async { tokio::join!(race(&stage, 50), race(&stage, 50), race(&stage, 50), race(&stage, 50)) };
    let (a, b, c, d) = tokio::select! {
        heard = calls => heard,
        () = flips => (vec![], vec![], vec![], vec![]),
    };
    let heard: Vec<Heard> = [a, b, c, d].into_iter().flatten().collect();
    assert_eq!(heard.len(), 200);
    let mut statuses = BTreeSet::new();
    for answer in &heard {
        let records = stage.records(answer).await.unwrap();
        let (kind, policy) = if answer.status == 200 { ("INTENT", &allows) } else { ("REFUSAL", &denies) };
        assert_eq!(of_kind(&records, kind).get("policy").and_then(Value::as_str), Some(policy.as_str()));
        if answer.status == 200 {
            assert_eq!(receipt_policy(answer).as_ref(), Some(policy));
        }
        statuses.insert(answer.status);
    }
    println!("statuses seen: {statuses:?}");
    assert!(statuses.iter().all(|status| [200, 403].contains(status)), "{statuses:?}");
    stage.world.stop().await;
}

async fn readiness(stage: &Stage) -> (u16, Value) {
    let admin = Client::new(&format!("http://{}", stage.world.running().unwrap().admin()), None).unwrap();
    let heard = admin.send(Method::GET, "/readyz", "", &[], "").await.unwrap();
    (heard.status, heard.json())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_wrong_changes_nothing_and_readyz_says_why() {
    let stage = Stage::start("wrong-file", "").await.unwrap();
    let (_, before) = readiness(&stage).await;
    for (file, right, wrong, told) in [
        ("gateway.toml", "[policy]", "[polcy]", "polcy"),
        ("gateway.toml", "country = \"FR\"", "country = \"ZZ\"", "gateway.toml:"),
        ("policies/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:Atlantis\"]", "adequacy.yaml"),
        ("policies/tenants/werk-stuttgart.yaml", "country: DE", "country: NO_SUCH", "werk-stuttgart.yaml"),
        ("policies/tenants/werk-stuttgart.yaml", "country: DE", "country: NO", "werk-stuttgart.yaml"),
    ] {
        stage.edit(file, right, wrong).unwrap();
        let refused = stage.world.running().unwrap().reload().await;
        let (status, after) = readiness(&stage).await;
        stage.edit(file, wrong, right).unwrap();
        let refused = refused.unwrap_err();
        assert!(refused.contains(told), "{refused}");
        assert_eq!(after.get("last_reload_refused"), Some(&json!(refused)), "{file}");
        assert_eq!(
            (status, after.get("policy"), after.get("configuration")),
            (200, before.get("policy"), before.get("configuration"))
        );
        assert_eq!(stage.chat(WERK, &body("werk-large", "Hallo")).await.unwrap().status, 200);
    }
    stage.world.running().unwrap().reload().await.unwrap();
    assert_eq!(readiness(&stage).await.1.get("last_reload_refused"), Some(&Value::Null));
    stage.world.stop().await;
}
