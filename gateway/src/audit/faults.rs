//! Faults: a disk that breaks where a test says.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::disk::Step;
use super::power::Power;

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

/// What is wrong with the whole disk.
#[derive(Debug, Default)]
struct Condition {
    /// Bytes that still fit, and what is said when they do not.
    room: Option<(u64, io::ErrorKind)>,
    writes: Option<i32>,
    syncs: Option<i32>,
    /// Nothing ends.
    stuck: bool,
}

/// Counts the steps, and breaks some of them.
#[derive(Debug, Default)]
pub(super) struct Faults {
    steps: AtomicUsize,
    syncs: AtomicU64,
    dead: AtomicBool,
    plan: Mutex<Vec<(usize, Fault)>>,
    condition: Mutex<Condition>,
    unstuck: Condvar,
    /// A real SIGKILL in place of a simulated one.
    kills: bool,
    /// What is not durable yet.
    pub(super) power: Option<Power>,
}

impl Faults {
    /// Breaks the step with this number.
    pub(super) fn at(step: usize, fault: Fault) -> Faults {
        Faults { plan: Mutex::new(vec![(step, fault)]), ..Faults::default() }
    }

    /// Breaks these steps, and remembers what a loss of power would take.
    pub(super) fn before_power_loss(plan: Vec<(usize, Fault)>) -> Faults {
        Faults { plan: Mutex::new(plan), power: Some(Power::default()), ..Faults::default() }
    }

    /// Ends this process with SIGKILL at the step with this number.
    pub(super) fn killing(step: usize, fault: Fault) -> Faults {
        Faults { kills: true, ..Faults::at(step, fault) }
    }

    /// Breaks the step that is `ahead` of the next one, from now.
    pub(super) fn break_ahead(&self, ahead: usize, fault: Fault) {
        self.plan().push((self.steps() + ahead, fault));
    }

    pub(super) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::SeqCst)
    }

    /// From now on only so much fits; this is said when it does not.
    pub(super) fn leave(&self, room: Option<(u64, io::ErrorKind)>) {
        self.condition().room = room;
    }

    /// From now on writes fail with this error of the system.
    pub(super) fn fail_writes(&self, errno: Option<i32>) {
        self.condition().writes = errno;
    }

    /// From now on fdatasync does.
    pub(super) fn fail_syncs(&self, errno: Option<i32>) {
        self.condition().syncs = errno;
    }

    /// From now on nothing comes back, until it is unstuck.
    pub(super) fn stick(&self, stuck: bool) {
        self.condition().stuck = stuck;
        self.unstuck.notify_all();
    }

    fn plan(&self) -> MutexGuard<'_, Vec<(usize, Fault)>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while_stuck(&self) -> MutexGuard<'_, Condition> {
        let stuck = |condition: &mut Condition| condition.stuck;
        self.unstuck.wait_while(self.condition(), stuck).unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self, bytes: &[u8], mut put: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut condition = self.wait_while_stuck();
        if let Some(errno) = condition.writes {
            return Err(io::Error::from_raw_os_error(errno));
        }
        if let Some((room, kind)) = &mut condition.room {
            // What a full disk does: some of it goes in.
            let fits = bytes.len().min(usize::try_from(*room).unwrap_or(usize::MAX));
            *room -= fits as u64;
            if fits < bytes.len() {
                put(bytes.get(..fits).unwrap_or_default())?;
                return Err((*kind).into());
            }
        }
        drop(condition);
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        match self.now()? {
            Some(Fault::Half) => put(half).and(Err(broken())),
            Some(Fault::KilledDuring) => {
                let written = put(half);
                self.kill();
                written.and(Err(broken()))
            }
            fault => self.apply(fault, || put(bytes)),
        }
    }

    pub(super) fn step<T>(&self, step: Step<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let condition = self.wait_while_stuck();
        if let Step::Sync(_) = step {
            self.syncs.fetch_add(1, Ordering::SeqCst);
            if let Some(errno) = condition.syncs {
                return Err(io::Error::from_raw_os_error(errno));
            }
        }
        drop(condition);
        let fault = self.now()?;
        let freed = length(step);
        let before = self.power.as_ref().map(|power| power.before(step));
        let done = self.apply(fault, act);
        let happened = matches!(fault, None | Some(Fault::With | Fault::KilledAfter));
        if let (Some(power), Some(before)) = (&self.power, before) {
            power.after(step, before, happened);
        }
        if let Some((room, _)) = &mut self.condition().room {
            *room += if happened { freed.saturating_sub(length(step)) } else { 0 };
        }
        done
    }

    fn now(&self) -> io::Result<Option<Fault>> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(broken());
        }
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        let fault = self.plan().iter().find(|(planned, _)| *planned == step).map(|(_, fault)| *fault);
        if matches!(fault, Some(Fault::KilledBefore | Fault::KilledDuring | Fault::KilledAfter)) {
            self.dead.store(true, Ordering::SeqCst);
        }
        Ok(fault)
    }

    fn apply<T>(&self, fault: Option<Fault>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match fault {
            None => act(),
            Some(Fault::With) => act().and(Err(broken())),
            Some(Fault::KilledAfter) => {
                let done = act();
                self.kill();
                done.and(Err(broken()))
            }
            Some(Fault::Without | Fault::Half) => Err(broken()),
            Some(Fault::KilledBefore | Fault::KilledDuring) => {
                self.kill();
                Err(broken())
            }
        }
    }

    /// SIGKILL, if that was asked for: it does not come back.
    fn kill(&self) {
        if self.kills {
            let own = std::process::id().to_string();
            let _ = std::process::Command::new("kill").args(["-KILL", &own]).status();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }
}

/// How long the file is that a step may make shorter.
fn length(step: Step<'_>) -> u64 {
    match step {
        Step::Open(path) | Step::Remove(path) => std::fs::metadata(path).map_or(0, |found| found.len()),
        Step::Truncate(file) => file.metadata().map_or(0, |found| found.len()),
        Step::Rename(_, to) => std::fs::metadata(to).map_or(0, |found| found.len()),
        Step::Sync(_) | Step::SyncDirectory(_) | Step::MakeDirectory(_) => 0,
    }
}

fn broken() -> io::Error {
    io::Error::other("a test broke this step")
}
