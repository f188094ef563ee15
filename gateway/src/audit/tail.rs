//! Tail: the last records of a log, and those that come.
//!
//! Invariant: records of a partition are given in order, each once, and whole: a frame that is still
//! being written is looked at again later, and a segment is left only when the next one goes on where
//! it ended. What a disk error made void and wrote anew otherwise is given again. Reading takes no
//! lock; a record is seen when it is written, which may be an instant before it is durable.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::frame::{Frame, Reader};
use super::read::{VerifyError, partitions};
use super::segment::{self, Frames, Segment, list};

/// Every kind of record.
pub const KINDS: [&str; 9] =
    ["INTENT", "OUTCOME", "REFUSAL", "RECOVERY", "HEARTBEAT", "ACTIVATION", "ERASE", "PRUNE", "ROTATE"];
/// What was given last is remembered for so many records: a segment that begins anew after a disk
/// error carries over fewer.
const GIVEN_MAX: usize = 65_536;

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tailed {
    /// The partition.
    pub partition: String,
    /// Its index there.
    pub index: u64,
    /// Its JSON.
    pub record: String,
}

/// Reads the end of a log, and goes on from there.
pub struct Tail {
    directory: PathBuf,
    partition: Option<String>,
    kind: Option<String>,
    places: BTreeMap<String, Place>,
}

impl Tail {
    /// Of one partition or a folder of all; only one of them, and only one kind, if they are named.
    pub fn new(directory: &Path, partition: Option<&str>, kind: Option<&str>) -> Result<Tail, VerifyError> {
        let kind = kind.map(str::to_ascii_uppercase);
        if let Some(kind) = &kind
            && !KINDS.contains(&kind.as_str())
        {
            let known = KINDS.join(", ");
            return Err(VerifyError::Usage(format!("{kind} is no kind of record\n  write: one of {known}")));
        }
        let tail = Tail {
            directory: directory.to_path_buf(),
            partition: partition.map(str::to_owned),
            kind,
            places: BTreeMap::new(),
        };
        if tail.partitions()?.is_empty() {
            let wanted = partition.unwrap_or_default();
            return Err(VerifyError::Usage(format!("{} holds no partition {wanted}", directory.display())));
        }
        Ok(tail)
    }

    /// The last `count` records of all partitions together, in the order of time.
    pub fn last(&mut self, count: usize) -> Result<Vec<Tailed>, VerifyError> {
        let mut all = Vec::new();
        for (name, path) in self.partitions()? {
            let (records, place) = last(&name, &path, count, self.kind.as_deref())?;
            self.places.insert(name, place);
            all.extend(records);
            // By their clocks, which may step back: within a partition the index decides what is last.
            all.sort_by_cached_key(|it: &Tailed| (time_of(&it.record), it.partition.clone(), it.index));
            all.drain(..all.len().saturating_sub(count));
        }
        Ok(all)
    }

