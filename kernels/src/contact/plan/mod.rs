//! The numbering plans of Europe, ready to be asked.
//!
//! Invariant: an answer is found by the leading digits in a table, and never takes longer than going
//! through the groupings of one plan. Numbers are national ones: without country code and trunk prefix.

mod europe;

use std::sync::LazyLock;

/// A number's first digits that say which lengths and groupings it may have.
const LEADING: usize = 3;
const LEADS: usize = 1000;
/// Groups of one written number.
const GROUPS_MAX: usize = 5;

/// A number as it is written: what a plan can tell it by.
#[derive(Clone, Copy)]
pub(super) struct Number {
    /// The value of its leading digits.
    pub(super) lead: usize,
    pub(super) digits: usize,
    /// The lengths of its groups, see [`crate::digits::shape`].
    pub(super) shape: u64,
}

/// What is dialled before a number at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    None,
    Zero,
    /// Hungary's `06`.
    ZeroSix,
    /// `80` before the numbers of a place in Belarus.
    EightZero,
    /// `8` before those of no place.
    Eight,
}

impl Prefix {
    const ALL: [(Prefix, &str); 5] = [
        (Prefix::None, ""),
        (Prefix::Zero, "0"),
        (Prefix::ZeroSix, "06"),
        (Prefix::EightZero, "80"),
        (Prefix::Eight, "80"),
    ];

    pub(super) fn digits(self) -> usize {
        match self {
            Prefix::None => 0,
            Prefix::Zero | Prefix::Eight => 1,
            Prefix::ZeroSix | Prefix::EightZero => 2,
        }
    }
}

/// How well a number fits a plan, from not at all on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    /// So many digits, but no number begins so.
    Possible,
    Valid,
    /// Valid, in a grouping that people use.
    Used,
    /// Valid, in the grouping that the plan's authority shows.
    Official,
}

/// One country's plan.
pub(super) struct Plan {
    pub(super) country: [u8; 2],
    code: u16,
    pub(super) trunk: &'static str,
    /// A bit for each number of digits.
    possible: u16,
    /// By leading digits: which of `rules`.
    rule: Vec<u8>,
    /// The first one is of leading digits that no number has.
    rules: Vec<Rule>,
    /// The official ones stand first.
    groupings: Vec<Grouping>,
    official: u64,
}

/// What holds for all numbers with some leading digits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Rule {
    /// A bit for each number of digits.
    lengths: u16,
    /// A bit for each grouping.
    groupings: u64,
}

/// Shapes between two shapes, group by group.
#[derive(Clone, Copy)]
struct Grouping {
    least: u64,
    most: u64,
}

/// All plans.
pub(super) struct Plans {
    plans: Vec<Plan>,
    /// By leading digits: a bit for each plan that has such numbers.
    by_lead: Vec<u64>,
    /// By prefix: a bit for each plan that has it.
    by_prefix: [u64; Prefix::ALL.len()],
    /// By country code: the plan's index.
    by_code: Vec<Option<u8>>,
}

impl Plans {
    pub(super) fn shared() -> &'static Plans {
        static PLANS: LazyLock<Plans> = LazyLock::new(Plans::new);
        &PLANS
    }

    fn new() -> Plans {
        let plans: Vec<Plan> = europe::PLANS.iter().map(Plan::new).collect();
        let (mut by_lead, mut by_code) = (vec![0; LEADS], vec![None; LEADS]);
        for (index, plan) in (0..).zip(&plans) {
            if let Some(slot) = by_code.get_mut(usize::from(plan.code)) {
                *slot = Some(index);
            }
            for (leads, _) in by_lead.iter_mut().zip(&plan.rule).filter(|(_, rule)| **rule != 0) {
                *leads |= 1 << index;
            }
        }
        let with = |trunk| (0..).zip(&plans).filter(move |(_, plan)| plan.trunk == trunk);
        let by_prefix =
            Prefix::ALL.map(|(_, trunk)| with(trunk).fold(0, |bits, (index, _)| bits | 1 << index));
        Plans { plans, by_lead, by_prefix, by_code }
    }

    /// The plan behind a country code.
    pub(super) fn of_code(&self, code: usize) -> Option<&Plan> {
        let index = self.by_code.get(code).copied().flatten()?;
        self.plans.get(usize::from(index))
    }

    /// The plans that have numbers with these leading digits behind this prefix.
    pub(super) fn with(&self, prefix: Prefix, lead: usize) -> impl Iterator<Item = &Plan> {
        let all = self.by_prefix.get(prefix as usize).copied().unwrap_or(0);
        let mut left = all & self.by_lead.get(lead).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            let index = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            self.plans.get(index as usize)
        })
    }
}

