//! Proof: that a tree holds a record, and that it grew out of a smaller one, from tiles alone.
//!
//! Invariant: what is returned is the inclusion or consistency proof of RFC 6962 sections 2.1.1 and
//! 2.1.2 for this log, as far as its tiles are right; whoever gets it checks it against signed roots
//! (RFC 9162 sections 2.1.3.2 and 2.1.4.2), so a wrong tile makes a proof that is refused and never one
//! that deceives.

use std::io;
use std::path::Path;

use super::tree::{Hash, TILE_WIDTH, node, read, root_of, sha256};

/// The hashes beside the way from record `index` to the root of the first `size` records, whose tiles
/// must be there.
pub(super) fn inclusion(directory: &Path, index: u64, size: u64) -> io::Result<Vec<Hash>> {
    if index >= size {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the record is not under the checkpoint"));
    }
    let mut proof = Vec::new();
    Tiles { directory, size }.path(index, 0, size, &mut proof)?;
    Ok(proof)
}

/// The hashes that lead from the tree of the first `old` records to that of the first `new`. The tiles
/// of a tree of `new` records must be there. None are needed from nothing, and from a size to itself.
pub(super) fn consistency(directory: &Path, old: u64, new: u64) -> io::Result<Vec<Hash>> {
    if old > new {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the older tree is larger"));
    }
    let mut proof = Vec::new();
    if old > 0 && old < new {
        let tiles = Tiles { directory, size: new };
        tiles.subproof(old, 0, new, true, &mut proof)?;
    }
    Ok(proof)
}

