//! The committed machine code belongs to the committed sources: checked from the manifest, without any compiler.
//! That it is what they compile to, byte for byte, is checked by `kernels/cuda/build --check`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

const AGAIN: &str = "run kernels/cuda/build and commit kernels/cuda/bin";

fn cuda() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cuda")
}

fn manifest() -> Value {
    serde_json::from_slice(&fs::read(cuda().join("bin/manifest.json")).unwrap()).unwrap()
}

fn sha256(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|_| vec![]);
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names in a folder that end so.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter(|name| name.ends_with(ending)).collect()
}

#[test]
fn each_source_has_machine_code_and_nothing_else_has() {
    let listed: BTreeSet<String> = manifest()["files"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(listed, names(&cuda(), ".cu"), "{AGAIN}");
    let compiled: BTreeSet<String> = listed.iter().map(|name| name.replace(".cu", ".fatbin")).collect();
    assert_eq!(compiled, names(&cuda().join("bin"), ".fatbin"), "{AGAIN}");
}

#[test]
fn machine_code_is_of_the_sources_that_are_here() {
    for (file, part) in manifest()["files"].as_object().unwrap() {
        let sources = part["sources"].as_object().unwrap();
        assert!(sources.contains_key(file));
        for (source, hash) in sources {
            assert_eq!(sha256(&cuda().join(source)), hash.as_str().unwrap(), "{source} has changed: {AGAIN}");
        }
        let fatbin = cuda().join("bin").join(file.replace(".cu", ".fatbin"));
        assert_eq!(
            sha256(&fatbin),
            part["fatbin"]["sha256"].as_str().unwrap(),
            "{}: {AGAIN}",
            fatbin.display()
        );
    }
}

#[test]
fn every_header_is_in_the_manifest() {
    let manifest = manifest();
    let files = manifest["files"].as_object().unwrap().values();
    let listed: BTreeSet<String> =
        files.flat_map(|part| part["sources"].as_object().unwrap().keys().cloned()).collect();
    let headers = names(&cuda(), ".cuh");
    assert!(headers.is_subset(&listed), "included by no kernel: {:?}", headers.difference(&listed));
}

#[test]
fn every_kernel_has_code_for_every_device() {
    let devices = ["sm_100", "sm_120", "sm_80", "sm_86", "sm_89", "sm_90"];
    for part in manifest()["files"].as_object().unwrap().values() {
        for (kernel, by_device) in part["kernels"].as_object().unwrap() {
            let compiled: Vec<&String> = by_device.as_object().unwrap().keys().collect();
            assert_eq!(compiled, devices, "{kernel}");
            for (device, used) in by_device.as_object().unwrap() {
                let registers = used["registers"].as_u64().unwrap();
                assert!((1..=255).contains(&registers), "{kernel} on {device}: {registers} registers");
            }
        }
    }
}
