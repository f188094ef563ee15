//! What differs between two decisions about one call, and by which rule.
//!
//! Invariant: two decisions count as equal only if every part of them is: where the call may go, each
//! reason with its rule, and every obligation. Wording (titles, references) is no part of a decision.

use std::collections::{BTreeMap, BTreeSet};

use inland_policies::Decision;
use serde::Deserialize;

/// A decision as its document says it (`inland.decision/v1`): from the log, or made now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Decided {
    allow: Vec<String>,
    exclude: BTreeMap<String, BTreeSet<Cause>>,
    redact: BTreeMap<String, String>,
    features_refused: BTreeSet<String>,
    log_min_days: u32,
    retention_days_max: Option<u32>,
    partition: String,
    cache_scope: String,
    response_headers: BTreeSet<String>,
    audit_fields: BTreeSet<String>,
    #[serde(default)]
    remote_access_unknown: BTreeSet<String>,
    rules: BTreeSet<String>,
    waived: BTreeSet<String>,
    stale: bool,
}

/// A reason against a pair. Its reference may be worded anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Cause {
    code: String,
    rule: String,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// What it is, as a part of a sentence: `ohio/large is no longer allowed`.
    pub(super) what: String,
    /// Why, where the decisions say more than the rule.
    pub(super) why: String,
    /// The rules that make the difference, as far as the decisions tell.
    pub(super) rules: BTreeSet<String>,
}

impl Change {
    /// There is no decision any more, or there was none.
    pub(super) fn undecided(what: impl Into<String>, why: impl Into<String>) -> Change {
        Change { what: what.into(), why: why.into(), rules: BTreeSet::new() }
    }
}

impl Decided {
    /// From a document of the log.
    pub(super) fn parse(document: &str) -> Result<Decided, String> {
        serde_json::from_str(document).map_err(|error| format!("it is no inland.decision/v1: {error}"))
    }

    pub(super) fn of(decision: &Decision) -> Result<Decided, String> {
        Decided::parse(decision.document())
    }

    /// What is different in another decision about the same call. `edited` are rules known to be written
    /// otherwise now: where such a rule applies to both, it is named too.
    pub(super) fn changes(&self, now: &Decided, edited: &BTreeSet<String>) -> Vec<Change> {
        let mut changes = Vec::new();
        self.pairs(now, &mut changes);
        self.duties(now, edited, &mut changes);
        changes
    }

    /// Where the call may go; nowhere while a feature of it is refused.
    pub(super) fn places(&self) -> &[String] {
        if self.features_refused.is_empty() { &self.allow } else { &[] }
    }

    fn causes(&self, pair: &str) -> BTreeSet<Cause> {
        self.exclude.get(pair).cloned().unwrap_or_default()
    }

    fn pairs(&self, now: &Decided, changes: &mut Vec<Change>) {
        let pairs: BTreeSet<&String> = [&self.allow, &now.allow]
            .into_iter()
            .flatten()
            .chain(self.exclude.keys())
            .chain(now.exclude.keys())
            .collect();
        for pair in pairs {
            let (was, is) = (self.causes(pair), now.causes(pair));
            let (what, before, causes) = match (self.allow.contains(pair), now.allow.contains(pair)) {
                (true, true) => continue,
                (false, true) => (format!("{pair} becomes allowed"), "before ", was),
                (true, false) => (format!("{pair} is no longer allowed"), "", is),
                (false, false) if was == is => continue,
                (false, false) => {
                    let other = was.symmetric_difference(&is).cloned().collect();
                    let added = is.difference(&was).map(|it| format!("+{}", it.told()));
                    let gone = was.difference(&is).map(|it| format!("-{}", it.told()));
                    let why = added.chain(gone).collect::<Vec<_>>().join(" ");
                    let what = format!("{pair} stays excluded for other reasons");
                    changes.push(Change { what, why, rules: rules(&other) });
                    continue;
                }
            };
            let why = causes.iter().map(Cause::told).collect::<Vec<_>>().join(" ");
            let why = format!("{before}{why}");
            changes.push(Change { what, why, rules: rules(&causes) });
        }
        let same = |one: &[String], other: &[String]| {
            one.iter().filter(|it| other.contains(it)).cloned().collect::<Vec<_>>()
        };
        if same(&self.allow, &now.allow) != same(&now.allow, &self.allow) {
            changes.push(Change {
                what: "the order of the allowed places changes".to_owned(),
                why: format!("{} instead of {}", now.allow.join(" "), self.allow.join(" ")),
                rules: BTreeSet::new(),
            });
        }
    }

