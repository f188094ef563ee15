//! The operator's listener: `/metrics`, `/healthz`, `/readyz`. Plain HTTP, on loopback unless configured
//! otherwise; nothing here can change anything.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::serve::Gateway;
use crate::telemetry;

/// Connections that may be open at once.
const CONNECTIONS_MAX: usize = 64;
/// For a request's head to arrive.
const HEAD_MAX: Duration = Duration::from_secs(5);

/// Why the newest files are not in force, if they are not; and the turn of the one who reloads.
#[derive(Default)]
pub struct Status(Mutex<Option<String>>, tokio::sync::Mutex<()>);

impl Status {
    /// Notes how a reload ended.
    pub fn set(&self, failure: Option<String>) {
        if let Ok(mut status) = self.0.lock() {
            *status = failure;
        }
    }

    /// One reload at a time: an older build must not be put in force after a newer one.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.1.lock().await
    }

    fn get(&self) -> Option<String> {
        self.0.lock().ok()?.clone()
    }
}

/// Serves until `stop` says so.
pub async fn serve(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    status: Arc<Status>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else { continue };
        if connections.len() >= CONNECTIONS_MAX {
            continue;
        }
        let (gateway, status) = (Arc::clone(&gateway), Arc::clone(&status));
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let reply = page(&request, &gateway, &status);
                async { Ok::<_, Infallible>(reply) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn page(request: &Request<Incoming>, gateway: &Gateway, status: &Status) -> Response<Full<Bytes>> {
    let text = |code, kind: &'static str, body: String| {
        let mut reply = Response::new(Full::new(Bytes::from(body)));
        *reply.status_mut() = code;
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        reply
    };
    if request.method() != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET only\n".into());
    }
    match request.uri().path() {
        "/healthz" => text(StatusCode::OK, "text/plain", "ok\n".into()),
        "/readyz" => {
            let (ready, body) = readiness(gateway, status);
            let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            text(code, "application/json", body)
        }
        "/metrics" => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            text(StatusCode::OK, kind, telemetry::page(&gateway.engine().status()))
        }
        _ => text(StatusCode::NOT_FOUND, "text/plain", "/metrics /healthz /readyz\n".into()),
    }
}

/// Ready: every open log can write, and there is some way to authenticate. A reload that was refused does
/// not make the gateway unready, because the generation in force goes on; it is named.
fn readiness(gateway: &Gateway, status: &Status) -> (bool, String) {
    let now = gateway.generation();
    let mut broken: Vec<&str> =
        now.partitions().filter(|partition| !partition.healthy()).map(|partition| partition.name()).collect();
    broken.sort_unstable();
    let issuers = now.keys().status(SystemTime::now());
    let issuers: Vec<_> = issuers
        .iter()
        .map(|issuer| serde_json::json!({"url": issuer.url, "usable": issuer.usable, "keys": issuer.usable_keys}))
        .collect();
    let ready = broken.is_empty();
    let body = serde_json::json!({
        "ready": ready,
        "configuration": now.config().digest,
        "policy": now.policies().digest(),
        "policy_revision": now.policy().revision(),
        "policy_review_by": now.policies().review_by().to_string(),
        "policy_stale": now.policies().review_by() < time::OffsetDateTime::now_utc().date(),
        "policy_shadow": now.policy().shadow().map(|shadow| shadow.digest()),
        "logs_that_cannot_write": broken,
        "issuers": issuers,
        "last_reload_refused": status.get(),
    });
    (ready, body.to_string() + "\n")
}
