//! Words by their first three bytes, laid out by the compiler.
//!
//! Invariant: whoever asks for words that may start with three bytes gets all of them, the longest first.

const BUCKETS: usize = 2048;
/// Bits that say which hashes of three bytes there are: enough that random bytes hit one in a hundred.
const BITS: usize = 1 << 15;

/// `N` words, to be found by their first three bytes.
#[derive(Debug)]
pub(super) struct Index<const N: usize> {
    /// Where in `order` those with a hash start and end.
    buckets: [(u16, u16); BUCKETS],
    order: [u16; N],
    /// One bit for each longer hash of the three bytes that some word starts with.
    starts: [u64; BITS / 64],
}

impl<const N: usize> Index<N> {
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "evaluated by the compiler"
    )]
    pub(super) const fn new(words: &[&str; N]) -> Index<N> {
        let mut order = [0u16; N];
        let mut next = 0;
        // By hash, then the longest first, then as given: an insertion into what is in order.
        while next < N {
            let mut place = next;
            while place > 0 && comes_before(words[next], words[order[place - 1] as usize]) {
                order[place] = order[place - 1];
                place -= 1;
            }
            order[place] = next as u16;
            next += 1;
        }
        let mut buckets = [(0, 0); BUCKETS];
        let mut index = 0;
        while index < N {
            let bucket = hash_of(words[order[index] as usize]);
            if buckets[bucket].1 == 0 {
                buckets[bucket].0 = index as u16;
            }
            buckets[bucket].1 = index as u16 + 1;
            index += 1;
        }
        let mut starts = [0; BITS / 64];
        let mut word = 0;
        while word < N {
            let bytes = words[word].as_bytes();
            let bit = longer_hash(bytes[0], bytes[1], bytes[2]);
            starts[bit / 64] |= 1 << (bit % 64);
            word += 1;
        }
        Index { buckets, order, starts }
    }

    /// May a word start with these bytes?
    #[inline]
    pub(super) fn may_hold(&self, first: u8, second: u8, third: u8) -> bool {
        let bit = longer_hash(first, second, third);
        self.starts.get(bit / 64).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    /// The words that may start with these bytes.
    #[inline]
    pub(super) fn candidates(&self, first: u8, second: u8, third: u8) -> &[u16] {
        let &(from, to) = self.buckets.get(hash(first, second, third)).unwrap_or(&(0, 0));
        if to == 0 { &[] } else { self.order.get(usize::from(from)..usize::from(to)).unwrap_or_default() }
    }
}

const fn comes_before(left: &str, right: &str) -> bool {
    let (left_hash, right_hash) = (hash_of(left), hash_of(right));
    left_hash < right_hash || left_hash == right_hash && left.len() > right.len()
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a shorter word")]
const fn hash_of(word: &str) -> usize {
    let bytes = word.as_bytes();
    hash(bytes[0], bytes[1], bytes[2])
}

#[inline]
const fn longer_hash(first: u8, second: u8, third: u8) -> usize {
    let bytes = first as u32 | (second as u32) << 8 | (third as u32) << 16;
    (bytes.wrapping_mul(0x9e37_79b1) >> 17) as usize
}

#[inline]
const fn hash(first: u8, second: u8, third: u8) -> usize {
    longer_hash(first, second, third) >> 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_among_the_candidates_and_the_longest_comes_first() {
        const WORDS: [&str; 4] = ["abc", "xyz", "abcdef", "abcd"];
        const INDEX: Index<4> = Index::new(&WORDS);
        assert_eq!(INDEX.candidates(b'a', b'b', b'c'), [2, 3, 0]);
        assert_eq!(INDEX.candidates(b'x', b'y', b'z'), [1]);
        assert!(INDEX.candidates(b'q', b'y', b'z').is_empty());
        assert!(INDEX.may_hold(b'x', b'y', b'z') && INDEX.may_hold(b'a', b'b', b'c'));
        assert!(!INDEX.may_hold(b'q', b'y', b'z'));
    }
}
