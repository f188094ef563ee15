//! Do the cases guard the law? Each mutant is the law with one thing changed; a case must notice it.
//!
//! Mutants drop a rule, drop or weaken an effect, narrow or widen a condition, move a date, make binding law
//! waivable, touch adequacy entries, zones and the vocabulary. A mutant is caught when at least one case is
//! decided otherwise than written. `cargo test -p inland-policies mutants -- --nocapture` lists the survivors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use crate::country::Country;
use crate::decide::Decider;
use crate::engine::Evaluator;
use crate::opa;
use crate::policies::Policies;

use super::Cases;
use super::run::{Call, World};

mod effects;
mod tables;
mod whens;

/// Of a hundred mutants so many must be caught.
const CAUGHT_PERCENT_MIN: usize = 98;

/// One changed place of the law.
struct Mutant {
    /// What was changed, for the list of survivors.
    name: String,
    /// Where in the law, and what stands there now.
    pointer: String,
    value: Value,
    scope: Scope,
    /// A part of the ids of cases that may notice it first.
    near: String,
}

/// Which cases can be decided otherwise.
enum Scope {
    /// Those to which this rule applies: it was made weaker.
    Rule(String),
    /// Any.
    All,
}

/// The cases, ready to be decided, and those to which each rule applies, most telling first.
struct Suite<'a> {
    policies: &'a Policies,
    calls: BTreeMap<String, Call<'a>>,
    by_rule: BTreeMap<String, Vec<String>>,
    all: Vec<String>,
}

impl<'a> Suite<'a> {
    fn of(policies: &'a Policies, worlds: &'a [World<'a>]) -> Suite<'a> {
        let calls: BTreeMap<String, Call<'_>> = worlds
            .iter()
            .flat_map(|world| world.calls().unwrap())
            .map(|call| (call.id().to_owned(), call))
            .collect();
        let mut seen: Vec<(usize, &String, Vec<String>)> = Vec::new();
        for (id, call) in &calls {
            let result = call.decide(policies, policies.decider());
            assert!(result.passed(), "{id}: {:?}", result.differences());
            let decision = result.decision().unwrap();
            let rules: Vec<String> = decision.rules().iter().chain(decision.waived()).cloned().collect();
            // Few rules and many pairs tell most about one rule.
            seen.push((rules.len() * 8 / (decision.exclude().len() + 1), id, rules));
        }
        seen.sort();
        let mut by_rule: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, id, rules) in &seen {
            for rule in rules {
                by_rule.entry(rule.clone()).or_default().push((*id).clone());
            }
        }
        let all = seen.into_iter().map(|(_, id, _)| id.clone()).collect();
        Suite { policies, calls, by_rule, all }
    }

    /// Is some case decided otherwise under this law?
    fn catches(&self, mutant: &Mutant) -> bool {
        let mut law = self.policies.law().data.clone();
        *law.pointer_mut(&mutant.pointer).unwrap() = mutant.value.clone();
        let module = || self.policies.module().clone();
        let packs: BTreeMap<&String, ()> = self.policies.law().packs.keys().map(|name| (name, ())).collect();
        let data = json!({"law": law, "packs": packs});
        let tables = Evaluator::new(module(), &data).unwrap().tables(opa::TABLES).unwrap();
        let decider = Decider::new(Evaluator::new(module(), &json!({"tables": tables})).unwrap());
        let candidates = match &mutant.scope {
            Scope::Rule(rule) => self.by_rule.get(rule).map(Vec::as_slice).unwrap_or_default(),
            Scope::All => &self.all,
        };
        // Those first that are named for what was changed.
        let (named, others): (Vec<&String>, Vec<&String>) =
            candidates.iter().partition(|id| id.contains(&mutant.near));
        let mut order = named.into_iter().chain(others);
        order.any(|id| !self.calls.get(id).unwrap().decide(self.policies, &decider).passed())
    }
}

#[test]
fn at_least_98_of_100_mutants_of_the_law_are_caught_by_the_cases() {
    let policies = Policies::embedded().unwrap();
    let files = Cases::of(policies.tree()).unwrap();
    let worlds: Vec<World<'_>> = files.iter().map(|cases| World::of(&policies, cases).unwrap()).collect();
    let suite = Suite::of(&policies, &worlds);
    let mutants = of(&Law { data: &policies.law().data });
    let next = AtomicUsize::new(0);
    let survivors = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !suite.catches(mutant) {
                        survivors.lock().unwrap().push(mutant.name.as_str());
                    }
                }
            });
        }
    });
    let mut survivors = survivors.into_inner().unwrap();
    survivors.sort_unstable();
    let caught = mutants.len() - survivors.len();
    println!("{caught} of {} mutants caught; survivors:\n{}", mutants.len(), survivors.join("\n"));
    assert!(caught * 100 >= mutants.len() * CAUGHT_PERCENT_MIN, "survivors:\n{}", survivors.join("\n"));
}

