//! The `opa` program: where it is found, and how it compiles Rego to WebAssembly.
//!
//! Invariant: only the pinned version compiles policies, so that build, tests and a running gateway
//! agree on what a rule means. Shared with the build script, hence `std` only.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The one version that may compile the core.
pub(crate) const VERSION: &str = "1.22.2";

/// The decision for a whole input: the specification.
pub(crate) const DECISION: &str = "inland/decision";
/// The half of a decision that depends on the call.
pub(crate) const CALL: &str = "inland/call";
/// The half of a decision that depends on the candidates and the day.
pub(crate) const VERDICTS: &str = "inland/verdicts";
/// The law as tables.
pub(crate) const TABLES: &str = "inland/tables/document";
/// What the compiled core answers to.
pub(crate) const ENTRYPOINTS: [&str; 4] = [DECISION, CALL, VERDICTS, TABLES];

/// The folder of the workspace where the build script installs `opa`, one for all profiles.
///
/// Not below `CARGO_TARGET_DIR`: the program takes a minute to build and is the same for all.
pub(crate) fn install_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/opa").join(VERSION)
}

/// Finds `opa` as `$OPA`, on PATH, or where the build script puts it.
pub(crate) fn find() -> Option<PathBuf> {
    let named = std::env::var_os("OPA").map(PathBuf::from);
    let on_path = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).map(|dir| dir.join("opa")).collect::<Vec<_>>())
        .unwrap_or_default();
    named
        .into_iter()
        .chain(on_path)
        .chain([install_dir().join("opa")])
        .find(|candidate| candidate.is_file() && version(candidate).as_deref() == Some(VERSION))
}

/// The version that a program says it has.
pub(crate) fn version(opa: &Path) -> Option<String> {
    let output = Command::new(opa).arg("version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find_map(|line| line.strip_prefix("Version: ")).map(|version| version.trim().to_owned())
}

/// Compiles Rego files, named from `base`, to WebAssembly. `work` is a folder of the caller's own.
///
/// Names stand in the module, so `opa` runs in `base`: equal Rego gives equal bytes wherever it lies, and an
/// error names the file as its owner knows it.
/// Optimisation stays off: level 1 is slower and bakes data in, level 2 does not end.
pub(crate) fn compile(opa: &Path, base: &Path, rego: &[PathBuf], work: &Path) -> Result<Vec<u8>, String> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| error.to_string());
    let bundle = absolute(work)?.join("bundle.tar.gz");
    let mut build = Command::new(absolute(opa)?);
    build.current_dir(base);
    build.args(["build", "--target", "wasm", "--optimize", "0"]);
    for entrypoint in ENTRYPOINTS {
        build.args(["--entrypoint", entrypoint]);
    }
    output(build.arg("--output").arg(&bundle).args(rego))?;
    output(Command::new("tar").arg("-xzOf").arg(&bundle).arg("/policy.wasm"))
}

/// The syntax tree of a Rego file with its places, as JSON.
pub(crate) fn parse(opa: &Path, rego: &Path) -> Result<Vec<u8>, String> {
    output(Command::new(opa).args(["parse", "--format", "json", "--json-include", "locations"]).arg(rego))
}

fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(done) if done.status.success() => Ok(done.stdout),
        Ok(done) => {
            // `opa build` complains on its standard output.
            let complaint = [done.stderr.as_slice(), &done.stdout].concat();
            Err(format!("{program}: {}", String::from_utf8_lossy(&complaint).trim()))
        }
        Err(error) => Err(format!("{program} could not be started: {error}")),
    }
}
