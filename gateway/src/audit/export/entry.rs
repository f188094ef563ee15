//! Entry: a record beside what is known of it: its place, its time, its request, its person.
//!
//! Invariant: what cannot be read (a field of another type, a later version of the format) is
//! absent, never guessed, and the text stays as it was. An OUTCOME names no tenant: it gets that of
//! its INTENT, which stands before it in the same partition.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

use super::super::subject::OpenKeys;
use super::{Place, filter};

/// Requests without an end that are remembered; of more the oldest are forgotten. A gateway has far
/// fewer in flight: this bounds what a log made by somebody else can take.
const REQUESTS_MAX: usize = 262_144;
/// The version of the record format that this program knows.
const VERSION: u64 = 1;

/// The fields of a record, each still as text.
pub(super) struct Fields<'r>(BTreeMap<String, &'r RawValue>);

impl<'r> Fields<'r> {
    /// Nothing if it is not one JSON object in one line: it would break the lines of an export.
    pub(super) fn parse(text: &'r str) -> Option<Fields<'r>> {
        let one_line = !text.bytes().any(|byte| byte == b'\n' || byte == b'\r');
        one_line.then(|| serde_json::from_str(text).ok()).flatten().map(Fields)
    }

    /// Its JSON; nothing for null.
    pub(super) fn raw(&self, name: &str) -> Option<&'r str> {
        self.0.get(name).map(|value| value.get()).filter(|value| *value != "null")
    }

    fn read<T: serde::Deserialize<'r>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.read(name)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.read(name)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.read(name)
    }

    /// An array, item by item: one that cannot be read is left out.
    fn items<T: serde::Deserialize<'r>>(&self, name: &str) -> Vec<T> {
        let items: Vec<&'r RawValue> = self.read(name).unwrap_or_default();
        items.into_iter().filter_map(|item| serde_json::from_str(item.get()).ok()).collect()
    }

    /// Counts per label.
    pub(super) fn counts(&self, name: &str) -> BTreeMap<String, u64> {
        self.read(name).unwrap_or_default()
    }

    pub(super) fn reasons(&self) -> Vec<Reason> {
        self.items("reasons")
    }
}

#[derive(serde::Deserialize)]
struct Subject {
    key: String,
    sealed: String,
}

/// One try at one backend.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Attempt {
    pub(super) pair: Option<String>,
    pub(super) backend: Option<String>,
    pub(super) country: Option<String>,
    pub(super) address: Option<String>,
    pub(super) pin: Option<String>,
    pub(super) reason: Option<String>,
}

/// A reason of the policy.
#[derive(serde::Deserialize)]
pub(super) struct Reason {
    pub(super) code: String,
}

#[derive(serde::Deserialize)]
struct Open {
    intent: u64,
}

/// What an INTENT says that its OUTCOME does not repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) tenant: Option<String>,
    pub(super) subject_key: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) route: Option<String>,
    pub(super) model: Option<String>,
}

/// The requests of a partition whose end has not been read yet.
#[derive(Default)]
pub(super) struct Requests(BTreeMap<u64, Request>);

/// A record and what is known of it.
pub(super) struct Entry<'e> {
    pub(super) place: &'e Place,
    pub(super) index: u64,
    pub(super) text: &'e str,
    pub(super) fields: &'e Fields<'e>,
    pub(super) kind: String,
    pub(super) time_us: Option<i64>,
    pub(super) date: Option<String>,
    /// Its own, or of an OUTCOME that of its INTENT.
    pub(super) request: Request,
    pub(super) tenant: Option<String>,
    /// Of a RECOVERY: the tenants of the requests that it names.
    pub(super) open_tenants: Vec<String>,
    /// How often backends were tried.
    pub(super) attempts: Option<u64>,
    /// The try that answered: the last one.
    pub(super) attempt: Option<Attempt>,
}

impl<'e> Entry<'e> {
    pub(super) fn new(
        place: &'e Place,
        index: u64,
        text: &'e str,
        fields: &'e Fields<'e>,
        requests: &Requests,
        keys: Option<&OpenKeys>,
    ) -> Entry<'e> {
        let kind = fields.text("kind").unwrap_or_default();
        let request = match kind.as_str() {
            "OUTCOME" => fields.number("intent").and_then(|intent| requests.0.get(&intent)).cloned(),
            _ => Some(own(fields, keys)),
        };
        let request = request.unwrap_or_default();
        let open = || fields.items::<Open>("open").into_iter();
        let open_tenants = match kind.as_str() {
            "RECOVERY" => open().filter_map(|open| requests.0.get(&open.intent)?.tenant.clone()).collect(),
            _ => Vec::new(),
        };
        let time_us = fields.text("time").and_then(|time| filter::time_us(&time));
        let attempts: Option<Vec<&RawValue>> = fields.read("attempts");
        Entry {
            place,
            index,
            text,
            fields,
            kind,
            time_us,
            date: time_us.and_then(filter::date_of),
            tenant: request.tenant.clone(),
            request,
            open_tenants,
            attempts: attempts.as_ref().map(|attempts| attempts.len() as u64),
            attempt: fields.items::<Attempt>("attempts").pop(),
        }
    }

    /// Keeps what the end of a request will need, and forgets what has ended.
    pub(super) fn remember(&self, requests: &mut Requests) {
        match self.kind.as_str() {
            "INTENT" => {
                requests.0.insert(self.index, self.request.clone());
                if requests.0.len() > REQUESTS_MAX {
                    requests.0.pop_first();
                }
            }
            "OUTCOME" => {
                self.fields.number("intent").map(|intent| requests.0.remove(&intent));
            }
            "RECOVERY" => self.fields.items::<Open>("open").iter().for_each(|open| {
                requests.0.remove(&open.intent);
            }),
            _ => {}
        }
    }

    /// Why backends did not answer, in order.
    pub(super) fn attempt_reasons(&self) -> impl Iterator<Item = String> {
        self.fields.items::<Attempt>("attempts").into_iter().filter_map(|attempt| attempt.reason)
    }

    /// Written by a later version of this program.
    pub(super) fn is_newer(&self) -> bool {
        self.fields.number("v") != Some(VERSION)
    }

    /// Names a person whom no given key opens.
    pub(super) fn is_sealed(&self) -> bool {
        self.request.subject_key.is_some() && self.request.subject.is_none()
    }
}

fn own(fields: &Fields<'_>, keys: Option<&OpenKeys>) -> Request {
    let tenant = fields.text("tenant");
    let subject: Option<Subject> = fields.read("subject");
    let opened = match (keys, &tenant, &subject) {
        (Some(keys), Some(tenant), Some(subject)) => keys.unseal(tenant, &subject.key, &subject.sealed),
        _ => None,
    };
    Request {
        tenant,
        subject_key: subject.map(|subject| subject.key),
        subject: opened,
        route: fields.text("route"),
        model: fields.text("model"),
    }
}
