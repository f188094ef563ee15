//! E8: whatever a caller writes, and wherever, none of it rests in the log.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use hyper::Method;
use inland_tests::{BANK, CHAT, HOSPITAL, Stage, WERK, body, streamed};
use serde_json::{Value, json};

/// Every file below a folder that holds the text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if path.is_file() && String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_place_in_a_request_carries_content_into_the_log() {
    let stage = Stage::start("content", "").await.unwrap();
    const CANARY: &str = "canary-kranich-7731";
    let message = json!([{"role": "user", "content": "Hallo"}]);
    let key = json!({"model": "werk-large", "messages": message, CANARY: {CANARY: CANARY}});
    for (call, status) in [
        (body("werk-large", CANARY), 200),
        (body(CANARY, "Hallo"), 404), // a model name is the caller's text too
        (key.to_string(), 200),
        (json!({"model": "werk-large", "user": CANARY, "messages": message}).to_string(), 200),
        (json!({"model": "werk-large", "messages": [{"role": CANARY, "content": "Hallo"}]}).to_string(), 200),
        (format!("{{\"{CANARY}\":1,\"{CANARY}\":2}}"), 400),
        (json!({"model": "werk-large", "messages": message, "tools": [{"type": CANARY}]}).to_string(), 403),
    ] {
        let heard = stage.chat(WERK, &call).await.unwrap();
        assert_eq!(heard.status, status, "{call}");
        stage.records(&heard).await.unwrap();
    }
    let log = stage.world.directory().join("audit");
    assert_eq!(files_with(&log, CANARY), Vec::<String>::new());
    assert!(!files_with(&log, "werk-large").is_empty(), "the search finds what is there");
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_in_a_key_or_in_a_json_number_is_taken_out_too() {
    let stage = Stage::start("odd-places", "").await.unwrap();
    let call = json!({
        "model": "werk-large",
        "messages": [{"role": "user", "content": "Hallo"}],
        "customer": {"4111 1111 1111 1111": 4111111111111111u64},
    });
    let heard = stage.chat(WERK, &call.to_string()).await.unwrap();
    assert_eq!((heard.status, heard.header("x-inland-redacted")), (200, Some("card_pan=2")));
    let seen = stage.world.stand_in("frankfurt").unwrap().requests();
    let sent: serde_json::Value = serde_json::from_slice(&seen.first().unwrap().body).unwrap();
    assert_eq!(sent.pointer("/customer"), Some(&json!({"[card_pan]": "[card_pan]"})));
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_in_the_arguments_of_a_tool_is_found_through_their_escapes() {
    let stage = Stage::start("arguments", "").await.unwrap();
    // As Python's json.dumps writes an IBAN that is grouped by no-break spaces.
    let arguments = r#"{"iban": "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"}"#;
    let call = json!({"model": "werk-large", "messages": [
        {"role": "assistant", "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "pay", "arguments": arguments}}]},
        {"role": "tool", "tool_call_id": "1", "content": "paid"},
    ]});
    let heard = stage.chat(WERK, &call.to_string()).await.unwrap();
    assert_eq!((heard.status, heard.header("x-inland-redacted")), (200, Some("iban=1")));
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_country_of_a_number_in_the_text_brings_its_law() {
    let stage = Stage::start("subjects", "").await.unwrap();
    // A Swiss AHV number in a French letter: the Swiss transfer rule counts besides the European ones.
    let heard = stage.chat(HOSPITAL, &body("clinic-large", "AHV 756.1234.5678.97")).await.unwrap();
    let records = stage.records(&heard).await.unwrap();
    let rules = records.iter().find_map(|record| record.pointer("/decision/rules")).unwrap().to_string();
    assert!(rules.contains("CH-TRANSFER") && rules.contains("EU-TRANSFER"), "{rules}");
    stage.world.stop().await;
}

/// Digits whose check is right for an Austrian tax number, a French company and a German one.
const OF_THREE_COUNTRIES: &str = "We have noted 836229971 and will write again.";

/// The class that `inland inspect` finds, for persons of that country.
fn class_inspected(country: &str) -> String {
    let folder = inland_tests::Folder::new("country-letter").unwrap();
    let letter = folder.path().join("letter.txt");
    std::fs::write(&letter, OF_THREE_COUNTRIES).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    let said = command.args(["inspect", "--country", country]).arg(&letter).output().unwrap();
    let spans: Value = serde_json::from_slice(&said.stdout).unwrap();
    spans.pointer("/spans/0/label").and_then(Value::as_str).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_three_countries_numbers_may_be_is_of_the_tenants_country_on_every_route() {
    let stage = Stage::start("country", "").await.unwrap();
    let embeddings = json!({"model": "clinic-embed", "input": OF_THREE_COUNTRIES}).to_string();
    for (tenant, country, model, class) in [
        (HOSPITAL, "FR", "clinic-large", "company_id"),
        (WERK, "DE", "werk-large", "company_id"),
        (BANK, "CH", "bank-large", "tax_id"),
    ] {
        assert_eq!(class_inspected(country), class, "{country}");
        let calls = [
            (CHAT, body(model, OF_THREE_COUNTRIES)),
            (CHAT, streamed(model, OF_THREE_COUNTRIES)),
            ("/v1/embeddings", embeddings.clone()),
        ];
        for (path, call) in &calls {
            let client = stage.world.client().unwrap();
            let heard = client.send(Method::POST, path, &stage.token(tenant), &[], call).await.unwrap();
            let records = stage.records(&heard).await.unwrap();
            let findings = records.iter().find_map(|record| record.get("findings")).unwrap();
            assert_eq!(findings, &json!({class: 1}), "{tenant} {path} {call}");
        }
    }
    // A header may only add restrictions: the Austrian reading is not lost to a French one.
    let france = [("x-inland-subject-country", "FR")];
    let heard = stage.chat_with(BANK, &france, &body("bank-large", OF_THREE_COUNTRIES)).await.unwrap();
    let records = stage.records(&heard).await.unwrap();
    let findings = records.iter().find_map(|record| record.get("findings"));
    assert_eq!(findings, Some(&json!({"tax_id": 1})));
    stage.world.stop().await;
}
