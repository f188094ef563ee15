//! Ways to pay: bank accounts and cards.

pub(crate) mod card;
pub(crate) mod iban;
