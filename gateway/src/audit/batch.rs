//! Batch: records on their way to the disk, and who waits for each.
//!
//! Invariant: every caller that waits is answered exactly once: [`Waits::tell`] takes the way to it.

use tokio::sync::oneshot;

use super::AuditError;
use super::frame::{HEADER_BYTES, write_unsealed};
use super::journal::Tag;

/// A buffer that a burst made larger than this is given back.
const BUFFER_BYTES_KEPT: usize = 4 * 1024 * 1024;

/// The way to a caller that waits.
pub(super) type Waiter = oneshot::Sender<Result<u64, AuditError>>;

/// Who waits for a record.
#[derive(Debug)]
pub(super) enum Waits {
    /// Nobody: it must not be lost.
    Nobody,
    /// Its caller.
    Caller(Waiter),
    /// A caller that was told already that the disk does not answer.
    Told,
}

/// Whether a caller heard its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Yes,
    /// It left before.
    Gone,
    /// It was told something else before.
    TooLate,
}

impl Waits {
    /// Answers.
    pub(super) fn tell(&mut self, answer: Result<u64, AuditError>) -> Heard {
        match std::mem::replace(self, Waits::Told) {
            Waits::Nobody => {
                *self = Waits::Nobody;
                Heard::Yes
            }
            Waits::Caller(waiter) => waiter.send(answer).map_or(Heard::Gone, |()| Heard::Yes),
            Waits::Told => Heard::TooLate,
        }
    }

    /// Tells a caller that its record does not count as written; whoever was told stays told.
    pub(super) fn refuse(&mut self, error: &AuditError) {
        if let Waits::Caller(_) = self {
            // Gone or not: nothing is forwarded for a record without an index.
            let _ = self.tell(Err(error.clone()));
        }
    }
}

/// Records in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Unsealed frames.
    pub(super) bytes: Vec<u8>,
    /// Where each ends.
    pub(super) ends: Vec<usize>,
    pub(super) tags: Vec<Tag>,
    pub(super) waits: Vec<Waits>,
}

impl Batch {
    pub(super) fn push(&mut self, record: &[u8], tag: Tag, waits: Waits) {
        write_unsealed(record, &mut self.bytes);
        self.ends.push(self.bytes.len());
        self.tags.push(tag);
        self.waits.push(waits);
    }

    pub(super) fn append(&mut self, mut other: Batch) {
        let base = self.bytes.len();
        self.bytes.append(&mut other.bytes);
        self.ends.extend(other.ends.iter().map(|end| base + end));
        self.tags.append(&mut other.tags);
        self.waits.append(&mut other.waits);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The frames of its first `count` records.
    pub(super) fn frames(&self, count: usize) -> &[u8] {
        let end = self.ends.get(..count).and_then(<[usize]>::last).copied().unwrap_or(0);
        self.bytes.get(..end).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(BUFFER_BYTES_KEPT);
        self.ends.clear();
        self.tags.clear();
        self.waits.clear();
    }

    /// Takes out what nobody waits for, from record `start` on, if `wanted` says so too. Everybody
    /// else from there on is told the error.
    pub(super) fn keep(&mut self, start: usize, error: &AuditError, wanted: impl Fn(&Tag) -> bool) -> Batch {
        let mut kept = Batch::default();
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let records = starts.zip(&self.ends).zip(&self.tags).zip(&mut self.waits);
        for (((from, to), tag), waits) in records.skip(start) {
            waits.refuse(error);
            if matches!(waits, Waits::Nobody) && wanted(tag) {
                let record = self.bytes.get(from + HEADER_BYTES..*to).unwrap_or_default();
                kept.push(record, tag.clone(), Waits::Nobody);
            }
        }
        kept
    }
}
