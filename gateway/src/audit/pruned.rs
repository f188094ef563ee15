//! Pruned: a log whose oldest records are gone, and what allows that.
//!
//! Invariant: segments may be missing at the start of a log only if a PRUNE record under its signed
//! checkpoint says so. The hashes of the records stay in the tiles of level 0, so the tree is whole
//! and every proof about what is left still holds.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::read_bounded;
use super::frame::Frame;
use super::segment::{Frames, ReadError, Segment, file_name};
use super::tree::{TILE_WIDTH, Tree, path, read};

/// A PRUNE record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pruned {
    /// Where it stands.
    pub(super) index: u64,
    /// The first record that remains.
    pub(super) minimum: u64,
    /// Roots of the perfect subtrees over the records before it, largest first, base64.
    pub(super) roots: Vec<String>,
}

impl Pruned {
    /// Whether it is one of the first `covered` records and names the roots of those before its
    /// minimum, as the tiles have them.
    pub(super) fn is_right(&self, partition: &Path, covered: u64) -> bool {
        let whole = self.minimum.is_multiple_of(TILE_WIDTH) && self.minimum <= self.index;
        whole
            && self.index < covered
            && Tree::load_within(partition, self.minimum, covered).is_ok_and(|tree| {
                let roots = tree.subtrees();
                roots.iter().map(|root| BASE64_STANDARD.encode(root)).eq(self.roots.iter().cloned())
            })
    }
}

#[derive(Deserialize)]
struct Fields {
    kind: String,
    minimum: u64,
    roots: Vec<String>,
}

/// The PRUNE that this frame holds, if it is one.
pub(super) fn parse(frame: &Frame<'_>) -> Option<Pruned> {
    // Records are canonical, so its first key tells nearly every other record apart without parsing.
    frame.record().strip_prefix(b"{\"before\":")?;
    let Fields { kind, minimum, roots } = serde_json::from_slice(frame.record()).ok()?;
    (kind == "PRUNE").then_some(Pruned { index: frame.sequence, minimum, roots })
}

/// The file that tells where the newest PRUNE record stands. A hint only: the record counts.
pub(super) fn pointer(partition: &Path) -> PathBuf {
    partition.join("pruned")
}

/// The PRUNE record, among the first `size` records, that allows the first segments to be missing;
/// none while nothing is missing and nothing is to be removed. An error if some are missing and no
/// record says that they may.
pub(super) fn standing(
    partition: &Path,
    segments: &[Segment],
    size: u64,
) -> Result<Option<Pruned>, ReadError> {
    let Some(first) = segments.first() else { return Ok(None) };
    let counts = |found: &Pruned| found.index < size && found.minimum >= first.first;
    let hint = read_bounded(&pointer(partition), 32).ok();
    let hint = hint.and_then(|text| std::str::from_utf8(&text).ok()?.trim_end().parse().ok());
    if let Some(index) = hint.filter(|index| *index < size) {
        let mut frames = Frames::from(segments, index);
        while let Some(frame) = frames.next()? {
            if frame.sequence < index {
                continue;
            }
            if let Some(found) = parse(&frame).filter(counts) {
                return Ok(Some(found));
            }
            break;
        }
    }
    if first.first == 0 {
        return Ok(None);
    }
    let (mut frames, mut newest) = (Frames::new(segments.to_vec()), None);
    while let Some(frame) = frames.next()? {
        newest = parse(&frame).filter(counts).or(newest);
    }
    newest.map(Some).ok_or(ReadError::Segment {
        file: file_name(&first.path),
        what: "the first segments are missing, and no PRUNE record allows it",
    })
}

/// Takes the hashes of the first `size` records, a multiple of 256, from the tiles of level 0, and
/// calls `after` behind each.
pub(super) fn push_hashes<E>(
    tree: &mut Tree,
    partition: &Path,
    size: u64,
    mut after: impl FnMut(&mut Tree) -> Result<(), E>,
) -> Result<(), HashesError<E>> {
    while tree.size() < size {
        let number = tree.size() / TILE_WIDTH;
        let unreadable = |error| HashesError::Tile(TileError { number, error });
        let bytes = read(partition, Some(0), number, 256).map_err(unreadable)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if hashes.len() as u64 != TILE_WIDTH || !rest.is_empty() {
            return Err(unreadable(io::Error::new(
                io::ErrorKind::InvalidData,
                "it does not hold 256 hashes",
            )));
        }
        for hash in hashes {
            tree.push_leaf(*hash);
            after(tree).map_err(HashesError::After)?;
        }
    }
    Ok(())
}

/// What kept hashes from being taken.
#[derive(Debug)]
pub(super) enum HashesError<E> {
    /// A tile.
    Tile(TileError),
    /// What the caller does behind each of them.
    After(E),
}

/// A tile of level 0 that stands for pruned records is not there or not whole.
#[derive(Debug, thiserror::Error)]
#[error("{}, which stands for pruned records, cannot be read: {error}", path(Path::new(""), Some(0), *number, 256).display())]
pub(super) struct TileError {
    /// Which one.
    pub(super) number: u64,
    error: io::Error,
}
