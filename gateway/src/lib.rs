//! Inland: an AI gateway that keeps data in its country, and proves it.
//!
//! One request's life is [`serve::Gateway::answer`]: `Incoming → Caller → Prompt → Inspected → Cleared →
//! Recorded → Routed → Reply`. Each has private fields and one maker, so a step that is skipped does not
//! compile. README.md in this folder has the map and the invariants E1 to E10.

pub mod admin;
pub mod audit;
pub mod authenticate;
pub mod command;
pub mod config;
pub mod decide;
pub mod demo;
pub mod egress;
pub mod files;
pub mod forward;
pub mod generation;
pub mod id;
pub mod inspect;
pub mod json;
pub mod listen;
pub mod policy;
pub mod pseudonym;
pub mod read;
pub mod record;
pub mod redact;
pub mod refusal;
pub mod reload;
pub mod respond;
pub mod route;
pub mod run;
pub mod serve;
pub mod tasks;
pub mod telemetry;
pub mod unauthenticated;

/// What records call the inspection that was done: the crate and its version. On what it ran makes no difference.
pub const ENGINE_NAME: &str = concat!("inland-kernels/", env!("CARGO_PKG_VERSION"));

/// Lower-case hexadecimal.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    bytes.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