    fn duties(&self, now: &Decided, edited: &BTreeSet<String>, changes: &mut Vec<Change>) {
        let mut by: BTreeSet<String> = self.rules.symmetric_difference(&now.rules).cloned().collect();
        by.extend(self.waived.symmetric_difference(&now.waived).cloned());
        by.extend(now.rules.intersection(edited).cloned());
        let duty = |what: String| Change { what, why: String::new(), rules: by.clone() };
        let classes: BTreeSet<&String> = self.redact.keys().chain(now.redact.keys()).collect();
        for class in classes {
            let (was, is) = (self.redact.get(class), now.redact.get(class));
            let what = match (was, is) {
                (None, Some(action)) => format!("{class} is taken out ({action})"),
                (Some(_), None) => format!("{class} is no longer taken out"),
                (Some(was), Some(is)) if was != is => format!("{class}: {is} instead of {was}"),
                (Some(_), Some(_)) | (None, None) => continue,
            };
            changes.push(duty(what));
        }
        let days = |days: Option<u32>| days.map_or("no bound".to_owned(), |days| format!("{days} days"));
        let flag = |is: bool| if is { "stale" } else { "reviewed in time" }.to_owned();
        let parts = [
            (
                "the record is kept",
                format!("{} days", self.log_min_days),
                format!("{} days", now.log_min_days),
            ),
            ("the provider keeps at most", days(self.retention_days_max), days(now.retention_days_max)),
            ("features refused", joined(&self.features_refused), joined(&now.features_refused)),
            ("markers of the answer", joined(&self.response_headers), joined(&now.response_headers)),
            ("blocks of the record", joined(&self.audit_fields), joined(&now.audit_fields)),
            (
                "remote access not known",
                joined(&self.remote_access_unknown),
                joined(&now.remote_access_unknown),
            ),
            ("partition", self.partition.clone(), now.partition.clone()),
            ("cache", self.cache_scope.clone(), now.cache_scope.clone()),
            ("waived rules", joined(&self.waived), joined(&now.waived)),
            ("the law counts as", flag(self.stale), flag(now.stale)),
            ("rules that apply", added(&now.rules, &self.rules), added(&self.rules, &now.rules)),
        ];
        let Some((last, parts)) = parts.split_last() else { return };
        for (name, was, is) in parts.iter().filter(|(_, was, is)| was != is) {
            changes.push(duty(format!("{name}: {is} instead of {was}")));
        }
        let (_, new, gone) = last;
        // Rules that apply and change nothing else are told too: the record names them.
        if changes.is_empty() && self.rules != now.rules {
            changes.push(duty(format!("rules that apply: now also {new}, no longer {gone}")));
        }
    }
}

impl Cause {
    fn told(&self) -> String {
        format!("{} ({})", self.code, self.rule)
    }
}

fn rules(causes: &BTreeSet<Cause>) -> BTreeSet<String> {
    causes.iter().map(|cause| cause.rule.clone()).collect()
}

fn joined(words: &BTreeSet<String>) -> String {
    if words.is_empty() { "none".to_owned() } else { words.iter().cloned().collect::<Vec<_>>().join(", ") }
}

fn added(these: &BTreeSet<String>, those: &BTreeSet<String>) -> String {
    joined(&these.difference(those).cloned().collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const WAS: &str = r#"{"allow":["a","b"],"exclude":{"c":[{"code":"LOCATION","rule":"R1","ref":"x"}]},
        "redact":{"email":"pseudonymise"},"features_refused":[],"log_min_days":0,"retention_days_max":null,
        "partition":"FR-health","cache_scope":"none","response_headers":[],"audit_fields":[],
        "remote_access_unknown":[],"rules":["R1"],"waived":[],"stale":false,"v":"inland.decision/v1"}"#;

    fn told(from: &str, to: &str) -> Vec<String> {
        let now = Decided::parse(&WAS.replace(from, to)).unwrap();
        assert_ne!(WAS, WAS.replace(from, to), "{from}");
        let changes = Decided::parse(WAS).unwrap().changes(&now, &BTreeSet::from(["R1".to_owned()]));
        changes.iter().map(|it| format!("{} | {} | {}", it.what, it.why, joined(&it.rules))).collect()
    }

    #[test]
    fn every_part_of_a_decision_that_changes_is_told() {
        for (from, to, expected) in [
            (
                r#"["a","b"]"#,
                r#"["b","a"]"#,
                "the order of the allowed places changes | b a instead of a b | none",
            ),
            (
                r#""rule":"R1""#,
                r#""rule":"R2""#,
                "c stays excluded for other reasons | +LOCATION (R2) -LOCATION (R1) | R1, R2",
            ),
            (r#"{"email":"pseudonymise"}"#, "{}", "email is no longer taken out |  | R1"),
            ("pseudonymise", "remove", "email: remove instead of pseudonymise |  | R1"),
            (
                r#""log_min_days":0"#,
                r#""log_min_days":9"#,
                "the record is kept: 9 days instead of 0 days |  | R1",
            ),
            ("null", "0", "the provider keeps at most: 0 days instead of no bound |  | R1"),
            (r#"refused":[]"#, r#"refused":["image"]"#, "features refused: image instead of none |  | R1"),
            (r#"waived":[]"#, r#"waived":["R3"]"#, "waived rules: R3 instead of none |  | R1, R3"),
            ("false", "true", "the law counts as: stale instead of reviewed in time |  | R1"),
            (r#""none""#, r#""tenant""#, "cache: tenant instead of none |  | R1"),
            (r#"["R1"]"#, r#"["R2"]"#, "rules that apply: now also R2, no longer R1 |  | R1, R2"),
            ("FR-health", "FR-media", "partition: FR-media instead of FR-health |  | R1"),
        ] {
            assert_eq!(told(from, to), [expected]);
        }
        let moved = WAS.replace(r#"["a","b"],"exclude":{"c""#, r#"["b","c"],"exclude":{"a""#);
        let moved = Decided::parse(&moved).unwrap();
        let changes = Decided::parse(WAS).unwrap().changes(&moved, &BTreeSet::new());
        let what: Vec<&str> = changes.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(what, ["a is no longer allowed", "c becomes allowed"]);
    }

    #[test]
    fn a_reference_worded_anew_changes_nothing() {
        let now = Decided::parse(&WAS.replace(r#""ref":"x""#, r#""ref":"y""#)).unwrap();
        assert_eq!(Decided::parse(WAS).unwrap().changes(&now, &BTreeSet::new()), []);
    }
}
