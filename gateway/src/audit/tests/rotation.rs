//! How one checkpoint key follows another, whatever breaks on the way.

use super::super::faults::ALL;
use super::super::frame::write_unsealed;
use super::super::journal::Tag;
use super::super::note::{Signer, Verifier};
use super::super::ring::Handover;
use super::super::rotate::statement;
use super::*;
use base64::prelude::{BASE64_STANDARD, Engine};

const DAY: Duration = Duration::from_secs(86_400);

fn reopen(partition: &Path) -> Result<Opened, AuditError> {
    open_partition(&Disk::default(), partition, &Keys::default())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// With one key from outside.
fn with(directory: &Path, vkey: &str) -> Result<u64, String> {
    let options = Options { vkeys: vec![vkey.to_owned()], ..Options::default() };
    verify(directory, options).map(|report| report.records).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_auditor_with_the_first_key_follows_the_log_to_its_newest() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    append_pairs(&partition, 3).await;
    let first = read(&scratch.join("FR-health/vkey"));
    let start = read(&scratch.join("FR-health/checkpoint"));
    let mut rotated = Vec::new();
    for _ in 0..3 {
        rotated.push(log.rotate("FR-health", DAY).await.unwrap());
        append_pairs(&partition, 2).await;
    }
    log.close().await;
    drop(log);
    assert_eq!(rotated.iter().map(|it| it.index).collect::<Vec<_>>(), [6, 11, 16]);
    assert_eq!(rotated[0].old, first.trim_end());
    // The newest, and the one before while both sign; the first has gone.
    let vkeys = read(&scratch.join("FR-health/vkey"));
    assert_eq!(vkeys, format!("{}\n{}\n", rotated[2].new, rotated[1].new));
    let note = read(&scratch.join("FR-health/checkpoint"));
    assert_eq!(note.lines().filter(|line| line.starts_with('\u{2014}')).count(), 2);
    assert_eq!(checked(&scratch.0).records, 21);
    for vkey in [&rotated[0].old, &rotated[0].new, &rotated[1].new, &rotated[2].new] {
        assert_eq!(with(&scratch.0, vkey), Ok(21));
        let keys = [vkey.clone()];
        let proofs = prove(&scratch.0, "req-0", &keys).unwrap();
        assert_eq!(proofs[0].index, 0);
        assert_eq!(
            continued(&scratch.0, &start, None, &keys).unwrap().new,
            21,
            "from a checkpoint of the first key"
        );
    }
    let stranger = Signer::new("gw-1/FR-health", &Signer::generate().unwrap()).unwrap().verifier().vkey();
    assert_eq!(
        with(&scratch.0, &stranger),
        Err("FR-health: the checkpoint is not signed by this key".to_owned())
    );
    let kinds = kinds(&scratch.join("FR-health"));
    assert_eq!(kinds.iter().filter(|(kind, _)| kind == "ROTATE").count(), 3);
    // It goes on after a restart, with a checkpoint from before the first rotation too.
    log_goes_on(&scratch, &first).await;
}

async fn log_goes_on(scratch: &Scratch, first: &str) {
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 2).await;
    log.close().await;
    drop(log);
    assert_eq!(with(&scratch.0, first), Ok(25));
}

#[tokio::test]
async fn an_older_checkpoint_of_an_older_key_still_counts_against_a_fork() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.join("log"), "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 3).await;
    log.close().await;
    drop(log);
    let old = read(&scratch.join("log/FR-health/checkpoint"));
    copy(&scratch.join("log"), &scratch.join("copy"));
    for name in ["log", "copy"] {
        let log = Log::open(&scratch.join(name), "gw-1").unwrap();
        append_pairs(&log.partition("FR-health").unwrap(), if name == "log" { 5 } else { 6 }).await;
        log.rotate("FR-health", Duration::ZERO).await.unwrap();
        log.rotate("FR-health", Duration::ZERO).await.unwrap();
        log.close().await;
        drop(log);
    }
    let ask = |name: &str, since: &str| {
        let options = Options { since: vec![since.to_owned()], ..Options::default() };
        verify(&scratch.join(name), options).map(|report| report.records).map_err(|error| error.to_string())
    };
    assert_eq!(ask("log", &old), Ok(18));
    assert_eq!(ask("copy", &old), Ok(20));
    let new = read(&scratch.join("log/FR-health/checkpoint"));
    assert_eq!(
        ask("copy", &new).unwrap_err(),
        "the older checkpoint of FR-health: the checkpoint is not signed by this key"
    );
}

