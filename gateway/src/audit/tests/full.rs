//! What a log does when the disk is full, and when it fails.

use super::super::faults::Fault;
use super::*;

/// Of Linux.
const EIO: i32 = 5;

#[tokio::test]
async fn on_a_full_disk_what_is_open_closes_durably_and_nothing_opens() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        let scratch = Scratch::new();
        let faults = Arc::new(Faults::default());
        let log = Log::open_with(&scratch.join("full"), "gw-1", broken(&faults)).unwrap();
        let partition = log.partition("FR-health").unwrap();
        let index = partition.append(World::new().intent("before")).await.unwrap();
        faults.leave(Some((0, kind)));
        let refused = partition.append(World::new().intent("during")).await;
        assert!(matches!(refused, Err(AuditError::Disk { kind: found, .. }) if found == kind), "{refused:?}");
        assert!(!partition.healthy());
        partition.append_later(outcome("before", index)).unwrap();
        let segment = scratch.join("full/FR-health");
        until(|| kinds(&segment).len() == 2).await;
        assert!(partition.append(World::new().intent("during-too")).await.is_err());
        // Killed now, while the disk is full: the end of the request is in the log.
        copy(&scratch.join("full"), &scratch.join("killed"));
        Log::open(&scratch.join("killed"), "gw-1").unwrap().close().await;
        checked(&scratch.join("killed"));
        let closed = kinds(&scratch.join("killed/FR-health"));
        assert_eq!(closed[1], ("OUTCOME".into(), "before".into()));

        faults.leave(None);
        until(|| partition.healthy()).await;
        assert!(partition.append(World::new().intent("after")).await.is_ok());
        let reserve = std::fs::metadata(scratch.join("full/FR-health/reserve")).unwrap().len();
        assert_eq!(reserve, reserve::RESERVE_BYTES);
        log.close().await;
        checked(&scratch.join("full"));
        let mut found = kinds(&scratch.join("full/FR-health"));
        found.retain(|(kind, _)| kind != "HEARTBEAT");
        let expected = [("INTENT", "before"), ("OUTCOME", "before"), ("INTENT", "after")];
        assert_eq!(found, expected.map(|(kind, id)| (kind.to_owned(), id.to_owned())));
    }
}

#[tokio::test]
async fn the_reserve_ends_thousands_of_open_requests() {
    const OPEN: usize = 4_000;
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    let ids: Vec<String> = (0..OPEN).map(|number| format!("req-{number}")).collect();
    let waiting: Vec<_> = ids.iter().map(|id| partition.append(world.intent(id))).collect();
    let mut open = Vec::new();
    for appending in waiting {
        open.push(appending.await.unwrap());
    }
    until(|| checked(&scratch.0).partitions["FR-health"].unsigned == 0).await;
    faults.leave(Some((1_000, io::ErrorKind::StorageFull)));
    for (id, index) in ids.iter().zip(&open) {
        partition.append_later(outcome(id, *index)).unwrap();
        if index % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    until(|| checked(&scratch.0).records >= 2 * OPEN as u64).await;
    assert!(!partition.healthy(), "the disk is full still");
    assert!(partition.append(world.intent("late")).await.is_err());
    faults.leave(None);
    log.close().await;
    checked(&scratch.0);
}

#[tokio::test]
async fn a_log_without_its_reserve_takes_no_request_until_there_is_room_for_one() {
    let scratch = Scratch::new();
    Log::open(&scratch.0, "gw-1").unwrap().partition("FR-health").unwrap();
    until(|| Log::open(&scratch.0, "gw-1").is_ok()).await; // the first has let go of the directory
    std::fs::write(scratch.join("FR-health/reserve"), "short").unwrap();
    let faults = Arc::new(Faults::default());
    faults.leave(Some((100_000, io::ErrorKind::StorageFull)));
    let mut opened = Log::open_with(&scratch.0, "gw-1", broken(&faults));
    while let Err(AuditError::Locked(_)) = opened {
        tokio::time::sleep(Duration::from_millis(20)).await;
        opened = Log::open_with(&scratch.0, "gw-1", broken(&faults));
    }
    let log = opened.unwrap();
    let partition = log.partition("FR-health").unwrap();
    assert!(partition.append(World::new().intent("early")).await.is_err());
    faults.leave(None);
    until(|| partition.healthy()).await;
    assert!(partition.append(World::new().intent("late")).await.is_ok());
    log.close().await;
}

/// The reserve is not whole, the disk is full, and the process was killed with a request open.
#[tokio::test]
async fn a_killed_log_opens_on_a_full_disk_if_a_recovery_fits_and_says_so_if_not() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.join("full"), "gw-1").unwrap();
    log.partition("FR-health").unwrap().append(World::new().intent("open")).await.unwrap();
    for name in ["with zeros", "without"] {
        copy(&scratch.join("full"), &scratch.join(name));
        std::fs::write(scratch.join(name).join("FR-health/reserve"), "given back").unwrap();
        place::note(&Disk::default(), &scratch.join(name)).unwrap(); // a log was opened here before
    }
    log.close().await;
    let faults = Arc::new(Faults::default());
    let no_room = Some((0, io::ErrorKind::StorageFull));
    let open = |name| Log::open_with(&scratch.join(name), "gw-1", broken(&faults));

    // Zeros that stand ready behind the frames are cut off, which makes room.
    faults.leave(no_room);
    let log = open("with zeros").unwrap();
    let partition = log.partition("FR-health").unwrap();
    assert!(partition.append(World::new().intent("early")).await.is_err());
    faults.leave(None);
    until(|| partition.healthy()).await;
    log.close().await;
    assert_eq!(kinds(&scratch.join("with zeros/FR-health"))[1].0, "RECOVERY");

    let segment = segment::list(&scratch.join("without/FR-health")).unwrap().remove(0).path;
    let frames = std::fs::read(&segment).unwrap();
    let end = frames.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    std::fs::write(&segment, &frames[..end]).unwrap();
    faults.leave(no_room);
    let refused = open("without").unwrap_err();
    assert!(matches!(refused, AuditError::Disk { kind: io::ErrorKind::StorageFull, .. }), "{refused}");
    faults.leave(None);
    open("without").unwrap().close().await;
    assert_eq!(kinds(&scratch.join("without/FR-health"))[1].0, "RECOVERY");
    checked(&scratch.join("without"));
}

