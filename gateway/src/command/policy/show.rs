//! How results are shown: aligned columns, wrapped text, progress.
//!
//! Invariant: what a machine may read is on standard output alone; progress is for people at a terminal,
//! on standard error, and leaves no trace.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Text is wrapped at this width.
const WIDTH: usize = 100;
/// The blank columns between two cells.
const GAP: &str = "  ";
/// Progress is redrawn no more often.
const REDRAWN_EVERY: Duration = Duration::from_millis(100);
/// Cells of the bar.
const BAR: usize = 30;

/// Rows of cells under a head, each column as wide as its widest cell.
pub(super) struct Table(Vec<Vec<String>>);

impl Table {
    pub(super) fn new<const N: usize>(head: [&str; N]) -> Table {
        Table(vec![head.map(str::to_owned).into()])
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.len() < 2
    }

    /// The lines, each behind an indent. The last column is wrapped and hangs below itself.
    pub(super) fn lines(&self, indent: &str) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let widest =
            |column: usize| self.0.iter().filter_map(|row| row.get(column)).map(|it| width(it)).max();
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.0 {
            let mut line = indent.to_owned();
            for (number, (cell, column)) in row.iter().zip(&widths).enumerate() {
                if number + 1 < row.len() {
                    line += &format!("{cell:<column$}{GAP}");
                } else {
                    line = wrapped(&line, cell);
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Text behind a start, wrapped between words; the following lines stand below its own beginning.
pub(in crate::command) fn wrapped(start: &str, text: &str) -> String {
    let hang = width(start);
    let mut lines = start.to_owned();
    let mut at = hang;
    for (number, word) in text.split_whitespace().enumerate() {
        let is_first = number == 0;
        if !is_first && at + 1 + width(word) > WIDTH {
            lines += &format!("\n{:hang$}", "");
            at = hang;
        } else if !is_first {
            lines.push(' ');
            at += 1;
        }
        lines += word;
        at += width(word);
    }
    lines
}

/// How far something is, on standard error, if that is a terminal.
pub(super) struct Progress {
    what: String,
    total: u64,
    drawn: Option<Instant>,
    shows: bool,
}

impl Progress {
    pub(super) fn new(what: impl Into<String>, total: u64) -> Progress {
        Progress { what: what.into(), total, drawn: None, shows: std::io::stderr().is_terminal() }
    }

    /// Shows the bar at once, for work that tells nothing until it ends.
    pub(super) fn started(mut self) -> Progress {
        self.at(0);
        self
    }

    pub(super) fn at(&mut self, done: u64) {
        if !self.shows || self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAWN_EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let share =
            usize::try_from(done.min(self.total).saturating_mul(100) / self.total.max(1)).unwrap_or(100);
        let (full, empty) = (share * BAR / 100, BAR - share * BAR / 100);
        let bar = format!("{}{}", "#".repeat(full), "-".repeat(empty));
        // A closed standard error has nobody to tell.
        let _ = write!(std::io::stderr(), "\r\x1b[K{} [{bar}] {share:>3} %", self.what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K"); // the line of the progress, empty again
        }
    }
}

/// `1 rule`, `2 rules`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_the_last_one_hangs() {
        let mut table = Table::new(["PAIR", "WHY"]);
        table.row(["zürich/large".to_owned(), "word ".repeat(25)]);
        table.row(["a".to_owned(), String::new()]);
        let words = "word ".repeat(17);
        let expected = format!(
            "  PAIR          WHY\n  zürich/large  {}\n                {}\n  a\n",
            words.trim_end(),
            "word ".repeat(8).trim_end()
        );
        assert_eq!(table.lines("  "), expected);
    }

    #[test]
    fn a_count_has_its_noun_in_the_right_number() {
        assert_eq!((count(1, "rule"), count(0, "case")), ("1 rule".to_owned(), "0 cases".to_owned()));
    }
}
