//! United Kingdom: NHS number (and the Scottish CHI number), ten digits, `943 476 5919`.
//!
//! Rule: weights 10 to 2, modulo 11; a remainder that would need the check digit 10 is never issued.
//! Source: NHS Data Model and Dictionary, «NHS Number».

use super::Scheme;
use crate::checks::weighted;
use crate::context::{Context, Topic};
use crate::digits::{Written, shape};
use crate::{Finding, Label};

pub(super) const NHS: Scheme =
    Scheme { kind: "gb.nhs", label: Label::NationalId, country: *b"GB", topic: Some(Topic::Nhs) };

/// Ten digits in one piece, or in a grouping that is not the NHS's own, count only beside a word about
/// it. One in eleven numbers passes the check, and telephone numbers, time stamps and order numbers have
/// ten digits too: without this rule the findings would bury the true ones.
pub(super) fn nhs(number: &Written<'_>, context: &mut Context<'_, '_>) -> Option<Finding> {
    let canonical = number.shape == const { shape(&[3, 3, 4]) };
    let first = number.digits.first()?;
    let valid = weighted(number.digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
        && number.digits.iter().any(|digit| digit != first);
    if !valid {
        return None;
    }
    let named = context.near(Topic::Nhs, number.start, number.end);
    let score = if named { 95 } else { 70 };
    (named || canonical).then(|| NHS.finding(number.start, number.end, score))
}
