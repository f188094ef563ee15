//! A running gateway: listeners, reload, heartbeat and the way down.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use inland_kernels::Engine;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::{self, Status};
use crate::audit::ship::Shipper;
use crate::audit::{self, Log};
use crate::config::{Config, Detection, Engine as Kind};
use crate::generation::Generation;
use crate::listen::{self, Door};
use crate::policy::poll;
use crate::reload::{self, Footprint, footprint};
use crate::respond::Receipts;
use crate::serve::Gateway;

/// How often those who could not be authenticated are written down.
const COUNT_EVERY: Duration = Duration::from_secs(60);

/// How often old segments of the log are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(6 * 3600);

/// How long requests that were cut off at the end of a drain have for their OUTCOME.
const OUTCOMES_MAX: Duration = Duration::from_secs(2);
/// For the log to write what is queued and to sign it. A disk that is stuck would hold a stop for ever; service managers
/// kill after 90 s.
const CLOSE_MAX: Duration = Duration::from_secs(60);

/// A gateway that listens.
pub struct Running {
    gateway: Arc<Gateway>,
    status: Arc<Status>,
    config_path: PathBuf,
    address: SocketAddr,
    admin: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    shipper: Shipper,
}

impl Running {
    /// Reads a configuration whole, opens its log, binds its addresses, and serves.
    pub async fn start(config_path: &Path) -> Result<Running, String> {
        let config = Config::load(config_path).map_err(|error| error.to_string())?;
        let engine = engine(config.detection)?;
        // Looked at before anything is read: a file that changes meanwhile is read again.
        let seen = footprint(config_path, &config);
        let directory = config.path(&config.audit.directory);
        let (keys, witnesses) = (config.audit.keys(&config.base)?, Arc::new(config.witnesses()?));
        let segment_bytes = config.audit.segment_mebibytes << 20;
        let log = Log::open_configured(&directory, &config.audit.node, keys, segment_bytes)
            .map_err(|error| format!("audit log: {error}"))?;
        let receipts = Receipts::open(&directory).map_err(|error| error.to_string())?;
        if let Err(error) = poll::once(&config).await {
            tracing::warn!("no bundle could be fetched, one that was fetched before may do: {error}");
        }
        let generation = Generation::build(config, &log, None).map_err(|error| error.to_string())?;
        let shipper =
            Shipper::open(generation.config(), generation.policies()).map_err(|error| error.to_string())?;
        generation.policy().keep(generation.config())?;
        reload::record_activation(&generation, None).await?;
        let door = Door::bind(generation.config()).await?;
        let admin_listener = listen::bind(generation.config().admin.address).await?;
        let told = |error: std::io::Error| error.to_string();
        let (address, admin) = (door.address().map_err(told)?, admin_listener.local_addr().map_err(told)?);
        let limits = generation.config().limits.clone();
        generation.keys().refresh(SystemTime::now()).await; // no request waits for the first key set
        let control = log.listen();
        let retention_days = generation.config().audit.retention_days.as_ref().map(|days| *days.get_ref());
        let gateway = Arc::new(Gateway::new(generation, log, receipts, engine));
        let (status, config_path) = (Arc::new(Status::default()), config_path.to_owned());
        status.set(gateway.generation().policy().refused().map(str::to_owned));
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(door.serve(Arc::clone(&gateway), limits, stopped.clone()));
        tasks.spawn(admin::serve(admin_listener, Arc::clone(&gateway), Arc::clone(&status), stopped.clone()));
        tasks.spawn(watch_files(
            config_path.clone(),
            seen,
            Arc::clone(&gateway),
            Arc::clone(&status),
            stopped.clone(),
        ));
        tasks.spawn(poll::keep_asking(Arc::clone(&gateway), stopped.clone()));
        match control {
            Ok(control) => drop(tasks.spawn(control.serve(stopped.clone()))),
            // Requests are answered and recorded all the same.
            Err(error) => tracing::warn!("`inland audit erase` and `prune` need a stop first: {error}"),
        }
        if let Some(days) = retention_days {
            tasks.spawn(keep_pruning(gateway.log().clone(), days, stopped.clone()));
        }
        tasks.spawn(audit::keep_asking(gateway.log().clone(), witnesses, stopped.clone()));
        shipper.tasks(&stopped).into_iter().for_each(|task| drop(tasks.spawn(task)));
        tasks.spawn(keep_counting(Arc::clone(&gateway), stopped));
        Ok(Running { gateway, status, config_path, address, admin, stop, tasks, shipper })
    }

