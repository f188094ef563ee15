//! The kernels over an emulator, the twin and the plain definition answer the same.
//!
//! Invariant: a difference names the texts and the schedule that showed it. `INLAND_BODIES=1000000` reads
//! so many bodies instead of the few of a normal run.

mod bodies;
mod checks;
mod redact;
mod runner;
mod slot;
mod sound;

use bodies::Bodies;
use proptest::prelude::*;
use runner::Runner;
use slot::{Answer, Slot};

use super::families::family;

/// Bodies of a normal run.
const BODIES: usize = 6_000;
/// Schedules of the threads of a block that each proptest case is run under.
const SCHEDULES: u32 = 16;

/// Are the answers of the device those of the twin? Asked for everything, and for the families of one bit alone.
fn compare(texts: &[String], schedule: u32, alone: u32) -> Result<(), String> {
    let slot = Slot::of(texts);
    let hits = slot.hits(texts);
    compare_wanted(&slot, &hits, schedule, family::ALL)?;
    compare_wanted(&slot, &hits, schedule, 1 << (alone % family::ALL.count_ones()))
}

fn compare_wanted(slot: &Slot, hits: &[(u32, u32)], schedule: u32, wanted: u32) -> Result<(), String> {
    let named = hits.iter().filter(|(_, families)| families & wanted != 0).map(|&(place, _)| place);
    let expected = Answer { failure: 0, hits: named.collect() };
    let answer = Runner::with(|runner| runner.scan(slot, schedule, expected.hits.len(), wanted));
    if answer == expected {
        return Ok(());
    }
    let differs = |left: &[u32], right: &[u32]| left.iter().copied().find(|place| !right.contains(place));
    let about = |place: Option<u32>| place.map(|place| (place, slot.around(place)));
    Err(format!(
        "schedule {schedule}, families {wanted:#x}, failure {}\nnamed by the device alone: {:?}\nby the twin alone: {:?}",
        answer.failure,
        about(differs(&answer.hits, &expected.hits)),
        about(differs(&expected.hits, &answer.hits)),
    ))
}

fn bodies_wanted() -> usize {
    std::env::var("INLAND_BODIES").ok().and_then(|count| count.parse().ok()).unwrap_or(BODIES)
}

#[test]
fn the_device_answers_what_the_twin_answers() {
    let mut bodies = Bodies::new(1);
    let (mut read, mut schedule) = (0, 0);
    while read < bodies_wanted() {
        let texts: Vec<String> = (0..200).map(|_| bodies.next()).collect();
        if let Err(difference) = compare(&texts, schedule % SCHEDULES, schedule) {
            let culprit =
                texts.iter().find(|text| compare(std::slice::from_ref(text), schedule, schedule).is_err());
            panic!("{difference}\n{culprit:?}");
        }
        read += texts.len();
        schedule += 1;
    }
}

#[test]
fn what_stands_at_the_edges_of_texts_blocks_and_tiles_is_found_as_everywhere() {
    let mut bodies = Bodies::new(2);
    for shift in 0..=40 {
        let mut texts = Vec::new();
        for number in bodies.numbers(8) {
            texts.push(number.clone());
            texts.push(format!("{number}."));
            // The text before ends so that this one starts a tile, and its number lies across the next.
            let fill = 4096 - 20 + shift - number.len() / 2;
            texts.push(format!("{}{number}{}", bodies.filler(fill), bodies.filler(64 - shift)));
            texts.push(format!("{}{number}", bodies.filler(44 + shift)));
        }
        let shift = u32::try_from(shift).unwrap_or(0);
        if let Err(difference) = compare(&texts, shift % SCHEDULES, shift) {
            panic!("{difference}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_schedule_answers_the_same(texts in proptest::collection::vec(bodies::ATTACK, 1..6)) {
        for schedule in 0..SCHEDULES {
            prop_assert_eq!(compare(&texts, schedule, schedule), Ok(()));
        }
    }
}

#[test]
fn a_slot_without_a_text_and_one_of_anchors_alone_are_answered() {
    for text in ["", "@", &"@".repeat(9000), &"1 ".repeat(5000), &"\0".repeat(200), &"é".repeat(4000)] {
        assert_eq!(compare(&[text.to_owned()], 3, 0), Ok(()));
    }
    assert_eq!(compare(&[], 0, 0), Ok(()));
}

#[test]
fn hits_without_room_are_said_and_none_is_written_beyond() {
    let texts = ["anna@example.org ".repeat(300)];
    let slot = Slot::of(&texts);
    let answer = Runner::with(|runner| runner.scan(&slot, 5, 7, family::ALL));
    assert_eq!((answer.failure, answer.hits.len()), (super::families::failure::OVERFLOW, 0));
}
