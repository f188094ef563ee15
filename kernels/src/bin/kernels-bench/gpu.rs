//! The device: does it find the same, how soon, and how much in a second?
//!
//! Invariant: each line is written as soon as it is measured, and all of them within [`BUDGET`]. On a
//! machine without a device there is one line, which says why there is none.

use std::time::{Duration, Instant};

use inland_kernels::cuda::{Meter, Options as Device, Routing, Unavailable};
use inland_kernels::{Engine, Finding};

use crate::{BODY, Options, corpora, tell};

/// For everything here. A machine with a device is lent for minutes.
const BUDGET: Duration = Duration::from_secs(6 * 60);
/// For one line at most.
const SHARE: Duration = Duration::from_secs(8);
/// Sizes of a launch from pinned memory, and of what stays on the device.
const PINNED: [usize; 6] = [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20];
const RESIDENT: [usize; 4] = [1 << 20, 4 << 20, 64 << 20, 256 << 20];
/// Bytes of a body whose way to the device and back is measured.
const BODIES: [usize; 2] = [BODY, 60 << 10];
/// Launches one behind the other, and runs of the kernels in one graph.
const LAUNCHES: usize = 64;
const RUNS: usize = 16;
/// Bodies whose latency is measured, for each round that was asked for.
const BODIES_A_ROUND: usize = 500;

/// What is measured so far, and until when.
struct Report<'o> {
    options: &'o Options,
    until: Instant,
    device: String,
}

/// Measures the device, if there is one. False if it found something else than the processor.
pub(crate) fn measure(options: &Options) -> bool {
    let device = Device { routing: Routing::Device, ..Device::default() };
    let engine = match Engine::cuda_with(&device) {
        Ok(engine) => engine,
        Err(why) => {
            say_why_not(options, &why);
            return !matches!(why, Unavailable::SelfTest | Unavailable::Failed(_));
        }
    };
    let name = engine.status().device.unwrap_or_default();
    let report = Report { options, until: Instant::now() + BUDGET, device: name };
    if !options.json {
        tell(&format!("\n## {}\n", report.device));
    }
    let same = report.self_test(&engine);
    report.scan_latency(&engine);
    report.scan_all(&engine);
    drop(engine);
    let measured = report.graph_latency().and_then(|()| report.pinned()).and_then(|()| report.resident());
    if let Err(why) = &measured {
        say_why_not(options, why);
    }
    report.routing();
    same && measured.is_ok()
}

fn say_why_not(options: &Options, why: &Unavailable) {
    let why = why.to_string();
    if options.json {
        tell(&format!("{{\"bench\":\"cuda\",\"unavailable\":{why:?}}}\n"));
    } else {
        tell(&format!("cuda: not measured, {why}\n"));
    }
}

