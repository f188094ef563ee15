//! An issuer with a key of each algorithm, what it signs, and how the gateway takes it.

mod api_keys;
mod attacks;
mod headers;
mod key_sets;
mod minted;
mod mutations;
mod rotation;

use super::{ApiKeys, Caller, Fetch, Issuer, Keys};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of every test, so that none depends on the day it runs.
const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://id.example.test";
const OTHER_ISSUER: &str = "https://id.other.test";
const HEADER: &str = r#"{"alg":"ALG","typ":"JWT","kid":"KID"}"#;
const CLAIMS: &str = r#"{"iss":"https://id.example.test","aud":"inland","sub":"anna","tenant":"clinic","groups":["doctors"],"iat":1799999000,"nbf":1799999000,"exp":1800003600}"#;

type Sign = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// One way to sign, with the public key that belongs to it.
struct Signer {
    algorithm: &'static str,
    jwk: Value,
    sign: Box<Sign>,
}

/// RS256, PS256, ES256 and EdDSA.
static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(|| {
    let rsa = Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
    vec![
        rsa_signer("RS256", Arc::clone(&rsa), &RSA_PKCS1_SHA256),
        rsa_signer("PS256", rsa, &RSA_PSS_SHA256),
        p256_signer(),
        ed25519_signer(),
    ]
});

/// EdDSA under the same key id, but nobody's.
static STRANGER: LazyLock<Signer> = LazyLock::new(ed25519_signer);

fn rsa_signer(algorithm: &'static str, pair: Arc<RsaKeyPair>, encoding: &'static dyn RsaEncoding) -> Signer {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let jwk = json!({
        "kty": "RSA", "kid": algorithm, "alg": algorithm, "use": "sig",
        "n": base64url(&public.n), "e": base64url(&public.e),
    });
    let sign = move |message: &[u8]| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    };
    Signer { algorithm, jwk, sign: Box::new(sign) }
}

fn p256_signer() -> Signer {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "kid": "ES256", "alg": "ES256", "use": "sig",
        "x": base64url(&point[1..33]), "y": base64url(&point[33..]),
    });
    let sign = move |message: &[u8]| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
    Signer { algorithm: "ES256", jwk, sign: Box::new(sign) }
}

fn ed25519_signer() -> Signer {
    let pair = Ed25519KeyPair::generate().unwrap();
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "alg": "EdDSA", "use": "sig",
        "x": base64url(pair.public_key().as_ref()),
    });
    let sign = move |message: &[u8]| pair.sign(message).as_ref().to_vec();
    Signer { algorithm: "EdDSA", jwk, sign: Box::new(sign) }
}

fn eddsa() -> &'static Signer {
    &SIGNERS[3]
}

impl Signer {
    /// Signs a header and claims as they stand, right or wrong. `ALG` and `KID` are filled in.
    fn token(&self, header: &str, claims: &str) -> String {
        let header = header.replace("ALG", self.algorithm).replace("KID", self.algorithm);
        let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
        format!("{message}.{}", base64url(&(self.sign)(message.as_bytes())))
    }

    fn valid_token(&self) -> String {
        self.token(HEADER, CLAIMS)
    }

    /// The public key with some members changed; a null takes one out.
    fn jwk_with(&self, changes: Value) -> Value {
        let mut jwk = self.jwk.as_object().unwrap().clone();
        for (name, value) in changes.as_object().unwrap() {
            jwk.remove(name);
            if !value.is_null() {
                jwk.insert(name.clone(), value.clone());
            }
        }
        Value::Object(jwk)
    }
}

/// What the issuers answer, and how often they were asked.
#[derive(Default)]
struct Documents {
    by_address: Mutex<HashMap<String, Result<String, String>>>,
    fetches: AtomicUsize,
}

impl Documents {
    fn with(address: &str, document: &str) -> Arc<Self> {
        let documents = Arc::new(Self::default());
        documents.put(address, Ok(document));
        documents
    }

    fn put(&self, address: &str, answer: Result<&str, &str>) {
        let answer = answer.map(str::to_owned).map_err(str::to_owned);
        self.by_address.lock().unwrap().insert(address.to_owned(), answer);
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl Fetch for Documents {
    fn fetch(&self, issuer: &Issuer) -> Pin<Box<dyn Future<Output = Result<Bytes, String>> + Send + '_>> {
        let address = issuer.jwks.clone();
        Box::pin(async move {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await; // so that others get their turn while this is under way
            let answer = self.by_address.lock().unwrap().get(&address).cloned();
            answer.unwrap_or(Err("nothing there".to_owned())).map(Bytes::from)
        })
    }
}

fn issuer(url: &str) -> Issuer {
    Issuer {
        url: url.to_owned(),
        audience: "inland".to_owned(),
        jwks: format!("{url}/jwks.json"),
        claims_tenant: "tenant".to_owned(),
        claims_groups: "groups".to_owned(),
        tenants: Vec::new(),
        trust: String::new(),
    }
}

fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// The keys of all four signers.
fn whole_set() -> String {
    jwks(&SIGNERS.iter().map(|signer| signer.jwk.clone()).collect::<Vec<_>>())
}

/// A gateway that trusts [`ISSUER`], whose keys are `set`.
fn gateway(set: &str) -> Keys {
    let documents = Documents::with(&issuer(ISSUER).jwks, set);
    Keys::new(vec![issuer(ISSUER)], ApiKeys::empty(), documents)
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The caller, or the label of the reason why there is none.
async fn ask_at(keys: &Keys, token: &str, seconds: u64) -> Result<Arc<Caller>, &'static str> {
    keys.authenticate(&bearer(token), at(seconds)).await.map_err(|reason| reason.label())
}

async fn ask(keys: &Keys, token: &str) -> Result<Arc<Caller>, &'static str> {
    ask_at(keys, token, NOW).await
}

/// The label alone, for comparisons.
async fn refusal(keys: &Keys, token: &str) -> Option<&'static str> {
    ask(keys, token).await.err()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
