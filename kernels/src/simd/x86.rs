//! AVX-512 and AVX2.
#![expect(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::glance::{self, BELOW_LETTERS, BELOW_WORDS, Beyond, Glance, SMALL};
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
    passed: |before, blocks| unsafe { passed_avx512(before, blocks) },
};

const AVX2: Reader = Reader {
    // SAFETY: `readers` gives this away only where AVX2, BMI1 and LZCNT were detected.
    read: |blocks, out| unsafe { read_avx2(blocks, out) },
    // SAFETY: as above.
    passed: |before, blocks| unsafe { passed_avx2(before, blocks) },
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
    let (marks, coded) = (table_avx512(&MARK_TABLE), table_avx512(&CODED_TABLE));
    let joining = table_avx512(&JOINING_TABLE);
    for (block, masks) in blocks.iter().zip(out) {
        let bytes = load_avx512(block);
        let digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, every(b'0')), every(10));
        let lower = _mm512_or_si512(bytes, every(0x20));
        let letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, every(b'a')), every(26));
        let of = |table: __m512i| _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes), bytes);
        let foreign = _mm512_movepi8_mask(bytes) != 0;
        let beyond = |table| if foreign { beyond_avx512(bytes, table) } else { 0 };
        *masks = Masks {
            digits,
            letters,
            capitals: _mm512_mask_testn_epi8_mask(letters, bytes, every(SMALL)),
            marks: of(marks),
            words: digits | letters | of(joining),
            beyond: beyond(&BEYOND_TABLE),
            hiding: beyond(&FOLDING_TABLE) | of(coded),
            alike: beyond(&ALIKE_TABLE),
        };
    }
}

#[target_feature(enable = "avx512f,avx512bw,bmi1,lzcnt")]
fn passed_avx512(before: &[u8; BLOCK], blocks: &[[u8; BLOCK]]) -> usize {
    let every = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    let marks = table_avx512(&GLANCE_TABLE);
    let glance = |block: &[u8; BLOCK]| {
        let bytes = load_avx512(block);
        let digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, every(b'0')), every(10));
        let marks = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(marks, bytes), bytes);
        let words = _mm512_cmpgt_epi8_mask(bytes, every(BELOW_WORDS));
        Glance {
            any: digits | marks,
            words,
            capitals: words & _mm512_testn_epi8_mask(bytes, every(SMALL)),
            foreign: _mm512_movepi8_mask(bytes),
        }
    };
    glance::passed(before, blocks, glance, |block| {
        let bytes = load_avx512(block);
        Beyond {
            folding: beyond_avx512(bytes, &FOLDING_TABLE),
            alike: beyond_avx512(bytes, &ALIKE_TABLE),
            letters: _mm512_cmpgt_epi8_mask(bytes, every(BELOW_LETTERS)),
        }
    })
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_avx512(block: &[u8; BLOCK]) -> __m512i {
    // SAFETY: a block has the 64 bytes that are read, and an unaligned load needs no alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn table_avx512(table: &[u8; 16]) -> __m512i {
    // SAFETY: a table has the 16 bytes that are read, and an unaligned load needs no alignment.
    unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast())) }
}

/// The bytes of a set, see [`beyond_ascii`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn beyond_avx512(bytes: __m512i, table: &[u8; 16]) -> u64 {
    let half = |half: __m512i| _mm512_and_si512(half, _mm512_set1_epi8(15));
    let bit = _mm512_shuffle_epi8(table_avx512(&UPPER), half(_mm512_srli_epi16::<4>(bytes)));
    _mm512_test_epi8_mask(_mm512_shuffle_epi8(table_avx512(table), half(bytes)), bit)
}

#[target_feature(enable = "avx2,bmi1,lzcnt")]
fn passed_avx2(before: &[u8; BLOCK], blocks: &[[u8; BLOCK]]) -> usize {
    let joined = |low: u64, high: u64| low | high << 32;
    let glance = |block: &[u8; BLOCK]| {
        let [low, high] = halves(block);
        let (low, high) = (glance_avx2(low), glance_avx2(high));
        Glance {
            any: joined(low.any, high.any),
            words: joined(low.words, high.words),
            capitals: joined(low.capitals, high.capitals),
            foreign: joined(low.foreign, high.foreign),
        }
    };
    glance::passed(before, blocks, glance, |block| {
        let [low, high] = halves(block);
        let (low, high) = (load_avx2(low), load_avx2(high));
        let beyond = |table| joined(beyond_avx2(low, table), beyond_avx2(high, table));
        let letters =
            |half: __m256i| mask_avx2(_mm256_cmpgt_epi8(half, _mm256_set1_epi8(BELOW_LETTERS.cast_signed())));
        Beyond {
            folding: beyond(&FOLDING_TABLE),
            alike: beyond(&ALIKE_TABLE),
            letters: joined(letters(low), letters(high)),
        }
    })
}

