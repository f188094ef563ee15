//! The CUDA path on a machine without a GPU: kernels run by an emulator, the runtime by a stand-in driver.
//! How both work and how to write a test with them: README.md in this folder.
#![expect(unsafe_code, reason = "kernels are called through dlopen, and cudarc's launches are unsafe")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]
#![expect(clippy::disallowed_methods, reason = "tests of the stand-in driver: it is there")]

mod compile;
mod driver;
mod emulated;
mod emulator;
mod runtime;
mod standin;
