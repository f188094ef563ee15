//! Journal: the step that makes records durable.
//!
//! Invariant (E2): [`Journal::commit`] counts a record as committed only after an fdatasync that
//! covered it came back without an error. Whatever fails, the next commit either goes on behind the
//! last durable frame of the same segment or begins a new segment; a gap or a doubt never stays.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::AuditError;
use super::disk::{Disk, temporary};
use super::frame::{self, seal};
use super::segment::{self, HEADER_BYTES};
use super::tree::TILE_WIDTH;

/// Zeros that stand ready behind the frames; a young segment gets as many as it has bytes. Committing
/// into them changes neither the length nor the blocks of the file, so the file system writes the frames
/// and nothing else: half the time on ext4, and no wait for a journal that others keep busy.
const ROOM: &[u8; 64 * 1024] = &[0; 64 * 1024];

/// The end of a log that records are appended to.
#[derive(Debug)]
pub(super) struct Journal {
    disk: Disk,
    partition: PathBuf,
    segment_bytes_max: u64,
    /// The segment that is written to.
    number: u64,
    /// Its file; nothing after an fsync error, until a new segment took over.
    file: Option<File>,
    /// How much of it is durable.
    length: u64,
    /// Where the zeros behind that end.
    room: u64,
    /// Where in it the frame stands whose index is the last multiple of 256.
    boundary: u64,
    /// The index that the next record gets.
    next: u64,
    /// INTENTs without an OUTCOME: index and id.
    open: BTreeMap<u64, String>,
}

/// What a record means for the requests that are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    /// Opens the request with this id.
    Intent(String),
    /// Closes the request whose INTENT has this index.
    Outcome(u64),
    /// Neither.
    Other,
}

/// Where a recovered log ends.
#[derive(Debug)]
pub(super) struct Position {
    pub(super) number: u64,
    pub(super) length: u64,
    pub(super) boundary: u64,
    pub(super) next: u64,
    pub(super) open: BTreeMap<u64, String>,
}

/// How far a commit came.
#[derive(Debug)]
pub(super) struct Committed {
    /// The index of the first record of the batch.
    pub(super) first: u64,
    /// How many of its records are durable.
    pub(super) count: usize,
    /// Why not all are.
    pub(super) error: Option<AuditError>,
}

impl Journal {
    /// Starts the first segment of a new log.
    pub(super) fn create(
        disk: &Disk,
        partition: &Path,
        segment_bytes_max: u64,
    ) -> Result<Journal, AuditError> {
        let open = BTreeMap::new();
        let position = Position { number: 0, length: HEADER_BYTES, boundary: HEADER_BYTES, next: 0, open };
        let mut journal = Journal::at(disk, partition, segment_bytes_max, position);
        journal.begin_segment().map_err(AuditError::disk("begin a segment", partition))?;
        Ok(journal)
    }

    /// Goes on where a recovered log ends. Bytes behind that are cut off, and what is before it is
    /// made durable: a killed process may have left it in the page cache only.
    pub(super) fn resume(
        disk: &Disk,
        partition: &Path,
        segment_bytes_max: u64,
        position: Position,
    ) -> Result<Journal, AuditError> {
        let mut journal = Journal::at(disk, partition, segment_bytes_max, position);
        let path = segment::path(partition, journal.number);
        let file = disk.open_over(&path).map_err(AuditError::disk("open", &path))?;
        // A crash in here: the next start finds the same whole frames and does the same again.
        disk.truncate(&file, journal.length).map_err(AuditError::disk("truncate", &path))?;
        disk.sync(&file).map_err(AuditError::disk("sync", &path))?;
        journal.file = Some(file);
        Ok(journal)
    }

    fn at(disk: &Disk, partition: &Path, segment_bytes_max: u64, position: Position) -> Journal {
        let Position { number, length, boundary, next, open } = position;
        let (disk, partition) = (disk.clone(), partition.to_path_buf());
        let (file, room) = (None, length);
        Journal { disk, partition, segment_bytes_max, number, file, length, room, boundary, next, open }
    }

    /// Nothing comes any more: the segment ends with its last frame. A crash before that, or an error:
    /// the zeros stay, and readers end before them.
    pub(super) fn end(&mut self) {
        if self.room > self.length
            && let Some(file) = &self.file
            && let Err(error) = self.disk.truncate(file, self.length)
        {
            tracing::warn!(partition = %self.partition.display(), %error, "zeros stay behind a segment");
        }
        self.room = self.length;
    }

    /// The index that the next record gets.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// All that is open is named in a RECOVERY, which closes it.
    pub(super) fn close_all(&mut self) {
        self.open.clear();
    }

    /// Writes a batch of unsealed frames, which end at `ends`, and waits until it is durable. A batch
    /// that fills a segment is written in parts: a crash between two of them leaves the first, and
    /// nobody was told of either.
    pub(super) fn commit(&mut self, bytes: &mut [u8], ends: &[usize], tags: &[Tag]) -> Committed {
        let first = self.next;
        let (mut count, mut start) = (0, 0);
        while count < ends.len() {
            match self.commit_run(bytes, start, ends.get(count..).unwrap_or_default()) {
                Ok((run, end)) => {
                    let indexed = tags.iter().skip(count).take(run).zip(first + count as u64..);
                    indexed.for_each(|(tag, index)| self.tag(tag, index));
                    (count, start) = (count + run, end);
                }
                Err(error) => {
                    let path = segment::path(&self.partition, self.number);
                    let error = Some(AuditError::disk("write", &path)(error));
                    return Committed { first, count, error };
                }
            }
        }
        Committed { first, count, error: None }
    }

