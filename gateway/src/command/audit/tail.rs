//! `inland audit tail`: the last records of a log, and those that come.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::plain;
use crate::audit::{self, Tailed};

/// How often a log is looked at: a person does not see the difference.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(200);
/// More records at once are an export.
const RECORDS_MAX: u64 = 10_000;

/// Show the last records of a log, one line each. Ctrl-C ends --follow.
///
/// Example: inland audit tail demo-state/audit -n 20
#[derive(Args)]
pub(in crate::command) struct Tail {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// How many records to begin with.
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(0..=RECORDS_MAX))]
    lines: u64,
    /// Go on with what is written from now on.
    #[arg(short, long)]
    follow: bool,
    /// Only this partition, such as FR-health.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Only this kind of record, such as OUTCOME.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Print one JSON object per record: partition, index, and the record as it stands in the log.
    #[arg(long)]
    json: bool,
}

impl Tail {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let told = |error: audit::VerifyError| error.to_string();
        let (partition, kind) = (self.partition.as_deref(), self.kind.as_deref());
        let mut tail = audit::Tail::new(&self.directory, partition, kind).map_err(told)?;
        let count = usize::try_from(self.lines).map_err(|error| error.to_string())?;
        for record in tail.last(count).map_err(told)? {
            if !self.tell(&record) {
                return Ok(true);
            }
        }
        if !self.follow {
            return Ok(true);
        }
        loop {
            std::thread::sleep(LOOKED_AT_EVERY);
            if !tail.new_records(&mut |record| self.tell(&record)).map_err(told)? {
                return Ok(true);
            }
        }
    }

    /// Whether somebody still reads: a closed pipe ends the command (`| head`).
    fn tell(&self, it: &Tailed) -> bool {
        let line = if self.json { json(it) } else { line(it) };
        writeln!(std::io::stdout(), "{line}").is_ok()
    }
}

/// The record is JSON already, and stays as it is written.
fn json(it: &Tailed) -> String {
    let record = if serde_json::from_str::<&RawValue>(&it.record).is_ok() { &it.record } else { "null" };
    format!(
        "{{\"partition\":{},\"index\":{},\"record\":{record}}}",
        Value::from(it.partition.as_str()),
        it.index
    )
}

/// What every record has, and what is not for a line.
const NOT_SHOWN: [&str; 8] = ["boot", "id", "kind", "mono_us", "node", "tenant", "time", "v"];

