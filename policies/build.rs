//! Compiles the Rego core to WebAssembly and embeds it with the default law, providers and tenants.
//!
//! Needs `opa` of the pinned version: `$OPA`, PATH, or `target/opa/VERSION/opa` of the workspace, where
//! it is installed with Go if it is nowhere.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "src/opa.rs"]
#[expect(dead_code, reason = "the engine asks for more of it than the build does")]
mod opa;

/// What the binary carries, so that it can write out a working folder anywhere.
const EMBEDDED: [&str; 6] = ["cases", "core", "law", "packs", "providers", "tenants"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=OPA");
    println!("cargo::rerun-if-changed=src/opa.rs");
    for folder in EMBEDDED {
        println!("cargo::rerun-if-changed={folder}");
    }
    let source = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);

    let mut files = Vec::new();
    for folder in EMBEDDED.map(|folder| source.join(folder)) {
        if folder.is_dir() {
            collect(&folder, &mut files)?;
        }
    }
    files.sort();
    std::fs::write(out.join("tree.rs"), embed(&source, &files)?)?;

    let opa = match opa::find() {
        Some(found) => found,
        None => install()?,
    };
    let mut rego = Vec::new();
    for file in files.iter().filter(|file| file.extension() == Some("rego".as_ref())) {
        rego.push(file.strip_prefix(&source)?.to_owned());
    }
    let work = out.join("opa");
    std::fs::create_dir_all(&work)?;
    std::fs::write(out.join("policy.wasm"), opa::compile(&opa, &source, &rego, &work)?)?;
    Ok(())
}

/// The files of a folder that belong to the policy: YAML, and Rego that is not a test.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, files)?;
        } else if name.ends_with(".yaml") || (name.ends_with(".rego") && !name.ends_with("_test.rego")) {
            files.push(path);
        }
    }
    Ok(())
}

fn embed(source: &Path, files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut code = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(source)?.to_string_lossy();
        writeln!(code, "    ({name:?}, include_str!({:?})),", file.to_string_lossy())?;
    }
    code.push_str("]\n");
    Ok(code)
}

/// Installs the pinned `opa` with Go, into the workspace's target folder.
fn install() -> Result<PathBuf, Box<dyn Error>> {
    let folder = opa::install_dir();
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    println!(
        "cargo::warning=opa {} was not found; installing it with Go into {} (about a minute, once)",
        opa::VERSION,
        folder.display()
    );
    let package = format!("github.com/open-policy-agent/opa@v{}", opa::VERSION);
    let done =
        Command::new("go").args(["install", &package]).env("GOBIN", &folder).env("CGO_ENABLED", "0").status();
    match done {
        Ok(status) if status.success() => Ok(folder.join("opa")),
        Ok(status) => Err(format!("go install {package} ended with {status}; {}", remedy()).into()),
        Err(error) => Err(format!("go could not be started ({error}); {}", remedy()).into()),
    }
}

fn remedy() -> String {
    format!(
        "install Go 1.24 or newer, or put opa {} (openpolicyagent.org) on PATH, or name it in the variable OPA",
        opa::VERSION
    )
}
