//! The unmodified path to a device, under the stand-in driver: findings are the processor's, whatever the
//! device and its driver do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cudarc::driver::sys::CUresult;
use inland_kernels::cuda::{Fault, Meter, Options, Routing, Unavailable};
use inland_kernels::{Engine, Finding};
use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};

use crate::compile;
use crate::standin::{Standin, count, fault};

/// Identifiers and their halves, marks, words about numbers, other scripts, forms that look like others.
const ATTACK: &str = "(sk-|ghp_[a-zA-Z0-9]{36}|AKIA[A-Z0-9]{16}|password=|Passwort lautet |Bearer |://|u:p@|@|\
    anna@example\\.org|DE89 3704 0044 0532 0130 00|4111 1111 1111 1111|756\\.9217\\.0769\\.85|131052-308T|\
    880320-0016|X2482300W|tel |NHS |born |version |order |20\\.03\\.1980|\\+44 20 7946 0958|2001:db8::17|fe80:|\
    ::|([0-9a-f]{1,4}:){1,12}|00:1A:2B:3C:4D:5E|192\\.0\\.2\\.1|[0-9]{1,20}|[ ./:=+,;~'\"()-]|[a-zA-Z]{1,8}|é|漢字|\
    \u{200b}|[\u{ff10}-\u{ff19}]|＠|\n){0,40}";

/// Small, so that batches are many and the ring is soon full; patient, because fibers are slow.
fn options() -> Options {
    Options {
        slots: 4,
        slot_bytes: 16 << 10,
        batch_bytes: 4 << 10,
        timeout: Duration::from_secs(20),
        routing: Routing::Device,
        ..Options::default()
    }
}

fn sources() -> Vec<PathBuf> {
    vec![kernels().join("pii_scan.cu")]
}

fn kernels() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cuda")
}

/// Runs `body` in a process of its own whose driver is the stand-in.
fn run(test: &str, settings: &[(&str, &str)], body: impl FnOnce()) {
    Standin { test: &format!("runtime::{test}"), sources: &sources(), settings }.run(body);
}

fn open() -> Engine {
    Engine::cuda_with(&options()).expect("a device")
}

fn scan(engine: &Engine, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    engine.scan(text, &mut found);
    found
}

fn scan_all(engine: &Engine, texts: &[&str]) -> Vec<Vec<Finding>> {
    let mut found = Vec::new();
    engine.scan_all(texts, &mut found);
    found
}

/// Bodies with findings of many kinds, of all lengths around those of blocks and tiles.
fn bodies() -> Vec<String> {
    let line = "write to anna@example.org or 192.0.2.17, 2001:db8::17, DE89 3704 0044 0532 0130 00, \
        4111 1111 1111 1111, +44 20 7946 0958, 756.9217.0769.85, password=hunter2hunter2, né le 20/03/1980 ";
    let long = line.repeat(64);
    let lengths = [0, 1, 63, 64, 65, 127, 128, 500, 4031, 4032, 4095, 4096, 4097, 8000];
    lengths.iter().map(|&length| long.chars().take(length).collect()).collect()
}

/// The processor's findings of these bodies, and those of the engine, are the same.
fn agree(engine: &Engine) {
    let (bodies, cpu) = (bodies(), Engine::cpu());
    let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
    for text in &texts {
        assert_eq!(scan(engine, text), scan(&cpu, text), "{} bytes", text.len());
    }
    assert_eq!(scan_all(engine, &texts), scan_all(&cpu, &texts));
}

#[test]
fn the_device_finds_what_the_processor_finds() {
    run("the_device_finds_what_the_processor_finds", &[("INLAND_CUDA_DELAY_US", "20")], || {
        let (engine, cpu) = (open(), Engine::cpu());
        agree(&engine);
        let config = Config { cases: 128, failure_persistence: None, ..Config::default() };
        let compared = TestRunner::new(config).run(&vec(ATTACK, 1..40), |texts| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            assert_eq!(scan_all(&engine, &texts), scan_all(&cpu, &texts), "{texts:?}");
            Ok(())
        });
        compared.expect("the same findings");
        let status = engine.status();
        assert!(status.texts > 1000 && status.batches > 100, "{status:?}");
        assert_eq!((status.quarantined, status.device_errors, engine.name()), (None, 0, "cuda"));
    });
}

