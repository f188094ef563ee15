//! The last bundles that were in force, on disk.
//!
//! Invariant: a file gets its name only when it is whole and durable, so that a crash at any step leaves
//! the generations that were there before.

use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inland_policies::{Bundle, VerifyingKey};

use crate::config::Config;

/// How many are kept.
const KEPT_MAX: usize = 3;
/// How much of a digest stands in a name.
const DIGEST_PART: usize = 16;

/// The folder of kept bundles.
pub struct Kept(PathBuf);

impl Kept {
    /// The folder that a configuration names.
    pub fn of(config: &Config) -> Kept {
        Kept(config.path(&config.policy.get_ref().kept))
    }

    /// The newest that this key signed. One that does not verify any more is passed over.
    pub fn newest(&self, key: &VerifyingKey) -> Option<(Bundle, Arc<[u8]>)> {
        self.list().ok()?.into_iter().rev().find_map(|path| {
            let bytes = Bundle::read(&path).ok()?;
            let bundle = Bundle::verify(&bytes, key)
                .inspect_err(|error| tracing::error!("{}: {error}", path.display()))
                .ok()?;
            Some((bundle, Arc::from(bytes)))
        })
    }

    /// The highest revision that was kept, by the names, and as much as they tell of its digest: the
    /// content of a file may be damaged or signed with a key that is not trusted any more.
    pub fn floor(&self) -> Result<Option<(u64, String)>, String> {
        let list = self.list()?;
        Ok(list.last().and_then(|path| parts(path)).map(|(revision, digest)| (revision, digest.to_owned())))
    }

    /// Keeps a bundle and lets the oldest go.
    pub fn store(&self, bytes: &[u8], revision: u64, digest: &str) -> Result<(), String> {
        let name = format!("{revision:010}-{}.tar.gz", digest.get(..DIGEST_PART).unwrap_or(digest));
        if !self.0.join(&name).is_file() {
            self.write(&name, bytes)?;
        }
        let all = self.list()?;
        for old in all.iter().rev().skip(KEPT_MAX) {
            // One that cannot be removed does no harm: it is older than those that count.
            let _ = fs::remove_file(old);
        }
        Ok(())
    }

    /// Writes a file whole: under another name, synced, then renamed, and the rename synced too.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let (path, unfinished) = (self.0.join(name), self.0.join(format!("{name}.unfinished")));
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(told)?;
        let mut file = File::create(&unfinished).map_err(told)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(told)?;
        fs::rename(&unfinished, &path).map_err(told)?;
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(told)
    }

    /// Removes a file. One that stays is written over the next time.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.0.join(name));
    }

    /// The kept bundles, oldest first. None where the folder is not there; one that cannot be read is an
    /// error, because it may hold what no older bundle may follow.
    pub fn list(&self) -> Result<Vec<PathBuf>, String> {
        let told = |error: std::io::Error| format!("{}: {error}", self.0.display());
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(told(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(told)?.path();
            paths.extend(parts(&path).is_some().then_some(path));
        }
        paths
            .sort_unstable_by_key(|path| parts(path).map(|(revision, digest)| (revision, digest.to_owned())));
        Ok(paths)
    }
}

/// What a name tells: the revision, padded with zeros, and the first digits of the digest.
fn parts(path: &Path) -> Option<(u64, &str)> {
    let (revision, digest) = path.file_name()?.to_str()?.strip_suffix(".tar.gz")?.split_once('-')?;
    let fits = revision.len() >= 10
        && revision.bytes().all(|byte| byte.is_ascii_digit())
        && digest.len() == DIGEST_PART
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((revision.parse().ok().filter(|_| fits)?, digest))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_last_three_are_kept_and_nothing_else_is_touched() {
        let folder = std::env::temp_dir().join(format!("inland-kept-{}", std::process::id()));
        let kept = Kept(folder.join("kept"));
        kept.write("fetched.tar.gz", b"fetched").unwrap();
        assert_eq!(kept.floor().unwrap(), None);
        for revision in [9, 10, 9_999_999_999, 10_000_000_000] {
            kept.store(b"bundle", revision, &"ab".repeat(32)).unwrap();
        }
        let names: Vec<String> = kept
            .list()
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        let last = [10, 9_999_999_999, 10_000_000_000u64];
        assert_eq!(names, last.map(|revision| format!("{revision:010}-abababababababab.tar.gz")));
        assert_eq!(kept.floor().unwrap(), Some((10_000_000_000, "ab".repeat(8))));
        assert!(folder.join("kept/fetched.tar.gz").is_file());
        fs::remove_dir_all(folder).unwrap();
    }
}
