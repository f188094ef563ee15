//! `policy check`, `new-rule`, `new-provider`.

use inland_tests::HOSPITAL;

use super::{desk, edit, policy, read};

#[test]
fn the_default_policies_are_whole_and_their_numbers_are_told() {
    let desk = desk("check");
    let said = policy(desk.path(), &["check", "law"]);
    assert!(said.good, "{}{}", said.out, said.err);
    assert!(said.out.contains("64 rules in 20 files, "), "{}", said.out);
    assert!(said.out.contains("64 of 64 rules apply in one"), "{}", said.out);
    assert!(said.out.ends_with("law: good\n"), "{}", said.out);
    let told = policy(desk.path(), &["check", "law", "--json"]).json();
    assert_eq!(told["good"], true, "{told}");
}

#[test]
fn a_slip_in_a_folder_is_named_with_its_file_line_and_remedy() {
    for (file, from, to, expected) in [
        (
            "law/law/rules/fr.yaml",
            "data: [health,",
            "data: [helth,",
            "inland: law/law/rules/fr.yaml:6: `helth` is not a data class or a group\n  write: a word of law/vocabulary.yaml",
        ),
        (
            "law/law/rules/no.yaml",
            "tenant: [\"NO\"]",
            "tenant: [NO]",
            "inland: law/law/rules/no.yaml:6: OPA reads the bare word NO as a boolean\n  write: 'NO'",
        ),
    ] {
        let desk = desk("slip");
        edit(&desk, file, &[(from, to)]);
        for command in [
            &["check", "law"][..],
            &["test", "law", "--without-opa"],
            &["explain", "--policies", "law", "--tenant", HOSPITAL],
            &["diff", "law", "law"],
        ] {
            policy(desk.path(), command).refused(expected);
        }
    }
}

#[test]
fn what_a_loader_lets_pass_but_nobody_can_read_or_trace_is_found() {
    let desk = desk("texts");
    edit(&desk, "law/law/rules/fr.yaml", &[("title: Certified health hosting", "title: \"\"")]);
    edit(&desk, "law/law/vocabulary.yaml", &[("  UNBOUNDED_LOCATION: ", "  UNBOUNDED_LOCATION: \"\" # ")]);
    let rule = "FR-ZZZ:\n  title: A rule\n  when: {tenant: [FR], sector: [telecom], data: [sex_life]}\n  effect:\n    - require_zone: EEA\n  \
                strength: law\n  ref: a law\n  confidence: low\n  plain: A rule.\n";
    std::fs::write(desk.path().join("law/law/rules/zzz.yaml"), rule).unwrap();
    let said = policy(desk.path(), &["check", "law"]);
    assert!(!said.good);
    for expected in [
        "law/law/rules/fr.yaml: FR-HDS has no title\n  write: title: a short sentence",
        "law/law/vocabulary.yaml: the reason code UNBOUNDED_LOCATION has no remedy\n  write: ",
        "law/law/rules/zzz.yaml: no case shows FR-ZZZ\n  write: ",
        "law: not good, 3 places to look at",
    ] {
        assert!(said.out.contains(expected), "{expected}\n{}", said.out);
    }
}

#[test]
fn rego_that_opa_would_write_otherwise_is_not_whole() {
    let desk = desk("rego");
    edit(&desk, "law/core/tables.rego", &[("package inland.tables", "package   inland.tables")]);
    let said = policy(desk.path(), &["check", "law"]);
    let expected = "law/core/tables.rego: the file is not in the form that opa fmt gives it\n  write: what `opa fmt --write core/tables.rego` makes of it";
    assert!(!said.good && said.out.contains(expected), "{}{}", said.out, said.err);
}

#[test]
fn a_folder_that_is_none_is_said_before_anything_is_done() {
    let desk = desk("none");
    let said = policy(desk.path(), &["check", "nowhere"]);
    assert!(
        said.err.contains("invalid value 'nowhere' for '<DIR>': there is no such folder"),
        "{}",
        said.err
    );
    policy(desk.path(), &["check", "law/law"]).refused(
        "inland: law/law: there is no folder `law` with YAML files in it\n  write: name the folder that holds law, providers and tenants",
    );
}

// --- templates

