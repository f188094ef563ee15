//! Eight bytes in one register, and blocks of a fixed length that the compiler makes vectors of.
//!
//! Invariant: what is said of eight bytes is one bit for each, its highest, and nothing carries from one
//! byte to the next.

use crate::bytes::run_end;

const HIGH: u64 = 0x8080_8080_8080_8080;

#[inline]
const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The eight bytes before `index`, the last one highest.
#[inline]
pub(super) fn eight_before(text: &[u8], index: usize) -> Option<u64> {
    text.get(..index)?.last_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Which are at least `least`, of bytes below 128?
#[inline]
const fn at_least(low: u64, least: u8) -> u64 {
    low + every(128 - least)
}

/// Which are digits?
#[inline]
pub(super) const fn digits(bytes: u64) -> u64 {
    let low = bytes & !HIGH;
    at_least(low, b'0') & !at_least(low, b'9' + 1) & !bytes & HIGH
}

/// Which are letters or digits?
#[inline]
const fn alnum(bytes: u64) -> u64 {
    let lower = bytes & !HIGH | every(0x20);
    let letters = at_least(lower, b'a') & !at_least(lower, b'z' + 1) & !bytes & HIGH;
    letters | digits(bytes)
}

/// Which are below `bound`?
#[inline]
pub(super) const fn below(bytes: u64, bound: u8) -> u64 {
    !at_least(bytes & !HIGH, bound) & !bytes & HIGH
}

/// Which are `byte`?
#[inline]
pub(super) const fn equal(bytes: u64, byte: u8) -> u64 {
    below(bytes ^ every(byte), 1)
}

/// Is there one of the marks that a name may have?
#[inline]
pub(super) const fn has_marks(bytes: u64) -> bool {
    equal(bytes, b'_') | equal(bytes, b'-') | equal(bytes, b'.') | equal(bytes, b' ') != 0
}

/// Where the letters and digits end that start at `from`: an endless word is passed at the speed of memory.
#[inline]
pub(super) fn alnum_end(text: &[u8], from: usize) -> usize {
    let mut place = from;
    while let Some(bytes) = text.get(place..).and_then(<[u8]>::first_chunk) {
        let others = alnum(u64::from_le_bytes(*bytes)) ^ HIGH;
        if others != 0 {
            return place + others.trailing_zeros() as usize / 8;
        }
        place += 8;
        if place - from >= 64 {
            place = alnum_blocks_end(text, place);
        }
    }
    run_end(text, place, 8, |byte| byte.is_ascii_alphanumeric())
}

/// Passes over blocks that hold nothing but letters and digits.
fn alnum_blocks_end(text: &[u8], from: usize) -> usize {
    const TOGETHER: usize = 64;
    let mut place = from;
    while let Some(block) = text.get(place..).and_then(<[u8]>::first_chunk::<TOGETHER>) {
        // Without a branch in it: the compiler makes vector instructions of it.
        let is_alnum = |byte: u8| (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 26);
        if !block.iter().fold(true, |all, &byte| all & is_alnum(byte)) {
            break;
        }
        place += TOGETHER;
    }
    place
}

/// May one of two bytes stand in the `N` bytes before `index`? Yes where there are fewer.
#[inline]
pub(super) fn may_be_before<const N: usize>(text: &[u8], index: usize, one: u8, other: u8) -> bool {
    let window: Option<&[u8; N]> = text.get(..index).and_then(<[u8]>::last_chunk);
    window.is_none_or(|window| window.iter().fold(false, |any, &byte| any | (byte == one) | (byte == other)))
}

/// May a digit stand in the 64 bytes from `index` on? Yes where there are fewer.
#[inline]
pub(super) fn may_be_digit_behind(text: &[u8], index: usize) -> bool {
    let window: Option<&[u8; 64]> = text.get(index..).and_then(<[u8]>::first_chunk);
    window.is_none_or(|window| window.iter().fold(false, |any, &byte| any | (byte.wrapping_sub(b'0') < 10)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lanes_are_those_of_single_bytes(bytes: [u8; 8], bound in 1..=128u8, byte in 0..=127u8) {
            let mask = |test: &dyn Fn(u8) -> bool| {
                bytes.iter().rev().fold(0, |mask, &byte| mask << 8 | if test(byte) { 0x80 } else { 0 })
            };
            let all = u64::from_le_bytes(bytes);
            prop_assert_eq!(digits(all), mask(&|byte| byte.is_ascii_digit()));
            prop_assert_eq!(alnum(all), mask(&|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(below(all, bound), mask(&|byte| byte < bound));
            prop_assert_eq!(equal(all, byte), mask(&|other| other == byte));
        }

        #[test]
        fn words_end_where_their_letters_end(word in "[a-zA-Z0-9]{0,200}", rest in "([_ é-][a-z]{0,80})?") {
            let text = format!("-{word}{rest}");
            prop_assert_eq!(alnum_end(text.as_bytes(), 1), 1 + word.len());
        }
    }
}
