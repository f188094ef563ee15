//! The log's disk is full: nothing is forwarded until there is room again, and then service goes on.
//!
//! The gateway runs in a mount namespace of its own with a small disk for its log, which fills after it has
//! started. Where a machine allows no such namespace the test says so loudly, and fails where `CI=true`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use inland::audit;
use inland::demo::Client;
use inland_tests::{CHAT, Process, Stage, WERK, all_records, body, kind};

/// The file that is removed to make room.
const FILLER: &str = "filler";
/// What the filler leaves, and more calls than that can record.
const LEFT_BYTES: u64 = 1_000_000;
const CALLS_MAX: usize = 4000;
/// Calls after the disk is full: none of them may leave.
const AFTER: usize = 20;

/// How this machine gives a process mounts of its own: as root, or as the root of a user namespace.
fn unshare() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["-m"], &["-U", "-r", "-m"]];
    let works = |flags: &&&[&str]| {
        let mut tried = Command::new("unshare");
        tried.args(**flags).args(["sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]);
        tried.output().is_ok_and(|output| output.status.success())
    };
    ways.iter().find(works).copied()
}

/// Starts the gateway with its log on a disk that holds a reserve for each partition and not much more.
fn gateway(flags: &[&str], stage: &Stage) -> Process {
    let script = "mount -t tmpfs -o size=64m,mode=700 none \"$1\" \
                  && exec \"$2\" --log json serve --config \"$3\"";
    let mut command = Command::new("unshare");
    command.args(flags).args(["sh", "-c", script, "sh"]).arg(stage.log());
    command.arg(env!("CARGO_BIN_EXE_inland-under-test")).arg(stage.world.config_path());
    Process::start(&mut command).unwrap()
}

/// Takes all of the disk but a little.
fn fill(log: &Path) {
    let mut filler = std::fs::File::create(log.join(FILLER)).unwrap();
    while filler.write_all(&[7; 4096]).is_ok() {}
    let taken = filler.metadata().unwrap().len();
    filler.set_len(taken - LEFT_BYTES).unwrap();
}

/// The log as the gateway sees it.
fn inside(process: &Process, log: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", process.id()));
    root.join(log.strip_prefix("/").unwrap())
}

/// Status and code of one more call.
async fn one(stage: &Stage, client: &Client, number: usize) -> (u16, Option<String>, Option<String>) {
    let call = body("werk-large", &format!("Brief Nummer {number}, bitte."));
    let heard = client.send(hyper::Method::POST, CHAT, &stage.token(WERK), &[], &call).await.unwrap();
    (heard.status, heard.refusal(), heard.header("x-should-retry").map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_all_forwarding_until_there_is_room_again() {
    let Some(flags) = unshare() else {
        let told =
            "no mount namespace here (run as root, or allow user namespaces): the full disk is NOT tested";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{told}");
        eprintln!("{told}");
        return;
    };
    let mut stage = Stage::start("disk", "").await.unwrap();
    stage.world.stop_gateway().await;
    std::fs::remove_dir_all(stage.log()).unwrap(); // the log of this test begins on the small disk
    std::fs::create_dir(stage.log()).unwrap();
    let process = gateway(flags, &stage);
    let client = Client::new(&format!("https://{}", process.callers), Some(stage.world.ca_path())).unwrap();
    let log = inside(&process, &stage.log());
    fill(&log);

    let mut answered = 0;
    let refused = loop {
        let (status, code, retry) = one(&stage, &client, answered).await;
        if status != 200 {
            break (status, code, retry);
        }
        answered += 1;
        assert!(answered < CALLS_MAX, "the disk never filled");
    };
    let unavailable = (503, Some("audit_unavailable".to_owned()), Some("false".to_owned()));
    assert_eq!(refused, unavailable);
    stage.forget();
    for number in 0..AFTER {
        assert_eq!(one(&stage, &client, number).await, unavailable);
    }
    assert_eq!(stage.reached(), Vec::<&str>::new());

    // Every request that was forwarded has ended in the log although its disk is full.
    let count = |log: &Path, wanted: &str| {
        all_records(log).unwrap().iter().filter(|record| kind(record) == wanted).count()
    };
    assert_eq!((count(&log, "INTENT"), count(&log, "OUTCOME")), (answered, answered));
    std::fs::remove_file(log.join(FILLER)).unwrap();
    let mut status = 503;
    for number in 0..100 {
        status = one(&stage, &client, number).await.0;
        if status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, 200, "service did not resume");
    tokio::time::sleep(Duration::from_millis(1500)).await; // the checkpoint follows within a second
    let report = audit::verify(&log, audit::Options::default()).unwrap();
    let records = all_records(&log).unwrap();
    let intents = records.iter().filter(|record| kind(record) == "INTENT").count();
    assert_eq!(report.records, records.len() as u64);
    assert!(intents > answered, "{intents} INTENTs for {answered} answers and one more");
    writeln!(std::io::stdout(), "{answered} answers filled the disk; {} records verify", report.records)
        .unwrap();
    drop(process);
    stage.world.stop().await;
}
