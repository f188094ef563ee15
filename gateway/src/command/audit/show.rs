//! `inland audit show`: what the log holds of one request.

use std::path::PathBuf;

use clap::Args;

use crate::audit;
use crate::command::say;

/// Show every record of one request.
///
/// Example: inland audit show demo-state/audit --request 01KB2M0Q5S6H0TD8C7F1J2WZ9X
#[derive(Args)]
pub(in crate::command) struct Show {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// The decision id: `x-inland-decision` of the answer.
    #[arg(long, value_name = "ID")]
    request: String,
}

impl Show {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let shown = audit::show(&self.directory, &self.request).map_err(|error| error.to_string())?;
        for it in &shown {
            say(&format!("{} #{} {}", it.partition, it.index, it.record));
        }
        if shown.is_empty() {
            return Err(format!("{} holds no record of {}", self.directory.display(), self.request));
        }
        Ok(true)
    }
}