#[test]
fn every_line_of_the_oracle_is_found_on_the_device() {
    run("every_line_of_the_oracle_is_found_on_the_device", &[("INLAND_CUDA_DELAY_US", "20")], || {
        let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/national.txt");
        let oracle = fs::read_to_string(oracle).expect("the oracle");
        let texts: Vec<&str> = oracle.lines().collect();
        assert!(texts.len() > 500);
        assert_eq!(scan_all(&open(), &texts), scan_all(&Engine::cpu(), &texts));
    });
}

#[test]
fn many_threads_at_once_have_each_their_own_findings() {
    run("many_threads_at_once_have_each_their_own_findings", &[("INLAND_CUDA_DELAY_US", "20")], || {
        let engine = open();
        std::thread::scope(|scope| {
            for _thread in 0..8 {
                let engine = engine.clone();
                scope.spawn(move || (0..3).for_each(|_| agree(&engine)));
            }
        });
        assert!(engine.status().texts > 0);
    });
}

#[test]
fn a_full_ring_and_a_long_text_go_to_the_processor() {
    run("a_full_ring_and_a_long_text_go_to_the_processor", &[("INLAND_CUDA_DELAY_US", "200000")], || {
        let (engine, cpu) = (open(), Engine::cpu());
        let body = bodies().pop().unwrap_or_default();
        let texts = vec![body.as_str(); 40];
        assert_eq!(scan_all(&engine, &texts), scan_all(&cpu, &texts));
        let long = body.repeat(4);
        assert_eq!(scan(&engine, &long), scan(&cpu, &long));
        let to_cpu = engine.status().to_cpu;
        assert!(to_cpu.full > 0 && to_cpu.large == 1, "{to_cpu:?}");
        assert_eq!(engine.status().quarantined, None);
    });
}

#[test]
fn more_places_than_can_be_listed_are_read_on_the_processor() {
    run("more_places_than_can_be_listed_are_read_on_the_processor", &[], || {
        let engine = open();
        let text = "a@b.cd ".repeat(2300);
        assert_eq!(scan(&engine, &text), scan(&Engine::cpu(), &text));
        let status = engine.status();
        assert_eq!((status.to_cpu.overflow, status.quarantined), (1, None));
    });
}

#[test]
fn a_device_that_is_slower_gets_nothing() {
    run("a_device_that_is_slower_gets_nothing", &[], || {
        let engine =
            Engine::cuda_with(&Options { slot_bytes: 512 << 10, routing: Routing::Measured, ..options() });
        let engine = engine.expect("a device");
        agree(&engine);
        let status = engine.status();
        assert_eq!((status.texts, status.device_from), (0, None));
        assert!(status.to_cpu.small as usize >= bodies().len());
    });
}

/// A text that is copied to the device before it is read there, as small ones are not.
fn long_body() -> String {
    let all = bodies().concat();
    all.repeat((70 << 10) / all.len() + 1)
}

/// What is called for each launch, and what can go wrong with it while it runs; a copy only for long texts.
const LAUNCH_FAULTS: [(&str, CUresult); 5] = [
    ("cuGraphLaunch", CUresult::CUDA_ERROR_OUT_OF_MEMORY),
    ("cuGraphLaunch", CUresult::CUDA_ERROR_ECC_UNCORRECTABLE),
    ("kernel", CUresult::CUDA_ERROR_LAUNCH_TIMEOUT),
    ("kernel", CUresult::CUDA_ERROR_ILLEGAL_ADDRESS),
    ("copy", CUresult::CUDA_ERROR_ECC_UNCORRECTABLE),
];

