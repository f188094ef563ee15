//! The body of an answer as a sequence of steps, made as they are sent: ten gigabytes cost no memory.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::openai::Content;

/// Before a break: what was sent has then left our buffers, so that a test can count on its arrival.
const BREAK_PAUSE: Duration = Duration::from_millis(20);

/// One thing that a body does.
pub(super) enum Step {
    Send(Bytes),
    /// Zero lets HTTP flush what it has.
    Pause(Duration),
    Break,
}

type Steps = Box<dyn Iterator<Item = Step> + Send>;

/// A body.
pub(super) struct Script {
    steps: Steps,
    sleep: Option<Pin<Box<Sleep>>>,
    length: Option<u64>,
}

impl Script {
    /// One piece with its length, or event after event, each flushed.
    pub(super) fn of(content: Content) -> Self {
        match content {
            Content::Json(text) => {
                let length = u64::try_from(text.len()).ok();
                Self { length, ..Self::from_steps(std::iter::once(Step::Send(text))) }
            }
            Content::Events(events) => {
                let flushed = |event: String| [Step::Send(event.into()), Step::Pause(Duration::ZERO)];
                Self::from_steps(events.flat_map(flushed))
            }
        }
    }

    pub(super) fn empty() -> Self {
        Self { length: Some(0), ..Self::from_steps(std::iter::empty()) }
    }

    fn from_steps(steps: impl Iterator<Item = Step> + Send + 'static) -> Self {
        Self { steps: Box::new(steps), sleep: None, length: None }
    }

    /// So many events; of a body that is one piece, half of it.
    pub(super) fn broken_after(self, events: usize) -> Self {
        let length = self.length;
        let end = [Step::Pause(BREAK_PAUSE), Step::Break];
        let broken = match length {
            Some(_) => Self::from_steps(self.steps.map(halved).chain(end)),
            None => {
                let sent = self.steps.filter(|step| matches!(step, Step::Send(_))).take(events);
                Self::from_steps(sent.flat_map(|step| [step, Step::Pause(Duration::ZERO)]).chain(end))
            }
        };
        Self { length, ..broken }
    }

    pub(super) fn slowed(self, pause: Duration) -> Self {
        let slow = move |step| match step {
            Step::Send(_) => [Some(Step::Pause(pause)), Some(step)],
            Step::Pause(_) | Step::Break => [Some(step), None],
        };
        Self { length: self.length, ..Self::from_steps(self.steps.flat_map(slow).flatten()) }
    }

    /// The same bytes in other pieces, none of which knows where an event ends.
    pub(super) fn split_every(self, bytes: usize) -> Self {
        let pieces = Pieces { steps: self.steps, bytes: bytes.max(1), held: VecDeque::new(), flush: false };
        Self::from_steps(pieces)
    }
}

fn halved(step: Step) -> Step {
    match step {
        Step::Send(bytes) => Step::Send(bytes.slice(..bytes.len() / 2)),
        Step::Pause(_) | Step::Break => step,
    }
}

/// Cuts a sequence of pieces anew.
struct Pieces {
    steps: Steps,
    bytes: usize,
    held: VecDeque<u8>,
    flush: bool,
}

impl Iterator for Pieces {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if std::mem::take(&mut self.flush) {
            return Some(Step::Pause(Duration::ZERO));
        }
        while self.held.len() < self.bytes {
            match self.steps.next() {
                Some(Step::Send(bytes)) => self.held.extend(bytes),
                Some(Step::Pause(_)) => {}
                Some(Step::Break) => return Some(Step::Break),
                None => break,
            }
        }
        let piece = self.held.copy_to_bytes(self.held.len().min(self.bytes));
        self.flush = !piece.is_empty();
        self.flush.then_some(Step::Send(piece))
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            match self.steps.next() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Break) => return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
                Some(Step::Pause(Duration::ZERO)) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Pause(pause)) => self.sleep = Some(Box::pin(tokio::time::sleep(pause))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
