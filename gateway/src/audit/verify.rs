//! Verify: is this log what its key signed?
//!
//! Invariant: nothing here trusts the log. The tree is computed from the frames with the writer's own
//! [`Tree`]; every entry bundle and every tile on disk must be what comes out, and the root must be
//! the signed one. Three copies of each record's hash exist (frame, bundle, tile), so a single change
//! is named where it is.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

use super::cosign::{Cosigner, halves};
use super::erase::erased_key;
use super::frame::Frame;
use super::note::{Checkpoint, OTHER_KEY, Verifier};
use super::pruned::{self, HashesError, Pruned, push_hashes};
use super::read::{VerifyError, keys, partitions};
use super::rotate::Chain;
use super::segment::{Frames, first_number, list};
use super::subject::{KeyId, back};
use super::tree::{Hash, Piece, TILE_WIDTH, Tree, entries, leaf_hash, read};
use super::witness::WITNESSED;

/// How often the caller hears of progress.
pub(super) const PROGRESS_RECORDS: u64 = 65_536;

/// What to verify against.
#[derive(Default)]
pub struct Options<'a> {
    /// Public keys from outside the log, one for each partition; without them the log's own.
    pub vkeys: Vec<String>,
    /// Older checkpoints from outside the log: it must have grown out of them.
    pub since: Vec<String>,
    /// Witnesses that must have cosigned: `quorum` of them, a checkpoint that the log grew out of.
    pub witnesses: Vec<Cosigner>,
    /// How many of them.
    pub quorum: usize,
    /// Called now and then.
    pub progress: Option<&'a mut dyn FnMut(Progress<'_>)>,
}

/// How far the verification is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The partition.
    pub partition: &'a str,
    /// Records done.
    pub done: u64,
    /// Records that its checkpoint covers.
    pub total: u64,
}

/// What was found to be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records of all partitions.
    pub records: u64,
    /// Each partition.
    pub partitions: BTreeMap<String, PartitionReport>,
}

/// A partition that verifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionReport {
    /// Whole records, signed or not, with those that were pruned.
    pub records: u64,
    /// The first record that is there: those before it were pruned.
    pub minimum: u64,
    /// Records that the checkpoint covers.
    pub size: u64,
    /// The root of their tree, base64.
    pub checkpoint: String,
    /// Whole records that no checkpoint covers yet: a second of a running log, or a crash.
    pub unsigned: u64,
    /// Bytes behind the last whole record: a write that goes on, or a crash.
    pub cut_bytes: u64,
    /// The key that signed the checkpoint: the newest of the log.
    pub vkey: String,
    /// With witnesses: records of the newest checkpoint that a quorum of them cosigned.
    pub witnessed: Option<u64>,
}

/// Verifies one partition, or every one in a directory. The first bad record ends it.
pub fn verify(directory: &Path, mut options: Options<'_>) -> Result<Report, VerifyError> {
    let mut report = Report { records: 0, partitions: BTreeMap::new() };
    for (name, path) in partitions(directory)? {
        let partition = Partition { name: &name, path: &path };
        let found = partition.verify_at_rest(&mut options)?;
        if let Some(key) = back(directory, &found.erased)? {
            let what = format!(
                "subject-keys holds the key {key} again, which an ERASE destroyed: was it restored from a backup? Erase that subject again"
            );
            return Err(VerifyError::Fault { partition: name, index: None, what });
        }
        report.records += found.report.records;
        report.partitions.insert(name, found.report);
    }
    Ok(report)
}

/// A partition that verifies, and the keys that its ERASE records name.
struct Found {
    report: PartitionReport,
    erased: Vec<KeyId>,
}

/// How far the verification of one partition is.
struct Walk {
    tree: Tree,
    /// Older checkpoints: size and root.
    older: BTreeMap<u64, Hash>,
    /// The first record that is there.
    minimum: u64,
    /// Records that the checkpoint covers.
    total: u64,
    said: Said,
}

/// What records say about the log itself.
#[derive(Default)]
struct Said {
    prunes: Vec<Pruned>,
    erased: Vec<KeyId>,
}

impl Said {
    fn hear(&mut self, frame: &Frame<'_>) {
        self.prunes.extend(pruned::parse(frame));
        self.erased.extend(erased_key(frame.record()));
    }
}

