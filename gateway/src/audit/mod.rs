//! Audit: no record, no forwarding.
//!
//! Invariant (E2): [`Partition::append`] gives an index only when the record is durable, in an
//! append-only log whose every prefix is fixed by a signed Merkle root. Who was asked, what the
//! policy said, where it went and how it ended can be proven later with tools that nobody here
//! wrote; what was said cannot be read from it by anyone (E8).
//!
//! The files stand in the order of a record's life; `README.md` tells it as a story.
//!
//! | file | step |
//! |---|---|
//! | `record` `canonical` `subject` `keeper` | what is written, in one spelling, with the person sealed |
//! | `batch` `writer` `watch` | one thread per partition gathers what comes in; nobody waits for a stuck disk |
//! | `frame` `segment` `journal` | one write and one fdatasync make it durable |
//! | `tree` `note` `publisher` | tiles and a signed checkpoint, at most a second later |
//! | `key` `ring` `rotate` | what signs it, and how one key follows another |
//! | `witness` `cosign` | others sign that it only grew |
//! | `reserve` | how open requests end in the log when the disk is full |
//! | `recover` | opening the log after whatever happened |
//! | `erase` | forgetting a person, under a record |
//! | `prune` `pruned` | letting old segments go, under a record, and reading what is left |
//! | `control` `place` | commands while the gateway runs; a copy of a log is not continued |
//! | `ship` `monitor` | copies of what is signed go to a bucket of an allowed country, and are looked after |
//! | `read` `verify` `calls` `export` `find` `report` `tail` | for auditors |
//! | `disk` | the one place that changes files, and where tests break it |

mod batch;
mod calls;
mod canonical;
mod control;
mod cosign;
mod disk;
mod erase;
mod export;
#[cfg(test)]
mod faults;
mod find;
mod frame;
mod journal;
mod keeper;
mod key;
pub mod monitor;
mod note;
mod place;
#[cfg(test)]
mod power;
mod proof;
mod prove;
mod prune;
mod pruned;
mod publisher;
mod read;
mod record;
mod recover;
mod report;
mod reserve;
mod ring;
mod rotate;
mod segment;
pub mod ship;
mod subject;
mod sync;
mod tail;
#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
mod tests;
mod tree;
mod verify;
mod watch;
mod witness;
mod writer;

pub use calls::Span;
pub use control::{Answer, Command, Control, order};
pub use cosign::Cosigner;
pub use erase::{Erased, REASON_BYTES_MAX};
pub use export::{
    Export, ExportError, Exported, Format as ExportFormat, Instant as ExportInstant, Output, Window, export,
};
pub use find::{Found, Person, Sent, Summary, find, person};
pub use key::{KeySource, Loaded};
pub use prove::{Continued, Proof, Proven, check_proof, continued, holds, prove};
pub use prune::{Pruning, RETENTION_DAYS_MIN, days_ago, prunable};
pub use read::{Records, Shown, VerifyError, records, records_from, show};
pub use record::{
    Activation, Attempt, Digests, Erase, Handed, Heartbeat, ID_BYTES_MAX, Intent, Open, Outcome, Prune,
    RECORD_SCHEMA, Reason, Record, Recovery, Refusal, Rotate, now_us,
};
pub use report::{Document, Format, Kind, Section, report};
pub use ring::{Keys, OVERLAP};
pub use subject::{KeyState, SUBJECT_BYTES_MAX, SUBJECTS_MAX, Sealed};
pub use tail::{KINDS, Tail, Tailed};
pub use verify::{Options, PartitionReport, Progress, Report, verify};
pub use witness::{WITNESSES_MAX, Witnesses, keep_asking};
pub use writer::Appending;

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

use disk::Disk;
use erase::Erasing;
use keeper::Keeper;
use record::Stamp;
use reserve::Reserve;
use subject::Subjects;
use watch::Watch;
use writer::{Shared, Writer};

