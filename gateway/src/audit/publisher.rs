//! Publisher: from durable records to tiles and a signed checkpoint, beside the path of a request.
//!
//! Invariant: a checkpoint is signed only over records that are durable in a segment, and it
//! replaces the one before only when every tile and bundle that it needs is durable. So whatever
//! crashes here, the checkpoint on disk and its tiles fit, and recovery goes on from there.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::AuditError;
use super::disk::{Disk, parent};
use super::frame::{self, Frame};
use super::key::Key;
use super::note::Checkpoint;
use super::recover::records;
use super::ring::{Ring, sign};
use super::segment::{ReadError, Segment, list};
use super::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use super::tree::{Piece, Tree};
use super::writer::Health;
use crate::telemetry;

/// A record is under a checkpoint after this and the time that writing it takes: 1 s is promised.
const CHECKPOINT_AFTER: Duration = Duration::from_millis(700);
/// Or when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(250);
/// After a checkpoint that could not be written.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// After an external signer failed.
const SIGNER_AFTER: Duration = Duration::from_secs(1);
/// Frames are hashed in portions of this size while a checkpoint is not due, and their full tiles and
/// bundles written: many of them at once would keep the writer's commits waiting.
const PORTION_BYTES: usize = 256 * 1024;
/// After hashing this much the writer gets its turn on a machine with few cores: nobody waits for a
/// hash, and a scheduler's slice (3 ms) would be the p99 of those who wait for a record.
const TURN_BYTES: usize = 16 * 1024;
/// The writer waits when this much waits here, and refuses records when that does not help: what
/// cannot be signed in time must not grow.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
const ROOM_AFTER: Duration = Duration::from_secs(5);
/// Recovery writes full tiles and bundles when they hold this much.
const COMPLETE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Files that are open at once while they wait for the disk.
const FILES_MAX: usize = 64;
/// As many files wait for the disk one after the other: what the writer commits meanwhile passes
/// between two of them. More are waited for at once, or they would fall behind.
const IN_TURN_MAX: usize = 16;

/// The tree of one partition, its files and its keys.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) disk: Disk,
    pub(super) partition: PathBuf,
    pub(super) ring: Arc<Ring>,
    pub(super) tree: Tree,
    /// Tells who waits for it the newest checkpoint.
    pub(super) newest: watch::Sender<Arc<str>>,
    /// Records that stood in the segments when the partition was opened: the tree comes to those first.
    pub(super) until: u64,
    unnamed: Unnamed,
    /// Bytes hashed since the writer had its turn.
    hashed: usize,
}

/// What is on the disk, but not yet its name: the next checkpoint waits for that.
#[derive(Debug, Default)]
pub(super) struct Unnamed {
    directories: BTreeSet<PathBuf>,
    /// Directories of partial tiles and bundles that have become full.
    grown: Vec<PathBuf>,
}

/// A checkpoint whose tiles are durable: it may be signed, by these keys.
type Ready = (Vec<Arc<Key>>, Checkpoint);

impl Publisher {
    /// One with an empty tree.
    pub(super) fn new(
        disk: Disk,
        partition: PathBuf,
        ring: Arc<Ring>,
        newest: watch::Sender<Arc<str>>,
    ) -> Publisher {
        let (tree, unnamed) = (Tree::default(), Unnamed::default());
        Publisher { disk, partition, ring, tree, newest, until: 0, unnamed, hashed: 0 }
    }

    /// Takes durable frames into the tree.
    pub(super) fn take(&mut self, frames: &[u8]) {
        frame::all(frames).for_each(|frame| self.push(&frame));
    }

    /// Takes one. A new key takes over at its record: the next checkpoint covers it and carries both.
    fn push(&mut self, frame: &Frame<'_>) {
        self.ring.look(frame.record());
        self.tree.push(frame);
        self.hashed += frame.bytes.len();
        if self.hashed >= TURN_BYTES {
            self.hashed = 0;
            std::thread::yield_now();
        }
    }

    /// Takes the records that stand in the segments up to this size.
    pub(super) fn come_to(&mut self, segments: &[Segment], size: u64) -> Result<(), AuditError> {
        let ring = Arc::clone(&self.ring);
        let end = records(segments, self.tree.size(), size, ring.origin(), |frame| {
            self.push(frame);
            self.relieve()
        })?;
        let short = || format!("it ends at record {end}, where it had {size}");
        if end < size { Err(AuditError::corrupt(ring.origin(), short())) } else { Ok(()) }
    }

