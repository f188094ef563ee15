//! A log that was written for a test, and copies of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use inland::audit::{self, Attempt, Digests, Intent, Log, Outcome, Partition};
use inland_tests::Folder;

/// The partition that all of them have.
pub(crate) const PARTITION: &str = "FR-health";
/// Calls of the first part and of both: an INTENT and an OUTCOME each.
pub(crate) const CALLS: [usize; 2] = [150, 350];

/// A log of 700 records, of which an older checkpoint covers 300; both checkpoints and the key, kept outside.
pub(crate) struct Written {
    folder: Folder,
    pub(crate) vkey: String,
}

impl Written {
    pub(crate) async fn new(name: &str) -> Written {
        let written = Written { folder: Folder::new(name).unwrap(), vkey: String::new() };
        let (log, early) = (written.path("log"), written.path("early"));
        write(&log, 0..CALLS[0], "").await;
        keep(&log, &written.older());
        copy(&log, &early);
        write(&log, CALLS[0]..CALLS[1], "").await;
        keep(&log, &written.newest());
        let vkey = std::fs::read_to_string(log.join(PARTITION).join("vkey")).unwrap().trim().to_owned();
        Written { vkey, ..written }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The partition.
    pub(crate) fn partition(&self) -> PathBuf {
        self.path("log").join(PARTITION)
    }

    /// The checkpoint over 300 records.
    pub(crate) fn older(&self) -> PathBuf {
        self.path("older")
    }

    /// The checkpoint over all.
    pub(crate) fn newest(&self) -> PathBuf {
        self.path("newest")
    }
}

fn keep(log: &Path, file: &Path) {
    std::fs::copy(log.join(PARTITION).join("checkpoint"), file).unwrap();
}

/// Writes calls with these numbers; `mark` makes the records of one log differ from another's.
pub(crate) async fn write(log: &Path, calls: std::ops::Range<usize>, mark: &str) {
    let log = Log::open(log, "gw-1").unwrap();
    let partition = log.partition(PARTITION).unwrap();
    for number in calls {
        call(&log, &partition, &format!("req-{number}{mark}")).await;
    }
    log.close().await;
}

async fn call(log: &Log, partition: &Partition, id: &str) {
    let subject = log.seal_subject("hopital-lyon", "anna").unwrap();
    let intent = Intent {
        id,
        time_us: audit::now_us(),
        tenant: "hopital-lyon",
        subject: &subject,
        principal: "jwt",
        route: "/v1/chat/completions",
        model: "clinic-large",
        input: "{}",
        decision: "{\"allow\":[\"paris/large\"]}",
        digests: Digests { configuration: "c", engine: "e", law: "l", policy: "p" },
        findings: &BTreeMap::from([("email", 1)]),
        dropped_headers: 0,
        request_hmac: "ab",
        request_bytes: 1_024,
        stale: false,
    };
    let intent = partition.append(intent).await.unwrap();
    let attempt = Attempt {
        pair: "paris/large",
        backend: "paris",
        country: "FR",
        address: Some("127.33.0.10:443"),
        pin: Some("sha256/AA"),
        reason: None,
    };
    let outcome = Outcome {
        id,
        time_us: audit::now_us(),
        intent,
        attempts: &[attempt],
        pair: Some("paris/large"),
        status: 200,
        code: None,
        request_bytes: 1_024,
        response_bytes: 2_048,
        response_hmac: Some("cd"),
        duration_us: 99_877,
        first_byte_us: Some(4_000),
    };
    partition.append(outcome).await.unwrap();
}

/// Copies a folder as someone would who wants the copy to be taken for the log: without `place`, which shows it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() && path.file_name().is_some_and(|name| name != "place") {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
