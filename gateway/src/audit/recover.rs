//! Recover: open a partition, whatever was left of it.
//!
//! Invariant: the frames are the truth. Tiles are made from them, never the reverse, and the signed
//! checkpoint is a promise that they have to keep: a log that holds less than its checkpoint says,
//! or something else, is not opened, because going on would sign over the evidence. What comes after
//! the last checkpoint is kept up to the last whole frame, and a RECOVERY says what was found. All
//! of it is done with the code of normal work: [`Journal`], [`Tree`], [`Publisher`].

use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::AuditError;
use super::disk::Disk;
use super::frame::Frame;
use super::journal::{Journal, Position, Tag, remove_temporary};
use super::note::Checkpoint;
use super::prune::carry_out;
use super::pruned::{self, HashesError, Pruned, push_hashes, standing};
use super::publisher::Publisher;
use super::record::{OPEN_PER_RECORD_MAX, Open, Record, Recovery, Rotate, Stamp, now_us};
use super::ring::{Keys, Ring};
use super::segment::{End, Frames, HEADER_BYTES, ReadError, Segment, list};
use super::tree::{TILE_WIDTH, Tree, sha256};

/// A partition that is ready for its threads.
pub(super) struct Opened {
    pub(super) journal: Journal,
    pub(super) publisher: Publisher,
}

/// Opens or creates the partition in `partition`, whose log has this origin.
pub(super) fn open(
    disk: &Disk,
    partition: &Path,
    origin: &str,
    segment_bytes_max: u64,
    stamp: &Stamp,
    keys: &Keys,
) -> Result<Opened, AuditError> {
    let segments = list(partition).map_err(corrupt(origin))?;
    let place = partition.join("segments");
    disk.create_directory_durably(&place).map_err(AuditError::disk("create", &place))?;
    let ring = Arc::new(Ring::open(disk, partition, origin, segments.is_empty(), keys)?);
    let note = read_note(partition)?;
    let opened = note.as_deref().map(|note| ring.open_note(note)).transpose();
    let checkpoint = opened.map_err(|what| AuditError::corrupt(origin, what.to_owned()))?;
    let newest = watch::Sender::new(String::from_utf8_lossy(&note.unwrap_or_default()).into());
    let (disk, partition) = (disk.clone(), partition.to_path_buf());
    let mut publisher = Publisher::new(disk, partition, ring, newest);
    let journal = match checkpoint {
        // The first checkpoint stands before the first segment: a log without one was tampered with.
        None if segments.is_empty() => {
            publisher.publish()?;
            create(&publisher, segment_bytes_max)?
        }
        None => return Err(AuditError::corrupt(origin, "its checkpoint is missing".to_owned())),
        Some(checkpoint) if segments.is_empty() && checkpoint.size > 0 => {
            return Err(AuditError::corrupt(origin, "its segments are missing".to_owned()));
        }
        Some(_) if segments.is_empty() => create(&publisher, segment_bytes_max)?,
        Some(checkpoint) => resume(&mut publisher, &segments, &checkpoint, segment_bytes_max, stamp)?,
    };
    let mut opened = Opened { journal, publisher };
    hand_over(&mut opened, stamp)?;
    opened.publisher.until = opened.journal.next();
    Ok(opened)
}

fn create(publisher: &Publisher, segment_bytes_max: u64) -> Result<Journal, AuditError> {
    let partition = &publisher.partition;
    remove_temporary(&publisher.disk, partition, 1).map_err(AuditError::disk("remove", partition))?;
    Journal::create(&publisher.disk, partition, segment_bytes_max)
}

/// Finishes what the keys have to do: a rotation that a crash interrupted, a key of the configuration
/// that is to take over, an overlap that is over.
fn hand_over(opened: &mut Opened, stamp: &Stamp) -> Result<(), AuditError> {
    let Opened { journal, publisher } = opened;
    if let Some(handover) = publisher.ring.due() {
        let handover = handover?;
        let rotate = Rotate {
            time_us: now_us(),
            old: &handover.old,
            new: &handover.new,
            signature: &handover.signature,
            until_us: handover.until_us,
        };
        publisher.ring.follow(&write(journal, &Record::Rotate(rotate), stamp)?);
    }
    publisher.ring.undo()
}

