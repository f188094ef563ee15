//! Authenticate: who asks?
//!
//! Invariant: a [`Caller`] exists only because a credential was verified: its fields are private here and
//! [`Keys::authenticate`] is its one maker. So a way to the policy without a caller doesn't compile:
//! ```compile_fail
//! # fn forge(kind: inland::authenticate::CredentialKind) {
//! let (tenant, subject, groups) = (String::from("bank"), String::from("anna"), Vec::new());
//! let forged = inland::authenticate::Caller { tenant, subject, groups, kind };
//! # }
//! ```
//! A credential names tenant, subject and groups, nothing else: what a tenant may do is in its file.

pub mod mint;

mod file;
mod json;
mod jwks;
mod keys;
mod reason;
mod refresh;
mod token;

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests;

pub use keys::{ApiKeyEntry, ApiKeyError, ApiKeys, new_api_key};
pub use reason::Unauthenticated;

use aws_lc_rs::digest;
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderName};
use moka::sync::Cache;
use reason::Reason;
use refresh::{Held, Source};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use token::Unverified;

/// Most tokens that are remembered as verified.
const VERIFIED_MAX: u64 = 10_000;
/// Longest time for which one is, so that subjects who are gone leave the memory.
const VERIFIED_FOR_MAX: Duration = Duration::from_secs(60 * 60);
/// Where Anthropic's clients put their key.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Who asks. Not `Clone`, `Default` or `Deserialize`: one verification, one caller.
pub struct Caller {
    tenant: String,
    subject: String,
    groups: Vec<String>,
    kind: CredentialKind,
}

/// How a caller showed who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// A token of an issuer.
    Jwt,
    /// A static key of ours.
    ApiKey,
}

impl Caller {
    /// The tenant: 1 to 64 of `a-z`, `0-9` and `-`.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The person or program, as its issuer calls it. Personal data: never log it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Its groups, sorted and distinct.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// What it showed.
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, subject: _, groups, kind } = self;
        let groups = groups.len();
        write!(f, "Caller {{ tenant: {tenant:?}, subject: ***, groups: {groups}, kind: {kind:?} }}")
    }
}

/// Who may issue tokens, as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// What `iss` has to be, byte for byte.
    pub url: String,
    /// What `aud` has to be or contain.
    pub audience: String,
    /// Where its keys are.
    pub jwks: String,
    /// The claim that names the tenant.
    pub claims_tenant: String,
    /// The claim that lists the groups.
    pub claims_groups: String,
    /// The tenants that it may speak for; empty: all.
    pub tenants: Vec<String>,
    /// How its key server is recognised, in any form: keys that came under another are not inherited.
    pub trust: String,
}

/// How key sets are had: the egress gate, which holds the issuer to its networks.
pub trait Fetch: Send + Sync {
    /// The document at [`Issuer::jwks`]. The error is for the operator's log and says nothing of callers.
    fn fetch(&self, issuer: &Issuer) -> Pin<Box<dyn Future<Output = Result<Bytes, String>> + Send + '_>>;
}

/// The credentials of one generation.
pub struct Keys {
    sources: Vec<Arc<Source>>,
    api_keys: ApiKeys,
    fetch: Arc<dyn Fetch>,
    /// By SHA-256 of the token. Only verified tokens get in, so nobody can push them out with garbage.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

/// What verifying a token gave, and under which keys.
struct Verified {
    caller: Arc<Caller>,
    source: usize,
    keys: [u8; 32],
    valid_from: u64,
    valid_until: u64,
}

/// What is known of an issuer's keys, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerStatus {
    /// The issuer.
    pub url: String,
    /// How many of its keys can verify tokens.
    pub usable_keys: usize,
    /// How many were passed over: of another kind, for another use, too weak, or with the same id.
    pub skipped_keys: usize,
    /// How long ago the issuer showed them.
    pub age: Option<Duration>,
    /// Whether its tokens can be verified now.
    pub usable: bool,
}

impl Keys {
    /// The credentials that a configuration names. Keys are fetched when first needed.
    pub fn new(issuers: Vec<Issuer>, api_keys: ApiKeys, fetch: Arc<dyn Fetch>) -> Self {
        // Only the first call in a process decides; without it a second provider in the tree would panic.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let verified = Cache::builder().max_capacity(VERIFIED_MAX).time_to_live(VERIFIED_FOR_MAX).build();
        let sources = issuers.into_iter().map(|issuer| Arc::new(Source::new(issuer))).collect();
        Self { sources, api_keys, fetch, verified }
    }

    /// Takes over the key sets of issuers that did not change, so that a reload while an issuer is down
    /// does not lock out its users.
    #[must_use]
    pub fn inherit(mut self, previous: &Keys) -> Self {
        for source in &mut self.sources {
            if let Some(known) = previous.sources.iter().find(|known| known.issuer == source.issuer) {
                *source = Arc::clone(known);
            }
        }
        self
    }

