//! Stand-ins for model servers: real TCP, TLS and HTTP/1.1, OpenAI's wire shape, and every fault on demand.
//!
//! Invariant: while a [`StandIn`] records, no byte of a request is acted on that is not kept, so a test that
//! finds nothing in [`StandIn::received`] has shown that nothing arrived. When the record is full the
//! connection breaks instead; [`StandIn::record`] with `false` is for what only needs answers.
//!
//! They speak no HTTP/2: its compressed headers would hide from a search what was sent.

mod openai;
mod script;
mod server;
mod site;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and is its own client"
)]
mod tests;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use self::openai::Content;
use self::script::Script;
use self::server::{Server, Site};
use self::wire::{Cue, Tape};

pub use self::site::StaticSite;

/// A longer request is not read to its end.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a stand-in does with the next requests, until told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers as a model server should.
    Answer,
    /// An error in OpenAI's shape with this status.
    Status(u16),
    /// Reads the request and says nothing.
    HangBeforeFirstByte,
    /// Sends so many events (of a plain answer: half of its bytes), then resets the connection.
    ResetMidStream {
        /// Events that arrive before.
        after_events: usize,
    },
    /// A 302 to this address.
    Redirect(String),
    /// An answer of at least so many bytes, in chunks, without a length.
    Flood {
        /// Where it ends, should anybody read so far.
        bytes: u64,
    },
    /// Closes each connection as soon as it is there, and each kept one at its next request.
    CloseAtOnce,
    /// A 200 whose JSON, or second event, breaks off.
    Malformed,
    /// Waits so long before each event, or before a plain answer.
    SlowEvents(Duration),
    /// A 103 with a link to another country before the answer (RFC 8297).
    EarlyHints,
    /// Fields after the answer that would redirect it and forge our headers (RFC 9110, 6.5).
    Trailers,
    /// The right answer, in chunks of so many bytes.
    SplitEvery(usize),
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A running model server. It ends when this is dropped.
pub struct StandIn {
    server: Server,
    model: Arc<Model>,
}

/// What the connections of one stand-in share.
struct Model {
    name: String,
    behaviour: Mutex<Behaviour>,
    seen: Mutex<Vec<Seen>>,
    tape: Arc<Tape>,
    answers: AtomicU64,
}

impl StandIn {
    /// Listens on `address` (port 0: any) with this certificate chain and key in PEM, or without TLS.
    pub async fn start(address: SocketAddr, tls: Option<(&str, &str)>, name: &str) -> io::Result<Self> {
        let model = Arc::new(Model {
            name: name.to_owned(),
            behaviour: Mutex::new(Behaviour::Answer),
            seen: Mutex::new(Vec::new()),
            tape: Arc::new(Tape::recording()),
            answers: AtomicU64::new(0),
        });
        let server = Server::start(address, tls, Arc::clone(&model)).await?;
        Ok(Self { server, model })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it does from the next request on.
    pub fn behave(&self, behaviour: Behaviour) {
        *lock(&self.model.behaviour) = behaviour;
    }

    /// Every byte that arrived inside TLS, connection after connection.
    pub fn received(&self) -> Vec<u8> {
        self.model.tape.bytes()
    }

    /// Connections that were accepted since the start, with or without a request.
    pub fn connections(&self) -> u64 {
        self.server.connections()
    }

    /// Requests that arrived whole.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.model.seen).clone()
    }

    /// Empties the record.
    pub fn forget(&self) {
        self.model.tape.erase();
        lock(&self.model.seen).clear();
    }

    /// Starts or ends recording, and empties the record. Without a record nothing of a request is kept, and a
    /// server may run for as long as it likes.
    pub fn record(&self, on: bool) {
        self.model.tape.switch(on);
        self.forget();
    }

    /// Stops listening, so that the port refuses, and closes what is open.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Site for Model {
    fn welcomes(&self) -> bool {
        *lock(&self.behaviour) != Behaviour::CloseAtOnce
    }

    fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }

    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        cue: Arc<Cue>,
    ) -> Pin<Box<dyn Future<Output = io::Result<Response<Script>>> + Send>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body =
                Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(io::Error::other)?.to_bytes();
            let path = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
            let seen = Seen { method: head.method, path, headers: head.headers, body };
            let behaviour = lock(&self.behaviour).clone();
            let answer = openai::answer(&self.name, self.answers.fetch_add(1, Ordering::Relaxed), &seen);
            if self.tape.is_on() {
                lock(&self.seen).push(seen);
            }
            perform(behaviour, answer, &cue).await
        })
    }
}

/// The right answer, spoilt as told.
async fn perform(behaviour: Behaviour, answer: openai::Answer, cue: &Cue) -> io::Result<Response<Script>> {
    let openai::Answer { status, content } = answer;
    let kind = content.kind();
    let script = match behaviour {
        Behaviour::Answer => Script::of(content),
        Behaviour::Status(code) => return error(code),
        Behaviour::HangBeforeFirstByte => std::future::pending().await,
        Behaviour::ResetMidStream { after_events } => {
            cue.reset_at_end();
            Script::of(content).broken_after(after_events)
        }
        Behaviour::Redirect(target) => return redirect(&target),
        Behaviour::Flood { bytes } => Script::of(content.flooded(bytes)),
        Behaviour::CloseAtOnce => return Err(io::ErrorKind::ConnectionAborted.into()),
        Behaviour::Malformed => Script::of(content.malformed()),
        Behaviour::SlowEvents(pause) => Script::of(content).slowed(pause),
        Behaviour::EarlyHints => {
            cue.say_instead(wire::early_hints(kind, &content.into_bytes()));
            Script::empty()
        }
        Behaviour::Trailers => {
            cue.say_instead(wire::trailers(kind, &content.into_bytes()));
            Script::empty()
        }
        Behaviour::SplitEvery(bytes) => Script::of(content).split_every(bytes),
    };
    respond(Response::builder().status(status).header(CONTENT_TYPE, kind), script)
}

fn error(code: u16) -> io::Result<Response<Script>> {
    let status = StatusCode::from_u16(code).map_err(io::Error::other)?;
    let openai::Answer { status, content } = openai::error(status, "the stand-in was told to fail");
    let builder = Response::builder().status(status).header(CONTENT_TYPE, content.kind());
    respond(builder, Script::of(content))
}

fn redirect(target: &str) -> io::Result<Response<Script>> {
    let builder = Response::builder().status(StatusCode::FOUND).header(LOCATION, target);
    respond(builder, Script::of(Content::Json(Bytes::from_static(b"{}"))))
}

fn respond(builder: hyper::http::response::Builder, script: Script) -> io::Result<Response<Script>> {
    builder.body(script).map_err(io::Error::other)
}

/// A panic elsewhere leaves the value as whole as before: each change here is one assignment or one push.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
