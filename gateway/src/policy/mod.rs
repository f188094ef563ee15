//! The policy of a generation: a directory that is trusted as code, or a signed bundle.
//!
//! Invariant: a [`Loaded`] was verified, compiled and passed all the cases it carries before anything is
//! decided by it. A bundle that is refused changes nothing: the one in force stays, and where there is
//! none in force yet, at a start, the newest that was in force before is taken and the reason is told.

pub mod kept;
pub mod poll;
mod shadow;

pub use shadow::Shadow;

use std::path::Path;
use std::sync::Arc;

use inland_policies::{Bundle, BundleError, Manifest, Policies, VerifyingKey};
use time::OffsetDateTime;

use crate::config::{Config, ConfigError, PolicySource};
use crate::telemetry;
use kept::Kept;

/// The policy of one generation, and the one that is only asked beside it.
pub struct Loaded {
    policies: Arc<Policies>,
    /// The bundle it came from.
    bytes: Option<Arc<[u8]>>,
    shadow: Option<Shadow>,
    /// Why the newest bundle is not this one, or the shadow is not asked.
    refused: Option<String>,
}

impl Loaded {
    /// What decides.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Its revision: the bundle's, or that of law/meta.yaml in a directory.
    pub fn revision(&self) -> u64 {
        revision(&self.policies)
    }

    /// What is asked beside it.
    pub fn shadow(&self) -> Option<&Shadow> {
        self.shadow.as_ref()
    }

    /// Why the newest bundle is not in force, if it is not, or why no shadow is asked.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Keeps the bundle, durably, so that a restart and a rollback find it.
    pub fn keep(&self, config: &Config) -> Result<(), String> {
        let (Some(bytes), Some(manifest)) = (&self.bytes, self.policies.manifest()) else { return Ok(()) };
        Kept::of(config).store(bytes, manifest.revision(), self.policies.digest())
    }
}

/// Loads what the configuration names. `before` is what is in force now, if anything is.
pub fn load(config: &Config, before: Option<&Loaded>) -> Result<Loaded, ConfigError> {
    let source = config.policy.get_ref();
    let (policies, bytes, refused) = match (&source.key, &source.directory) {
        (Some(key), _) => bundle(config, source, key, before)?,
        (None, directory) => {
            let directory = directory.as_deref().unwrap_or(Path::new("policies"));
            (Arc::new(from_directory(config, directory)?), None, None)
        }
    };
    // What changes nothing must not keep the policy from changing either.
    let (shadow, of_shadow) = match source.shadow.as_deref().map(|path| shadow(config, path, before)) {
        Some(Ok(shadow)) => (Some(shadow), None),
        Some(Err(error)) => (None, Some(format!("no shadow is asked: {error}"))),
        None => (None, None),
    };
    let refused: Vec<String> = refused.into_iter().chain(of_shadow).collect();
    let refused = (!refused.is_empty()).then(|| refused.join("\n"));
    Ok(Loaded { policies, bytes, shadow, refused })
}

fn from_directory(config: &Config, directory: &Path) -> Result<Policies, ConfigError> {
    let directory = config.path(directory);
    if !directory.is_dir() {
        let advice = "directory = \"policies\"   # `inland demo --data DIR` writes an example to copy";
        let message = format!("{} is not a folder", directory.display());
        return Err(config.error(Some(config.policy.span()), message, Some(advice)));
    }
    // The policy's own errors name their file, line and remedy.
    Policies::load(&directory)
        .map_err(|error| ConfigError::elsewhere(format!("{}/{error}", directory.display())))
}

/// The bundle's revision, or that of law/meta.yaml in a directory.
fn revision(policies: &Policies) -> u64 {
    policies.manifest().map_or(policies.revision(), Manifest::revision)
}

type FromBundle = (Arc<Policies>, Option<Arc<[u8]>>, Option<String>);

fn bundle(
    config: &Config,
    source: &PolicySource,
    key: &Path,
    before: Option<&Loaded>,
) -> Result<FromBundle, ConfigError> {
    let key = read_key(config, key)?;
    let file = config.path(&source.bundle_file().unwrap_or_default());
    let kept = Kept::of(config);
    let decides = before.map(|before| &before.policies).filter(|policies| policies.manifest().is_some());
    // What was in force before a start, or before a directory was: no older one may follow it.
    let newest = if decides.is_some() { None } else { kept.newest(&key) };
    let floor = kept.floor().map_err(ConfigError::elsewhere)?;
    let in_force = match (decides, &newest) {
        (Some(policies), _) => Some((revision(policies), policies.digest().to_owned())),
        (None, Some((bundle, _))) => Some((bundle.manifest().revision(), bundle.digest().to_owned())),
        (None, None) => None,
    };
    // One that was kept and cannot be read or verified any more still counts, by its name.
    let in_force = match (in_force, floor) {
        (Some(known), Some(floor)) if known.0 >= floor.0 => Some(known),
        (known, None) => known,
        (_, Some(floor)) => Some(floor),
    };
    let in_force = in_force.as_ref().map(|(revision, digest)| (*revision, digest.as_str()));
    let refused = match open(&file, &key, in_force) {
        Ok((bundle, bytes)) => match same(before, &bundle) {
            Some(policies) => return Ok((policies, Some(bytes), None)),
            None => match bundle.activate() {
                Ok(policies) => return Ok((Arc::new(policies), Some(bytes), None)),
                Err(error) => error,
            },
        },
        Err(error) => error,
    };
    telemetry::policy_refused(refused.code());
    let refused = format!("{}: {refused}", file.display());
    match (before, newest) {
        (Some(before), _) => goes_on(before, &key, refused),
        (None, Some((bundle, bytes))) => taken_up(&bundle, bytes, refused),
        (None, None) => Err(ConfigError::elsewhere(refused)),
    }
}

