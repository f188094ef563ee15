//! The device: a second reader of texts, beside the processor, that finds the same.
//!
//! Invariant: it answers in integers what `twin` answers, bit for bit: at which groups of digits and which `@`
//! which families of verifiers find something. The processor runs those verifiers there, and looks at marks and
//! words itself, so it comes to what it would have found alone. Nothing of CUDA is needed to build or to start,
//! and no error of a device is more than a text read on the processor.

mod batch;
mod cost;
mod device;
#[cfg_attr(not(test), expect(dead_code, reason = "the other half of it is the kernels'"))]
mod families;
mod fatbin;
mod fault;
mod handle;
mod lanes;
mod memory;
mod meter;
mod owner;
mod probe;
mod ring;
mod slot;
#[cfg(test)]
mod splice;
mod status;
mod tables;
#[cfg(test)]
mod twin;

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

pub use cost::Routing;
pub use fault::{Fault, Unavailable};
pub(crate) use handle::Cuda;
pub use handle::Options;
pub use meter::Meter;
pub use status::{Status, ToCpu};
