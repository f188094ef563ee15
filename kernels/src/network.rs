//! Addresses of machines: IPv4, IPv6, MAC.
//!
//! Invariant: the standard library's parser has the last word on an IPv6 address; a time of day, a version
//! number or a `::` between two names is none.

use std::net::Ipv6Addr;

use crate::bytes::{at, before, ends_word, first, run_end, run_start, starts_word};
use crate::context::{Context, Topic};
use crate::{Finding, Label};

/// The longest IPv6 address, with an IPv4 tail (INET6_ADDRSTRLEN without its NUL).
const IPV6_MAX: usize = 45;
/// How far before an address the word `version` may end, in bytes.
const VERSION_DISTANCE: usize = 8;
/// `00:1A:2B:3C:4D:5E`
const MAC_LENGTH: usize = 17;

/// The IPv4 address whose first digit is at `start`.
pub(crate) fn ipv4(text: &[u8], start: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let (numbers, end) = ipv4_form(text, start)?;
    let version = context.precedes(Topic::VERSION, start, VERSION_DISTANCE);
    let nobody = numbers == [0; 4] || numbers.first() == Some(&127);
    (!version).then(|| finding(start, end, "ip.v4", if nobody { 50 } else { 85 }))
}

/// The numbers of the address at `start`, and where it ends.
pub(crate) fn ipv4_form(text: &[u8], start: usize) -> Option<([u32; 4], usize)> {
    if !starts_word(text, start) || before(text, start) == b'.' {
        return None;
    }
    let (numbers, end) = dotted(text, start)?;
    let goes_on = |dot: usize| at(text, dot) == b'.' && at(text, dot + 1).is_ascii_digit();
    if !ends_word(text, end) || goes_on(end) {
        return None;
    }
    Some((numbers, end))
}

/// Four numbers up to 255 with dots between them, none with a zero in front, and where they end.
fn dotted(text: &[u8], start: usize) -> Option<([u32; 4], usize)> {
    let (mut numbers, mut place) = ([0; 4], start);
    for (index, number) in numbers.iter_mut().enumerate() {
        if index > 0 {
            if at(text, place) != b'.' {
                return None;
            }
            place += 1;
        }
        let length;
        (*number, length) = octet(text, place)?;
        place += length;
    }
    Some((numbers, place))
}

/// The number of one to three digits at `place`, and how many they are.
#[inline]
fn octet(text: &[u8], place: usize) -> Option<(u32, usize)> {
    let [one, two, three, fourth] = first(text, place);
    let [hundreds, tens, ones] = [one, two, three].map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let (number, length) = match (hundreds, tens, ones) {
        (0..10, 10.., _) => (hundreds, 1),
        (1..10, 0..10, 10..) => (hundreds * 10 + tens, 2),
        (1..10, 0..10, 0..10) if !fourth.is_ascii_digit() => (hundreds * 100 + tens * 10 + ones, 3),
        _ => return None,
    };
    (number <= 255).then_some((number, length))
}

/// May the colon at `colon` be one of an address? One of IPv6 or a MAC has a digit or another colon on
/// either side, and where there is one colon there are two.
#[inline]
pub(crate) fn may_be_address(text: &[u8], colon: usize) -> bool {
    let (left, right) = (before(text, colon), at(text, colon + 1));
    let double = left == b':' || right == b':';
    if !(double || left.is_ascii_hexdigit() && right.is_ascii_hexdigit()) {
        return false;
    }
    let another = |end: usize| at(text, end) == b':';
    double
        || another(run_end(text, colon + 1, 4, |byte| byte.is_ascii_hexdigit()))
        || run_start(text, colon, 4, |byte| byte.is_ascii_hexdigit()).checked_sub(1).is_some_and(another)
}

/// The address that the colon at `colon` is in; and where the run of hexadecimal digits, colons and dots
/// around it ends, so that no other colon of it is asked about.
pub(crate) fn colon(text: &[u8], colon: usize) -> (Option<Finding>, usize) {
    let start = run_start(text, colon, IPV6_MAX, is_address);
    let end = run_end(text, colon, IPV6_MAX + 2, is_address);
    let outside = if at(text, end) == 0 || !is_address(at(text, end)) {
        end
    } else {
        run_end(text, end, usize::MAX, is_address)
    };
    let found = (starts_word(text, start) && ends_word(text, end) && end == outside)
        .then(|| {
            // The full stop or the colon of the sentence may follow.
            let mut ends = [Some(end), end.checked_sub(1)].into_iter().flatten();
            ends.find_map(|end| mac(text, start, end).or_else(|| ipv6(text, start, end)))
        })
        .flatten();
    (found, outside)
}

fn is_address(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':' || byte == b'.'
}

fn mac(text: &[u8], start: usize, end: usize) -> Option<Finding> {
    let address = text.get(start..end)?;
    let pairs = address.iter().enumerate().all(|(index, byte)| (index % 3 == 2) == (*byte == b':'));
    (address.len() == MAC_LENGTH && pairs && !address.contains(&b'.'))
        .then(|| Finding { label: Label::DeviceId, ..finding(start, end, "mac", 85) })
}

/// `00-1A-2B-3C-4D-5E` (IEEE 802-2014 8.1), a long word that starts at `start`. Six pairs of digits alone are any
/// list of numbers.
#[inline]
pub(crate) fn mac_with_hyphens(text: &[u8], start: usize) -> Option<Finding> {
    if at(text, start + 2) != b'-' || at(text, start + 5) != b'-' {
        return None;
    }
    let end = start + MAC_LENGTH;
    let address = text.get(start..end)?;
    let pair =
        |(index, byte): (usize, &u8)| if index % 3 == 2 { *byte == b'-' } else { byte.is_ascii_hexdigit() };
    let whole = address.iter().enumerate().all(pair) && address.iter().any(u8::is_ascii_alphabetic);
    (whole && ends_word(text, end) && at(text, end) != b'-')
        .then(|| Finding { label: Label::DeviceId, ..finding(start, end, "mac", 85) })
}

fn ipv6(text: &[u8], start: usize, end: usize) -> Option<Finding> {
    let address = std::str::from_utf8(text.get(start..end)?).ok()?;
    let parsed: Ipv6Addr = address.parse().ok()?;
    // `dead::beef` is a path in a programming language before it is an address.
    let names = !address.bytes().any(|byte| byte.is_ascii_digit()) && address.matches(':').count() < 3;
    let score = if parsed.is_loopback() { 50 } else { 92 };
    (!names).then(|| finding(start, end, "ip.v6", score))
}

fn finding(start: usize, end: usize, kind: &'static str, score: u8) -> Finding {
    Finding { start, end, label: Label::IpAddress, kind, country: None, score }
}
