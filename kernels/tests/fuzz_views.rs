//! Texts that stand for others, in layers that nobody would write: what they hide is found, and whatever chance makes of
//! them keeps what holds of any text.
//!
//! `INLAND_FUZZ_SECONDS=600 INLAND_FUZZ_SEED=7 cargo test -p inland-kernels --release --test fuzz_views` goes on for
//! longer. A text that fails is printed.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "fuzz/common.rs"]
mod common;
#[path = "evasion/encoders.rs"]
mod encoders;

use common::{ENGINES, Random, check, found, rounds};
use encoders::{ENCODERS, alike, base64, quoted_printable};
use inland_kernels::normalise;

/// What is hidden, and the value that a pseudonym is made from.
const HIDDEN: [(&str, &str, &str); 4] = [
    ("email", "anna.muster@example.org", "anna.muster@example.org"),
    ("iban", "DE89370400440532013000", "DE89370400440532013000"),
    ("card.visa", "4111 1111 1111 1111", "4111111111111111"),
    ("ch.ssn", "756.9217.0769.85", "7569217076985"),
];
const LENGTH_MAX: usize = 4096;
/// What does not belong to what is hidden, and starts or ends some codes.
const AROUND: [&str; 10] = [
    "the address ",
    "né à Paris, ",
    "\u{200b} ",
    "100 % of ",
    "a &amp; b; ",
    "\\n",
    "=3D ",
    "Слово ",
    "(at) ",
    "<p>",
];

/// Each character in an encoding of its own, and what is invisible between some.
fn mixed(text: &str, random: &mut Random) -> String {
    let letters = text.chars().map(|letter| {
        let (_, encode) = ENCODERS[random.below(ENCODERS.len())];
        let between = if random.below(12) == 0 { "\u{200b}" } else { "" };
        // The last byte of an escape is not to be read together with the digit behind it.
        let plain = random.below(3) > 0;
        format!("{between}{}", if plain { letter.to_string() } else { encode(letter) })
    });
    letters.collect()
}

/// In one more layer, or as it is.
fn wrapped(text: &str, random: &mut Random) -> String {
    match random.below(6) {
        0 => base64(text, false),
        1 => base64(text, true),
        2 => text.chars().map(quoted_printable).collect(),
        3 => text.chars().map(ENCODERS[random.below(ENCODERS.len() - 1)].1).collect(),
        4 => text.chars().map(alike).collect(),
        _ => text.to_owned(),
    }
}

fn around(random: &mut Random) -> String {
    (0..random.below(4)).map(|_| AROUND[random.below(AROUND.len())]).collect()
}

/// Takes out, repeats or overwrites some of it.
fn changed(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let start = random.below(bytes.len());
        let end = (start + 1 + random.below(12)).min(bytes.len());
        match random.below(3) {
            0 => drop(bytes.drain(start..end)),
            1 => drop(bytes.splice(start..start, bytes.get(start..end).unwrap().to_vec())),
            _ => bytes
                .iter_mut()
                .skip(start)
                .take(1)
                .for_each(|byte| *byte = b"%&\\=([\n;u#x0\xe2\xd0"[random.below(14)]),
        }
    }
    bytes.truncate(LENGTH_MAX);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn what_is_hidden_character_by_character_is_found_where_it_stands_with_its_value() {
    let mut random = Random::seeded();
    for _round in rounds(500) {
        let (kind, plain, value) = HIDDEN[random.below(HIDDEN.len())];
        let hidden = mixed(plain, &mut random);
        let (before, after) = ("the address of the patient is: ", ", and nothing else.");
        let text = format!("{before}{hidden}{after}");
        for engine in ENGINES.iter() {
            let findings = found(engine, &text);
            let [one] = findings.as_slice() else { panic!("{findings:?} in {text:?}") };
            let inside = before.len() <= one.start && one.end == before.len() + hidden.len();
            assert!(one.kind == kind && inside, "{one:?} in {text:?}");
            let place = text.get(one.start..one.end).unwrap();
            assert_eq!(normalise(kind, place), value, "{text:?}");
        }
    }
}

#[test]
fn what_holds_of_any_text_holds_of_layers_and_of_what_chance_makes_of_them() {
    let mut random = Random::seeded();
    let mut texts: Vec<String> = Vec::new();
    for round in rounds(600) {
        let (_, plain, _) = HIDDEN[random.below(HIDDEN.len())];
        let mut text = mixed(plain, &mut random);
        for _layer in 0..random.below(4) {
            text = wrapped(&text, &mut random);
        }
        let text = format!("{}{text}{}", around(&mut random), around(&mut random));
        check(&text);
        let old = texts.get(random.below(texts.len())).unwrap_or(&text).clone();
        let text = changed(&format!("{old}{text}"), &mut random);
        check(&text);
        // Some of them live on: changes add up.
        if texts.len() < 32 {
            texts.push(text);
        } else if round % 4 == 0 {
            let place = random.below(texts.len());
            texts[place] = text;
        }
    }
}
