//! JSON, strictly: one parse, and what is sent is written from that parse.
//!
//! Invariant (E3): a [`Document`] has one meaning. Duplicate keys, trailing data, lone surrogates,
//! nesting over [`DEPTH_MAX`] and invalid UTF-8 are refused (RFC 8259 leaves them open, and two
//! parsers that read them differently are a way around inspection). Key order and the spelling of
//! numbers survive, so [`Document::write`] gives the backend what was inspected and nothing else.

use std::fmt;

/// How deep arrays and objects may nest.
pub const DEPTH_MAX: usize = 64;
/// How many values and keys a document may hold: bounds memory to about 16 times this many bytes.
pub const NODES_MAX: usize = 1 << 20;
/// The same for a backend's answer: lists of embeddings are long. Its bytes are bounded before it is parsed.
pub const ANSWER_NODES_MAX: usize = 1 << 24;
/// How long a number may be written. No client needs more, and it is quoted in no error.
pub const NUMBER_BYTES_MAX: usize = 128;
/// Objects up to this many keys are checked for duplicates pair by pair; larger ones by sorting.
const PAIRWISE_KEYS_MAX: usize = 12;

/// Why a text is not JSON for us. Names the place and the rule, never the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset of the fault.
    pub offset: usize,
    /// The rule that was broken.
    pub rule: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.rule, self.offset)
    }
}

impl std::error::Error for JsonError {}

/// What a node is. Keys stand in the tape before their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number, as it was written.
    Number,
    /// A string value, decoded.
    String,
    /// A key of an object, decoded.
    Key,
    /// An array; its children follow.
    Array,
    /// An object; its keys and values follow.
    Object,
}

/// Strings, keys and numbers: `start..start + extent` of the arena. Containers: `extent` is the
/// index of the first node after them.
#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    start: u32,
    extent: u32,
}

/// The place of a value (or key) in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(u32);

/// A parsed text: a tape of nodes in reading order over an arena of decoded strings.
#[derive(Clone, Default)]
pub struct Document {
    nodes: Vec<Node>,
    arena: String,
}

impl fmt::Debug for Document {
    // The arena is content: it must not reach a log through {:?}.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} nodes)", self.nodes.len())
    }
}

impl Document {
    /// Reads a whole text of a caller.
    pub fn parse(bytes: &[u8]) -> Result<Document, JsonError> {
        Document::parse_within(bytes, NODES_MAX)
    }

    /// Reads a whole answer of a backend.
    pub fn parse_answer(bytes: &[u8]) -> Result<Document, JsonError> {
        Document::parse_within(bytes, ANSWER_NODES_MAX)
    }

