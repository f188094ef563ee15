//! Subject: who asked, sealed so that one person can be forgotten without touching the log.
//!
//! Invariant (E8): no file holds a subject's name in the clear. A record carries it under
//! AES-256-GCM with a random key that belongs to one (tenant, subject); the key file names that key
//! by an HMAC under the node's secret. Destroying the key erases the person (GDPR Art. 17), and the
//! Merkle tree still verifies. A key is durable before anything sealed with it leaves this module.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use super::AuditError;
use super::disk::Disk;

/// The key file holds this many persons: about 280 MB, and as much memory again.
pub const SUBJECTS_MAX: usize = 4_000_000;
/// How long a tenant's or a subject's name may be.
pub const SUBJECT_BYTES_MAX: usize = 1024;
/// Sealed names are padded to multiples of this, so that their length says little.
const PADDING_BYTES: usize = 32;
/// `name(16) key(44) crc32c(8)`, two spaces and a line feed: fixed, so a key can be overwritten.
const LINE_BYTES: usize = 71;
const NONCE_BYTES: usize = 12;

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

/// The keys of all subjects that this node has seen.
pub(super) struct Subjects {
    disk: Disk,
    path: PathBuf,
    master: hmac::Key,
    keys: RwLock<HashMap<Name, Key>>,
    /// The end of the key file; nothing after a failed write, until the file is written anew.
    file: Mutex<Option<File>>,
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subjects(***)")
    }
}

impl Subjects {
    /// Reads the key file, or starts one.
    pub(super) fn open(disk: &Disk, directory: &Path) -> Result<Subjects, AuditError> {
        let path = directory.join("subject-keys");
        let bytes = read_or_empty(&path)?;
        let (keys, whole) = parse(&bytes)?;
        let master = master_secret(disk, &directory.join("subject-secret"), keys.is_empty())?;
        let file = disk.open_end(&path).map_err(AuditError::disk("open", &path))?;
        if whole < bytes.len() {
            // A crash in the middle of a line: nothing was sealed with that key yet.
            disk.truncate(&file, whole as u64).map_err(AuditError::disk("truncate", &path))?;
        }
        disk.sync(&file).map_err(AuditError::disk("sync", &path))?;
        disk.sync_directory(directory).map_err(AuditError::disk("sync", directory))?;
        let master = hmac::Key::new(hmac::HMAC_SHA256, &master);
        Ok(Subjects {
            disk: disk.clone(),
            path,
            master,
            keys: RwLock::new(keys),
            file: Mutex::new(Some(file)),
        })
    }

    /// Seals a subject's name. The first time that a subject is seen this waits for the disk.
    pub(super) fn seal(&self, tenant: &str, subject: &str) -> Result<Sealed, AuditError> {
        if tenant.len() > SUBJECT_BYTES_MAX || subject.len() > SUBJECT_BYTES_MAX {
            return Err(AuditError::Name("a tenant or subject is longer than 1,024 bytes"));
        }
        let name = self.name(tenant, subject);
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&name).copied();
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
        let key = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&name).copied()?;
        encrypt(&key, tenant, subject).map(|sealed| Sealed { key: hex(&name), sealed })
    }

    /// Opens a sealed name, as long as its key exists.
    pub(super) fn unseal(&self, tenant: &str, sealed: &Sealed) -> Result<String, AuditError> {
        let name = name_of(&sealed.key).ok_or(AuditError::Name("this is not the name of a subject key"))?;
        let key = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&name).copied();
        key.and_then(|key| decrypt(&key, tenant, &sealed.sealed))
            .ok_or(AuditError::Name("no key of this log opens this subject"))
    }

    /// HMAC under the node's secret: without it nobody can tell whose key a line of the file is.
    fn name(&self, tenant: &str, subject: &str) -> Name {
        let mut context = hmac::Context::with_key(&self.master);
        // The length first: no two pairs are the same bytes, whatever they contain.
        context.update(&(tenant.len() as u64).to_be_bytes());
        context.update(tenant.as_bytes());
        context.update(subject.as_bytes());
        context.sign().as_ref().first_chunk().copied().unwrap_or_default()
    }

    fn create(&self, name: Name) -> Result<Key, AuditError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Ok(*key); // another request of the same person was first
        }
        if self.keys.read().unwrap_or_else(PoisonError::into_inner).len() >= SUBJECTS_MAX {
            return Err(AuditError::Full);
        }
        let mut key = Key::default();
        rand::fill(&mut key).map_err(|_| AuditError::Random)?;
        self.append(&mut file, &line(&name, &key)).map_err(AuditError::disk("write", &self.path))?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(name, key);
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
        for (name, key) in self.keys.read().unwrap_or_else(PoisonError::into_inner).iter() {
            bytes.extend_from_slice(&line(name, key));
        }
        self.disk.replace(&self.path, &bytes)?;
        self.disk.open_end(&self.path)
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

fn line(name: &Name, key: &Key) -> Vec<u8> {
    let mut line = format!("{} {}", hex(name), BASE64_STANDARD.encode(key));
    let checksum = crc32c::crc32c(line.as_bytes());
    line.push_str(&format!(" {checksum:08x}\n"));
    line.into_bytes()
}

/// The keys, and how many bytes are whole lines.
fn parse(bytes: &[u8]) -> Result<(HashMap<Name, Key>, usize), AuditError> {
    let mut keys = HashMap::with_capacity(bytes.len() / LINE_BYTES);
    let mut whole = 0;
    for text in bytes.chunks(LINE_BYTES) {
        match read_line(text) {
            // The last of a name wins: an earlier one was written by an append that failed, so
            // nothing is sealed with it.
            Some((name, key)) => drop(keys.insert(name, key)),
            None if whole + text.len() == bytes.len() => break,
            None => {
                return Err(AuditError::corrupt("subject-keys", format!("line {}", whole / LINE_BYTES + 1)));
            }
        }
        whole += text.len();
    }
    Ok((keys, whole))
}

fn read_line(text: &[u8]) -> Option<(Name, Key)> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let (fields, checksum) = text.rsplit_once(' ')?;
    if u32::from_str_radix(checksum, 16).ok()? != crc32c::crc32c(fields.as_bytes()) {
        return None;
    }
    let (name, key) = fields.split_once(' ')?;
    Some((name_of(name)?, BASE64_STANDARD.decode(key).ok()?.try_into().ok()?))
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
