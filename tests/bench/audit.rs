//! What the audit log costs, each result beside what the bare disk takes in the same minute.
//!
//! `cargo bench -p inland-tests --bench audit` measures in the system's folder for temporary files;
//! `INLAND_BENCH_DIRECTORY=/mnt/log` says where else. Every load ends by itself, and every log is verified.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run ends")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use inland::audit::{self, Attempt, Digests, Intent, Log, Outcome, Partition, Sealed};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc; // as in the product

/// Requests a second of the open loop.
const RATE: u32 = 5_000;
/// The bare disk and the log take so many turns each in a round.
const TURNS: usize = 8;
const TURN: Duration = Duration::from_secs(1);
/// What a request writes.
const BARE_BYTES: usize = 3_000;
/// A checkpoint follows the last record within this.
const SETTLES: Duration = Duration::from_millis(400);
const ROUNDS: usize = 5;
/// Callers that keep a hundred small records each in flight, and how often.
const CALLERS: u64 = 64;
const IN_FLIGHT: u64 = 100;
const WAVES: u64 = 100;

const GIB: f64 = (1_u64 << 30) as f64;
/// Where the checkpoint over nothing is kept.
const EMPTY: &str = "empty-checkpoint";

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return; // `cargo test --benches`: it compiles, that is all
    }
    let base = std::env::var_os("INLAND_BENCH_DIRECTORY").map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = base.join(format!("inland-bench-audit-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!("machine: {}; log in {}", machine(), base.display());
    if let Some(count) = only_rounds() {
        rounds(&runtime, &directory, count);
        return std::fs::remove_dir_all(&directory).unwrap();
    }
    println!("\n| what | result | bare write + fdatasync of 3 KB, before | after |\n|---|---|---|---|");
    beside(&directory, "durable records of about 512 bytes", || flood(&runtime, &directory.join("flood")));
    beside(&directory, "verify", || verify(&directory.join("flood")));
    beside(&directory, "recovery of a log without its checkpoint and tiles", || {
        recover(&runtime, &directory.join("flood"))
    });
    rounds(&runtime, &directory, ROUNDS);
    println!(
        "\nRecovery of the last of them without its checkpoint and tiles: {}",
        recover(&runtime, &directory.join(format!("loop-{ROUNDS}")))
    );
    std::fs::remove_dir_all(&directory).unwrap();
}

fn beside(directory: &Path, what: &str, measure: impl FnOnce() -> String) {
    let before = bare(directory);
    let result = measure();
    println!("| {what} | {result} | {before} | {} |", bare(directory));
}

/// `-- --rounds N`: the open loop and nothing else.
fn only_rounds() -> Option<usize> {
    let after = std::env::args().skip_while(|argument| argument != "--rounds").nth(1);
    after.map(|count| count.parse().unwrap())
}

/// The open loop: the bare disk and the log take turns of a second, under the same arrivals on the same file
/// system, so that each round says what the disk was worth when it was measured.
fn rounds(runtime: &Runtime, directory: &Path, count: usize) {
    println!(
        "\n| {RATE} requests a second, INTENT and OUTCOME, {TURNS} turns of {} s each | bare p50 | bare p99 | added p50 | added p99 | CPU each |",
        TURN.as_secs()
    );
    println!("|---|---|---|---|---|---|");
    let mut all = Turns::default();
    for round in 1..=count {
        let turns = open_loop(runtime, directory, &directory.join(format!("loop-{round}")));
        println!("| round {round} {} |", turns.row());
        all.bare.extend(turns.bare);
        all.added.extend(turns.added);
        all.cpu += turns.cpu;
    }
    println!("| all of them {} |", all.row());
}

/// What the bare disk took and what the log added, in microseconds, and the CPU time of the log's turns.
#[derive(Default)]
struct Turns {
    bare: Vec<u64>,
    added: Vec<u64>,
    cpu: f64,
}

impl Turns {
    fn row(&self) -> String {
        let quantiles = |took: &[u64]| {
            let mut sorted = took.to_vec();
            sorted.sort_unstable();
            [500, 990].map(|share| at(&sorted, share))
        };
        let ([bare_50, bare_99], [added_50, added_99]) = (quantiles(&self.bare), quantiles(&self.added));
        let cpu = self.cpu / self.added.len() as f64;
        format!("| {bare_50} µs | {bare_99} µs | {added_50} µs | {added_99} µs | {cpu:.0} µs")
    }
}

/// The disk alone under the same arrivals: what has arrived is written over zeros that stand there and synced
/// in one go, then what has arrived meanwhile. A disk that pauses for 5 ms makes 25 requests late, not one
/// write. Nothing less is possible: no journal of the file system, no other thread.
fn bare_turn(file: &File, took: &mut Vec<u64>) {
    let due = |number: u32| Duration::from_secs(1) / RATE * number;
    let (mut number, mut offset, started) = (0, 0, Instant::now());
    while due(number) < TURN {
        let early = due(number).checked_sub(started.elapsed());
        early.into_iter().for_each(std::thread::sleep);
        let woke = started.elapsed();
        let arrived: Vec<u32> = (number..).take_while(|number| due(*number) <= woke).collect();
        let bytes = vec![7; BARE_BYTES * arrived.len()];
        file.write_all_at(&bytes, offset).unwrap();
        file.sync_data().unwrap();
        let done = started.elapsed();
        // A thread that woke late is not late because of the disk.
        let asked = |number: u32| if early.is_some() { woke } else { due(number) };
        took.extend(arrived.iter().map(|number| u64::try_from((done - asked(*number)).as_micros()).unwrap()));
        number = arrived.last().unwrap() + 1;
        offset += bytes.len() as u64;
    }
}

/// Zeros for a turn of the bare disk of a second, and for what arrives while its last sync takes long.
fn bare_file(directory: &Path) -> File {
    let mut file = File::create(directory.join("bare")).unwrap();
    file.write_all(&vec![0; 2 * BARE_BYTES * RATE as usize]).unwrap();
    file.sync_all().unwrap();
    file
}

/// The disk alone: append 3 KB, which is what one request writes, and sync.
fn bare(directory: &Path) -> String {
    let path = directory.join("bare");
    let mut file = File::create(&path).unwrap();
    let mut took: Vec<u64> = (0..500)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[7; 3_000]).unwrap();
            file.sync_data().unwrap();
            micros(started)
        })
        .collect();
    std::fs::remove_file(path).unwrap();
    took.sort_unstable();
    percentiles(&took)
}

