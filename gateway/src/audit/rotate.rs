//! Rotate: how one checkpoint key follows another.
//!
//! Invariant: a key takes over only by a ROTATE record that the key before it signed and that lies in
//! the tree itself. A checkpoint over that record carries the new key's signature. So whoever holds an
//! old key from outside comes to the newest by reading the log, and a key that nobody handed the log to
//! is refused. A key that was replaced signs nothing more: a stolen one cannot go on beside the new.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine};
use memchr::memmem::Finder;
use serde::Deserialize;

use super::note::{Checkpoint, OTHER_KEY, Verifier};

/// The first line of what an old key signs. A checkpoint's second line is a number, here it is a key:
/// no signature of one passes for a signature of the other.
const DOMAIN: &str = "inland.audit/rotate/v1";
/// Key changes that one log may hold: one a day for ten years.
const LINKS_MAX: usize = 4_096;

/// What the old key signs: that the new one takes over.
pub(super) fn statement(old: &Verifier, new: &Verifier) -> String {
    format!("{DOMAIN}\n{}\n{}\n", old.vkey(), new.vkey())
}

/// One key handed the log to another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) old: Verifier,
    pub(super) new: Verifier,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    old: Cow<'a, str>,
    #[serde(borrow, default)]
    new: Cow<'a, str>,
    #[serde(borrow, default)]
    signature: Cow<'a, str>,
}

/// Reads a ROTATE record of the log with this origin; nothing if it is of another kind.
pub(super) fn read(record: &[u8], origin: &str) -> Result<Option<Link>, &'static str> {
    let Ok(head) = serde_json::from_slice::<Head<'_>>(record) else { return Ok(None) };
    if head.kind != "ROTATE" {
        return Ok(None);
    }
    let key = |vkey: &str| Verifier::parse(vkey).filter(|key| key.origin() == origin);
    let (Some(old), Some(new)) = (key(&head.old), key(&head.new)) else {
        return Err("the ROTATE record names a key of another log, or none");
    };
    let signature = BASE64_STANDARD.decode(head.signature.as_bytes()).unwrap_or_default();
    if old.signed(&statement(&old, &new), &signature) {
        Ok(Some(Link { old, new }))
    } else {
        Err("the new key of the ROTATE record is not signed by the old one")
    }
}

/// The keys of a log in order, as its ROTATE records name them.
pub(super) struct Chain {
    origin: String,
    keys: Vec<Verifier>,
    finder: Finder<'static>,
}

impl Chain {
    /// Of the log with this origin, before its first record.
    pub(super) fn new(origin: &str) -> Chain {
        let finder = Finder::new(b"\"kind\":\"ROTATE\"");
        Chain { origin: origin.to_owned(), keys: Vec::new(), finder }
    }

    /// Takes the next record.
    pub(super) fn follow(&mut self, record: &[u8]) -> Result<(), &'static str> {
        // A cheap look first: nearly no record is one. A name from outside cannot look like it: the
        // quotes in it are escaped.
        if self.finder.find(record).is_none() {
            return Ok(());
        }
        let Some(Link { old, new }) = read(record, &self.origin)? else { return Ok(()) };
        if self.keys.len() >= LINKS_MAX {
            return Err("the log changes its key too often");
        }
        if self.keys.is_empty() {
            self.keys.push(old);
        } else if self.keys.ends_with(&[old.clone(), new.clone()]) {
            return Ok(()); // said twice, after a crash
        } else if self.keys.last() != Some(&old) {
            return Err("the ROTATE record goes on from a key that is not the newest");
        }
        self.keys.push(new);
        Ok(())
    }

    /// Whether the log was ever signed by this key, as far as its records say.
    pub(super) fn holds(&self, key: &Verifier) -> bool {
        self.keys.contains(key)
    }

    /// The keys, oldest first; none if the log never changed its key.
    pub(super) fn keys(&self) -> &[Verifier] {
        &self.keys
    }

    /// At the end of what a checkpoint covers: the newest key must have signed it, and the key from
    /// outside must be one that handed the log on, or the newest itself.
    pub(super) fn admit(&self, outside: &Verifier, note: &[u8]) -> Result<Checkpoint, &'static str> {
        match self.keys.last() {
            None => outside.open(note),
            Some(newest) if self.holds(outside) => newest.open(note),
            Some(_) => Err(OTHER_KEY),
        }
    }
}
