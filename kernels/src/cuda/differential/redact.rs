//! The device splices as the host does.

use super::SCHEDULES;
use super::runner::Runner;
use super::slot::{Slot, word};
use crate::cuda::splice::{Edit, Extent, Span, apply, plan};
use proptest::prelude::*;

const REPLACEMENTS: [&[u8]; 5] = [b"", b"[email]", b"[phone number]", b"x", &[b'#'; 70]];

/// The gap before a place, its length and its replacement.
type Place = (usize, usize, u32);

/// Texts with places in them.
fn marked() -> impl Strategy<Value = Vec<(String, Vec<Place>)>> {
    let place = (0usize..40, 0usize..30, 0u32..5);
    proptest::collection::vec(
        ("[a-z ]{0,200}|[a-z é]{0,3000}", proptest::collection::vec(place, 0..12)),
        0..8,
    )
}

fn spans(length: usize, places: &[Place]) -> Vec<Span> {
    let mut read = 0;
    let mut spans = Vec::new();
    for &(gap, long, replacement) in places {
        let (start, end) = (read + gap, read + gap + long);
        if end <= length {
            spans.push(Span { start: word(start), end: word(end), replacement });
            read = end;
        }
    }
    spans
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn new_texts_are_those_of_the_host_and_of_the_plain_definition(texts in marked(), schedule in 0..SCHEDULES) {
        let slot = Slot::of(&texts.iter().map(|(text, _)| text).collect::<Vec<_>>());
        let all: Vec<Vec<Span>> = texts.iter().map(|(text, places)| spans(text.len(), places)).collect();
        let pairs: Vec<(Extent, &[Span])> = slot.texts.iter().copied().zip(all.iter().map(Vec::as_slice)).collect();
        let lengths = REPLACEMENTS.map(|text| word(text.len()));
        let plan = plan(&pairs, &lengths).unwrap();
        let expected = apply(&slot.bytes, &plan, &REPLACEMENTS);
        for ((text, _), (spans, new)) in texts.iter().zip(all.iter().zip(&plan.texts)) {
            let mut bytes = text.as_bytes().to_vec();
            for span in spans.iter().rev() {
                bytes.splice(span.start as usize..span.end as usize, REPLACEMENTS[span.replacement as usize].iter().copied());
            }
            let (start, end) = (new.start as usize, (new.start + new.length) as usize);
            prop_assert_eq!(expected.get(start..end), Some(&bytes[..]));
        }
        let (failure, written) = Runner::with(|runner| runner.redact(&slot, &plan, &REPLACEMENTS, schedule));
        prop_assert_eq!(failure, 0);
        prop_assert_eq!(written, expected);
    }
}

#[test]
fn an_edit_that_is_none_is_said_and_reads_nothing_outside() {
    let slot = Slot::of(&["some text"]);
    for wrong in [
        Edit { start: 5, end: 3, replacement: 0, out: 0 },
        Edit { start: 0, end: 4096, replacement: 0, out: 0 },
        Edit { start: 0, end: 4, replacement: 99, out: 0 },
        Edit { start: u32::MAX, end: u32::MAX, replacement: 0, out: 0 },
    ] {
        let plan = crate::cuda::splice::Plan { edits: vec![wrong], texts: Vec::new(), out_blocks: 2 };
        let (failure, _) = Runner::with(|runner| runner.redact(&slot, &plan, &REPLACEMENTS, 0));
        assert_eq!(failure, crate::cuda::families::failure::LAYOUT, "{wrong:?}");
    }
}
