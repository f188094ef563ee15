//! Find: what the log holds on one person (GDPR Art. 15).
//!
//! Invariant: records are found by the name of the person's key, an HMAC under the node's secret, so
//! nobody without that secret learns from a log whose a record is. Nothing is unsealed for it.

use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::calls::{self, Call, End};
use super::read::VerifyError;
use super::subject::{KeyState, key_name, key_state};

/// How the log knows a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name of the key, 16 hex digits: every record of the person carries it.
    pub key: String,
    /// Whether that key still exists; nothing if there is no key file to look into.
    pub state: Option<KeyState>,
}

/// Names a person's key. Without paths, secret and keys are looked for beside the partitions.
pub fn person(
    directory: &Path,
    tenant: &str,
    subject: &str,
    secret: Option<&Path>,
    keys: Option<&Path>,
) -> Result<Person, VerifyError> {
    let path = secret.map_or_else(|| beside(directory, "subject-secret"), Path::to_path_buf);
    let secret = std::fs::read(&path).map_err(|error| {
        VerifyError::Usage(format!(
            "{}: {error}\n  without the node's secret nobody can tell whose a record is\n  write: --subject-secret FILE, the file subject-secret of the gateway's audit folder",
            path.display()
        ))
    })?;
    let secret: [u8; 32] = secret.as_slice().try_into().map_err(|_| {
        VerifyError::Usage(format!("{} is no subject-secret: it has not 32 bytes", path.display()))
    })?;
    let key = key_name(&secret, tenant, subject);
    let path = match keys {
        Some(path) => path.to_path_buf(),
        None => beside(directory, "subject-keys"),
    };
    // A file that was named must be there; one that was not may be missing, and then nothing is claimed.
    let state = match key_state(&path, &key) {
        Ok(state) => Some(state),
        Err(error) if keys.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(VerifyError::disk(&path)(error)),
    };
    Ok(Person { key, state })
}

/// A file of the node: in the folder of all partitions, which may be that above the one given.
fn beside(directory: &Path, name: &str) -> PathBuf {
    let here = directory.join(name);
    if here.exists() || !directory.join("segments").exists() {
        return here;
    }
    let resolved = directory.canonicalize().unwrap_or_else(|_| directory.to_path_buf());
    resolved.parent().map_or(here, |parent| parent.join(name))
}

/// One call of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The partition.
    pub partition: String,
    /// Index of its INTENT or REFUSAL.
    pub index: u64,
    /// Index of its OUTCOME.
    pub outcome: Option<u64>,
    /// When it was recorded.
    pub time: String,
    /// The decision id.
    pub id: String,
    /// `answered`, `failed`, `refused`, or `end not known`.
    pub end: &'static str,
    /// The status that the caller got.
    pub status: Option<u16>,
    /// The error code that the caller got.
    pub code: Option<String>,
    /// The interface that was called.
    pub route: String,
    /// The model that was asked for.
    pub model: Option<String>,
    /// Findings per class.
    pub found: BTreeMap<String, u64>,
    /// Classes that the call counted as: found, assumed for the tenant, or declared.
    pub classes: Vec<String>,
    /// Classes that were taken out before it left, and how.
    pub redacted: BTreeMap<String, String>,
    /// Where it went or should have gone.
    pub sent: Vec<Sent>,
    /// Why it was refused: `LOCATION by CH-BANK-47`.
    pub reasons: Vec<String>,
    /// The rules behind the decision.
    pub rules: Vec<String>,
    /// The law behind what was excluded.
    pub references: Vec<String>,
}

/// A backend that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The backend.
    pub backend: String,
    /// Its provider's endpoint.
    pub provider: Option<String>,
    /// Its country.
    pub country: String,
    /// The address; nothing if no connection stood, and then it received nothing.
    pub address: Option<String>,
    /// `answered`, or why not.
    pub result: String,
}

/// All of it in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Records of this person.
    pub records: u64,
    /// Calls of this person.
    pub calls: u64,
    /// The time of the first.
    pub first: Option<String>,
    /// The time of the last.
    pub last: Option<String>,
    /// Partitions whose first records were pruned, and the first index that remains.
    pub pruned: BTreeMap<String, u64>,
}

/// Gives every call of the tenant's person whose key has this name.
pub fn find(
    directory: &Path,
    tenant: &str,
    key: &str,
    give: &mut dyn FnMut(Found),
) -> Result<Summary, VerifyError> {
    let mut summary = Summary::default();
    let wanted = |call: &Call| call.tenant == tenant && call.subject.as_deref() == Some(key);
    let read = calls::each(directory, &wanted, &mut |call| {
        let found = found(call);
        summary.calls += 1;
        summary.records += 1 + u64::from(found.outcome.is_some());
        if summary.first.as_ref().is_none_or(|first| *first > found.time) {
            summary.first = Some(found.time.clone());
        }
        if summary.last.as_ref().is_none_or(|last| *last < found.time) {
            summary.last = Some(found.time.clone());
        }
        give(found);
    })?;
    Ok(Summary { pruned: read.pruned, ..summary })
}

fn found(call: Call) -> Found {
    let (outcome, end, status, code) = match &call.end {
        End::Ended(ended) if ended.attempts.iter().any(|attempt| attempt.reason.is_none()) => {
            (Some(ended.index), "answered", Some(ended.status), ended.code.clone())
        }
        End::Ended(ended) => (Some(ended.index), "failed", Some(ended.status), ended.code.clone()),
        End::Refused { status, code, .. } => (None, "refused", Some(*status), Some(code.clone())),
        End::Unknown => (None, "end not known", None, None),
    };
    let attempts = match &call.end {
        End::Ended(ended) => ended.attempts.as_slice(),
        End::Refused { .. } | End::Unknown => &[],
    };
    let sent = attempts.iter().map(|attempt| Sent {
        backend: attempt.backend.clone(),
        provider: call.candidate(&attempt.pair).map(|candidate| candidate.provider.clone()),
        country: attempt.country.clone(),
        address: attempt.address.clone(),
        result: attempt.result().to_owned(),
    });
    let sent = sent.collect();
    let reasons = match &call.end {
        End::Refused { reasons, .. } => reasons.as_slice(),
        End::Ended(_) | End::Unknown => &[],
    };
    let reasons = reasons.iter().map(|reason| format!("{} by {}", reason.code, reason.rule)).collect();
    let redacted = call.redacted().map(|(class, action)| (class.to_owned(), action.to_owned())).collect();
    Found {
        partition: call.partition.to_string(),
        index: call.index,
        outcome,
        end,
        status,
        code,
        classes: call.input.iter().flat_map(|input| input.classes.clone()).collect(),
        redacted,
        sent,
        reasons,
        rules: call.rules(),
        references: call.references(),
        time: call.time,
        id: call.id,
        route: call.route,
        model: call.model,
        found: call.findings,
    }
}
