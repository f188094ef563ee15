//! The twin: what the device answers, computed by the verifiers of the CPU.
//!
//! Invariant: a verifier that finds something at an anchor, whatever words stand around it, has its
//! family's bit in [`families`] there.

use super::families::{family, kind};
use crate::anchors::{self, Anchor, Around};
use crate::bytes::at;
use crate::contact::email;
use crate::simd::Reader;

/// The places of `text` at which something can be found, in order, and what stands there (`kind`).
pub(crate) fn anchors(reader: Reader, text: &[u8]) -> Vec<(usize, u32)> {
    let mut places: Vec<(usize, u32)> = Vec::new();
    let visit = |place, anchor: Anchor, _: Around<'_>| {
        let kind = match anchor {
            Anchor::Word => kind::WORD,
            Anchor::Digits => kind::DIGITS,
            Anchor::Mark(_) => kind::MARK,
            Anchor::Capitals => return,
        };
        match places.last_mut() {
            Some((last, kinds)) if *last == place => *kinds |= kind,
            _ => places.push((place, kind)),
        }
    };
    anchors::each(reader, text, visit, |_, _| {});
    places
}

/// Which families find something at `place` of `text`, where `kinds` stand.
pub(crate) fn families(text: &str, place: usize, kinds: u32) -> u32 {
    let bytes = text.as_bytes();
    let mut families = 0;
    let mut set = |family: u32, found: bool| families |= if found { family } else { 0 };
    if kinds & kind::MARK != 0 && at(bytes, place) == b'@' {
        set(family::EMAIL, email::may_stand(text, place));
    }
    families
}
