//! Subject: who asked, sealed so that one person can be forgotten without touching the log.
//!
//! Invariant (E8): no file holds a subject's name in the clear. A record carries it under
//! AES-256-GCM with a random key that belongs to one (tenant, subject); the key file names that key
//! by an HMAC under the node's secret. Destroying the key erases the person (GDPR Art. 17), and the
//! Merkle tree still verifies. A key is durable before anything sealed with it leaves this module.
//!
//! A destroyed key is written over where it stands. The person's next call makes a new random key
//! under the same name: it opens what comes from then on, and never what was erased.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use super::AuditError;
use super::disk::{Disk, temporary};
use super::read::VerifyError;

/// The key file holds this many persons: about 280 MB, and as much memory again.
pub const SUBJECTS_MAX: usize = 4_000_000;
/// How long a tenant's or a subject's name may be.
pub const SUBJECT_BYTES_MAX: usize = 1024;
/// Sealed names are padded to multiples of this, so that their length says little.
const PADDING_BYTES: usize = 32;
/// `name(16) key(44) crc32c(8)`, two spaces and a line feed: fixed, so a key can be overwritten.
const LINE_BYTES: usize = 71;
const NONCE_BYTES: usize = 12;
/// Where in a line the key starts, and what stands there when it was destroyed.
const KEY_AT: usize = 17;
const DESTROYED: &str = "--------------------------------------------";

/// A subject as records carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The name of the key, 16 hex digits.
    pub key: String,
    /// Nonce and ciphertext, base64.
    pub sealed: String,
}

type Name = [u8; 8];
type Key = [u8; 32];

/// One key of one person, without the key: what ERASE names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyId {
    /// The name, 16 hex digits.
    pub(super) name: String,
    /// Which key of that name: its check value (the KCV of key management), 16 hex digits.
    pub(super) check: String,
}

/// What the key file says.
#[derive(Debug, Default)]
struct Keys {
    live: HashMap<Name, Key>,
    /// Names that had a key which was destroyed.
    erased: HashSet<Name>,
}

/// The keys of all subjects that this node has seen.
pub(super) struct Subjects {
    disk: Disk,
    path: PathBuf,
    master: hmac::Key,
    keys: RwLock<Keys>,
    /// The end of the key file; nothing after a failed write, until the file is written anew.
    file: Mutex<Option<File>>,
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subjects(***)")
    }
}

