//! State: what a monitor saw last, in one file.
//!
//! Invariant: the file is replaced whole or not at all, and one that cannot be read is an error: to begin
//! anew in silence would forget what a rollback is told from.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};

use crate::audit::disk::Disk;
use crate::audit::note::Checkpoint;

/// The largest state: a few hundred bytes for each log.
const STATE_BYTES_MAX: u64 = 64 << 20;
/// The form of the file.
const VERSION: u32 = 1;

/// What was seen last of each log of each source.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    /// Source, then `NODE/PARTITION`.
    pub(super) sources: BTreeMap<String, BTreeMap<String, Seen>>,
}

/// The last checkpoint that was good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    pub(super) size: u64,
    /// Base64, as in the checkpoint.
    pub(super) root: String,
    /// The signed note itself: proof of what was seen, should it come to that.
    pub(super) note: String,
    /// When this size was first seen here, in seconds since 1970.
    pub(super) since: u64,
    /// The time that the newest record names, in seconds since 1970.
    pub(super) newest: Option<u64>,
}

impl Seen {
    /// Size and root.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        let root = BASE64_STANDARD.decode(&self.root).ok()?.try_into().ok()?;
        Some(Checkpoint { size: self.size, root })
    }
}

impl State {
    /// Reads the file; a new state where there is none.
    pub(super) fn read(path: &Path) -> Result<State, String> {
        let told = |error: &dyn std::fmt::Display| format!("the state {}: {error}", path.display());
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(State { version: VERSION, ..State::default() });
            }
            Err(error) => return Err(told(&error)),
            Ok(metadata) if metadata.len() > STATE_BYTES_MAX => return Err(told(&"it is too large")),
            Ok(_) => {}
        }
        let bytes = std::fs::read(path).map_err(|error| told(&error))?;
        let state: State = serde_json::from_slice(&bytes)
            .map_err(|error| told(&format!("{error}; restore it, or remove it to begin anew")))?;
        let whole = state.sources.values().flat_map(BTreeMap::values).all(|seen| seen.checkpoint().is_some());
        if state.version != VERSION || !whole {
            return Err(told(&"it is not one of this version; restore it, or remove it to begin anew"));
        }
        Ok(state)
    }

    /// Replaces the file, durably.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| format!("the state {}: {error}", path.display());
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| told(&error))?;
        Disk::default().replace(path, &bytes).map_err(|error| told(&error))
    }
}
