//! Writer: one thread per partition that commits what has gathered, in one write and one fdatasync.
//!
//! Invariant (E2): a waiter hears of an index only after the record is durable; every waiter of a
//! batch that failed hears of the failure. While the disk works on one batch the next one gathers,
//! so batches grow with the load and nobody waits for a timer.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

use super::AuditError;
use super::frame::write_unsealed;
use super::journal::{Journal, Tag};
use super::publisher::Handoff;
use super::record::{Heartbeat, Outcome, Record, Stamp, now_us};

/// Records that may wait for the disk. Those that close a request may fill twice as much: a flood of
/// new requests must not keep the old ones from ending in the log.
const QUEUE_BYTES_MAX: usize = 16 * 1024 * 1024;
const QUEUE_RECORDS_MAX: usize = 16 * 1024;
/// A record that nobody waits for goes with the next batch, or by itself after this.
const LATER_AFTER: Duration = Duration::from_millis(20);
/// Records that must not be lost are tried again after this when the disk failed.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// A buffer that a burst made larger than this is given back.
const BUFFER_BYTES_KEPT: usize = 4 * 1024 * 1024;
/// What the log writes for a caller that left before anything was forwarded.
const CLIENT_GONE: (u16, &str) = (499, "client_gone");

type Waiter = oneshot::Sender<Result<u64, AuditError>>;

/// Whether records can be written at present, and checkpoints.
#[derive(Debug)]
pub(super) struct Health {
    writer: AtomicBool,
    publisher: AtomicBool,
}

impl Health {
    /// All is well until something fails.
    pub(super) fn new() -> Health {
        Health { writer: AtomicBool::new(true), publisher: AtomicBool::new(true) }
    }

    pub(super) fn set_publisher(&self, good: bool) {
        self.publisher.store(good, Ordering::Relaxed);
    }

    pub(super) fn publisher_is_good(&self) -> bool {
        self.publisher.load(Ordering::Relaxed)
    }

    pub(super) fn is_good(&self) -> bool {
        self.writer.load(Ordering::Relaxed) && self.publisher_is_good()
    }
}

/// Records on their way to the disk.
#[derive(Debug, Default)]
struct Batch {
    /// Unsealed frames.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    tags: Vec<Tag>,
    waiters: Vec<Option<Waiter>>,
}

impl Batch {
    fn push(&mut self, record: &[u8], tag: Tag, waiter: Option<Waiter>) {
        write_unsealed(record, &mut self.bytes);
        self.ends.push(self.bytes.len());
        self.tags.push(tag);
        self.waiters.push(waiter);
    }

    fn append(&mut self, mut other: Batch) {
        let base = self.bytes.len();
        self.bytes.append(&mut other.bytes);
        self.ends.extend(other.ends.iter().map(|end| base + end));
        self.tags.append(&mut other.tags);
        self.waiters.append(&mut other.waiters);
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(BUFFER_BYTES_KEPT);
        self.ends.clear();
        self.tags.clear();
        self.waiters.clear();
    }
}

#[derive(Debug, Default)]
struct Queue {
    batch: Batch,
    /// Somebody waits.
    urgent: bool,
    /// When records must go that nobody waits for.
    due: Option<Instant>,
    closing: bool,
    parked: bool,
}

/// What the partition's handles and its writer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) stamp: Arc<Stamp>,
    pub(super) health: Health,
    queue: Mutex<Queue>,
    wake: Condvar,
}