    /// Comes to what stood there when the partition was opened: after a crash that is what no checkpoint
    /// covered. A crash in here: the next start does it again.
    pub(super) fn catch_up(&mut self) -> Result<(), AuditError> {
        if self.tree.size() >= self.until {
            return Ok(());
        }
        let damaged = |error: ReadError| AuditError::corrupt(self.ring.origin(), error.to_string());
        let segments = list(&self.partition).map_err(damaged)?;
        self.come_to(&segments, self.until)
    }

    /// Writes full pieces when there are many of them.
    fn relieve(&mut self) -> Result<(), AuditError> {
        if self.tree.complete_bytes() >= COMPLETE_BYTES_MAX { self.write_complete() } else { Ok(()) }
    }

    /// Writes what the tree needs, then the checkpoint. Waits for an external signer.
    pub(super) fn publish(&mut self) -> Result<(), AuditError> {
        let (signers, checkpoint) = self.prepare()?;
        let note = sign(&signers, &checkpoint)?;
        self.put(&note, &signers)
    }

    /// Whether the checkpoint on disk does not cover every record, or not with the right keys.
    pub(super) fn is_behind(&self) -> bool {
        let opened = self.ring.open_note(self.newest.borrow().as_bytes());
        opened.is_ok_and(|checkpoint| checkpoint.size != self.tree.size()) || !self.ring.is_settled()
    }

    /// Writes what a checkpoint needs.
    fn prepare(&mut self) -> Result<Ready, AuditError> {
        self.write_complete()?;
        // Partial tiles have a name per width and no checkpoint needs them yet: a crash in here
        // leaves files that the next attempt writes again with the same bytes.
        self.write_pieces(&self.tree.partial()).map_err(AuditError::disk("write tiles", &self.partition))?;
        self.name().map_err(AuditError::disk("write tiles", &self.partition))?;
        let signers = self.ring.signers()?;
        Ok((signers, Checkpoint { size: self.tree.size(), root: self.tree.root() }))
    }

    /// Writes a checkpoint.
    fn put(&self, note: &str, signers: &[Arc<Key>]) -> Result<(), AuditError> {
        let path = self.partition.join("checkpoint");
        // A crash in here: the old checkpoint or the new one, both right.
        self.disk.replace(&path, note.as_bytes()).map_err(AuditError::disk("write", &path))?;
        self.newest.send_replace(note.into());
        self.ring.signed(signers)
    }

    /// Whether the partial tiles on disk are those of the tree.
    pub(super) fn stands(&self) -> bool {
        let stands = |piece: &Piece| {
            std::fs::read(piece.path(&self.partition)).is_ok_and(|found| found == piece.bytes)
        };
        self.tree.partial().iter().all(stands)
    }

    fn write_complete(&mut self) -> Result<(), AuditError> {
        let pieces = self.tree.take_complete();
        if let Err(error) = self.write_pieces(&pieces) {
            self.tree.put_back(pieces);
            return Err(AuditError::disk("write tiles", &self.partition)(error));
        }
        let partial = |piece: &Piece| {
            let mut partial = piece.path(&self.partition).into_os_string();
            partial.push(".p");
            PathBuf::from(partial)
        };
        self.unnamed.grown.extend(pieces.iter().map(partial).filter(|partial| partial.exists()));
        Ok(())
    }

    /// Writes pieces and waits until they are durable, but for their names.
    fn write_pieces(&mut self, pieces: &[Piece]) -> io::Result<()> {
        for group in pieces.chunks(FILES_MAX) {
            let mut files = Vec::with_capacity(group.len());
            for piece in group {
                let path = piece.path(&self.partition);
                self.unnamed.directories.insert(parent(&path).to_path_buf());
                self.unnamed.directories.extend(self.disk.create_directory(parent(&path))?);
                let mut file = self.disk.create(&path)?;
                self.disk.write(&mut file, &piece.bytes)?;
                if pieces.len() <= IN_TURN_MAX {
                    self.disk.sync(&file)?;
                } else {
                    files.push(file);
                }
            }
            self.disk.sync_together(&files)?;
        }
        Ok(())
    }

