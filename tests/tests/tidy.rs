//! The shape of the tree: lengths, links, words, licences, versions, and the commands that READMEs show.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Lines of a file.
const FILE_LINES_MAX: usize = 600;
/// Lines of a function that nearly all keep to, the share that may be longer, and the end of patience.
const FUNCTION_LINES: usize = 40;
const LONGER_SHARE_MAX: f64 = 0.03;
const FUNCTION_LINES_MAX: usize = 80;
/// Packages in the binary.
const PACKAGES_MAX: usize = 320;

/// What may be linked into the binary.
const LICENCES: [&str; 13] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "0BSD",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
];

/// Packages in two versions in the binary, and why that cannot be helped today.
const TWICE: [(&str, &str); 14] = [
    ("base64", "jsonwebtoken and we use 0.22, pem, serde-saphyr and object_store 0.23"),
    ("block-buffer", "part of digest"),
    ("cpufeatures", "sha2 of wasmtime and chacha20 of object_store's rand"),
    ("crypto-common", "part of digest"),
    ("digest", "sha2 of wasmtime and our sha3 have 0.10, md-5 of object_store 0.11"),
    (
        "embedded-io",
        "resolved for features of postcard that are off; `cargo tree` shows that neither is compiled",
    ),
    ("getrandom", "resolved for features that are off; `cargo tree` shows that neither is compiled"),
    ("hashbrown", "wasmtime's own index and indexmap's"),
    ("itertools", "cranelift has 0.14, object_store 0.15"),
    ("num-bigint", "resolved for features that are off; `cargo tree` shows that only parquet's is compiled"),
    ("rand_core", "resolved for features that are off; `cargo tree` shows that neither is compiled"),
    ("syn", "build time only: half of the derive macros have moved to 3"),
    ("synstructure", "build time only: as syn"),
    ("untrusted", "aws-lc-rs' 0.7 and rustls-webpki's 0.9"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn tracked(suffix: &str) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<PathBuf> =
        text.lines().filter(|line| line.ends_with(suffix)).map(|line| root().join(line)).collect();
    assert!(!files.is_empty(), "git lists no {suffix} file");
    files.into_iter().filter(|path| path.exists()).collect()
}

/// Functions of a file: name and number of lines, by indentation, which rustfmt keeps.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let head = code
            .strip_prefix("pub ")
            .or(code.strip_prefix("pub(crate) "))
            .or(code.strip_prefix("pub(super) "));
        let head = head.unwrap_or(code);
        let head = head.strip_prefix("const ").unwrap_or(head);
        let head = head.strip_prefix("async ").unwrap_or(head);
        let Some(name) = head.strip_prefix("fn ") else { continue };
        let close = format!("{}}}", &line[..line.len() - code.len()]);
        let Some(length) = lines[start..].iter().position(|line| *line == close) else { continue };
        found.push((name.split(['(', '<']).next().unwrap().to_owned(), length + 1));
    }
    found
}

#[test]
fn files_and_functions_fit_a_readers_head() {
    let (mut all, mut longer, mut faults) = (0usize, Vec::new(), Vec::new());
    for path in tracked(".rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines", path.display()));
        }
        for (name, length) in functions(&text) {
            all += 1;
            if length > FUNCTION_LINES {
                longer.push(format!("{} {name}: {length} lines", path.display()));
            }
            if length > FUNCTION_LINES_MAX {
                faults.push(format!("{} {name}: {length} lines", path.display()));
            }
        }
    }
    assert!(all > 500, "only {all} functions were found: the search is broken");
    assert!(faults.is_empty(), "too long:\n{}", faults.join("\n"));
    let share = longer.len() as f64 / all as f64;
    assert!(
        share <= LONGER_SHARE_MAX,
        "{:.1} % are over {FUNCTION_LINES} lines:\n{}",
        share * 100.0,
        longer.join("\n")
    );
}

