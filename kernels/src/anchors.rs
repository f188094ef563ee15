//! Anchors: the few bytes of a text at which something can be found, 64 bytes at a time.
//!
//! Invariant: every start of a digit group and every `@`, `:`, `=` and `~` is reported, in order, once.
//!
//! The comparisons have no branches and no table, so the compiler turns them into vector instructions;
//! a block of prose costs the same however many schemes there are.

/// Bytes that are looked at together: as many as a mask has bits.
const BLOCK: usize = 64;
/// Gathers the lowest bit of each of eight bytes: byte `i` arrives at bit `56 + i`, without carries.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// Calls `visit` with the place of each anchor of `text` and the byte there.
pub(crate) fn each(text: &[u8], mut visit: impl FnMut(usize, u8)) {
    let mut carry = 0;
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    for (slot, &byte) in last.iter_mut().zip(rest) {
        *slot = byte;
    }
    for (index, block) in blocks.iter().chain([&last]).enumerate() {
        let digits = mask(block, |byte| byte.wrapping_sub(b'0') < 10);
        let marks = mask(block, |byte| (byte == b'@') | (byte == b':') | (byte == b'=') | (byte == b'~'));
        let mut anchors = marks | (digits & !(digits << 1 | carry));
        carry = digits >> (BLOCK - 1);
        while anchors != 0 {
            let offset = anchors.trailing_zeros() as usize;
            visit(index * BLOCK + offset, block.get(offset).copied().unwrap_or(0));
            anchors &= anchors - 1;
        }
    }
}

/// One bit for each byte: does `test` hold?
fn mask(block: &[u8; BLOCK], test: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0u8; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(test(byte));
    }
    let (eights, _) = flags.as_chunks::<8>();
    eights
        .iter()
        .rev()
        .fold(0, |mask, eight| mask << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn anchors_are_those_of_the_plain_definition(text in "([0-9]{1,3}|[@:=~]|[a-z é]{1,40}){0,24}") {
            let bytes = text.as_bytes();
            let mut expected = Vec::new();
            let mut previous = 0u8;
            for (index, &byte) in bytes.iter().enumerate() {
                if b"@:=~".contains(&byte) || (byte.is_ascii_digit() && !previous.is_ascii_digit()) {
                    expected.push((index, byte));
                }
                previous = byte;
            }
            let mut found = Vec::new();
            each(bytes, |index, byte| found.push((index, byte)));
            prop_assert_eq!(found, expected);
        }
    }
}
