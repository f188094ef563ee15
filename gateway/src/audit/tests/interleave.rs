//! The log's threads in every order that chance finds (shuttle): writer and publisher are compiled a
//! second time here, on locks that a scheduler hands out. A wake-up that is lost is a deadlock to it,
//! because its waits never time out.
//!
//! `INLAND_INTERLEAVE_ROUNDS=100000 cargo test -p inland --lib audit::tests::interleave` tries more.

use shuttle::future::block_on;
use std::sync::Mutex as StdMutex;

use super::super::recover::{self, Opened};
use super::super::reserve::Reserve;
use super::super::*;
use super::{Scratch, World, checked, kinds, number, outcome, stamp};

mod sync {
    pub(super) use shuttle::sync::atomic::{AtomicBool, Ordering};
    pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub(super) use std::sync::PoisonError;
}
#[path = "../publisher.rs"]
#[expect(dead_code, clippy::duplicate_mod, reason = "on other locks; without what only recovery calls")]
mod publisher;
#[path = "../writer.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    clippy::duplicate_mod,
    reason = "on other locks; without what only the log's public handles call"
)]
mod writer;

const ROUNDS: u64 = 200;
const CALLERS: usize = 3;

/// A log on a scheduler's threads.
struct Threads {
    shared: Arc<writer::Shared>,
    threads: Vec<shuttle::thread::JoinHandle<()>>,
}

fn start(partition: &Path, stuck_after: Duration) -> Threads {
    let disk = Disk::default();
    let stamp = Arc::new(stamp());
    let Opened { journal, publisher } = recover::open(
        &disk,
        partition,
        "gw-1/FR-health",
        segment::SEGMENT_BYTES_MAX,
        &stamp,
        &Keys::default(),
    )
    .unwrap();
    let real = publisher;
    let mut publisher = publisher::Publisher::new(real.disk, real.partition, real.ring, real.newest);
    publisher.tree = real.tree;
    let mut shared = writer::Shared::new(stamp);
    shared.stuck_after = stuck_after;
    let shared = Arc::new(shared);
    let handoff = Arc::new(publisher::Handoff::new());
    let reserve = Reserve::open(&disk, partition, 16);
    let writer = writer::Writer::new(&shared, journal, reserve, &handoff, Duration::from_secs(60));
    let health = Arc::clone(&shared);
    let threads = vec![
        shuttle::thread::spawn(move || writer.run()),
        shuttle::thread::spawn(move || publisher::run(publisher, &handoff, &health.health)),
    ];
    Threads { shared, threads }
}

/// One caller: two requests that end, and one that its caller leaves before the index is there.
fn call(shared: &Arc<writer::Shared>, caller: usize, told: &StdMutex<Vec<(u64, String)>>) {
    let world = World::new();
    for number in 0..2 {
        let id = format!("req-{caller}-{number}");
        let answer = block_on(shared.append(&world.intent(&id).into()));
        match answer {
            Ok(index) => {
                told.lock().unwrap().push((index, id.clone()));
                shared.enqueue(&outcome(&id, index).into(), batch::Waits::Nobody).unwrap();
            }
            Err(error) => assert!(matches!(error, AuditError::Stuck), "{error}"),
        }
    }
    drop(shared.append(&world.intent(&format!("left-{caller}")).into()));
}

fn round(stuck_after: Duration, watched: bool) {
    let scratch = Scratch::new();
    let partition = scratch.join("FR-health");
    let Threads { shared, mut threads } = start(&partition, stuck_after);
    let told = Arc::new(StdMutex::new(Vec::new()));
    let mut callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (shared, told) = (Arc::clone(&shared), Arc::clone(&told));
            shuttle::thread::spawn(move || call(&shared, caller, &told))
        })
        .collect();
    if watched {
        let shared = Arc::clone(&shared);
        callers.push(shuttle::thread::spawn(move || {
            for _ in 0..8 {
                shared.refuse_if_stuck();
                shuttle::thread::yield_now();
            }
        }));
    }
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    shared.close();
    threads.drain(..).for_each(|thread| thread.join().unwrap());
    let report = checked(&scratch.0);
    assert_eq!(report.partitions["FR-health"].unsigned, 0, "the last checkpoint covers all");
    let found = kinds(&partition);
    for (index, id) in told.lock().unwrap().iter() {
        assert_eq!(found[usize::try_from(*index).unwrap()], ("INTENT".to_owned(), id.clone()));
    }
    if !watched {
        assert_eq!(told.lock().unwrap().len(), CALLERS * 2);
    }
    let ids = |wanted: &str| {
        let of = found.iter().filter(|(kind, _)| kind == wanted).map(|(_, id)| id.clone());
        let mut ids: Vec<String> = of.collect();
        ids.sort();
        ids
    };
    let ended = ids("OUTCOME");
    assert!(ended.windows(2).all(|pair| pair[0] != pair[1]), "a request ends once: {ended:?}");
    // Closing may come before the log closes what was left; the next start names that.
    let intents = ids("INTENT");
    let open: Vec<_> = intents.iter().filter(|id| !ended.contains(id)).collect();
    let mut told = told.lock().unwrap().iter().map(|(_, id)| id.clone()).collect::<Vec<_>>();
    told.retain(|id| open.contains(&id));
    assert!(told.is_empty(), "forwarded, and without an end: {told:?}");
}

fn rounds() -> usize {
    usize::try_from(number("INLAND_INTERLEAVE_ROUNDS", ROUNDS)).unwrap()
}

#[test]
fn in_every_order_each_caller_hears_its_index_and_closing_ends_all() {
    shuttle::check_random(|| round(Duration::from_secs(3_600), false), rounds());
}

#[test]
fn in_every_order_a_stuck_disk_refuses_once_and_loses_nothing() {
    shuttle::check_random(|| round(Duration::ZERO, true), rounds());
}
