//! What a record costs. Ignored by default: it measures this machine.
//!
//! `cargo test --release -p inland audit::tests::cost -- --ignored --nocapture`

use super::*;
use std::io::Write;

const CALLERS: usize = 32;
const SECONDS: u64 = 5;

/// CPU time of all threads of this process, from the scheduler.
fn cpu_ns() -> u64 {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("schedstat")).ok())
        .map(|stat| stat.split(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

/// The disk alone: append one record of 3 KB, and sync.
fn bare_sync_us(directory: &Path) -> f64 {
    let mut file = std::fs::File::create(directory.join("bare")).unwrap();
    let started = Instant::now();
    for _ in 0..200 {
        file.write_all(&[7; 2_600]).unwrap();
        file.sync_data().unwrap();
    }
    started.elapsed().as_secs_f64() * 1e6 / 200.0
}

/// INTENT and OUTCOME together have about 3 KB.
fn world() -> World {
    World { input: format!("{{\"facts\":\"{}\"}}", "x".repeat(1_700)), ..World::new() }
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

#[test]
#[ignore = "measures this machine"]
fn what_a_pair_costs() {
    let scratch = Scratch::under(&std::env::temp_dir());
    let bare = bare_sync_us(&scratch.0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (pairs, cpu_us, mut latencies) = runtime.block_on(load(&scratch.join("audit")));
    latencies.sort_unstable();
    let report = checked(&scratch.join("audit"));
    let bytes = std::fs::metadata(scratch.join("audit/FR-health/segments/0001.seg")).unwrap().len();
    println!("bare write + fdatasync: {bare:.0} us");
    println!(
        "{pairs} pairs in {SECONDS} s by {CALLERS} callers: {:.2} us CPU a pair, append p50 {} us p99 {} us, first segment {bytes} bytes, {} records verified",
        cpu_us / pairs as f64,
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        report.records,
    );
}

async fn load(directory: &Path) -> (u64, f64, Vec<u64>) {
    let log = Log::open(directory, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let before = cpu_ns();
    let until = Instant::now() + Duration::from_secs(SECONDS);
    let mut set = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let partition = partition.clone();
        set.spawn(async move {
            let world = world();
            let mut latencies = Vec::with_capacity(100_000);
            let id = format!("0123456789abcdef-{caller}");
            while Instant::now() < until {
                let started = Instant::now();
                let index = partition.append(world.intent(&id)).await.unwrap();
                latencies.push(u64::try_from(started.elapsed().as_micros()).unwrap());
                partition.append_later(outcome(&id, index)).unwrap();
            }
            latencies
        });
    }
    let mut latencies = Vec::new();
    while let Some(more) = set.join_next().await {
        latencies.extend(more.unwrap());
    }
    let cpu_us = (cpu_ns() - before) as f64 / 1e3;
    log.close().await;
    (latencies.len() as u64, cpu_us, latencies)
}

#[test]
#[ignore = "measures this machine"]
fn how_many_small_records_a_second() {
    let scratch = Scratch::under(&std::env::temp_dir());
    let bare = bare_sync_us(&scratch.0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (records, seconds) = runtime.block_on(flood(&scratch.join("audit")));
    let started = Instant::now();
    let report = checked(&scratch.join("audit"));
    println!(
        "bare write + fdatasync: {bare:.0} us; {records} records of about 512 bytes in {seconds:.1} s: {:.0}/s; verified {} in {:.2} s: {:.0}/s",
        records as f64 / seconds,
        report.records,
        started.elapsed().as_secs_f64(),
        report.records as f64 / started.elapsed().as_secs_f64(),
    );
}

async fn flood(directory: &Path) -> (u64, f64) {
    let log = Log::open(directory, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let started = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for caller in 0..64_u64 {
        let partition = partition.clone();
        set.spawn(async move {
            let id = format!("0123456789abcdef-{caller}");
            for _ in 0..100 {
                let waiting: Vec<_> = (0..100).map(|_| partition.append(outcome(&id, 0))).collect();
                for appending in waiting {
                    appending.await.unwrap();
                }
            }
        });
    }
    while let Some(ended) = set.join_next().await {
        ended.unwrap();
    }
    let seconds = started.elapsed().as_secs_f64();
    log.close().await;
    (640_000, seconds)
}
