//! Monero: base58 in blocks of eleven digits, which are eight bytes, and a check sum by Keccak.
//!
//! Invariant: an address has 95 digits, or 106 with a payment's number, and its last four bytes are the
//! hash of the others. Source: Monero, «Standard address», «Integrated address».

use sha3::{Digest, Keccak256};

use super::base58::BITCOIN_VALUES;

/// Digits and bytes of a block, and of the last one of each length.
const BLOCK: (usize, usize) = (11, 8);
const LAST: (usize, usize) = (7, 5);
const LENGTHS: [usize; 2] = [8 * BLOCK.0 + LAST.0, 9 * BLOCK.0 + LAST.0];
const BYTES_MAX: usize = 9 * BLOCK.1 + LAST.1;
const CHECK: usize = 4;
/// Standard, integrated and subaddress of the main network.
const NETWORKS: [u8; 3] = [18, 19, 42];

pub(super) fn is_address(word: &[u8]) -> bool {
    LENGTHS.contains(&word.len()) && is_checked(word).unwrap_or(false)
}

fn is_checked(word: &[u8]) -> Option<bool> {
    let mut bytes = [0u8; BYTES_MAX];
    let mut length = 0;
    for block in word.chunks(BLOCK.0) {
        let size = if block.len() == BLOCK.0 { BLOCK.1 } else { LAST.1 };
        let value = block.iter().try_fold(0u128, |value, &digit| {
            let digit = BITCOIN_VALUES.get(usize::from(digit)).filter(|&&digit| digit < 58)?;
            Some(value * 58 + u128::from(*digit))
        })?;
        if value >> (8 * size) != 0 {
            return None;
        }
        let value = value.to_be_bytes();
        let slot = bytes.get_mut(length..length + size)?;
        slot.copy_from_slice(value.get(value.len() - size..)?);
        length += size;
    }
    let (body, check) = bytes.get(..length)?.split_last_chunk::<CHECK>()?;
    Some(NETWORKS.contains(body.first()?) && Keccak256::digest(body).starts_with(check))
}
