//! What the fuzz tests have in common: chance, and what must hold of any text.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use inland_kernels::{Engine, Finding, normalise};

pub(crate) static ENGINES: LazyLock<Vec<Engine>> = LazyLock::new(|| Engine::each_cpu().collect());

pub(crate) fn found(engine: &Engine, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    engine.scan(text, &mut found);
    found
}

/// What must hold of any text.
pub(crate) fn check(text: &str) {
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
pub(crate) struct Random(u64);

impl Random {
    /// By `INLAND_FUZZ_SEED`.
    pub(crate) fn seeded() -> Random {
        Random(number("INLAND_FUZZ_SEED").unwrap_or(5))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % bound.max(1) as u64).unwrap()
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// So many rounds, or as many as `INLAND_FUZZ_SECONDS` has time for.
pub(crate) fn rounds(count: usize) -> impl Iterator<Item = usize> {
    let until = number("INLAND_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    (0..).take_while(move |round| until.map_or(*round < count, |until| Instant::now() < until))
}
