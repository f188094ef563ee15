//! What the three worked tenants may do with the stand-in servers, and what each obligation looks like.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use inland_policies::{
    Action, CacheScope, Class, Country, DecideError, Decision, PairSpec, Policies, Question,
};

use proptest::collection::vec;
use proptest::prelude::*;

mod folder;
use folder::{Folder, day};

/// A call with everything ordinary; tests change what they are about.
#[derive(Clone)]
struct Call<'a> {
    tenant: &'a str,
    classes: Vec<&'a str>,
    subjects: Vec<&'a str>,
    features: Vec<&'a str>,
    use_case: Option<&'a str>,
    today: &'a str,
    endpoints: Vec<&'a str>,
}

impl Default for Call<'_> {
    fn default() -> Self {
        Call {
            tenant: "hopital-lyon",
            classes: vec!["person_name", "health", "patient"],
            subjects: vec![],
            features: vec![],
            use_case: None,
            today: "2026-11-23",
            endpoints: vec!["stand-in/fr", "stand-in/de", "stand-in/ch", "stand-in/us"],
        }
    }
}

impl Call<'_> {
    fn ask(&self, policies: &Policies) -> Result<std::sync::Arc<Decision>, DecideError> {
        let tenant = policies.tenant(self.tenant).unwrap();
        let pairs: Vec<PairSpec<'_>> =
            self.endpoints.iter().map(|endpoint| PairSpec { id: endpoint, provider: endpoint }).collect();
        let candidates = policies.candidates(tenant, &pairs).unwrap();
        let subjects: Vec<Country> = self.subjects.iter().map(|code| Country::parse(code).unwrap()).collect();
        let question = Question {
            tenant,
            groups: &[],
            classes: self.classes.iter().map(|name| Class::from_name(name).unwrap()).collect(),
            subjects: &subjects,
            subjects_complete: true,
            features: &self.features,
            use_case: self.use_case,
            route: "chat/completions",
            model: "large",
            stream: false,
            candidates: &candidates,
            today: day(self.today),
        };
        let decided = policies.decide(&question);
        if let Ok(decision) = &decided {
            same_whole(policies, &question, decision);
        }
        decided
    }

    fn decided(&self, policies: &Policies) -> std::sync::Arc<Decision> {
        self.ask(policies).unwrap()
    }
}

/// The two halves give what the specification gives in one piece.
fn same_whole(policies: &Policies, question: &Question<'_>, decision: &Decision) {
    let whole = policies.decide_whole(question).unwrap();
    assert_eq!((whole.input(), whole.document()), (decision.input(), decision.document()));
}

fn shipped() -> Policies {
    Policies::embedded().unwrap()
}

fn codes(decision: &Decision) -> BTreeMap<&str, Vec<(&str, &str)>> {
    decision
        .exclude()
        .iter()
        .map(|(pair, reasons)| (pair.as_str(), reasons.iter().map(|r| (r.code(), r.rule())).collect()))
        .collect()
}

#[test]
fn the_hospital_may_use_the_certified_french_host_alone() {
    let decision = Call::default().decided(&shipped());
    assert_eq!(decision.allow(), ["stand-in/fr"]);
    let expected = BTreeMap::from([
        ("stand-in/ch", vec![("CERT_MISSING", "FR-HDS"), ("LOCATION", "FR-HDS")]),
        ("stand-in/de", vec![("CERT_MISSING", "FR-HDS")]),
        ("stand-in/us", vec![("CERT_MISSING", "FR-HDS"), ("LOCATION", "FR-HDS"), ("RETENTION", "ART9-ZDR")]),
    ]);
    assert_eq!(codes(&decision), expected);
    assert_eq!(decision.partition(), "FR-health");
    assert_eq!(decision.retention_days_max(), Some(0));
    assert_eq!(decision.cache_scope(), CacheScope::None);
    assert_eq!(decision.audit_fields(), ["ownership_chain"]);
    let reason = decision.reasons()[0];
    assert!(reason.reference().starts_with("Code de la santé publique L.1111-8"), "{}", reason.reference());
    assert!(
        reason.remedy().starts_with("Use an endpoint that holds one of the certificates"),
        "{}",
        reason.remedy()
    );
}

