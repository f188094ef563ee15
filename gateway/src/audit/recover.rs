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
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::AuditError;
use super::disk::Disk;
use super::journal::{Journal, Position, Tag, remove_temporary};
use super::note::Checkpoint;
use super::prune::carry_out;
use super::pruned::{self, HashesError, Pruned, push_hashes, standing};
use super::publisher::{Publisher, Unnamed};
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
    let (tree, unnamed) = (Tree::default(), Unnamed::default());
    let mut publisher = Publisher { disk, partition, ring, tree, newest, unnamed };
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
        write(journal, publisher, &Record::Rotate(rotate), stamp)?;
    }
    publisher.ring.undo()?;
    if publisher.ring.is_settled() { Ok(()) } else { signed_or_later(publisher) }
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
        record(&mut journal, publisher, &found, stamp)?;
        signed_or_later(publisher)?;
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
        push_until(&mut tree, segments, checkpoint.size, origin, |_| Ok(()))?;
        if tree.root() == checkpoint.root {
            publisher.tree = tree;
            return Ok(());
        }
    }
    // First only count: nothing is overwritten before the records are known to be the signed ones.
    let mut tree = Tree::default();
    let count = |tree: &mut Tree| {
        tree.take_complete();
        Ok(())
    };
    from_hashes(&mut tree, publisher, segments, origin, count)?;
    push_until(&mut tree, segments, checkpoint.size, origin, count)?;
    if tree.root() != checkpoint.root {
        let what = "its records are not those that its checkpoint signed; run `inland audit verify`";
        return Err(AuditError::corrupt(origin, what.to_owned()));
    }
    tracing::warn!(origin, "the tiles of the log are made anew from its records");
    let mut tree = Tree::default();
    from_hashes(&mut tree, publisher, segments, origin, |_| Ok(()))?;
    push_until(&mut tree, segments, checkpoint.size, origin, |tree| {
        std::mem::swap(&mut publisher.tree, tree);
        let relieved = publisher.relieve();
        std::mem::swap(&mut publisher.tree, tree);
        relieved
    })?;
    publisher.tree = tree;
    signed_or_later(publisher)
}

/// Of pruned records only the hashes are left, in the tiles of level 0: those cannot be made anew.
fn from_hashes(
    tree: &mut Tree,
    publisher: &Publisher,
    segments: &[Segment],
    origin: &str,
    after: impl FnMut(&mut Tree) -> Result<(), AuditError>,
) -> Result<(), AuditError> {
    let first = segments.first().map_or(0, |segment| segment.first);
    push_hashes(tree, &publisher.partition, first, after).map_err(|error| match error {
        HashesError::Tile(error) => AuditError::corrupt(origin, error.to_string()),
        HashesError::After(error) => error,
    })
}

fn push_until(
    tree: &mut Tree,
    segments: &[Segment],
    size: u64,
    origin: &str,
    mut after: impl FnMut(&mut Tree) -> Result<(), AuditError>,
) -> Result<(), AuditError> {
    let mut frames = Frames::from(segments, tree.size());
    while tree.size() < size {
        let Some(frame) = frames.next().map_err(corrupt(origin))? else {
            let what = format!("it ends at record {}, but its checkpoint covers {size}", frames.index());
            return Err(AuditError::corrupt(origin, what));
        };
        if frame.sequence >= tree.size() {
            tree.push(&frame);
            after(tree)?;
        }
    }
    Ok(())
}

/// What the end of a log holds.
struct Tail {
    position: Position,
    end: End,
    /// The newest PRUNE in it that a checkpoint signed.
    prune: Option<Pruned>,
}

/// Reads what no checkpoint covers yet, and which requests are open.
fn tail(
    publisher: &mut Publisher,
    segments: &[Segment],
    checkpoint: &Checkpoint,
    origin: &str,
) -> Result<Tail, AuditError> {
    let mut prune = None;
    let oldest_open = segments.last().map_or(0, |segment| segment.oldest_open);
    let mut frames = Frames::from(segments, oldest_open.min(checkpoint.size));
    let mut open = BTreeMap::new();
    let mut boundary = HEADER_BYTES;
    while let Some(frame) = frames.next().map_err(corrupt(origin))? {
        let index = frame.sequence;
        follow(&mut open, index, frame.record());
        if index >= checkpoint.size {
            publisher.push(&frame);
            publisher.relieve()?;
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
    let next = frames.index();
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
    intent: Option<u64>,
    #[serde(default)]
    open: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    intent: u64,
}

/// Follows which requests are open.
fn follow(open: &mut BTreeMap<u64, String>, index: u64, record: &[u8]) {
    // Records are canonical: an OUTCOME starts with this key, and no other kind does.
    if record.starts_with(b"{\"attempts\":") && open.is_empty() {
        return;
    }
    let Ok(head) = serde_json::from_slice::<Head<'_>>(record) else { return };
    match (head.kind.as_ref(), head.id, head.intent) {
        ("INTENT", Some(id), _) => drop(open.insert(index, id.into_owned())),
        ("OUTCOME", _, Some(intent)) => drop(open.remove(&intent)),
        ("RECOVERY", ..) => head.open.iter().for_each(|named| drop(open.remove(&named.intent))),
        _ => {}
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
fn record(
    journal: &mut Journal,
    publisher: &mut Publisher,
    found: &Found,
    stamp: &Stamp,
) -> Result<(), AuditError> {
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
        write(journal, publisher, &Record::Recovery(recovery), stamp)?;
    }
    journal.close_all();
    Ok(())
}

/// Writes one record, durably, and takes it into the tree.
fn write(
    journal: &mut Journal,
    publisher: &mut Publisher,
    record: &Record<'_>,
    stamp: &Stamp,
) -> Result<(), AuditError> {
    let (mut json, mut frame) = (Vec::new(), Vec::new());
    record.write(stamp, &mut json)?;
    super::frame::write_unsealed(&json, &mut frame);
    let ends = [frame.len()];
    if let Some(error) = journal.commit(&mut frame, &ends, &[Tag::Other]).error {
        return Err(error);
    }
    publisher.take(&frame);
    Ok(())
}
