//! Upkeep: the records of what is done to the log itself: a person forgotten, old records gone, a new key.
//!
//! Invariant: each is durable before what it says is done, and names keys and places, never a person.

use super::super::canonical::{Object, array, string, timestamp};
use super::{Stamp, mono_us};

/// A person was forgotten: durable before the key is destroyed (GDPR Art. 17). It names the key, not
/// the person.
#[derive(Debug, Clone)]
pub struct Erase<'a> {
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// The tenant whose user it was.
    pub tenant: &'a str,
    /// The name of the key.
    pub key: &'a str,
    /// Which key of that name: the person's next one has the same name and another check value.
    pub key_check: &'a str,
    /// Why: a reference of the request, never a name.
    pub reason: &'a str,
}

/// One change of the key, as its ROTATE record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The key before, as a verifier key of C2SP signed-note.
    pub old: String,
    /// The new key, likewise.
    pub new: String,
    /// The old key's signature of the new one, base64.
    pub signature: String,
}

impl Handed {
    fn write(&self, out: &mut Vec<u8>) {
        Object::begin(out)
            .text("new", &self.new)
            .text("old", &self.old)
            .text("signature", &self.signature)
            .end();
    }
}

/// The oldest records left the log: durable before the first of them is removed.
#[derive(Debug, Clone)]
pub struct Prune<'a> {
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// The first record that remains, a multiple of 256.
    pub minimum: u64,
    /// Roots of the perfect subtrees over all records before it, largest first, base64.
    pub roots: &'a [String],
    /// Every change of the key so far, oldest first: the ROTATE records of some of them go.
    pub keys: &'a [Handed],
    /// Every pruned record is older than this, microseconds since 1970.
    pub before_us: u64,
}

/// A new key signs the checkpoints: durable before the first that it signs.
#[derive(Debug, Clone)]
pub struct Rotate<'a> {
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// The key before, as a verifier key of C2SP signed-note.
    pub old: &'a str,
    /// The new key, likewise.
    pub new: &'a str,
    /// The old key's signature of the new one, base64.
    pub signature: &'a str,
    /// Until then both sign.
    pub until_us: u64,
}

impl Erase<'_> {
    pub(super) fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .text("boot", &stamp.boot)
            .text("key", self.key)
            .text("key_check", self.key_check)
            .text("kind", "ERASE")
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .text("reason", self.reason)
            .text("tenant", self.tenant)
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .end();
    }
}

impl Prune<'_> {
    pub(super) fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .value("before", |out| timestamp(self.before_us, out))
            .text("boot", &stamp.boot)
            .value("keys", |out| array(self.keys, out, Handed::write))
            .text("kind", "PRUNE")
            .number("minimum", self.minimum)
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .value("roots", |out| array(self.roots, out, |root, out| string(root, out)))
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .end();
    }
}

impl Rotate<'_> {
    pub(super) fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .text("boot", &stamp.boot)
            .text("kind", "ROTATE")
            .number("mono_us", mono_us(stamp))
            .text("new", self.new)
            .text("node", &stamp.node)
            .text("old", self.old)
            .text("signature", self.signature)
            .value("time", |out| timestamp(self.time_us, out))
            .value("until", |out| timestamp(self.until_us, out))
            .number("v", 1)
            .end();
    }
}
