//! What a log does when nothing breaks.

use super::*;

#[tokio::test]
async fn what_was_appended_is_there_in_order_and_verifies() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.join("audit"), "gw-1.example.test").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    let index = partition.append(world.intent("req-a")).await.unwrap();
    partition.append_later(outcome("req-a", index)).unwrap();
    assert_eq!(partition.append(world.intent("req-b")).await.unwrap(), 2);
    log.close().await;
    let report = checked(&scratch.join("audit"));
    assert_eq!((report.records, report.partitions["FR-health"].size), (3, 3));
    assert_eq!(
        kinds(&scratch.join("audit/FR-health")),
        [
            ("INTENT".into(), "req-a".into()),
            ("OUTCOME".into(), "req-a".into()),
            ("INTENT".into(), "req-b".into()),
        ]
    );
    let shown = show(&scratch.join("audit"), "req-a").unwrap();
    assert_eq!(shown.iter().map(|shown| shown.index).collect::<Vec<_>>(), [0, 1]);
    let closed = partition.append(world.intent("req-c")).await;
    assert!(matches!(closed, Err(AuditError::Closed)));
}

#[tokio::test]
async fn a_clean_restart_goes_on_and_adds_nothing() {
    let scratch = Scratch::new();
    for start in [0, 800, 1_600] {
        let log = Log::open(&scratch.0, "gw-1").unwrap();
        let partition = log.partition("FR-health").unwrap();
        assert_eq!(append_pairs(&partition, 400).await.first(), Some(&start));
        log.close().await;
        assert_eq!(checked(&scratch.0).records, start + 800);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_few_syncs() {
    let scratch = Scratch::under(&std::env::temp_dir());
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("DE-industry").unwrap();
    let before = faults.syncs();
    let tasks = (0..64).map(|task| {
        let partition = partition.clone();
        async move {
            let world = World::new();
            for number in 0..20 {
                let id = format!("req-{task}-{number}");
                let index = partition.append(world.intent(&id)).await.unwrap();
                partition.append_later(outcome(&id, index)).unwrap();
            }
        }
    });
    let mut set = tokio::task::JoinSet::new();
    tasks.for_each(|task| drop(set.spawn(task)));
    while let Some(ended) = set.join_next().await {
        ended.unwrap();
    }
    log.close().await;
    let syncs = faults.syncs() - before;
    assert_eq!(checked(&scratch.0).records, 64 * 20 * 2);
    assert!(syncs < 640, "{syncs} syncs for 2,560 records");
}

#[tokio::test]
async fn segments_end_on_multiples_of_256_records() {
    let scratch = Scratch::new();
    let settings = || Settings { segment_bytes_max: 100_000, ..Settings::default() };
    for _ in 0..3 {
        let log = Log::open_with(&scratch.0, "gw-1", settings()).unwrap();
        append_pairs(&log.partition("CH-finance").unwrap(), 700).await;
        log.close().await;
    }
    let segments = segment::list(&scratch.join("CH-finance")).unwrap();
    assert!(segments.len() > 8);
    assert!(segments.iter().all(|segment| segment.first % 256 == 0));
    assert_eq!(checked(&scratch.0).records, 4_200);
}

#[tokio::test]
async fn a_second_writer_is_refused_while_the_first_lives() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("_gateway").unwrap();
    let error = Log::open(&scratch.0, "gw-1").unwrap_err();
    assert!(error.to_string().ends_with("is in use by another process: a log has one writer"), "{error}");
    log.close().await;
    drop((log, partition));
    Log::open(&scratch.0, "gw-1").unwrap().close().await;
}

#[tokio::test]
async fn a_quiet_partition_says_that_it_lives() {
    let scratch = Scratch::new();
    let settings = Settings { heartbeat: Duration::from_millis(40), ..Settings::default() };
    let log = Log::open_with(&scratch.0, "gw-1", settings).unwrap();
    log.partition("_gateway").unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    log.close().await;
    let found = kinds(&scratch.join("_gateway"));
    assert!(found.len() >= 2 && found.iter().all(|(kind, _)| kind == "HEARTBEAT"), "{found:?}");
}

#[tokio::test]
async fn a_checkpoint_follows_within_a_second_under_load() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let started = Instant::now();
    let mut behind = Vec::new();
    while started.elapsed() < Duration::from_millis(2_500) {
        let newest = append_pairs(&partition, 1).await[0];
        tokio::time::sleep(Duration::from_millis(20)).await;
        let report = checked(&scratch.0);
        behind.push(newest.saturating_sub(report.partitions["FR-health"].size));
    }
    // A pair every 20 ms and more: a checkpoint that is a second old misses at most 100 records. Twice that
    // is left for a machine that does other things too; a checkpoint that never came would miss 250.
    assert!(behind.iter().max().unwrap() <= &200, "{behind:?}");
    assert!(checked(&scratch.0).partitions["FR-health"].size > 0);
    log.close().await;
}

