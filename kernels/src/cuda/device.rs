//! The device: its kernel, its tables and its slots.
//!
//! Invariant: everything here is made, used and dropped by the one thread that owns the device; nothing is
//! given back while a launch is under way.

use std::sync::Arc;

use cudarc::driver::{CudaContext, result};

use super::batch::Answer;
use super::fatbin;
use super::fault::Fault;
use super::lanes::Lanes;
use super::memory::{DeviceMemory, Module};
use super::probe::{Driver, checked};
use super::slot::{Kernel, Slot};

/// One launch: what is in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// Which slot.
    pub(super) slot: usize,
    /// Bytes of texts and the NULs behind them, a multiple of a block.
    pub(super) bytes: usize,
    /// Counts launches; never 0.
    pub(super) sequence: u32,
}

/// A device that is ready.
pub(super) struct Device {
    // In the order in which they are dropped.
    slots: Vec<Slot>,
    _tables: DeviceMemory,
    _module: Module,
    _context: Arc<CudaContext>,
}

impl Device {
    /// Loads the kernel and the tables, and records the graphs of `slots` slots.
    pub(super) fn new(driver: &Driver, tables: &[u32], slots: usize, bytes: usize) -> Result<Device, Fault> {
        let context = driver.open()?;
        let module = Module::new(fatbin::PII_SCAN)?;
        let tables = DeviceMemory::of(tables)?;
        let kernel = Kernel { scan: module.kernel("pii_scan")?, tables: tables.address };
        let slots: Vec<Slot> = (0..slots).map(|_| Slot::new(kernel, bytes)).collect::<Result<_, _>>()?;
        // Memory is set to zero in the background, by another stream than those of the slots.
        checked("cuCtxSynchronize", result::ctx::synchronize())?;
        Ok(Device { slots, _tables: tables, _module: module, _context: context })
    }

    /// Where the texts of each slot are written.
    pub(super) fn lanes(&self) -> Lanes {
        Lanes(self.slots.iter().map(Slot::lane).collect())
    }

    /// Starts a launch.
    pub(super) fn launch(&mut self, load: Load) -> Result<(), Fault> {
        self.slots.get_mut(load.slot).ok_or(NO_SLOT)?.launch(load)
    }

    /// Has the sequence of this launch arrived? Reads memory, and asks the driver nothing.
    pub(super) fn has_arrived(&self, load: Load) -> bool {
        self.slots.get(load.slot).is_some_and(|slot| slot.has_arrived(load))
    }

    /// Asks the driver whether a launch is done; an error of the device comes out here.
    pub(super) fn is_done(&self, load: Load) -> Result<bool, Fault> {
        self.slots.get(load.slot).ok_or(NO_SLOT)?.is_done()
    }

    /// The answer of a launch that has arrived.
    pub(super) fn answer(&self, load: Load) -> Result<Answer, Fault> {
        self.slots.get(load.slot).ok_or(NO_SLOT)?.answer(load)
    }

    /// A slot, to measure it.
    pub(super) fn slot(&mut self, slot: usize) -> Result<&mut Slot, Fault> {
        self.slots.get_mut(slot).ok_or(NO_SLOT)
    }

    /// Is nothing under way?
    pub(super) fn is_quiet(&self) -> Result<bool, Fault> {
        self.slots.iter().try_fold(true, |quiet, slot| Ok(slot.is_done()? && quiet))
    }

    /// Leaves everything to the end of the process: a device that has not answered may still write.
    pub(super) fn abandon(self) {
        std::mem::forget(self);
    }
}

const NO_SLOT: Fault = Fault::Damaged("there is no such slot");
