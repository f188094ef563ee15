//! The ring: a fixed number of slots that callers fill and the owner of the device launches.
//!
//! Invariant: no more texts wait than the slots hold; when they are full, a caller is told so at once. A
//! slot is launched when nobody writes to it any more, and written to only while it is open. After a fault
//! nothing is taken in, and every batch is answered.
//!
//! A slot goes from free to open (callers write), loaded (no more texts; some may still be written),
//! flying (on the device), and back to free.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batch::{Answer, Batch, Place, room};
use super::device::Load;
use super::fault::Fault;

/// When a batch is closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) slots: usize,
    /// What a slot holds.
    pub(super) slot_bytes: usize,
    /// So many bytes are a batch, also while the device is busy.
    pub(super) batch_bytes: usize,
    /// No text waits longer for others.
    pub(super) age_max: Duration,
    /// So many launches are under way at once: one is copied while the other is read.
    pub(super) flying_max: usize,
}

/// Why a text was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// No slot is free.
    Full,
    /// It is longer than a slot.
    TooLong,
    /// The device is lost.
    Quarantined,
}

/// What the owner is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Launch(Load),
    /// Nothing to launch.
    Idle,
    /// The engine is being dropped.
    Stop,
}

pub(super) struct Ring {
    limits: Limits,
    state: Mutex<State>,
    /// Something for the owner to do.
    work: Condvar,
}

struct State {
    slots: Vec<Slot>,
    free: VecDeque<usize>,
    open: Option<usize>,
    loaded: VecDeque<usize>,
    flying: usize,
    sequence: u32,
    stopped: bool,
    fault: Option<Fault>,
}

#[derive(Default)]
struct Slot {
    bytes: usize,
    writers: usize,
    opened: Option<Instant>,
    batch: Arc<Batch>,
}

impl Ring {
    pub(super) fn new(limits: Limits) -> Ring {
        let state = State {
            slots: (0..limits.slots).map(|_| Slot::default()).collect(),
            free: (0..limits.slots).collect(),
            open: None,
            loaded: VecDeque::with_capacity(limits.slots),
            flying: 0,
            sequence: 0,
            stopped: false,
            fault: None,
        };
        Ring { limits, state: Mutex::new(state), work: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for a text of `length` bytes. The caller writes it, and says so with [`Ring::written`].
    pub(super) fn reserve(&self, length: usize) -> Result<Place, Refused> {
        let room = room(length);
        if room > self.limits.slot_bytes {
            return Err(Refused::TooLong);
        }
        let mut state = self.lock();
        if state.fault.is_some() || state.stopped {
            return Err(Refused::Quarantined);
        }
        let fits = |slot: &Slot| slot.bytes + room <= self.limits.slot_bytes;
        if state.open.and_then(|index| state.slots.get(index)).is_some_and(|slot| !fits(slot)) {
            state.close();
            self.work.notify_one();
        }
        let index = match state.open {
            Some(index) => index,
            None => state.open_one().ok_or(Refused::Full)?,
        };
        let slot = state.slots.get_mut(index).ok_or(Refused::Full)?;
        let place = Place { slot: index, start: slot.bytes, batch: Arc::clone(&slot.batch) };
        slot.bytes += room;
        slot.writers += 1;
        Ok(place)
    }

    /// A text that room was reserved for is written.
    pub(super) fn written(&self, place: &Place) {
        let mut state = self.lock();
        if let Some(slot) = state.slots.get_mut(place.slot) {
            slot.writers = slot.writers.saturating_sub(1);
        }
        self.work.notify_one();
    }

    /// What the owner is to do; waits for it for `patience` if there is nothing.
    pub(super) fn next(&self, patience: Duration) -> Next {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if state.stopped {
                return Next::Stop;
            }
            if let Some(load) = state.fault.is_none().then(|| state.load(&self.limits, now)).flatten() {
                return Next::Launch(load);
            }
            let due = state.open.and_then(|index| state.slots.get(index)?.opened);
            // Only while the device is busy does a batch wait for its age.
            let due = due.filter(|_| state.flying > 0 && state.flying < self.limits.flying_max);
            let wake = due.map_or(until, |opened| until.min(opened + self.limits.age_max));
            let left = wake.saturating_duration_since(now);
            if left.is_zero() {
                return Next::Idle;
            }
            (state, _) = self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A launch has come back: its batch is answered, its slot is free.
    pub(super) fn landed(&self, load: Load, answer: Answer) {
        let mut state = self.lock();
        let batch = state.slots.get_mut(load.slot).map(|slot| std::mem::take(slot).batch);
        state.free.push_back(load.slot);
        state.flying = state.flying.saturating_sub(1);
        drop(state);
        batch.unwrap_or_default().answer(answer);
    }

    /// The device is lost: nothing is taken in any more, and everybody who waits reads on the processor.
    /// The first fault stays. Says whether this was it.
    pub(super) fn quarantine(&self, fault: Fault) -> bool {
        let mut state = self.lock();
        let first = state.fault.is_none();
        state.fault.get_or_insert(fault);
        state.open = None;
        let batches: Vec<_> = state.slots.iter().map(|slot| Arc::clone(&slot.batch)).collect();
        drop(state);
        for batch in batches {
            batch.answer(Answer::Failed);
        }
        self.work.notify_one();
        first
    }

    /// What the device was lost to.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.lock().fault.clone()
    }

    /// The engine is being dropped.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_one();
    }

    /// Bytes that wait or are under way.
    pub(super) fn waiting(&self) -> usize {
        self.lock().slots.iter().map(|slot| slot.bytes).sum()
    }
}

impl State {
    fn open_one(&mut self) -> Option<usize> {
        let index = self.free.pop_front()?;
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Slot { opened: Some(Instant::now()), ..Slot::default() };
        }
        self.open = Some(index);
        Some(index)
    }

