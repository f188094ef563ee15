//! Tree: the Merkle tree over the records, in the tiles of C2SP tlog-tiles.
//!
//! Invariant: a [`Tree`] is made only by pushing records in order (or from tiles whose root a signed
//! checkpoint confirms), so what it gives out is a function of the records alone: the writer, the
//! recovery and the verifier use this same code and differ only in what they do with the result.
//!
//! Hashing is RFC 6962 section 2.1: a leaf is SHA-256(0x00, record), a node SHA-256(0x01, left,
//! right). <https://c2sp.org/tlog-tiles> cuts the tree into tiles 8 levels high.

use aws_lc_rs::digest::{SHA256, digest};
use std::path::{Path, PathBuf};

use super::frame::Frame;

/// A SHA-256 digest.
pub(super) type Hash = [u8; 32];
/// Hashes in a full tile, entries in a full bundle.
pub(super) const TILE_WIDTH: u64 = 256;
pub(super) const WIDTH: usize = 256;
/// Levels of tiles in a log of 2^64 records.
pub(super) const LEVELS_MAX: u8 = 8;

/// A tile or an entry bundle, full or partial.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The level of a tile; none for an entry bundle.
    pub(super) level: Option<u8>,
    /// Which one of its level.
    pub(super) number: u64,
    /// How many hashes or entries it holds.
    pub(super) width: usize,
    /// What its file holds.
    pub(super) bytes: Vec<u8>,
}

impl Piece {
    /// Where its file stands in the directory of a partition.
    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        path(directory, self.level, self.number, self.width)
    }
}

/// The right edge of the tree, and what became complete since it was last taken.
#[derive(Debug, Default)]
pub(super) struct Tree {
    size: u64,
    /// Per level of tiles, the hashes of the one that is not full yet.
    edge: Vec<Vec<Hash>>,
    /// The entries of the bundle that is not full yet.
    bundle: Vec<u8>,
    complete: Vec<Piece>,
    complete_bytes: usize,
}

impl Tree {
    /// Loads the right edge of a tree of `size` records, a multiple of 256, from its tiles. Whether
    /// they are right shows when [`Tree::root`] meets a signed checkpoint.
    pub(super) fn load(directory: &Path, size: u64) -> std::io::Result<Tree> {
        Tree::load_within(directory, size, size)
    }