    /// Where callers are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where operators are served.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The gateway itself.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Puts in force what the files say now.
    pub async fn reload(&self) -> Result<(), String> {
        reload::reload(&self.config_path, &self.gateway, &self.status).await
    }

    /// Takes no new connections, lets requests end, and closes the log behind them.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true); // fails only if every task has ended already
        while self.tasks.join_next().await.is_some() {}
        write_counts(&self.gateway).await;
        // Streams of HTTP/2 end in tasks of their own: their OUTCOMEs come before the log closes.
        let patience = std::time::Instant::now() + OUTCOMES_MAX;
        while self.gateway.open_accounts() > 0 && std::time::Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if tokio::time::timeout(CLOSE_MAX, self.gateway.log().close()).await.is_err() {
            tracing::error!(
                "the disk of the log does not answer: left as it is, and the next start recovers it"
            );
        }
        self.shipper.last().await;
    }
}

/// Reloads when a file has changed and then stayed the same for one look: editors write in steps.
async fn watch_files(
    path: PathBuf,
    seen: Footprint,
    gateway: Arc<Gateway>,
    status: Arc<Status>,
    mut stop: watch::Receiver<bool>,
) {
    let look = |gateway: &Gateway| footprint(&path, gateway.generation().config());
    let (mut in_force, mut last) = (seen.clone(), seen);
    loop {
        tokio::select! {
            () = tokio::time::sleep(reload::LOOK_EVERY) => {}
            _ = stop.changed() => return,
        }
        let seen = look(&gateway);
        let settled = seen == last;
        last = seen.clone();
        if settled && seen != in_force {
            in_force = seen; // a file that was refused is not tried again until it changes
            let _ = reload::reload(&path, &gateway, &status).await; // told to log, metrics and /readyz
        }
    }
}

/// Lets old segments of the log go, now and then.
async fn keep_pruning(log: Log, days: u32, mut stop: watch::Receiver<bool>) {
    loop {
        let (log, before_us) = (log.clone(), audit::days_ago(days));
        match tokio::task::spawn_blocking(move || log.prune(before_us)).await {
            Ok(Ok(pruned)) => pruned.iter().for_each(|it| {
                tracing::info!(partition = it.partition, minimum = it.minimum, "old records left the log");
            }),
            Ok(Err(error)) => tracing::error!(%error, "old records could not leave the log"),
            Err(error) => tracing::error!(%error, "old records could not leave the log"),
        }
        tokio::select! {
            () = tokio::time::sleep(PRUNE_EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn keep_counting(gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(COUNT_EVERY) => {}
            _ = stop.changed() => return,
        }
        write_counts(&gateway).await;
        let now = gateway.generation();
        now.keys().refresh(SystemTime::now()).await;
    }
}

async fn write_counts(gateway: &Gateway) {
    let counts = gateway.unknown().take();
    if counts.is_empty() {
        return;
    }
    let now = gateway.generation();
    let Some(partition) = now.partition("_gateway") else { return };
    let record = audit::Heartbeat { time_us: audit::now_us(), unauthenticated: &counts };
    if partition.append(record).await.is_err() {
        tracing::error!("the count of unauthenticated requests could not be recorded");
    }
}

/// What reads the texts of all requests.
fn engine(detection: Detection) -> Result<Engine, String> {
    match detection.engine {
        Kind::Cpu => Ok(Engine::cpu()),
        Kind::Auto => Ok(Engine::best()),
        Kind::Cuda => Engine::cuda().map_err(|why| {
            format!("[detection] engine = \"cuda\": {why}\n  write: engine = \"auto\" or \"cpu\"")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_that_shall_read_on_a_gpu_does_not_start_without_one() {
        let on = |engine| super::engine(Detection { engine });
        assert!(on(Kind::Cpu).is_ok_and(|engine| engine.name() == "cpu"));
        assert!(on(Kind::Auto).is_ok());
        match on(Kind::Cuda) {
            Ok(engine) => assert_eq!(engine.name(), "cuda"),
            Err(why) => assert!(
                why.starts_with("[detection] engine = \"cuda\": ") && why.contains("write: "),
                "{why}"
            ),
        }
    }
}