/// The bytes of a set, see [`beyond_ascii`].
#[inline]
#[target_feature(enable = "avx2")]
fn beyond_avx2(bytes: __m256i, table: &[u8; 16]) -> u64 {
    let half = |half: __m256i| _mm256_and_si256(half, _mm256_set1_epi8(15));
    let bit = shuffled_avx2(&UPPER, half(_mm256_srli_epi16::<4>(bytes)));
    let of = _mm256_and_si256(shuffled_avx2(table, half(bytes)), bit);
    // What has the bit is equal to it; bytes of ASCII, which have none, have no highest bit either.
    mask_avx2(_mm256_and_si256(_mm256_cmpeq_epi8(of, bit), bytes))
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
fn load_avx2(half: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are there, and an unaligned load needs no alignment.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

/// The highest bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn mask_avx2(lanes: __m256i) -> u64 {
    u64::from(_mm256_movemask_epi8(lanes).cast_unsigned())
}

#[inline]
#[target_feature(enable = "avx2")]
fn glance_avx2(half: &[u8; 32]) -> Glance {
    let every = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let bytes = load_avx2(half);
    let marks = _mm256_cmpeq_epi8(shuffled_avx2(&GLANCE_TABLE, bytes), bytes);
    let values = _mm256_sub_epi8(bytes, every(b'0'));
    let digits = _mm256_cmpeq_epi8(_mm256_min_epu8(values, every(9)), values);
    let words = mask_avx2(_mm256_cmpgt_epi8(bytes, every(BELOW_WORDS)));
    // The bit of small letters becomes the highest.
    const { assert!(SMALL << 2 == 0x80) };
    Glance {
        any: mask_avx2(_mm256_or_si256(marks, digits)),
        words,
        capitals: words & !mask_avx2(_mm256_slli_epi16::<2>(bytes)),
        foreign: mask_avx2(bytes),
    }
}

#[target_feature(enable = "avx2")]
fn read_avx2(blocks: &[[u8; BLOCK]], out: &mut [Masks]) {
    for (block, masks) in blocks.iter().zip(out) {
        let [low, high] = halves(block);
        let (low, high) = (half_avx2(low), half_avx2(high));
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
    let bytes = load_avx2(half);
    // There is no comparison of unsigned bytes: the lesser of two is the first where it is not greater.
    let at_most = |lanes: __m256i, most: u8| _mm256_cmpeq_epi8(_mm256_min_epu8(lanes, every(most)), lanes);
    let either = |left: __m256i, right: __m256i| _mm256_or_si256(left, right);
    let of = |table: &[u8; 16]| _mm256_cmpeq_epi8(shuffled_avx2(table, bytes), bytes);
    let digits = at_most(_mm256_sub_epi8(bytes, every(b'0')), 9);
    let letters = at_most(_mm256_sub_epi8(either(bytes, every(0x20)), every(b'a')), 25);
    let foreign = mask_avx2(bytes) != 0;
    let beyond = |table| if foreign { beyond_avx2(bytes, table) } else { 0 };
    Masks {
        digits: mask_avx2(digits),
        letters: mask_avx2(letters),
        capitals: mask_avx2(at_most(_mm256_sub_epi8(bytes, every(b'A')), 25)),
        marks: mask_avx2(of(&MARK_TABLE)),
        words: mask_avx2(either(either(digits, letters), of(&JOINING_TABLE))),
        beyond: beyond(&BEYOND_TABLE),
        hiding: beyond(&FOLDING_TABLE) | mask_avx2(of(&CODED_TABLE)),
        alike: beyond(&ALIKE_TABLE),
    }
}

/// The two of a block.
#[inline]
fn halves(block: &[u8; BLOCK]) -> [&[u8; 32]; 2] {
    let (low, high) = block.split_at(32);
    // Both have as many bytes.
    [low, high].map(|half| half.first_chunk().unwrap_or(&[0; 32]))
}