    /// The same for the first `size` records of a log whose tiles cover `covered` of them.
    pub(super) fn load_within(directory: &Path, size: u64, covered: u64) -> std::io::Result<Tree> {
        let mut tree = Tree { size, ..Tree::default() };
        for level in 0..LEVELS_MAX {
            let hashes = size >> (8 * u32::from(level));
            if hashes == 0 {
                break;
            }
            let width = usize::try_from(hashes % TILE_WIDTH).unwrap_or(0);
            let mut edge = Vec::with_capacity(WIDTH);
            if width > 0 {
                // A tile that has grown since has its file under its new width.
                let (number, grown) = (hashes / TILE_WIDTH, covered >> (8 * u32::from(level)));
                let full = grown / TILE_WIDTH > number;
                let stands = if full { WIDTH } else { usize::try_from(grown % TILE_WIDTH).unwrap_or(0) };
                let bytes = read(directory, Some(level), number, stands.max(width))?;
                if bytes.len() < width * 32 {
                    return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "a tile is too short"));
                }
                edge.extend(bytes.as_chunks::<32>().0.iter().take(width));
            }
            tree.edge.push(edge);
        }
        Ok(tree)
    }

    /// The right edge of a tree of `size` records, read elsewhere: the hashes of each level's last tile.
    /// Whether they are right shows when [`Tree::root`] meets a signed checkpoint.
    pub(super) fn from_edge(size: u64, edge: Vec<Vec<Hash>>) -> Tree {
        Tree { size, edge, ..Tree::default() }
    }

    /// Records in the tree.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of the pieces that wait to be taken.
    pub(super) fn complete_bytes(&self) -> usize {
        self.complete_bytes
    }

    /// Appends a record.
    pub(super) fn push(&mut self, frame: &Frame<'_>) {
        let record = frame.record();
        let length = u16::try_from(record.len()).unwrap_or(u16::MAX);
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(record);
        self.size += 1;
        if self.size.is_multiple_of(TILE_WIDTH) {
            let bytes = std::mem::take(&mut self.bundle);
            self.bundle.reserve(bytes.len());
            self.finish(Piece { level: None, number: self.size / TILE_WIDTH - 1, width: WIDTH, bytes });
        }
        self.push_hash(0, sha256(frame.leaf()));
    }

    /// Appends a record of which only the leaf hash is known: no entry bundle comes out. Whole bundles of
    /// them only, where records follow.
    pub(super) fn push_leaf(&mut self, hash: Hash) {
        self.size += 1;
        self.push_hash(0, hash);
    }

    fn push_hash(&mut self, level: u8, hash: Hash) {
        if self.edge.len() <= usize::from(level) {
            self.edge.push(Vec::with_capacity(WIDTH));
        }
        let Some(edge) = self.edge.get_mut(usize::from(level)) else { return };
        edge.push(hash);
        if edge.len() < WIDTH {
            return;
        }
        let bytes = edge.concat();
        let above = root_of(edge);
        edge.clear();
        let number = (self.size >> (8 * (u32::from(level) + 1))).saturating_sub(1);
        self.finish(Piece { level: Some(level), number, width: WIDTH, bytes });
        self.push_hash(level + 1, above);
    }

    fn finish(&mut self, piece: Piece) {
        self.complete_bytes += piece.bytes.len();
        self.complete.push(piece);
    }

    /// The full tiles and bundles that became complete since the last call, oldest first.
    pub(super) fn take_complete(&mut self) -> Vec<Piece> {
        self.complete_bytes = 0;
        std::mem::take(&mut self.complete)
    }

    /// Gives pieces back that could not be written.
    pub(super) fn put_back(&mut self, mut pieces: Vec<Piece>) {
        pieces.append(&mut self.complete);
        self.complete_bytes = pieces.iter().map(|piece| piece.bytes.len()).sum();
        self.complete = pieces;
    }

    /// The partial bundle and tiles of the right edge.
    pub(super) fn partial(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let width = usize::try_from(self.size % TILE_WIDTH).unwrap_or(0);
        if width > 0 {
            let (number, bytes) = (self.size / TILE_WIDTH, self.bundle.clone());
            pieces.push(Piece { level: None, number, width, bytes });
        }
        for (level, edge) in (0..LEVELS_MAX).zip(&self.edge) {
            if !edge.is_empty() {
                let number = self.size >> (8 * (u32::from(level) + 1));
                let bytes = edge.concat();
                pieces.push(Piece { level: Some(level), number, width: edge.len(), bytes });
            }
        }
        pieces
    }

    /// The roots of the perfect subtrees that make up the tree, largest first.
    pub(super) fn subtrees(&self) -> Vec<Hash> {
        let mut roots = Vec::new();
        for edge in &self.edge {
            let mut rest = edge.as_slice();
            while !rest.is_empty() {
                let (left, subtree) = rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                roots.push(root_of(subtree));
                rest = left;
            }
        }
        roots.reverse();
        roots
    }

    /// The Merkle tree hash of all records.
    pub(super) fn root(&self) -> Hash {
        let mut right: Option<Hash> = None;
        for edge in &self.edge {
            right = fold(edge, right);
        }
        right.unwrap_or_else(|| sha256(&[]))
    }
}

/// Joins the perfect subtrees of one tile, smallest first, to what stands right of them.
fn fold(hashes: &[Hash], mut right: Option<Hash>) -> Option<Hash> {
    let mut rest = hashes;
    while !rest.is_empty() {
        let smallest = 1 << rest.len().trailing_zeros();
        let (left, subtree) = rest.split_at(rest.len() - smallest);
        let hash = root_of(subtree);
        right = Some(right.map_or(hash, |right| node(&hash, &right)));
        rest = left;
    }
    right
}

/// The root of a perfect subtree.
pub(super) fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [hash] => *hash,
        [left, right] => node(left, right),
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node(&root_of(left), &root_of(right))
        }
    }
}

pub(super) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (_, hashes) = bytes.split_at_mut(1);
    hashes.iter_mut().zip(left.iter().chain(right)).for_each(|(byte, value)| *byte = *value);
    sha256(&bytes)
}

/// SHA-256, with the instructions of the processor.
pub(super) fn sha256(bytes: &[u8]) -> Hash {
    digest(&SHA256, bytes).as_ref().try_into().unwrap_or([0; 32])
}

/// The leaf hash of a record that is not in a frame.
pub(super) fn leaf_hash(record: &[u8]) -> Hash {
    let mut leaf = Vec::with_capacity(record.len() + 1);
    leaf.push(0);
    leaf.extend_from_slice(record);
    sha256(&leaf)
}

/// The entries of a bundle, as far as they are whole.
pub(super) fn entries(bundle: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bundle;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        Some(entry)
    })
}