#[tokio::test]
async fn a_key_that_was_replaced_signs_nothing_more() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 3).await;
    let (vkey, stolen) =
        (read(&scratch.join("FR-health/vkey")), std::fs::read(scratch.join("FR-health/key")).unwrap());
    log.rotate("FR-health", Duration::ZERO).await.unwrap();
    log.close().await;
    drop(log);
    assert!(!scratch.join("FR-health/key.old").exists());
    assert!(!scratch.join("FR-health/key.next").exists());
    assert_eq!(read(&scratch.join("FR-health/vkey")).lines().count(), 1);
    // The thief signs the same tree with the old key alone.
    let path = scratch.join("FR-health/checkpoint");
    let (text, _) = read(&path).split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let signer = Signer::new("gw-1/FR-health", &stolen).unwrap();
    let text = format!("{text}\n");
    let line = signer.verifier().line(&signer.sign_text(&text));
    std::fs::write(&path, format!("{text}\n{line}")).unwrap();
    assert_eq!(
        with(&scratch.0, &vkey),
        Err("FR-health: the checkpoint is not signed by this key".to_owned())
    );
    assert!(matches!(Log::open(&scratch.0, "gw-1"), Err(AuditError::Corrupt { .. })));
}

/// Commits records; tells how many of them are durable.
fn commit(opened: &mut Opened, records: &[Record<'_>]) -> usize {
    let (mut bytes, mut ends, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        let mut json = Vec::new();
        record.write(&stamp(), &mut json).unwrap();
        write_unsealed(&json, &mut bytes);
        ends.push(bytes.len());
        tags.push(Tag::Other);
    }
    let done = opened.journal.commit(&mut bytes, &ends, &tags);
    opened.publisher.take(&bytes[..ends[..done.count].last().copied().unwrap_or(0)]);
    done.count
}

fn rotate_record(handover: &Handover) -> Record<'_> {
    Record::Rotate(Rotate {
        time_us: 1,
        old: &handover.old,
        new: &handover.new,
        signature: &handover.signature,
        until_us: handover.until_us,
    })
}

fn beat() -> Record<'static> {
    static NONE: BTreeMap<&str, u64> = BTreeMap::new();
    Record::Heartbeat(Heartbeat { time_us: 1, unauthenticated: &NONE })
}

/// Two rotations, the second while the first still overlaps, then an overlap that ends. Tells how many
/// records were told to be durable.
fn script(disk: &Disk, partition: &Path) -> usize {
    let Ok(mut opened) = open_partition(disk, partition, &Keys::default()) else { return 0 };
    let mut durable = 0;
    for overlap in [DAY, DAY, Duration::ZERO] {
        durable += commit(&mut opened, &[beat(), beat()]);
        let _ = opened.publisher.publish(); // one that fails is tried again with the next
        if let Ok(handover) = opened.publisher.ring.prepare(overlap) {
            durable += commit(&mut opened, &[rotate_record(&handover)]);
        }
        let _ = opened.publisher.publish();
    }
    durable + commit(&mut opened, &[beat()])
}

/// The fault table of a rotation: each step, in every way it can break.
#[test]
fn whatever_step_of_a_rotation_breaks_the_log_opens_and_verifies_from_its_first_key() {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    assert_eq!(script(&Disk::with(&dry), &scratch.join("dry/FR-health")), 10);
    let steps = dry.steps();
    assert!(steps > 100, "{steps} steps");
    for (step, fault) in (0..steps).flat_map(|step| ALL.map(|fault| (step, fault))) {
        let partition = scratch.join("wet/FR-health");
        let case = format!("step {step}, {fault:?}");
        let disk = Disk::with(&Arc::new(Faults::at(step, fault)));
        let durable = script(&disk, &partition);
        let mut opened = reopen(&partition).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!(!partition.join("key.next").exists(), "{case}: a key that never took over is left");
        assert!(opened.publisher.ring.is_settled(), "{case}");
        let records = kinds(&partition);
        assert!(records.len() >= durable, "{case}");
        // And it can be rotated again.
        let handover = opened.publisher.ring.prepare(DAY).unwrap();
        assert_eq!(commit(&mut opened, &[rotate_record(&handover)]), 1, "{case}");
        opened.publisher.publish().unwrap();
        drop(opened);
        let named = Verifier::parse_file(&read(&partition.join("vkey"))).unwrap();
        assert_eq!(named.iter().map(Verifier::vkey).collect::<Vec<_>>(), [handover.new, handover.old]);
        let first = first_key(&partition);
        let verified = with(&partition, &first).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(verified, kinds(&partition).len() as u64, "{case}");
        std::fs::remove_dir_all(scratch.join("wet")).unwrap();
    }
}

