//! A rule as it is written, and the check that it can mean something.
//!
//! Invariant: the effects and conditions here are exactly those that `core/*.rego` interprets. A word
//! that the core would overlook is an error at load.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::error::LoadError;
use crate::law::{Words, unknown};
use crate::yaml::{self, Day, Names};

/// The effects that the core interprets, as in law/vocabulary.yaml.
pub(crate) const EFFECTS: [&str; 18] = [
    "require_transfer",
    "require_transfer_adequacy_only",
    "require_zone",
    "require_remote_access",
    "avoid_remote_access",
    "require_parent_zone",
    "require_cert",
    "require_contract",
    "require_establishment",
    "require_known",
    "max_retention_days",
    "redact",
    "deny_processing",
    "audit_field",
    "response_header",
    "deny",
    "log_min_days",
    "not_for_self_hosted",
];

/// Facts that `require_known` can ask for.
const KNOWABLE: [&str; 7] = [
    "processing",
    "storage",
    "parents",
    "operator_country",
    "establishments",
    "remote_access",
    "retention_days",
];

/// References go into every refusal and record, so they are short.
const REFERENCE_BYTES_MAX: usize = 300;
/// No record is kept longer than this by a rule.
const LOG_DAYS_MAX: u32 = 36_600;

/// One rule of law/rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "what only people and the core read is listed so that a misspelt key is an error"
)]
pub(crate) struct Rule {
    pub(crate) title: String,
    when: Spanned<When>,
    effect: Vec<Spanned<Effect>>,
    pub(crate) strength: Strength,
    from: Option<Day>,
    until: Option<Day>,
    becomes_law: Option<Day>,
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    confidence: Confidence,
    pub(crate) plain: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    tenant: Option<Names>,
    either: Option<Names>,
    data: Option<Names>,
    sector: Option<Names>,
    sector_absent: Option<Names>,
    use_case: Option<Names>,
    tenant_flag: Option<Names>,
    tenant_flag_absent: Option<Names>,
    #[expect(dead_code, reason = "a boolean has nothing to look up")]
    public_body: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    RequireTransfer(String),
    RequireTransferAdequacyOnly(String),
    RequireZone(Names),
    RequireRemoteAccess(String),
    AvoidRemoteAccess(String),
    RequireParentZone(Names),
    RequireCert(Vec<String>),
    RequireContract(Vec<String>),
    RequireEstablishment(String),
    RequireKnown(Vec<String>),
    MaxRetentionDays(#[expect(dead_code, reason = "any number of days is allowed")] u32),
    Redact(Vec<String>),
    DenyProcessing(Names),
    AuditField(String),
    ResponseHeader(String),
    Deny(String),
    LogMinDays(u32),
    NotForSelfHosted,
}

/// Who stands behind a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Strength {
    Law,
    Supervisory,
    Procurement,
    EngineeringDefault,
}

/// How sure we are.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Confidence {
    High,
    Medium,
    Low,
}

/// Every word of the rule is looked up in its closed list.
pub(crate) fn check(path: &str, id: &str, rule: &Spanned<Rule>, words: &Words) -> Result<(), LoadError> {
    let line = yaml::line(rule);
    if id.is_empty()
        || !id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
    {
        let problem = format!("`{id}` is no rule id");
        return Err(LoadError::at_line(path, line, problem, "capitals, digits and hyphens, such as FR-HDS"));
    }
    if rule.value.reference.is_empty() || rule.value.reference.len() > REFERENCE_BYTES_MAX {
        let problem = format!("the reference of {id} is empty or longer than {REFERENCE_BYTES_MAX} bytes");
        return Err(LoadError::at_line(path, line, problem, "the statute and article, briefly"));
    }
    if rule.value.effect.is_empty() {
        return Err(LoadError::at_line(path, line, format!("{id} has no effect"), "at least one effect"));
    }
    check_when(path, &rule.value.when, words)?;
    rule.value.effect.iter().try_for_each(|effect| check_effect(path, effect, words))
}

