//! `inland audit`: for auditors, offline, and the few commands that change a log. One file per command.

mod erase;
mod fetch;
mod monitor;
mod moved;
mod prune;
mod rotate;
mod show;
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