/// Which keys may have signed.
struct Trust {
    /// The one to verify with.
    outside: Verifier,
    /// Others that signed what was read.
    used: Vec<Verifier>,
    /// How the log changed its key, as far as the tree holds it.
    chain: Chain,
}

impl Trust {
    fn newest(&self) -> &Verifier {
        self.chain.keys().last().unwrap_or(&self.outside)
    }

    /// When the tree is known: the newest key signed the checkpoint, and every other is one of the log.
    fn admit(&self, note: &[u8]) -> Result<(), &'static str> {
        self.chain.admit(&self.outside, note)?;
        if self.used.iter().all(|key| self.chain.holds(key)) { Ok(()) } else { Err(OTHER_KEY) }
    }
}

struct Partition<'p> {
    name: &'p str,
    path: &'p Path,
}

impl Partition<'_> {
    fn fault(&self, index: Option<u64>, what: impl Into<String>) -> VerifyError {
        VerifyError::Fault { partition: self.name.to_owned(), index, what: what.into() }
    }

    /// A pruning that is under way takes files from under the reader, and signs why. What is not right and began to
    /// be read before it is read again: at most once for each segment that went.
    fn verify_at_rest(&self, options: &mut Options<'_>) -> Result<Found, VerifyError> {
        loop {
            let before = first_number(self.path);
            let found = self.verify(options);
            if found.is_ok() || first_number(self.path) <= before {
                return found;
            }
        }
    }

    fn verify(&self, options: &mut Options<'_>) -> Result<Found, VerifyError> {
        let verifier = self.verifier(&options.vkeys)?;
        let path = self.path.join("checkpoint");
        let note = std::fs::read(&path).map_err(VerifyError::disk(&path))?;
        let mut trust = Trust { chain: Chain::new(verifier.origin()), outside: verifier, used: Vec::new() };
        let checkpoint = self.open_note(&mut trust, &note).map_err(|what| self.fault(None, what))?;
        let mut older = self.older(&mut trust, options, &checkpoint)?;
        let witnessed = self.witnessed(&mut trust, options)?;
        if let Some(witnessed) = witnessed {
            self.add(&mut older, witnessed, &checkpoint)?;
        }
        let segments = list(self.path).map_err(VerifyError::read(self.name))?;
        let minimum = segments.first().map_or(0, |segment| segment.first);
        let mut walk =
            Walk { tree: Tree::default(), older, minimum, total: checkpoint.size, said: Said::default() };
        self.meet(&walk.tree, &walk.older)?;
        self.walk_hashes(&mut walk, options)?;
        let mut frames = Frames::new(segments);
        self.walk_frames(&mut walk, &mut trust.chain, &mut frames, options)?;
        walk.tree.partial().iter().try_for_each(|piece| self.compare(piece))?;
        if walk.tree.root() != checkpoint.root {
            return Err(self.fault(None, "the root of the tree is not the one that the checkpoint signed"));
        }
        self.check_prunes(&walk)?;
        trust.admit(&note).map_err(|what| self.fault(None, what))?;
        while frames.next().map_err(VerifyError::read(self.name))?.is_some() {}
        let records = frames.index();
        let report = PartitionReport {
            records,
            minimum,
            size: checkpoint.size,
            checkpoint: BASE64_STANDARD.encode(checkpoint.root),
            unsigned: records - checkpoint.size,
            cut_bytes: frames.end().map_or(0, |end| end.cut_bytes),
            vkey: trust.newest().vkey(),
            witnessed: witnessed.map(|checkpoint| checkpoint.size),
        };
        Ok(Found { report, erased: walk.said.erased })
    }

    /// Of pruned records the tree takes the hashes, which stay in the tiles of level 0.
    fn walk_hashes(&self, walk: &mut Walk, options: &mut Options<'_>) -> Result<(), VerifyError> {
        let Walk { tree, older, minimum, total, .. } = walk;
        let pushed = push_hashes(tree, self.path, (*minimum).min(*total), |tree| {
            self.meet(tree, older)?;
            self.tell(tree.size(), *total, options);
            // The tile of level 0 is what is being read; those above it must follow from it.
            tree.take_complete().iter().try_for_each(|piece| self.compare(piece))
        });
        pushed.map_err(|error| match error {
            HashesError::Tile(error) => self.fault(Some(error.number * TILE_WIDTH), error.to_string()),
            HashesError::After(error) => error,
        })
    }

    /// The records that are left, as far as the checkpoint covers them.
    fn walk_frames(
        &self,
        walk: &mut Walk,
        chain: &mut Chain,
        frames: &mut Frames,
        options: &mut Options<'_>,
    ) -> Result<(), VerifyError> {
        while walk.tree.size() < walk.total {
            let Some(frame) = frames.next().map_err(VerifyError::read(self.name))? else {
                let what = format!("the records end here, but the checkpoint covers {}", walk.total);
                return Err(self.fault(Some(walk.tree.size()), what));
            };
            let followed = chain.follow(frame.record());
            followed.map_err(|what| self.fault(Some(walk.tree.size()), what))?;
            self.push(&mut walk.tree, &frame)?;
            walk.said.hear(&frame);
            self.meet(&walk.tree, &walk.older)?;
            self.tell(walk.tree.size(), walk.total, options);
        }
        Ok(())
    }

    fn tell(&self, done: u64, total: u64, options: &mut Options<'_>) {
        if done.is_multiple_of(PROGRESS_RECORDS)
            && let Some(progress) = &mut options.progress
        {
            progress(Progress { partition: self.name, done, total });
        }
    }

    /// Segments are missing at the start only if a PRUNE record says so, and what each such record
    /// says of the tree before it is what the tiles say. They were compared before.
    fn check_prunes(&self, walk: &Walk) -> Result<(), VerifyError> {
        let allowed = walk.said.prunes.iter().map(|prune| prune.minimum).max().unwrap_or(0);
        if walk.minimum > allowed {
            let what = match allowed {
                0 => "the first segments are missing, and no PRUNE record allows it".to_owned(),
                _ => {
                    format!("the first segments are missing: only those before record {allowed} were pruned")
                }
            };
            return Err(self.fault(Some(allowed), what));
        }
        for prune in &walk.said.prunes {
            if !prune.is_right(self.path, walk.total) {
                let what = "this PRUNE does not name the roots of the records before its minimum";
                return Err(self.fault(Some(prune.index), what));
            }
        }
        Ok(())
    }

    /// The key to verify with.
    fn verifier(&self, vkeys: &[String]) -> Result<Verifier, VerifyError> {
        let first = keys(self.name, self.path, vkeys)?.into_iter().next();
        first.ok_or_else(|| self.fault(None, OTHER_KEY))
    }

    /// Reads a note that the key from outside signed, or a key that the log's own records lead to or
    /// come from. That one is only remembered: the records count when the tree holds them.
    fn open_note(&self, trust: &mut Trust, note: &[u8]) -> Result<Checkpoint, &'static str> {
        match trust.outside.open(note) {
            Err(OTHER_KEY) => {
                let mut chain = Chain::new(trust.outside.origin());
                let mut frames = Frames::new(list(self.path).map_err(|_| OTHER_KEY)?);
                while let Ok(Some(frame)) = frames.next() {
                    chain.follow(frame.record())?;
                }
                let keys = chain.keys().iter().rev();
                let mut opened = keys.filter_map(|key| Some((key.clone(), key.open(note).ok()?)));
                let (key, checkpoint) = opened.next().ok_or(OTHER_KEY)?;
                trust.used.push(key);
                Ok(checkpoint)
            }
            opened => opened,
        }
    }

    /// Older checkpoints of this partition: size and root.
    fn older(
        &self,
        trust: &mut Trust,
        options: &Options<'_>,
        newest: &Checkpoint,
    ) -> Result<BTreeMap<u64, Hash>, VerifyError> {
        let mut older = BTreeMap::new();
        for note in &options.since {
            if note.lines().next() != Some(trust.outside.origin()) {
                continue; // of another partition
            }
            let what = |what| VerifyError::Usage(format!("the older checkpoint of {}: {what}", self.name));
            let checkpoint = self.open_note(trust, note.as_bytes()).map_err(what)?;
            self.add(&mut older, checkpoint, newest)?;
        }
        Ok(older)
    }

    /// One more that the tree has to meet.
    fn add(
        &self,
        older: &mut BTreeMap<u64, Hash>,
        checkpoint: Checkpoint,
        newest: &Checkpoint,
    ) -> Result<(), VerifyError> {
        if checkpoint.size > newest.size {
            let what = format!("the log was rolled back: a checkpoint of {} records exists", checkpoint.size);
            return Err(self.fault(Some(newest.size), what));
        }
        if older.insert(checkpoint.size, checkpoint.root).is_some_and(|root| root != checkpoint.root) {
            return Err(self.fault(None, "two checkpoints of one size differ: the log was forked"));
        }
        Ok(())
    }

    /// The newest checkpoint that a quorum of the given witnesses cosigned.
    fn witnessed(&self, trust: &mut Trust, options: &Options<'_>) -> Result<Option<Checkpoint>, VerifyError> {
        if options.witnesses.is_empty() {
            return Ok(None);
        }
        let path = self.path.join(WITNESSED);
        let note = std::fs::read(&path).map_err(VerifyError::disk(&path))?;
        let what = |what: &str| self.fault(None, format!("{WITNESSED}: {what}"));
        let checkpoint = self.open_note(trust, &note).map_err(what)?;
        let note = String::from_utf8_lossy(&note);
        let (text, lines) = halves(&note).unwrap_or_default();
        let signed = options.witnesses.iter().filter(|witness| witness.find(text, lines).is_some()).count();
        if signed < options.quorum {
            return Err(what(&format!("{signed} of the witnesses cosigned it, not {}", options.quorum)));
        }
        Ok(Some(checkpoint))
    }

    fn meet(&self, tree: &Tree, older: &BTreeMap<u64, Hash>) -> Result<(), VerifyError> {
        if older.is_empty() || older.get(&tree.size()).is_none_or(|root| *root == tree.root()) {
            return Ok(());
        }
        let what = format!(
            "the first {} records are not those of the older checkpoint: the log was forked",
            tree.size()
        );
        Err(self.fault(None, what))
    }

    fn push(&self, tree: &mut Tree, frame: &Frame<'_>) -> Result<(), VerifyError> {
        tree.push(frame);
        if tree.size().is_multiple_of(TILE_WIDTH) {
            tree.take_complete().iter().try_for_each(|piece| self.compare(piece))?;
        }
        Ok(())
    }

    /// Holds a tile or bundle on disk against the one that the frames give.
    fn compare(&self, piece: &Piece) -> Result<(), VerifyError> {
        let path = piece.path(self.path);
        let shown = path.strip_prefix(self.path).unwrap_or(&path).display().to_string();
        let found = match read(self.path, piece.level, piece.number, piece.width) {
            Ok(found) => found,
            Err(error) => {
                return Err(self.fault(Some(first(piece)), format!("{shown} cannot be read: {error}")));
            }
        };
        let full = piece.width as u64 == TILE_WIDTH;
        if found.starts_with(&piece.bytes) && (!full || found.len() == piece.bytes.len()) {
            return Ok(());
        }
        match piece.level {
            None => self.bundle_fault(piece, &found, &shown),
            Some(level) => {
                let pairs = piece.bytes.chunks(32).zip(found.chunks(32));
                let at = pairs.take_while(|(ours, theirs)| ours == theirs).count() as u64;
                let index = (piece.number * TILE_WIDTH + at) << (8 * u32::from(level));
                Err(self.fault(Some(index), format!("{shown} does not match the records")))
            }
        }
    }

    /// Frame and bundle differ: the tile says which of them is wrong.
    fn bundle_fault(&self, piece: &Piece, found: &[u8], shown: &str) -> Result<(), VerifyError> {
        let differs = entries(&piece.bytes).zip(entries(found)).take_while(|(ours, theirs)| ours == theirs);
        let at = differs.count();
        let index = Some(piece.number * TILE_WIDTH + at as u64);
        let signed = read(self.path, Some(0), piece.number, piece.width).unwrap_or_default();
        let signed = signed.chunks(32).nth(at);
        let frame_is_signed =
            entries(&piece.bytes).nth(at).is_some_and(|ours| signed == Some(leaf_hash(ours).as_slice()));
        let bundle_is_signed =
            entries(found).nth(at).is_some_and(|theirs| signed == Some(leaf_hash(theirs).as_slice()));
        Err(self.fault(
            index,
            match (frame_is_signed, bundle_is_signed) {
                (true, _) => format!("{shown} does not match the record"),
                (_, true) => {
                    "the record was changed in its segment; entry bundle and tree agree on another".to_owned()
                }
                (false, false) => format!("segment, {shown} and tree all differ"),
            },
        ))
    }
}

/// The first record under a piece.
fn first(piece: &Piece) -> u64 {
    (piece.number * TILE_WIDTH) << (8 * u32::from(piece.level.unwrap_or(0)))
}