impl Shared {
    /// An empty queue.
    pub(super) fn new(stamp: Arc<Stamp>) -> Shared {
        Shared { stamp, health: Health::new(), queue: Mutex::new(Queue::default()), wake: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a record that somebody waits for.
    pub(super) fn append(self: &Arc<Shared>, record: &Record<'_>) -> Appending {
        let (sender, receiver) = oneshot::channel();
        if let Err(error) = self.enqueue(record, Some(sender)) {
            return Appending { state: State::Refused(error) };
        }
        let abandon = match record {
            Record::Intent(intent) => Some((Arc::clone(self), intent.id.to_owned())),
            Record::Outcome(_)
            | Record::Refusal(_)
            | Record::Recovery(_)
            | Record::Heartbeat(_)
            | Record::Activation(_)
            | Record::Erase(_)
            | Record::Prune(_)
            | Record::Rotate(_) => None,
        };
        Appending { state: State::Waiting { receiver, abandon } }
    }

    /// Queues a record, in canonical form. Written outside the lock: only a copy happens inside.
    pub(super) fn enqueue(&self, record: &Record<'_>, waiter: Option<Waiter>) -> Result<(), AuditError> {
        thread_local! {
            static SCRATCH: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        let tag = match record {
            Record::Intent(intent) => Tag::Intent(intent.id.to_owned()),
            Record::Outcome(outcome) => Tag::Outcome(outcome.intent),
            Record::Refusal(_)
            | Record::Recovery(_)
            | Record::Heartbeat(_)
            | Record::Activation(_)
            | Record::Erase(_)
            | Record::Prune(_)
            | Record::Rotate(_) => Tag::Other,
        };
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            record.write(&self.stamp, scratch)?;
            self.push(scratch, tag, waiter)
        })
    }

    fn push(&self, record: &[u8], tag: Tag, waiter: Option<Waiter>) -> Result<(), AuditError> {
        let mut queue = self.lock();
        let share = if waiter.is_some() { 1 } else { 2 };
        if queue.closing {
            return Err(AuditError::Closed);
        }
        if queue.batch.bytes.len() >= QUEUE_BYTES_MAX * share
            || queue.batch.ends.len() >= QUEUE_RECORDS_MAX * share
        {
            return Err(AuditError::Full);
        }
        let news = if waiter.is_some() {
            !std::mem::replace(&mut queue.urgent, true)
        } else if queue.due.is_none() {
            queue.due = Some(Instant::now() + LATER_AFTER);
            true
        } else {
            false
        };
        queue.batch.push(record, tag, waiter);
        // A futex call only when the writer sleeps and would sleep too long.
        if news && queue.parked {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// No more records: write what is there and end.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// Closes an INTENT whose caller left before anything was forwarded.
    fn abandon(&self, id: &str, intent: u64) {
        let (status, code) = CLIENT_GONE;
        let outcome = Outcome {
            id,
            time_us: now_us(),
            intent,
            attempts: &[],
            pair: None,
            status,
            code: Some(code),
            request_bytes: 0,
            response_bytes: 0,
            response_hmac: None,
            duration_us: 0,
            first_byte_us: None,
        };
        if let Err(error) = self.enqueue(&Record::Outcome(outcome), None) {
            // The INTENT stays open; the next start names it in a RECOVERY.
            tracing::warn!(%error, intent, "an abandoned request stays open in the log");
        }
    }

    /// What is to be written next: at once if somebody waits, else when it is due.
    fn next(&self, spare: Batch, heartbeat_at: Instant) -> Turn {
        let mut queue = self.lock();
        loop {
            let now = Instant::now();
            let due = queue.due.is_some_and(|due| due <= now);
            if queue.urgent || due || (queue.closing && !queue.batch.ends.is_empty()) {
                queue.urgent = false;
                queue.due = None;
                return Turn::Write(std::mem::replace(&mut queue.batch, spare));
            }
            if queue.closing {
                return Turn::End;
            }
            if heartbeat_at <= now {
                return Turn::Heartbeat(spare);
            }
            let until = queue.due.map_or(heartbeat_at, |due| due.min(heartbeat_at));
            queue.parked = true;
            let waited = self.wake.wait_timeout(queue, until - now);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
            queue.parked = false;
        }
    }

    /// Puts records back in front that must not be lost.
    fn put_back(&self, mut kept: Batch) -> usize {
        let count = kept.ends.len();
        if count > 0 {
            let mut queue = self.lock();
            if queue.closing {
                return count;
            }
            kept.append(std::mem::take(&mut queue.batch));
            queue.batch = kept;
            queue.due = Some(Instant::now() + RETRY_AFTER);
        }
        0
    }
}

enum Turn {
    Write(Batch),
    Heartbeat(Batch),
    End,
}

/// A record on its way to the disk: its index, once it is durable.
///
/// Dropping the wait for an INTENT means that nothing is forwarded for it; the log then closes it
/// with an OUTCOME of its own.
#[derive(Debug)]
#[must_use = "nothing may be forwarded before the record is durable"]
pub struct Appending {
    state: State,
}

#[derive(Debug)]
enum State {
    Refused(AuditError),
    Waiting { receiver: oneshot::Receiver<Result<u64, AuditError>>, abandon: Option<(Arc<Shared>, String)> },
}

impl Appending {
    /// Waits on this thread, which must not be one that drives a runtime.
    pub(super) fn wait(mut self) -> Result<u64, AuditError> {
        match std::mem::replace(&mut self.state, State::Refused(AuditError::Closed)) {
            State::Refused(error) => Err(error),
            State::Waiting { receiver, .. } => receiver.blocking_recv().unwrap_or(Err(AuditError::Closed)),
        }
    }
}

impl Future for Appending {
    type Output = Result<u64, AuditError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Refused(error) => Poll::Ready(Err(error.clone())),
            State::Waiting { receiver, abandon } => Pin::new(receiver).poll(context).map(|answer| {
                *abandon = None;
                answer.unwrap_or(Err(AuditError::Closed))
            }),
        }
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        if let State::Waiting { receiver, abandon: Some((shared, id)) } = &mut self.state {
            // Closed first: either the index is here already, or the writer's send fails and the
            // writer closes the INTENT.
            receiver.close();
            if let Ok(Ok(index)) = receiver.try_recv() {
                shared.abandon(id, index);
            }
        }
    }
}

/// The writer's thread.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) journal: Journal,
    pub(super) handoff: Arc<Handoff>,
    /// A quiet partition says that it lives after this.
    pub(super) heartbeat: Duration,
}

