//! Parquet: a folder `country=FR/date=2026-11-27/part-….parquet`, as every engine that knows Hive's
//! partitions reads it.
//!
//! Invariant: memory is bounded by [`GROUP_BYTES_MAX`] per open file and [`FILES_MAX`] of them,
//! however long the log and however its clock jumped. Country and date stand in the folders' names
//! and not in the files (an engine that finds them in both refuses or guesses).

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use ::parquet::schema::types::{ColumnPath, TypePtr};

use super::entry::Entry;
use super::output::{Pending, create, create_folder};
use super::row::{COLUMNS, Column, Kind, Value};
use super::{ExportError, Place};

/// A row group ends after this many rows (what DuckDB hands one thread) or bytes.
const GROUP_ROWS_MAX: usize = 122_880;
const GROUP_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A file ends after this many row groups: its footer is in memory until then.
const GROUPS_MAX: usize = 256;
/// Files that are open at once: at midnight, and when a clock was set back, two days alternate.
const FILES_MAX: usize = 2;
/// What Hive calls a partition without a value.
const NO_DATE: &str = "__HIVE_DEFAULT_PARTITION__";

/// The folder that is written.
pub(super) struct Folder {
    pending: Pending,
    schema: TypePtr,
    properties: WriterPropertiesPtr,
    /// What the files of this partition say of themselves.
    told: Vec<KeyValue>,
    /// The one that was written to last stands last.
    open: VecDeque<Part>,
    parts: u64,
}

impl Folder {
    pub(super) fn open(log: &Path, path: &Path, force: bool) -> Result<Folder, ExportError> {
        let pending = Pending::new(log, path, force, is_export)?;
        let schema = parse_message_type(&schema()).map(Arc::new);
        let schema = schema.map_err(|error| pending.fault(io::Error::other(error)))?;
        create_folder(pending.partial()).map_err(|error| pending.fault(error))?;
        let (open, properties) = (VecDeque::new(), Arc::new(properties()));
        Ok(Folder { pending, schema, properties, told: Vec::new(), open, parts: 0 })
    }

    pub(super) fn enter(&mut self, place: &Place, checkpoint: Option<String>) -> Result<(), ExportError> {
        self.close_all()?;
        let told = |key: &str, value: String| KeyValue::new(format!("inland.{key}"), value);
        let checkpoint = checkpoint.unwrap_or_else(|| "not verified".to_owned());
        self.told = vec![told("partition", place.partition.clone()), told("checkpoint", checkpoint)];
        Ok(())
    }

    pub(super) fn write(&mut self, entry: &Entry<'_>) -> Result<(), ExportError> {
        let date = entry.date.as_deref().unwrap_or(NO_DATE);
        let written = match self.open.iter().position(|part| part.date == date) {
            Some(at) => self.open.remove(at).map_or_else(|| self.start(entry.place, date), Ok),
            None => self.start(entry.place, date),
        };
        let written = written.and_then(|mut part| {
            let full = part.push(entry)?;
            if full {
                part.close()?
            } else {
                self.open.push_back(part)
            }
            Ok(())
        });
        written.map_err(|error| self.fault(error))
    }

    pub(super) fn finish(&mut self) -> Result<(), ExportError> {
        self.close_all()?;
        sync_folders(self.pending.partial()).map_err(|error| self.pending.fault(error))?;
        self.pending.commit()
    }

    /// Opens a new file, and closes the one that was not written to for longest.
    fn start(&mut self, place: &Place, date: &str) -> Result<Part, ParquetError> {
        if self.open.len() >= FILES_MAX
            && let Some(oldest) = self.open.pop_front()
        {
            oldest.close()?;
        }
        let folder = self.pending.partial().join(format!("country={}/date={date}", place.country));
        create_folder(&folder)?;
        let path = folder.join(format!("part-{}-{:06}.parquet", place.partition, self.parts));
        self.parts += 1;
        let out = create(&path)?;
        let mut writer =
            SerializedFileWriter::new(out, Arc::clone(&self.schema), Arc::clone(&self.properties))?;
        self.told.iter().for_each(|told| writer.append_key_value_metadata(told.clone()));
        Ok(Part { date: date.to_owned(), writer, group: Group::new(), groups: 0 })
    }

    fn close_all(&mut self) -> Result<(), ExportError> {
        while let Some(part) = self.open.pop_front() {
            part.close().map_err(|error| self.fault(error))?;
        }
        Ok(())
    }

    fn fault(&self, error: ParquetError) -> ExportError {
        // The disk's own words, if it was the disk.
        let disk = std::error::Error::source(&error).and_then(|inner| inner.downcast_ref::<io::Error>());
        let disk = disk.map(|disk| io::Error::new(disk.kind(), disk.to_string()));
        self.pending.fault(disk.unwrap_or_else(|| io::Error::other(error)))
    }
}

