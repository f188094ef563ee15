//! What is added can only tighten: a rule, a class, a subject, a pack.
//!
//! Every combination of a small world is decided twice, without and with what is added, and held against
//! each other: nothing becomes allowed, no obligation becomes weaker. A waiver takes away the one rule it
//! names if that may be waived, and nothing otherwise.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use inland_policies::Tree;
use serde_json::{Value, json};

mod generator;
use generator::small::{Context, Pairs};
use generator::wasm::{self, Wasm};
use generator::{law, strings};

/// Does `after` allow nothing more and oblige to nothing less than `before`?
fn tightens(before: &Value, after: &Value) -> Result<(), String> {
    let denied = after["allow"] == json!([]);
    let set = |decision: &Value, key: &str| strings(&decision[key]);
    let within = |less: &[String], more: &[String]| less.iter().all(|word| more.contains(word));
    let kept = |key: &str| within(&set(before, key), &set(after, key));
    let excluded = before["exclude"].as_object().unwrap();
    let weaker = |class: &String, action: &Value| {
        let given = &after["redact"][class];
        given.is_null() || (action == "remove" && given != "remove")
    };
    let retention = |decision: &Value| decision["retention_days_max"].as_u64().unwrap_or(u64::MAX);
    let checks = [
        ("a pair becomes allowed", within(&set(after, "allow"), &set(before, "allow"))),
        (
            "a reason is lost",
            denied || excluded.iter().all(|(id, reasons)| keeps(reasons, &after["exclude"][id])),
        ),
        (
            "a redaction is lost",
            !before["redact"].as_object().unwrap().iter().any(|(class, action)| weaker(class, action)),
        ),
        ("logs are kept shorter", after["log_min_days"].as_u64() >= before["log_min_days"].as_u64()),
        ("providers may keep longer", retention(after) <= retention(before)),
        ("the cache is wider", before["cache_scope"] != "none" || after["cache_scope"] == "none"),
        ("a header is lost", kept("response_headers")),
        ("an audit block is lost", kept("audit_fields")),
        ("a gap is not noted", kept("remote_access_unknown")),
        ("a feature becomes permitted", kept("features_refused")),
        ("a rule is lost", kept("rules")),
    ];
    match checks.into_iter().find(|(_, holds)| !holds) {
        Some((problem, _)) => Err(format!("{problem}:\nbefore {before}\nafter {after}")),
        None => Ok(()),
    }
}

fn keeps(before: &Value, after: &Value) -> bool {
    let after = after.as_array().map(Vec::as_slice).unwrap_or_default();
    before.as_array().unwrap().iter().all(|reason| after.contains(reason))
}

/// How much was compared, for the reader of the test's output.
#[derive(Default)]
struct Compared {
    calls: usize,
    pairs: usize,
}

impl Compared {
    fn check(&mut self, before: &Value, after: &Value, what: &dyn Fn() -> String) {
        self.calls += 1;
        self.pairs += after["allow"].as_array().unwrap().len() + after["exclude"].as_object().unwrap().len();
        if let Err(problem) = tightens(before, after) {
            panic!("{}: {problem}", what());
        }
    }

    fn print(&self, what: &str) {
        println!("{what}: {} calls, {} pairs compared", self.calls, self.pairs);
    }
}

struct Laws {
    law: Value,
    whole: Wasm,
}

impl Laws {
    fn embedded() -> Laws {
        let law = law::document(&Tree::embedded());
        Laws { whole: Wasm::of_law(&law), law }
    }

    fn rules(&self) -> Vec<(String, Value)> {
        self.law["rules"].as_object().unwrap().clone().into_iter().collect()
    }

    fn without(&self, rule: &str) -> Wasm {
        let mut law = self.law.clone();
        law["rules"].as_object_mut().unwrap().remove(rule).unwrap();
        Wasm::of_tables(&wasm::tables(&law))
    }
}