#[test]
fn the_manufacturer_may_use_all_four_for_ordinary_letters_and_no_more() {
    let policies = shipped();
    let call = Call { tenant: "werk-stuttgart", classes: vec!["person_name", "iban"], ..Call::default() };
    let decision = call.decided(&policies);
    assert_eq!(decision.allow(), ["stand-in/fr", "stand-in/de", "stand-in/ch", "stand-in/us"]);
    let iban = Class::from_name("iban").unwrap();
    assert_eq!(decision.redact(), &BTreeMap::from([(iban, Action::Pseudonymise)]));

    let sick = Call { classes: vec!["person_name", "health"], ..call };
    assert_eq!(sick.decided(&policies).allow(), ["stand-in/fr", "stand-in/de", "stand-in/ch"]);
}

#[test]
fn the_bank_may_use_the_swiss_host_alone() {
    let call =
        Call { tenant: "bank-zuerich", classes: vec!["person_name", "bank_client"], ..Call::default() };
    assert_eq!(call.decided(&shipped()).allow(), ["stand-in/ch"]);
}

#[test]
fn secrets_and_card_numbers_are_removed_whoever_calls_and_whatever_is_waived() {
    let folder = Folder::default_with(&[]);
    folder.edit(
        "tenants/werk-stuttgart.yaml",
        "  redact:\n    credentials: remove\n",
        "  waivers: [{rule: DEF-SECRETS, until: 2027-12-31, reason: test, approver: A}]\n  redact:\n    credentials: pseudonymise\n",
    );
    let call = Call {
        tenant: "werk-stuttgart",
        classes: vec!["person_name", "credentials", "card_pan"],
        ..Call::default()
    };
    let decision = call.decided(&folder.load().unwrap());
    let actions: Vec<(&str, Action)> =
        decision.redact().iter().map(|(class, how)| (class.name(), *how)).collect();
    assert_eq!(actions, [("card_pan", Action::Remove), ("credentials", Action::Remove)]);
    assert_eq!(decision.waived(), ["DEF-SECRETS"]);
}

#[test]
fn a_waiver_lifts_its_rule_until_its_last_day() {
    let folder = Folder::default_with(&[]);
    folder.edit(
        "tenants/werk-stuttgart.yaml",
        "  public_body: false\n",
        "  public_body: false\n  waivers: [{rule: ART9-ZDR, until: 2026-12-31, reason: test, approver: A}]\n",
    );
    let policies = folder.load().unwrap();
    let call = Call { tenant: "werk-stuttgart", classes: vec!["health"], ..Call::default() };
    for (today, expected) in [("2026-12-31", true), ("2027-01-01", false)] {
        let decision = Call { today, ..call.clone() }.decided(&policies);
        assert_eq!(decision.allow().contains(&"stand-in/us".to_owned()), expected, "{today}");
        assert_eq!(decision.waived().is_empty(), !expected, "{today}");
    }
}

#[test]
fn one_line_switches_off_one_adequacy_decision() {
    let folder = Folder::default_with(&[]);
    folder.edit("law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]");
    let call = Call { tenant: "werk-stuttgart", classes: vec!["person_name"], ..Call::default() };
    assert!(call.decided(&shipped()).allow().contains(&"stand-in/us".to_owned()));
    let decision = call.decided(&folder.load().unwrap());
    assert_eq!(
        codes(&decision),
        BTreeMap::from([(
            "stand-in/us",
            vec![("NOT_ADEQUATE", "EU-TRANSFER"), ("REMOTE_ACCESS", "EU-REMOTE")]
        )])
    );
}