    fn close(&mut self) {
        self.loaded.extend(self.open.take());
    }

    /// The next slot to launch, which is flying from then on.
    fn load(&mut self, limits: &Limits, now: Instant) -> Option<Load> {
        if self.flying >= limits.flying_max {
            return None;
        }
        let due = |slot: &Slot| {
            let old =
                slot.opened.is_some_and(|opened| now.saturating_duration_since(opened) >= limits.age_max);
            slot.bytes > 0 && (self.flying == 0 || slot.bytes >= limits.batch_bytes || old)
        };
        // One whose first text is still being written stays open: others may join it meanwhile.
        let open = self.open.and_then(|index| self.slots.get(index));
        if open.is_some_and(|slot| slot.writers == 0 && due(slot)) {
            self.close();
        }
        let quiet = |index: &usize| self.slots.get(*index).is_some_and(|slot| slot.writers == 0);
        let position = self.loaded.iter().position(quiet)?;
        let slot = self.loaded.remove(position)?;
        self.flying += 1;
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let bytes = self.slots.get(slot).map_or(0, |slot| slot.bytes);
        Some(Load { slot, bytes, sequence: self.sequence })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        slots: 4,
        slot_bytes: 1024,
        batch_bytes: 512,
        age_max: Duration::from_secs(3600),
        flying_max: 2,
    };

    fn put(ring: &Ring, length: usize) -> Result<Place, Refused> {
        let place = ring.reserve(length)?;
        ring.written(&place);
        Ok(place)
    }

    fn launch(ring: &Ring) -> Option<Load> {
        match ring.next(Duration::ZERO) {
            Next::Launch(load) => Some(load),
            Next::Idle | Next::Stop => None,
        }
    }

    #[test]
    fn an_idle_device_gets_the_first_text_at_once_and_a_busy_one_gets_batches() {
        let ring = Ring::new(LIMITS);
        put(&ring, 10).unwrap();
        assert_eq!(launch(&ring), Some(Load { slot: 0, bytes: 128, sequence: 1 }));
        for _ in 0..3 {
            put(&ring, 10).unwrap();
            assert_eq!(launch(&ring), None);
        }
        put(&ring, 10).unwrap();
        assert_eq!(launch(&ring), Some(Load { slot: 1, bytes: 512, sequence: 2 }));
    }

