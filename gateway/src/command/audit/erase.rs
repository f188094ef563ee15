//! `inland audit erase`: forget one person.

use std::path::PathBuf;

use clap::Args;

use super::carry_out;
use crate::audit::{Answer, Command};
use crate::command::say;
use crate::config::Config;

/// The longest subject, and its line feed.
const LINE_BYTES_MAX: u64 = 1025;

/// Forget one person (GDPR Art. 17): destroy their key under an ERASE record. The log still verifies.
///
/// Works beside a running gateway, which then does it. A subject given as `-` is read from standard
/// input, so that it does not stand in the list of processes.
///
/// Example: inland audit erase --config gateway.toml --tenant hopital-lyon --subject - --reason R-2026-114
#[derive(Args)]
#[command(group = clap::ArgGroup::new("log").required(true))]
pub(in crate::command) struct Erase {
    /// The folder of all partitions.
    #[arg(group = "log")]
    directory: Option<PathBuf>,
    /// The configuration that names it.
    #[arg(long, value_name = "FILE", group = "log")]
    config: Option<PathBuf>,
    /// The tenant whose user it is.
    #[arg(long)]
    tenant: String,
    /// The person: the `sub` of their tokens, or `api-key/NAME`; `-` reads a line from standard input.
    #[arg(long)]
    subject: String,
    /// A reference of their request, for the record. No name.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Erase {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let directory = match (self.directory, self.config) {
            (Some(directory), _) => directory,
            (None, Some(config)) => {
                let config = Config::load(&config).map_err(|error| error.to_string())?;
                config.path(&config.audit.directory)
            }
            (None, None) => return Err("name the log's folder, or --config FILE".into()),
        };
        let subject = if self.subject == "-" { read_line()? } else { self.subject };
        let command = Command::Erase { tenant: self.tenant, subject, reason: self.reason };
        match carry_out(&directory, &command)? {
            Answer::Erased(erased) => {
                say(&format!("erased: key {}, recorded in {}", erased.key, erased.partitions.join(", ")));
                Ok(true)
            }
            Answer::Pruned(_) | Answer::Rotated(_) => Err("the gateway answered another question".into()),
            Answer::Refused(why) => Err(why),
        }
    }
}

fn read_line() -> Result<String, String> {
    use std::io::{BufRead, Read};
    let mut line = String::new();
    let input = std::io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line);
    input.map_err(|error| format!("standard input: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
