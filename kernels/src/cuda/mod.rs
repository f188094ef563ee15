//! The device: which families find something at which anchor, and what the host computes for it.
//!
//! Invariant: the device answers in integers what [`twin`] answers, bit for bit; the host then runs the
//! verifiers that a family stands for, so that what is found is what the CPU alone would find.

pub(crate) mod families;
pub(crate) mod splice;
pub(crate) mod tables;
pub(crate) mod twin;

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod differential;
#[cfg(test)]
mod layout;
