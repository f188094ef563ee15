//! Prove: files that show, to someone who has only a key, that a record is in the log, and that one
//! checkpoint continues another.
//!
//! Invariant: a proof is given out only after it was checked here against a checkpoint that the log's
//! key signed. The file is a C2SP tlog-proof (<https://c2sp.org/tlog-proof>) with the record in its
//! `extra` line, so it stands alone: the record's leaf hash, the hashes beside its way, the signed root.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;
use std::path::Path;

use super::note::{Checkpoint, OTHER_KEY, Verifier};
use super::proof;
use super::read::{VerifyError, keys, partitions, records, show};
use super::rotate::Chain;
use super::tree::{Hash, leaf_hash};

/// First line of a proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A record of 64 KiB in base64, 64 hashes and a checkpoint with cosignatures.
const PROOF_BYTES_MAX: usize = 128 * 1024;
/// No path in a tree of 2^63 records is longer (C2SP tlog-proof).
const HASHES_MAX: usize = 63;

/// The proof of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The partition.
    pub partition: String,
    /// The record's index there.
    pub index: u64,
    /// The file's text.
    pub text: String,
}

/// What a proof proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proven {
    /// The log: `NODE/PARTITION`.
    pub origin: String,
    /// The record's index in it.
    pub index: u64,
    /// Records that the checkpoint covers.
    pub size: u64,
    /// The root of their tree, base64.
    pub root: String,
    /// The record, if the proof carries it.
    pub record: Option<serde_json::Value>,
}

/// What a consistency proof proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Continued {
    /// The log: `NODE/PARTITION`.
    pub origin: String,
    /// Records of the older checkpoint.
    pub old: u64,
    /// Records of the newer one.
    pub new: u64,
    /// The proof: hashes in base64, in the order of RFC 9162 section 2.1.4.
    pub proof: Vec<String>,
}

/// Proofs of all records of one request: its own, and a RECOVERY that names it.
pub fn prove(directory: &Path, request: &str, vkeys: &[String]) -> Result<Vec<Proof>, VerifyError> {
    let places = partitions(directory)?;
    let mut proofs = Vec::new();
    for shown in show(directory, request)? {
        let Some((_, path)) = places.iter().find(|(name, _)| *name == shown.partition) else { continue };
        let partition = Partition { name: &shown.partition, path };
        let text = partition.prove(shown.index, shown.record.as_bytes(), vkeys)?;
        proofs.push(Proof { partition: shown.partition, index: shown.index, text });
    }
    Ok(proofs)
}

/// Whether the newest checkpoint of a partition covers this record at this index: how many it covers.
pub fn holds(partition: &Path, index: u64, record: &[u8], vkeys: &[String]) -> Result<u64, VerifyError> {
    let found = partitions(partition)?;
    let [(name, path)] = found.as_slice() else {
        return Err(VerifyError::Usage(format!("{} is not one partition", partition.display())));
    };
    let partition = Partition { name, path };
    Ok(partition.included(index, record, vkeys)?.0.size)
}

/// Checks a proof by itself: with keys from outside, and the record if the proof does not carry it.
pub fn check_proof(text: &str, record: Option<&[u8]>, vkeys: &[String]) -> Result<Proven, VerifyError> {
    let wrong = |what: &str| VerifyError::Usage(format!("the proof does not hold: {what}"));
    let parts = parse(text).ok_or_else(|| wrong("it is not a C2SP tlog-proof"))?;
    let origin = parts.note.lines().next().unwrap_or_default();
    let mut keys = vkeys.iter().filter_map(|key| Verifier::parse(key)).filter(|key| key.origin() == origin);
    let mut opened = Err("none of the given keys is a key of its log");
    while let (true, Some(key)) = (opened.is_err(), keys.next()) {
        opened = key.open(parts.note.as_bytes());
    }
    let checkpoint = opened.map_err(wrong)?;
    let bytes = match (record, &parts.record) {
        (Some(given), Some(carried)) if given != carried => {
            return Err(wrong("it is of another record than the one given"));
        }
        (Some(given), _) => given,
        (None, Some(carried)) => carried,
        (None, None) => return Err(wrong("it carries no record: give the record in a file")),
    };
    let Checkpoint { size, root } = checkpoint;
    if !proof::includes(parts.index, size, leaf_hash(bytes), &parts.hashes, &root) {
        return Err(wrong("its hashes do not lead from the record to the signed root"));
    }
    let record = serde_json::from_slice(bytes).ok();
    let root = BASE64_STANDARD.encode(root);
    Ok(Proven { origin: origin.to_owned(), index: parts.index, size, root, record })
}

/// Proves that one checkpoint of a partition continues another; without a newer one, the log's own.
pub fn continued(
    directory: &Path,
    old: &str,
    new: Option<&str>,
    vkeys: &[String],
) -> Result<Continued, VerifyError> {
    let origin = old.lines().next().unwrap_or_default();
    let of_log = |(name, _): &&(String, _)| origin.rsplit('/').next() == Some(name.as_str());
    let places = partitions(directory)?;
    let (name, path) = places.iter().find(of_log).ok_or_else(|| {
        VerifyError::Usage(format!(
            "{} holds no log {origin}, which the checkpoint is of",
            directory.display()
        ))
    })?;
    let partition = Partition { name, path };
    let keys = keys(name, path, vkeys)?;
    let told = |which| move |what| VerifyError::Usage(format!("the {which} checkpoint: {what}"));
    let old = partition.open_older(&keys, old.as_bytes()).map_err(told("older"))?;
    let own = partition.note()?;
    let new = match new {
        Some(new) => partition.open_older(&keys, new.as_bytes()),
        None => partition.open(&keys, own.as_bytes()),
    };
    let new = new.map_err(told("newer"))?;
    let proof = match proof::consistency(path, old.size, new.size) {
        Ok(proof) if proof::continues(old.size, new.size, &old.root, &new.root, &proof) => proof,
        Ok(_) if old.size <= new.size => {
            return Err(partition.fault(None, "the newer checkpoint does not continue the older one: the log was forked, or its tiles are damaged"));
        }
        Err(error) if old.size <= new.size => {
            return Err(partition.fault(None, &format!("its tiles do not give the proof: {error}")));
        }
        Ok(_) | Err(_) => {
            let what = format!("the log was rolled back: a checkpoint of {} records exists", old.size);
            return Err(partition.fault(Some(new.size), &what));
        }
    };
    let proof = proof.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect();
    Ok(Continued { origin: origin.to_owned(), old: old.size, new: new.size, proof })
}

