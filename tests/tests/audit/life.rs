//! The life of a log beside its records: persons who are forgotten, old records that leave, copies.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use hyper::Method;
use inland::audit::{self, AuditError, Intent, Log, Outcome, Sealed};
use inland::demo::{AUDIENCE, Client, Heard};
use inland_tests::{CHAT, Process, Stage, WERK, all_records, body, kind};
use serde_json::Value;

const NODE: &str = "demo.example.test";
const ROUNDS: u64 = 6;

fn inland() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    command.env_remove("INLAND_LOG");
    command
}

fn gateway(config: &Path) -> Process {
    Process::start(inland().args(["--log", "json", "serve", "--config"]).arg(config)).unwrap()
}

async fn stage(name: &str, extra: &str) -> Stage {
    let mut stage = Stage::start(name, extra).await.unwrap();
    stage.world.stop_gateway().await;
    stage
}

async fn call(stage: &Stage, process: &Process, subject: &str) -> Heard {
    let client = Client::new(&format!("https://{}", process.callers), Some(stage.world.ca_path())).unwrap();
    let token = stage.world.token(WERK, subject, AUDIENCE);
    client.send(Method::POST, CHAT, &token, &[], &body("werk-large", "Ein Brief, bitte.")).await.unwrap()
}

/// `inland audit erase`, the subject on standard input.
fn erase(config: &Path, subject: &str) -> Output {
    let mut command = inland();
    command.args(["audit", "erase", "--tenant", WERK, "--subject", "-", "--reason", "R-2026-7", "--config"]);
    let piped = command.arg(config).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{subject}").unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The sealed subject of each INTENT, in order.
fn sealed(records: &[Value]) -> Vec<Sealed> {
    let field = |record: &Value, name: &str| record.pointer(name).and_then(Value::as_str).unwrap().to_owned();
    let intents = records.iter().filter(|record| kind(record) == "INTENT");
    intents
        .map(|record| Sealed { key: field(record, "/subject/key"), sealed: field(record, "/subject/sealed") })
        .collect()
}

fn of_kind(records: &[Value], wanted: &str) -> usize {
    records.iter().filter(|record| kind(record) == wanted).count()
}

fn end(process: Process) {
    process.signal("TERM").unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_forgotten_while_the_gateway_runs_and_after_it_was_killed() {
    let stage = stage("erase", "").await;
    let config = stage.world.config_path();
    let process = gateway(&config);
    assert_eq!(call(&stage, &process, "anna").await.status, 200);
    assert_eq!(call(&stage, &process, "bert").await.status, 200);
    let done = erase(&config, "anna");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).starts_with("erased: key "), "{}", text(&done.stdout));
    assert!(text(&done.stdout).contains("recorded in DE-manufacturing"), "{}", text(&done.stdout));
    // Anna comes back: that is a new key, under the same name.
    assert_eq!(call(&stage, &process, "anna").await.status, 200);
    let unknown = erase(&config, "nobody");
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("this log holds no key of that subject"));
    process.kill().unwrap();
    assert!(stage.log().join("control").exists(), "a killed process cleans nothing up");
    // Nobody holds the log: the command does it itself, after the recovery.
    let done = erase(&config, "bert");
    assert!(done.status.success(), "{}", text(&done.stderr));
    end(gateway(&config)); // takes the socket over
    audit::verify(&stage.log(), audit::Options::default()).unwrap();
    let records = all_records(&stage.log()).unwrap();
    assert_eq!(of_kind(&records, "ERASE"), 2);
    let log = Log::open(&stage.log(), NODE).unwrap();
    let opened: Vec<_> = sealed(&records).iter().map(|sealed| log.unseal_subject(WERK, sealed)).collect();
    let [first, second, third] = opened.as_slice() else { panic!("{} INTENTs", opened.len()) };
    assert!(matches!((first, second), (Err(AuditError::Erased), Err(AuditError::Erased))), "{opened:?}");
    assert_eq!(third.as_deref().ok(), Some("anna"));
    log.close().await;
    stage.world.stop().await;
}