impl Plan {
    fn new(source: &europe::Source) -> Plan {
        let mut rules = vec![Rule::default(); LEADS];
        for (leads, lengths) in entries(source.valid) {
            each(&mut rules, leads, |rule| rule.lengths |= bits(lengths));
        }
        let mut groupings = Vec::new();
        add(source.official, &mut groupings, &mut rules);
        let official = bit(groupings.len()).wrapping_sub(1);
        add(source.used, &mut groupings, &mut rules);
        add_free(source, &mut groupings, &mut rules);
        let (rule, rules) = distinct(&rules);
        let possible = bits(source.possible);
        Plan {
            country: source.country,
            code: source.code,
            trunk: source.trunk,
            possible,
            rule,
            rules,
            groupings,
            official,
        }
    }

    /// How well a number fits.
    pub(super) fn fit(&self, number: Number) -> Fit {
        let rule = self.rule.get(number.lead).and_then(|&rule| self.rules.get(usize::from(rule)));
        let rule = rule.copied().unwrap_or_default();
        if !has(rule.lengths, number.digits) {
            return if has(self.possible, number.digits) { Fit::Possible } else { Fit::No };
        }
        let mut left = rule.groupings;
        while left != 0 {
            let grouping = self.groupings.get(left.trailing_zeros() as usize);
            if grouping.is_some_and(|grouping| grouping.has(number.shape)) {
                let official = left & left.wrapping_neg() & self.official != 0;
                return if official { Fit::Official } else { Fit::Used };
            }
            left &= left - 1;
        }
        Fit::Valid
    }
}

fn has(lengths: u16, digits: usize) -> bool {
    u32::try_from(digits)
        .ok()
        .and_then(|digits| lengths.checked_shr(digits))
        .is_some_and(|rest| rest & 1 == 1)
}

/// Adds the groupings of `texts`, and says in the rules which leading digits have them.
fn add(texts: &'static str, groupings: &mut Vec<Grouping>, rules: &mut [Rule]) {
    for (shapes, leads) in entries(texts) {
        let parsed = shapes.split(", ").filter_map(|text| Grouping::parse(text.trim_end_matches('*')));
        add_all(parsed, leads, groupings, rules);
    }
}

/// Adds the ways in which people group a number of which the plan says no more than its area code.
fn add_free(source: &europe::Source, groupings: &mut Vec<Grouping>, rules: &mut [Rule]) {
    const RESTS: [&str; 3] = ["2-4 2-4", "2-4 2-4 2-4", "1-3 2 2 2"];
    for (shapes, leads) in [source.official, source.used].into_iter().flat_map(entries) {
        let free = shapes.split(", ").filter(|text| text.ends_with('*'));
        let areas = free.filter_map(|text| text.split(' ').next());
        let all = areas.flat_map(|area| RESTS.map(|rest| format!("{area} {rest}")));
        add_all(all.filter_map(|text| Grouping::parse(&text)), leads, groupings, rules);
    }
}

fn add_all(
    added: impl Iterator<Item = Grouping>,
    leads: &str,
    groupings: &mut Vec<Grouping>,
    rules: &mut [Rule],
) {
    let first = groupings.len();
    groupings.extend(added);
    let added = bit(groupings.len()).wrapping_sub(bit(first));
    each(rules, if leads.is_empty() { "0-9" } else { leads }, |rule| {
        rule.groupings |= if rule.lengths == 0 { 0 } else { added };
    });
}

fn bit(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1u64.checked_shl(index)).unwrap_or(0)
}

fn each(rules: &mut [Rule], leads: &str, mut change: impl FnMut(&mut Rule)) {
    for lead in leads.split(',').flat_map(leads_of) {
        rules.get_mut(lead).into_iter().for_each(&mut change);
    }
}

/// The different ones, after the one of no number, and which of them each is.
fn distinct(all: &[Rule]) -> (Vec<u8>, Vec<Rule>) {
    let mut rules = vec![Rule::default()];
    let which = all.iter().map(|rule| {
        let known = rules.iter().position(|other| other == rule);
        let index = known.unwrap_or(rules.len());
        if known.is_none() {
            rules.push(*rule);
        }
        u8::try_from(index).unwrap_or(0)
    });
    (which.collect(), rules)
}

