//! The law of a tree as one JSON document, and the words and days that stand in it.

use std::collections::{BTreeMap, BTreeSet};

use inland_policies::Tree;
use serde_json::{Map, Value};
use time::Date;

use crate::generator::{day, strings};

/// What a generator draws from: every word that the law knows.
pub(crate) struct Words {
    pub(crate) rules: Vec<(String, Value)>,
    pub(crate) classes: Vec<String>,
    pub(crate) sectors: Vec<String>,
    pub(crate) use_cases: Vec<String>,
    pub(crate) flags: Vec<String>,
    pub(crate) features: Vec<String>,
    pub(crate) certifications: Vec<String>,
    pub(crate) conditions: Vec<String>,
    /// Countries that a rule, a zone or an adequacy entry names, and a few that none does.
    pub(crate) countries: Vec<String>,
    /// Every day in the law, the day before and the day after.
    pub(crate) days: Vec<Date>,
    pub(crate) codes: BTreeSet<String>,
    zones: BTreeMap<String, Vec<String>>,
    groups: BTreeMap<String, Vec<String>>,
}

/// `data.law`: all files merged as OPA merges them, one entry per rule below `rules`.
pub(crate) fn document(tree: &Tree) -> Value {
    let (mut law, mut rules) = (Map::new(), Map::new());
    for (path, text) in tree.below("law/") {
        let part: Map<String, Value> = serde_saphyr::from_str(text).unwrap();
        if path.starts_with("law/rules/") { rules.extend(part) } else { law.extend(part) }
    }
    law.insert("rules".into(), Value::Object(rules));
    Value::Object(law)
}

/// `data.packs`: the packs that are compiled into the module, by the names of their folders.
pub(crate) fn packs() -> Value {
    let embedded = Tree::embedded();
    let about = embedded.below("packs/").filter_map(|(path, _)| path.strip_suffix("/pack.yaml"));
    about
        .filter_map(|folder| folder.strip_prefix("packs/"))
        .map(|name| (name.to_owned(), Value::Null))
        .collect()
}

impl Words {
    pub(crate) fn of(law: &Value) -> Words {
        let zones = zones(law);
        let named: BTreeSet<String> = zones.values().flatten().cloned().collect();
        let adequate =
            law["adequacy"].as_object().unwrap().values().flat_map(|list| list.as_array().unwrap());
        let adequate = adequate.filter_map(|entry| entry["country"].as_str().map(str::to_owned));
        let other = ["AU", "IN", "RS", "MX", "PF"].map(str::to_owned);
        let countries: BTreeSet<String> = named.into_iter().chain(adequate).chain(other).collect();
        let families = &law["data_classes"];
        let groups = law["groups"].as_object().unwrap().iter().map(|(name, members)| {
            let classes = strings(members).iter().flat_map(|family| strings(&families[family])).collect();
            (format!("@{name}"), classes)
        });
        let permission = strings(&law["features"]["permission"]);
        let allowing = permission.iter().map(|feature| format!("allow_{feature}"));
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        Words {
            rules: law["rules"].as_object().unwrap().clone().into_iter().collect(),
            classes: families.as_object().unwrap().values().flat_map(strings).collect(),
            sectors: strings(&law["sectors"]),
            use_cases: strings(&law["use_cases"]),
            flags: keys(&law["tenant_flags"]).into_iter().chain(allowing).collect(),
            features: strings(&law["features"]["harmless"]).into_iter().chain(permission).collect(),
            certifications: strings(&law["certifications"]),
            conditions: strings(&law["conditions"]),
            countries: countries.into_iter().collect(),
            days: days(law),
            codes: keys(&law["reason_codes"]).into_iter().collect(),
            groups: groups.collect(),
            zones,
        }
    }

    /// The countries that a word or a list of words of a rule stands for.
    pub(crate) fn places(&self, words: &Value) -> Vec<String> {
        let place = |word: String| self.zones.get(&word).cloned().unwrap_or_else(|| vec![word]);
        strings(words).into_iter().flat_map(place).collect()
    }

    /// The classes that the words of a rule stand for.
    pub(crate) fn classes_of(&self, words: &Value) -> Vec<String> {
        let class = |word: String| self.groups.get(&word).cloned().unwrap_or_else(|| vec![word]);
        strings(words).into_iter().flat_map(class).collect()
    }

    pub(crate) fn rule(&self, id: &str) -> &Value {
        &self.rules.iter().find(|(known, _)| known == id).unwrap().1
    }
}

fn zones(law: &Value) -> BTreeMap<String, Vec<String>> {
    let raw = law["zones"].as_object().unwrap();
    fn members(zone: &Value, raw: &Map<String, Value>) -> Vec<String> {
        if zone.is_array() {
            return strings(zone);
        }
        let parts = strings(&zone["union"]);
        parts.iter().flat_map(|part| members(&raw[part], raw)).chain(strings(&zone["add"])).collect()
    }
    raw.iter().map(|(name, zone)| (name.clone(), members(zone, raw))).collect()
}

fn days(law: &Value) -> Vec<Date> {
    fn collect(value: &Value, found: &mut BTreeSet<Date>) {
        match value {
            Value::String(text) if text.len() == 10 => found.extend(day(text)),
            Value::Array(list) => list.iter().for_each(|item| collect(item, found)),
            Value::Object(map) => map.values().for_each(|item| collect(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    for part in ["adequacy", "meta", "rules"] {
        collect(&law[part], &mut found);
    }
    let around = |day: &Date| [day.previous_day(), Some(*day), day.next_day()];
    found.iter().flat_map(around).flatten().collect()
}
