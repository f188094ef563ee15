//! A development issuer: the demo, the tests and `inland token` sign with it.
//!
//! Invariant: its tokens get no other treatment than any issuer's. It is configured as an issuer and its
//! keys are fetched; nothing here knows how to make a [`super::Caller`].

use super::file::{self, Lock};
use super::sha256;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const FILE_BYTES_MAX: u64 = 4096;
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// An issuer with one Ed25519 key.
pub struct Mint {
    issuer: String,
    key: Ed25519KeyPair,
    key_id: String,
}

/// Why there is no development issuer.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The file or its directory.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Others may read the key.
    #[error("{}: others than its owner may read this private key\n  do: chmod 600 on it, or delete it", .0.display())]
    Open(PathBuf),
    /// Not a key.
    #[error("{}: not an Ed25519 private key in PEM (PKCS#8)\n  delete it, and a new one is made", .0.display())]
    NotAKey(PathBuf),
    /// The crypto library makes none.
    #[error("no key could be made")]
    NoKey,
}

impl From<Unspecified> for MintError {
    fn from(_: Unspecified) -> Self {
        Self::NoKey
    }
}

impl Mint {
    /// An issuer whose key is in memory only.
    pub fn generate(issuer: &str) -> Result<Self, MintError> {
        Ok(Self::with_key(Ed25519KeyPair::generate()?, issuer))
    }

    /// The issuer whose key is in this file, which is made if it is not there.
    pub fn load_or_create(path: &Path, issuer: &str) -> Result<Self, MintError> {
        let failed = |error| MintError::Io { path: path.to_owned(), error };
        let lock = Lock::beside(path).map_err(failed)?; // two that start at once get the same key
        let key = match file::read(path, FILE_BYTES_MAX) {
            Ok((_, mode)) if mode & file::OTHERS != 0 => return Err(MintError::Open(path.to_owned())),
            Ok((text, _)) => read_pem(&text).ok_or_else(|| MintError::NotAKey(path.to_owned()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())?;
                lock.replace(write_pem(document.as_ref()).as_bytes()).map_err(failed)?;
                Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| MintError::NoKey)?
            }
            Err(error) => return Err(failed(error)),
        };
        Ok(Self::with_key(key, issuer))
    }

    fn with_key(key: Ed25519KeyPair, issuer: &str) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.public_key());
        // RFC 7638 and RFC 8037 §2: the thumbprint is over these members in this order.
        let thumbprint = sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
        Self { issuer: issuer.to_owned(), key, key_id: URL_SAFE_NO_PAD.encode(thumbprint) }
    }

    /// What stands in `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The document that belongs at its JWKS address.
    pub fn jwks_json(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key());
        let key = json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.key_id, "x": x,
        });
        json!({ "keys": [key] }).to_string()
    }

    /// A token that is valid from now for `lifetime` (the gateway takes at most 24 hours).
    pub fn token(
        &self,
        tenant: &str,
        subject: &str,
        groups: &[String],
        audience: &str,
        lifetime: Duration,
    ) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let header = json!({ "typ": "JWT", "alg": "EdDSA", "kid": self.key_id });
        let claims = json!({
            "iss": self.issuer, "aud": audience, "sub": subject, "tenant": tenant, "groups": groups,
            "iat": now, "nbf": now, "exp": now.saturating_add(lifetime.as_secs()),
        });
        let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mint {{ issuer: {:?}, key: *** }}", self.issuer)
    }
}

/// The form that `openssl pkey` reads (RFC 7468). 48 bytes fit on one line.
fn write_pem(document: &[u8]) -> String {
    format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", STANDARD.encode(document))
}

fn read_pem(text: &str) -> Option<Ed25519KeyPair> {
    let body = text.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let body: String = body.split_ascii_whitespace().collect();
    Ed25519KeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}
