//! Fetch: a copy of one log, from a bucket to a folder that `inland audit verify` reads.
//!
//! Invariant: the folder must not be there yet, so nothing is written over; and what is made is not trusted
//! here: the copy is verified like any other, under the keys from outside.
//!
//! The bucket has whole segments, and the records after them in entry bundles. From those the frames of one
//! last segment are made, as the node wrote them.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::source::Source;
use super::{Alarm, keys};
use crate::audit::disk::{Disk, parent};
use crate::audit::frame::{self, seal, write_unsealed};
use crate::audit::note::Checkpoint;
use crate::audit::segment::{self, HEADER_BYTES};
use crate::audit::ship::{BucketError, full, partial};
use crate::audit::tree::{TILE_WIDTH, entries};
use crate::audit::{Options, Report, is_node_name, is_partition_name, verify};
use crate::config::Monitor;

/// Fetches `log` (`NODE/PARTITION`) to `to/PARTITION` and verifies it there.
pub async fn fetch(monitor: &Monitor, log: &str, to: &Path) -> Result<(PathBuf, Report), String> {
    let (node, partition) = log.split_once('/').unwrap_or_default();
    if !is_node_name(node) || !is_partition_name(partition) {
        return Err(format!("{log:?} is no log\n  write: --log gw-1.example.test/FR-health"));
    }
    let vkeys: Vec<String> =
        monitor.vkeys.iter().filter(|vkey| vkey.split('+').next() == Some(log)).cloned().collect();
    if vkeys.is_empty() {
        return Err(format!("no key of {log} is named in the monitor's file"));
    }
    let folder = to.join(partition);
    if folder.exists() {
        return Err(format!("{} is there already: name another folder", folder.display()));
    }
    for source in Source::all(monitor)? {
        let known = source.logs().await.map_err(|error| format!("{}: {error}", source.name()))?;
        if known.iter().any(|known| known == log) {
            let note = source.small(&format!("{log}/checkpoint")).await.map_err(|error| error.to_string())?;
            let checkpoint = signed(&vkeys, log, note.as_deref())?;
            let copy = Copy { source: &source, log, folder: &folder, disk: Disk::default() };
            copy.make(&checkpoint, &note.unwrap_or_default()).await.map_err(|error| error.to_string())?;
            let options = Options { vkeys, ..Options::default() };
            let report =
                verify(&folder, options).map_err(|error| format!("the copy does not verify: {error}"))?;
            return Ok((folder, report));
        }
    }
    Err(format!("there is no copy of {log}"))
}

fn signed(vkeys: &[String], log: &str, note: Option<&[u8]>) -> Result<Checkpoint, String> {
    let note = note.ok_or_else(|| format!("{log} has no checkpoint"))?;
    let keys = keys(vkeys)?;
    let mut why = "no key of it is named";
    for key in keys.values().flatten() {
        match key.open(note) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(what) => why = what,
        }
    }
    Err(format!("{log}: {why}"))
}

struct Copy<'c> {
    source: &'c Source,
    log: &'c str,
    folder: &'c Path,
    disk: Disk,
}

impl Copy<'_> {
    async fn make(&self, checkpoint: &Checkpoint, note: &[u8]) -> Result<(), BucketError> {
        let create = DirBuilder::new().recursive(true).mode(0o700).create(self.folder);
        create.map_err(|error| BucketError::Disk(format!("{}: {error}", self.folder.display())))?;
        let mut bundles = BTreeMap::new();
        let (end, last) = self.segments(checkpoint.size).await?;
        let all = |tiles: bool| {
            let places = full(0, checkpoint.size).chain(partial(checkpoint.size));
            places.filter(move |place| place.level.is_some() == tiles)
        };
        // Tiles first: nobody may take them, so a size that nobody keeps up with ends here.
        for place in all(true).chain(all(false)) {
            let Some(bytes) = self.source.piece(self.log, &place).await? else {
                if place.level.is_some() {
                    return Err(BucketError::Alarm(format!("{} is missing", place.name())));
                }
                continue; // pruned, or missing: the verification tells which
            };
            self.write(&place.name(), &bytes)?;
            let behind = (place.number + 1) * TILE_WIDTH > end;
            if place.level.is_none() && behind {
                bundles.insert(place.number, bytes);
            }
        }
        // Where retention took all whole segments the rest begins with the first bundle that is left.
        let first = bundles.keys().next().map_or(end, |number| end.max(number * TILE_WIDTH));
        self.tail(first, last + 1, &bundles)?;
        if let Some(vkey) = self.source.small(&format!("{}/vkey", self.log)).await? {
            self.write("vkey", &vkey)?;
        }
        self.write("checkpoint", note)
    }

    /// Fetches the whole segments; tells where they end and the number of the last.
    async fn segments(&self, size: u64) -> Result<(u64, u64), BucketError> {
        let (mut end, mut last) = (0, 0);
        for name in self.source.segments(self.log).await? {
            let path = format!("segments/{name}");
            let bytes = self.source.large(&format!("{}/{path}", self.log)).await?.unwrap_or_default();
            let header = usize::try_from(HEADER_BYTES).unwrap_or(usize::MAX);
            let next =
                frame::all(bytes.get(header..).unwrap_or_default()).last().map(|frame| frame.sequence + 1);
            // One that was shipped since the checkpoint was read is not under it.
            if next.is_some_and(|next| next > size) {
                break;
            }
            self.write(&path, &bytes)?;
            (end, last) = (
                next.unwrap_or(end),
                name.strip_suffix(".seg").and_then(|stem| stem.parse().ok()).unwrap_or(last),
            );
        }
        Ok((end, last))
    }

    /// Makes the segment that grows from the records in bundles.
    fn tail(&self, first: u64, number: u64, bundles: &BTreeMap<u64, Vec<u8>>) -> Result<(), BucketError> {
        // Which requests were open does not show here: from 0 on is always right.
        let mut bytes = segment::header(first, 0).to_vec();
        let mut frame = Vec::new();
        for (number, bundle) in bundles {
            for (entry, index) in entries(bundle).zip(number * TILE_WIDTH..) {
                if index >= first {
                    frame.clear();
                    write_unsealed(entry, &mut frame);
                    seal(&mut frame, index);
                    bytes.extend_from_slice(&frame);
                }
            }
        }
        self.write(&format!("segments/{number:04}.seg"), &bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), BucketError> {
        let path = self.folder.join(name);
        let told = |error: std::io::Error| BucketError::Disk(format!("{}: {error}", path.display()));
        self.disk.create_directory(parent(&path)).map_err(told)?;
        let mut file = self.disk.create(&path).map_err(told)?;
        self.disk.write(&mut file, bytes).map_err(told)
    }
}

impl std::fmt::Display for Alarm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.what)
    }
}