    /// Recognises the caller by exactly one credential, or not at all.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Result<Arc<Caller>, Unauthenticated> {
        let seconds = now.duration_since(UNIX_EPOCH).map_err(|_| Reason::ClockInvalid)?.as_secs();
        match credential(headers)? {
            Credential::ApiKey(key) => Ok(self.api_keys.find(key, seconds)?),
            Credential::Token(text) => Ok(self.recognise(text, now, seconds).await?),
        }
    }

    /// Fetches the keys that are due. Called now and then, it saves requests the wait.
    pub async fn refresh(&self, now: SystemTime) {
        for source in &self.sources {
            source.current(self.fetch.as_ref(), now).await;
        }
    }

    /// What is known of the issuers' keys.
    pub fn status(&self, now: SystemTime) -> Vec<IssuerStatus> {
        self.sources.iter().map(|source| status(source, now)).collect()
    }

    async fn recognise(&self, text: &str, now: SystemTime, seconds: u64) -> Result<Arc<Caller>, Reason> {
        if text.len() > token::TOKEN_BYTES_MAX {
            return Err(Reason::TokenTooLong);
        }
        let digest = sha256(text.as_bytes());
        let known = self.verified.get(&digest);
        if let Some(caller) = known.as_ref().and_then(|known| self.still(known, now, seconds)) {
            return Ok(caller);
        }
        let token = Unverified::parse(text)?;
        let (at, issuer) =
            token.issuer(self.sources.iter().enumerate().map(|(at, source)| (at, &source.issuer)))?;
        let token = token.check(issuer, seconds)?;
        let source = self.sources.get(at).ok_or(Reason::IssuerUnknown)?;
        let fetch = self.fetch.as_ref();
        let mut held = source.current(fetch, now).await.ok_or(Reason::KeysUnavailable)?;
        // The keys may have been asked for again and be the same.
        if let Some(known) = known.filter(|known| known.source == at && known.holds(&held, seconds)) {
            return Ok(Arc::clone(&known.caller));
        }
        if held.keys.find(token.key_id.as_deref(), token.algorithm).err() == Some(Reason::KeyUnknown) {
            held = source.newer(&held, fetch, now).await.ok_or(Reason::KeysUnavailable)?;
        }
        let claims = token.verify(&held, issuer)?;
        Ok(self.remember(digest, at, &held, claims))
    }

    /// The caller of a token that was verified before, if nothing has changed since.
    fn still(&self, known: &Verified, now: SystemTime, seconds: u64) -> Option<Arc<Caller>> {
        let held = self.sources.get(known.source)?.held();
        let held = held.as_ref().filter(|held| held.is_fresh(now))?;
        known.holds(held, seconds).then(|| Arc::clone(&known.caller))
    }

    fn remember(&self, digest: [u8; 32], source: usize, held: &Held, claims: token::Claims) -> Arc<Caller> {
        let token::Claims { tenant, subject, groups, valid_from, valid_until } = claims;
        let caller = Arc::new(Caller { tenant, subject, groups, kind: CredentialKind::Jwt });
        let keys = *held.keys.digest();
        let known = Verified { caller: Arc::clone(&caller), source, keys, valid_from, valid_until };
        self.verified.insert(digest, Arc::new(known));
        caller
    }
}

impl Verified {
    /// A token dies with its time and with its keys.
    fn holds(&self, held: &Held, seconds: u64) -> bool {
        self.keys == *held.keys.digest() && (self.valid_from..self.valid_until).contains(&seconds)
    }
}

enum Credential<'a> {
    Token(&'a str),
    ApiKey(&'a str),
}

/// The one credential among the headers. Two could be two callers, of whom a proxy before us saw the other.
fn credential(headers: &HeaderMap) -> Result<Credential<'_>, Reason> {
    let mut bearers = headers.get_all(AUTHORIZATION).iter();
    let mut api_keys = headers.get_all(X_API_KEY).iter();
    let (value, is_bearer) = match (bearers.next(), api_keys.next()) {
        (None, None) => return Err(Reason::CredentialMissing),
        (Some(_), Some(_)) => return Err(Reason::CredentialsMany),
        (Some(value), None) => (value, true),
        (None, Some(value)) => (value, false),
    };
    if bearers.next().is_some() || api_keys.next().is_some() {
        return Err(Reason::CredentialsMany);
    }
    let value = value.to_str().map_err(|_| Reason::CredentialMalformed)?;
    if !is_bearer {
        return Ok(Credential::ApiKey(value));
    }
    let (scheme, credential) = value.split_once(' ').ok_or(Reason::CredentialMalformed)?;
    let visible = credential.bytes().all(|byte| byte.is_ascii_graphic());
    if !scheme.eq_ignore_ascii_case("bearer") || credential.is_empty() || !visible {
        return Err(Reason::CredentialMalformed);
    }
    if credential.starts_with(keys::PREFIX) {
        Ok(Credential::ApiKey(credential))
    } else {
        Ok(Credential::Token(credential))
    }
}

fn status(source: &Source, now: SystemTime) -> IssuerStatus {
    let held = source.held();
    let held = held.as_ref();
    IssuerStatus {
        url: source.issuer.url.clone(),
        usable_keys: held.map_or(0, |held| held.keys.len()),
        skipped_keys: held.map_or(0, |held| held.keys.skipped()),
        age: held.map(|held| held.age(now)),
        usable: held.is_some_and(|held| held.is_usable(now)),
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    digest
}

/// A tenant's name is also that of its file: no dots, no slashes, no capitals.
fn is_tenant(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A name that can stand in a record: not empty, bounded, without control characters.
fn is_label(name: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&name.len()) && !name.chars().any(char::is_control)
}