fn check_when(path: &str, when: &Spanned<When>, words: &Words) -> Result<(), LoadError> {
    let line = yaml::line(when);
    let when = &when.value;
    let place = |word: &str| words.place(word).is_some();
    let class = |word: &str| words.is_class(word);
    let sector = |word: &str| words.sectors.contains(word);
    let use_case = |word: &str| words.use_cases.contains(word);
    let flag = |word: &str| words.flags.contains(word);
    type Known<'a> = &'a dyn Fn(&str) -> bool;
    let conditions: [(&Option<Names>, &str, Known<'_>); 8] = [
        (&when.tenant, "a zone or a country", &place),
        (&when.either, "a zone or a country", &place),
        (&when.data, "a data class or a group", &class),
        (&when.sector, "a sector", &sector),
        (&when.sector_absent, "a sector", &sector),
        (&when.use_case, "a use case", &use_case),
        (&when.tenant_flag, "a tenant flag", &flag),
        (&when.tenant_flag_absent, "a tenant flag", &flag),
    ];
    for (list, what, known) in conditions {
        let Some(list) = list else { continue };
        if list.0.is_empty() {
            let problem = format!("an empty list where {what} is expected: the rule would never apply");
            return Err(LoadError::at_line(path, line, problem, "at least one word, or remove the key"));
        }
        all(path, line, what, &list.0, known)?;
    }
    Ok(())
}

fn check_effect(path: &str, effect: &Spanned<Effect>, words: &Words) -> Result<(), LoadError> {
    let line = yaml::line(effect);
    let one = |what: &str, word: &String, known: bool| match known {
        true => Ok(()),
        false => Err(unknown(path, line, what, word)),
    };
    match &effect.value {
        Effect::RequireTransfer(regime)
        | Effect::RequireTransferAdequacyOnly(regime)
        | Effect::RequireRemoteAccess(regime)
        | Effect::AvoidRemoteAccess(regime) => one("a regime", regime, words.regimes.contains(regime)),
        Effect::RequireZone(zone) | Effect::RequireParentZone(zone) | Effect::DenyProcessing(zone) => {
            all(path, line, "a zone or a country", &zone.0, &|word| words.place(word).is_some())
        }
        Effect::RequireCert(names) => {
            all(path, line, "a certification", names, &|word| words.certifications.contains(word))
        }
        Effect::RequireContract(terms) => {
            all(path, line, "a contract term", terms, &|word| words.contracts.contains(word))
        }
        Effect::RequireEstablishment(country) => {
            one("a country", country, crate::country::Country::parse(country).is_some())
        }
        Effect::RequireKnown(facts) => all(path, line, "a fact", facts, &|word| KNOWABLE.contains(&word)),
        Effect::Redact(classes) => {
            all(path, line, "a data class", classes, &|word| crate::class::Class::from_name(word).is_some())
        }
        Effect::AuditField(block) => one("an audit block", block, words.audit_fields.contains(block)),
        Effect::ResponseHeader(marker) => one("a marker", marker, words.response_headers.contains(marker)),
        Effect::Deny(code) => one("a reason code", code, words.remedies.contains_key(code)),
        Effect::LogMinDays(days) => {
            one("a number of days we can keep", &days.to_string(), *days <= LOG_DAYS_MAX)
        }
        Effect::MaxRetentionDays(_) | Effect::NotForSelfHosted => Ok(()),
    }
}

/// Every word of a list is known, and there is one.
fn all(
    path: &str,
    line: u64,
    what: &str,
    list: &[String],
    known: &dyn Fn(&str) -> bool,
) -> Result<(), LoadError> {
    if list.is_empty() {
        return Err(LoadError::at_line(
            path,
            line,
            format!("an empty list where {what} is expected"),
            "one word",
        ));
    }
    match list.iter().find(|word| !known(word)) {
        Some(word) => Err(unknown(path, line, what, word)),
        None => Ok(()),
    }
}
