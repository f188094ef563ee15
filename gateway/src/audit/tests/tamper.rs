//! What an auditor sees when somebody changed the log.

use super::super::frame::{self, seal};
use super::*;
use proptest::prelude::*;

async fn log_of(directory: &Path, node: &str, pairs: usize) {
    let log = Log::open(directory, node).unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), pairs).await;
    log.close().await;
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// Where each frame of a segment starts and ends.
fn frames(segment: &[u8]) -> Vec<std::ops::Range<usize>> {
    let start = usize::try_from(segment::HEADER_BYTES).unwrap();
    let mut end = start;
    frame::all(&segment[start..])
        .map(|frame| {
            let from = end;
            end += frame.bytes.len();
            from..end
        })
        .collect()
}

fn said(directory: &Path) -> String {
    verify(directory, Options::default()).unwrap_err().to_string()
}

#[tokio::test]
async fn each_change_is_named_with_its_place() {
    let scratch = Scratch::new();
    log_of(&scratch.join("good"), "gw-1", 400).await;
    let segment =
        |change: &dyn Fn(&mut Vec<u8>)| edit(&scratch.join("bad/FR-health/segments/0001.seg"), change);
    let tile =
        |name: &str, at: usize| edit(&scratch.join("bad/FR-health/tile").join(name), |bytes| bytes[at] ^= 1);
    type Change<'a> = (&'a str, &'a dyn Fn());
    let changes: [Change<'_>; 12] = [
        ("FR-health, record 300: the records end here, but the checkpoint covers 800", &|| {
            segment(&|bytes| {
                let at = frames(bytes)[300].start + 40;
                bytes[at] ^= 1;
            });
        }),
        (
            "FR-health, record 300: the record was changed in its segment; entry bundle and tree agree on another",
            &|| {
                segment(&|bytes| {
                    let range = frames(bytes)[300].clone();
                    bytes[range.start + 60] ^= 1;
                    seal(&mut bytes[range], 300);
                });
            },
        ),
        ("FR-health, record 10: 0001.seg: record 11 stands where record 10 belongs", &|| {
            segment(&|bytes| {
                let frames = frames(bytes);
                let swapped = [&bytes[frames[11].clone()], &bytes[frames[10].clone()]].concat();
                bytes.splice(frames[10].start..frames[11].end, swapped);
            });
        }),
        ("FR-health: 0001.seg: the header is damaged", &|| segment(&|bytes| bytes[9] ^= 1)),
        ("FR-health, record 256: tile/entries/001 does not match the record", &|| tile("entries/001", 40)),
        ("FR-health, record 768: tile/entries/003.p/32 does not match the record", &|| {
            tile("entries/003.p/32", 40)
        }),
        ("FR-health, record 513: tile/0/002 does not match the records", &|| tile("0/002", 33)),
        ("FR-health, record 770: tile/0/003.p/32 does not match the records", &|| tile("0/003.p/32", 2 * 32)),
        ("FR-health, record 512: tile/1/000.p/3 does not match the records", &|| tile("1/000.p/3", 64)),
        ("FR-health, record 512: tile/entries/002 cannot be read", &|| {
            std::fs::remove_file(scratch.join("bad/FR-health/tile/entries/002")).unwrap();
        }),
        ("FR-health: the signature of the checkpoint is not valid", &|| {
            edit(&scratch.join("bad/FR-health/checkpoint"), |bytes| bytes[17] = b'9');
        }),
        ("FR-health: its vkey is damaged or of another partition", &|| {
            edit(&scratch.join("bad/FR-health/vkey"), |bytes| bytes[20] ^= 1);
        }),
    ];
    assert_eq!(checked(&scratch.join("good")).records, 800);
    for (expected, change) in changes {
        copy(&scratch.join("good"), &scratch.join("bad"));
        change();
        let said = said(&scratch.join("bad"));
        assert!(said.starts_with(expected), "{said}\n{expected}");
        std::fs::remove_dir_all(scratch.join("bad")).unwrap();
    }
}

#[tokio::test]
async fn with_a_key_and_an_older_checkpoint_from_outside_a_rewritten_log_is_found() {
    let scratch = Scratch::new();
    log_of(&scratch.join("log"), "gw-1", 100).await;
    let old = std::fs::read_to_string(scratch.join("log/FR-health/checkpoint")).unwrap();
    let vkey = std::fs::read_to_string(scratch.join("log/FR-health/vkey")).unwrap();
    copy(&scratch.join("log"), &scratch.join("backup"));
    log_of(&scratch.join("log"), "gw-1", 200).await;
    let new = std::fs::read_to_string(scratch.join("log/FR-health/checkpoint")).unwrap();
    let ask = |name: &str, since: &str| {
        let options =
            Options { vkeys: vec![vkey.clone()], since: vec![since.to_owned()], ..Options::default() };
        verify(&scratch.join(name), options).map(|report| report.records).map_err(|error| error.to_string())
    };
    assert_eq!(ask("log", &old), Ok(600));
    // Rolled back to a backup.
    assert_eq!(
        ask("backup", &new).unwrap_err(),
        "FR-health, record 200: the log was rolled back: a checkpoint of 600 records exists"
    );
    // The backup was continued: another history under the same key.
    log_of(&scratch.join("backup"), "gw-1", 300).await;
    assert_eq!(ask("backup", &old), Ok(800));
    assert_eq!(
        ask("backup", &new).unwrap_err(),
        "FR-health: the first 600 records are not those of the older checkpoint: the log was forked"
    );
    // Written anew under another key.
    log_of(&scratch.join("forged"), "gw-1", 300).await;
    assert_eq!(verify(&scratch.join("forged"), Options::default()).unwrap().records, 600);
    assert_eq!(ask("forged", &old).unwrap_err(), "FR-health: the checkpoint is not signed by this key");
}

#[test]
fn a_flipped_bit_in_any_file_that_counts_is_found() {
    let scratch = Scratch::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(log_of(&scratch.join("good"), "gw-1", 300));
    copy(&scratch.join("good"), &scratch.join("bad"));
    let files = [
        "segments/0001.seg",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "checkpoint",
        "vkey",
    ];
    proptest!(|(file in prop::sample::select(files.to_vec()), at in any::<prop::sample::Index>(), bit in 0..8_u32)| {
        let path = scratch.join("bad/FR-health").join(file);
        let good = std::fs::read(scratch.join("good/FR-health").join(file)).unwrap();
        let mut bad = good.clone();
        let at = at.index(bad.len());
        bad[at] ^= 1_u8 << bit;
        std::fs::write(&path, &bad).unwrap();
        let verified = verify(&scratch.join("bad"), Options::default());
        std::fs::write(&path, &good).unwrap();
        // The line feed that ends a vkey or a note signs nothing.
        let end = matches!(file, "vkey" | "checkpoint") && at + 1 == bad.len();
        prop_assert!(verified.is_err() || end, "{} byte {} bit {}", file, at, bit);
    });
}

#[test]
fn a_directory_that_is_no_log_is_not_called_right() {
    let scratch = Scratch::new();
    assert!(matches!(verify(&scratch.0, Options::default()), Err(VerifyError::Usage(_))));
    let absent = verify(&scratch.join("none"), Options::default()).unwrap_err();
    let told = absent.told();
    assert!(
        matches!(absent, VerifyError::Usage(_))
            && told.ends_with("none: No such file or directory (os error 2)"),
        "{told}"
    );
    assert!(records(&scratch.0).is_err());
}
