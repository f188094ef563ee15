//! Respond: the answer goes back, personal data in its place again, under the model name that was asked.
//!
//! Invariant: names are restored only from the request's own map; every answer carries the decision, the
//! place and the signed receipt; the account is closed with what the caller got.

mod events;
pub mod receipt;
mod stream;

pub use receipt::{ReceiptError, Receipts};

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use crate::config::Limits;
use crate::forward::{Answered, Forwarded};
use crate::json::{At, Document, Kind};
use crate::pseudonym::Names;
use crate::refusal::Refusal;
use crate::telemetry;

/// What every answer and refusal is called by.
const DECISION: HeaderName = HeaderName::from_static("x-inland-decision");
const BACKEND: HeaderName = HeaderName::from_static("x-inland-backend");
const COUNTRY: HeaderName = HeaderName::from_static("x-inland-country");
const REDACTED: HeaderName = HeaderName::from_static("x-inland-redacted");
const RECEIPT: HeaderName = HeaderName::from_static("x-inland-receipt");
const AI_DISCLOSURE: HeaderName = HeaderName::from_static("x-inland-ai-disclosure");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// An answer to a caller.
pub type Reply = Response<ReplyBody>;

/// Its body: whole, or as it comes.
pub enum ReplyBody {
    /// All of it.
    Whole(Option<Bytes>, Option<OwnedSemaphorePermit>),
    /// A stream.
    Stream(Box<stream::Relay>),
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            ReplyBody::Whole(bytes, _) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            ReplyBody::Stream(relay) => {
                relay.poll(context).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, ReplyBody::Whole(None, _))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            ReplyBody::Whole(bytes, _) => {
                hyper::body::SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            ReplyBody::Stream(_) => hyper::body::SizeHint::default(),
        }
    }
}

/// An answer keeps its place among the requests that are served until its caller has taken it.
pub fn hold(mut reply: Reply, place: OwnedSemaphorePermit) -> Reply {
    match reply.body_mut() {
        ReplyBody::Whole(_, held) => *held = Some(place),
        ReplyBody::Stream(relay) => relay.hold(place),
    }
    reply
}

/// A document of ours.
pub fn json(status: StatusCode, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(ReplyBody::Whole(Some(Bytes::from(body)), None));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// A refusal, in OpenAI's error shape.
pub fn refuse(refusal: &Refusal, decision: &str) -> Reply {
    let mut reply = json(refusal.status(), refusal.body(decision));
    let headers = reply.headers_mut();
    insert(headers, DECISION, decision);
    insert(headers, SHOULD_RETRY, if refusal.retry_may_help() { "true" } else { "false" });
    if let Refusal::Unauthenticated(_) = refusal {
        insert_static(headers, header::WWW_AUTHENTICATE, "Bearer"); // RFC 6750 section 3
    }
    if let Refusal::MethodNotAllowed(allowed) = refusal {
        insert_static(headers, header::ALLOW, allowed); // RFC 9110 section 15.5.6
    }
    reply
}

fn insert(headers: &mut header::HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn insert_static(headers: &mut header::HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// Gives an answer back to its caller.
pub fn respond(forwarded: Forwarded, policy: &str, receipts: &Receipts, limits: &Limits) -> Reply {
    let Forwarded { cleared, mut account, pair, answered } = forwarded;
    let mut headers = header::HeaderMap::with_capacity(10);
    let backend = pair.backend();
    insert(&mut headers, DECISION, account.id());
    insert(&mut headers, BACKEND, backend.id());
    insert(&mut headers, COUNTRY, backend.country());
    if !cleared.redacted().counts().is_empty() {
        insert(&mut headers, REDACTED, &cleared.redacted().header());
        telemetry::redacted(cleared.redacted().counts());
    }
    insert(&mut headers, RECEIPT, &receipts.sign(&cleared, &account, &pair, policy));
    for marker in cleared.decision().response_headers() {
        // The law data names markers; this release knows one (AI Act Art. 50).
        if marker == "ai-disclosure" {
            insert_static(&mut headers, AI_DISCLOSURE, "true");
        }
    }
    let (asked, names) = (cleared.asked(), cleared.redacted().names());
    let mut reply = match answered {
        Answered::Whole { status, mut document } => {
            restore(&mut document, names, &asked.model);
            let mut body = Vec::new();
            document.write(&mut body);
            account.answer_bytes(&body);
            account.close(status.as_u16(), None);
            json(status, body)
        }
        Answered::Stream { first, rest, lease } => {
            let relay = stream::Relay::new(first, rest, lease, cleared, account, pair, limits);
            let mut reply = Response::new(ReplyBody::Stream(Box::new(relay)));
            insert_static(reply.headers_mut(), header::CONTENT_TYPE, "text/event-stream; charset=utf-8");
            insert_static(reply.headers_mut(), header::CACHE_CONTROL, "no-cache");
            // nginx and its like would else collect the stream before they pass it on.
            insert_static(reply.headers_mut(), HeaderName::from_static("x-accel-buffering"), "no");
            reply
        }
    };
    reply.headers_mut().extend(headers);
    reply
}

/// Puts every name back in every text of an answer, and the model name that was asked.
fn restore(document: &mut Document, names: &Names, model: &str) {
    let root = document.root();
    if let Some(at) = document.get(root, "model").filter(|at| document.kind(*at) == Kind::String) {
        document.replace(at, model);
    }
    if names.is_empty() {
        return;
    }
    let leaves: Vec<At> = document.leaves().collect();
    for at in leaves {
        let Some(text) = document.string(at).filter(|text| text.contains('[')) else { continue };
        let restored = if is_json_inside(text) { names.restore_escaped(text) } else { names.restore(text) };
        document.replace(at, &restored);
    }
}

/// Arguments of a tool call are JSON in a string: what is put back there must be escaped once more.
fn is_json_inside(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && Document::parse(text.as_bytes()).is_ok()
}
