//! Verify: what a receipt says, for whoever holds it and the node's public key.
//!
//! Invariant: nothing of a receipt is read before its signature holds under the key that was given, and
//! then only claims of this version: an unknown one is an error and not something to pass over.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::{Deserialize, Serialize};

use super::TYPE;

/// A receipt is well under a kilobyte; names of models and classes are the callers'.
const RECEIPT_BYTES_MAX: usize = 16 * 1024;

/// What a receipt says of one answered call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The decision id.
    pub decision: String,
    /// The partition that holds the record.
    pub partition: String,
    /// The INTENT's index there.
    pub log_index: u64,
    /// The backend that answered.
    pub backend: String,
    /// Where it stands.
    pub country: String,
    /// Its model.
    pub model: String,
    /// The address that was connected to.
    pub address: Option<String>,
    /// The key that it showed.
    pub pin: Option<String>,
    /// Digest of the policy that allowed it.
    pub policy: String,
    /// HMAC-SHA-256 of the bytes to be sent, under the salt.
    pub request_hmac: String,
    /// The request's own salt, hexadecimal.
    pub salt: String,
    /// What was taken out before, per class.
    pub redacted: BTreeMap<String, u64>,
    /// When it was signed, seconds since 1970.
    pub iat: u64,
    /// Version of the claims.
    pub v: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: String,
    kid: String,
    typ: String,
}

/// The public half of a node's key (RFC 8037), as `receipt.jwk` holds it.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

/// Checks a compact JWS (RFC 7515 section 5.2) under a JWK and gives its claims. What is wrong is said
/// in a word.
pub fn verify(receipt: &str, jwk: &str) -> Result<Claims, &'static str> {
    let receipt = receipt.trim();
    if receipt.len() > RECEIPT_BYTES_MAX {
        return Err("it is too long for a receipt");
    }
    let (signed, signature) = receipt.rsplit_once('.').ok_or("it is not a compact JWS")?;
    let (head, claims) = signed.split_once('.').ok_or("it is not a compact JWS")?;
    let (key, kid) = read_key(jwk)?;
    // No padding, no bits left over: one spelling of a receipt.
    let decode = |text: &str| BASE64URL.decode(text).map_err(|_| "a part of it is not base64url");
    let (head, claims, signature) = (decode(head)?, decode(claims)?, decode(signature)?);
    // The algorithm is ours and not the header's to choose (RFC 8725 section 3.1).
    UnparsedPublicKey::new(&ED25519, key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| "the signature is not of this key")?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| "its header is not that of a receipt")?;
    if head.alg != "EdDSA" || head.typ != TYPE || head.kid != kid {
        return Err("its header is not that of a receipt under this key");
    }
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| "its claims are not of this version")?;
    if claims.v == 1 { Ok(claims) } else { Err("its claims are not of this version") }
}

fn read_key(jwk: &str) -> Result<(Vec<u8>, String), &'static str> {
    let Jwk { kty, crv, x } = serde_json::from_str(jwk).map_err(|_| "the key is not a JWK")?;
    let key = BASE64URL.decode(&x).map_err(|_| "the key is not a JWK")?;
    if kty != "OKP" || crv != "Ed25519" || key.len() != 32 {
        return Err("the key is not an Ed25519 JWK");
    }
    Ok((key, thumbprint(&x)))
}

/// The name of a key (RFC 7638).
pub(super) fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64URL.encode(digest(&SHA256, members.as_bytes()).as_ref())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    const CLAIMS: &str = r#"{"decision":"D","partition":"FR-health","backend":"paris","country":"FR","model":"m","address":"127.33.0.10:443","pin":null,"policy":"p","request_hmac":"ab","salt":"00","redacted":{"iban":2},"log_index":7,"iat":1,"v":1}"#;

    struct Node {
        key: Ed25519KeyPair,
        jwk: String,
        kid: String,
    }

    fn node() -> Node {
        let key = Ed25519KeyPair::generate().unwrap();
        let x = BASE64URL.encode(key.public_key().as_ref());
        Node { key, jwk: format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#), kid: thumbprint(&x) }
    }

    impl Node {
        fn sign(&self, head: &str, claims: &str) -> String {
            let signed = format!("{}.{}", BASE64URL.encode(head), BASE64URL.encode(claims));
            let signature = BASE64URL.encode(self.key.sign(signed.as_bytes()).as_ref());
            format!("{signed}.{signature}")
        }

        fn head(&self) -> String {
            format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{TYPE}"}}"#, self.kid)
        }
    }

    #[test]
    fn a_receipt_says_where_the_call_went() {
        let node = node();
        let claims = verify(&node.sign(&node.head(), CLAIMS), &node.jwk).unwrap();
        assert_eq!((claims.backend.as_str(), claims.country.as_str(), claims.log_index), ("paris", "FR", 7));
        assert_eq!(claims.redacted, BTreeMap::from([("iban".to_owned(), 2)]));
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let node = node();
        let receipt = node.sign(&node.head(), CLAIMS);
        for at in 0..receipt.len() {
            let mut changed = receipt.clone().into_bytes();
            if let Some(byte) = changed.get_mut(at) {
                *byte = if *byte == b'A' { b'B' } else { b'A' };
            }
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify(&changed, &node.jwk).is_err(), "byte {at}");
        }
    }

    #[test]
    fn only_a_receipt_of_this_key_and_version_is_one() {
        let (node, other) = (node(), node());
        let (head, kid) = (node.head(), &node.kid);
        let head_of = |alg: &str, typ: &str| format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{typ}"}}"#);
        let cases = [
            (other.sign(&other.head(), CLAIMS), "the signature is not of this key"),
            (node.sign(&other.head(), CLAIMS), "its header is not that of a receipt under this key"),
            (node.sign(&head_of("none", TYPE), CLAIMS), "its header is not that of a receipt under this key"),
            (
                node.sign(&head_of("EdDSA", "JWT"), CLAIMS),
                "its header is not that of a receipt under this key",
            ),
            (
                node.sign(&head.replace('{', r#"{"crit":["b64"],"#), CLAIMS),
                "its header is not that of a receipt",
            ),
            (
                node.sign(&head.replace('{', r#"{"alg":"none","#), CLAIMS),
                "its header is not that of a receipt",
            ),
            (node.sign(&head, &CLAIMS.replace("\"v\":1", "\"v\":2")), "its claims are not of this version"),
            (node.sign(&head, &CLAIMS.replace('{', "{\"sub\":\"x\",")), "its claims are not of this version"),
            (
                node.sign(&head, &CLAIMS.replacen('{', "{\"country\":\"US\",", 1)),
                "its claims are not of this version",
            ),
            (node.sign(&head, CLAIMS).replace('.', "=."), "a part of it is not base64url"),
            ("x".repeat(RECEIPT_BYTES_MAX + 1), "it is too long for a receipt"),
            ("a.b".to_owned(), "it is not a compact JWS"),
        ];
        for (receipt, why) in cases {
            let shown: String = receipt.chars().take(60).collect();
            assert_eq!(verify(&receipt, &node.jwk), Err(why), "{shown}");
        }
    }
}
