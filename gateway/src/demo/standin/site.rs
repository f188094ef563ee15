//! A server of a few fixed documents, such as an issuer's `/jwks.json`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request, Response};

use super::openai::Content;
use super::script::Script;
use super::server::{Server, Site};
use super::wire::{Cue, Tape};
use super::{lock, respond};

/// A running server. It ends when this is dropped.
pub struct StaticSite {
    server: Server,
    documents: Arc<Documents>,
}

struct Documents {
    by_path: Mutex<BTreeMap<String, Bytes>>,
    requests: AtomicU64,
    tape: Arc<Tape>,
}

impl StaticSite {
    /// Listens on `address` (port 0: any) with this certificate chain and key in PEM, or without TLS.
    pub async fn start(address: SocketAddr, tls: Option<(&str, &str)>) -> io::Result<Self> {
        let documents = Arc::new(Documents {
            by_path: Mutex::default(),
            requests: AtomicU64::new(0),
            tape: Arc::new(Tape::off()),
        });
        let server = Server::start(address, tls, Arc::clone(&documents)).await?;
        Ok(Self { server, documents })
    }

    /// Puts a JSON document at a path (`/jwks.json`), in place of what was there.
    pub fn set(&self, path: &str, json: impl Into<Bytes>) {
        lock(&self.documents.by_path).insert(path.to_owned(), json.into());
    }

    /// Takes a document away: 404.
    pub fn remove(&self, path: &str) {
        lock(&self.documents.by_path).remove(path);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Connections that were accepted.
    pub fn connections(&self) -> u64 {
        self.server.connections()
    }

    /// Requests that were answered, found or not.
    pub fn requests(&self) -> u64 {
        self.documents.requests.load(Ordering::Acquire)
    }

    /// Stops listening and closes what is open.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Documents {
    fn find(&self, request: &Request<Incoming>) -> io::Result<Response<Script>> {
        self.requests.fetch_add(1, Ordering::AcqRel);
        let document = lock(&self.by_path).get(request.uri().path()).cloned();
        let (status, text) = match document {
            Some(text) if *request.method() == Method::GET => (200, text),
            Some(_) => (405, Bytes::from_static(b"{}")),
            None => (404, Bytes::from_static(b"{}")),
        };
        let content = Content::Json(text);
        let builder = Response::builder().status(status).header(CONTENT_TYPE, content.kind());
        respond(builder, Script::of(content))
    }
}

impl Site for Documents {
    fn welcomes(&self) -> bool {
        true
    }

    fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }

    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _: Arc<Cue>,
    ) -> Pin<Box<dyn Future<Output = io::Result<Response<Script>>> + Send>> {
        Box::pin(async move { self.find(&request) })
    }
}