    fn parse_within(bytes: &[u8], nodes_max: usize) -> Result<Document, JsonError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| JsonError { offset: error.valid_up_to(), rule: "text is not UTF-8" })?;
        let mut parser = Parser { text, bytes, at: 0, nodes_max, document: Document::default() };
        parser.document.nodes.reserve(bytes.len() / 16 + 4);
        parser.document.arena.reserve(bytes.len());
        parser.space();
        parser.value(0)?;
        parser.space();
        if parser.at != bytes.len() {
            return Err(parser.error("something follows the JSON value"));
        }
        Ok(parser.document)
    }

    /// The outermost value.
    pub fn root(&self) -> At {
        At(0)
    }

    fn node(&self, at: At) -> Node {
        self.nodes.get(at.0 as usize).copied().unwrap_or(Node { kind: Kind::Null, start: 0, extent: 0 })
    }

    /// What stands there.
    pub fn kind(&self, at: At) -> Kind {
        self.node(at).kind
    }

    /// The decoded text of a string, a key, or the literal of a number.
    pub fn text(&self, at: At) -> Option<&str> {
        let node = self.node(at);
        match node.kind {
            Kind::String | Kind::Key | Kind::Number => {
                self.arena.get(node.start as usize..(node.start + node.extent) as usize)
            }
            Kind::Null | Kind::True | Kind::False | Kind::Array | Kind::Object => None,
        }
    }

    /// The text of a string value; nothing for any other kind.
    pub fn string(&self, at: At) -> Option<&str> {
        if self.kind(at) == Kind::String { self.text(at) } else { None }
    }

    /// The first node after this one and all that is in it.
    fn after(&self, at: At) -> At {
        let node = self.node(at);
        match node.kind {
            Kind::Array | Kind::Object => At(node.extent),
            Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::String | Kind::Key => At(at.0 + 1),
        }
    }

    /// The values of an array, in order; of anything else, nothing.
    pub fn items(&self, at: At) -> impl Iterator<Item = At> + '_ {
        let node = self.node(at);
        let end = if node.kind == Kind::Array { node.extent } else { 0 };
        let mut next = At(at.0 + 1);
        std::iter::from_fn(move || {
            (next.0 < end).then(|| {
                let item = next;
                next = self.after(item);
                item
            })
        })
    }

    /// The keys and values of an object, in order; of anything else, nothing.
    pub fn entries(&self, at: At) -> impl Iterator<Item = (At, At)> + '_ {
        let node = self.node(at);
        let end = if node.kind == Kind::Object { node.extent } else { 0 };
        let mut next = At(at.0 + 1);
        std::iter::from_fn(move || {
            (next.0 < end).then(|| {
                let (key, value) = (next, At(next.0 + 1));
                next = self.after(value);
                (key, value)
            })
        })
    }

    /// The value of a key.
    pub fn get(&self, object: At, key: &str) -> Option<At> {
        self.entries(object).find(|(name, _)| self.text(*name) == Some(key)).map(|(_, value)| value)
    }

    /// Every text that a reader could see: string values, keys, and numbers as they are written.
    pub fn leaves(&self) -> impl Iterator<Item = At> + '_ {
        (0u32..).zip(&self.nodes).filter_map(|(index, node)| match node.kind {
            Kind::String | Kind::Key | Kind::Number => Some(At(index)),
            Kind::Null | Kind::True | Kind::False | Kind::Array | Kind::Object => None,
        })
    }

    /// The same for one value and all that is in it.
    pub fn leaves_of(&self, at: At) -> impl Iterator<Item = At> + '_ {
        let end = self.after(at);
        self.leaves().skip_while(move |leaf| *leaf < at).take_while(move |leaf| *leaf < end)
    }

    /// Puts another text in place of a string, a key or a number (which becomes a string).
    pub fn replace(&mut self, at: At, text: &str) {
        let (Ok(start), Ok(extent)) = (u32::try_from(self.arena.len()), u32::try_from(text.len())) else {
            return; // an arena over 4 GiB: the body limit is far below
        };
        self.arena.push_str(text);
        if let Some(node) = self.nodes.get_mut(at.0 as usize) {
            let kind = match node.kind {
                Kind::Key => Kind::Key,
                Kind::String | Kind::Number | Kind::Null | Kind::True | Kind::False => Kind::String,
                Kind::Array | Kind::Object => return, // containers have no text
            };
            *node = Node { kind, start, extent };
        }
    }

    /// Whether an object somewhere in the document says the same key twice. Parsing refuses that;
    /// replacing keys could bring it about.
    pub fn has_duplicate_keys(&self) -> bool {
        (0u32..).zip(&self.nodes).any(|(index, node)| {
            node.kind == Kind::Object && {
                let mut keys: Vec<&str> =
                    self.entries(At(index)).filter_map(|(key, _)| self.text(key)).collect();
                repeats(&mut keys)
            }
        })
    }

    /// Writes the document. The only way to a backend: bytes made from the parse.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(self.arena.len() + self.nodes.len() * 4);
        Writer { document: self, out, hole: None, cut: 0 }.value(self.root());
    }

    /// Writes the document without one value: what stands before it, and what stands after it.
    pub fn write_around(&self, hole: At) -> (Vec<u8>, Vec<u8>) {
        let mut before = Vec::with_capacity(self.arena.len() + self.nodes.len() * 4);
        let mut writer = Writer { document: self, out: &mut before, hole: Some(hole), cut: 0 };
        writer.value(self.root());
        let cut = writer.cut;
        let after = before.split_off(cut);
        (before, after)
    }
}

