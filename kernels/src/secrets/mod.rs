//! Secrets: what opens a door to whoever reads it.
//!
//! Invariant: a secret has a prefix that its issuer gave it (`tokens.rs`), or a name before it that says
//! what it is (`named.rs`), or stands in a URL before the host (`named.rs`). All are tables.

pub(crate) mod named;
pub(crate) mod tokens;

use crate::{Finding, Label};

fn finding(start: usize, end: usize, kind: &'static str, score: u8) -> Finding {
    Finding { start, end, label: Label::Credentials, kind, country: None, score }
}
