//! Slots of texts, and what is expected of the device for one.

use crate::cuda::families::{BLOCK_BYTES, TILE_BYTES, kind, tile};
use crate::cuda::{splice::Extent, twin};

pub(super) const BLOCK: usize = BLOCK_BYTES as usize;
pub(super) const TILE: usize = TILE_BYTES as usize;

/// Texts as the device reads them.
pub(super) struct Slot {
    pub(super) bytes: Vec<u8>,
    pub(super) texts: Vec<Extent>,
}

/// What the device says about a slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) failure: u32,
    /// Of each tile.
    pub(super) flags: Vec<u32>,
    /// Place and kinds.
    pub(super) anchors: Vec<(u32, u32)>,
    /// Place and families.
    pub(super) hits: Vec<(u32, u32)>,
}

impl Slot {
    pub(super) fn of<T: AsRef<[u8]>>(texts: &[T]) -> Slot {
        let mut slot = Slot { bytes: Vec::new(), texts: Vec::new() };
        for text in texts {
            let text = text.as_ref();
            slot.texts.push(Extent { start: word(slot.bytes.len()), length: word(text.len()) });
            slot.bytes.extend_from_slice(text);
            slot.bytes.resize(slot.bytes.len().next_multiple_of(BLOCK) + BLOCK, 0);
        }
        slot
    }

    pub(super) fn blocks(&self) -> u32 {
        word(self.bytes.len() / BLOCK)
    }

    /// The answer of the twin, with flags and anchors by their plain definitions.
    pub(super) fn answer(&self, texts: &[String]) -> Answer {
        let mut answer = Answer { failure: 0, flags: Vec::new(), anchors: Vec::new(), hits: Vec::new() };
        for part in self.bytes.chunks(TILE) {
            let high = if part.is_ascii() { 0 } else { tile::HIGH };
            let lead = part.iter().any(|&byte| byte >= 0x80 && may_lead(byte));
            answer.flags.push(high | if lead { tile::LEAD } else { 0 });
        }
        for (text, extent) in texts.iter().zip(&self.texts) {
            let anchors = plain(text.as_bytes());
            let (reader, _) = crate::simd::best();
            assert_eq!(anchors, twin::anchors(reader, text.as_bytes()), "{text:?}");
            for (place, kinds) in anchors {
                let families = twin::families(text, place, kinds);
                answer.anchors.push((extent.start + word(place), kinds));
                if families != 0 {
                    answer.hits.push((extent.start + word(place), families));
                }
            }
        }
        answer
    }

    /// What stands around a place, for whoever reads that a test failed.
    pub(super) fn around(&self, place: u32) -> String {
        let place = place as usize;
        let part = self.bytes.get(place.saturating_sub(60)..self.bytes.len().min(place + 60));
        String::from_utf8_lossy(part.unwrap_or_default()).into_owned()
    }
}

pub(super) fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Anchors as `anchors.rs` says what they are, a byte at a time.
fn plain(bytes: &[u8]) -> Vec<(usize, u32)> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let mut found = Vec::new();
    let mut previous = 0;
    // How many bytes of a word follow, this one among them.
    let mut ahead = vec![0; bytes.len() + 1];
    for (index, &byte) in bytes.iter().enumerate().rev() {
        ahead[index] = if is_word(byte) { ahead[index + 1] + 1 } else { 0 };
    }
    for (index, &byte) in bytes.iter().enumerate() {
        let word = !is_word(previous) && ahead[index] >= crate::anchors::LONG_WORD;
        let digits = byte.is_ascii_digit() && !previous.is_ascii_digit();
        let mark = b"@:=~".contains(&byte);
        let kinds = if word { kind::WORD } else { 0 }
            | if digits { kind::DIGITS } else { 0 }
            | if mark { kind::MARK } else { 0 };
        if kinds != 0 {
            found.push((index, kinds));
        }
        previous = byte;
    }
    found
}

/// What `pii_scan.cu` marks a tile for.
fn may_lead(byte: u8) -> bool {
    matches!(byte, 0xc2 | 0xcd | 0xd8..=0xdb | 0xe0..=0xe3 | 0xef..)
}
