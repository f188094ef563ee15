//! Every scenario and near-miss pair, decided by the shipped WebAssembly through the public API.
//!
//! Exact: the ordered allow list, per excluded pair the set of reason codes, the classes redacted, the
//! log days, and (scenarios) the rules that matched and have a condition.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use inland_policies::{Class, Country, PairSpec, Policies, Question};
use serde::Deserialize;
use serde_json::{Value, json};

mod folder;
use folder::Folder;

#[derive(Deserialize)]
struct Cases {
    meta: Meta,
    fixtures: BTreeMap<String, BTreeMap<String, Value>>,
    scenarios: Vec<Case>,
    near_miss_base: BTreeMap<String, Value>,
    near_miss: Vec<Case>,
}

#[derive(Deserialize)]
struct Meta {
    evaluate_at: String,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    tenant: Value,
    subjects: Vec<String>,
    data: Vec<String>,
    use_case: Option<String>,
    date: Option<String>,
    backends: Option<Vec<String>>,
    home: Option<String>,
    near_miss_changes: Option<BTreeMap<String, Value>>,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    allow: Vec<String>,
    #[serde(default)]
    exclude: BTreeMap<String, BTreeSet<String>>,
    redact: BTreeSet<String>,
    #[serde(default)]
    log_min_days: u32,
    rules: Option<BTreeSet<String>>,
    refuse: Option<String>,
}

/// What of a fixture is the tenant's contract and not the provider's fact.
const SIGNED: [&str; 3] = ["contracts", "transfer_tools", "tia"];
const FACTS: [&str; 8] = [
    "operator",
    "parents",
    "establishments",
    "processing",
    "storage",
    "remote_access",
    "certs",
    "retention_days",
];

fn cases() -> Cases {
    serde_saphyr::from_str(include_str!("../cases/scenarios.yaml")).unwrap()
}

/// One policy folder for all cases: an endpoint per fixture, a tenant per case.
struct World {
    endpoints: BTreeMap<String, Value>,
    tenants: BTreeMap<String, Value>,
}

impl World {
    fn of(cases: &Cases) -> World {
        let mut world = World { endpoints: BTreeMap::new(), tenants: BTreeMap::new() };
        for (name, fixture) in &cases.fixtures {
            world.endpoint(name, fixture);
        }
        for case in &cases.scenarios {
            let named =
                case.backends.iter().flatten().map(|name| (name.clone(), cases.fixtures[name].clone()));
            world.tenant(case, named.collect());
        }
        for case in &cases.near_miss {
            let home = case.home.clone().unwrap();
            let perfect: BTreeMap<_, _> =
                cases.near_miss_base.iter().map(|(key, value)| (key.clone(), at(value, &home))).collect();
            let mut missed = perfect.clone();
            missed.extend(case.near_miss_changes.clone().unwrap());
            let pairs =
                [(format!("{}-perfect", case.id), perfect), (format!("{}-near-miss", case.id), missed)];
            for (name, facts) in &pairs {
                world.endpoint(name, facts);
            }
            world.tenant(case, pairs.into_iter().collect());
        }
        world
    }

    fn endpoint(&mut self, name: &str, fixture: &BTreeMap<String, Value>) {
        let mut facts = fixture.clone();
        facts.retain(|key, _| !SIGNED.contains(&key.as_str()));
        let evidence: BTreeMap<&str, &str> = FACTS.into_iter().map(|fact| (fact, "D")).collect();
        facts.insert("evidence".into(), json!(evidence));
        self.endpoints.insert(name.to_owned(), json!(facts));
    }

    fn tenant(&mut self, case: &Case, backends: BTreeMap<String, BTreeMap<String, Value>>) {
        let contracts: BTreeMap<String, Value> = backends
            .into_iter()
            .map(|(name, mut facts)| {
                facts.retain(|key, _| SIGNED.contains(&key.as_str()));
                (format!("fixtures/{name}"), json!(facts))
            })
            .collect();
        let mut tenant = case.tenant.clone();
        tenant.as_object_mut().unwrap().insert("contracts".into(), json!(contracts));
        self.tenants.insert(case.id.to_lowercase(), tenant);
    }

