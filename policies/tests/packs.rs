//! Packs: what a tenant adds works through the WebAssembly, and what could loosen is refused with its line.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use inland_policies::{
    Action, CacheScope, Class, DecideError, Decision, LoadError, PairSpec, Policies, Question, Tree,
};

const ABOUT: &str = "title: Test\nplain: A test.\nref: Directive 1\napplies_to: {sectors: [manufacturing]}\n";
const ENDPOINTS: [&str; 4] = ["stand-in/fr", "stand-in/de", "stand-in/ch", "stand-in/us"];

/// The default policies with one more pack, for the manufacturer.
fn with_pack(rego: &str) -> Result<Policies, LoadError> {
    let rego = format!("package inland.packs.my_pack\n\nimport rego.v1\n\n{rego}\n");
    with_files(&[("packs/my-pack/pack.yaml", ABOUT), ("packs/my-pack/rules.rego", &rego)])
}

fn with_files(files: &[(&str, &str)]) -> Result<Policies, LoadError> {
    let tree = files.iter().fold(Tree::embedded(), |tree, (path, text)| tree.with(*path, *text));
    Policies::from_tree(&tree)
}

/// Decides for a tenant in both ways, which must agree, in errors too.
fn decide(
    policies: &Policies,
    tenant: &str,
    classes: &[&str],
    use_case: Option<&str>,
) -> Result<Decision, DecideError> {
    let tenant = policies.tenant(tenant).unwrap();
    let pairs = ENDPOINTS.map(|endpoint| PairSpec { id: endpoint, provider: endpoint });
    let candidates = policies.candidates(tenant, &pairs).unwrap();
    let question = Question {
        tenant,
        groups: &[],
        classes: classes.iter().map(|name| Class::from_name(name).unwrap()).collect(),
        subjects: &[],
        subjects_complete: true,
        features: &[],
        use_case,
        route: "chat/completions",
        model: "large",
        stream: false,
        candidates: &candidates,
        today: time::macros::date!(2026 - 11 - 23),
    };
    let decision = policies.decide_afresh(&question);
    match (&decision, policies.decide_whole(&question)) {
        (Ok(halves), Ok(whole)) => assert_eq!(halves.document(), whole.document()),
        (Err(halves), Err(whole)) => assert_eq!(halves.code(), whole.code()),
        (halves, whole) => assert_eq!(halves.is_ok(), whole.is_ok(), "{halves:?} {whole:?}"),
    }
    decision
}

fn werk(policies: &Policies, classes: &[&str]) -> Result<Decision, DecideError> {
    decide(policies, "werk-stuttgart", classes, None)
}

fn codes(decision: &Decision) -> BTreeMap<&str, Vec<(&str, &str)>> {
    decision
        .exclude()
        .iter()
        .map(|(pair, reasons)| (pair.as_str(), reasons.iter().map(|r| (r.code(), r.rule())).collect()))
        .collect()
}

/// A word that nobody knows never matches: what was meant as a limit would not be one.
#[test]
fn a_misspelt_word_of_a_pack_is_refused_with_its_line() {
    for (rego, word, what) in [
        ("deny contains \"LOCATION\" if \"email\" in input.clases", "clases", "a part of the input"),
        ("log_min_days contains 730 if \"employmnt\" in input.classes", "employmnt", "a data class"),
        ("deny contains \"LOCATIO\"", "LOCATIO", "a reason code"),
        ("remove contains \"passport_idd\"", "passport_idd", "a data class"),
        ("exclude contains {\"pair\": \"a\", \"code\": \"CERT\"}", "CERT", "a reason code"),
        ("log_min_days contains \"730\"", "730", "a number of days"),
        ("audit_fields contains \"dora\"", "dora", "a block of the audit record"),
        ("response_headers contains \"ai\"", "ai", "a marker of the response"),
        ("deny contains \"LOCATION\" if input.use_case == \"chat\"", "chat", "a use case"),
        ("deny contains \"LOCATION\" if \"bank\" == input.tenant.sector", "bank", "a sector"),
        (
            "deny contains \"LOCATION\" if input.tenant.contry == \"FR\"",
            "contry",
            "a part of the input's tenant",
        ),
    ] {
        let error = with_pack(rego).unwrap_err().to_string();
        let expected = format!("packs/my-pack/rules.rego:5: `{word}` is not {what}");
        assert!(error.starts_with(&expected), "{rego}: {error}");
    }
}

