//! A batch: the texts of one launch, and the one answer that all of them wait for.
//!
//! Invariant: a batch is answered once and wakes everybody who waits. Whoever waits does so for a bounded
//! time, and an answer that does not come is a fault.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::families::BLOCK_BYTES;

const BLOCK: usize = BLOCK_BYTES as usize;
/// Looks at an answer before a thread goes to sleep: a launch takes some 10 µs, waking up takes longer.
const SPINS: u32 = 1000;

/// What the device says of a launch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The bytes of the slot at which the device found something, in order.
    Hits(Vec<u32>),
    /// More hits than there is room for: the texts are to be read on the processor.
    Overflow,
    /// The device is lost: likewise.
    Failed,
}

/// The texts of one launch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    answer: OnceLock<Answer>,
    asleep: Mutex<()>,
    answered: Condvar,
}

impl Batch {
    /// Says what came out. A second answer is not heard.
    pub(super) fn answer(&self, answer: Answer) {
        if self.answer.set(answer).is_ok() {
            // With the lock, so that nobody is between looking and going to sleep.
            let _asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
            self.answered.notify_all();
        }
    }

    /// The answer, as soon as there is one; none after `limit`.
    pub(super) fn wait(&self, limit: Duration) -> Option<&Answer> {
        for _look in 0..SPINS {
            if let Some(answer) = self.answer.get() {
                return Some(answer);
            }
            std::hint::spin_loop();
        }
        let until = Instant::now() + limit;
        let mut asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        while self.answer.get().is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            (asleep, _) = self.answered.wait_timeout(asleep, left).unwrap_or_else(PoisonError::into_inner);
        }
        self.answer.get()
    }
}

/// Where a text stands in a slot, and the batch that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) slot: usize,
    pub(super) start: usize,
    pub(super) batch: Arc<Batch>,
}

/// Bytes that a text takes in a slot: up to the next block, and a block of NUL behind it.
pub(super) fn room(length: usize) -> usize {
    length.next_multiple_of(BLOCK).saturating_add(BLOCK)
}

/// What the device said about one text of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'b> {
    pub(super) hits: &'b [u32],
    start: usize,
}

impl<'b> Part<'b> {
    /// The part of an answer that is about the `length` bytes from `start` on.
    pub(super) fn new(hits: &'b [u32], start: usize, length: usize) -> Part<'b> {
        let from = hits.partition_point(|&hit| (hit as usize) < start);
        let to = hits.partition_point(|&hit| (hit as usize) < start + length);
        Part { hits: hits.get(from..to).unwrap_or_default(), start }
    }

    /// The place of a hit in the text.
    pub(super) fn place(&self, hit: u32) -> usize {
        (hit as usize).saturating_sub(self.start)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_answer_wakes_everybody_and_a_second_one_is_not_heard() {
        let batch = Batch::default();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| batch.wait(Duration::from_secs(30)) == Some(&Answer::Overflow)))
                .collect();
            std::thread::sleep(Duration::from_millis(5));
            batch.answer(Answer::Overflow);
            batch.answer(Answer::Failed);
            assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
        });
    }

    #[test]
    fn an_answer_that_does_not_come_is_waited_for_no_longer_than_said() {
        assert_eq!(Batch::default().wait(Duration::from_millis(2)), None);
    }

    #[test]
    fn behind_each_text_is_room_for_a_block_of_nul() {
        for (length, expected) in [(0, 64), (1, 128), (64, 128), (65, 192), (usize::MAX - 63, usize::MAX)] {
            assert_eq!(room(length), expected, "{length}");
        }
    }

    #[test]
    fn a_text_sees_its_own_hits_alone() {
        let hits = [0, 63, 128, 130, 256];
        let part = Part::new(&hits, 128, 100);
        assert_eq!(part.hits.iter().map(|&hit| part.place(hit)).collect::<Vec<_>>(), [0, 2]);
    }
}
