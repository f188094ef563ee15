//! Overlapping candidates: one finding a place.
//!
//! Invariant: what comes out is in order and never overlaps, and no candidate is dropped unless a
//! better one that overlaps it is kept.

use std::cmp::Reverse;

use crate::number::CONFIRMED;
use crate::{Finding, Label};

/// How many candidates that overlap one another are weighed against each other; a longer chain becomes
/// one finding over all of them, because a text that makes more is made to confuse.
const MAX_CHAIN: usize = 24;

/// Puts the candidates from `base` on in order and leaves one for each place. Nothing is allocated.
pub(crate) fn resolve(found: &mut Vec<Finding>, base: usize, country: Option<[u8; 2]>) {
    let Some(candidates) = found.get_mut(base..) else { return };
    if candidates.len() < 2 {
        return;
    }
    // Most often they are in order and apart.
    let are_apart = |all: &[Finding]| all.array_windows().all(|[left, right]| left.end <= right.start);
    if are_apart(candidates) {
        return;
    }
    candidates.sort_unstable_by_key(|candidate| (candidate.start, Reverse(candidate.end)));
    if are_apart(candidates) {
        return;
    }
    let (mut read, mut write) = (0, 0);
    while let Some(first) = candidates.get(read) {
        let mut reach = first.end;
        let chained = |candidate: &&Finding| {
            let within = candidate.start < reach;
            reach = reach.max(candidate.end);
            within
        };
        let length = candidates.get(read..).unwrap_or_default().iter().take_while(chained).count();
        write += settle(candidates, read..read + length, write, country);
        read += length;
    }
    found.truncate(base + write);
}

/// Moves the best of the candidates at `places`, which overlap one another, to `write` and what follows;
/// says how many they are.
fn settle(
    candidates: &mut [Finding],
    places: std::ops::Range<usize>,
    write: usize,
    country: Option<[u8; 2]>,
) -> usize {
    let Some(chain) = candidates.get_mut(places.clone()) else { return 0 };
    let reach = chain.iter().map(|candidate| candidate.end).max();
    let start = chain.first().map(|first| first.start);
    chain.sort_unstable_by_key(|candidate| Reverse(rank(candidate, country)));
    if let (true, Some(best), Some(start), Some(reach)) =
        (chain.len() > MAX_CHAIN, chain.first_mut(), start, reach)
    {
        (best.start, best.end) = (start, reach);
    }
    let mut kept = 0;
    for index in places {
        let apart = |candidate: &Finding| {
            let winners = candidates.get(write..write + kept).unwrap_or_default();
            winners.iter().all(|kept| candidate.end <= kept.start || kept.end <= candidate.start)
        };
        if candidates.get(index).is_some_and(apart) {
            candidates.swap(write + kept, index);
            kept += 1;
        }
    }
    if let Some(winners) = candidates.get_mut(write..write + kept) {
        winners.sort_unstable_by_key(|candidate| candidate.start);
    }
    kept
}

/// A secret wins, because it is removed and not merely renamed; then the longest; then what a word beside it
/// confirms; then the country where the person lives; then the surest. What is still equal is settled by name,
/// so that every engine comes to the same.
type Rank = (bool, usize, bool, bool, u8, Reverse<usize>, Reverse<&'static str>);

fn rank(candidate: &Finding, country: Option<[u8; 2]>) -> Rank {
    let &Finding { start, end, label, kind, score, .. } = candidate;
    // What belongs to no country, an address say, is not ruled out by one.
    let lives_there = country.is_some() && (candidate.country == country || candidate.country.is_none());
    let length = end - start;
    (
        label == Label::Credentials,
        length,
        score == CONFIRMED,
        lives_there,
        score,
        Reverse(start),
        Reverse(kind),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(start: usize, end: usize, score: u8) -> Finding {
        Finding { start, end, label: Label::Phone, kind: "phone", country: None, score }
    }

    #[test]
    fn the_longest_wins_then_the_surest_and_what_does_not_overlap_the_winner_stays() {
        let mut found = vec![
            candidate(20, 40, 50),
            candidate(38, 45, 99),
            candidate(44, 50, 10),
            candidate(0, 4, 60),
            candidate(0, 4, 90),
        ];
        resolve(&mut found, 0, None);
        assert_eq!(found, [candidate(0, 4, 90), candidate(20, 40, 50), candidate(44, 50, 10)]);
    }

    #[test]
    fn a_long_chain_becomes_one_finding_over_all_of_it() {
        let mut found: Vec<_> = (0..100).map(|start| candidate(start, start + 2, 50)).collect();
        resolve(&mut found, 0, None);
        assert_eq!(found, [candidate(0, 101, 50)]);
    }
}
