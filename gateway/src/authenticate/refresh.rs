//! Keeping an issuer's keys fresh.
//!
//! Invariant: whoever sends tokens cannot make the gateway fetch more often than once in [`RATE`] per
//! issuer, and keys that were not seen at the issuer for [`AGE_MAX`] verify nothing.
//!
//! The request that finds the keys old fetches them itself, one at a time; no task runs behind its back.
//! Others go on with the old keys, or wait for it if they cannot.

use super::jwks::KeySet;
use super::{Fetch, Issuer};
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, MutexGuard};

/// Age from which keys are asked for again: how long a withdrawn key may go on working.
pub(super) const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// Age at which keys end when the issuer does not answer: how long an attacker who cuts it off may profit.
pub(super) const AGE_MAX: Duration = Duration::from_secs(60 * 60);
/// Shortest time between two fetches from one issuer, successful or not.
pub(super) const RATE: Duration = Duration::from_secs(30);
/// Longest time that a request waits for keys.
const FETCH_TIME_MAX: Duration = Duration::from_secs(5);

/// An issuer and what is known of its keys.
pub(super) struct Source {
    pub(super) issuer: Issuer,
    held: ArcSwapOption<Held>,
    /// When the last fetch began. Whoever fetches holds the lock, so there is one at a time; a request that
    /// is cancelled drops it, and its attempt still counts.
    attempt: Mutex<Option<SystemTime>>,
}

/// Keys and when they were seen at the issuer.
pub(super) struct Held {
    pub(super) keys: KeySet,
    fetched: SystemTime,
}

impl Held {
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        elapsed(self.fetched, now)
    }

    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        self.age(now) < FRESH_FOR
    }

    pub(super) fn is_usable(&self, now: SystemTime) -> bool {
        self.age(now) < AGE_MAX
    }
}

impl Source {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self { issuer, held: ArcSwapOption::empty(), attempt: Mutex::new(None) }
    }

    /// What is held, however old, without a fetch.
    pub(super) fn held(&self) -> arc_swap::Guard<Option<Arc<Held>>> {
        self.held.load()
    }

    /// Keys that may be used now, fetched if they have to be.
    pub(super) async fn current(&self, fetch: &dyn Fetch, now: SystemTime) -> Option<Arc<Held>> {
        let held = self.usable(now);
        match &held {
            Some(held) if held.is_fresh(now) => {}
            Some(_) => {
                if let Ok(turn) = self.attempt.try_lock() {
                    self.renew(turn, fetch, now).await;
                }
            }
            None => {
                let turn = self.attempt.lock().await;
                if self.usable(now).is_none() {
                    self.renew(turn, fetch, now).await;
                }
            }
        }
        self.usable(now)
    }

    /// Keys after a token named one that is not among `seen`: newer ones, or the same if it is too early.
    pub(super) async fn newer(
        &self,
        seen: &Arc<Held>,
        fetch: &dyn Fetch,
        now: SystemTime,
    ) -> Option<Arc<Held>> {
        let turn = self.attempt.lock().await;
        let unchanged = self.held().as_ref().is_some_and(|held| Arc::ptr_eq(held, seen));
        if unchanged {
            self.renew(turn, fetch, now).await;
        }
        self.usable(now)
    }

    fn usable(&self, now: SystemTime) -> Option<Arc<Held>> {
        self.held.load_full().filter(|held| held.is_usable(now))
    }

    /// Fetches, unless that was tried a moment ago. On any failure what is held stays, and ages.
    async fn renew(&self, mut turn: MutexGuard<'_, Option<SystemTime>>, fetch: &dyn Fetch, now: SystemTime) {
        if turn.is_some_and(|last| elapsed(last, now) < RATE) {
            return;
        }
        *turn = Some(now); // before the wait: a caller who hangs up must not get another fetch for it
        let document = tokio::time::timeout(FETCH_TIME_MAX, fetch.fetch(&self.issuer)).await;
        let keys = match document {
            Err(_) => Err("no answer within 5 seconds".to_owned()),
            Ok(Err(problem)) => Err(problem),
            Ok(Ok(document)) => KeySet::parse(&document).map_err(str::to_owned),
        };
        match keys {
            Ok(keys) => self.held.store(Some(Arc::new(Held { keys, fetched: now }))),
            Err(problem) => {
                tracing::warn!(issuer = self.issuer.url, problem, "keys of an issuer not renewed")
            }
        }
    }
}

/// Time since `then`. A clock that was set back by more than requests overlap makes everything old, so that
/// keys are asked for again instead of living for as long as it was set back.
fn elapsed(then: SystemTime, now: SystemTime) -> Duration {
    match now.duration_since(then) {
        Ok(elapsed) => elapsed,
        Err(back) if back.duration() < RATE => Duration::ZERO,
        Err(_) => Duration::MAX,
    }
}
