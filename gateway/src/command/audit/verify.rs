//! `inland audit verify`: is this log what its key signed?

use std::path::PathBuf;

use clap::Args;

use crate::audit::{self, Cosigner, Options};
use crate::command::progress::LogProgress;
use crate::command::say;

/// Verify a log: frames, entry bundles, tiles and checkpoint of one partition, or of a folder of all.
///
/// Example: inland audit verify demo-state/audit
#[derive(Args)]
pub(in crate::command) struct Verify {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// A verifier key got from outside; without one the log's own copy is used. May be repeated.
    #[arg(long = "vkey", value_name = "KEY")]
    vkeys: Vec<String>,
    /// An older checkpoint kept outside, in a file: the log must be a continuation of it. May be repeated.
    #[arg(long, value_name = "FILE")]
    since: Vec<PathBuf>,
    /// A witness's key: it must have cosigned a checkpoint that the log grew out of. May be repeated.
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<String>,
    /// How many of the witnesses; all of them unless said otherwise.
    #[arg(long, value_name = "N", requires = "witnesses")]
    quorum: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let Verify { directory, vkeys, since, witnesses, quorum, json } = self;
        let (witnesses, quorum) = cosigners(&witnesses, quorum)?;
        let read = |path: PathBuf| {
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let since = since.into_iter().map(read).collect::<Result<_, _>>()?;
        let mut bar = LogProgress::default();
        let mut progress = |it: audit::Progress<'_>| bar.at(it);
        let options =
            Options { vkeys: vkeys.clone(), since, witnesses, quorum, progress: Some(&mut progress) };
        let verified = audit::verify(&directory, options);
        drop(bar);
        let report = verified.map_err(|error| error.told())?;
        if json {
            say(&serde_json::to_string(&report).map_err(|error| error.to_string())?);
            return Ok(true);
        }
        say(&format!("verified: {} records in {} partitions", report.records, report.partitions.len()));
        for (name, it) in &report.partitions {
            say(&format!("  {name:<18} {:>8} records  root {}", it.records, it.checkpoint));
            if !vkeys.is_empty() && !vkeys.iter().any(|vkey| vkey.trim_end() == it.vkey) {
                say(&format!("  {:<18} signed by a newer key: {}", "", it.vkey));
            }
            if let Some(witnessed) = it.witnessed {
                say(&format!("  {:<18} {witnessed:>8} of them under a witnessed checkpoint", ""));
            }
            if it.unsigned > 0 || it.cut_bytes > 0 {
                say(&format!(
                    "  {:<18} {} not yet under a checkpoint, {} bytes of a torn end",
                    "", it.unsigned, it.cut_bytes
                ));
            }
        }
        Ok(true)
    }
}

/// The witnesses, and how many of them it takes.
fn cosigners(vkeys: &[String], quorum: Option<usize>) -> Result<(Vec<Cosigner>, usize), String> {
    let mut all: Vec<Cosigner> = Vec::new();
    for vkey in vkeys {
        let witness = Cosigner::parse(vkey).map_err(|what| format!("--witness {vkey}: {what}"))?;
        if all.contains(&witness) {
            return Err(format!("--witness {vkey} stands twice: it counts once"));
        }
        all.push(witness);
    }
    match quorum.unwrap_or(all.len()) {
        0 if !all.is_empty() => Err("a quorum of none would prove nothing".to_owned()),
        quorum if quorum > all.len() => Err(format!("a quorum of {quorum} out of {} witnesses", all.len())),
        quorum => Ok((all, quorum)),
    }
}