impl Report<'_> {
    /// Every body of every corpus, at many cuts and lengths: the same findings as the processor's.
    fn self_test(&self, engine: &Engine) -> bool {
        self.head("Does it find the same?", &["corpus", "bodies", "bytes", "findings", "same"]);
        let cpu = Engine::cpu();
        let mut all_same = true;
        for (corpus, text) in self.corpora() {
            let texts = cut(&text, self.options.gpu_bytes.min(2 << 20));
            let (mut expected, mut found) = (Vec::new(), Vec::new());
            cpu.scan_all(&texts, &mut expected);
            engine.scan_all(&texts, &mut found);
            let same = expected == found;
            all_same &= same;
            let bytes: usize = texts.iter().map(|text| text.len()).sum();
            let findings: usize = found.iter().map(Vec::len).sum();
            let cells = [
                ("corpus", quoted(corpus)),
                ("bodies", texts.len().to_string()),
                ("bytes", bytes.to_string()),
                ("findings", findings.to_string()),
                ("same", same.to_string()),
            ];
            self.line("cuda-self-test", &cells);
        }
        all_same
    }

    /// One body at a time through the engine, findings and all.
    fn scan_latency(&self, engine: &Engine) {
        self.head("One body through the engine", &["corpus", "bytes", "p50_us", "p99_us"]);
        let (corpus, text) = sparse();
        for bytes in self.sizes(&BODIES) {
            let body = text.get(..bytes).unwrap_or(&text);
            let mut found: Vec<Finding> = Vec::new();
            let times = self.repeat(self.options.rounds * BODIES_A_ROUND, || {
                found.clear();
                let start = Instant::now();
                engine.scan(body, &mut found);
                Ok(start.elapsed())
            });
            self.quantiles("cuda-scan-latency", corpus, body.len(), times.unwrap_or_default());
        }
    }

    /// Many bodies at once, from every core; beside it the processor alone.
    fn scan_all(&self, engine: &Engine) {
        let columns = ["corpus", "bytes", "bodies", "threads", "gb_per_s", "cpu_gb_per_s"];
        self.head("Many bodies of 8 KB from every core", &columns);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let cpu = Engine::cpu();
        for (corpus, text) in self.corpora() {
            let texts: Vec<&str> = cut(&text, self.options.gpu_bytes.min(text.len()));
            let bytes: usize = texts.iter().map(|text| text.len()).sum();
            let rate = |engine: &Engine| {
                let times = self.repeat(self.options.rounds, || Ok(on_all_cores(engine, &texts, threads)));
                rate(bytes * threads, median(&mut times.unwrap_or_default()))
            };
            let cells = [
                ("corpus", quoted(corpus)),
                ("bytes", (bytes * threads).to_string()),
                ("bodies", (texts.len() * threads).to_string()),
                ("threads", threads.to_string()),
                ("gb_per_s", format!("{:.3}", rate(engine))),
                ("cpu_gb_per_s", format!("{:.3}", rate(&cpu))),
            ];
            self.line("cuda-scan-all", &cells);
        }
    }

    /// One graph from its launch to its answer in the memory of the host.
    fn graph_latency(&self) -> Result<(), Unavailable> {
        self.head("One graph, host to host", &["corpus", "bytes", "p50_us", "p99_us"]);
        let (corpus, text) = sparse();
        let mut meter = Meter::open(*BODIES.last().unwrap_or(&BODY))?;
        for bytes in self.sizes(&BODIES) {
            let body = text.get(..bytes).unwrap_or(&text);
            meter.fill(body)?;
            let times = self.repeat(self.options.rounds * BODIES_A_ROUND, || meter.round_trip())?;
            self.quantiles("cuda-graph-latency", corpus, body.len(), times);
        }
        Ok(())
    }

    /// From pinned memory to the device and back, two launches under way.
    fn pinned(&self) -> Result<(), Unavailable> {
        self.head("From pinned memory", &["corpus", "bytes", "places", "gb_per_s"]);
        self.rates(&PINNED, "cuda-pinned", |meter| Ok((meter.pinned(LAUNCHES)?, LAUNCHES)))
    }

    /// The kernels alone.
    fn resident(&self) -> Result<(), Unavailable> {
        self.head("On the device", &["corpus", "bytes", "places", "gb_per_s"]);
        self.rates(&RESIDENT, "cuda-resident", |meter| Ok((meter.resident(RUNS)?, RUNS)))
    }

    fn rates(
        &self,
        sizes: &[usize],
        bench: &str,
        mut run: impl FnMut(&mut Meter) -> Result<(Duration, usize), Unavailable>,
    ) -> Result<(), Unavailable> {
        for bytes in self.sizes(sizes) {
            let mut meter = Meter::open(bytes)?;
            for (corpus, text) in self.corpora() {
                let whole = text.repeat(bytes.div_ceil(text.len()));
                let text = whole.get(..bytes).unwrap_or(&whole);
                let places = meter.fill(text)?.map_or("\"overflow\"".to_owned(), |places| places.to_string());
                let mut times = self.repeat(self.options.rounds, || {
                    let (took, times) = run(&mut meter)?;
                    Ok(took / u32::try_from(times).unwrap_or(1))
                })?;
                let cells = [
                    ("corpus", quoted(corpus)),
                    ("bytes", text.len().to_string()),
                    ("places", places),
                    ("gb_per_s", format!("{:.3}", rate(text.len(), median(&mut times)))),
                ];
                self.line(bench, &cells);
            }
        }
        Ok(())
    }

    /// Who reads what, as the engine measures it for itself.
    fn routing(&self) {
        let engine =
            match Engine::cuda_with(&Device { timeout: Duration::from_secs(60), ..Device::default() }) {
                Ok(engine) => engine,
                Err(why) => return say_why_not(self.options, &why),
            };
        let from = engine.status().device_from;
        self.head("Texts go to the device from so many bytes on", &["device_from_bytes"]);
        let from = from.map_or("null".to_owned(), |bytes| bytes.to_string());
        self.line("cuda-routing", &[("device_from_bytes", from)]);
    }

    fn corpora(&self) -> impl Iterator<Item = (&'static str, String)> {
        corpora::all().into_iter().filter(|(name, _)| self.options.wants(name))
    }

    fn sizes(&self, sizes: &[usize]) -> impl Iterator<Item = usize> {
        sizes.iter().copied().filter(|&bytes| bytes <= self.options.gpu_bytes)
    }

    /// At most `times` times, and once at least; ends when the share of a line or of everything is spent.
    fn repeat(
        &self,
        times: usize,
        mut work: impl FnMut() -> Result<Duration, Unavailable>,
    ) -> Result<Vec<Duration>, Unavailable> {
        let until = self.until.min(Instant::now() + SHARE);
        let mut all = vec![work()?];
        while all.len() < times && Instant::now() < until {
            all.push(work()?);
        }
        Ok(all)
    }

    fn quantiles(&self, bench: &str, corpus: &str, bytes: usize, mut times: Vec<Duration>) {
        times.sort_unstable();
        let at = |percent: usize| {
            let time = times.get(times.len() * percent / 100).copied().unwrap_or_default();
            format!("{:.2}", time.as_nanos() as f64 / 1000.0)
        };
        let cells = [
            ("corpus", quoted(corpus)),
            ("bytes", bytes.to_string()),
            ("p50_us", at(50)),
            ("p99_us", at(99)),
        ];
        self.line(bench, &cells);
    }

    /// The head of a table.
    fn head(&self, title: &str, columns: &[&str]) {
        if !self.options.json {
            tell(&format!("\n### {title}\n| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len())));
        }
    }

    /// One line of it: an object, or a row.
    fn line(&self, bench: &str, cells: &[(&str, String)]) {
        if self.options.json {
            let device = &self.device;
            let cells: String = cells.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
            tell(&format!("{{\"bench\":\"{bench}\"{cells},\"device\":{device:?}}}\n"));
        } else {
            let cells: Vec<&str> = cells.iter().map(|(_, value)| value.trim_matches('"')).collect();
            tell(&format!("| {} |\n", cells.join(" | ")));
        }
    }
}

fn sparse() -> (&'static str, String) {
    let [sparse, ..] = corpora::all();
    sparse
}

/// Bodies of up to 8 KB of the first `bytes` bytes, each a bit longer than the one before.
fn cut(text: &str, bytes: usize) -> Vec<&str> {
    let mut rest = text.get(..bytes.min(text.len())).unwrap_or(text);
    let mut texts = Vec::new();
    let mut length = BODY / 2;
    while !rest.is_empty() {
        length = if length >= BODY { BODY / 2 } else { length + 61 };
        let (body, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        texts.push(body);
        rest = after;
    }
    texts
}

fn on_all_cores(engine: &Engine, texts: &[&str], threads: usize) -> Duration {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _thread in 0..threads {
            scope.spawn(|| engine.scan_all(texts, &mut Vec::new()));
        }
    });
    start.elapsed()
}

fn rate(bytes: usize, took: Duration) -> f64 {
    bytes as f64 / took.as_nanos().max(1) as f64
}

fn median(times: &mut [Duration]) -> Duration {
    crate::median(times)
}

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}
