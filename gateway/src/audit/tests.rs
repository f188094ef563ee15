//! The log as a whole, from outside and with a disk that breaks.

mod clock;
mod control;
mod crash;
mod erase;
mod export;
mod fleet;
mod full;
mod fuzz;
mod interleave;
mod keys;
mod kill;
mod life;
mod power;
mod prune;
mod records;
mod report;
mod rotation;
mod stuck;
mod tamper;
mod witness;

pub(super) use records::must_follow_the_schema;

use super::disk::Disk;
use super::faults::Faults;
use super::recover::Opened;
use super::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

fn stamp() -> Stamp {
    Stamp::new("gw-1", "00".repeat(16))
}

/// Opens a partition, and does what its publisher's thread does first.
fn open_partition(disk: &Disk, partition: &Path, keys: &Keys) -> Result<Opened, AuditError> {
    let mut opened = recover::open(disk, partition, "gw-1/FR-health", 4_096, &stamp(), keys)?;
    opened.publisher.catch_up()?;
    if opened.publisher.is_behind() {
        opened.publisher.publish()?;
    }
    Ok(opened)
}

/// A directory of its own, in memory where there is such a place; gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Scratch::under(memory) } else { Scratch::under(&std::env::temp_dir()) }
    }

    fn under(base: &Path) -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("inland-audit-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Copies a log as somebody does who hides that it is a copy.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.ends_with("place") {
            continue;
        } else if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn broken(faults: &Arc<Faults>) -> Settings {
    let disk = Disk::with(faults);
    Settings { upkeep: disk.clone(), disk, ..Settings::default() }
}

/// What records are judged by.
const DIGESTS: Digests<'static> =
    Digests { configuration: "sha256:01", engine: "cpu", law: "sha256:02", policy: "sha256:00" };

/// What records refer to.
struct World {
    sealed: Sealed,
    findings: BTreeMap<&'static str, u32>,
    input: String,
}

impl World {
    fn new() -> World {
        let sealed = Sealed { key: "00112233aabbccdd".into(), sealed: "AAAA".into() };
        World { sealed, findings: BTreeMap::from([("email", 1), ("iban", 2)]), input: "{}".into() }
    }

    fn intent<'a>(&'a self, id: &'a str) -> Intent<'a> {
        Intent {
            id,
            time_us: 1_785_231_000_000_123,
            tenant: "hospital",
            subject: &self.sealed,
            principal: "jwt",
            route: "/v1/chat/completions",
            model: "clinic-large",
            input: &self.input,
            decision: "{\"allow\":[\"paris/large\"]}",
            digests: DIGESTS,
            findings: &self.findings,
            dropped_headers: 0,
            request_hmac: "ab",
            request_bytes: 1_024,
            stale: false,
        }
    }
}

fn outcome(id: &str, intent: u64) -> Outcome<'_> {
    Outcome {
        id,
        time_us: 1_785_231_000_100_000,
        intent,
        attempts: &[Attempt {
            pair: "paris/large",
            backend: "paris",
            country: "FR",
            address: Some("127.33.0.10:443"),
            pin: Some("sha256/AA"),
            reason: None,
        }],
        pair: Some("paris/large"),
        status: 200,
        code: None,
        request_bytes: 1_024,
        response_bytes: 2_048,
        response_hmac: Some("cd"),
        duration_us: 99_877,
        first_byte_us: Some(4_000),
    }
}

/// Appends INTENT and OUTCOME, `count` times; tells the indices of the INTENTs.
async fn append_pairs(partition: &Partition, count: usize) -> Vec<u64> {
    let world = World::new();
    let ids: Vec<String> = (0..count).map(|number| format!("req-{number}")).collect();
    // All queued at once, so that the disk is asked once.
    let waiting: Vec<Appending> = ids.iter().map(|id| partition.append(world.intent(id))).collect();
    let mut indices = Vec::new();
    for (appending, id) in waiting.into_iter().zip(&ids) {
        let index = appending.await.unwrap();
        partition.append_later(outcome(id, index)).unwrap();
        indices.push(index);
    }
    indices
}

/// Kind and id of every record.
fn kinds(partition: &Path) -> Vec<(String, String)> {
    let text = |record: &serde_json::Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    records(partition)
        .unwrap()
        .map(|record| {
            let record: serde_json::Value = serde_json::from_slice(&record.unwrap().1).unwrap();
            (text(&record, "kind"), text(&record, "id"))
        })
        .collect()
}

fn checked(directory: &Path) -> Report {
    verify(directory, Options::default()).unwrap()
}

/// A number from outside, for longer runs.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % bound.max(1) as u64).unwrap()
    }
}

/// Waits until something holds; a busy disk may take its time.
async fn until(holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < patience, "it never held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
