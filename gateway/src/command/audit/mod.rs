//! `inland audit`: for auditors, offline. One file per command.

mod rotate;
mod show;
mod verify;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Show(show::Show),
    Rotate(rotate::Rotate),
}

impl Audit {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Audit::Verify(verify) => verify.run(),
            Audit::Show(show) => show.run(),
            Audit::Rotate(rotate) => rotate.run(),
        }
    }
}
