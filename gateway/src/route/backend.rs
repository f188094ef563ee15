//! A backend: its destination, its credential, its open connections, its health.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;

use crate::config;
use crate::egress::{self, Destination, EgressError};

/// Idle connections kept to one backend.
const IDLE_MAX: usize = 256;
/// How long a connection is kept unused: under the 60 s after which servers commonly close.
const IDLE_AGE_MAX: Duration = Duration::from_secs(45);
/// How old a connection gets: after that its name, address and key are looked at anew.
const AGE_MAX: Duration = Duration::from_secs(300);
/// How long a backend that failed is tried last.
const AILING: Duration = Duration::from_secs(5);
/// How long a kept connection may take to be ready again.
const READY_MAX: Duration = Duration::from_millis(20);

/// A model server.
pub struct Backend {
    id: String,
    country: String,
    provider: String,
    destination: Destination,
    authorization: HeaderValue,
    host: HeaderValue,
    idle: Mutex<Vec<Lease>>,
    started: Instant,
    ailing_until_ms: AtomicU64,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backend({})", self.id)
    }
}

/// A connection to a backend, and the evidence of where it leads.
pub struct Lease {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    pin: Option<String>,
    opened: Instant,
    used: Instant,
    fresh: bool,
}

impl Lease {
    /// The connection's request side.
    pub fn sender(&mut self) -> &mut SendRequest<Full<Bytes>> {
        &mut self.sender
    }

    /// The address that was dialled.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that the server showed.
    pub fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// Whether nothing was sent on it before.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }
}

impl Backend {
    pub(super) fn new(backend: &config::Backend, config: &config::Config) -> Result<Backend, String> {
        let ca: Option<PathBuf> = backend.ca.as_deref().map(|path| config.path(path));
        let destination = Destination::new(
            &backend.url,
            &backend.networks,
            &backend.pins,
            ca.as_deref(),
            config.fixed_addresses(&backend.url),
            Duration::from_secs(config.limits.connect_seconds),
        )?;
        let secret = backend.credential.read(&config.base)?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", secret.expose()))
            .map_err(|_| "the credential holds characters that no header can".to_owned())?;
        authorization.set_sensitive(true);
        let host = HeaderValue::try_from(destination.url().authority()).map_err(|error| error.to_string())?;
        Ok(Backend {
            id: backend.id.clone(),
            country: backend.country.clone(),
            provider: backend.provider.clone(),
            destination,
            authorization,
            host,
            idle: Mutex::new(Vec::new()),
            started: Instant::now(),
            ailing_until_ms: AtomicU64::new(0),
        })
    }

    /// How offers name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The country that its machines stand in.
    pub fn country(&self) -> &str {
        &self.country
    }

    /// Its facts, in `policies/providers`.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The path that its interface starts with.
    pub fn base_path(&self) -> &str {
        self.destination.url().path()
    }

    /// Its own credential. The caller's never goes on.
    pub fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// Its name in a `Host` header.
    pub fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// A connection: a kept one that is ready, or a new one through the egress gate.
    pub async fn lease(&self) -> Result<Lease, EgressError> {
        while let Some(mut kept) = self.take_idle() {
            let old = kept.used.elapsed() > IDLE_AGE_MAX || kept.opened.elapsed() > AGE_MAX;
            if old || kept.sender.is_closed() {
                continue;
            }
            if kept.sender.is_ready() {
                return Ok(kept);
            }
            if let Ok(Ok(())) = tokio::time::timeout(READY_MAX, kept.sender.ready()).await {
                return Ok(kept);
            }
        }
        self.open().await
    }

    /// A connection that nothing was sent on before.
    pub async fn open(&self) -> Result<Lease, EgressError> {
        let connection = egress::connect(&self.destination).await?;
        let (address, pin) = (connection.address(), connection.pin().map(ToString::to_string));
        let (sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(connection))
            .await
            .map_err(|_| EgressError::ConnectFailed)?;
        crate::tasks::drive(async move {
            let _ = driver.await; // its errors reach whoever waits for the answer
        });
        let now = Instant::now();
        Ok(Lease { sender, address, pin, opened: now, used: now, fresh: true })
    }

    /// Keeps a connection for the next request.
    pub fn give_back(&self, mut lease: Lease) {
        lease.used = Instant::now();
        lease.fresh = false;
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < IDLE_MAX
            && !lease.sender.is_closed()
        {
            idle.push(lease);
        }
    }

    fn take_idle(&self) -> Option<Lease> {
        self.idle.lock().ok()?.pop()
    }

    /// Notes that a request failed here: for a while the backend is tried last.
    pub fn failed(&self) {
        let until = self.started.elapsed() + AILING;
        self.ailing_until_ms.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Notes that a request was answered.
    pub fn answered(&self) {
        self.ailing_until_ms.store(0, Ordering::Relaxed);
    }

    /// Whether a request failed here a moment ago.
    pub fn is_ailing(&self) -> bool {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.ailing_until_ms.load(Ordering::Relaxed) > now
    }
}
