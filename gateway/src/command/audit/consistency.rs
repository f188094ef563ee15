//! `inland audit consistency`: that the log only grew between two checkpoints.

use std::path::PathBuf;

use clap::Args;

use crate::audit;
use crate::command::say;

/// Prove that one checkpoint continues another (RFC 9162): the log only grew between them.
///
/// Example: inland audit consistency demo-state/audit checkpoint-of-last-month
#[derive(Args)]
pub(in crate::command) struct Consistency {
    /// The partition, or the folder of all.
    directory: PathBuf,
    /// The older checkpoint.
    old: PathBuf,
    /// The newer one; the log's own if it is left out.
    new: Option<PathBuf>,
    /// A verifier key got from outside; without one the log's own copy is used. May be repeated.
    #[arg(long = "vkey", value_name = "KEY")]
    vkeys: Vec<String>,
    /// Print one JSON object, with the hashes of the proof.
    #[arg(long)]
    json: bool,
}

impl Consistency {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let old = read(&self.old)?;
        let new = self.new.as_ref().map(read).transpose()?;
        let continued = audit::continued(&self.directory, &old, new.as_deref(), &self.vkeys);
        let continued = continued.map_err(|error| error.to_string())?;
        if self.json {
            say(&serde_json::to_string(&continued).map_err(|error| error.to_string())?);
        } else {
            let audit::Continued { origin, old, new, proof } = continued;
            say(&format!("consistent: {origin} grew from {old} to {new} records ({} hashes)", proof.len()));
        }
        Ok(true)
    }
}
