//! `inland audit`: for auditors, offline, and the few commands that change a log. One file per command.

mod consistency;
mod erase;
mod export;
mod fetch;
mod find;
mod monitor;
mod moved;
mod prove;
mod prune;
mod report;
mod rotate;
mod show;
mod tail;
mod verify;

use std::io::IsTerminal;
use std::path::Path;

use clap::Subcommand;

use crate::audit::{self, Answer, Command};

#[derive(Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Show(show::Show),
    Erase(erase::Erase),
    Prune(prune::Prune),
    Moved(moved::Moved),
    Rotate(rotate::Rotate),
    Monitor(monitor::Monitor),
    Fetch(fetch::Fetch),
    Find(find::Find),
    Tail(tail::Tail),
    #[command(subcommand)]
    Report(report::Report),
    Prove(prove::Prove),
    CheckProof(prove::CheckProof),
    Consistency(consistency::Consistency),
    Export(export::Export),
}

impl Audit {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Audit::Verify(verify) => verify.run(),
            Audit::Show(show) => show.run(),
            Audit::Erase(erase) => erase.run(),
            Audit::Prune(prune) => prune.run(),
            Audit::Moved(moved) => moved.run(),
            Audit::Rotate(rotate) => rotate.run(),
            Audit::Monitor(monitor) => monitor.run(),
            Audit::Fetch(fetch) => fetch.run(),
            Audit::Find(find) => find.run(),
            Audit::Tail(tail) => tail.run(),
            Audit::Report(report) => report.run(),
            Audit::Prove(prove) => prove.run(),
            Audit::CheckProof(check) => check.run(),
            Audit::Consistency(consistency) => consistency.run(),
            Audit::Export(export) => export.run(),
        }
    }
}

/// Changes a log, here or through the gateway that runs on it.
fn carry_out(directory: &Path, command: &Command) -> Result<Answer, String> {
    if std::io::stderr().is_terminal() {
        super::complain("this reads old records of the log; a large log takes minutes");
    }
    audit::order(directory, command).map_err(|error| error.to_string())
}

/// A text for a terminal: nothing in a record moves its cursor, changes its colours or turns it around.
fn plain(text: &str) -> String {
    let moves = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if moves(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}
