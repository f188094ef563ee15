//! The meter: what a device does in a second, without the ring and without what the processor does after.
//!
//! Invariant: nothing is under way between two calls, so the device is given back when the meter is
//! dropped; after an error it is left to the end of the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::{Answer, Batch, Place, room};
use super::device::{Device, Load};
use super::fault::{Fault, Unavailable};
use super::probe::probe;
use super::tables;

/// A launch that takes longer is a fault.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Looks at an answer between two questions to the driver.
const LOOKS: u32 = 10_000;

/// Measures a device. It stays on the thread that opened it.
pub struct Meter {
    /// Gone after an error.
    device: Option<Device>,
    name: String,
    bytes: usize,
    filled: usize,
    sequence: u32,
}

impl Meter {
    /// Opens a device for texts of up to `bytes` bytes.
    ///
    /// # Errors
    /// There is no device, or not enough memory.
    pub fn open(bytes: usize) -> Result<Meter, Unavailable> {
        let driver = probe()?;
        let bytes = room(bytes).next_multiple_of(4096);
        let device = Device::new(&driver, &tables::words()?, 2, bytes)?;
        Ok(Meter { device: Some(device), name: driver.name, bytes, filled: 0, sequence: 0 })
    }

    /// The device, with its compute capability.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes the text that is measured with from now on into pinned memory, and runs it once; says how
    /// many places the device names in it, none if they are more than it can list.
    ///
    /// # Errors
    /// The text is longer than the meter was opened for, or the device errs.
    pub fn fill(&mut self, text: &str) -> Result<Option<usize>, Unavailable> {
        if room(text.len()) > self.bytes {
            return Err(Unavailable::Options("the text is longer than the meter was opened for"));
        }
        self.filled = room(text.len());
        let lanes = self.device.as_ref().ok_or(Fault::Stopped)?.lanes();
        for slot in 0..2 {
            lanes.write(&Place { slot, start: 0, batch: Arc::new(Batch::default()) }, text.as_bytes());
        }
        let load = self.launch(0)?;
        match self.land(load)? {
            Answer::Hits(hits) => Ok(Some(hits.len())),
            Answer::Overflow | Answer::Failed => Ok(None),
        }
    }

    /// How long one graph takes, from its launch to its answer in the memory of the host.
    ///
    /// # Errors
    /// The device errs.
    pub fn round_trip(&mut self) -> Result<Duration, Unavailable> {
        let start = Instant::now();
        let load = self.launch(0)?;
        self.arrive(load)?;
        Ok(start.elapsed())
    }

    /// How long `launches` launches take from pinned memory and back, two under way at a time.
    ///
    /// # Errors
    /// The device errs.
    pub fn pinned(&mut self, launches: usize) -> Result<Duration, Unavailable> {
        let start = Instant::now();
        let mut before = None;
        for number in 0..launches {
            let load = self.launch(number % 2)?;
            if let Some(before) = before.replace(load) {
                self.land(before)?;
            }
        }
        if let Some(last) = before {
            self.land(last)?;
        }
        Ok(start.elapsed())
    }

    /// How long the kernels take to read what is on the device `times` times.
    ///
    /// # Errors
    /// The device errs.
    pub fn resident(&mut self, times: usize) -> Result<Duration, Unavailable> {
        let filled = self.filled;
        let timed = |device: &mut Device| {
            let slot = device.slot(0)?;
            let graph = slot.resident(filled, times)?;
            slot.run(&graph)?; // the first run of a graph pays for what all later ones use
            let start = Instant::now();
            slot.run(&graph)?;
            Ok(start.elapsed())
        };
        let result = timed(self.device.as_mut().ok_or(Fault::Stopped)?);
        self.checked(result)
    }

    fn launch(&mut self, slot: usize) -> Result<Load, Unavailable> {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let load = Load { slot, bytes: self.filled, sequence: self.sequence };
        let result = self.device.as_mut().ok_or(Fault::Stopped)?.launch(load);
        self.checked(result).map(|()| load)
    }

    fn land(&mut self, load: Load) -> Result<Answer, Unavailable> {
        self.arrive(load)?;
        let result = self.device.as_ref().ok_or(Fault::Stopped)?.answer(load);
        self.checked(result)
    }

    fn arrive(&mut self, load: Load) -> Result<(), Unavailable> {
        let result = wait(self.device.as_ref().ok_or(Fault::Stopped)?, load);
        self.checked(result)
    }

    /// After an error the device may still be at work: its memory stays.
    fn checked<T>(&mut self, result: Result<T, Fault>) -> Result<T, Unavailable> {
        if result.is_err() {
            self.device.take().into_iter().for_each(Device::abandon);
        }
        Ok(result?)
    }
}

fn wait(device: &Device, load: Load) -> Result<(), Fault> {
    let start = Instant::now();
    loop {
        for _look in 0..LOOKS {
            if device.has_arrived(load) {
                return Ok(());
            }
            std::hint::spin_loop();
        }
        if device.is_done(load)? && !device.has_arrived(load) {
            return Err(Fault::Damaged("it ended without its sequence"));
        }
        if start.elapsed() > TIMEOUT {
            return Err(Fault::Timeout(TIMEOUT.as_millis()));
        }
    }
}
