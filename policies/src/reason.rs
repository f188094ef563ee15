//! Reasons: why a pair may not have a call, with the rule, its reference and the way out.
//!
//! Invariant: a [`Reason`] names a rule of this law (or a pack of it) and a code of its vocabulary. Whatever
//! else the policy says is an error, made here once for all answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::canonical;
use crate::error::DecideError;
use crate::law::RuleText;

/// One reason against a pair. Cheap to copy: the texts exist once per generation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason(Arc<Text>);

/// The order of the fields is the order of reasons: by code, then by rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    code: String,
    rule: String,
    reference: String,
    remedy: String,
    /// Where the rule stands among all, for sets of rules.
    position: usize,
    /// As it stands in a decision document, in canonical JSON.
    json: String,
}

/// Every reason that this law can give.
#[derive(Debug)]
pub(crate) struct Reasons {
    rules: BTreeMap<String, (usize, BTreeMap<String, Reason>)>,
}

/// A set of rules of one law.
#[derive(Debug)]
pub(crate) struct RuleSet(Vec<bool>);

impl Reasons {
    /// Each rule with each code.
    pub(crate) fn new(rules: &BTreeMap<String, RuleText>, remedies: &BTreeMap<String, String>) -> Reasons {
        let of_rule = |position: usize, rule: &String, reference: &String| {
            let reason = |(code, remedy): (&String, &String)| {
                let text = Text {
                    json: json(code, rule, reference),
                    code: code.clone(),
                    rule: rule.clone(),
                    reference: reference.clone(),
                    remedy: remedy.clone(),
                    position,
                };
                (code.clone(), Reason(Arc::new(text)))
            };
            remedies.iter().map(reason).collect()
        };
        let rules = rules.iter().enumerate().map(|(position, (rule, text))| {
            (rule.clone(), (position, of_rule(position, rule, &text.reference)))
        });
        Reasons { rules: rules.collect() }
    }

    /// The reason of that code and rule, if both are known.
    pub(crate) fn get(&self, code: &str, rule: &str) -> Result<Reason, DecideError> {
        let (_, codes) = self.rules.get(rule).ok_or(DecideError::Output("an unknown rule"))?;
        codes.get(code).cloned().ok_or(DecideError::Output("an unknown reason code"))
    }

    /// These rules as a set; all are known.
    pub(crate) fn set(&self, rules: &[String]) -> Result<RuleSet, DecideError> {
        let mut set = vec![false; self.rules.len()];
        for rule in rules {
            let (position, _) = self.rules.get(rule).ok_or(DecideError::Output("an unknown rule"))?;
            if let Some(member) = set.get_mut(*position) {
                *member = true;
            }
        }
        Ok(RuleSet(set))
    }
}

impl RuleSet {
    /// Does the reason come from a rule of this set?
    pub(crate) fn gives(&self, reason: &Reason) -> bool {
        self.0.get(reason.0.position).copied().unwrap_or_default()
    }
}

impl Reason {
    /// The reason code, a word of law/vocabulary.yaml.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The rule that says so, or `pack:` and the name of the pack.
    pub fn rule(&self) -> &str {
        &self.0.rule
    }

    /// Its legal reference.
    pub fn reference(&self) -> &str {
        &self.0.reference
    }

    /// What the reader can do about it.
    pub fn remedy(&self) -> &str {
        &self.0.remedy
    }

    pub(crate) fn json(&self) -> &str {
        &self.0.json
    }
}

fn json(code: &str, rule: &str, reference: &str) -> String {
    let mut out = String::from("{\"code\":");
    canonical::push_string(&mut out, code);
    out.push_str(",\"ref\":");
    canonical::push_string(&mut out, reference);
    out.push_str(",\"rule\":");
    canonical::push_string(&mut out, rule);
    out.push('}');
    out
}
