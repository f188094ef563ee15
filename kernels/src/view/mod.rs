//! Views: a text as its reader sees it, where it was written to look different to a machine: full-width,
//! invisible and look-alike characters (`fold.rs`, `alike.rs`), percent encoding, character references,
//! escapes, quoted-printable, marks that are spelt out, numbers that are broken (`gap.rs`), base64.
//!
//! Invariant: a view is a second reading beside the text, never instead of it, and a place in it is a
//! place in the text as given. Layers are taken off at most [`LAYERS`] times, and what one reads is no
//! longer than its source, so reading is linear: a text is read at most once, each of its views at most
//! once as a whole and once as base64.

mod alike;
mod base64;
mod entity;
mod escape;
mod fold;
mod gap;
mod layer;
mod percent;
mod quoted;
mod settle;
mod spoken;
mod spots;
mod unit;

use std::borrow::Cow;

pub(crate) use gap::Joined;
use layer::View;
use spots::Odd;
pub(crate) use spots::Spots;

use crate::Finding;
use crate::bytes::run_end;
use crate::contact::email;

/// Layers that are taken off: percent encoding in base64 in a JSON string are three.
const LAYERS: usize = 3;
/// How much around an odd place is read with it, in bytes: numbers, words about them.
const MARGIN: usize = 256;
/// What is found so near to the edge of what was cut out was found in the text itself, or is not there.
const GUARD: usize = 128;
/// A token that starts in a margin is read to its end, so many bytes far.
const TOKEN_MAX: usize = 4096;
/// What is read at once, so that the memory for a view is bounded.
const PART_MAX: usize = 32 << 10;
/// What two parts that are read one after the other have in common.
const OVERLAP: usize = 2048;
/// How often a value is folded before it is taken as it is.
const FOLDS_MAX: usize = 8;

/// Appends to `out` what is found in the views of `text`, whose own candidates are there from `base` on.
/// `scan` appends the candidates of a text and gives its spots; it is told where gaps are that alone make
/// the text another one.
pub(crate) fn each(
    text: &str,
    spots: Spots,
    out: &mut Vec<Finding>,
    base: usize,
    mut scan: impl FnMut(&str, &[usize], &mut Vec<Finding>) -> Spots,
) {
    if !spots.is_empty() {
        let mut found = settle::Found::new(out.get(base..).unwrap_or_default());
        let mut reader = Reader { scan: &mut scan, found: &mut found, views: Vec::new(), seen: Vec::new() };
        reader.layers(&Source { text, view: None }, spots, LAYERS);
        found.settle(out, base);
    }
}

/// A text that is read: the one that was given, or a view of another one.
struct Source<'v> {
    text: &'v str,
    view: Option<(&'v View, &'v Source<'v>)>,
}

/// A place of a text that was given.
struct Place {
    start: usize,
    end: usize,
    /// It has a gap inside.
    broken: bool,
}

impl Source<'_> {
    /// Where in the text that was given `start..end` is. Nowhere, if it is a part of a table.
    fn place(&self, mut start: usize, mut end: usize) -> Option<Place> {
        let (mut source, mut broken) = (self, false);
        while let Some((view, outer)) = source.view {
            if view.has_gap(start, end) {
                broken = true;
                if view.is_between_gaps(start, end) {
                    return None;
                }
            }
            (start, end) = view.source(start, end)?;
            source = outer;
        }
        Some(Place { start, end, broken })
    }
}

/// Appends the candidates of a text that has gaps at these places and gives its spots.
type Scan<'s> = dyn FnMut(&str, &[usize], &mut Vec<Finding>) -> Spots + 's;

struct Reader<'s> {
    scan: &'s mut Scan<'s>,
    found: &'s mut settle::Found,
    /// Views whose memory may be used again.
    views: Vec<View>,
    seen: Vec<Finding>,
}

