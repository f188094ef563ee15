//! Grow: the log that is there now is the one that was seen before, with records added.
//!
//! Invariant: the tree of the newest checkpoint is computed here, from the edge of the older tree (which must
//! have the root that was seen then) and the leaf hash of every record since. So the answer needs no proof
//! that somebody else made, and no tile counts because of where it lies: each one since then is recomputed.

use crate::audit::note::Checkpoint;
use crate::audit::ship::{BucketError, Place, partial};
use crate::audit::tree::{Hash, LEVELS_MAX, TILE_WIDTH, Tree, WIDTH, entries, leaf_hash};

use super::source::Source;
use super::{Alarm, alarm};

/// What was found on the way from one checkpoint to the next.
#[derive(Debug, Default)]
pub(super) struct Grown {
    /// Records since the older checkpoint.
    pub(super) new: u64,
    /// Below this index retention has taken the records; their hashes are there.
    pub(super) pruned: u64,
    /// The newest record.
    pub(super) last: Option<Vec<u8>>,
}

/// Walks from `from` (an older checkpoint, or the empty log) to `to`. `also`: a third one on the way, which a
/// walk from the beginning must meet.
pub(super) async fn grow(
    source: &Source,
    log: &str,
    from: &Checkpoint,
    to: &Checkpoint,
    also: Option<&Checkpoint>,
) -> Result<Grown, Alarm> {
    let mut walk = Walk {
        source,
        log,
        tree: edge(source, log, from.size).await?,
        grown: Grown::default(),
        met_entries: from.size > 0,
    };
    if walk.tree.root() != from.root {
        return Err(not_seen(from.size));
    }
    while walk.tree.size() < to.size {
        walk.step(to.size, also).await?;
    }
    let rest: Vec<Place> =
        partial(to.size).filter(|place| place.level.is_some_and(|level| level > 0)).collect();
    let ours = walk.tree.partial();
    for place in rest {
        let bytes = ours.iter().find(|piece| piece.level == place.level).map(|piece| piece.bytes.as_slice());
        walk.compare(&place, bytes.unwrap_or_default()).await?;
    }
    if walk.tree.root() != to.root {
        return alarm(
            "tampered",
            "the records that are there do not give the root that the checkpoint signs",
        );
    }
    walk.grown.new = to.size - from.size;
    Ok(walk.grown)
}

fn not_seen(size: u64) -> Alarm {
    let what = format!(
        "the first {size} records are not those that were seen before: the log was forked, or its copy changed"
    );
    Alarm { code: "forked", what }
}

/// The right edge of the tree of a size, from the tiles that are there.
async fn edge(source: &Source, log: &str, size: u64) -> Result<Tree, Alarm> {
    let mut edge: Vec<Vec<Hash>> = Vec::new();
    for level in 0..LEVELS_MAX {
        let hashes = size >> (8 * u32::from(level));
        if hashes == 0 {
            break;
        }
        let width = usize::try_from(hashes % TILE_WIDTH).unwrap_or(0);
        let place = Place { level: Some(level), number: hashes / TILE_WIDTH, width };
        let tile = if width == 0 { Vec::new() } else { tile(source, log, &place).await? };
        edge.push(tile.as_chunks::<32>().0.to_vec());
    }
    Ok(Tree::from_edge(size, edge))
}

async fn tile(source: &Source, log: &str, place: &Place) -> Result<Vec<u8>, Alarm> {
    match source.piece(log, place).await? {
        Some(tile) => Ok(tile),
        None => alarm("tampered", format!("{} is missing", place.name())),
    }
}

struct Walk<'w> {
    source: &'w Source,
    log: &'w str,
    tree: Tree,
    grown: Grown,
    met_entries: bool,
}

impl Walk<'_> {
    /// Takes in the records of one tile, from where the tree ends to where the tile or the log does.
    async fn step(&mut self, end: u64, also: Option<&Checkpoint>) -> Result<(), Alarm> {
        let number = self.tree.size() / TILE_WIDTH;
        let width = usize::try_from((end - number * TILE_WIDTH).min(TILE_WIDTH)).unwrap_or(0);
        let skip = usize::try_from(self.tree.size() % TILE_WIDTH).unwrap_or(0);
        let leaves = tile(self.source, self.log, &Place { level: Some(0), number, width }).await?;
        let bundle = self.source.piece(self.log, &Place { level: None, number, width }).await?;
        self.records(number, width, &leaves, bundle.as_deref())?;
        for leaf in leaves.as_chunks::<32>().0.iter().skip(skip) {
            self.tree.push_leaf(*leaf);
            if also.is_some_and(|also| also.size == self.tree.size() && also.root != self.tree.root()) {
                return Err(not_seen(self.tree.size()));
            }
        }
        for piece in self.tree.take_complete() {
            if piece.level.is_some_and(|level| level > 0) {
                let place = Place { level: piece.level, number: piece.number, width: piece.width };
                self.compare(&place, &piece.bytes).await?;
            }
        }
        Ok(())
    }

    /// Every record must have the hash that its tile says. Retention takes bundles from the front only, and
    /// after half a year: one that is missing behind one that is there, or since the last look, was taken by
    /// somebody else.
    fn records(
        &mut self,
        number: u64,
        width: usize,
        leaves: &[u8],
        bundle: Option<&[u8]>,
    ) -> Result<(), Alarm> {
        let first = number * TILE_WIDTH;
        let Some(bundle) = bundle else {
            if self.met_entries || width < WIDTH {
                return alarm("tampered", format!("the records from {first} on are missing"));
            }
            self.grown.pruned = first + TILE_WIDTH;
            return Ok(());
        };
        self.met_entries = true;
        for ((entry, leaf), index) in entries(bundle).zip(leaves.as_chunks::<32>().0).zip(first..) {
            if leaf_hash(entry) != *leaf {
                return alarm("tampered", format!("record {index} is not the one that its hash tile holds"));
            }
        }
        self.grown.last = entries(bundle).last().map(<[u8]>::to_vec);
        Ok(())
    }

    async fn compare(&self, place: &Place, ours: &[u8]) -> Result<(), Alarm> {
        if tile(self.source, self.log, place).await? == ours {
            return Ok(());
        }
        alarm("tampered", format!("{} is not what the tiles below it give", place.name()))
    }
}

impl From<BucketError> for Alarm {
    fn from(error: BucketError) -> Alarm {
        let code = match error {
            BucketError::Alarm(_) => "tampered",
            BucketError::Store(_) | BucketError::Disk(_) => "unreachable",
        };
        Alarm { code, what: error.to_string() }
    }
}
