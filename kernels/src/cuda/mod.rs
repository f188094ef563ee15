//! The device: a second reader of texts, beside the processor, that finds the same.
//!
//! Invariant: it answers in integers, per anchor, which families of verifiers find something there; the
//! processor then runs these, and comes to what it would have found alone. Nothing of CUDA is needed to
//! build or to start, and no error of a device is more than a text read on the processor.

mod batch;
mod cost;
mod device;
pub(crate) mod families;
mod fatbin;
mod fault;
mod handle;
mod lanes;
mod memory;
mod owner;
mod probe;
mod ring;
mod status;
pub(crate) mod tables;

pub use cost::Routing;
pub use fault::{Fault, Unavailable};
pub(crate) use handle::Cuda;
pub use handle::Options;
pub use status::{Status, ToCpu};
