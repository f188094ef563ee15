//! Tests under the stand-in driver: the unmodified cudarc finds it as its `libcuda.so`.
//!
//! Invariant: a body runs in a child process, which is this test binary with that one test, so that the driver's state,
//! its settings and its end are its own.

use std::ffi::CString;
use std::os::raw::{c_char, c_int};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cudarc::driver::sys;

use crate::compile;

const CHILD: &str = "INLAND_TEST_CHILD";

/// What a child process is given.
pub(crate) struct Standin<'a> {
    /// The test as `cargo test -- --exact` takes it: `driver::a_graph_can_be_launched`.
    pub(crate) test: &'a str,
    /// The `.cu` files whose kernels can run.
    pub(crate) sources: &'a [PathBuf],
    /// Settings: README.md lists them.
    pub(crate) settings: &'a [(&'a str, &'a str)],
}

impl Standin<'_> {
    /// Runs the body under the driver; a panic in it is one of this test.
    pub(crate) fn run(&self, body: impl FnOnce()) {
        if let Some(Output { status, stdout, stderr }) = self.output(body) {
            let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
            assert!(status.success(), "{}: {status}\n{out}\n{err}", self.test);
            assert!(out.contains("1 passed"), "no test is named {}", self.test);
        }
    }

    /// Runs the body under the driver, which must end the process, and returns what it reported.
    pub(crate) fn report(&self, body: impl FnOnce()) -> String {
        let Some(Output { status, stderr, .. }) = self.output(body) else {
            std::process::exit(0); // the child: the mistake was not found
        };
        let report = String::from_utf8_lossy(&stderr).into_owned();
        assert!(!status.success(), "{}: the mistake was not found\n{report}", self.test);
        report
    }

    /// None in the child, which ran the body.
    fn output(&self, body: impl FnOnce()) -> Option<Output> {
        if std::env::var_os(CHILD).is_some() {
            body();
            return None;
        }
        let kernels: Vec<PathBuf> = self.sources.iter().map(|source| compile::kernels(source)).collect();
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", self.test, "--nocapture"]).env(CHILD, "1");
        command.env("LD_LIBRARY_PATH", joined(std::iter::once(compile::libraries()), "LD_LIBRARY_PATH"));
        command.env("INLAND_CUDA_KERNELS", joined(kernels.into_iter(), "INLAND_CUDA_KERNELS"));
        command.envs(self.settings.iter().copied());
        Some(command.output().expect("a child process"))
    }
}

/// Paths, and behind them what the variable holds already.
fn joined(paths: impl Iterator<Item = PathBuf>, variable: &str) -> std::ffi::OsString {
    let before = std::env::var_os(variable).unwrap_or_default();
    let before: Vec<PathBuf> = std::env::split_paths(&before).filter(|path| path != Path::new("")).collect();
    std::env::join_paths(paths.chain(before)).expect("no colon in a path")
}

/// The n-th call of a driver function from now on returns `code`; 0: every call. `kernel` and `copy` fail while they run.
pub(crate) fn fault(name: &str, n: u64, code: sys::CUresult) {
    let name = CString::new(name).expect("no NUL in a name");
    // SAFETY: driver/fault.cpp has this function with this type.
    unsafe {
        let function = function::<unsafe extern "C" fn(*const c_char, u64, c_int)>(b"standin_fault\0");
        function(name.as_ptr(), n, code as c_int);
    }
}

/// How often a driver function was called, or a `kernel` or `copy` ran.
pub(crate) fn calls(name: &str) -> u64 {
    let name = CString::new(name).expect("no NUL in a name");
    // SAFETY: driver/fault.cpp has this function with this type.
    unsafe { function::<unsafe extern "C" fn(*const c_char) -> u64>(b"standin_calls\0")(name.as_ptr()) }
}

/// The order of work, and the schedules of the kernels, from now on.
pub(crate) fn seed(seed: u64) {
    // SAFETY: driver/fault.cpp has this function with this type.
    unsafe { function::<unsafe extern "C" fn(u64)>(b"standin_seed\0")(seed) }
}

/// What the driver counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// Device and pinned allocations that were not freed.
    pub(crate) allocations: usize,
    /// Streams, events and modules that were not destroyed.
    pub(crate) handles: usize,
    /// Allocations that lived when the context was destroyed.
    pub(crate) leaked: usize,
    /// Pieces of work that are queued.
    pub(crate) pending: usize,
}

/// The counters now.
pub(crate) fn count() -> Count {
    let ask = |name: &[u8]| {
        // SAFETY: driver/fault.cpp has these functions with this type.
        unsafe { function::<unsafe extern "C" fn() -> usize>(name)() }
    };
    Count {
        allocations: ask(b"standin_live_allocations\0"),
        handles: ask(b"standin_live_handles\0"),
        leaked: ask(b"standin_leaked\0"),
        pending: ask(b"standin_pending\0"),
    }
}

/// A function that only the stand-in has.
///
/// # Safety
/// `F` is the function's type.
unsafe fn function<F: Copy>(name: &[u8]) -> F {
    // SAFETY: as the caller says; the library stays loaded.
    unsafe { *sys::culib().get::<F>(name).expect("the stand-in is the driver") }
}
