//! `inland audit prove` and `check-proof`: that a record is in the log, for someone who has only its key.

use std::path::PathBuf;

use clap::Args;

use crate::audit;
use crate::command::say;

/// Write inclusion proofs (C2SP tlog-proof) for the records of one request.
///
/// Each is one file that carries the record, the hashes beside its way in the tree, and the signed
/// checkpoint. Whoever has the log's key can check it, with `inland audit check-proof` or any other
/// implementation of the format.
///
/// Example: inland audit prove demo-state/audit --request 01KB2M0Q5S6H0TD8C7F1J2WZ9X --output proofs
#[derive(Args)]
pub(in crate::command) struct Prove {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// The decision id: `x-inland-decision` of the answer.
    #[arg(long, value_name = "ID")]
    request: String,
    /// The folder for the files; it is made if it is not there.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// A verifier key got from outside; without one the log's own copy is used. May be repeated.
    #[arg(long = "vkey", value_name = "KEY")]
    vkeys: Vec<String>,
}

impl Prove {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let Prove { directory, request, output, vkeys } = self;
        let proofs = audit::prove(&directory, &request, &vkeys).map_err(|error| error.to_string())?;
        if proofs.is_empty() {
            return Err(format!("{} holds no record of {request}", directory.display()));
        }
        std::fs::create_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
        for proof in proofs {
            let path = output.join(format!("{}-{}.tlog-proof", proof.partition, proof.index));
            std::fs::write(&path, proof.text).map_err(|error| format!("{}: {error}", path.display()))?;
            say(&format!("{} #{}  {}", proof.partition, proof.index, path.display()));
        }
        Ok(true)
    }
}

/// Check an inclusion proof, offline and without the log.
///
/// Example: inland audit check-proof FR-health-4.tlog-proof --vkey "$(cat fr-health.vkey)"
#[derive(Args)]
pub(in crate::command) struct CheckProof {
    /// What `inland audit prove` wrote, or any C2SP tlog-proof.
    file: PathBuf,
    /// The log's verifier key, got from outside. May be repeated.
    #[arg(long = "vkey", value_name = "KEY", required = true)]
    vkeys: Vec<String>,
    /// The record, where the proof does not carry it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl CheckProof {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let told = |path: &PathBuf, error: std::io::Error| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&self.file).map_err(|error| told(&self.file, error))?;
        let record = self.record.as_ref().map(|path| std::fs::read(path).map_err(|error| told(path, error)));
        let record = record.transpose()?;
        let proven = audit::check_proof(&text, record.as_deref(), &self.vkeys);
        let proven = proven.map_err(|error| format!("{}: {error}", self.file.display()))?;
        if self.json {
            say(&serde_json::to_string(&proven).map_err(|error| error.to_string())?);
            return Ok(true);
        }
        say(&format!(
            "proven: record {} of {} is under its checkpoint of {} records",
            proven.index, proven.origin, proven.size
        ));
        say(&format!("  root {}", proven.root));
        if let Some(record) = proven.record {
            say(&format!("  {record}"));
        }
        Ok(true)
    }
}
