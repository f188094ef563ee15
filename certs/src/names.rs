//! Whom a certificate may name.
//!
//! Invariant: what [`server`] lets through, [`constraints`] permit, so this authority never signs what a
//! client would refuse, and never a name that the public DNS could hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints, SanType};

use crate::CertError;

/// Names and addresses in one certificate, at most.
pub(crate) const NAMES_MAX: usize = 64;
/// A file stem's and a subject's length (RFC 5280, ub-common-name), at most.
const NAME_BYTES_MAX: usize = 64;
/// A DNS name's and a label's length (RFC 1035, 2.3.4), at most.
const DNS_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Top-level names that the public DNS never delegates (RFC 6761).
const ZONES: [&str; 3] = ["test", "localhost", "example"];

/// What the authority's own certificate permits it to sign.
pub(crate) fn constraints() -> NameConstraints {
    let zones = ZONES.iter().map(|zone| GeneralSubtree::DnsName((*zone).to_owned()));
    let loopback = [
        CidrSubnet::from_addr_prefix(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
        CidrSubnet::from_addr_prefix(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    ];
    let permitted_subtrees = zones.chain(loopback.map(GeneralSubtree::IpAddress)).collect();
    NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() }
}

/// The names of a server, each of which the constraints permit.
pub(crate) fn server(dns: &[&str], ips: &[IpAddr]) -> Result<Vec<SanType>, CertError> {
    let count = dns.len().saturating_add(ips.len());
    if count == 0 || count > NAMES_MAX {
        return Err(CertError::NameCount(count));
    }
    let mut names = Vec::with_capacity(count);
    for name in dns {
        if !is_local(name) {
            return Err(CertError::Name((*name).to_owned()));
        }
        names.push(SanType::DnsName((*name).try_into()?));
    }
    for ip in ips {
        if !ip.is_loopback() {
            return Err(CertError::Name(ip.to_string()));
        }
        names.push(SanType::IpAddress(*ip));
    }
    Ok(names)
}

/// The subject's common name.
pub(crate) fn subject(name: &str) -> Result<&str, CertError> {
    let fits =
        !name.is_empty() && name.chars().count() <= NAME_BYTES_MAX && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(CertError::Name(name.escape_debug().to_string())) }
}

/// A file stem that stays inside its directory and leaves `ca.pem` and `ca.key` alone.
pub(crate) fn stem(name: &str) -> Result<&str, CertError> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    // Some file systems fold case: `CA.key` would be `ca.key`.
    let ours = name.eq_ignore_ascii_case(crate::CA);
    if plain && !ours && !name.is_empty() && !name.starts_with('.') && name.len() <= NAME_BYTES_MAX {
        return Ok(name);
    }
    Err(CertError::Stem(name.to_owned()))
}

/// A lower-case host name below one of [`ZONES`].
fn is_local(name: &str) -> bool {
    let label = |label: &str| {
        let plain =
            label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        plain
            && (1..=LABEL_BYTES_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let zone = name.rsplit('.').next().is_some_and(|last| ZONES.contains(&last));
    zone && name.len() <= DNS_BYTES_MAX && name.split('.').all(label)
}
