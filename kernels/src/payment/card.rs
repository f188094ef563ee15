//! Payment cards: primary account numbers (ISO/IEC 7812).
//!
//! Invariant: reported are numbers whose issuer range is a known brand's, whose length that brand has and
//! whose Luhn digit is right, in one piece or in the groups that cards show.

use crate::checks::{luhn, value};
use crate::digits::{MAX_DIGITS, Written, shape};
use crate::{Finding, Label};

/// Digits of the shortest and of the longest card number.
pub(crate) const LENGTHS: std::ops::RangeInclusive<usize> = 12..=19;

/// The card whose number is `number`, whose digits the values begin with.
#[inline]
pub(crate) fn find(values: &[u8; MAX_DIGITS], number: &Written) -> Option<Finding> {
    if LENGTHS.contains(&number.length) && is_grouping(number) {
        card(values.get(..number.length)?, number)
    } else {
        None
    }
}

#[inline(never)]
fn card(digits: &[u8], number: &Written) -> Option<Finding> {
    let kind = brand(digits).filter(|_| luhn(digits) && !is_goods(number, digits))?;
    let score = if number.length >= 14 { 94 } else { 75 };
    Some(Finding { start: number.start, end: number.end, label: Label::CardPan, kind, country: None, score })
}

/// GS1 General Specifications 7.9: thirteen digits with the check digit of goods are on goods; cards have
/// not been so short for twenty years.
fn is_goods(number: &Written, digits: &[u8]) -> bool {
    let weighted = digits.iter().rev().zip([1, 3].into_iter().cycle());
    let sum = || weighted.map(|(&digit, weight)| u32::from(digit) * weight).sum::<u32>();
    digits.len() == 13 && number.is_unbroken() && sum().is_multiple_of(10)
}

fn is_grouping(number: &Written) -> bool {
    // All groups but the last have four digits.
    let fours = || (number.shape >> 8).to_be_bytes().iter().all(|&length| matches!(length, 0 | 4));
    number.is_unbroken() || (number.shape & 0xff) <= LAST_MAX && fours() || SHAPES.contains(&number.shape)
}

/// The groups in which cards show their numbers.
pub(crate) fn shapes() -> impl Iterator<Item = u64> {
    let fours = (1..=4).scan(0, |fours, _| {
        *fours = *fours << 8 | 4;
        Some(*fours)
    });
    let last = |fours: u64| (1..=LAST_MAX).map(move |last| fours << 8 | last);
    fours.flat_map(last).chain(SHAPES)
}

/// Digits of the group behind those of four.
const LAST_MAX: u64 = 7;

const AMEX: u64 = shape(&[4, 6, 5]);
const DINERS: u64 = shape(&[4, 6, 4]);
const HALVES: u64 = shape(&[8, 8]);
const ISSUER_FIRST: u64 = shape(&[6, 10]);
/// Those of them that are not fours.
pub(crate) const SHAPES: [u64; 4] = [AMEX, DINERS, HALVES, ISSUER_FIRST];

fn brand(digits: &[u8]) -> Option<&'static str> {
    let issuer = u32::try_from(value(digits.get(..ISSUER)?)).ok()?;
    let length = 1 << digits.len();
    let of_brand =
        |range: &&Range| range.first <= issuer && issuer <= range.last && range.lengths & length != 0;
    let first = FIRST_BRAND.get((issuer / 10_000) as usize)?;
    BRANDS.get(usize::from(*first)..)?.iter().find(of_brand).map(|range| range.kind)
}

/// By the first two digits: where in [`BRANDS`] the first range with such numbers is; behind them, if none is.
const FIRST_BRAND: [u8; 100] = first_brands();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn first_brands() -> [u8; 100] {
    let mut table = [BRANDS.len() as u8; 100];
    let mut index = BRANDS.len();
    while index > 0 {
        index -= 1;
        let mut two = BRANDS[index].first / 10_000;
        while two <= BRANDS[index].last / 10_000 {
            table[two as usize] = index as u8;
            two += 1;
        }
    }
    table
}

/// Digits that tell the issuer.
const ISSUER: usize = 6;

pub(crate) struct Range {
    /// Of the first six digits.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// A bit for each length.
    pub(crate) lengths: u32,
    kind: &'static str,
}

/// Numbers whose first `prefix` digits are in `first..=last`.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn range(prefix: usize, first: u32, last: u32, lengths: &'static [u32], kind: &'static str) -> Range {
    let (mut bits, mut index) = (0, 0);
    while index < lengths.len() {
        bits |= 1 << lengths[index];
        index += 1;
    }
    let (mut missing, mut scale) = (ISSUER - prefix, 1);
    while missing > 0 {
        scale *= 10;
        missing -= 1;
    }
    Range { first: first * scale, last: last * scale + (scale - 1), lengths: bits, kind }
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

const MAESTRO: &[u32] = &[12, 13, 14, 15, 16, 17, 18, 19];
