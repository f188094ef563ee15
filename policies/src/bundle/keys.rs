//! The keys of bundles: ECDSA on P-256 with SHA-256 (ES256, RFC 7518 section 3.4), in PEM.
//!
//! Invariant: a key has one algorithm. It is written here and nowhere read from a bundle, so that what a
//! bundle says about itself cannot choose how it is verified. OPA knows no EdDSA, hence ES256.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};

use crate::error::{BundleError, Fault};
use crate::tree::hex;

/// What precedes the point in a P-256 SubjectPublicKeyInfo (RFC 5480): the two object identifiers.
const SPKI_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// An uncompressed point: 4, x, y.
const POINT_BYTES: usize = 65;
/// Characters of a line of PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// Signs bundles.
pub struct SigningKey(EcdsaKeyPair);

/// Verifies bundles.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey([u8; POINT_BYTES]);

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<SigningKey, BundleError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        pair.map(SigningKey).map_err(|_| wrong("no key could be made", "try again"))
    }

    /// Reads PKCS#8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`), as `openssl` and `inland policy key` write it.
    pub fn from_pem(pem: &str) -> Result<SigningKey, BundleError> {
        let remedy = "a P-256 key in PEM, such as `inland policy key` makes";
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| wrong("this is no private key in PEM", remedy))?;
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_der());
        pair.map(SigningKey).map_err(|_| wrong("this private key is not one of P-256", remedy))
    }

    /// PKCS#8 in PEM. The caller keeps it where nobody else reads it.
    pub fn to_pem(&self) -> Result<String, BundleError> {
        let der = self.0.to_pkcs8v1().map_err(|_| wrong("the key cannot be written", "make a new one"))?;
        Ok(pem("PRIVATE KEY", der.as_ref()))
    }

    /// The key that verifies what this one signs.
    pub fn verifying(&self) -> Result<VerifyingKey, BundleError> {
        VerifyingKey::of(self.0.public_key().as_ref())
    }

    /// The signature as JWS wants it: r and s, 32 bytes each.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BundleError> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|_| wrong("the key does not sign", "make a new one"))?;
        Ok(signature.as_ref().to_vec())
    }
}

impl VerifyingKey {
    /// Reads SubjectPublicKeyInfo (`PUBLIC KEY`).
    pub fn from_pem(pem: &str) -> Result<VerifyingKey, BundleError> {
        let remedy = "the public half of a P-256 key in PEM: the file NAME.pub of `inland policy key`";
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| wrong("this is no public key in PEM", remedy))?;
        let point = der.as_ref().strip_prefix(&SPKI_HEAD);
        VerifyingKey::of(point.ok_or_else(|| wrong("this public key is not one of P-256", remedy))?)
    }

    /// SubjectPublicKeyInfo in PEM.
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki())
    }

    /// SHA-256 of its SubjectPublicKeyInfo in hexadecimal, for records.
    pub fn fingerprint(&self) -> String {
        hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.spki()).as_ref())
    }

    /// Did the other half sign this?
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0).verify(message, signature).is_ok()
    }

    /// Only a point of the curve: a key that can verify nothing is refused when it is configured.
    fn of(point: &[u8]) -> Result<VerifyingKey, BundleError> {
        let remedy = "the public half of a P-256 key";
        let parsed = aws_lc_rs::signature::ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        match (parsed, point.try_into()) {
            (Ok(_), Ok(point)) => Ok(VerifyingKey(point)),
            _ => Err(wrong("this public key is not a point of P-256", remedy)),
        }
    }

    fn spki(&self) -> Vec<u8> {
        [SPKI_HEAD.as_slice(), &self.0].concat()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(***)")
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({})", self.fingerprint())
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(PEM_LINE) {
        out.extend(line.iter().copied().map(char::from));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

fn wrong(problem: &str, remedy: &str) -> BundleError {
    BundleError::new(Fault::Key, problem, format!("give {remedy}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_pem_and_shows_itself_to_nobody() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let public = VerifyingKey::from_pem(&key.verifying().unwrap().to_pem()).unwrap();
        assert_eq!(public, again.verifying().unwrap());
        assert!(public.verifies(b"text", &again.sign(b"text").unwrap()));
        assert!(!public.verifies(b"tex", &again.sign(b"text").unwrap()));
        assert_eq!(format!("{key:?}"), "SigningKey(***)");
        assert!(SigningKey::from_pem(&public.to_pem()).is_err(), "a public key signs nothing");
        assert!(
            VerifyingKey::from_pem(&key.to_pem().unwrap()).is_err(),
            "a private key is not given to gateways"
        );
    }

    #[test]
    fn keys_of_other_kinds_are_refused_with_a_sentence() {
        // An Ed25519 key (RFC 8410 section 10.1), one outside the curve, and none at all.
        let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        let mut outside = SPKI_HEAD.to_vec();
        outside.push(4);
        outside.extend([7; 64]);
        for text in [ed25519, &pem("PUBLIC KEY", &outside), "", "-----BEGIN PUBLIC KEY-----"] {
            let error = VerifyingKey::from_pem(text).unwrap_err();
            assert_eq!(error.code(), "bundle_key");
            assert!(error.to_string().contains("; give the public half of a P-256 key"), "{error}");
        }
        assert_eq!(SigningKey::from_pem("secret").unwrap_err().code(), "bundle_key");
    }
}
