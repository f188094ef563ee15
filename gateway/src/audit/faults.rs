//! Faults: a disk that breaks where a test says.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How a step goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing happened, and an error came back.
    Without,
    /// Half of it happened, and an error came back (a write; else nothing).
    Half,
    /// All of it happened, and an error came back.
    With,
    /// Nothing happened, and no step after it does: the process was killed before it.
    KilledBefore,
    /// Half of it happened, and no step after it does.
    KilledDuring,
    /// It happened, and no step after it does.
    KilledAfter,
}

pub(super) const ALL: [Fault; 6] =
    [Fault::Without, Fault::Half, Fault::With, Fault::KilledBefore, Fault::KilledDuring, Fault::KilledAfter];

/// Counts the steps, and breaks one of them.
#[derive(Debug, Default)]
pub(super) struct Faults {
    steps: AtomicUsize,
    syncs: AtomicU64,
    dead: AtomicBool,
    /// Every write fails without effect, as on a full disk.
    full: AtomicBool,
    plan: Mutex<Option<(usize, Fault)>>,
}

impl Faults {
    /// Breaks the step with this number.
    pub(super) fn at(step: usize, fault: Fault) -> Faults {
        Faults { plan: Mutex::new(Some((step, fault))), ..Faults::default() }
    }

    /// Breaks the step that is `ahead` of the next one, from now.
    pub(super) fn break_ahead(&self, ahead: usize, fault: Fault) {
        let planned = (self.steps() + ahead, fault);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(planned);
    }

    pub(super) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::SeqCst)
    }

    pub(super) fn count_sync(&self) {
        self.syncs.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    pub(super) fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            // What a full disk does: some of it goes in.
            file.write_all(bytes.get(..bytes.len().min(7)).unwrap_or_default())?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        match self.now()? {
            Some(Fault::Half | Fault::KilledDuring) => file.write_all(half).and(Err(broken())),
            fault => apply(fault, || file.write_all(bytes)),
        }
    }

    pub(super) fn step<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        apply(self.now()?, act)
    }

    fn now(&self) -> io::Result<Option<Fault>> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(broken());
        }
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        let plan = *self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = plan.filter(|(planned, _)| *planned == step).map(|(_, fault)| fault);
        if matches!(fault, Some(Fault::KilledBefore | Fault::KilledDuring | Fault::KilledAfter)) {
            self.dead.store(true, Ordering::SeqCst);
        }
        Ok(fault)
    }
}

fn apply<T>(fault: Option<Fault>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    match fault {
        None => act(),
        Some(Fault::With | Fault::KilledAfter) => act().and(Err(broken())),
        Some(Fault::Without | Fault::Half | Fault::KilledBefore | Fault::KilledDuring) => Err(broken()),
    }
}

fn broken() -> io::Error {
    io::Error::other("a test broke this step")
}
