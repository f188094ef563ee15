//! Ways to pay: bank accounts and cards.

pub(crate) mod account;
mod bban;
pub(crate) mod bic;
pub(crate) mod card;
pub(crate) mod creditor;
pub(crate) mod iban;
pub(crate) mod lei;
