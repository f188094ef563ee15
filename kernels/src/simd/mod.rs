//! Byte classes of 64 bytes at a time, with the widest vectors that the processor has.
//!
//! Invariant: every reader gives the masks that [`portable`] gives. Which one runs is decided once, when
//! an engine is made.
//!
//! On aarch64 the portable reader is the NEON one: NEON is part of that architecture, and its
//! comparisons have neither branches nor tables, so the compiler turns them into vector instructions.

mod glance;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Bytes that one set of masks speaks of.
pub(crate) const BLOCK: usize = 64;
/// At each of them something may be found.
const MARKS: &[u8; 5] = b"@:=~\"";
/// With each of them starts what may stand for another character: see `view/`.
pub(crate) const CODED: &[u8; 6] = b"%&\\=([";

/// One bit for each byte of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// `0` to `9`.
    pub(crate) digits: u64,
    /// Letters of ASCII.
    pub(crate) letters: u64,
    /// Capital letters of ASCII.
    pub(crate) capitals: u64,
    /// `@`, `:`, `=`, `~` and `"`.
    pub(crate) marks: u64,
    /// Letters and digits of ASCII, `_` and `-`.
    pub(crate) words: u64,
    /// Those of [`BEYOND`].
    pub(crate) beyond: u64,
    /// Those of [`FOLDING`], and the marks of [`CODED`].
    pub(crate) hiding: u64,
    /// Those of [`ALIKE`].
    pub(crate) alike: u64,
}

/// First bytes in UTF-8 of letters of Latin, Greek and Cyrillic outside ASCII, from one to another. Each has two bytes.
pub(crate) const BEYOND: [[u8; 2]; 1] = [[0xc3, 0xd4]];
/// First bytes in UTF-8 of characters that may fold, see `view/fold.rs`, from one to another: not those of Latin, Greek,
/// Cyrillic and most of Chinese.
pub(crate) const FOLDING: [[u8; 2]; 5] =
    [[0xc2, 0xc2], [0xcd, 0xcd], [0xd8, 0xdf], [0xe0, 0xe3], [0xef, 0xff]];
/// Those of letters of Greek and Cyrillic, some of which look Latin. Each has two bytes.
pub(crate) const ALIKE: [[u8; 2]; 1] = [[0xcd, 0xd4]];

/// Is it in one of these ranges? Without a branch: they are unrolled.
#[inline]
pub(crate) fn is_in<const N: usize>(byte: u8, ranges: &[[u8; 2]; N]) -> bool {
    ranges.iter().fold(false, |any, &[first, last]| any | (byte.wrapping_sub(first) <= last - first))
}

/// Is it one of this set? Without a branch as well.
#[inline]
pub(crate) fn is_of<const N: usize>(byte: u8, set: &[u8; N]) -> bool {
    set.iter().fold(false, |any, &member| any | (byte == member))
}

/// How this processor reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    /// Reads as many blocks as there are masks to write, or fewer.
    pub(crate) read: fn(&[[u8; BLOCK]], &mut [Masks]),
    /// How many blocks behind another one can be passed, because nothing starts in them and nothing in them hides. Never the
    /// last one.
    pub(crate) passed: fn(&[u8; BLOCK], &[[u8; BLOCK]]) -> usize,
}

/// The reader for this processor, and its name.
pub(crate) fn best() -> (Reader, &'static str) {
    all().next().unwrap_or((portable::READER, "portable"))
}

