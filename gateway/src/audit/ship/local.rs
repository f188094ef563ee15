//! Local: what a partition on this disk holds that a bucket may have.
//!
//! Invariant: nothing is given out but what is below `tile/`, whole segments up to where the next begins,
//! `vkey` and `checkpoint`: never a private key, never a subject's. What is given out for a size is a
//! function of the signed records alone, so two readings at any time are equal, byte for byte.

use std::io;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};

use super::bucket::{BucketError, OBJECT_BYTES_MAX};
use crate::audit::frame;
use crate::audit::note::Checkpoint;
use crate::audit::segment::{HEADER_BYTES, Segment, list};
use crate::audit::tree::{self, LEVELS_MAX, TILE_WIDTH, Tree, WIDTH, entries};

/// Checkpoints and keys are a few lines.
pub(in crate::audit) const SMALL_BYTES_MAX: usize = 64 << 10;

/// A tile or bundle by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) struct Place {
    pub(in crate::audit) level: Option<u8>,
    pub(in crate::audit) number: u64,
    pub(in crate::audit) width: usize,
}

impl Place {
    /// Its name below the partition.
    pub(in crate::audit) fn name(&self) -> String {
        tree::path(Path::new(""), self.level, self.number, self.width).to_string_lossy().into_owned()
    }

    /// The folder of its partial forms.
    pub(in crate::audit) fn partial_folder(&self) -> String {
        let full = Place { width: WIDTH, ..*self };
        format!("{}.p", full.name())
    }
}

/// All levels: the entry bundles, then the tiles from the leaves up.
fn levels() -> impl Iterator<Item = (Option<u8>, u32)> {
    let tiles = (0..LEVELS_MAX).map(|level| (Some(level), u32::from(level) + 1));
    std::iter::once((None, 1)).chain(tiles)
}

/// What became full between two sizes.
pub(in crate::audit) fn full(from: u64, to: u64) -> impl Iterator<Item = Place> {
    let shift = |size: u64, power: u32| size.checked_shr(8 * power).unwrap_or(0);
    levels().flat_map(move |(level, power)| {
        (shift(from, power)..shift(to, power)).map(move |number| Place { level, number, width: WIDTH })
    })
}

/// The tiles and the bundle of the right edge that are not full at a size.
pub(in crate::audit) fn partial(size: u64) -> impl Iterator<Item = Place> {
    let shift = move |power: u32| size.checked_shr(8 * power).unwrap_or(0);
    let places = levels().map(move |(level, power)| {
        let width = usize::try_from(shift(power - 1) % TILE_WIDTH).unwrap_or(0);
        Place { level, number: shift(power), width }
    });
    places.filter(|place| place.width > 0)
}

/// The first `width` hashes or entries of a tile or bundle that may hold more; none if it holds less.
pub(in crate::audit) fn cut(place: &Place, bytes: &[u8]) -> Option<Vec<u8>> {
    let length = match place.level {
        Some(_) => place.width * 32,
        None => {
            let mut found = entries(bytes);
            let lengths = found.by_ref().take(place.width).map(|entry| entry.len() + 2);
            let lengths: Vec<usize> = lengths.collect();
            if lengths.len() < place.width {
                return None;
            }
            lengths.iter().sum()
        }
    };
    let cut = bytes.get(..length)?;
    // A full one that holds more is none.
    (place.width < WIDTH || cut.len() == bytes.len()).then(|| cut.to_vec())
}

/// Origin, size and root of a checkpoint, as its text says and nobody has verified.
pub(in crate::audit) fn unverified(note: &[u8]) -> Option<(String, Checkpoint)> {
    let text = std::str::from_utf8(note).ok()?.split_once("\n\n")?.0;
    let mut lines = text.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
    let root = BASE64_STANDARD.decode(root).ok()?.try_into().ok()?;
    Some((origin.to_owned(), Checkpoint { size, root }))
}

/// A partition of the log of this node, read beside its writer.
#[derive(Debug, Clone)]
pub(in crate::audit) struct Local {
    pub(in crate::audit) path: PathBuf,
    pub(in crate::audit) origin: String,
    pub(in crate::audit) checkpoint: Checkpoint,
    /// The signed note.
    pub(in crate::audit) note: Vec<u8>,
    pub(in crate::audit) vkey: Vec<u8>,
}

impl Local {
    /// Reads what the partition says of itself now.
    pub(in crate::audit) fn read(path: &Path) -> Result<Local, BucketError> {
        let note = small(&path.join("checkpoint"))?;
        let vkey = small(&path.join("vkey"))?;
        let (origin, checkpoint) = unverified(&note)
            .ok_or_else(|| BucketError::Alarm(format!("{}: its checkpoint is damaged", path.display())))?;
        Ok(Local { path: path.to_owned(), origin, checkpoint, note, vkey })
    }

    /// The root that this log had at a size, from its tiles.
    pub(in crate::audit) fn root(&self, size: u64) -> Result<[u8; 32], BucketError> {
        Tree::load(&self.path, size).map(|tree| tree.root()).map_err(disk(&self.path.join("tile")))
    }