impl Writer {
    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut spare = Batch::default();
        let mut heartbeat_at = Instant::now() + self.heartbeat;
        loop {
            spare = match self.shared.next(spare, heartbeat_at) {
                Turn::Write(batch) => self.write(batch),
                Turn::Heartbeat(spare) => {
                    self.beat();
                    spare
                }
                Turn::End => break,
            };
            heartbeat_at = Instant::now() + self.heartbeat;
        }
        self.handoff.close();
    }

    fn beat(&self) {
        let heartbeat = Heartbeat { time_us: now_us(), unauthenticated: &std::collections::BTreeMap::new() };
        if let Err(error) = self.shared.enqueue(&Record::Heartbeat(heartbeat), None) {
            tracing::warn!(%error, "the log could not say that it lives");
        }
    }

    fn write(&mut self, mut batch: Batch) -> Batch {
        let done = if self.handoff.has_room(&self.shared.health) {
            self.journal.commit(&mut batch.bytes, &batch.ends, &batch.tags)
        } else {
            super::journal::Committed { first: 0, count: 0, error: Some(AuditError::Full) }
        };
        let durable = batch.ends.get(..done.count).and_then(<[usize]>::last).copied().unwrap_or(0);
        for ((waiter, tag), index) in
            batch.waiters.iter_mut().zip(&batch.tags).take(done.count).zip(done.first..)
        {
            self.answer(waiter.take(), tag, index);
        }
        self.handoff.push(batch.bytes.get(..durable).unwrap_or_default());
        self.shared.health.writer.store(done.error.is_none(), Ordering::Relaxed);
        if let Some(error) = done.error {
            tracing::error!(%error, "records could not be written");
            self.fail(&mut batch, done.count, &error);
        }
        batch.clear();
        batch
    }

    fn answer(&self, waiter: Option<Waiter>, tag: &Tag, index: u64) {
        let gone = waiter.is_some_and(|waiter| waiter.send(Ok(index)).is_err());
        if let (true, Tag::Intent(id)) = (gone, tag) {
            self.shared.abandon(id, index);
        }
    }

    /// Tells those who wait; keeps what nobody waits for, to be written when the disk is back.
    fn fail(&self, batch: &mut Batch, durable: usize, error: &AuditError) {
        let mut kept = Batch::default();
        let starts = std::iter::once(0).chain(batch.ends.iter().copied());
        let ranges = starts.zip(&batch.ends).zip(&batch.tags).zip(&mut batch.waiters);
        for (((start, end), tag), waiter) in ranges.skip(durable) {
            match waiter.take() {
                Some(waiter) => drop(waiter.send(Err(error.clone()))),
                None => {
                    let record =
                        batch.bytes.get(start + super::frame::HEADER_BYTES..*end).unwrap_or_default();
                    kept.push(record, tag.clone(), None);
                }
            }
        }
        let lost = self.shared.put_back(kept);
        if lost > 0 {
            tracing::error!(
                lost,
                "the log closed while its disk failed; the next start names the open requests"
            );
        }
    }
}
