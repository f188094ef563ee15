//! Coverage: which rules and which of their effects some case shows.
//!
//! Invariant: an effect counts as shown only where the decision bears its mark: a reason with its code by
//! that rule, a class redacted, days, a marker, a block, or a backend of the tenant's own that it spares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::decision::Decision;
use crate::policies::Policies;

/// What cases show of the law.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Rule to the number of cases in which it applied.
    rules: BTreeMap<String, usize>,
    /// Rule and effect to the number of cases that show it.
    effects: BTreeMap<(String, String), usize>,
    /// The values of each effect: what its mark must be.
    values: BTreeMap<(String, String), Value>,
}

/// The reason code by which an effect is seen.
const CODES: [(&str, &str); 12] = [
    ("require_transfer", "NOT_ADEQUATE"),
    ("require_transfer_adequacy_only", "NOT_ADEQUATE"),
    ("require_zone", "LOCATION"),
    ("deny_processing", "LOCATION"),
    ("require_remote_access", "REMOTE_ACCESS"),
    ("avoid_remote_access", "REMOTE_ACCESS"),
    ("require_parent_zone", "OWNERSHIP_EXPOSURE"),
    ("require_cert", "CERT_MISSING"),
    ("require_contract", "CONTRACT_MISSING"),
    ("require_establishment", "ESTABLISHMENT"),
    ("require_known", "UNKNOWN_FACT"),
    ("max_retention_days", "RETENTION"),
];

impl Coverage {
    /// All rules and effects of a law, shown by nothing yet.
    pub(super) fn of(policies: &Policies) -> Coverage {
        let mut coverage = Coverage::default();
        let rules = policies.law().data.get("rules").and_then(Value::as_object);
        for (id, rule) in rules.into_iter().flatten() {
            coverage.rules.insert(id.clone(), 0);
            for effect in rule.get("effect").and_then(Value::as_array).into_iter().flatten() {
                for (name, value) in named(effect) {
                    let key = (id.clone(), name.to_owned());
                    coverage.effects.insert(key.clone(), 0);
                    coverage.values.insert(key, value.clone());
                }
            }
        }
        coverage
    }

    /// Counts what one decision shows.
    pub(super) fn count(&mut self, decision: &Decision, own_sites: &[String]) {
        for rule in decision.rules() {
            *self.rules.entry(rule.clone()).or_default() += 1;
        }
        for (key, value) in &self.values {
            let (rule, effect) = key;
            if decision.rules().contains(rule)
                && shows(decision, own_sites, rule, effect, value)
                && let Some(count) = self.effects.get_mut(key)
            {
                *count += 1;
            }
        }
    }

    /// Adds what the cases of another file show.
    pub fn add(&mut self, other: &Coverage) {
        for (rule, count) in &other.rules {
            *self.rules.entry(rule.clone()).or_default() += count;
        }
        for (pair, count) in &other.effects {
            *self.effects.entry(pair.clone()).or_default() += count;
        }
        self.values.extend(other.values.iter().map(|(key, value)| (key.clone(), value.clone())));
    }

    /// Each rule with the number of cases in which it applied.
    pub fn rules(&self) -> impl Iterator<Item = (&str, usize)> {
        self.rules.iter().map(|(rule, count)| (rule.as_str(), *count))
    }

    /// The rules that apply in no case.
    pub fn rules_without_case(&self) -> Vec<&str> {
        self.rules().filter(|(_, count)| *count == 0).map(|(rule, _)| rule).collect()
    }

    /// Each rule and effect with the number of cases that show it.
    pub fn effects(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.effects.iter().map(|((rule, effect), count)| (rule.as_str(), effect.as_str(), *count))
    }

    /// The rules and effects that no case shows.
    pub fn effects_without_case(&self) -> Vec<(&str, &str)> {
        self.effects().filter(|(.., count)| *count == 0).map(|(rule, effect, _)| (rule, effect)).collect()
    }
}

/// `require_zone: EEA` as its name and value, and a bare word as itself.
fn named(effect: &Value) -> Vec<(&str, &Value)> {
    match effect {
        Value::Object(keys) => keys.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        Value::String(word) => vec![(word.as_str(), effect)],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Vec::new(),
    }
}

fn shows(decision: &Decision, own_sites: &[String], rule: &str, effect: &str, value: &Value) -> bool {
    let word = value.as_str().unwrap_or_default();
    let by_rule = |code: &str| {
        let mut reasons = decision.exclude().values().flatten();
        reasons.any(|reason| reason.rule() == rule && reason.code() == code)
    };
    if let Some((_, code)) = CODES.iter().find(|(name, _)| *name == effect) {
        return by_rule(code) || (effect == "require_known" && by_rule("UNBOUNDED_LOCATION"));
    }
    let has = |list: &[String]| list.iter().any(|marker| marker == word);
    match effect {
        "deny" => by_rule(word),
        "redact" => {
            let classes: BTreeSet<&str> =
                value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            decision.redact().keys().any(|class| classes.contains(class.name()))
        }
        "log_min_days" => value.as_u64() == Some(u64::from(decision.log_min_days())),
        "audit_field" => has(decision.audit_fields()),
        "response_header" => has(decision.response_headers()),
        // It speaks against another backend and not against the tenant's own.
        "not_for_self_hosted" => {
            let mut excluded = decision.exclude().iter();
            let speaks = |pair: &String| {
                let reasons = decision.exclude().get(pair).map(Vec::as_slice).unwrap_or_default();
                reasons.iter().any(|reason| reason.rule() == rule)
            };
            excluded.any(|(pair, _)| !own_sites.contains(pair) && speaks(pair))
                && own_sites.iter().any(|pair| !speaks(pair))
        }
        _ => false,
    }
}