/// Is this a bundle that the key signed, and none older than what was kept?
fn may_follow(config: &Config, bytes: &[u8]) -> Result<(), String> {
    let Some(key) = &config.policy.get_ref().key else { return Ok(()) };
    let key = read_key(config, key).map_err(|error| error.to_string())?;
    let floor = Kept::of(config).floor()?;
    let floor = floor.as_ref().map(|(revision, digest)| (*revision, digest.as_str()));
    let today = OffsetDateTime::now_utc().date();
    let judged = Bundle::verify(bytes, &key).and_then(|bundle| bundle.admit(today, floor));
    judged.map_err(|error| {
        telemetry::policy_refused(error.code());
        format!("what it answered is refused: {error}")
    })
}

/// In a running gateway the policy in force goes on, and everything else of the configuration is taken:
/// whoever can put a bad bundle there must not be able to keep a revoked key alive.
fn goes_on(before: &Loaded, key: &VerifyingKey, refused: String) -> Result<FromBundle, ConfigError> {
    match &before.bytes {
        Some(bytes) if Bundle::verify(bytes, key).is_ok() => {
            tracing::error!("{refused}; revision {} goes on", before.revision());
            Ok((Arc::clone(&before.policies), Some(Arc::clone(bytes)), Some(refused)))
        }
        _ => Err(ConfigError::elsewhere(refused)),
    }
}

/// At a start, what was in force before goes on.
fn taken_up(bundle: &Bundle, bytes: Arc<[u8]>, refused: String) -> Result<FromBundle, ConfigError> {
    let revision = bundle.manifest().revision();
    tracing::error!("{refused}; revision {revision} goes on, which was in force before");
    let policies = bundle
        .activate()
        .map_err(|error| ConfigError::elsewhere(format!("{refused}\nand of those kept: {error}")))?;
    Ok((Arc::new(policies), Some(bytes), Some(refused)))
}

/// Reads and verifies; nothing is compiled yet.
fn open(
    file: &Path,
    key: &VerifyingKey,
    in_force: Option<(u64, &str)>,
) -> Result<(Bundle, Arc<[u8]>), BundleError> {
    let bytes = Bundle::read(file)?;
    let bundle = Bundle::verify(&bytes, key)?;
    bundle.admit(OffsetDateTime::now_utc().date(), in_force)?;
    Ok((bundle, Arc::from(bytes)))
}

/// The policy in force, if it came from the same bundle: its remembered decisions stay good.
fn same(before: Option<&Loaded>, bundle: &Bundle) -> Option<Arc<Policies>> {
    let policies = &before?.policies;
    (policies.manifest().is_some() && policies.digest() == bundle.digest()).then(|| Arc::clone(policies))
}

fn shadow(config: &Config, path: &Path, before: Option<&Loaded>) -> Result<Shadow, ConfigError> {
    let Some(key) = &config.policy.get_ref().key else {
        return from_directory(config, path).map(|policies| Shadow::new(Arc::new(policies)));
    };
    let (file, key) = (config.path(path), read_key(config, key)?);
    let failed = |error: BundleError| {
        telemetry::policy_refused(error.code());
        ConfigError::elsewhere(format!("the shadow {}: {error}", file.display()))
    };
    // A candidate has no order to keep: it may be older than what is in force, and expired.
    let bundle = Bundle::read(&file).and_then(|bytes| Bundle::verify(&bytes, &key)).map_err(failed)?;
    // Compiled once; what a model offers is asked anew, because that may be what changed.
    if let Some(shadow) = before.and_then(Loaded::shadow).filter(|shadow| shadow.digest() == bundle.digest())
    {
        return Ok(shadow.anew());
    }
    bundle.activate().map(|policies| Shadow::new(Arc::new(policies))).map_err(failed)
}

fn read_key(config: &Config, path: &Path) -> Result<VerifyingKey, ConfigError> {
    let path = config.path(path);
    let wrong = |problem: String| {
        let message = format!("{}: {problem}", path.display());
        let advice = "key = \"policy.pub\"   # the public half, made by: inland policy key --out policy";
        config.error(Some(config.policy.span()), message, Some(advice))
    };
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    VerifyingKey::from_pem(&text).map_err(|error| wrong(error.to_string()))
}

/// What a record says of who answers for a policy.
pub fn answered_for(manifest: Option<&Manifest>) -> (Option<&str>, Option<&str>) {
    (manifest.map(Manifest::author), manifest.map(Manifest::approver))
}