/// `kill -9` somewhere in an erasure: after the next start there is a record and no key, or neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_middle_of_an_erasure_leaves_it_whole_or_not_begun() {
    let stage = stage("erase-kill", "").await;
    let config = stage.world.config_path();
    for round in 0..ROUNDS {
        let process = gateway(&config);
        let subject = format!("person-{round}");
        assert_eq!(call(&stage, &process, &subject).await.status, 200);
        let (asked, place) = (subject.clone(), config.clone());
        let asking = tokio::task::spawn_blocking(move || erase(&place, &asked));
        // The command needs some tens of milliseconds to start: a kill before, in and after its work.
        tokio::time::sleep(Duration::from_millis(round * 25)).await;
        process.kill().unwrap();
        let said = asking.await.unwrap().status.success();
        end(gateway(&config));
        let records = all_records(&stage.log()).unwrap();
        let intents = sealed(&records);
        let newest = intents.last().unwrap();
        let stands = |record: &Value| {
            kind(record) == "ERASE" && record.get("key").and_then(Value::as_str) == Some(&newest.key)
        };
        let recorded = records.iter().filter(|record| stands(record)).count();
        let log = Log::open(&stage.log(), NODE).unwrap();
        let gone = matches!(log.unseal_subject(WERK, newest), Err(AuditError::Erased));
        assert!(gone || log.unseal_subject(WERK, newest).unwrap() == subject);
        log.close().await;
        assert_eq!(recorded, usize::from(gone), "round {round}");
        assert!(gone || !said, "round {round}: said to be erased, and is not");
        println!("round {round}: erased {gone}, answered {said}");
    }
    audit::verify(&stage.log(), audit::Options::default()).unwrap();
    stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn young_records_stay_whoever_asks() {
    let stage = stage("prune", "retention_days = 184\n").await;
    let config = stage.world.config_path();
    let process = gateway(&config);
    assert_eq!(call(&stage, &process, "anna").await.status, 200);
    let prune = |before: &str, more: &[&str]| {
        let mut command = inland();
        command.args(["audit", "prune", "--before", before]).args(more).arg(stage.log());
        command.output().unwrap()
    };
    let refused = prune("2100-01-01", &[]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("records of the last 184 days stay"), "{}", text(&refused.stderr));
    let refused = prune("2100-01-01", &["--dry-run"]);
    assert!(text(&refused.stderr).contains("records of the last 184 days stay"), "{}", text(&refused.stderr));
    let nothing = prune("2020-01-01", &[]);
    assert!(nothing.status.success(), "{}", text(&nothing.stderr));
    assert_eq!(text(&nothing.stdout), "nothing went: no whole segment is old enough\n");
    end(process);
    assert_eq!(of_kind(&all_records(&stage.log()).unwrap(), "PRUNE"), 0);
    stage.edit("gateway.toml", "retention_days = 184", "retention_days = 30").unwrap();
    let check = inland().args(["check", "--config"]).arg(&config).output().unwrap();
    assert!(!check.status.success());
    assert!(text(&check.stderr).contains("retention_days is 30, and records must be kept six months"));
    stage.world.stop().await;
}

/// The partition that old records are written into, and the record at which its second segment begins.
const OLD: &str = "DE-manufacturing";
const SECOND: u64 = 2304;
/// 2025-01-01: older than 184 days whenever this runs.
const LONG_AGO_US: u64 = 1_735_689_600_000_000;

/// Old requests with large policy inputs, so that a first segment of 64 MiB is full.
async fn write_old_records(directory: &Path) {
    let log = Log::open(directory, NODE).unwrap();
    let partition = log.partition(OLD).unwrap();
    let subject = log.seal_subject(WERK, "carl").unwrap();
    let input = format!("{{\"padding\":\"{}\"}}", "x".repeat(60_000));
    let ids: Vec<String> = (0..8).map(|number| format!("old-{number}")).collect();
    let findings = BTreeMap::new();
    for _ in 0..160 {
        // Eight that begin together and end together: at a multiple of 16 records none is open.
        let intent = |id: &'_ str| partition.append(old_intent(id, &input, &subject, &findings));
        let waiting: Vec<_> = ids.iter().map(|id| intent(id)).collect();
        let mut closing = Vec::new();
        for (appending, id) in waiting.into_iter().zip(&ids) {
            closing.push(partition.append(old_outcome(id, appending.await.unwrap())));
        }
        for appending in closing {
            appending.await.unwrap();
        }
    }
    log.close().await;
    assert!(directory.join(OLD).join("segments/0002.seg").exists());
}

