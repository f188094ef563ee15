//! Recorded calls: every INTENT of a log, and every REFUSAL that the policy was asked about.
//!
//! Invariant: a log is verified whole before its first call is given, and its frames are checked again
//! while they are read. A damaged log is an error with its record, never a call that is silently left out.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::progress::{LogProgress, Progress};
use crate::audit;

/// A frame's own bytes around a record: only for the bar.
const FRAME_BYTES: u64 = 20;

/// A recorded call.
pub(super) struct Call<'a> {
    pub(super) partition: &'a str,
    pub(super) index: u64,
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
    pub(super) tenant: &'a str,
    /// The policy's input, verbatim.
    pub(super) input: &'a str,
    /// The decision, verbatim; a call that was refused without one has none.
    pub(super) decision: Option<&'a str>,
}

#[derive(Deserialize)]
struct Written<'a> {
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    tenant: Option<String>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
    #[serde(default, borrow)]
    decision: Option<&'a RawValue>,
}

/// Gives every recorded call of one partition, or of a folder of all, to `each`; returns their number.
pub(super) fn each(
    log: &Path,
    what: &str,
    each: &mut dyn FnMut(&Call<'_>) -> Result<(), String>,
) -> Result<u64, String> {
    let partitions = partitions(log)?;
    verify(log)?;
    let total = partitions.iter().map(|(_, path)| bytes_below(&path.join("segments"))).sum();
    let mut progress = Progress::new(what, total);
    let (mut calls, mut done) = (0, 0);
    for (name, path) in &partitions {
        for record in audit::records(path).map_err(|error| error.to_string())? {
            let (index, bytes) = record.map_err(|error| format!("the log is damaged: {error}"))?;
            done += bytes.len() as u64 + FRAME_BYTES;
            progress.at(done);
            let damaged = |what: &str| format!("the log is damaged: {name}, record {index}: {what}");
            let written: Written<'_> =
                serde_json::from_slice(&bytes).map_err(|_| damaged("it is not the JSON of a record"))?;
            let asked = matches!(written.kind.as_str(), "INTENT" | "REFUSAL");
            let Some(input) = written.input.filter(|_| asked) else {
                if written.kind == "INTENT" {
                    return Err(damaged("an INTENT without the policy's input"));
                }
                continue;
            };
            calls += 1;
            each(&Call {
                partition: name,
                index,
                kind: &written.kind,
                id: &written.id,
                tenant: written.tenant.as_deref().unwrap_or_default(),
                input: input.get(),
                decision: written.decision.map(RawValue::get),
            })?;
        }
    }
    Ok(calls)
}

/// A frame that is damaged ends a log as a crash would: only the checkpoint tells how much there was.
pub(in crate::command) fn verify(log: &Path) -> Result<(), String> {
    let mut bar = LogProgress::default();
    let mut progress = |it: audit::Progress<'_>| bar.at(it);
    let options = audit::Options { progress: Some(&mut progress), ..audit::Options::default() };
    let verified = audit::verify(log, options).map(drop);
    verified.map_err(|error| match error {
        audit::VerifyError::Usage(what) => what,
        audit::VerifyError::Disk { .. } | audit::VerifyError::Fault { .. } => {
            format!("{}\n  do: inland audit verify {}", error.told(), log.display())
        }
    })
}

/// One partition, or those in a folder, by name.
fn partitions(log: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let named =
        |path: &Path| path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    if log.join("segments").is_dir() {
        let resolved = log.canonicalize().unwrap_or_else(|_| log.to_owned());
        return Ok(vec![(named(&resolved), log.to_owned())]);
    }
    let told = |error: std::io::Error| format!("{}: {error}", log.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(log).map_err(told)? {
        let path = entry.map_err(told)?.path();
        if path.join("segments").is_dir() {
            found.push((named(&path), path));
        }
    }
    if found.is_empty() {
        let shown = log.display();
        return Err(format!(
            "{shown} holds no partition of a log\n  write: the folder that [audit] directory names, or one in it such as FR-health"
        ));
    }
    found.sort();
    Ok(found)
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}
