//! Check digits of many forms at once: what each digit adds to each form's sum is laid out beside what it adds to the
//! others', so that one pass over the digits makes all the sums.
//!
//! Invariant: a form is dropped only if a check of its scheme that is such a sum fails. What is left is judged by all
//! of its checks: this saves most of that, and decides nothing.

use super::check::{Check, NEVER, WIDTH, Weights};

/// Sums that are made together.
const LANES: usize = 16;

/// The sums of the forms of one length.
#[derive(Default)]
pub(super) struct Sums {
    length: usize,
    rows: Vec<Rows>,
    sums: Vec<Sum>,
    /// The forms that are known by their sums, a bit each.
    known: u64,
}

/// What each digit adds at each place to so many sums.
struct Rows([[[u16; LANES]; 10]; WIDTH]);

/// A form's sum.
struct Sum {
    /// The form's bit.
    form: u64,
    /// What is in it before the first digit.
    start: u16,
    modulus: u16,
    right: Right,
}

/// What the remainder must be.
#[derive(Clone, Copy)]
enum Right {
    Zero,
    /// The digit at a place, by a table; any digit, where it says [`ANY`].
    Digit(&'static [u8], usize),
    /// The number of so many digits at a place; with `true` what lacks to the modulus.
    Number(bool, usize, usize),
}

/// Another rule settles it.
const ANY: u8 = NEVER - 1;
/// [`Check::Twice`]: with the first weights.
const FIRST: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ANY];

impl Sums {
    /// Of forms with these checks.
    pub(super) fn new(length: usize, forms: impl Iterator<Item = &'static [Check]>) -> Sums {
        let mut sums = Sums { length, ..Sums::default() };
        for (number, checks) in (0..).zip(forms) {
            let bit = 1 << number;
            if let Some(found) = sums_of(checks, length) {
                sums.known |= bit;
                found.iter().for_each(|linear| sums.add(bit, linear));
            }
        }
        sums
    }

    fn add(&mut self, form: u64, linear: &Linear) {
        let lane = self.sums.len() % LANES;
        if lane == 0 {
            self.rows.push(Rows([[[0; LANES]; 10]; WIDTH]));
        }
        let rows = self.rows.last_mut().map(|Rows(rows)| rows);
        for (digits, added) in rows.into_iter().flatten().zip(linear.added) {
            let slots = digits.iter_mut().filter_map(|lanes| lanes.get_mut(lane));
            slots.zip(added).for_each(|(slot, added)| *slot = added);
        }
        let &Linear { start, modulus, right, .. } = linear;
        self.sums.push(Sum { form, start, modulus, right });
    }

    /// Those of `forms` whose sums may be right.
    #[inline]
    pub(super) fn left(&self, forms: u64, values: &[u8; WIDTH]) -> u64 {
        // For one form, or two, their checks cost less than all sums.
        let without_first = forms & forms.wrapping_sub(1);
        if without_first & without_first.wrapping_sub(1) == 0 { forms } else { self.pass(forms, values) }
    }

    #[inline(never)]
    fn pass(&self, forms: u64, values: &[u8; WIDTH]) -> u64 {
        let mut left = forms & !self.known;
        for (Rows(rows), sums) in self.rows.iter().zip(self.sums.chunks(LANES)) {
            let mut totals = [0u16; LANES];
            for (digits, value) in rows.iter().zip(values).take(self.length) {
                let Some(lanes) = digits.get(usize::from(*value)) else { return forms };
                totals.iter_mut().zip(lanes).for_each(|(total, more)| *total += more);
            }
            for (sum, total) in sums.iter().zip(totals) {
                if sum.form & forms & !left != 0 && sum.is_right(total, values) {
                    left |= sum.form;
                }
            }
        }
        left
    }
}

impl Sum {
    #[inline]
    fn is_right(&self, total: u16, values: &[u8; WIDTH]) -> bool {
        let rest = (total + self.start).checked_rem(self.modulus).unwrap_or(0);
        match self.right {
            Right::Zero => rest == 0,
            Right::Digit(expected, at) => {
                let expected = expected.get(usize::from(rest)).copied().unwrap_or(NEVER);
                expected == ANY || values.get(at) == Some(&expected)
            }
            Right::Number(complement, at, width) => {
                let digits = values.get(at..at + width).unwrap_or_default();
                let number = digits.iter().fold(0, |sum, &digit| sum * 10 + u16::from(digit));
                number == if complement { self.modulus - rest } else { rest }
            }
        }
    }
}

