//! `inland audit`: for auditors, offline. One file per command.

mod export;
mod show;
mod verify;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Show(show::Show),
    Export(export::Export),
}

impl Audit {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Audit::Verify(verify) => verify.run(),
            Audit::Show(show) => show.run(),
            Audit::Export(export) => export.run(),
        }
    }
}