impl Subjects {
    /// Reads the key file, or starts one. `erasing` is a key whose destruction a crash may have
    /// interrupted: a line of that name that is not whole was being written over.
    pub(super) fn open(
        disk: &Disk,
        directory: &Path,
        erasing: Option<&KeyId>,
    ) -> Result<Subjects, AuditError> {
        let path = directory.join("subject-keys");
        // A copy that a crash left: it holds keys that may have to go.
        remove_copy(disk, &temporary(&path)).map_err(AuditError::disk("remove", &temporary(&path)))?;
        if let Some(id) = erasing {
            let torn = |line: &[u8]| read_line(line).is_none();
            write_over(disk, &path, name(id)?, torn).map_err(AuditError::disk("write", &path))?;
        }
        let bytes = read_or_empty(&path)?;
        let (keys, whole) = parse(&bytes)?;
        let unused = keys.live.is_empty() && keys.erased.is_empty();
        let master = master_secret(disk, &directory.join("subject-secret"), unused)?;
        let file = disk.open_end(&path).map_err(AuditError::disk("open", &path))?;
        if whole < bytes.len() {
            // A crash in the middle of a line: nothing was sealed with that key yet.
            disk.truncate(&file, whole as u64).map_err(AuditError::disk("truncate", &path))?;
        }
        disk.sync(&file).map_err(AuditError::disk("sync", &path))?;
        disk.sync_directory(directory).map_err(AuditError::disk("sync", directory))?;
        let master = hmac::Key::new(hmac::HMAC_SHA256, &master);
        let (keys, file) = (RwLock::new(keys), Mutex::new(Some(file)));
        Ok(Subjects { disk: disk.clone(), path, master, keys, file })
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals a subject's name. The first time that a subject is seen this waits for the disk.
    pub(super) fn seal(&self, tenant: &str, subject: &str) -> Result<Sealed, AuditError> {
        if tenant.len() > SUBJECT_BYTES_MAX || subject.len() > SUBJECT_BYTES_MAX {
            return Err(AuditError::Name("a tenant or subject is longer than 1,024 bytes"));
        }
        let name = self.name(tenant, subject);
        let known = self.keys().live.get(&name).copied();
        let key = match known {
            Some(key) => key,
            None => self.create(name)?,
        };
        encrypt(&key, tenant, subject)
            .map(|sealed| Sealed { key: hex(&name), sealed })
            .ok_or(AuditError::Random)
    }

    /// Seals a name whose key is there already: this never waits for the disk.
    pub(super) fn seal_known(&self, tenant: &str, subject: &str) -> Option<Sealed> {
        let name = self.name(tenant, subject);
        let key = self.keys().live.get(&name).copied()?;
        encrypt(&key, tenant, subject).map(|sealed| Sealed { key: hex(&name), sealed })
    }

    /// Opens a sealed name, as long as its key exists.
    pub(super) fn unseal(&self, tenant: &str, sealed: &Sealed) -> Result<String, AuditError> {
        let name = name_of(&sealed.key).ok_or(AuditError::Name("this is not the name of a subject key"))?;
        let keys = self.keys();
        let opened = keys.live.get(&name).and_then(|key| decrypt(key, tenant, &sealed.sealed));
        opened.ok_or(if keys.erased.contains(&name) {
            AuditError::Erased
        } else {
            AuditError::Name("no key of this log opens this subject")
        })
    }

    /// The name of a person's keys.
    pub(super) fn name_of(&self, tenant: &str, subject: &str) -> String {
        hex(&self.name(tenant, subject))
    }

    /// The key that a person has at present.
    pub(super) fn find(&self, tenant: &str, subject: &str) -> Option<KeyId> {
        let name = self.name(tenant, subject);
        let key = self.keys().live.get(&name).copied()?;
        Some(KeyId { name: hex(&name), check: hex(&check_value(&key)) })
    }

    /// Destroys a key: in memory at once, then where it stands in the file. Doing it again does no
    /// harm; the person's next key stays.
    pub(super) fn destroy(&self, id: &KeyId) -> Result<(), AuditError> {
        let name = name(id)?;
        let is_it = |key: &Key| hex(&check_value(key)) == id.check;
        let mut slot = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            if keys.live.get(&name).is_some_and(is_it) {
                keys.live.remove(&name);
            }
            keys.erased.insert(name);
        }
        let done = match slot.take() {
            // A crash in here leaves a line that is neither: the next start writes over it again.
            Some(file) => {
                let doomed = |line: &[u8]| match read_line(line) {
                    Some(Line::Key(_, key)) => is_it(&key),
                    Some(Line::Destroyed(_)) => false,
                    None => true,
                };
                write_over(&self.disk, &self.path, name, doomed).map(|()| file)
            }
            // The file is not trusted since an error: the new one comes from memory, without the key.
            None => self.rewrite(),
        };
        *slot = Some(done.map_err(AuditError::disk("write", &self.path))?);
        Ok(())
    }

    /// HMAC under the node's secret: without it nobody can tell whose key a line of the file is.
    fn name(&self, tenant: &str, subject: &str) -> Name {
        name_under(&self.master, tenant, subject)
    }

    fn create(&self, name: Name) -> Result<Key, AuditError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = self.keys().live.get(&name) {
            return Ok(*key); // another request of the same person was first
        }
        if self.keys().live.len() >= SUBJECTS_MAX {
            return Err(AuditError::Full);
        }
        let mut key = Key::default();
        rand::fill(&mut key).map_err(|_| AuditError::Random)?;
        self.append(&mut file, &line(&name, &BASE64_STANDARD.encode(key)))
            .map_err(AuditError::disk("write", &self.path))?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).live.insert(name, key);
        Ok(key)
    }

    fn append(&self, slot: &mut Option<File>, line: &[u8]) -> io::Result<()> {
        let mut file = match slot.take() {
            Some(file) => file,
            None => self.rewrite()?,
        };
        self.disk.write(&mut file, line)?;
        // A crash before this line loses a key that sealed nothing. After an error here the file is
        // not trusted again (an fsync error is reported once): the slot stays empty.
        self.disk.sync(&file)?;
        *slot = Some(file);
        Ok(())
    }

    /// Writes the whole file anew from memory, which holds only what was durable.
    fn rewrite(&self) -> io::Result<File> {
        let mut bytes = Vec::new();
        {
            let keys = self.keys();
            // The destroyed ones first: where a name stands twice, the last line is the key.
            keys.erased.iter().for_each(|name| bytes.extend_from_slice(&line(name, DESTROYED)));
            for (name, key) in &keys.live {
                bytes.extend_from_slice(&line(name, &BASE64_STANDARD.encode(key)));
            }
        }
        let old = self.disk.open_over(&self.path);
        self.disk.replace(&self.path, &bytes)?;
        // The old file has no name any more; a key that was to go must not stay in its blocks.
        if let Err(error) = old.and_then(|mut old| self.disk.wipe(&mut old)) {
            tracing::warn!(%error, "the blocks of the old subject-keys could not be written over");
        }
        self.disk.open_end(&self.path)
    }
}

