//! Calls: each request of a log with what became of it.
//!
//! Invariant: an INTENT is given exactly once, with its OUTCOME, or as one whose end is not known; a
//! REFUSAL is given as it stands. One pass, in bounded memory: so many INTENTs wait for their end, and
//! past that the oldest is given without one, and counted.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::canonical::timestamp;
use super::read::{VerifyError, partitions, records};

/// INTENTs that wait for their OUTCOME: more than a gateway has in flight.
const OPEN_MAX: usize = 16_384;
/// Inputs and decisions that repeat are read once; so many of each are remembered.
const REMEMBERED_MAX: usize = 512;

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) partition: Arc<str>,
    /// Index of its INTENT or REFUSAL.
    pub(super) index: u64,
    pub(super) time: String,
    pub(super) id: String,
    pub(super) tenant: String,
    /// The name of the subject's key.
    pub(super) subject: Option<String>,
    pub(super) route: String,
    pub(super) model: Option<String>,
    pub(super) findings: BTreeMap<String, u64>,
    /// What the policy was asked; nothing if it was not.
    pub(super) input: Option<Arc<Input>>,
    pub(super) decision: Option<Arc<Decision>>,
    pub(super) end: End,
}

/// How it ended.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// With an OUTCOME.
    Ended(Ended),
    /// With a REFUSAL: nothing left.
    Refused { status: u16, code: String, reasons: Vec<Reason> },
    /// No OUTCOME: it still runs, or a crash was between.
    Unknown,
}

/// An OUTCOME.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) index: u64,
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
}

/// One try at one backend.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Attempt {
    pub(super) pair: String,
    pub(super) backend: String,
    pub(super) country: String,
    pub(super) address: Option<String>,
    pub(super) pin: Option<String>,
    pub(super) reason: Option<String>,
}

impl Attempt {
    /// Whether a byte of the request may have reached it: the address is noted when the connection
    /// stands, before the request is sent (record.rs).
    pub(super) fn may_have_received(&self) -> bool {
        self.address.is_some()
    }

    /// `answered`, or why not.
    pub(super) fn result(&self) -> &str {
        self.reason.as_deref().unwrap_or("answered")
    }
}

/// A reason of the policy.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) rule: String,
    #[serde(default, rename = "ref")]
    pub(super) reference: String,
}

/// `inland.input/v1`, as far as it is told on.
#[derive(Debug, Deserialize)]
pub(super) struct Input {
    pub(super) candidates: Vec<Candidate>,
    pub(super) classes: Vec<String>,
    pub(super) subjects: Vec<String>,
    pub(super) tenant: Tenant,
    pub(super) use_case: Option<String>,
}

/// The tenant's facts.
#[derive(Debug, Deserialize)]
pub(super) struct Tenant {
    pub(super) country: String,
    pub(super) sector: String,
    pub(super) flags: Vec<String>,
}

/// A (backend, model) pair with the facts of its provider's endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) operator: String,
    pub(super) parents: Places,
    pub(super) processing: Places,
    pub(super) storage: Places,
    pub(super) remote_access: Places,
    pub(super) conditions: Vec<String>,
    pub(super) retention_days: Days,
    pub(super) self_hosted: bool,
    #[serde(default)]
    pub(super) contracts: Vec<String>,
    #[serde(default)]
    pub(super) transfer_tools: Vec<String>,
    #[serde(default)]
    pub(super) tia: Option<String>,
}

/// Countries, or `unknown`, or `unbounded`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub(super) enum Places {
    Listed(Vec<String>),
    Word(String),
}

impl Places {
    /// The countries, if they are known.
    pub(super) fn listed(&self) -> Option<&[String]> {
        match self {
            Places::Listed(list) => Some(list),
            Places::Word(_) => None,
        }
    }
}

/// A number of days, or `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Days {
    Number(u32),
    Word(String),
}

impl std::fmt::Display for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Days::Number(days) => write!(f, "{days}"),
            Days::Word(word) => f.write_str(word),
        }
    }
}

/// `inland.decision/v1`, as far as it is told on.
#[derive(Debug, Deserialize)]
pub(super) struct Decision {
    pub(super) rules: Vec<String>,
    pub(super) redact: BTreeMap<String, String>,
    pub(super) exclude: BTreeMap<String, Vec<Reason>>,
    pub(super) log_min_days: u32,
    pub(super) retention_days_max: Option<u32>,
}

impl Call {
    /// The rules that speak for or against it, sorted: those of a refusal's reasons, or those that applied.
    pub(super) fn rules(&self) -> Vec<String> {
        let mut rules: Vec<String> = match &self.end {
            End::Refused { reasons, .. } => reasons.iter().map(|reason| reason.rule.clone()).collect(),
            End::Ended(_) | End::Unknown => Vec::new(),
        };
        if rules.is_empty() {
            rules = self.decision.iter().flat_map(|decision| decision.rules.clone()).collect();
        }
        rules.sort();
        rules.dedup();
        rules
    }