/// Each in a process of its own: after most of these errors, a process has no device any more.
#[test]
fn a_device_that_errs_is_quarantined_and_no_finding_is_lost() {
    let body = || {
        let case = std::env::var("INLAND_TEST_CASE").expect("the child's case");
        let mut words = case.split(' ').map(|word| word.parse::<usize>().expect("a number"));
        let (which, n) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (call, code) = LAUNCH_FAULTS[which];
        let engine = Engine::cuda_with(&Options { slot_bytes: 256 << 10, ..options() }).expect("a device");
        fault(call, n as u64, code);
        if call == "copy" {
            let (body, mut found) = (long_body(), Vec::new());
            Engine::cpu().scan(&body, &mut found);
            (0..2 * n).for_each(|_| assert_eq!(scan(&engine, &body), found));
        }
        agree(&engine);
        agree(&engine);
        fault(call, n as u64, CUresult::CUDA_SUCCESS);
        let status = engine.status();
        assert!(matches!(status.quarantined, Some(Fault::Driver { .. })), "{call} {n}: {status:?}");
        assert_eq!((status.device_errors, engine.name()), (1, "cpu"), "{call} {n}");
        assert!(status.to_cpu.quarantined > 0, "{call} {n}: {status:?}");
        drop(engine);
        std::process::exit(finished());
    };
    for which in 0..LAUNCH_FAULTS.len() {
        for n in [1, 2, 5] {
            let case = format!("{which} {n}");
            let settings = [("INLAND_CUDA_DELAY_US", "20"), ("INLAND_TEST_CASE", case.as_str())];
            run("a_device_that_errs_is_quarantined_and_no_finding_is_lost", &settings, body);
        }
    }
}

#[test]
fn a_device_that_errs_under_many_threads_is_quarantined_once() {
    run(
        "a_device_that_errs_under_many_threads_is_quarantined_once",
        &[("INLAND_CUDA_DELAY_US", "20")],
        || {
            let engine = open();
            fault("kernel", 9, CUresult::CUDA_ERROR_LAUNCH_FAILED);
            std::thread::scope(|scope| {
                for _thread in 0..6 {
                    let engine = engine.clone();
                    scope.spawn(move || (0..2).for_each(|_| agree(&engine)));
                }
            });
            let status = engine.status();
            assert!(status.quarantined.is_some() && status.device_errors == 1, "{status:?}");
        },
    );
}

/// A device that is busy for ever: its work does not begin, and the driver says so each time.
#[test]
fn a_device_that_does_not_answer_is_quarantined_and_can_be_left_behind() {
    let settings = [("INLAND_CUDA_DELAY_US", "20")];
    run("a_device_that_does_not_answer_is_quarantined_and_can_be_left_behind", &settings, || {
        let engine = Engine::cuda_with(&Options { timeout: Duration::from_millis(1500), ..options() });
        let engine = engine.expect("a device");
        fault("cuStreamQuery", 0, CUresult::CUDA_ERROR_NOT_READY);
        // Work that fails softly is not done: its sequence never comes.
        fault("kernel", 0, CUresult::CUDA_ERROR_INVALID_VALUE);
        let start = Instant::now();
        agree(&engine);
        assert_eq!(engine.status().quarantined, Some(Fault::Timeout(1500)));
        drop(engine);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    });
}

#[test]
fn everything_is_given_back_when_the_last_clone_is_dropped() {
    run("everything_is_given_back_when_the_last_clone_is_dropped", &[], || {
        for _engine in 0..2 {
            let engine = open();
            let clone = engine.clone();
            agree(&engine);
            drop(engine);
            agree(&clone);
            assert!(count().allocations > 0);
            drop(clone);
            let after = count();
            assert_eq!((after.allocations, after.handles, after.leaked, after.pending), (0, 0, 0, 0));
        }
    });
}

/// What is called once, when an engine is made.
const START: [&str; 21] = [
    "cuInit",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetName",
    "cuDriverGetVersion",
    "cuDevicePrimaryCtxRetain",
    "cuModuleLoadData",
    "cuModuleGetFunction",
    "cuMemAlloc_v2",
    "cuMemsetD8_v2",
    "cuMemcpyHtoD_v2",
    "cuMemHostAlloc",
    "cuMemHostGetDevicePointer_v2",
    "cuStreamCreate",
    "cuStreamBeginCapture_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuLaunchKernel",
    "cuGraphInstantiateWithFlags",
    "cuGraphUpload",
    "cuCtxSynchronize",
];

