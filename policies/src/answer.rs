//! What the compiled policy answers, read strictly, before it is checked against the question.
//!
//! Invariant: an unknown key is an obligation that nobody would keep, so it is an error, as is a missing one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::class::Action;
use crate::decision::CacheScope;
use crate::error::DecideError;
use crate::reason::{Reason, Reasons};

/// The whole decision, `inland.decision/v1`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whole {
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

/// The half that depends on the call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    v: String,
    denials: Vec<CodeAndRule>,
    /// What packs have against single pairs.
    against: Vec<AgainstPair>,
    redact: BTreeMap<String, Action>,
    features_refused: Vec<String>,
    log_min_days: u32,
    retention_days_max: Option<u32>,
    partition: String,
    cache_scope: CacheScope,
    response_headers: Vec<String>,
    audit_fields: Vec<String>,
    remote_access_matters: bool,
    rules: Vec<String>,
    waived: Vec<String>,
    stale: bool,
}

/// The half that depends on the candidates and the day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Against {
    v: String,
    against: BTreeMap<String, Vec<CodeAndRule>>,
    remote_access_unknown: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeAndRule {
    code: String,
    rule: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgainstPair {
    pair: String,
    code: String,
    rule: String,
}

/// What every rule holds against every candidate on one day.
#[derive(Debug)]
pub(crate) struct Verdicts {
    /// By the position of the candidate, sorted.
    against: Vec<Vec<Reason>>,
    remote_access_unknown: Vec<String>,
}

/// An answer with its reasons looked up, not yet checked against the question.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) allow: Vec<String>,
    pub(crate) exclude: BTreeMap<String, Vec<Reason>>,
    pub(crate) redact: BTreeMap<String, Action>,
    pub(crate) features_refused: Vec<String>,
    pub(crate) log_min_days: u32,
    pub(crate) retention_days_max: Option<u32>,
    pub(crate) partition: String,
    pub(crate) cache_scope: CacheScope,
    pub(crate) response_headers: Vec<String>,
    pub(crate) audit_fields: Vec<String>,
    pub(crate) remote_access_unknown: Vec<String>,
    pub(crate) rules: Vec<String>,
    pub(crate) waived: Vec<String>,
    pub(crate) stale: bool,
}

impl Whole {
    /// The answer that was given in one piece.
    pub(crate) fn answer(self, known: &Reasons) -> Result<Answer, DecideError> {
        version(&self.v, "inland.decision/v1")?;
        Ok(Answer {
            allow: self.allow,
            exclude: reasons_by_pair(self.exclude, known)?,
            redact: self.redact,
            features_refused: self.features_refused,
            log_min_days: self.log_min_days,
            retention_days_max: self.retention_days_max,
            partition: self.partition,
            cache_scope: self.cache_scope,
            response_headers: self.response_headers,
            audit_fields: self.audit_fields,
            remote_access_unknown: self.remote_access_unknown,
            rules: self.rules,
            waived: self.waived,
            stale: self.stale,
        })
    }
}

impl Call {
    /// The answer of both halves, put together as `decision` in core/decision.rego does it.
    pub(crate) fn answer(
        self,
        verdicts: &Verdicts,
        ids: &[std::sync::Arc<str>],
        known: &Reasons,
    ) -> Result<Answer, DecideError> {
        version(&self.v, "inland.call/v1")?;
        let denials = reasons(self.denials, known)?;
        let mut packs: BTreeMap<String, Vec<Reason>> = BTreeMap::new();
        for AgainstPair { pair, code, rule } in self.against {
            packs.entry(pair).or_default().push(known.get(&code, &rule)?);
        }
        let binding = known.set(&self.rules)?;
        let (mut allow, mut exclude) = (Vec::new(), BTreeMap::new());
        for (id, verdicts) in ids.iter().zip(&verdicts.against) {
            let added = packs.remove(id.as_ref());
            let reasons = if denials.is_empty() {
                let mut reasons: Vec<Reason> =
                    verdicts.iter().filter(|reason| binding.gives(reason)).cloned().collect();
                if let Some(added) = added {
                    reasons.extend(added);
                    reasons.sort();
                    reasons.dedup();
                }
                reasons
            } else {
                denials.clone()
            };
            match reasons.is_empty() {
                true => allow.push(id.to_string()),
                false => drop(exclude.insert(id.to_string(), reasons)),
            }
        }
        if !packs.is_empty() {
            return Err(DecideError::Output("a pack excludes a pair that is not a candidate"));
        }
        let gaps =
            if self.remote_access_matters { verdicts.remote_access_unknown.clone() } else { Vec::new() };
        Ok(Answer {
            allow,
            exclude,
            redact: self.redact,
            features_refused: self.features_refused,
            log_min_days: self.log_min_days,
            retention_days_max: self.retention_days_max,
            partition: self.partition,
            cache_scope: self.cache_scope,
            response_headers: self.response_headers,
            audit_fields: self.audit_fields,
            remote_access_unknown: gaps,
            rules: self.rules,
            waived: self.waived,
            stale: self.stale,
        })
    }
}

impl Against {
    /// The verdicts on these candidates; there is one for each and for nothing else.
    pub(crate) fn verdicts(
        self,
        ids: &[std::sync::Arc<str>],
        known: &Reasons,
    ) -> Result<Verdicts, DecideError> {
        version(&self.v, "inland.verdicts/v1")?;
        let mut given = reasons_by_pair(self.against, known)?;
        let each = ids.iter().map(|id| given.remove(id.as_ref()));
        let against: Option<Vec<Vec<Reason>>> = each.collect();
        match against {
            Some(against) if given.is_empty() => {
                Ok(Verdicts { against, remote_access_unknown: self.remote_access_unknown })
            }
            Some(_) | None => Err(DecideError::Output("the verdicts are not those on the candidates")),
        }
    }
}

impl Verdicts {
    /// About how much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        let reasons: usize =
            self.against.iter().map(|list| size_of::<Vec<Reason>>() + size_of_val(list.as_slice())).sum();
        let gaps: usize = self.remote_access_unknown.iter().map(|id| size_of::<String>() + id.len()).sum();
        size_of::<Verdicts>() + reasons + gaps
    }
}

fn version(given: &str, ours: &str) -> Result<(), DecideError> {
    if given == ours { Ok(()) } else { Err(DecideError::Output("the version is not ours")) }
}

fn reasons_by_pair(
    given: BTreeMap<String, Vec<CodeAndRule>>,
    known: &Reasons,
) -> Result<BTreeMap<String, Vec<Reason>>, DecideError> {
    given.into_iter().map(|(pair, list)| Ok((pair, reasons(list, known)?))).collect()
}

fn reasons(given: Vec<CodeAndRule>, known: &Reasons) -> Result<Vec<Reason>, DecideError> {
    let mut reasons: Vec<Reason> =
        given.iter().map(|reason| known.get(&reason.code, &reason.rule)).collect::<Result<_, _>>()?;
    reasons.sort();
    reasons.dedup();
    Ok(reasons)
}