/// A quiet partition says after this that it lives: without it a cut tail would look like silence.
const HEARTBEAT_AFTER: Duration = Duration::from_secs(60);
/// For the publisher to come to a ROTATE record that is durable.
const TAKE_OVER_MAX: Duration = Duration::from_secs(5);
/// For the lock of a process that has just ended to be free.
const LOCK_MAX: Duration = Duration::from_millis(100);
/// Partitions of one node: one per country and sector of its tenants, each with two threads.
const PARTITIONS_MAX: usize = 1024;
/// How long the name of a node or a partition may be.
const NAME_BYTES_MAX: usize = 64;

/// Why something is not written down. Every one of them keeps a request from being forwarded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// The caller's move.
    #[error("{0}")]
    Name(&'static str),
    /// The caller's: C2SP tlog-tiles counts the bytes of an entry in 16 bits.
    #[error("the record has {bytes} bytes, more than 65,535")]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// The operator's: two writers would fork the log.
    #[error("{0} is in use by another process: a log has one writer")]
    Locked(PathBuf),
    /// The operator's: the log lost or changed something; nothing is written over it.
    #[error(
        "the log {log} is damaged: {what}. Verify it, then move its directory away or restore it; a restored copy needs a new node name"
    )]
    Corrupt {
        /// Which one.
        log: String,
        /// What is wrong with it.
        what: String,
    },
    /// The operator's.
    #[error("could not {step} {path}: {message}")]
    Disk {
        /// What was done.
        step: &'static str,
        /// To what.
        path: PathBuf,
        /// How it failed.
        kind: io::ErrorKind,
        /// In the system's words.
        message: String,
    },
    /// The operator's: the disk does not keep up, or a bound is reached.
    #[error("too much waits for the disk of the log")]
    Full,
    /// The operator's: an external signer gave no signature.
    #[error("the checkpoint is not signed: {0}")]
    Sign(String),
    /// The operator's: a write or an fdatasync neither ends nor fails.
    #[error("the disk of the log does not answer")]
    Stuck,
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// The operator's: two directories that go on from one log are a fork.
    #[error(
        "{} is a copy of a log, and a log is continued in one place. Restored from a backup: keep it for reading, and give the gateway an empty directory and a new `node` in [audit]. Moved here for good: inland audit moved {}",
        .0.display(), .0.display()
    )]
    Copied(PathBuf),
    /// The operator's: repeat it when checkpoints are written again.
    #[error("no checkpoint signed the PRUNE record in time, so nothing was removed: repeat the command")]
    Unsigned,
    /// Nobody's: the person was forgotten, and so it stays.
    #[error("this subject was erased: its key is destroyed")]
    Erased,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
}

impl AuditError {
    fn disk(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AuditError {
        let path = path.to_path_buf();
        move |error| AuditError::Disk { step, path, kind: error.kind(), message: error.to_string() }
    }

    fn corrupt(log: &str, what: String) -> AuditError {
        AuditError::Corrupt { log: log.to_owned(), what }
    }
}

/// What tests set otherwise.
#[derive(Debug, Clone)]
struct Settings {
    disk: Disk,
    /// The same disk for keys, erasures and pruning, which a test breaks apart from the records.
    upkeep: Disk,
    segment_bytes_max: u64,
    reserve_bytes: u64,
    heartbeat: Duration,
    keys: Keys,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            disk: Disk::default(),
            upkeep: Disk::default(),
            segment_bytes_max: segment::SEGMENT_BYTES_MAX,
            reserve_bytes: reserve::RESERVE_BYTES,
            heartbeat: HEARTBEAT_AFTER,
            keys: Keys::default(),
        }
    }
}

/// The audit log of one node. Clones are the same log.
#[derive(Debug, Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    settings: Settings,
    stamp: Arc<Stamp>,
    /// Held by each writer too: the directory is free when the last of them has ended.
    lock: Arc<File>,
    subjects: Arc<Subjects>,
    keeper: Keeper,
    watch: Watch,
    partitions: Mutex<HashMap<String, Partition>>,
    /// One erasure or pruning at a time.
    upkeep: Mutex<()>,
}

