//! `gateway.toml`: read whole, checked whole, or refused with file, line and what to write.
//!
//! Invariant: a [`Config`] has been checked against itself (every offer names a backend, every
//! address of `[hosts]` lies in a declared network, every secret is there) before a port is bound.

mod check;
mod error;
mod ship;

pub use error::ConfigError;
pub use ship::{Monitor, Ship};

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use crate::audit::{Cosigner, KeySource, Keys, Witnesses};
use crate::egress::Destination;

/// The largest configuration file that is read.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// A checked configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The front door.
    pub listen: Spanned<Listen>,
    /// Metrics and health.
    #[serde(default)]
    pub admin: Admin,
    /// Who issues tokens.
    #[serde(default, rename = "issuer")]
    pub issuers: Vec<Spanned<Issuer>>,
    /// Static API keys.
    #[serde(default)]
    pub keys: Option<KeyFile>,
    /// Names that are answered without DNS.
    #[serde(default)]
    pub hosts: BTreeMap<String, Spanned<Vec<IpAddr>>>,
    /// Model servers.
    #[serde(default, rename = "backend")]
    pub backends: Vec<Spanned<Backend>>,
    /// What callers ask for.
    #[serde(default, rename = "model")]
    pub models: Vec<Spanned<Model>>,
    /// Where the policy is.
    pub policy: Spanned<PolicySource>,
    /// Where the log is.
    pub audit: Audit,
    /// The key that pseudonyms are made with.
    #[serde(default)]
    pub pseudonyms: Pseudonyms,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
    /// What reads the texts.
    #[serde(default)]
    pub detection: Detection,
    /// Where the file lies: paths in it are relative to this.
    #[serde(skip)]
    pub base: PathBuf,
    /// What errors call the file.
    #[serde(skip)]
    name: String,
    /// The text, for the line of an error.
    #[serde(skip)]
    text: String,
    /// SHA-256 of the file's bytes, in hexadecimal: records name the configuration by it.
    #[serde(skip)]
    pub digest: String,
}

/// The front door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Where to listen.
    pub address: SocketAddr,
    /// PEM chain. Without one the listener speaks plain HTTP, on loopback only.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<SecretSource>,
    /// Clients must show a certificate of this CA.
    pub client_ca: Option<PathBuf>,
}

/// Metrics and health.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Where; loopback unless written otherwise.
    pub address: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Admin { address: SocketAddr::from(([127, 0, 0, 1], 9443)) }
    }
}

/// Who issues tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Must equal the token's `iss` exactly.
    pub url: String,
    /// Must be in the token's `aud`.
    pub audience: String,
    /// Where its keys are.
    pub jwks: String,
    /// Every address its name may have.
    pub networks: Vec<IpNet>,
    /// Public keys it may show.
    #[serde(default)]
    pub pins: Vec<String>,
    /// A CA of its own, instead of the public ones.
    pub ca: Option<PathBuf>,
    /// Which claims hold what.
    #[serde(default)]
    pub claims: Claims,
    /// The tenants that it may speak for. Demanded as soon as there are two issuers.
    #[serde(default)]
    pub tenants: Vec<String>,
}

/// Names of claims.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Claims {
    /// The tenant.
    pub tenant: String,
    /// The caller's groups.
    pub groups: String,
}

impl Default for Claims {
    fn default() -> Self {
        Claims { tenant: "tenant".into(), groups: "groups".into() }
    }
}

/// Static API keys, made by `inland key new`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// The file.
    pub file: PathBuf,
}

/// A model server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// How offers name it.
    pub id: String,
    /// Where its interface starts.
    pub url: String,
    /// The country its machines stand in. No default: it would be a guess.
    pub country: String,
    /// Every address it may have; one outside refuses the name.
    pub networks: Vec<IpNet>,
    /// Public keys (SPKI) it may show, RFC 7469 form.
    #[serde(default)]
    pub pins: Vec<String>,
    /// A CA of its own, instead of the public ones.
    pub ca: Option<PathBuf>,
    /// Its facts: `policies/providers`.
    pub provider: String,
    /// What it is called with. The caller's own never goes on.
    pub credential: SecretSource,
}

/// What callers ask for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name in requests and answers.
    pub name: String,
    /// `backend/model` pairs, in order of preference.
    pub offers: Vec<String>,
}

