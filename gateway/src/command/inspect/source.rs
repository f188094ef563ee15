//! What is read: a file or standard input, text by text.
//!
//! Invariant: what is not read as it stands (too long, not UTF-8, not the JSON that was agreed) is
//! refused with its name and line; no more than one text is in memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;

use inland_policies::Country;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::TEXT_BYTES_MAX;

/// What is read at once.
const INPUT_BYTES: usize = 64 << 10;
/// Files from this size on take long enough to show how far it is.
const SHOWN_BYTES_MIN: u64 = 32 << 20;
/// How much is read between two showings.
const SHOWN_STEP_BYTES: u64 = 4 << 20;

/// An input, and how far it is read.
pub(super) struct Source {
    name: String,
    size: Option<u64>,
    reader: BufReader<Box<dyn Read>>,
    buffer: Vec<u8>,
    lines: usize,
    bytes: u64,
    ended: bool,
}

/// One text.
pub(super) struct Input<'a> {
    pub(super) text: &'a str,
    /// What ended its line.
    pub(super) ending: &'static str,
    name: &'a str,
    line: usize,
}

impl Source {
    /// `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Source, String> {
        let named = path.display().to_string();
        if named == "-" {
            return Ok(Source::new("standard input".to_owned(), None, Box::new(io::stdin())));
        }
        let file = File::open(path).map_err(|error| format!("{named}: {error}"))?;
        let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| it.len());
        Ok(Source::new(named, size, Box::new(file)))
    }

    fn new(name: String, size: Option<u64>, reader: Box<dyn Read>) -> Source {
        let reader = BufReader::with_capacity(INPUT_BYTES, reader);
        Source { name, size, reader, buffer: Vec::new(), lines: 0, bytes: 0, ended: false }
    }

    /// Whether the next text may have to be waited for.
    pub(super) fn may_wait(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// The next line.
    pub(super) fn line(&mut self) -> Result<Option<Input<'_>>, String> {
        let bound = TEXT_BYTES_MAX + "\r\n".len();
        self.buffer.clear();
        let read = (&mut self.reader).take(bound as u64).read_until(b'\n', &mut self.buffer);
        if self.count(read)? == 0 {
            return Ok(None);
        }
        self.lines += 1;
        let ending = ["\r\n", "\n"].into_iter().find(|ending| self.buffer.ends_with(ending.as_bytes()));
        self.input(ending.unwrap_or(""))
    }

    /// All of it, once.
    pub(super) fn whole(&mut self) -> Result<Option<Input<'_>>, String> {
        if self.ended {
            return Ok(None);
        }
        self.ended = true;
        self.lines = 1;
        let bound = TEXT_BYTES_MAX + 1;
        let read = (&mut self.reader).take(bound as u64).read_to_end(&mut self.buffer);
        self.count(read)?;
        self.input("")
    }

    fn count(&mut self, read: io::Result<usize>) -> Result<usize, String> {
        let read = read.map_err(|error| format!("{}: {error}", self.name))?;
        self.bytes += read as u64;
        Ok(read)
    }

    /// What the buffer holds, without the end of its line.
    fn input(&self, ending: &'static str) -> Result<Option<Input<'_>>, String> {
        let (name, line) = (self.name.as_str(), self.lines);
        let bytes = self.buffer.strip_suffix(ending.as_bytes()).unwrap_or(&self.buffer);
        if bytes.len() > TEXT_BYTES_MAX {
            return Err(format!(
                "{name}:{line}: longer than {} MiB, which is the most that one text may be\n  \
                 do: write a line break where one text ends",
                TEXT_BYTES_MAX >> 20
            ));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| self.not_utf8(error.valid_up_to()))?;
        Ok(Some(Input { text, ending, name, line }))
    }

    fn not_utf8(&self, place: usize) -> String {
        let before = self.buffer.get(..place).unwrap_or_default();
        let line = self.lines + before.iter().filter(|&&byte| byte == b'\n').count();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        format!(
            "{}:{line}: byte {} is not UTF-8\n  do: iconv -f latin1 -t utf-8, if that is how it was written",
            self.name,
            place - start + 1
        )
    }
}

/// A line of JSON Lines.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) text: Cow<'a, str>,
    /// Taken because the format has it; the engine knows the words of all languages at once.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    lang: Option<Cow<'a, str>>,
    #[serde(
        default,
        deserialize_with = "read_country",
        serialize_with = "write_country",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) country: Option<Country>,
}

impl<'a> Line<'a> {
    pub(super) fn parse(input: &Input<'a>) -> Result<Line<'a>, String> {
        serde_json::from_str(input.text).map_err(|error| {
            let (name, line, column) = (input.name, input.line, error.column());
            // It counts lines inside of this one, of which there is one.
            let said = error.to_string();
            let said = said.strip_suffix(&format!(" at line 1 column {column}")).unwrap_or(&said);
            format!(
                "{name}:{line}:{column}: {said}\n  \
                 write: {{\"text\":\"…\",\"lang\":\"de\",\"country\":\"DE\"}}, the last two only if they are known"
            )
        })
    }
}

fn read_country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Country>, D::Error> {
    let code = Option::<Cow<'de, str>>::deserialize(deserializer)?;
    code.map(|code| super::country(&code).map_err(serde::de::Error::custom)).transpose()
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn write_country<S: Serializer>(country: &Option<Country>, serializer: S) -> Result<S::Ok, S::Error> {
    country.as_ref().map(Country::as_str).serialize(serializer)
}

/// How far it is, on standard error, where someone looks at a large file.
pub(super) struct Progress {
    total: Option<u64>,
    next: u64,
}

impl Progress {
    pub(super) fn of(source: &Source) -> Progress {
        let large = source.size.filter(|&size| size >= SHOWN_BYTES_MIN);
        Progress { total: large.filter(|_| io::stderr().is_terminal()), next: 0 }
    }

    pub(super) fn show(&mut self, source: &Source) {
        let Some(total) = self.total else { return };
        if source.bytes >= self.next {
            self.next = source.bytes + SHOWN_STEP_BYTES;
            let _ = write!(io::stderr(), "\r{} {} % ", source.name, source.bytes * 100 / total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.total.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K"); // the line is empty again
        }
    }
}
