//! Old segments leave the log: what stays provable, what keeps them, and what an attacker makes of it.

use super::super::faults::{ALL, Fault};
use super::super::prune::Cutoff;
use super::*;

const DAY_US: u64 = 86_400_000_000;
/// When the test's records were written.
const WRITTEN_US: u64 = 1_785_231_000_000_123;
/// Segments of 256 records.
const SMALL: u64 = 60_000;

fn small() -> Settings {
    Settings { segment_bytes_max: SMALL, ..Settings::default() }
}

/// Everything older than this moment, as seen this many days after the records were written.
fn after(days: u64) -> Cutoff {
    Cutoff::new(WRITTEN_US + DAY_US, WRITTEN_US + days * DAY_US).unwrap()
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// 1,400 records of old requests in six segments; records 1,230 to 1,249 were open when the last began.
fn old_log(directory: &Path) {
    let log = Log::open_with(directory, "gw-1", small()).unwrap();
    let partition = log.partition("FR-health").unwrap();
    (0..14).for_each(|_| drop(block(append_pairs(&partition, 50))));
    block(log.close());
    let firsts: Vec<u64> =
        segment::list(&directory.join("FR-health")).unwrap().iter().map(|it| it.first).collect();
    assert_eq!(firsts, [0, 256, 512, 768, 1024, 1280]);
}

fn prune(directory: &Path, cutoff: &Cutoff) -> Vec<Pruning> {
    let log = Log::open_with(directory, "gw-1", small()).unwrap();
    let pruned = log.prune_with(cutoff).unwrap();
    block(log.close());
    pruned
}

fn checkpoint(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("FR-health/checkpoint")).unwrap()
}

fn bundles(partition: &Path) -> Vec<u64> {
    (0..6).filter(|number| tree::path(partition, None, *number, 256).exists()).collect()
}

/// What verification and the next start say.
fn said(directory: &Path) -> (String, String) {
    let verified = verify(directory, Options::default()).map(|_| String::new());
    let opened = Log::open_with(directory, "gw-1", small()).map(|log| block(log.close()));
    let opened = opened.map_or_else(|error| error.to_string(), |()| String::new());
    (verified.unwrap_or_else(|error| error.to_string()), opened)
}

#[test]
fn old_segments_go_whole_and_every_proof_still_holds() {
    let scratch = Scratch::new();
    let log = Log::open_with(&scratch.0, "gw-1", small()).unwrap();
    let partition = log.partition("FR-health").unwrap();
    block(append_pairs(&partition, 10));
    block(log.close());
    drop((log, partition));
    let early = checkpoint(&scratch.0);
    std::fs::remove_dir_all(scratch.join("FR-health/segments")).unwrap();
    std::fs::remove_dir_all(scratch.join("FR-health/tile")).unwrap();
    std::fs::remove_file(scratch.join("FR-health/checkpoint")).unwrap();
    old_log(&scratch.0); // under the same key another history: `early` is no part of it
    let newest = checkpoint(&scratch.0);
    let gone = Pruning { partition: "FR-health".into(), minimum: 1024, records: 1024, segments: 4 };
    assert_eq!(prune(&scratch.0, &after(400)), [gone]);
    let report = &checked(&scratch.0).partitions["FR-health"];
    assert_eq!((report.records, report.size, report.minimum), (1401, 1401, 1024));
    assert_eq!(bundles(&scratch.join("FR-health")), [4]);
    let found = kinds(&scratch.join("FR-health"));
    assert_eq!((found.len(), found.last().unwrap().0.as_str()), (377, "PRUNE"));
    // Older checkpoints, one of them over records that are gone, are held against the hashes.
    let ask = |since: &str| {
        let options = Options { since: vec![since.to_owned()], ..Options::default() };
        verify(&scratch.0, options).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(ask(&newest), Ok(()));
    assert!(ask(&early).unwrap_err().contains("the first 20 records are not those of the older checkpoint"));
    // It goes on, also when its tiles above level 0 are lost, and there is nothing more to prune.
    std::fs::remove_dir_all(scratch.join("FR-health/tile/1")).unwrap();
    std::fs::remove_dir_all(scratch.join("FR-health/tile/entries")).unwrap();
    let log = Log::open_with(&scratch.0, "gw-1", small()).unwrap();
    block(append_pairs(&log.partition("FR-health").unwrap(), 10));
    assert_eq!(log.prune_with(&after(400)).unwrap(), []);
    block(log.close());
    assert_eq!(checked(&scratch.0).partitions["FR-health"].records, 1421);
}

#[test]
fn a_log_that_is_pruned_while_it_is_verified_is_not_called_damaged() {
    for _ in 0..12 {
        let scratch = Scratch::new();
        old_log(&scratch.0);
        let log = Log::open_with(&scratch.0, "gw-1", small()).unwrap();
        let pruned = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                log.prune_with(&after(400)).unwrap();
                pruned.store(true, std::sync::atomic::Ordering::SeqCst);
            });
            while !pruned.load(std::sync::atomic::Ordering::SeqCst) {
                checked(&scratch.0);
            }
        });
        block(log.close());
        assert_eq!(checked(&scratch.0).partitions["FR-health"].minimum, 1024);
    }
}

