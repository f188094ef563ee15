//! Documents and dates: what stands on a passport, a licence plate or beside «born on».

pub(crate) mod birth;
pub(crate) mod ehic;
pub(crate) mod mrz;
pub(crate) mod plate;
