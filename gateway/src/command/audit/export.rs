//! `inland audit export`: the log in the forms that other tools read.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::audit::{self, Exported, Output, Window};
use crate::command::progress::LogProgress;

/// Export records as JSON lines, CSV, Parquet or OCSF, after the log was verified.
///
/// CSV and Parquet have the same columns, the last of which is the record itself. A CSV text that a
/// spreadsheet could take for a formula, or that starts with ', has one ' before it: take it off.
/// Parquet is a folder country=…/date=…, OCSF is version 1.8.0, API Activity.
///
/// Example: inland audit export demo-state/audit --from 2026-11-01 --to 2026-12-01 --country FR
/// --format csv --output november.csv
#[derive(Args)]
pub(in crate::command) struct Export {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// Records from this time on: a date (UTC) or an RFC 3339 time.
    #[arg(long, value_name = "TIME", value_parser = audit::ExportInstant::parse)]
    from: Option<audit::ExportInstant>,
    /// Records before this time.
    #[arg(long, value_name = "TIME", value_parser = audit::ExportInstant::parse)]
    to: Option<audit::ExportInstant>,
    /// Partitions of this country; `_` is what belongs to no tenant. May be repeated.
    #[arg(long = "country", value_name = "CC")]
    countries: Vec<String>,
    /// Records of this tenant: its requests with their outcomes. May be repeated.
    #[arg(long = "tenant", value_name = "NAME")]
    tenants: Vec<String>,
    /// In what form.
    #[arg(long, value_enum)]
    format: Format,
    /// The file, for Parquet the folder, that is made; `-` is standard output.
    #[arg(long, value_name = "PATH")]
    output: PathBuf,
    /// Replace an earlier export of that name.
    #[arg(long)]
    force: bool,
    /// Export without verifying, also what no checkpoint covers yet.
    #[arg(long, conflicts_with = "vkeys")]
    no_verify: bool,
    /// A verifier key got from outside; without one the log's own copy is used. May be repeated.
    #[arg(long = "vkey", value_name = "KEY")]
    vkeys: Vec<String>,
    /// The log's `subject-keys`, or a copy: puts the names of persons into the export.
    #[arg(long, value_name = "FILE")]
    subject_keys: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
    Parquet,
    Ocsf,
}

impl Export {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let mut bar = LogProgress::default();
        let mut progress = |it: audit::Progress<'_>| bar.at(it);
        let output = match self.output.to_str() {
            Some("-") => Output::Stdout,
            _ => Output::Path { path: self.output, force: self.force },
        };
        let format = match self.format {
            Format::Jsonl => audit::ExportFormat::Jsonl,
            Format::Csv => audit::ExportFormat::Csv,
            Format::Parquet => audit::ExportFormat::Parquet,
            Format::Ocsf => audit::ExportFormat::Ocsf,
        };
        let export = audit::Export {
            window: Window::new(self.from, self.to)?,
            countries: self.countries,
            tenants: self.tenants,
            format,
            output,
            verify: !self.no_verify,
            vkeys: self.vkeys,
            subject_keys: self.subject_keys,
            progress: Some(&mut progress),
        };
        let exported = audit::export(&self.directory, export);
        drop(bar);
        tell(&exported.map_err(|error| error.to_string())?);
        Ok(true)
    }
}

/// What came out and what did not, on standard error: standard output may be the export.
fn tell(exported: &Exported) {
    let mut lines = vec![format!("exported: {} records", exported.records)];
    match &exported.verified {
        Some(report) => lines.push(format!("  verified first: {} records", report.records)),
        None => lines.push("  NOT verified: nothing says that these records are what was signed".to_owned()),
    }
    let mut count = |number: u64, what: &str| {
        if number > 0 {
            lines.push(format!("  {number} {what}"));
        }
    };
    count(exported.unsigned, "left out: no checkpoint covers them yet");
    for (kind, number) in &exported.omitted {
        // Escaped: a log made by somebody else must not speak to the terminal.
        count(*number, &format!("left out: {} has no place in this format", kind.escape_debug()));
    }
    count(
        exported.tenant_unknown,
        "OUTCOMEs left out: their INTENT, which names the tenant, is not in the log",
    );
    count(exported.newer, "are of a later version of the record format: some of their columns are empty");
    count(exported.sealed, "name a person whom none of the keys opens");
    for line in lines {
        let _ = writeln!(std::io::stderr(), "{line}"); // nobody to tell if it is closed
    }
}
