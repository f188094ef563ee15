//! Server-sent events of a chat stream: read, restored, written again.
//!
//! Invariant: whatever the split of the bytes, and however a name is cut over events, the caller reads
//! each name's value and nothing else changes. Held back is only an end of text that may still become
//! one of this request's names. A stream that does not end with `[DONE]` ends with an error event.

use std::collections::BTreeMap;

use crate::json::{At, Document, Kind, write_string};
use crate::pseudonym::Names;

/// How large one event may be.
const EVENT_BYTES_MAX: usize = 1 << 20;
/// How many texts may be open at once: choices times fields.
const OPEN_TEXTS_MAX: usize = 1024;
/// The texts of a delta that come in pieces.
const PIECEWISE: [&str; 4] = ["content", "refusal", "reasoning", "reasoning_content"];

/// Why a stream cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Which text a piece belongs to: choice, field, and for tool calls which one.
type Place = (String, &'static str, String);

/// Rewrites a stream of events.
pub(super) struct Events {
    buffer: Vec<u8>,
    /// How much of the buffer holds no end of an event: it is not searched again.
    searched: usize,
    model: String,
    held: BTreeMap<Place, String>,
    /// `id` and `created` of the stream, for events of our own.
    head: Option<(String, String)>,
    done: bool,
}

impl Events {
    pub(super) fn new(model: String) -> Events {
        Events { buffer: Vec::new(), searched: 0, model, held: BTreeMap::new(), head: None, done: false }
    }

    /// Whether the stream has said `[DONE]`.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes bytes in, gives whole events out.
    pub(super) fn push(&mut self, bytes: &[u8], names: &Names, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        self.buffer.extend_from_slice(bytes);
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut rest = buffer.as_slice();
        let mut from = self.searched.saturating_sub(3); // an end may have begun in the last three bytes
        while let Some((event, tail)) = split_event(rest, from) {
            (rest, from) = (tail, 0);
            if !self.done {
                self.event(event, names, out)?;
            }
        }
        // Moved only when an event was taken out: else many small pieces would copy the whole each time.
        let consumed = buffer.len() - rest.len();
        if consumed > 0 {
            buffer.drain(..consumed);
        }
        self.buffer = buffer;
        self.searched = self.buffer.len();
        if self.buffer.len() > EVENT_BYTES_MAX { Err(Unreadable) } else { Ok(()) }
    }

    /// One event: its `data` lines make one text (WHATWG HTML 9.2.6). Comments keep the line alive and
    /// go on as such; other fields say nothing in this interface.
    fn event(&mut self, event: &[u8], names: &Names, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let mut data: Vec<u8> = Vec::new();
        let mut lines = 0;
        for line in event.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let Some(value) = line.strip_prefix(b"data:") else { continue };
            if lines > 0 {
                data.push(b'\n');
            }
            data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            lines += 1;
        }
        if lines == 0 {
            out.extend_from_slice(b":\n\n");
            return Ok(());
        }
        if data.trim_ascii() == b"[DONE]" {
            self.flush_all(out);
            out.extend_from_slice(b"data: [DONE]\n\n");
            self.done = true;
            return Ok(());
        }
        let mut document = Document::parse(&data).map_err(|_| Unreadable)?;
        if document.get(document.root(), "error").is_some_and(|at| document.kind(at) != Kind::Null) {
            return Err(Unreadable); // the backend's own words for its failure stay out
        }
        self.restore(&mut document, names, out)?;
        out.extend_from_slice(b"data: ");
        document.write(out);
        out.extend_from_slice(b"\n\n");
        Ok(())
    }

    fn restore(
        &mut self,
        document: &mut Document,
        names: &Names,
        out: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let root = document.root();
        if let Some(at) = document.get(root, "model").filter(|at| document.kind(*at) == Kind::String) {
            document.replace(at, &self.model);
        }
        if names.is_empty() {
            return Ok(());
        }
        let choices: Vec<At> =
            document.get(root, "choices").map(|at| document.items(at).collect()).unwrap_or_default();
        self.remember(document);
        for (position, choice) in choices.into_iter().enumerate() {
            self.choice(document, choice, position, names, out)?;
        }
        Ok(())
    }

    fn choice(
        &mut self,
        document: &mut Document,
        choice: At,
        position: usize,
        names: &Names,
        out: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let index = number(document, choice, position);
        let ended = document.get(choice, "finish_reason").is_some_and(|at| document.kind(at) == Kind::String);
        let mut seen = Vec::new();
        let pieces = texts(document, choice, &index);
        let whole: Vec<At> =
            document.leaves_of(choice).filter(|leaf| pieces.iter().all(|(_, at)| at != leaf)).collect();
        for at in whole {
            let Some(text) = document.string(at).filter(|text| text.contains('[')) else { continue };
            let restored = names.restore(text);
            document.replace(at, &restored);
        }
        for (place, at) in pieces {
            let piece = document.string(at).unwrap_or_default();
            let held = self.held.remove(&place).unwrap_or_default();
            let (mut given, mut kept) = names.restore_piece(held, piece, |value| spelled(place.1, value));
            if ended {
                given.push_str(&std::mem::take(&mut kept));
            }
            document.replace(at, &given);
            seen.push((place, kept));
        }
        if ended {
            // What was held back for texts that this last event does not speak of goes before it.
            let open: Vec<Place> = self.held.keys().filter(|place| place.0 == index).cloned().collect();
            for place in open {
                let text = self.held.remove(&place).unwrap_or_default();
                self.late(&place, &text, out);
            }
        }
        self.held.extend(seen.into_iter().filter(|(_, kept)| !kept.is_empty()));
        if self.held.len() > OPEN_TEXTS_MAX { Err(Unreadable) } else { Ok(()) }
    }

    fn remember(&mut self, document: &Document) {
        if self.head.is_none() {
            let root = document.root();
            let id = document.get(root, "id").and_then(|at| document.string(at)).unwrap_or_default();
            let created = document.get(root, "created").filter(|at| document.kind(*at) == Kind::Number);
            let created = created.and_then(|at| document.text(at)).unwrap_or("0");
            self.head = Some((id.to_owned(), created.to_owned()));
        }
    }

    /// An event of our own for text that was held back and did not become a name.
    fn late(&self, place: &Place, text: &str, out: &mut Vec<u8>) {
        let (index, field, call) = place;
        let (id, created) =
            self.head.as_ref().map_or(("", "0"), |(id, created)| (id.as_str(), created.as_str()));
        out.extend_from_slice(b"data: {\"id\":");
        write_string(id, out);
        out.extend_from_slice(format!(",\"created\":{created}").as_bytes());
        out.extend_from_slice(b",\"object\":\"chat.completion.chunk\",\"model\":");
        write_string(&self.model, out);
        out.extend_from_slice(format!(",\"choices\":[{{\"index\":{index},\"delta\":{{").as_bytes());
        if *field == "arguments" {
            out.extend_from_slice(
                format!("\"tool_calls\":[{{\"index\":{call},\"function\":{{\"arguments\":").as_bytes(),
            );
            write_string(text, out);
            out.extend_from_slice(b"}}]");
        } else {
            out.extend_from_slice(format!("\"{field}\":").as_bytes());
            write_string(text, out);
        }
        out.extend_from_slice(b"},\"finish_reason\":null}]}\n\n");
    }

    fn flush_all(&mut self, out: &mut Vec<u8>) {
        for (place, text) in std::mem::take(&mut self.held) {
            self.late(&place, &text, out);
        }
    }
}

