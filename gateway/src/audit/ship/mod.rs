//! Ship: copies of the log go to S3-compatible storage, in a country that is allowed for them.
//!
//! Invariant: shipping reads the log's files and holds nothing of the writer, so whatever a store does, the
//! log goes on; a partition goes to one bucket, whose declared country is the partition's own or, with it,
//! in the EEA, and a partition that has no such bucket is an error at start.
//!
//! ```text
//! PREFIX/NODE/PARTITION/
//!   checkpoint, vkey     the only objects that change, checkpoint always last
//!   tile/…               hashes and entry bundles        never written over
//!   segments/0001.seg …  whole segments                  never written over
//! ```

mod bucket;
mod connector;
mod local;
mod round;

pub(super) use bucket::{Bucket, BucketError};
pub(super) use connector::Egress;
pub(super) use local::{Place, SMALL_BYTES_MAX, cut, full, partial};

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use inland_policies::{Country, Policies};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::{Config, ConfigError, Ship};
use crate::telemetry;
use local::unverified;
use round::Known;

/// How often the lag is looked at, which no store can delay.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a round that failed; doubled each time, up to the interval.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// For the last checkpoint to arrive when the gateway ends.
const LAST_MAX: Duration = Duration::from_secs(5);

/// What a partition's copy is like.
#[derive(Debug, Default)]
struct Copy {
    /// Records that the bucket's checkpoint covers; none before the bucket was seen.
    shipped: u64,
    behind_since: Option<Instant>,
}

/// One bucket and the partitions that go there.
#[derive(Debug)]
struct Target {
    ship: Ship,
    bucket: Arc<Bucket>,
    directory: PathBuf,
    known: tokio::sync::Mutex<BTreeMap<String, Known>>,
    copies: Mutex<BTreeMap<String, Copy>>,
}

/// Ships the log of this node. Clones are the same.
#[derive(Debug, Clone)]
pub struct Shipper {
    targets: Vec<Arc<Target>>,
}

impl Shipper {
    /// Prepares what `[[audit.ship]]` names; nothing is dialled yet. Partitions that are on the disk and go
    /// nowhere are an error, tenants or not.
    pub fn open(config: &Config, policies: &Policies) -> Result<Shipper, ConfigError> {
        let directory = config.path(&config.audit.directory);
        let whole = |message: String| config.error(None, message, None);
        let there = super::existing(&directory).map_err(|error| whole(error.to_string()))?;
        check(config, policies, there.iter().map(String::as_str))?;
        let mut targets = Vec::new();
        for ship in &config.audit.ship {
            let it = ship.get_ref().clone();
            let told = |message: String| config.error(Some(ship.span()), message, None);
            let connect_max = Duration::from_secs(config.limits.connect_seconds);
            let fixed = config.fixed_addresses(&it.endpoint);
            let bucket = open_bucket(&it, &config.base, fixed, connect_max).map_err(told)?;
            targets.push(Arc::new(Target {
                ship: it,
                bucket: Arc::new(bucket),
                directory: directory.clone(),
                known: tokio::sync::Mutex::default(),
                copies: Mutex::default(),
            }));
        }
        Ok(Shipper { targets })
    }

    /// One task for each bucket: a slow one delays no other.
    pub fn tasks(&self, stop: &watch::Receiver<bool>) -> Vec<impl Future<Output = ()> + Send + use<>> {
        let task = |target: &Arc<Target>| keep_shipping(Arc::clone(target), stop.clone());
        self.targets.iter().map(task).collect()
    }

    /// Ships the last checkpoint, after the log was closed. What does not arrive in time comes at the next
    /// start.
    pub async fn last(&self) {
        let mut rounds = JoinSet::new();
        for target in self.targets.iter().map(Arc::clone) {
            rounds.spawn(async move { target.round().await });
        }
        let all = async { while rounds.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_MAX, all).await.is_err() {
            tracing::warn!("the end of the log is not shipped yet: the next start goes on");
        }
    }
}

/// A bucket as it was configured.
pub(super) fn open_bucket(
    ship: &Ship,
    base: &Path,
    fixed: Option<Vec<IpAddr>>,
    connect_max: Duration,
) -> Result<Bucket, String> {
    let destination = ship.destination(base, fixed, connect_max)?;
    let (access, secret) = (ship.access_key.read(base)?, ship.secret_key.read(base)?);
    Bucket::new(ship, Egress::new(destination), access.expose(), secret.expose())
}

