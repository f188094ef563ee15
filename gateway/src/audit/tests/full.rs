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
    assert!(started.elapsed() < Duration::from_millis(100));
    assert!(!partition.healthy());
    // The end of a request that was forwarded must not be lost.
    partition.append_later(outcome("before", index)).unwrap();
    assert!(partition.append(world.intent("during-too")).await.is_err());
    faults.set_full(false);
    assert!(partition.append(world.intent("after")).await.is_ok());
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(partition.healthy());
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
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!partition.healthy());
    faults.set_full(false);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(partition.healthy());
    assert_eq!(kinds(&scratch.join("FR-health")).len(), 2);
    log.close().await;
}

/// The write path of one record is write, then fdatasync. The sync's step is found by counting.
async fn after_a_sync_error(records_before: usize) -> Vec<(String, String)> {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    let run = |faults: Arc<Faults>, directory: PathBuf| async move {
        let log = Log::open_with(&directory, "gw-1", broken(&faults)).unwrap();
        let partition = log.partition("FR-health").unwrap();
        let world = World::new();
        let ids: Vec<String> = (0..records_before).map(|number| format!("req-{number}")).collect();
        let waiting: Vec<_> = ids.iter().map(|id| partition.append(world.intent(id))).collect();
        for appending in waiting {
            appending.await.unwrap();
        }
        // The checkpoint is out of the way, so that the next steps are the writer's.
        tokio::time::sleep(Duration::from_millis(500)).await;
        (log, partition, faults.steps())
    };
    let (log, _, steps) = run(dry, scratch.join("dry")).await;
    log.close().await;
    let faults = Arc::new(Faults::at(steps + 1, Fault::Without));
    let (log, partition, again) = run(faults, scratch.join("wet")).await;
    assert_eq!(steps, again, "this test counts on the same steps in both runs");
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
