//! Verifiers that nobody here wrote accept the log and refuse what was done to it: Go's sumdb packages, aics-tlog
//! (Python) and the crate tlog_tiles, beside our own. Each gets the key and the older checkpoint from outside.

use std::path::{Path, PathBuf};
use std::process::Command;

use inland::audit;
use inland_tests::{Folder, python};
use tlog_tiles::{Checkpoint, Hash, HashReader, Tile};

use super::written::{PARTITION, Written, copy, write};

/// Builds the Go verifier once for a test run. Go is there: the build needs it for `opa`.
fn go() -> PathBuf {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    BUILT
        .get_or_init(|| {
            let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign");
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign");
            let built =
                Command::new("go").args(["build", "-o"]).arg(&binary).arg(".").current_dir(source).output();
            let built = built.unwrap_or_else(|error| panic!("Go is missing: {error}"));
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
            binary
        })
        .clone()
}

fn ran(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// One way to verify a partition with a key and older checkpoints from outside.
type Verifier = (&'static str, fn(&Path, &str, &[PathBuf]) -> Result<(), String>);

const VERIFIERS: [Verifier; 4] =
    [("inland", ours), ("go", by_go), ("aics-tlog", by_aics), ("tlog_tiles", by_crate)];

fn ours(partition: &Path, vkey: &str, older: &[PathBuf]) -> Result<(), String> {
    let since = older.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let options = audit::Options { vkeys: vec![vkey.to_owned()], since, ..audit::Options::default() };
    audit::verify(partition, options).map(drop).map_err(|error| error.to_string())
}

fn by_go(partition: &Path, vkey: &str, older: &[PathBuf]) -> Result<(), String> {
    ran(Command::new(go()).arg("log").arg(partition).arg(vkey).args(older))
}

fn by_aics(partition: &Path, vkey: &str, older: &[PathBuf]) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign/check.py");
    ran(Command::new(python()).arg(script).arg(partition).arg(vkey).args(older))
}

/// The crate knows trees and checkpoints, not signatures. It builds the tree from the records and says what
/// every tile must hold. (Its `TileHashReader` is not asked: version 0.2.0 leaves the first tiles below the
/// root unchecked when some of those above them are one.)
fn by_crate(partition: &Path, _: &str, older: &[PathBuf]) -> Result<(), String> {
    let newest = checkpoint(&partition.join("checkpoint"))?;
    let tiles = Tiles(partition.to_path_buf());
    let said = |error: tlog_tiles::Error| error.to_string();
    let mut tree = Tree(Vec::new());
    for index in 0..newest.size() {
        let record = tiles.record(index, newest.size())?;
        let hashes = tlog_tiles::stored_hashes(index, &record, &tree).map_err(said)?;
        tree.0.extend(hashes);
    }
    if tlog_tiles::tree_hash(newest.size(), &tree).map_err(said)? != *newest.hash() {
        return Err("the records do not give the signed root".into());
    }
    for tile in Tile::new_tiles(8, 0, newest.size()) {
        // C2SP tile paths: the crate's are of every height and name it first.
        let path = format!("tile/{}", tile.path().trim_start_matches("tile/8/"));
        if tiles.read(&path)? != tile.read_data(&tree).map_err(said)? {
            return Err(format!("{path} is not what the records give"));
        }
    }
    for path in older {
        let before = checkpoint(path)?;
        let (new, old) = ((newest.size(), *newest.hash()), (before.size(), *before.hash()));
        if old.0 > new.0 {
            return Err("rolled back".into());
        }
        let proof = tlog_tiles::prove_tree(new.0, old.0, &tree).map_err(said)?;
        tlog_tiles::check_tree(&proof, new.0, new.1, old.0, old.1).map_err(said)?;
    }
    Ok(())
}

/// The hashes that the crate computed.
struct Tree(Vec<Hash>);

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let read = |index: &u64| self.0.get(usize::try_from(*index).ok()?).copied();
        indexes.iter().map(|index| read(index).ok_or(tlog_tiles::Error::IndexesNotInTree)).collect()
    }
}

fn checkpoint(path: &Path) -> Result<Checkpoint, String> {
    let note = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let (text, _) = note.split_once("\n\n").ok_or("no signature")?;
    Checkpoint::from_bytes(format!("{text}\n").as_bytes()).map_err(|error| error.to_string())
}

/// The files of a partition.
struct Tiles(PathBuf);

impl Tiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let full = path.split(".p/").next().unwrap_or(path);
        let read = std::fs::read(self.0.join(path)).or_else(|_| std::fs::read(self.0.join(full)));
        read.map_err(|error| format!("{path}: {error}"))
    }

    fn record(&self, index: u64, size: u64) -> Result<Vec<u8>, String> {
        let (number, width) = (index / 256, (size - index / 256 * 256).min(256));
        let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
        let bundle = self.read(&format!("tile/entries/{number:03}{partial}"))?;
        let mut rest = bundle.as_slice();
        for _ in 0..index % 256 {
            rest = entry(rest)?.1;
        }
        Ok(entry(rest)?.0.to_vec())
    }
}

fn entry(bundle: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let (length, rest) = bundle.split_first_chunk::<2>().ok_or("cut short")?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(|| "cut short".into())
}

#[tokio::test]
async fn foreign_verifiers_accept_the_log_and_its_growth() {
    let written = Written::new("foreign-good").await;
    for (name, verify) in VERIFIERS {
        let accepted = verify(&written.partition(), &written.vkey, &[written.older(), written.newest()]);
        assert_eq!(accepted, Ok(()), "{name}");
    }
}

