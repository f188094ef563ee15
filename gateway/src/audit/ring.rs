//! Ring: the keys of one partition: the newest, the one before while both sign, and one that comes.
//!
//! Invariant: a private key is durable under its name before a checkpoint carries its signature, and a
//! public key stands in `vkey` only when the checkpoint carries its signature. A new key takes over at
//! its ROTATE record and nowhere else: a crash before that record leaves the old key alone, a crash
//! after it leaves both, and opening the partition finishes what is left.
//!
//! | file | what |
//! |---|---|
//! | `key` | the newest private key (PKCS#8), unless the configuration names one |
//! | `key.next` | a new one, from before its ROTATE record until it took over |
//! | `key.old` | the one before, until the overlap ends |
//! | `vkey` | the public keys: the newest first, below it the one before while both sign |

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::AuditError;
use super::disk::Disk;
use super::key::{Key, Loaded};
use super::note::{Checkpoint, OTHER_KEY, Signer, Verifier};
use super::record::now_us;
use super::rotate::{self, statement};

/// How long both keys sign if nothing else is said.
pub const OVERLAP: Duration = Duration::from_secs(30 * 86_400);
/// Ten years: then the older key has lost its meaning.
const OVERLAP_MAX: Duration = Duration::from_secs(3_653 * 86_400);
/// In place of a key that the configuration holds.
const CONFIGURED: &str = "configured";

/// What the configuration says of keys.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key of all partitions; without one each has its own.
    pub key: Option<Loaded>,
    /// The one before it: it hands over to `key`.
    pub old: Option<Loaded>,
    /// How long both sign then.
    pub overlap: Duration,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys { key: None, old: None, overlap: OVERLAP }
    }
}

/// The keys of one partition, for all who use them.
#[derive(Debug)]
pub(super) struct Ring {
    disk: Disk,
    partition: PathBuf,
    origin: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    newest: Arc<Key>,
    old: Option<Timed>,
    next: Option<Timed>,
    /// Private keys stand under their names.
    settled: bool,
    /// `vkey` names the keys that sign.
    published: bool,
}

/// A key, and until when the older one of a pair signs.
#[derive(Debug, Clone)]
struct Timed {
    key: Arc<Key>,
    until_us: u64,
}

/// A rotation that was prepared: what its record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handover {
    pub(super) old: String,
    pub(super) new: String,
    pub(super) signature: String,
    pub(super) until_us: u64,
}

