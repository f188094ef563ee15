//! Filter: which time an export is of.
//!
//! Invariant: a window is half open, so that one month after the other has every record once.

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, macros::format_description};

/// A bound of a window, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(i64);

impl Instant {
    /// `2026-11-27` (its first microsecond in UTC) or an RFC 3339 time.
    pub fn parse(text: &str) -> Result<Instant, String> {
        let day = Date::parse(text, format_description!("[year]-[month]-[day]"))
            .map(|date| date.midnight().assume_utc());
        let time = day.or_else(|_| OffsetDateTime::parse(text, &Rfc3339));
        let time = time.map_err(|_| {
            format!("`{text}` is no time: write a date like 2026-11-27 (UTC) or an RFC 3339 time like 2026-11-27T09:30:00+01:00")
        })?;
        Ok(Instant(micros(time)))
    }
}

/// From one time up to, and without, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    from: Option<Instant>,
    to: Option<Instant>,
}

impl Window {
    /// Either side may be open. An empty window is an error: it would look like an empty log.
    pub fn new(from: Option<Instant>, to: Option<Instant>) -> Result<Window, String> {
        match (from, to) {
            (Some(from), Some(to)) if from >= to => {
                Err("--from must be before --to: the end is not part of the export".to_owned())
            }
            (from, to) => Ok(Window { from, to }),
        }
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    pub(super) fn holds(&self, time_us: Option<i64>) -> bool {
        let Some(time) = time_us.map(Instant) else { return !self.is_bounded() };
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

/// The time of a record in microseconds since 1970.
pub(super) fn time_us(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(micros)
}

/// `2026-11-27` in UTC.
pub(super) fn date_of(time_us: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(time_us.div_euclid(1_000_000)).ok()?;
    time.format(format_description!("[year]-[month]-[day]")).ok()
}

fn micros(time: OffsetDateTime) -> i64 {
    // The years 0 to 9999 of RFC 3339 fit by far.
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}
