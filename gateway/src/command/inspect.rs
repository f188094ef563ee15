//! `inland inspect`: what is personal in a text, from the command line.
//!
//! Invariant: every text goes whole through the one engine that the gateway asks, and memory is bounded:
//! a text longer than [`TEXT_BYTES_MAX`] is refused by name and line, never cut.

mod output;
mod source;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use inland_kernels::{Engine, Finding};
use inland_policies::Country;

use crate::inspect::look;
use output::{Offsets, Report};
use source::{Line, Progress, Source};

/// The longest text: a line, or with `--whole` an input. Eight times the gateway's default for a body.
const TEXT_BYTES_MAX: usize = 64 << 20;
/// What is written at once.
const OUTPUT_BYTES: usize = 64 << 10;

const ABOUT: &str = "Find what is personal in texts, with the gateway's engine and rules";
const LONG: &str = "\
Find what is personal in texts, with the gateway's engine and rules.

Each line of the input is one text; with --whole, each input is. JSON Lines hold one object a line, \
{\"text\":\"…\",\"lang\":\"de\",\"country\":\"DE\"}, of which only text must be there; country is where the \
person lives, and lang changes nothing, since the words of all languages are looked for.

For each text one line is printed: {\"spans\":[{\"start\":4,\"end\":26,\"label\":\"iban\",\"kind\":\"iban\",\
\"country\":\"DE\",\"score\":99}]}. start and end count characters (Unicode code points), label is the \
policy's class, kind the scheme, score 0 to 100.

Example: echo 'write to anna@example.org' | inland inspect";
const EXAMPLES: &str = "\
Examples:
  inland inspect --redact letter.txt
  inland inspect --whole passport.txt      (a machine-readable zone has two or three lines)
  inland inspect --bytes calls.jsonl       (JSON Lines, by the name of the file)
  inland inspect --jsonl --country DE < calls";

#[derive(Args)]
#[command(about = ABOUT, long_about = LONG, after_help = EXAMPLES)]
pub(super) struct Inspect {
    /// What to read; `-` or nothing is standard input. A name that ends in .jsonl is read as JSON Lines.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read JSON Lines, whatever the input is called.
    #[arg(long, conflicts_with = "whole")]
    jsonl: bool,
    /// Each input is one text, whatever it is called: a number may go on in the next line.
    #[arg(long)]
    whole: bool,
    /// Count bytes of UTF-8 instead of characters.
    #[arg(long, conflicts_with = "redact")]
    bytes: bool,
    /// Print the text, in the form in which it came, with `[iban]` in place of an IBAN.
    #[arg(long)]
    redact: bool,
    /// Where the persons live, where a JSON line does not say it: settles what two countries' numbers may be.
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
    /// What looks.
    #[arg(long, value_enum, default_value_t = Kind::Cpu)]
    engine: Kind,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// This processor.
    Cpu,
    /// A graphics processor of NVIDIA.
    Cuda,
}

/// How an input is cut into texts.
#[derive(Clone, Copy)]
enum Form {
    Lines,
    Whole,
    Json,
}

/// Why it ends before all is read.
enum Stop {
    /// Whoever reads the output has seen enough (`| head`): nothing went wrong.
    Closed,
    Fault(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Stop::Closed;
        }
        Stop::Fault(format!("standard output: {error}"))
    }
}

impl Inspect {
    pub(super) fn run(self) -> Result<bool, String> {
        let engine = engine(self.engine)?;
        let mut out = BufWriter::with_capacity(OUTPUT_BYTES, io::stdout());
        match self.inputs(&engine, &mut out) {
            Ok(()) | Err(Stop::Closed) => Ok(true),
            Err(Stop::Fault(fault)) => {
                let _ = out.flush(); // the answers before the fault are good; the fault is what is told
                Err(fault)
            }
        }
    }

    fn inputs(&self, engine: &Engine, out: &mut impl Write) -> Result<(), Stop> {
        let standard_input = [PathBuf::from("-")];
        let paths = if self.files.is_empty() { standard_input.as_slice() } else { self.files.as_slice() };
        for path in paths {
            let mut source = Source::open(path).map_err(Stop::Fault)?;
            let mut progress = Progress::of(&source);
            let form = self.form(path);
            while self.text(engine, form, &mut source, out)? {
                progress.show(&source);
            }
        }
        out.flush()?;
        Ok(())
    }

    fn form(&self, path: &Path) -> Form {
        let named = path.extension().is_some_and(|extension| extension == "jsonl");
        match (self.whole, self.jsonl || named) {
            (true, _) => Form::Whole,
            (false, true) => Form::Json,
            (false, false) => Form::Lines,
        }
    }

    /// Reads, scans and answers the next text; says whether there was one.
    fn text(
        &self,
        engine: &Engine,
        form: Form,
        source: &mut Source,
        out: &mut impl Write,
    ) -> Result<bool, Stop> {
        if source.may_wait() {
            out.flush()?; // who sent the texts before may send no more until they are answered
        }
        let next = match form {
            Form::Whole => source.whole(),
            Form::Lines | Form::Json => source.line(),
        };
        let Some(input) = next.map_err(Stop::Fault)? else { return Ok(false) };
        if matches!(form, Form::Json) {
            self.answer_json(engine, Line::parse(&input).map_err(Stop::Fault)?, out)?;
            return Ok(true);
        }
        let found = scan(engine, input.text, self.country);
        if self.redact {
            out.write_all(output::redacted(input.text, &found).as_bytes())?;
            out.write_all(input.ending.as_bytes())?;
        } else {
            output::json(&Report::new(input.text, &found, self.offsets()), out)?;
        }
        Ok(true)
    }

    fn answer_json(&self, engine: &Engine, mut line: Line<'_>, out: &mut impl Write) -> Result<(), Stop> {
        let found = scan(engine, &line.text, line.country.or(self.country));
        if self.redact {
            line.text = output::redacted(&line.text, &found).into_owned().into();
            output::json(&line, out)?;
        } else {
            output::json(&Report::new(&line.text, &found, self.offsets()), out)?;
        }
        Ok(())
    }

    fn offsets(&self) -> Offsets {
        if self.bytes { Offsets::Bytes } else { Offsets::CodePoints }
    }
}

fn engine(kind: Kind) -> Result<Engine, String> {
    match kind {
        Kind::Cpu => Ok(Engine::cpu()),
        Kind::Cuda => Engine::cuda().map_err(|why| format!("--engine cuda: {why}\n  write: --engine cpu")),
    }
}

/// As the gateway asks for a tenant of that country.
fn scan(engine: &Engine, text: &str, country: Option<Country>) -> Vec<Finding> {
    let mut found = Vec::new();
    look(engine, text, country, &mut found);
    found
}

fn country(code: &str) -> Result<Country, String> {
    Country::parse(code).ok_or_else(|| "a country is written as DE (ISO 3166-1 alpha-2)".to_owned())
}
