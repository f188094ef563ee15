//! Sink: one of the four formats that records go into.
//!
//! Invariant: a record is written whole or the export ends; the name appears in [`Sink::finish`].

use std::path::Path;

use super::entry::Entry;
use super::output::{Lines, Output};
use super::parquet::Folder;
use super::{ExportError, Format, Place, csv, ocsf};
use crate::audit::canonical;

pub(super) enum Sink {
    Lines { format: LineFormat, lines: Lines, line: Vec<u8> },
    Parquet(Box<Folder>),
}

/// A format of lines.
#[derive(Clone, Copy)]
pub(super) enum LineFormat {
    Jsonl,
    Csv,
    Ocsf,
}

impl Sink {
    pub(super) fn open(log: &Path, format: Format, output: &Output) -> Result<Sink, ExportError> {
        let format = match (format, output) {
            (Format::Jsonl, _) => LineFormat::Jsonl,
            (Format::Csv, _) => LineFormat::Csv,
            (Format::Ocsf, _) => LineFormat::Ocsf,
            (Format::Parquet, Output::Path { path, force }) => {
                return Folder::open(log, path, *force).map(|folder| Sink::Parquet(Box::new(folder)));
            }
            (Format::Parquet, Output::Stdout) => {
                let what = "--format parquet writes a folder: name one with --output";
                return Err(ExportError::Usage(what.to_owned()));
            }
        };
        let (mut lines, mut line) = (Lines::open(log, output)?, Vec::new());
        if matches!(format, LineFormat::Csv) {
            csv::header(&mut line);
            lines.write(&line)?;
        }
        Ok(Sink::Lines { format, lines, line })
    }

    /// Tells that records of another partition follow, and the checkpoint that covers them.
    pub(super) fn enter(&mut self, place: &Place, checkpoint: Option<String>) -> Result<(), ExportError> {
        match self {
            Sink::Lines { .. } => Ok(()),
            Sink::Parquet(folder) => folder.enter(place, checkpoint),
        }
    }

    /// Whether the format has a place for the record.
    pub(super) fn write(&mut self, entry: &Entry<'_>) -> Result<bool, ExportError> {
        match self {
            Sink::Parquet(folder) => folder.write(entry).map(|()| true),
            Sink::Lines { format, lines, line } => {
                line.clear();
                let fits = match format {
                    LineFormat::Csv => {
                        csv::line(entry, line);
                        true
                    }
                    LineFormat::Jsonl => {
                        jsonl(entry, line);
                        true
                    }
                    LineFormat::Ocsf => ocsf::line(entry, line),
                };
                lines.write(line).map(|()| fits)
            }
        }
    }

    pub(super) fn finish(&mut self) -> Result<(), ExportError> {
        match self {
            Sink::Lines { lines, .. } => lines.finish(),
            Sink::Parquet(folder) => folder.finish(),
        }
    }
}

/// `{"partition":"FR-health","index":12,"record":{…}}`, and the subject if it was opened.
fn jsonl(entry: &Entry<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"partition\":");
    canonical::string(&entry.place.partition, out);
    out.extend_from_slice(format!(",\"index\":{}", entry.index).as_bytes());
    if let Some(subject) = &entry.request.subject {
        out.extend_from_slice(b",\"subject\":");
        canonical::string(subject, out);
    }
    out.extend_from_slice(b",\"record\":");
    out.extend_from_slice(entry.text.as_bytes());
    out.extend_from_slice(b"}\n");
}