    /// The law behind its exclusions, sorted.
    pub(super) fn references(&self) -> Vec<String> {
        let reasons = self.decision.iter().flat_map(|decision| decision.exclude.values().flatten());
        let mut found: Vec<String> = reasons.map(|reason| reason.reference.clone()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// What was taken out of it before it left: the classes that were found and had to go. From a call
    /// that was refused nothing was taken: it never left.
    pub(super) fn redacted(&self) -> impl Iterator<Item = (&str, &str)> {
        let left = !matches!(self.end, End::Refused { .. });
        let redact = self.decision.iter().filter(move |_| left).flat_map(|decision| &decision.redact);
        redact
            .filter(|(class, _)| self.findings.contains_key(class.as_str()))
            .map(|(class, action)| (class.as_str(), action.as_str()))
    }

    /// The facts of the pair that an attempt was made at.
    pub(super) fn candidate(&self, pair: &str) -> Option<&Candidate> {
        self.input.as_deref()?.candidates.iter().find(|candidate| candidate.id == pair)
    }
}

/// From when to when, on the log's own clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    from: Option<String>,
    /// The first moment that is out.
    to: Option<String>,
}

impl Span {
    /// Days (`2026-11-30`, UTC; both are in) or moments (RFC 3339; up to `to`, and without it).
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Span, String> {
        let from = from.map(|text| moment(text, false)).transpose()?;
        let to = to.map(|text| moment(text, true)).transpose()?;
        if let (Some(from), Some(to)) = (&from, &to)
            && from >= to
        {
            return Err("--from is not before --to".to_owned());
        }
        Ok(Span { from, to })
    }

    pub(super) fn holds(&self, time: &str) -> bool {
        self.from.as_deref().is_none_or(|from| time >= from) && self.to.as_deref().is_none_or(|to| time < to)
    }

    /// `from 2026-11-01T00:00:00.000000Z to …`, for the head of a report.
    pub(super) fn shown(&self) -> String {
        let of = |edge: &Option<String>, other: &str| edge.clone().unwrap_or_else(|| other.to_owned());
        format!("{} to {}", of(&self.from, "the first record"), of(&self.to, "the last record"))
    }
}

/// In the spelling of the records, whose order is that of time.
fn moment(text: &str, ends: bool) -> Result<String, String> {
    let wrong =
        || format!("{text} is neither a day nor a moment\n  write: 2026-11-30 or 2026-11-30T12:00:00Z");
    let at = match Date::parse(text, format_description!("[year]-[month]-[day]")) {
        Ok(day) if ends => day.next_day().ok_or_else(wrong)?.midnight().assume_utc(),
        Ok(day) => day.midnight().assume_utc(),
        Err(_) => OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?,
    };
    let micros = u64::try_from(at.unix_timestamp_nanos() / 1000).map_err(|_| wrong())?;
    let mut out = Vec::new();
    timestamp(micros, &mut out);
    Ok(String::from_utf8_lossy(&out).trim_matches('"').to_owned())
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Records that were looked at.
    pub(super) records: u64,
    /// INTENTs that were given without their end, because too many waited for theirs.
    pub(super) given_up: u64,
    /// Partitions whose first records are gone, and the first that is there.
    pub(super) pruned: BTreeMap<String, u64>,
}

/// Gives every call that is `wanted` (seen before its end is known), in the order of their ends.
pub(super) fn each(
    directory: &Path,
    wanted: &dyn Fn(&Call) -> bool,
    give: &mut dyn FnMut(Call),
) -> Result<Read, VerifyError> {
    each_within(OPEN_MAX, directory, wanted, give)
}

/// The same, with so many that may wait.
pub(super) fn each_within(
    open_max: usize,
    directory: &Path,
    wanted: &dyn Fn(&Call) -> bool,
    give: &mut dyn FnMut(Call),
) -> Result<Read, VerifyError> {
    let mut read = Read::default();
    let mut known = Known::default();
    for (name, path) in partitions(directory)? {
        let partition: Arc<str> = name.as_str().into();
        let mut open: BTreeMap<u64, Call> = BTreeMap::new();
        let mut is_first = true;
        for record in records(&path)? {
            let (index, bytes) = record?;
            if std::mem::take(&mut is_first) && index > 0 {
                read.pruned.insert(name.clone(), index);
            }
            read.records += 1;
            let fault =
                |what: String| VerifyError::Fault { partition: name.clone(), index: Some(index), what };
            match known.entry(&partition, index, &bytes).map_err(fault)? {
                Entry::Asked(call) if !wanted(&call) => {}
                Entry::Asked(call) if matches!(call.end, End::Unknown) => drop(open.insert(index, *call)),
                Entry::Asked(call) => give(*call),
                Entry::Ended(intent, ended) => {
                    if let Some(call) = open.remove(&intent) {
                        give(Call { end: End::Ended(ended), ..call });
                    }
                }
                Entry::Other => {}
            }
            if open.len() > open_max
                && let Some((_, call)) = open.pop_first()
            {
                read.given_up += 1;
                give(call);
            }
        }
        open.into_values().for_each(&mut *give);
    }
    Ok(read)
}

enum Entry {
    Asked(Box<Call>),
    /// Index of the INTENT, and the OUTCOME.
    Ended(u64, Ended),
    Other,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Asking<'a> {
    time: String,
    id: String,
    tenant: String,
    subject: Option<Subject>,
    route: String,
    model: Option<String>,
    findings: BTreeMap<String, u64>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    decision: Option<&'a RawValue>,
    // Of a REFUSAL.
    status: Option<u16>,
    code: Option<String>,
    #[serde(default)]
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
struct Subject {
    key: String,
}

#[derive(Deserialize)]
struct Outcome {
    intent: u64,
    status: u16,
    code: Option<String>,
    attempts: Vec<Attempt>,
    request_bytes: u64,
    response_bytes: u64,
}

/// Inputs and decisions, by their verbatim text: equal calls have equal ones.
#[derive(Default)]
struct Known {
    inputs: HashMap<String, Arc<Input>>,
    decisions: HashMap<String, Arc<Decision>>,
}

impl Known {
    fn entry(&mut self, partition: &Arc<str>, index: u64, bytes: &[u8]) -> Result<Entry, String> {
        let damaged = |error: serde_json::Error| format!("it is not the JSON of a record: {error}");
        let head: Head<'_> = serde_json::from_slice(bytes).map_err(damaged)?;
        match &*head.kind {
            "INTENT" | "REFUSAL" => {
                let asking = serde_json::from_slice(bytes).map_err(damaged)?;
                self.asked(partition, index, asking, head.kind == "REFUSAL").map(Entry::Asked)
            }
            "OUTCOME" => {
                let it: Outcome = serde_json::from_slice(bytes).map_err(damaged)?;
                let Outcome { intent, status, code, attempts, request_bytes, response_bytes } = it;
                Ok(Entry::Ended(
                    intent,
                    Ended { index, status, code, attempts, request_bytes, response_bytes },
                ))
            }
            // A RECOVERY changes nothing here: what it names has no OUTCOME.
            _ => Ok(Entry::Other),
        }
    }

