//! Output: where an export is written.
//!
//! Invariant: a name appears when all that it stands for is on the disk, and not before; nothing
//! that exists is written over unless that was asked for, and nothing in a log ever is. What an
//! export has written so far stands beside its name as `….partial` and goes with an error.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::super::disk::parent;
use super::ExportError;

/// An export is as confidential as the log.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file, or for Parquet a folder.
    Path {
        /// Its name.
        path: PathBuf,
        /// Whether it may replace an earlier one.
        force: bool,
    },
}

/// A name that does not stand for anything yet.
pub(super) struct Pending {
    path: PathBuf,
    partial: PathBuf,
    force: bool,
    done: bool,
}

impl Pending {
    /// Checks that the name may be written: outside of any log, and free, or to be replaced.
    pub(super) fn new(
        log: &Path,
        path: &Path,
        force: bool,
        is_ours: fn(&Path) -> bool,
    ) -> Result<Pending, ExportError> {
        let Some(name) = path.file_name() else {
            return Err(ExportError::Usage(format!(
                "--output {}: this is not a name for an export",
                path.display()
            )));
        };
        outside(log, path)?;
        if path.symlink_metadata().is_ok() {
            let shown = path.display();
            if !force {
                return Err(ExportError::Usage(format!(
                    "{shown} exists: name another, or replace it with --force"
                )));
            }
            if !is_ours(path) {
                return Err(ExportError::Usage(format!(
                    "{shown} is not an export of this kind, so --force does not replace it: remove it or name another"
                )));
            }
        }
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| ExportError::Output {
            path: path.into(),
            error: io::Error::other("no random bytes"),
        })?;
        let mut partial = name.to_owned();
        partial.push(format!(".{:016x}.partial", u64::from_be_bytes(random)));
        Ok(Pending { path: path.to_path_buf(), partial: path.with_file_name(partial), force, done: false })
    }

    /// What is written goes in here.
    pub(super) fn partial(&self) -> &Path {
        &self.partial
    }

    pub(super) fn fault(&self, error: io::Error) -> ExportError {
        ExportError::Output { path: self.path.clone(), error }
    }

    /// Gives the name to what was written, which is on the disk.
    pub(super) fn commit(&mut self) -> Result<(), ExportError> {
        if !self.force && self.path.symlink_metadata().is_ok() {
            // Another export was faster: what stands there now is not ours.
            return Err(self.fault(io::ErrorKind::AlreadyExists.into()));
        }
        let renamed =
            if self.path.is_dir() { self.exchange() } else { std::fs::rename(&self.partial, &self.path) };
        renamed.map_err(|error| self.fault(error))?;
        self.done = true;
        File::open(parent(&self.path))
            .and_then(|directory| directory.sync_all())
            .map_err(|error| self.fault(error))
    }

    /// A folder is not renamed over another: the old one steps aside, and back if the new one fails.
    fn exchange(&self) -> io::Result<()> {
        let mut aside = self.partial.clone().into_os_string();
        aside.push(".old");
        std::fs::rename(&self.path, &aside)?;
        if let Err(error) = std::fs::rename(&self.partial, &self.path) {
            std::fs::rename(&aside, &self.path)?;
            return Err(error);
        }
        std::fs::remove_dir_all(&aside)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.done {
            // What is left says by its name that it is not an export.
            let _ = std::fs::remove_file(&self.partial);
            let _ = std::fs::remove_dir_all(&self.partial);
        }
    }
}

/// A file of a log, or the file with its keys, is never what an export replaces.
fn outside(log: &Path, path: &Path) -> Result<(), ExportError> {
    let folder = parent(path);
    let resolved = folder.canonicalize().map_err(|error| {
        ExportError::Usage(format!("--output {}: its folder {}: {error}", path.display(), folder.display()))
    })?;
    let within = |log: PathBuf| resolved.starts_with(log);
    // A partition, or the folder of all: an auditor may have a copy of `subject-keys` among exports,
    // but the secret beside it never leaves the node.
    let is_log = |folder: &Path| {
        folder.join("segments").is_dir() && folder.join("vkey").exists()
            || folder.join("subject-secret").exists()
    };
    if log.canonicalize().is_ok_and(within) || resolved.ancestors().any(is_log) {
        return Err(ExportError::Usage(format!(
            "--output {}: an export is not written into a log",
            path.display()
        )));
    }
    Ok(())
}

/// A file or standard output that lines are written to.
pub(super) enum Lines {
    Stdout(BufWriter<io::Stdout>),
    File { file: BufWriter<File>, pending: Pending },
}

impl Lines {
    pub(super) fn open(log: &Path, output: &Output) -> Result<Lines, ExportError> {
        let Output::Path { path, force } = output else {
            return Ok(Lines::Stdout(BufWriter::with_capacity(BUFFER_BYTES, io::stdout())));
        };
        // Only a plain file is replaced: neither a folder nor a device.
        let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_file());
        let pending = Pending::new(log, path, *force, is_file)?;
        let file = create(pending.partial()).map_err(|error| pending.fault(error))?;
        Ok(Lines::File { file: BufWriter::with_capacity(BUFFER_BYTES, file), pending })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        match self {
            Lines::Stdout(out) => out.write_all(bytes).map_err(stdout_fault),
            Lines::File { file, pending } => file.write_all(bytes).map_err(|error| pending.fault(error)),
        }
    }

    pub(super) fn finish(&mut self) -> Result<(), ExportError> {
        match self {
            Lines::Stdout(out) => out.flush().map_err(stdout_fault),
            Lines::File { file, pending } => {
                let written = file.flush().and_then(|()| file.get_ref().sync_all());
                written.map_err(|error| pending.fault(error))?;
                pending.commit()
            }
        }
    }
}

/// Bytes that are gathered before a write.
const BUFFER_BYTES: usize = 256 * 1024;

fn stdout_fault(error: io::Error) -> ExportError {
    ExportError::Usage(format!("standard output: {error}; what was written so far is not a whole export"))
}

/// A new file; one of that name is an error, and a link is not followed (O_EXCL).
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// A folder and those above it.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)
}
