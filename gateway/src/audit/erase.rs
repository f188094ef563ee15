//! Erase: forget one person (GDPR Art. 17) in a log that never changes.
//!
//! Invariant: the ERASE record is durable before the key is destroyed, and an erasure that began
//! ends: the file `erasing` names it from before its record until after its key, so whatever stops
//! it in between, the next erasure or the next start finishes it.
//!
//! ```text
//! erasing is durable     a crash before this: nothing happened
//! ERASE is durable       a crash before this: the next start writes it
//! the key is destroyed   a crash before this: the next start destroys it
//! erasing is removed     a crash before this: the next start finds both done
//! ```
//! The record names the key by its check value. So a next key of the same person, which has the same
//! name, is never taken for the one that had to go.

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::disk::{parent, read_bounded};
use super::read::{VerifyError, records};
use super::record::{Erase, now_us};
use super::segment::{Frames, list};
use super::subject::KeyId;
use super::{AuditError, Log};

/// How long the reason of an erasure may be.
pub const REASON_BYTES_MAX: usize = 256;

/// How long `erasing` may be: a name for each of 1,024 partitions.
const ERASING_BYTES_MAX: u64 = 256 * 1024;

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// The name of the key that was destroyed.
    pub key: String,
    /// Where the ERASE record stands: every partition that holds a record of this person.
    pub partitions: Vec<String>,
}

/// An erasure that began.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Erasing {
    key: String,
    key_check: String,
    tenant: String,
    reason: String,
    /// The partitions to write ERASE into, and a record before which it cannot stand.
    partitions: BTreeMap<String, u64>,
}

impl Erasing {
    /// Reads the erasure that something interrupted, if there is one.
    pub(super) fn read(directory: &Path) -> Result<Option<Erasing>, AuditError> {
        let path = path(directory);
        match read_bounded(&path, ERASING_BYTES_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(AuditError::disk("read", &path)(error)),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| AuditError::corrupt("erasing", error.to_string())),
        }
    }

    /// The key that has to go.
    pub(super) fn id(&self) -> KeyId {
        KeyId { name: self.key.clone(), check: self.key_check.clone() }
    }
}

impl Log {
    /// Forgets a person: writes ERASE into every partition that holds a record of theirs, then
    /// destroys their key. Reads those partitions up to the first such record and waits for the disk:
    /// not for a thread that drives a runtime.
    pub fn erase(&self, tenant: &str, subject: &str, reason: &str) -> Result<Erased, AuditError> {
        check_reason(reason, subject)?;
        let _alone = self.inner.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
        let finished = self.finish_erasing()?;
        let Some(KeyId { name: key, check: key_check }) = self.inner.subjects.find(tenant, subject) else {
            // The command was repeated because an error had interrupted it.
            let this = |erased: &Erased| erased.key == self.inner.subjects.name_of(tenant, subject);
            return finished.filter(this).ok_or(AuditError::Name(
                "this log holds no key of that subject of that tenant: never seen, erased already, or misspelt",
            ));
        };
        let partitions = self.holding(&key)?;
        let (tenant, reason) = (tenant.to_owned(), reason.to_owned());
        let erasing = Erasing { key, key_check, tenant, reason, partitions };
        let path = path(&self.inner.directory);
        let bytes = serde_json::to_vec(&erasing).map_err(|_| AuditError::Random)?;
        let written = self.inner.settings.upkeep.replace(&path, &bytes);
        written.map_err(AuditError::disk("write", &path))?;
        self.carry_out(&erasing)
    }

    /// Finishes what an error or a crash interrupted.
    pub(super) fn finish_erasing(&self) -> Result<Option<Erased>, AuditError> {
        let erasing = Erasing::read(&self.inner.directory)?;
        erasing.map(|erasing| self.carry_out(&erasing)).transpose()
    }