impl Ring {
    /// Reads the keys of a partition; makes one for a partition that has no records yet (`fresh`).
    pub(super) fn open(
        disk: &Disk,
        partition: &Path,
        origin: &str,
        fresh: bool,
        keys: &Keys,
    ) -> Result<Ring, AuditError> {
        let opening = Opening { disk, partition, origin, keys, named: named(partition, origin)? };
        let mut state = match &keys.key {
            None => opening.own(fresh)?,
            Some(loaded) => opening.configured(loaded, fresh)?,
        };
        if fresh && opening.named.is_empty() {
            let vkey = partition.join("vkey");
            disk.replace(&vkey, text(&state).as_bytes()).map_err(AuditError::disk("write", &vkey))?;
        } else {
            state.published = opening.named == verifiers(&state);
        }
        let (disk, partition, origin) = (disk.clone(), partition.to_path_buf(), origin.to_owned());
        Ok(Ring { disk, partition, origin, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `NODE/PARTITION`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Reads a checkpoint that one of the keys signed.
    pub(super) fn open_note(&self, note: &[u8]) -> Result<Checkpoint, &'static str> {
        let state = self.lock();
        match (state.newest.verifier().open(note), &state.old) {
            (Err(OTHER_KEY), Some(old)) => old.key.verifier().open(note),
            (opened, _) => opened,
        }
    }

    /// Prepares a rotation: the new key is durable as `key.next`, and takes over when its record comes.
    /// After one whose record could not be written the same key is taken again.
    pub(super) fn prepare(&self, overlap: Duration) -> Result<Handover, AuditError> {
        if overlap > OVERLAP_MAX {
            return Err(AuditError::Name("an overlap is at most ten years"));
        }
        let mut state = self.lock();
        if state.newest.kept().is_none() {
            return Err(AuditError::Name(
                "the key of this log comes from the configuration: name the new one as `key` and this one as `old_key` there, and restart",
            ));
        }
        if state.next.is_none() {
            let pkcs8 = Signer::generate().ok_or(AuditError::Random)?;
            let key = Arc::new(Key::own(&self.origin, &pkcs8).ok_or(AuditError::Random)?);
            let overlap_us = u64::try_from(overlap.as_micros()).unwrap_or(u64::MAX);
            let next = Timed { key, until_us: now_us().saturating_add(overlap_us) };
            self.replace("key.next", &envelope(&next))?;
            state.next = Some(next);
        }
        handover(&state).ok_or(AuditError::Random)?
    }

    /// The same for a key of the configuration that is to take over, if there is one.
    pub(super) fn due(&self) -> Option<Result<Handover, AuditError>> {
        let state = self.lock();
        let configured = state.next.as_ref().is_some_and(|next| next.key.kept().is_none());
        if configured { handover(&state) } else { None }
    }

    /// Looks at a record if there is one to wait for.
    pub(super) fn look(&self, record: &[u8]) {
        if self.waits() {
            self.follow(record);
        }
    }

    /// Looks whether a record is the one at which the new key takes over.
    pub(super) fn follow(&self, record: &[u8]) {
        let mut state = self.lock();
        let Some(next) = &state.next else { return };
        let link = rotate::read(record, &self.origin).ok().flatten();
        if link.is_none_or(|link| link.new != *next.key.verifier() || link.old != *state.newest.verifier()) {
            return;
        }
        let Some(Timed { key, until_us }) = state.next.take() else { return };
        let key = std::mem::replace(&mut state.newest, key);
        // A rotation during an overlap ends the earlier one: three keys are never needed.
        state.old = Some(Timed { key, until_us });
        (state.settled, state.published) = (false, false);
    }

    /// Whether records have to be looked at.
    pub(super) fn waits(&self) -> bool {
        self.lock().next.is_some()
    }

    /// After the records were read: a rotation whose record is not there did not happen.
    pub(super) fn undo(&self) -> Result<(), AuditError> {
        let mut state = self.lock();
        if state.next.as_ref().is_some_and(|next| next.key.kept().is_some()) {
            let path = self.partition.join("key.next");
            self.disk.remove_durably(&path).map_err(AuditError::disk("remove", &path))?;
            state.next = None;
        }
        Ok(())
    }

    /// Whether files have to change before or after the next checkpoint.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.lock();
        state.settled && state.published && state.old.as_ref().is_none_or(|old| old.until_us > now_us())
    }

    /// Before a checkpoint: the private keys stand under their names. Tells the keys that sign it.
    pub(super) fn signers(&self) -> Result<Vec<Arc<Key>>, AuditError> {
        let mut state = self.lock();
        if !state.settled {
            // The old key first. A crash after it: `key` is the old one too, and `key.next` or the
            // configuration has the new one.
            if let Some(old) = &state.old {
                self.replace("key.old", &envelope(old))?;
            }
            // A crash after this: `key` and `key.next` are the same, the new key took over.
            match state.newest.kept() {
                Some(pkcs8) => self.replace("key", pkcs8)?,
                None => self.remove("key")?,
            }
            self.remove("key.next")?;
            state.settled = true;
        }
        let old = state.old.as_ref().filter(|old| old.until_us > now_us());
        Ok(std::iter::once(&state.newest).chain(old.map(|old| &old.key)).cloned().collect())
    }

    /// After the checkpoint that those keys signed: `vkey` names them, and a key whose time is over goes.
    pub(super) fn signed(&self, signers: &[Arc<Key>]) -> Result<(), AuditError> {
        let mut state = self.lock();
        let carried = |key: &Key| signers.iter().any(|signer| signer.verifier() == key.verifier());
        if !carried(&state.newest) {
            return Ok(()); // a slow signature from before the rotation: the next one counts
        }
        let over = state.old.as_ref().is_some_and(|old| !carried(&old.key));
        if over {
            state.old = None;
            state.published = false;
        }
        if !state.published {
            self.replace("vkey", text(&state).as_bytes())?;
            state.published = true;
        }
        // Last: as long as the file is there a crash leaves a state that has been here before.
        if state.old.is_none() && self.partition.join("key.old").exists() {
            self.remove("key.old")?;
        }
        Ok(())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
        let path = self.partition.join(name);
        self.disk.replace(&path, bytes).map_err(AuditError::disk("write", &path))
    }

    fn remove(&self, name: &str) -> Result<(), AuditError> {
        let path = self.partition.join(name);
        self.disk.remove_durably(&path).map_err(AuditError::disk("remove", &path))
    }
}

/// Signs a checkpoint with each of the keys, newest first.
pub(super) fn sign(signers: &[Arc<Key>], checkpoint: &Checkpoint) -> Result<String, AuditError> {
    let Some(first) = signers.first() else { return Err(AuditError::Random) };
    let text = first.verifier().text(checkpoint);
    let mut note = format!("{text}\n");
    for key in signers {
        let signature = key.sign(&text).map_err(AuditError::Sign)?;
        note.push_str(&key.verifier().line(&signature));
    }
    Ok(note)
}

fn handover(state: &State) -> Option<Result<Handover, AuditError>> {
    let next = state.next.as_ref()?;
    let (old, new) = (state.newest.verifier(), next.key.verifier());
    let signed = state.newest.sign(&statement(old, new)).map_err(AuditError::Sign);
    Some(signed.map(|signature| Handover {
        old: old.vkey(),
        new: new.vkey(),
        signature: BASE64_STANDARD.encode(signature),
        until_us: next.until_us,
    }))
}

fn verifiers(state: &State) -> Vec<Verifier> {
    let old = state.old.as_ref().map(|old| &old.key);
    std::iter::once(&state.newest).chain(old).map(|key| key.verifier().clone()).collect()
}

/// What stands in `vkey`.
fn text(state: &State) -> String {
    verifiers(state).iter().map(|key| format!("{}\n", key.vkey())).collect()
}

/// What stands in `key.next` and `key.old`.
fn envelope(timed: &Timed) -> Vec<u8> {
    let key = timed.key.kept().map_or_else(|| CONFIGURED.to_owned(), |pkcs8| BASE64_STANDARD.encode(pkcs8));
    format!("until {}\n{key}\n", timed.until_us).into_bytes()
}

fn parse_envelope(text: &str) -> Option<(u64, Option<Vec<u8>>)> {
    let (until, key) = text.strip_prefix("until ")?.strip_suffix('\n')?.split_once('\n')?;
    let until_us = until.parse().ok()?;
    let kept = if key == CONFIGURED { None } else { Some(BASE64_STANDARD.decode(key).ok()?) };
    Some((until_us, kept))
}

/// The keys that `vkey` names; none if the file is not there.
fn named(partition: &Path, origin: &str) -> Result<Vec<Verifier>, AuditError> {
    let path = partition.join("vkey");
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(AuditError::disk("read", &path)(error)),
        Ok(text) => Verifier::parse_file(&text)
            .filter(|keys| keys.iter().all(|key| key.origin() == origin))
            .ok_or_else(|| foreign(origin)),
    }
}

