//! The decision (`inland.decision/v1`), read strictly.
//!
//! Invariant: a [`Decision`] exists only if what the policy said keeps its promises: every candidate is
//! either allowed or excluded with a known reason, nothing else is allowed, and every obligation is one
//! the gateway knows. Anything else is an error, and an error is a refusal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;

use crate::answer::Answer;
use crate::canonical;
use crate::class::{Action, Class, ClassSet};
use crate::error::DecideError;
use crate::law::Law;
use crate::reason::Reason;

/// Room for a document without its reasons; more is taken where it is needed.
const DOCUMENT_BYTES: usize = 2048;

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

/// Who may share a cached answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    /// Nobody: the answer is not cached.
    None,
    /// Callers of the same tenant with the same classes under the same policy.
    Tenant,
}

/// What the answer is checked against.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) partition: &'a str,
    /// What the tenant wants taken out.
    pub(crate) redact: &'a BTreeMap<Class, Action>,
    pub(crate) classes: ClassSet,
    pub(crate) features: &'a [&'a str],
    pub(crate) ids: &'a [Arc<str>],
    pub(crate) law: &'a Law,
}

impl Decision {
    /// Checks the policy's answer against the question and the closed lists.
    pub(crate) fn check(answer: Answer, asked: &Asked<'_>, input: Arc<str>) -> Result<Decision, DecideError> {
        check_pairs(&answer.allow, &answer.exclude, asked.ids)?;
        let redact = check_redact(answer.redact, asked)?;
        check_words(
            &answer.response_headers,
            &asked.law.words.response_headers,
            "an unknown response marker",
        )?;
        check_words(&answer.audit_fields, &asked.law.words.audit_fields, "an unknown audit block")?;
        if answer.partition != asked.partition {
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
            exclude: answer.exclude,
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
        decision.document = decision.render();
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

    /// The document, its keys in the order of RFC 8785.
    fn render(&self) -> String {
        let reasons: usize = self.exclude.values().flatten().map(|reason| reason.json().len() + 1).sum();
        let mut out = String::with_capacity(reasons + DOCUMENT_BYTES);
        list(&mut out, "{\"allow\":", &self.allow);
        list(&mut out, ",\"audit_fields\":", &self.audit_fields);
        out.push_str(match self.cache_scope {
            CacheScope::None => ",\"cache_scope\":\"none\"",
            CacheScope::Tenant => ",\"cache_scope\":\"tenant\"",
        });
        self.render_exclude(&mut out);
        list(&mut out, ",\"features_refused\":", &self.features_refused);
        // Writing to a String cannot fail, here and below.
        let _ = write!(out, ",\"log_min_days\":{},\"partition\":", self.log_min_days);
        canonical::push_string(&mut out, &self.partition);
        let mut comma = ",\"redact\":{";
        for (class, action) in by_name(&self.redact) {
            let _ = write!(out, "{comma}\"{class}\":\"{}\"", action.name());
            comma = ",";
        }
        out.push_str(if self.redact.is_empty() { ",\"redact\":{}" } else { "}" });
        list(&mut out, ",\"remote_access_unknown\":", &self.remote_access_unknown);
        list(&mut out, ",\"response_headers\":", &self.response_headers);
        let _ = match self.retention_days_max {
            Some(days) => write!(out, ",\"retention_days_max\":{days}"),
            None => write!(out, ",\"retention_days_max\":null"),
        };
        list(&mut out, ",\"rules\":", &self.rules);
        let _ = write!(out, ",\"stale\":{},\"v\":\"inland.decision/v1\"", self.stale);
        list(&mut out, ",\"waived\":", &self.waived);
        out.push('}');
        out
    }

    fn render_exclude(&self, out: &mut String) {
        let mut pairs: Vec<(&String, &Vec<Reason>)> = self.exclude.iter().collect();
        pairs.sort_by(|(left, _), (right, _)| canonical::key_order(left, right));
        out.push_str(",\"exclude\":{");
        for (number, (pair, reasons)) in pairs.into_iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            canonical::push_string(out, pair);
            out.push(':');
            let mut comma = '[';
            for reason in reasons {
                out.push(comma);
                out.push_str(reason.json());
                comma = ',';
            }
            out.push(']');
        }
        out.push('}');
    }
}

/// A key with its list.
fn list(out: &mut String, key: &str, list: &[String]) {
    out.push_str(key);
    canonical::push_strings(out, list.iter().map(String::as_str));
}

/// Class names are ASCII, so their order is that of the RFC; the order of the classes is another.
fn by_name(redact: &BTreeMap<Class, Action>) -> BTreeMap<&'static str, Action> {
    redact.iter().map(|(class, action)| (class.name(), *action)).collect()
}

/// Every candidate is allowed, in the order of the candidates, or excluded with a reason; no other is.
fn check_pairs(
    allow: &[String],
    exclude: &BTreeMap<String, Vec<Reason>>,
    ids: &[Arc<str>],
) -> Result<(), DecideError> {
    let expected = ids.iter().filter(|id| !exclude.contains_key(id.as_ref()));
    if !expected.map(AsRef::as_ref).eq(allow.iter().map(String::as_str)) {
        return Err(DecideError::Output("a pair is neither allowed nor excluded, or not a candidate"));
    }
    if allow.len() + exclude.len() != ids.len() {
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
    let wanted = asked.redact.iter().filter(|(class, _)| asked.classes.contains(**class));
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