/// Changes a file.
fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// Swaps two records of a bundle that have the same length.
fn swap(bundle: &mut Vec<u8>) {
    let mut entries = Vec::new();
    let mut rest = bundle.as_slice();
    while let Ok((record, after)) = entry(rest) {
        entries.push(record.to_vec());
        rest = after;
    }
    entries.swap(0, 2);
    *bundle = entries
        .iter()
        .flat_map(|record| {
            u16::try_from(record.len()).unwrap().to_be_bytes().into_iter().chain(record.iter().copied())
        })
        .collect();
}

/// What is done to a copy of the partition, which lies in a folder like the whole log.
type Attack = (&'static str, fn(&Path));

/// Attacks by someone who has the disk and no key.
const ATTACKS: [Attack; 8] = [
    ("a record is edited", |partition| edit(&partition.join("tile/entries/001"), |bytes| bytes[100] ^= 1)),
    ("a record is edited and its leaf hash too", |partition| {
        let mut record = Vec::new();
        edit(&partition.join("tile/entries/000"), |bytes| {
            bytes[100] ^= 1;
            record = entry(bytes).unwrap().0.to_vec();
        });
        let leaf = tlog_tiles::record_hash(&record);
        edit(&partition.join("tile/0/000"), |bytes| bytes[..32].copy_from_slice(&leaf.0));
    }),
    ("records are reordered", |partition| edit(&partition.join("tile/entries/000"), swap)),
    ("records and leaf hashes are reordered", |partition| {
        edit(&partition.join("tile/entries/000"), swap);
        edit(&partition.join("tile/0/000"), |bytes| {
            let (first, third) = (bytes[..32].to_vec(), bytes[64..96].to_vec());
            bytes[..32].copy_from_slice(&third);
            bytes[64..96].copy_from_slice(&first);
        });
    }),
    ("the last bundle is cut", |partition| {
        edit(&partition.join("tile/entries/002.p/188"), |bytes| bytes.truncate(bytes.len() / 2));
    }),
    ("the last records are gone", |partition| {
        std::fs::remove_dir_all(partition.join("tile/entries/002.p")).unwrap();
        std::fs::remove_dir_all(partition.join("tile/0/002.p")).unwrap();
    }),
    ("the first bundle is gone", |partition| {
        std::fs::remove_file(partition.join("tile/entries/000")).unwrap()
    }),
    ("the size in the checkpoint is smaller", |partition| {
        let note = std::fs::read_to_string(partition.join("checkpoint")).unwrap();
        std::fs::write(partition.join("checkpoint"), note.replacen("\n700\n", "\n512\n", 1)).unwrap();
    }),
];

#[tokio::test]
async fn foreign_verifiers_refuse_what_someone_without_the_key_changes() {
    let written = Written::new("foreign-edited").await;
    for (number, (attack, change)) in ATTACKS.into_iter().enumerate() {
        let partition = written.path(&format!("attack-{number}")).join(PARTITION);
        copy(&written.partition(), &partition);
        change(&partition);
        for (name, verify) in VERIFIERS {
            let refused = verify(&partition, &written.vkey, &[]);
            assert!(refused.is_err(), "{name} accepts a log in which {attack}");
        }
    }
}

#[tokio::test]
async fn with_key_and_checkpoint_from_outside_no_other_history_passes() {
    let written = Written::new("foreign-history").await;
    // By someone with the key and the disk: the log as it was, and another one from there on.
    let forked = written.path("forked");
    copy(&written.path("early"), &forked);
    write(&forked, 150..350, "-never").await;
    // By someone with the disk alone: all records anew under a key of their own.
    let resigned = Folder::new("foreign-resigned").unwrap();
    write(resigned.path(), 0..350, "").await;
    let histories = [
        ("rolled back", written.path("early")),
        ("forked", forked),
        ("re-signed", resigned.path().to_owned()),
    ];
    for (history, log) in histories {
        let partition = log.join(PARTITION);
        let own = std::fs::read_to_string(partition.join("vkey")).unwrap();
        for (name, verify) in VERIFIERS {
            // By itself each is a good log: only what is kept outside tells.
            assert_eq!(verify(&partition, own.trim(), &[]), Ok(()), "{name} on a {history} log by itself");
            let refused = verify(&partition, &written.vkey, &[written.newest()]);
            assert!(refused.is_err(), "{name} accepts a {history} log");
        }
    }
}

#[tokio::test]
async fn go_accepts_our_inclusion_proofs_and_no_others() {
    let written = Written::new("foreign-proof").await;
    let check = |proof: &str, record: &[u8]| {
        let (file, data) = (written.path("one.tlog-proof"), written.path("record"));
        std::fs::write(&file, proof).unwrap();
        std::fs::write(&data, record).unwrap();
        ran(Command::new(go()).arg("proof").args([&file]).arg(&written.vkey).arg(&data))
    };
    for request in ["req-0", "req-127", "req-128", "req-300", "req-349"] {
        let proofs = audit::prove(&written.path("log"), request, &[]).unwrap();
        assert_eq!(proofs.len(), 2, "INTENT and OUTCOME of {request}");
        for proof in proofs {
            let records = audit::records_from(&written.partition(), proof.index).unwrap();
            let mut records = records.map(|record| record.unwrap().1);
            let (record, other) = (records.next().unwrap(), records.next().unwrap_or_default());
            assert_eq!(check(&proof.text, &record), Ok(()), "{request}");
            assert!(check(&proof.text, &other).is_err(), "another record under the proof of {request}");
            let moved =
                proof.text.replace(&format!("index {}", proof.index), &format!("index {}", proof.index + 1));
            assert!(check(&moved, &record).is_err(), "{request} at another place");
        }
    }
}
