//! Ways to pay: bank accounts and cards.

pub(crate) mod account;
#[cfg_attr(not(test), expect(dead_code, reason = "found at a run of capitals, an anchor still to come"))]
pub(crate) mod bic;
pub(crate) mod card;
pub(crate) mod creditor;
pub(crate) mod iban;
pub(crate) mod lei;
