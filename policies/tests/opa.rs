//! The tools of OPA itself accept the tree as it stands.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

mod folder;
use folder::Folder;

/// Where the build found or installed `opa`: `$OPA`, PATH, the workspace's target folder.
fn opa() -> PathBuf {
    let installed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/opa/1.22.2/opa");
    std::env::var_os("OPA")
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .unwrap_or_else(|| if installed.is_file() { installed } else { PathBuf::from("opa") })
}

fn run(arguments: &[&str]) -> Output {
    let done = Command::new(opa()).current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    if !done.status.success() {
        panic!("opa {}: {}\n{text}", arguments.join(" "), done.status);
    }
    done
}

#[test]
fn the_core_is_strict_and_formatted() {
    run(&["check", "--strict", "core"]);
    let unformatted = run(&["fmt", "--list", "core"]);
    assert_eq!(String::from_utf8_lossy(&unformatted.stdout), "");
}

#[test]
fn every_rego_test_and_all_155_cases_pass() {
    let done = run(&["test", "--timeout", "120s", "."]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(text.starts_with("PASS: "), "{text}");
}

#[test]
fn every_package_and_entry_point_says_what_it_decides() {
    let done = run(&["inspect", "--annotations", "--format", "json", "core"]);
    let inspected: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let annotations = inspected["annotations"].as_array().unwrap();
    for package in ["inland", "inland.tables"] {
        let found = annotations.iter().any(|one| {
            let path = one["annotations"]["scope"] == "package" && one["annotations"]["title"].is_string();
            let name: Vec<&str> = one["path"]
                .as_array()
                .unwrap()
                .iter()
                .skip(1)
                .filter_map(|part| part["value"].as_str())
                .collect();
            path && name.join(".") == package
        });
        assert!(found, "package {package} has no title");
    }
}

#[test]
fn a_changed_core_is_compiled_with_opa_when_it_is_loaded() {
    let folder = Folder::default_with(&[]);
    let shipped = folder.load().unwrap();
    folder.edit("core/call.rego", "cache_scope := \"tenant\"", "cache_scope := \"none\"");
    let changed = folder.load().unwrap();
    assert_ne!(changed.digest(), shipped.digest());
}

#[test]
fn a_core_that_needs_its_host_or_does_not_compile_is_refused() {
    for (to, expected) in [
        (
            "stale if time.now_ns() > 0\n\ndefault stale := false",
            "core: the core calls built-ins of its host: {\"time.now_ns\":",
        ),
        (
            "stale if http.send({\"method\": \"get\", \"url\": \"https://example.test\"})\n\ndefault stale := false",
            "core: the core calls built-ins of its host: {\"http.send\":",
        ),
        ("default stale = = false", "core: "),
    ] {
        let folder = Folder::default_with(&[]);
        folder.edit("core/call.rego", "default stale := false", to);
        let error = folder.load().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(error.contains("\n  write: "), "{error}");
    }
}
