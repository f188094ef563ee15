//! What the views of one text have shown, beside what the text itself has.
//!
//! Invariant: nothing that the text itself holds is dropped, but for an address that a view reads with
//! other edges: `\nanna@…`, `%20anna@…`. A number that was put together over a gap counts only where the
//! text itself holds none of its kind. What is found twice is told once.

use std::cmp::Reverse;

use super::Place;
use crate::resolve::resolve;
use crate::{Finding, Label};

/// The candidates of the views of one text.
pub(super) struct Found {
    /// What the text itself holds; one for each place once `settled`.
    plain: Vec<Finding>,
    settled: bool,
    views: Vec<Finding>,
}

impl Found {
    pub(super) fn new(plain: &[Finding]) -> Found {
        Found { plain: plain.to_vec(), settled: false, views: Vec::new() }
    }

    /// Notes what was found in a view, and where it is in the text.
    pub(super) fn add(&mut self, found: Finding, place: &Place) {
        let &Place { start, end, broken } = place;
        let found = Finding { start, end, ..found };
        if !(broken && self.holds_one_like(&found)) {
            self.views.push(found);
        }
    }

    /// Does the text itself hold one of the same kind at this place? Then the line break after it is the
    /// end of a line, and what follows is another number.
    fn holds_one_like(&mut self, found: &Finding) -> bool {
        if !self.settled {
            resolve(&mut self.plain, 0);
            self.settled = true;
        }
        let first = self.plain.partition_point(|plain| plain.end <= found.start);
        let alike = |plain: &Finding| {
            plain.kind == found.kind || plain.label == found.label && found.label == Label::CardPan
        };
        let beside = self.plain.get(first..).unwrap_or_default().iter();
        beside.take_while(|plain| plain.start < found.end).any(alike)
    }

    /// Appends it all to the candidates of the text, which are in `out` from `base` on.
    pub(super) fn settle(self, out: &mut Vec<Finding>, base: usize) {
        let mut addresses: Vec<(usize, usize)> = self
            .views
            .iter()
            .filter(|found| found.label == Label::Email)
            .map(|found| (found.start, found.end))
            .collect();
        addresses.sort_unstable();
        let read_anew = |plain: &Finding| {
            let first = addresses.partition_point(|&(_, end)| end <= plain.start);
            let beside = addresses.get(first..).unwrap_or_default().iter();
            beside
                .take_while(|&&(start, _)| start < plain.end)
                .any(|&place| place != (plain.start, plain.end))
        };
        let mut index = 0;
        out.retain(|found| {
            index += 1;
            index <= base || found.label != Label::Email || !read_anew(found)
        });
        let mut own = out.split_off(base);
        own.extend(self.views);
        own.sort_unstable_by_key(|found| (found.start, found.end, found.kind, Reverse(found.score)));
        own.dedup_by_key(|found| (found.start, found.end, found.kind));
        out.append(&mut own);
    }
}