impl Log {
    /// Opens the log of this node and recovers every partition in it; a new directory is made.
    pub fn open(directory: &Path, node: &str) -> Result<Log, AuditError> {
        Log::open_with(directory, node, Settings::default())
    }

    /// The same with what the configuration says: keys, and how many bytes a segment ends after.
    pub fn open_configured(
        directory: &Path,
        node: &str,
        keys: Keys,
        segment_bytes_max: u64,
    ) -> Result<Log, AuditError> {
        Log::open_with(directory, node, Settings { keys, segment_bytes_max, ..Settings::default() })
    }

    fn open_with(directory: &Path, node: &str, settings: Settings) -> Result<Log, AuditError> {
        if !is_node_name(node) {
            return Err(AuditError::Name("a node is named with 1 to 64 letters, digits, '.' or '-'"));
        }
        let made = settings.disk.create_directory_durably(directory);
        made.map_err(AuditError::disk("create", directory))?;
        let lock = Arc::new(lock(directory)?);
        place::check(&settings.upkeep, directory)?;
        let stamp = Stamp::new(node, boot()?);
        let erasing = Erasing::read(directory)?.map(|erasing| erasing.id());
        let subjects = Arc::new(Subjects::open(&settings.upkeep, directory, erasing.as_ref())?);
        let keeper = Keeper::start(&subjects, &lock).map_err(thread_error(directory))?;
        let watch = Watch::start().map_err(thread_error(directory))?;
        let directory = directory.to_path_buf();
        let partitions = Mutex::default();
        let (stamp, upkeep) = (Arc::new(stamp), Mutex::default());
        let inner = Inner { directory, settings, stamp, lock, subjects, keeper, watch, partitions, upkeep };
        let log = Log { inner: Arc::new(inner) };
        for name in existing(&log.inner.directory)? {
            log.partition(&name)?;
        }
        if erasing.is_some() {
            log.on_own_thread(Log::finish_erasing)?;
        }
        Ok(log)
    }

    /// Runs what waits for a record on a thread that drives no runtime.
    fn on_own_thread<T: Send>(
        &self,
        work: impl FnOnce(&Log) -> Result<T, AuditError> + Send,
    ) -> Result<T, AuditError> {
        std::thread::scope(|scope| scope.spawn(|| work(self)).join()).unwrap_or(Err(AuditError::Closed))
    }

    /// The names of the partitions that are open: all that there are.
    fn partition_names(&self) -> Vec<String> {
        let partitions = self.inner.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = partitions.keys().cloned().collect();
        names.sort();
        names
    }

    /// Says that a copied or moved directory is the log from now on, and that it is continued nowhere
    /// else.
    pub fn moved(directory: &Path) -> Result<(), AuditError> {
        let _lock = lock(directory)?;
        if existing(directory)?.is_empty() {
            return Err(AuditError::Name("this directory holds no partition of a log"));
        }
        place::note(&Disk::default(), directory)
    }

    /// The partition `FR-health`, or `_gateway`: what belongs to nobody. Opens or creates it, which
    /// waits for the disk: do it when a configuration is loaded.
    pub fn partition(&self, name: &str) -> Result<Partition, AuditError> {
        let mut partitions = self.inner.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(partition) = partitions.get(name) {
            return Ok(partition.clone());
        }
        if !is_partition_name(name) {
            return Err(AuditError::Name("a partition is named COUNTRY-sector, like FR-health, or _gateway"));
        }
        if partitions.len() >= PARTITIONS_MAX {
            return Err(AuditError::Full);
        }
        let partition = Partition::start(&self.inner, name)?;
        partitions.insert(name.to_owned(), partition.clone());
        Ok(partition)
    }

    /// All partitions, open ones.
    pub fn partitions(&self) -> Vec<Partition> {
        let partitions = self.inner.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.values().cloned().collect()
    }

    /// Gives a partition a new checkpoint key; both sign until the overlap ends. Comes back when the
    /// ROTATE record is durable; the next checkpoint, a second later at most, carries both signatures.
    pub async fn rotate(&self, partition: &str, overlap: Duration) -> Result<Rotated, AuditError> {
        let found = self.partitions().into_iter().find(|found| found.name() == partition);
        found.ok_or(AuditError::Name("this log has no such partition"))?.rotate(overlap).await
    }

