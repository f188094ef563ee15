//! What a log does when the disk is full, and when it lies.

use super::super::faults::Fault;
use super::*;

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_and_service_resumes_by_itself() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    let index = partition.append(world.intent("before")).await.unwrap();
    faults.set_full(true);
    let started = Instant::now();
    let refused = partition.append(world.intent("during")).await;
    assert!(matches!(refused, Err(AuditError::Disk { kind: io::ErrorKind::StorageFull, .. })), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "refused at once, not after a time-out");
    assert!(!partition.healthy());
    // The end of a request that was forwarded must not be lost.
    partition.append_later(outcome("before", index)).unwrap();
    assert!(partition.append(world.intent("during-too")).await.is_err());
    faults.set_full(false);
    assert!(partition.append(world.intent("after")).await.is_ok());
    until(|| partition.healthy()).await;
    log.close().await;
    assert_eq!(checked(&scratch.0).records, 3);
    assert_eq!(
        kinds(&scratch.join("FR-health")),
        [
            ("INTENT".into(), "before".into()),
            ("OUTCOME".into(), "before".into()),
            ("INTENT".into(), "after".into()),
        ]
    );
}

#[tokio::test]
async fn an_outcome_is_written_when_space_returns_though_nobody_calls() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let index = partition.append(World::new().intent("a")).await.unwrap();
    faults.set_full(true);
    partition.append_later(outcome("a", index)).unwrap();
    until(|| !partition.healthy()).await;
    faults.set_full(false);
    until(|| partition.healthy()).await;
    assert_eq!(kinds(&scratch.join("FR-health")).len(), 2);
    log.close().await;
}

/// Waits until something holds; a busy disk may take its time.
async fn until(holds: impl Fn() -> bool) {
    let patience = std::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(std::time::Instant::now() < patience, "it never held");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The write path of one record is write, then fdatasync: the second step from when all is quiet.
async fn after_a_sync_error(records_before: usize) -> Vec<(String, String)> {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.join("wet"), "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let before = World::new();
    let ids: Vec<String> = (0..records_before).map(|number| format!("req-{number}")).collect();
    let waiting: Vec<_> = ids.iter().map(|id| partition.append(before.intent(id))).collect();
    for appending in waiting {
        appending.await.unwrap();
    }
    // The checkpoint is out of the way when no step has come for a while; the next steps are the writer's.
    let mut steps = usize::MAX;
    while steps != faults.steps() {
        steps = faults.steps();
        tokio::time::sleep(Duration::from_millis(1000)).await;
    }
    faults.break_ahead(1, Fault::Without);
    let world = World::new();
    assert!(partition.append(world.intent("lost")).await.is_err());
    assert_eq!(partition.append(world.intent("next")).await.unwrap(), records_before as u64);
    log.close().await;
    checked(&scratch.join("wet"));
    assert!(scratch.join("wet/FR-health/segments/0002.seg").exists());
    let found = kinds(&scratch.join("wet/FR-health"));
    assert_eq!(found.len(), records_before + 1);
    drop((log, partition));
    // And once more after a restart.
    let log = Log::open(&scratch.join("wet"), "gw-1").unwrap();
    log.close().await;
    checked(&scratch.join("wet"));
    found
}

#[tokio::test]
async fn after_an_fsync_error_a_new_segment_takes_over() {
    for records_before in [1, 3] {
        let found = after_a_sync_error(records_before).await;
        assert_eq!(found.last().unwrap().1, "next");
    }
}
