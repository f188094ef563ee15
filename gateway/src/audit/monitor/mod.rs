//! Monitor: are the copies of all nodes' logs the ones that were seen before, with records added?
//!
//! Invariant: nothing in a bucket vouches for itself. Keys come from the monitor's own file, the checkpoint
//! that was seen last from its own state; between that and the newest one every record's hash is computed
//! into the root. What is not good is an alarm, and the state keeps what was good.

mod fetch;
mod grow;
mod source;
mod state;

pub use fetch::fetch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::note::{Checkpoint, Verifier};
use super::tree::sha256;
use crate::config::Monitor;
use grow::{Grown, grow};
use source::Source;
use state::{Seen, State};

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// `unreachable` `missing` `vanished` `unknown_key` `bad_signature` `rolled_back` `forked` `tampered`
    /// `stale`.
    pub code: &'static str,
    /// In words.
    pub what: String,
}

fn alarm<T>(code: &'static str, what: impl Into<String>) -> Result<T, Alarm> {
    Err(Alarm { code, what: what.into() })
}

/// What was found about a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where its copy is.
    pub source: String,
    /// `NODE/PARTITION`; empty where it is about the source as a whole.
    pub log: String,
    /// Records under its checkpoint.
    pub size: u64,
    /// Of them new since the last look.
    pub new: u64,
    /// Whether it was never seen before: then there was nothing to compare with.
    pub first_look: bool,
    /// Below this index retention has taken the records.
    pub pruned: u64,
    /// Seconds since the newest record's own time.
    pub age_seconds: Option<u64>,
    /// What is wrong.
    pub alarm: Option<Alarm>,
}

impl Finding {
    fn alarming(source: &str, log: &str, alarm: Alarm) -> Finding {
        Finding {
            source: source.to_owned(),
            log: log.to_owned(),
            size: 0,
            new: 0,
            first_look: false,
            pruned: 0,
            age_seconds: None,
            alarm: Some(alarm),
        }
    }
}

/// Looks after copies.
pub struct Watch {
    sources: Vec<Source>,
    keys: BTreeMap<String, Vec<Verifier>>,
    state: PathBuf,
    stale_seconds: u64,
    full: bool,
}

impl Watch {
    /// Prepares what `monitor.toml` names. `full`: each log from its first record on, not from where the
    /// last look ended.
    pub fn open(monitor: &Monitor, full: bool) -> Result<Watch, String> {
        Ok(Watch {
            sources: Source::all(monitor)?,
            keys: keys(&monitor.vkeys)?,
            state: monitor.base.join(&monitor.state),
            stale_seconds: monitor.stale_minutes * 60,
            full,
        })
    }

    /// Looks at every log once, and remembers what was good.
    pub async fn look(&self) -> Result<Vec<Finding>, String> {
        let mut state = State::read(&self.state)?;
        let mut findings = Vec::new();
        let mut there = BTreeSet::new();
        let mut all_seen = true;
        for source in &self.sources {
            let name = source.name();
            let seen = state.sources.entry(name.clone()).or_default();
            let logs = match source.logs().await {
                Ok(logs) => logs,
                Err(error) => {
                    all_seen = false;
                    findings.push(Finding::alarming(
                        &name,
                        "",
                        Alarm { code: "unreachable", what: error.to_string() },
                    ));
                    continue;
                }
            };
            for log in &logs {
                findings.push(self.log(source, log, seen).await);
            }
            for gone in seen.keys().filter(|log| !logs.contains(log)) {
                let what = "it was here at the last look".to_owned();
                findings.push(Finding::alarming(&name, gone, Alarm { code: "vanished", what }));
            }
            there.extend(logs);
        }
        // A bucket that did not answer is told already: what it holds is not known.
        for log in self.keys.keys().filter(|log| all_seen && !there.contains(*log)) {
            let known = findings.iter().any(|finding| finding.log == *log);
            if !known {
                let what = "a key of it is named, but there is no copy of it".to_owned();
                findings.push(Finding::alarming("", log, Alarm { code: "missing", what }));
            }
        }
        state.write(&self.state)?;
        Ok(findings)
    }