    #[test]
    fn a_busy_device_gets_a_small_batch_when_it_is_old() {
        let ring = Ring::new(Limits { age_max: Duration::from_millis(5), ..LIMITS });
        put(&ring, 10).unwrap();
        launch(&ring).unwrap();
        put(&ring, 10).unwrap();
        let next = ring.next(Duration::from_secs(60));
        assert_eq!(next, Next::Launch(Load { slot: 1, bytes: 128, sequence: 2 }));
    }

    #[test]
    fn no_more_are_flying_than_may_and_a_full_ring_says_so() {
        let ring = Ring::new(LIMITS);
        for slot in 0..4 {
            assert_eq!(put(&ring, 900).unwrap().slot, slot);
        }
        assert_eq!(put(&ring, 900).unwrap_err(), Refused::Full);
        assert_eq!(put(&ring, 961).unwrap_err(), Refused::TooLong);
        let first = launch(&ring).unwrap();
        launch(&ring).unwrap();
        assert_eq!(launch(&ring), None);
        ring.landed(first, Answer::Overflow);
        assert_eq!(launch(&ring).unwrap().slot, 2);
        assert_eq!(put(&ring, 900).unwrap().slot, 0);
    }

    #[test]
    fn a_slot_that_is_being_written_to_is_not_launched() {
        let ring = Ring::new(LIMITS);
        let place = ring.reserve(10).unwrap();
        let other = put(&ring, 10).unwrap();
        assert_eq!((other.slot, other.start), (0, 128));
        assert_eq!(launch(&ring), None);
        ring.written(&place);
        assert_eq!(launch(&ring), Some(Load { slot: 0, bytes: 256, sequence: 1 }));
    }

    #[test]
    fn after_a_fault_everybody_has_an_answer_and_nothing_is_taken_in() {
        let ring = Ring::new(LIMITS);
        let places = [put(&ring, 900).unwrap(), put(&ring, 900).unwrap(), put(&ring, 10).unwrap()];
        let load = launch(&ring).unwrap();
        assert!(ring.quarantine(Fault::Stopped));
        assert!(!ring.quarantine(Fault::Timeout(1)));
        assert_eq!(ring.fault(), Some(Fault::Stopped));
        assert!(places.iter().all(|place| place.batch.wait(Duration::ZERO) == Some(&Answer::Failed)));
        ring.landed(load, Answer::Overflow);
        assert_eq!(places.first().unwrap().batch.wait(Duration::ZERO), Some(&Answer::Failed));
        assert_eq!(put(&ring, 1).unwrap_err(), Refused::Quarantined);
        assert_eq!(launch(&ring), None);
    }

    #[test]
    fn many_callers_and_one_owner_lose_no_text() {
        let ring = Ring::new(Limits { age_max: Duration::from_micros(50), ..LIMITS });
        let (mut taken, mut refused) = (0, 0);
        std::thread::scope(|scope| {
            let owner = scope.spawn(|| {
                let mut flying = VecDeque::new();
                loop {
                    match ring.next(Duration::from_millis(1)) {
                        Next::Launch(load) => flying.push_back(load),
                        Next::Idle => {}
                        Next::Stop => break,
                    }
                    if let Some(load) = flying.pop_front() {
                        ring.landed(load, Answer::Overflow);
                    }
                }
            });
            let callers: Vec<_> = (0..4)
                .map(|caller| {
                    let ring = &ring;
                    scope.spawn(move || {
                        let put = |number: usize| match put(ring, (number * 37 + caller) % 900) {
                            Ok(place) => place.batch.wait(Duration::from_secs(30)).is_some(),
                            Err(refused) => {
                                assert_eq!(refused, Refused::Full);
                                false
                            }
                        };
                        (0..2000).filter(|&number| put(number)).count()
                    })
                })
                .collect();
            for caller in callers {
                let count = caller.join().unwrap();
                (taken, refused) = (taken + count, refused + 2000 - count);
            }
            ring.stop();
            owner.join().unwrap();
        });
        assert!(taken > 0 && taken + refused == 8000, "{taken} {refused}");
        assert_eq!(ring.waiting(), 0);
    }
}
