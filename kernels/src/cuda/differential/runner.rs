//! The kernels, compiled by the C++ compiler of this machine, in a process of their own.
//!
//! Invariant: a crash, a deadlock or a touched guard page of the emulator is a failed test with its report.

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::slot::{Answer, Slot, word};
use crate::cuda::families::family;
use crate::cuda::splice::{Edit, Plan};
use crate::cuda::tables;

static RUNNER: LazyLock<Mutex<Runner>> = LazyLock::new(|| Mutex::new(Runner::start()));

/// A process that runs kernels.
pub(super) struct Runner {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// Where the parts of this crate are.
fn path(part: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(part)
}

/// Compiles the kernels with the emulator; the name of the program.
fn build() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let folder = here.with_extension(format!("cuda-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (library, program) = (folder.join("libkernels.so"), folder.join("differential"));
    let emulator = path("tests/cuda/emulator");
    compile(&emulator, &["-shared", "-fPIC"], &[path("tests/cuda/differential/kernels.cpp")], &library);
    let mut parts = sources(&emulator);
    parts.extend([path("tests/cuda/differential/main.cpp"), library]);
    compile(&emulator, &["-rdynamic", "-Wl,-rpath,$ORIGIN"], &parts, &program);
    program
}

fn compile(emulator: &Path, flags: &[&str], parts: &[PathBuf], to: &Path) {
    let output = Command::new(std::env::var_os("CXX").unwrap_or_else(|| "g++".into()))
        .args(["-std=c++20", "-O2", "-g1", "-Wall", "-Wno-unknown-pragmas", "-include", "emulator.h", "-I"])
        .arg(emulator)
        .args(flags)
        .args(parts)
        .arg("-o")
        .arg(to)
        .output()
        .expect("a C++ compiler: g++, or the one that CXX names");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn sources(emulator: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(emulator).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|name| name == "cpp")).collect()
}

impl Runner {
    /// Runs `work` with the one process of these tests.
    pub(super) fn with<T>(work: impl FnOnce(&mut Runner) -> T) -> T {
        work(&mut RUNNER.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn start() -> Runner {
        let program = build();
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the kernels start");
        let to = BufWriter::with_capacity(1 << 20, child.stdin.take().unwrap());
        let from = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
        let mut runner = Runner { child, to, from };
        let words = tables::words().unwrap();
        runner.send(&[1, word(words.len())]);
        runner.send(&words);
        // The answer to an empty slot says that it runs; nobody else needs its files.
        runner.scan(&Slot::of::<&str>(&[]), 0, 0, family::ALL);
        program.parent().map(std::fs::remove_dir_all).unwrap().unwrap();
        runner
    }

    fn send(&mut self, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.send_bytes(&bytes);
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        if self.to.write_all(bytes).is_err() {
            self.fail();
        }
    }

    fn receive(&mut self, count: usize) -> Vec<u32> {
        let mut bytes = vec![0; count * 4];
        if self.to.flush().is_err() || self.from.read_exact(&mut bytes).is_err() {
            self.fail();
        }
        bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
    }

    fn fail(&mut self) -> ! {
        panic!("the emulator ended: {:?}", self.child.wait());
    }

    /// What `pii_scan` says, asked for the families that are `wanted`.
    pub(super) fn scan(&mut self, slot: &Slot, schedule: u32, room: usize, wanted: u32) -> Answer {
        self.send(&[2, schedule, slot.blocks(), word(room), wanted]);
        self.send_bytes(&slot.bytes);
        let [hits, failure] = self.receive(2)[..] else { self.fail() };
        let hits = self.receive(if failure == 0 { hits as usize } else { 0 });
        Answer { failure, hits }
    }

    /// Of which candidates the checks of their form hold.
    pub(super) fn checks(&mut self, candidates: &[[u32; 14]], schedule: u32) -> Vec<bool> {
        self.send(&[4, schedule, word(candidates.len())]);
        self.send(candidates.as_flattened());
        self.receive(candidates.len()).into_iter().map(|holds| holds == 1).collect()
    }

    /// What `redact` writes.
    pub(super) fn redact(
        &mut self,
        slot: &Slot,
        plan: &Plan,
        replacements: &[&[u8]],
        schedule: u32,
    ) -> (u32, Vec<u8>) {
        let mut bytes = replacements.concat();
        let counts = [plan.edits.len(), replacements.len(), bytes.len()].map(word);
        self.send(&[3, schedule, slot.blocks(), counts[0], counts[1], counts[2], plan.out_blocks]);
        self.send_bytes(&slot.bytes);
        for &Edit { start, end, replacement, out } in &plan.edits {
            self.send(&[start, end, replacement, out]);
        }
        let mut offset = 0;
        self.send(&[0]);
        for replacement in replacements {
            offset += replacement.len();
            self.send(&[word(offset)]);
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        self.send_bytes(&bytes);
        let failure = self.receive(1)[0];
        let words = self.receive(plan.out_blocks as usize * 16);
        (failure, words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }
}
