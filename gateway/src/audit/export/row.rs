//! Row: the flat form of a record that CSV and Parquet share.
//!
//! Invariant: one table says every column's name, type and where it is read from, so both formats
//! have the same columns in the same order, and the last of them is the record itself.

use super::entry::{Attempt, Entry};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8.
    Text,
    /// A count, a size, an index.
    Number,
    /// Microseconds since 1970, UTC.
    Time,
    /// True or false.
    Flag,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Text(String),
    Number(i64),
    Time(i64),
    Flag(bool),
}

/// A column.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Not in a Parquet file but in the name of its folder.
    pub(super) in_path: bool,
    pub(super) of: fn(&Entry<'_>) -> Value,
}

const fn text(name: &'static str, of: fn(&Entry<'_>) -> Value) -> Column {
    Column { name, kind: Kind::Text, in_path: false, of }
}

const fn number(name: &'static str, of: fn(&Entry<'_>) -> Value) -> Column {
    Column { name, kind: Kind::Number, in_path: false, of }
}

const fn folder(name: &'static str, of: fn(&Entry<'_>) -> Value) -> Column {
    Column { name, kind: Kind::Text, in_path: true, of }
}

/// Every column. New ones are added before `record`, and none is ever renamed.
pub(super) const COLUMNS: &[Column] = &[
    text("partition", |entry| some(Some(entry.place.partition.clone()))),
    folder("country", |entry| some(Some(entry.place.country.clone()))),
    folder("date", |entry| some(entry.date.clone())),
    text("sector", |entry| some(entry.place.sector.clone())),
    number("index", |entry| count(Some(entry.index))),
    number("v", |entry| count(entry.fields.number("v"))),
    text("kind", |entry| some(Some(entry.kind.clone()))),
    Column {
        name: "time",
        kind: Kind::Time,
        in_path: false,
        of: |entry| entry.time_us.map_or(Value::Null, Value::Time),
    },
    number("mono_us", |entry| count(entry.fields.number("mono_us"))),
    text("node", |entry| some(entry.fields.text("node"))),
    text("boot", |entry| some(entry.fields.text("boot"))),
    text("id", |entry| some(entry.fields.text("id"))),
    text("tenant", |entry| some(entry.tenant.clone())),
    text("subject", |entry| some(entry.request.subject.clone())),
    text("subject_key", |entry| some(entry.request.subject_key.clone())),
    text("principal", |entry| some(entry.fields.text("principal"))),
    text("route", |entry| some(entry.request.route.clone())),
    text("model", |entry| some(entry.request.model.clone())),
    number("status", |entry| count(entry.fields.number("status"))),
    text("code", |entry| some(entry.fields.text("code"))),
    number("intent", |entry| count(entry.fields.number("intent"))),
    text("pair", |entry| some(entry.fields.text("pair"))),
    text("backend", |entry| attempt(entry, |attempt| &attempt.backend)),
    text("backend_country", |entry| attempt(entry, |attempt| &attempt.country)),
    text("address", |entry| attempt(entry, |attempt| &attempt.address)),
    text("pin", |entry| attempt(entry, |attempt| &attempt.pin)),
    text("attempt_reason", |entry| attempt(entry, |attempt| &attempt.reason)),
    number("attempts", |entry| count(entry.attempts)),
    text("policy", |entry| some(entry.fields.text("policy"))),
    text("configuration", |entry| some(entry.fields.text("configuration"))),
    text("law", |entry| some(entry.fields.text("law"))),
    text("engine", |entry| some(entry.fields.text("engine"))),
    Column {
        name: "stale",
        kind: Kind::Flag,
        in_path: false,
        of: |entry| entry.fields.flag("stale").map_or(Value::Null, Value::Flag),
    },
    number("request_bytes", |entry| count(entry.fields.number("request_bytes"))),
    number("response_bytes", |entry| count(entry.fields.number("response_bytes"))),
    number("duration_us", |entry| count(entry.fields.number("duration_us"))),
    number("first_byte_us", |entry| count(entry.fields.number("first_byte_us"))),
    text("findings", |entry| some(entry.fields.raw("findings").map(str::to_owned))),
    number("findings_total", |entry| match entry.fields.raw("findings") {
        Some(_) => {
            count(Some(entry.fields.counts("findings").values().fold(0, |sum, one| sum.saturating_add(*one))))
        }
        None => Value::Null,
    }),
    text("reasons", |entry| some(entry.fields.raw("reasons").map(str::to_owned))),
    text("reason_codes", |entry| match entry.fields.raw("reasons") {
        Some(_) => {
            let codes: Vec<String> = entry.fields.reasons().into_iter().map(|reason| reason.code).collect();
            some(Some(codes.join(" ")))
        }
        None => Value::Null,
    }),
    text("record", |entry| some(Some(entry.text.to_owned()))),
];

fn some(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::Text)
}

fn count(number: Option<u64>) -> Value {
    number.and_then(|number| i64::try_from(number).ok()).map_or(Value::Null, Value::Number)
}

fn attempt(entry: &Entry<'_>, field: fn(&Attempt) -> &Option<String>) -> Value {
    some(entry.attempt.as_ref().and_then(|attempt| field(attempt).clone()))
}
