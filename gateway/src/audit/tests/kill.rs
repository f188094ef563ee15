//! What a log is after SIGKILL: this binary runs itself and ends itself before, in or after each step.
//!
//! By default a sample of the steps; `INLAND_KILL_STRIDE=1 cargo test -p inland --lib audit::tests::kill` takes all.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use super::super::faults::Fault;
use super::*;

const STRIDE: u64 = 11;
/// More steps than a run has.
const STEPS_MAX: usize = 1_000;
const SIGKILL: i32 = 9;
const WAYS: [(&str, Fault); 3] =
    [("before", Fault::KilledBefore), ("during", Fault::KilledDuring), ("after", Fault::KilledAfter)];
const PERSON: &str = "anna@example.org";

/// The run that is killed: it says each index when it has it, as a gateway would forward then.
#[test]
#[ignore = "runs in a process of its own, which it ends"]
fn child() {
    let Ok(directory) = std::env::var("INLAND_KILL_DIRECTORY") else { return };
    let way = std::env::var("INLAND_KILL_WAY").unwrap();
    let fault = WAYS.iter().find(|(name, _)| *name == way).unwrap().1;
    let step = usize::try_from(number("INLAND_KILL_STEP", 0)).unwrap();
    let disk = Disk::with(&Arc::new(Faults::killing(step, fault)));
    let settings = Settings { disk, segment_bytes_max: 4_096, reserve_bytes: 100_000, ..Settings::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let log = Log::open_with(Path::new(&directory), "gw-1", settings).unwrap();
        let sealed = log.seal_subject("hospital", PERSON).unwrap();
        println!("\nsealed {} {}", sealed.key, sealed.sealed);
        let partition = log.partition("FR-health").unwrap();
        let world = World { sealed, ..World::new() };
        for (batch, count) in [1, 3, 260, 4].into_iter().enumerate() {
            let ids: Vec<String> = (0..count).map(|number| format!("req-{batch}-{number}")).collect();
            let waiting: Vec<_> = ids.iter().map(|id| partition.append(world.intent(id))).collect();
            for (appending, id) in waiting.into_iter().zip(&ids) {
                let index = appending.await.unwrap();
                println!("durable {index} {id}");
                if index % 2 == 0 {
                    partition.append_later(outcome(id, index)).unwrap();
                }
            }
            if batch == 0 {
                // A checkpoint between.
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
        }
        log.close().await;
    });
    println!("\nwhole");
}

/// What a killed run said.
#[derive(Default)]
struct Said {
    durable: BTreeMap<u64, String>,
    sealed: Option<Sealed>,
    whole: bool,
}

fn run(directory: &Path, step: usize, way: &str) -> Said {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "audit::tests::kill::child", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("INLAND_KILL_DIRECTORY", directory);
    command.env("INLAND_KILL_STEP", step.to_string()).env("INLAND_KILL_WAY", way);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut said = Said::default();
    // What stands behind the last line feed was being written.
    let whole_lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
    for line in whole_lines.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["durable", index, id] => drop(said.durable.insert(index.parse().unwrap(), id.to_owned())),
            ["sealed", key, sealed] => {
                said.sealed = Some(Sealed { key: key.to_owned(), sealed: sealed.to_owned() });
            }
            ["whole"] => said.whole = true,
            _ => {}
        }
    }
    let killed = output.status.signal() == Some(SIGKILL);
    assert_ne!(killed, said.whole, "{:?}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test]
async fn after_a_real_kill_at_any_step_nothing_that_was_promised_is_lost() {
    let scratch = Scratch::new();
    let directory = scratch.join("audit");
    let stride = usize::try_from(number("INLAND_KILL_STRIDE", STRIDE)).unwrap();
    let mut kills = 0;
    for step in (0..STEPS_MAX).step_by(stride) {
        let mut whole = 0;
        for (way, _) in WAYS {
            let said = run(&directory, step, way);
            whole += usize::from(said.whole);
            kills += usize::from(!said.whole);
            hold(&directory, &said, &format!("step {step}, killed {way}")).await;
            let _ = std::fs::remove_dir_all(&directory);
        }
        if whole == WAYS.len() {
            break; // it has no such step
        }
    }
    println!("{kills} kills");
    assert!(kills * stride >= 150, "{kills} kills");
}

async fn hold(directory: &Path, said: &Said, case: &str) {
    if !directory.exists() {
        assert!(said.durable.is_empty() && said.sealed.is_none(), "{case}");
        return;
    }
    let log = Log::open(directory, "gw-1").unwrap_or_else(|error| panic!("{case}: {error}"));
    if let Some(sealed) = &said.sealed {
        assert_eq!(log.unseal_subject("hospital", sealed).unwrap(), PERSON, "{case}");
    }
    log.close().await;
    drop(log);
    let partition = directory.join("FR-health");
    if !partition.exists() {
        assert!(said.durable.is_empty(), "{case}");
        return;
    }
    verify(directory, Options::default()).unwrap_or_else(|error| panic!("{case}: {error}"));
    let found = kinds(&partition);
    for (index, id) in &said.durable {
        let (kind, found) = &found[usize::try_from(*index).unwrap()];
        assert_eq!((kind.as_str(), found), ("INTENT", id), "{case}");
    }
    let open = still_open(&partition);
    assert!(open.is_empty(), "{case}: {open:?}");
}

/// INTENTs with neither an OUTCOME nor a RECOVERY that names them.
fn still_open(partition: &Path) -> BTreeMap<u64, String> {
    let mut open = BTreeMap::new();
    for (index, record) in records(partition).unwrap().map(Result::unwrap) {
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        match record["kind"].as_str().unwrap() {
            "INTENT" => drop(open.insert(index, record["id"].to_string())),
            "OUTCOME" => drop(open.remove(&record["intent"].as_u64().unwrap())),
            "RECOVERY" => record["open"].as_array().unwrap().iter().for_each(|named| {
                open.remove(&named["intent"].as_u64().unwrap());
            }),
            _ => {}
        }
    }
    open
}
