//! Generated calls: inputs (`inland.input/v1`) that look for the edges of the law.
//!
//! Half of them aim at one rule: tenant, classes and day are such that it binds or just does not. Most
//! pairs differ from one that fulfils everything in a few facts. One input in six has a part that is
//! missing or of the wrong form. The same seed gives the same inputs.
#![allow(dead_code, clippy::allow_attributes, reason = "not every test binary uses all of it")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Date;

pub(crate) mod facts;
pub(crate) mod law;
pub(crate) mod random;
pub(crate) mod small;
pub(crate) mod wasm;
pub(crate) mod world;

use law::Words;
use random::Random;

/// No generated call has more candidates.
const CANDIDATES_MAX: usize = 24;

pub(crate) struct Generator {
    pub(crate) words: Words,
    pub(crate) random: Random,
    /// The packs that a tenant may have.
    packs: Vec<String>,
    /// How many inputs were aimed at a rule; each rule has its turn.
    aimed: usize,
}

/// The facts of a call that rules ask about, as they are drawn.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) country: String,
    pub(crate) sector: String,
    pub(crate) public_body: bool,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) classes: BTreeSet<String>,
    pub(crate) subjects: BTreeSet<String>,
    pub(crate) use_case: Option<String>,
    pub(crate) today: Date,
}

impl Generator {
    pub(crate) fn new(law: &Value, seed: u64) -> Generator {
        let packs = law::packs().as_object().unwrap().keys().cloned().collect();
        Generator { words: Words::of(law), random: Random::seeded(seed), packs, aimed: 0 }
    }

    /// One whole input.
    pub(crate) fn input(&mut self) -> Value {
        let mut draft = self.draft();
        if self.random.one_in(2) {
            self.aim(&mut draft, self.aimed % self.words.rules.len());
            self.aimed += 1;
        }
        let mut input = self.render(&draft);
        if self.random.one_in(6) {
            self.spoil(&mut input);
        }
        input
    }

    pub(crate) fn draft(&mut self) -> Draft {
        let (random, words) = (&mut self.random, &self.words);
        let country = random.pick(&words.countries).clone();
        let subjects: BTreeSet<String> = match random.below(5) {
            0 => BTreeSet::new(),
            1 | 2 => BTreeSet::from([country.clone()]),
            3 => BTreeSet::from(["unknown".to_owned(), country.clone()]),
            _ => random.some_of(&words.countries, 3).into_iter().collect(),
        };
        let law_now = time::macros::date!(2026 - 11 - 23);
        Draft {
            country,
            sector: random.pick(&words.sectors).clone(),
            public_body: random.one_in(3),
            flags: random.some_of(&words.flags, 4).into_iter().collect(),
            classes: match random.below(12) {
                0 => BTreeSet::new(),
                1 => words.classes.iter().cloned().collect(),
                _ => random.some_of(&words.classes, 4).into_iter().collect(),
            },
            subjects,
            use_case: random.one_in(4).then(|| random.pick(&words.use_cases).clone()),
            today: if random.one_in(2) { law_now } else { *random.pick(&words.days) },
        }
    }

    /// Changes a draft so that a rule's `when` holds, or all of it but one part.
    pub(crate) fn aim(&mut self, draft: &mut Draft, rule: usize) {
        let (random, words) = (&mut self.random, &self.words);
        let (_, rule) = &words.rules[rule];
        let when = rule["when"].as_object().unwrap();
        let missed = random.below(4 * when.len().max(1));
        for (position, (key, value)) in when.iter().enumerate() {
            if position == missed {
                continue;
            }
            match key.as_str() {
                "tenant" => draft.country = random.pick(&words.places(value)).clone(),
                "either" if random.one_in(2) => draft.country = random.pick(&words.places(value)).clone(),
                "either" => drop(draft.subjects.insert(random.pick(&words.places(value)).clone())),
                "data" => drop(draft.classes.insert(random.pick(&words.classes_of(value)).clone())),
                "sector" => draft.sector = random.pick(&strings(value)).clone(),
                "use_case" => draft.use_case = Some(random.pick(&strings(value)).clone()),
                "tenant_flag" => drop(draft.flags.insert(random.pick(&strings(value)).clone())),
                "public_body" => draft.public_body = value.as_bool().unwrap(),
                "sector_absent" if strings(value).contains(&draft.sector) => draft.sector = "general".into(),
                "tenant_flag_absent" => draft.flags.retain(|flag| !strings(value).contains(flag)),
                _ => {}
            }
        }
        for key in ["from", "until"] {
            if let Some(day) = rule[key].as_str().and_then(day).filter(|_| random.one_in(2)) {
                draft.today = random.pick(&[day.previous_day(), Some(day), day.next_day()]).unwrap();
            }
        }
    }

