//! Prune: let the oldest records go when every law that asked for them is content.
//!
//! Invariant: a segment goes only when each of its records is older than 184 days and than the
//! `log_min_days` of its own decision, no request in it is open, and a PRUNE record, signed by a
//! checkpoint, says so. Only whole segments go, from the front, never the newest; their entry bundles
//! go with them, and the tiles of hashes stay.
//!
//! ```text
//! PRUNE is durable and signed   a crash before this: nothing is removed
//! `pruned` points to it         a crash before this: the next start or pruning begins again
//! segments go, oldest first     a crash from here on: the next start goes on
//! entry bundles go, oldest first
//! ```

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::canonical::timestamp;
use super::disk::{Disk, parent, read_bounded};
use super::note::NOTE_BYTES_MAX;
use super::pruned::{Pruned, pointer, standing};
use super::read::{VerifyError, partitions};
use super::record::{Handed, Prune, now_us};
use super::rotate::{Chain, Link};
use super::segment::{Frames, Segment, list};
use super::tree::{TILE_WIDTH, Tree, path as tile, read};
use super::{AuditError, Log};

/// Logs of high-risk systems are kept six months at least (Regulation (EU) 2024/1689, Art. 19(1) and
/// 26(6)); six months are never more than 184 days.
pub const RETENTION_DAYS_MIN: u32 = 184;
const DAY_US: u64 = 86_400_000_000;
/// Changes of the key that a PRUNE record repeats: some 400 bytes each.
const HANDED_MAX: usize = 100;
/// A checkpoint follows within a second; on a slow disk later.
const SIGNED_AFTER: Duration = Duration::from_secs(10);

/// What leaves, or would leave, one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruning {
    /// The partition.
    pub partition: String,
    /// The first record that remains.
    pub minimum: u64,
    /// How many records go.
    pub records: u64,
    /// How many segments.
    pub segments: u64,
}

/// What would leave each partition of a directory: reads only, and takes no lock.
pub fn prunable(directory: &Path, before_us: u64) -> Result<Vec<Pruning>, VerifyError> {
    let cutoff = Cutoff::new(before_us, now_us()).map_err(|error| VerifyError::Usage(error.to_string()))?;
    let mut found = Vec::new();
    for (name, path) in partitions(directory)? {
        found.extend(plan(&name, &path, &cutoff)?.map(|plan| plan.pruning));
    }
    Ok(found)
}

impl Log {
    /// Lets the records go that are older than this moment and that nothing keeps. Reads them all and
    /// waits for the disk: not for a thread that drives a runtime.
    pub fn prune(&self, before_us: u64) -> Result<Vec<Pruning>, AuditError> {
        let cutoff = Cutoff::new(before_us, now_us())?;
        self.prune_with(&cutoff)
    }

    pub(super) fn prune_with(&self, cutoff: &Cutoff) -> Result<Vec<Pruning>, AuditError> {
        let _alone = self.inner.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pruned = Vec::new();
        for name in self.partition_names() {
            pruned.extend(self.prune_partition(&name, cutoff)?);
        }
        Ok(pruned)
    }

    fn prune_partition(&self, name: &str, cutoff: &Cutoff) -> Result<Option<Pruning>, AuditError> {
        let (disk, path) = (&self.inner.settings.upkeep, self.place(name));
        let damaged = |error: &dyn std::fmt::Display| AuditError::corrupt(name, error.to_string());
        let segments = list(&path).map_err(|error| damaged(&error))?;
        let size = checkpoint_size(&path).map_err(AuditError::disk("read the checkpoint of", &path))?;
        if let Some(earlier) = standing(&path, &segments, size).map_err(|error| damaged(&error))? {
            remove_below(disk, &path, earlier.minimum)?; // what an error interrupted
        }
        let Some(plan) = plan(name, &path, cutoff).map_err(|error| damaged(&error))? else { return Ok(None) };
        let minimum = plan.pruning.minimum;
        let origin = format!("{}/{name}", self.inner.stamp.node);
        let keys = handed(&origin, segments).map_err(|error| AuditError::corrupt(name, error))?;
        let (roots, before_us) = (&plan.roots, cutoff.before_us);
        let record = Prune { time_us: now_us(), minimum, roots, keys: &keys, before_us };
        let index = self.partition(name)?.append(record).wait()?;
        await_signed(&path, index)?;
        carry_out(disk, &path, &Pruned { index, minimum, roots: plan.roots })?;
        Ok(Some(plan.pruning))
    }
}

