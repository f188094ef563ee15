//! A second policy, asked beside the one in force: what it would have decided is counted and told, and
//! changes nothing.

use std::sync::Arc;

use inland_policies::{Candidates, DecideError, Decision, PairSpec, Policies, Question};
use moka::sync::Cache;

use crate::telemetry;

/// How many (tenant, model) candidate lists are kept.
const CANDIDATES_KEPT_MAX: u64 = 10_000;
/// How many differences are remembered as told. Each is told once.
const TOLD_MAX: u64 = 10_000;

/// The second policy.
#[derive(Clone)]
pub struct Shadow {
    policies: Arc<Policies>,
    candidates: Cache<String, Arc<Candidates>>,
    told: Cache<String, ()>,
}

impl Shadow {
    /// A policy to be asked beside another.
    pub fn new(policies: Arc<Policies>) -> Shadow {
        Shadow { policies, candidates: Cache::new(CANDIDATES_KEPT_MAX), told: Cache::new(TOLD_MAX) }
    }

    /// Which policy it is.
    pub fn digest(&self) -> &str {
        self.policies.digest()
    }

    /// Its revision.
    pub fn revision(&self) -> u64 {
        self.policies.revision()
    }

    /// Asks the same question, and counts and tells where the answer is another.
    pub fn compare(&self, question: &Question<'_>, pairs: &[PairSpec<'_>], decided: &Decision) {
        let difference = match self.decide(question, pairs) {
            Ok(other) => difference(decided, &other),
            Err(why) => Some(format!("it decides nothing: {why}")),
        };
        telemetry::shadow(difference.is_some());
        let Some(difference) = difference else { return };
        let line = format!(
            "tenant {}, model {}, rules {}: {difference}",
            question.tenant.name(),
            question.model,
            decided.rules().join(" ")
        );
        if self.told.get(&line).is_none() {
            tracing::warn!("the shadow policy, revision {}, would differ: {line}", self.revision());
            self.told.insert(line, ());
        }
    }

    fn decide(&self, question: &Question<'_>, pairs: &[PairSpec<'_>]) -> Result<Arc<Decision>, String> {
        let name = question.tenant.name();
        let tenant = self.policies.tenant(name).ok_or("it does not know the tenant")?;
        let key = format!("{name}\n{}", question.model);
        let candidates = match self.candidates.get(&key) {
            Some(known) => known,
            None => {
                let made = self.policies.candidates(tenant, pairs).map_err(|error| error.to_string())?;
                self.candidates.insert(key, Arc::clone(&made));
                made
            }
        };
        let question = Question { tenant, candidates: &candidates, ..*question };
        self.policies.decide(&question).map_err(|error: DecideError| error.to_string())
    }
}

/// What of two decisions differs, in one line; nothing if they are the same for the caller.
fn difference(decided: &Decision, other: &Decision) -> Option<String> {
    let mut told = Vec::new();
    let mut row = |what: &str, is: String, would: String| {
        if is != would {
            told.push(format!("{what} {is}, would be {would}"));
        }
    };
    row("allowed", format!("{:?}", decided.allow()), format!("{:?}", other.allow()));
    row("redacted", format!("{:?}", decided.redact()), format!("{:?}", other.redact()));
    row(
        "features refused",
        format!("{:?}", decided.features_refused()),
        format!("{:?}", other.features_refused()),
    );
    row("log days", decided.log_min_days().to_string(), other.log_min_days().to_string());
    (!told.is_empty()).then(|| told.join("; "))
}
