//! Report: what a log says for a register or an authority, made of nothing but its records.
//!
//! Invariant: a cell holds what the log knows, or nothing: what it cannot know is named under "to be
//! filled in by you", and never guessed. The same records give the same bytes. Memory is bounded: rows
//! past the bound are left out, and the report says how many calls they were.

mod art30;
mod dora;
mod flows;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::calls::{self, Attempt, Call, Candidate, End, Span};
use super::read::VerifyError;
pub use table::Format;

/// Rows of one section: about 50 MB.
const ROWS_MAX: usize = 50_000;
/// Different values that one cell gathers.
const VALUES_MAX: usize = 1_000;

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rows of the register of information (DORA Art. 28(3)).
    Dora,
    /// The data-flow map.
    Flows,
    /// Rows of the record of processing activities (GDPR Art. 30(1)).
    Art30,
}

/// A report: head, tables, and what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub title: String,
    /// What one must know to read it.
    pub notes: Vec<String>,
    /// Its tables.
    pub sections: Vec<Section>,
    /// What the log cannot know: (table, column or point, what it is).
    pub missing: Vec<[String; 3]>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name, such as `B_02.02`.
    pub name: String,
    /// What it holds, for people.
    pub about: String,
    /// Its columns.
    pub columns: Vec<&'static str>,
    /// Its rows, sorted.
    pub rows: Vec<Vec<String>>,
}

/// Makes a report of the calls of a span, and of one tenant if it is named.
pub fn report(
    kind: Kind,
    directory: &Path,
    span: &Span,
    tenant: Option<&str>,
) -> Result<Document, VerifyError> {
    let wanted = |call: &Call| span.holds(&call.time) && tenant.is_none_or(|tenant| call.tenant == tenant);
    let (read, mut document) = match kind {
        Kind::Dora => {
            let mut dora = dora::Dora::new(tenant.is_some());
            (calls::each(directory, &wanted, &mut |call| dora.call(&call))?, dora.document())
        }
        Kind::Flows => {
            let mut flows = flows::Flows::default();
            (calls::each(directory, &wanted, &mut |call| flows.call(&call))?, flows.document())
        }
        Kind::Art30 => {
            let mut art30 = art30::Art30::default();
            (calls::each(directory, &wanted, &mut |call| art30.call(&call))?, art30.document())
        }
    };
    let of = tenant.map_or_else(|| "all tenants".to_owned(), |tenant| format!("tenant {tenant}"));
    document.notes.insert(0, format!("Calls of {of}, {}, by the time of their records (UTC).", span.shown()));
    for (partition, first) in &read.pruned {
        document.notes.push(format!(
            "{partition} begins with record {first}: what was before it was pruned and is not in here."
        ));
    }
    if read.given_up > 0 {
        document.notes.push(format!("{} calls were open too long: their end is not in here.", read.given_up));
    }
    Ok(document)
}

/// Rows by their key, no more than [`ROWS_MAX`].
#[derive(Debug)]
struct Rows<K, V> {
    rows: BTreeMap<K, V>,
    max: usize,
    left_out: u64,
}

impl<K: Ord, V: Default> Default for Rows<K, V> {
    fn default() -> Rows<K, V> {
        Rows { rows: BTreeMap::new(), max: ROWS_MAX, left_out: 0 }
    }
}

impl<K: Ord, V: Default> Rows<K, V> {
    /// The row of a key; nothing for a new one past the bound, which is counted.
    fn row(&mut self, key: K) -> Option<&mut V> {
        if self.rows.len() >= self.max && !self.rows.contains_key(&key) {
            self.left_out += 1;
            return None;
        }
        Some(self.rows.entry(key).or_default())
    }

    fn note(&self) -> Option<String> {
        (self.left_out > 0).then(|| {
            format!(
                "INCOMPLETE: the bound of {} rows was reached; {} more entries are not in here. Ask for less: --from, --to, --tenant.",
                self.max, self.left_out
            )
        })
    }
}

/// Calls and when they were.
#[derive(Debug, Clone, Default)]
struct Tally {
    calls: u64,
    first: Option<String>,
    last: Option<String>,
}

impl Tally {
    fn add(&mut self, time: &str) {
        self.calls += 1;
        if self.first.as_deref().is_none_or(|first| time < first) {
            self.first = Some(time.to_owned());
        }
        if self.last.as_deref().is_none_or(|last| time > last) {
            self.last = Some(time.to_owned());
        }
    }

    fn cells(self) -> [String; 3] {
        [self.calls.to_string(), self.first.unwrap_or_default(), self.last.unwrap_or_default()]
    }
}

/// Different values, sorted, no more than [`VALUES_MAX`].
#[derive(Debug, Clone, Default)]
struct Values {
    values: BTreeSet<String>,
    more: bool,
}

impl Values {
    fn add(&mut self, value: impl Into<String>) {
        let value = value.into();
        if self.values.len() < VALUES_MAX {
            self.values.insert(value);
        } else if !self.values.contains(&value) {
            self.more = true;
        }
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn joined(&self, between: &str) -> String {
        let mut text = self.values.iter().map(String::as_str).collect::<Vec<_>>().join(between);
        if self.more {
            text += &format!("{between}INCOMPLETE: more than {VALUES_MAX}");
        }
        text
    }
}

/// The attempts of a call that may have received a byte of it, each with its provider's facts.
fn receivers(call: &Call) -> impl Iterator<Item = (&Attempt, Option<&Candidate>)> {
    let attempts = match &call.end {
        End::Ended(ended) => ended.attempts.as_slice(),
        End::Refused { .. } | End::Unknown => &[],
    };
    let received = attempts.iter().filter(|attempt| attempt.may_have_received());
    received.map(|attempt| (attempt, call.candidate(&attempt.pair)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn past_the_bound_rows_are_left_out_and_the_report_says_so() {
        let mut rows: Rows<&str, u32> = Rows { max: 2, ..Rows::default() };
        for key in ["b", "a", "b"] {
            *rows.row(key).unwrap() += 1;
        }
        assert_eq!((rows.note(), rows.row("c")), (None, None));
        *rows.row("a").unwrap() += 1;
        assert_eq!(rows.rows.iter().collect::<Vec<_>>(), [(&"a", &2), (&"b", &2)]);
        assert_eq!(
            rows.note().unwrap(),
            "INCOMPLETE: the bound of 2 rows was reached; 1 more entries are not in here. Ask for less: --from, --to, --tenant."
        );
    }

    #[test]
    fn a_cell_that_holds_too_much_says_so() {
        let mut values = Values::default();
        (0..VALUES_MAX).for_each(|number| values.add(number.to_string()));
        values.add("7"); // is in there already
        assert!(!values.joined(", ").contains("INCOMPLETE"));
        values.add("one more");
        assert!(values.joined(", ").ends_with(", 999, INCOMPLETE: more than 1000"));
    }
}