fn percentiles(sorted: &[u64]) -> String {
    format!("p50 {} µs, p99 {} µs", at(sorted, 500), at(sorted, 990))
}

fn at(sorted: &[u64], share: usize) -> u64 {
    sorted[(sorted.len() - 1) * share / 1_000]
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap()
}

/// CPU time of all threads of this process, from the scheduler.
fn cpu_us() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let stat = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    stat.map(|stat| stat.split(' ').next().unwrap().parse::<f64>().unwrap()).sum::<f64>() / 1e3
}

/// A new log; its checkpoint over nothing is kept for `recover`.
fn begin(directory: &Path) -> (Log, Partition) {
    let log = Log::open(directory, "bench").unwrap();
    let partition = log.partition("FR-health").unwrap();
    std::fs::copy(directory.join("FR-health/checkpoint"), directory.join(EMPTY)).unwrap();
    (log, partition)
}

/// Small records, as many as go.
fn flood(runtime: &Runtime, directory: &Path) -> String {
    let (log, partition) = begin(directory);
    let started = Instant::now();
    runtime.block_on(async {
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let partition = partition.clone();
            callers.spawn(async move {
                let id = format!("0123456789abcdef-{caller}");
                for _ in 0..WAVES {
                    let waiting: Vec<_> = (0..IN_FLIGHT).map(|_| partition.append(outcome(&id, 0))).collect();
                    for appending in waiting {
                        appending.await.unwrap();
                    }
                }
            });
        }
        while let Some(ended) = callers.join_next().await {
            ended.unwrap();
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    runtime.block_on(log.close());
    let records = CALLERS * IN_FLIGHT * WAVES;
    let bytes = segment_bytes(directory) / records;
    format!("{:.0} a second ({records} of {bytes} bytes)", records as f64 / seconds)
}

fn segment_bytes(directory: &Path) -> u64 {
    let segments = std::fs::read_dir(directory.join("FR-health/segments")).unwrap();
    segments.map(|segment| segment.unwrap().metadata().unwrap().len()).sum()
}

/// The worst crash: all of the log is behind its last checkpoint, and no tile is there.
fn recover(runtime: &Runtime, directory: &Path) -> String {
    let partition = directory.join("FR-health");
    std::fs::copy(directory.join(EMPTY), partition.join("checkpoint")).unwrap();
    std::fs::remove_dir_all(partition.join("tile")).unwrap();
    let bytes = segment_bytes(directory) as f64;
    let started = Instant::now();
    let log = Log::open(directory, "bench").unwrap();
    let open = started.elapsed().as_secs_f64() * GIB / bytes;
    runtime.block_on(log.close());
    let signed = started.elapsed().as_secs_f64() * GIB / bytes;
    audit::verify(directory, audit::Options::default()).unwrap();
    let size = bytes / GIB;
    format!("{open:.2} s a GiB until requests are taken, {signed:.1} until all is signed ({size:.2} GiB)")
}

/// What a request is to the log: it arrives when it arrives, whether the one before has its index or not.
fn open_loop(runtime: &Runtime, directory: &Path, place: &Path) -> Turns {
    let (log, partition) = begin(place);
    let file = bare_file(directory);
    let mut turns = Turns::default();
    for _ in 0..TURNS {
        bare_turn(&file, &mut turns.bare);
        let before = cpu_us();
        turn(runtime, &partition, &mut turns.added);
        std::thread::sleep(SETTLES); // its last checkpoint is its own, not the bare disk's
        turns.cpu += cpu_us() - before;
    }
    runtime.block_on(log.close());
    let report = audit::verify(place, audit::Options::default()).unwrap();
    assert_eq!(report.records, 2 * turns.added.len() as u64);
    turns
}

/// Sends requests at their times; each task says how long its INTENT took to be durable.
fn turn(runtime: &Runtime, partition: &Partition, took: &mut Vec<u64>) {
    let mut waiting = JoinSet::new();
    let sealed = Sealed { key: "00112233aabbccdd".into(), sealed: "A".repeat(80) };
    let findings = BTreeMap::from([("email", 1), ("iban", 2)]);
    let input = format!("{{\"facts\":\"{}\"}}", "x".repeat(1_700));
    let started = Instant::now();
    for number in 0_u32.. {
        let due = Duration::from_secs(1) / RATE * number;
        if due >= TURN {
            break;
        }
        if let Some(early) = due.checked_sub(started.elapsed()) {
            std::thread::sleep(early);
        }
        let id = format!("0123456789abcdef-{number}");
        let asked = Instant::now();
        let appending = partition.append(intent(&id, &sealed, &findings, &input));
        let partition = partition.clone();
        waiting.spawn_on(
            async move {
                let index = appending.await.unwrap();
                let took = micros(asked);
                partition.append_later(outcome(&id, index)).unwrap();
                took
            },
            runtime.handle(),
        );
    }
    while let Some(latency) = runtime.block_on(waiting.join_next()) {
        took.push(latency.unwrap());
    }
}

fn verify(directory: &Path) -> String {
    let started = Instant::now();
    let report = audit::verify(directory, audit::Options::default()).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    format!("{:.0} records a second on one core", report.records as f64 / seconds)
}

fn intent<'a>(
    id: &'a str,
    subject: &'a Sealed,
    findings: &'a BTreeMap<&'a str, u32>,
    input: &'a str,
) -> Intent<'a> {
    Intent {
        id,
        time_us: audit::now_us(),
        tenant: "hospital",
        subject,
        principal: "jwt",
        route: "/v1/chat/completions",
        model: "clinic-large",
        input,
        decision: "{\"allow\":[\"paris/large\"]}",
        digests: Digests { configuration: "sha256:01", engine: "cpu", law: "sha256:02", policy: "sha256:00" },
        findings,
        dropped_headers: 0,
        request_hmac: "ab",
        request_bytes: 1_024,
        stale: false,
    }
}

fn outcome(id: &str, intent: u64) -> Outcome<'_> {
    Outcome {
        id,
        time_us: audit::now_us(),
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

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().unwrap();
    format!("{}, {cores} cores", model.trim_start_matches(['\t', ':', ' ']))
}