    fn render(&mut self, draft: &Draft) -> Value {
        let home = json!(draft.country);
        let waivers = self.waivers(draft.today);
        let redact: serde_json::Map<String, Value> = (0..self.random.below(4))
            .map(|_| {
                let action = *self.random.pick(&["pseudonymise", "remove"]);
                (self.random.pick(&self.words.classes).clone(), json!(action))
            })
            .collect();
        let most = if self.random.one_in(8) { CANDIDATES_MAX } else { 4 };
        let count = 1 + self.random.below(most);
        let candidates: Vec<Value> = (0..count)
            .map(|number| {
                let mut facts = facts::pair(&mut self.random, &self.words, &home, draft.today);
                facts.insert("id".into(), json!(format!("p{number:02}/large")));
                facts.insert("provider".into(), json!("drawn/pair"));
                Value::Object(facts)
            })
            .collect();
        let mut features = self.random.some_of(&self.words.features, 3);
        features.extend(self.random.one_in(8).then(|| "telepathy".to_owned()));
        let mut packs = self.random.some_of(&self.packs, 2);
        packs.extend(self.random.one_in(50).then(|| "nobody".to_owned()));
        json!({
            "v": "inland.input/v1",
            "candidates": candidates,
            "classes": draft.classes,
            "features": features,
            "groups": [],
            "model": "large",
            "route": "chat/completions",
            "stream": self.random.one_in(2),
            "subjects": draft.subjects,
            "tenant": {
                "name": "drawn",
                "country": draft.country,
                "sector": draft.sector,
                "public_body": draft.public_body,
                "flags": draft.flags,
                "packs": packs,
                "redact": redact,
                "strict": self.random.one_in(2),
                "waivers": waivers,
            },
            "today": draft.today.to_string(),
            "use_case": draft.use_case,
        })
    }

    /// Valid and expired ones, for rules that can be waived, that cannot, and that nobody knows.
    fn waivers(&mut self, today: Date) -> Vec<Value> {
        let wanted = if self.random.one_in(3) { 1 + self.random.below(8) } else { 0 };
        (0..wanted)
            .map(|_| {
                let until = self.random.pick(&[today.previous_day(), Some(today), today.next_day()]).unwrap();
                let known = &self.random.pick(&self.words.rules).0;
                let rule = if self.random.one_in(8) { "NO-SUCH-RULE" } else { known };
                json!({"rule": rule, "until": until.to_string()})
            })
            .collect()
    }

    /// Takes a part away or gives it the wrong form.
    fn spoil(&mut self, input: &mut Value) {
        let parts = [
            "/classes",
            "/features",
            "/subjects",
            "/today",
            "/use_case",
            "/tenant",
            "/tenant/country",
            "/tenant/sector",
            "/tenant/public_body",
            "/tenant/flags",
            "/tenant/packs",
            "/tenant/redact",
            "/tenant/strict",
            "/tenant/waivers",
            "/tenant/waivers/0",
            "/tenant/waivers/0/until",
            "/tenant/waivers/0/rule",
            "/candidates",
            "/candidates/0",
            "/classes/0",
            "/subjects/0",
        ];
        let bad = [
            Value::Null,
            json!(""),
            json!("unknown"),
            json!("EU"),
            json!([]),
            json!({}),
            json!([null]),
            json!(["unknown"]),
            json!({"FR": "remove"}),
            json!(true),
            json!("true"),
            json!(0),
            json!("2026-11-2"),
            json!("9999-12-31"),
        ];
        let path = *self.random.pick(&parts);
        let value = self.random.pick(&bad).clone();
        let absent = self.random.one_in(5);
        let (parent, key) = path.rsplit_once('/').unwrap();
        match input.pointer_mut(parent) {
            Some(Value::Object(map)) if absent => drop(map.remove(key)),
            _ => {
                if let Some(place) = input.pointer_mut(path) {
                    *place = value;
                }
            }
        }
    }
}

/// A word or a list of words as a list.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
    list.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The day that a text of the form 2026-11-23 names.
pub(crate) fn day(text: &str) -> Option<Date> {
    Date::parse(text, time::macros::format_description!("[year]-[month]-[day]")).ok()
}
