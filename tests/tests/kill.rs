//! `kill -9` in the middle of load: what a backend saw is in the log, and the log verifies. SIGTERM: what is
//! under way ends whole. SIGHUP: the files are read again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hyper::Method;
use inland::audit;
use inland::demo::standin::Behaviour;
use inland::demo::{Client, Heard};
use inland_tests::{CHAT, Process, Stage, WERK, all_records, body, kind, streamed};
use serde_json::Value;
use tokio::task::JoinSet;

const ROUNDS: u32 = 5;
const CLIENTS: u32 = 16;
/// A request's number, told to the log by its subject countries: one for each bit. All are of the EEA, so
/// that the decision is the same for all numbers.
const BITS: [&str; 14] = ["AT", "BE", "BG", "CZ", "DK", "EE", "ES", "FI", "GR", "HR", "HU", "IE", "IT", "LT"];

fn gateway(config: &Path) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    Process::start(command.args(["--log", "json", "serve", "--config"]).arg(config)).unwrap()
}

fn countries(number: u32) -> Vec<&'static str> {
    let set = BITS.iter().enumerate().filter(|(bit, _)| number >> bit & 1 == 1);
    set.map(|(_, country)| *country).collect()
}

/// The stage with its own gateway stopped: the process takes its place.
async fn stage(name: &str, extra: &str) -> Stage {
    let mut stage = Stage::start(name, extra).await.unwrap();
    stage.world.stop_gateway().await;
    stage
}

/// Sends numbered requests until the gateway is gone.
async fn load(client: Client, token: String, next: Arc<AtomicU32>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let subjects = countries(number).join(",");
        let call = body("werk-large", &format!("Brief Nummer <{number}>"));
        let headers = [("x-inland-subject-country", subjects.as_str())];
        if client.send(Method::POST, CHAT, &token, &headers, &call).await.is_err() {
            return;
        }
    }
}

/// The numbers of the requests that any stand-in saw.
fn seen(stage: &Stage) -> BTreeSet<u32> {
    let requests = stage.world.stand_ins().flat_map(|(_, stand_in)| stand_in.requests());
    let number = |body: &[u8]| {
        let text = String::from_utf8_lossy(body).into_owned();
        text.split_once('<')?.1.split_once('>')?.0.parse().ok()
    };
    requests.map(|request| number(&request.body).unwrap()).collect()
}

/// The subject countries of each INTENT, and the decision ids of those without an end.
fn intents(records: &[Value]) -> (BTreeSet<Vec<String>>, BTreeSet<String>) {
    let mut subjects = BTreeSet::new();
    let mut open: BTreeMap<String, ()> = BTreeMap::new();
    let id = |record: &Value| record.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    for record in records {
        match kind(record) {
            "INTENT" => {
                let list = record.pointer("/input/subjects").and_then(Value::as_array).unwrap();
                subjects.insert(
                    list.iter()
                        .filter_map(Value::as_str)
                        .filter(|it| *it != "unknown")
                        .map(str::to_owned)
                        .collect(),
                );
                open.insert(id(record), ());
            }
            "OUTCOME" => drop(open.remove(&id(record))),
            "RECOVERY" => {
                for left in record.get("open").and_then(Value::as_array).into_iter().flatten() {
                    open.remove(&id(left));
                }
            }
            _ => {}
        }
    }
    (subjects, open.into_keys().collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_under_load_every_request_that_a_backend_saw_has_its_intent() {
    let stage = stage("kill", "").await;
    let next = Arc::new(AtomicU32::new(1));
    for round in 0..ROUNDS {
        let process = gateway(&stage.world.config_path());
        let url = format!("https://{}", process.callers);
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let client = Client::new(&url, Some(stage.world.ca_path())).unwrap();
            clients.spawn(load(client, stage.token(WERK), Arc::clone(&next)));
        }
        // Somewhere between 50 and 400 ms, and not at the same place in each round.
        let chance = u64::from(std::process::id()).wrapping_mul(u64::from(round) * 2_654_435_761 + 97) % 350;
        tokio::time::sleep(Duration::from_millis(50 + chance)).await;
        process.kill().unwrap();
        while clients.join_next().await.is_some() {}
    }
    // One more start recovers what the last kill left.
    let process = gateway(&stage.world.config_path());
    process.signal("TERM").unwrap();
    assert!(process.wait().unwrap().success());
    let report = audit::verify(&stage.log(), audit::Options::default()).unwrap();
    let records = all_records(&stage.log()).unwrap();
    assert_eq!(report.records, records.len() as u64);
    let (recorded, open) = intents(&records);
    let seen = seen(&stage);
    println!("{} requests reached a backend, {} INTENTs", seen.len(), recorded.len());
    assert!(!seen.is_empty(), "no load reached a backend");
    for number in seen {
        let wanted: Vec<String> = countries(number).into_iter().map(str::to_owned).collect();
        assert!(recorded.contains(&wanted), "request {number} has no INTENT");
    }
    assert_eq!(open, BTreeSet::new(), "INTENTs with neither OUTCOME nor RECOVERY");
    stage.world.stop().await;
}

/// A call to a process of its own.
async fn call(stage: &Stage, process: &Process, body: &str) -> Result<Heard, String> {
    let client = Client::new(&format!("https://{}", process.callers), Some(stage.world.ca_path()))?;
    client.send(Method::POST, CHAT, &stage.token(WERK), &[], body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminated_gateway_ends_its_streams_whole_and_takes_no_new_connection() {
    let stage = stage("drain", "").await;
    let process = gateway(&stage.world.config_path());
    let frankfurt = stage.world.stand_in("frankfurt").unwrap();
    frankfurt.behave(Behaviour::SlowEvents(Duration::from_millis(40)));
    let letter = streamed("werk-large", &"Ein Brief. ".repeat(8));
    let under_way = call(&stage, &process, &letter);
    let terminate = async {
        while frankfurt.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process.signal("TERM").unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        call(&stage, &process, &letter).await.err()
    };
    let (whole, late) = tokio::join!(under_way, terminate);
    let whole = whole.unwrap();
    assert!(whole.body.ends_with(b"data: [DONE]\n\n"), "{:?}", whole.body);
    assert_eq!(late.as_deref(), Some("connect_failed"));
    assert_eq!(process.wait().unwrap().code(), Some(0));
    let (_, open) = intents(&all_records(&stage.log()).unwrap());
    assert_eq!(open, BTreeSet::new());
    audit::verify(&stage.log(), audit::Options::default()).unwrap();
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hangup_puts_the_changed_law_in_force_for_the_next_call() {
    let stage = stage("hangup", "").await;
    let process = gateway(&stage.world.config_path());
    let letter = body("werk-atlantic", "Ein Brief, bitte.");
    assert_eq!(call(&stage, &process, &letter).await.unwrap().status, 200);
    stage.edit("policies/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]").unwrap();
    process.signal("HUP").unwrap();
    let mut status = 200;
    for _ in 0..100 {
        status = call(&stage, &process, &letter).await.unwrap().status;
        if status != 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status, 403);
    process.signal("TERM").unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0));
    stage.world.stop().await;
}