    fn asked(
        &mut self,
        partition: &Arc<str>,
        index: u64,
        it: Asking<'_>,
        refused: bool,
    ) -> Result<Box<Call>, String> {
        let input = it.input.map(|text| remembered(&mut self.inputs, text.get(), "input")).transpose()?;
        let decision =
            it.decision.map(|text| remembered(&mut self.decisions, text.get(), "decision")).transpose()?;
        let end = match (refused, it.status, it.code) {
            (true, Some(status), Some(code)) => End::Refused { status, code, reasons: it.reasons },
            (true, _, _) => return Err("a REFUSAL without status or code".to_owned()),
            (false, _, _) if input.is_none() || decision.is_none() => {
                return Err("an INTENT without the policy's input or decision".to_owned());
            }
            (false, _, _) => End::Unknown,
        };
        Ok(Box::new(Call {
            partition: Arc::clone(partition),
            index,
            time: it.time,
            id: it.id,
            tenant: it.tenant,
            subject: it.subject.map(|subject| subject.key),
            route: it.route,
            model: it.model,
            findings: it.findings,
            input,
            decision,
            end,
        }))
    }
}

fn remembered<T: serde::de::DeserializeOwned>(
    known: &mut HashMap<String, Arc<T>>,
    text: &str,
    what: &str,
) -> Result<Arc<T>, String> {
    if let Some(found) = known.get(text) {
        return Ok(Arc::clone(found));
    }
    let read: T = serde_json::from_str(text)
        .map_err(|error| format!("its {what} is of another version or damaged: {error}"))?;
    if known.len() >= REMEMBERED_MAX {
        known.clear();
    }
    let read = Arc::new(read);
    known.insert(text.to_owned(), Arc::clone(&read));
    Ok(read)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_in_from_its_first_to_its_last_moment() {
        let span = Span::parse(Some("2026-11-27"), Some("2026-11-27")).unwrap();
        for (time, is_in) in [
            ("2026-11-26T23:59:59.999999Z", false),
            ("2026-11-27T00:00:00.000000Z", true),
            ("2026-11-27T23:59:59.999999Z", true),
            ("2026-11-28T00:00:00.000000Z", false),
        ] {
            assert_eq!(span.holds(time), is_in, "{time}");
        }
    }

    #[test]
    fn a_moment_of_another_zone_is_one_of_the_logs_clock() {
        let span = Span::parse(Some("2026-11-27T01:00:00+02:00"), None).unwrap();
        assert_eq!(span.shown(), "2026-11-26T23:00:00.000000Z to the last record");
        assert!(span.holds("2026-11-26T23:00:00.000000Z"));
    }

    #[test]
    fn a_span_that_is_none_is_refused() {
        for (from, to, told) in [
            ("2026-11-28", "2026-11-27", "--from is not before --to"),
            ("27.11.2026", "2026-11-27", "27.11.2026 is neither a day nor a moment"),
            ("1969-12-31", "2026-11-27", "1969-12-31 is neither a day nor a moment"),
        ] {
            let error = Span::parse(Some(from), Some(to)).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
