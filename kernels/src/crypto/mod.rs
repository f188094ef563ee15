//! Addresses of cryptocurrencies: base58 with a check sum, bech32, and hexadecimal digits whose case is
//! the check.
//!
//! Invariant: an address is reported when its check sum is right. Two forms have none and need more: an
//! Ethereum address in one case (its form alone, unless a thing's number is named), and Solana's (a word
//! about it). A word is read once, and at most [`LENGTH_MAX`] bytes of it.

mod base58;
mod bech32;
mod ethereum;
mod monero;

use crate::bytes::{at, ends_word, run_end};
use crate::context::{Context, Topic};
use crate::{Finding, Label};

/// The shortest is one of Bitcoin's with a small number behind it, the longest one of Cardano's.
pub(crate) const LENGTH_MIN: usize = 25;
const LENGTH_MAX: usize = 114;

/// The address that is the word starting at `place`.
pub(crate) fn find(text: &[u8], place: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let end = run_end(text, place, LENGTH_MAX + 1, |byte| byte.is_ascii_alphanumeric());
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&(end - place)) || !ends_word(text, end) {
        return None;
    }
    let word = text.get(place..end)?;
    let proven = match at(text, place) {
        b'0' => return in_one_case(word, place, context).or_else(|| mixed(word, place)),
        b'4' | b'8' => monero::is_address(word).then_some("crypto.xmr"),
        b'r' => base58::is_ripple(word).then_some("crypto.xrp"),
        b'b' | b'B' | b'l' | b'a' | b's' => bech32::kind(word),
        _ => None,
    };
    let found = proven.or_else(|| base58::kind(word)).or_else(|| bech32::kind(word));
    if let Some(kind) = found {
        return Some(finding(kind, place, end, 99));
    }
    let solana = base58::is_key(word) && context.near(Topic::CRYPTO, place, end);
    solana.then(|| finding("crypto.sol", place, end, 80))
}

/// `0x` and forty digits with letters of one case: no check, and a hash may look the same.
fn in_one_case(word: &[u8], place: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let fits = ethereum::is_in_one_case(word) && !context.names_another(place);
    fits.then(|| finding("crypto.eth", place, place + word.len(), 80))
}

fn mixed(word: &[u8], place: usize) -> Option<Finding> {
    ethereum::is_mixed(word).then(|| finding("crypto.eth", place, place + word.len(), 99))
}

fn finding(kind: &'static str, start: usize, end: usize, score: u8) -> Finding {
    Finding { start, end, label: Label::AccountId, kind, country: None, score }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Words;

    fn kind(text: &str, address: &str) -> Option<&'static str> {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, text.as_bytes());
        let place = text.find(address)?;
        let found = find(text.as_bytes(), place, &mut context)?;
        (found.end == place + address.len()).then_some(found.kind)
    }

    /// From the documentation of each: BIP 173 and 350, EIP-55, Monero's and Ripple's own pages.
    const ADDRESSES: &[(&str, &str)] = &[
        ("crypto.btc", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("crypto.btc", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
        ("crypto.btc", "1111111111111111111114oLvT2"),
        ("crypto.btc", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("crypto.btc", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
        ("crypto.btc", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
        ("crypto.eth", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("crypto.eth", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
        ("crypto.eth", "0xde709f2102306220921060314715629080e2fb77"),
        ("crypto.xrp", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
        ("crypto.xrp", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59"),
        ("crypto.tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        ("crypto.doge", "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L"),
        ("crypto.ltc", "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9"),
        (
            "crypto.xmr",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        ),
        ("crypto.sol", "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"),
    ];

    #[test]
    fn published_addresses_are_found_and_one_changed_character_is_not() {
        for &(expected, address) in ADDRESSES {
            let text = format!("Solana? {address}, please");
            assert_eq!(kind(&text, address), Some(expected), "{address}");
            let other = if address.ends_with('4') { "5" } else { "4" };
            let wrong = format!("{}{other}", address.get(..address.len() - 1).unwrap_or_default());
            let found = kind(&format!("so {wrong}, please"), &wrong);
            assert!(found.is_none() || address == "0xde709f2102306220921060314715629080e2fb77", "{wrong}");
        }
    }

    #[test]
    fn what_has_no_check_needs_its_surroundings() {
        let (solana, hash) =
            ("4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T", "0x742d35cc6634c0532925a3b844bc454e4438f44e");
        assert_eq!(kind(&format!("id {solana}"), solana), None);
        assert_eq!(kind(&format!("commit {hash}"), hash), None);
        assert_eq!(kind(&format!("to {hash}"), hash), Some("crypto.eth"));
    }

    #[test]
    fn a_witness_program_has_a_length_that_its_version_allows() {
        // BIP 173 and BIP 350: invalid addresses.
        for address in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
            "bc1rw5uspcuh",
            "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
            "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
            "bC1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ] {
            assert_eq!(kind(address, address), None, "{address}");
        }
    }
}
