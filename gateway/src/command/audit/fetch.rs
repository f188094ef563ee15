//! `inland audit fetch`: a copy of one log, out of a bucket.

use std::path::PathBuf;

use clap::Args;

use crate::audit::monitor;
use crate::command::{on_runtime, say};
use crate::config;

/// Fetch the copy of one log from a bucket into a new folder, and verify it there.
///
/// Example: inland audit fetch --config monitor.toml --log gw-1.example.test/FR-health --to copies
#[derive(Args)]
pub(in crate::command) struct Fetch {
    /// The monitor's configuration: buckets and keys.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Which log.
    #[arg(long, value_name = "NODE/PARTITION")]
    log: String,
    /// Where a folder of the partition's name is made.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

impl Fetch {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let monitor = config::Monitor::load(&self.config).map_err(|error| error.to_string())?;
        let (folder, report) = on_runtime_for(monitor::fetch(&monitor, &self.log, &self.to))?;
        say(&format!("{}: {} records, verified", folder.display(), report.records));
        Ok(true)
    }
}

/// Runs a future that has a result of its own.
fn on_runtime_for<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let mut result = Err("it did not run".to_owned());
    on_runtime(async {
        result = work.await;
        Ok(true)
    })?;
    result
}
