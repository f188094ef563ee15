//! The files of the authority's directory.
//!
//! Invariant: a private key is never on disk with a mode that lets others read it, not for a moment; and a
//! file is there whole or not at all, so a crash leaves no half key that looks like somebody's own.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

use crate::CertError;

/// The mode of a certificate.
pub(crate) const PUBLIC: u32 = 0o644;
/// The mode of a private key.
const PRIVATE: u32 = 0o600;
/// No file of ours is longer: what is, was not written here.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Holds the directory for one process at a time: two demos that start together share one authority.
pub(crate) fn lock(directory: &Path) -> Result<File, CertError> {
    fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let path = directory.join(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(&path);
    file.and_then(|file| file.lock().map(|()| file)).map_err(|error| failed(&path, error))
}

/// `NAME.pem` and `NAME.key`.
pub(crate) fn pair(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
    (directory.join(format!("{name}.pem")), directory.join(format!("{name}.key")))
}

/// The key in this file, or a new one where there is no file.
pub(crate) fn key(path: &Path) -> Result<KeyPair, CertError> {
    let Some(pem) = read(path)? else {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        write(path, &key.serialize_pem(), PRIVATE)?;
        return Ok(key);
    };
    let mode = fs::metadata(path).map_err(|error| failed(path, error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(CertError::KeyReadable(path.to_owned()));
    }
    KeyPair::from_pem_and_sign_algo(&pem, &PKCS_ECDSA_P256_SHA256)
        .map_err(|_| CertError::KeyMalformed(path.to_owned()))
}

/// The file's text; none where there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CertError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| failed(path, error))?;
    // What is no text is no PEM either; the readers of PEM say so.
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Puts the text at `path` in one step. The caller holds the lock, so the name beside it is ours.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<(), CertError> {
    let beside = path.with_added_extension("new");
    let written = remove_if_there(&beside)
        .and_then(|()| OpenOptions::new().create_new(true).write(true).mode(mode).open(&beside))
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| failed(path, error))
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn failed(path: &Path, source: std::io::Error) -> CertError {
    CertError::File { path: path.to_owned(), source }
}