struct Partition<'p> {
    name: &'p str,
    path: &'p Path,
}

impl Partition<'_> {
    fn fault(&self, index: Option<u64>, what: &str) -> VerifyError {
        VerifyError::Fault { partition: self.name.to_owned(), index, what: what.to_owned() }
    }

    fn note(&self) -> Result<String, VerifyError> {
        let path = self.path.join("checkpoint");
        std::fs::read_to_string(&path).map_err(VerifyError::disk(&path))
    }

    /// Opens the newest checkpoint: one of these keys signed it, or the one to which the log's records
    /// lead from them. Each hand-over is signed by the key before.
    fn open(&self, keys: &[Verifier], note: &[u8]) -> Result<Checkpoint, &'static str> {
        match open_any(keys, note) {
            Err(OTHER_KEY) => {
                let chain = self.chain(keys)?;
                keys.iter().map(|key| chain.admit(key, note)).find(Result::is_ok).unwrap_or(Err(OTHER_KEY))
            }
            opened => opened,
        }
    }

    /// The same for an older one, which a key of before may have signed.
    fn open_older(&self, keys: &[Verifier], note: &[u8]) -> Result<Checkpoint, &'static str> {
        match open_any(keys, note) {
            Err(OTHER_KEY) => {
                let chain = self.chain(keys)?;
                let ours = keys.iter().any(|key| chain.holds(key));
                if ours { open_any(chain.keys(), note) } else { Err(OTHER_KEY) }
            }
            opened => opened,
        }
    }

    /// How the log changed its key.
    fn chain(&self, keys: &[Verifier]) -> Result<Chain, &'static str> {
        let mut chain = Chain::new(keys.first().map_or("", Verifier::origin));
        for record in records(self.path).map_err(|_| OTHER_KEY)? {
            chain.follow(&record.map_err(|_| OTHER_KEY)?.1)?;
        }
        Ok(chain)
    }

    /// The newest checkpoint with its note, and the proof that it covers this record.
    fn included(
        &self,
        index: u64,
        record: &[u8],
        vkeys: &[String],
    ) -> Result<(Checkpoint, String, Vec<Hash>), VerifyError> {
        let note = self.note()?;
        let checkpoint = self
            .open(&keys(self.name, self.path, vkeys)?, note.as_bytes())
            .map_err(|what| self.fault(None, what))?;
        if index >= checkpoint.size {
            return Err(self
                .fault(Some(index), "no checkpoint covers it yet: on a running log ask again in a second"));
        }
        let hashes = proof::inclusion(self.path, index, checkpoint.size)
            .map_err(|error| self.fault(Some(index), &format!("its tiles cannot be read: {error}")))?;
        if !proof::includes(index, checkpoint.size, leaf_hash(record), &hashes, &checkpoint.root) {
            return Err(
                self.fault(Some(index), "record, tiles and checkpoint do not fit: run `inland audit verify`")
            );
        }
        Ok((checkpoint, note, hashes))
    }

    fn prove(&self, index: u64, record: &[u8], vkeys: &[String]) -> Result<String, VerifyError> {
        let (_, note, hashes) = self.included(index, record, vkeys)?;
        let mut text = format!("{HEADER}\nextra {}\nindex {index}\n", BASE64_STANDARD.encode(record));
        for hash in hashes {
            text.push_str(&BASE64_STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&note);
        Ok(text)
    }
}

fn open_any(keys: &[Verifier], note: &[u8]) -> Result<Checkpoint, &'static str> {
    let mut opened = Err("no key is known");
    for key in keys {
        opened = key.open(note);
        if opened.is_ok() {
            break;
        }
    }
    opened
}

/// A proof, taken apart.
struct Parts<'t> {
    record: Option<Vec<u8>>,
    index: u64,
    hashes: Vec<Hash>,
    note: &'t str,
}

fn parse(text: &str) -> Option<Parts<'_>> {
    if text.len() > PROOF_BYTES_MAX {
        return None;
    }
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    let mut line = lines.next()?;
    let mut record = None;
    if let Some(extra) = line.strip_prefix("extra ") {
        record = Some(BASE64_STANDARD.decode(extra).ok()?);
        line = lines.next()?;
    }
    let digits = line.strip_prefix("index ")?;
    let index: u64 = digits.parse().ok()?;
    let hashes: Vec<Hash> =
        lines.map(|line| BASE64_STANDARD.decode(line).ok()?.try_into().ok()).collect::<Option<_>>()?;
    // One spelling of the number; no more hashes than any tree has levels.
    (index.to_string() == digits && hashes.len() <= HASHES_MAX).then_some(Parts {
        record,
        index,
        hashes,
        note,
    })
}
