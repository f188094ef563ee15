//! `inland audit`: for auditors, offline. One file per command.

mod fetch;
mod monitor;
mod show;
mod verify;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Show(show::Show),
    Monitor(monitor::Monitor),
    Fetch(fetch::Fetch),
}

impl Audit {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Audit::Verify(verify) => verify.run(),
            Audit::Show(show) => show.run(),
            Audit::Monitor(monitor) => monitor.run(),
            Audit::Fetch(fetch) => fetch.run(),
        }
    }
}