/// Every reader that runs here, the fastest first.
pub(crate) fn all() -> impl Iterator<Item = (Reader, &'static str)> {
    #[cfg(target_arch = "x86_64")]
    let wide = x86::readers();
    #[cfg(not(target_arch = "x86_64"))]
    let wide = [None::<(Reader, &'static str)>; 2];
    let portable = if cfg!(target_arch = "aarch64") { "neon" } else { "portable" };
    wide.into_iter().flatten().chain([(portable::READER, portable)])
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
            beyond: mask(|byte| is_in(byte, &BEYOND)),
            hiding: mask(|byte| is_in(byte, &FOLDING) || CODED.contains(&byte)),
            alike: mask(|byte| is_in(byte, &ALIKE)),
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
                    (reader.read)(&[block], &mut masks);
                    assert_eq!(masks[0], plain(&block), "{name}: {byte:#x} at {place}");
                }
            }
        }
    }

    /// What no reader may pass.
    fn holds_something(masks: &Masks) -> bool {
        masks.digits | masks.marks | masks.hiding != 0
    }

    #[test]
    fn most_of_a_text_of_one_script_is_passed() {
        for script in
            ["Ο ασθενής εξήλθε σε καλή κατάσταση, και πρέπει. ", "Пациентът беше изписан. ", "résumé "]
        {
            let text = script.repeat(100);
            let blocks = text.as_bytes().as_chunks::<BLOCK>().0;
            for (reader, name) in all() {
                let (mut stops, mut here) = (0, 0);
                while here < blocks.len() {
                    let before = here.checked_sub(1).map_or([0; BLOCK], |before| blocks[before]);
                    here += (reader.passed)(&before, &blocks[here..]) + 1;
                    stops += 1;
                }
                assert!(stops * 8 <= blocks.len(), "{name}: {stops} of {} in {script}", blocks.len());
            }
        }
    }

    #[test]
    fn a_block_is_passed_only_if_nothing_can_start_in_it() {
        for (reader, name) in all() {
            for byte in 0..=u8::MAX {
                for place in 0..BLOCK {
                    let mut block = [b' '; BLOCK];
                    block[place] = byte;
                    let passed = (reader.passed)(
                        &[b' '; BLOCK],
                        &[[b' '; BLOCK], block, [b' '; BLOCK], [b' '; BLOCK]],
                    );
                    let expected = if holds_something(&plain(&block)) { 1 } else { 3 };
                    assert_eq!(passed, expected, "{name}: {byte:#x} at {place}");
                }
            }
            let rows =
                [(15, b'a', 3), (16, b'a', 0), (5, b'A', 3), (6, b'A', 0), (16, b'-', 0), (64, b' ', 3)];
            for (length, byte, expected) in rows {
                for from in 0..BLOCK {
                    let mut blocks = [[b' '; BLOCK]; 4];
                    blocks.as_flattened_mut()[from..from + length].fill(byte);
                    assert_eq!(
                        (reader.passed)(&[b' '; BLOCK], &blocks),
                        expected,
                        "{name}: {length} of {byte} from {from}"
                    );
                }
            }
            assert_eq!((reader.passed)(&[b' '; BLOCK], &[]), 0, "{name}");
            assert_eq!((reader.passed)(&[b' '; BLOCK], &[[b'1'; BLOCK]]), 0, "{name}");
        }
    }

    /// Does a letter of Greek or Cyrillic stand beside a letter of ASCII or a digit, or a blank apart from a digit?
    fn is_mixed(text: &[u8], place: usize) -> bool {
        let byte = |place: Option<usize>| place.and_then(|place| text.get(place)).copied().unwrap_or(b' ');
        let [before, further] = [1, 2].map(|back| byte(place.checked_sub(back)));
        let [after, apart] = [2, 3].map(|ahead| byte(Some(place + ahead)));
        let beside = before.is_ascii_alphanumeric() || after.is_ascii_alphanumeric();
        let digit = further.is_ascii_digit() || apart.is_ascii_digit();
        is_in(byte(Some(place)), &ALIKE) && (beside || digit)
    }

    proptest! {
        #[test]
        fn no_letter_that_may_look_latin_is_passed_beside_one_that_is(
            text in "([α-ω ]{1,90}|[а-я .;é]{1,90}|[a-zé ]{1,9}|[а-яa-z]{1,3}|[0-9] ?){1,12}",
        ) {
            let blocks = text.as_bytes().as_chunks::<BLOCK>().0;
            for (reader, name) in all() {
                let passed = (reader.passed)(&[b' '; BLOCK], blocks);
                for place in 0..passed * BLOCK {
                    prop_assert!(!is_mixed(text.as_bytes(), place), "{}: {} in {}", name, place, text);
                }
            }
        }

        #[test]
        fn readers_agree_on_anything(bytes in proptest::collection::vec(any::<[u8; 32]>(), 2..40)) {
            let flat: Vec<u8> = bytes.concat();
            let (blocks, _) = flat.as_chunks::<BLOCK>();
            let expected: Vec<Masks> = blocks.iter().map(plain).collect();
            for (reader, name) in all() {
                let mut masks = vec![Masks::default(); blocks.len()];
                (reader.read)(blocks, &mut masks);
                prop_assert_eq!(&masks, &expected, "{}", name);
            }
        }
    }
}
