//! Consistency: the proof that a tree grew out of a smaller one, from tiles alone.
//!
//! Invariant: what is returned is the consistency proof of RFC 6962 section 2.1.2 between two sizes of
//! this log, as far as its tiles are right; whoever gets it checks it against two signed roots, so a
//! wrong tile makes a proof that is refused and never one that deceives.

use std::io;
use std::path::Path;

use super::tree::{Hash, TILE_WIDTH, node, read, root_of};

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

struct Tiles<'d> {
    directory: &'d Path,
    size: u64,
}

impl Tiles<'_> {
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