#[test]
fn an_error_at_the_start_says_which_call_failed_and_leaves_nothing_behind() {
    run("an_error_at_the_start_says_which_call_failed_and_leaves_nothing_behind", &[], || {
        for call in START {
            for n in [1, 2] {
                fault(call, n, CUresult::CUDA_ERROR_OUT_OF_MEMORY);
                // Large enough for a graph that copies.
                let opened = Engine::cuda_with(&Options { slot_bytes: 128 << 10, ..options() });
                fault(call, n, CUresult::CUDA_SUCCESS);
                match opened {
                    Ok(engine) => assert!(n > 1 && engine.status().quarantined.is_none(), "{call} {n}"),
                    Err(Unavailable::Failed(fault)) => {
                        let said = fault.to_string();
                        assert!(said.contains("CUDA_ERROR_OUT_OF_MEMORY"), "{call} {n}: {said}");
                    }
                    Err(other) => panic!("{call} {n}: {other}"),
                }
                assert_eq!((count().allocations, count().handles), (0, 0), "{call} {n}");
            }
        }
        agree(&open());
    });
}

#[test]
fn what_is_too_old_or_missing_is_named() {
    let because = |settings: &'static [(&'static str, &'static str)], expected: &'static str| {
        run("what_is_too_old_or_missing_is_named", settings, move || {
            // The child runs the first of these with its own settings, and ends there.
            let why = Engine::cuda().err().map(|why| why.to_string()).unwrap_or_default();
            let expected = std::env::var("INLAND_TEST_EXPECTED").unwrap_or(expected.to_owned());
            assert_eq!(why, expected);
            assert_eq!(Engine::best().status().unavailable.map(|why| why.to_string()), Some(expected));
            assert_eq!(Engine::best().name(), "cpu");
            std::process::exit(finished());
        });
    };
    because(
        &[("INLAND_CUDA_VERSION", "12040"), ("INLAND_TEST_EXPECTED", "driver 12.4 is older than 13.0")],
        "",
    );
    because(&[("INLAND_CUDA_DEVICES", "0"), ("INLAND_TEST_EXPECTED", "no device")], "");
    because(
        &[
            ("INLAND_CUDA_CAPABILITY", "75"),
            ("INLAND_TEST_EXPECTED", "compute capability 7.5 has no kernel here"),
        ],
        "",
    );
}

/// As the harness of the tests ends, for a child that has more to do in its parent.
fn finished() -> i32 {
    println!("test result: ok. 1 passed");
    0
}

#[test]
fn without_a_driver_there_is_one_clear_reason() {
    let why = Engine::cuda().err();
    assert_eq!(Engine::best().status().unavailable, why);
    if !Path::new("/proc/driver/nvidia").exists() {
        assert_eq!(why, Some(Unavailable::NoLibrary));
    }
    assert!(matches!(Engine::cuda_with(&Options { slots: 3, ..options() }), Err(Unavailable::Options(_))));
    assert!(matches!(
        Engine::cuda_with(&Options { slot_bytes: 100, ..options() }),
        Err(Unavailable::Options(_))
    ));
}

/// Kernels that answer nonsense: what they do, and what is said of it.
const NONSENSE: [(&str, &str); 7] = [
    ("answer->hits = header->hits_max + 1;", "it has more hits than room for them"),
    ("answer->hits = 1; spans[0] = {0, 1}; hits[0] = header->blocks * 64;", "a hit that no kernel reports"),
    ("answer->hits = 2; spans[0] = {0, 2}; hits[0] = hits[1] = 7;", "a hit that no kernel reports"),
    ("answer->hits = 1; spans[0] = {5, 4000000000u};", "a hit that no kernel reports"),
    ("answer->failure = 64;", "the kernels are of another version"),
    ("answer->blocks = header->blocks + 1;", "it is about another slot"),
    ("answer->hits = 0;", "it found something else than the processor"),
];

