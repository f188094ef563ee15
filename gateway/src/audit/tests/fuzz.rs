//! Bytes that nobody would write: the committed ones in `fuzz/`, and what is made of them by chance.
//!
//! `INLAND_FUZZ_SECONDS=600 INLAND_FUZZ_SEED=7 cargo test -p inland --lib audit::tests::fuzz` goes on for longer.
//! Bytes that fail are printed in hexadecimal; they belong into `fuzz/`.

use super::super::frame::{self, Bad, Frame, Reader};
use super::*;
use std::io::Read;

const CORPUS: [(&str, &[u8], usize); 7] = [
    ("three frames", include_bytes!("fuzz/whole.bin"), 3),
    ("the third is cut", include_bytes!("fuzz/torn.bin"), 2),
    ("a length with a flipped bit", include_bytes!("fuzz/length.bin"), 1),
    ("a frame inside the record of another", include_bytes!("fuzz/nested.bin"), 2),
    ("impossible lengths under a right magic", include_bytes!("fuzz/lengths.bin"), 0),
    ("sequences that jump, up to the largest", include_bytes!("fuzz/order.bin"), 3),
    ("a leaf prefix that is not zero, under a right checksum", include_bytes!("fuzz/prefix.bin"), 0),
];
const LENGTH_MAX: usize = 4_096;

/// CRC-32C bit by bit, as RFC 3720 describes it.
fn crc32c_slow(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 },
        )
    })
}

/// A source that gives as little at once as it wants.
struct Stutter<'a>(&'a [u8], Random);

impl Read for Stutter<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let some = 1 + self.1.below(buffer.len().min(100));
        let some = some.min(self.0.len()).min(buffer.len());
        buffer[..some].copy_from_slice(&self.0[..some]);
        self.0 = &self.0[some..];
        Ok(some)
    }
}

/// What the picture in `frame.rs` says, read by somebody else.
fn slow(bytes: &[u8]) -> Option<(u64, usize)> {
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    if bytes.len() < 22 || bytes[..4] != *b"INL1" || bytes[20] != 0 {
        return None;
    }
    let length = usize::try_from(number(4, 8)).unwrap();
    if !(1..=65_535).contains(&length) || bytes.len() < 21 + length {
        return None;
    }
    let covered = [&bytes[..16], &bytes[20..21 + length]].concat();
    (u64::from(crc32c_slow(&covered)) == number(16, 20)).then_some((number(8, 16), 21 + length))
}

/// What must hold of any bytes. Says how many frames they start with.
fn check(bytes: &[u8], seed: u64) -> usize {
    let shown = || bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (mut at, mut found) = (0, 0);
    let mut frames = frame::all(bytes);
    let mut reader = Reader::new(Stutter(bytes, Random(seed)));
    while let Some((sequence, length)) = slow(&bytes[at..]) {
        let expected = Frame { sequence, bytes: &bytes[at..at + length] };
        assert_eq!(frames.next(), Some(expected), "{}", shown());
        assert_eq!(reader.next().unwrap(), Some(Ok(expected)), "{}", shown());
        let mut again = expected.bytes.to_vec();
        frame::seal(&mut again, sequence);
        assert_eq!(again, expected.bytes, "{}", shown());
        (at, found) = (at + length, found + 1);
    }
    assert_eq!(frames.next(), None, "{}", shown());
    match reader.next().unwrap() {
        None => assert_eq!(at, bytes.len(), "{}", shown()),
        Some(Ok(frame)) => panic!("{frame:?} {}", shown()),
        Some(Err(Bad::Short | Bad::Magic | Bad::Length | Bad::Checksum)) => {}
    }
    assert_eq!(reader.consumed(), at as u64, "{}", shown());
    found
}

/// Replaces, removes, repeats or joins parts; sometimes the checksum is made right again, so that what
/// stands behind it is reached.
fn changed(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let start = random.below(bytes.len());
        let end = (start + 1 + random.below(24)).min(bytes.len());
        let other = CORPUS[random.below(CORPUS.len())].1;
        let from = random.below(other.len());
        let part = &other[from..(from + random.below(60)).min(other.len())];
        match random.below(5) {
            0 if start < end => drop(bytes.drain(start..end)),
            1 => drop(bytes.splice(start.min(end)..end, part.iter().copied())),
            2 => drop(bytes.splice(start..start, part.iter().copied())),
            3 => bytes.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            _ => resealed(&mut bytes),
        }
    }
    bytes.truncate(LENGTH_MAX);
    bytes
}

/// Makes the checksum of the first frame right, whatever else is in it.
fn resealed(bytes: &mut [u8]) {
    if bytes.len() < 21 {
        return;
    }
    let length = usize::try_from(u32::from_le_bytes(bytes[4..8].try_into().unwrap())).unwrap();
    let end = length.saturating_add(21).min(bytes.len());
    let covered = [&bytes[..16], &bytes[20..end]].concat();
    bytes[16..20].copy_from_slice(&crc32c_slow(&covered).to_le_bytes());
}

#[test]
fn what_holds_of_any_bytes_holds_of_those_that_were_kept() {
    for (name, bytes, frames) in CORPUS {
        assert_eq!(check(bytes, 1), frames, "{name}");
    }
}

#[test]
fn what_holds_of_any_bytes_holds_of_what_chance_makes_of_them() {
    let seconds = number("INLAND_FUZZ_SECONDS", 0);
    let until = (seconds > 0).then(|| Instant::now() + Duration::from_secs(seconds));
    let mut random = Random(number("INLAND_FUZZ_SEED", 5));
    let mut texts: Vec<Vec<u8>> = CORPUS.iter().map(|(_, bytes, _)| bytes.to_vec()).collect();
    let (mut round, mut frames) = (0, 0);
    while until.map_or(round < 20_000, |until| Instant::now() < until) {
        let place = random.below(texts.len());
        let bytes = changed(&texts[place], &mut random);
        frames += check(&bytes, round);
        // Some of them live on, in place of others: changes add up.
        if random.below(8) == 0 && texts.len() < 64 {
            texts.push(bytes);
        } else if random.below(8) == 0 && place >= CORPUS.len() {
            texts[place] = bytes;
        }
        round += 1;
    }
    assert!(frames > 1_000, "{frames} frames in {round} rounds: chance destroys everything");
}
