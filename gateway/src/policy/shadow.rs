//! A second policy, asked beside the one in force: what it would have decided is counted and told, and
//! changes nothing.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use inland_policies::{Candidates, ClassSet, DecideError, Decision, PairSpec, Policies, Question};
use moka::sync::Cache;

use crate::telemetry;

/// How many (tenant, model) candidate lists are kept.
const CANDIDATES_KEPT_MAX: u64 = 10_000;
/// How many differences are remembered as told. Each is told once.
const TOLD_MAX: u64 = 10_000;

/// A shadow whose engine gives up so often in a row is not asked for a while: it runs on the threads that
/// serve, and every call would pay for it.
const FAILED_MAX: u32 = 3;
/// How long it is left alone.
const PAUSE: Duration = Duration::from_secs(60);

/// The second policy.
pub struct Shadow {
    policies: Arc<Policies>,
    candidates: Cache<String, Arc<Candidates>>,
    told: Cache<String, ()>,
    failed: AtomicU32,
    paused: Mutex<Option<Instant>>,
}

impl Shadow {
    /// A policy to be asked beside another.
    pub fn new(policies: Arc<Policies>) -> Shadow {
        Shadow {
            policies,
            candidates: Cache::new(CANDIDATES_KEPT_MAX),
            told: Cache::new(TOLD_MAX),
            failed: AtomicU32::new(0),
            paused: Mutex::default(),
        }
    }

    /// The same policy for another configuration: what its models offer is asked anew.
    pub fn anew(&self) -> Shadow {
        Shadow { told: self.told.clone(), ..Shadow::new(Arc::clone(&self.policies)) }
    }

    /// Which policy it is.
    pub fn digest(&self) -> &str {
        self.policies.digest()
    }

    /// Its revision.
    pub fn revision(&self) -> u64 {
        super::revision(&self.policies)
    }

    /// Asks the same question, and counts and tells where the answer is another. `known` are the classes
    /// without those that the policy in force assumes of the tenant: the shadow assumes its own.
    pub fn compare(
        &self,
        question: &Question<'_>,
        known: ClassSet,
        pairs: &[PairSpec<'_>],
        decided: &Decision,
    ) {
        if self.is_paused() {
            return;
        }
        let difference = match self.decide(question, known, pairs) {
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

    fn is_paused(&self) -> bool {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.is_some_and(|since| since.elapsed() < PAUSE)
    }

    /// Counts what the engine gave up on, and pauses.
    fn note(&self, gave_up: bool) {
        if !gave_up {
            self.failed.store(0, Ordering::Relaxed);
        } else if self.failed.fetch_add(1, Ordering::Relaxed) + 1 >= FAILED_MAX {
            self.failed.store(0, Ordering::Relaxed);
            *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            tracing::warn!("the shadow policy gives up again and again; it is not asked for {PAUSE:?}");
        }
    }

    fn decide(
        &self,
        question: &Question<'_>,
        known: ClassSet,
        pairs: &[PairSpec<'_>],
    ) -> Result<Arc<Decision>, String> {
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
        let classes = known.union(tenant.assume());
        let question = Question { tenant, classes, candidates: &candidates, ..*question };
        let decided = self.policies.decide(&question);
        self.note(decided.is_err());
        decided.map_err(|error: DecideError| error.to_string())
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
    row(
        "retention",
        format!("{:?}", decided.retention_days_max()),
        format!("{:?}", other.retention_days_max()),
    );
    row("cache", format!("{:?}", decided.cache_scope()), format!("{:?}", other.cache_scope()));
    row("marks", format!("{:?}", decided.response_headers()), format!("{:?}", other.response_headers()));
    row("audit blocks", format!("{:?}", decided.audit_fields()), format!("{:?}", other.audit_fields()));
    row("partition", decided.partition().to_string(), other.partition().to_string());
    row("waived", format!("{:?}", decided.waived()), format!("{:?}", other.waived()));
    row("stale", decided.stale().to_string(), other.stale().to_string());
    (!told.is_empty()).then(|| told.join("; "))
}
