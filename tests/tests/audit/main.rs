//! The audit log through the real process: one module for each subject.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod life;