/// Every change of the key: whoever holds an old one must still come to the newest when the ROTATE
/// records are gone. Of very many the newest; an older key than those is then no way in any more.
fn handed(origin: &str, segments: Vec<Segment>) -> Result<Vec<Handed>, String> {
    let (mut chain, mut frames) = (Chain::new(origin), Frames::new(segments));
    while let Some(frame) = frames.next().map_err(|error| error.to_string())? {
        chain.follow(frame.record())?;
    }
    let spelt = |link: &Link| Handed {
        old: link.old.vkey(),
        new: link.new.vkey(),
        signature: link.signature.clone(),
    };
    let links = chain.links();
    let newest = links.get(links.len().saturating_sub(HANDED_MAX)..).unwrap_or_default();
    Ok(newest.iter().map(spelt).collect())
}

/// Removes what a PRUNE record, durable and signed, says may go.
pub(super) fn carry_out(disk: &Disk, partition: &Path, pruned: &Pruned) -> Result<(), AuditError> {
    let pointer = pointer(partition);
    let line = format!("{}\n", pruned.index);
    if std::fs::read_to_string(&pointer).ok().as_ref() != Some(&line) {
        disk.replace(&pointer, line.as_bytes()).map_err(AuditError::disk("write", &pointer))?;
    }
    remove_below(disk, partition, pruned.minimum)
}

fn remove_below(disk: &Disk, partition: &Path, minimum: u64) -> Result<(), AuditError> {
    let segments =
        list(partition).map_err(|error| AuditError::corrupt(&name_of(partition), error.to_string()))?;
    let gone = segments.windows(2).filter_map(|pair| match pair {
        [segment, next] if next.first <= minimum => Some(segment),
        _ => None,
    });
    for segment in gone {
        let removed = disk.remove_file(&segment.path);
        // Each before the next: a crash must not leave a hole in the numbers.
        removed
            .and_then(|()| disk.sync_directory(parent(&segment.path)))
            .map_err(AuditError::disk("remove", &segment.path))?;
    }
    remove_bundles(disk, partition, minimum).map_err(AuditError::disk("remove entry bundles of", partition))
}

/// Entry bundles go oldest first, so those that are left of an interrupted removal stand together,
/// right below the minimum.
fn remove_bundles(disk: &Disk, partition: &Path, minimum: u64) -> io::Result<()> {
    let (mut left, mut changed) = (Vec::new(), BTreeSet::new());
    for number in (0..minimum / TILE_WIDTH).rev() {
        let path = tile(partition, None, number, 256);
        if !path.try_exists()? {
            break;
        }
        left.push(path);
    }
    for path in left.iter().rev() {
        disk.remove_file(path)?;
        changed.insert(parent(path).to_path_buf());
    }
    changed.iter().try_for_each(|directory| disk.sync_directory(directory))
}

/// Which records may go.
#[derive(Debug)]
pub(super) struct Cutoff {
    before_us: u64,
    now_us: u64,
    /// As records spell it: in this form later moments are greater strings.
    latest: String,
}

#[derive(Deserialize)]
struct Dated<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(default)]
    decision: Option<Kept>,
}

#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    log_min_days: u32,
}

impl Cutoff {
    /// Refuses a moment that is not older than the law's floor.
    pub(super) fn new(before_us: u64, now_us: u64) -> Result<Cutoff, AuditError> {
        if before_us > days_before(now_us, RETENTION_DAYS_MIN) {
            return Err(AuditError::Name(
                "records of the last 184 days stay: Regulation (EU) 2024/1689, Art. 19(1) and 26(6), asks for six months; name an older date",
            ));
        }
        Ok(Cutoff { before_us, now_us, latest: spelt(before_us) })
    }