/// Reads a tile or bundle at least `width` wide: the partial file, or the full one that took over.
pub(super) fn read(
    directory: &Path,
    level: Option<u8>,
    number: u64,
    width: usize,
) -> std::io::Result<Vec<u8>> {
    match std::fs::read(path(directory, level, number, width)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && width < WIDTH => {
            std::fs::read(path(directory, level, number, WIDTH))
        }
        other => other,
    }
}

/// `tile/<level or entries>/<number>[.p/<width>]`, the number in groups of three digits.
pub(super) fn path(directory: &Path, level: Option<u8>, number: u64, width: usize) -> PathBuf {
    let mut path = directory.join("tile");
    match level {
        Some(level) => path.push(level.to_string()),
        None => path.push("entries"),
    }
    let mut groups = vec![format!("{:03}", number % 1000)];
    let mut rest = number / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    path.extend(groups.iter().skip(1).rev());
    let last = groups.first().map_or("", String::as_str);
    if width == WIDTH { path.join(last) } else { path.join(format!("{last}.p")).join(width.to_string()) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::super::frame::{parse, seal, write_unsealed};
    use super::*;
    use base64::prelude::{BASE64_STANDARD, Engine};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// RFC 6962 section 2.1, word for word.
    fn reference(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [leaf] => leaf_hash(leaf),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node(&reference(&leaves[..split]), &reference(&leaves[split..]))
            }
        }
    }

    fn push(tree: &mut Tree, record: &[u8]) {
        let mut frame = Vec::new();
        write_unsealed(record, &mut frame);
        seal(&mut frame, tree.size());
        tree.push(&parse(&frame).unwrap());
    }

    #[test]
    fn the_roots_are_those_that_go_computes() {
        // TreeHash of golang.org/x/mod/sumdb/tlog v0.33.0 over the records "leaf 0", "leaf 1", …
        let expected = BTreeMap::from([
            (0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), // RFC 6962: SHA-256 of nothing
            (1, "G7l9zCFjXUfiZj79/QoXRobZjdcBNS3SzQbotD/T0wU="),
            (2, "/F9riP+FVPdbsvnm85wxsZNtRLaSdu33sSBalVuXYeM="),
            (3, "1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU="),
            (255, "1xWSohnUBnZj7t4kf5tUw/ngKQaC1V3gm0lbB/HeQck="),
            (256, "z17/2xHQknou31Ow5zx4N/ZZQU4AU32l2Q61xMSf8nQ="),
            (257, "hVuTaqAMuYtRFEhCSa0514pr6TYj4mwB6OSH3AIYSlo="),
            (511, "ymtPPbK06NA6gzynOB8aZncoM4xtFkHw5tCy2k7EqTQ="),
            (512, "2VeYcxZqpZvI032oZJI79j2s8P/xnqLKumOyDKuCzTA="),
            (600, "YeW3m0rrRtdF0jKp4Z6FF/MaCPW/wHpHSqW4KrWAG9o="),
        ]);
        let mut tree = Tree::default();
        for size in 0..=600 {
            if let Some(root) = expected.get(&size) {
                assert_eq!(BASE64_STANDARD.encode(tree.root()), *root, "size {size}");
            }
            push(&mut tree, format!("leaf {size}").as_bytes());
        }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        let shown = |level, number, width| path(Path::new("log"), level, number, width).display().to_string();
        assert_eq!(shown(Some(0), 0, 256), "log/tile/0/000");
        assert_eq!(shown(Some(2), 67, 13), "log/tile/2/067.p/13");
        assert_eq!(shown(None, 1_234_067, 256), "log/tile/entries/x001/x234/067");
        assert_eq!(shown(None, 1_000, 1), "log/tile/entries/x001/000.p/1");
    }

    #[test]
    fn two_full_levels_give_full_tiles_and_one_above() {
        let mut tree = Tree::default();
        for number in 0..(65_536 + 256 + 1) {
            push(&mut tree, format!("{number}").as_bytes());
        }
        let complete = tree.take_complete();
        let count = |level| complete.iter().filter(|piece| piece.level == level).count();
        assert_eq!((count(None), count(Some(0)), count(Some(1)), count(Some(2))), (257, 257, 1, 0));
        let partial: Vec<_> =
            tree.partial().into_iter().map(|piece| (piece.level, piece.number, piece.width)).collect();
        assert_eq!(partial, [(None, 257, 1), (Some(0), 257, 1), (Some(1), 1, 1), (Some(2), 0, 1)]);
    }

    proptest! {
        /// Whatever the records, the incremental root is the recursive one.
        #[test]
        fn the_root_is_that_of_the_definition(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..4), 0..700)) {
            let mut tree = Tree::default();
            leaves.iter().for_each(|leaf| push(&mut tree, leaf));
            prop_assert_eq!(tree.root(), reference(&leaves));
        }
    }
}
