//! AVX-512 and AVX2.
#![expect(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::glance::{self, BELOW_LETTERS, BELOW_WORDS, Glance, SMALL};
use super::{ALIKE, BEYOND, BLOCK, CODED, FOLDING, MARKS, Masks, Reader};

/// What this processor has, the widest first.
pub(super) fn readers() -> [Option<(Reader, &'static str)>; 2] {
    let bits = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("lzcnt");
    let half = bits && is_x86_feature_detected!("avx2");
    let wide = half && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
    [wide.then_some((AVX512, "avx512")), half.then_some((AVX2, "avx2"))]
}

const AVX512: Reader = Reader {
    // SAFETY: `readers` gives this away only where AVX-512F and BW, BMI1 and LZCNT were detected.
    read: |blocks, out| unsafe { read_avx512(blocks, out) },
    // SAFETY: as above.
    passed: |blocks| unsafe { passed_avx512(blocks) },
};

const AVX2: Reader = Reader {
    // SAFETY: `readers` gives this away only where AVX2, BMI1 and LZCNT were detected.
    read: |blocks, out| unsafe { read_avx2(blocks, out) },
    // SAFETY: as above.
    passed: |blocks| unsafe { passed_avx2(blocks) },
};

/// Sixteen bytes, each of a set at the place of its lower half. A byte is of the set if it is what stands
/// at the place of its lower half: one shuffle and one comparison, however many there are. A shuffle
/// gives 0 for a byte beyond ASCII, and no set has 0.
const fn by_lower_half(set: &[u8], more: &[u8]) -> [u8; 16] {
    with(with([u8::MAX; 16], set), more)
}

const fn with(mut table: [u8; 16], set: &[u8]) -> [u8; 16] {
    let mut rest = set;
    while let [byte, more @ ..] = rest {
        let place = (*byte & 15) as usize;
        assert!(*byte < 0x80 && *byte != 0 && place < table.len());
        let (_, from) = table.split_at_mut(place);
        if let [slot, ..] = from {
            assert!(*slot == u8::MAX || *slot == *byte, "two of a set share their lower half");
            *slot = *byte;
        }
        rest = more;
    }
    table
}

const MARK_TABLE: [u8; 16] = by_lower_half(MARKS, &[]);
const CODED_TABLE: [u8; 16] = by_lower_half(CODED, &[]);
const JOINING_TABLE: [u8; 16] = by_lower_half(b"_-", &[]);
/// All that a glance looks for, but digits and bytes outside ASCII.
const GLANCE_TABLE: [u8; 16] = by_lower_half(MARKS, CODED);

/// Bytes beyond ASCII that are in one of these ranges: at the place of a byte's lower half there is a bit for each of the
/// eight upper halves. A byte is one of them if it has a bit in common with [`UPPER`].
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn beyond_ascii(ranges: &[[u8; 2]]) -> [u8; 16] {
    let mut table = [0; 16];
    let mut rest = ranges;
    while let [[first, last], more @ ..] = rest {
        let mut byte = *first as usize;
        while byte <= *last as usize {
            assert!(byte >= 0x80);
            table[byte & 15] |= UPPER[byte >> 4];
            byte += 1;
        }
        rest = more;
    }
    table
}

/// The bit of an upper half; none for those of ASCII.
const UPPER: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128];
const FOLDING_TABLE: [u8; 16] = beyond_ascii(&FOLDING);
const BEYOND_TABLE: [u8; 16] = beyond_ascii(&BEYOND);
const ALIKE_TABLE: [u8; 16] = beyond_ascii(&ALIKE);

