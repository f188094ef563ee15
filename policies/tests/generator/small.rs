//! A small world: few values for each part of a call and each fact of a backend, in all combinations.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Date;

use crate::generator::law::Words;
use crate::generator::{day, facts, strings};

/// Pairs that are decided in one evaluation.
const PAIRS_MAX: usize = 32;
const NOW: Date = time::macros::date!(2026 - 11 - 23);

/// One call without its pairs.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) country: String,
    pub(crate) sector: String,
    pub(crate) public_body: bool,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) classes: BTreeSet<String>,
    pub(crate) subjects: BTreeSet<String>,
    pub(crate) use_case: Option<String>,
    pub(crate) today: Date,
    pub(crate) strict: bool,
    pub(crate) packs: Vec<String>,
    pub(crate) waived: Option<String>,
}

/// Candidates as text.
pub(crate) struct Pairs(String);

impl Context {
    fn plain(country: &str) -> Context {
        Context {
            country: country.to_owned(),
            sector: "general".to_owned(),
            public_body: false,
            flags: BTreeSet::new(),
            classes: BTreeSet::new(),
            subjects: BTreeSet::new(),
            use_case: None,
            today: NOW,
            strict: false,
            packs: Vec::new(),
            waived: None,
        }
    }

    /// Calls for which each part of a rule's `when` holds or does not.
    pub(crate) fn around(rule: &Value, words: &Words) -> Vec<Context> {
        let when = &rule["when"];
        let tenants = ends(&words.places(&when["tenant"]), &["US"]);
        let either = ends(&words.places(&when["either"]), &["US"]);
        let countries = if when["tenant"].is_array() {
            tenants
        } else if when["either"].is_array() {
            either.clone()
        } else {
            list(&["FR", "CH"])
        };
        let mut contexts: Vec<Context> = countries.iter().map(|country| Context::plain(country)).collect();
        let subjects = either.iter().map(|place| BTreeSet::from([place.clone()])).chain([BTreeSet::new()]);
        vary(&mut contexts, &subjects.collect::<Vec<_>>(), |context, subjects| {
            context.subjects.clone_from(subjects)
        });
        let classes = ends(&words.classes_of(&when["data"]), &["public_text"]);
        let all: BTreeSet<String> = classes.iter().cloned().chain(["person_name".to_owned()]).collect();
        let sets = classes.iter().map(|class| BTreeSet::from([class.clone()])).chain([BTreeSet::new(), all]);
        vary(&mut contexts, &sets.collect::<Vec<_>>(), |context, classes| {
            context.classes.clone_from(classes)
        });
        let sectors = strings(&when["sector"]).into_iter().chain(strings(&when["sector_absent"])).take(2);
        let sectors: Vec<String> = sectors.chain(["general".to_owned()]).collect();
        vary(&mut contexts, &sectors, |context, sector| context.sector.clone_from(sector));
        for flag in strings(&when["tenant_flag"]).into_iter().chain(strings(&when["tenant_flag_absent"])) {
            vary(&mut contexts, &[false, true], |context, set| {
                context.flags.extend(set.then(|| flag.clone()))
            });
        }
        if when["public_body"].is_boolean() {
            vary(&mut contexts, &[false, true], |context, is| context.public_body = *is);
        }
        if when["use_case"].is_array() {
            let uses: Vec<Option<String>> =
                strings(&when["use_case"]).into_iter().map(Some).chain([None]).collect();
            vary(&mut contexts, &uses, |context, use_case| context.use_case.clone_from(use_case));
        }
        let days = ["from", "until"].into_iter().filter_map(|key| rule[key].as_str().and_then(day));
        let mut days: Vec<Date> =
            days.flat_map(|day| [day.previous_day(), Some(day), day.next_day()]).flatten().collect();
        days.push(NOW);
        vary(&mut contexts, &days, |context, today| context.today = *today);
        contexts
    }

    /// Tenants of every country that has rules of its own, and of two that have none.
    pub(crate) fn common() -> Vec<Context> {
        let mut contexts = Context::common_with_classes(&[
            &["public_text", "source_code"],
            &["person_name", "national_id"],
            &["health", "patient", "biometric_id"],
            &["bank_client", "iban", "tax_id", "accounting_record"],
            &["professional_secret", "official_secret", "social_security", "civil_register", "security_act"],
            &["child", "whistleblower", "health_secondary", "criminal"],
        ]);
        let days = [NOW, time::macros::date!(2023 - 07 - 10)];
        vary(&mut contexts, &days, |context, today| context.today = *today);
        contexts
    }

    pub(crate) fn common_with_classes(sets: &[&[&str]]) -> Vec<Context> {
        let countries = [
            "AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "LU", "NL", "NO", "PL", "PT",
            "SE", "US",
        ];
        let mut contexts: Vec<Context> = countries.into_iter().map(Context::plain).collect();
        vary(
            &mut contexts,
            &[("health", false), ("finance", false), ("government", true)],
            |context, (sector, public)| {
                context.sector = (*sector).to_owned();
                context.public_body = *public;
            },
        );
        vary(&mut contexts, sets, |context, classes| {
            context.classes = classes.iter().map(|class| (*class).to_owned()).collect()
        });
        vary(&mut contexts, &["", "FR", "CH"], |context, subject| {
            context.subjects.extend((!subject.is_empty()).then(|| (*subject).to_owned()));
        });
        contexts
    }

    /// The same call by a tenant that has a valid waiver of this rule.
    pub(crate) fn waiving(&self, rule: &str) -> Context {
        Context { waived: Some(rule.to_owned()), ..self.clone() }
    }