    /// Seals who asked, so that destroying one key forgets one person. Waits for the disk when a
    /// subject is seen for the first time, but not for one that is stuck.
    pub fn seal_subject(&self, tenant: &str, subject: &str) -> Result<Sealed, AuditError> {
        self.inner.keeper.seal(tenant, subject)
    }

    /// Opens a sealed subject as long as its key exists.
    pub fn unseal_subject(&self, tenant: &str, sealed: &Sealed) -> Result<String, AuditError> {
        self.inner.subjects.unseal(tenant, sealed)
    }

    /// From now on this generation is in force: the records that no request makes say so.
    pub fn in_force(&self, digests: Digests<'_>) {
        self.inner.stamp.set_in_force(digests);
    }

    /// What names this run of the process in every record.
    pub fn boot(&self) -> &str {
        &self.inner.stamp.boot
    }

    /// Writes what is queued, signs a last checkpoint, and frees the directory for a next process.
    pub async fn close(&self) {
        for ended in self.ending() {
            // An error means that the thread is gone: there is nothing left to wait for.
            let _ = ended.await;
        }
    }

    /// The same, on a thread that drives no runtime.
    fn close_here(&self) {
        for ended in self.ending() {
            let _ = ended.blocking_recv();
        }
    }

    /// Closes every partition; tells when each has ended.
    fn ending(&self) -> Vec<oneshot::Receiver<()>> {
        let partitions = self.inner.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.values().for_each(|partition| partition.inner.shared.close());
        let ended = |partition: &Partition| {
            partition.inner.ended.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        partitions.values().filter_map(ended).collect()
    }
}

/// Where the records of one country and sector go. Clones are the same partition.
#[derive(Debug, Clone)]
pub struct Partition {
    inner: Arc<PartitionInner>,
}

#[derive(Debug)]
struct PartitionInner {
    name: String,
    shared: Arc<Shared>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    ring: Arc<ring::Ring>,
    /// One rotation at a time.
    rotating: tokio::sync::Mutex<()>,
    newest: tokio::sync::watch::Receiver<Arc<str>>,
}

/// A key took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotated {
    /// The partition.
    pub partition: String,
    /// The index of its ROTATE record.
    pub index: u64,
    /// The key before.
    pub old: String,
    /// The new key: auditors get it out of band.
    pub new: String,
    /// Until then both sign, microseconds since 1970.
    pub until_us: u64,
}

impl Drop for PartitionInner {
    // Nobody can append any more: the threads write what is queued and end.
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Partition {
    /// Queues a record, at once; the future gives its index when it is durable. An error means that
    /// it does not count as written: nothing may be forwarded.
    pub fn append<'a>(&self, record: impl Into<Record<'a>>) -> Appending {
        self.inner.shared.append(&record.into())
    }