fn line(it: &Tailed) -> String {
    let Ok(Value::Object(record)) = serde_json::from_str::<Value>(&it.record) else {
        return format!("{} #{} is not the JSON of a record", it.partition, it.index);
    };
    let kind = text(&record, "kind");
    let what = match kind {
        "INTENT" => intent(&record),
        "OUTCOME" => outcome(&record),
        "REFUSAL" => refusal(&record),
        "RECOVERY" => recovery(&record),
        // The others are short: all that they say.
        _ => rest(&record),
    };
    let (time, id, tenant) = (text(&record, "time"), text(&record, "id"), text(&record, "tenant"));
    let parts = [time, &format!("{} #{}", it.partition, it.index), kind, id, tenant, &what];
    plain(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

fn text<'a>(record: &'a Map<String, Value>, key: &str) -> &'a str {
    record.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(record: &Map<String, Value>, key: &str) -> u64 {
    record.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// ` found email=1 iban=2`, or nothing.
fn found(record: &Map<String, Value>) -> String {
    let counts = record.get("findings").and_then(Value::as_object).into_iter().flatten();
    let counts: Vec<String> = counts.map(|(class, count)| format!("{class}={count}")).collect();
    if counts.is_empty() { String::new() } else { format!(" found {}", counts.join(" ")) }
}

fn intent(record: &Map<String, Value>) -> String {
    let allowed = list(record.get("decision").and_then(|decision| decision.get("allow")));
    let allowed: Vec<&str> = allowed.filter_map(Value::as_str).collect();
    let (route, model) = (text(record, "route"), text(record, "model"));
    format!("{route} {model} may go to {}{}", allowed.join(", "), found(record))
}

fn outcome(record: &Map<String, Value>) -> String {
    let attempts = list(record.get("attempts")).filter_map(Value::as_object).map(|attempt| {
        let reason = text(attempt, "reason");
        let place =
            format!("{} {} {}", text(attempt, "backend"), text(attempt, "country"), text(attempt, "address"));
        if reason.is_empty() { place } else { format!("{} ({reason})", place.trim_end()) }
    });
    let attempts: Vec<String> = attempts.collect();
    format!(
        "of #{} {} {} {} bytes sent, {} received, {} ms",
        number(record, "intent"),
        with(number(record, "status"), text(record, "code")),
        if attempts.is_empty() { "no attempt".to_owned() } else { attempts.join(", ") },
        number(record, "request_bytes"),
        number(record, "response_bytes"),
        number(record, "duration_us") / 1000,
    )
}

fn refusal(record: &Map<String, Value>) -> String {
    let reasons = list(record.get("reasons")).filter_map(Value::as_object);
    let reasons: Vec<String> =
        reasons.map(|reason| format!("{} by {}", text(reason, "code"), text(reason, "rule"))).collect();
    let because = if reasons.is_empty() { String::new() } else { format!(" because {}", reasons.join(", ")) };
    let answer = with(number(record, "status"), text(record, "code"));
    let call = format!("{} {}", text(record, "route"), text(record, "model"));
    format!("{} {answer}{because}{}", call.trim_end(), found(record))
}

fn recovery(record: &Map<String, Value>) -> String {
    let open: Vec<&str> =
        list(record.get("open")).filter_map(|open| open.get("id").and_then(Value::as_str)).collect();
    let open = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
    format!("end not known of: {open}; {} bytes cut", number(record, "cut_bytes"))
}

fn rest(record: &Map<String, Value>) -> String {
    let told = record.iter().filter(|(key, value)| !NOT_SHOWN.contains(&key.as_str()) && !value.is_null());
    let told = told.map(|(key, value)| match value {
        Value::String(text) => format!("{key}={text}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            format!("{key}={value}")
        }
    });
    told.collect::<Vec<_>>().join(" ")
}

fn with(status: u64, code: &str) -> String {
    if code.is_empty() { status.to_string() } else { format!("{status} {code}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_record_as_it_stands_and_never_broken() {
        let it = |record: &str| Tailed { partition: "a\"b".into(), index: 7, record: record.into() };
        let of =
            |record| "{\"partition\":\"a\\\"b\",\"index\":7,\"record\":RECORD}".replace("RECORD", record);
        assert_eq!(json(&it("{\"b\":1,\"a\":1.50}")), of("{\"b\":1,\"a\":1.50}"));
        assert_eq!(json(&it("{}, \"more\": {}")), of("null"));
    }

    #[test]
    fn each_kind_is_one_line_with_what_matters() {
        for (record, said) in [
            (
                r#"{"decision":{"allow":["paris/large","frankfurt/large"]},"findings":{"email":1,"iban":2},"id":"A","kind":"INTENT","model":"m","route":"/v1/x","tenant":"t","time":"T"}"#,
                "T FR-health #7 INTENT A t /v1/x m may go to paris/large, frankfurt/large found email=1 iban=2",
            ),
            (
                r#"{"attempts":[{"address":null,"backend":"paris","country":"FR","reason":"connect_failed"},{"address":"10.0.0.1:443","backend":"lyon","country":"FR","reason":null}],"code":null,"duration_us":99877,"id":"A","intent":6,"kind":"OUTCOME","request_bytes":10,"response_bytes":20,"status":200,"time":"T"}"#,
                "T FR-health #7 OUTCOME A of #6 200 paris FR (connect_failed), lyon FR 10.0.0.1:443 10 bytes sent, 20 received, 99 ms",
            ),
            (
                r#"{"code":"policy_denied","findings":{},"id":"A","kind":"REFUSAL","model":null,"reasons":[{"code":"LOCATION","rule":"R"}],"route":"/v1/x","status":403,"tenant":"t","time":"T"}"#,
                "T FR-health #7 REFUSAL A t /v1/x 403 policy_denied because LOCATION by R",
            ),
            (
                r#"{"cut_bytes":17,"kind":"RECOVERY","open":[{"id":"A","intent":1}],"time":"T"}"#,
                "T FR-health #7 RECOVERY end not known of: A; 17 bytes cut",
            ),
            (
                r#"{"boot":"b","kind":"HEARTBEAT","mono_us":1,"node":"n","time":"T","unauthenticated":{"expired":2},"v":1}"#,
                "T FR-health #7 HEARTBEAT unauthenticated={\"expired\":2}",
            ),
            (
                r#"{"approver":null,"digest":"sha256:00","kind":"ACTIVATION","revision":3,"time":"T","what":"policy"}"#,
                "T FR-health #7 ACTIVATION digest=sha256:00 revision=3 what=policy",
            ),
            (
                r#"{"key":"k","kind":"ERASE","reason":"ticket 5","tenant":"t","time":"T"}"#,
                "T FR-health #7 ERASE t key=k reason=ticket 5",
            ),
            (r#"{"id":"\u001b[31m","kind":"ERASE","time":"T"}"#, "T FR-health #7 ERASE \u{fffd}[31m"),
            ("[]", "FR-health #7 is not the JSON of a record"),
        ] {
            let it = Tailed { partition: "FR-health".into(), index: 7, record: record.into() };
            assert_eq!(line(&it).trim_end(), said);
        }
    }
}
