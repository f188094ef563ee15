//! What a decision is, beside what its case expects.
//!
//! Invariant: a difference is a sentence that names both; nothing that a case states is left uncompared.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::class::Action;
use crate::decision::{CacheScope, Decision};
use crate::policies::Policies;

use super::file::{Expect, Limit, Redact, Scope, Written};

/// Every difference between the decision and the case, none if it was decided as written.
pub(super) fn differences(case: &Written, decision: &Decision, policies: &Policies) -> Vec<String> {
    let mut found = Found::default();
    pairs(&case.expect, decision, &mut found);
    obligations(&case.expect, decision, &mut found);
    rules(case, decision, policies, &mut found);
    found.0
}

/// Differences, in the order in which a reader wants them.
#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn same(&mut self, what: &str, is: String, expected: String) {
        if is != expected {
            self.0.push(format!("{what}: {is}; expected: {expected}"));
        }
    }

    /// Compares what a case may leave out.
    fn stated<T>(
        &mut self,
        what: &str,
        is: impl FnOnce() -> String,
        expected: Option<T>,
        show: fn(T) -> String,
    ) {
        if let Some(expected) = expected {
            self.same(what, is(), show(expected));
        }
    }

    /// Compares a list, without regard to its order, that a case may leave out.
    fn list(&mut self, what: &str, is: &[String], expected: &Option<BTreeSet<String>>) {
        self.stated(what, || set(is), expected.as_ref(), set);
    }
}

fn pairs(expect: &Expect, decision: &Decision, found: &mut Found) {
    found.same("allowed", words(decision.allow()), words(&expect.allow));
    let named: BTreeSet<&String> = decision.exclude().keys().chain(expect.exclude.keys()).collect();
    for pair in named {
        let reasons = decision.exclude().get(pair).map(Vec::as_slice).unwrap_or_default();
        // A code that is written with a rule is compared with its rules, another one without.
        let ruled: BTreeSet<&str> =
            expect.against(pair).filter(|(_, rule)| rule.is_some()).map(|(code, _)| code).collect();
        let told = |code: &str, rule: Option<&str>| match rule {
            Some(rule) if ruled.contains(code) => format!("{code} by {rule}"),
            Some(_) | None => code.to_owned(),
        };
        let is: BTreeSet<String> =
            reasons.iter().map(|reason| told(reason.code(), Some(reason.rule()))).collect();
        let expected: BTreeSet<String> = expect.against(pair).map(|(code, rule)| told(code, rule)).collect();
        if is != expected {
            let because = reasons.iter().map(|reason| format!("{} by {}", reason.code(), reason.rule()));
            found.same(&format!("against {pair}"), words(because), words(expected));
        }
    }
    if let Some(code) = &expect.refuse {
        let given = decision.reasons().iter().any(|reason| reason.code() == code);
        let refused = decision.allow().is_empty() && given;
        found.same(&format!("refused for {code}"), yes_or_no(refused), yes_or_no(true));
    }
}

fn obligations(expect: &Expect, decision: &Decision, found: &mut Found) {
    match &expect.redact {
        Redact::Classes(classes) => {
            let is: BTreeSet<&str> = decision.redact().keys().map(|class| class.name()).collect();
            found.same("redacted", words(is), words(classes));
        }
        Redact::Actions(actions) => {
            let told = |class: &str, action: Action| format!("{class} {}", action.name());
            let is = decision.redact().iter().map(|(class, action)| told(class.name(), *action));
            let expected = actions.iter().map(|(class, action)| told(class, *action));
            found.same("redacted", words(is), words(expected));
        }
    }
    let log_days = decision.log_min_days().to_string();
    found.same("log_min_days", log_days, expect.log_min_days.to_string());
    let days = |days: Option<u32>| days.map_or("none".to_owned(), |days| days.to_string());
    let retention = || days(decision.retention_days_max());
    found.stated("retention_days_max", retention, expect.retention_days_max.as_ref(), limit);
    found.list("response_headers", decision.response_headers(), &expect.response_headers);
    found.list("audit_fields", decision.audit_fields(), &expect.audit_fields);
    found.list("features_refused", decision.features_refused(), &expect.features_refused);
    found.list("remote_access_unknown", decision.remote_access_unknown(), &expect.remote_access_unknown);
    let scope = || match decision.cache_scope() {
        CacheScope::None => "none".to_owned(),
        CacheScope::Tenant => "tenant".to_owned(),
    };
    found.stated("cache_scope", scope, expect.cache_scope, scope_word);
    let partition = || decision.partition().to_owned();
    found.stated("partition", partition, expect.partition.clone(), |partition| partition);
    found.stated("stale", || yes_or_no(decision.stale()), expect.stale, yes_or_no);
}

fn rules(case: &Written, decision: &Decision, policies: &Policies, found: &mut Found) {
    let rules = policies.law().data.get("rules");
    // A rule that applies to every call is not listed in a case.
    let conditional = |id: &&String| {
        let when = rules.and_then(|rules| rules.get(id.as_str())?.get("when"));
        when.and_then(Value::as_object).is_none_or(|when| !when.is_empty())
    };
    let matched: Vec<String> = decision.rules().iter().filter(conditional).cloned().collect();
    found.list("rules", &matched, &case.expect.rules);
    found.list("waived", decision.waived(), &case.expect.waived);
    if let Some(tests) = &case.tests
        && !decision.rules().contains(&tests.rule)
        && !decision.waived().contains(&tests.rule)
    {
        found.0.push(format!("the case is about {}, which does not apply to it", tests.rule));
    }
}

fn words<T: AsRef<str>>(list: impl IntoIterator<Item = T>) -> String {
    let list: Vec<T> = list.into_iter().collect();
    let list: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
}

/// The words in the order of the alphabet, each once.
fn set<'a>(list: impl IntoIterator<Item = &'a String>) -> String {
    words(list.into_iter().collect::<BTreeSet<_>>())
}

fn limit(limit: &Limit) -> String {
    match limit {
        Limit::Days(days) => days.to_string(),
        Limit::Word(_) => "none".to_owned(),
    }
}

fn scope_word(scope: Scope) -> String {
    match scope {
        Scope::None => "none".to_owned(),
        Scope::Tenant => "tenant".to_owned(),
    }
}

fn yes_or_no(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}
