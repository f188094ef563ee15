//! Ways to reach a person: e-mail addresses and telephone numbers.

mod dialled;
pub(crate) mod email;
pub(crate) mod phone;
mod plan;
