//! What the device and the host say to each other: families, failures and sizes.
//!
//! Invariant: every number here stands once. `cuda/layout.cuh` is this file in the device's language, and
//! a test compares the two.

/// Bytes of a block: texts start at a multiple of it.
pub(crate) const BLOCK_BYTES: u32 = 64;
/// Bytes that one warp sees: 32 for each of its threads.
pub(crate) const WINDOW_BYTES: u32 = 1024;
/// Bytes on each side of a window that are the next warp's to answer for.
pub(crate) const EDGE_BYTES: u32 = 64;
/// Bytes of a tile: what one warp answers for.
pub(crate) const TILE_BYTES: u32 = WINDOW_BYTES - 2 * EDGE_BYTES;
/// Threads of a block of `pii_scan`: each takes one anchor at a time.
pub(crate) const SCAN_THREADS: u32 = 128;
/// Threads of a warp.
pub(crate) const WARP: u32 = 32;
/// Threads of a block of `redact`: each writes 16 bytes.
pub(crate) const REDACT_THREADS: u32 = 256;
/// The first word of a header and of the tables: `INLK`.
pub(crate) const MAGIC: u32 = 0x4b4c_4e49;
/// Changes with every change of the layout of either.
pub(crate) const VERSION: u32 = 4;

/// How little makes a telephone number, and how far it is read, in bytes.
pub(crate) const PHONE_DIGITS_MIN: u32 = 5;
pub(crate) const PHONE_BYTES_MAX: u32 = 24;
/// The shortest number of a device.
pub(crate) const LONG_NUMBER_MIN: u32 = 15;

/// What went wrong with a slot: it is read again on the CPU.
pub(crate) mod failure {
    /// More hits than there is room for.
    pub(crate) const OVERFLOW: u32 = 1;
    /// Header or tables are not what this code was built for.
    pub(crate) const LAYOUT: u32 = 1 << 1;
}

/// Which verifiers find something at a group of digits or at an `@`, as far as characters alone can tell. What has
/// other anchors costs the host less to look at than to ask about. None finds anything at a small number of prose
/// (`Scanner::is_a_small_number`).
pub(crate) mod family {
    /// `contact/email.rs`: exact in ASCII; set wherever another byte stands in what it would read.
    pub(crate) const EMAIL: u32 = 1;
    /// `payment/iban.rs`: exact.
    pub(crate) const IBAN: u32 = 1 << 1;
    /// `document/mrz.rs`: necessary, the line has the length of a format's.
    pub(crate) const MRZ: u32 = 1 << 2;
    /// `document/plate.rs`: exact but for the word before it.
    pub(crate) const PLATE: u32 = 1 << 3;
    /// `number/code.rs`: exact but for the words around it, where letters may belong to the number.
    pub(crate) const CODES: u32 = 1 << 4;
    /// `number/mod.rs`, numbers of digits alone: exact but for the words around them.
    pub(crate) const NUMBERS: u32 = 1 << 5;
    /// `payment/card.rs`: exact.
    pub(crate) const CARD: u32 = 1 << 6;
    /// `network.rs`, IPv4: exact but for the word `version` before it.
    pub(crate) const IPV4: u32 = 1 << 7;
    /// `document/birth.rs`: necessary, groups as dates have them.
    pub(crate) const BIRTH: u32 = 1 << 8;
    /// `contact/phone.rs`: necessary, enough digits with marks between them.
    pub(crate) const PHONE: u32 = 1 << 9;
    /// `device.rs`, `document/ehic.rs` and `payment/account.rs`: necessary, as many digits or a bank's code.
    pub(crate) const LONG_NUMBER: u32 = 1 << 10;
    /// `document/passport.rs`: necessary, as many capitals and digits.
    pub(crate) const PASSPORT: u32 = 1 << 11;
    /// Each of them.
    pub(crate) const ALL: u32 = (1 << 12) - 1;
}
