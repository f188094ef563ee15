//! Flows: who sent which classes of data where, and what was not let through.
//!
//! Invariant: every call of the log is in it. A backend that a connection stood to counts as one that
//! received the request, whether it answered or not; one that was never reached is told with its
//! reason and no bytes.

use std::collections::BTreeMap;

use super::{Call, Document, End, Rows, Section, Tally, Values};
use crate::audit::calls::Attempt;

const COLUMNS: [&str; 17] = [
    "tenant",
    "tenant_country",
    "model",
    "classes",
    "backend",
    "provider",
    "country",
    "address",
    "result",
    "redacted",
    "rules",
    "found",
    "bytes_sent",
    "bytes_received",
    "calls",
    "first",
    "last",
];

/// The cells that tell flows apart.
type Key = [String; 11];

#[derive(Debug, Default)]
struct Flow {
    tally: Tally,
    found: BTreeMap<String, u64>,
    bytes_sent: u64,
    bytes_received: u64,
}

/// Gathers the map.
#[derive(Debug, Default)]
pub(super) struct Flows {
    rows: Rows<Key, Flow>,
    calls: u64,
}

impl Flows {
    pub(super) fn call(&mut self, call: &Call) {
        self.calls += 1;
        match &call.end {
            End::Refused { status, code, .. } => {
                self.add(call, None, format!("refused: {status} {code}"), 0, 0)
            }
            End::Unknown => self.add(call, None, "end not known: it may have been sent".to_owned(), 0, 0),
            End::Ended(ended) if ended.attempts.is_empty() => {
                let code = ended.code.as_deref().unwrap_or("no attempt");
                self.add(call, None, format!("not sent: {code}"), 0, 0);
            }
            End::Ended(ended) => {
                for attempt in &ended.attempts {
                    let sent = if attempt.may_have_received() { ended.request_bytes } else { 0 };
                    let received = if attempt.reason.is_none() { ended.response_bytes } else { 0 };
                    self.add(call, Some(attempt), result(attempt), sent, received);
                }
            }
        }
    }

    fn add(&mut self, call: &Call, attempt: Option<&Attempt>, result: String, sent: u64, received: u64) {
        let of = |text: Option<&String>| text.cloned().unwrap_or_default();
        let candidate = attempt.and_then(|attempt| call.candidate(&attempt.pair));
        let redacted: Vec<String> =
            call.redacted().map(|(class, action)| format!("{class}: {action}")).collect();
        let key = [
            call.tenant.clone(),
            of(call.input.as_ref().map(|input| &input.tenant.country)),
            of(call.model.as_ref()),
            call.input.as_ref().map_or_else(String::new, |input| input.classes.join(" ")),
            of(attempt.map(|attempt| &attempt.backend)),
            of(candidate.map(|candidate| &candidate.provider)),
            of(attempt.map(|attempt| &attempt.country)),
            of(attempt.and_then(|attempt| attempt.address.as_ref())),
            result,
            if redacted.is_empty() { "nothing".to_owned() } else { redacted.join(", ") },
            call.rules().join(" "),
        ];
        let Some(flow) = self.rows.row(key) else { return };
        flow.tally.add(&call.time);
        flow.bytes_sent += sent;
        flow.bytes_received += received;
        for (class, count) in &call.findings {
            *flow.found.entry(class.clone()).or_default() += count;
        }
    }

    pub(super) fn document(self) -> Document {
        let note = self.rows.note();
        let mut countries = Values::default();
        let rows = self.rows.rows.into_iter().map(|(key, flow)| {
            if flow.bytes_sent > 0 {
                countries.add(key[6].clone());
            }
            let found: Vec<String> =
                flow.found.iter().map(|(class, count)| format!("{class}={count}")).collect();
            let numbers = [found.join(" "), flow.bytes_sent.to_string(), flow.bytes_received.to_string()];
            key.into_iter().chain(numbers).chain(flow.tally.cells()).collect()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let mut notes = vec![
            format!("{} calls; bytes left to: {}.", self.calls, if countries.is_empty() { "nowhere".to_owned() } else { countries.joined(", ") }),
            "A call with several attempts stands in several rows. Bytes sent count each backend to which a connection stood, also one that then failed.".to_owned(),
            "Classes are found, assumed for the tenant or declared by the caller; found counts what inspection found. Redacted is what was taken out of the text before it was sent.".to_owned(),
        ];
        notes.extend(note);
        Document {
            title: "Data flows".to_owned(),
            notes,
            sections: vec![Section {
                name: "flows".to_owned(),
                about: "Who sent which classes of data where, under which rules; and what was refused."
                    .to_owned(),
                columns: COLUMNS.into(),
                rows,
            }],
            missing: Vec::new(),
        }
    }
}

fn result(attempt: &Attempt) -> String {
    match (&attempt.reason, &attempt.address) {
        (None, _) => "answered".to_owned(),
        (Some(reason), Some(_)) => format!("failed: {reason}"),
        (Some(reason), None) => format!("not sent: {reason}"),
    }
}
