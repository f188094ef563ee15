//! `inland audit rotate`: a new checkpoint key, offline.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::audit::{Log, Rotated};
use crate::command::say;

/// Give a log a new checkpoint key. The key before signs the new one in a ROTATE record; then both sign.
///
/// The log must not be in use: its directory is locked meanwhile. A log whose key the configuration
/// names is rotated there: the new key as `key`, the one before as `old_key`.
///
/// Example: inland audit rotate demo-state/audit --partition FR-health
#[derive(Args)]
pub(in crate::command) struct Rotate {
    /// The folder of all partitions.
    directory: PathBuf,
    /// One partition; all of them unless said otherwise.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// For so many days checkpoints carry both signatures; 0 if the key before is not safe any more.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(..=3_653))]
    overlap_days: u32,
}

impl Rotate {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let Rotate { directory, partition, overlap_days } = self;
        let overlap = Duration::from_secs(u64::from(overlap_days) * 86_400);
        let node = node(&directory)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let log = Log::open(&directory, &node).map_err(|error| error.to_string())?;
            let rotated = rotate(&log, partition.as_deref(), overlap).await;
            // Whatever happened: the last checkpoint is signed by whoever has to sign it now.
            log.close().await;
            rotated
        })?;
        say("give the new keys to your auditors, by another way than the log");
        Ok(true)
    }
}

async fn rotate(log: &Log, partition: Option<&str>, overlap: Duration) -> Result<(), String> {
    let mut names: Vec<String> = log.partitions().iter().map(|found| found.name().to_owned()).collect();
    names.retain(|name| partition.is_none_or(|wanted| wanted == name));
    names.sort();
    if names.is_empty() {
        return Err("this log has no such partition".to_owned());
    }
    for name in names {
        let rotated = log.rotate(&name, overlap).await.map_err(|error| format!("{name}: {error}"))?;
        let Rotated { index, new, .. } = rotated;
        say(&format!("{name}: record {index} names the new key"));
        say(&format!("  {new}"));
    }
    Ok(())
}

/// The node that the log is of: a name given anew could be another, and that would be another log.
fn node(directory: &Path) -> Result<String, String> {
    let entries =
        std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for entry in entries.flatten() {
        let Ok(vkey) = std::fs::read_to_string(entry.path().join("vkey")) else { continue };
        if let Some((node, _)) = vkey.split_once('+').and_then(|(origin, _)| origin.split_once('/')) {
            return Ok(node.to_owned());
        }
    }
    Err(format!("{} is not the folder of a log: no partition in it has a vkey", directory.display()))
}