    /// Gives what has come since, partition after partition. `give` ends it by saying `false`.
    pub fn new_records(&mut self, give: &mut dyn FnMut(Tailed) -> bool) -> Result<bool, VerifyError> {
        for (name, path) in self.partitions()? {
            let place = match self.places.entry(name.clone()) {
                std::collections::btree_map::Entry::Occupied(place) => place.into_mut(),
                // A new partition is read from its start, once it has one.
                std::collections::btree_map::Entry::Vacant(place) => {
                    let segments = list(&path).map_err(VerifyError::read(&name))?;
                    let Some(first) = segments.first() else { continue };
                    place.insert(Place::at_the_start_of(first))
                }
            };
            let kind = self.kind.as_deref();
            let goes_on = place.read(&name, &path, &mut |index, record| {
                let record = String::from_utf8_lossy(record).into_owned();
                !is_wanted(&record, kind) || give(Tailed { partition: name.clone(), index, record })
            })?;
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn partitions(&self) -> Result<Vec<(String, PathBuf)>, VerifyError> {
        let mut found = partitions(&self.directory)?;
        found.retain(|(name, _)| self.partition.as_ref().is_none_or(|wanted| wanted == name));
        Ok(found)
    }
}

fn is_wanted(record: &str, kind: Option<&str>) -> bool {
    #[derive(serde::Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    // What is no record is shown rather than hidden.
    kind.is_none_or(|kind| serde_json::from_str::<Head<'_>>(record).map_or(true, |head| head.kind == kind))
}

fn time_of(record: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Head {
        time: String,
    }
    serde_json::from_str::<Head>(record).map_or_else(|_| String::new(), |head| head.time)
}

/// The last records of a partition, segment by segment from the end, and where reading goes on.
fn last(
    name: &str,
    path: &Path,
    count: usize,
    kind: Option<&str>,
) -> Result<(Vec<Tailed>, Place), VerifyError> {
    let mut segments = list(path).map_err(VerifyError::read(name))?;
    let Some(newest) = segments.last() else {
        return Err(VerifyError::Usage(format!("{} holds no segments of a log", path.display())));
    };
    let mut place = Place::at_the_start_of(newest);
    let mut found: VecDeque<Tailed> = VecDeque::new();
    let (mut is_newest, mut before) = (true, u64::MAX);
    while let Some(segment) = segments.pop() {
        let (first, mut ring) = (segment.first, VecDeque::new());
        let mut frames = Frames::new(vec![segment]);
        while let Some(frame) = frames.next().map_err(VerifyError::read(name))? {
            if is_newest {
                place.passed(&frame);
            }
            let record = String::from_utf8_lossy(frame.record());
            // From where the next segment starts, an earlier one is void.
            if frame.sequence < before && is_wanted(&record, kind) {
                let record = record.into_owned();
                ring.push_back(Tailed { partition: name.to_owned(), index: frame.sequence, record });
            }
            if ring.len() > count.saturating_sub(found.len()) {
                ring.pop_front();
            }
        }
        ring.append(&mut found);
        found = ring;
        (is_newest, before) = (false, first);
        if found.len() >= count {
            break;
        }
    }
    Ok((found.into(), place))
}

/// Where reading goes on in a partition.
#[derive(Debug)]
struct Place {
    /// The segment.
    number: u64,
    /// Where in it the next frame starts.
    offset: u64,
    /// The index of the next frame there.
    next: u64,
    /// Index and checksum of what was given last: what is carried over is not given twice.
    given: VecDeque<(u64, u32)>,
}

impl Place {
    fn at_the_start_of(segment: &Segment) -> Place {
        let Segment { number, first, .. } = *segment;
        Place { number, offset: segment::HEADER_BYTES, next: first, given: VecDeque::new() }
    }

    /// Notes a frame; tells whether it is new.
    fn passed(&mut self, frame: &Frame<'_>) -> bool {
        self.offset += frame.bytes.len() as u64;
        self.next = frame.sequence + 1;
        let it = (frame.sequence, crc32c::crc32c(frame.record()));
        // Given ones are in order: those from here on are void if this one differs.
        let at = self.given.partition_point(|(index, _)| *index < frame.sequence);
        // Older than what is remembered: it was given long ago.
        let is_old = self.given.front().is_some_and(|(index, _)| *index > frame.sequence);
        let is_known = is_old || self.given.get(at) == Some(&it);
        if !is_known {
            self.given.truncate(at);
            self.given.push_back(it);
        }
        if self.given.len() > GIVEN_MAX {
            self.given.pop_front();
        }
        !is_known
    }

    /// Reads to the last whole frame, through as many segments as there are.
    fn read(
        &mut self,
        name: &str,
        partition: &Path,
        give: &mut dyn FnMut(u64, &[u8]) -> bool,
    ) -> Result<bool, VerifyError> {
        loop {
            // Looked for before the segment is read: once the next one stands, this one has ended.
            let next = segment::open(partition, self.number + 1).map_err(VerifyError::read(name))?;
            if !self.read_segment(partition, give)? {
                return Ok(false);
            }
            let Some(next) = next else { return Ok(true) };
            if next.first > self.next {
                return Err(VerifyError::Fault {
                    partition: name.to_owned(),
                    index: Some(self.next),
                    what: format!(
                        "its segment ends before it, and the next one starts at record {}",
                        next.first
                    ),
                });
            }
            self.number = next.number;
            self.next = next.first;
            self.offset = segment::HEADER_BYTES;
        }
    }

    fn read_segment(
        &mut self,
        partition: &Path,
        give: &mut dyn FnMut(u64, &[u8]) -> bool,
    ) -> Result<bool, VerifyError> {
        let path = segment::path(partition, self.number);
        let mut file = File::open(&path).map_err(VerifyError::disk(&path))?;
        file.seek(SeekFrom::Start(self.offset)).map_err(VerifyError::disk(&path))?;
        let mut reader = Reader::new(file);
        while let Some(Ok(frame)) = reader.next().map_err(VerifyError::disk(&path))? {
            if frame.sequence != self.next {
                break;
            }
            if self.passed(&frame) && !give(frame.sequence, frame.record()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
