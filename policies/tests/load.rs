//! A policy folder with an error is refused whole, with file, line and what to write.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;
use folder::Folder;

/// Edits one file of the default folder and gives the error text.
fn refused(file: &str, from: &str, to: &str) -> String {
    let folder = Folder::default_with(&[]);
    folder.edit(file, from, to);
    folder.load().unwrap_err().to_string()
}

#[test]
fn the_default_folder_equals_what_the_binary_carries() {
    let folder = Folder::default_with(&[]);
    let loaded = folder.load().unwrap();
    let embedded = inland_policies::Policies::embedded().unwrap();
    assert_eq!(loaded.digest(), embedded.digest());
    assert_eq!(loaded.revision(), 1);
    assert_eq!(loaded.review_by(), folder::day("2027-02-28"));
    assert!(inland_policies::write_default(folder.path()).is_err(), "an existing file is never overwritten");
}

/// A rule that somebody wrote and that no one reads would leave a place open in silence.
#[test]
fn what_looks_like_a_policy_file_and_would_not_be_read_is_refused() {
    let rule = "X: 1\n";
    for (file, expected) in [
        ("law/rules/xx.yml", "law/rules/xx.yml: it is neither .yaml nor .rego, so it would not be read"),
        ("law/rules/xx.YAML", "law/rules/xx.YAML: it is neither .yaml nor .rego, so it would not be read"),
        ("law/xx.yaml", "law/xx.yaml: it is none of the files of law/; rules are below law/rules"),
        ("law/rules/a:b.yaml", "law/rules: `a:b.yaml` has signs that no policy file has"),
        ("law/rules/1/2/3/4/xx.yaml", "law/rules/1/2/3/4: the folder lies too deep"),
        ("rules/xx.yaml", "rules/xx.yaml: it stands where no policy file is read"),
        ("tenant/xx.yaml", "tenant/xx.yaml: it stands where no policy file is read"),
        ("xx.yaml", "xx.yaml: it stands where no policy file is read"),
        (
            "packs/werk/rules.Rego",
            "packs/werk/rules.Rego: it is neither .yaml nor .rego, so it would not be read",
        ),
    ] {
        let folder = Folder::default_with(&[(file, rule)]);
        let error = folder.load().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{file}: {error}");
    }
    let folder = Folder::default_with(&[]);
    std::os::unix::fs::symlink("fr.yaml", folder.path().join("law/rules/link.yaml")).unwrap();
    let error = folder.load().unwrap_err().to_string();
    assert!(error.starts_with("law/rules/link.yaml: it is a link, and links are not followed"), "{error}");
    let beside = [("law/rules/.fr.yaml.swp", "x"), ("law/rules/fr.yaml~", "x"), ("law/README.md", "x")];
    assert!(Folder::default_with(&beside).load().is_ok());
}

#[test]
fn a_bare_no_is_refused_because_opa_reads_it_as_a_boolean() {
    assert_eq!(
        refused("law/rules/no.yaml", "tenant: [\"NO\"]", "tenant: [NO]"),
        "law/rules/no.yaml:6: OPA reads the bare word NO as a boolean\n  write: 'NO'"
    );
}

#[test]
fn a_boolean_in_place_of_a_country_is_refused() {
    let error = refused("law/rules/fr.yaml", "tenant: [FR], data", "tenant: true, data");
    assert!(error.starts_with("law/rules/fr.yaml:6: "), "{error}");
    assert!(error.contains("'NO'"), "{error}");
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = refused("law/rules/fr.yaml", "  strength: law", "  strenght: law");
    assert!(error.starts_with("law/rules/fr.yaml:"), "{error}");
    assert!(error.contains("strenght"), "{error}");
}