struct Writer<'a> {
    document: &'a Document,
    out: &'a mut Vec<u8>,
    hole: Option<At>,
    cut: usize,
}

impl Writer<'_> {
    fn value(&mut self, at: At) {
        if self.hole == Some(at) {
            self.cut = self.out.len();
            return;
        }
        match self.document.kind(at) {
            Kind::Null => self.out.extend_from_slice(b"null"),
            Kind::True => self.out.extend_from_slice(b"true"),
            Kind::False => self.out.extend_from_slice(b"false"),
            Kind::Number => self.out.extend_from_slice(self.document.text(at).unwrap_or("null").as_bytes()),
            Kind::String | Kind::Key => write_string(self.document.text(at).unwrap_or_default(), self.out),
            Kind::Array => self.array(at),
            Kind::Object => self.object(at),
        }
    }

    fn array(&mut self, at: At) {
        self.out.push(b'[');
        for (position, item) in self.document.items(at).enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.value(item);
        }
        self.out.push(b']');
    }

    fn object(&mut self, at: At) {
        self.out.push(b'{');
        for (position, (key, value)) in self.document.entries(at).enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.value(key);
            self.out.push(b':');
            self.value(value);
        }
        self.out.push(b'}');
    }
}

/// Writes one JSON string: what must be escaped is (RFC 8259 section 7), all else stays as it is.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

/// The inside of a JSON string.
pub fn escape(text: &str, out: &mut Vec<u8>) {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    let mut rest = text.as_bytes();
    while let Some(stop) = special(rest) {
        let (plain, tail) = rest.split_at(stop);
        out.extend_from_slice(plain);
        let Some((special, tail)) = tail.split_first() else { break };
        match special {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                out.extend_from_slice(b"\\u00");
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[digit(control >> 4), digit(control & 15)]);
            }
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
}

/// The first byte that cannot stand as it is inside a JSON string. Portions are looked at as a whole,
/// without a branch for each byte, which the compiler turns into vector instructions.
fn special(bytes: &[u8]) -> Option<usize> {
    const PORTION: usize = 32;
    let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let mut from = 0;
    for portion in bytes.chunks_exact(PORTION) {
        if portion.iter().fold(false, |any, byte| any | is_special(byte)) {
            break;
        }
        from += PORTION;
    }
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(is_special).map(|place| from + place)
}

/// Whether a list of keys names one twice. Sorts long lists: never quadratic.
fn repeats(keys: &mut [&str]) -> bool {
    if keys.len() <= PAIRWISE_KEYS_MAX {
        return keys
            .iter()
            .enumerate()
            .any(|(position, key)| keys.iter().skip(position + 1).any(|other| other == key));
    }
    keys.sort_unstable();
    keys.iter().zip(keys.iter().skip(1)).any(|(one, next)| one == next)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes_max: usize,
    document: Document,
}

