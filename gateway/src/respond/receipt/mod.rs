//! Receipts: what the caller can show later. A compact JWS (RFC 7515) with EdDSA (RFC 8037) over the
//! facts of one call: which policy allowed it, where it went, under which log index it is recorded.
//!
//! The salt in it lets its holder check the hashes in the log: HMAC-SHA-256(salt, bytes).

mod verify;

pub use verify::{Claims, verify};

use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::decide::Cleared;
use crate::json::write_string;
use crate::record::Account;
use crate::route::Pair;

/// What the header says that this is.
const TYPE: &str = "inland-receipt+jwt";

/// Why receipts cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the key of receipts: {0}")]
pub struct ReceiptError(String);

/// Signs receipts with this node's key.
pub struct Receipts {
    key: Ed25519KeyPair,
    head: String,
}

impl Receipts {
    /// Reads the node's key, or makes one: `receipt.key` (its seed) and `receipt.jwk` (its public half).
    pub fn open(directory: &Path) -> Result<Receipts, ReceiptError> {
        let told = |error: String| ReceiptError(error);
        let secret = crate::files::secret_or_create(&directory.join("receipt.key")).map_err(told)?;
        // Any secret becomes a seed of the right length (Ed25519 hashes its seed anyway, RFC 8032).
        let seed = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &secret);
        let key =
            Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|error| told(error.to_string()))?;
        let public = BASE64URL.encode(key.public_key().as_ref());
        let kid = verify::thumbprint(&public);
        let jwk = format!(
            r#"{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{kid}","x":"{public}"}}"#
        );
        std::fs::write(directory.join("receipt.jwk"), jwk + "\n").map_err(|error| told(error.to_string()))?;
        let head = BASE64URL.encode(format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{TYPE}"}}"#));
        Ok(Receipts { key, head })
    }

    /// The receipt of one answered call.
    pub fn sign(&self, cleared: &Cleared, account: &Account, pair: &Pair, policy: &str) -> String {
        let claims = claims(cleared, account, pair, policy);
        let mut receipt = String::with_capacity(self.head.len() + claims.len() * 4 / 3 + 96);
        receipt.push_str(&self.head);
        receipt.push('.');
        BASE64URL.encode_string(&claims, &mut receipt);
        let signature = self.key.sign(receipt.as_bytes());
        receipt.push('.');
        BASE64URL.encode_string(signature.as_ref(), &mut receipt);
        receipt
    }
}

fn claims(cleared: &Cleared, account: &Account, pair: &Pair, policy: &str) -> Vec<u8> {
    let answered = account.attempts().last();
    let mut out = Vec::with_capacity(640);
    let mut text = |name: &str, value: Option<&str>| {
        out.extend_from_slice(if out.is_empty() { b"{\"" } else { b",\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            Some(value) => write_string(value, &mut out),
            None => out.extend_from_slice(b"null"),
        }
    };
    text("decision", Some(account.id()));
    text("partition", Some(account.partition()));
    text("backend", Some(pair.backend().id()));
    text("country", Some(pair.backend().country()));
    text("model", Some(pair.model()));
    text("address", answered.and_then(|attempt| attempt.address.as_deref()));
    text("pin", answered.and_then(|attempt| attempt.pin.as_deref()));
    text("policy", Some(policy));
    text("request_hmac", Some(account.request_hmac()));
    text("salt", Some(&account.salt().hex()));
    let counts = cleared.redacted().counts();
    let counts: Vec<String> =
        counts.iter().map(|(class, count)| format!("\"{}\":{count}", class.name())).collect();
    let rest = format!(
        ",\"redacted\":{{{}}},\"log_index\":{},\"iat\":{},\"v\":1}}",
        counts.join(","),
        account.log_index(),
        crate::audit::now_us() / 1_000_000
    );
    out.extend_from_slice(rest.as_bytes());
    out
}