/// Whether a proof leads from the leaf hash of record `index` to the root of `size` records
/// (RFC 9162 section 2.1.3.2).
pub(super) fn includes(index: u64, size: u64, leaf: Hash, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(beside, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether a proof leads from the root of `old` records to that of `new` records (RFC 9162 section
/// 2.1.4.2, and from nothing, which every log grew out of).
pub(super) fn continues(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> bool {
    if old == 0 || old >= new {
        let root = if old == 0 { *old_root == sha256(&[]) } else { old_root == new_root };
        return proof.is_empty() && root && (old == 0 || old == new);
    }
    let whole = old.is_power_of_two().then_some(old_root);
    let mut hashes = whole.into_iter().chain(proof);
    let Some(first) = hashes.next() else { return false };
    let common = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> common, (new - 1) >> common);
    let (mut before, mut after) = (*first, *first);
    for beside in hashes {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            (before, after) = (node(beside, &before), node(beside, &after));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            after = node(&after, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && before == *old_root && after == *new_root
}

struct Tiles<'d> {
    directory: &'d Path,
    size: u64,
}

impl Tiles<'_> {
    /// PATH of RFC 6962 section 2.1.1, for the records `start..end`.
    fn path(&self, index: u64, start: u64, end: u64, proof: &mut Vec<Hash>) -> io::Result<()> {
        if end - start == 1 {
            return Ok(());
        }
        let middle = start + split(end - start);
        if index < middle {
            self.path(index, start, middle, proof)?;
            proof.push(self.root(middle, end)?);
        } else {
            self.path(index, middle, end, proof)?;
            proof.push(self.root(start, middle)?);
        }
        Ok(())
    }

    /// SUBPROOF of RFC 6962 section 2.1.2, for the records `start..end`, of which the first `old` were
    /// there before. `whole`: the verifier knows their root already.
    fn subproof(&self, old: u64, start: u64, end: u64, whole: bool, proof: &mut Vec<Hash>) -> io::Result<()> {
        if old == end - start {
            if !whole {
                proof.push(self.root(start, end)?);
            }
            return Ok(());
        }
        let middle = start + split(end - start);
        if old <= middle - start {
            self.subproof(old, start, middle, whole, proof)?;
            proof.push(self.root(middle, end)?);
        } else {
            self.subproof(old - (middle - start), middle, end, false, proof)?;
            proof.push(self.root(start, middle)?);
        }
        Ok(())
    }

    /// The Merkle tree hash of the records `start..end`, where `start` is a multiple of the largest power
    /// of two in their number.
    fn root(&self, start: u64, end: u64) -> io::Result<Hash> {
        let count = end - start;
        if count.is_power_of_two() {
            return self.perfect(start, count);
        }
        let middle = start + split(count);
        Ok(node(&self.perfect(start, middle - start)?, &self.root(middle, end)?))
    }

    /// The root of a perfect subtree: of hashes that stand side by side in one tile.
    fn perfect(&self, start: u64, count: u64) -> io::Result<Hash> {
        let level = count.trailing_zeros() / 8;
        let first = start >> (8 * level);
        let hashes = count >> (8 * level);
        let in_level = self.size >> (8 * level);
        let number = first / TILE_WIDTH;
        let width = (in_level - number * TILE_WIDTH).min(TILE_WIDTH);
        let too_far = || io::Error::new(io::ErrorKind::InvalidData, "a tile is too short");
        let level = u8::try_from(level).map_err(|_| too_far())?;
        let width = usize::try_from(width).map_err(|_| too_far())?;
        let tile = read(self.directory, Some(level), number, width)?;
        let (from, hashes) = (first % TILE_WIDTH, usize::try_from(hashes).map_err(|_| too_far())?);
        let from = usize::try_from(from).map_err(|_| too_far())?;
        let hashes = tile.as_chunks::<32>().0.get(from..from + hashes).ok_or_else(too_far)?;
        Ok(root_of(hashes))
    }
}

/// The largest power of two below a number of records (of two at least).
fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::super::frame::{parse, seal, write_unsealed};
    use super::super::tree::{Tree, leaf_hash};
    use super::*;
    use std::collections::BTreeMap;

    /// A folder with the tiles of 700 records, and the root of each size.
    fn log() -> (std::path::PathBuf, BTreeMap<u64, Hash>) {
        let folder = std::env::temp_dir().join(format!(
            "inland-proof-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let mut tree = Tree::default();
        let mut roots = BTreeMap::from([(0, tree.root())]);
        let mut pieces = Vec::new();
        for index in 0..700 {
            let mut frame = Vec::new();
            write_unsealed(record(index).as_bytes(), &mut frame);
            seal(&mut frame, index);
            tree.push(&parse(&frame).unwrap());
            roots.insert(index + 1, tree.root());
            pieces.extend(tree.take_complete());
        }
        pieces.extend(tree.partial());
        for piece in pieces {
            let path = piece.path(&folder);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &piece.bytes).unwrap();
        }
        (folder, roots)
    }

    fn record(index: u64) -> String {
        format!("record {index}")
    }

    #[test]
    fn every_record_has_a_proof_that_holds_for_it_alone() {
        let (folder, roots) = log();
        for index in 0..700 {
            let proof = inclusion(&folder, index, 700).unwrap();
            let leaf = leaf_hash(record(index).as_bytes());
            assert!(includes(index, 700, leaf, &proof, &roots[&700]), "record {index}");
            let other = leaf_hash(record(index + 1).as_bytes());
            assert!(!includes(index, 700, other, &proof, &roots[&700]), "another record at {index}");
            assert!(
                !includes(index + 1, 700, leaf, &proof, &roots[&700]),
                "record {index} at the next place"
            );
            assert!(!includes(index, 700, leaf, &proof, &roots[&699]), "record {index} under another root");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn every_older_size_has_a_proof_that_holds_for_its_root_alone() {
        let (folder, roots) = log();
        for old in 0..=700 {
            let proof = consistency(&folder, old, 700).unwrap();
            assert!(continues(old, 700, &roots[&old], &roots[&700], &proof), "from {old}");
            let forked = roots[&(if old == 0 { 1 } else { old - 1 })];
            assert!(!continues(old, 700, &forked, &roots[&700], &proof), "from another tree of {old}");
            let mut longer = proof.clone();
            longer.push([7; 32]);
            assert!(
                !continues(old, 700, &roots[&old], &roots[&700], &longer),
                "one hash too many from {old}"
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert!(!continues(old, 700, &roots[&old], &roots[&700], shorter), "one too few from {old}");
            }
        }
        assert!(!continues(700, 699, &roots[&700], &roots[&699], &[]), "backwards");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_proof_of_the_specification_is_made_and_accepted() {
        // The example tree of RFC 6962 section 2.1.3: seven leaves, proofs for d0, d3 and from three.
        let leaves: Vec<Hash> = (0..7_u8).map(|number| leaf_hash(&[number])).collect();
        let folder = std::env::temp_dir().join(format!("inland-proof-7-{}", std::process::id()));
        let tile = folder.join("tile/0/000.p");
        std::fs::create_dir_all(&tile).unwrap();
        std::fs::write(tile.join("7"), leaves.concat()).unwrap();
        let [a, b, c, d, e, f, j] = leaves[..] else { return };
        let (g, h, i) = (node(&a, &b), node(&c, &d), node(&e, &f));
        let (k, l) = (node(&g, &h), node(&i, &j));
        assert_eq!(inclusion(&folder, 0, 7).unwrap(), [b, h, l]);
        assert_eq!(inclusion(&folder, 3, 7).unwrap(), [c, g, l]);
        assert_eq!(inclusion(&folder, 6, 7).unwrap(), [i, k]);
        assert_eq!(consistency(&folder, 3, 7).unwrap(), [c, d, g, l]);
        assert_eq!(consistency(&folder, 4, 7).unwrap(), [l]);
        assert_eq!(consistency(&folder, 6, 7).unwrap(), [i, j, k]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