/// Only what has the shape of such a folder is replaced.
fn is_export(path: &Path) -> bool {
    let is_country = |entry: io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| {
            entry.file_name().to_string_lossy().starts_with("country=") && entry.path().is_dir()
        })
    };
    let folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    folder && std::fs::read_dir(path).is_ok_and(|mut entries| entries.all(is_country))
}

/// Makes the names in a folder, and in those below it, durable.
fn sync_folders(path: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(path)?.sync_all()
}

fn in_file() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| !column.in_path)
}

/// The columns in Parquet's own words.
fn schema() -> String {
    let mut text = "message record {\n".to_owned();
    for column in in_file() {
        let spelt = match column.kind {
            Kind::Text => format!("  optional binary {} (STRING);\n", column.name),
            Kind::Number => format!("  optional int64 {};\n", column.name),
            Kind::Time => format!("  optional int64 {} (TIMESTAMP(MICROS,true));\n", column.name),
            Kind::Flag => format!("  optional boolean {};\n", column.name),
        };
        text.push_str(&spelt);
    }
    text.push('}');
    text
}

fn properties() -> WriterProperties {
    let record = || ColumnPath::from("record");
    WriterProperties::builder()
        .set_created_by(format!("inland version {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::SNAPPY)
        // No two records are equal, and nobody looks for the smallest.
        .set_column_dictionary_enabled(record(), false)
        .set_column_statistics_enabled(record(), EnabledStatistics::None)
        .build()
}

/// A file that is written.
struct Part {
    date: String,
    writer: SerializedFileWriter<File>,
    group: Group,
    groups: usize,
}

impl Part {
    /// Whether the file is full.
    fn push(&mut self, entry: &Entry<'_>) -> Result<bool, ParquetError> {
        self.group.push(entry);
        if self.group.rows >= GROUP_ROWS_MAX || self.group.bytes >= GROUP_BYTES_MAX {
            self.flush()?;
        }
        Ok(self.groups >= GROUPS_MAX)
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let group = std::mem::replace(&mut self.group, Group::new());
        if group.rows > 0 {
            let mut row_group = self.writer.next_row_group()?;
            for cells in group.columns {
                let Some(mut column) = row_group.next_column()? else {
                    return Err(ParquetError::General("a column more than the schema has".to_owned()));
                };
                cells.write(column.untyped())?;
                column.close()?;
            }
            row_group.close()?;
            self.groups += 1;
        }
        Ok(())
    }

    fn close(mut self) -> Result<(), ParquetError> {
        self.flush()?;
        Ok(self.writer.into_inner()?.sync_all()?) // writes the footer and what is buffered
    }
}

/// Rows that are gathered, column by column.
struct Group {
    columns: Vec<Cells>,
    rows: usize,
    bytes: usize,
}

impl Group {
    fn new() -> Group {
        Group { columns: in_file().map(|column| Cells::new(column.kind)).collect(), rows: 0, bytes: 0 }
    }

    fn push(&mut self, entry: &Entry<'_>) {
        for (cells, column) in self.columns.iter_mut().zip(in_file()) {
            self.bytes += cells.push((column.of)(entry));
        }
        self.rows += 1;
    }
}

/// The cells of a column: its values, and for each row whether there is one (a definition level).
struct Cells {
    values: Values,
    present: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Number(Vec<i64>),
    Flag(Vec<bool>),
}

impl Cells {
    fn new(kind: Kind) -> Cells {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Number | Kind::Time => Values::Number(Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
        };
        Cells { values, present: Vec::new() }
    }

    /// How many bytes that takes, about.
    fn push(&mut self, value: Value) -> usize {
        let bytes = match (&mut self.values, value) {
            (Values::Text(values), Value::Text(text)) => {
                let bytes = size_of::<ByteArray>() + text.len();
                values.push(ByteArray::from(text.into_bytes()));
                Some(bytes)
            }
            (Values::Number(values), Value::Number(number) | Value::Time(number)) => {
                values.push(number);
                Some(size_of::<i64>())
            }
            (Values::Flag(values), Value::Flag(flag)) => {
                values.push(flag);
                Some(size_of::<bool>())
            }
            (Values::Text(_) | Values::Number(_) | Values::Flag(_), _) => None,
        };
        self.present.push(i16::from(bytes.is_some()));
        bytes.unwrap_or(0) + size_of::<i16>()
    }

    fn write(&self, column: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let present = Some(self.present.as_slice());
        match (&self.values, column) {
            (Values::Text(values), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
            }
            (Values::Number(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
            }
            (Values::Flag(values), ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
            }
            (Values::Text(_) | Values::Number(_) | Values::Flag(_), _) => {
                return Err(ParquetError::General("a column is of another type than its schema".to_owned()));
            }
        }
        Ok(())
    }
}
