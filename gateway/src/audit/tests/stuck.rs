//! What a log does when a call to the disk neither ends nor fails.

use super::*;

#[tokio::test]
async fn nobody_waits_for_a_stuck_disk_and_what_it_wrote_after_all_is_closed() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    let index = partition.append(world.intent("before")).await.unwrap();
    faults.stick(true);
    let started = Instant::now();
    let under_way = partition.append(world.intent("under-way"));
    tokio::time::sleep(Duration::from_millis(200)).await; // the disk has that one
    let queued = partition.append(world.intent("queued"));
    partition.append_later(outcome("before", index)).unwrap();
    assert!(matches!(under_way.await, Err(AuditError::Stuck)));
    assert!(matches!(queued.await, Err(AuditError::Stuck)));
    let waited = started.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&waited), "{waited:?}");
    assert!(!partition.healthy());
    // Whoever comes now hears it at once.
    let started = Instant::now();
    for _ in 0..20 {
        assert!(matches!(partition.append(world.intent("late")).await, Err(AuditError::Stuck)));
    }
    assert!(started.elapsed() < Duration::from_millis(100), "{:?}", started.elapsed());

    faults.stick(false);
    until(|| partition.healthy()).await;
    partition.append(world.intent("after")).await.unwrap();
    log.close().await;
    checked(&scratch.0);
    let mut found = kinds(&scratch.join("FR-health"));
    found.sort();
    let record = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    assert_eq!(
        found,
        [
            record("INTENT", "after"),
            record("INTENT", "before"),
            record("INTENT", "under-way"),
            record("OUTCOME", "before"),
            record("OUTCOME", "under-way"),
        ]
    );
    // Its caller was refused, and the log says so.
    let shown = show(&scratch.0, "under-way").unwrap();
    assert!(shown[1].record.contains("\"code\":\"audit_unavailable\""), "{}", shown[1].record);
}

#[tokio::test]
async fn a_new_subject_does_not_wait_for_a_stuck_disk_and_a_known_one_not_at_all() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    log.seal_subject("hospital", "anna").unwrap();
    faults.stick(true);
    let started = Instant::now();
    assert!(matches!(log.seal_subject("hospital", "bert"), Err(AuditError::Stuck)));
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&started.elapsed()));
    let started = Instant::now();
    for _ in 0..20 {
        assert!(matches!(log.seal_subject("hospital", "carl"), Err(AuditError::Stuck)));
        log.seal_subject("hospital", "anna").unwrap();
    }
    assert!(started.elapsed() < Duration::from_millis(100), "{:?}", started.elapsed());
    faults.stick(false);
    until(|| log.seal_subject("hospital", "carl").is_ok()).await;
    let bert = log.seal_subject("hospital", "bert").unwrap();
    log.close().await;
    drop(log);
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    assert_eq!(log.unseal_subject("hospital", &bert).unwrap(), "bert");
    log.close().await;
}

#[tokio::test]
async fn a_new_subject_is_refused_at_once_while_the_disk_is_full() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    log.seal_subject("hospital", "anna").unwrap();
    faults.leave(Some((10, io::ErrorKind::StorageFull)));
    let started = Instant::now();
    for _ in 0..20 {
        assert!(matches!(log.seal_subject("hospital", "bert"), Err(AuditError::Disk { .. })));
    }
    assert!(started.elapsed() < Duration::from_millis(100), "{:?}", started.elapsed());
    log.seal_subject("hospital", "anna").unwrap();
    faults.leave(None);
    until(|| log.seal_subject("hospital", "bert").is_ok()).await;
    log.close().await;
}
