//! The definition of the masks, in a form that every compiler vectorises.

use super::glance::{self, BELOW_LETTERS, BELOW_WORDS, Beyond, Glance, SMALL};
use super::{ALIKE, BEYOND, BLOCK, CODED, FOLDING, MARKS, Masks, Reader, is_in, is_of};

pub(super) const READER: Reader = Reader { read, passed };

/// Gathers the lowest bit of each of eight bytes: byte `i` arrives at bit `56 + i`, without carries.
const GATHER: u64 = 0x0102_0408_1020_4080;

fn read(blocks: &[[u8; BLOCK]], out: &mut [Masks]) {
    for (block, masks) in blocks.iter().zip(out) {
        let digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
        let letter = |byte: u8| (byte | 0x20).wrapping_sub(b'a') < 26;
        let foreign = !block.is_ascii();
        *masks = Masks {
            digits: mask(block, digit),
            letters: mask(block, letter),
            capitals: mask(block, |byte| byte.wrapping_sub(b'A') < 26),
            marks: mask(block, |byte| is_of(byte, MARKS)),
            words: mask(block, |byte| digit(byte) | letter(byte) | (byte == b'_') | (byte == b'-')),
            beyond: if foreign { mask(block, |byte| is_in(byte, &BEYOND)) } else { 0 },
            hiding: mask(block, |byte| is_in(byte, &FOLDING) | is_of(byte, CODED)),
            alike: if foreign { mask(block, |byte| is_in(byte, &ALIKE)) } else { 0 },
        };
    }
}

fn passed(before: &[u8; BLOCK], blocks: &[[u8; BLOCK]]) -> usize {
    let glance = |block: &[u8; BLOCK]| {
        let digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
        let word = |byte: u8| (byte > BELOW_WORDS) & (byte < 0x80);
        Glance {
            any: mask(block, |byte| digit(byte) | is_of(byte, MARKS) | is_of(byte, CODED)),
            words: mask(block, word),
            capitals: mask(block, |byte| word(byte) & (byte & SMALL == 0)),
            foreign: u64::from(!block.is_ascii()),
        }
    };
    glance::passed(before, blocks, glance, |block| Beyond {
        folding: mask(block, |byte| is_in(byte, &FOLDING)),
        alike: mask(block, |byte| is_in(byte, &ALIKE)),
        letters: mask(block, |byte| (byte > BELOW_LETTERS) & (byte < 0x80)),
    })
}

/// One bit for each byte: does `test` hold?
fn mask(block: &[u8; BLOCK], test: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0u8; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(test(byte));
    }
    let (eights, _) = flags.as_chunks::<8>();
    eights
        .iter()
        .rev()
        .fold(0, |mask, eight| mask << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56)
}