    /// Waits until the names of all pieces are durable. Then the partial tiles go of which the full one
    /// stands: readers fall back to it (C2SP tlog-tiles).
    fn name(&mut self) -> io::Result<()> {
        while let Some(directory) = self.unnamed.directories.first() {
            self.disk.sync_directory(directory)?;
            self.unnamed.directories.pop_first();
        }
        while let Some(partial) = self.unnamed.grown.last() {
            self.disk.remove_directory(partial)?;
            self.unnamed.grown.pop();
        }
        Ok(())
    }
}

/// Durable frames on their way from the writer to the publisher.
#[derive(Debug)]
pub(super) struct Handoff {
    waiting: Mutex<Waiting>,
    /// For the publisher.
    wake: Condvar,
    /// For the writer.
    room: Condvar,
}

#[derive(Debug)]
struct Waiting {
    frames: Vec<u8>,
    /// When the oldest record came that no checkpoint covers.
    since: Option<Instant>,
    /// When the newest came.
    last: Instant,
    closing: bool,
    parked: bool,
    /// What an external signer answered.
    signed: Option<Signed>,
}

/// A checkpoint that an external signer was asked for, and by which keys.
#[derive(Debug)]
struct Signed {
    signers: Vec<Arc<Key>>,
    note: Result<String, AuditError>,
}

/// What there is to do.
struct Portion {
    frames: Vec<u8>,
    publish: bool,
    closing: bool,
    signed: Option<Signed>,
}