#[test]
fn a_record_stays_as_long_as_its_decision_asks_and_keeps_its_segment() {
    let scratch = Scratch::new();
    old_log(&scratch.0);
    let log = Log::open_with(&scratch.0, "gw-1", small()).unwrap();
    let (partition, world) = (log.partition("FR-health").unwrap(), World::new());
    let decision = "{\"log_min_days\":3650}";
    let index = block(partition.append(Intent { decision, ..world.intent("kept") })).unwrap();
    block(partition.append(outcome("kept", index))).unwrap();
    (0..12).for_each(|_| drop(block(append_pairs(&partition, 50))));
    let minimum = |cutoff: &Cutoff| {
        let plan = log.prune_with(cutoff).unwrap();
        plan.first().map(|pruning| pruning.minimum)
    };
    // Written one day before `before`, and 184 days must have passed since they were written.
    assert_eq!(minimum(&after(185)), Some(1280)); // record 1400 stands in the segment from 1280
    assert_eq!(minimum(&after(3650)), None);
    assert_eq!(minimum(&after(3651)), Some(2304));
    block(log.close());
    assert_eq!(checked(&scratch.0).partitions["FR-health"].minimum, 2304);
}

#[test]
fn nothing_younger_than_six_months_can_be_pruned() {
    let scratch = Scratch::new();
    old_log(&scratch.0);
    let floor = Cutoff::new(WRITTEN_US, WRITTEN_US + 184 * DAY_US - 1).unwrap_err().to_string();
    assert!(floor.starts_with("records of the last 184 days stay: Regulation (EU) 2024/1689"), "{floor}");
    // Records of that very moment are not older than it.
    let cutoff = Cutoff::new(WRITTEN_US, WRITTEN_US + 500 * DAY_US).unwrap();
    assert_eq!(prune(&scratch.0, &cutoff), []);
    let now = now_us();
    assert!(prunable(&scratch.0, now).unwrap_err().to_string().starts_with("records of the last 184 days"));
    assert_eq!(prunable(&scratch.0, now - 184 * DAY_US - DAY_US).unwrap_or_default(), {
        let old = WRITTEN_US + 100_000 < now - 185 * DAY_US;
        let gone = Pruning { partition: "FR-health".into(), minimum: 1024, records: 1024, segments: 4 };
        if old { vec![gone] } else { vec![] }
    });
}

#[test]
fn a_log_whose_tiles_are_wrong_keeps_its_records() {
    let scratch = Scratch::new();
    old_log(&scratch.0);
    let log = Log::open_with(&scratch.0, "gw-1", small()).unwrap();
    let tile = scratch.join("FR-health/tile/0/002");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[77] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let error = log.prune_with(&after(400)).unwrap_err().to_string();
    assert!(error.contains("tile or entry bundle and records differ"), "{error}");
    block(log.close());
    assert_eq!(segment::list(&scratch.join("FR-health")).unwrap().len(), 6);
}

