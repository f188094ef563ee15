//! Texts that nobody would write: the committed ones in `fuzz/`, and what is made of them by chance.
//!
//! `INLAND_FUZZ_SECONDS=600 INLAND_FUZZ_SEED=7 cargo test -p inland-kernels --release --test fuzz` goes on for
//! longer. A text that fails is printed; it belongs into `fuzz/`.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use inland_kernels::{Engine, Finding, normalise};

const CORPUS: [&str; 5] = [
    include_str!("fuzz/prose.txt"),
    include_str!("fuzz/numbers.txt"),
    include_str!("fuzz/secrets.txt"),
    include_str!("fuzz/layers.txt"),
    include_str!("fuzz/documents.txt"),
];
const LENGTH_MAX: usize = 2048;
static ENGINES: LazyLock<Vec<Engine>> = LazyLock::new(|| Engine::each_cpu().collect());

fn found(engine: &Engine, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    engine.scan(text, &mut found);
    found
}

/// What must hold of any text.
fn check(text: &str) {
    let expected = found(ENGINES.first().unwrap(), text);
    for engine in ENGINES.iter() {
        assert_eq!(found(engine, text), expected, "{} {text:?}", engine.simd());
        assert_eq!(found(engine, text), expected, "a second time {} {text:?}", engine.simd());
    }
    let (mut redacted, mut kept, mut reach) = (String::new(), String::new(), 0);
    for one in &expected {
        assert!(reach <= one.start && one.start < one.end && one.score <= 100, "{one:?} {text:?}");
        let value = text.get(one.start..one.end).unwrap_or_else(|| panic!("{one:?} {text:?}"));
        let normal = normalise(one.kind, value);
        assert_eq!(normalise(one.kind, &normal), normal, "{one:?} {text:?}");
        let between = text.get(reach..one.start).unwrap();
        redacted.extend([between, "\u{1}"]);
        kept.push_str(value);
        kept.push('\u{1}');
        reach = one.end;
    }
    redacted.push_str(text.get(reach..).unwrap());
    // What was taken out, put back in order, gives the text again.
    if !text.contains('\u{1}') {
        let mut values = kept.split('\u{1}');
        let back: String = redacted
            .split_inclusive('\u{1}')
            .map(|part| {
                part.strip_suffix('\u{1}')
                    .map_or(part.to_owned(), |part| format!("{part}{}", values.next().unwrap()))
            })
            .collect();
        assert_eq!(back, text);
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % bound.max(1) as u64).unwrap()
    }
}

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
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let until = number("INLAND_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut random = Random(number("INLAND_FUZZ_SEED").unwrap_or(5));
    let mut texts: Vec<Vec<u8>> = CORPUS.iter().map(|text| text.as_bytes().to_vec()).collect();
    let mut round = 0;
    while until.map_or(round < 2000, |until| Instant::now() < until) {
        let place = random.below(texts.len());
        let text = changed(texts.get(place).unwrap(), &mut random);
        check(&String::from_utf8_lossy(&text));
        // Some of them live on, in place of others: changes add up.
        if random.below(8) == 0 && texts.len() < 64 {
            texts.push(text);
        } else if random.below(8) == 0 && place >= CORPUS.len() {
            *texts.get_mut(place).unwrap() = text;
        }
        round += 1;
    }
}
