//! The stream under a stand-in's HTTP: a tape of what arrives, and answers that no HTTP library would write.
//!
//! Invariant: a byte is on the tape before HTTP sees it, or HTTP does not see it.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::lock;

/// The tape of one stand-in, all connections together.
pub(super) const TAPE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What arrived, by connection: two requests that arrive at once do not cut each other up.
pub(super) struct Tape {
    on: AtomicBool,
    reels: Mutex<Reels>,
}

#[derive(Default)]
struct Reels {
    connections: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
}

impl Tape {
    pub(super) fn recording() -> Self {
        Self { on: AtomicBool::new(true), reels: Mutex::default() }
    }

    pub(super) fn off() -> Self {
        Self { on: AtomicBool::new(false), reels: Mutex::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    pub(super) fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Release);
    }

    pub(super) fn erase(&self) {
        *lock(&self.reels) = Reels::default();
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        lock(&self.reels).connections.values().flatten().copied().collect()
    }

    pub(super) fn keep(&self, connection: u64, arrived: &[u8]) -> io::Result<()> {
        if !self.is_on() || arrived.is_empty() {
            return Ok(());
        }
        let mut reels = lock(&self.reels);
        let bytes = reels.bytes.saturating_add(arrived.len());
        if bytes > TAPE_BYTES_MAX {
            return Err(io::Error::other("the record of this stand-in is full: forget, or do not record"));
        }
        reels.bytes = bytes;
        reels.connections.entry(connection).or_default().extend_from_slice(arrived);
        Ok(())
    }
}

/// What an answer tells the stream under it.
#[derive(Default)]
pub(super) struct Cue {
    instead: Mutex<Option<Bytes>>,
    reset: AtomicBool,
}

impl Cue {
    /// Writes these bytes in place of all that HTTP writes from now on, then closes.
    pub(super) fn say_instead(&self, bytes: Vec<u8>) {
        *lock(&self.instead) = Some(bytes.into());
    }

    /// Ends the connection with a TCP reset, not with a close.
    pub(super) fn reset_at_end(&self) {
        self.reset.store(true, Ordering::Release);
    }
}

/// A 103 that points to another country, then the answer.
pub(super) fn early_hints(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 103 Early Hints\r\nlink: <https://llm.us.example.test/v1>; rel=preconnect\r\n\r\n\
         HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The answer, then trailer fields that nobody should believe.
pub(super) fn trailers(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\
         trailer: location, x-inland-country\r\nconnection: close\r\n\r\n{:x}\r\n",
        body.len()
    );
    let tail = "\r\n0\r\nlocation: https://llm.us.example.test/v1\r\nx-inland-country: US\r\n\r\n";
    [head.as_bytes(), body, tail.as_bytes()].concat()
}

/// TCP, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream with its tape.
pub(super) struct Wire {
    stream: Stream,
    connection: u64,
    tape: Arc<Tape>,
    cue: Arc<Cue>,
    /// What is left of [`Cue::say_instead`]; from its start on HTTP's own bytes go nowhere.
    instead: Option<Bytes>,
}

impl Wire {
    pub(super) fn new(stream: Stream, connection: u64, tape: Arc<Tape>, cue: Arc<Cue>) -> Self {
        Self { stream, connection, tape, cue, instead: None }
    }

    /// Where a reset was asked for, the close that follows becomes one.
    pub(super) fn close(self) {
        if self.cue.reset.load(Ordering::Acquire) {
            let tcp = match &self.stream {
                Stream::Plain(tcp) => tcp,
                Stream::Tls(tls) => tls.get_ref().0,
            };
            // Without it the peer sees a plain close in the middle of the body, which is a fault as well.
            drop(tcp.set_zero_linger());
        }
    }

    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if let Some(bytes) = lock(&self.cue.instead).take() {
            self.instead = Some(bytes);
        }
        let Some(left) = &mut self.instead else { return Poll::Ready(Ok(false)) };
        while left.has_remaining() {
            let written = ready!(self.stream.pinned().poll_write(cx, left))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            left.advance(written);
        }
        Poll::Ready(Ok(true))
    }
}

/// What both streams are.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl Stream {
    fn pinned(&mut self) -> Pin<&mut (dyn Duplex + Send)> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp),
            Self::Tls(tls) => Pin::new(tls.as_mut()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(self.stream.pinned().poll_read(cx, buf))?;
        let arrived = buf.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.tape.keep(self.connection, arrived))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if ready!(self.poll_instead(cx))? {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.stream.pinned().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.pinned().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.pinned().poll_shutdown(cx)
    }
}