/// The fault table: each step of a pruning, in every way it can break. After the next start all of it
/// happened or none.
#[test]
fn whatever_step_of_a_pruning_breaks_it_is_whole_after_the_next_start() {
    let scratch = Scratch::new();
    old_log(&scratch.join("good"));
    let attempt = |directory: &Path, break_at: Option<(usize, Fault)>| {
        let faults = Arc::new(Faults::default());
        let upkeep = Disk::with(&faults);
        let log = Log::open_with(directory, "gw-1", Settings { upkeep, ..small() }).unwrap();
        let before = faults.steps();
        if let Some((step, fault)) = break_at {
            faults.break_ahead(step, fault);
        }
        let pruned = log.prune_with(&after(400)).is_ok();
        block(log.close());
        (pruned, faults.steps() - before)
    };
    copy(&scratch.join("good"), &scratch.join("dry"));
    let (pruned, steps) = attempt(&scratch.join("dry"), None);
    assert!(pruned && steps > 15, "{steps} steps");
    let cases: Vec<_> = (0..steps).flat_map(|step| ALL.map(|fault| (step, fault))).collect();
    // Each waits for a checkpoint: side by side.
    std::thread::scope(|scope| {
        for share in cases.chunks(cases.len().div_ceil(8)) {
            let (scratch, attempt) = (&scratch, &attempt);
            scope.spawn(move || {
                for (step, fault) in share {
                    let case = format!("step {step}, {fault:?}");
                    let directory = scratch.join(&format!("wet-{step}-{fault:?}"));
                    copy(&scratch.join("good"), &directory);
                    let (pruned, _) = attempt(&directory, Some((*step, *fault)));
                    whole(&directory, &case, pruned);
                }
            });
        }
    });
}

/// After the next start a pruning happened or did not, and the log verifies.
fn whole(directory: &Path, case: &str, pruned: bool) {
    let log = Log::open_with(directory, "gw-1", small()).unwrap_or_else(|error| panic!("{case}: {error}"));
    block(log.close());
    let report = verify(directory, Options::default()).unwrap_or_else(|error| panic!("{case}: {error}"));
    let minimum = report.partitions["FR-health"].minimum;
    let left = bundles(&directory.join("FR-health"));
    match minimum {
        1024 => assert_eq!(left, [4], "{case}"),
        0 => assert!(!pruned && left == [0, 1, 2, 3, 4], "{case}: {left:?}"),
        other => panic!("{case}: pruned up to {other}"),
    }
    std::fs::remove_dir_all(directory).unwrap();
}

/// The same for the start that finishes an interrupted pruning.
#[test]
fn whatever_step_of_the_finishing_breaks_the_start_after_it_finishes() {
    let scratch = Scratch::new();
    old_log(&scratch.join("whole"));
    copy(&scratch.join("whole"), &scratch.join("good"));
    prune(&scratch.join("good"), &after(400));
    let partition = |name: &str| scratch.join(name).join("FR-health");
    // Back to where two segments were gone and no bundle yet.
    for name in ["segments/0003.seg", "segments/0004.seg"] {
        std::fs::copy(partition("whole").join(name), partition("good").join(name)).unwrap();
    }
    for number in 0..4 {
        let bundle = |name: &str| tree::path(&partition(name), None, number, 256);
        std::fs::copy(bundle("whole"), bundle("good")).unwrap();
    }
    let open = |faults: &Arc<Faults>| {
        let settings = Settings { segment_bytes_max: SMALL, ..broken(faults) };
        let opened = Log::open_with(&scratch.join("wet"), "gw-1", settings).map(|log| block(log.close()));
        opened.is_ok()
    };
    copy(&scratch.join("good"), &scratch.join("wet"));
    assert_eq!(checked(&scratch.join("wet")).partitions["FR-health"].minimum, 512);
    let dry = Arc::new(Faults::default());
    assert!(open(&dry));
    whole(&scratch.join("wet"), "dry", true);
    for (step, fault) in (0..dry.steps()).flat_map(|step| ALL.map(|fault| (step, fault))) {
        copy(&scratch.join("good"), &scratch.join("wet"));
        open(&Arc::new(Faults::at(step, fault)));
        whole(&scratch.join("wet"), &format!("step {step}, {fault:?}"), true);
    }
}

