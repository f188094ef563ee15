//! Egress: the one function that opens a socket (invariant E1).
//!
//! name → resolved once → every address inside the declared networks → connect to *that* address →
//! TLS name and key pin. A name with one address outside is refused whole: an attacker who adds an
//! address to a DNS answer must not win half of the connections. `.clippy.toml` bans every other way
//! to open a socket in this workspace. No proxy variable is read (E6): nothing here asks the environment.

pub mod address;
mod url;

pub use url::Url;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ipnet::IpNet;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use address::PublicKeyPin;

/// How many addresses a name may have. More is not a model server.
const ADDRESSES_MAX: usize = 32;

/// Why a connection was not made: an attempt's reason in the record, never in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The name has no address.
    #[error("name_unknown")]
    NameUnknown,
    /// One of the name's addresses lies outside the declared networks.
    #[error("address_outside")]
    AddressOutside,
    /// No TCP connection.
    #[error("connect_failed")]
    ConnectFailed,
    /// No TCP connection or TLS session in time.
    #[error("connect_timeout")]
    ConnectTimeout,
    /// The certificate is not for this name, not of this CA, or out of date.
    #[error("tls_failed")]
    TlsFailed,
    /// The certificate is good, but its key is not one of the pinned ones.
    #[error("pin_mismatch")]
    PinMismatch,
}

/// Something we may dial, with all that must hold before a byte goes there.
pub struct Destination {
    url: Url,
    networks: Vec<IpNet>,
    pins: Vec<PublicKeyPin>,
    fixed: Option<Vec<IpAddr>>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_max: Duration,
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Destination({})", self.url.authority())
    }
}

impl Destination {
    /// Prepares a destination. `fixed` holds the addresses that `[hosts]` gives its name, if any.
    pub fn new(
        url: &str,
        networks: &[IpNet],
        pins: &[String],
        ca: Option<&Path>,
        fixed: Option<Vec<IpAddr>>,
        connect_max: Duration,
    ) -> Result<Destination, String> {
        let url = Url::parse(url)?;
        let pins = pins.iter().map(|pin| address::parse_pin(pin)).collect::<Result<_, _>>()?;
        let tls = if url.is_tls() {
            let name = ServerName::try_from(url.host().to_owned())
                .map_err(|_| format!("{} is no name for a certificate", url.host()))?;
            Some((TlsConnector::from(Arc::new(client_config(ca)?)), name))
        } else {
            None
        };
        Ok(Destination { url, networks: networks.to_vec(), pins, fixed, tls, connect_max })
    }

    /// Where it is, as configured.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// TLS towards a destination: its own CA or the public ones, HTTP/1.1, no resumption (a resumed
/// session would show no certificate to pin).
fn client_config(ca: Option<&Path>) -> Result<rustls::ClientConfig, String> {
    let mut roots = rustls::RootCertStore::empty();
    match ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let read = |error: rustls::pki_types::pem::Error| format!("{}: {error}", path.display());
            for certificate in CertificateDer::pem_file_iter(path).map_err(read)? {
                roots.add(certificate.map_err(read)?).map_err(|error| error.to_string())?;
            }
            if roots.is_empty() {
                return Err(format!("{} holds no certificate", path.display()));
            }
        }
    }
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// An open connection and the evidence of where it leads.
pub struct Connection {
    stream: Stream,
    address: SocketAddr,
    pin: Option<PublicKeyPin>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// The address that was dialled.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The public key that the server showed; none without TLS.
    pub fn pin(&self) -> Option<&PublicKeyPin> {
        self.pin.as_ref()
    }
}

/// Opens a connection, or says why not. No other function of this program opens one.
pub async fn connect(destination: &Destination) -> Result<Connection, EgressError> {
    let addresses = resolve(destination).await?;
    address::all_inside(&addresses, &destination.networks).map_err(|_| EgressError::AddressOutside)?;
    let opened = tokio::time::timeout(destination.connect_max, open(destination, &addresses)).await;
    opened.map_err(|_| EgressError::ConnectTimeout)?
}

#[expect(clippy::disallowed_methods, reason = "E1: the one place that resolves a name")]
async fn resolve(destination: &Destination) -> Result<Vec<IpAddr>, EgressError> {
    if let Some(fixed) = &destination.fixed {
        return Ok(fixed.clone());
    }
    if let Ok(literal) = destination.url.host().parse::<IpAddr>() {
        return Ok(vec![literal]);
    }
    let looked_up = tokio::net::lookup_host((destination.url.host(), destination.url.port()));
    let found = tokio::time::timeout(destination.connect_max, looked_up).await;
    let found = found.map_err(|_| EgressError::ConnectTimeout)?.map_err(|_| EgressError::NameUnknown)?;
    let addresses: Vec<IpAddr> = found.map(|socket| socket.ip()).take(ADDRESSES_MAX + 1).collect();
    match addresses.len() {
        0 => Err(EgressError::NameUnknown),
        1..=ADDRESSES_MAX => Ok(addresses),
        _ => Err(EgressError::AddressOutside), // not all of them could be checked
    }
}

#[expect(clippy::disallowed_methods, reason = "E1: the one place that opens a socket")]
async fn open(destination: &Destination, addresses: &[IpAddr]) -> Result<Connection, EgressError> {
    let mut opened = Err(EgressError::ConnectFailed);
    for ip in addresses {
        let address = SocketAddr::new(*ip, destination.url.port());
        match TcpStream::connect(address).await {
            Ok(stream) => {
                opened = Ok((stream, address));
                break;
            }
            Err(_) => continue,
        }
    }
    let (stream, address) = opened?;
    let _ = stream.set_nodelay(true); // a latency matter only
    let Some((connector, name)) = &destination.tls else {
        return Ok(Connection { stream: Stream::Plain(stream), address, pin: None });
    };
    let tls = connector.connect(name.clone(), stream).await.map_err(|_| EgressError::TlsFailed)?;
    let leaf = tls.get_ref().1.peer_certificates().and_then(<[_]>::first).ok_or(EgressError::TlsFailed)?;
    let pin = address::pin_of(leaf).ok_or(EgressError::TlsFailed)?;
    if !destination.pins.is_empty() && !destination.pins.contains(&pin) {
        return Err(EgressError::PinMismatch);
    }
    Ok(Connection { stream: Stream::Tls(Box::new(tls)), address, pin: Some(pin) })
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