#[test]
fn a_template_that_nobody_filled_in_is_refused_everywhere() {
    let desk = desk("blank");
    assert!(policy(desk.path(), &["key", "--out", "desk"]).good);
    for new in [
        &["new-rule", "PT-SECRET", "--country", "PT", "-o", "law"][..],
        &["new-provider", "example-cloud", "-o", "law"],
    ] {
        assert!(policy(desk.path(), new).good);
        let checked = policy(desk.path(), &["check", "law"]);
        assert!(
            !checked.good && checked.out.contains("a blank of the template is not filled in"),
            "{}",
            checked.out
        );
        let built =
            ["build", "law", "--sign", "desk.key", "-o", "b.tar.gz", "--author", "A", "--approver", "B"];
        let built = policy(desk.path(), &built);
        assert!(
            !built.good && built.err.contains("a blank of the template is not filled in"),
            "{}",
            built.err
        );
        assert!(inland_policies::Policies::load(&desk.path().join("law")).is_err(), "a gateway loads it");
        for file in ["law/law/rules/pt-secret.yaml", "law/cases/pt-secret.yaml"] {
            std::fs::remove_file(desk.path().join(file)).unwrap_or_default();
        }
    }
}

#[test]
fn a_template_whose_blanks_are_filled_in_is_good() {
    let desk = desk("filled");
    assert!(policy(desk.path(), &["new-rule", "PT-SECRET", "--country", "PT", "-o", "law"]).good);
    assert!(policy(desk.path(), &["new-provider", "example-cloud", "-o", "law"]).good);
    let rule = [
        ("title: FILL-IN", "title: Trade secrets"),
        ("data: [FILL-IN]", "data: [trade_secret]"),
        ("require_zone: FILL-IN", "require_zone: EEA"),
        ("ref: FILL-IN", "ref: Lei 1/2026"),
        ("plain: FILL-IN", "plain: Trade secrets stay in the EEA."),
    ];
    edit(&desk, "law/law/rules/pt-secret.yaml", &rule);
    let case = [
        ("evaluate_at: FILL-IN", "evaluate_at: 2026-11-23"),
        ("title: FILL-IN", "title: A formula"),
        ("prose: FILL-IN", "prose: A chemist asks about a formula."),
        ("sector: FILL-IN", "sector: manufacturing"),
        ("data: [FILL-IN]", "data: [trade_secret]"),
        ("allow: [FILL-IN]", "allow: [own-site, de-c5]"),
        ("FILL-IN: [FILL-IN]", "us-dpf: [LOCATION]"),
        ("rules: [PT-SECRET, FILL-IN]", "rules: [PT-SECRET, DEF-TRADE-SECRET]"),
    ];
    edit(&desk, "law/cases/pt-secret.yaml", &case);
    let provider = [
        ("name: FILL-IN", "name: Example Cloud"),
        ("as_of: FILL-IN", "as_of: 2026-11-23"),
        ("    FILL-IN: ", "    eu-west: "),
        ("operator: FILL-IN", "operator: FR"),
        ("operator: FILL-IN", "operator: V"),
    ];
    edit(&desk, "law/providers/example-cloud.yaml", &provider);
    let checked = policy(desk.path(), &["check", "law"]);
    assert!(
        checked.good && checked.out.contains("65 of 65 rules apply in one"),
        "{}{}",
        checked.out,
        checked.err
    );
    let tested = policy(desk.path(), &["test", "law", "--without-opa"]);
    assert!(tested.good && tested.out.contains("cases/pt-secret.yaml  "), "{}{}", tested.out, tested.err);
    let explained = policy(desk.path(), &["explain", "--policies", "law", "--tenant", HOSPITAL]);
    assert!(explained.out.contains("example-cloud/eu-west"), "{}", explained.out);
}

#[test]
fn no_template_ever_replaces_a_file_and_odd_names_make_none() {
    let desk = desk("names");
    let before = read(desk.path().join("law/law/rules/fr.yaml"));
    policy(desk.path(), &["new-rule", "FR", "--country", "FR", "-o", "law"]).refused(
        "inland: law/law/rules/fr.yaml is there already\n  do: choose another name; nothing was written",
    );
    assert_eq!(read(desk.path().join("law/law/rules/fr.yaml")), before);
    assert!(!desk.path().join("law/cases/fr.yaml").exists());
    for wrong in ["../../x", "fr-x", "", "-X", "X/Y", "É"] {
        assert!(
            !policy(desk.path(), &["new-rule", "--country", "FR", "-o", "law", "--", wrong]).good,
            "{wrong}"
        );
    }
    for wrong in ["../x", "Cloud", "a b", "a/b", ""] {
        assert!(!policy(desk.path(), &["new-provider", "-o", "law", "--", wrong]).good, "{wrong}");
    }
    assert!(
        !policy(desk.path(), &["new-rule", "GB-X", "--country", "UK"]).good,
        "UK is no country of ISO 3166-1"
    );
    let norway = policy(desk.path(), &["new-rule", "NO-X", "--country", "NO"]).out;
    assert!(norway.contains("tenant: [\"NO\"]"), "{norway}");
}
