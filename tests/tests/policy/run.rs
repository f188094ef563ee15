//! `policy test`: the tables, the differences, JUnit.

use super::{desk, edit, policy, read, source};

#[test]
fn a_case_that_is_decided_otherwise_is_told_with_its_line_and_fails() {
    let desk = desk("case");
    edit(&desk, "law/cases/scenarios.yaml", &[("    allow: [fr-qualified, fr-hds]", "    allow: [fr-hds]")]);
    let said = policy(desk.path(), &["test", "law", "--without-opa", "--junit", "report.xml"]);
    assert!(!said.good);
    assert!(said.out.contains(" RS-001 French hospital summarises a discharge letter\n  "), "{}", said.out);
    assert!(said.out.contains("Rego tests were not run (--without-opa)"), "{}", said.out);
    let report = read(desk.path().join("report.xml"));
    assert_eq!(report.matches("<failure ").count(), 1, "{report}");
    well_formed(&report);
    let told = policy(desk.path(), &["test", "law", "--without-opa", "--json"]).json();
    assert_eq!(told["good"], false, "{told}");
    let checked = policy(desk.path(), &["check", "law"]);
    assert!(
        !checked.good && checked.out.contains(": the case RS-001 is decided otherwise: "),
        "{}",
        checked.out
    );
}

#[test]
fn the_tree_of_this_repository_passes_its_rego_tests_and_its_cases() {
    let desk = desk("tree");
    let tree = source().display().to_string();
    let said = policy(desk.path(), &["test", &tree, "--junit", "report.xml"]);
    assert!(said.good, "{}{}", said.out, said.err);
    assert!(said.out.contains("core/cases_test.rego"), "{}", said.out);
    let report = read(desk.path().join("report.xml"));
    well_formed(&report);
    assert!(report.matches("<testcase ").count() > 155 && !report.contains("<failure"), "{report}");
}

#[test]
fn further_cases_are_run_beside_those_of_the_folder() {
    let desk = desk("further");
    let case = "meta: {evaluate_at: 2026-11-23}\nscenarios:\n- id: OWN-1\n  title: \"<b>&\\\"our own\\\"</b>\"\n  \
                tenant: {country: FR, sector: government, public_body: true, flags: []}\n  subjects: []\n  data: [public_text]\n  \
                backends: [fr-regional, us-global]\n  expect:\n    allow: [fr-regional]\n    redact: []\n";
    std::fs::write(desk.path().join("own.yaml"), case).unwrap();
    let said = policy(
        desk.path(),
        &["test", "law", "--without-opa", "--cases", "own.yaml", "--junit", "report.xml"],
    );
    assert!(
        !said.good && said.out.contains("own.yaml:3 OWN-1 <b>&\"our own\"</b>"),
        "{}{}",
        said.out,
        said.err
    );
    well_formed(&read(desk.path().join("report.xml")));
    edit(&desk, "own.yaml", &[("data: [public_text]", "data: [public_texts]")]);
    policy(desk.path(), &["test", "law", "--without-opa", "--cases", "own.yaml"]).refused(
        "inland: own.yaml:3: `public_texts` is not a data class\n  write: a word of law/vocabulary.yaml",
    );
    let gone = policy(desk.path(), &["test", "law", "--without-opa", "--cases", "gone.yaml"]);
    assert!(!gone.good && gone.err.starts_with("inland: gone.yaml: "), "{}", gone.err);
}

/// Each element is closed in its turn, and no `<` or `&` stands where XML has none.
#[track_caller]
fn well_formed(xml: &str) {
    let mut open = Vec::new();
    for (number, part) in xml.split('<').enumerate().skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        assert!(!tag.is_empty(), "part {number} has no end: {part}");
        assert!(text.split('&').skip(1).all(|it| it.contains(';')), "{text}");
        let name = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap();
        match tag {
            _ if tag.starts_with('?') || tag.ends_with('/') => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name.to_owned())),
            _ => open.push(name.to_owned()),
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}