#[test]
fn a_device_that_answers_nonsense_is_not_used() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nonsense");
    for (number, (body, said)) in NONSENSE.into_iter().enumerate() {
        let folder = folder.join(number.to_string());
        fs::create_dir_all(&folder).expect("a folder in the target folder");
        let source = folder.join("pii_scan.cu");
        let text = format!(
            "#include {:?}\nextern \"C\" __global__ void __launch_bounds__(SCAN_THREADS, 5) pii_scan(\n\
             const Sixteen*, const Header* header, const u32*, u32* hits, Span* spans, Outcome*, Answer* answer) {{\n\
             (void)hits; (void)spans; if (blockIdx.x != 0 || threadIdx.x != 0) return;\n\
             answer->blocks = header->blocks; {body}\n\
             __threadfence_system(); answer->sequence = header->sequence;\n}}\n",
            kernels().join("common.cuh")
        );
        if fs::read_to_string(&source).ok().as_ref() != Some(&text) {
            fs::write(&source, text).expect("a file in the target folder");
        }
        let test = "runtime::a_device_that_answers_nonsense_is_not_used";
        let sources = [source];
        let settings = [("INLAND_TEST_EXPECTED", said)];
        Standin { test, sources: &sources, settings: &settings }.run(|| {
            let why = Engine::cuda_with(&options()).err().map(|why| why.to_string()).unwrap_or_default();
            let expected = std::env::var("INLAND_TEST_EXPECTED").unwrap_or_default();
            assert!(!expected.is_empty() && why.contains(&expected), "{why} is not {expected}");
            std::process::exit(finished());
        });
    }
}

#[test]
fn a_meter_measures_and_gives_everything_back() {
    run("a_meter_measures_and_gives_everything_back", &[("INLAND_CUDA_DELAY_US", "20")], || {
        let mut meter = Meter::open(8000).expect("a device");
        let body = bodies().into_iter().find(|body| body.len() > 400).unwrap_or_default();
        assert!(meter.fill(&body).expect("an answer").is_some_and(|places| places > 0));
        for took in [meter.round_trip(), meter.pinned(3), meter.resident(2)] {
            assert!(took.expect("a time") > Duration::ZERO);
        }
        assert!(matches!(meter.fill(&body.repeat(20)), Err(Unavailable::Options(_))));
        drop(meter);
        assert_eq!((count().allocations, count().handles), (0, 0));
    });
}

#[test]
fn kernels_bench_measures_a_device_and_says_why_it_cannot() {
    let bench = |device: bool, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kernels-bench"));
        command.args(["--gpu", "--gpu-bytes", "65536", "--rounds", "3", "--corpus", "sparse"]).args(words);
        if device {
            let kernels: Vec<PathBuf> = sources().iter().map(|source| compile::kernels(source)).collect();
            command.env("LD_LIBRARY_PATH", compile::libraries()).env("INLAND_CUDA_DELAY_US", "20");
            command.env("INLAND_CUDA_KERNELS", std::env::join_paths(kernels).expect("no colon in a path"));
        } else {
            command.env("LD_LIBRARY_PATH", "").env("INLAND_CUDA_DEVICES", "0");
        }
        let output = command.output().expect("kernels-bench runs");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
        out
    };
    let json = bench(true, &["--json"]);
    for line in ["self-test", "scan-latency", "scan-all", "graph-latency", "pinned", "routing"] {
        assert!(json.contains(&format!("{{\"bench\":\"cuda-{line}\",")), "{line}: {json}");
    }
    assert!(json.lines().all(|line| line.starts_with("{\"bench\":\"cuda-") && line.ends_with('}')), "{json}");
    assert!(json.contains("\"same\":true") && !json.contains("\"same\":false"), "{json}");
    assert!(bench(true, &[]).contains("### One graph, host to host"));
    if !Path::new("/proc/driver/nvidia").exists() {
        let why = bench(false, &[]);
        assert!(why.starts_with("cuda: not measured, no libcuda.so.1") && why.lines().count() == 1, "{why}");
    }
}
