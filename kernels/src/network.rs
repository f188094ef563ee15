//! Addresses of machines: IPv4, IPv6, MAC.
//!
//! Invariant: the standard library's parser has the last word on an IP address; a time of day, a version
//! number or a `::` between two names is none.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bytes::{at, before, ends_word, run_end, run_start, starts_word};
use crate::context::{Context, Topic};
use crate::{Finding, Label};

/// The longest IPv6 address, with an IPv4 tail (INET6_ADDRSTRLEN without its NUL).
pub(crate) const IPV6_MAX: usize = 45;
/// The longest IPv4 address.
pub(crate) const IPV4_MAX: usize = 15;
/// How far before an address the word `version` may end, in bytes.
const VERSION_DISTANCE: usize = 8;
/// `00:1A:2B:3C:4D:5E`
const MAC_LENGTH: usize = 17;

/// The IPv4 address whose first digit is at `start`.
pub(crate) fn ipv4(text: &[u8], start: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let (end, address) = ipv4_form(text, start)?;
    let version = context.precedes(Topic::VERSION, start, VERSION_DISTANCE);
    let score = if address.is_loopback() || address.is_unspecified() { 50 } else { 85 };
    (!version).then(|| finding(start, end, "ip.v4", score))
}

/// Where the address at `start` ends, and which it is.
pub(crate) fn ipv4_form(text: &[u8], start: usize) -> Option<(usize, Ipv4Addr)> {
    if !starts_word(text, start) || before(text, start) == b'.' {
        return None;
    }
    let mut end = run_end(text, start, IPV4_MAX + 1, |byte| byte.is_ascii_digit() || byte == b'.');
    if before(text, end) == b'.' {
        end -= 1;
    }
    if !ends_word(text, end) || at(text, end) == b'.' && at(text, end + 1).is_ascii_digit() {
        return None;
    }
    Some((end, std::str::from_utf8(text.get(start..end)?).ok()?.parse().ok()?))
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