fn old_intent<'a>(
    id: &'a str,
    input: &'a str,
    subject: &'a Sealed,
    findings: &'a BTreeMap<&'a str, u32>,
) -> Intent<'a> {
    Intent {
        id,
        time_us: LONG_AGO_US,
        tenant: WERK,
        subject,
        principal: "jwt",
        route: "/v1/chat/completions",
        model: "werk-large",
        input,
        decision: "{}",
        digests: audit::Digests { configuration: "c", engine: "e", law: "l", policy: "p" },
        findings,
        dropped_headers: 0,
        request_hmac: "ab",
        request_bytes: 1,
        stale: false,
    }
}

fn old_outcome(id: &str, intent: u64) -> Outcome<'_> {
    Outcome {
        id,
        time_us: LONG_AGO_US,
        intent,
        attempts: &[],
        pair: None,
        status: 502,
        code: Some("backend_failed"),
        request_bytes: 0,
        response_bytes: 0,
        response_hmac: None,
        duration_us: 1,
        first_byte_us: None,
    }
}

fn minimum(log: &Path) -> u64 {
    let report = audit::verify(log, audit::Options::default()).unwrap();
    report.partitions.get(OLD).unwrap().minimum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_told_to_lets_old_records_go_by_itself() {
    let stage = stage("retention", "retention_days = 200\n").await;
    write_old_records(&stage.log()).await;
    assert_eq!(minimum(&stage.log()), 0);
    let process = gateway(&stage.world.config_path());
    let bundle = stage.log().join(OLD).join("tile/entries/008");
    for _ in 0..600 {
        if !bundle.exists() {
            break; // the last that goes
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!bundle.exists(), "nothing went in a minute");
    assert_eq!(call(&stage, &process, "anna").await.status, 200);
    end(process);
    assert_eq!(minimum(&stage.log()), SECOND);
    assert!(!stage.log().join(OLD).join("segments/0001.seg").exists());
    assert_eq!(of_kind(&all_records(&stage.log()).unwrap(), "PRUNE"), 1);
    stage.world.stop().await;
}

/// `kill -9` somewhere in a pruning: the log verifies as it lies there, and the next one finishes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_middle_of_a_pruning_leaves_a_log_that_verifies() {
    let stage = stage("prune-kill", "").await;
    write_old_records(&stage.log()).await;
    let prune = |more: &[&str]| {
        let mut command = inland();
        command.args(["audit", "prune", "--before", "2026-01-01"]).args(more).arg(stage.log());
        command
    };
    let dry = prune(&["--dry-run"]).output().unwrap();
    let going = text(&dry.stdout);
    assert!(going.contains(&format!("{SECOND} records in 1 segments would go")), "{going}");
    let pointer = stage.log().join(OLD).join("pruned");
    for round in 0..5 {
        let mut child = prune(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if round != 1 {
            tokio::time::sleep(Duration::from_millis(round * 500)).await;
        } else {
            // The moment from which on files go.
            while !pointer.exists() && child.try_wait().unwrap().is_none() {
                std::hint::spin_loop();
            }
        }
        let ended = child.try_wait().unwrap().is_some();
        let _ = child.kill(); // it may have ended
        child.wait().unwrap();
        let (found, last) = (minimum(&stage.log()), stage.log().join(OLD).join("tile/entries/008"));
        println!("round {round}: ended {ended}, first record {found}, last bundle {}", last.exists());
        assert!(found == 0 || found == SECOND);
    }
    assert!(prune(&[]).status().unwrap().success());
    end(gateway(&stage.world.config_path()));
    assert_eq!(minimum(&stage.log()), SECOND);
    assert!(!stage.log().join(OLD).join("tile/entries/008").exists());
    assert!(stage.log().join(OLD).join("tile/entries/009").exists());
    stage.world.stop().await;
}
