//! Those who could not be authenticated: counted per minute in the log's `_gateway` partition, never
//! recorded one by one, so that nobody without a credential can fill the disk.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::authenticate::Unauthenticated;
use crate::refusal::Refusal;
use crate::telemetry;

/// Counts by reason, since they were last taken.
#[derive(Default)]
pub struct Unknown(Mutex<BTreeMap<&'static str, u64>>);

impl Unknown {
    /// Counts one and gives the refusal for it.
    pub fn count(&self, error: Unauthenticated) -> Refusal {
        telemetry::unauthenticated(error.label());
        if let Ok(mut counts) = self.0.lock() {
            *counts.entry(error.label()).or_insert(0) += 1;
        }
        // A key set that we do not have is our fault, and another try may help.
        if error.is_ours() { Refusal::NotReady } else { Refusal::Unauthenticated(error.reason()) }
    }

    /// The counts, which begin anew.
    pub fn take(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().map(|mut counts| std::mem::take(&mut *counts)).unwrap_or_default()
    }
}
