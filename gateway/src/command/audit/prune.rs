//! `inland audit prune`: let old segments go.

use std::path::PathBuf;

use clap::Args;
use time::macros::format_description;

use super::carry_out;
use crate::audit::{self, Answer, Command, Pruning};
use crate::command::say;

/// Let the oldest segments go, under a PRUNE record. What is left still verifies.
///
/// A segment goes when each of its records is older than DATE, than 184 days (Regulation (EU) 2024/1689,
/// Art. 19(1)) and than the days that its own decision asks for. Works beside a running gateway.
///
/// Example: inland audit prune audit --before 2026-01-31 --dry-run
#[derive(Args)]
pub(in crate::command) struct Prune {
    /// The folder of all partitions.
    directory: PathBuf,
    /// Records of earlier days may go: YYYY-MM-DD, UTC.
    #[arg(long, value_name = "DATE")]
    before: String,
    /// Only say what would go.
    #[arg(long)]
    dry_run: bool,
}

impl Prune {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let before_us = midnight_us(&self.before)?;
        if self.dry_run {
            let found = audit::prunable(&self.directory, before_us).map_err(|error| error.to_string())?;
            show(&found, "would go");
            return Ok(true);
        }
        match carry_out(&self.directory, &Command::Prune { before_us })? {
            Answer::Pruned(pruned) => {
                show(&pruned, "went");
                Ok(true)
            }
            Answer::Erased(_) | Answer::Rotated(_) => Err("the gateway answered another question".into()),
            Answer::Refused(why) => Err(why),
        }
    }
}

fn show(pruned: &[Pruning], went: &str) {
    for it in pruned {
        say(&format!(
            "{:<18} {} records in {} segments {went}; the first that remains is {}",
            it.partition, it.records, it.segments, it.minimum
        ));
    }
    if pruned.is_empty() {
        say(&format!("nothing {went}: no whole segment is old enough"));
    }
}

fn midnight_us(date: &str) -> Result<u64, String> {
    let parsed = time::Date::parse(date, format_description!("[year]-[month]-[day]"));
    let date = parsed.map_err(|_| format!("{date:?} is not a date; write: --before 2026-01-31"))?;
    let seconds = date.midnight().assume_utc().unix_timestamp();
    u64::try_from(seconds).map(|seconds| seconds * 1_000_000).map_err(|_| "no log is that old".into())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_midnight_and_nothing_else_is_a_date() {
        assert_eq!(midnight_us("1970-01-02").unwrap(), 86_400_000_000);
        assert_eq!(midnight_us("2026-07-28").unwrap(), 1_785_196_800_000_000);
        for wrong in ["", "2026-02-30", "2026-7-28", "28.07.2026", "1969-12-31", "2026-07-28T00:00:00Z"] {
            assert!(midnight_us(wrong).is_err(), "{wrong}");
        }
    }
}