/// The law as mutants need it: all files merged.
struct Law<'a> {
    data: &'a Value,
}

/// Every mutant of the law.
fn of(law: &Law<'_>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (id, rule) in law.part("rules").as_object().unwrap() {
        let rule = RuleOf { law, id, rule: rule.as_object().unwrap() };
        rules(&rule, &mut mutants);
        effects::of(&rule, &mut mutants);
        whens::of(&rule, &mut mutants);
    }
    tables::of(law, &mut mutants);
    mutants
}

/// The day before that of the cases.
const YESTERDAY: &str = "2026-11-22";

/// One rule in its law.
struct RuleOf<'a> {
    law: &'a Law<'a>,
    id: &'a str,
    rule: &'a Map<String, Value>,
}

impl RuleOf<'_> {
    fn effects(&self) -> &[Value] {
        self.rule.get("effect").unwrap().as_array().unwrap()
    }

    fn when(&self) -> &Map<String, Value> {
        self.rule.get("when").unwrap().as_object().unwrap()
    }

    /// The rule with one key set.
    fn with(&self, scope: Scope, what: &str, key: &str, value: Value) -> Mutant {
        let mut rule = self.rule.clone();
        rule.insert(key.to_owned(), value);
        Mutant {
            name: format!("{}: {what}", self.id),
            pointer: format!("/rules/{}", self.id),
            value: Value::Object(rule),
            scope,
            near: format!("-{}-", self.id),
        }
    }

    fn weaker(&self, what: &str, key: &str, value: Value) -> Mutant {
        self.with(Scope::Rule(self.id.to_owned()), what, key, value)
    }
}

impl Law<'_> {
    fn part(&self, key: &str) -> &Value {
        self.data.get(key).unwrap()
    }

    /// The countries of a zone or of a country.
    fn place(&self, word: &str) -> BTreeSet<String> {
        match self.part("zones").get(word) {
            None => BTreeSet::from([word.to_owned()]),
            Some(Value::Array(list)) => strings(list).into_iter().collect(),
            Some(zone) => ["union", "add"]
                .into_iter()
                .flat_map(|key| zone.get(key).map(words).unwrap_or_default())
                .flat_map(|part| self.place(&part))
                .collect(),
        }
    }

    fn places(&self, value: &Value) -> BTreeSet<String> {
        words(value).iter().flat_map(|word| self.place(word)).collect()
    }
}

/// Drops the rule, moves its dates, makes it waivable.
fn rules(rule: &RuleOf<'_>, mutants: &mut Vec<Mutant>) {
    mutants.push(rule.weaker("dropped", "until", json!("1000-01-01")));
    mutants.push(rule.weaker("ended yesterday", "until", json!(YESTERDAY)));
    match rule.rule.get("from").and_then(Value::as_str) {
        Some(from) => {
            mutants.push(rule.weaker("from a day later", "from", json!(beside(from, 1))));
            mutants.push(rule.with(Scope::All, "from a day earlier", "from", json!(beside(from, -1))));
        }
        None => mutants.push(rule.weaker("from tomorrow", "from", json!("2026-11-24"))),
    }
    let strength = rule.rule.get("strength").and_then(Value::as_str).unwrap();
    match strength {
        "law" => mutants.push(rule.weaker("waivable", "strength", json!("engineering_default"))),
        _ => mutants.push(rule.weaker("not waivable", "strength", json!("law"))),
    }
}

/// A day before or after.
fn beside(day: &str, days: i64) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let day = time::Date::parse(day, format).unwrap() + time::Duration::days(days);
    day.format(format).unwrap()
}

/// A word or a list of words as a list.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => strings(list),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![value.as_str().unwrap().to_owned()]
        }
    }
}

fn strings(list: &[Value]) -> Vec<String> {
    list.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// All countries there are.
fn everywhere() -> Vec<String> {
    let letters = || b'A'..=b'Z';
    let codes = letters().flat_map(|first| letters().map(move |second| [first, second]));
    let codes = codes.map(|code| String::from_utf8(code.to_vec()).unwrap());
    codes.filter(|code| Country::parse(code).is_some()).collect()
}