    /// Whether a record may go. One that cannot be read stays, and keeps its segment.
    fn allows(&self, record: &[u8]) -> bool {
        let Ok(Dated { time, decision }) = serde_json::from_slice::<Dated<'_>>(record) else { return false };
        let days = decision.map_or(0, |decision| decision.log_min_days);
        let old = |limit: &str| time.len() == limit.len() && *time < *limit;
        old(&self.latest) && (days <= RETENTION_DAYS_MIN || old(&spelt(days_before(self.now_us, days))))
    }
}

/// The moment so many days ago, microseconds since 1970.
pub fn days_ago(days: u32) -> u64 {
    days_before(now_us(), days)
}

fn days_before(now_us: u64, days: u32) -> u64 {
    now_us.saturating_sub(u64::from(days) * DAY_US)
}

fn spelt(time_us: u64) -> String {
    let mut text = Vec::new();
    timestamp(time_us, &mut text);
    String::from_utf8_lossy(&text).trim_matches('"').to_owned()
}

struct Plan {
    pruning: Pruning,
    roots: Vec<String>,
}

/// What may go now, from the front: nothing behind the first segment that has to stay.
fn plan(name: &str, path: &Path, cutoff: &Cutoff) -> Result<Option<Plan>, VerifyError> {
    let segments = list(path).map_err(VerifyError::read(name))?;
    let size = checkpoint_size(path).map_err(VerifyError::disk(path))?;
    let (Some(newest), Some(oldest)) = (segments.last(), segments.first()) else { return Ok(None) };
    // No request before this one was open when the newest segment began, so none is now.
    let limit = newest.oldest_open.min(size);
    let mut tree = Tree::load_within(path, oldest.first, size).map_err(VerifyError::disk(path))?;
    let (mut going, mut plan) = (0, None);
    for pair in segments.windows(2) {
        let [segment, next] = pair else { break };
        if next.first > limit || !may_go(name, path, segment, next, cutoff, &mut tree)? {
            break;
        }
        going += 1;
        let roots = tree.subtrees().iter().map(|root| BASE64_STANDARD.encode(root)).collect();
        let (partition, minimum) = (name.to_owned(), next.first);
        let pruning = Pruning { partition, minimum, records: minimum - oldest.first, segments: going };
        plan = Some(Plan { pruning, roots });
    }
    Ok(plan.filter(|plan| plan.pruning.records > 0))
}

/// Whether every record of a segment may go. What will stand for them, the tiles, must be right: once
/// the records are gone nothing could mend it.
fn may_go(
    name: &str,
    path: &Path,
    segment: &Segment,
    next: &Segment,
    cutoff: &Cutoff,
    tree: &mut Tree,
) -> Result<bool, VerifyError> {
    let mut frames = Frames::new(vec![segment.clone(), next.clone()]);
    while frames.index() < next.first {
        let index = frames.index();
        let fault = |what: &str| VerifyError::Fault {
            partition: name.to_owned(),
            index: Some(index),
            what: format!("{what}; run `inland audit verify`, nothing is pruned"),
        };
        let Some(frame) = frames.next().map_err(VerifyError::read(name))? else {
            return Err(fault("the records end in the middle"));
        };
        if !cutoff.allows(frame.record()) {
            return Ok(false);
        }
        tree.push(&frame);
        for piece in tree.take_complete() {
            let found =
                read(path, piece.level, piece.number, piece.width).map_err(VerifyError::disk(path))?;
            if found != piece.bytes {
                return Err(fault("tile or entry bundle and records differ"));
            }
        }
    }
    Ok(true)
}

/// Records under the checkpoint, as it says itself.
fn checkpoint_size(partition: &Path) -> io::Result<u64> {
    let note = read_bounded(&partition.join("checkpoint"), NOTE_BYTES_MAX as u64)?;
    let size = String::from_utf8_lossy(&note).lines().nth(1).and_then(|line| line.parse().ok());
    size.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the checkpoint names no size"))
}

/// An unsigned PRUNE could be anybody's who can write to the disk: nothing goes before the signature.
fn await_signed(partition: &Path, index: u64) -> Result<(), AuditError> {
    let patience = Instant::now() + SIGNED_AFTER;
    loop {
        let size = checkpoint_size(partition);
        if size.map_err(AuditError::disk("read the checkpoint of", partition))? > index {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(AuditError::Unsigned);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn name_of(partition: &Path) -> String {
    partition.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
