//! Read: walk through a log without being its writer.
//!
//! Invariant: reading takes no lock and changes nothing, so it works on a running log, on a copy and
//! on a read-only disk; it gives whole records only, in order.

use std::path::{Path, PathBuf};

use super::note::Verifier;
use super::segment::{Frames, ReadError, list};

/// Why a log could not be read or does not verify. It names the first bad record.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The reader's move: a path or an option.
    #[error("{0}")]
    Usage(String),
    /// The disk's.
    #[error("{path}: {error}")]
    Disk {
        /// What was read.
        path: PathBuf,
        /// How it failed.
        error: std::io::Error,
    },
    /// The log is not what its checkpoint signed.
    #[error("{partition}{}: {what}", index.map_or_else(String::new, |index| format!(", record {index}")))]
    Fault {
        /// The partition.
        partition: String,
        /// The first bad record, if it is one.
        index: Option<u64>,
        /// What is wrong with it.
        what: String,
    },
}

impl VerifyError {
    /// For whoever asked: what they gave may be wrong, not the log.
    pub fn told(&self) -> String {
        match self {
            VerifyError::Usage(what) => what.clone(),
            VerifyError::Disk { .. } | VerifyError::Fault { .. } => {
                format!("the log does not verify: {self}")
            }
        }
    }

    pub(super) fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> VerifyError {
        let path = path.to_path_buf();
        |error| VerifyError::Disk { path, error }
    }

    pub(super) fn read(partition: &str) -> impl Fn(ReadError) -> VerifyError {
        let partition = partition.to_owned();
        move |error| VerifyError::Fault {
            partition: partition.clone(),
            index: error.index(),
            what: error.to_string(),
        }
    }
}

/// One record of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The partition that holds it.
    pub partition: String,
    /// Its index there.
    pub index: u64,
    /// Its JSON.
    pub record: String,
}

/// All records of one request: its own, and a RECOVERY that names it.
pub fn show(directory: &Path, id: &str) -> Result<Vec<Shown>, VerifyError> {
    let finder = memchr::memmem::Finder::new(id.as_bytes());
    let mut shown = Vec::new();
    for (name, path) in partitions(directory)? {
        for record in records(&path)? {
            let (index, bytes) = record?;
            // A cheap look first: nearly no record is of this request.
            if finder.find(&bytes).is_some() && names(&bytes, id) {
                let record = String::from_utf8_lossy(&bytes).into_owned();
                shown.push(Shown { partition: name.clone(), index, record });
            }
        }
    }
    Ok(shown)
}

fn names(record: &[u8], id: &str) -> bool {
    let Ok(record) = serde_json::from_slice::<serde_json::Value>(record) else { return false };
    let is = |value: &serde_json::Value| value.get("id").and_then(|found| found.as_str()) == Some(id);
    is(&record) || record.get("open").and_then(|open| open.as_array()).is_some_and(|open| open.iter().any(is))
}

/// The records of one partition, in order, with their indices.
pub fn records(partition: &Path) -> Result<Records, VerifyError> {
    records_from(partition, 0)
}

/// The same from this index on, or from the first that is left.
pub fn records_from(partition: &Path, index: u64) -> Result<Records, VerifyError> {
    let name = name_of(partition);
    let segments = list(partition).map_err(VerifyError::read(&name))?;
    if segments.is_empty() {
        return Err(VerifyError::Usage(format!("{} holds no segments of a log", partition.display())));
    }
    Ok(Records { name, from: index, frames: Frames::from(&segments, index), ended: false })
}

/// Reads records, one at a time, in bounded memory.
pub struct Records {
    name: String,
    from: u64,
    frames: Frames,
    ended: bool,
}

impl Iterator for Records {
    type Item = Result<(u64, Vec<u8>), VerifyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        // A segment is read from its start, where the first record that is wanted may not stand.
        while self.frames.index() < self.from && matches!(self.frames.next(), Ok(Some(_))) {}
        match self.frames.next() {
            Ok(Some(frame)) => Some(Ok((frame.sequence, frame.record().to_vec()))),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(VerifyError::read(&self.name)(error)))
            }
        }
    }
}

/// The partitions of a directory: itself, or those in it.
pub(super) fn partitions(directory: &Path) -> Result<Vec<(String, PathBuf)>, VerifyError> {
    if directory.join("checkpoint").exists() || directory.join("segments").exists() {
        return Ok(vec![(name_of(directory), directory.to_path_buf())]);
    }
    let mut found = Vec::new();
    let unread = |error| VerifyError::Usage(format!("{}: {error}", directory.display()));
    for entry in std::fs::read_dir(directory).map_err(unread)? {
        let path = entry.map_err(VerifyError::disk(directory))?.path();
        let name = name_of(&path);
        if path.is_dir() && super::is_partition_name(&name) {
            found.push((name, path));
        }
    }
    if found.is_empty() {
        return Err(VerifyError::Usage(format!("{} holds no partition of a log", directory.display())));
    }
    found.sort();
    Ok(found)
}

/// The keys from outside that are of this partition, and then no other; without any, the log's own,
/// newest first.
pub(super) fn keys(name: &str, path: &Path, vkeys: &[String]) -> Result<Vec<Verifier>, VerifyError> {
    let names_us = |verifier: &Verifier| verifier.origin().rsplit('/').next() == Some(name);
    if vkeys.is_empty() {
        let path = path.join("vkey");
        let text = std::fs::read_to_string(&path).map_err(VerifyError::disk(&path))?;
        let keys = Verifier::parse_file(&text).filter(|keys| keys.iter().all(names_us));
        return keys.ok_or_else(|| VerifyError::Fault {
            partition: name.to_owned(),
            index: None,
            what: "its vkey is damaged or of another partition".to_owned(),
        });
    }
    let keys: Vec<Verifier> = vkeys.iter().filter_map(|key| Verifier::parse(key)).filter(names_us).collect();
    if keys.is_empty() {
        return Err(VerifyError::Usage(format!("none of the given keys is a key of {name}")));
    }
    Ok(keys)
}

fn name_of(path: &Path) -> String {
    // A path like `.` has no name of its own until it is resolved.
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    resolved.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
