//! Facts about a pair: such as are written, and such as nobody should ever write.

use serde_json::{Map, Value, json};
use time::Date;

use crate::generator::law::Words;
use crate::generator::random::Random;

/// Keys of a pair that the core reads, its id apart.
const FACTS: [&str; 13] = [
    "operator",
    "parents",
    "establishments",
    "processing",
    "storage",
    "remote_access",
    "certs",
    "conditions",
    "contracts",
    "transfer_tools",
    "tia",
    "retention_days",
    "self_hosted",
];

/// A pair that fulfils nearly every rule for a tenant at home in `home`.
pub(crate) fn perfect(words: &Words, home: &Value) -> Map<String, Value> {
    let facts = json!({
        "operator": home,
        "parents": [home],
        "establishments": ["DE", home],
        "processing": [home],
        "storage": [home],
        "remote_access": [home],
        "certs": words.certifications,
        "conditions": words.conditions,
        "contracts": ["dpa", "secrecy_undertaking"],
        "retention_days": 0,
        "self_hosted": false,
    });
    facts.as_object().unwrap().clone()
}

/// A pair with up to four facts changed from a perfect one, or with every fact drawn.
pub(crate) fn pair(random: &mut Random, words: &Words, home: &Value, today: Date) -> Map<String, Value> {
    let mut facts = perfect(words, home);
    let changes = if random.one_in(8) { FACTS.len() } else { random.below(5) };
    let keys: Vec<&str> = match changes {
        changes if changes == FACTS.len() => FACTS.to_vec(),
        _ => (0..changes).map(|_| *random.pick(&FACTS)).collect(),
    };
    for key in keys {
        if random.one_in(6) {
            change_badly(random, &mut facts, key, home);
        } else {
            let value = fact(random, words, key, home, today);
            facts.insert(key.to_owned(), value);
        }
    }
    facts
}

/// What a provider's file and a tenant's contract can say.
pub(crate) fn fact(random: &mut Random, words: &Words, key: &str, home: &Value, today: Date) -> Value {
    match key {
        "operator" if random.one_in(4) => json!("unknown"),
        "operator" => country(random, words, home),
        "processing" | "storage" if random.one_in(5) => {
            json!(random.pick(&["unbounded", "unknown"]))
        }
        "parents" | "establishments" | "remote_access" if random.one_in(5) => json!("unknown"),
        "parents" | "establishments" | "processing" | "storage" | "remote_access" => {
            (0..random.below(4)).map(|_| country(random, words, home)).collect()
        }
        "certs" => (0..random.below(5)).map(|_| certificate(random, words, today)).collect(),
        "conditions" => json!(random.some_of(&words.conditions, 3)),
        "contracts" => json!(random.some_of(&["dpa".to_owned(), "secrecy_undertaking".to_owned()], 2)),
        "transfer_tools" => json!(random.some_of(&["idta".to_owned(), "scc".to_owned()], 2)),
        "tia" => json!(random.pick(&["approved", "approved", "pending"])),
        "retention_days" if random.one_in(5) => json!("unknown"),
        "retention_days" => json!(random.pick(&[0, 1, 29, 30, 31, 365])),
        _ => json!(random.one_in(2)),
    }
}

fn country(random: &mut Random, words: &Words, home: &Value) -> Value {
    match random.below(4) {
        0 | 1 => home.clone(),
        2 => json!(random.pick(&["US", "CH", "GB", "FR", "DE", "RU"])),
        _ => json!(random.pick(&words.countries)),
    }
}

/// A name, or a name with a last day around today and a scope.
fn certificate(random: &mut Random, words: &Words, today: Date) -> Value {
    let name = random.pick(&words.certifications);
    if random.one_in(3) {
        return json!(name);
    }
    let mut certificate = json!({"name": name, "scope": random.pick(&["endpoint", "endpoint", "endpoint", "group", "unknown"])});
    let until = *random.pick(&[today.previous_day(), Some(today), today.next_day(), None]);
    if let Some(until) = until {
        certificate["until"] = json!(until.to_string());
    }
    certificate
}

/// What no file can say, and a log that was tampered with could.
fn change_badly(random: &mut Random, facts: &mut Map<String, Value>, key: &str, home: &Value) {
    let bad = [
        Value::Null,
        json!(""),
        json!("unknown"),
        json!("unbounded"),
        json!("FR"),
        json!([]),
        json!({}),
        json!([null]),
        json!([[home]]),
        json!([home, 7]),
        json!(["unknown"]),
        json!({"FR": true}),
        json!({"0": home}),
        json!([{"name": "HDS"}, {"name": null}, {"until": "9999-12-31"}]),
        json!([{"name": "HDS", "until": null, "scope": null}]),
        json!([{"name": "HDS", "until": 20_991_231}]),
        json!(true),
        json!("true"),
        json!(-1),
        json!(0),
        json!("0"),
        json!(30.5),
        json!(9_007_199_254_740_993_u64),
        json!("APPROVED"),
    ];
    match random.below(bad.len() + 8) {
        index if index < bad.len() => facts.insert(key.to_owned(), bad[index].clone()),
        _ => facts.remove(key),
    };
}