/// The key that an auditor noted at the start: the one that the first ROTATE names as old.
fn first_key(partition: &Path) -> String {
    let rotates = records(partition).unwrap().map(|record| record.unwrap().1);
    let mut values = rotates.map(|record| serde_json::from_slice::<serde_json::Value>(&record).unwrap());
    let first = values.find(|record| record["kind"] == "ROTATE").unwrap();
    first["old"].as_str().unwrap().to_owned()
}

/// A rotate record that the key before did not sign, in a log that its own key signed: refused.
#[test]
fn a_takeover_that_the_old_key_did_not_sign_is_refused() {
    let scratch = Scratch::new();
    let keys: Vec<Signer> =
        (0..3).map(|_| Signer::new("gw-1/FR-health", &Signer::generate().unwrap()).unwrap()).collect();
    let partition = scratch.join("FR-health");
    let mut opened = reopen(&partition).unwrap();
    let ours = Signer::new("gw-1/FR-health", &std::fs::read(partition.join("key")).unwrap()).unwrap();
    let forged = |old: &Signer, by: &Signer, new: &Signer| {
        let signature = by.sign_text(&statement(old.verifier(), new.verifier()));
        Handover {
            old: old.verifier().vkey(),
            new: new.verifier().vkey(),
            signature: BASE64_STANDARD.encode(signature),
            until_us: 1,
        }
    };
    let vkey = read(&partition.join("vkey"));
    let cases = [
        (forged(&ours, &keys[0], &keys[0]), "the new key of a record is not signed by the old one"),
        (forged(&keys[1], &keys[1], &keys[0]), "the checkpoint is not signed by this key"),
    ];
    copy(&partition, &scratch.join("good/FR-health"));
    for (handover, expected) in cases {
        commit(&mut opened, &[beat(), rotate_record(&handover)]);
        opened.publisher.publish().unwrap();
        let said = with(&partition, &vkey).unwrap_err();
        assert!(said.ends_with(expected), "{said}\n{expected}");
        std::fs::remove_dir_all(&partition).unwrap();
        copy(&scratch.join("good/FR-health"), &partition);
        opened = reopen(&partition).unwrap();
    }
}

/// The same for a key of the configuration: the log changes over to it when it is opened.
#[test]
fn whatever_step_of_changing_over_to_a_configured_key_breaks_the_log_opens_and_verifies() {
    let scratch = Scratch::new();
    let good = scratch.join("good/FR-health");
    commit(&mut reopen(&good).unwrap(), &[beat(), beat()]);
    let first = read(&good.join("vkey"));
    let file = scratch.join("configured.key");
    std::fs::write(&file, Signer::generate().unwrap()).unwrap();
    let key = Some(KeySource::File { file }.load(Path::new("/")).unwrap());
    let keys = Keys { key, ..Keys::default() };
    let run = |disk: &Disk, partition: &Path| {
        if let Ok(mut opened) = open_partition(disk, partition, &keys) {
            commit(&mut opened, &[beat()]);
            let _ = opened.publisher.publish();
        }
    };
    copy(&good, &scratch.join("dry/FR-health"));
    let dry = Arc::new(Faults::default());
    run(&Disk::with(&dry), &scratch.join("dry/FR-health"));
    let steps = dry.steps();
    assert!(steps > 30, "{steps} steps");
    for (step, fault) in (0..steps).flat_map(|step| ALL.map(|fault| (step, fault))) {
        let partition = scratch.join("wet/FR-health");
        let case = format!("step {step}, {fault:?}");
        copy(&good, &partition);
        run(&Disk::with(&Arc::new(Faults::at(step, fault))), &partition);
        let opened = open_partition(&Disk::default(), &partition, &keys);
        let opened = opened.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!(opened.publisher.ring.is_settled(), "{case}");
        assert_eq!(
            (partition.join("key").exists(), partition.join("key.old").exists()),
            (false, true),
            "{case}"
        );
        let verified = with(&partition, &first).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(verified, kinds(&partition).len() as u64, "{case}");
        assert_eq!(read(&partition.join("vkey")).lines().count(), 2, "{case}");
        std::fs::remove_dir_all(scratch.join("wet")).unwrap();
    }
}
