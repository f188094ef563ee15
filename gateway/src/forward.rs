//! Forward: a routed request goes to one backend after another until one answers.
//!
//! Invariant: an attempt is made only at the pairs of its [`Routed`], each at most once, and only before
//! the first byte of an answer. Nothing is followed (E6): a redirect, an upgrade, an early hint or a
//! trailer is a failure or is dropped. The backend gets its own credential and bytes made from the parse.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::config::Limits;
use crate::decide::Cleared;
use crate::egress::{Destination, EgressError};
use crate::json::Document;
use crate::record::{Account, Attempt};
use crate::refusal::Refusal;
use crate::route::{Backend, Lease, Pair, Routed};
use crate::telemetry;

/// How many pairs are tried for one request.
const ATTEMPTS_MAX: usize = 4;
/// How many bytes the first piece of a streamed answer may have.
const FIRST_PIECE_MAX: usize = 1 << 20;
/// How long a fetch of a small document may take, all in all.
const GET_MAX: Duration = Duration::from_secs(10);

/// Why an attempt gave no answer. The word is the record's; the class decides what the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// Could not be used at all.
    Unusable(&'static str),
    /// Was reached, and failed.
    Broken(&'static str),
    /// Did not begin to answer.
    TimedOut,
    /// Says that we ask too often.
    Busy,
}

impl Failure {
    fn reason(self) -> &'static str {
        match self {
            Failure::Unusable(reason) | Failure::Broken(reason) => reason,
            Failure::TimedOut => "first_byte_timeout",
            Failure::Busy => "status_429",
        }
    }
}

impl From<EgressError> for Failure {
    fn from(error: EgressError) -> Self {
        Failure::Unusable(match error {
            EgressError::NameUnknown => "name_unknown",
            EgressError::AddressOutside => "address_outside",
            EgressError::ConnectFailed => "connect_failed",
            EgressError::ConnectTimeout => "connect_timeout",
            EgressError::TlsFailed => "tls_failed",
            EgressError::PinMismatch => "pin_mismatch",
        })
    }
}

/// What a backend answered.
pub enum Answered {
    /// A whole document: an answer, or an error that is the caller's own (400, 413, 422).
    Whole {
        /// The status.
        status: StatusCode,
        /// The document.
        document: Document,
    },
    /// The head of a stream, and its first piece.
    Stream {
        /// The first piece.
        first: Bytes,
        /// What follows.
        rest: Incoming,
        /// Holds the connection until the stream has ended.
        lease: Lease,
    },
}

/// An answer with all that is needed to give it to the caller.
pub struct Forwarded {
    /// The request.
    pub cleared: Cleared,
    /// Its account.
    pub account: Account,
    /// The pair that answered.
    pub pair: std::sync::Arc<Pair>,
    /// What it answered.
    pub answered: Answered,
}

/// Tries the pairs in order. A refusal gives the account back closed.
pub async fn forward(routed: Routed, limits: &Limits) -> Result<Forwarded, Refusal> {
    let (recorded, pairs) = routed.into_parts();
    let (cleared, mut account) = recorded.into_parts();
    let mut failures = Vec::new();
    for pair in pairs.into_iter().take(ATTEMPTS_MAX) {
        match attempt(&cleared, &pair, &mut account, limits).await {
            Ok(answered) => {
                pair.backend().answered();
                telemetry::attempt(pair.backend().id(), "answered");
                return Ok(Forwarded { cleared, account, pair, answered });
            }
            Err(failure) => {
                pair.backend().failed();
                telemetry::attempt(pair.backend().id(), failure.reason());
                failures.push(failure);
            }
        }
    }
    let refusal = verdict(&failures);
    account.close(refusal.status().as_u16(), Some(refusal.code()));
    Err(refusal)
}

/// What the caller is told when no pair answered: the attempts' own reasons are in the record.
fn verdict(failures: &[Failure]) -> Refusal {
    let any = |wanted: fn(&Failure) -> bool| failures.iter().any(wanted);
    if any(|failure| *failure == Failure::TimedOut) {
        Refusal::BackendTimeout
    } else if any(|failure| matches!(failure, Failure::Broken(_))) {
        Refusal::BackendFailed
    } else if !failures.is_empty() && failures.iter().all(|failure| *failure == Failure::Busy) {
        Refusal::RateLimited
    } else {
        Refusal::NoBackend
    }
}

async fn attempt(
    cleared: &Cleared,
    pair: &Pair,
    account: &mut Account,
    limits: &Limits,
) -> Result<Answered, Failure> {
    let mut kept_allowed = true;
    loop {
        account.attempting(Attempt::at(pair));
        let outcome = once(cleared, pair, account, limits, kept_allowed).await;
        account.ended(outcome.as_ref().err().map(|failure| failure.reason()));
        match outcome {
            // A kept connection that the backend closed meanwhile, before any answer: one new one.
            Err(Failure::Unusable("stale_connection")) if kept_allowed => kept_allowed = false,
            outcome => return outcome,
        }
    }
}