#[test]
fn past_its_review_date_the_law_is_stale_and_a_strict_tenant_is_refused() {
    let folder = Folder::default_with(&[]);
    folder.edit(
        "tenants/werk-stuttgart.yaml",
        "  public_body: false\n",
        "  public_body: false\n  strict: true\n",
    );
    let policies = folder.load().unwrap();
    let strict = Call { tenant: "werk-stuttgart", classes: vec!["person_name"], ..Call::default() };
    for (call, today, stale, refused) in [
        (&strict, "2027-02-28", false, false),
        (&strict, "2027-03-01", true, true),
        (&Call::default(), "2027-03-01", true, false),
    ] {
        let decision = Call { today, ..call.clone() }.decided(&policies);
        assert_eq!(
            (decision.stale(), decision.allow().is_empty()),
            (stale, refused),
            "{} {today}",
            call.tenant
        );
        if refused {
            let reasons: Vec<(&str, &str)> =
                decision.reasons().iter().map(|r| (r.code(), r.rule())).collect();
            assert_eq!(reasons, [("POLICY_EXPIRED", "REVIEW-BY")]);
        }
    }
}

#[test]
fn a_call_without_any_class_is_refused() {
    let decision = Call { classes: vec![], ..Call::default() }.decided(&shipped());
    assert!(decision.allow().is_empty());
    let reasons: Vec<(&str, &str)> = decision.reasons().iter().map(|r| (r.code(), r.rule())).collect();
    assert_eq!(reasons, [("UNKNOWN_FACT", "CLASSES-KNOWN")]);
}

#[test]
fn a_feature_needs_the_tenants_permission_and_an_unknown_one_is_refused() {
    let folder = Folder::default_with(&[]);
    folder.edit(
        "tenants/hopital-lyon.yaml",
        "  public_body: false\n",
        "  public_body: false\n  flags: [allow_store]\n",
    );
    let features = vec!["teleport", "tools", "stream", "store", "image"];
    let call = Call { features, ..Call::default() };
    let decision = call.decided(&shipped());
    assert_eq!(decision.features_refused(), ["image", "store", "teleport"]);
    assert!(decision.allow().is_empty(), "nothing is allowed while a feature is refused");
    assert_eq!(call.decided(&folder.load().unwrap()).features_refused(), ["image", "teleport"]);
    let harmless = Call { features: vec!["tools", "stream"], ..Call::default() };
    assert_eq!(harmless.decided(&shipped()).allow(), ["stand-in/fr"]);
}

#[test]
fn rules_of_every_subject_country_apply_and_an_unknown_one_counts_as_the_eu() {
    let policies = shipped();
    let call = Call { tenant: "bank-zuerich", classes: vec!["person_name"], ..Call::default() };
    let rules = |subjects: Vec<&'static str>| {
        let decision = Call { subjects, ..call.clone() }.decided(&policies);
        ["CH-TRANSFER", "EU-TRANSFER", "UK-TRANSFER"]
            .map(|rule| decision.rules().iter().any(|given| given == rule))
    };
    assert_eq!(rules(vec!["CH"]), [true, false, false]);
    assert_eq!(rules(vec!["CH", "GB"]), [true, false, true]);
    assert_eq!(rules(vec!["NO"]), [true, true, false]);
    assert_eq!(rules(vec![]), [true, true, false]);
}

#[test]
fn the_ai_act_asks_for_markers_and_longer_records_and_forbids() {
    let policies = shipped();
    let call = Call { tenant: "werk-stuttgart", classes: vec!["public_text"], ..Call::default() };
    let used = |use_case, today| Call { use_case: Some(use_case), today, ..call.clone() }.decided(&policies);
    assert_eq!(used("public_chatbot", "2026-11-23").response_headers(), ["ai-disclosure"]);
    assert!(used("public_chatbot", "2026-08-01").response_headers().is_empty());
    assert_eq!(used("high_risk_annex3", "2026-11-23").log_min_days(), 184);
    assert!(!used("ncii_generation", "2026-12-01").allow().is_empty());
    assert_eq!(used("ncii_generation", "2026-12-02").reasons()[0].code(), "PROHIBITED_PRACTICE");
}