    /// A tile or bundle; none if it was pruned.
    pub(in crate::audit) fn piece(&self, place: &Place) -> Result<Option<Vec<u8>>, BucketError> {
        let path = tree::path(&self.path, place.level, place.number, place.width);
        let bytes = match tree::read(&self.path, place.level, place.number, place.width) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.is_pruned(place)? => {
                return Ok(None);
            }
            other => other.map_err(disk(&path))?,
        };
        let cut = cut(place, &bytes);
        cut.map(Some).ok_or_else(|| BucketError::Alarm(format!("{}: it is damaged", path.display())))
    }

    /// Retention takes whole segments and their entry bundles; tiles stay.
    fn is_pruned(&self, place: &Place) -> Result<bool, BucketError> {
        let first = self.segments()?.first().map_or(0, |segment| segment.first);
        Ok(place.level.is_none() && (place.number + 1) * TILE_WIDTH <= first)
    }

    fn segments(&self) -> Result<Vec<Segment>, BucketError> {
        list(&self.path).map_err(|error| BucketError::Disk(error.to_string()))
    }

    /// The segments that are whole and all under the checkpoint, each with the index of the next one's
    /// first record.
    pub(in crate::audit) fn whole_segments(&self) -> Result<Vec<(Segment, u64)>, BucketError> {
        let segments = self.segments()?;
        let ends = segments.iter().skip(1).map(|next| next.first).collect::<Vec<_>>();
        let whole = segments.into_iter().zip(ends);
        Ok(whole.filter(|(_, end)| *end <= self.checkpoint.size).collect())
    }

    /// A whole segment, up to where the next begins: what stands behind that is void after a disk error,
    /// and may be cut at any time.
    pub(in crate::audit) fn segment(segment: &Segment, end: u64) -> Result<Vec<u8>, BucketError> {
        let length = std::fs::metadata(&segment.path).map_err(disk(&segment.path))?.len();
        if length > OBJECT_BYTES_MAX as u64 {
            let what =
                format!("{} has {length} bytes: this log writes none so large", segment.path.display());
            return Err(BucketError::Alarm(what));
        }
        let mut bytes = std::fs::read(&segment.path).map_err(disk(&segment.path))?;
        let header = usize::try_from(HEADER_BYTES).unwrap_or(usize::MAX);
        let frames = frame::all(bytes.get(header..).unwrap_or_default());
        let mut next = segment.first;
        let mut length = header;
        for frame in frames.take_while(|frame| frame.sequence < end) {
            length += frame.bytes.len();
            next += 1;
        }
        if next != end {
            let what = format!("{} ends at record {next}, not at {end}", segment.path.display());
            return Err(BucketError::Alarm(what));
        }
        bytes.truncate(length);
        Ok(bytes)
    }
}

fn small(path: &Path) -> Result<Vec<u8>, BucketError> {
    let bytes = std::fs::read(path).map_err(disk(path))?;
    if bytes.len() > SMALL_BYTES_MAX {
        return Err(BucketError::Alarm(format!("{} is too long", path.display())));
    }
    Ok(bytes)
}

fn disk(path: &Path) -> impl Fn(io::Error) -> BucketError {
    let path = path.to_owned();
    move |error| BucketError::Disk(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(places: impl Iterator<Item = Place>) -> Vec<String> {
        places.map(|place| place.name()).collect()
    }

    #[test]
    fn what_a_checkpoint_needs_is_what_the_tree_writes() {
        assert_eq!(names(full(0, 600)), ["tile/entries/000", "tile/entries/001", "tile/0/000", "tile/0/001"]);
        assert_eq!(names(full(256, 600)), ["tile/entries/001", "tile/0/001"]);
        assert_eq!(names(full(600, 700)), Vec::<String>::new());
        assert_eq!(names(partial(600)), ["tile/entries/002.p/88", "tile/0/002.p/88", "tile/1/000.p/2"]);
        assert_eq!(names(partial(512)), ["tile/1/000.p/2"]);
        assert_eq!(names(partial(0)), Vec::<String>::new());
        let two_levels = names(full(65_535, 65_536));
        assert_eq!(two_levels, ["tile/entries/255", "tile/0/255", "tile/1/000"]);
        assert_eq!(names(partial(65_536)), ["tile/2/000.p/1"]);
    }

    #[test]
    fn a_partial_tile_or_bundle_is_the_beginning_of_a_longer_one_and_never_of_a_shorter() {
        let tile = |width| Place { level: Some(0), number: 0, width };
        let bundle = |width| Place { level: None, number: 0, width };
        assert_eq!(cut(&tile(1), &[7; 64]), Some(vec![7; 32]));
        assert_eq!(cut(&tile(3), &[7; 64]), None);
        let entries = [&[0, 1, b'a', 0, 2, b'b', b'b'][..], &[0, 1]].concat(); // the last is torn
        assert_eq!(cut(&bundle(2), &entries), Some(vec![0, 1, b'a', 0, 2, b'b', b'b']));
        assert_eq!(cut(&bundle(3), &entries), None);
        // A full one holds exactly that: what hangs behind it is nobody's.
        assert_eq!(cut(&tile(WIDTH), &[7; 32 * 256]).map(|tile| tile.len()), Some(32 * 256));
        assert_eq!(cut(&tile(WIDTH), &[7; 32 * 257]), None);
    }

    #[test]
    fn a_checkpoint_that_is_not_one_is_none() {
        for wrong in [
            "",
            "a\n1\nAA==\n\n",
            "a\n-1\n\n\n",
            "a\n1\n\n",
            "a\nx\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
        ] {
            assert_eq!(unverified(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
