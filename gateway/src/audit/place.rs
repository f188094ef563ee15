//! Place: is this the directory that the log was written in, or a copy of it?
//!
//! Invariant: a copy is not continued unawares. Two directories that grow from one log sign two
//! histories under one key: a fork, which no auditor can tell from fraud. The file `place` holds the
//! moment of its own birth as the filesystem tells it; a copy of the file is born later. So a
//! directory that a backup tool or `cp` made shows, on every filesystem that keeps births (ext4,
//! XFS, Btrfs, ZFS, tmpfs). A snapshot of a whole disk that is rolled back does not: only a checkpoint
//! kept elsewhere shows that (`verify --since`, or a witness).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::AuditError;
use super::disk::{Disk, parent};

/// Refuses a copy; notes the place of a log that has none yet.
pub(super) fn check(disk: &Disk, directory: &Path) -> Result<(), AuditError> {
    match read(directory).map_err(AuditError::disk("read", &path(directory)))? {
        Place::Here | Place::Unknowable => Ok(()),
        Place::Unknown => note(disk, directory),
        Place::Copied => Err(AuditError::Copied(directory.to_path_buf())),
    }
}

/// Says that this copy is the log from now on.
pub(super) fn note(disk: &Disk, directory: &Path) -> Result<(), AuditError> {
    let path = path(directory);
    write(disk, &path).map_err(AuditError::disk("write", &path))
}

enum Place {
    Here,
    Copied,
    /// Nothing is noted yet, or a crash left half of it.
    Unknown,
    /// The filesystem keeps no births.
    Unknowable,
}

fn read(directory: &Path) -> io::Result<Place> {
    let mut file = match File::open(path(directory)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Unknown),
        other => other?,
    };
    let Some(born) = born(&file)? else { return Ok(Place::Unknowable) };
    let mut noted = String::new();
    file.by_ref().take(64).read_to_string(&mut noted)?;
    Ok(match noted.strip_suffix('\n') {
        Some(noted) if noted == born => Place::Here,
        Some(_) => Place::Copied,
        None => Place::Unknown,
    })
}

/// In place, so that the file stays the same one: its birth is what is written.
fn write(disk: &Disk, path: &Path) -> io::Result<()> {
    let mut file = disk.create(path)?;
    let Some(born) = born(&file)? else { return Ok(()) };
    file.seek(SeekFrom::Start(0))?;
    disk.write(&mut file, format!("{born}\n").as_bytes())?;
    disk.sync(&file)?;
    disk.sync_directory(parent(path))
}

fn born(file: &File) -> io::Result<Option<String>> {
    let created = file.metadata()?.created();
    let since = created.ok().and_then(|created| created.duration_since(UNIX_EPOCH).ok());
    Ok(since.map(|since| since.as_nanos().to_string()))
}

fn path(directory: &Path) -> PathBuf {
    directory.join("place")
}
