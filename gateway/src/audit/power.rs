//! Power: what a disk forgets when the power goes, as POSIX allows it to.
//!
//! Content that no fdatasync covered may be there, cut short or torn; a name that no fsync of its
//! directory covered may be there or not. After a failed fdatasync the kernel calls the lost pages
//! clean, so a later one of the same file makes nothing durable any more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk::Step;

/// What is not durable.
#[derive(Debug, Default)]
pub(super) struct Power {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The durable content of each file, by inode.
    contents: HashMap<u64, Vec<u8>>,
    /// Inodes that saw a failed fdatasync.
    doubted: HashSet<u64>,
    /// Changes of names, oldest first.
    names: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Made(PathBuf),
    Renamed { from: PathBuf, to: PathBuf, replaced: Option<Vec<u8>> },
    Removed { path: PathBuf, files: Vec<(PathBuf, Vec<u8>)> },
}

impl Change {
    fn directory(&self) -> &Path {
        let (Change::Made(path) | Change::Renamed { to: path, .. } | Change::Removed { path, .. }) = self;
        path.parent().unwrap_or(path)
    }
}

/// What was there before a step.
#[derive(Debug, Default)]
pub(super) struct Before {
    missing: Vec<PathBuf>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Power {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn before(&self, step: Step<'_>) -> Before {
        let state = self.state();
        let missing =
            |path: &Path| path.ancestors().take_while(|path| !path.exists()).map(Path::to_path_buf).collect();
        match step {
            Step::Open(path) | Step::MakeDirectory(path) => {
                Before { missing: missing(path), ..Before::default() }
            }
            Step::Rename(_, path) | Step::Remove(path) => {
                let durable = |path: PathBuf| {
                    let inode = fs::metadata(&path).ok()?.ino();
                    let bytes = state.contents.get(&inode).cloned().unwrap_or_default();
                    Some((path, bytes))
                };
                Before { files: files(path).into_iter().filter_map(durable).collect(), ..Before::default() }
            }
            Step::Sync(_) | Step::SyncDirectory(_) | Step::Truncate(_) => Before::default(),
        }
    }

    pub(super) fn after(&self, step: Step<'_>, before: Before, happened: bool) {
        let mut state = self.state();
        match step {
            Step::Sync(file) => {
                let Ok(found) = file.metadata() else { return };
                let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
                if !happened {
                    state.doubted.insert(found.ino());
                } else if !state.doubted.contains(&found.ino()) {
                    state.contents.insert(found.ino(), fs::read(path).unwrap_or_default());
                }
            }
            _ if !happened => {}
            Step::SyncDirectory(path) => state.names.retain(|change| change.directory() != path),
            Step::Open(path) => {
                let Ok(found) = fs::metadata(path) else { return };
                if found.len() == 0 {
                    state.doubted.remove(&found.ino()); // no page of before is left
                }
                if !before.missing.is_empty() {
                    state.contents.insert(found.ino(), Vec::new());
                    state.names.push(Change::Made(path.to_path_buf()));
                }
            }
            Step::MakeDirectory(_) => {
                state.names.extend(before.missing.into_iter().rev().map(Change::Made));
            }
            Step::Rename(from, to) => {
                let replaced = before.files.into_iter().next().map(|(_, bytes)| bytes);
                state.names.push(Change::Renamed { from: from.into(), to: to.into(), replaced });
            }
            Step::Remove(path) => {
                state.names.push(Change::Removed { path: path.into(), files: before.files });
            }
            Step::Truncate(_) => {}
        }
    }

    /// The power goes: what is under `root` becomes what the disk has, by chance.
    pub(super) fn lose(&self, root: &Path, mut below: impl FnMut(usize) -> usize) {
        let mut state = self.state();
        for path in files(root) {
            let Some(durable) = fs::metadata(&path).ok().and_then(|it| state.contents.get(&it.ino())) else {
                continue;
            };
            let current = fs::read(&path).unwrap_or_default();
            if current != *durable {
                let _ = fs::write(&path, torn(durable, &current, &mut below));
            }
        }
        // Of each directory a first part of its changes is there.
        let mut left: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for change in &state.names {
            *left.entry(change.directory().to_path_buf()).or_default() += 1;
        }
        left.values_mut().for_each(|count| *count = below(*count + 1));
        for change in std::mem::take(&mut state.names).into_iter().rev() {
            match left.get_mut(change.directory()) {
                Some(undo) if *undo > 0 => {
                    *undo -= 1;
                    undone(change);
                }
                Some(_) | None => {}
            }
        }
    }
}

/// What may be on the disk of a file that is `durable` there and was to become `current`.
fn torn(durable: &[u8], current: &[u8], below: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    if durable.starts_with(current) {
        return if below(2) == 0 { durable.to_vec() } else { current.to_vec() };
    }
    let grown = current.len() >= durable.len();
    let same = durable.iter().zip(current).take_while(|(old, new)| old == new).count();
    if !grown && below(3) == 0 {
        return durable.to_vec();
    }
    // What was written over is not lost: each block is the old one or the new one.
    let sure = if grown { same } else { 0 };
    let old = |at: usize| if grown { durable.get(at).copied() } else { None };
    let mut bytes = current.get(..sure + below(current.len() - sure + 1)).unwrap_or_default().to_vec();
    if below(2) == 0 && bytes.len() > sure {
        // The length is there, but not all of the blocks.
        let start = sure + below(bytes.len() - sure);
        let end = start + below(bytes.len() - start + 1);
        let lost = bytes.iter_mut().enumerate().skip(start).take(end - start);
        lost.for_each(|(at, byte)| *byte = old(at).unwrap_or(0));
    }
    bytes.extend((bytes.len()..).map_while(old));
    bytes
}

fn undone(change: Change) {
    match change {
        Change::Made(path) if path.is_dir() => drop(fs::remove_dir_all(path)),
        Change::Made(path) => drop(fs::remove_file(path)),
        Change::Renamed { from, to, replaced } => {
            let _ = fs::rename(&to, from);
            if let Some(bytes) = replaced {
                let _ = fs::write(to, bytes);
            }
        }
        Change::Removed { files, .. } => {
            for (path, bytes) in files {
                let _ = path.parent().map(fs::create_dir_all);
                let _ = fs::write(path, bytes);
            }
        }
    }
}

/// All files at or under a path.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return path.exists().then(|| path.to_path_buf()).into_iter().collect();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.flat_map(|entry| files(&entry.path())).collect()
}