#[target_feature(enable = "avx512f,avx512bw")]
fn read_avx512(blocks: &[[u8; BLOCK]], out: &mut [Masks]) {
    let every = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    // SAFETY: a table has the 16 bytes that are read, and an unaligned load needs no alignment.
    let table = |table: &[u8; 16]| unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast())) };
    let (marks, coded, joining) = (table(&MARK_TABLE), table(&CODED_TABLE), table(&JOINING_TABLE));
    let (letters_beyond, folding) = (table(&BEYOND_TABLE), table(&FOLDING_TABLE));
    let (alike, upper) = (table(&ALIKE_TABLE), table(&UPPER));
    for (block, masks) in blocks.iter().zip(out) {
        // SAFETY: a block has the 64 bytes that are read, and an unaligned load needs no alignment.
        let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, every(b'0')), every(10));
        let lower = _mm512_or_si512(bytes, every(0x20));
        let letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, every(b'a')), every(26));
        let of = |table: __m512i| _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes), bytes);
        let half = |half: __m512i| _mm512_and_si512(half, every(15));
        let (lower_half, bit) =
            (half(bytes), _mm512_shuffle_epi8(upper, half(_mm512_srli_epi16::<4>(bytes))));
        let beyond = |table: __m512i| _mm512_test_epi8_mask(_mm512_shuffle_epi8(table, lower_half), bit);
        *masks = Masks {
            digits,
            letters,
            capitals: _mm512_mask_testn_epi8_mask(letters, bytes, every(SMALL)),
            marks: of(marks),
            words: digits | letters | of(joining),
            beyond: beyond(letters_beyond),
            hiding: beyond(folding) | of(coded),
            alike: beyond(alike),
        };
    }
}

#[target_feature(enable = "avx512f,avx512bw,bmi1,lzcnt")]
fn passed_avx512(blocks: &[[u8; BLOCK]]) -> usize {
    let every = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    // SAFETY: a table has the 16 bytes that are read, and an unaligned load needs no alignment.
    let table = |table: &[u8; 16]| unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast())) };
    let (marks, folding) = (table(&GLANCE_TABLE), table(&FOLDING_TABLE));
    let (alike, upper) = (table(&ALIKE_TABLE), table(&UPPER));
    glance::passed(blocks, |block| {
        // SAFETY: a block has the 64 bytes that are read, and an unaligned load needs no alignment.
        let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, every(b'0')), every(10));
        let marks = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(marks, bytes), bytes);
        let half = |half: __m512i| _mm512_and_si512(half, every(15));
        let (lower_half, bit) =
            (half(bytes), _mm512_shuffle_epi8(upper, half(_mm512_srli_epi16::<4>(bytes))));
        let beyond = |table: __m512i| _mm512_test_epi8_mask(_mm512_shuffle_epi8(table, lower_half), bit);
        let words = _mm512_cmpgt_epi8_mask(bytes, every(BELOW_WORDS));
        Glance {
            any: digits | marks | beyond(folding),
            words,
            letters: _mm512_cmpgt_epi8_mask(bytes, every(BELOW_LETTERS)),
            alike: beyond(alike),
            capitals: words & _mm512_testn_epi8_mask(bytes, every(SMALL)),
        }
    })
}

#[target_feature(enable = "avx2,bmi1,lzcnt")]
fn passed_avx2(blocks: &[[u8; BLOCK]]) -> usize {
    glance::passed(blocks, |block| {
        let (halves, _) = block.as_chunks::<32>();
        let [low, high] = halves else { return Glance::default() };
        let (low, high) = (glance_avx2(low), glance_avx2(high));
        Glance {
            any: low.any | high.any << 32,
            words: low.words | high.words << 32,
            capitals: low.capitals | high.capitals << 32,
            letters: low.letters | high.letters << 32,
            alike: low.alike | high.alike << 32,
        }
    })
}

/// The highest bit of each byte says whether it is in the set, see [`beyond_ascii`].
#[inline]
#[target_feature(enable = "avx2")]
fn beyond_avx2(bytes: __m256i, table: &[u8; 16]) -> __m256i {
    let every = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let half = |half: __m256i| _mm256_and_si256(half, every(15));
    let bit = shuffled_avx2(&UPPER, half(_mm256_srli_epi16::<4>(bytes)));
    // What has the bit is equal to it; bytes of ASCII, which have none, have no highest bit either.
    let of = _mm256_and_si256(shuffled_avx2(table, half(bytes)), bit);
    _mm256_and_si256(_mm256_cmpeq_epi8(of, bit), bytes)
}

