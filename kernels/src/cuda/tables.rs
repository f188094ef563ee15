//! The tables of the verifiers as words that the device reads.
//!
//! Invariant: every offset in the words points into them; a reader that follows them comes to an end.

use super::families::{MAGIC, VERSION};

/// The words, as `pii_verify` wants them.
pub(crate) fn words() -> Vec<u32> {
    vec![MAGIC, VERSION]
}
