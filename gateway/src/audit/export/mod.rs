//! Export: the log in the forms that other tools read.
//!
//! Invariant: what comes out is the record, byte for byte, beside its partition and index; columns
//! are only read from it. Only a log that verifies is exported (or its report says that it was not
//! asked to be), reading takes no lock and changes nothing in the log, memory does not grow with it,
//! and nothing half stands under the name that was asked for. `README.md` describes each form.

pub(super) mod csv;
mod entry;
mod filter;
mod ocsf;
mod output;
mod parquet;
mod row;
mod sink;

pub use filter::{Instant, Window};
pub use output::Output;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use entry::{Entry, Fields, Requests};
use sink::Sink;

use super::read::{VerifyError, partitions, records};
use super::subject::OpenKeys;
use super::verify::{self, PROGRESS_RECORDS, Progress, Report};

/// Kinds of records that are counted by name: a log made by somebody else may have any number.
const KINDS_MAX: usize = 32;

/// In what form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line: partition, index and the record.
    Jsonl,
    /// RFC 4180, safe to open in a spreadsheet.
    Csv,
    /// A folder that is partitioned by country and date.
    Parquet,
    /// Open Cybersecurity Schema Framework 1.8, API Activity.
    Ocsf,
}

/// What is exported, and where to.
pub struct Export<'a> {
    /// Records of this time.
    pub window: Window,
    /// Of these countries, `_` for what belongs to no tenant; of all if there is none.
    pub countries: Vec<String>,
    /// Of these tenants; of all if there is none.
    pub tenants: Vec<String>,
    /// In what form.
    pub format: Format,
    /// Where to.
    pub output: Output,
    /// Verify the log first, and export what its checkpoint covers.
    pub verify: bool,
    /// Public keys from outside the log.
    pub vkeys: Vec<String>,
    /// The key file that opens subjects.
    pub subject_keys: Option<PathBuf>,
    /// Called now and then.
    pub progress: Option<&'a mut dyn FnMut(Progress<'_>)>,
}

/// What came out, and what did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// What was verified first; nothing if that was not asked for.
    pub verified: Option<Report>,
    /// Records that came out.
    pub records: u64,
    /// Records that no checkpoint covers yet: left out of a verified export.
    pub unsigned: u64,
    /// Records of kinds that the format has no place for, per kind.
    pub omitted: BTreeMap<String, u64>,
    /// OUTCOMEs that were left out because their INTENT, which names the tenant, is not in the log.
    pub tenant_unknown: u64,
    /// Records that came out, of a later version of the record format: columns may be empty.
    pub newer: u64,
    /// Records whose subject no given key opens: it was erased, or the file is of another node.
    pub sealed: u64,
}

/// Why nothing came out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The caller's move.
    #[error("{0}")]
    Usage(String),
    /// The log's.
    #[error("the log does not verify, so nothing was exported: {0}")]
    Unverified(VerifyError),
    /// The log's.
    #[error(transparent)]
    Log(#[from] VerifyError),
    /// The disk's.
    #[error("could not write {path}: {error}; this export left nothing under that name")]
    Output {
        /// What was written.
        path: PathBuf,
        /// How it failed.
        error: std::io::Error,
    },
}

/// Exports one partition, or all in a directory.
pub fn export(directory: &Path, mut export: Export<'_>) -> Result<Exported, ExportError> {
    let chosen = chosen(directory, &export.countries)?;
    let keys = export.subject_keys.as_deref().map(OpenKeys::read).transpose();
    let keys = keys.map_err(|error| ExportError::Usage(format!("--subject-keys: {error}")))?;
    // Before the long verification: a name that cannot be written is told at once.
    let mut sink = Sink::open(directory, export.format, &export.output)?;
    let verified = match export.verify {
        true => Some(verified(directory, &mut export)?),
        false => None,
    };
    let mut exported = Exported { verified, ..Exported::default() };
    for (place, path) in &chosen {
        let mut run =
            Run { export: &mut export, exported: &mut exported, sink: &mut sink, keys: keys.as_ref() };
        run.partition(place, path)?;
    }
    sink.finish()?;
    Ok(exported)
}

fn verified(directory: &Path, export: &mut Export<'_>) -> Result<Report, ExportError> {
    let mut progress = |progress: Progress<'_>| {
        if let Some(tell) = &mut export.progress {
            tell(progress);
        }
    };
    let options = verify::Options {
        vkeys: export.vkeys.clone(),
        progress: Some(&mut progress),
        ..verify::Options::default()
    };
    verify::verify(directory, options).map_err(|error| match error {
        VerifyError::Usage(_) => ExportError::Log(error),
        VerifyError::Disk { .. } | VerifyError::Fault { .. } => ExportError::Unverified(error),
    })
}

/// A partition's name, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    partition: String,
    country: String,
    sector: Option<String>,
}