#[test]
fn a_word_that_is_in_no_list_is_named_with_its_line() {
    for (file, from, to, expected) in [
        (
            "law/rules/fr.yaml",
            "data: [health,",
            "data: [helth,",
            "law/rules/fr.yaml:6: `helth` is not a data class or a group",
        ),
        (
            "law/rules/fr.yaml",
            "tenant: [FR], data",
            "tenant: [UK], data",
            "law/rules/fr.yaml:6: `UK` is not a zone or a country",
        ),
        ("law/rules/fr.yaml", "[HDS]", "[HSD]", "law/rules/fr.yaml:9: `HSD` is not a certification"),
        (
            "law/rules/fr.yaml",
            "require_zone: EEA",
            "require_zone: EAE",
            "law/rules/fr.yaml:10: `EAE` is not a zone or a country",
        ),
        (
            "law/rules/fr.yaml",
            "sector_absent: [health",
            "sector_absent: [heath",
            "law/rules/fr.yaml:31: `heath` is not a sector",
        ),
        ("law/rules/fr.yaml", "FR-HDS:", "fr hds:", "law/rules/fr.yaml:5: `fr hds` is no rule id"),
        ("law/zones.yaml", "LV, LT", "LV, LX", "law/zones.yaml:5: `LX` is not a country of ISO 3166-1"),
        (
            "law/adequacy.yaml",
            "disabled: []",
            "disabled: [\"eu:UX\"]",
            "law/adequacy.yaml:5: `eu:UX` switches off nothing",
        ),
        (
            "tenants/hopital-lyon.yaml",
            "sector: health",
            "sector: helth",
            "tenants/hopital-lyon.yaml:3: `helth` is not a sector of law/vocabulary.yaml",
        ),
        (
            "tenants/hopital-lyon.yaml",
            "iban: pseudonymise",
            "ibn: pseudonymise",
            "tenants/hopital-lyon.yaml:3: `ibn` is not a data class",
        ),
        (
            "tenants/hopital-lyon.yaml",
            "stand-in/us",
            "stand-in/ux",
            "tenants/hopital-lyon.yaml:18: `stand-in/ux` is not an endpoint of policies/providers",
        ),
        (
            "tenants/hopital-lyon.yaml",
            "[dpa, secrecy_undertaking]",
            "[dpa, nda]",
            "tenants/hopital-lyon.yaml:15: `nda` is not a contract term",
        ),
        (
            "providers/stand-in.yaml",
            "processing: [FR]",
            "processing: [F]",
            "providers/stand-in.yaml:8: `F` is not a country of ISO 3166-1",
        ),
        (
            "providers/stand-in.yaml",
            "name: HDS",
            "name: HSD",
            "providers/stand-in.yaml:8: `HSD` is not a certification",
        ),
    ] {
        let error = refused(file, from, to);
        assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
        assert!(error.contains("\n  write: "), "{error}");
    }
}

#[test]
fn an_unknown_effect_or_action_is_refused() {
    let error = refused("law/rules/fr.yaml", "require_zone: EEA", "require_zoen: EEA");
    assert!(error.starts_with("law/rules/fr.yaml:") && error.contains("require_zoen"), "{error}");
    let error = refused("tenants/hopital-lyon.yaml", "iban: pseudonymise", "iban: keep");
    assert!(error.starts_with("tenants/hopital-lyon.yaml:") && error.contains("keep"), "{error}");
}

#[test]
fn dates_are_dates_and_numbers_are_numbers() {
    let error = refused("law/rules/de.yaml", "from: 2025-07-01", "from: 2025-02-30");
    assert!(error.starts_with("law/rules/de.yaml:") && error.contains("is not a date"), "{error}");
    let error = refused("law/rules/defaults.yaml", "max_retention_days: 30", "max_retention_days: -1");
    assert!(error.starts_with("law/rules/defaults.yaml:"), "{error}");
}

#[test]
fn a_condition_that_could_never_hold_is_refused() {
    let error = refused("law/rules/fr.yaml", "data: [health, patient, genetic]", "data: []");
    assert!(error.starts_with("law/rules/fr.yaml:6: an empty list"), "{error}");
}

