//! What a log is after a crash, wherever it happened.

use super::super::faults::{ALL, Fault};
use super::super::frame::{self, write_unsealed};
use super::super::journal::Tag;
use super::super::reserve::Reserve;
use super::*;

/// A log of three INTENTs, of which the first is closed, that crashed before its first checkpoint
/// over records: the signed one still says zero.
async fn crashed(directory: &Path) -> PathBuf {
    let partition = directory.join("FR-health");
    let log = Log::open(directory, "gw-1").unwrap();
    let handle = log.partition("FR-health").unwrap();
    let zero = std::fs::read(partition.join("checkpoint")).unwrap();
    let world = World::new();
    let first = handle.append(world.intent("closed")).await.unwrap();
    handle.append_later(outcome("closed", first)).unwrap();
    for id in ["open-1", "open-2"] {
        handle.append(world.intent(id)).await.unwrap();
    }
    log.close().await;
    std::fs::write(partition.join("checkpoint"), zero).unwrap();
    std::fs::remove_dir_all(partition.join("tile")).unwrap();
    partition
}

fn reopen(partition: &Path) -> Result<Opened, AuditError> {
    open_partition(&Disk::default(), partition, &Keys::default())
}

#[tokio::test]
async fn a_tail_torn_at_any_byte_leaves_a_prefix_that_says_what_is_missing() {
    let scratch = Scratch::new();
    let partition = crashed(&scratch.join("whole")).await;
    let segment = std::fs::read(partition.join("segments/0001.seg")).unwrap();
    let start = usize::try_from(segment::HEADER_BYTES).unwrap();
    let ends: Vec<usize> = frame::all(&segment[start..])
        .scan(start, |end, frame| {
            *end += frame.bytes.len();
            Some(*end)
        })
        .collect();
    assert_eq!(ends.len(), 4);
    for cut in start..=segment.len() {
        let torn = scratch.join("torn/FR-health");
        copy(&partition, &torn);
        std::fs::write(torn.join("segments/0001.seg"), &segment[..cut]).unwrap();
        drop(reopen(&torn).unwrap());
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let good = ends.iter().copied().filter(|end| *end <= cut).max().unwrap_or(start);
        // Zeros at the end are room for the next frames, not what was torn.
        let left = segment[good..cut].iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        let report = checked(&torn);
        let added = u64::from(whole > 0 || left > 0);
        assert_eq!(report.records, whole as u64 + added, "cut at {cut}");
        assert_eq!(
            (report.partitions["FR-health"].unsigned, report.partitions["FR-health"].cut_bytes),
            (0, 0)
        );
        if added == 1 {
            let (_, last) = records(&torn).unwrap().last().unwrap().unwrap();
            let last: serde_json::Value = serde_json::from_slice(&last).unwrap();
            let open: &[&str] = [&[][..], &["closed"], &[], &["open-1"], &["open-1", "open-2"]][whole];
            let named: Vec<_> =
                last["open"].as_array().unwrap().iter().map(|open| open["id"].as_str().unwrap()).collect();
            assert_eq!((last["kind"].as_str(), &named[..]), (Some("RECOVERY"), open));
            assert_eq!(last["cut_bytes"], left);
        }
        // Opened again, there is nothing to say.
        drop(reopen(&torn).unwrap());
        assert_eq!(checked(&torn).records, report.records);
        std::fs::remove_dir_all(torn).unwrap();
    }
}

/// While a log is written, zeros stand behind its last frame: room for the next ones.
#[test]
fn the_room_that_a_killed_process_leaves_behind_the_frames_is_no_torn_write() {
    let scratch = Scratch::new();
    let partition = scratch.join("FR-health");
    std::fs::create_dir_all(&partition).unwrap();
    let Opened { mut journal, mut publisher } = reopen(&partition).unwrap();
    let world = World::new();
    let mut commit = |id: &str| {
        let (mut json, mut frame) = (Vec::new(), Vec::new());
        Record::Intent(world.intent(id)).write(&stamp(), &mut json).unwrap();
        write_unsealed(&json, &mut frame);
        let ends = [frame.len()];
        assert_eq!(journal.commit(&mut frame, &ends, &[Tag::Other]).count, 1);
        publisher.take(&frame);
        publisher.publish().unwrap();
        std::fs::metadata(partition.join("segments/0001.seg")).unwrap().len()
    };
    let first = commit("first");
    assert_eq!(commit("second"), first, "the second goes into the room behind the first");
    let report = verify(&partition, Options::default()).unwrap();
    let open = &report.partitions["FR-health"];
    assert_eq!((report.records, open.unsigned, open.cut_bytes), (2, 0, 0));
    drop((journal, publisher)); // killed
    let Opened { mut journal, .. } = reopen(&partition).unwrap();
    assert_eq!(kinds(&partition).last().unwrap().0, "RECOVERY", "two requests were open");
    journal.end();
    let segment = std::fs::read(partition.join("segments/0001.seg")).unwrap();
    assert!(segment.ends_with(b"}"), "a log that was closed ends with its last record");
}