/// A checkpoint; if an external signer does not answer, the log opens all the same and asks again.
fn signed_or_later(publisher: &mut Publisher) -> Result<(), AuditError> {
    match publisher.publish() {
        Err(error @ AuditError::Sign(_)) => {
            tracing::error!(%error, "no signature: records go on, their checkpoint is late");
            Ok(())
        }
        other => other,
    }
}

fn corrupt(origin: &str) -> impl Fn(ReadError) -> AuditError {
    let origin = origin.to_owned();
    move |error| AuditError::corrupt(&origin, error.to_string())
}

fn read_note(partition: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    let path = partition.join("checkpoint");
    match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(AuditError::disk("read", &path)),
    }
}

fn resume(
    publisher: &mut Publisher,
    segments: &[Segment],
    checkpoint: &Checkpoint,
    segment_bytes_max: u64,
    stamp: &Stamp,
) -> Result<Journal, AuditError> {
    let origin = publisher.ring.origin().to_owned();
    let allowed = standing(&publisher.partition, segments, checkpoint.size).map_err(corrupt(&origin))?;
    confirm(publisher, segments, checkpoint, &origin)?;
    // Only now are the tiles known to be right.
    let place = publisher.partition.clone();
    let right = |prune: &Pruned| prune.is_right(&place, checkpoint.size);
    if allowed.as_ref().is_some_and(|prune| !right(prune)) {
        let what =
            "its PRUNE record does not name the roots of the missing records; run `inland audit verify`";
        return Err(AuditError::corrupt(&origin, what.to_owned()));
    }
    let Tail { position, end, prune } = tail(publisher, segments, checkpoint, &origin)?;
    let found = Found {
        cut: read_cut(&end)?,
        open: position.open.iter().map(|(&intent, id)| Open { id: id.clone(), intent }).collect(),
        unsigned: position.next > checkpoint.size,
    };
    let (disk, partition) = (publisher.disk.clone(), publisher.partition.clone());
    remove_temporary(&disk, &partition, position.number + 1)
        .map_err(AuditError::disk("remove", &partition))?;
    let mut journal = Journal::resume(&disk, &partition, segment_bytes_max, position)?;
    if found.unsigned || !found.open.is_empty() || !found.cut.is_empty() {
        record(&mut journal, &found, stamp)?;
    } else if !publisher.stands() {
        // A checkpoint of the same size was being written again when the power went.
        signed_or_later(publisher)?;
    }
    // A crash in the middle of a pruning: what a signed record says may go, goes.
    if let Some(prune) = prune.filter(right).or(allowed) {
        carry_out(&disk, &partition, &prune)?;
    }
    Ok(journal)
}

/// Brings the tree to the checkpoint and holds it against its root: from the tiles and the few
/// records since the last full one, or, if the tiles are not right, from all records.
fn confirm(
    publisher: &mut Publisher,
    segments: &[Segment],
    checkpoint: &Checkpoint,
    origin: &str,
) -> Result<(), AuditError> {
    let base = checkpoint.size - checkpoint.size % TILE_WIDTH;
    if let Ok(mut tree) = Tree::load(&publisher.partition, base) {
        push_until(&mut tree, segments, checkpoint.size, origin)?;
        if tree.root() == checkpoint.root {
            publisher.tree = tree;
            return Ok(());
        }
    }
    // First only count: nothing is overwritten before the records are known to be the signed ones.
    let mut tree = Tree::default();
    from_hashes(&mut tree, &publisher.partition, segments, origin, |tree| drop(tree.take_complete()))?;
    push_until(&mut tree, segments, checkpoint.size, origin)?;
    if tree.root() != checkpoint.root {
        let what = "its records are not those that its checkpoint signed; run `inland audit verify`";
        return Err(AuditError::corrupt(origin, what.to_owned()));
    }
    tracing::warn!(origin, "the tiles of the log are made anew from its records");
    publisher.tree = Tree::default();
    from_hashes(&mut publisher.tree, &publisher.partition, segments, origin, |_| {})?;
    publisher.come_to(segments, checkpoint.size)?;
    signed_or_later(publisher)
}

