//! `cuda/layout.cuh`, made from the constants of this crate.
//!
//! Invariant: the device's code holds no number of its own that the host has too.

use super::families::*;
use crate::anchors::LONG_WORD;

/// Name and value of each constant that the device's code uses.
fn constants() -> Vec<(&'static str, u32)> {
    let long_word = u32::try_from(LONG_WORD).unwrap_or(u32::MAX);
    vec![
        ("BLOCK_BYTES", BLOCK_BYTES),
        ("TILE_BYTES", TILE_BYTES),
        ("ANCHORS_MAX", ANCHORS_MAX),
        ("SCAN_THREADS", SCAN_THREADS),
        ("VERIFY_THREADS", VERIFY_THREADS),
        ("REDACT_THREADS", REDACT_THREADS),
        ("MAGIC", MAGIC),
        ("VERSION", VERSION),
        ("LONG_WORD", long_word),
        ("KIND_WORD", kind::WORD),
        ("KIND_DIGITS", kind::DIGITS),
        ("KIND_MARK", kind::MARK),
        ("TILE_HIGH", tile::HIGH),
        ("TILE_LEAD", tile::LEAD),
        ("FAILURE_OVERFLOW", failure::OVERFLOW),
        ("FAILURE_LAYOUT", failure::LAYOUT),
        ("FAMILY_EMAIL", family::EMAIL),
        ("FAMILY_IBAN", family::IBAN),
        ("FAMILY_MRZ", family::MRZ),
        ("FAMILY_PLATE", family::PLATE),
        ("FAMILY_CODES", family::CODES),
        ("FAMILY_NUMBERS", family::NUMBERS),
        ("FAMILY_CARD", family::CARD),
        ("FAMILY_IPV4", family::IPV4),
        ("FAMILY_BIRTH", family::BIRTH),
        ("FAMILY_PHONE", family::PHONE),
        ("FAMILY_ADDRESS", family::ADDRESS),
        ("FAMILY_SECRET_WORD", family::SECRET_WORD),
        ("FAMILY_SECRET_EQUALS", family::SECRET_EQUALS),
        ("FAMILY_SECRET_COLON", family::SECRET_COLON),
        ("FAMILY_SECRET_TILDE", family::SECRET_TILDE),
        ("FAMILY_SECRET_DIGITS", family::SECRET_DIGITS),
    ]
}

fn header() -> String {
    let head = "// Made from kernels/src/cuda by the test of layout.rs, which says so when it differs:\n\
                // INLAND_WRITE=1 cargo test -p inland-kernels --lib layout\n\
                #pragma once\n";
    let lines = constants().into_iter().map(|(name, value)| format!("#define {name} {value}u\n"));
    lines.fold(head.to_owned(), |all, line| all + &line)
}

#[test]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn the_header_of_the_kernels_says_what_this_crate_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/cuda/layout.cuh");
    if std::env::var_os("INLAND_WRITE").is_some() {
        std::fs::write(path, header()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), header(), "INLAND_WRITE=1 writes {path}");
}
