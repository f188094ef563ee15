//! The decision (`inland.decision/v1`), read strictly.
//!
//! Invariant: a [`Decision`] exists only if what the policy said keeps its promises: every candidate is
//! either allowed or excluded with a known reason, nothing else is allowed, and every obligation is one
//! the gateway knows. Anything else is an error, and an error is a refusal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::candidates::Candidates;
use crate::canonical;
use crate::class::{Action, Class, ClassSet};
use crate::error::DecideError;
use crate::law::Law;
use crate::tenant::Tenant;

/// Where a call may be processed, why not elsewhere, and what must be done before and after.
#[derive(Debug)]
pub struct Decision {
    input: Arc<str>,
    document: String,
    allow: Vec<String>,
    exclude: BTreeMap<String, Vec<Reason>>,
    redact: BTreeMap<Class, Action>,
    features_refused: Vec<String>,
    log_min_days: u32,
    retention_days_max: Option<u32>,
    partition: String,
    cache_scope: CacheScope,
    response_headers: Vec<String>,
    audit_fields: Vec<String>,
    remote_access_unknown: Vec<String>,
    rules: Vec<String>,
    waived: Vec<String>,
    stale: bool,
}

/// One reason against a pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    code: String,
    rule: String,
    reference: String,
    remedy: String,
}

/// Who may share a cached answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    /// Nobody: the answer is not cached.
    None,
    /// Callers of the same tenant with the same classes under the same policy.
    Tenant,
}

/// What the compiled policy says. An unknown key is an obligation that we would not keep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    v: String,
    allow: Vec<String>,
    exclude: BTreeMap<String, Vec<CodeAndRule>>,
    redact: BTreeMap<String, Action>,
    features_refused: Vec<String>,
    log_min_days: u32,
    retention_days_max: Option<u32>,
    partition: String,
    cache_scope: CacheScope,
    response_headers: Vec<String>,
    audit_fields: Vec<String>,
    remote_access_unknown: Vec<String>,
    rules: Vec<String>,
    waived: Vec<String>,
    stale: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeAndRule {
    code: String,
    rule: String,
}

/// What the answer is checked against.
pub(crate) struct Asked<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) classes: ClassSet,
    pub(crate) features: &'a [&'a str],
    pub(crate) candidates: &'a Candidates,
    pub(crate) law: &'a Law,
}

impl Decision {
    /// Checks the policy's answer against the question and the closed lists.
    pub(crate) fn check(answer: Answer, asked: &Asked<'_>, input: Arc<str>) -> Result<Decision, DecideError> {
        if answer.v != "inland.decision/v1" {
            return Err(DecideError::Output("the version is not ours"));
        }
        let exclude = reasons(answer.exclude, asked.law)?;
        check_pairs(&answer.allow, &exclude, asked.candidates)?;
        let redact = check_redact(answer.redact, asked)?;
        check_words(
            &answer.response_headers,
            &asked.law.words.response_headers,
            "an unknown response marker",
        )?;
        check_words(&answer.audit_fields, &asked.law.words.audit_fields, "an unknown audit block")?;
        if answer.partition != asked.tenant.partition() {
            return Err(DecideError::Output("the partition is not the tenant's"));
        }
        if answer.features_refused.iter().any(|feature| !asked.features.contains(&feature.as_str())) {
            return Err(DecideError::Output("a feature is refused that was not asked for"));
        }
        if answer.rules.iter().chain(&answer.waived).any(|rule| !asked.law.rules.contains_key(rule)) {
            return Err(DecideError::Output("an unknown rule"));
        }
        let mut decision = Decision {
            input,
            document: String::new(),
            allow: answer.allow,
            exclude,
            redact,
            features_refused: sorted(answer.features_refused),
            log_min_days: answer.log_min_days,
            retention_days_max: answer.retention_days_max,
            partition: answer.partition,
            cache_scope: answer.cache_scope,
            response_headers: sorted(answer.response_headers),
            audit_fields: sorted(answer.audit_fields),
            remote_access_unknown: answer.remote_access_unknown,
            rules: sorted(answer.rules),
            waived: sorted(answer.waived),
            stale: answer.stale,
        };
        decision.document = canonical::json(&decision.render());
        Ok(decision)
    }

    /// The policy input in canonical JSON (RFC 8785), verbatim for the log.
    pub fn input(&self) -> &Arc<str> {
        &self.input
    }

    /// The decision in canonical JSON, for the log.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The allowed pairs in order of preference; none while a feature is refused.
    pub fn allow(&self) -> &[String] {
        if self.features_refused.is_empty() { &self.allow } else { &[] }
    }

    /// Per excluded pair every reason.
    pub fn exclude(&self) -> &BTreeMap<String, Vec<Reason>> {
        &self.exclude
    }

    /// The distinct reasons over all excluded pairs, for the text of a refusal.
    pub fn reasons(&self) -> Vec<&Reason> {
        let distinct: BTreeSet<&Reason> = self.exclude.values().flatten().collect();
        distinct.into_iter().collect()
    }

    /// Classes to take out of the call before it leaves, and how.
    pub fn redact(&self) -> &BTreeMap<Class, Action> {
        &self.redact
    }

    /// Features of the request that the tenant has no permission for, sorted.
    pub fn features_refused(&self) -> &[String] {
        &self.features_refused
    }

    /// The record is kept at least so long.
    pub fn log_min_days(&self) -> u32 {
        self.log_min_days
    }

