//! Every case of cases/, decided by the shipped WebAssembly through the public API, exactly as written.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use inland_policies::{Cases, Coverage, Policies, Tree};

/// Runs every file: the differences as text, and what is covered.
fn run(policies: &Policies) -> (String, Coverage) {
    let mut wrong = String::new();
    let mut coverage = Coverage::default();
    for cases in Cases::of(policies.tree()).unwrap() {
        let covered = policies.run(&cases, &mut |result| {
            for difference in result.differences() {
                writeln!(wrong, "{}:{} {}: {difference}", result.file(), result.line(), result.id()).unwrap();
            }
        });
        coverage.add(&covered.unwrap_or_else(|error| panic!("{error}")));
    }
    (wrong, coverage)
}

#[test]
fn every_case_is_decided_exactly_as_written() {
    let (wrong, _) = run(&Policies::embedded().unwrap());
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_rule_and_every_effect_is_shown_by_some_case() {
    let (_, coverage) = run(&Policies::embedded().unwrap());
    assert_eq!(coverage.rules_without_case(), Vec::<&str>::new());
    assert_eq!(coverage.effects_without_case(), Vec::<(&str, &str)>::new());
}

#[test]
fn the_155_cases_of_the_material_are_all_there() {
    let files = Cases::of(&Tree::embedded()).unwrap();
    let material = files.iter().find(|cases| cases.file() == "cases/scenarios.yaml").unwrap();
    let count = |prefix: &str| material.ids().filter(|id| id.starts_with(prefix)).count();
    assert_eq!((count("RS-"), count("NM-"), material.len()), (86, 69, 155));
}
