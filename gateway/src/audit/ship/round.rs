//! Round: one partition, brought up to date in one bucket.
//!
//! Invariant: the checkpoint goes last, and only over what was read back before, so whoever reads the bucket
//! at any time finds a checkpoint with every tile and bundle that it needs. Before anything is written the
//! bucket's checkpoint must be one that this very log had: a log that was rolled back or forked does not
//! write into the history of another.
//!
//! All state is in the bucket. A round that is killed anywhere is done again by the next: what is there is
//! compared, what is missing is written.
//!
//! A segment goes up once, when it is whole. Of the one that grows only its records go, in the partial entry
//! bundle that the checkpoint needs anyway: sending it again each minute would cost many times its size.
//! `inland audit fetch` makes its frames from the bundles again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::task::JoinSet;

use super::bucket::{Bucket, BucketError, Found};
use super::local::{Local, Place, SMALL_BYTES_MAX, full, partial, unverified};

/// Objects that are written at once: a store answers in milliseconds, and there are thousands to catch up.
const PARALLEL: usize = 8;

/// What is known to be in the bucket, so that it is not asked for at each round.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    segments: BTreeSet<u64>,
}

/// Ships one partition; tells how many records the bucket's checkpoint covers now.
pub(super) async fn ship(bucket: &Arc<Bucket>, path: PathBuf, known: &mut Known) -> Result<u64, BucketError> {
    let local = blocking(move || Local::read(&path)).await?;
    let it = Round { bucket, base: local.origin.clone(), local: Arc::new(local) };
    let checkpoint = it.name("checkpoint");
    let there = bucket.get(&checkpoint, SMALL_BYTES_MAX).await?;
    let from = it.continues(there.as_ref()).await?;
    if there.is_none() {
        known.segments.clear(); // a new bucket, or one that lost everything
    }
    it.vkey().await?;
    let to = it.local.checkpoint.size;
    it.keep(full(from, to)).await?;
    it.segments(known).await?;
    if there.as_ref().is_some_and(|there| there.bytes == it.local.note) {
        return Ok(to);
    }
    it.keep(partial(to)).await?;
    // Killed before this line: the old checkpoint, and beside what it needs some that the next round finds.
    bucket.replace(&checkpoint, Bytes::from(it.local.note.clone()), there.as_ref()).await?;
    it.remove_replaced(from, to).await;
    Ok(to)
}

struct Round<'r> {
    bucket: &'r Arc<Bucket>,
    local: Arc<Local>,
    /// `NODE/PARTITION`.
    base: String,
}

impl Round<'_> {
    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// The size from which on the bucket lacks records, if what it has is a beginning of this log.
    async fn continues(&self, there: Option<&Found>) -> Result<u64, BucketError> {
        let local = Arc::clone(&self.local);
        let own = local.checkpoint;
        let roots = |size: u64| {
            let local = Arc::clone(&local);
            blocking(move || local.root(size))
        };
        if roots(own.size).await? != own.root {
            let what =
                format!("the tiles of {} do not fit its checkpoint: nothing of it is shipped", self.base);
            return Err(BucketError::Alarm(what));
        }
        let Some(there) = there else { return Ok(0) };
        let alarm = |what: String| Err(BucketError::Alarm(format!("{} {what}", self.base)));
        // Its signature is not looked at: it must be this log's own history, which is known here. So a key
        // that was rotated meanwhile makes no difference.
        let Some((origin, checkpoint)) = unverified(&there.bytes) else {
            return alarm("has a checkpoint in the bucket that is not one".to_owned());
        };
        if origin != self.local.origin {
            return alarm(format!("has a checkpoint of {origin:?} in the bucket"));
        }
        if checkpoint.size > own.size {
            return alarm(format!(
                "has {} records in the bucket and {} here: the log was rolled back or restored from a backup. \
                 Give the node a new name and an empty directory",
                checkpoint.size, own.size
            ));
        }
        if roots(checkpoint.size).await? != checkpoint.root {
            return alarm(format!(
                "has other first {} records in the bucket than here: the log was forked, or the bucket's \
                 checkpoint was changed. Verify both with `inland audit verify`",
                checkpoint.size
            ));
        }
        Ok(checkpoint.size)
    }

    /// The public keys, for convenience. They change when a key is rotated.
    async fn vkey(&self) -> Result<(), BucketError> {
        let name = self.name("vkey");
        let there = self.bucket.get(&name, SMALL_BYTES_MAX).await?;
        if there.as_ref().is_some_and(|there| there.bytes == self.local.vkey) {
            return Ok(());
        }
        self.bucket.replace(&name, Bytes::from(self.local.vkey.clone()), there.as_ref()).await
    }

    /// Makes sure that tiles and bundles are there.
    async fn keep(&self, places: impl Iterator<Item = Place>) -> Result<(), BucketError> {
        let mut running = JoinSet::new();
        for place in places {
            if running.len() >= PARALLEL
                && let Some(done) = running.join_next().await
            {
                done.map_err(ended)??;
            }
            let (bucket, local, name) =
                (Arc::clone(self.bucket), Arc::clone(&self.local), self.name(&place.name()));
            running.spawn(async move {
                match blocking(move || local.piece(&place)).await? {
                    Some(bytes) => bucket.keep(&name, Bytes::from(bytes)).await,
                    None => Ok(()), // pruned: retention took the bundle, its hashes stay
                }
            });
        }
        while let Some(done) = running.join_next().await {
            done.map_err(ended)??;
        }
        Ok(())
    }

    /// Makes sure that whole segments are there, one at a time: they are large.
    async fn segments(&self, known: &mut Known) -> Result<(), BucketError> {
        let local = Arc::clone(&self.local);
        for (segment, end) in blocking(move || local.whole_segments()).await? {
            let number = segment.number;
            if known.segments.contains(&number) {
                continue;
            }
            let name = segment.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = blocking(move || Local::segment(&segment, end)).await?;
            self.bucket.keep(&self.name(&format!("segments/{name}")), Bytes::from(bytes)).await?;
            known.segments.insert(number);
        }
        Ok(())
    }

    /// Partial tiles and bundles go when the full one is there: readers fall back to it (C2SP tlog-tiles).
    /// What cannot be removed (a bucket that keeps everything) only takes room.
    async fn remove_replaced(&self, from: u64, to: u64) {
        for place in partial(from) {
            if !full(from, to).any(|full| full.level == place.level && full.number == place.number) {
                continue;
            }
            let folder = self.name(&place.partial_folder());
            let removed = async {
                let (widths, _) = self.bucket.list(&folder).await?;
                for width in widths.iter().filter(|width| width.parse::<u8>().is_ok()) {
                    self.bucket.remove(&format!("{folder}/{width}")).await?;
                }
                Ok::<(), BucketError>(())
            };
            if let Err(error) = removed.await {
                tracing::debug!(folder, "partial tiles stay in the bucket: {error}");
            }
        }
    }
}

/// Reads the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BucketError> + Send + 'static,
) -> Result<T, BucketError> {
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

fn ended(error: tokio::task::JoinError) -> BucketError {
    BucketError::Disk(error.to_string())
}
