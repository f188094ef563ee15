//! Disk: the one place of the log that changes files.
//!
//! Invariant: every change is one call here, and every call can fail in a test in each of four ways
//! (without effect, half done, done although an error came back, and never again after it, which is
//! what a killed process looks like). So the fault table cannot miss a step that someone adds later,
//! and a test that cuts the power knows what was not synced yet.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Only the gateway's own user reads the log: records are confidential even though they name nobody.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Files that are waited for at once.
const SYNCS_MAX: usize = 16;

/// The disk, or in tests a disk with faults.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    /// While this is set nothing new is made here: the room belongs to the end of open requests.
    holds: Option<Arc<AtomicBool>>,
    #[cfg(test)]
    pub(super) faults: Option<std::sync::Arc<super::faults::Faults>>,
}

impl Disk {
    /// A disk with faults.
    #[cfg(test)]
    pub(super) fn with(faults: &Arc<super::faults::Faults>) -> Disk {
        Disk { faults: Some(Arc::clone(faults)), ..Disk::default() }
    }

    /// The same disk for somebody who makes nothing new while `lent` is set.
    pub(super) fn holding_still_while(&self, lent: Arc<AtomicBool>) -> Disk {
        let mut disk = self.clone();
        disk.holds = Some(lent);
        disk
    }

    /// Replaces a file so that a crash leaves the old or the new one, whole.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = temporary(path);
        self.put(&temporary, bytes).inspect_err(|_| {
            // On a full disk its part would keep others from ending. If this fails too, the next
            // attempt empties it.
            let _ = self.remove_file(&temporary);
        })?;
        self.rename(&temporary, path)?;
        // A crash before this line: the old name or the new one, both whole.
        self.sync_directory(parent(path))
    }

    fn put(&self, temporary: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.create(temporary)?;
        self.write(&mut file, bytes)?;
        // A crash before this line: a temporary that nobody reads.
        self.sync(&file)
    }

    /// Creates or empties a file.
    pub(super) fn create(&self, path: &Path) -> io::Result<File> {
        if self.holds.as_ref().is_some_and(|lent| lent.load(Ordering::Relaxed)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.step(Step::Open(path), || {
            OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)
        })
    }

    /// Opens a file whose end grows.
    pub(super) fn open_end(&self, path: &Path) -> io::Result<File> {
        self.step(Step::Open(path), || {
            OpenOptions::new().read(true).append(true).create(true).mode(FILE_MODE).open(path)
        })
    }

    /// Opens a file to write over what is in it.
    pub(super) fn open_over(&self, path: &Path) -> io::Result<File> {
        self.step(Step::Open(path), || OpenOptions::new().read(true).write(true).open(path))
    }

    /// Writes zeros over all of a file: removing its name alone would leave its bytes on the medium.
    pub(super) fn wipe(&self, file: &mut File) -> io::Result<()> {
        let mut left = file.metadata()?.len();
        file.seek(SeekFrom::Start(0))?;
        let zeros = [0; 4096];
        while left > 0 {
            let now = left.min(zeros.len() as u64);
            self.write(file, zeros.get(..usize::try_from(now).unwrap_or(0)).unwrap_or_default())?;
            left -= now;
        }
        self.sync(file)
    }

    /// Writes all bytes.
    pub(super) fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if let Some(faults) = &self.faults {
            return faults.write(bytes, |bytes| file.write_all(bytes));
        }
        file.write_all(bytes)
    }

    /// Writes all bytes from this offset on, over what is there.
    pub(super) fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        #[cfg(test)]
        if let Some(faults) = &self.faults {
            return faults.write(bytes, |bytes| file.write_all_at(bytes, offset));
        }
        file.write_all_at(bytes, offset)
    }

    /// Waits until content and length are on the medium (fdatasync).
    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        self.step(Step::Sync(file), || file.sync_data())
    }

    /// Waits for many files at once. One after the other each would pay for a flush of its own; asked
    /// together they share them (measured on ext4: 64 files in 10 ms instead of 170).
    pub(super) fn sync_together(&self, files: &[File]) -> io::Result<()> {
        #[cfg(test)]
        if self.faults.is_some() {
            return files.iter().try_for_each(|file| self.sync(file)); // in an order that a test can count on
        }
        std::thread::scope(|scope| {
            let share = files.len().div_ceil(SYNCS_MAX).max(1);
            let wait = |files: &'_ [File]| files.iter().try_for_each(|file| self.sync(file));
            let asked: Vec<_> = files.chunks(share).map(|files| scope.spawn(move || wait(files))).collect();
            let broken = || io::Error::other("a thread that waited for the disk broke");
            asked.into_iter().try_for_each(|asked| asked.join().map_err(|_| broken())?)
        })
    }

    /// Cuts a file.
    pub(super) fn truncate(&self, file: &File, bytes: u64) -> io::Result<()> {
        self.step(Step::Truncate(file), || file.set_len(bytes))
    }

    /// Renames, atomically.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Step::Rename(from, to), || std::fs::rename(from, to))
    }

    /// Makes names in a directory durable.
    pub(super) fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step(Step::SyncDirectory(path), || File::open(path)?.sync_all())
    }

    /// Removes a file; one that is not there is removed already.
    pub(super) fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step(Step::Remove(path), || match std::fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        })
    }

    /// Removes a file, durably; one that is not there is removed already.
    pub(super) fn remove_durably(&self, path: &Path) -> io::Result<()> {
        self.remove_file(path)?;
        self.sync_directory(parent(path))
    }

    /// Removes a directory with all that is in it; one that is not there is removed already.
    pub(super) fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.step(Step::Remove(path), || match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        })
    }

    /// Creates a directory and those above it; tells whose names changed, lowest last.
    pub(super) fn create_directory(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let missing = path.ancestors().take_while(|ancestor| !ancestor.exists()).count();
        let changed: Vec<PathBuf> = path.ancestors().skip(1).take(missing).map(Path::to_path_buf).collect();
        if missing > 0 {
            let make = || DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path);
            self.step(Step::MakeDirectory(path), make)?;
        }
        Ok(changed.into_iter().rev().collect())
    }

    /// Creates a directory whose name survives a crash.
    pub(super) fn create_directory_durably(&self, path: &Path) -> io::Result<()> {
        for changed in self.create_directory(path)? {
            self.sync_directory(&changed)?;
        }
        Ok(())
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "the tests' twin below asks it for faults")]
    fn step<T>(&self, _step: Step<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        act()
    }

    #[cfg(test)]
    fn step<T>(&self, step: Step<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match &self.faults {
            None => act(),
            Some(faults) => faults.step(step, act),
        }
    }
}

/// Reads a file that has a bound; a longer one is not what it should be.
pub(super) fn read_bounded(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too long"));
    }
    Ok(bytes)
}

/// What a step does to which file: a test that cuts the power has to know.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "only a disk with faults looks at it"))]
pub(super) enum Step<'a> {
    Open(&'a Path),
    Sync(&'a File),
    SyncDirectory(&'a Path),
    Truncate(&'a File),
    Rename(&'a Path, &'a Path),
    Remove(&'a Path),
    MakeDirectory(&'a Path),
}

/// Where a file stands until it is whole.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// The directory that holds a name.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
