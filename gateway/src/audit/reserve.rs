//! Reserve: room that is kept so that requests under way can end in the log when the disk is full.
//!
//! Invariant: while the reserve is not whole no new request is taken, so what is given back serves
//! only OUTCOMEs, and the publisher waits too. It holds real blocks: random bytes, written and
//! synced, because a file system that compresses or knows holes would keep zeros in no room at all.
//!
//! It is given back in portions, each when a write did not fit: whoever else writes to that disk
//! could take what lies open.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::AuditError;
use super::disk::Disk;

/// About 5,000 OUTCOMEs. What does not fit waits in memory, as it does after other disk errors.
pub(super) const RESERVE_BYTES: u64 = 4 * 1024 * 1024;
/// What is given back at once, at least.
const PORTION_BYTES: u64 = 64 * 1024;
/// `st_blocks` counts in this unit, whatever the file system's own.
const BLOCK_BYTES: u64 = 512;

/// The reserve of one partition.
#[derive(Debug)]
pub(super) struct Reserve {
    disk: Disk,
    path: PathBuf,
    whole_bytes: u64,
    /// How much of it is known to be there.
    held: u64,
    lent: Arc<AtomicBool>,
}

impl Reserve {
    /// Finds or makes the reserve. If that fails the partition still opens: it takes requests only
    /// once the reserve is whole.
    pub(super) fn open(disk: &Disk, partition: &Path, whole_bytes: u64) -> Reserve {
        let path = partition.join("reserve");
        let lent = Arc::new(AtomicBool::new(true));
        let held = std::fs::metadata(&path).map_or(0, |found| held(&found));
        let mut reserve = Reserve { disk: disk.clone(), path, whole_bytes, held, lent };
        if let Err(error) = reserve.fill() {
            tracing::error!(%error, "no room is kept for the end of open requests: none is taken");
        }
        reserve
    }

    /// True while something of it is given back: others hold still then.
    pub(super) fn lent(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lent)
    }

    /// Whether new requests may be taken.
    pub(super) fn is_whole(&self) -> bool {
        self.held >= self.whole_bytes
    }

    /// Makes it whole again.
    pub(super) fn fill(&mut self) -> Result<(), AuditError> {
        let filled = self.grow();
        if filled.is_err() {
            self.shrink();
        }
        self.lent.store(!self.is_whole(), Ordering::Relaxed);
        filled.map_err(AuditError::disk("keep a reserve in", &self.path))
    }

    fn grow(&mut self) -> io::Result<()> {
        if self.is_whole() {
            return Ok(());
        }
        let mut file = self.disk.open_end(&self.path)?;
        self.held = self.held.min(file.metadata()?.len());
        // A crash from here on: a reserve of another length, which the next start makes whole.
        self.disk.truncate(&file, self.held)?;
        let missing = usize::try_from(self.whole_bytes - self.held).unwrap_or(usize::MAX);
        let mut bytes = vec![0; missing];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("no random bytes"))?;
        self.disk.write(&mut file, &bytes)?;
        if let Err(error) = self.disk.sync(&file) {
            // As with a segment: after this nothing is known of the pages of that file.
            self.held = 0;
            return Err(error);
        }
        self.held = self.whole_bytes;
        Ok(())
    }

    /// Lets go of what a failed attempt took: OUTCOMEs may need it. Nothing depends on that.
    fn shrink(&self) {
        let cut = self.disk.open_end(&self.path).and_then(|file| {
            if file.metadata()?.len() > self.held { self.disk.truncate(&file, self.held) } else { Ok(()) }
        });
        if let Err(error) = cut {
            tracing::warn!(path = %self.path.display(), %error, "a reserve stays longer than it is known to be");
        }
    }

    /// Gives back room for this much, and says whether there was any left to give.
    pub(super) fn give(&mut self, bytes: usize) -> bool {
        if self.held == 0 {
            return false;
        }
        self.lent.store(true, Ordering::Relaxed);
        let portion = (bytes as u64).next_multiple_of(PORTION_BYTES);
        self.held = self.held.saturating_sub(portion);
        // A crash here: a shorter reserve. The sync is for file systems that hand out freed blocks
        // only when their journal has the freeing (ext4, XFS).
        let given = self.disk.open_end(&self.path).and_then(|file| {
            self.held = self.held.min(file.metadata()?.len());
            self.disk.truncate(&file, self.held)?;
            self.disk.sync(&file)
        });
        match given {
            Ok(()) => tracing::warn!(left = self.held, "the disk is full: open requests end on the reserve"),
            Err(error) => tracing::error!(%error, "the reserve could not be given back"),
        }
        true
    }
}

/// What of a file is really there: none of it if it has holes, as a copy may have.
fn held(found: &std::fs::Metadata) -> u64 {
    if found.blocks() * BLOCK_BYTES >= found.len() { found.len() } else { 0 }
}

/// Whether more room would help: a full disk, or a full share of it.
pub(super) fn is_full(error: &AuditError) -> bool {
    matches!(error, AuditError::Disk { kind: io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, .. })
}
