//! Segment: the files that hold the frames, which are the truth of the log.
//!
//! Invariant: the frames of all segments, read in order, are numbered 0, 1, 2, … without a gap; where
//! the first segments were pruned, from a multiple of 256 on. A segment appears under its name only
//! when its header (and what it carries over) is durable. Where a segment starts at an index, everything
//! that an earlier one holds from there on is void: that is how a log goes on after a disk error without
//! trusting the file that saw it. Zeros behind the last frame are room for the next ones.
//!
//! ```text
//! segments/0001.seg
//! offset  0  magic        "INLSEG01"
//!         8  first        u64 little-endian, index of its first frame, a multiple of 256
//!        16  oldest open  u64 little-endian, no INTENT before this index lacks its OUTCOME
//!        24  checksum     u32 little-endian, CRC-32C over bytes 0..24
//!        28  frames
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::frame::{Bad, Frame, Reader};

/// A segment ends at the first multiple of 256 records after this many bytes.
pub(super) const SEGMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes before the first frame.
pub(super) const HEADER_BYTES: u64 = 28;
const HEADER_LENGTH: usize = 28;
const MAGIC: [u8; 8] = *b"INLSEG01";

/// One segment, as its name and header describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) number: u64,
    pub(super) first: u64,
    pub(super) oldest_open: u64,
}

/// What keeps a log from being read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("{}: {error}", path.display())]
    Disk { path: PathBuf, error: io::Error },
    #[error("{file}: {what}")]
    Segment { file: String, what: &'static str },
    #[error("{file}, record {index}: {bad}")]
    Frame { file: String, index: u64, bad: Bad },
    #[error("{file}: record {found} stands where record {index} belongs")]
    Order { file: String, index: u64, found: u64 },
}

impl ReadError {
    fn disk(path: &Path) -> impl Fn(io::Error) -> ReadError {
        let path = path.to_path_buf();
        move |error| ReadError::Disk { path: path.clone(), error }
    }

    /// The record at which reading ended, if it is about one.
    pub(super) fn index(&self) -> Option<u64> {
        match self {
            ReadError::Frame { index, .. } | ReadError::Order { index, .. } => Some(*index),
            ReadError::Disk { .. } | ReadError::Segment { .. } => None,
        }
    }
}

/// The name of a segment.
pub(super) fn path(partition: &Path, number: u64) -> PathBuf {
    partition.join("segments").join(format!("{number:04}.seg"))
}

/// The header of a segment.
pub(super) fn header(first: u64, oldest_open: u64) -> [u8; HEADER_LENGTH] {
    let mut header = [0; HEADER_LENGTH];
    let fields = MAGIC.into_iter().chain(first.to_le_bytes()).chain(oldest_open.to_le_bytes());
    header.iter_mut().zip(fields).for_each(|(byte, value)| *byte = value);
    let (covered, checksum) = header.split_at_mut(HEADER_LENGTH - 4);
    checksum.copy_from_slice(&crc32c::crc32c(covered).to_le_bytes());
    header
}

/// First index and oldest open one.
fn parse_header(header: &[u8; HEADER_LENGTH]) -> Option<(u64, u64)> {
    let (covered, checksum) = header.split_last_chunk::<4>()?;
    let (magic, fields) = covered.split_first_chunk::<8>()?;
    let (first, oldest) = fields.split_first_chunk::<8>()?;
    let whole = *magic == MAGIC && crc32c::crc32c(covered) == u32::from_le_bytes(*checksum);
    whole.then_some((u64::from_le_bytes(*first), u64::from_le_bytes(*oldest.first_chunk()?)))
}

/// All segments of a partition, in order. Temporary files are what a crash left of one that nobody
/// has written to yet.
pub(super) fn list(partition: &Path) -> Result<Vec<Segment>, ReadError> {
    let directory = partition.join("segments");
    let mut segments = Vec::new();
    let names = match std::fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(segments),
        other => other.map_err(ReadError::disk(&directory))?,
    };
    for name in names {
        let path = name.map_err(ReadError::disk(&directory))?.path();
        if let Some(number) = number(&path) {
            segments.push(read_segment(path, number)?);
        }
    }
    segments.sort_by_key(|segment| segment.number);
    for pair in segments.windows(2) {
        if let [earlier, later] = pair
            && (later.first < earlier.first || later.number != earlier.number + 1)
        {
            return Err(ReadError::Segment {
                file: file_name(&later.path),
                what: "a segment before it is missing",
            });
        }
    }
    Ok(segments)
}

/// The number of the first segment that stands, as far as names tell.
pub(super) fn first_number(partition: &Path) -> Option<u64> {
    let names = std::fs::read_dir(partition.join("segments")).ok()?;
    names.flatten().filter_map(|name| number(&name.path())).min()
}

