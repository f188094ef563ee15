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
use slot::Slot;

/// Bodies of a normal run.
const BODIES: usize = 6_000;
/// Schedules of the threads of a block that each proptest case is run under.
const SCHEDULES: u32 = 16;

/// Are the answers of the device those of the twin, and its anchors the plainly defined ones?
fn compare(texts: &[String], schedule: u32) -> Result<(), String> {
    let slot = Slot::of(texts);
    let expected = slot.answer(texts);
    let answer = Runner::with(|runner| runner.scan(&slot, schedule, expected.hits.len()));
    if answer == expected {
        return Ok(());
    }
    let about = |place: u32| slot.around(place);
    let anchors = answer.anchors.iter().zip(&expected.anchors).find(|(left, right)| left != right);
    let hits = answer.hits.iter().zip(&expected.hits).find(|(left, right)| left != right);
    Err(format!(
        "schedule {schedule}, {} texts\nanchors: {} for {}, first {:?} {:?}\nhits: {} for {}, first {:x?} {:?}\n\
         failure {}",
        texts.len(),
        answer.anchors.len(),
        expected.anchors.len(),
        anchors,
        anchors.map(|(left, right)| (about(*left), about(*right))),
        answer.hits.len(),
        expected.hits.len(),
        hits,
        hits.map(|(left, right)| (about(left.0), about(right.0))),
        answer.failure,
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
        if let Err(difference) = compare(&texts, schedule % SCHEDULES) {
            let culprit = texts.iter().find(|text| compare(std::slice::from_ref(text), schedule).is_err());
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
        if let Err(difference) = compare(&texts, u32::try_from(shift).unwrap_or(0) % SCHEDULES) {
            panic!("{difference}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_schedule_answers_the_same(texts in proptest::collection::vec(bodies::ATTACK, 1..6)) {
        for schedule in 0..SCHEDULES {
            prop_assert_eq!(compare(&texts, schedule), Ok(()));
        }
    }
}

#[test]
fn a_slot_without_a_text_and_one_of_anchors_alone_are_answered() {
    for text in ["", "@", &"@".repeat(9000), &"1 ".repeat(5000), &"\0".repeat(200), &"é".repeat(4000)] {
        assert_eq!(compare(&[text.to_owned()], 3), Ok(()));
    }
    assert_eq!(compare(&[], 0), Ok(()));
}

#[test]
fn hits_without_room_are_said_and_none_is_written_beyond() {
    let texts = ["anna@example.org ".repeat(300)];
    let slot = Slot::of(&texts);
    let answer = Runner::with(|runner| runner.scan(&slot, 5, 7));
    assert_eq!((answer.failure, answer.hits.len()), (super::families::failure::OVERFLOW, 7));
}
