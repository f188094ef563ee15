//! Keeper: the thread that waits for the disk of the subject keys.
//!
//! Invariant: who asks for a key that is there never waits for the disk; who needs a new one waits
//! for a bound. So a stuck or full disk refuses requests and does not hold the threads that serve.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::AuditError;
use super::subject::{Sealed, Subjects};
use super::writer::{RETRY_AFTER, STUCK_AFTER};

/// Persons that are seen for the first time and wait for their key.
const WAITING_MAX: usize = 1024;

/// Seals subjects.
#[derive(Debug)]
pub(super) struct Keeper {
    subjects: Arc<Subjects>,
    /// Held by each job: the directory is not free while one is under way.
    lock: Arc<File>,
    jobs: SyncSender<Job>,
    state: Arc<Mutex<State>>,
}

/// What the thread does.
#[derive(Debug, Default)]
struct State {
    /// Since when the disk works on a key.
    working: Option<Instant>,
    /// Why the last key was not written, and until when none is tried: each attempt may write the
    /// whole file anew.
    failed: Option<(AuditError, Instant)>,
}

struct Job {
    tenant: String,
    subject: String,
    lock: Arc<File>,
    answer: SyncSender<Result<Sealed, AuditError>>,
}

impl Keeper {
    /// Starts the thread, which ends when this is dropped.
    pub(super) fn start(subjects: &Arc<Subjects>, lock: &Arc<File>) -> io::Result<Keeper> {
        let (jobs, todo) = sync_channel(WAITING_MAX);
        let state = Arc::default();
        let own = (Arc::clone(subjects), Arc::clone(&state));
        std::thread::Builder::new().name("log keys".to_owned()).spawn(move || work(&todo, &own.0, &own.1))?;
        Ok(Keeper { subjects: Arc::clone(subjects), lock: Arc::clone(lock), jobs, state })
    }

    /// Seals a subject's name, with a new key if there is none yet.
    pub(super) fn seal(&self, tenant: &str, subject: &str) -> Result<Sealed, AuditError> {
        if let Some(sealed) = self.subjects.seal_known(tenant, subject) {
            return Ok(sealed);
        }
        let state = held(&self.state);
        if state.working.is_some_and(|since| since.elapsed() >= STUCK_AFTER) {
            return Err(AuditError::Stuck);
        }
        if let Some((error, until)) = &state.failed
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        drop(state);
        let (answer, answered) = sync_channel(1);
        let (tenant, subject) = (tenant.to_owned(), subject.to_owned());
        let job = Job { tenant, subject, lock: Arc::clone(&self.lock), answer };
        let asked = Instant::now();
        self.jobs.try_send(job).map_err(|_| AuditError::Full)?;
        answered.recv_timeout(STUCK_AFTER).unwrap_or_else(|late| match late {
            RecvTimeoutError::Timeout => {
                // The thread began a moment after this: the next caller must not wait for that moment.
                let mut state = held(&self.state);
                state.working = state.working.map(|since| since.min(asked));
                Err(AuditError::Stuck)
            }
            RecvTimeoutError::Disconnected => Err(AuditError::Closed),
        })
    }
}

fn work(todo: &Receiver<Job>, subjects: &Subjects, state: &Mutex<State>) {
    for Job { tenant, subject, lock, answer } in todo {
        held(state).working = Some(Instant::now());
        let sealed = subjects.seal(&tenant, &subject);
        // Other errors are of the request, not of the disk.
        let failed = sealed.as_ref().err().filter(|error| matches!(error, AuditError::Disk { .. }));
        if let Some(error) = failed {
            tracing::error!(%error, "no key for a new subject");
        }
        let failed = failed.map(|error| (error.clone(), Instant::now() + RETRY_AFTER));
        *held(state) = State { working: None, failed };
        drop(lock);
        // Nobody may wait any more; the key is there for the next time.
        let _ = answer.send(sealed);
    }
}

fn held(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