    fn carry_out(&self, erasing: &Erasing) -> Result<Erased, AuditError> {
        for (name, from) in &erasing.partitions {
            if self.has_erase(name, *from, &erasing.key_check)? {
                continue; // it was written before the interruption
            }
            let Erasing { key, key_check, tenant, reason, .. } = erasing;
            let record = Erase { time_us: now_us(), tenant, key, key_check, reason };
            self.partition(name)?.append(record).wait()?;
        }
        self.inner.subjects.destroy(&erasing.id())?;
        let (disk, path) = (&self.inner.settings.upkeep, path(&self.inner.directory));
        let removed = disk.remove_file(&path).and_then(|()| disk.sync_directory(parent(&path)));
        removed.map_err(AuditError::disk("remove", &path))?;
        Ok(Erased { key: erasing.key.clone(), partitions: erasing.partitions.keys().cloned().collect() })
    }

    /// The partitions that hold a record under this key. One whose records were pruned, or never
    /// written, is erased in `_gateway`: what belongs to nobody.
    fn holding(&self, key: &str) -> Result<BTreeMap<String, u64>, AuditError> {
        let pattern = format!("\"key\":\"{key}\"");
        let finder = Finder::new(pattern.as_bytes());
        let mut holding = BTreeMap::new();
        for name in self.partition_names() {
            for record in records(&self.place(&name)).map_err(unreadable(&name))? {
                let (_, bytes) = record.map_err(unreadable(&name))?;
                if finder.find(&bytes).is_some() {
                    holding.insert(name.clone(), self.newest_segment(&name)?);
                    break;
                }
            }
        }
        if holding.is_empty() {
            self.partition("_gateway")?;
            holding.insert("_gateway".to_owned(), self.newest_segment("_gateway")?);
        }
        Ok(holding)
    }

    /// The first record of the newest segment: what is appended from now on stands behind it.
    fn newest_segment(&self, name: &str) -> Result<u64, AuditError> {
        let segments =
            list(&self.place(name)).map_err(|error| AuditError::corrupt(name, error.to_string()))?;
        Ok(segments.last().map_or(0, |segment| segment.first))
    }

    fn has_erase(&self, name: &str, from: u64, check: &str) -> Result<bool, AuditError> {
        let damaged = |error: super::segment::ReadError| AuditError::corrupt(name, error.to_string());
        let pattern = format!("\"key_check\":\"{check}\",\"kind\":\"ERASE\"");
        let finder = Finder::new(pattern.as_bytes());
        let mut frames = Frames::from(&list(&self.place(name)).map_err(damaged)?, from);
        while let Some(frame) = frames.next().map_err(damaged)? {
            if finder.find(frame.record()).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where a partition stands.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.inner.directory.join(name)
    }
}

#[derive(Deserialize)]
struct Fields {
    kind: String,
    key: String,
    key_check: String,
}

/// The key that an ERASE record names.
pub(super) fn erased_key(record: &[u8]) -> Option<KeyId> {
    // Records are canonical: behind `{"boot":"…32 digits…` comes `","key":"` in this kind only.
    record.get(41..).filter(|rest| rest.starts_with(b"\",\"key\":\""))?;
    let Fields { kind, key, key_check } = serde_json::from_slice(record).ok()?;
    (kind == "ERASE").then_some(KeyId { name: key, check: key_check })
}

fn path(directory: &Path) -> PathBuf {
    directory.join("erasing")
}

fn unreadable(name: &str) -> impl Fn(VerifyError) -> AuditError {
    let name = name.to_owned();
    move |error| AuditError::corrupt(&name, error.to_string())
}

/// The reason stays in the log for years: it must not bring back what it is there to erase.
fn check_reason(reason: &str, subject: &str) -> Result<(), AuditError> {
    if reason.trim().is_empty() || reason.len() > REASON_BYTES_MAX || reason.chars().any(char::is_control) {
        return Err(AuditError::Name("a reason has 1 to 256 bytes and no control characters"));
    }
    if subject.is_empty() {
        return Err(AuditError::Name("no subject is named"));
    }
    // A shorter one stands in many words by chance.
    if subject.len() >= 4 && reason.to_lowercase().contains(&subject.to_lowercase()) {
        return Err(AuditError::Name(
            "the reason names the subject: write the number of the request instead",
        ));
    }
    Ok(())
}
