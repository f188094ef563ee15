//! The audit log through the real process, and against programs that nobody here wrote.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod keys;
