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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) old: Verifier,
    pub(super) new: Verifier,
    /// By the old one, base64.
    pub(super) signature: String,
}

/// The same as records spell it.
#[derive(Deserialize)]
struct Spelt<'a> {
    #[serde(borrow)]
    old: Cow<'a, str>,
    #[serde(borrow)]
    new: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
}

impl Spelt<'_> {
    /// Of the log with this origin; the new key is signed by the old one.
    fn check(&self, origin: &str) -> Result<Link, &'static str> {
        let key = |vkey: &str| Verifier::parse(vkey).filter(|key| key.origin() == origin);
        let (Some(old), Some(new)) = (key(&self.old), key(&self.new)) else {
            return Err("a record hands over a key of another log, or none");
        };
        let signature = BASE64_STANDARD.decode(self.signature.as_bytes()).unwrap_or_default();
        if old.signed(&statement(&old, &new), &signature) {
            Ok(Link { old, new, signature: self.signature.clone().into_owned() })
        } else {
            Err("the new key of a record is not signed by the old one")
        }
    }
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// Reads a ROTATE record of the log with this origin; nothing if it is of another kind.
pub(super) fn read(record: &[u8], origin: &str) -> Result<Option<Link>, &'static str> {
    match serde_json::from_slice::<Kind<'_>>(record) {
        Ok(head) if head.kind == "ROTATE" => {}
        Ok(_) | Err(_) => return Ok(None),
    }
    let spelt = serde_json::from_slice::<Spelt<'_>>(record).map_err(|_| "the ROTATE record names no keys")?;
    spelt.check(origin).map(Some)
}

/// The hand-overs that a PRUNE record repeats, because it lets the records of some of them go.
fn repeated(record: &[u8], origin: &str) -> Result<Vec<Link>, &'static str> {
    #[derive(Deserialize)]
    struct Pruned<'a> {
        #[serde(borrow)]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        keys: Vec<Spelt<'a>>,
    }
    match serde_json::from_slice::<Pruned<'_>>(record) {
        Ok(pruned) if pruned.kind == "PRUNE" => pruned.keys.iter().map(|link| link.check(origin)).collect(),
        Ok(_) | Err(_) => Ok(Vec::new()),
    }
}

/// The keys of a log in order, as its ROTATE records name them.
pub(super) struct Chain {
    origin: String,
    keys: Vec<Verifier>,
    links: Vec<Link>,
    finder: Finder<'static>,
}

impl Chain {
    /// Of the log with this origin, before its first record.
    pub(super) fn new(origin: &str) -> Chain {
        let finder = Finder::new(b"\"kind\":\"ROTATE\"");
        Chain { origin: origin.to_owned(), keys: Vec::new(), links: Vec::new(), finder }
    }

    /// Takes the next record.
    pub(super) fn follow(&mut self, record: &[u8]) -> Result<(), &'static str> {
        // Records are canonical: of all kinds only PRUNE starts with this key.
        if record.starts_with(b"{\"before\":") {
            return self.recall(repeated(record, &self.origin)?);
        }
        // A cheap look first: nearly no record is one. A name from outside cannot look like it: the
        // quotes in it are escaped.
        if self.finder.find(record).is_none() {
            return Ok(());
        }
        match read(record, &self.origin)? {
            Some(link) => self.add(link),
            None => Ok(()),
        }
    }

    fn add(&mut self, link: Link) -> Result<(), &'static str> {
        if self.links.len() >= LINKS_MAX {
            return Err("the log changes its key too often");
        }
        if self.keys.is_empty() {
            self.keys.push(link.old.clone());
        } else if self.keys.ends_with(&[link.old.clone(), link.new.clone()]) {
            return Ok(()); // said twice, after a crash
        } else if self.keys.last() != Some(&link.old) {
            return Err("the ROTATE record goes on from a key that is not the newest");
        }
        self.keys.push(link.new.clone());
        self.links.push(link);
        Ok(())
    }

    /// Puts hand-overs in front whose own records are gone: as far as they are known, they have to be the
    /// same.
    fn recall(&mut self, repeated: Vec<Link>) -> Result<(), &'static str> {
        let mut whole = Chain::new(&self.origin);
        repeated.into_iter().try_for_each(|link| whole.add(link))?;
        // What was handed over since, while the PRUNE was being written, stands behind it.
        let since = self.links.iter().position(|link| Some(&link.old) == whole.keys.last());
        let (known, newer) = self.links.split_at(since.unwrap_or(self.links.len()));
        if whole.links.ends_with(known) {
            newer.iter().cloned().try_for_each(|link| whole.add(link))?;
            *self = whole;
            Ok(())
        } else if known.ends_with(&whole.links) {
            Ok(())
        } else {
            Err("the PRUNE record repeats other keys than those of the log")
        }
    }

    /// The hand-overs, oldest first.
    pub(super) fn links(&self) -> &[Link] {
        &self.links
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
