//! Sync: the locks that callers, writer and publisher meet at.
//!
//! Invariant: writer and publisher take their locks and flags from here and nowhere else. So a test
//! can compile both a second time on locks whose every order it tries (`tests/interleave.rs`).

pub(super) use std::sync::atomic::{AtomicBool, Ordering};
pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