/// A check that is a sum over the digits.
struct Linear {
    /// What each digit adds at each place.
    added: [[u16; 10]; WIDTH],
    start: u16,
    modulus: u16,
    right: Right,
}

/// Sums one of which must be right for `checks` to hold of so many digits; nothing where that cannot be said.
fn sums_of(checks: &'static [Check], length: usize) -> Option<Vec<Linear>> {
    if checks.iter().any(|check| matches!(check, Check::Length(wanted) if *wanted != length)) {
        return Some(Vec::new());
    }
    if let Some(linear) = checks.iter().find_map(|check| Linear::of(check, length)) {
        return Some(vec![linear]);
    }
    let of_any = |check: &'static Check| {
        let Check::Any(all) = check else { return None };
        let each: Option<Vec<_>> = all.iter().map(|checks| sums_of(checks, length)).collect();
        each.map(|each| each.into_iter().flatten().collect())
    };
    checks.iter().find_map(of_any)
}

impl Linear {
    fn of(check: &'static Check, length: usize) -> Option<Linear> {
        let weighted =
            |weights: &'static Weights| move |place: usize, digit: i32| digit * weight(weights, place);
        match check {
            Check::Sum { weights, modulus, expected, at } => {
                Linear::new(length, *modulus, Right::Digit(expected, *at), weighted(weights))
            }
            Check::Zero { weights, modulus } => Linear::new(length, *modulus, Right::Zero, weighted(weights)),
            Check::Twice { first, at, .. } => {
                Linear::new(length, 11, Right::Digit(FIRST, *at), weighted(first))
            }
            Check::Digits { weights, modulus, expected, at } => {
                let added = |place: usize, digit: i32| {
                    let product = digit * weight(weights, place);
                    product / 10 + product % 10
                };
                Linear::new(length, *modulus, Right::Digit(expected, *at), added)
            }
            Check::Luhn { from, length: width } => {
                let last = from + width - 1;
                let added = |place: usize, digit| match place {
                    place if place < *from || place > last => 0,
                    place if (last - place).is_multiple_of(2) => digit,
                    _ => digit * 2 - if digit > 4 { 9 } else { 0 },
                };
                (last < length).then(|| Linear::new(length, 10, Right::Zero, added))?
            }
            Check::Remainder { lead, from, length: width, modulus, complement, at, width: digits } => {
                let modulus = i32::try_from(*modulus).ok()?;
                let power = |places: usize| (0..places).fold(1, |power, _| power * 10 % modulus);
                let end = from + width;
                let added = |place: usize, digit| match place {
                    place if place < *from || place >= end => 0,
                    _ => digit * power(end - 1 - place),
                };
                let lead = i32::try_from(lead % u64::try_from(modulus).ok()?).ok()? * power(*width) % modulus;
                (end <= length && at + digits <= length && *digits <= 4).then_some(())?;
                let linear = Linear::new(length, modulus, Right::Number(*complement, *at, *digits), added)?;
                Some(Linear { start: u16::try_from(lead).ok()?, ..linear })
            }
            Check::Iso11 { .. }
            | Check::Date(_)
            | Check::Among { .. }
            | Check::Not { .. }
            | Check::OneOf { .. }
            | Check::Mixed { .. }
            | Check::Letter { .. }
            | Check::Length(_)
            | Check::Sign(_)
            | Check::Any(_)
            | Check::Own(_) => None,
        }
    }

    /// Nothing, if a digit that it reads stands behind the number, where a check reads zeros, or if a total may be too
    /// large for its lane.
    fn new(length: usize, modulus: i32, right: Right, added: impl Fn(usize, i32) -> i32) -> Option<Linear> {
        let narrow = u16::try_from(modulus)
            .ok()
            .filter(|modulus| usize::from(*modulus) * (WIDTH + 1) < usize::from(u16::MAX))?;
        if matches!(right, Right::Digit(_, at) if at >= length) {
            return None;
        }
        let mut table = [[0; 10]; WIDTH];
        for (place, digits) in table.iter_mut().enumerate().take(length) {
            for (digit, slot) in (0..).zip(digits) {
                *slot = u16::try_from(added(place, digit).rem_euclid(modulus)).ok()?;
            }
        }
        Some(Linear { added: table, start: 0, modulus: narrow, right })
    }
}

fn weight(weights: &Weights, place: usize) -> i32 {
    weights.get(place).copied().map_or(0, i32::from)
}
