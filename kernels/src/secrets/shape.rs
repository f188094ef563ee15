//! The shape of what follows a prefix: its alphabet, whether it is random at all, and check sums.
//!
//! Invariant: a place holder is not random, and whether a text is random is settled by its first
//! [`WINDOW`] bytes, so that a text made of false tokens is not read over and over.

use crate::bytes::{at, has_word};

/// How many bytes of a token are looked at to see whether it is random.
const WINDOW: usize = 64;
/// Fewer different bytes are a pattern: one of 16 random letters of 32 has fewer once in a million times.
const DISTINCT_MIN: u32 = 7;

/// Which bytes a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `0-9a-fA-F`.
    Hex = 1,
    /// `0-9A-Z`.
    Upper = 1 << 1,
    /// `0-9A-Za-z`.
    Alnum = 1 << 2,
    /// And `_`.
    Word = 1 << 3,
    /// And `-`: base64url.
    Token = 1 << 4,
    /// And `.`.
    Dotted = 1 << 5,
    /// Base64 in any form, and what RFC 6750 allows in a bearer token.
    Base64 = 1 << 6,
    /// Token and `/`.
    Path = 1 << 7,
    /// Hexadecimal and `-`.
    Uuid = 1 << 8,
    /// What separates fields inside of some tokens: Dotted, `|`, `!`, `,`, `:`, `+`, `/`, `=`.
    Fields = 1 << 9,
}

const CLASSES: [u16; 256] = classes();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn classes() -> [u16; 256] {
    use Alphabet::{Alnum, Base64, Dotted, Fields, Hex, Path, Token, Upper, Uuid, Word};
    let words = Alnum as u16 | Word as u16 | Token as u16 | Dotted as u16 | Base64 as u16;
    let words = words | Path as u16 | Fields as u16;
    let mut table = [0; 256];
    let mut index = 0;
    while index < 128 {
        let byte = index as u8;
        table[index] = match byte {
            b'0'..=b'9' => words | Hex as u16 | Upper as u16 | Uuid as u16,
            b'A'..=b'F' => words | Hex as u16 | Upper as u16 | Uuid as u16,
            b'G'..=b'Z' => words | Upper as u16,
            b'a'..=b'f' => words | Hex as u16 | Uuid as u16,
            b'g'..=b'z' => words,
            b'_' => words & !(Alnum as u16),
            b'-' => words & !(Alnum as u16 | Word as u16) | Uuid as u16,
            b'.' => Dotted as u16 | Base64 as u16 | Fields as u16,
            b'/' => Base64 as u16 | Path as u16 | Fields as u16,
            b'+' | b'=' => Base64 as u16 | Fields as u16,
            b'~' => Base64 as u16,
            b'|' | b'!' | b',' | b':' => Fields as u16,
            _ => 0,
        };
        index += 1;
    }
    table
}

impl Alphabet {
    #[inline]
    pub(super) fn has(self, byte: u8) -> bool {
        CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & self as u16 != 0)
    }
}

/// Is it more than words with hyphens and no place holder? Has it a digit or letters in both cases, or is
/// it of capital letters only, which are no words of prose?
pub(super) fn is_random(token: &[u8]) -> bool {
    let window = token.get(..WINDOW).unwrap_or(token);
    // Bytes below 64 and those above, and which bytes are like the one before.
    let (mut low, mut high, mut repeats, mut previous) = (0u64, 0u64, 0u64, 0);
    for (place, &byte) in window.iter().enumerate() {
        let bit = 1u64 << (byte & 63);
        low |= if byte < 64 { bit } else { 0 };
        high |= if byte & 0xc0 == 64 { bit } else { 0 };
        repeats |= u64::from(byte == previous) << place;
        previous = byte;
    }
    let seen = u128::from(low) | u128::from(high) << 64;
    const DIGITS: u128 = 0x3ff << b'0';
    const CAPITALS: u128 = 0x3ff_ffff << b'A';
    const SMALL: u128 = 0x3ff_ffff << b'a';
    let mixed = seen & DIGITS != 0 || seen & CAPITALS != 0 && seen & SMALL != 0;
    let only_capitals = seen & !(CAPITALS | DIGITS) == 0;
    seen.count_ones() >= DISTINCT_MIN.min(u32::try_from(window.len()).unwrap_or(0) / 2)
        && (repeats & repeats >> 1 & repeats >> 2 & repeats >> 3 == 0 || !is_filled(window))
        && (mixed || only_capitals)
        && !says_placeholder(window)
}

/// Do five of a letter or mark stand in a row that fill a place up?
fn is_filled(window: &[u8]) -> bool {
    window.array_windows().any(|five: &[u8; 5]| {
        let [first, ..] = five;
        matches!(first, b'x' | b'X' | b'*' | b'.' | b'_' | b'-') && five.iter().all(|byte| byte == first)
    })
}