/// Where the policy is: a signed bundle, or a directory that is trusted as code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySource {
    /// A signed bundle: a file, or an `https` address that is asked again and again.
    pub bundle: Option<String>,
    /// The public key (PEM, P-256) that bundles are signed with.
    pub key: Option<PathBuf>,
    /// Where the last bundles in force are kept, for a restart and for `inland policy rollback`.
    #[serde(default = "kept")]
    pub kept: PathBuf,
    /// A second policy, of the same form, that is asked beside the one in force and changes nothing.
    pub shadow: Option<PathBuf>,
    /// Every address that the name of an address may have.
    #[serde(default)]
    pub networks: Vec<IpNet>,
    /// Public keys that it may show.
    #[serde(default)]
    pub pins: Vec<String>,
    /// A CA of its own, instead of the public ones.
    pub ca: Option<PathBuf>,
    /// How often an address is asked.
    #[serde(default = "poll_seconds")]
    pub poll_seconds: u64,
    /// A directory, trusted as code.
    pub directory: Option<PathBuf>,
}

fn kept() -> PathBuf {
    PathBuf::from("policy-kept")
}

fn poll_seconds() -> u64 {
    60
}

impl PolicySource {
    /// The bundle's address, if it has one and is no file.
    pub fn address(&self) -> Option<&str> {
        self.bundle.as_deref().filter(|bundle| bundle.contains("://"))
    }

    /// The bundle's file, as the configuration names it: for an address, the copy that was fetched last.
    pub fn bundle_file(&self) -> Option<PathBuf> {
        let bundle = self.bundle.as_deref()?;
        Some(if self.address().is_some() { self.kept.join("fetched.tar.gz") } else { PathBuf::from(bundle) })
    }
}

/// Where the log is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Its directory.
    pub directory: PathBuf,
    /// This node's name: the first part of every log's origin.
    pub node: String,
    /// After so many days whole segments leave the log, as far as no record in them is kept longer by
    /// its decision. Without it nothing leaves.
    #[serde(default)]
    pub retention_days: Option<Spanned<u32>>,
    /// The key of the checkpoints, in a file or with an external signer. Without one each partition
    /// makes its own.
    pub key: Option<KeySource>,
    /// The key before it, as long as the log still has to change over, and while both sign.
    pub old_key: Option<KeySource>,
    /// For how long both sign.
    #[serde(default = "overlap_days")]
    pub overlap_days: u32,
    /// Who cosigns the checkpoints.
    #[serde(default, rename = "witness")]
    pub witnesses: Vec<Witness>,
    /// How many of them it takes; all unless written otherwise.
    pub witness_quorum: Option<usize>,
    /// A segment ends after this much. Retention takes whole segments, and a copy gets them whole: smaller
    /// ones go sooner.
    #[serde(default = "segment_mebibytes")]
    pub segment_mebibytes: u64,
    /// Buckets that copies of the log go to.
    #[serde(default)]
    pub ship: Vec<Spanned<Ship>>,
}

fn overlap_days() -> u32 {
    30
}

/// A witness of C2SP tlog-witness.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its submission prefix: `/add-checkpoint` follows.
    pub url: String,
    /// Its verifier key, for Ed25519 cosignatures.
    pub vkey: String,
    /// Every address that its name may have.
    pub networks: Vec<IpNet>,
    /// Public keys that it may show.
    #[serde(default)]
    pub pins: Vec<String>,
    /// A CA of its own, instead of the public ones.
    pub ca: Option<PathBuf>,
}

impl Audit {
    /// Reads the keys.
    pub fn keys(&self, base: &Path) -> Result<Keys, String> {
        let load = |source: &Option<KeySource>| source.as_ref().map(|source| source.load(base)).transpose();
        let overlap = Duration::from_secs(u64::from(self.overlap_days) * 86_400);
        Ok(Keys { key: load(&self.key)?, old: load(&self.old_key)?, overlap })
    }

    /// How many cosignatures it takes.
    pub fn quorum(&self) -> usize {
        self.witness_quorum.unwrap_or(self.witnesses.len())
    }
}

fn segment_mebibytes() -> u64 {
    64
}

/// The key that pseudonyms are made with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pseudonyms {
    /// At least 32 characters, the same on every node. Without one, a key is made in the log's directory.
    pub key: Option<SecretSource>,
}