/// The number that a segment's name says.
fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".seg")?.parse().ok()
}

/// The segment of this number, if it stands.
pub(super) fn open(partition: &Path, number: u64) -> Result<Option<Segment>, ReadError> {
    let path = path(partition, number);
    if path.exists() { read_segment(path, number).map(Some) } else { Ok(None) }
}

fn read_segment(path: PathBuf, number: u64) -> Result<Segment, ReadError> {
    let mut header = [0; HEADER_LENGTH];
    let read = File::open(&path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(ReadError::disk(&path)(error));
        }
        Ok(()) | Err(_) => {}
    }
    match parse_header(&header) {
        Some((first, oldest_open)) => Ok(Segment { path, number, first, oldest_open }),
        None => Err(ReadError::Segment { file: file_name(&path), what: "the header is damaged" }),
    }
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Where reading ended: the last segment up to its last whole frame, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) path: PathBuf,
    /// Length of the segment up to and with its last whole frame.
    pub(super) good_bytes: u64,
    /// Bytes behind it, up to the last that is not zero: of a torn write, or of one that is going on.
    pub(super) cut_bytes: u64,
}

/// Reads the frames of segments in order.
pub(super) struct Frames {
    segments: Vec<Segment>,
    at: usize,
    reader: Option<Reader<File>>,
    next: u64,
    offset: u64,
    end: Option<End>,
}

impl Frames {
    /// Reads from the start of the first of `segments`.
    pub(super) fn new(segments: Vec<Segment>) -> Frames {
        let next = segments.first().map_or(0, |segment| segment.first);
        Frames { segments, at: 0, reader: None, next, offset: 0, end: None }
    }

    /// Reads from the last segment that holds record `index`.
    pub(super) fn from(segments: &[Segment], index: u64) -> Frames {
        let holder = segments.partition_point(|segment| segment.first <= index).saturating_sub(1);
        Frames::new(segments.get(holder..).unwrap_or_default().to_vec())
    }

    /// The index of the frame that comes next.
    pub(super) fn index(&self) -> u64 {
        self.next
    }

    /// Where in its segment the frame stands that came last.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// After the last frame: where that was.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The next frame; nothing after the last whole one of the last segment.
    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, ReadError> {
        self.enter()?;
        let (Some(reader), Some(segment)) = (self.reader.as_mut(), self.segments.get(self.at)) else {
            return Ok(None);
        };
        let last = self.at + 1 == self.segments.len();
        self.offset = HEADER_BYTES + reader.consumed();
        let index = self.next;
        match reader.next().map_err(ReadError::disk(&segment.path))? {
            Some(Ok(frame)) if frame.sequence == index => {
                self.next += 1;
                Ok(Some(frame))
            }
            Some(Ok(frame)) => {
                Err(ReadError::Order { file: file_name(&segment.path), index, found: frame.sequence })
            }
            // Only the last segment may end in the middle: it is the one that was being written.
            _ if last => {
                self.end = Some(end(segment, self.offset)?);
                Ok(None)
            }
            Some(Err(bad)) => Err(ReadError::Frame { file: file_name(&segment.path), index, bad }),
            None => Err(ReadError::Frame { file: file_name(&segment.path), index, bad: Bad::Short }),
        }
    }

    /// Opens the segment that holds the next frame.
    fn enter(&mut self) -> Result<(), ReadError> {
        while self.segments.get(self.at + 1).is_some_and(|segment| segment.first == self.next) {
            self.at += 1;
            self.reader = None;
        }
        if self.reader.is_none()
            && let Some(segment) = self.segments.get(self.at)
        {
            let opened = File::open(&segment.path).and_then(|mut file| {
                file.seek(SeekFrom::Start(HEADER_BYTES))?;
                Ok(Reader::new(file))
            });
            self.reader = Some(opened.map_err(ReadError::disk(&segment.path))?);
        }
        Ok(())
    }
}

fn end(segment: &Segment, good_bytes: u64) -> Result<End, ReadError> {
    let read = File::open(&segment.path).and_then(|mut file| {
        file.seek(SeekFrom::Start(good_bytes))?;
        last_not_zero(file)
    });
    let cut_bytes = read.map_err(ReadError::disk(&segment.path))?;
    Ok(End { path: segment.path.clone(), good_bytes, cut_bytes })
}

/// How many bytes there are up to the last that is not zero.
fn last_not_zero(mut source: impl Read) -> io::Result<u64> {
    let (mut window, mut passed, mut last) = ([0; 8_192], 0, 0);
    loop {
        let read = source.read(&mut window)?;
        let bytes = window.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(last);
        }
        if let Some(at) = bytes.iter().rposition(|byte| *byte != 0) {
            last = passed + at as u64 + 1;
        }
        passed += read as u64;
    }
}
