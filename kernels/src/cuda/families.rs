//! What the device and the host say to each other: families, anchors, flags and sizes.
//!
//! Invariant: every number here stands once. `cuda/layout.cuh` is this file in the device's language, and
//! a test compares the two.

/// Bytes of a block: texts start at a multiple of it.
pub(crate) const BLOCK_BYTES: u32 = 64;
/// Bytes of a tile: what one block of threads reads.
pub(crate) const TILE_BYTES: u32 = 4096;
/// The most anchors of a tile: one at each byte.
pub(crate) const ANCHORS_MAX: u32 = TILE_BYTES;
/// Threads of a block of `pii_scan`: each reads 16 bytes.
pub(crate) const SCAN_THREADS: u32 = 256;
/// Threads of a block of `pii_verify`: each takes one anchor at a time.
pub(crate) const VERIFY_THREADS: u32 = 128;
/// Threads of a block of `redact`: each writes 16 bytes.
pub(crate) const REDACT_THREADS: u32 = 256;
/// The first word of a header and of the tables: `INLK`.
pub(crate) const MAGIC: u32 = 0x4b4c_4e49;
/// Changes with every change of the layout of either.
pub(crate) const VERSION: u32 = 1;

/// What stands at an anchor: bits 12 to 15 of what `pii_scan` writes, above the place in its tile.
pub(crate) mod kind {
    /// A word of 16 bytes or more starts.
    pub(crate) const WORD: u32 = 1 << 12;
    /// A group of digits starts.
    pub(crate) const DIGITS: u32 = 1 << 13;
    /// One of `@`, `:`, `=` and `~`.
    pub(crate) const MARK: u32 = 1 << 14;
}

/// What a tile holds beside anchors.
pub(crate) mod tile {
    /// Bytes outside ASCII.
    pub(crate) const HIGH: u32 = 1;
    /// Bytes of which one may start a character that looks like another (`view.rs`).
    pub(crate) const LEAD: u32 = 1 << 1;
}

/// What went wrong with a slot: it is read again on the CPU.
pub(crate) mod failure {
    /// More hits than there is room for.
    pub(crate) const OVERFLOW: u32 = 1;
    /// Header or tables are not what this code was built for.
    pub(crate) const LAYOUT: u32 = 1 << 1;
}

/// Which verifiers find something at an anchor, as far as characters alone can tell.
pub(crate) mod family {
    /// `contact/email.rs`: exact in ASCII; set wherever another byte stands in what it would read.
    pub(crate) const EMAIL: u32 = 1;
    /// `payment/iban.rs`: exact.
    pub(crate) const IBAN: u32 = 1 << 1;
    /// `document/mrz.rs`: exact.
    pub(crate) const MRZ: u32 = 1 << 2;
    /// `document/plate.rs`: exact but for the word before it.
    pub(crate) const PLATE: u32 = 1 << 3;
    /// `number/code.rs`: exact but for the words around it.
    pub(crate) const CODES: u32 = 1 << 4;
    /// `number/mod.rs`, numbers of digits alone: exact but for the words around them.
    pub(crate) const NUMBERS: u32 = 1 << 5;
    /// `payment/card.rs`: exact.
    pub(crate) const CARD: u32 = 1 << 6;
    /// `network.rs`, IPv4: exact but for the word `version` before it.
    pub(crate) const IPV4: u32 = 1 << 7;
    /// `document/birth.rs`: exact but for the word before it.
    pub(crate) const BIRTH: u32 = 1 << 8;
    /// `contact/phone.rs`: necessary, enough digits with marks between them.
    pub(crate) const PHONE: u32 = 1 << 9;
    /// `network.rs`, IPv6 and MAC, at the first colon of their run: exact.
    pub(crate) const ADDRESS: u32 = 1 << 10;
    /// `secrets/`, at a long word: necessary.
    pub(crate) const SECRET_WORD: u32 = 1 << 11;
    /// `secrets/`, at `=`: necessary.
    pub(crate) const SECRET_EQUALS: u32 = 1 << 12;
    /// `secrets/`, at `:`: necessary.
    pub(crate) const SECRET_COLON: u32 = 1 << 13;
    /// `secrets/`, at `~`: necessary.
    pub(crate) const SECRET_TILDE: u32 = 1 << 14;
    /// `secrets/`, at a group of digits: necessary.
    pub(crate) const SECRET_DIGITS: u32 = 1 << 15;
}
