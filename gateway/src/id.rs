//! Decision ids: 48 bits of milliseconds and 80 random bits in Crockford's base32 (the ULID form), so
//! that they sort by time and nobody can guess one.

const CROCKFORD: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new id: 26 characters.
pub fn new(milliseconds: u64) -> String {
    let mut random = [0u8; 10];
    // A process without random numbers cannot do TLS either; ids would still differ by time.
    let _ = aws_lc_rs::rand::fill(&mut random);
    let low = random.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
    let value = u128::from(milliseconds & 0xffff_ffff_ffff) << 80 | low;
    (0..26)
        .rev()
        .map(|place| char::from(CROCKFORD.get((value >> (place * 5)) as usize & 31).copied().unwrap_or(b'0')))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_sort_by_time_and_differ() {
        let (early, late) = (super::new(1_700_000_000_000), super::new(1_800_000_000_000));
        assert_eq!(early.len(), 26);
        assert!(early < late);
        assert_ne!(super::new(1), super::new(1));
    }
}
