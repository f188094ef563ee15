//! Bech32 and bech32m (BIP 173, BIP 350): a name, `1`, digits of five bits, a check sum of six.
//!
//! Invariant: what is found is in one case, has a name of the table, the check sum that its version asks
//! for, and a length that it may have.

/// The digits in the order of their values.
const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// BIP 173 and BIP 350: what the check sum leaves.
const BECH32: u32 = 1;
const BECH32M: u32 = 0x2bc8_30a3;
const CHECK: usize = 6;

/// Names, and whether a version and a program follow (BIP 141). Sources: SLIP-0173; CIP-0019.
const NAMES: &[(&[u8], bool, &str)] = &[
    (b"bc", true, "crypto.btc"),
    (b"ltc", true, "crypto.ltc"),
    (b"addr", false, "crypto.ada"),
    (b"stake", false, "crypto.ada"),
];

/// Which currency's address is it?
pub(super) fn kind(word: &[u8]) -> Option<&'static str> {
    let &(name, segwit, kind) = NAMES.iter().find(|(name, ..)| {
        let start = word.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name)) && word.get(name.len()) == Some(&b'1')
    })?;
    let mixed = word.iter().any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase);
    let data = word.get(name.len() + 1..)?;
    let left = (!mixed).then(|| remainder(name, data)).flatten()?;
    let fits = if segwit { is_program(data, left) } else { left == BECH32 };
    fits.then_some(kind)
}

/// BIP 173: a version up to 16 and a program of 2 to 40 bytes, of 20 or 32 for version 0, whose last bits
/// are zero. BIP 350: any other version has the newer check sum.
fn is_program(data: &[u8], left: u32) -> bool {
    let Some((&version, rest)) = data.split_first() else { return false };
    let program = rest.len().saturating_sub(CHECK);
    let (bytes, spare) = (program * 5 / 8, program * 5 % 8);
    let last = rest.get(..program).and_then(|program| program.last()).and_then(|&digit| value(digit));
    let padded = spare < 5 && last.is_some_and(|last| last.trailing_zeros() as usize >= spare);
    let known = match value(version) {
        Some(0) => left == BECH32 && matches!(bytes, 20 | 32),
        Some(1..=16) => left == BECH32M && (2..=40).contains(&bytes),
        _ => false,
    };
    known && padded
}

/// BIP 173 «Checksum»: a code over GF(32) whose generator has these five rows.
fn remainder(name: &[u8], data: &[u8]) -> Option<u32> {
    const ROWS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let step = |rest: u32, value: u8| {
        let next = (rest & 0x1ff_ffff) << 5 ^ u32::from(value);
        let rows = ROWS.iter().enumerate().filter(|&(row, _)| rest >> (25 + row) & 1 == 1);
        rows.fold(next, |next, (_, row)| next ^ row)
    };
    let high = name.iter().map(|letter| letter >> 5);
    let low = name.iter().map(|letter| letter & 31);
    let named = high.chain([0]).chain(low).fold(1, step);
    data.iter().try_fold(named, |rest, &digit| Some(step(rest, value(digit)?)))
}

fn value(digit: u8) -> Option<u8> {
    let place = DIGITS.iter().position(|&known| known == digit.to_ascii_lowercase())?;
    u8::try_from(place).ok()
}