#[test]
fn what_was_not_pruned_but_is_missing_is_named() {
    let scratch = Scratch::new();
    old_log(&scratch.join("whole"));
    copy(&scratch.join("whole"), &scratch.join("pruned"));
    prune(&scratch.join("pruned"), &after(400));
    let path = |name: &str| scratch.join("bad/FR-health").join(name);
    let remove = |name: &str| std::fs::remove_file(path(name)).unwrap();
    type Damage<'a> = (&'a str, &'a str, &'a str, &'a dyn Fn());
    let none = "the first segments are missing, and no PRUNE record allows it";
    let cases: [Damage<'_>; 7] = [
        ("whole", "record 0: the first segments are missing, and no PRUNE record allows it", none, &|| {
            remove("segments/0001.seg");
        }),
        ("whole", "record 0: the first segments are missing, and no PRUNE record allows it", none, &|| {
            remove("segments/0001.seg");
            std::fs::write(path("pruned"), "1399\n").unwrap();
        }),
        (
            "pruned",
            "record 1024: the first segments are missing: only those before record 1024",
            none,
            &|| {
                remove("segments/0005.seg");
            },
        ),
        ("pruned", "record 1024: tile/entries/004 cannot be read", "", &|| remove("tile/entries/004")),
        ("pruned", "record 256: tile/0/001, which stands for pruned records, cannot be read", "", &|| {
            remove("tile/0/001");
        }),
        ("pruned", "record 512: tile/1/000.p/5 does not match the records", "", &|| {
            let mut tile = std::fs::read(path("tile/0/002")).unwrap();
            tile[8] ^= 1;
            std::fs::write(path("tile/0/002"), tile).unwrap();
        }),
        ("pruned", "", "", &|| remove("pruned")), // a hint only: the record is found without it
    ];
    for (from, verified, opened, damage) in cases {
        copy(&scratch.join(from), &scratch.join("bad"));
        damage();
        let (verifier, start) = said(&scratch.join("bad"));
        let as_said =
            |found: &str, expected: &str| found.contains(expected) && found.is_empty() == expected.is_empty();
        assert!(as_said(&verifier, verified), "{verifier}\n{verified}");
        assert!(as_said(&start, opened), "{verified}: {start}");
        std::fs::remove_dir_all(scratch.join("bad")).unwrap();
    }
}

/// Someone who can make the gateway write records, and remove files, but has no key of the log.
#[test]
fn a_prune_record_that_names_wrong_roots_or_is_not_signed_allows_nothing() {
    let scratch = Scratch::new();
    old_log(&scratch.join("log"));
    copy(&scratch.join("log"), &scratch.join("wrong"));
    let append = |name: &str, minimum: u64, roots: &[String]| {
        let log = Log::open_with(&scratch.join(name), "gw-1", small()).unwrap();
        let record = Prune { time_us: 1, minimum, roots, keys: &[], before_us: 1 };
        block(log.partition("FR-health").unwrap().append(record)).unwrap();
        block(log.close());
    };
    append("wrong", 256, &["AAAA".to_owned()]);
    append("wrong", 5 * 256, &[]);
    assert_eq!(
        said(&scratch.join("wrong")).0,
        "FR-health, record 1400: this PRUNE does not name the roots of the records before its minimum"
    );
    // The start did not act on them.
    assert_eq!(segment::list(&scratch.join("wrong/FR-health")).unwrap().len(), 6);
    // The right roots, in the second before a crash: nobody signed them.
    let signed = checkpoint(&scratch.join("log"));
    let tree = tree::Tree::load_within(&scratch.join("log/FR-health"), 256, 1400).unwrap();
    let roots: Vec<String> = tree
        .subtrees()
        .iter()
        .map(|root| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, root))
        .collect();
    append("log", 256, &roots);
    std::fs::remove_file(scratch.join("log/FR-health/segments/0001.seg")).unwrap();
    assert_eq!(said(&scratch.join("log")).0, "", "signed, it would count");
    copy(&scratch.join("log"), &scratch.join("unsigned"));
    std::fs::write(scratch.join("unsigned/FR-health/checkpoint"), signed).unwrap();
    let _ = std::fs::remove_file(scratch.join("unsigned/FR-health/pruned"));
    let (verified, opened) = said(&scratch.join("unsigned"));
    assert_eq!(
        verified,
        "FR-health, record 0: the first segments are missing, and no PRUNE record allows it"
    );
    assert!(opened.contains("the first segments are missing, and no PRUNE record allows it"), "{opened}");
}