impl Grouping {
    /// `2 3-4` is a group of two digits and one of three or four.
    fn parse(text: &str) -> Option<Grouping> {
        let (mut least, mut most) = (0, 0);
        for group in text.split(' ') {
            let (first, last) = interval(group)?;
            (least, most) = (least << 8 | first as u64, most << 8 | last as u64);
        }
        (text.split(' ').count() <= GROUPS_MAX).then_some(Grouping { least, most })
    }

    /// Is each group of `shape` between its shortest and its longest? Lengths are far below 128, so the
    /// eighth bit of each byte is free to show a borrow.
    fn has(self, shape: u64) -> bool {
        const FREE: u64 = 0x8080_8080_8080_8080;
        ((shape | FREE) - self.least) & ((self.most | FREE) - shape) & FREE == FREE
    }
}

/// `a: b; c: d` as pairs; what has no colon has an empty second part.
fn entries(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split("; ")
        .filter(|entry| !entry.is_empty())
        .map(|entry| entry.split_once(": ").unwrap_or((entry, "")))
}

/// `4` as (4, 4), `4-6` as (4, 6).
fn interval(text: &str) -> Option<(usize, usize)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// `6,9-10` with a bit for each of them.
fn bits(text: &str) -> u16 {
    let lengths = text.split(',').filter_map(interval).flat_map(|(first, last)| first..=last);
    lengths.fold(0, |bits, length| bits | 1 << length)
}

/// `3` are 300 to 399, `15-17` are 150 to 179.
fn leads_of(text: &str) -> impl Iterator<Item = usize> {
    let width = text.split('-').next().map_or(LEADING, str::len);
    let scale = (width..LEADING).fold(1, |scale, _| scale * 10);
    interval(text).into_iter().flat_map(move |(first, last)| first * scale..(last + 1) * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::shape;

    fn fit(country: &[u8; 2], lead: usize, groups: &[u8]) -> Fit {
        let plan = Plans::shared().plans.iter().find(|plan| plan.country == *country);
        let digits = groups.iter().map(|&group| usize::from(group)).sum();
        plan.map_or(Fit::No, |plan| plan.fit(Number { lead, digits, shape: shape(groups) }))
    }

    #[test]
    fn a_plan_knows_its_numbers_and_how_they_are_written() {
        for (country, lead, groups, expected) in [
            (b"DE", 309, &[2, 6][..], Fit::Official),
            (b"DE", 309, &[2, 6, 2], Fit::Valid),
            (b"DE", 309, &[2, 2, 2, 2], Fit::Used),
            (b"DE", 170, &[3, 7], Fit::Official),
            (b"DE", 9, &[2, 6], Fit::Possible),
            (b"FR", 612, &[1, 2, 2, 2, 2], Fit::Official),
            (b"FR", 612, &[1, 2, 2, 2], Fit::No),
            (b"GB", 207, &[2, 4, 4], Fit::Official),
            (b"IT", 66, &[2, 8], Fit::Used),
            (b"NO", 224, &[2, 2, 2, 2], Fit::Official),
            (b"LU", 621, &[3, 3, 3], Fit::Official),
        ] {
            let country_name = String::from_utf8_lossy(country);
            assert_eq!(fit(country, lead, groups), expected, "{country_name} {lead} {groups:?}");
        }
    }

    #[test]
    fn every_plan_is_read_as_it_is_written() {
        let in_order = (0..).zip(Prefix::ALL).all(|(index, (prefix, _))| prefix as usize == index);
        assert!(in_order);
        assert!(europe::PLANS.is_sorted_by_key(|plan| plan.code) && europe::PLANS.len() <= 64);
        for (source, plan) in europe::PLANS.iter().zip(&Plans::shared().plans) {
            let country = String::from_utf8_lossy(&source.country);
            let texts = [source.official, source.used].map(entries);
            let shapes = texts.into_iter().flatten().flat_map(|(shapes, _)| shapes.split(", "));
            let groupings: usize = shapes.map(|text| if text.ends_with('*') { 4 } else { 1 }).sum();
            assert_eq!(groupings, plan.groupings.len(), "{country}");
            assert!((1..64).contains(&plan.groupings.len()), "{country} {}", plan.groupings.len());
            assert!(plan.possible != 0 && plan.rules.len() < 256, "{country}");
            let leads = entries(source.valid).flat_map(|(leads, _)| leads.split(','));
            for lead in leads {
                assert!(
                    leads_of(lead).all(|lead| plan.rule.get(lead).is_some_and(|rule| *rule != 0)),
                    "{country} {lead}"
                );
            }
        }
    }
}
