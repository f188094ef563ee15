//! Base58: numbers of 58 digits, which leave out 0, O, I and l.
//!
//! Invariant: at most 32 bytes come out; a number that is larger is none. Leading zero bytes and leading
//! zero digits are as many as one another, so each value is written in one way.

use sha2::{Digest, Sha256};

/// Bitcoin's digits in their order; most others have taken them over.
pub(super) const BITCOIN: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// XRP Ledger, «base58 Encodings».
const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// Values of digits, 255 for what is none.
pub(super) const BITCOIN_VALUES: [u8; 128] = values(BITCOIN);
const RIPPLE_VALUES: [u8; 128] = values(RIPPLE);

/// The first letters that [`VERSIONS`] lead to.
const FIRSTS: &[u8] = b"13LMDA9TX7t";
/// The bytes in front of the key's hash. Sources: chainparams.cpp of each; TRON, «Account».
const VERSIONS: &[(&[u8], &str)] = &[
    (&[0x00], "crypto.btc"),
    (&[0x05], "crypto.btc"),
    (&[0x30], "crypto.ltc"),
    (&[0x32], "crypto.ltc"),
    (&[0x1e], "crypto.doge"),
    (&[0x16], "crypto.doge"),
    (&[0x41], "crypto.tron"),
    (&[0x4c], "crypto.dash"),
    (&[0x10], "crypto.dash"),
    (&[0x1c, 0xb8], "crypto.zec"),
    (&[0x1c, 0xbd], "crypto.zec"),
];
/// Bytes of a hash of a key, and of the check sum behind it.
const HASH: usize = 20;
const CHECK: usize = 4;
/// The longest address is 36 digits.
const ADDRESS_MAX: usize = 36;

/// Which currency's address is it?
pub(super) fn kind(word: &[u8]) -> Option<&'static str> {
    if word.len() > ADDRESS_MAX || !FIRSTS.contains(word.first()?) {
        return None;
    }
    let number = decode(word, &BITCOIN_VALUES)?;
    let bytes = number.bytes()?;
    let (version, _) = bytes.split_at_checked(bytes.len().checked_sub(HASH + CHECK)?)?;
    let &(_, kind) = VERSIONS.iter().find(|&&(known, _)| known == version)?;
    is_checked(bytes).then_some(kind)
}

/// Is it an account of the XRP Ledger?
pub(super) fn is_ripple(word: &[u8]) -> bool {
    let number = if word.len() <= ADDRESS_MAX { decode(word, &RIPPLE_VALUES) } else { None };
    let bytes = number.as_ref().and_then(Number::bytes).unwrap_or_default();
    bytes.len() == 1 + HASH + CHECK && bytes.first() == Some(&0) && is_checked(bytes)
}

/// Is it a key of 32 bytes, as Solana writes its addresses?
pub(super) fn is_key(word: &[u8]) -> bool {
    (32..=44).contains(&word.len())
        && decode(word, &BITCOIN_VALUES).as_ref().and_then(Number::bytes).is_some_and(|key| key.len() == SIZE)
}

/// Do the first bytes of the hash's hash stand at the end?
fn is_checked(bytes: &[u8]) -> bool {
    let Some((body, check)) = bytes.split_last_chunk::<CHECK>() else { return false };
    Sha256::digest(Sha256::digest(body)).starts_with(check)
}

const SIZE: usize = 32;

struct Number {
    all: [u8; SIZE],
    length: usize,
}

impl Number {
    /// With the zero bytes that its leading zero digits stand for.
    fn bytes(&self) -> Option<&[u8]> {
        self.all.get(SIZE.checked_sub(self.length)?..)
    }
}

/// Five digits at a time: 58⁵ still fits a limb.
fn decode(word: &[u8], values: &[u8; 128]) -> Option<Number> {
    let mut limbs = [0u32; SIZE / 4];
    for digits in word.chunks(5) {
        let (mut chunk, mut base) = (0u32, 1u32);
        for &digit in digits {
            let value = values.get(usize::from(digit)).copied().filter(|&value| value < 58)?;
            (chunk, base) = (chunk * 58 + u32::from(value), base * 58);
        }
        let mut carry = u64::from(chunk);
        for limb in limbs.iter_mut().rev() {
            let product = u64::from(*limb) * u64::from(base) + carry;
            *limb = u32::try_from(product & 0xffff_ffff).unwrap_or(0);
            carry = product >> 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut all = [0; SIZE];
    all.as_chunks_mut::<4>().0.iter_mut().zip(limbs).for_each(|(slot, limb)| *slot = limb.to_be_bytes());
    let first = all.iter().position(|&byte| byte != 0).unwrap_or(SIZE);
    let zeros = word.iter().take_while(|&&digit| values.get(usize::from(digit)) == Some(&0)).count();
    Some(Number { all, length: SIZE - first + zeros })
}

#[expect(clippy::indexing_slicing, reason = "made when the crate is compiled; every digit is ASCII")]
const fn values(digits: &[u8; 58]) -> [u8; 128] {
    let mut values = [255; 128];
    let mut value = 0u8;
    while (value as usize) < digits.len() {
        values[digits[value as usize] as usize] = value;
        value += 1;
    }
    values
}