#[tokio::test]
async fn after_errors_of_the_disk_outcomes_are_written_though_nobody_calls() {
    let scratch = Scratch::new();
    let faults = Arc::new(Faults::default());
    let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
    let partition = log.partition("FR-health").unwrap();
    let index = partition.append(World::new().intent("a")).await.unwrap();
    faults.fail_writes(Some(EIO));
    partition.append_later(outcome("a", index)).unwrap();
    until(|| !partition.healthy()).await;
    faults.fail_writes(None);
    until(|| partition.healthy()).await;
    assert_eq!(kinds(&scratch.join("FR-health")).len(), 2);
    log.close().await;
}

/// How long refusals take, sorted. Nobody is served meanwhile.
async fn refusals(partition: &Partition) -> Vec<Duration> {
    let mut took = Vec::new();
    for number in 0..60_u64 {
        let (started, world) = (Instant::now(), World::new());
        assert!(partition.append(world.intent(&format!("refused-{number}"))).await.is_err());
        took.push(started.elapsed());
        tokio::time::sleep(Duration::from_millis(number % 7 * 4)).await;
    }
    took.sort();
    took
}

/// A code of 503 `audit_unavailable` follows from any error here (`record.rs`).
#[tokio::test]
async fn whatever_is_wrong_with_the_disk_a_refusal_takes_less_than_100_ms() {
    type Break = fn(&Faults, bool);
    let ways: [(&str, Break); 3] = [
        ("full", |faults, on| faults.leave(on.then_some((0, io::ErrorKind::StorageFull)))),
        ("EIO", |faults, on| faults.fail_writes(on.then_some(EIO))),
        ("fdatasync", |faults, on| faults.fail_syncs(on.then_some(EIO))),
    ];
    for (name, wrong) in ways {
        let scratch = Scratch::new();
        let faults = Arc::new(Faults::default());
        let log = Log::open_with(&scratch.0, "gw-1", broken(&faults)).unwrap();
        let partition = log.partition("FR-health").unwrap();
        partition.append(World::new().intent("before")).await.unwrap();
        wrong(&faults, true);
        let took = refusals(&partition).await;
        // A machine that builds something beside may stop a test for longer: nine of ten must hold.
        assert!(took[53] < Duration::from_millis(100), "{name}: {took:?}");
        assert!(took[59] < Duration::from_secs(1), "{name}: {took:?}");
        wrong(&faults, false);
        until(|| partition.healthy()).await;
        assert!(partition.append(World::new().intent("after")).await.is_ok(), "{name}");
        log.close().await;
        checked(&scratch.0);
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
    // A HEARTBEAT tries the disk as well; it may come first.
    assert!(partition.append(world.intent("next")).await.unwrap() <= records_before as u64 + 1);
    log.close().await;
    checked(&scratch.join("wet"));
    assert!(scratch.join("wet/FR-health/segments/0002.seg").exists());
    let mut found = kinds(&scratch.join("wet/FR-health"));
    found.retain(|(kind, _)| kind != "HEARTBEAT");
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