#[tokio::test]
async fn a_caller_who_left_before_forwarding_is_closed_by_the_log() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    drop(partition.append(world.intent("left-at-once")));
    let late = partition.append(world.intent("left-late"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(late);
    tokio::time::sleep(Duration::from_millis(200)).await;
    log.close().await;
    let mut found = kinds(&scratch.join("FR-health"));
    found.sort();
    assert_eq!(
        found,
        [
            ("INTENT".into(), "left-at-once".into()),
            ("INTENT".into(), "left-late".into()),
            ("OUTCOME".into(), "left-at-once".into()),
            ("OUTCOME".into(), "left-late".into()),
        ]
    );
    let shown = show(&scratch.0, "left-late").unwrap();
    assert!(shown[1].record.contains("\"code\":\"client_gone\""));
}

#[tokio::test]
async fn names_that_could_leave_the_directory_are_refused() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    for name in [
        "",
        "..",
        "../FR-health",
        "FR-",
        "fr-health",
        "FRA-health",
        "FR-Health",
        "FR-a/b",
        "FR-a.b",
        "_other",
    ] {
        assert!(matches!(log.partition(name), Err(AuditError::Name(_))), "{name}");
    }
    for node in ["", "gw 1", "gw/1", "gw+1", "gw\n1"] {
        assert!(matches!(Log::open(&scratch.join("other"), node), Err(AuditError::Name(_))), "{node}");
    }
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    let long = "x".repeat(129);
    for id in ["", "a b", "a\"b", "é", long.as_str()] {
        assert!(matches!(partition.append(world.intent(id)).await, Err(AuditError::Name(_))), "{id}");
    }
    log.close().await;
}

#[tokio::test]
async fn a_log_of_another_node_is_not_continued() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    log.partition("FR-health").unwrap();
    log.close().await;
    drop(log);
    let error = Log::open(&scratch.0, "gw-2").unwrap_err();
    assert!(error.to_string().contains("its vkey is of another node or key"), "{error}");
}

#[tokio::test]
async fn a_record_that_no_bundle_can_hold_is_refused_and_the_next_one_is_not() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let large = World { input: format!("{{\"a\":\"{}\"}}", "x".repeat(65_535)), ..World::new() };
    assert!(matches!(partition.append(large.intent("large")).await, Err(AuditError::TooLarge { .. })));
    assert!(partition.append(World::new().intent("small")).await.is_ok());
    log.close().await;
    assert_eq!(checked(&scratch.0).records, 1);
}

#[tokio::test]
async fn a_subject_is_sealed_under_a_key_that_survives_and_no_file_names_anyone() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let anna = log.seal_subject("hospital", "anna@example.org").unwrap();
    let again = log.seal_subject("hospital", "anna@example.org").unwrap();
    let elsewhere = log.seal_subject("bank", "anna@example.org").unwrap();
    assert_eq!(anna.key, again.key);
    assert_ne!(anna.sealed, again.sealed);
    assert_ne!(anna.key, elsewhere.key);
    log.close().await;
    drop(log);
    let keys = std::fs::read_to_string(scratch.join("subject-keys")).unwrap();
    assert_eq!(keys.lines().count(), 2);
    assert!(!keys.contains("anna") && !keys.contains("hospital"));
    // A torn line: a key that sealed nothing yet.
    std::fs::write(scratch.join("subject-keys"), format!("{keys}0123456789")).unwrap();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    assert_eq!(log.unseal_subject("hospital", &anna).unwrap(), "anna@example.org");
    assert_eq!(log.seal_subject("hospital", "anna@example.org").unwrap().key, anna.key);
    assert!(log.unseal_subject("bank", &anna).is_err());
    assert_eq!(std::fs::read_to_string(scratch.join("subject-keys")).unwrap(), keys);
    log.close().await;
    drop(log);
    std::fs::remove_file(scratch.join("subject-secret")).unwrap();
    assert!(matches!(Log::open(&scratch.0, "gw-1"), Err(AuditError::Corrupt { .. })));
}