#[test]
fn what_the_yaml_reader_says_is_turned_into_a_sentence() {
    for (file, from, to, expected) in [
        (
            "law/rules/fr.yaml",
            "  confidence: high\n",
            "  confidence: high\n  confidence: low\n",
            "law/rules/fr.yaml:15: duplicate mapping key: confidence\n  write: the key once",
        ),
        (
            "law/rules/defaults.yaml",
            "max_retention_days: 30",
            "max_retention_days: -1",
            "law/rules/defaults.yaml:28: invalid u32\n  write: a whole number, not negative",
        ),
        (
            "tenants/hopital-lyon.yaml",
            "iban: pseudonymise",
            "iban: keep",
            "tenants/hopital-lyon.yaml:11: unknown variant `keep`, expected one of pseudonymise, remove\n  write: one of the words named above",
        ),
        (
            "providers/stand-in.yaml",
            "retention_days: 30",
            "retention_days: -30",
            "providers/stand-in.yaml:57: this is neither a number of days nor `unknown`\n  write: a number of days, or unknown",
        ),
        (
            "providers/stand-in.yaml",
            "processing: [US]",
            "processing: {zoen: EU}",
            "providers/stand-in.yaml:51: this is neither a list of countries nor a zone\n  write: [FR, DE], {zone: EEA}, unknown or unbounded",
        ),
    ] {
        assert_eq!(refused(file, from, to), expected);
    }
}

#[test]
fn a_rule_stands_in_one_file_only() {
    let folder = Folder::default_with(&[]);
    let rule = std::fs::read_to_string(folder.path().join("law/rules/at.yaml")).unwrap();
    std::fs::write(folder.path().join("law/rules/zz.yaml"), rule).unwrap();
    assert!(folder.load().unwrap_err().to_string().contains("the rule AT-GTELG stands in two files"));
}

#[test]
fn binding_law_cannot_be_waived_and_a_waiver_needs_a_reason_and_an_approver() {
    let waived = |rule: &str, reason: &str| {
        let folder = Folder::default_with(&[]);
        folder.edit(
            "tenants/hopital-lyon.yaml",
            "  public_body: false",
            &format!(
                "  public_body: false\n  waivers:\n    - {{rule: {rule}, until: 2026-12-31, reason: '{reason}', approver: A}}"
            ),
        );
        folder.load().map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(waived("ART9-ZDR", "audited store"), Ok(()));
    let law = waived("FR-HDS", "audited store").unwrap_err();
    assert!(law.starts_with("tenants/hopital-lyon.yaml:7: FR-HDS is binding law"), "{law}");
    assert!(waived("ART9-ZDR", " ").unwrap_err().contains("no reason"));
    assert!(waived("NO-SUCH", "x").unwrap_err().contains("is not a rule"));
}

#[test]
fn a_fact_without_evidence_must_be_unknown() {
    let error =
        refused("providers/stand-in.yaml", "evidence: &demo {operator: D", "evidence: &demo {operator: B");
    assert!(error.contains("states operator without evidence"), "{error}");
    assert!(error.contains("operator: unknown, until it is confirmed"), "{error}");
    let error = refused("providers/stand-in.yaml", "parents: D, ", "");
    assert!(error.contains("gives no evidence for parents"), "{error}");
}

#[test]
fn a_folder_without_law_and_a_file_that_is_too_large_are_refused() {
    let empty = Folder::default_with(&[]);
    std::fs::remove_dir_all(empty.path().join("law")).unwrap();
    assert!(empty.load().unwrap_err().to_string().contains("no folder `law`"));
    let large = Folder::default_with(&[("law/rules/zz.yaml", &"#".repeat((1 << 20) + 1))]);
    assert!(large.load().unwrap_err().to_string().starts_with("law/rules/zz.yaml: the file is larger"));
}

#[test]
fn a_yaml_bomb_is_refused_in_bounded_time() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let part = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{part}]\n"));
    }
    let folder = Folder::default_with(&[("law/rules/zz.yaml", &bomb)]);
    assert!(folder.load().unwrap_err().to_string().starts_with("law/rules/zz.yaml:"));
}
