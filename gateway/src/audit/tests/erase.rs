//! Forgetting a person, and what a crash in the middle of it leaves.

use super::super::faults::{ALL, Fault};
use super::*;

const TENANT: &str = "hospital";

/// The log that [`run`] made, as it is in its directory.
struct Seen {
    anna: Option<Sealed>,
    bert: Option<Sealed>,
    /// Anna's key, as it stood in the key file.
    key: Option<String>,
    erased: Result<Erased, String>,
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn append(log: &Log, id: &str, sealed: &Sealed) {
    let world = World { sealed: sealed.clone(), ..World::new() };
    let partition = log.partition("FR-health").unwrap();
    let index = block(partition.append(world.intent(id))).unwrap();
    block(partition.append(outcome(id, index))).unwrap();
}

/// The base64 of a key, from the key file.
fn key_of(directory: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(directory.join("subject-keys")).unwrap();
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(name)?.trim_start().split_once(' '));
    lines.next_back().map(|(key, _)| key.to_owned())
}

/// Anna and Bert ask; Anna is erased.
fn run(directory: &Path, upkeep: Disk) -> Option<Seen> {
    let log = Log::open_with(directory, "gw-1", Settings { upkeep, ..Settings::default() }).ok()?;
    log.partition("_gateway").unwrap();
    let seal = |subject: &str| {
        let sealed = log.seal_subject(TENANT, subject).ok()?;
        append(&log, subject.split('@').next().unwrap(), &sealed);
        Some(sealed)
    };
    let (anna, bert) = (seal("anna@example.org"), seal("bert@example.org"));
    let key = anna.as_ref().and_then(|anna| key_of(directory, &anna.key));
    let erased = log.erase(TENANT, "anna@example.org", "Art. 17, R-2026-7").map_err(|e| e.to_string());
    block(log.close());
    Some(Seen { anna, bert, key, erased })
}

fn erase_records(directory: &Path) -> usize {
    ["FR-health", "_gateway"]
        .iter()
        .filter(|name| directory.join(name).exists())
        .map(|name| kinds(&directory.join(name)).iter().filter(|(kind, _)| kind == "ERASE").count())
        .sum()
}

/// Files under a directory that hold some text.
fn holding(directory: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if memchr::memmem::find(&std::fs::read(&path).unwrap(), text.as_bytes()).is_some() {
            found.push(path);
        }
    }
    found
}

#[test]
fn an_erased_person_is_forgotten_and_every_proof_still_holds() {
    let scratch = Scratch::new();
    let Seen { anna, bert, key, erased } = run(&scratch.0, Disk::default()).unwrap();
    let (anna, bert, key) = (anna.unwrap(), bert.unwrap(), key.unwrap());
    assert_eq!(erased, Ok(Erased { key: anna.key.clone(), partitions: vec!["FR-health".into()] }));
    assert_eq!(checked(&scratch.0).records, 5);
    let (_, record) = records(&scratch.join("FR-health")).unwrap().last().unwrap().unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!((&record["kind"], &record["tenant"]), (&"ERASE".into(), &TENANT.into()));
    assert_eq!((&record["key"], &record["reason"]), (&anna.key.clone().into(), &"Art. 17, R-2026-7".into()));
    assert_eq!(holding(&scratch.0, &key), Vec::<PathBuf>::new());
    // The next start, and the person's next call: a new key that opens nothing of before.
    for _ in 0..2 {
        let log = Log::open(&scratch.0, "gw-1").unwrap();
        assert!(matches!(log.unseal_subject(TENANT, &anna), Err(AuditError::Erased)));
        let again = log.seal_subject(TENANT, "anna@example.org").unwrap();
        assert_eq!(again.key, anna.key);
        assert_eq!(log.unseal_subject(TENANT, &again).unwrap(), "anna@example.org");
        assert!(matches!(log.unseal_subject(TENANT, &anna), Err(AuditError::Erased)));
        assert_eq!(log.unseal_subject(TENANT, &bert).unwrap(), "bert@example.org");
        block(log.close());
    }
    assert_eq!(checked(&scratch.0).records, 5);
}

#[test]
fn who_is_not_known_or_is_erased_already_is_not_erased() {
    let scratch = Scratch::new();
    run(&scratch.0, Disk::default()).unwrap();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    for (tenant, subject, reason, said) in [
        (TENANT, "anna@example.org", "R-8", "this log holds no key of that subject"),
        (TENANT, "Bert@example.org", "R-8", "this log holds no key of that subject"),
        ("bank", "bert@example.org", "R-8", "this log holds no key of that subject"),
        (TENANT, "bert@example.org", "asked by BERT@example.org", "the reason names the subject"),
        (TENANT, "bert@example.org", " ", "a reason has 1 to 256 bytes"),
        (TENANT, "bert@example.org", "a\nb", "a reason has 1 to 256 bytes"),
        (TENANT, "", "R-8", "no subject is named"),
        (TENANT, "a", "Art. 17", "this log holds no key of that subject"),
    ] {
        let error = log.erase(tenant, subject, reason).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
    block(log.close());
    assert_eq!(erase_records(&scratch.0), 1);
}

#[test]
fn a_person_without_a_record_is_erased_in_the_partition_of_nobody() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    log.seal_subject(TENANT, "anna@example.org").unwrap();
    let erased = log.erase(TENANT, "anna@example.org", "R-9").unwrap();
    assert_eq!(erased.partitions, ["_gateway"]);
    block(log.close());
    assert_eq!(checked(&scratch.0).records, 1);
}