/// Of pruned records only the hashes are left, in the tiles of level 0: those cannot be made anew.
fn from_hashes(
    tree: &mut Tree,
    partition: &Path,
    segments: &[Segment],
    origin: &str,
    mut after: impl FnMut(&mut Tree),
) -> Result<(), AuditError> {
    let first = segments.first().map_or(0, |segment| segment.first);
    let after = |tree: &mut Tree| -> Result<(), Infallible> {
        after(tree);
        Ok(())
    };
    push_hashes(tree, partition, first, after).map_err(|error| match error {
        HashesError::Tile(error) => AuditError::corrupt(origin, error.to_string()),
        HashesError::After(never) => match never {},
    })
}

/// Pieces of a tree that is only looked at are let go when they hold this much.
const COUNTED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Counts records into a tree that is only looked at: nothing of it is written.
fn push_until(tree: &mut Tree, segments: &[Segment], size: u64, origin: &str) -> Result<(), AuditError> {
    let end = records(segments, tree.size(), size, origin, |frame| {
        tree.push(frame);
        if tree.complete_bytes() >= COUNTED_BYTES_MAX {
            tree.take_complete();
        }
        Ok(())
    })?;
    if end < size {
        let what = format!("it ends at record {end}, but its checkpoint covers {size}");
        return Err(AuditError::corrupt(origin, what));
    }
    Ok(())
}

/// Gives the records from index `from` to before `to`, if there are so many; tells where they end.
pub(super) fn records(
    segments: &[Segment],
    from: u64,
    to: u64,
    origin: &str,
    mut give: impl FnMut(&Frame<'_>) -> Result<(), AuditError>,
) -> Result<u64, AuditError> {
    let mut frames = Frames::from(segments, from);
    while from < to && frames.index() < to {
        match frames.next().map_err(corrupt(origin))? {
            Some(frame) if frame.sequence >= from => give(&frame)?,
            Some(_) => {}
            None => return Ok(frames.index()),
        }
    }
    Ok(to)
}

/// What the end of a log holds.
struct Tail {
    position: Position,
    end: End,
    /// The newest PRUNE in it that a checkpoint signed.
    prune: Option<Pruned>,
}

/// Reads what no checkpoint covers yet, and which requests are open. Tiles and a checkpoint over it are
/// the publisher's first work: requests need not wait for those.
fn tail(
    publisher: &Publisher,
    segments: &[Segment],
    checkpoint: &Checkpoint,
    origin: &str,
) -> Result<Tail, AuditError> {
    let mut prune = None;
    let oldest_open = segments.last().map_or(0, |segment| segment.oldest_open);
    let mut frames = Frames::from(segments, oldest_open.min(checkpoint.size));
    let mut unclosed = Unclosed::default();
    let mut boundary = HEADER_BYTES;
    while let Some(frame) = frames.next().map_err(corrupt(origin))? {
        let index = frame.sequence;
        unclosed.follow(index, frame.record());
        if index >= checkpoint.size {
            publisher.ring.look(frame.record());
        } else if let Some(found) = pruned::parse(&frame) {
            prune = Some(found);
        }
        if index.is_multiple_of(TILE_WIDTH) {
            boundary = frames.offset();
        }
    }
    let (Some(end), Some(last)) = (frames.end().cloned(), segments.last()) else {
        return Err(AuditError::corrupt(origin, "its segments are missing".to_owned()));
    };
    let (next, open) = (frames.index(), unclosed.ids());
    let position = Position { number: last.number, length: end.good_bytes, boundary, next, open };
    Ok(Tail { position, end, prune })
}

/// What recovery needs of a record.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    open: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    intent: u64,
}

/// Requests without an OUTCOME so far, each with its INTENT. Records are canonical, and a quote within a
/// string is escaped, so keys are found without a parser; only what is open at the end is parsed.
#[derive(Default)]
struct Unclosed {
    intents: BTreeMap<u64, Vec<u8>>,
}

impl Unclosed {
    fn follow(&mut self, index: u64, record: &[u8]) {
        let find = |key: &[u8]| memchr::memmem::find(record, key).map(|at| at + key.len());
        // An OUTCOME starts with this key, and no other kind does.
        if record.starts_with(b"{\"attempts\":") {
            let rest = find(b"\"intent\":").and_then(|at| record.get(at..)).unwrap_or_default();
            let digits =
                rest.split(|byte| !byte.is_ascii_digit()).next().and_then(|it| str::from_utf8(it).ok());
            if let Some(intent) = digits.and_then(|digits| digits.parse().ok()) {
                self.intents.remove(&intent);
            }
        } else if find(b"\"kind\":\"INTENT\"").is_some() {
            self.intents.insert(index, record.to_vec());
        } else if find(b"\"kind\":\"RECOVERY\"").is_some()
            && let Ok(head) = serde_json::from_slice::<Head<'_>>(record)
            && head.kind == "RECOVERY"
        {
            head.open.iter().for_each(|named| drop(self.intents.remove(&named.intent)));
        }
    }