#[test]
fn a_sanctioned_country_is_never_used_even_for_public_text() {
    let folder = Folder::default_with(&[]);
    folder.edit("providers/stand-in.yaml", "processing: [CH]", "processing: [CH, BY]");
    let call = Call { tenant: "werk-stuttgart", classes: vec!["public_text"], ..Call::default() };
    let decision = call.decided(&folder.load().unwrap());
    assert_eq!(codes(&decision), BTreeMap::from([("stand-in/ch", vec![("LOCATION", "DENY-COUNTRIES")])]));
}

#[test]
fn equal_questions_have_equal_inputs_and_the_answer_is_remembered() {
    let policies = shipped();
    let call = Call { features: vec!["tools", "stream"], subjects: vec!["FR", "DE"], ..Call::default() };
    let turned = Call {
        features: vec!["stream", "tools", "stream"],
        subjects: vec!["DE", "FR", "DE"],
        classes: vec!["patient", "person_name", "health", "health"],
        ..Call::default()
    };
    let first = call.decided(&policies);
    assert!(std::sync::Arc::ptr_eq(&first, &turned.decided(&policies)));
    let parsed: serde_json::Value = serde_json::from_str(first.input()).unwrap();
    assert_eq!(parsed["v"], "inland.input/v1");
    assert_eq!(parsed["classes"], serde_json::json!(["health", "patient", "person_name"]));
    assert_eq!(parsed["subjects"], serde_json::json!(["DE", "FR"]));
    let document: serde_json::Value = serde_json::from_str(first.document()).unwrap();
    assert_eq!(document["v"], "inland.decision/v1");
    assert_eq!(document["exclude"]["stand-in/de"][0]["rule"], "FR-HDS");
    assert!(document["exclude"]["stand-in/de"][0]["ref"].as_str().unwrap().contains("L.1111-8"));
}

#[test]
fn a_record_is_decided_again_as_it_was_and_one_that_was_changed_is_read_strictly() {
    let policies = shipped();
    let call = Call { features: vec!["teleport"], today: "2027-03-01", ..Call::default() };
    let decision = call.decided(&policies);
    let again = policies.replay(decision.input()).unwrap();
    assert_eq!((again.input(), again.document()), (decision.input(), decision.document()));
    assert_eq!(again.features_refused(), ["teleport"]);
    for (from, to) in [
        ("inland.input/v1", "inland.input/v2"),
        ("\"stream\":false,", ""),
        ("\"stream\":false", "\"stream\":0"),
        ("\"strict\":false", "\"strict\":false,\"level\":1"),
        ("\"patient\"", "\"pateint\""),
        ("\"use_case\":null", "\"use_case\":\"world_domination\""),
        ("2027-03-01", "2027-02-29"),
        ("\"id\":\"stand-in/de\"", "\"id\":\"stand-in/fr\""),
        ("\"id\":\"stand-in/de\"", "\"name\":\"stand-in/de\""),
        ("{\"candidates\"", "[{\"candidates\""),
    ] {
        assert!(decision.input().contains(from), "{from}");
        let changed = decision.input().replacen(from, to, 1);
        assert_eq!(policies.replay(&changed).unwrap_err().code(), "policy_input", "{from} {to}");
    }
    let unsure = decision.input().replacen("\"processing\":[\"FR\"]", "\"processing\":{\"FR\":true}", 1);
    let unsure = policies.replay(&unsure).unwrap();
    assert!(unsure.allow().is_empty() && unsure.exclude().contains_key("stand-in/fr"));
}

