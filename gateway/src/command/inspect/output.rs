//! What is printed: spans, or the text without what was found.
//!
//! Invariant: no place is printed that is not a place between two characters of the text.

use std::borrow::Cow;
use std::io::{self, Write};

use inland_kernels::Finding;
use serde::Serialize;

/// What `start` and `end` count.
#[derive(Clone, Copy)]
pub(super) enum Offsets {
    CodePoints,
    Bytes,
}

/// What was found in one text.
#[derive(Serialize)]
pub(super) struct Report {
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
    label: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    score: u8,
}

impl Report {
    /// `found` is in order of place.
    pub(super) fn new(text: &str, found: &[Finding], offsets: Offsets) -> Report {
        let mut counter = Counter { text, byte: 0, characters: 0 };
        let mut place = |byte| match offsets {
            Offsets::Bytes => byte,
            Offsets::CodePoints => counter.up_to(byte),
        };
        let spans = found.iter().map(|found| Span {
            start: place(found.start),
            end: place(found.end),
            label: found.label.as_str(),
            kind: found.kind,
            country: found.country.map(|code| String::from_utf8_lossy(&code).into_owned()),
            score: found.score,
        });
        Report { spans: spans.collect() }
    }
}

/// Counts characters once from left to right, so that many findings cost one reading of the text.
struct Counter<'a> {
    text: &'a str,
    byte: usize,
    characters: usize,
}

impl Counter<'_> {
    fn up_to(&mut self, byte: usize) -> usize {
        let between = self.text.get(self.byte..byte).unwrap_or_default();
        self.characters += between.chars().count();
        self.byte = byte;
        self.characters
    }
}

/// The text with `[label]` in place of each finding; `found` is in order of place.
pub(super) fn redacted<'a>(text: &'a str, found: &[Finding]) -> Cow<'a, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for found in found {
        out.push_str(text.get(from..found.start).unwrap_or_default());
        out.push('[');
        out.push_str(found.label.as_str());
        out.push(']');
        from = found.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// One line of JSON.
pub(super) fn json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