    /// Looks at one log, and remembers it if it is good.
    async fn log(&self, source: &Source, log: &str, seen: &mut BTreeMap<String, Seen>) -> Finding {
        let before = seen.get(log).cloned();
        match self.check(source, log, before.as_ref()).await {
            Err(alarm) => {
                let size = before.map_or(0, |before| before.size);
                Finding { size, ..Finding::alarming(&source.name(), log, alarm) }
            }
            Ok((now, grown)) => {
                let (age_seconds, alarm) = self.age(&now);
                let finding = Finding {
                    source: source.name(),
                    log: log.to_owned(),
                    size: now.size,
                    new: grown.new,
                    first_look: before.is_none(),
                    pruned: grown.pruned,
                    age_seconds,
                    alarm,
                };
                seen.insert(log.to_owned(), now);
                finding
            }
        }
    }

    async fn check(&self, source: &Source, log: &str, before: Option<&Seen>) -> Result<(Seen, Grown), Alarm> {
        let note = source.small(&format!("{log}/checkpoint")).await?;
        let Some(note) = note else {
            // Of a log that was never seen it may be on its way: it is what arrives last.
            return match before {
                Some(_) => alarm("tampered", "its checkpoint is gone"),
                None => alarm("missing", "its checkpoint is not there, or not yet"),
            };
        };
        let now = self.signed(log, &note)?;
        let old = before.and_then(Seen::checkpoint);
        if let Some(old) = &old {
            if now.size < old.size {
                let what = format!("its checkpoint covers {} records, an older one {}", now.size, old.size);
                return alarm("rolled_back", what);
            }
            if now.size == old.size && now.root != old.root {
                return alarm("forked", format!("two signed checkpoints of {} records differ", now.size));
            }
        }
        let empty = Checkpoint { size: 0, root: sha256(&[]) };
        let from = old.filter(|_| !self.full).unwrap_or(empty);
        let mut grown = grow(source, log, &from, &now, old.as_ref()).await?;
        grown.new = now.size - old.map_or(0, |old| old.size);
        let unchanged = before.filter(|before| before.size == now.size);
        let seen = Seen {
            size: now.size,
            root: BASE64_STANDARD.encode(now.root),
            note: String::from_utf8_lossy(&note).into_owned(),
            since: unchanged.map_or_else(seconds, |before| before.since),
            newest: grown.last.as_deref().map_or(unchanged.and_then(|before| before.newest), time_of),
        };
        Ok((seen, grown))
    }

    /// The checkpoint, if one of the keys that we have of this log signed it.
    fn signed(&self, log: &str, note: &[u8]) -> Result<Checkpoint, Alarm> {
        let Some(keys) = self.keys.get(log) else {
            return alarm("unknown_key", "no key of it is named in the monitor's file");
        };
        let mut why = "";
        for key in keys {
            match key.open(note) {
                Ok(checkpoint) => return Ok(checkpoint),
                Err(what) => why = what,
            }
        }
        alarm("bad_signature", why)
    }

    /// Old is a log whose newest record is old by its own time, or that has not grown for as long as we
    /// have looked: a node whose clock runs ahead does not hide that it has stopped.
    fn age(&self, seen: &Seen) -> (Option<u64>, Option<Alarm>) {
        let now = seconds();
        let age = seen.newest.map(|newest| now.saturating_sub(newest));
        let still = now.saturating_sub(seen.since);
        let oldest = age.unwrap_or(0).max(still);
        let what = format!("nothing new for {} minutes, though a HEARTBEAT comes each minute", oldest / 60);
        (age, (oldest > self.stale_seconds).then_some(Alarm { code: "stale", what }))
    }
}

/// The keys by the log that they are of.
fn keys(vkeys: &[String]) -> Result<BTreeMap<String, Vec<Verifier>>, String> {
    let mut keys: BTreeMap<String, Vec<Verifier>> = BTreeMap::new();
    for vkey in vkeys {
        let key = Verifier::parse(vkey)
            .ok_or_else(|| format!("{vkey:?} is no verifier key\n  write: vkeys = [\"NODE/PARTITION+ID+KEY\"]   # the file vkey of the partition"))?;
        keys.entry(key.origin().to_owned()).or_default().push(key);
    }
    Ok(keys)
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The time that a record names.
fn time_of(record: &[u8]) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct Timed {
        time: String,
    }
    let timed: Timed = serde_json::from_slice(record).ok()?;
    let time = OffsetDateTime::parse(&timed.time, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp()).ok()
}