#[test]
fn each_set_of_a_pack_adds_to_the_decision() {
    let policies = with_pack(
        r#"
exclude contains {"pair": pair.id, "code": "OWNERSHIP_EXPOSURE"} if {
	some pair in input.candidates
	"CH" in pair.parents
}
exclude contains {"pair": pair.id, "code": "CERT_MISSING"} if {
	some pair in input.candidates
	pair.id == "stand-in/us"
}
redact contains "email"
redact contains "licence_plate"
remove contains class if some class in ["phone", "iban"]
log_min_days contains n if some n in [30, 4000, 365]
audit_fields contains "ownership_chain"
response_headers contains "ai-disclosure"
deny contains "CLASSIFIED" if "trade_secret" in input.classes
retention_days_max contains 0 if "source_code" in input.classes
"#,
    )
    .unwrap();
    let plain = werk(&Policies::embedded().unwrap(), &["person_name", "email", "phone"]).unwrap();
    assert_eq!(plain.allow(), ENDPOINTS);
    let decision = werk(&policies, &["person_name", "email", "phone", "licence_plate"]).unwrap();
    assert_eq!(decision.allow(), ["stand-in/fr", "stand-in/de"]);
    let expected = BTreeMap::from([
        ("stand-in/ch", vec![("OWNERSHIP_EXPOSURE", "pack:my-pack")]),
        ("stand-in/us", vec![("CERT_MISSING", "pack:my-pack")]),
    ]);
    assert_eq!(codes(&decision), expected);
    assert!(decision.reasons().iter().all(|reason| reason.reference() == "Directive 1"));
    let redacted: Vec<(&str, Action)> = decision.redact().iter().map(|(c, how)| (c.name(), *how)).collect();
    let expected =
        [("email", Action::Pseudonymise), ("licence_plate", Action::Pseudonymise), ("phone", Action::Remove)];
    assert_eq!(redacted, expected, "iban is not in the call");
    assert_eq!(decision.log_min_days(), 4000);
    assert!(decision.audit_fields().contains(&"ownership_chain".to_owned()));
    assert_eq!(decision.response_headers(), ["ai-disclosure"]);
    assert_eq!(decision.cache_scope(), plain.cache_scope());

    let secret = werk(&policies, &["person_name", "trade_secret"]).unwrap();
    assert!(secret.allow().is_empty());
    let denials: Vec<_> = secret.reasons().iter().map(|r| (r.code(), r.rule())).collect();
    assert_eq!(denials, [("CLASSIFIED", "pack:my-pack")]);

    let kept = werk(&policies, &["source_code"]).unwrap();
    assert_eq!((kept.retention_days_max(), kept.cache_scope()), (Some(0), CacheScope::None));
    let us = codes(&kept).remove("stand-in/us");
    assert_eq!(us, Some(vec![("CERT_MISSING", "pack:my-pack"), ("RETENTION", "pack:my-pack")]));

    let hospital = decide(&policies, "hopital-lyon", &["person_name"], None).unwrap();
    assert!(!hospital.document().contains("my-pack"), "the pack is for another sector");
    assert!(hospital.input().contains(r#""packs":["hospital-group"]"#), "{}", hospital.input());
}

#[test]
fn a_word_that_a_pack_makes_up_denies_the_call() {
    for (rego, code) in [
        ("deny contains concat(\"\", [\"BECAUSE\"])", "policy_output"),
        (
            "exclude contains {\"pair\": \"stand-in/us\", \"code\": concat(\"\", [\"BECAUSE\"])}",
            "policy_output",
        ),
        ("exclude contains {\"pair\": \"stand-in/usa\", \"code\": \"LOCATION\"}", "policy_undefined"),
        ("exclude contains {\"pair\": \"stand-in/us\"}", "policy_undefined"),
        (
            "exclude contains {\"pair\": \"stand-in/us\", \"code\": \"LOCATION\", \"until\": 1}",
            "policy_undefined",
        ),
        ("exclude contains {\"pair\": \"stand-in/us\", \"code\": 7}", "policy_undefined"),
        ("exclude contains \"stand-in/us\"", "policy_undefined"),
        ("redact contains concat(\"\", [\"emial\"])", "policy_undefined"),
        ("remove contains 1", "policy_undefined"),
        ("audit_fields contains concat(\"\", [\"everything\"])", "policy_output"),
        ("response_headers contains concat(\"\", [\"x-mark\"])", "policy_output"),
        ("deny contains 1", "policy_output"),
        ("retention_days_max contains null", "policy_undefined"),
        ("retention_days_max contains concat(\"\", [\"0\"])", "policy_undefined"),
        ("retention_days_max contains -1", "policy_undefined"),
        ("retention_days_max contains 0.5", "policy_undefined"),
        ("log_min_days contains concat(\"\", [\"365\"])", "policy_undefined"),
        ("log_min_days contains 1e300", "policy_output"),
    ] {
        let policies = with_pack(rego).unwrap();
        let decided = werk(&policies, &["person_name"]);
        assert_eq!(decided.map_err(|error| error.code()).unwrap_err(), code, "{rego}");
        assert!(decide(&policies, "bank-zuerich", &["person_name"], None).is_ok(), "{rego}");
    }
}

#[test]
fn a_pack_that_could_loosen_is_refused_with_its_line() {
    for (rego, line, part) in [
        ("deny := set()", 5, "`deny` is a value"),
        ("deny contains \"LOCATION\"\n\ndeny = {\"LOCATION\"}", 7, "`deny` is a value"),
        ("default deny := {}", 5, "`deny` has a default"),
        ("default allow := true", 5, "`allow` has a default"),
        ("allow contains \"stand-in/us\"", 5, "`allow` is not a set"),
        ("waived contains \"EU-TRANSFER\"", 5, "`waived` is not a set"),
        ("log_min_days := 1", 5, "`log_min_days` is a value"),
        ("redact[\"email\"] := \"pseudonymise\"", 5, "`redact` is a value"),
        ("redact[\"email\"] if true", 5, "`redact` is a value"),
        ("redact.email contains \"x\"", 5, "`redact` is a value"),
        ("exclude(pair) := true", 5, "`exclude` is a function"),
        ("exclude(pair) if pair.id == \"x\"", 5, "`exclude` is a function"),
        ("deny := {\"LOCATION\"} if {\n\tinput.stream\n} else := set()", 5, "`deny` has an else"),
        ("deny if input.stream", 5, "`deny` is a value"),
        ("deny contains \"LOCATION\" if {\n\tinput.x with input as {\"x\": 1}\n}", 6, "`with` changes"),
        (
            "deny contains \"LOCATION\" if {\n\tsome x in [y | y := 1 with input.x as 1]\n}",
            6,
            "`with` changes",
        ),
        ("deny contains \"LOCATION\" if {\n\tnot data.tables.personal.x\n}", 6, "no data"),
        ("deny contains code if {\n\tsome code in data.inland.packs.bank.deny\n}", 6, "no data"),
        ("deny contains \"LOCATION\" if {\n\tx := data\n\tx.a\n}", 6, "no data"),
        ("deny contains data.x", 5, "no data"),
        ("deny contains \"LOCATION\" if {\n\tcount(redact) == 0\n}", 6, "`redact` is read"),
        ("deny contains \"LOCATION\" if {\n\tevery x in [1] {\n\t\tx in data.y\n\t}\n}", 7, "no data"),
        ("import data.inland.packs.bank as b", 5, "imports nothing but"),
        ("import input.tenant as t", 5, "imports nothing but"),
        ("deny contains \"LOCATION\" if }", 5, "OPA cannot parse it: unexpected } token"),
        ("contains \"LOCATION\"", 5, "OPA cannot parse it: "),
    ] {
        let error = with_pack(rego).unwrap_err().to_string();
        assert!(error.starts_with(&format!("packs/my-pack/rules.rego:{line}: ")), "{rego}: {error}");
        assert!(error.contains(part) && error.contains("\n  write: "), "{rego}: {error}");
    }
}

#[test]
fn a_package_that_is_not_its_own_is_refused() {
    for package in ["inland", "inland.packs", "inland.packs.bank", "inland.packs.my_pack.inner", "other"] {
        let rego = format!("# Mine.\npackage {package}\n\ndeny contains \"LOCATION\"\n");
        let files = [("packs/my-pack/pack.yaml", ABOUT), ("packs/my-pack/rules.rego", &rego)];
        let error = with_files(&files).unwrap_err().to_string();
        let expected = "packs/my-pack/rules.rego:2: the package is not that of its folder\n  write: package inland.packs.my_pack";
        assert_eq!(error, expected, "{package}");
    }
}

#[test]
fn what_a_pack_asks_of_its_host_is_refused() {
    for builtin in
        ["time.now_ns() > 0", "http.send({\"method\": \"get\", \"url\": \"x\"})", "opa.runtime().env.X"]
    {
        let error = with_pack(&format!("deny contains \"LOCATION\" if {builtin}")).unwrap_err().to_string();
        assert!(error.contains("built-ins of its host"), "{builtin}: {error}");
    }
}

#[test]
fn a_pack_is_described_or_refused() {
    let rego = "package inland.packs.my_pack\n\ndeny contains \"LOCATION\"\n";
    let with = |about: &str| {
        with_files(&[("packs/my-pack/pack.yaml", about), ("packs/my-pack/rules.rego", rego)])
            .unwrap_err()
            .to_string()
    };
    for (from, to, expected) in [
        ("manufacturing", "manufacture", "packs/my-pack/pack.yaml:4: `manufacture` is not a sector"),
        (
            "{sectors: [manufacturing]}",
            "{tenants: [nobody]}",
            "packs/my-pack/pack.yaml:4: `nobody` is not a tenant",
        ),
        (
            "{sectors: [manufacturing]}",
            "{countries: [UK]}",
            "packs/my-pack/pack.yaml:4: `UK` is not a country",
        ),
        (
            "{sectors: [manufacturing]}",
            "{countries: [NO]}",
            "packs/my-pack/pack.yaml:4: OPA reads the bare word NO",
        ),
        ("{sectors: [manufacturing]}", "{}", "packs/my-pack/pack.yaml:4: the pack applies to nobody"),
        ("title: Test", "titel: Test", "packs/my-pack/pack.yaml:1: "),
        ("ref: Directive 1", "ref: ''", "packs/my-pack/pack.yaml: `ref` is empty"),
    ] {
        let error = with(&ABOUT.replace(from, to));
        assert!(error.starts_with(expected), "{error}");
    }
    for (files, expected) in [
        (vec![("packs/my-pack/rules.rego", rego)], "packs/my-pack/rules.rego: its pack has no pack.yaml"),
        (vec![("packs/my-pack/pack.yaml", ABOUT)], "packs/my-pack/pack.yaml: the pack has no Rego"),
        (vec![("packs/rules.rego", rego)], "packs/rules.rego: a pack has a pack.yaml and Rego files"),
        (
            vec![("packs/My_Pack/rules.rego", rego)],
            "packs/My_Pack/rules.rego: `My_Pack` is no name of a pack",
        ),
        (vec![("packs/my-pack/lists.yaml", "a: 1")], "packs/my-pack/lists.yaml: a pack has a pack.yaml and"),
        (
            vec![("packs/my-pack/in/rules.rego", rego)],
            "packs/my-pack/in/rules.rego: a pack has a pack.yaml and",
        ),
    ] {
        let error = with_files(&files).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_tenant_cannot_choose_its_packs() {
    let tenants = "werk-zwei:\n  country: DE\n  sector: manufacturing\n  packs: []\n";
    let error = with_files(&[("tenants/werk-zwei.yaml", tenants)]).unwrap_err().to_string();
    assert!(error.starts_with("tenants/werk-zwei.yaml:2: werk-zwei names its packs itself"), "{error}");
}

#[test]
fn a_record_with_a_pack_that_is_gone_is_not_decided_and_one_without_packs_is() {
    let policies = with_pack("log_min_days contains 900").unwrap();
    let recorded = werk(&policies, &["person_name"]).unwrap();
    assert_eq!(policies.replay(recorded.input()).unwrap().document(), recorded.document());
    let shipped = Policies::embedded().unwrap();
    assert_eq!(shipped.replay(recorded.input()).unwrap_err().code(), "policy_undefined");
    let old = recorded.input().replace(r#""packs":["my-pack"],"#, "");
    assert_eq!(shipped.replay(&old).unwrap().log_min_days(), 0);
    assert_eq!(policies.replay(&old).unwrap().log_min_days(), 0);
}

#[test]
fn the_shipped_packs_have_the_shape_and_tighten_what_the_law_leaves_open() {
    let one_more = with_pack("log_min_days contains 1 if input.stream").unwrap();
    assert_eq!(one_more.rule("pack:bank").unwrap().title(), "Bank, outsourcing directive");
    let shipped = Policies::embedded().unwrap();
    let hospital = decide(&shipped, "hopital-lyon", &["patient", "postal_address", "child"], None).unwrap();
    assert_eq!(hospital.log_min_days(), 1095);
    assert_eq!(
        hospital.redact().get(&Class::from_name("postal_address").unwrap()),
        Some(&Action::Pseudonymise)
    );
    assert_eq!(hospital.allow(), ["stand-in/fr"]);
    let german = codes(&hospital).remove("stand-in/de").unwrap();
    assert!(german.contains(&("OWNERSHIP_EXPOSURE", "pack:hospital-group")), "{german:?}");
    let research = decide(&shipped, "hopital-lyon", &["health_secondary"], None).unwrap();
    assert!(
        research.reasons().iter().any(|r| (r.code(), r.rule()) == ("NO_LEGAL_BASIS", "pack:hospital-group"))
    );

    let bank = decide(&shipped, "bank-zuerich", &["bank_client"], Some("public_chatbot")).unwrap();
    assert_eq!(bank.allow(), ["stand-in/ch"]);
    assert_eq!(bank.response_headers(), ["ai-disclosure"]);
    assert_eq!(bank.log_min_days(), 3650);
    let german = codes(&bank).remove("stand-in/de").unwrap();
    assert!(german.contains(&("REMOTE_ACCESS", "pack:bank")), "{german:?}");
}
