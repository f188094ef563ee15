//! A small HTTP/1.1 server: accepts, speaks TLS, hands requests to a [`Site`].
//!
//! Invariant: no connection outlives its server, which no connection keeps alive.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::script::Script;
use super::wire::{Cue, Stream, Tape, Wire};

/// Connections that are served at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 4096;
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// After a failed accept (no file descriptors): the next would fail as well.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a server says.
pub(super) trait Site: Send + Sync + 'static {
    /// Whether a new connection is served at all.
    fn welcomes(&self) -> bool;
    /// Where the bytes that arrive are kept.
    fn tape(&self) -> &Arc<Tape>;
    /// The answer. An error closes the connection without one.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        cue: Arc<Cue>,
    ) -> Pin<Box<dyn Future<Output = io::Result<Response<Script>>> + Send>>;
}

/// A running server. Dropping it ends it.
pub(super) struct Server {
    address: SocketAddr,
    connections: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
    task: JoinSet<()>,
}

impl Server {
    pub(super) async fn start(
        address: SocketAddr,
        tls: Option<(&str, &str)>,
        site: Arc<impl Site>,
    ) -> io::Result<Self> {
        let tls = tls.map(|(certificate, key)| acceptor(certificate, key)).transpose()?;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(accept(listener, tls, site, Arc::clone(&connections), stopped));
        Ok(Self { address, connections, stop, task })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Acquire)
    }

    pub(super) async fn stop(mut self) {
        self.stop.send_replace(true);
        self.task.join_next().await;
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    site: Arc<impl Site>,
    connections: Arc<AtomicU64>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept(), if open.len() < CONNECTIONS_MAX => match accepted {
                Ok((tcp, _)) => {
                    let number = connections.fetch_add(1, Ordering::AcqRel);
                    if site.welcomes() {
                        open.spawn(serve(tcp, number, tls.clone(), Arc::clone(&site)));
                    }
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    drop(listener);
    open.shutdown().await;
}

/// One connection. What goes wrong on it is the peer's to notice.
async fn serve(tcp: TcpStream, number: u64, tls: Option<TlsAcceptor>, site: Arc<impl Site>) {
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    let stream = match tls {
        None => Stream::Plain(tcp),
        Some(tls) => match tokio::time::timeout(HANDSHAKE_MAX, tls.accept(tcp)).await {
            Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
            Ok(Err(_)) | Err(_) => return,
        },
    };
    let cue = Arc::new(Cue::default());
    let wire = Wire::new(stream, number, Arc::clone(site.tape()), Arc::clone(&cue));
    let service = service_fn(|request| Arc::clone(&site).answer(request, Arc::clone(&cue)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
    let ended = Pin::new(&mut connection).await;
    drop(ended);
    connection.into_parts().io.into_inner().close();
}

fn acceptor(certificate: &str, key: &str) -> io::Result<TlsAcceptor> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