impl Place {
    /// `FR-health` is of France; what belongs to no tenant is of `_`.
    fn of(partition: &str) -> Option<Place> {
        if !super::is_partition_name(partition) {
            return None;
        }
        let (country, sector) = match partition.split_once('-') {
            Some((country, sector)) => (country, Some(sector.to_owned())),
            None => ("_", None),
        };
        Some(Place { partition: partition.to_owned(), country: country.to_owned(), sector })
    }
}

/// The partitions of the countries. One that the log does not have is an error: an empty export
/// would look like a complete one.
fn chosen(directory: &Path, countries: &[String]) -> Result<Vec<(Place, PathBuf)>, ExportError> {
    let mut all = Vec::new();
    for (name, path) in partitions(directory)? {
        let place = Place::of(&name).ok_or_else(|| {
            ExportError::Usage(format!(
                "{name} is not the name of a partition: call its folder as it was, like FR-health"
            ))
        })?;
        all.push((place, path));
    }
    for country in countries {
        if !all.iter().any(|(place, _)| place.country == *country) {
            let mut held: Vec<&str> = all.iter().map(|(place, _)| place.country.as_str()).collect();
            held.dedup();
            let held = held.join(", ");
            return Err(ExportError::Usage(format!(
                "no partition is of country {country}: this log has {held}"
            )));
        }
    }
    all.retain(|(place, _)| countries.is_empty() || countries.contains(&place.country));
    Ok(all)
}

struct Run<'r, 'e> {
    export: &'r mut Export<'e>,
    exported: &'r mut Exported,
    sink: &'r mut Sink,
    keys: Option<&'r OpenKeys>,
}

impl Run<'_, '_> {
    fn partition(&mut self, place: &Place, path: &Path) -> Result<(), ExportError> {
        let report = self.exported.verified.as_ref().map(|report| report.partitions.get(&place.partition));
        let end = report.map(|report| report.map_or(0, |report| report.size));
        let checkpoint = report.flatten().map(|report| format!("{} {}", report.size, report.checkpoint));
        self.sink.enter(place, checkpoint)?;
        let total = end.unwrap_or(0);
        let mut requests = Requests::default();
        for record in records(path)? {
            let (index, bytes) = record?;
            if end.is_some_and(|end| index >= end) {
                self.exported.unsigned += 1;
                continue;
            }
            self.record(place, index, &bytes, &mut requests)?;
            if (index + 1).is_multiple_of(PROGRESS_RECORDS)
                && let Some(tell) = &mut self.export.progress
            {
                tell(Progress { partition: &place.partition, done: index + 1, total });
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        place: &Place,
        index: u64,
        bytes: &[u8],
        requests: &mut Requests,
    ) -> Result<(), ExportError> {
        let fault = |what: &str| {
            let what = what.to_owned();
            VerifyError::Fault { partition: place.partition.clone(), index: Some(index), what }
        };
        let text = std::str::from_utf8(bytes).map_err(|_| fault("the record is not UTF-8"))?;
        let fields =
            Fields::parse(text).ok_or_else(|| fault("the record is not a JSON object on one line"))?;
        let entry = Entry::new(place, index, text, &fields, requests, self.keys);
        // Without a time nobody can say on which side of the window a record is.
        if entry.time_us.is_none() && self.export.window.is_bounded() {
            return Err(fault(
                "the record has no time that this program reads: export without --from and --to",
            )
            .into());
        }
        let wanted = self.export.window.holds(entry.time_us) && self.is_of_tenant(&entry);
        entry.remember(requests);
        if wanted { self.write(&entry) } else { Ok(()) }
    }

    fn is_of_tenant(&mut self, entry: &Entry<'_>) -> bool {
        if self.export.tenants.is_empty() {
            return true;
        }
        if entry.kind == "OUTCOME" && entry.tenant.is_none() {
            self.exported.tenant_unknown += 1;
        }
        let asked = |tenant: &str| self.export.tenants.iter().any(|asked| asked == tenant);
        entry.tenant.as_deref().is_some_and(asked) || entry.open_tenants.iter().any(|tenant| asked(tenant))
    }

    fn write(&mut self, entry: &Entry<'_>) -> Result<(), ExportError> {
        if !self.sink.write(entry)? {
            let omitted = &mut self.exported.omitted;
            let counted = omitted.len() < KINDS_MAX || omitted.contains_key(&entry.kind);
            let kind = if counted { entry.kind.as_str() } else { "others" };
            *omitted.entry(kind.to_owned()).or_default() += 1;
            return Ok(());
        }
        self.exported.records += 1;
        self.exported.newer += u64::from(entry.is_newer());
        self.exported.sealed += u64::from(self.keys.is_some() && entry.is_sealed());
        Ok(())
    }
}