/// The texts of a choice that come in pieces, and where they stand.
fn texts(document: &Document, choice: At, index: &str) -> Vec<(Place, At)> {
    let Some(delta) = document.get(choice, "delta") else { return Vec::new() };
    let mut found: Vec<(Place, At)> = PIECEWISE
        .iter()
        .filter_map(|field| Some(((index.to_owned(), *field, String::new()), text(document, delta, field)?)))
        .collect();
    if let Some(calls) = document.get(delta, "tool_calls") {
        for (position, call) in document.items(calls).enumerate() {
            let arguments =
                document.get(call, "function").and_then(|function| text(document, function, "arguments"));
            found.extend(
                arguments.map(|at| ((index.to_owned(), "arguments", number(document, call, position)), at)),
            );
        }
    }
    found
}

fn text(document: &Document, object: At, field: &str) -> Option<At> {
    document.get(object, field).filter(|at| document.kind(*at) == Kind::String)
}

/// The `index` of a choice or a tool call; its position where that is absent.
fn number(document: &Document, object: At, position: usize) -> String {
    let at = document.get(object, "index").filter(|at| document.kind(*at) == Kind::Number);
    at.and_then(|at| document.text(at)).map_or_else(|| position.to_string(), str::to_owned)
}

/// Arguments are JSON in a string: a value put back there is escaped once more.
fn spelled(field: &str, value: &str) -> String {
    if field != "arguments" {
        return value.to_owned();
    }
    let mut out = Vec::new();
    crate::json::escape(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The first whole event and what follows it. Events end with an empty line, in any of three spellings.
fn split_event(bytes: &[u8], from: usize) -> Option<(&[u8], &[u8])> {
    let mut from = from;
    loop {
        let end = from + memchr::memchr2(b'\n', b'\r', bytes.get(from..)?)?;
        let line_end = |at: usize| match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => Some(2),
            (Some(b'\n' | b'\r'), _) => Some(1),
            _ => None,
        };
        let first = line_end(end)?;
        if let Some(second) = line_end(end + first) {
            return Some((bytes.get(..end)?, bytes.get(end + first + second..)?));
        }
        from = end + first;
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
mod tests;