    /// How many records can go into the segment before it has to end. At least one.
    fn run(&self, start: usize, ends: &[usize]) -> usize {
        let full = |end: usize| self.length + (end - start) as u64 >= self.segment_bytes_max;
        let ending = ends
            .iter()
            .zip(self.next + 1..)
            .position(|(end, next)| next.is_multiple_of(TILE_WIDTH) && full(*end));
        ending.map_or(ends.len(), |at| at + 1)
    }

    fn tag(&mut self, tag: &Tag, index: u64) {
        match tag {
            Tag::Intent(id) => drop(self.open.insert(index, id.clone())),
            Tag::Outcome(intent) => drop(self.open.remove(intent)),
            Tag::Other => {}
        }
    }

    /// Commits as many of the frames from `start` on as go into one segment; tells how many, and
    /// where the last of them ends.
    fn commit_run(&mut self, bytes: &mut [u8], start: usize, ends: &[usize]) -> io::Result<(usize, usize)> {
        let full = self.next.is_multiple_of(TILE_WIDTH) && self.length >= self.segment_bytes_max;
        if self.file.is_none() || full {
            self.begin_segment()?;
        }
        let run = self.run(start, ends);
        let ends = ends.get(..run).unwrap_or_default();
        let end = ends.last().copied().unwrap_or(start);
        let frames = bytes.get_mut(start..end).unwrap_or_default();
        let boundary = self.number_frames(frames, start, ends);
        self.write(frames)?;
        self.next += run as u64;
        self.boundary = boundary.unwrap_or(self.boundary);
        Ok((run, end))
    }

    /// Gives the frames their numbers; tells where the last multiple of 256 stands, if one is there.
    fn number_frames(&self, frames: &mut [u8], start: usize, ends: &[usize]) -> Option<u64> {
        let mut boundary = None;
        let (mut rest, mut at) = (frames, start);
        for (end, index) in ends.iter().zip(self.next..) {
            let (frame, after) = rest.split_at_mut_checked(end - at)?;
            seal(frame, index);
            if index.is_multiple_of(TILE_WIDTH) {
                boundary = Some(self.length + (at - start) as u64);
            }
            (rest, at) = (after, *end);
        }
        boundary
    }

    fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        if let Err(error) = self.disk.write_at(file, frames, self.length) {
            // Part of it may stand in the file. A crash here: recovery finds whole frames of records
            // that nobody was told are written, and keeps them; their requests went nowhere.
            self.room = self.length;
            if self.disk.truncate(file, self.length).is_err() {
                self.file = None;
            }
            return Err(error);
        }
        let end = self.length + frames.len() as u64;
        if end > self.room {
            let ready = usize::try_from(end).unwrap_or(usize::MAX).min(ROOM.len());
            let zeros = ROOM.get(..ready).unwrap_or_default();
            // Without them, on a disk that is full, records go on at the end of the file.
            self.room = self.disk.write_at(file, zeros, end).map_or(end, |()| end + ready as u64);
        }
        // A crash here: the page cache may survive or not. Nobody was told that the records are
        // written, so nothing was forwarded.
        if let Err(error) = self.disk.sync(file) {
            // Linux reports a failed write-back once and then calls the lost pages clean: a second
            // fsync of this file would say yes without writing. So it is never asked again.
            self.file = None;
            return Err(error);
        }
        self.length = end;
        Ok(())
    }

    /// Begins a segment at the last multiple of 256 records: after a full one that is right here;
    /// after one that is no longer trusted the records since then are carried over.
    fn begin_segment(&mut self) -> io::Result<()> {
        let first = self.next - self.next % TILE_WIDTH;
        let carried = self.carried(first)?;
        let path = segment::path(&self.partition, self.number + 1);
        let oldest_open = self.open.keys().next().copied().unwrap_or(self.next);
        let mut bytes = segment::header(first, oldest_open).to_vec();
        bytes.extend_from_slice(&carried);
        // A crash in here leaves a temporary file, or the whole segment. If the rename worked but an
        // error came back, the next attempt replaces it; nothing was appended to it meanwhile.
        self.disk.replace(&path, &bytes)?;
        let file = self.disk.open_over(&path)?;
        if self.file.is_some() {
            self.end();
        } else if self.number > 0 {
            self.cut_distrusted();
        }
        self.number += 1;
        self.boundary = HEADER_BYTES;
        self.length = bytes.len() as u64;
        self.room = self.length;
        self.file = Some(file);
        Ok(())
    }

    /// The frames from `first` to the last durable one, read back from the file and checked.
    fn carried(&self, first: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.next > first {
            let mut file = File::open(segment::path(&self.partition, self.number))?;
            file.seek(SeekFrom::Start(self.boundary))?;
            file.take(self.length - self.boundary).read_to_end(&mut bytes)?;
        }
        if frame::all(&bytes).map(|frame| frame.sequence).eq(first..self.next) {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "durable records cannot be read back"))
        }
    }

    /// Cuts what a later segment made void. If that fails, readers pass over it all the same.
    fn cut_distrusted(&self) {
        let path = segment::path(&self.partition, self.number);
        let keep = if self.next.is_multiple_of(TILE_WIDTH) { self.length } else { self.boundary };
        let cut = self.disk.open_end(&path).and_then(|file| self.disk.truncate(&file, keep));
        if let Err(error) = cut {
            tracing::warn!(path = %path.display(), %error, "a void tail stays in a segment of the log");
        }
    }
}

/// Removes what a crash left of a segment that never began.
pub(super) fn remove_temporary(disk: &Disk, partition: &Path, number: u64) -> io::Result<()> {
    disk.remove_file(&temporary(&segment::path(partition, number)))
}
