//! The relay of a streamed answer: piece by piece, never the whole in memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use super::events::{Events, Unreadable};
use crate::config::Limits;
use crate::decide::Cleared;
use crate::record::Account;
use crate::refusal::Refusal;
use crate::route::{Lease, Pair};

/// How long a backend may take to end its body after `[DONE]`, for its connection to be kept.
const END_MAX: Duration = Duration::from_millis(250);

/// A streamed answer under way. Dropped before its end, its account says that the caller has gone.
pub struct Relay {
    rest: Incoming,
    lease: Option<Lease>,
    pair: Arc<Pair>,
    cleared: Cleared,
    account: Option<Account>,
    events: Events,
    first: Option<Bytes>,
    idle: Pin<Box<Sleep>>,
    idle_max: Duration,
    bytes_left: u64,
    place: Option<OwnedSemaphorePermit>,
    ending: bool,
}

impl Relay {
    /// Keeps a place among the requests that are served, until the stream ends.
    pub(super) fn hold(&mut self, place: OwnedSemaphorePermit) {
        self.place = Some(place);
    }

    pub(super) fn new(
        first: Bytes,
        rest: Incoming,
        lease: Lease,
        cleared: Cleared,
        account: Account,
        pair: Arc<Pair>,
        limits: &Limits,
    ) -> Relay {
        let idle_max = Duration::from_secs(limits.idle_seconds);
        Relay {
            rest,
            lease: Some(lease),
            pair,
            events: Events::new(cleared.asked().model.clone()),
            cleared,
            account: Some(account),
            first: Some(first),
            idle: Box::pin(tokio::time::sleep(idle_max)),
            idle_max,
            bytes_left: limits.stream_bytes_max,
            place: None,
            ending: false,
        }
    }

    /// The next piece for the caller; nothing once the stream has ended.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.account.is_none() {
            return Poll::Ready(None);
        }
        loop {
            // What follows `[DONE]` says nothing: with the end of the body the connection can be kept.
            if self.events.is_done() && self.first.is_none() {
                let ended = ready!(self.poll_end(context));
                self.finish(ended);
                return Poll::Ready(None);
            }
            let came = match self.first.take() {
                Some(first) => Some(Ok(first)),
                None => ready!(self.poll_backend(context)),
            };
            let mut out = Vec::new();
            match came {
                Some(Ok(bytes)) => {
                    if self.take(&bytes, &mut out).is_err() {
                        return Poll::Ready(Some(self.fail(out)));
                    }
                }
                Some(Err(Unreadable)) => return Poll::Ready(Some(self.fail(out))),
                None => return Poll::Ready(Some(self.fail(out))),
            }
            if !out.is_empty() {
                return Poll::Ready(Some(self.given(out)));
            }
        }
    }

    /// What the backend sends next; a pause that is too long is a failure.
    fn poll_backend(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unreadable>>> {
        loop {
            match Pin::new(&mut self.rest).poll_frame(context) {
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(Unreadable))),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.idle.as_mut().reset(Instant::now() + self.idle_max);
                        return Poll::Ready(Some(Ok(data)));
                    } // a trailer is dropped (E6)
                }
                Poll::Pending => {
                    ready!(self.idle.as_mut().poll(context));
                    return Poll::Ready(Some(Err(Unreadable)));
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Unreadable> {
        self.bytes_left = self.bytes_left.checked_sub(bytes.len() as u64).ok_or(Unreadable)?;
        self.events.push(bytes, self.cleared.redacted().names(), out)
    }

    fn given(&mut self, out: Vec<u8>) -> Bytes {
        if let Some(account) = &mut self.account {
            account.answer_bytes(&out);
        }
        Bytes::from(out)
    }

    /// The stream breaks: nothing is tried again once a byte was answered. One error event, no `[DONE]`.
    fn fail(&mut self, mut out: Vec<u8>) -> Bytes {
        let refusal = Refusal::BackendFailed;
        self.pair.backend().failed();
        self.lease = None;
        if let Some(mut account) = self.account.take() {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(&refusal.body(account.id()));
            out.extend_from_slice(b"\n\n");
            account.answer_bytes(&out);
            account.close(200, Some(refusal.code()));
        }
        Bytes::from(out)
    }

    /// Whether the body ends soon after `[DONE]`.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        if !std::mem::replace(&mut self.ending, true) {
            self.idle.as_mut().reset(Instant::now() + END_MAX);
        }
        self.poll_backend(context).map(|came| came.is_none())
    }

    fn finish(&mut self, ended: bool) {
        if let Some(lease) = self.lease.take().filter(|_| ended) {
            self.pair.backend().give_back(lease);
        }
        if let Some(account) = self.account.take() {
            account.close(200, None);
        }
        self.place = None;
    }
}