impl Reader<'_> {
    /// Reads the views of `source`, and theirs.
    fn layers(&mut self, source: &Source<'_>, mut spots: Spots, layers: usize) {
        let Some(layers) = layers.checked_sub(1) else { return };
        spots.odd.sort_unstable();
        for Odd { start, end, gaps } in windows(source.text, &spots.odd) {
            for (start, end) in parts(source.text, start, end) {
                self.odd(source, Odd { start, end, gaps }, layers);
            }
        }
        let mut passed = 0;
        spots.encoded.sort_unstable();
        for start in spots.encoded {
            if start >= passed {
                passed = self.encoded(source, start, layers);
            }
        }
    }

    /// Reads what a part stands for, if a view of it shows anything new.
    fn odd(&mut self, source: &Source<'_>, odd: Odd, layers: usize) {
        let (from, to) = (odd.start, odd.end);
        // What was looked at when the outer text was read holds nothing new.
        if source.view.is_some_and(|(view, _)| view.is_plain(from, to)) {
            return;
        }
        let mut view = self.view();
        if odd.gaps && !layer::may_hide(source.text.get(from..to).unwrap_or_default()) {
            view.join(source.text, from, to);
        } else {
            view.decode(source.text, from, to);
        }
        let first = if from == 0 { 0 } else { from + GUARD };
        let last = if to == source.text.len() { to } else { to.saturating_sub(GUARD) };
        self.read(source, &view, layers, |start, end| {
            end > first && start < last || first == 0 && start == 0
        });
        self.views.push(view);
    }

    /// Reads what is encoded from `start` on, and says where it ends.
    fn encoded(&mut self, source: &Source<'_>, start: usize, layers: usize) -> usize {
        let mut view = self.view();
        let end = base64::decode(source.text.as_bytes(), start, &mut view);
        if !source.view.is_some_and(|(outer, _)| outer.is_plain(start, end)) {
            self.read(source, &view, layers, |_, _| true);
        }
        self.views.push(view);
        end
    }

    /// Reads `view`, and counts what is found where `admits` says so of its place in `source`.
    fn read(
        &mut self,
        source: &Source<'_>,
        view: &View,
        layers: usize,
        admits: impl Fn(usize, usize) -> bool,
    ) {
        let inner = Source { text: view.text(), view: Some((view, source)) };
        let mut seen = std::mem::take(&mut self.seen);
        seen.clear();
        let gaps = view.gaps_alone();
        let spots = (self.scan)(view.text(), gaps, &mut seen);
        // If there are gaps alone, what neither reaches over one nor stands at one was there before.
        let is_new = |found: &Finding| {
            gaps.is_empty()
                || view.has_gap(found.start, found.end)
                || view.is_between_gaps(found.start, found.end)
        };
        for found in seen.drain(..).filter(is_new) {
            let here = view.source(found.start, found.end);
            if here.is_some_and(|(start, end)| admits(start, end))
                && let Some(place) = inner.place(found.start, found.end)
            {
                self.found.add(found, &place);
            }
        }
        self.seen = seen;
        self.layers(&inner, spots, layers);
    }

    fn view(&mut self) -> View {
        let mut view = self.views.pop().unwrap_or_default();
        view.clear();
        view
    }
}

/// What is read around odd places: each with its margins, and those that meet as one.
fn windows(text: &str, odd: &[Odd]) -> Vec<Odd> {
    let mut windows: Vec<Odd> = Vec::new();
    for &Odd { start, end, gaps } in odd {
        let start = text.floor_char_boundary(start.saturating_sub(MARGIN));
        let end = text.len().min(end + MARGIN);
        match windows.last_mut() {
            Some(last) if start <= last.end => {
                last.gaps &= gaps;
                if end > last.end {
                    last.end = token_end(text, end);
                }
            }
            _ => windows.push(Odd { start, end: token_end(text, end), gaps }),
        }
    }
    windows
}

fn token_end(text: &str, index: usize) -> usize {
    text.ceil_char_boundary(run_end(text.as_bytes(), index, TOKEN_MAX, |byte| !byte.is_ascii_whitespace()))
}

