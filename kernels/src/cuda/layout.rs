//! `cuda/layout.cuh`, made from the constants of this crate.
//!
//! Invariant: the device's code holds no number of its own that the host has too.

use super::families::*;
use super::tables;
use crate::contact::phone;
use crate::digits::{MAX_DIGITS, MAX_GROUPS};
use crate::document::{birth, mrz, passport, plate};
use crate::number::Index;
use crate::number::check::{NEVER, WIDTH};
use crate::number::code::{GROUP_BEFORE_MAX, GROUPS_MAX, LETTER_GROUP_MAX};
use crate::number::index::LETTERS_MAX;
use crate::payment::creditor;

/// Name and value of each constant that the device's code uses.
fn constants() -> Vec<(&'static str, u32)> {
    let mut all = of_anchors();
    all.extend(of_tables());
    all.extend(tables::OPERATIONS);
    let rules = tables::OWN_RULES.iter();
    all.extend(rules.map(|&(name, rule)| (name, tables::own_number(rule).unwrap_or(0))));
    all
}

fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn of_tables() -> Vec<(&'static str, u32)> {
    let (creditor_min, creditor_max) = (*creditor::LENGTH.start(), *creditor::LENGTH.end());
    vec![
        ("TABLE_NUMBERS", word(tables::part::NUMBERS)),
        ("TABLE_CODES", word(tables::part::CODES)),
        ("TABLE_FORMS", word(tables::part::FORMS)),
        ("TABLE_IBANS", word(tables::part::IBANS)),
        ("TABLE_CARDS", word(tables::part::CARDS)),
        ("TABLE_CREDITORS", word(tables::part::CREDITORS)),
        ("TABLE_NUMBER_SHAPES", word(tables::part::NUMBER_SHAPES)),
        ("TABLE_CODE_SHAPES", word(tables::part::CODE_SHAPES)),
        ("FORM_FREE", tables::FREE),
        ("FORM_CLASS_WORDS", word(tables::CLASS_WORDS)),
        ("PROGRAM_STEPS_MAX", word(tables::STEPS_MAX)),
        ("CHARACTERS_MAX", word(WIDTH)),
        ("NO_VALUE", u32::from(NEVER)),
        ("NUMBER_SHORTEST", word(Index::new().shortest())),
        ("NUMBER_DIGITS_MAX", word(MAX_DIGITS)),
        ("NUMBER_GROUPS_MAX", word(MAX_GROUPS)),
        ("CODE_GROUPS_MAX", word(GROUPS_MAX)),
        ("CODE_GROUP_BEFORE_MAX", word(GROUP_BEFORE_MAX)),
        ("CODE_LETTER_GROUP_MAX", word(LETTER_GROUP_MAX)),
        ("CODE_LETTERS_MAX", word(LETTERS_MAX)),
        ("MRZ_LINE_MAX", word(mrz::TD3)),
        ("PASSPORT_MIN", word(*passport::LENGTHS.start())),
        ("PASSPORT_MAX", word(*passport::LENGTHS.end())),
        ("PLATE_MAX", word(plate::LENGTH_MAX)),
        ("PLATE_MIN", word(plate::LENGTH_MIN)),
        ("CREDITOR_MIN", word(creditor_min)),
        ("CREDITOR_MAX", word(creditor_max)),
    ]
}

fn of_anchors() -> Vec<(&'static str, u32)> {
    vec![
        ("BLOCK_BYTES", BLOCK_BYTES),
        ("WINDOW_BYTES", WINDOW_BYTES),
        ("EDGE_BYTES", EDGE_BYTES),
        ("TILE_BYTES", TILE_BYTES),
        ("SCAN_THREADS", SCAN_THREADS),
        ("REDACT_THREADS", REDACT_THREADS),
        ("MAGIC", MAGIC),
        ("VERSION", VERSION),
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
        ("FAMILY_LONG_NUMBER", family::LONG_NUMBER),
        ("FAMILY_PASSPORT", family::PASSPORT),
        ("PHONE_DIGITS_MIN", PHONE_DIGITS_MIN),
        ("PHONE_BYTES_MAX", PHONE_BYTES_MAX),
        ("PHONE_SEPARATORS_AHEAD", u32::try_from(phone::SEPARATORS_AHEAD).unwrap_or(0)),
        ("BIRTH_YEAR_AHEAD", birth::YEAR_AHEAD.trailing_ones()),
        ("LONG_NUMBER_MIN", LONG_NUMBER_MIN),
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
