//! Byte classes of 64 bytes at a time, with the widest vectors that the processor has.
//!
//! Invariant: every reader gives the masks that [`portable`] gives. Which one runs is decided once, when
//! an engine is made.
//!
//! On aarch64 the portable reader is the NEON one: NEON is part of that architecture, and its
//! comparisons have neither branches nor tables, so the compiler turns them into vector instructions.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Bytes that one set of masks speaks of.
pub(crate) const BLOCK: usize = 64;
/// At each of them something may be found.
const MARKS: &[u8; 4] = b"@:=~";
/// With each of them starts what may stand for another character: see `view/`.
const CODED: &[u8; 6] = b"%&\\=([";

/// One bit for each byte of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// `0` to `9`.
    pub(crate) digits: u64,
    /// Letters of ASCII.
    pub(crate) letters: u64,
    /// Capital letters of ASCII.
    pub(crate) capitals: u64,
    /// `@`, `:`, `=` and `~`.
    pub(crate) marks: u64,
    /// Letters and digits of ASCII, `_` and `-`.
    pub(crate) words: u64,
    /// Bytes of characters outside ASCII.
    pub(crate) high: u64,
    /// `%`, `&`, `\`, `=`, `(` and `[`.
    pub(crate) coded: u64,
}

/// Reads as many blocks as there are masks to write, or fewer.
pub(crate) type Reader = fn(&[[u8; BLOCK]], &mut [Masks]);

/// The reader for this processor, and its name.
pub(crate) fn best() -> (Reader, &'static str) {
    all().next().unwrap_or((portable::read, "portable"))
}

/// Every reader that runs here, the fastest first.
pub(crate) fn all() -> impl Iterator<Item = (Reader, &'static str)> {
    #[cfg(target_arch = "x86_64")]
    let wide = x86::readers();
    #[cfg(not(target_arch = "x86_64"))]
    let wide = [None::<(Reader, &'static str)>; 2];
    let portable = if cfg!(target_arch = "aarch64") { "neon" } else { "portable" };
    wide.into_iter().flatten().chain([(portable::read as Reader, portable)])
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(block: &[u8; BLOCK]) -> Masks {
        let mask = |test: fn(u8) -> bool| {
            block.iter().rev().fold(0, |mask: u64, &byte| mask << 1 | u64::from(test(byte)))
        };
        Masks {
            digits: mask(|byte| byte.is_ascii_digit()),
            letters: mask(|byte| byte.is_ascii_alphabetic()),
            capitals: mask(|byte| byte.is_ascii_uppercase()),
            marks: mask(|byte| MARKS.contains(&byte)),
            words: mask(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'),
            high: mask(|byte| byte >= 0x80),
            coded: mask(|byte| CODED.contains(&byte)),
        }
    }

    #[test]
    fn each_of_the_256_bytes_has_its_classes_in_each_place() {
        for (reader, name) in all() {
            for byte in 0..=u8::MAX {
                for place in 0..BLOCK {
                    let mut block = [b' '; BLOCK];
                    block[place] = byte;
                    let mut masks = [Masks::default()];
                    reader(&[block], &mut masks);
                    assert_eq!(masks[0], plain(&block), "{name}: {byte:#x} at {place}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn readers_agree_on_anything(bytes in proptest::collection::vec(any::<[u8; 32]>(), 2..40)) {
            let flat: Vec<u8> = bytes.concat();
            let (blocks, _) = flat.as_chunks::<BLOCK>();
            let expected: Vec<Masks> = blocks.iter().map(plain).collect();
            for (reader, name) in all() {
                let mut masks = vec![Masks::default(); blocks.len()];
                reader(blocks, &mut masks);
                prop_assert_eq!(&masks, &expected, "{}", name);
            }
        }
    }
}