/// Words that stand in the example of a manual and not in a random token: seven letters or more, or
/// fewer between marks.
pub(super) fn says_placeholder(value: &[u8]) -> bool {
    value.array_windows().enumerate().any(|(start, &[first, second])| {
        // Not `example`: what has the form of a key and says so is removed all the same, to be sure.
        let (long, between): (&[u8], &[u8]) = match [first | 0x20, second | 0x20] {
            [b'p', b'l'] => (b"placeholder", b""),
            [b'r', b'e'] => (b"redacted", b"replace"),
            [b'c', b'h'] => (b"changeme", b""),
            [b'y', b'o'] => (b"", b"your"),
            [b'h', b'e'] => (b"", b"here"),
            [b'i', b'n'] => (b"", b"insert"),
            _ => return false,
        };
        let is_letter = |index: usize| at(value, index).is_ascii_alphanumeric();
        let holds = |word: &[u8]| !word.is_empty() && has_word(value, start, word);
        holds(long)
            || holds(between) && !is_letter(start.wrapping_sub(1)) && !is_letter(start + between.len())
    })
}

/// CRC-32 of ISO/IEC 3309, as in GitHub's and npm's tokens.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Do the last six bytes of 36 hold the check sum of the 30 before, as GitHub writes it in base 62?
/// <https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>
pub(super) fn ends_with_crc(body: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((random, check)) = body.split_at_checked(30).filter(|(_, check)| check.len() == 6) else {
        return false;
    };
    let value = check.iter().try_fold(0u64, |value, byte| {
        let digit = DIGITS.iter().position(|digit| digit == byte)?;
        Some(value * 62 + digit as u64)
    });
    value == Some(u64::from(crc32(random)))
}

/// Is `text`, in capital letters, a word of BIP 173 with a valid check sum? Age writes its keys so.
pub(super) fn is_bech32(text: &[u8]) -> bool {
    const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const STEPS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let Some(one) = text.iter().rposition(|&byte| byte == b'1') else { return false };
    let Some((label, data)) = text.split_at_checked(one) else { return false };
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        let next = (sum & 0x1ff_ffff) << 5 ^ value;
        STEPS
            .iter()
            .enumerate()
            .fold(next, |next, (bit, &x)| if top >> bit & 1 == 1 { next ^ x } else { next })
    };
    let lower = |byte: &u8| u32::from(byte.to_ascii_lowercase());
    let high = label.iter().map(|byte| lower(byte) >> 5);
    let low = label.iter().map(|byte| lower(byte) & 31);
    let sum = high.chain([0]).chain(low).fold(1, step);
    let values = data.iter().skip(1).map(|byte| {
        LETTERS
            .iter()
            .position(|letter| *letter == byte.to_ascii_lowercase())
            .and_then(|v| u32::try_from(v).ok())
    });
    let mut values = values;
    values.try_fold(sum, |sum, value| Some(step(sum, value?))) == Some(1)
}

/// Decodes base64 of either alphabet into `out` until either ends, and says how much.
pub(super) fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> &'o [u8] {
    let (mut bits, mut held, mut length) = (0u32, 0, 0);
    for &byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(slot) = out.get_mut(length) else { break };
            let [_, _, _, low] = (bits >> held).to_be_bytes();
            *slot = low;
            length += 1;
        }
    }
    out.get(..length).unwrap_or_default()
}

/// Where `word` starts in `text`.
pub(super) fn position(text: &[u8], word: &[u8]) -> Option<usize> {
    let &first = word.first()?;
    memchr::memchr_iter(first, text).find(|&index| text.get(index..index + word.len()) == Some(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_sums_are_those_of_their_specifications() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert!(is_bech32(b"A12UEL5L"));
        assert!(is_bech32(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"));
        assert!(!is_bech32(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx"));
        assert_eq!(decode(b"dXNlcjpodW50ZXIy", &mut [0; 64]), b"user:hunter2");
    }

    #[test]
    fn place_holders_are_not_random() {
        for text in [
            "xxxxxxxxxxxxxxxx1",
            "your-api-key-here",
            "YOUR_KEY_1234567",
            "0000000000000000",
            "api03-XXXXXXXX",
        ] {
            assert!(!is_random(text.as_bytes()), "{text}");
        }
        for text in ["a1B2c3D4e5F6g7H8", "0123456789abcdef", "QWERTZUIOPASDFGH", "aBcDeFgHiJkLmNoP"] {
            assert!(is_random(text.as_bytes()), "{text}");
        }
    }
}
