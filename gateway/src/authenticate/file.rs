//! Writing a file that nobody else may read, whole or not at all.
//!
//! Invariant: at every moment the path holds the old content or the new one, also after a crash.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bits of a mode that let others than the owner in.
pub(super) const OTHERS: u32 = 0o077;

/// Keeps other processes from replacing files in this directory, until dropped.
pub(super) struct Lock {
    directory: File,
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock on the directory that `path` stands in.
    pub(super) fn beside(path: &Path) -> io::Result<Self> {
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            Some(_) | None => Path::new("."),
        };
        let directory = File::open(parent)?;
        directory.lock()?;
        Ok(Self { directory, path: path.to_owned() })
    }

    /// Puts `content` in place of the file: temporary file, sync, rename, sync of the directory.
    pub(super) fn replace(&self, content: &[u8]) -> io::Result<()> {
        let name = self.path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let temporary = self.path.with_file_name(format!(".{}.new", name.to_string_lossy()));
        // A crash may have left one behind; under the lock it is nobody's.
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &self.path)?;
        self.directory.sync_all()
    }
}

/// Reads a text of at most `bytes_max` bytes, and the file's mode.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    let mut text = String::new();
    if file.take(bytes_max + 1).read_to_string(&mut text)? as u64 > bytes_max {
        return Err(io::Error::other(format!("longer than {bytes_max} bytes")));
    }
    Ok((text, mode))
}