    fn load(&self) -> Policies {
        let folder = Folder::default_with(&[
            (
                "providers/fixtures.yaml",
                &json!({"fixtures": {"name": "fixtures", "as_of": "2026-11-23", "endpoints": self.endpoints}})
                    .to_string(),
            ),
            ("tenants/cases.yaml", &json!(self.tenants).to_string()),
        ]);
        folder.load().unwrap_or_else(|error| panic!("{error}"))
    }
}

fn at(value: &Value, home: &str) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|item| at(item, home)).collect(),
        Value::String(word) if word == "HOME" => json!(home),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            value.clone()
        }
    }
}

/// Rules without a condition apply to every call; the cases do not list them.
const UNCONDITIONAL: [&str; 1] = ["DENY-COUNTRIES"];

fn differences(policies: &Policies, case: &Case, today: &str) -> String {
    let tenant = policies.tenant(&case.id.to_lowercase()).unwrap();
    let names = match &case.backends {
        Some(names) => {
            names.iter().map(|name| (name.clone(), format!("fixtures/{name}"))).collect::<Vec<_>>()
        }
        None => ["perfect", "near-miss"]
            .map(|name| (name.to_owned(), format!("fixtures/{}-{name}", case.id)))
            .into(),
    };
    let pairs: Vec<PairSpec<'_>> = names.iter().map(|(id, provider)| PairSpec { id, provider }).collect();
    let candidates = policies.candidates(tenant, &pairs).unwrap();
    // `unknown` in the material is an empty list here.
    let subjects: Vec<Country> = case.subjects.iter().filter_map(|code| Country::parse(code)).collect();
    let decision = policies
        .decide(&Question {
            tenant,
            groups: &[],
            classes: case.data.iter().map(|name| Class::from_name(name).unwrap()).collect(),
            subjects: &subjects,
            subjects_complete: true,
            features: &[],
            use_case: case.use_case.as_deref(),
            route: "chat/completions",
            model: "any",
            stream: false,
            candidates: &candidates,
            today: folder::day(case.date.as_deref().unwrap_or(today)),
        })
        .unwrap();

    let mut text = String::new();
    let mut same = |what: &str, got: Value, want: Value| {
        if got != want {
            writeln!(text, "{}: {what} is {got}, expected {want}", case.id).unwrap();
        }
    };
    let exclude: BTreeMap<&String, BTreeSet<&str>> = decision
        .exclude()
        .iter()
        .map(|(pair, reasons)| (pair, reasons.iter().map(|reason| reason.code()).collect()))
        .collect();
    same("allow", json!(decision.allow()), json!(case.expect.allow));
    same("exclude", json!(exclude), json!(case.expect.exclude));
    let redact: BTreeSet<&str> = decision.redact().keys().map(|class| class.name()).collect();
    same("redact", json!(redact), json!(case.expect.redact));
    same("log_min_days", json!(decision.log_min_days()), json!(case.expect.log_min_days));
    if let Some(rules) = &case.expect.rules {
        let matched: BTreeSet<&String> =
            decision.rules().iter().filter(|rule| !UNCONDITIONAL.contains(&rule.as_str())).collect();
        same("rules", json!(matched), json!(rules));
    }
    if let Some(code) = &case.expect.refuse {
        let given = decision.reasons().iter().any(|reason| reason.code() == code);
        same("refused with its code", json!(decision.allow().is_empty() && given), json!(true));
    }
    text
}

#[test]
fn every_scenario_and_near_miss_pair_is_decided_exactly_as_written() {
    let cases = cases();
    assert_eq!((cases.scenarios.len(), cases.near_miss.len()), (86, 69));
    let policies = World::of(&cases).load();
    let wrong: String = cases
        .scenarios
        .iter()
        .chain(&cases.near_miss)
        .map(|case| differences(&policies, case, &cases.meta.evaluate_at))
        .collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}
