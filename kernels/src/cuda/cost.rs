//! Cost: who is faster with so many bytes?
//!
//! Invariant: measured once, when the engine is made, in integers; the same bytes always have the same
//! answer, so that what an engine does can be repeated.

use std::time::Duration;

/// Who reads a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// Whoever was measured to be faster with so many bytes, the device or the processor.
    #[default]
    Measured,
    /// The device, whatever it costs: for tests and measurements.
    Device,
}

/// What reading costs, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Of a mebibyte on the processor.
    cpu_mebibyte: u64,
    /// Of a launch, however little is read.
    device_launch: u64,
    /// Of a mebibyte on the device, with what the processor does afterwards.
    device_mebibyte: u64,
}

/// Measured: so many bytes took so long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) bytes: usize,
    pub(super) took: Duration,
}

impl Cost {
    /// From one sample of the processor, and a small and a large one of the device.
    pub(super) fn new(cpu: Sample, small: Sample, large: Sample) -> Cost {
        let nanoseconds = |took: Duration| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let mebibyte = |took: u64, bytes: usize| took.saturating_mul(1 << 20) / (bytes as u64).max(1);
        let more = nanoseconds(large.took.saturating_sub(small.took));
        Cost {
            cpu_mebibyte: mebibyte(nanoseconds(cpu.took), cpu.bytes).max(1),
            device_launch: nanoseconds(small.took),
            device_mebibyte: mebibyte(more, large.bytes.saturating_sub(small.bytes)),
        }
    }

    /// From how many bytes on the device is faster, when it is idle; none if it never is.
    pub(super) fn device_from(&self) -> Option<usize> {
        let saved = self.cpu_mebibyte.checked_sub(self.device_mebibyte).filter(|&saved| saved > 0)?;
        usize::try_from((u128::from(self.device_launch) << 20) / u128::from(saved)).ok()
    }

    /// Is the device faster with `bytes` bytes, when `waiting` bytes are read before them?
    pub(super) fn favours_device(&self, bytes: usize, waiting: usize) -> bool {
        let of = |mebibyte: u64, bytes: usize| mebibyte.saturating_mul(bytes as u64) >> 20;
        let queue = if waiting == 0 { 0 } else { self.device_launch };
        let device = self
            .device_launch
            .saturating_add(queue)
            .saturating_add(of(self.device_mebibyte, bytes.saturating_add(waiting)));
        device < of(self.cpu_mebibyte, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(bytes: usize, microseconds: u64) -> Sample {
        Sample { bytes, took: Duration::from_micros(microseconds) }
    }

    #[test]
    fn small_texts_go_to_the_processor_and_large_ones_to_a_fast_device() {
        let cost = Cost::new(sample(1 << 20, 500), sample(1 << 10, 20), sample(1 << 20, 60));
        for (bytes, waiting, expected) in [
            (0, 0, false),
            (8 << 10, 0, false),
            (64 << 10, 0, true),
            (64 << 10, 4 << 20, false),
            (1 << 20, 1 << 20, true),
        ] {
            assert_eq!(cost.favours_device(bytes, waiting), expected, "{bytes} behind {waiting}");
        }
    }

    #[test]
    fn what_is_said_of_an_idle_device_is_what_it_does() {
        let cost = Cost::new(sample(1 << 20, 500), sample(1 << 10, 20), sample(1 << 20, 60));
        let from = cost.device_from().unwrap_or_default();
        assert!(
            !cost.favours_device(from * 99 / 100, 0) && cost.favours_device(from * 101 / 100, 0),
            "{from}"
        );
        let slow = Cost::new(sample(1 << 20, 500), sample(1 << 10, 20), sample(1 << 20, 600));
        assert_eq!(slow.device_from(), None);
    }

    #[test]
    fn a_slow_device_gets_nothing() {
        let cost = Cost::new(sample(1 << 20, 500), sample(1 << 10, 20_000), sample(1 << 20, 2_000_000));
        assert!([0, 1 << 10, 4 << 20, usize::MAX].iter().all(|&bytes| !cost.favours_device(bytes, 0)));
    }
}