#[test]
fn the_top_level_holds_what_the_design_names() {
    let named = [
        "Cargo.toml",
        "Cargo.lock",
        "gateway",
        "policies",
        "kernels",
        "certs",
        "tests",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
    ];
    let found: BTreeSet<String> = tracked("")
        .iter()
        .map(|path| {
            path.strip_prefix(root())
                .unwrap()
                .components()
                .next()
                .unwrap()
                .as_os_str()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    assert_eq!(found, named.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for path in tracked(".md") {
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap().split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            if !path.parent().unwrap().join(target).exists() {
                dead.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together so that this file does not find itself.
    let words: Vec<String> = [("to", "do!("), ("unimple", "mented!("), ("FIX", "ME"), ("#[ign", "ore]")]
        .iter()
        .map(|(a, b)| format!("{a}{b}"))
        .collect();
    let mut found = Vec::new();
    for path in tracked(".rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        found.extend(
            words
                .iter()
                .filter(|word| text.contains(word.as_str()))
                .map(|word| format!("{}: {word}", path.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
    ]);
    let output = command.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages that the binary is made of: what `inland` needs, without what only builds or tests it.
fn in_the_binary(metadata: &Value) -> Vec<&Value> {
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let packages = metadata["packages"].as_array().unwrap();
    let start = packages.iter().find(|package| package["name"] == "inland").unwrap()["id"].as_str().unwrap();
    let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
    while let Some(id) = open.pop() {
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let normal =
                dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
            let next = dependency["pkg"].as_str().unwrap();
            if normal && seen.insert(next) {
                open.push(next);
            }
        }
    }
    packages.iter().filter(|package| seen.contains(package["id"].as_str().unwrap())).collect()
}

#[test]
fn the_binary_is_made_of_few_packages_under_known_licences() {
    let metadata = metadata();
    let packages = in_the_binary(&metadata);
    assert!(packages.len() < PACKAGES_MAX, "{} packages", packages.len());
    assert!(packages.len() > 50, "only {} packages: the search is broken", packages.len());
    let mut faults = Vec::new();
    for package in &packages {
        let licence =
            package["license"].as_str().unwrap_or("none").replace(['(', ')'], "").replace('/', " OR ");
        // Every part of an AND must be known, and of each of them one of its ORs.
        let known =
            licence.split(" AND ").all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())));
        if !known {
            faults.push(format!("{} {}: {licence}", package["name"], package["version"]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_package_is_there_twice_without_a_reason() {
    let metadata = metadata();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in in_the_binary(&metadata) {
        versions
            .entry(package["name"].as_str().unwrap())
            .or_default()
            .insert(package["version"].as_str().unwrap());
    }
    let twice: Vec<&str> =
        versions.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| *name).collect();
    let allowed: Vec<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    assert_eq!(twice, allowed, "the list with reasons in this file must be exact");
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let mut silent = Vec::new();
    for path in tracked("Cargo.toml") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut inside = false;
        for line in text.lines() {
            if line.starts_with('[') {
                inside = line.contains("dependencies");
            } else if inside
                && line.contains('=')
                && line.contains(['"', '{'])
                && !line.contains('#')
                && !line.contains("path =")
            {
                silent.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// The lines `$ inland …` of a README's `console` blocks, in order.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.split("```console\n").skip(1).filter_map(|block| block.split("```").next());
    let lines = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    lines.filter(|line| line.starts_with("inland ")).map(str::to_owned).collect()
}

#[test]
fn the_commands_of_the_readmes_run_as_they_stand() {
    let folder = std::env::temp_dir().join(format!("inland-readme-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_inland-under-test"), folder.join("inland")).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut ran = 0;
    for document in ["README.md", "gateway/README.md"] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for command in commands(&text) {
            let output = Command::new("sh")
                .args(["-c", &command])
                .current_dir(&folder)
                .env("PATH", &path)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{document}: {command}\n{said}");
            ran += 1;
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(ran >= 5, "only {ran} commands were found in the READMEs");
}
