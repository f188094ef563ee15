//! Writer: one thread per partition that commits what has gathered, in one write and one fdatasync.
//!
//! Invariant (E2): a waiter hears of an index only after the record is durable; every waiter of a
//! batch that failed hears of the failure. While the disk works on one batch the next one gathers,
//! so batches grow with the load and nobody waits for a timer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

use super::AuditError;
use super::batch::{Batch, Heard, Waits};
use super::journal::{Committed, Journal, Tag};
use super::publisher::Handoff;
use super::record::{Heartbeat, Outcome, Record, Stamp, now_us};
use super::reserve::{Reserve, is_full};
use super::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// Records that may wait for the disk. Those that close a request may fill twice as much: a flood of
/// new requests must not keep the old ones from ending in the log.
const QUEUE_BYTES_MAX: usize = 16 * 1024 * 1024;
const QUEUE_RECORDS_MAX: usize = 16 * 1024;
/// A record that nobody waits for goes with the next batch, or by itself after this.
const LATER_AFTER: Duration = Duration::from_millis(20);
/// Records that must not be lost are tried again after this when the disk failed.
pub(super) const RETRY_AFTER: Duration = Duration::from_millis(250);
/// A disk that works on one batch for so long is stuck: whoever waits is refused, and whoever comes.
/// Disks that a hypervisor moves or throttles may take a second; a request should not take longer.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(2);
/// What the log writes for a caller that left before anything was forwarded.
const CLIENT_GONE: (u16, &str) = (499, "client_gone");
/// And for one that was refused because the disk was stuck, when it is not any more.
const REFUSED: (u16, &str) = (503, "audit_unavailable");

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

#[derive(Debug, Default)]
struct Queue {
    batch: Batch,
    /// Somebody waits.
    urgent: bool,
    /// When records must go that nobody waits for.
    due: Option<Instant>,
    closing: bool,
    parked: bool,
    /// Since when the disk works on a batch.
    working: Option<Instant>,
    /// Who waits for that batch: here, so that they can be told when it takes too long.
    under_way: Vec<Waits>,
}

impl Queue {
    fn is_stuck(&self, after: Duration) -> bool {
        self.working.is_some_and(|since| since.elapsed() >= after)
    }
}

/// What the partition's handles and its writer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) stamp: Arc<Stamp>,
    pub(super) health: Health,
    /// Zero in a test that lets a disk be stuck at any moment.
    pub(super) stuck_after: Duration,
    queue: Mutex<Queue>,
    wake: Condvar,
}

