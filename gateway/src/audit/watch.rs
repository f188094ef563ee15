//! Watch: nobody waits for a stuck disk.
//!
//! Invariant: a call to the disk that neither ends nor fails (a dead path to a disk, a server that is
//! gone) blocks the writer's thread and nothing else. This thread touches no file, so it goes on:
//! whoever waits is refused, and who comes later is refused at once, until the call comes back.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::writer::Shared;

/// How often it looks: a refusal may be late by this.
const LOOK_EVERY: Duration = Duration::from_millis(100);

type Watched = Mutex<Vec<Weak<Shared>>>;

/// The watch over all partitions of a log. Its thread ends soon after this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    watched: Arc<Watched>,
}

impl Watch {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Watch> {
        let watched = Arc::new(Watched::default());
        let look = Arc::downgrade(&watched);
        std::thread::Builder::new().name("log watch".to_owned()).spawn(move || {
            while let Some(watched) = look.upgrade() {
                go_round(&watched);
                drop(watched);
                std::thread::sleep(LOOK_EVERY);
            }
        })?;
        Ok(Watch { watched })
    }

    /// Watches over one more partition.
    pub(super) fn over(&self, shared: &Arc<Shared>) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(shared));
    }
}

fn go_round(watched: &Watched) {
    let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
    watched.retain(|shared| {
        let Some(shared) = shared.upgrade() else { return false };
        let refused = shared.refuse_if_stuck();
        if refused > 0 {
            tracing::error!(
                refused,
                "the disk of the log does not answer: requests are refused until it does"
            );
        }
        true
    });
}
