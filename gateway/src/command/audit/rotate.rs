//! `inland audit rotate`: a new checkpoint key.

use std::path::PathBuf;

use clap::Args;

use crate::audit::{self, Answer, Command};
use crate::command::say;

/// Give a log a new checkpoint key. The key before signs the new one in a ROTATE record; then both sign.
///
/// Works beside a running gateway. A log whose key the configuration
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
        let command = Command::Rotate { partition, overlap_days };
        match audit::order(&directory, &command).map_err(|error| error.to_string())? {
            Answer::Rotated(rotated) => {
                for it in rotated {
                    say(&format!("{}: record {} names the new key", it.partition, it.index));
                    say(&format!("  {}", it.new));
                }
                say("give the new keys to your auditors, by another way than the log");
                Ok(true)
            }
            Answer::Erased(_) | Answer::Pruned(_) => Err("the gateway answered another question".into()),
            Answer::Refused(why) => Err(why),
        }
    }
}