/// The first of these keys, all of them destroyed once, that the key file beside the partitions holds
/// again. An erasure that is under way is none of them.
pub(super) fn back(directory: &Path, erased: &[KeyId]) -> Result<Option<String>, VerifyError> {
    let path = directory.join("subject-keys");
    if erased.is_empty() || directory.join("erasing").exists() || !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path).map_err(VerifyError::disk(&path))?;
    let (keys, _) = parse(&bytes).map_err(|error| VerifyError::Usage(error.to_string()))?;
    let lives = |id: &&KeyId| {
        let key = name_of(&id.name).and_then(|name| keys.live.get(&name));
        key.is_some_and(|key| hex(&check_value(key)) == id.check)
    };
    Ok(erased.iter().find(lives).map(|id| id.name.clone()))
}

/// Writes over and removes a copy of the key file.
fn remove_copy(disk: &Disk, path: &Path) -> io::Result<()> {
    if path.exists() {
        disk.wipe(&mut disk.open_over(path)?)?;
        disk.remove_file(path)?;
    }
    Ok(())
}

/// Writes over the key in each line of this name that is `doomed`, and waits for the disk. The name
/// stays as it is, so that a line torn in here is found again.
fn write_over(disk: &Disk, path: &Path, name: Name, doomed: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut file = match disk.open_over(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let named = format!("{} ", hex(&name));
    let (mut reader, mut text, mut at) = (BufReader::new(file.try_clone()?), [0; LINE_BYTES], 0);
    let mut found = Vec::new();
    while read_whole(&mut reader, &mut text)? {
        if text.starts_with(named.as_bytes()) && doomed(&text) {
            found.push(at);
        }
        at += LINE_BYTES as u64;
    }
    let destroyed = line(&name, DESTROYED);
    for at in &found {
        file.seek(SeekFrom::Start(at + KEY_AT as u64))?;
        disk.write(&mut file, destroyed.get(KEY_AT..).unwrap_or_default())?;
    }
    disk.sync(&file)
}

/// Reads a whole line; a shorter rest is none.
fn read_whole(reader: &mut impl Read, line: &mut [u8; LINE_BYTES]) -> io::Result<bool> {
    match reader.read_exact(line) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        other => other.map(|()| true),
    }
}

/// The key check value: it tells keys of one name apart and says nothing about the key.
fn check_value(key: &Key) -> Name {
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"inland erased key");
    mac.as_ref().first_chunk().copied().unwrap_or_default()
}

fn name(id: &KeyId) -> Result<Name, AuditError> {
    name_of(&id.name).ok_or(AuditError::Name("this is not the name of a subject key"))
}

fn name_under(master: &hmac::Key, tenant: &str, subject: &str) -> Name {
    let mut context = hmac::Context::with_key(master);
    // The length first: no two pairs are the same bytes, whatever they contain.
    context.update(&(tenant.len() as u64).to_be_bytes());
    context.update(tenant.as_bytes());
    context.update(subject.as_bytes());
    context.sign().as_ref().first_chunk().copied().unwrap_or_default()
}

/// The name of a person's key under a node's secret: for one who reads the log without its writer.
pub(super) fn key_name(secret: &Key, tenant: &str, subject: &str) -> String {
    hex(&name_under(&hmac::Key::new(hmac::HMAC_SHA256, secret), tenant, subject))
}

/// Whether a key of this name is in a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is: what was sealed with it can be opened.
    Present,
    /// Its line was written over: nobody can open what was sealed with it.
    Erased,
    /// It was erased, and the person called again: a new key of that name opens what came since.
    Renewed,
    /// No line has its name: it was never here, or the line is gone.
    Absent,
}

/// Looks for a key by its name, in bounded memory. The last line of a name counts.
pub(super) fn key_state(path: &Path, name: &str) -> io::Result<KeyState> {
    let mut file = io::BufReader::new(File::open(path)?);
    let (mut state, mut line) = (KeyState::Absent, [0; LINE_BYTES]);
    loop {
        match io::Read::read_exact(&mut file, &mut line) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(state),
            other => other?,
        }
        let text = std::str::from_utf8(&line).unwrap_or_default();
        let mut fields = text.split(' ');
        if fields.next() == Some(name) {
            let key = fields.next().and_then(|key| BASE64_STANDARD.decode(key).ok());
            let is_key = key.is_some_and(|key| key.len() == size_of::<Key>());
            state = match (is_key, state) {
                (false, _) => KeyState::Erased,
                (true, KeyState::Erased | KeyState::Renewed) => KeyState::Renewed,
                (true, KeyState::Present | KeyState::Absent) => KeyState::Present,
            };
        }
    }
}

/// Keys from a copy of the key file, to open subjects with: an export, on the machine of an auditor.
pub(super) struct OpenKeys(HashMap<Name, Key>);

