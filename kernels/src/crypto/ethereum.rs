//! Ethereum: `0x` and forty hexadecimal digits, whose letters' case is the check (EIP-55).
//!
//! Invariant: an address with letters of both cases is one only if each letter has the case that the hash
//! of the address in small letters asks for.

use sha3::{Digest, Keccak256};

const DIGITS: usize = 40;

/// Its digits, if it has the form.
fn digits(word: &[u8]) -> Option<&[u8; DIGITS]> {
    let digits = word.strip_prefix(b"0x")?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?.try_into().ok()
}

/// Has it the form, and no letters of both cases? A row of one digit is nobody's.
pub(super) fn is_in_one_case(word: &[u8]) -> bool {
    digits(word).is_some_and(|digits| {
        let mixed = digits.iter().any(u8::is_ascii_uppercase) && digits.iter().any(u8::is_ascii_lowercase);
        !mixed && digits.array_windows().any(|[left, right]| left != right)
    })
}

/// Has it letters of both cases, each in the right one?
pub(super) fn is_mixed(word: &[u8]) -> bool {
    digits(word).is_some_and(|digits| {
        let hash = Keccak256::digest(digits.map(|digit| digit.to_ascii_lowercase()));
        let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let right = |(digit, nibble): (&u8, u8)| {
            !digit.is_ascii_alphabetic() || digit.is_ascii_uppercase() == (nibble >= 8)
        };
        digits.iter().zip(nibbles).all(right)
    })
}