/// Each rule in a world of its own: each part of its `when` holds or does not, on the days around its
/// dates, for all profiles of a backend. Where it does not bind, it must not matter at all.
///
/// With INLAND_WORLD=whole four times as many profiles.
#[test]
fn a_rule_never_makes_a_pair_eligible_and_a_waiver_takes_away_that_rule_alone() {
    let mut laws = Laws::embedded();
    let words = law::Words::of(&laws.law);
    let (mut compared, mut bound) = (Compared::default(), BTreeMap::new());
    let profiles = if std::env::var_os("INLAND_WORLD").is_some() { Pairs::all_for } else { Pairs::most_for };
    for (id, rule) in laws.rules() {
        let mut without = laws.without(&id);
        for context in Context::around(&rule, &words) {
            let what = || format!("{id} for {context:?}");
            for (number, pairs) in profiles(&words, &context.country).iter().enumerate() {
                let asked = context.asks(pairs);
                let (before, after) = (without.decide_text(&asked), laws.whole.decide_text(&asked));
                compared.check(&before, &after, &what);
                if number == 0 {
                    let waived = laws.whole.decide_text(&context.waiving(&id).asks(pairs));
                    check_waiver(&id, &rule, &waived, [&before, &after], &what);
                }
                if !strings(&after["rules"]).contains(&id) {
                    assert_eq!(before, after, "{}", what());
                    break;
                }
                *bound.entry(id.clone()).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(bound.len(), laws.rules().len(), "every rule binds somewhere: {bound:?}");
    compared.print("rules, each in its own world");
}

/// With a waiver, a decision is that of the law without the rule, or (binding law) that of the whole law.
fn check_waiver(
    id: &str,
    rule: &Value,
    waived: &Value,
    [without, whole]: [&Value; 2],
    what: &dyn Fn() -> String,
) {
    if ["engineering_default", "supervisory"].contains(&rule["strength"].as_str().unwrap()) {
        let bound = strings(&whole["rules"]).contains(&id.to_owned());
        assert_eq!(waived["waived"], if bound { json!([id]) } else { json!([]) }, "{}", what());
        assert_eq!(without_key(waived, "waived"), without_key(without, "waived"), "{}", what());
    } else {
        assert_eq!(waived, whole, "{}, which is binding law", what());
    }
}

fn without_key(decision: &Value, key: &str) -> Value {
    let mut rest = decision.clone();
    rest.as_object_mut().unwrap().remove(key);
    rest
}

/// All countries of the law by sectors, bodies, classes and subjects: each rule that binds is taken away.
#[test]
fn in_a_common_world_each_rule_that_binds_only_tightens() {
    let mut laws = Laws::embedded();
    let words = law::Words::of(&laws.law);
    let mut without: BTreeMap<String, Wasm> =
        laws.rules().into_iter().map(|(id, _)| (id.clone(), laws.without(&id))).collect();
    let mut compared = Compared::default();
    for context in Context::common() {
        let pairs = Pairs::few_for(&words, &context.country);
        let after = laws.whole.decide_text(&context.asks(&pairs));
        for id in strings(&after["rules"]) {
            let before = without.get_mut(&id).unwrap().decide_text(&context.asks(&pairs));
            compared.check(&before, &after, &|| format!("{id} for {context:?}"));
        }
    }
    compared.print("rules, in a common world");
}

/// A tenant that has one more pack, alone or besides the other.
#[test]
fn one_more_pack_never_makes_a_pair_eligible() {
    let mut laws = Laws::embedded();
    let words = law::Words::of(&laws.law);
    let (mut compared, mut told) = (Compared::default(), BTreeMap::new());
    let packs: Vec<String> = law::packs().as_object().unwrap().keys().cloned().collect();
    let mut contexts = Context::common_with_classes(&[
        &["bank_client", "account_id"],
        &["patient", "child", "genetic"],
        &["patient", "bank_client", "health_secondary"],
    ]);
    contexts.extend(
        contexts
            .clone()
            .into_iter()
            .map(|context| Context { use_case: Some("public_chatbot".into()), ..context }),
    );
    for context in contexts {
        let pairs = Pairs::few_for(&words, &context.country);
        for pack in &packs {
            for others in [Vec::new(), packs.iter().filter(|other| *other != pack).cloned().collect()] {
                let mut less = Context { packs: others, ..context.clone() };
                let before = laws.whole.decide_text(&less.asks(&pairs));
                less.packs.push(pack.clone());
                less.packs.sort();
                let after = laws.whole.decide_text(&less.asks(&pairs));
                compared.check(&before, &after, &|| format!("{pack} for {less:?}"));
                *told.entry(pack).or_insert(0) += usize::from(before != after);
            }
        }
    }
    assert!(
        packs.iter().all(|pack| told.contains_key(pack) && told[pack] > 0),
        "a pack that says nothing: {told:?}"
    );
    compared.print("packs");
}

/// A call that has one more class. From no class at all to one is the exception: a call of which nothing
/// is known is denied.
#[test]
fn one_more_class_never_widens() {
    let mut laws = Laws::embedded();
    let words = law::Words::of(&laws.law);
    let mut compared = Compared::default();
    for context in Context::common_with_classes(&[&["public_text"], &["health", "person_name"]]) {
        let pairs = Pairs::few_for(&words, &context.country);
        let before = laws.whole.decide_text(&context.asks(&pairs));
        for class in &words.classes {
            let mut more = context.clone();
            more.classes.insert(class.clone());
            let after = laws.whole.decide_text(&more.asks(&pairs));
            compared.check(&before, &after, &|| format!("{class} besides {context:?}"));
        }
    }
    compared.print("classes");
}

/// A call about one more person. No subject at all stands for somebody in the EU: so does `unknown`, and
/// who else is named comes on top.
#[test]
fn one_more_subject_never_widens() {
    let mut laws = Laws::embedded();
    let words = law::Words::of(&laws.law);
    let mut compared = Compared::default();
    let more = ["CH", "DK", "FI", "FR", "GB", "IS", "NO", "US", "unknown"];
    for mut context in Context::common_with_classes(&[
        &["public_text"],
        &["person_name", "national_id"],
        &["health_secondary", "child"],
    ]) {
        let pairs = Pairs::few_for(&words, &context.country);
        if context.subjects.is_empty() {
            let nobody = laws.whole.decide_text(&context.asks(&pairs));
            context.subjects.insert("unknown".into());
            assert_eq!(laws.whole.decide_text(&context.asks(&pairs)), nobody, "{context:?}");
        }
        let before = laws.whole.decide_text(&context.asks(&pairs));
        for subject in more {
            let mut more = context.clone();
            more.subjects.insert(subject.to_owned());
            let after = laws.whole.decide_text(&more.asks(&pairs));
            compared.check(&before, &after, &|| format!("{subject} besides {context:?}"));
        }
    }
    compared.print("subjects");
}
