//! `inland audit`: for auditors, offline. One file per command.

mod find;
mod report;
mod show;
mod tail;
mod verify;

use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum Audit {
    Verify(verify::Verify),
    Show(show::Show),
    Find(find::Find),
    Tail(tail::Tail),
    #[command(subcommand)]
    Report(report::Report),
}

impl Audit {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Audit::Verify(verify) => verify.run(),
            Audit::Show(show) => show.run(),
            Audit::Find(find) => find.run(),
            Audit::Tail(tail) => tail.run(),
            Audit::Report(report) => report.run(),
        }
    }
}

/// A text for a terminal: nothing in a record moves its cursor, changes its colours or turns it around.
fn plain(text: &str) -> String {
    let moves = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if moves(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}