/// Bounds. Every one has a default that is safe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A request's body.
    pub body_bytes_max: usize,
    /// An answer that is not streamed.
    pub answer_bytes_max: usize,
    /// A streamed answer, all of it.
    pub stream_bytes_max: u64,
    /// Requests in flight.
    pub requests_max: usize,
    /// Connections to callers.
    pub connections_max: usize,
    /// For a request's head to arrive.
    pub head_seconds: u64,
    /// For a request's body to arrive.
    pub body_seconds: u64,
    /// For a backend to accept a connection.
    pub connect_seconds: u64,
    /// For a backend to begin its answer.
    pub first_byte_seconds: u64,
    /// Between two pieces of an answer.
    pub idle_seconds: u64,
    /// For requests in flight to end, after SIGTERM.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_bytes_max: 8 << 20,
            answer_bytes_max: 32 << 20,
            stream_bytes_max: 256 << 20,
            requests_max: 10_000,
            connections_max: 20_000,
            head_seconds: 10,
            body_seconds: 60,
            connect_seconds: 5,
            first_byte_seconds: 60,
            idle_seconds: 120,
            drain_seconds: 30,
        }
    }
}

impl Limits {
    /// For a backend to begin its answer.
    pub fn first_byte(&self) -> Duration {
        Duration::from_secs(self.first_byte_seconds)
    }
}

/// What reads the texts. Whichever it is, it finds the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// On what.
    #[serde(default)]
    pub engine: Engine,
}

/// On what texts are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// This processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, and this processor where that is faster; without one the gateway does not start.
    Cuda,
    /// The same, and this processor alone where there is none.
    Auto,
}

/// Where a secret is. Never inline: a configuration file is copied, mailed and committed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub enum SecretSource {
    /// In a file.
    File {
        /// Its path.
        file: PathBuf,
    },
    /// In the environment.
    Env {
        /// The variable.
        env: String,
    },
}

/// A secret's value. `{:?}` prints stars.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Secret {
    /// The value itself, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl SecretSource {
    /// Reads the secret. Missing or empty is an error, at start and not at the first call.
    pub fn read(&self, base: &Path) -> Result<Secret, String> {
        let value = match self {
            SecretSource::File { file } => std::fs::read_to_string(base.join(file))
                .map_err(|error| format!("cannot read {}: {error}", base.join(file).display()))?,
            SecretSource::Env { env } => {
                std::env::var(env).map_err(|_| format!("the environment variable {env} is not set"))?
            }
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() { Err("the secret is empty".into()) } else { Ok(Secret(value.to_owned())) }
    }
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let name = path.display().to_string();
        let whole = |message: String| ConfigError::whole(&name, message);
        let size = std::fs::metadata(path).map_err(|error| whole(error.to_string()))?.len();
        if size > FILE_BYTES_MAX {
            return Err(whole(format!("the file is larger than {FILE_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
        let base = path.parent().unwrap_or(Path::new(".")).to_owned();
        Config::parse(&name, &text, base)
    }

    /// Reads and checks a text; `name` stands in errors.
    pub fn parse(name: &str, text: &str, base: PathBuf) -> Result<Config, ConfigError> {
        let mut config: Config =
            toml::from_str(text).map_err(|error| ConfigError::from_toml(name, text, &error))?;
        config.base = base;
        config.name = name.to_owned();
        config.text = text.to_owned();
        config.digest = crate::hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()));
        check::check(&config).map_err(|fault| ConfigError::at(name, text, fault))?;
        Ok(config)
    }

    /// An error of this file, found by someone who knows more than the file.
    pub fn error(&self, span: Option<Range<usize>>, message: String, write: Option<&str>) -> ConfigError {
        ConfigError::at(
            &self.name,
            &self.text,
            error::Fault { span, message, write: write.map(str::to_owned) },
        )
    }

    /// The addresses that `[hosts]` gives the host of a URL.
    pub fn fixed_addresses(&self, url: &str) -> Option<Vec<IpAddr>> {
        let url = crate::egress::Url::parse(url).ok()?;
        self.hosts.get(url.host()).map(|addresses| addresses.get_ref().clone())
    }

    /// The witnesses of the log, ready to be asked.
    pub fn witnesses(&self) -> Result<Witnesses, String> {
        let mut all = Vec::new();
        for it in &self.audit.witnesses {
            let ca = it.ca.as_deref().map(|path| self.path(path));
            let connect = Duration::from_secs(self.limits.connect_seconds);
            let fixed = self.fixed_addresses(&it.url);
            let destination =
                Destination::new(&it.url, &it.networks, &it.pins, ca.as_deref(), fixed, connect)?;
            all.push((destination, Cosigner::parse(&it.vkey)?));
        }
        Ok(Witnesses { all, quorum: self.audit.quorum() })
    }

    /// A path of the file, from where the process stands.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }
}

#[cfg(test)]
mod tests;
