//! How far long work is.
//!
//! Invariant: progress is for people at a terminal, on standard error, and leaves no trace; what a machine
//! may read is on standard output alone.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::audit;

/// Redrawn no more often.
const REDRAWN_EVERY: Duration = Duration::from_millis(100);
/// Before this nobody can tell how long it will take.
const KNOWN_AFTER: Duration = Duration::from_secs(1);
/// Cells of the bar.
const BAR: usize = 30;

/// A bar that goes when it is dropped.
pub(super) struct Progress {
    what: String,
    total: u64,
    started: Instant,
    drawn: Option<Instant>,
    shows: bool,
}

impl Progress {
    /// Of so many; nobody knows the end of 0.
    pub(super) fn new(what: impl Into<String>, total: u64) -> Progress {
        let shows = std::io::stderr().is_terminal();
        Progress { what: what.into(), total, started: Instant::now(), drawn: None, shows }
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
        // A closed standard error has nobody to tell.
        let _ = write!(
            std::io::stderr(),
            "\r\x1b[K{}",
            line(&self.what, done, self.total, self.started.elapsed())
        );
    }
}

fn line(what: &str, done: u64, total: u64, elapsed: Duration) -> String {
    let known = elapsed >= KNOWN_AFTER && done > 0;
    let rate = if known { u128::from(done) * 1_000_000 / elapsed.as_micros().max(1) } else { 0 };
    let speed = if known { format!("  {rate}/s") } else { String::new() };
    if total == 0 {
        return format!("{what} {done}{speed}");
    }
    let share = usize::try_from(done.min(total).saturating_mul(100) / total).unwrap_or(100);
    let (full, empty) = (share * BAR / 100, BAR - share * BAR / 100);
    let left = match rate {
        0 => String::new(),
        _ => format!(", {} s left", u128::from(total.saturating_sub(done)).div_ceil(rate)),
    };
    format!("{what} [{}{}] {share:>3} %{speed}{left}", "#".repeat(full), "-".repeat(empty))
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K"); // the line of the progress, empty again
        }
    }
}

/// The way through a log: a bar for each partition.
#[derive(Default)]
pub(super) struct LogProgress(Option<(String, Progress)>);

impl LogProgress {
    pub(super) fn at(&mut self, it: audit::Progress<'_>) {
        if self.0.as_ref().is_none_or(|(partition, bar)| partition != it.partition || bar.total != it.total) {
            self.0 = Some((it.partition.to_owned(), Progress::new(it.partition, it.total)));
        }
        if let Some((_, bar)) = &mut self.0 {
            bar.at(it.done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far_how_fast_and_how_long_yet() {
        let shown = |done, total, seconds| line("FR-health", done, total, Duration::from_secs(seconds));
        assert_eq!(shown(0, 400, 0), "FR-health [------------------------------]   0 %");
        assert_eq!(shown(100, 400, 2), "FR-health [#######-----------------------]  25 %  50/s, 6 s left");
        assert_eq!(shown(400, 400, 8), "FR-health [##############################] 100 %  50/s, 0 s left");
        assert_eq!(shown(500, 400, 8), "FR-health [##############################] 100 %  62/s, 0 s left");
        assert_eq!(shown(900, 0, 3), "FR-health 900  300/s");
    }
}
