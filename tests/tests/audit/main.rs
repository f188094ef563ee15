//! The audit log as an auditor meets it: through the command line, through the real process, and through
//! programs that nobody here wrote. One module for each subject.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod export;
mod fleet;
mod foreign;
mod keys;
mod life;
mod proofs;
mod receipts;
mod report;
mod s3;
mod written;