/// The fault table: each step of an erasure, and of all that comes before it, in every way it can
/// break. Afterwards the person is erased under one record, or not at all.
#[test]
fn whatever_step_of_an_erasure_breaks_it_is_whole_after_the_next_start() {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    let disk = |faults: Arc<Faults>| Disk::with(&faults);
    run(&scratch.join("dry"), disk(Arc::clone(&dry))).unwrap().erased.unwrap();
    assert!(dry.steps() > 20, "{} steps", dry.steps());
    let (mut done, mut undone) = (0, 0);
    for (step, fault) in (0..dry.steps()).flat_map(|step| ALL.map(|fault| (step, fault))) {
        let case = format!("step {step}, {fault:?}");
        let directory = scratch.join("wet");
        let seen = run(&directory, disk(Arc::new(Faults::at(step, fault))));
        let log = Log::open(&directory, "gw-1").unwrap_or_else(|error| panic!("{case}: {error}"));
        log.partition("_gateway").unwrap();
        if let Some(Seen { anna: Some(anna), bert, key, erased }) = seen {
            let gone = matches!(log.unseal_subject(TENANT, &anna), Err(AuditError::Erased));
            assert!(gone || log.unseal_subject(TENANT, &anna).unwrap() == "anna@example.org", "{case}");
            assert!(gone || erased.is_err(), "{case}: said to be erased, and is not");
            assert_eq!(erase_records(&directory), usize::from(gone), "{case}");
            if gone {
                assert_eq!(holding(&directory, &key.unwrap()), Vec::<PathBuf>::new(), "{case}");
            }
            if let Some(bert) = bert {
                assert_eq!(log.unseal_subject(TENANT, &bert).unwrap(), "bert@example.org", "{case}");
            }
            *if gone { &mut done } else { &mut undone } += 1;
        }
        for left in ["erasing", "subject-keys.tmp"] {
            assert!(!directory.join(left).exists(), "{case}: {left}");
        }
        block(log.close());
        verify(&directory, Options::default()).unwrap_or_else(|error| panic!("{case}: {error}"));
        std::fs::remove_dir_all(directory).unwrap();
    }
    assert!(done > 20 && undone > 20, "{done} erased, {undone} not: the table misses a side");
}

/// A process that lives on after an error finishes with the next command, and the new key of the
/// same person, made in between, stays.
#[test]
fn an_erasure_that_a_full_disk_interrupted_is_finished_by_repeating_it() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let settings = Settings { disk: Disk::with(&faults), ..Settings::default() };
    let log = Log::open_with(&scratch.0, "gw-1", settings).unwrap();
    let anna = log.seal_subject(TENANT, "anna@example.org").unwrap();
    append(&log, "anna", &anna);
    faults.leave(Some((0, std::io::ErrorKind::StorageFull)));
    let refused = log.erase(TENANT, "anna@example.org", "R-1");
    assert!(matches!(refused, Err(AuditError::Disk { .. })), "{refused:?}");
    // No record, so no destruction.
    assert_eq!(log.unseal_subject(TENANT, &anna).unwrap(), "anna@example.org");
    faults.leave(None);
    let erased = log.erase(TENANT, "anna@example.org", "R-1").unwrap();
    assert_eq!(erased.partitions, ["FR-health"]);
    let again = log.seal_subject(TENANT, "anna@example.org").unwrap();
    block(log.close());
    drop(log);
    assert_eq!(erase_records(&scratch.0), 1);
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    assert_eq!(log.unseal_subject(TENANT, &again).unwrap(), "anna@example.org");
    assert!(matches!(log.unseal_subject(TENANT, &anna), Err(AuditError::Erased)));
    block(log.close());
}

/// The key is destroyed and the person asked again, but `erasing` still stands: the new key stays.
#[test]
fn a_start_that_finishes_an_erasure_spares_the_next_key_of_the_person() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let upkeep = Disk::with(&faults);
    let log = Log::open_with(&scratch.0, "gw-1", Settings { upkeep, ..Settings::default() }).unwrap();
    let anna = log.seal_subject(TENANT, "anna@example.org").unwrap();
    append(&log, "anna", &anna);
    // Steps of an erasure: the file `erasing` (5), the key (3), and then its removal, which breaks.
    faults.break_ahead(8, Fault::Without);
    let error = log.erase(TENANT, "anna@example.org", "R-1").unwrap_err().to_string();
    assert!(error.starts_with("could not remove"), "{error}");
    let again = log.seal_subject(TENANT, "anna@example.org").unwrap();
    block(log.close());
    drop(log);
    assert!(scratch.join("erasing").exists());
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    assert!(!scratch.join("erasing").exists());
    assert_eq!(log.unseal_subject(TENANT, &again).unwrap(), "anna@example.org");
    assert!(matches!(log.unseal_subject(TENANT, &anna), Err(AuditError::Erased)));
    assert_eq!(erase_records(&scratch.0), 1);
    block(log.close());
}