#[test]
fn a_key_that_was_erased_and_came_back_from_a_backup_is_named() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    log.partition("FR-health").unwrap();
    let sealed = log.seal_subject("hospital", "anna@example.org").unwrap();
    let backup = std::fs::read(scratch.join("subject-keys")).unwrap();
    log.erase("hospital", "anna@example.org", "R-1").unwrap();
    block(log.close());
    drop(log);
    assert!(verify(&scratch.0, Options::default()).is_ok());
    std::fs::write(scratch.join("subject-keys"), backup).unwrap();
    let error = verify(&scratch.0, Options::default()).unwrap_err().to_string();
    let expected = format!("_gateway: subject-keys holds the key {} again", sealed.key);
    assert!(error.starts_with(&expected), "{error}");
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    log.erase("hospital", "anna@example.org", "R-1, again").unwrap();
    block(log.close());
    assert!(verify(&scratch.0, Options::default()).is_ok());
}

/// Everything, as seen after more than a year.
fn everything() -> Cutoff {
    Cutoff::new(now_us() + DAY_US, now_us() + 400 * DAY_US).unwrap()
}

fn rotated(directory: &Path, calls: usize) {
    let log = Log::open_with(directory, "gw-1", small()).unwrap();
    block(log.rotate("FR-health", Duration::ZERO)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    (0..calls).for_each(|_| drop(block(append_pairs(&partition, 50))));
    block(log.close());
}

#[test]
fn who_has_the_first_key_comes_to_the_newest_though_the_rotations_were_pruned() {
    let scratch = Scratch::new();
    drop(Log::open(&scratch.0, "gw-1").unwrap().partition("FR-health").unwrap());
    let partition = scratch.join("FR-health");
    let first = std::fs::read_to_string(partition.join("vkey")).unwrap();
    let verified = || {
        let options = Options { vkeys: vec![first.clone()], ..Options::default() };
        verify(&scratch.0, options).map(|report| report.partitions["FR-health"].minimum)
    };
    let rotations = || kinds(&partition).iter().filter(|(kind, _)| kind == "ROTATE").count();
    rotated(&scratch.0, 14);
    assert_eq!((prune(&scratch.0, &everything()).len(), rotations()), (1, 0));
    assert_eq!(verified().unwrap(), 1024);
    // A key change behind the PRUNE, then one more PRUNE, which takes the first along.
    rotated(&scratch.0, 14);
    assert_eq!(verified().unwrap(), 1024);
    assert_eq!((prune(&scratch.0, &everything()).len(), rotations()), (1, 0));
    assert_eq!(verified().unwrap(), 2304);
}

#[test]
fn a_prune_record_that_repeats_keys_of_another_history_is_refused() {
    let scratch = Scratch::new();
    let mut handed = Vec::new();
    for name in ["one", "two"] {
        let log = Log::open(&scratch.join(name), "gw-1").unwrap();
        let partition = log.partition("FR-health").unwrap();
        block(log.rotate("FR-health", Duration::ZERO)).unwrap();
        // What the log itself handed over, or what the other did, signed by its own keys.
        let prune = Prune { time_us: 1, minimum: 0, roots: &[], keys: &handed, before_us: 1 };
        block(partition.append(prune)).unwrap();
        block(log.close());
        let rotate = records(&scratch.join(name).join("FR-health")).unwrap().next().unwrap().unwrap().1;
        let rotate: serde_json::Value = serde_json::from_slice(&rotate).unwrap();
        let text = |key: &str| rotate[key].as_str().unwrap().to_owned();
        handed = vec![Handed { old: text("old"), new: text("new"), signature: text("signature") }];
    }
    assert_eq!(checked(&scratch.join("one")).records, 2);
    let error = verify(&scratch.join("two"), Options::default()).unwrap_err().to_string();
    assert_eq!(error, "FR-health, record 1: the PRUNE record repeats other keys than those of the log");
}