#[tokio::test]
async fn a_record_that_closes_a_crash_is_shown_with_the_request() {
    let scratch = Scratch::new();
    crashed(&scratch.0).await;
    Log::open(&scratch.0, "gw-1").unwrap().close().await;
    let shown = show(&scratch.0, "open-2").unwrap();
    assert_eq!(shown.iter().map(|shown| shown.index).collect::<Vec<_>>(), [3, 4]);
    assert!(shown[1].record.contains("\"kind\":\"RECOVERY\""));
}

#[tokio::test]
async fn what_the_checkpoint_signed_must_be_there_or_nothing_is_written() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.join("good"), "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 300).await;
    log.close().await;
    let path = |name: &str| scratch.join("bad/FR-health").join(name);
    type Damage<'a> = (&'a str, &'a dyn Fn());
    let damages: [Damage<'_>; 6] = [
        ("its checkpoint is missing", &|| std::fs::remove_file(path("checkpoint")).unwrap()),
        ("its segments are missing", &|| std::fs::remove_file(path("segments/0001.seg")).unwrap()),
        ("it ends at record 599, but its checkpoint covers 600", &|| {
            let bytes = std::fs::read(path("segments/0001.seg")).unwrap();
            std::fs::write(path("segments/0001.seg"), &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("it ends at record 598, but its checkpoint covers 600", &|| {
            edit(&path("segments/0001.seg"), |bytes| {
                let last = last_frame(bytes);
                let before = last_frame(&bytes[..last]);
                bytes[before + 50] ^= 1;
            });
        }),
        ("its records are not those that its checkpoint signed", &|| {
            edit(&path("segments/0001.seg"), |bytes| {
                let last = last_frame(bytes);
                let at = last + 30;
                bytes[at] ^= 1;
                frame::seal(&mut bytes[last..], 599);
            });
        }),
        ("the signature of the checkpoint is not valid", &|| {
            edit(&path("checkpoint"), |bytes| {
                let size = bytes.iter().position(|byte| *byte == b'6').unwrap();
                bytes[size] = b'5';
            });
        }),
    ];
    for (what, damage) in damages {
        copy(&scratch.join("good"), &scratch.join("bad"));
        damage();
        let error = Log::open(&scratch.join("bad"), "gw-1").unwrap_err();
        assert!(error.to_string().contains(what), "{error} / {what}");
        std::fs::remove_dir_all(scratch.join("bad")).unwrap();
    }
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// Where the last frame of a segment starts.
fn last_frame(segment: &[u8]) -> usize {
    let start = usize::try_from(segment::HEADER_BYTES).unwrap();
    let frames: Vec<usize> = frame::all(&segment[start..]).map(|frame| frame.bytes.len()).collect();
    start + frames[..frames.len() - 1].iter().sum::<usize>()
}

#[tokio::test]
async fn lost_tiles_are_made_anew_from_the_records() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 700).await;
    log.close().await;
    drop(log);
    let before = checked(&scratch.0);
    std::fs::remove_dir_all(scratch.join("FR-health/tile")).unwrap();
    assert!(verify(&scratch.0, Options::default()).is_err());
    Log::open(&scratch.0, "gw-1").unwrap().close().await;
    assert_eq!(checked(&scratch.0), before);
}

/// Closing signs the last size once more, and writes its partial tiles once more: when the power goes
/// then, they are torn under a checkpoint that is good.
#[tokio::test]
async fn partial_tiles_that_were_torn_are_made_anew_though_nothing_else_is_to_say() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 150).await;
    log.close().await;
    drop(log);
    let before = checked(&scratch.0);
    for tile in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
        std::fs::write(scratch.join("FR-health").join(tile), "torn").unwrap();
        assert!(verify(&scratch.0, Options::default()).is_err(), "{tile}");
        drop(reopen(&scratch.join("FR-health")).unwrap());
        assert_eq!(checked(&scratch.0), before, "{tile}");
    }
}

/// What a scripted run was told.
#[derive(Default)]
pub(super) struct Told {
    /// Records that were told to be durable: index and id.
    pub(super) durable: Vec<(u64, String)>,
    /// Ids of all that were tried, in order.
    pub(super) tried: Vec<String>,
}

const RESERVE: u64 = 100_000;

/// Create, three batches of which the second fills the segment, checkpoints between and behind them;
/// the reserve is given back once and made whole again.
pub(super) fn script(disk: &Disk, partition: &Path, life: usize) -> Told {
    let mut told = Told::default();
    let Ok(Opened { mut journal, mut publisher }) = open_partition(disk, partition, &Keys::default()) else {
        return told;
    };
    let mut reserve = Reserve::open(disk, partition, RESERVE);
    let world = World::new();
    for (batch, count) in [3, 260, 5, 4].into_iter().enumerate() {
        let (mut bytes, mut ends, mut tags) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..count {
            let id = format!("req-{life}-{batch}-{number}");
            let mut json = Vec::new();
            Record::Intent(world.intent(&id)).write(&stamp(), &mut json).unwrap();
            write_unsealed(&json, &mut bytes);
            ends.push(bytes.len());
            tags.push(Tag::Intent(id.clone()));
            told.tried.push(id);
        }
        let done = journal.commit(&mut bytes, &ends, &tags);
        assert_eq!(done.error.is_none(), done.count == count);
        let ids = told.tried[told.tried.len() - count..].iter().take(done.count).cloned();
        let indexed: Vec<_> = (done.first..).zip(ids).collect();
        told.durable.extend(indexed);
        publisher.take(&bytes[..ends[..done.count].last().copied().unwrap_or(0)]);
        if batch == 1 {
            reserve.give(10);
            // One that fails is tried again before the next request.
            let _ = reserve.fill();
        } else {
            // One that fails is tried again with the next.
            let _ = publisher.publish();
        }
    }
    // As at the end: the same checkpoint once more.
    let _ = publisher.publish();
    told
}

