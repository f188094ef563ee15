//! What an engine did, and on what: for metrics and logs.
//!
//! Invariant: counts and names of devices, never a content.

use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::{Fault, Unavailable};

/// What an engine did since it was made. Clones of an engine share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The device, with its compute capability; none if the engine was made without one.
    pub device: Option<String>,
    /// Why the engine was made without one, if one was asked for.
    pub unavailable: Option<Unavailable>,
    /// What the device was lost to. It gets no texts until the process starts again.
    pub quarantined: Option<Fault>,
    /// Texts of so many bytes and more go to the device while it is idle, as measured when the engine was
    /// made; none if the processor was always faster, or if it was not measured.
    pub device_from: Option<usize>,
    /// Faults of the device, 0 or 1: after the first it is quarantined.
    pub device_errors: u64,
    /// Launches that were answered.
    pub batches: u64,
    /// Texts that were read on the device.
    pub texts: u64,
    /// Bytes of these texts.
    pub bytes: u64,
    /// Texts that were read on the processor instead, by reason.
    pub to_cpu: ToCpu,
}

/// Why texts were read on the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToCpu {
    /// The processor is faster with so few bytes.
    pub small: u64,
    /// Longer than a slot of the ring.
    pub large: u64,
    /// No slot was free.
    pub full: u64,
    /// The device found more places than it can list.
    pub overflow: u64,
    /// The device was lost while the text was on its way.
    pub failed: u64,
    /// The device was lost before.
    pub quarantined: u64,
}

/// Why a text is read on the processor; one counter each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Small,
    Large,
    Full,
    Overflow,
    Failed,
    Quarantined,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) device_errors: AtomicU64,
    pub(super) batches: AtomicU64,
    texts: AtomicU64,
    bytes: AtomicU64,
    to_cpu: [AtomicU64; 6],
}

impl Counters {
    /// A text was read on the device.
    pub(super) fn on_device(&self, bytes: usize) {
        self.texts.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A text was read on the processor.
    pub(super) fn on_cpu(&self, reason: Reason) {
        if let Some(counter) = self.to_cpu.get(reason as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Forgets what was done before the engine was ready.
    pub(super) fn reset(&self) {
        let all = [&self.device_errors, &self.batches, &self.texts, &self.bytes];
        all.into_iter().chain(&self.to_cpu).for_each(|counter| counter.store(0, Ordering::Relaxed));
    }

    pub(super) fn status(&self) -> Status {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [small, large, full, overflow, failed, lost] = self.to_cpu.each_ref().map(read);
        Status {
            device_errors: read(&self.device_errors),
            batches: read(&self.batches),
            texts: read(&self.texts),
            bytes: read(&self.bytes),
            to_cpu: ToCpu { small, large, full, overflow, failed, quarantined: lost },
            ..Status::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_count() {
        let counters = Counters::default();
        let reasons = [
            Reason::Small,
            Reason::Large,
            Reason::Full,
            Reason::Overflow,
            Reason::Failed,
            Reason::Quarantined,
        ];
        for (times, reason) in reasons.into_iter().enumerate() {
            (0..=times).for_each(|_| counters.on_cpu(reason));
        }
        counters.on_device(7);
        let status = counters.status();
        let expected = ToCpu { small: 1, large: 2, full: 3, overflow: 4, failed: 5, quarantined: 6 };
        assert_eq!((status.to_cpu, status.texts, status.bytes), (expected, 1, 7));
    }
}
