//! `kernels-bench`: how fast texts are scanned, on each kind of vectors that this machine has.
//!
//! ```text
//! cargo run -p inland-kernels --release --bin kernels-bench            a table
//! cargo run -p inland-kernels --release --bin kernels-bench -- --json  one object a line
//! cargo run -p inland-kernels --release --bin kernels-bench -- --hostile  texts made to be slow (`hostile.rs`)
//! cargo run -p inland-kernels --release --bin kernels-bench -- --gpu   the device alone (`gpu.rs`)
//! ```
//!
//! Machines are shared and noisy: every figure stands beside that of `memchr` over the same bytes in the
//! same run, and is the median of rounds that take turns with it.

mod corpora;
mod gpu;
mod hostile;

use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use inland_kernels::{Engine, Finding};

const HELP: &str = "Measures how fast texts are scanned.

Usage: kernels-bench [--json] [--rounds N] [--corpus NAME] [--hostile] [--text TEXT] [--gpu] [--gpu-bytes N]

  --json      one JSON object a line: bench, corpus, bytes, hits_per_kb, simd, gb_per_s, memchr_gb_per_s
  --rounds N  rounds of each measurement, 3 to 1000 (default 15)
  --corpus NAME  only this one: sparse, dense, digits, ats, letters, prose, json, table
  --hostile   texts that are made to be slow, the slowest first; a growth well over 2 is not linear
  --text TEXT  of those only this one, over and over
  --gpu       the device alone; without it the processor first, and the device where there is one
  --gpu-bytes N  no text on the device is longer (default: 256 MiB)

Example: cargo run -p inland-kernels --release --bin kernels-bench -- --json
";

/// Bytes of a usual request body.
const BODY: usize = 8 << 10;
/// Bodies whose latency is measured, one by one.
const BODIES: usize = 20_000;

struct Options {
    json: bool,
    rounds: usize,
    corpus: Option<String>,
    hostile: bool,
    text: Option<String>,
    gpu_alone: bool,
    gpu_bytes: usize,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => return tell(HELP),
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "kernels-bench: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    if options.hostile {
        hostile::measure(&Engine::cpu(), &options);
        return ExitCode::SUCCESS;
    }
    if !options.gpu_alone {
        measure_processor(&options);
    }
    if gpu::measure(&options) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure_processor(options: &Options) {
    if !options.json {
        tell(&format!(
            "{:11} {:9} {:>9} {:>10} {:>9} {:>8} {:>13}\n",
            "bench", "corpus", "bytes", "hits/KB", "simd", "GB/s", "memchr GB/s"
        ));
    }
    for engine in Engine::each_cpu() {
        for (corpus, text) in corpora::all().iter().filter(|(name, _)| options.wants(name)) {
            tell(&throughput(&engine, corpus, text, options));
        }
        if options.wants("sparse") {
            tell(&latency(&engine, options));
        }
    }
}

impl Options {
    fn wants(&self, corpus: &str) -> bool {
        self.corpus.as_deref().is_none_or(|only| only == corpus)
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        json: false,
        rounds: 15,
        corpus: None,
        hostile: false,
        text: None,
        gpu_alone: false,
        gpu_bytes: 256 << 20,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => options.json = true,
            "--hostile" => options.hostile = true,
            "--text" => {
                let text = words.next().filter(|text| !text.is_empty());
                options.text = Some(text.ok_or("--text takes a text")?);
                options.hostile = true;
            }
            "--gpu" => options.gpu_alone = true,
            "--gpu-bytes" => {
                let bytes = words.next().and_then(|text| text.parse().ok());
                options.gpu_bytes = bytes.ok_or("--gpu-bytes takes a number of bytes")?;
            }
            "--rounds" => {
                let rounds = words.next().and_then(|text| text.parse().ok());
                options.rounds =
                    rounds.filter(|rounds| (3..=1000).contains(rounds)).ok_or("--rounds takes 3 to 1000")?;
            }
            "--corpus" => {
                let known = |name: &String| corpora::NAMES.contains(&name.as_str());
                let name = words.next().filter(known);
                options.corpus =
                    Some(name.ok_or_else(|| format!("--corpus takes one of {}", corpora::NAMES.join(", ")))?);
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("{other} is not known")),
        }
    }
    Ok(Some(options))
}

/// Writes at once, so that a pipe sees each line when it is measured.
fn tell(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE, // whoever read is gone
    }
}

fn throughput(engine: &Engine, corpus: &str, text: &str, options: &Options) -> String {
    let mut found: Vec<Finding> = Vec::new();
    engine.scan(text, &mut found);
    let hits_per_kb = found.len() as f64 * 1024.0 / text.len() as f64;
    let (mut scans, mut searches) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        found.clear();
        scans.push(timed(|| engine.scan(black_box(text), &mut found)));
        searches.push(timed(|| {
            // A byte that stands nowhere, so that all of the text is read.
            black_box(memchr::memchr(black_box(0x01), black_box(text.as_bytes())));
        }));
    }
    let rate = |times: &mut Vec<Duration>| text.len() as f64 / median(times).as_nanos().max(1) as f64;
    let (own, memchr) = (rate(&mut scans), rate(&mut searches));
    let (bytes, simd) = (text.len(), engine.simd());
    if options.json {
        format!(
            "{{\"bench\":\"throughput\",\"corpus\":\"{corpus}\",\"bytes\":{bytes},\"hits_per_kb\":{hits_per_kb:.2},\"simd\":\"{simd}\",\"gb_per_s\":{own:.3},\"memchr_gb_per_s\":{memchr:.3}}}\n"
        )
    } else {
        format!(
            "{:11} {corpus:9} {bytes:9} {hits_per_kb:10.2} {simd:>9} {own:8.3} {memchr:13.2}\n",
            "throughput"
        )
    }
}

/// One body after the other, as requests come; each at another place of the text, so that no cache has it.
fn latency(engine: &Engine, options: &Options) -> String {
    let [(_, text), ..] = corpora::all();
    let starts = (0..text.len() - BODY).step_by(BODY / 2).filter(|start| text.is_char_boundary(*start));
    let bodies: Vec<&str> = starts.filter_map(|start| text.get(start..start + BODY)).collect();
    let mut found = Vec::new();
    let mut times: Vec<Duration> = (0..BODIES)
        .filter_map(|number| bodies.get(number % bodies.len()))
        .map(|body| {
            found.clear();
            timed(|| engine.scan(black_box(body), &mut found))
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let (p50, p99) = (at(50).as_nanos() as f64 / 1000.0, at(99).as_nanos() as f64 / 1000.0);
    let simd = engine.simd();
    if options.json {
        format!(
            "{{\"bench\":\"latency\",\"corpus\":\"sparse\",\"bytes\":{BODY},\"simd\":\"{simd}\",\"p50_us\":{p50:.2},\"p99_us\":{p99:.2}}}\n"
        )
    } else {
        format!(
            "{:11} {:9} {BODY:9} {:>10} {simd:>9} p50 {p50:.2} µs, p99 {p99:.2} µs\n",
            "latency", "sparse", ""
        )
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