#[test]
fn a_question_that_does_not_fit_is_an_error() {
    let policies = shipped();
    let unknown = Call { use_case: Some("world_domination"), ..Call::default() };
    assert_eq!(unknown.ask(&policies).unwrap_err().code(), "policy_input");
    let tenant = policies.tenant("hopital-lyon").unwrap();
    let other = policies.tenant("bank-zuerich").unwrap();
    let candidates = policies.candidates(other, &[]).unwrap();
    let question = Question {
        tenant,
        groups: &[],
        classes: tenant.assume(),
        subjects: &[],
        subjects_complete: true,
        features: &[],
        use_case: None,
        route: "chat/completions",
        model: "large",
        stream: false,
        candidates: &candidates,
        today: day("2026-11-23"),
    };
    assert_eq!(policies.decide(&question).unwrap_err().code(), "policy_input");
    let twice = PairSpec { id: "a/b", provider: "stand-in/fr" };
    assert!(policies.candidates(tenant, &[twice, twice]).is_err());
    assert!(policies.candidates(tenant, &[PairSpec { id: "a/b", provider: "nobody/nowhere" }]).is_err());
    assert!(policies.candidates(tenant, &[twice; 33]).is_err());
}

/// Classes and subjects of a call, the second pair holding at least what the first holds.
fn growing()
-> impl Strategy<Value = (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>, Vec<&'static str>)> {
    let class = proptest::sample::select(Class::all().map(Class::name).collect::<Vec<_>>());
    let country = proptest::sample::select(vec!["FR", "DE", "GB", "CH", "NO", "SE", "US", "RS", "ES", "FI"]);
    let classes = (vec(class.clone(), 1..5), vec(class, 0..4));
    let subjects = (vec(country.clone(), 1..3), vec(country, 0..3));
    (classes, subjects).prop_map(|((classes, more), (subjects, others))| {
        let grown = [classes.clone(), more].concat();
        let wider = [subjects.clone(), others].concat();
        (classes, grown, subjects, wider)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// More classes or more subject countries never open a backend and never end a redaction.
    #[test]
    fn knowing_more_of_a_call_only_restricts_it((classes, grown, subjects, wider) in growing()) {
        static POLICIES: OnceLock<Policies> = OnceLock::new();
        let policies = POLICIES.get_or_init(shipped);
        for tenant in ["hopital-lyon", "werk-stuttgart", "bank-zuerich"] {
            let call = Call { tenant, ..Call::default() };
            let less = Call { classes: classes.clone(), subjects: subjects.clone(), ..call.clone() }.decided(policies);
            let more = Call { classes: grown.clone(), subjects: wider.clone(), ..call }.decided(policies);
            prop_assert!(more.allow().iter().all(|pair| less.allow().contains(pair)));
            prop_assert!(less.redact().iter().all(|(class, action)| more.redact().get(class) >= Some(action)));
            prop_assert!(less.log_min_days() <= more.log_min_days());
        }
    }

    /// Whatever a token calls its groups, the input is one JSON document and holds them as they were.
    #[test]
    fn a_group_name_cannot_write_into_the_input(group in "[\"\\\\{}:,\u{0}\n\u{7f}\u{e9}\u{1f600}a]{0,12}") {
        let policies = shipped();
        let tenant = policies.tenant("hopital-lyon").unwrap();
        let candidates =
            policies.candidates(tenant, &[PairSpec { id: "a/b", provider: "stand-in/fr" }]).unwrap();
        let groups = [group];
        let decision = policies.decide(&Question {
            tenant,
            groups: &groups,
            classes: tenant.assume(),
            subjects: &[],
            subjects_complete: true,
            features: &[],
            use_case: None,
            route: "chat/completions",
            model: "large",
            stream: false,
            candidates: &candidates,
            today: day("2026-11-23"),
        });
        let decision = decision.unwrap();
        let input: serde_json::Value = serde_json::from_str(decision.input()).unwrap();
        prop_assert_eq!(&input["groups"], &serde_json::json!(groups));
        prop_assert_eq!(decision.allow(), ["a/b"]);
    }
}