    /// The whole input as text.
    pub(crate) fn asks(&self, pairs: &Pairs) -> String {
        let waivers: Vec<Value> =
            self.waived.iter().map(|rule| json!({"rule": rule, "until": self.today.to_string()})).collect();
        let rest = json!({
            "classes": self.classes,
            "features": ["image", "tools"],
            "groups": [],
            "model": "large",
            "route": "chat/completions",
            "stream": false,
            "subjects": self.subjects,
            "tenant": {
                "name": "small",
                "country": self.country,
                "sector": self.sector,
                "public_body": self.public_body,
                "flags": self.flags,
                "packs": self.packs,
                "redact": {"email": "pseudonymise"},
                "strict": self.strict,
                "waivers": waivers,
            },
            "today": self.today.to_string(),
            "use_case": self.use_case,
            "v": "inland.input/v1",
        });
        rest.to_string().replacen('{', &format!(r#"{{"candidates":{},"#, pairs.0), 1)
    }
}

/// Every context once with each of the values.
fn vary<T>(contexts: &mut Vec<Context>, values: &[T], set: impl Fn(&mut Context, &T)) {
    let each = contexts.iter().flat_map(|context| {
        values.iter().map(|value| {
            let mut context = context.clone();
            set(&mut context, value);
            context
        })
    });
    *contexts = each.collect();
}

/// The first and the last of a list, and further words.
fn ends(listed: &[String], further: &[&str]) -> Vec<String> {
    let ends = listed.first().into_iter().chain(listed.last()).cloned();
    let distinct: BTreeSet<String> = ends.chain(list(further)).collect();
    distinct.into_iter().collect()
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl Pairs {
    /// All combinations of two values for each fact and four places, and each fact unknown by itself.
    pub(crate) fn all_for(words: &Words, home: &str) -> Vec<Pairs> {
        Pairs::combined(
            words,
            home,
            &[
                &[json!({}), json!({"remote_access": ["US"]})],
                &[json!({}), json!({"operator": "US", "parents": ["US"]})],
                &[json!({}), json!({"certs": []})],
                &[json!({}), json!({"contracts": ["dpa"]})],
            ],
        )
    }

    /// The same, with facts that go together changed together.
    pub(crate) fn most_for(words: &Words, home: &str) -> Vec<Pairs> {
        let owned = json!({"operator": "US", "parents": ["US"], "remote_access": ["US"]});
        let papers = json!({"certs": [], "contracts": ["dpa"]});
        Pairs::combined(words, home, &[&[json!({}), owned], &[json!({}), papers]])
    }

    fn combined(words: &Words, home: &str, further: &[&[Value]]) -> Vec<Pairs> {
        let places = [json!([home]), json!(["CH"]), json!(["US"]), json!("unbounded")].map(place);
        let tools = json!({"transfer_tools": ["idta", "scc"], "tia": "approved"});
        let always: [&[Value]; 4] = [
            &places,
            &[json!({}), json!({"retention_days": 31})],
            &[json!({"conditions": []}), tools],
            &[json!({}), json!({"self_hosted": true})],
        ];
        let mut profiles = vec![json!({})];
        for choice in always.iter().chain(further) {
            let each = profiles.iter().flat_map(|profile| choice.iter().map(|facts| joined(profile, facts)));
            profiles = each.collect();
        }
        profiles.extend(odd(home));
        profiles.chunks(PAIRS_MAX).map(|chunk| Pairs::of(words, home, chunk)).collect()
    }

    /// One evaluation's worth: what differs in one fact, and in the two that make a transfer.
    pub(crate) fn few_for(words: &Words, home: &str) -> Pairs {
        let mut profiles = vec![json!({})];
        profiles.extend(odd(home));
        for country in ["CH", "GB", "US", "BR"] {
            profiles.push(place(json!([country])));
            profiles.push(joined(&place(json!([country])), &json!({"conditions": []})));
            let tools = json!({"conditions": [], "transfer_tools": ["idta", "scc"], "tia": "approved"});
            profiles.push(joined(&place(json!([country])), &tools));
        }
        profiles.truncate(PAIRS_MAX);
        Pairs::of(words, home, &profiles)
    }

    fn of(words: &Words, home: &str, profiles: &[Value]) -> Pairs {
        let base = Value::Object(facts::perfect(words, &json!(home)));
        let numbered = profiles.iter().enumerate();
        let pairs: Vec<Value> = numbered
            .map(|(number, profile)| joined(&joined(&base, profile), &json!({"id": format!("p{number:02}")})))
            .collect();
        Pairs(Value::Array(pairs).to_string())
    }
}

/// Each fact by itself unknown, missing or short of what rules want.
fn odd(home: &str) -> Vec<Value> {
    let one = [
        ("processing", json!("unknown")),
        ("processing", json!([])),
        ("processing", json!([home, "US"])),
        ("processing", json!(["RU"])),
        ("storage", json!("unknown")),
        ("storage", json!("unbounded")),
        ("storage", json!(["US"])),
        ("remote_access", json!("unknown")),
        ("remote_access", json!(["US"])),
        ("operator", json!("unknown")),
        ("parents", json!("unknown")),
        ("parents", json!([home, "US"])),
        ("establishments", json!([home])),
        ("certs", json!([])),
        ("certs", json!([{"name": "HDS", "until": "2026-11-22", "scope": "endpoint"}])),
        ("contracts", json!([])),
        ("retention_days", json!("unknown")),
        ("retention_days", json!(30)),
        ("self_hosted", json!(true)),
    ];
    one.into_iter().map(|(fact, value)| json!({fact: value})).collect()
}

fn place(places: Value) -> Value {
    json!({"processing": places, "storage": places})
}

fn joined(left: &Value, right: &Value) -> Value {
    let entries = left.as_object().unwrap().iter().chain(right.as_object().unwrap());
    Value::Object(entries.map(|(key, value)| (key.clone(), value.clone())).collect())
}