/// `from..to` in parts that overlap.
fn parts(text: &str, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> {
    let end = move |start: usize| {
        if to - start > PART_MAX { text.floor_char_boundary(start + PART_MAX) } else { to }
    };
    let next = move |&(_, end): &(usize, usize)| (end < to).then(|| text.floor_char_boundary(end - OVERLAP));
    std::iter::successors(Some((from, end(from))), move |part| next(part).map(|start| (start, end(start))))
}

/// The text as a reader sees it; the text itself if there is nothing to fold. An address that was a part of what was in
/// base64 is taken out of it.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    let (mut folded, mut was_wrapped) = (Cow::Borrowed(text), false);
    for _ in 0..FOLDS_MAX {
        let mut view = View::default();
        view.decode(&folded, 0, folded.len());
        if view.text() != folded {
            folded = Cow::Owned(view.text().to_owned());
        } else if let Some(inner) = unwrapped(&folded) {
            (folded, was_wrapped) = (Cow::Owned(inner), true);
        } else {
            break;
        }
    }
    let address = folded.find('@').filter(|_| was_wrapped).and_then(|sign| email::find(&folded, sign));
    match address.and_then(|found| folded.get(found.start..found.end)) {
        Some(address) => Cow::Owned(address.to_owned()),
        None => folded,
    }
}

/// What is in base64 of ASCII and nothing else. Digits alone are never that.
fn unwrapped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let start = base64::start(bytes, 0).filter(|&start| start == 0)?;
    let mut view = View::default();
    let end = base64::decode(bytes, start, &mut view);
    let rest = text.get(end..)?;
    (view.text().is_ascii() && rest.bytes().all(|byte| byte == b'=')).then(|| view.text().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anchors::{self, Anchor};
    use crate::bytes::{goes_on_behind_digit, last};

    fn spots(text: &str) -> Spots {
        let (mut spots, mut odd) = (Spots::default(), Spots::default());
        let bytes = text.as_bytes();
        anchors::each(
            crate::simd::best().0,
            bytes,
            |place, anchor, _| {
                match anchor {
                    Anchor::Digits => {
                        let behind = last(bytes, place);
                        if !goes_on_behind_digit(behind) {
                            spots.digits(bytes, place, behind);
                        }
                    }
                    Anchor::Word => spots.word(bytes, place),
                    Anchor::Mark(_) | Anchor::Capitals => {}
                }
                0
            },
            |block, masks| odd.block(text, block, masks),
        );
        spots.join(odd);
        spots
    }

    /// How many bytes of views are read for `text`.
    fn read(text: &str) -> usize {
        let mut bytes = 0;
        each(text, spots(text), &mut Vec::new(), 0, |view, _, _| {
            bytes += view.len();
            spots(view)
        });
        bytes
    }

    #[test]
    fn what_is_read_is_bounded_by_a_multiple_of_the_text_and_grows_with_it_alone() {
        const LENGTH: usize = 1 << 15;
        for pattern in [
            "%",
            "%41",
            "%25",
            "a%2541",
            "\\",
            "\\\\",
            "\\u005c",
            "&#",
            "&#38;",
            "&amp;",
            "=40",
            "=3D",
            " (at) a",
            "QUFB",
            "QUFBQUFBQUFBQUFBQUFB/",
            "QUFBQUFBQUFBQUFBQUFB\n",
            "UVVGQlFVRkI",
            "aа",
            "１",
            "1\u{200b}",
            "1\n",
            "4111  ",
            "a%41QUFBQUFBQUFBQUFBQUFB&#64;\\n",
        ] {
            let of = |length: usize| read(&pattern.repeat(length / pattern.len()));
            let (once, four_times) = (of(LENGTH), of(4 * LENGTH));
            assert!(four_times <= 6 * 4 * LENGTH, "{pattern:?}: {four_times}");
            assert!(four_times <= 5 * once + LENGTH, "{pattern:?}: {once}, then {four_times}");
        }
    }

    #[test]
    fn prose_has_no_spots() {
        for prose in [
            "plain text of one line, and (in brackets) more",
            "né à Paris – l’été « 12 »",
            "it’s — fine…",
            "価格は千円です",
            "Пациент выписан 12 мая",
            "Ο ασθενής εξήλθε στις 12 Μαΐου",
        ] {
            assert!(spots(prose).is_empty(), "{prose}");
        }
        for hiding in [
            "1\u{a0}2",
            "a\u{200d}b",
            "\u{661}",
            "\u{ff20}",
            "0170\u{2013}12",
            "а1nna",
            "%40",
            "&#64;",
            "1\n2",
        ] {
            assert!(!spots(hiding).is_empty(), "{hiding}");
        }
    }
}