async fn once(
    cleared: &Cleared,
    pair: &Pair,
    account: &mut Account,
    limits: &Limits,
    kept_allowed: bool,
) -> Result<Answered, Failure> {
    let backend = pair.backend();
    let mut lease = if kept_allowed { backend.lease().await? } else { backend.open().await? };
    account.reached(lease.address().to_string(), lease.pin());
    let request = request(cleared, pair)?;
    let fresh = lease.is_fresh();
    let sent = tokio::time::timeout(limits.first_byte(), lease.sender().send_request(request)).await;
    let response = match sent {
        Err(_) => return Err(Failure::TimedOut),
        Ok(Err(error)) if !fresh && closed_meanwhile(&error) => {
            return Err(Failure::Unusable("stale_connection"));
        }
        Ok(Err(_)) => return Err(Failure::Broken("connection_lost")),
        Ok(Ok(response)) => response,
    };
    judge(response.status())?;
    if response.headers().get_all(header::CONTENT_ENCODING).iter().any(|coding| coding != "identity") {
        return Err(Failure::Broken("unknown_encoding"));
    }
    if cleared.asked().stream && response.status().is_success() {
        stream(response, lease, limits).await
    } else {
        whole(response, lease, backend, limits).await
    }
}

/// Whether a kept connection broke before a byte of an answer, however its server closed it: many end TLS
/// without its goodbye (an unexpected end), or reset.
fn closed_meanwhile(error: &hyper::Error) -> bool {
    let io = std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
    error.is_canceled() || error.is_incomplete_message() || io
}

/// Which statuses are an answer. 3xx is never followed: it would lead out of the cleared set.
fn judge(status: StatusCode) -> Result<(), Failure> {
    match status.as_u16() {
        200..=299 | 400 | 413 | 422 => Ok(()), // some servers stream with 201
        429 => Err(Failure::Busy),
        503 => Err(Failure::Unusable("status_503")),
        101 => Err(Failure::Broken("upgrade")),
        300..=399 => Err(Failure::Broken("redirect")),
        401 | 403 => Err(Failure::Broken("credential_refused")),
        404 => Err(Failure::Broken("status_404")),
        500..=599 => Err(Failure::Broken("status_5xx")),
        _ => Err(Failure::Broken("status_other")),
    }
}

/// The request as this pair gets it: nothing of the caller's head goes on.
fn request(cleared: &Cleared, pair: &Pair) -> Result<Request<Full<Bytes>>, Failure> {
    let (backend, asked) = (pair.backend(), cleared.asked());
    let accept = if asked.stream { "text/event-stream" } else { "application/json" };
    let path = format!("{}{}", backend.base_path(), asked.route.below_base());
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, backend.host())
        .header(header::AUTHORIZATION, backend.authorization())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(header::ACCEPT, HeaderValue::from_static(accept))
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .header(header::USER_AGENT, HeaderValue::from_static(concat!("inland/", env!("CARGO_PKG_VERSION"))))
        .body(Full::new(cleared.redacted().body(pair.model())))
        .map_err(|_| Failure::Unusable("request_impossible"))
}

fn is_content(response: &Response<Incoming>, wanted: &str) -> bool {
    let value = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
    })
}

/// A stream counts as answered once its first piece is here: until then another pair can be tried.
async fn stream(response: Response<Incoming>, lease: Lease, limits: &Limits) -> Result<Answered, Failure> {
    if !is_content(&response, "text/event-stream") {
        return Err(Failure::Broken("not_a_stream"));
    }
    let mut rest = response.into_body();
    let first = tokio::time::timeout(limits.first_byte(), piece(&mut rest)).await;
    match first.map_err(|_| Failure::TimedOut)? {
        Some(Ok(first)) if first.len() <= FIRST_PIECE_MAX => Ok(Answered::Stream { first, rest, lease }),
        Some(Ok(_)) => Err(Failure::Broken("answer_too_large")),
        Some(Err(())) | None => Err(Failure::Broken("connection_lost")),
    }
}

/// The next data of a body; trailers are dropped.
pub async fn piece(body: &mut Incoming) -> Option<Result<Bytes, ()>> {
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Some(Ok(data)),
                Ok(_) | Err(_) => continue,
            },
            Err(_) => return Some(Err(())),
        }
    }
    None
}