impl OpenKeys {
    /// Reads a key file and changes nothing. One without a key in it is not what was meant.
    pub(super) fn read(path: &Path) -> Result<OpenKeys, AuditError> {
        let found = std::fs::metadata(path).map_err(AuditError::disk("read", path))?;
        if !found.is_file() || found.len() > (SUBJECTS_MAX * LINE_BYTES) as u64 {
            return Err(AuditError::Name("this is not a file of subject keys"));
        }
        let (keys, _) = parse(&std::fs::read(path).map_err(AuditError::disk("read", path))?)?;
        if keys.live.is_empty() {
            return Err(AuditError::Name("the file holds no subject key"));
        }
        Ok(OpenKeys(keys.live))
    }

    /// Opens a sealed name; nothing if its key is not there (any more).
    pub(super) fn unseal(&self, tenant: &str, key: &str, sealed: &str) -> Option<String> {
        decrypt(self.0.get(&name_of(key)?)?, tenant, sealed)
    }
}

fn encrypt(key: &Key, tenant: &str, subject: &str) -> Option<String> {
    let mut nonce = [0; NONCE_BYTES];
    rand::fill(&mut nonce).ok()?;
    let mut text = u16::try_from(subject.len()).ok()?.to_be_bytes().to_vec();
    text.extend_from_slice(subject.as_bytes());
    text.resize(text.len().next_multiple_of(PADDING_BYTES), 0);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let aad = Aad::from(tenant.as_bytes());
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text).ok()?;
    Some(BASE64_STANDARD.encode([&nonce[..], &text].concat()))
}

fn decrypt(key: &Key, tenant: &str, sealed: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(sealed).ok()?;
    let (nonce, text) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let mut text = text.to_vec();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let aad = Aad::from(tenant.as_bytes());
    let text = cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text).ok()?;
    let (length, text) = text.split_first_chunk::<2>()?;
    let subject = text.get(..usize::from(u16::from_be_bytes(*length)))?;
    String::from_utf8(subject.to_vec()).ok()
}

/// A line of the key file, whose key is base64 or [`DESTROYED`].
fn line(name: &Name, key: &str) -> Vec<u8> {
    let mut line = format!("{} {key}", hex(name));
    let checksum = crc32c::crc32c(line.as_bytes());
    line.push_str(&format!(" {checksum:08x}\n"));
    line.into_bytes()
}

/// The keys, and how many bytes are whole lines.
fn parse(bytes: &[u8]) -> Result<(Keys, usize), AuditError> {
    let mut keys = Keys { live: HashMap::with_capacity(bytes.len() / LINE_BYTES), erased: HashSet::new() };
    let mut whole = 0;
    for text in bytes.chunks(LINE_BYTES) {
        match read_line(text) {
            // The last of a name wins: an earlier one was written by an append that failed, so
            // nothing is sealed with it.
            Some(Line::Key(name, key)) => drop(keys.live.insert(name, key)),
            Some(Line::Destroyed(name)) => drop(keys.erased.insert(name)),
            None if whole + text.len() == bytes.len() => break,
            None => {
                return Err(AuditError::corrupt("subject-keys", format!("line {}", whole / LINE_BYTES + 1)));
            }
        }
        whole += text.len();
    }
    Ok((keys, whole))
}

enum Line {
    Key(Name, Key),
    Destroyed(Name),
}

fn read_line(text: &[u8]) -> Option<Line> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let (fields, checksum) = text.rsplit_once(' ')?;
    if u32::from_str_radix(checksum, 16).ok()? != crc32c::crc32c(fields.as_bytes()) {
        return None;
    }
    let (name, key) = fields.split_once(' ')?;
    let name = name_of(name)?;
    if key == DESTROYED {
        return Some(Line::Destroyed(name));
    }
    Some(Line::Key(name, BASE64_STANDARD.decode(key).ok()?.try_into().ok()?))
}

fn name_of(text: &str) -> Option<Name> {
    (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(u64::to_be_bytes)
}

fn hex(name: &Name) -> String {
    format!("{:016x}", u64::from_be_bytes(*name))
}

/// The node's secret. Made only while it names nothing: a new one would orphan every key.
fn master_secret(disk: &Disk, path: &Path, may_create: bool) -> Result<Key, AuditError> {
    let bytes = read_or_empty(path)?;
    if let Ok(secret) = bytes.as_slice().try_into() {
        return Ok(secret);
    }
    if !bytes.is_empty() || !may_create {
        return Err(AuditError::corrupt("subject-secret", "is missing or not 32 bytes".to_owned()));
    }
    let mut secret = Key::default();
    rand::fill(&mut secret).map_err(|_| AuditError::Random)?;
    disk.replace(path, &secret).map_err(AuditError::disk("write", path))?;
    Ok(secret)
}

fn read_or_empty(path: &Path) -> Result<Vec<u8>, AuditError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.map_err(AuditError::disk("read", path)),
    }
}