/// What must hold of a log after whatever happened to it.
pub(super) fn hold(partition: &Path, told: &Told, case: &str) {
    drop(reopen(partition).unwrap_or_else(|error| panic!("{case}: {error}")));
    assert!(Reserve::open(&Disk::default(), partition, RESERVE).is_whole(), "{case}");
    let report = verify(partition, Options::default());
    report.unwrap_or_else(|error| panic!("{case}: {error}"));
    let found = kinds(partition);
    for (index, id) in &told.durable {
        let record = &found[usize::try_from(*index).unwrap()];
        assert_eq!((record.0.as_str(), &record.1), ("INTENT", id), "{case}");
    }
    // What is there besides was tried, stands in order, and once.
    let mut tried = told.tried.iter();
    let mut intents = found.iter().filter(|(kind, _)| kind == "INTENT");
    assert!(intents.all(|(_, id)| tried.any(|tried| tried == id)), "{case}");
    // No request is left open: each INTENT is named.
    let named = open_named(partition);
    let intents = found.iter().filter(|(kind, _)| kind == "INTENT");
    assert!(intents.map(|(_, id)| id).all(|id| named.contains(id)), "{case}: {named:?}");
}

/// The ids that RECOVERY records name.
fn open_named(partition: &Path) -> std::collections::BTreeSet<String> {
    let records = records(partition).unwrap().map(|record| record.unwrap().1);
    let values = records.map(|record| serde_json::from_slice::<serde_json::Value>(&record).unwrap());
    let recoveries = values.filter(|record| record["kind"] == "RECOVERY");
    let named = recoveries.flat_map(|record| record["open"].as_array().unwrap().clone());
    named.map(|open| open["id"].as_str().unwrap().to_owned()).collect()
}

/// The fault table: every step of the write path, at every occurrence, in every way it can break.
#[test]
fn whatever_step_breaks_nothing_that_was_promised_is_lost() {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    let told = script(&Disk::with(&dry), &scratch.join("dry/FR-health"), 0);
    assert_eq!(told.durable.len(), 272);
    assert!(scratch.join("dry/FR-health/segments/0002.seg").exists());
    let steps = dry.steps();
    assert!(steps > 70, "{steps} steps");
    for (step, fault) in (0..steps).flat_map(|step| ALL.map(|fault| (step, fault))) {
        let partition = scratch.join("wet/FR-health");
        let faults = Arc::new(Faults::at(step, fault));
        let told = script(&Disk::with(&faults), &partition, 0);
        let killed = matches!(fault, Fault::KilledBefore | Fault::KilledDuring | Fault::KilledAfter);
        let case = format!("step {step}, {fault:?}");
        if !killed && !told.tried.is_empty() {
            // One broken step refuses one batch at most; the others go on.
            assert!(told.durable.len() >= 272 - 260, "{case}: {} durable", told.durable.len());
        }
        hold(&partition, &told, &case);
        std::fs::remove_dir_all(scratch.join("wet")).unwrap();
    }
}

/// Seals a few names, of which one comes twice.
pub(super) fn seal(faults: &Arc<Faults>, directory: &Path) -> Vec<(&'static str, Sealed)> {
    std::fs::create_dir_all(directory).unwrap();
    let Ok(subjects) = Subjects::open(&Disk::with(faults), directory, None) else { return Vec::new() };
    let names = ["anna", "bert", "anna", "carl"];
    names.iter().filter_map(|name| Some((*name, subjects.seal("hospital", name).ok()?))).collect()
}

/// What was sealed can be opened after a restart.
pub(super) fn unseal(directory: &Path, sealed: Vec<(&str, Sealed)>, case: &str) {
    let subjects = Subjects::open(&Disk::default(), directory, None).unwrap();
    for (name, sealed) in sealed {
        assert_eq!(subjects.unseal("hospital", &sealed).unwrap(), name, "{case}");
    }
}

/// The fault table of the file that holds the keys of subjects.
#[test]
fn whatever_step_breaks_no_subject_key_that_was_used_is_lost() {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    assert_eq!(seal(&dry, &scratch.join("dry")).len(), 4);
    for (step, fault) in (0..dry.steps()).flat_map(|step| ALL.map(|fault| (step, fault))) {
        let directory = scratch.join("wet");
        let sealed = seal(&Arc::new(Faults::at(step, fault)), &directory);
        unseal(&directory, sealed, &format!("step {step}, {fault:?}"));
        std::fs::remove_dir_all(directory).unwrap();
    }
}