    /// The index and id of each.
    fn ids(self) -> BTreeMap<u64, String> {
        let id = |record: &[u8]| match serde_json::from_slice::<Head<'_>>(record) {
            Ok(Head { kind, id: Some(id), .. }) if kind == "INTENT" => Some(id.into_owned()),
            _ => None, // another kind, whose policy input holds such a key
        };
        self.intents.iter().filter_map(|(index, record)| Some((*index, id(record)?))).collect()
    }
}

/// What a crash left.
struct Found {
    cut: Vec<u8>,
    open: Vec<Open>,
    unsigned: bool,
}

/// The bytes behind the last whole frame: they go, but the log keeps their hash.
fn read_cut(end: &End) -> Result<Vec<u8>, AuditError> {
    let mut cut = Vec::new();
    if end.cut_bytes > 0 {
        let read = std::fs::File::open(&end.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(end.good_bytes))?;
            file.take(end.cut_bytes).read_to_end(&mut cut)
        });
        read.map_err(AuditError::disk("read", &end.path))?;
    }
    Ok(cut)
}

/// Writes down what was found. One RECOVERY at least; more if it has many requests to name.
fn record(journal: &mut Journal, found: &Found, stamp: &Stamp) -> Result<(), AuditError> {
    let digest = (!found.cut.is_empty()).then(|| crate::hex(sha256(&found.cut)));
    let mut batches: Vec<&[Open]> = found.open.chunks(OPEN_PER_RECORD_MAX).collect();
    if batches.is_empty() {
        batches.push(&[]);
    }
    for (number, open) in batches.into_iter().enumerate() {
        let recovery = Recovery {
            time_us: now_us(),
            open,
            cut_bytes: if number == 0 { found.cut.len() as u64 } else { 0 },
            cut_sha256: digest.as_deref().filter(|_| number == 0),
        };
        write(journal, &Record::Recovery(recovery), stamp)?;
    }
    journal.close_all();
    Ok(())
}

/// Writes one record, durably; gives it back in its spelling.
fn write(journal: &mut Journal, record: &Record<'_>, stamp: &Stamp) -> Result<Vec<u8>, AuditError> {
    let (mut json, mut frame) = (Vec::new(), Vec::new());
    record.write(stamp, &mut json)?;
    super::frame::write_unsealed(&json, &mut frame);
    let ends = [frame.len()];
    journal.commit(&mut frame, &ends, &[Tag::Other]).error.map_or(Ok(json), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_what_a_parser_would_say_whatever_stands_in_strings_and_policy_inputs() {
        let mut unclosed = Unclosed::default();
        let records = [
            r#"{"boot":"00","decision":{},"id":"a","input":{"id":"inner"},"kind":"INTENT"}"#,
            r#"{"boot":"00","id":"b","input":{"kind":"RECOVERY","open":[{"intent":0}]},"kind":"INTENT"}"#,
            r#"{"boot":"00","code":"x","input":{"kind":"INTENT"},"id":"c","kind":"REFUSAL"}"#,
            r#"{"boot":"00","id":"d","input":{},"kind":"INTENT"}"#,
            // Closes 3; the reason of its attempt is text.
            r#"{"attempts":[{"reason":"\"intent\":0"}],"id":"d","intent":3,"kind":"OUTCOME"}"#,
            r#"{"boot":"00","id":"e","input":{},"kind":"INTENT"}"#,
            r#"{"boot":"00","kind":"RECOVERY","open":[{"id":"e","intent":5}]}"#,
            r#"{"boot":"00","kind":"HEARTBEAT"}"#,
        ];
        (0..).zip(records).for_each(|(index, record)| unclosed.follow(index, record.as_bytes()));
        assert_eq!(unclosed.ids(), BTreeMap::from([(0, "a".to_owned()), (1, "b".to_owned())]));
    }
}
