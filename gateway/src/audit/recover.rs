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

use super::AuditError;
use super::disk::Disk;
use super::journal::{Journal, Position, Tag, remove_temporary};
use super::note::{Checkpoint, Signer};
use super::publisher::Publisher;
use super::record::{OPEN_PER_RECORD_MAX, Open, Record, Recovery, Stamp, now_us};
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
) -> Result<Opened, AuditError> {
    let segments = list(partition).map_err(corrupt(origin))?;
    let place = partition.join("segments");
    disk.create_directory_durably(&place).map_err(AuditError::disk("create", &place))?;
    let signer = signer(disk, partition, origin, segments.is_empty())?;
    let checkpoint = read_checkpoint(partition, &signer)?;
    let mut publisher =
        Publisher { disk: disk.clone(), partition: partition.to_path_buf(), signer, tree: Tree::default() };
    match checkpoint {
        // The first checkpoint stands before the first segment: a log without one was tampered with.
        None if segments.is_empty() => publisher.publish()?,
        None => return Err(AuditError::corrupt(origin, "its checkpoint is missing".to_owned())),
        Some(checkpoint) if segments.is_empty() && checkpoint.size > 0 => {
            return Err(AuditError::corrupt(origin, "its segments are missing".to_owned()));
        }
        Some(_) if segments.is_empty() => {}
        Some(checkpoint) => {
            return resume(publisher, &segments, &checkpoint, segment_bytes_max, stamp);
        }
    }
    remove_temporary(disk, partition, 1).map_err(AuditError::disk("remove", partition))?;
    let journal = Journal::create(disk, partition, segment_bytes_max)?;
    Ok(Opened { journal, publisher })
}

fn corrupt(origin: &str) -> impl Fn(ReadError) -> AuditError {
    let origin = origin.to_owned();
    move |error| AuditError::corrupt(&origin, error.to_string())
}

/// Reads the partition's key; makes one for a partition that has no records yet.
fn signer(disk: &Disk, partition: &Path, origin: &str, may_create: bool) -> Result<Signer, AuditError> {
    let path = partition.join("key");
    let pkcs8 = match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => {
            let pkcs8 = Signer::generate().ok_or(AuditError::Random)?;
            disk.replace(&path, &pkcs8).map_err(AuditError::disk("write", &path))?;
            pkcs8
        }
        other => other.map_err(AuditError::disk("read", &path))?,
    };
    let signer = Signer::new(origin, &pkcs8)
        .ok_or_else(|| AuditError::corrupt(origin, "its key is damaged".to_owned()))?;
    let path = partition.join("vkey");
    let vkey = format!("{}\n", signer.verifier().vkey());
    match std::fs::read_to_string(&path) {
        Ok(found) if found == vkey => {}
        Ok(_) => {
            let what = "its vkey is of another node or key; give back the old node name or key, or start a new directory";
            return Err(AuditError::corrupt(origin, what.to_owned()));
        }
        Err(_) => disk.replace(&path, vkey.as_bytes()).map_err(AuditError::disk("write", &path))?,
    }
    Ok(signer)
}

fn read_checkpoint(partition: &Path, signer: &Signer) -> Result<Option<Checkpoint>, AuditError> {
    let path = partition.join("checkpoint");
    match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuditError::disk("read", &path)(error)),
        Ok(note) => {
            let verifier = signer.verifier();
            let opened = verifier.open(&note);
            opened.map(Some).map_err(|what| AuditError::corrupt(verifier.origin(), what.to_owned()))
        }
    }
}

fn resume(
    mut publisher: Publisher,
    segments: &[Segment],
    checkpoint: &Checkpoint,
    segment_bytes_max: u64,
    stamp: &Stamp,
) -> Result<Opened, AuditError> {
    let origin = publisher.signer.verifier().origin().to_owned();
    confirm(&mut publisher, segments, checkpoint, &origin)?;
    let (position, end) = tail(&mut publisher, segments, checkpoint, &origin)?;
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
        record(&mut journal, &mut publisher, &found, stamp)?;
        publisher.publish()?;
    } else if !publisher.stands() {
        // A checkpoint of the same size was being written again when the power went.
        publisher.publish()?;
    }
    Ok(Opened { journal, publisher })
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
    push_until(&mut tree, segments, checkpoint.size, origin, |tree| {
        tree.take_complete();
        Ok(())
    })?;
    if tree.root() != checkpoint.root {
        let what = "its records are not those that its checkpoint signed; run `inland audit verify`";
        return Err(AuditError::corrupt(origin, what.to_owned()));
    }
    tracing::warn!(origin, "the tiles of the log are made anew from its records");
    let mut tree = Tree::default();
    push_until(&mut tree, segments, checkpoint.size, origin, |tree| {
        std::mem::swap(&mut publisher.tree, tree);
        let relieved = publisher.relieve();
        std::mem::swap(&mut publisher.tree, tree);
        relieved
    })?;
    publisher.tree = tree;
    publisher.publish()
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

/// Reads what no checkpoint covers yet, and which requests are open.
fn tail(
    publisher: &mut Publisher,
    segments: &[Segment],
    checkpoint: &Checkpoint,
    origin: &str,
) -> Result<(Position, End), AuditError> {
    let oldest_open = segments.last().map_or(0, |segment| segment.oldest_open);
    let mut frames = Frames::from(segments, oldest_open.min(checkpoint.size));
    let mut open = BTreeMap::new();
    let mut boundary = HEADER_BYTES;
    while let Some(frame) = frames.next().map_err(corrupt(origin))? {
        let index = frame.sequence;
        follow(&mut open, index, frame.record());
        if index >= checkpoint.size {
            publisher.tree.push(&frame);
            publisher.relieve()?;
        }
        if index.is_multiple_of(TILE_WIDTH) {
            boundary = frames.offset();
        }
    }
    let (Some(end), Some(last)) = (frames.end().cloned(), segments.last()) else {
        return Err(AuditError::corrupt(origin, "its segments are missing".to_owned()));
    };
    let next = frames.index();
    Ok((Position { number: last.number, length: end.good_bytes, boundary, next, open }, end))
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
            file.read_to_end(&mut cut)
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
    let digest = (!found.cut.is_empty()).then(|| hex(&sha256(&found.cut)));
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
        let (mut json, mut frame) = (Vec::new(), Vec::new());
        Record::Recovery(recovery).write(stamp, &mut json)?;
        super::frame::write_unsealed(&json, &mut frame);
        let ends = [frame.len()];
        if let Some(error) = journal.commit(&mut frame, &ends, &[Tag::Other]).error {
            return Err(error);
        }
        publisher.take(&frame);
    }
    journal.close_all();
    Ok(())
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