    /// The shortest retention that a rule asks of a backend, if one does.
    pub fn retention_days_max(&self) -> Option<u32> {
        self.retention_days_max
    }

    /// The log partition, such as `FR-health`.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Who may share a cached answer.
    pub fn cache_scope(&self) -> CacheScope {
        self.cache_scope
    }

    /// Markers that the response must carry, such as `ai-disclosure`.
    pub fn response_headers(&self) -> &[String] {
        &self.response_headers
    }

    /// Blocks that the record must carry, such as `ownership_chain`.
    pub fn audit_fields(&self) -> &[String] {
        &self.audit_fields
    }

    /// Pairs whose remote access is not known although a rule would avoid it: a gap in the record.
    pub fn remote_access_unknown(&self) -> &[String] {
        &self.remote_access_unknown
    }

    /// The rules that applied.
    pub fn rules(&self) -> &[String] {
        &self.rules
    }

    /// The rules that would have applied but for a waiver.
    pub fn waived(&self) -> &[String] {
        &self.waived
    }

    /// Is the law past its review date?
    pub fn stale(&self) -> bool {
        self.stale
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        // The texts twice over: once as documents, once as fields.
        2 * (self.input.len() + self.document.len())
    }

    fn render(&self) -> Value {
        let redact: BTreeMap<&str, &str> =
            self.redact.iter().map(|(class, action)| (class.name(), action.name())).collect();
        let exclude: serde_json::Map<String, Value> = self
            .exclude
            .iter()
            .map(|(pair, reasons)| (pair.clone(), reasons.iter().map(Reason::render).collect()))
            .collect();
        json!({
            "v": "inland.decision/v1",
            "allow": self.allow,
            "exclude": exclude,
            "redact": redact,
            "features_refused": self.features_refused,
            "log_min_days": self.log_min_days,
            "retention_days_max": self.retention_days_max,
            "partition": self.partition,
            "cache_scope": match self.cache_scope { CacheScope::None => "none", CacheScope::Tenant => "tenant" },
            "response_headers": self.response_headers,
            "audit_fields": self.audit_fields,
            "remote_access_unknown": self.remote_access_unknown,
            "rules": self.rules,
            "waived": self.waived,
            "stale": self.stale,
        })
    }
}

impl Reason {
    /// The reason code, a word of law/vocabulary.yaml.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The rule that says so.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Its legal reference.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What the reader can do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    fn render(&self) -> Value {
        json!({"code": self.code, "rule": self.rule, "ref": self.reference})
    }
}

fn reasons(
    exclude: BTreeMap<String, Vec<CodeAndRule>>,
    law: &Law,
) -> Result<BTreeMap<String, Vec<Reason>>, DecideError> {
    let one = |reason: CodeAndRule| {
        let text = law.rules.get(&reason.rule).ok_or(DecideError::Output("an unknown rule"))?;
        let remedy =
            law.words.remedies.get(&reason.code).ok_or(DecideError::Output("an unknown reason code"))?;
        let (reference, remedy) = (text.reference.clone(), remedy.clone());
        Ok(Reason { code: reason.code, rule: reason.rule, reference, remedy })
    };
    let mut all = BTreeMap::new();
    for (pair, reasons) in exclude {
        let mut reasons: Vec<Reason> = reasons.into_iter().map(one).collect::<Result<_, _>>()?;
        reasons.sort();
        all.insert(pair, reasons);
    }
    Ok(all)
}

/// Every candidate is allowed, in the order of the candidates, or excluded with a reason; no other is.
fn check_pairs(
    allow: &[String],
    exclude: &BTreeMap<String, Vec<Reason>>,
    candidates: &Candidates,
) -> Result<(), DecideError> {
    let expected = candidates.ids().iter().filter(|id| !exclude.contains_key(id.as_ref()));
    if !expected.map(AsRef::as_ref).eq(allow.iter().map(String::as_str)) {
        return Err(DecideError::Output("a pair is neither allowed nor excluded, or not a candidate"));
    }
    if allow.len() + exclude.len() != candidates.ids().len() {
        return Err(DecideError::Output("a pair is excluded that is not a candidate"));
    }
    if exclude.values().any(Vec::is_empty) {
        return Err(DecideError::Output("a pair is excluded without a reason"));
    }
    Ok(())
}

/// What is redacted is in the call, and what the tenant asked for is redacted at least as strictly.
fn check_redact(
    redact: BTreeMap<String, Action>,
    asked: &Asked<'_>,
) -> Result<BTreeMap<Class, Action>, DecideError> {
    let mut checked = BTreeMap::new();
    for (name, action) in redact {
        match Class::from_name(&name) {
            Some(class) if asked.classes.contains(class) => checked.insert(class, action),
            Some(_) | None => return Err(DecideError::Output("an unknown class is redacted")),
        };
    }
    let wanted = asked.tenant.redact().iter().filter(|(class, _)| asked.classes.contains(**class));
    for (class, action) in wanted {
        if checked.get(class).is_none_or(|given| given < action) {
            return Err(DecideError::Output("a class is not redacted that the tenant wants redacted"));
        }
    }
    Ok(checked)
}

fn check_words(list: &[String], known: &BTreeSet<String>, problem: &'static str) -> Result<(), DecideError> {
    if list.iter().all(|word| known.contains(word)) { Ok(()) } else { Err(DecideError::Output(problem)) }
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list.dedup();
    list
}
