//! `inland audit export`: four forms of one log, read by DuckDB, Python's CSV reader and a validator
//! of OCSF, and what is left on the disk when an export fails.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use inland::audit::{self, Activation, Attempt, Intent, Log, Outcome};
use inland_tests::{BANK, Folder, HOSPITAL, Stage, WERK, body, python, streamed};

const INLAND: &str = env!("CARGO_BIN_EXE_inland-under-test");
/// What a spreadsheet, a CSV reader and a shell could each take for something else.
const NASTY: &str = "=cmd|\"x\"!A1\n'";

/// A checkpoint is at most a second behind.
const SIGNED_AFTER: Duration = Duration::from_millis(1_500);

fn export(log: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(INLAND);
    command.args(["audit", "export"]).arg(log).args(more);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Calls that are answered, streamed, refused by the policy and refused before it.
async fn traffic(stage: &Stage) {
    for (tenant, body, status) in [
        (HOSPITAL, body("clinic-large", "Bonjour, je suis Anna, anna@example.org"), 200),
        (HOSPITAL, streamed("clinic-large", "Bonjour"), 200),
        (HOSPITAL, body("werk-atlantic", "Bonjour"), 403),
        (HOSPITAL, body("new-model", "Bonjour"), 404),
        (WERK, body("werk-large", "Ein Brief, bitte."), 200),
        (BANK, body("bank-large", "Ein Brief, bitte."), 200),
    ] {
        let heard = stage.chat(tenant, &body).await.unwrap();
        assert_eq!(heard.status, status, "{tenant}: {body}");
        stage.records(&heard).await.unwrap();
    }
}

/// What a caller could not bring about in a test: names from a foreign token issuer, another day.
async fn nasty(directory: &Path) {
    let vkey = std::fs::read_to_string(directory.join("FR-health/vkey")).unwrap();
    let log = Log::open(directory, vkey.split('/').next().unwrap()).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let findings = BTreeMap::from([("email", 3)]);
    for (id, subject, day) in [("n-1", "@anna\t\"\u{0}", 0), ("n-2", "", 1), ("n-3", "\u{ff1d}x", 0)] {
        let time_us = 1_785_231_000_000_123 + day * 86_400_000_000;
        let intent = Intent {
            id,
            time_us,
            tenant: NASTY,
            subject: &log.seal_subject(NASTY, subject).unwrap(),
            principal: "jwt",
            route: "/v1/chat/completions",
            model: "clinic;large",
            input: "{\"classes\":[\"line\\nend\"]}",
            decision: "{}",
            digests: audit::Digests {
                configuration: "sha256:01",
                engine: "cpu",
                law: "sha256:02",
                policy: "sha256:00",
            },
            findings: &findings,
            dropped_headers: 0,
            request_hmac: "ab",
            request_bytes: 9_007_199_254_740_991,
            stale: true,
        };
        let index = partition.append(intent).await.unwrap();
        partition.append(ended(id, time_us + 1, index)).await.unwrap();
    }
    let activation = Activation {
        time_us: 1_785_231_000_000_000,
        what: "policy",
        digest: "sha256:00",
        revision: None,
        author: Some("+anna"),
        approver: None,
        previous: None,
    };
    log.partition("_gateway").unwrap().append(activation).await.unwrap();
    log.close().await;
}

fn ended(id: &str, time_us: u64, intent: u64) -> Outcome<'_> {
    let attempt = Attempt {
        pair: "paris/large",
        backend: "paris",
        country: "FR",
        address: Some("[2001:db8::1]:443"),
        pin: Some("sha256/AA"),
        reason: None,
    };
    let failed =
        Attempt { backend: "lyon", address: None, pin: None, reason: Some("pin_mismatch"), ..attempt };
    let attempts: &'static [Attempt<'static>] = Box::leak(Box::new([failed, attempt]));
    Outcome {
        id,
        time_us,
        intent,
        attempts,
        pair: Some("paris/large"),
        status: 502,
        code: Some("backend_failed"),
        request_bytes: 10,
        response_bytes: 20,
        response_hmac: None,
        duration_us: 5_000,
        first_byte_us: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_lines_csv_and_parquet_hold_the_same_rows_and_ocsf_follows_its_schema() {
    let stage = Stage::start("export", "").await.unwrap();
    let (log, out) = (stage.log(), Folder::new("export-out").unwrap());
    traffic(&stage).await;
    // The gateway runs and writes: a reader takes no lock, and what is signed is a whole beginning.
    tokio::time::sleep(SIGNED_AFTER).await;
    let running = export(&log, &["--format", "jsonl", "--output", "-"]).output().unwrap();
    assert!(running.status.success(), "{}", said(&running));
    stage.world.stop().await;
    nasty(&log).await;
    for (format, name) in
        [("jsonl", "all.jsonl"), ("csv", "all.csv"), ("parquet", "all.parquet"), ("ocsf", "all.ocsf")]
    {
        let path = out.path().join(name);
        let command = &mut export(&log, &["--format", format, "--output", path.to_str().unwrap()]);
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty(), "{format}: {}", said(&output));
        assert!(said(&output).contains("verified first: "), "{}", said(&output));
    }
    let all = std::fs::read_to_string(out.path().join("all.jsonl")).unwrap();
    let seen = String::from_utf8(running.stdout).unwrap();
    assert!(seen.lines().count() > 3 && seen.lines().all(|line| all.lines().any(|other| other == line)));
    assert!(!all.contains("test-user") && !all.contains("Bonjour"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("audit/export.py");
    let output = Command::new(python()).arg(script).arg(out.path()).output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", said(&output));
    named(&log, out.path());
}

/// With the key file persons have their names, in every format.
fn named(log: &Path, out: &Path) {
    let keys = log.join("subject-keys");
    for (format, expected) in [
        ("jsonl", "\"subject\":\"test-user\""),
        ("csv", ",test-user,"),
        ("csv", ",\"'@anna\t\"\"\u{0}\","),
        ("ocsf", "\"name\":\"test-user\""),
    ] {
        let path = out.join("named");
        let paths = [path.to_str().unwrap(), keys.to_str().unwrap()];
        let more = ["--format", format, "--output", paths[0], "--force", "--subject-keys", paths[1]];
        let output = export(log, &more).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert!(std::fs::read_to_string(&path).unwrap().contains(expected), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_leaves_nothing_under_the_name() {
    let out = Folder::new("export-full").unwrap();
    let log = out.path().join("audit");
    let writer = Log::open(&log, "gw-1").unwrap();
    let partition = writer.partition("FR-health").unwrap();
    for number in 0..2_000 {
        partition.append_later(ended("n", 1_785_231_000_000_000, number)).unwrap();
    }
    writer.close().await;
    assert_eq!(audit::verify(&log, audit::Options::default()).unwrap().records, 2_000);
    // SIGXFSZ is ignored, so that a write past the limit fails like one on a full disk.
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    for (format, name) in [("jsonl", "a"), ("csv", "b"), ("parquet", "c"), ("ocsf", "d")] {
        let path = out.path().join(name);
        let mut command = Command::new("sh");
        command.args(["-c", limited, "sh", INLAND, "audit", "export"]).arg(&log);
        let output = command.args(["--format", format, "--output"]).arg(&path).output().unwrap();
        assert!(!output.status.success());
        let expected = format!("could not write {}: File too large", path.display());
        assert!(said(&output).contains(&expected), "{format}: {}", said(&output));
        assert!(
            said(&output).contains("this export left nothing under that name"),
            "{format}: {}",
            said(&output)
        );
    }
    let mut command = export(&log, &["--format", "csv", "--output", "-"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("is not a whole export"), "{}", said(&output));
    let left: Vec<_> =
        std::fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["audit"]);
}

#[test]
fn what_was_asked_for_wrongly_is_said_before_anything_is_read() {
    let out = Folder::new("export-usage").unwrap();
    let name = out.path().join("x").display().to_string();
    for (more, expected) in [
        (vec!["--format", "xml", "--output", &name], "[possible values: jsonl, csv, parquet, ocsf]"),
        (vec!["--format", "csv"], "--output <PATH>"),
        (vec!["--format", "csv", "--output", &name, "--from", "today"], "write a date like 2026-11-27"),
        (
            vec!["--format", "csv", "--output", &name, "--from", "2026-02-01", "--to", "2026-01-01"],
            "--from must be",
        ),
        (vec!["--format", "csv", "--output", &name], "holds no partition of a log"),
    ] {
        let output = export(out.path(), &more).output().unwrap();
        assert!(!output.status.success());
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}
