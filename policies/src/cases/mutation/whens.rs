//! Conditions, narrowed value by value and widened key by key.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Mutant, RuleOf, Scope, words};

/// Families of the vocabulary that an `@group` is narrowed by.
pub(super) fn of(rule: &RuleOf<'_>, mutants: &mut Vec<Mutant>) {
    for (key, value) in rule.when() {
        let narrower = match key.as_str() {
            "tenant" | "either" => places(rule, value),
            "data" => classes(rule, value),
            "sector" | "use_case" | "tenant_flag" => without_each(&words(value)),
            "sector_absent" => with_further(value, ["general", "retail", "legal"]),
            "tenant_flag_absent" => with_further(value, ["dora_entity", "allow_image", "pa_critical"]),
            _ => Vec::new(),
        };
        for by in narrower {
            mutants.push(changed(rule, key, Some(by), Scope::Rule(rule.id.to_owned())));
        }
        if key == "public_body" {
            mutants.push(changed(rule, key, Some(json!(value != true)), Scope::Rule(rule.id.to_owned())));
        }
        mutants.push(changed(rule, key, None, Scope::All));
    }
    if let Some(places) = rule.when().get("either") {
        let mut when = rule.when().clone();
        when.remove("either");
        when.insert("tenant".to_owned(), places.clone());
        mutants.push(rule.weaker("when either becomes tenant", "when", Value::Object(when)));
    }
}

/// The rule with a condition replaced, or without it.
fn changed(rule: &RuleOf<'_>, key: &str, by: Option<Value>, scope: Scope) -> Mutant {
    let mut when = rule.when().clone();
    let was = when.remove(key).unwrap();
    let what = match &by {
        Some(by) => format!("when {key} {} becomes {}", short(&was), difference(&was, by)),
        None => format!("when {key} {} is gone", short(&was)),
    };
    if let Some(by) = by {
        when.insert(key.to_owned(), by);
    }
    rule.with(scope, &what, "when", Value::Object(when))
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

/// Long lists are told by what they lack.
fn difference(was: &Value, by: &Value) -> String {
    let text = by.to_string();
    if text.len() < 60 { text } else { format!("{}…, {} words", short(was), words(by).len()) }
}

/// Countries: each word left out, and of a zone some of its members.
fn places(rule: &RuleOf<'_>, value: &Value) -> Vec<Value> {
    let list = words(value);
    let mut narrower = without_each(&list);
    let members: BTreeSet<String> = rule.law.places(value);
    if members.len() > list.len() {
        // One by one through all rules, so that each member is left out of some.
        let turn = rule.id.bytes().map(usize::from).sum::<usize>();
        let turns = [turn, turn + members.len() / 3, turn + 2 * members.len() / 3];
        for turn in turns {
            let left_out = members.iter().nth(turn % members.len());
            narrower
                .push(json!(members.iter().filter(|country| Some(*country) != left_out).collect::<Vec<_>>()));
        }
        let union = rule.law.place("EU");
        narrower.push(json!(members.intersection(&union).collect::<Vec<_>>()));
    }
    narrower
}

/// Classes: each word left out, and of a group each of its families.
fn classes(rule: &RuleOf<'_>, value: &Value) -> Vec<Value> {
    let list = words(value);
    let mut narrower = without_each(&list);
    let vocabulary = rule.law.data;
    for group in list.iter().filter(|word| word.starts_with('@')) {
        let families =
            words(vocabulary.pointer(&format!("/groups/{}", group.trim_start_matches('@'))).unwrap());
        let members =
            |family: &String| words(vocabulary.pointer(&format!("/data_classes/{family}")).unwrap());
        let all: Vec<String> = families.iter().flat_map(members).collect();
        let others = || list.iter().filter(|word| *word != group);
        let smaller: Vec<Vec<String>> = if families.len() > 1 {
            let left = |family: &String| members(family);
            families.iter().map(left).collect()
        } else {
            all.iter().map(|class| vec![class.clone()]).collect()
        };
        for left_out in smaller {
            let rest = all.iter().filter(|class| !left_out.contains(class)).chain(others());
            narrower.push(json!(rest.collect::<Vec<_>>()));
        }
    }
    narrower
}

fn without_each(list: &[String]) -> Vec<Value> {
    if list.len() < 2 {
        return Vec::new();
    }
    let without = |word: &String| json!(list.iter().filter(|other| *other != word).collect::<Vec<_>>());
    list.iter().map(without).collect()
}

fn with_further(value: &Value, further: [&str; 3]) -> Vec<Value> {
    let list = words(value);
    let new = further.into_iter().filter(|word| !list.iter().any(|known| known == word));
    new.map(|word| json!(list.iter().map(String::as_str).chain([word]).collect::<Vec<_>>())).collect()
}
