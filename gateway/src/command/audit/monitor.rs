//! `inland audit monitor`: are the copies of all logs good, and do they grow?

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::audit::monitor::{Finding, Watch};
use crate::command::{on_runtime, say, until_stopped};
use crate::config;

/// Look after copies of logs, in buckets or folders: signatures, growth, records, age.
///
/// The exit status is 0 only if every log is good. `monitor.toml` holds the keys, which come from the nodes
/// and not from the bucket:
///
///   state = "monitor.state"
///   vkeys = ["gw-1.example.test/FR-health+1f3a0c52+AbCd…"]
///   [[bucket]]     # a copy of the [[audit.ship]] of gateway.toml, with keys that may only read
///
/// Example: inland audit monitor --config monitor.toml --once
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(in crate::command) struct Monitor {
    /// The monitor's own configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Look once and end.
    #[arg(long)]
    once: bool,
    /// Compute every log from its first record on, not from where the last look ended.
    #[arg(long)]
    full: bool,
    /// Print one JSON object per log.
    #[arg(long)]
    json: bool,
}

impl Monitor {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let monitor = config::Monitor::load(&self.config).map_err(|error| error.to_string())?;
        let watch = Watch::open(&monitor, self.full)?;
        on_runtime(async move {
            let mut stopped = std::pin::pin!(until_stopped());
            loop {
                let good = self.look(&watch).await?;
                if self.once {
                    return Ok(good);
                }
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(monitor.interval_seconds)) => {}
                    () = &mut stopped => return Ok(good),
                }
            }
        })
    }

    async fn look(&self, watch: &Watch) -> Result<bool, String> {
        let findings = watch.look().await?;
        for finding in &findings {
            say(&if self.json {
                serde_json::to_string(finding).map_err(|error| error.to_string())?
            } else {
                line(finding)
            });
        }
        Ok(!findings.is_empty() && findings.iter().all(|finding| finding.alarm.is_none()))
    }
}

fn line(finding: &Finding) -> String {
    let Finding { source, log, size, new, first_look, pruned, age_seconds, alarm } = finding;
    let name = if log.is_empty() { source } else { log };
    if let Some(alarm) = alarm {
        return format!("ALARM  {name}  {alarm}");
    }
    let mut line = format!("good   {name}  {size} records, {new} new");
    if *first_look {
        line += ", seen for the first time";
    }
    if *pruned > 0 {
        line += &format!(", those before {pruned} pruned");
    }
    if let Some(age) = age_seconds {
        line += &format!(", newest {age} s ago");
    }
    line
}