/// That each of these partitions goes to a bucket of a country that is allowed for it.
pub fn check<'a>(
    config: &Config,
    policies: &Policies,
    partitions: impl Iterator<Item = &'a str>,
) -> Result<(), ConfigError> {
    let ships = &config.audit.ship;
    if ships.is_empty() {
        return Ok(());
    }
    for partition in partitions {
        let Some(ship) = ships.iter().find(|ship| ship.get_ref().takes(partition)) else {
            let country = partition.split_once('-').map(|(country, _)| country);
            let advice = country.map_or("gateway = true   # in one [[audit.ship]]".to_owned(), |country| {
                format!("countries = [\"{country}\"]   # in the [[audit.ship]] that it goes to")
            });
            let message = format!("the partition {partition} of the log goes to no bucket");
            return Err(config.error(ships.first().map(toml::Spanned::span), message, Some(&advice)));
        };
        let it = ship.get_ref();
        if partition.split_once('-').is_some_and(|(country, _)| !may_go(policies, country, &it.country)) {
            let message = format!(
                "the partition {partition} would go to {} in {}: that is neither its country nor are both in the EEA",
                it.name(),
                it.country
            );
            let advice =
                "another [[audit.ship]] for these countries, with a bucket that stands where they may go";
            return Err(config.error(Some(ship.span()), message, Some(advice)));
        }
    }
    Ok(())
}

/// A log stays in its country, or in the EEA if that is where it comes from: inside it the protection of
/// personal data is no reason to forbid a movement (GDPR Art. 1(3), EEA Joint Committee Decision 154/2018).
fn may_go(policies: &Policies, from: &str, to: &str) -> bool {
    let in_eea = |code: &str| {
        let zone = policies.zone("EEA");
        Country::parse(code).is_some_and(|country| zone.is_some_and(|zone| zone.contains(&country)))
    };
    from == to || (in_eea(from) && in_eea(to))
}

/// Ships until `stop` says so; meanwhile says how far the bucket is behind.
async fn keep_shipping(target: Arc<Target>, mut stop: watch::Receiver<bool>) {
    let ships = async {
        let interval = Duration::from_secs(target.ship.interval_seconds);
        let mut failures = 0;
        loop {
            failures = if target.round().await { 0 } else { failures + 1 };
            let wait = match failures {
                0 => interval,
                count => backoff(count).min(interval.max(RETRY_AFTER)),
            };
            tokio::time::sleep(wait).await;
        }
    };
    let looks = async {
        loop {
            target.look().await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = async { tokio::join!(ships, looks); } => {}
        _ = stop.changed() => {} // a round that ends here is done again by the next
    }
}

/// 1 s, 2 s, 4 s, …, up to a quarter longer by chance: the nodes of a fleet do not come back together.
fn backoff(failures: u32) -> Duration {
    let wait = RETRY_AFTER.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let mut chance = [0];
    let _ = aws_lc_rs::rand::fill(&mut chance); // without chance they come back together, no worse
    wait + wait.mul_f64(f64::from(chance[0]) / 1024.0)
}

impl Target {
    fn partitions(&self) -> Vec<String> {
        let found = super::existing(&self.directory).unwrap_or_default();
        found.into_iter().filter(|name| self.ship.takes(name)).collect()
    }

    /// Ships each partition; tells whether all of it worked. One that fails keeps no other from going.
    async fn round(&self) -> bool {
        let mut known = self.known.lock().await;
        let mut failed = BTreeSet::new();
        for name in self.partitions() {
            let it = known.entry(name.clone()).or_default();
            match round::ship(&self.bucket, self.directory.join(&name), it).await {
                Ok(size) => {
                    self.set_shipped(&name, size);
                    telemetry::ship_round(&name, "done");
                    telemetry::ship_alarm(&name, false);
                }
                Err(BucketError::Alarm(what)) => {
                    tracing::error!(partition = name, bucket = self.ship.name(), "ALARM: {what}");
                    telemetry::ship_round(&name, "alarm");
                    telemetry::ship_alarm(&name, true);
                    failed.insert(name);
                }
                Err(error @ (BucketError::Store(_) | BucketError::Disk(_))) => {
                    tracing::warn!(
                        partition = name,
                        bucket = self.ship.name(),
                        "the log is not shipped: {error}"
                    );
                    telemetry::ship_round(&name, "failed");
                    failed.insert(name);
                }
            }
        }
        failed.is_empty()
    }

    fn set_shipped(&self, name: &str, size: u64) {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = copies.entry(name.to_owned()).or_default();
        // What came after this checkpoint is newer than the round: the next look counts from there.
        (copy.shipped, copy.behind_since) = (size, None);
    }

    /// Compares the sizes here with those shipped, and sets the metrics.
    async fn look(&self) {
        let (directory, names) = (self.directory.clone(), self.partitions());
        let read = move || {
            let size = |name: &String| {
                let note = std::fs::read(directory.join(name).join("checkpoint")).ok()?;
                Some((name.clone(), unverified(&note)?.1.size))
            };
            names.iter().filter_map(size).collect::<Vec<_>>()
        };
        let Ok(sizes) = tokio::task::spawn_blocking(read).await else { return };
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, size) in sizes {
            let copy = copies.entry(name.clone()).or_default();
            let lag = size.saturating_sub(copy.shipped);
            let since = if lag == 0 { None } else { copy.behind_since.or_else(|| Some(Instant::now())) };
            copy.behind_since = since;
            telemetry::ship_lag(
                &name,
                copy.shipped,
                lag,
                since.map_or(Duration::ZERO, |since| since.elapsed()),
            );
        }
    }
}
