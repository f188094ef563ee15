//! `inland audit report`: what the log says for a register or an authority.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::audit::{self, Format, Kind, Span};
use crate::command::complain;
use crate::command::policy::records::verify;

/// Reports from the log alone: for a register, for an authority.
#[derive(Subcommand)]
pub(in crate::command) enum Report {
    /// Rows of the DORA register of information, templates B_02.02, B_05.01 and B_05.02 of Implementing
    /// Regulation (EU) 2024/2956.
    ///
    /// Example: inland audit report dora demo-state/audit --tenant bank-zuerich --format csv
    Dora(Asked),
    /// Who sent which classes of data where, how much, under which rules; and what was refused.
    ///
    /// Example: inland audit report flows demo-state/audit --from 2026-11-01 --to 2026-11-30
    Flows(Asked),
    /// Rows of the record of processing activities, GDPR Art. 30(1)(a) to (g).
    ///
    /// Example: inland audit report art30 demo-state/audit --tenant hopital-lyon
    Art30(Asked),
}

#[derive(Args)]
pub(in crate::command) struct Asked {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// From this day (2026-11-01, UTC) or moment (RFC 3339) on.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to this day, which is in, or this moment, which is not.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Only this tenant.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// How to write it; csv tells notes and what is missing on standard error.
    #[arg(long, value_enum, default_value_t = Written::Md)]
    format: Written,
    /// Into this file; without it on standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Written {
    Md,
    Csv,
    Json,
}

impl Report {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        match self {
            Report::Dora(asked) => asked.run(Kind::Dora),
            Report::Flows(asked) => asked.run(Kind::Flows),
            Report::Art30(asked) => asked.run(Kind::Art30),
        }
    }
}

impl Asked {
    fn run(self, kind: Kind) -> Result<bool, String> {
        let span = Span::parse(self.from.as_deref(), self.to.as_deref())?;
        // A report of a damaged log would be silent about what is lost.
        verify(&self.directory)?;
        let document = audit::report(kind, &self.directory, &span, self.tenant.as_deref());
        let document = document.map_err(|error| error.to_string())?;
        let format = match self.format {
            Written::Md => Format::Markdown,
            Written::Csv => Format::Csv,
            Written::Json => Format::Json,
        };
        if format == Format::Csv {
            document.notes.iter().for_each(|note| complain(&super::plain(note)));
            for [table, column, what] in &document.missing {
                complain(&format!("to be filled in by you: {table} {column}: {what}"));
            }
        }
        write(self.output, &document.render(format))
    }
}

fn write(output: Option<PathBuf>, text: &str) -> Result<bool, String> {
    use std::io::Write as _;
    match output {
        Some(path) => {
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        // A closed pipe has nobody to tell.
        None => drop(std::io::stdout().write_all(text.as_bytes())),
    }
    Ok(true)
}
