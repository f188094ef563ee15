//! The `inland` command. What it does is in [`inland::command`].

use std::process::ExitCode;

/// Measured: see tests/bench/README.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    inland::command::main()
}
