//! An issuer's public keys, from its JWK set (RFC 7517).
//!
//! Invariant: a key is used only for what its JWK allows (`kty`, `crv`, `alg`, `use`, `key_ops`), and a key
//! id names one key or none. A key that cannot be used is passed over, so that a new kind of key does not
//! lock everybody out; a document that cannot be read changes nothing.

use super::json::{self, Json, Members};
use super::reason::Reason;
use super::sha256;
use super::token::Algorithm;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;

/// Largest document. 100 keys of 8192 bits have 160 KiB.
pub(super) const SET_BYTES_MAX: usize = 256 * 1024;
/// Most keys in a set, usable or not.
const KEYS_MAX: usize = 100;
/// RSA below 2048 bits is not safe (NIST SP 800-131A), above 8192 it is a way to burn our time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// FIPS 186-5 §5.1: 2^16 < e; four bytes hold every exponent in use.
const RSA_EXPONENT: std::ops::RangeInclusive<u64> = 65537..=0xffff_ffff;

/// The usable keys of one issuer.
pub(super) struct KeySet {
    keys: Vec<Key>,
    skipped: usize,
    digest: [u8; 32],
}

struct Key {
    id: Option<String>,
    algorithms: &'static [Algorithm],
    key: DecodingKey,
}

impl KeySet {
    /// Reads a set. The error is for the operator and repeats nothing of the document.
    pub(super) fn parse(document: &[u8]) -> Result<Self, &'static str> {
        if document.len() > SET_BYTES_MAX {
            return Err("the key set is larger than 256 KiB");
        }
        let set = json::object(document).ok_or("the key set is not one JSON object with distinct names")?;
        let listed = set.get("keys").and_then(Json::as_array).ok_or("the key set has no list `keys`")?;
        if listed.len() > KEYS_MAX {
            return Err("the key set has more than 100 keys");
        }
        let usable: Vec<Key> = listed.iter().filter_map(|jwk| usable(jwk.as_object()?)).collect();
        let ids: Vec<_> = usable.iter().map(|key| key.id.clone()).collect();
        // An id that stands twice says nothing about which key is meant: none of them.
        let twice = |id: &Option<String>| id.is_some() && ids.iter().filter(|other| *other == id).count() > 1;
        let keys: Vec<Key> = usable.into_iter().filter(|key| !twice(&key.id)).collect();
        Ok(Self { skipped: listed.len() - keys.len(), keys, digest: sha256(document) })
    }

    /// The key that a token means.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&DecodingKey, Reason> {
        if let Some(id) = id {
            let key = self.keys.iter().find(|key| key.id.as_deref() == Some(id)).ok_or(Reason::KeyUnknown)?;
            return if key.algorithms.contains(&algorithm) { Ok(&key.key) } else { Err(Reason::KeyMismatch) };
        }
        let mut able = self.keys.iter().filter(|key| key.algorithms.contains(&algorithm));
        let key = able.next().ok_or(Reason::KeyUnknown)?;
        if able.next().is_some() { Err(Reason::KeyAmbiguous) } else { Ok(&key.key) }
    }

    /// Changes when anything in the document does: tokens verified under another digest are verified again.
    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }
}

/// The key, if it is one that may verify tokens.
fn usable(jwk: &Members) -> Option<Key> {
    let id = match jwk.get("kid") {
        None => None,
        Some(id) => Some(id.as_str()?.to_owned()),
    };
    if !may_verify(jwk) {
        return None;
    }
    let (able, key): (&'static [Algorithm], DecodingKey) = match (text(jwk, "kty")?, text(jwk, "crv")) {
        ("RSA", _) => (&[Algorithm::Rs256, Algorithm::Ps256], rsa(jwk)?),
        ("EC", Some("P-256")) => (&[Algorithm::Es256], p256(jwk)?),
        ("OKP", Some("Ed25519")) => (&[Algorithm::EdDsa], ed25519(jwk)?),
        _ => return None,
    };
    let algorithms = match jwk.get("alg") {
        None => able,
        Some(name) => {
            let only = Algorithm::named(name.as_str()?)?;
            let at = able.iter().position(|algorithm| *algorithm == only)?;
            able.get(at..=at)?
        }
    };
    Some(Key { id, algorithms, key })
}

/// `use` and `key_ops` must allow it where they stand; a published private key is nobody's any more.
fn may_verify(jwk: &Members) -> bool {
    let use_allows = jwk.get("use").is_none_or(|purpose| purpose.as_str() == Some("sig"));
    let operations_allow = jwk
        .get("key_ops")
        .is_none_or(|operations| operations.as_strings().is_some_and(|names| names.contains(&"verify")));
    use_allows && operations_allow && !jwk.contains_key("d")
}

fn rsa(jwk: &Members) -> Option<DecodingKey> {
    let modulus = bytes(jwk, "n")?;
    let exponent = bytes(jwk, "e")?;
    // Some issuers send the sign octet of ASN.1 along.
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(&modulus);
    let unused_bits = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let value =
        exponent.iter().try_fold(0_u64, |value, byte| Some(value.checked_mul(256)? | u64::from(*byte)))?;
    if !RSA_BITS.contains(&(modulus.len() * 8 - unused_bits)) || !RSA_EXPONENT.contains(&value) {
        return None;
    }
    RsaPublicKeyComponents { n: modulus, e: &exponent }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .ok()?;
    Some(DecodingKey::from_rsa_raw_components(modulus, &exponent))
}

fn p256(jwk: &Members) -> Option<DecodingKey> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != 32 || y.len() != 32 {
        return None;
    }
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).ok()?; // refuses what is not on the curve
    Some(DecodingKey::from_ec_der(&point))
}

fn ed25519(jwk: &Members) -> Option<DecodingKey> {
    let x = bytes(jwk, "x")?;
    ParsedPublicKey::new(&ED25519, &x).ok()?;
    (x.len() == 32).then(|| DecodingKey::from_ed_der(&x))
}

fn text<'a>(jwk: &'a Members, name: &str) -> Option<&'a str> {
    jwk.get(name)?.as_str()
}

fn bytes(jwk: &Members, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()
}
