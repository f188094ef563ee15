//! What a log is after the power went: everything that was not synced may be gone, torn or there.
//!
//! `INLAND_POWER_ROUNDS=20000 INLAND_POWER_SEED=7 cargo test -p inland --lib audit::tests::power` goes on for longer.

use super::super::faults::Fault;
use super::crash::{hold, script, seal, unseal};
use super::*;

const ROUNDS: u64 = 250;

/// A step at which the power goes, and in half of the cases an error somewhere before.
fn plan(steps: usize, random: &mut Random) -> Vec<(usize, Fault)> {
    let end = random.below(steps);
    let ends = [Fault::KilledBefore, Fault::KilledDuring, Fault::KilledAfter];
    let mut plan = vec![(end, ends[random.below(3)])];
    if random.below(2) == 0 && end > 0 {
        let errors = [Fault::Without, Fault::Half, Fault::With];
        plan.push((random.below(end), errors[random.below(3)]));
    }
    plan
}

fn rounds() -> impl Iterator<Item = (u64, Random)> {
    let first = number("INLAND_POWER_SEED", 1) << 32;
    (first..first + number("INLAND_POWER_ROUNDS", ROUNDS)).map(|seed| (seed, Random(seed)))
}

#[test]
fn whatever_the_disk_forgets_nothing_that_was_promised_is_lost() {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    script(&Disk::with(&dry), &scratch.join("dry/FR-health"), 0);
    let mut durable = 0;
    for (seed, mut random) in rounds() {
        let partition = scratch.join("wet/FR-health");
        let plan = plan(dry.steps(), &mut random);
        let case = format!("seed {seed}: {plan:?}");
        let faults = Arc::new(Faults::before_power_loss(plan));
        let told = script(&Disk::with(&faults), &partition, 0);
        faults.power.as_ref().unwrap().lose(&scratch.join("wet"), |bound| random.below(bound));
        durable += told.durable.len();
        hold(&partition, &told, &case);
        std::fs::remove_dir_all(scratch.join("wet")).unwrap();
    }
    assert!(durable > 1_000, "only {durable} records were told to be durable: nothing was tried");
}

#[test]
fn whatever_the_disk_forgets_no_subject_key_that_was_used_is_lost() {
    let scratch = Scratch::new();
    let dry = Arc::new(Faults::default());
    seal(&dry, &scratch.join("dry"));
    for (seed, mut random) in rounds() {
        let directory = scratch.join("wet");
        let plan = plan(dry.steps(), &mut random);
        let case = format!("seed {seed}: {plan:?}");
        let faults = Arc::new(Faults::before_power_loss(plan));
        let sealed = seal(&faults, &directory);
        faults.power.as_ref().unwrap().lose(&directory, |bound| random.below(bound));
        unseal(&directory, sealed, &case);
        std::fs::remove_dir_all(directory).unwrap();
    }
}

/// The model itself: what it forgets, and what not.
#[test]
fn a_disk_without_power_keeps_what_was_synced_and_forgets_the_rest_sometimes() {
    let scratch = Scratch::new();
    let (mut cut, mut nameless) = (0, 0);
    for seed in 0..200 {
        let faults = Arc::new(Faults::before_power_loss(Vec::new()));
        let disk = Disk::with(&faults);
        disk.create_directory_durably(&scratch.join("log")).unwrap();
        let (kept, lost) = (scratch.join("log/kept"), scratch.join("log/lost"));
        let mut file = disk.create(&kept).unwrap();
        disk.write(&mut file, b"synced").unwrap();
        disk.sync(&file).unwrap();
        disk.sync_directory(&scratch.join("log")).unwrap();
        disk.write(&mut file, b" not synced").unwrap();
        disk.create(&lost).unwrap();
        let mut random = Random(seed);
        faults.power.as_ref().unwrap().lose(&scratch.0, |bound| random.below(bound));
        let left = std::fs::read(&kept).unwrap();
        assert!(left.starts_with(b"synced"), "{left:?}");
        cut += u32::from(left != b"synced not synced");
        nameless += u32::from(!lost.exists());
        std::fs::remove_dir_all(scratch.join("log")).unwrap();
    }
    assert!(cut > 50 && nameless > 50, "{cut} cut, {nameless} without a name");
}

#[test]
fn what_is_written_over_room_that_was_synced_is_there_or_zeros_and_the_rest_as_it_was() {
    let scratch = Scratch::new();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let faults = Arc::new(Faults::before_power_loss(Vec::new()));
        let disk = Disk::with(&faults);
        disk.create_directory_durably(&scratch.join("log")).unwrap();
        let path = scratch.join("log/kept");
        let file = disk.create(&path).unwrap();
        disk.write_at(&file, b"synced\0\0\0\0", 0).unwrap();
        disk.sync(&file).unwrap();
        disk.sync_directory(&scratch.join("log")).unwrap();
        disk.write_at(&file, b"new", 6).unwrap();
        let mut random = Random(seed);
        faults.power.as_ref().unwrap().lose(&scratch.0, |bound| random.below(bound));
        seen.insert(String::from_utf8(std::fs::read(&path).unwrap()).unwrap());
        std::fs::remove_dir_all(scratch.join("log")).unwrap();
    }
    let [none, all, torn] = ["synced\0\0\0\0", "syncednew\0", "synced\0ew\0"].map(|it| seen.contains(it));
    assert!(none && all && torn, "{seen:?}");
    assert!(seen.iter().all(|left| left.starts_with("synced") && left.len() == 10), "{seen:?}");
}