impl Shared {
    /// An empty queue.
    pub(super) fn new(stamp: Arc<Stamp>) -> Shared {
        let (queue, wake) = (Mutex::new(Queue::default()), Condvar::new());
        Shared { stamp, health: Health::new(), stuck_after: STUCK_AFTER, queue, wake }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a record that somebody waits for.
    pub(super) fn append(self: &Arc<Shared>, record: &Record<'_>) -> Appending {
        let (sender, receiver) = oneshot::channel();
        if let Err(error) = self.enqueue(record, Waits::Caller(sender)) {
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
    pub(super) fn enqueue(&self, record: &Record<'_>, waits: Waits) -> Result<(), AuditError> {
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
        let mut scratch = SCRATCH.take();
        scratch.clear();
        let written = record.write(&self.stamp, &mut scratch).and_then(|()| self.push(&scratch, tag, waits));
        SCRATCH.set(scratch);
        written
    }

    fn push(&self, record: &[u8], tag: Tag, waits: Waits) -> Result<(), AuditError> {
        let mut queue = self.lock();
        let waited = matches!(waits, Waits::Caller(_));
        let share = if waited { 1 } else { 2 };
        if queue.closing {
            return Err(AuditError::Closed);
        }
        if waited && queue.is_stuck(self.stuck_after) {
            return Err(AuditError::Stuck);
        }
        if queue.batch.bytes.len() >= QUEUE_BYTES_MAX * share
            || queue.batch.len() >= QUEUE_RECORDS_MAX * share
        {
            return Err(AuditError::Full);
        }
        let news = if waited {
            !std::mem::replace(&mut queue.urgent, true)
        } else if queue.due.is_none() {
            queue.due = Some(Instant::now() + LATER_AFTER);
            true
        } else {
            false
        };
        queue.batch.push(record, tag, waits);
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

    /// Closes an INTENT for which nothing was forwarded.
    fn abandon(&self, id: &str, intent: u64, (status, code): (u16, &'static str)) {
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
        if let Err(error) = self.enqueue(&Record::Outcome(outcome), Waits::Nobody) {
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
            if queue.urgent || due || (queue.closing && !queue.batch.is_empty()) {
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

    /// The disk gets to work on a batch.
    fn begin(&self, batch: &mut Batch) {
        let mut queue = self.lock();
        queue.working = Some(Instant::now());
        queue.under_way = std::mem::take(&mut batch.waits);
    }

    /// It is done with it, in whatever way.
    fn finish(&self, batch: &mut Batch) {
        let mut queue = self.lock();
        queue.working = None;
        batch.waits = std::mem::take(&mut queue.under_way);
    }

    /// Refuses everybody who waits when the disk has been at work for too long; tells how many. What
    /// was queued for them goes; what is under way may become durable yet, and is closed then.
    pub(super) fn refuse_if_stuck(&self) -> usize {
        let mut queue = self.lock();
        if !queue.is_stuck(self.stuck_after) {
            return 0;
        }
        self.health.writer.store(false, Ordering::Relaxed);
        let waiting = |waits: &Waits| matches!(waits, Waits::Caller(_));
        let count = queue.under_way.iter().chain(&queue.batch.waits).filter(|waits| waiting(waits)).count();
        if count > 0 {
            queue.under_way.iter_mut().for_each(|waits| waits.refuse(&AuditError::Stuck));
            queue.batch = queue.batch.keep(0, &AuditError::Stuck, |_| true);
            queue.urgent = false;
        }
        count
    }

    /// Puts records back in front that must not be lost. Says how many are lost all the same.
    fn put_back(&self, mut kept: Batch) -> usize {
        let count = kept.len();
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
                shared.abandon(id, index, CLIENT_GONE);
            }
        }
    }
}

/// The writer's thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    journal: Journal,
    reserve: Reserve,
    handoff: Arc<Handoff>,
    /// A quiet partition says that it lives after this.
    heartbeat: Duration,
    /// Why no request is taken, and when that is looked at again.
    refusing: Option<(AuditError, Instant)>,
}

impl Writer {
    /// A thread that has not begun.
    pub(super) fn new(
        shared: &Arc<Shared>,
        journal: Journal,
        reserve: Reserve,
        handoff: &Arc<Handoff>,
        heartbeat: Duration,
    ) -> Writer {
        let (shared, handoff) = (Arc::clone(shared), Arc::clone(handoff));
        Writer { shared, journal, reserve, handoff, heartbeat, refusing: None }
    }

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
        self.journal.end();
        self.handoff.close();
    }

    fn beat(&self) {
        let heartbeat = Heartbeat { time_us: now_us(), unauthenticated: &std::collections::BTreeMap::new() };
        if let Err(error) = self.shared.enqueue(&Record::Heartbeat(heartbeat), Waits::Nobody) {
            tracing::warn!(%error, "the log could not say that it lives");
        }
    }

    fn write(&mut self, mut batch: Batch) -> Batch {
        // Between these two the caller of a stuck disk is answered by the watch.
        self.shared.begin(&mut batch);
        let done = self.commit(&mut batch);
        self.shared.finish(&mut batch);
        // A crash here: the records are durable and nobody knows. Nothing was forwarded; the next start
        // names the requests. A crash between two answers is the same for those who were not told.
        let heard = batch.waits.iter_mut().zip(&batch.tags).take(done.count).zip(done.first..);
        heard.for_each(|((waits, tag), index)| self.answer(waits, tag, index));
        // A crash from here on: the next start takes the frames into the tree and signs.
        self.handoff.push(batch.frames(done.count));
        self.shared.health.writer.store(done.error.is_none(), Ordering::Relaxed);
        if let Some(error) = done.error {
            tracing::error!(%error, "records could not be written");
            self.fail(&mut batch, done.count, &error);
        }
        batch.clear();
        batch
    }

    fn commit(&mut self, batch: &mut Batch) -> Committed {
        let nothing = |error| Committed { first: 0, count: 0, error: Some(error) };
        if let Err(error) = self.make_whole() {
            return nothing(error);
        }
        if !self.handoff.has_room(&self.shared.health) {
            return nothing(AuditError::Full);
        }
        self.journal.commit(&mut batch.bytes, &batch.ends, &batch.tags)
    }

    /// Requests are taken only while the reserve is whole: what opens must be able to close. It is
    /// tried now and then, not for every request: a refusal must be quick.
    fn make_whole(&mut self) -> Result<(), AuditError> {
        if self.reserve.is_whole() {
            return Ok(());
        }
        if let Some((error, until)) = &self.refusing
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        let filled = self.reserve.fill();
        self.refusing = filled.as_ref().err().map(|error| (error.clone(), Instant::now() + RETRY_AFTER));
        filled
    }

    fn answer(&self, waits: &mut Waits, tag: &Tag, index: u64) {
        match (waits.tell(Ok(index)), tag) {
            (Heard::Gone, Tag::Intent(id)) => self.shared.abandon(id, index, CLIENT_GONE),
            (Heard::TooLate, Tag::Intent(id)) => self.shared.abandon(id, index, REFUSED),
            (Heard::Yes | Heard::Gone | Heard::TooLate, Tag::Intent(_) | Tag::Outcome(_) | Tag::Other) => {}
        }
    }

    /// Tells those who wait. What nobody waits for must not be lost: OUTCOMEs go to the reserve when
    /// the disk is full, and what is left then stays in memory until the disk is back.
    fn fail(&mut self, batch: &mut Batch, durable: usize, error: &AuditError) {
        let mut kept = batch.keep(durable, error, |_| true);
        if is_full(error) {
            self.refusing = Some((error.clone(), Instant::now() + RETRY_AFTER));
            kept = self.close_on_reserve(kept, error);
        }
        if kept.is_empty() {
            // Nothing else would try the disk again before the next request, which a balancer may
            // keep away from a node that is not well.
            return self.beat();
        }
        let lost = self.shared.put_back(kept);
        if lost > 0 {
            tracing::error!(
                lost,
                "the log closed while its disk failed; the next start names the open requests"
            );
        }
    }

    /// Writes OUTCOMEs into the room that the reserve gives back. Says what is left to write.
    fn close_on_reserve(&mut self, mut kept: Batch, error: &AuditError) -> Batch {
        let closes = |tag: &Tag| matches!(tag, Tag::Outcome(_));
        let mut closing = kept.keep(0, error, closes);
        let mut rest = kept.keep(0, error, |tag| !closes(tag));
        self.shared.begin(&mut closing);
        while !closing.is_empty() {
            let done = self.journal.commit(&mut closing.bytes, &closing.ends, &closing.tags);
            self.handoff.push(closing.frames(done.count));
            closing.waits.resize_with(closing.len(), || Waits::Nobody);
            closing = closing.keep(done.count, error, |_| true);
            match done.error {
                Some(error) if is_full(&error) && self.reserve.give(closing.bytes.len()) => {}
                Some(_) | None => break,
            }
        }
        self.shared.finish(&mut Batch::default());
        closing.append(std::mem::take(&mut rest));
        closing
    }
}
