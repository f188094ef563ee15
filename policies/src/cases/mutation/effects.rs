//! Effects, each dropped and made weaker in every way that its kind has.

use serde_json::{Value, json};

use super::{Mutant, RuleOf, everywhere, words};

/// Countries by which zones are widened: a member, EFTA, the neighbours that are adequate, the others.
const FURTHER: [&str; 7] = ["AT", "FR", "NO", "CH", "GB", "US", "RS"];
/// Certificates by which a demand for others is widened.
const FURTHER_CERTIFICATES: [&str; 5] = ["ISO27001", "C5-T1", "HDS", "SOC2-T2", "ENS-basic"];

pub(super) fn of(rule: &RuleOf<'_>, mutants: &mut Vec<Mutant>) {
    for (index, effect) in rule.effects().iter().enumerate() {
        // Every rule has an effect; this one has none.
        mutants.push(replaced(rule, index, "dropped", json!({"log_min_days": 0})));
        let Some((name, value)) = effect.as_object().and_then(|effect| effect.iter().next()) else {
            continue;
        };
        for (what, weaker) in weaker(rule, name, value) {
            mutants.push(replaced(rule, index, &what, weaker));
        }
    }
    if !rule.effects().iter().any(|effect| effect == "not_for_self_hosted") {
        let mut effects = rule.effects().to_vec();
        effects.push(json!("not_for_self_hosted"));
        let mutant = rule.weaker("not_for_self_hosted added", "effect", Value::Array(effects));
        // A rule that asks nothing of a backend is the same for one's own.
        let asks = |effect: &Value| {
            let kinds =
                ["redact", "audit_field", "response_header", "deny", "log_min_days", "require_contract"];
            !kinds.iter().any(|kind| effect.get(kind).is_some())
        };
        if rule.effects().iter().any(asks) {
            mutants.push(mutant);
        }
    }
}

fn replaced(rule: &RuleOf<'_>, index: usize, what: &str, by: Value) -> Mutant {
    let mut effects = rule.effects().to_vec();
    let was = effects.get(index).unwrap().to_string();
    *effects.get_mut(index).unwrap() = by;
    rule.weaker(&format!("{was} {what}"), "effect", Value::Array(effects))
}

/// Weaker forms of one effect.
fn weaker(rule: &RuleOf<'_>, name: &str, value: &Value) -> Vec<(String, Value)> {
    let to = |by: Value| (format!("becomes {by}"), json!({name: by}));
    let regimes = || ["eu", "uk", "ch"].into_iter().filter(|regime| *value != **regime);
    match name {
        "require_zone" | "require_parent_zone" => {
            let inside = rule.law.places(value);
            let wider = FURTHER.into_iter().filter(|country| !inside.contains(*country));
            let wider = wider.map(|country| with(value, country)).chain([json!(everywhere())]);
            let what = |by: Value| (format!("widened to {} places", words(&by).join(" ")), json!({name: by}));
            wider.map(what).map(|(what, by)| (shortened(what), by)).collect()
        }
        "deny_processing" => {
            let denied = rule.law.places(value);
            let fewer = |country: &String| denied.iter().filter(|other| *other != country).cloned().collect();
            denied.iter().map(|country| to(fewer(country))).collect()
        }
        "require_transfer" => regimes().map(|regime| to(json!(regime))).collect(),
        "require_transfer_adequacy_only" => {
            let tools = ("lets tools help".to_owned(), json!({"require_transfer": value}));
            regimes().map(|regime| to(json!(regime))).chain([tools]).collect()
        }
        "require_remote_access" => {
            let avoid = ("is avoided only".to_owned(), json!({"avoid_remote_access": value}));
            regimes().map(|regime| to(json!(regime))).chain([avoid]).collect()
        }
        "avoid_remote_access" => regimes().map(|regime| to(json!(regime))).collect(),
        "require_cert" => {
            let wider = FURTHER_CERTIFICATES.into_iter().filter(|further| !satisfies(value, further));
            wider.map(|further| to(with(value, further))).collect()
        }
        "require_contract" | "require_known" | "redact" => fewer(value).into_iter().map(to).collect(),
        "require_establishment" => vec![to(json!("SE")), to(json!("FR"))],
        "max_retention_days" => {
            let days = value.as_u64().unwrap();
            vec![to(json!(days + 1)), to(json!(365))]
        }
        "log_min_days" => vec![to(json!(value.as_u64().unwrap() - 1))],
        _ => Vec::new(),
    }
}

/// Does the demand already accept it, by name or by the order of levels?
fn satisfies(demand: &Value, certificate: &str) -> bool {
    words(demand).iter().any(|word| word == certificate)
}

fn with(list: &Value, further: &str) -> Value {
    let mut list = words(list);
    list.push(further.to_owned());
    json!(list)
}

/// The list without each of its words, where that leaves one.
fn fewer(list: &Value) -> Vec<Value> {
    let list = words(list);
    if list.len() < 2 {
        return Vec::new();
    }
    let without = |word: &String| json!(list.iter().filter(|other| *other != word).collect::<Vec<_>>());
    list.iter().map(without).collect()
}

fn shortened(what: String) -> String {
    if what.len() > 80 { "widened to everywhere".to_owned() } else { what }
}
