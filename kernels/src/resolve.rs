//! Overlapping candidates: one finding a place.
//!
//! Invariant: what comes out is in order and never overlaps, and no candidate is dropped unless a
//! better one that overlaps it is kept.

use std::cmp::Reverse;

use crate::{Finding, Label};

/// How many candidates that overlap one another are weighed against each other; a longer chain becomes
/// one finding over all of them, because a text that makes more is made to confuse.
const MAX_CHAIN: usize = 24;

/// Puts the candidates from `base` on in order and leaves one for each place.
pub(crate) fn resolve(found: &mut Vec<Finding>, base: usize) {
    let Some(candidates) = found.get_mut(base..) else { return };
    if candidates.len() < 2 {
        return;
    }
    candidates.sort_unstable_by_key(|candidate| (candidate.start, Reverse(candidate.end)));
    if candidates.array_windows().all(|[left, right]| left.end <= right.start) {
        return;
    }
    let sorted = found.split_off(base);
    let mut chain: Vec<Finding> = Vec::new();
    let mut reach = 0;
    for candidate in sorted {
        if candidate.start >= reach {
            settle(&mut chain, found);
        }
        reach = reach.max(candidate.end);
        chain.push(candidate);
    }
    settle(&mut chain, found);
}

/// Moves the best of candidates that overlap one another to `out`.
fn settle(chain: &mut Vec<Finding>, out: &mut Vec<Finding>) {
    let start = chain.iter().map(|candidate| candidate.start).min();
    let end = chain.iter().map(|candidate| candidate.end).max();
    let crowded = chain.len() > MAX_CHAIN;
    chain.sort_by_key(|candidate| Reverse(rank(candidate)));
    let base = out.len();
    for candidate in chain.drain(..) {
        let kept = out.get(base..).unwrap_or_default();
        if kept.iter().all(|kept| candidate.end <= kept.start || kept.end <= candidate.start) {
            out.push(candidate);
        }
        if crowded {
            break;
        }
    }
    if let (true, Some(start), Some(end), Some(all)) = (crowded, start, end, out.get_mut(base)) {
        (all.start, all.end) = (start, end);
    }
    if let Some(kept) = out.get_mut(base..) {
        kept.sort_unstable_by_key(|candidate| candidate.start);
    }
}

/// A secret wins, because it is removed and not merely renamed; then the longest; then the surest.
fn rank(candidate: &Finding) -> (bool, usize, u8) {
    (candidate.label == Label::Credentials, candidate.end - candidate.start, candidate.score)
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
        resolve(&mut found, 0);
        assert_eq!(found, [candidate(0, 4, 90), candidate(20, 40, 50), candidate(44, 50, 10)]);
    }

    #[test]
    fn a_long_chain_becomes_one_finding_over_all_of_it() {
        let mut found: Vec<_> = (0..100).map(|start| candidate(start, start + 2, 50)).collect();
        resolve(&mut found, 0);
        assert_eq!(found, [candidate(0, 101, 50)]);
    }
}
