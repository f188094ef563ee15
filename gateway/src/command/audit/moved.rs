//! `inland audit moved`: a copy is the log from now on.

use std::path::PathBuf;

use clap::Args;

use crate::audit::Log;
use crate::command::say;

/// Say that the log was moved to this folder for good, and is continued nowhere else.
///
/// Not for a folder that was restored from a backup: what the original wrote since then exists, and two
/// histories under one key are a fork. Keep a restored folder for reading, and give the gateway an
/// empty folder and a new `node` in [audit].
///
/// Example: inland audit moved /srv/audit
#[derive(Args)]
pub(in crate::command) struct Moved {
    /// The folder of all partitions, where it stands now.
    directory: PathBuf,
}

impl Moved {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        Log::moved(&self.directory).map_err(|error| error.to_string())?;
        say(&format!("{} is continued here from now on", self.directory.display()));
        Ok(true)
    }
}
