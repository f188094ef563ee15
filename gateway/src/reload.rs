//! Reload: on SIGHUP or when a file changes, whole or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::admin::Status;
use crate::audit::{self, Log};
use crate::config::{Audit, Config};
use crate::generation::Generation;
use crate::policy::{self, poll};
use crate::serve::Gateway;
use crate::telemetry;

/// How often files are looked at.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many files a policy directory may have.
const FILES_MAX: usize = 10_000;
/// How deep it may be.
const DEPTH_MAX: usize = 8;

/// Reads, checks and puts in force what the files say now. On any failure the generation in force stays;
/// if only the bundle is refused, the policy in force stays and the rest is taken. The reason is told to
/// the log, `/readyz` and the metrics.
pub async fn reload(path: &Path, gateway: &Arc<Gateway>, status: &Status) -> Result<(), String> {
    let _turn = status.turn().await;
    let (path, before, log) = (path.to_owned(), gateway.generation(), gateway.log().clone());
    let previous = Arc::clone(&before);
    let fetched = first_fetch(&path, before.config()).await;
    // Compiling a policy takes a while: not on the threads that serve.
    let built = tokio::task::spawn_blocking(move || build(&path, &log, Some(&previous))).await;
    let built = built.unwrap_or_else(|_| Err("building the new generation did not end".to_owned()));
    let outcome = match (built, fetched) {
        (Ok(generation), fetched) => {
            let refused = generation.policy().refused().map(|refused| and_why(refused, fetched));
            // What is new besides a refused policy is in force: a key that was revoked is.
            put_in_force(generation, &before, gateway).await.and_then(|()| refused.map_or(Ok(()), Err))
        }
        (Err(error), fetched) => Err(and_why(&error, fetched)),
    };
    telemetry::reloaded(outcome.is_ok());
    status.set(outcome.as_ref().err().cloned());
    match &outcome {
        Ok(()) => tracing::info!("a new generation is in force"),
        Err(error) => tracing::error!("files on disk were refused: {error}"),
    }
    outcome
}

fn and_why(refused: &str, fetched: Result<(), String>) -> String {
    match fetched {
        Ok(()) => refused.to_owned(),
        Err(why) => format!("{refused}\nno bundle could be fetched: {why}"),
    }
}

/// A configuration that names an address anew is followed by a question there, before its bundle is needed.
/// A file that is wrong otherwise is told by the build.
async fn first_fetch(path: &Path, before: &Config) -> Result<(), String> {
    match Config::load(path) {
        Ok(config) if config.digest != before.digest => poll::once(&config).await,
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Builds a generation from the file at a path.
pub fn build(path: &Path, log: &Log, previous: Option<&Generation>) -> Result<Generation, String> {
    let config = Config::load(path).map_err(|error| error.to_string())?;
    if let Some(before) = previous {
        fixed(&config, before.config())?;
    }
    Generation::build(config, log, previous).map_err(|error| error.to_string())
}

/// What a running process cannot change: where and how it listens, and where its log is. A change there is
/// refused, not half taken over: the operator would believe that a client CA is in force.
fn fixed(config: &Config, before: &Config) -> Result<(), String> {
    let (listen, listened) = (config.listen.get_ref(), before.listen.get_ref());
    let paths = |config: &Config| {
        let listen = config.listen.get_ref();
        (listen.certificate.clone(), listen.client_ca.clone(), format!("{:?}", listen.key))
    };
    let listens = listen.address == listened.address
        && config.admin.address == before.admin.address
        && paths(config) == paths(before)
        && config.detection == before.detection
        && format!("{:?}", config.limits) == format!("{:?}", before.limits);
    let logs = config.path(&config.audit.directory) == before.path(&before.audit.directory)
        && log_settings(config) == log_settings(before);
    if listens && logs {
        return Ok(());
    }
    Err("[listen], [admin], [limits], [detection] and [audit] take effect at a restart only; change them back or restart"
        .into())
}

/// What a file says of the log, wherever it says it: a line that moved changes nothing.
fn log_settings(config: &Config) -> String {
    let Audit { directory: _, node, retention_days, key, old_key, overlap_days, .. } = &config.audit;
    let Audit { witnesses, witness_quorum, segment_mebibytes, ship, .. } = &config.audit;
    let days = retention_days.as_ref().map(toml::Spanned::get_ref);
    let ship: Vec<_> = ship.iter().map(toml::Spanned::get_ref).collect();
    format!(
        "{:?}",
        (node, days, key, old_key, overlap_days, witnesses, witness_quorum, segment_mebibytes, ship)
    )
}

/// The activation is recorded, durably, before the generation serves its first request.
async fn put_in_force(generation: Generation, before: &Generation, gateway: &Gateway) -> Result<(), String> {
    generation.policy().keep(generation.config())?;
    record_activation(&generation, Some(before)).await?;
    gateway.activate(generation);
    Ok(())
}

/// Writes ACTIVATION records for what changed.
pub async fn record_activation(generation: &Generation, before: Option<&Generation>) -> Result<(), String> {
    let partition = generation.partition("_gateway").ok_or("the log has no partition of the gateway")?;
    let (author, approver) = policy::answered_for(generation.policies().manifest());
    let activated = [
        (
            "configuration",
            generation.config().digest.as_str(),
            before.map(|before| before.config().digest.as_str()),
            None,
        ),
        (
            "policy",
            generation.policies().digest(),
            before.map(|before| before.policies().digest()),
            Some(generation.policy().revision()),
        ),
    ];
    for (what, digest, previous, revision) in activated {
        if previous == Some(digest) {
            continue;
        }
        let record = audit::Activation {
            time_us: audit::now_us(),
            what,
            digest,
            revision,
            author: author.filter(|_| what == "policy"),
            approver: approver.filter(|_| what == "policy"),
            previous,
        };
        partition.append(record).await.map_err(|error| format!("audit log: {error}"))?;
    }
    telemetry::policy(generation.policy().revision());
    Ok(())
}

/// The state of the files that a generation came from: changed times and sizes.
#[derive(PartialEq, Eq, Clone, Debug)]
pub struct Footprint(Vec<(PathBuf, Option<SystemTime>, u64)>);

/// Looks at the configuration, its key file and its policy directory.
pub fn footprint(config_path: &Path, config: &Config) -> Footprint {
    let mut files = vec![config_path.to_owned()];
    files.extend(config.keys.as_ref().map(|keys| config.path(&keys.file)));
    let policy = config.policy.get_ref();
    files.extend(
        [policy.bundle_file(), policy.key.clone()].into_iter().flatten().map(|path| config.path(&path)),
    );
    for path in [&policy.directory, &policy.shadow].into_iter().flatten().map(|path| config.path(path)) {
        if path.is_dir() {
            walk(&path, 0, &mut files);
        } else {
            files.push(path);
        }
    }
    let state = |path: PathBuf| {
        let about = std::fs::metadata(&path).ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        (path, changed, about.map_or(0, |about| about.len()))
    };
    Footprint(files.into_iter().map(state).collect())
}

fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        if files.len() >= FILES_MAX || depth >= DEPTH_MAX {
            return;
        }
        if path.is_dir() {
            walk(&path, depth + 1, files);
        } else {
            files.push(path);
        }
    }
}
