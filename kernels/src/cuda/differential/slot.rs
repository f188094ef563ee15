//! Slots of texts, and what is expected of the device for one.

use std::sync::LazyLock;

use crate::cuda::families::BLOCK_BYTES;
use crate::cuda::{splice::Extent, twin};
use crate::number::Index;

pub(super) const BLOCK: usize = BLOCK_BYTES as usize;

pub(super) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

/// Texts as the device reads them.
pub(super) struct Slot {
    pub(super) bytes: Vec<u8>,
    pub(super) texts: Vec<Extent>,
}

/// What the device says about a slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) failure: u32,
    pub(super) hits: Vec<u32>,
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

    /// Where the twin has a hit, and of which families, at anchors by their plain definition.
    pub(super) fn hits(&self, texts: &[String]) -> Vec<(u32, u32)> {
        let mut hits = Vec::new();
        for (text, extent) in texts.iter().zip(&self.texts) {
            let anchors = plain(text.as_bytes());
            let (reader, _) = crate::simd::best();
            assert_eq!(anchors, twin::anchors(reader, text.as_bytes()), "{text:?}");
            for place in anchors {
                let families = twin::families(&INDEX, text, place);
                if families != 0 {
                    hits.push((extent.start + word(place), families));
                }
            }
        }
        hits
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

/// Anchors as the head of `pii_scan.cu` says what they are, a byte at a time.
fn plain(bytes: &[u8]) -> Vec<usize> {
    let is_anchor = |&place: &usize| {
        let follows_digit = place > 0 && bytes[place - 1].is_ascii_digit();
        bytes[place] == b'@' || bytes[place].is_ascii_digit() && !follows_digit
    };
    (0..bytes.len()).filter(is_anchor).collect()
}