/// For each byte what stands at its place of the table.
#[inline]
#[target_feature(enable = "avx2")]
fn shuffled_avx2(table: &[u8; 16], places: __m256i) -> __m256i {
    // SAFETY: a table has the 16 bytes that are read, and an unaligned load needs no alignment.
    let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
    _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), places)
}

#[inline]
#[target_feature(enable = "avx2")]
fn glance_avx2(half: &[u8; 32]) -> Glance {
    let every = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    // SAFETY: 32 bytes are there, and an unaligned load needs no alignment.
    let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
    let mask = |lanes: __m256i| u64::from(_mm256_movemask_epi8(lanes).cast_unsigned());
    let marks = _mm256_cmpeq_epi8(shuffled_avx2(&GLANCE_TABLE, bytes), bytes);
    let values = _mm256_sub_epi8(bytes, every(b'0'));
    let digits = _mm256_cmpeq_epi8(_mm256_min_epu8(values, every(9)), values);
    let words = mask(_mm256_cmpgt_epi8(bytes, every(BELOW_WORDS)));
    // A mask is of the highest bits: bytes outside ASCII have theirs, and the bit of small letters becomes it.
    const { assert!(SMALL << 2 == 0x80) };
    Glance {
        any: mask(_mm256_or_si256(_mm256_or_si256(marks, digits), beyond_avx2(bytes, &FOLDING_TABLE))),
        words,
        letters: mask(_mm256_cmpgt_epi8(bytes, every(BELOW_LETTERS))),
        alike: mask(beyond_avx2(bytes, &ALIKE_TABLE)),
        capitals: words & !mask(_mm256_slli_epi16::<2>(bytes)),
    }
}

#[target_feature(enable = "avx2")]
fn read_avx2(blocks: &[[u8; BLOCK]], out: &mut [Masks]) {
    for (block, masks) in blocks.iter().zip(out) {
        let (halves, _) = block.as_chunks::<32>();
        let mut both = [Masks::default(); 2];
        for (half, masks) in halves.iter().zip(&mut both) {
            *masks = half_avx2(half);
        }
        let [low, high] = both;
        *masks = Masks {
            digits: low.digits | high.digits << 32,
            letters: low.letters | high.letters << 32,
            capitals: low.capitals | high.capitals << 32,
            marks: low.marks | high.marks << 32,
            words: low.words | high.words << 32,
            beyond: low.beyond | high.beyond << 32,
            hiding: low.hiding | high.hiding << 32,
            alike: low.alike | high.alike << 32,
        };
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn half_avx2(half: &[u8; 32]) -> Masks {
    let every = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    // SAFETY: 32 bytes are there, and an unaligned load needs no alignment.
    let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
    let mask = |lanes: __m256i| u64::from(_mm256_movemask_epi8(lanes).cast_unsigned());
    // There is no comparison of unsigned bytes: the lesser of two is the first where it is not greater.
    let at_most = |lanes: __m256i, most: u8| _mm256_cmpeq_epi8(_mm256_min_epu8(lanes, every(most)), lanes);
    let either = |left: __m256i, right: __m256i| _mm256_or_si256(left, right);
    let of = |table: &[u8; 16]| _mm256_cmpeq_epi8(shuffled_avx2(table, bytes), bytes);
    let digits = at_most(_mm256_sub_epi8(bytes, every(b'0')), 9);
    let letters = at_most(_mm256_sub_epi8(either(bytes, every(0x20)), every(b'a')), 25);
    Masks {
        digits: mask(digits),
        letters: mask(letters),
        capitals: mask(at_most(_mm256_sub_epi8(bytes, every(b'A')), 25)),
        marks: mask(of(&MARK_TABLE)),
        words: mask(either(either(digits, letters), of(&JOINING_TABLE))),
        beyond: mask(beyond_avx2(bytes, &BEYOND_TABLE)),
        hiding: mask(either(beyond_avx2(bytes, &FOLDING_TABLE), of(&CODED_TABLE))),
        alike: mask(beyond_avx2(bytes, &ALIKE_TABLE)),
    }
}