impl Handoff {
    /// An empty one.
    pub(super) fn new() -> Handoff {
        let (frames, last) = (Vec::new(), Instant::now());
        let waiting = Waiting { frames, since: None, last, closing: false, parked: false, signed: None };
        Handoff { waiting: Mutex::new(waiting), wake: Condvar::new(), room: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room: a disk that takes records faster than they can be hashed slows
    /// callers down. While checkpoints fail, or do not come at all, there is nothing to wait for.
    pub(super) fn has_room(&self, health: &Health) -> bool {
        let full = |waiting: &Waiting| waiting.frames.len() >= WAITING_BYTES_MAX;
        let hope = |waiting: &mut Waiting| full(waiting) && health.publisher_is_good();
        let waited = self.room.wait_timeout_while(self.lock(), ROOM_AFTER, hope);
        let room = !full(&waited.unwrap_or_else(PoisonError::into_inner).0);
        if !room {
            health.set_publisher(false); // it says itself when it is well again
        }
        room
    }

    /// Hands over frames that are durable.
    pub(super) fn push(&self, frames: &[u8]) {
        let mut waiting = self.lock();
        let before = waiting.frames.len();
        waiting.frames.extend_from_slice(frames);
        waiting.last = Instant::now();
        let first = waiting.since.is_none();
        let last = waiting.last;
        waiting.since.get_or_insert(last);
        // Else it wakes by itself in time: a wake-up per batch would cost more than the hashing.
        let portion = before < PORTION_BYTES && waiting.frames.len() >= PORTION_BYTES;
        if waiting.parked && (first || portion) {
            self.wake.notify_one();
        }
    }

    /// A checkpoint is due although no record came: one before it has no signature yet.
    pub(super) fn renew(&self) {
        let mut waiting = self.lock();
        waiting.last = Instant::now();
        let last = waiting.last;
        waiting.since.get_or_insert(last);
    }

    fn answer(&self, signed: Signed) {
        self.lock().signed = Some(signed);
        self.wake.notify_one();
    }

    /// The last records are in: publish and end.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    fn next(&self, spare: Vec<u8>) -> Portion {
        let mut waiting = self.lock();
        loop {
            let now = Instant::now();
            let due = waiting.since.map(|since| (since + CHECKPOINT_AFTER).min(waiting.last + QUIET));
            let publish = waiting.closing || due.is_some_and(|due| due <= now);
            if publish || waiting.signed.is_some() || waiting.frames.len() >= PORTION_BYTES {
                let frames = std::mem::replace(&mut waiting.frames, spare);
                if frames.len() >= WAITING_BYTES_MAX {
                    self.room.notify_one();
                }
                if publish {
                    waiting.since = None;
                }
                let signed = waiting.signed.take();
                return Portion { frames, publish, closing: waiting.closing, signed };
            }
            waiting.parked = true;
            waiting = match due {
                Some(due) => {
                    let waited = self.wake.wait_timeout(waiting, due - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
            waiting.parked = false;
        }
    }

    fn is_closing(&self) -> bool {
        self.lock().closing
    }
}

/// The publisher's thread: ends when the hand-off closes, after a last checkpoint.
pub(super) fn run(publisher: Publisher, handoff: &Arc<Handoff>, health: &Health) {
    let mut desk = Desk { publisher, handoff: Arc::clone(handoff), asked: false, behind: false };
    if !desk.insist(health, Desk::begin) {
        return;
    }
    let mut spare = Vec::new();
    loop {
        let Portion { mut frames, publish, closing, mut signed } = handoff.next(spare);
        desk.publisher.take(&frames);
        frames.clear();
        frames.shrink_to(PORTION_BYTES * 2);
        spare = frames;
        if !desk.insist(health, |desk| desk.step(&mut signed, publish, closing)) || closing {
            return;
        }
    }
}

/// The publisher and what it waits for.
struct Desk {
    publisher: Publisher,
    handoff: Arc<Handoff>,
    /// An external signer was asked and has not answered.
    asked: bool,
    /// A checkpoint came due meanwhile.
    behind: bool,
}

impl Desk {
    /// Does something until it succeeds. Meanwhile nothing more is taken, so memory stays bounded: the
    /// hand-off fills, and then the writer refuses. Gives up, and says so, when the log closes: the next
    /// start makes it from the frames.
    fn insist(&mut self, health: &Health, mut act: impl FnMut(&mut Desk) -> Result<(), AuditError>) -> bool {
        while let Err(error) = act(self) {
            if let AuditError::Sign(_) = error {
                break; // told already; records and tiles go on without a signature
            }
            tracing::error!(%error, "the checkpoint of the log could not be written");
            health.set_publisher(false);
            self.handoff.room.notify_one();
            if self.handoff.is_closing() {
                return false;
            }
            std::thread::sleep(RETRY_AFTER);
        }
        health.set_publisher(true);
        true
    }

    /// What was left by the process before.
    fn begin(&mut self) -> Result<(), AuditError> {
        self.publisher.catch_up()?;
        let published = if self.publisher.is_behind() { self.publish() } else { Ok(()) };
        published.inspect_err(|error| self.alarm(error))
    }

    /// What a portion asks for. Done again whole after an error.
    fn step(&mut self, signed: &mut Option<Signed>, publish: bool, closing: bool) -> Result<(), AuditError> {
        if let Some(answer) = signed {
            match &answer.note {
                Ok(note) => self.publisher.put(note, &answer.signers)?,
                Err(error) => self.alarm(error),
            }
            let failed = answer.note.is_err();
            (*signed, self.asked) = (None, false);
            if std::mem::take(&mut self.behind) || failed {
                self.handoff.renew();
            }
        }
        if publish && closing {
            return self.publisher.publish().inspect_err(|error| self.alarm(error));
        }
        if publish && self.asked {
            self.behind = true; // one at a time: the next is over all that came meanwhile
        } else if publish {
            return self.publish();
        }
        self.publisher.write_complete()
    }

    /// Signs here, or asks an external signer in a thread of its own: while that waits, records go on
    /// into the tree.
    fn publish(&mut self) -> Result<(), AuditError> {
        let (signers, checkpoint) = self.publisher.prepare()?;
        if !signers.iter().any(|key| key.is_slow()) {
            let note = sign(&signers, &checkpoint)?;
            return self.publisher.put(&note, &signers);
        }
        let handoff = Arc::clone(&self.handoff);
        let asking = move || {
            let note = sign(&signers, &checkpoint);
            if note.is_err() {
                std::thread::sleep(SIGNER_AFTER); // then it is asked again
            }
            handoff.answer(Signed { signers, note });
        };
        let thread = std::thread::Builder::new().name("ask signer".to_owned()).spawn(asking);
        thread.map_err(AuditError::disk("start a thread for", &self.publisher.partition))?;
        self.asked = true;
        Ok(())
    }

    fn alarm(&self, error: &AuditError) {
        if let AuditError::Sign(_) = error {
            let origin = self.publisher.ring.origin();
            tracing::error!(%error, origin, "no signature: records go on, their checkpoint is late");
            telemetry::audit_signature_failed();
        }
    }
}
