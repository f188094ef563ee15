//! Listen: TLS 1.3 with HTTP/1.1 and HTTP/2, or plain HTTP/1.1 on loopback; bounded in every direction.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, Limits};
use crate::respond::{Reply, ReplyBody};
use crate::serve::Gateway;

/// What the HTTP library takes of a head, at most. The limits that callers are told ([`crate::read`]) are
/// lower, so that a head between the two gets an answer and not a broken connection.
const HEAD_BYTES_MAX: u32 = 256 << 10;
/// The same for header lines.
const HEADERS_MAX: usize = 256;
/// HTTP/2 streams that one connection may have open.
pub const STREAMS_MAX: u32 = 256;
/// Connections that were reset by their caller in HTTP/2 before they were answered (CVE-2023-44487).
const RESETS_MAX: usize = 64;
/// A pause after accepting failed (out of file descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound front door.
pub struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Door {
    /// Binds the address of a configuration, with its certificate.
    pub async fn bind(config: &Config) -> Result<Door, String> {
        let listen = config.listen.get_ref();
        let tls = tls(config)?.map(|server| TlsAcceptor::from(Arc::new(server)));
        let listener = bind(listen.address).await?;
        Ok(Door { listener, tls })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` says so, then lets the requests under way end, for a while.
    pub async fn serve(self, gateway: Arc<Gateway>, limits: Limits, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(limits.connections_max));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.changed() => break,
            };
            while connections.try_join_next().is_some() {}
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue }; // closed at once
            let (tls, gateway, limits, stop) =
                (self.tls.clone(), Arc::clone(&gateway), limits.clone(), stop.clone());
            connections.spawn(async move {
                connection(stream, tls, gateway, limits, stop).await;
                drop(place);
            });
        }
        drop(self.listener);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(limits.drain_seconds), drained).await.is_err() {
            connections.shutdown().await;
        }
    }
}

/// Binds an address, or says which one is taken.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            return format!("{address} is in use by another program; free it or name another address");
        }
        format!("cannot listen on {address}: {error}")
    })
}

/// Whether the certificate and keys of a configuration can be used.
pub fn check(config: &Config) -> Result<(), String> {
    tls(config).map(|_| ())
}

fn tls(config: &Config) -> Result<Option<rustls::ServerConfig>, String> {
    let listen = config.listen.get_ref();
    let (Some(certificate), Some(key)) = (&listen.certificate, &listen.key) else { return Ok(None) };
    let path = config.path(certificate);
    let told = |error: rustls::pki_types::pem::Error| format!("{}: {error}", path.display());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(&path).map_err(told)?.collect::<Result<_, _>>().map_err(told)?;
    let secret = key.read(&config.base)?;
    let key = PrivateKeyDer::from_pem_slice(secret.expose().as_bytes())
        .map_err(|error| format!("the private key of the listener: {error}"))?;
    let builder = rustls::ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]);
    let builder = match &listen.client_ca {
        None => builder.with_no_client_auth(),
        Some(ca) => builder.with_client_cert_verifier(clients(&config.path(ca))?),
    };
    let mut server =
        builder.with_single_cert(chain, key).map_err(|error| format!("{}: {error}", path.display()))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(server))
}

fn clients(path: &std::path::Path) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, String> {
    let told = |error: String| format!("{}: {error}", path.display());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| told(error.to_string()))? {
        let certificate = certificate.map_err(|error| told(error.to_string()))?;
        roots.add(certificate).map_err(|error| told(error.to_string()))?;
    }
    rustls::server::WebPkiClientVerifier::builder(Arc::new(roots))
        .build()
        .map_err(|error| told(error.to_string()))
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    gateway: Arc<Gateway>,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true); // a latency matter only
    let Some(tls) = tls else { return http1(stream, gateway, &limits, stop).await };
    let handshake = tokio::time::timeout(Duration::from_secs(limits.head_seconds), tls.accept(stream)).await;
    let Ok(Ok(stream)) = handshake else { return }; // a client that does not trust us, or a scanner
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2(stream, gateway, &limits, stop).await;
    } else {
        http1(stream, gateway, &limits, stop).await;
    }
}

async fn http1<S>(stream: S, gateway: Arc<Gateway>, limits: &Limits, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.head_seconds))
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX as usize);
    let service = service_fn(move |request| answer(Arc::clone(&gateway), request));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await; // how a connection ends is its caller's matter
}

async fn http2<S>(stream: S, gateway: Arc<Gateway>, limits: &Limits, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .keep_alive_interval(Duration::from_secs(limits.idle_seconds))
        .keep_alive_timeout(Duration::from_secs(limits.head_seconds));
    let service = service_fn(move |request| answer(Arc::clone(&gateway), request));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await; // how a connection ends is its caller's matter
}

async fn answer(
    gateway: Arc<Gateway>,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, std::convert::Infallible> {
    let reply: Reply = gateway.answer(request).await;
    Ok(reply)
}
