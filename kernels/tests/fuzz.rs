//! Texts that nobody would write: the committed ones in `fuzz/`, and what is made of them by chance.
//!
//! `INLAND_FUZZ_SECONDS=600 INLAND_FUZZ_SEED=7 cargo test -p inland-kernels --release --test fuzz` goes on for
//! longer. A text that fails is printed; it belongs into `fuzz/`.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "fuzz/common.rs"]
mod common;

use common::{Random, check, found, rounds};
use inland_kernels::Engine;

const CORPUS: [&str; 5] = [
    include_str!("fuzz/prose.txt"),
    include_str!("fuzz/numbers.txt"),
    include_str!("fuzz/secrets.txt"),
    include_str!("fuzz/layers.txt"),
    include_str!("fuzz/documents.txt"),
];
const LENGTH_MAX: usize = 2048;
/// Replaces, removes, repeats or joins parts of texts.
fn changed(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=random.below(4) {
        let start = random.below(bytes.len());
        let end = (start + 1 + random.below(16)).min(bytes.len());
        let other = CORPUS.get(random.below(CORPUS.len())).unwrap().as_bytes();
        let from = random.below(other.len());
        let part = other.get(from..(from + random.below(40)).min(other.len())).unwrap();
        match random.below(4) {
            0 => drop(bytes.drain(start..end)),
            1 => drop(bytes.splice(start..end, part.iter().copied())),
            2 => drop(bytes.splice(start..start, bytes.get(start..end).unwrap().to_vec())),
            _ => bytes
                .iter_mut()
                .skip(start)
                .take(1)
                .for_each(|byte| *byte = b"0@:=-./ %&<A\xe2"[random.below(13)]),
        }
    }
    bytes.truncate(LENGTH_MAX);
    bytes
}

#[test]
fn what_holds_of_any_text_holds_of_those_that_were_kept() {
    CORPUS.into_iter().for_each(check);
    assert!(CORPUS.iter().all(|text| !found(&Engine::cpu(), text).is_empty()));
}

#[test]
fn what_holds_of_any_text_holds_of_what_chance_makes_of_them() {
    let mut random = Random::seeded();
    let mut texts: Vec<Vec<u8>> = CORPUS.iter().map(|text| text.as_bytes().to_vec()).collect();
    for _round in rounds(2000) {
        let place = random.below(texts.len());
        let text = changed(texts.get(place).unwrap(), &mut random);
        check(&String::from_utf8_lossy(&text));
        // Some of them live on, in place of others: changes add up.
        if random.below(8) == 0 && texts.len() < 64 {
            texts.push(text);
        } else if random.below(8) == 0 && place >= CORPUS.len() {
            *texts.get_mut(place).unwrap() = text;
        }
    }
}
