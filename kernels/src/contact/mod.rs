//! Ways to reach a person: e-mail addresses and telephone numbers.

pub(crate) mod email;
pub(crate) mod phone;
