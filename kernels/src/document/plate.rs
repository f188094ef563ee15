//! Licence plates: letters and digits as plates group them, beside a word that says so.
//!
//! Invariant: a plate has no check digit, so without such a word it is never reported.

use crate::bytes::{at, before, ends_word, run_end, run_start, starts_word};
use crate::context::{self, Context, Topic};
use crate::{Finding, Label};

/// Characters of the longest plate, separators included.
pub(crate) const LENGTH_MAX: usize = 12;
/// How far before a plate the word about it may end, and how far before its first digits.
const WORD_DISTANCE: usize = 24;
pub(crate) const WORD_DISTANCE_MAX: usize = WORD_DISTANCE + 2 * LENGTH_MAX;
const _: () = assert!(WORD_DISTANCE_MAX <= context::BEFORE);
/// Letters and digits of the shortest.
pub(crate) const LENGTH_MIN: usize = 4;

/// The plate around the digit group at `digit`.
pub(crate) fn find(text: &[u8], digit: usize, context: &mut Context<'_, '_>) -> Option<Finding> {
    let (start, end) = form(text, digit)?;
    context.precedes(Topic::PLATE, start, WORD_DISTANCE).then_some(Finding {
        start,
        end,
        label: Label::LicencePlate,
        kind: "plate",
        country: None,
        score: 80,
    })
}

/// Start and end of what is written like a plate around the digit group at `digit`.
pub(crate) fn form(text: &[u8], digit: usize) -> Option<(usize, usize)> {
    let part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let mut start = run_start(text, digit, LENGTH_MAX, part);
    // One space between the groups: `AB 123 CD`, `M XY 1234`.
    for _group in 0..2 {
        let group =
            run_start(text, start.saturating_sub(1), 6, |byte| byte.is_ascii_uppercase() || byte == b'-');
        if before(text, start) != b' ' || start.saturating_sub(1) == group || digit - group > 8 {
            break;
        }
        start = group;
    }
    let mut end = run_end(text, digit, LENGTH_MAX, part);
    for _group in 0..2 {
        let group = run_end(text, end + 1, 5, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if at(text, end) != b' ' || group == end + 1 || group - start > LENGTH_MAX || !ends_word(text, group)
        {
            break;
        }
        end = group;
    }
    let plate = text.get(start..end)?;
    let letters = plate.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let digits = plate.iter().filter(|byte| byte.is_ascii_digit()).count();
    let few = (1..=6).contains(&digits) || is_irish(plate);
    let fits = few && (1..=6).contains(&letters) && letters + digits >= LENGTH_MIN;
    let fits = fits && starts_word(text, start) && ends_word(text, end);
    fits.then_some((start, end))
}

/// Year, county and number, as in Ireland since 1987: `191-C-1234`.
fn is_irish(plate: &[u8]) -> bool {
    let all = |group: &[u8], member: fn(&u8) -> bool| group.iter().all(member);
    let mut groups = plate.split(|byte| matches!(byte, b'-' | b' '));
    match [(); 4].map(|()| groups.next()) {
        [Some(year), Some(county), Some(number), None] => {
            (2..=3).contains(&year.len())
                && all(year, u8::is_ascii_digit)
                && (1..=2).contains(&county.len())
                && all(county, u8::is_ascii_uppercase)
                && (1..=6).contains(&number.len())
                && all(number, u8::is_ascii_digit)
        }
        _ => false,
    }
}