fn foreign(origin: &str) -> AuditError {
    let what = "its vkey is of another node or key; give back the old node name or key (as `old_key`, if a new one is to follow it), or start a new directory";
    AuditError::corrupt(origin, what.to_owned())
}

/// What there is to make a ring of.
struct Opening<'o> {
    disk: &'o Disk,
    partition: &'o Path,
    origin: &'o str,
    keys: &'o Keys,
    named: Vec<Verifier>,
}

impl Opening<'_> {
    /// Each partition has its own key.
    fn own(&self, fresh: bool) -> Result<State, AuditError> {
        let path = self.partition.join("key");
        let newest = match self.lying("key")? {
            Some(pkcs8) => self.key(&pkcs8)?,
            None if fresh && self.named.is_empty() => {
                let pkcs8 = Signer::generate().ok_or(AuditError::Random)?;
                self.disk.replace(&path, &pkcs8).map_err(AuditError::disk("write", &path))?;
                self.key(&pkcs8)?
            }
            None => {
                let what = "its key is missing; give the file back, or, if the configuration names its key, keep it there";
                return Err(AuditError::corrupt(self.origin, what.to_owned()));
            }
        };
        let old = self.timed("key.old")?;
        // The same key twice: a crash between the two steps of taking over, or of taking over again.
        let other = |timed: &Timed| timed.key.verifier() != newest.verifier();
        let old = old.filter(other);
        let coming = self.timed("key.next")?;
        let left = coming.as_ref().is_some_and(|timed| !other(timed));
        let next = coming.filter(other);
        self.known([Some(&newest), old.as_ref().map(|old| &old.key)])?;
        Ok(State { newest, old, next, settled: !left, published: false })
    }

    /// The configuration names a key: the log has it already, or gets it from the key before.
    fn configured(&self, loaded: &Loaded, fresh: bool) -> Result<State, AuditError> {
        let key = Key::configured(self.origin, loaded).map(Arc::new).ok_or_else(|| self.damaged())?;
        let before = self.keys.old.as_ref().and_then(|old| Key::configured(self.origin, old)).map(Arc::new);
        let own = self.lying("key")?.map(|pkcs8| self.key(&pkcs8)).transpose()?;
        let newest = self.named.first();
        let is = |key: &Arc<Key>, named: Option<&Verifier>| named == Some(key.verifier());
        if (fresh && newest.is_none()) || is(&key, newest) || self.signed_by(&key) {
            let old = self.timed("key.old")?.filter(|old| old.key.verifier() != key.verifier());
            self.known([Some(&key), old.as_ref().map(|old| &old.key)])?;
            // A `key` that is left from before goes with the next checkpoint.
            return Ok(State { newest: key, old, next: None, settled: own.is_none(), published: false });
        }
        // The third: a crash after its own key had moved away, before the new one had signed.
        let moved = self.timed("key.old")?.map(|old| old.key);
        let mut all = before.into_iter().chain(own).chain(moved);
        let from = all.find(|from| is(from, newest)).ok_or_else(|| foreign(self.origin))?;
        let overlap_us = u64::try_from(self.keys.overlap.as_micros()).unwrap_or(u64::MAX);
        let next = Timed { key, until_us: now_us().saturating_add(overlap_us) };
        let old = self.timed("key.old")?.filter(|old| old.key.verifier() != from.verifier());
        Ok(State { newest: from, old, next: Some(next), settled: true, published: false })
    }

    /// `vkey` may be a step behind, after a crash, but it never names a stranger first.
    fn known(&self, ours: [Option<&Arc<Key>>; 2]) -> Result<(), AuditError> {
        let ours = |named: &&Verifier| ours.iter().flatten().any(|key| key.verifier() == *named);
        match self.named.first() {
            Some(first) if !ours(&first) => Err(foreign(self.origin)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the checkpoint carries a signature of this key: then it took over, whatever `vkey` says.
    fn signed_by(&self, key: &Key) -> bool {
        let note = std::fs::read(self.partition.join("checkpoint")).unwrap_or_default();
        key.verifier().open(&note).is_ok()
    }

    fn lying(&self, name: &str) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.partition.join(name);
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some).map_err(AuditError::disk("read", &path)),
        }
    }

    fn timed(&self, name: &str) -> Result<Option<Timed>, AuditError> {
        let Some(bytes) = self.lying(name)? else { return Ok(None) };
        let parsed = std::str::from_utf8(&bytes).ok().and_then(parse_envelope);
        let (until_us, kept) = parsed.ok_or_else(|| self.damaged())?;
        let key = match kept {
            Some(pkcs8) => self.key(&pkcs8)?,
            // The configuration does not name it any more: its time is over.
            None => match self.keys.old.as_ref().and_then(|old| Key::configured(self.origin, old)) {
                Some(key) => Arc::new(key),
                None => return Ok(None),
            },
        };
        Ok(Some(Timed { key, until_us }))
    }

    fn key(&self, pkcs8: &[u8]) -> Result<Arc<Key>, AuditError> {
        Key::own(self.origin, pkcs8).map(Arc::new).ok_or_else(|| self.damaged())
    }

    fn damaged(&self) -> AuditError {
        AuditError::corrupt(self.origin, "its key is damaged".to_owned())
    }
}
