//! Which addresses may be dialled at all, and which are inside a declared network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ipnet::IpNet;
use rustls::pki_types::CertificateDer;

/// SHA-256 of a certificate's public key (SubjectPublicKeyInfo), as in RFC 7469 section 2.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyPin([u8; 32]);

impl std::fmt::Display for PublicKeyPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256/{}", BASE64.encode(self.0))
    }
}

/// Reads `sha256/BASE64`.
pub fn parse_pin(text: &str) -> Result<PublicKeyPin, String> {
    let encoded = text.strip_prefix("sha256/").ok_or("a pin starts with sha256/")?;
    let bytes = BASE64.decode(encoded).map_err(|_| "a pin is base64 with padding".to_owned())?;
    <[u8; 32]>::try_from(bytes).map(PublicKeyPin).map_err(|_| "a pin is the base64 of 32 bytes".into())
}

/// The pin of a certificate.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Option<PublicKeyPin> {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    let key = parsed.subject_public_key_info();
    let hash = digest::digest(&digest::SHA256, key.as_ref());
    <[u8; 32]>::try_from(hash.as_ref()).ok().map(PublicKeyPin)
}

/// That an address lies outside; the address itself stays out of answers.
#[derive(Debug, PartialEq, Eq)]
pub struct Outside(pub IpAddr);

/// Every address must lie in one of the networks, and none may be of a kind that is never dialled.
pub fn all_inside(addresses: &[IpAddr], networks: &[IpNet]) -> Result<(), Outside> {
    let inside = |address: IpAddr| {
        let plain = address.to_canonical();
        never(address).is_none() && networks.iter().any(|network| network.contains(&plain))
    };
    match addresses.iter().find(|address| !inside(**address)) {
        Some(outside) => Err(Outside(*outside)),
        None => Ok(()),
    }
}

/// Why an address is never dialled, whatever networks are declared. An IPv4 address inside an IPv6
/// one is judged as what it would reach.
pub fn never(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(four) => never_v4(four),
        IpAddr::V6(six) => never_v6(six),
    }
}

fn never_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.octets().starts_with(&[0]) {
        return Some("\"this network\" (RFC 1122)");
    }
    if address.is_link_local() {
        return Some("link-local, where cloud metadata answers (RFC 3927)");
    }
    if address.is_multicast() || address.is_broadcast() {
        return Some("multicast or broadcast");
    }
    // Alibaba's and Oracle's metadata services stand outside the link-local range.
    let metadata = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
    metadata.contains(&address).then_some("a cloud metadata service")
}

fn never_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("the unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => None,
        [0, 0, 0, 0, 0, 0, _, _] => Some("an IPv4-compatible address (RFC 4291)"),
        [0x64, 0xff9b, ..] => Some("NAT64: where it leads cannot be seen (RFC 6052, RFC 8215)"),
        [0x2002, ..] => Some("6to4: where it leads cannot be seen (RFC 3056)"),
        [0x2001, 0, ..] => Some("Teredo: where it leads cannot be seen (RFC 4380)"),
        [0xfd00, 0xec2, ..] => Some("a cloud metadata service"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some("link-local (RFC 4291)"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("multicast"),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn check(addresses: &[&str], networks: &[&str]) -> bool {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let networks: Vec<IpNet> = networks.iter().map(|text| text.parse().unwrap()).collect();
        all_inside(&addresses, &networks).is_ok()
    }

    #[test]
    fn one_address_outside_refuses_the_name_whole() {
        assert!(check(&["127.33.0.10", "127.33.9.1"], &["127.33.0.0/16"]));
        assert!(!check(&["127.33.0.10", "127.1.0.10"], &["127.33.0.0/16"]));
        assert!(!check(&["127.33.0.10"], &[]));
    }

    #[test]
    fn an_address_is_judged_as_what_it_reaches() {
        let everything = ["0.0.0.0/0", "::/0"];
        assert!(check(&["::ffff:127.33.0.10"], &["127.33.0.0/16"]));
        assert!(!check(&["::ffff:127.1.0.10"], &["127.33.0.0/16"]));
        for never in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "fe80::1",
            "fd00:ec2::254",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "0.0.0.0",
            "::",
            "::7f00:1",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "100.100.100.200",
            "192.0.0.192",
        ] {
            assert!(!check(&[never], &everything), "{never}");
        }
        assert!(check(&["2001:db8::1", "203.0.113.9", "127.0.0.1", "::1"], &everything));
    }

    #[test]
    fn a_pin_is_the_base64_of_32_bytes() {
        let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!(parse_pin(pin).unwrap().to_string(), pin);
        for wrong in ["AAAA", "sha256/AAAA", "sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "sha256/*"] {
            assert!(parse_pin(wrong).is_err(), "{wrong}");
        }
    }
}