async fn whole(
    response: Response<Incoming>,
    lease: Lease,
    backend: &Backend,
    limits: &Limits,
) -> Result<Answered, Failure> {
    let status = response.status();
    let length = response.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let stated: Option<u64> = length.and_then(|value| value.parse().ok());
    if stated.is_some_and(|bytes| bytes > limits.answer_bytes_max as u64) {
        return Err(Failure::Broken("answer_too_large"));
    }
    if !is_content(&response, "application/json") {
        return Err(Failure::Broken("not_json"));
    }
    let bytes = collect(response.into_body(), limits).await?;
    backend.give_back(lease);
    let document = Document::parse_answer(&bytes).map_err(|_| Failure::Broken("not_json"))?;
    Ok(Answered::Whole { status, document })
}

async fn collect(mut body: Incoming, limits: &Limits) -> Result<Bytes, Failure> {
    let idle = Duration::from_secs(limits.idle_seconds);
    let mut whole: Vec<u8> = Vec::new();
    loop {
        let next = tokio::time::timeout(idle, piece(&mut body)).await;
        match next.map_err(|_| Failure::Broken("idle_timeout"))? {
            None => return Ok(Bytes::from(whole)),
            Some(Err(())) => return Err(Failure::Broken("connection_lost")),
            Some(Ok(data)) if whole.len() + data.len() > limits.answer_bytes_max => {
                return Err(Failure::Broken("answer_too_large"));
            }
            // One piece is the common case: keep it as it came.
            Some(Ok(data)) if whole.is_empty() && hyper::body::Body::is_end_stream(&body) => return Ok(data),
            Some(Ok(data)) => whole.extend_from_slice(&data),
        }
    }
}

/// What a fetch found.
pub enum Fetched {
    /// The document, and the tag by which its server knows it.
    New {
        /// Its bytes.
        body: Bytes,
        /// Its tag.
        etag: Option<HeaderValue>,
    },
    /// The server says that it is the one we have (RFC 9110 section 15.4.5).
    Unchanged,
}

/// Fetches a document (a key set, a bundle) from a destination, through the egress gate. With the tag of
/// the one we have, only if it is another (RFC 9110 section 13.1.2).
pub async fn get(
    destination: &Destination,
    bytes_max: usize,
    known: Option<&HeaderValue>,
) -> Result<Fetched, String> {
    let fetched = tokio::time::timeout(GET_MAX, get_unbounded(destination, bytes_max, known)).await;
    fetched.map_err(|_| "no answer in time".to_owned())?
}

async fn get_unbounded(
    destination: &Destination,
    bytes_max: usize,
    known: Option<&HeaderValue>,
) -> Result<Fetched, String> {
    let connection = crate::egress::connect(destination).await.map_err(|error| error.to_string())?;
    let io = hyper_util::rt::TokioIo::new(connection);
    let (mut sender, driver) = hyper::client::conn::http1::handshake::<_, Full<Bytes>>(io)
        .await
        .map_err(|error| error.to_string())?;
    crate::tasks::drive(async move {
        let _ = driver.await; // its errors reach the one who waits for the answer
    });
    let mut request = Request::builder()
        .uri(if destination.url().path().is_empty() { "/" } else { destination.url().path() })
        .header(header::HOST, destination.url().authority())
        .header(header::ACCEPT_ENCODING, "identity");
    if let Some(tag) = known {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let request = request.body(Full::default()).map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    match response.status() {
        StatusCode::NOT_MODIFIED if known.is_some() => return Ok(Fetched::Unchanged),
        StatusCode::OK => {}
        other => return Err(format!("status {}", other.as_u16())),
    }
    let etag = response.headers().get(header::ETAG).cloned();
    let body = http_body_util::Limited::new(response.into_body(), bytes_max).collect().await;
    let body = body.map_err(|_| "the answer broke off or is too large".to_owned())?.to_bytes();
    Ok(Fetched::New { body, etag })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_is_told_follows_from_how_far_the_attempts_came() {
        use Failure::{Broken, Busy, TimedOut, Unusable};
        for (failures, code) in [
            (&[Unusable("connect_failed")][..], "no_backend"),
            (&[Unusable("address_outside"), Unusable("status_503")], "no_backend"),
            (&[Unusable("connect_failed"), Broken("redirect")], "backend_failed"),
            (&[TimedOut, Broken("redirect")], "backend_timeout"),
            (&[Busy, Busy], "rate_limited"),
            (&[Busy, Unusable("connect_failed")], "no_backend"),
        ] {
            assert_eq!(verdict(failures).code(), code, "{failures:?}");
        }
    }

    #[test]
    fn a_redirect_is_a_failure_whatever_it_says() {
        for status in [301, 302, 303, 307, 308, 300] {
            let judged = judge(StatusCode::from_u16(status).unwrap_or_default());
            assert_eq!(judged, Err(Failure::Broken("redirect")));
        }
    }
}
