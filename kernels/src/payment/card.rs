//! Payment cards: primary account numbers (ISO/IEC 7812).
//!
//! Invariant: reported are numbers whose issuer range is a known brand's, whose length that brand has and
//! whose Luhn digit is right, in one piece or in the groups that cards show.

use crate::checks::{luhn, value};
use crate::digits::{Run, Written, shape};
use crate::{Finding, Label};

/// The numbers that begin with the run's first group.
pub(crate) fn find(run: &Run<'_>, out: &mut Vec<Finding>) {
    if run.digits() < 12 {
        return;
    }
    out.extend(run.written().filter_map(|number| card(&number)));
}

fn card(number: &Written<'_>) -> Option<Finding> {
    if !is_grouping(number) || !luhn(number.digits) {
        return None;
    }
    let kind = brand(number.digits)?;
    let score = if number.digits.len() >= 14 { 94 } else { 75 };
    Some(Finding { start: number.start, end: number.end, label: Label::CardPan, kind, country: None, score })
}

fn is_grouping(number: &Written<'_>) -> bool {
    // All groups but the last have four digits.
    let fours = (number.shape >> 8).to_be_bytes().iter().all(|&length| matches!(length, 0 | 4));
    (12..=19).contains(&number.digits.len())
        && (number.is_unbroken() || fours && (number.shape & 0xff) <= 7 || SHAPES.contains(&number.shape))
}

const AMEX: u64 = shape(&[4, 6, 5]);
const DINERS: u64 = shape(&[4, 6, 4]);
const HALVES: u64 = shape(&[8, 8]);
const ISSUER_FIRST: u64 = shape(&[6, 10]);
/// Those of them that are not fours.
pub(crate) const SHAPES: [u64; 4] = [AMEX, DINERS, HALVES, ISSUER_FIRST];

fn brand(digits: &[u8]) -> Option<&'static str> {
    let range = BRANDS.iter().find(|range| {
        let issuer = value(digits.get(..range.prefix).unwrap_or_default());
        (range.first..=range.last).contains(&issuer) && range.lengths.contains(&digits.len())
    })?;
    Some(range.kind)
}

pub(crate) struct Range {
    pub(crate) prefix: usize,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) lengths: &'static [usize],
    kind: &'static str,
}

const fn range(prefix: usize, first: u64, last: u64, lengths: &'static [usize], kind: &'static str) -> Range {
    Range { prefix, first, last, lengths, kind }
}

/// Issuer ranges, the narrower before the wider. Sources: the brands' published BIN rules.
pub(crate) const BRANDS: &[Range] = &[
    range(4, 5019, 5019, &[16], "card.dankort"),
    range(4, 9792, 9792, &[16], "card.troy"),
    range(4, 2200, 2204, &[16, 17, 18, 19], "card.mir"),
    range(4, 2221, 2720, &[16], "card.mastercard"),
    range(2, 51, 55, &[16], "card.mastercard"),
    range(4, 4571, 4571, &[16], "card.visa"),
    range(1, 4, 4, &[13, 16, 19], "card.visa"),
    range(2, 34, 34, &[15], "card.amex"),
    range(2, 37, 37, &[15], "card.amex"),
    range(3, 300, 305, &[14, 16, 17, 18, 19], "card.diners"),
    range(4, 3095, 3095, &[14, 16, 17, 18, 19], "card.diners"),
    range(2, 36, 36, &[14, 15, 16, 17, 18, 19], "card.diners"),
    range(2, 38, 39, &[14, 16, 17, 18, 19], "card.diners"),
    range(4, 3528, 3589, &[16, 17, 18, 19], "card.jcb"),
    range(4, 6011, 6011, &[16, 17, 18, 19], "card.discover"),
    range(3, 644, 649, &[16, 17, 18, 19], "card.discover"),
    range(2, 65, 65, &[16, 17, 18, 19], "card.discover"),
    range(6, 622_126, 622_925, &[16, 17, 18, 19], "card.unionpay"),
    range(2, 62, 62, &[16, 17, 18, 19], "card.unionpay"),
    range(2, 81, 81, &[16, 17, 18, 19], "card.unionpay"),
    range(4, 5018, 5018, MAESTRO, "card.maestro"),
    range(4, 5020, 5020, MAESTRO, "card.maestro"),
    range(4, 5038, 5038, MAESTRO, "card.maestro"),
    range(4, 5612, 5612, MAESTRO, "card.maestro"),
    range(4, 5893, 5893, MAESTRO, "card.maestro"),
    range(4, 6304, 6304, MAESTRO, "card.maestro"),
    range(4, 6390, 6390, MAESTRO, "card.maestro"),
    range(4, 6703, 6703, MAESTRO, "card.maestro"),
    range(4, 6759, 6763, MAESTRO, "card.maestro"),
    range(4, 6799, 6799, MAESTRO, "card.maestro"),
    range(3, 508, 508, &[16], "card.rupay"),
    range(2, 60, 60, &[16], "card.rupay"),
    range(2, 82, 82, &[16], "card.rupay"),
];

const MAESTRO: &[usize] = &[12, 13, 14, 15, 16, 17, 18, 19];
