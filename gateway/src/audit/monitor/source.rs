//! Source: copies of logs, in a bucket or in a folder, laid out NODE/PARTITION.
//!
//! Invariant: reading only, and every read is bounded; a name that comes from outside is used only if a
//! gateway could have written it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::ship::{Bucket, BucketError, Place, SMALL_BYTES_MAX, cut, open_bucket};
use crate::audit::tree::WIDTH;
use crate::audit::{is_node_name, is_partition_name};
use crate::config::Monitor;

/// For a connection to a bucket.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A bundle of 256 records of 64 KiB with their lengths.
const PIECE_BYTES_MAX: usize = 256 * (65_535 + 2);

/// Where copies are.
#[derive(Debug)]
pub(super) enum Source {
    Bucket { name: String, bucket: Box<Bucket> },
    Folder { path: PathBuf },
}

impl Source {
    /// All that a monitor looks at.
    pub(super) fn all(monitor: &Monitor) -> Result<Vec<Source>, String> {
        let mut sources = Vec::new();
        for ship in monitor.buckets.iter().map(toml::Spanned::get_ref) {
            let url = crate::egress::Url::parse(&ship.endpoint)?;
            let fixed = monitor.hosts.get(url.host()).cloned();
            let bucket = open_bucket(ship, &monitor.base, fixed, CONNECT_MAX)?;
            let name = format!("{}/{}", ship.name(), ship.prefix);
            sources.push(Source::Bucket {
                name: name.trim_end_matches('/').to_owned(),
                bucket: Box::new(bucket),
            });
        }
        let folder = |path: &PathBuf| Source::Folder { path: monitor.base.join(path) };
        sources.extend(monitor.directories.iter().map(folder));
        Ok(sources)
    }

    /// How findings and the state name it.
    pub(super) fn name(&self) -> String {
        match self {
            Source::Bucket { name, .. } => name.clone(),
            Source::Folder { path } => path.display().to_string(),
        }
    }

    /// The logs that are there: `NODE/PARTITION`.
    pub(super) async fn logs(&self) -> Result<Vec<String>, BucketError> {
        let mut logs = Vec::new();
        for node in self.folders("").await? {
            if !is_node_name(&node) || node.starts_with('.') {
                continue;
            }
            let partitions = self.folders(&node).await?;
            let real = partitions.into_iter().filter(|name| is_partition_name(name));
            logs.extend(real.map(|partition| format!("{node}/{partition}")));
        }
        logs.sort();
        Ok(logs)
    }

    async fn folders(&self, place: &str) -> Result<Vec<String>, BucketError> {
        match self {
            Source::Bucket { bucket, .. } => Ok(bucket.list(place).await?.1),
            Source::Folder { path } => names(&path.join(place), |path| path.is_dir()),
        }
    }

    /// The names of a log's segments, sorted.
    pub(super) async fn segments(&self, log: &str) -> Result<Vec<String>, BucketError> {
        let place = format!("{log}/segments");
        let mut found = match self {
            Source::Bucket { bucket, .. } => bucket.list(&place).await?.0,
            Source::Folder { path } => names(&path.join(&place), |path| path.is_file())?,
        };
        let number = |name: &String| {
            name.strip_suffix(".seg")
                .is_some_and(|stem| stem.bytes().all(|byte| byte.is_ascii_digit()) && stem.len() >= 4)
        };
        found.retain(number);
        found.sort_by_key(|name| (name.len(), name.clone()));
        Ok(found)
    }

    /// A small file; none where there is none.
    pub(super) async fn small(&self, name: &str) -> Result<Option<Vec<u8>>, BucketError> {
        self.get(name, SMALL_BYTES_MAX).await
    }

    /// A whole segment.
    pub(super) async fn large(&self, name: &str) -> Result<Option<Vec<u8>>, BucketError> {
        match self {
            Source::Bucket { bucket, .. } => bucket.get_large(name).await,
            Source::Folder { path } => read(&path.join(name)),
        }
    }

    /// The first `width` hashes or entries of a tile or bundle: from the partial one, or from the full one
    /// that took over (C2SP tlog-tiles).
    pub(super) async fn piece(&self, log: &str, place: &Place) -> Result<Option<Vec<u8>>, BucketError> {
        let full = Place { width: WIDTH, ..*place };
        let mut found = self.get(&format!("{log}/{}", place.name()), PIECE_BYTES_MAX).await?;
        if found.is_none() && full != *place {
            found = self.get(&format!("{log}/{}", full.name()), PIECE_BYTES_MAX).await?;
        }
        let Some(found) = found else { return Ok(None) };
        let damaged =
            || BucketError::Alarm(format!("{} holds less than its name says, or more", place.name()));
        cut(place, &found).ok_or_else(damaged).map(Some)
    }

    async fn get(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, BucketError> {
        let found = match self {
            Source::Bucket { bucket, .. } => {
                bucket.get(name, bytes_max).await?.map(|found| found.bytes.to_vec())
            }
            Source::Folder { path } => read(&path.join(name))?,
        };
        match found {
            Some(found) if found.len() > bytes_max => Err(BucketError::Alarm(format!("{name} is too long"))),
            other => Ok(other),
        }
    }
}

fn names(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<String>, BucketError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(disk(folder))? {
        let entry = entry.map_err(disk(folder))?;
        if wanted(&entry.path()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, BucketError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(disk(path)),
    }
}

fn disk(path: &Path) -> impl Fn(io::Error) -> BucketError {
    let path = path.to_owned();
    move |error| BucketError::Disk(format!("{}: {error}", path.display()))
}