    /// Queues a record that nobody waits for: it is durable with the next batch, and kept for later
    /// when the disk fails.
    pub fn append_later<'a>(&self, record: impl Into<Record<'a>>) -> Result<(), AuditError> {
        self.inner.shared.enqueue(&record.into(), batch::Waits::Nobody)
    }

    /// `FR-health`.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Whether the last write and the last checkpoint worked.
    pub fn healthy(&self) -> bool {
        self.inner.shared.health.is_good()
    }

    /// See [`Log::rotate`]. If the record cannot be written, nothing has changed, and the next attempt
    /// takes the same new key.
    async fn rotate(&self, overlap: Duration) -> Result<Rotated, AuditError> {
        let _turn = self.inner.rotating.lock().await;
        let ring = Arc::clone(&self.inner.ring);
        let prepared = tokio::task::spawn_blocking(move || ring.prepare(overlap)).await;
        let ring::Handover { old, new, signature, until_us } = prepared.map_err(|_| AuditError::Closed)??;
        let record = Rotate { time_us: now_us(), old: &old, new: &new, signature: &signature, until_us };
        let index = self.append(record).await?;
        // The next rotation should find the new key in place, not the one that hands over now.
        let patience = Instant::now() + TAKE_OVER_MAX;
        while self.inner.ring.waits() && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(Rotated { partition: self.inner.name.clone(), index, old, new, until_us })
    }

    /// The newest signed checkpoint, and those that follow it.
    pub fn checkpoints(&self) -> tokio::sync::watch::Receiver<Arc<str>> {
        self.inner.newest.clone()
    }

    fn start(log: &Inner, name: &str) -> Result<Partition, AuditError> {
        let Settings { disk, segment_bytes_max, reserve_bytes, heartbeat, keys, .. } = log.settings.clone();
        let path = log.directory.join(name);
        let origin = format!("{}/{name}", log.stamp.node);
        let recover::Opened { journal, mut publisher } =
            recover::open(&disk, &path, &origin, segment_bytes_max, &log.stamp, &keys)?;
        let reserve = Reserve::open(&disk, &path, reserve_bytes);
        publisher.disk = disk.holding_still_while(reserve.lent());
        let (ring, newest) = (Arc::clone(&publisher.ring), publisher.newest.subscribe());
        let shared = Arc::new(Shared::new(Arc::clone(&log.stamp)));
        let handoff = Arc::new(publisher::Handoff::new());
        let writer = Writer::new(&shared, journal, reserve, &handoff, heartbeat);
        log.watch.over(&shared);
        let (end, ended) = oneshot::channel();
        let lock = Arc::clone(&log.lock);
        let threads = (Arc::clone(&shared), thread_error(&path));
        let publishing = std::thread::Builder::new()
            .name(format!("sign {name}"))
            .spawn(move || publisher::run(publisher, &handoff, &threads.0.health))
            .map_err(threads.1)?;
        std::thread::Builder::new()
            .name(format!("log {name}"))
            .spawn(move || {
                writer.run();
                let _ = publishing.join();
                drop(lock);
                let _ = end.send(());
            })
            .map_err(thread_error(&path))?;
        let (name, ended, rotating) = (name.to_owned(), Mutex::new(Some(ended)), tokio::sync::Mutex::new(()));
        Ok(Partition { inner: Arc::new(PartitionInner { name, shared, ended, ring, rotating, newest }) })
    }
}

fn thread_error(path: &Path) -> impl FnOnce(io::Error) -> AuditError {
    AuditError::disk("start the threads of", path)
}

/// One writer per directory, by the kernel's word (flock): it ends with the process, however that ends.
fn lock(directory: &Path) -> Result<File, AuditError> {
    let file = File::open(directory).map_err(AuditError::disk("open", directory))?;
    let patience = Instant::now() + LOCK_MAX;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A program that was being started (an external signer) shares the lock until it runs.
            Err(TryLockError::WouldBlock) if Instant::now() < patience => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Err(AuditError::Locked(directory.to_path_buf())),
            Err(TryLockError::Error(error)) => return Err(AuditError::disk("lock", directory)(error)),
        }
    }
}

fn boot() -> Result<String, AuditError> {
    let mut boot = [0; 16];
    aws_lc_rs::rand::fill(&mut boot).map_err(|_| AuditError::Random)?;
    Ok(crate::hex(boot))
}

/// The partitions that a directory holds.
fn existing(directory: &Path) -> Result<Vec<String>, AuditError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(AuditError::disk("read", directory))? {
        let entry = entry.map_err(AuditError::disk("read", directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_partition_name(&name) && entry.path().is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// `COUNTRY-sector` or `_gateway`: it becomes a directory and a part of a key's name.
fn is_partition_name(name: &str) -> bool {
    let country = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let sector = |text: &str| !text.is_empty() && text.bytes().all(letter);
    let named = name.split_once('-').is_some_and(|(left, right)| country(left) && sector(right));
    name.len() <= NAME_BYTES_MAX && (name == "_gateway" || named)
}

fn is_node_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(letter)
}
