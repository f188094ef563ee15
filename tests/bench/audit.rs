//! What the audit log costs, each result beside what the bare disk takes in the same minute.
//!
//! `cargo bench -p inland-tests --bench audit` measures in the system's folder for temporary files;
//! `INLAND_BENCH_DIRECTORY=/mnt/log` says where else. Every load ends by itself, and every log is verified.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run ends")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use inland::audit::{self, Attempt, Digests, Intent, Log, Outcome, Partition, Sealed};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc; // as in the product

/// Requests a second of the open loop, and how long it goes on.
const RATE: u32 = 5_000;
const OPEN_LOOP: Duration = Duration::from_secs(10);
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
    println!("\n| what | result | bare write + fdatasync of 3 KB, before | after |\n|---|---|---|---|");
    beside(&directory, "durable records of about 512 bytes", || flood(&runtime, &directory.join("flood")));
    beside(&directory, "verify", || verify(&directory.join("flood")));
    beside(&directory, "recovery of a log without its checkpoint and tiles", || {
        recover(&runtime, &directory.join("flood"))
    });
    println!(
        "\n| {RATE} requests a second, INTENT and OUTCOME, for {} s | added | the bare disk before, under the same arrivals |",
        OPEN_LOOP.as_secs()
    );
    println!("|---|---|---|");
    for round in 1..=ROUNDS {
        let bare = bare_open_loop(&directory);
        let log = open_loop(&runtime, &directory.join(format!("loop-{round}")));
        println!("| round {round} | {log} | {bare} |");
    }
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

/// The disk alone under the same arrivals: what has arrived is appended and synced in one go, then
/// what has arrived meanwhile. A disk that pauses for 5 ms makes 25 requests late, not one write.
fn bare_open_loop(directory: &Path) -> String {
    let path = directory.join("bare");
    let mut file = File::create(&path).unwrap();
    let due = |number: u32| Duration::from_secs(1) / RATE * number;
    let (mut took, mut number, started) = (Vec::new(), 0, Instant::now());
    while due(number) < OPEN_LOOP {
        std::thread::sleep(due(number).saturating_sub(started.elapsed()));
        let now = started.elapsed();
        let arrived: Vec<u32> = (number..).take_while(|number| due(*number) <= now).collect();
        file.write_all(&vec![7; 3_000 * arrived.len()]).unwrap();
        file.sync_data().unwrap();
        let done = started.elapsed();
        took.extend(arrived.iter().map(|number| u64::try_from((done - due(*number)).as_micros()).unwrap()));
        number = arrived.last().unwrap() + 1;
    }
    std::fs::remove_file(path).unwrap();
    took.sort_unstable();
    percentiles(&took)
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
    let at = |share: usize| sorted[(sorted.len() - 1) * share / 1_000];
    format!("p50 {} µs, p99 {} µs", at(500), at(990))
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
fn open_loop(runtime: &Runtime, directory: &Path) -> String {
    let (log, partition) = begin(directory);
    let cpu = cpu_us();
    let mut waiting = arrivals(runtime, &partition);
    let mut latencies = Vec::new();
    while let Some(latency) = runtime.block_on(waiting.join_next()) {
        latencies.push(latency.unwrap());
    }
    let cpu = (cpu_us() - cpu) / latencies.len() as f64;
    runtime.block_on(log.close());
    latencies.sort_unstable();
    let report = audit::verify(directory, audit::Options::default()).unwrap();
    assert_eq!(report.records, 2 * latencies.len() as u64);
    format!("{}, {cpu:.0} µs CPU each", percentiles(&latencies))
}

/// Sends requests at their times; each task says how long its INTENT took to be durable.
fn arrivals(runtime: &Runtime, partition: &Partition) -> JoinSet<u64> {
    let mut waiting = JoinSet::new();
    let sealed = Sealed { key: "00112233aabbccdd".into(), sealed: "A".repeat(80) };
    let findings = BTreeMap::from([("email", 1), ("iban", 2)]);
    let input = format!("{{\"facts\":\"{}\"}}", "x".repeat(1_700));
    let started = Instant::now();
    for number in 0_u32.. {
        let due = Duration::from_secs(1) / RATE * number;
        if due >= OPEN_LOOP {
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
    waiting
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