impl Parser<'_> {
    fn error(&self, rule: &'static str) -> JsonError {
        JsonError { offset: self.at, rule }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn push(&mut self, kind: Kind, start: usize, extent: usize) -> Result<usize, JsonError> {
        if self.document.nodes.len() >= self.nodes_max {
            return Err(self.error("too many values"));
        }
        let (Ok(start), Ok(extent)) = (u32::try_from(start), u32::try_from(extent)) else {
            return Err(self.error("text is too long"));
        };
        self.document.nodes.push(Node { kind, start, extent });
        Ok(self.document.nodes.len() - 1)
    }

    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"') => self.string(Kind::String).map(|_| ()),
            Some(b'{') => self.container(Kind::Object, depth),
            Some(b'[') => self.container(Kind::Array, depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Kind::True),
            Some(b'f') => self.literal("false", Kind::False),
            Some(b'n') => self.literal("null", Kind::Null),
            Some(_) => Err(self.error("no JSON value starts like this")),
            None => Err(self.error("text ends where a value must stand")),
        }
    }

    fn literal(&mut self, word: &'static str, kind: Kind) -> Result<(), JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.error("no JSON value starts like this"));
        }
        self.push(kind, 0, 0)?;
        self.at += word.len();
        Ok(())
    }

    /// RFC 8259 section 6: no leading zero, no bare point, no plus sign.
    fn number(&mut self) -> Result<(), JsonError> {
        let begin = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.at - begin > NUMBER_BYTES_MAX {
            return Err(self.error("number is too long"));
        }
        let start = self.document.arena.len();
        self.document.arena.push_str(self.text.get(begin..self.at).unwrap_or_default());
        self.push(Kind::Number, start, self.at - begin).map(|_| ())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == begin { Err(self.error("number is not complete")) } else { Ok(()) }
    }

    fn container(&mut self, kind: Kind, depth: usize) -> Result<(), JsonError> {
        if depth >= DEPTH_MAX {
            return Err(self.error("nesting is too deep"));
        }
        let (close, place) = (if kind == Kind::Array { b']' } else { b'}' }, self.push(kind, 0, 0)?);
        let mut keys: Vec<usize> = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(close) {
            self.at += 1;
        } else {
            loop {
                if kind == Kind::Object {
                    keys.push(self.key()?);
                }
                self.value(depth + 1)?;
                self.space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => break self.at += 1,
                    _ => return Err(self.error("a comma or the closing bracket is missing")),
                }
                self.space();
            }
        }
        self.refuse_repeats(&keys)?;
        let end = self.document.nodes.len();
        if let (Some(node), Ok(end)) = (self.document.nodes.get_mut(place), u32::try_from(end)) {
            node.extent = end;
        }
        Ok(())
    }

    fn key(&mut self) -> Result<usize, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("a key must be a string"));
        }
        let place = self.string(Kind::Key)?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.error("a colon is missing after a key"));
        }
        self.at += 1;
        self.space();
        Ok(place)
    }

    fn refuse_repeats(&self, keys: &[usize]) -> Result<(), JsonError> {
        if keys.len() < 2 {
            return Ok(());
        }
        let place = |key: &usize| u32::try_from(*key).map_or(At(0), At);
        let mut names: Vec<&str> = keys.iter().filter_map(|key| self.document.text(place(key))).collect();
        if repeats(&mut names) { Err(self.error("an object has the same key twice")) } else { Ok(()) }
    }

    fn string(&mut self, kind: Kind) -> Result<usize, JsonError> {
        self.at += 1;
        let start = self.document.arena.len();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(stop) = special(rest) else {
                return Err(self.error("a string does not end"));
            };
            self.document.arena.push_str(self.text.get(self.at..self.at + stop).unwrap_or_default());
            self.at += stop;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                _ => return Err(self.error("a control character stands in a string")),
            }
        }
        self.at += 1;
        self.push(kind, start, self.document.arena.len() - start)
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.error("unknown escape")),
        };
        self.at += 1;
        self.document.arena.push(character);
        Ok(())
    }

    /// `\uXXXX`, a surrogate only as one half of a pair.
    fn unicode(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let first = self.hex()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
                    return Err(self.error("half a surrogate pair"));
                }
                self.at += 2;
                let second = self.hex()?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(self.error("half a surrogate pair"));
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            other => other,
        };
        let character = char::from_u32(code).ok_or_else(|| self.error("half a surrogate pair"))?;
        self.document.arena.push(character);
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() != 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.error("an escape needs four hexadecimal digits"));
        }
        let text = self.text.get(self.at..self.at + 4).unwrap_or_default();
        self.at += 4;
        u32::from_str_radix(text, 16).map_err(|_| self.error("an escape needs four hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests;
