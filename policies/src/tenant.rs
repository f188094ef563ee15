//! Tenants: everything about a caller's organisation that a token must not decide.
//!
//! Invariant: what loosens (flags, contracts, waivers) comes from the tenant's file and from nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use crate::canonical;
use crate::class::{Action, Class, ClassSet};
use crate::country::Country;
use crate::error::LoadError;
use crate::facts;
use crate::law::{Law, unknown};
use crate::pack::Pack;
use crate::yaml::{self, Day};

/// One tenant, as its file describes it.
#[derive(Debug, Clone)]
pub struct Tenant {
    name: String,
    country: Country,
    sector: String,
    partition: String,
    public_body: bool,
    flags: Vec<String>,
    assume: ClassSet,
    redact: BTreeMap<Class, Action>,
    strict: bool,
    contracts: BTreeMap<String, Contract>,
    /// The packs that apply to it, sorted.
    packs: Vec<String>,
    /// Does one of them look at the facts of candidates?
    reads_facts: bool,
    /// The tenant's part of the policy input, in canonical JSON.
    input: String,
}

/// What this tenant has signed with one endpoint's provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contract {
    #[serde(default)]
    pub(crate) contracts: Vec<String>,
    #[serde(default)]
    pub(crate) transfer_tools: Vec<String>,
    pub(crate) tia: Option<Tia>,
    pub(crate) retention_days: Option<u32>,
    #[serde(rename = "note")]
    pub(crate) _note: Option<String>,
}

/// The state of the transfer impact assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tia {
    Approved,
    Pending,
    Rejected,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantFile {
    country: String,
    sector: String,
    #[serde(default)]
    public_body: bool,
    #[serde(default)]
    flags: Vec<String>,
    assume: Option<Vec<String>>,
    #[serde(default)]
    redact: BTreeMap<String, Action>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    contracts: BTreeMap<String, Spanned<Contract>>,
    #[serde(default)]
    waivers: Vec<Spanned<Waiver>>,
    /// For cases alone: elsewhere pack.yaml says to whom a pack applies.
    packs: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiver {
    rule: String,
    until: Day,
    reason: String,
    approver: String,
}

/// What is assumed of every call unless the tenant's file says otherwise.
const ASSUMED: &str = "person_name";
/// Tenant names stand in records, folder names and metrics.
const NAME_BYTES_MAX: usize = 64;

/// Parses one tenant file. `known` says whether facts are recorded for an endpoint.
pub(crate) fn load(
    path: &str,
    text: &str,
    law: &Law,
    known: &dyn Fn(&str) -> bool,
) -> Result<Vec<Tenant>, LoadError> {
    let file: BTreeMap<String, Spanned<TenantFile>> = yaml::parse(path, text)?;
    let mut tenants = Vec::new();
    for (name, tenant) in file {
        let line = yaml::line(&tenant);
        let fail = |(what, word): facts::Wrong| unknown(path, line, what, &word);
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(allowed) {
            return Err(fail(("a tenant's name (small letters, digits, hyphens)", name)));
        }
        check_contracts(path, &tenant.value.contracts, law, known)?;
        check_waivers(path, &tenant.value.waivers, law)?;
        if tenant.value.packs.is_some() {
            let problem = format!("{name} names its packs itself");
            return Err(LoadError::at_line(path, line, problem, "applies_to in packs/NAME/pack.yaml"));
        }
        let country = Country::parse(&tenant.value.country);
        let applies =
            |pack: &Pack| country.is_some_and(|country| pack.applies(&name, country, &tenant.value.sector));
        let packs =
            law.packs.iter().filter(|(_, pack)| applies(pack)).map(|(name, _)| name.clone()).collect();
        tenants.push(build(name, tenant.value, packs, law).map_err(fail)?);
    }
    Ok(tenants)
}

/// The tenant that a case describes, checked as a file's is but for two things: it has the packs that it
/// names and no others, and it may hold a waiver of binding law, to show that nothing comes of it.
pub(crate) fn of_case(
    path: &str,
    line: u64,
    name: String,
    raw: TenantFile,
    law: &Law,
    known: &dyn Fn(&str) -> bool,
) -> Result<Tenant, LoadError> {
    check_contracts(path, &raw.contracts, law, known)?;
    if let Some(waiver) = raw.waivers.iter().find(|waiver| !law.rules.contains_key(&waiver.value.rule)) {
        return Err(unknown(path, yaml::line(waiver), "a rule", &waiver.value.rule));
    }
    let packs: BTreeSet<String> = raw.packs.iter().flatten().cloned().collect();
    if let Some(pack) = packs.iter().find(|pack| !law.packs.contains_key(*pack)) {
        return Err(unknown(path, line, "a pack", pack));
    }
    let packs = packs.into_iter().collect();
    build(name, raw, packs, law).map_err(|(what, word)| unknown(path, line, what, &word))
}

/// `packs` are known and sorted.
fn build(name: String, raw: TenantFile, packs: Vec<String>, law: &Law) -> Result<Tenant, facts::Wrong> {
    let class = |word: &String| Class::from_name(word).ok_or_else(|| ("a data class", word.clone()));
    let country = Country::parse(&raw.country).ok_or(("a country of ISO 3166-1", raw.country))?;
    if !law.words.sectors.contains(&raw.sector) {
        return Err(("a sector of law/vocabulary.yaml", raw.sector));
    }
    let assume = match &raw.assume {
        Some(list) => list.iter().map(class).collect::<Result<_, _>>()?,
        None => Class::from_name(ASSUMED).into_iter().collect(),
    };
    let mut redact = BTreeMap::new();
    for (word, action) in &raw.redact {
        redact.insert(class(word)?, *action);
    }
    let mut tenant = Tenant {
        partition: format!("{country}-{}", raw.sector),
        name,
        country,
        sector: raw.sector,
        public_body: raw.public_body,
        flags: facts::listed("a tenant flag", raw.flags, &law.words.flags)?,
        assume,
        redact,
        strict: raw.strict,
        contracts: raw.contracts.into_iter().map(|(endpoint, terms)| (endpoint, terms.value)).collect(),
        reads_facts: packs.iter().any(|name| law.packs.get(name).is_none_or(Pack::reads_facts)),
        packs,
        input: String::new(),
    };
    tenant.flags.sort();
    let waivers = raw.waivers.iter().map(|waiver| waiver.value.render()).collect();
    tenant.input = canonical::json(&tenant.render(waivers));
    Ok(tenant)
}

fn check_contracts(
    path: &str,
    contracts: &BTreeMap<String, Spanned<Contract>>,
    law: &Law,
    known: &dyn Fn(&str) -> bool,
) -> Result<(), LoadError> {
    for (endpoint, contract) in contracts {
        let line = yaml::line(contract);
        if !known(endpoint) {
            return Err(unknown(path, line, "an endpoint of policies/providers", endpoint));
        }
        if let Some(word) = contract.value.contracts.iter().find(|word| !law.words.contracts.contains(*word))
        {
            return Err(unknown(path, line, "a contract term", word));
        }
        let tools = &law.words.transfer_tools;
        if let Some(word) = contract.value.transfer_tools.iter().find(|word| !tools.contains(*word)) {
            return Err(unknown(path, line, "a transfer tool", word));
        }
    }
    Ok(())
}

fn check_waivers(path: &str, waivers: &[Spanned<Waiver>], law: &Law) -> Result<(), LoadError> {
    for waiver in waivers {
        let line = yaml::line(waiver);
        let rule = &waiver.value.rule;
        match law.rules.get(rule) {
            None => return Err(unknown(path, line, "a rule", rule)),
            Some(text) if !text.waivable => {
                let problem = format!("{rule} is binding law and cannot be waived");
                let remedy = "a rule of strength engineering_default or supervisory";
                return Err(LoadError::at_line(path, line, problem, remedy));
            }
            Some(_) => {}
        }
        if waiver.value.reason.trim().is_empty() || waiver.value.approver.trim().is_empty() {
            let problem = format!("the waiver of {rule} has no reason or no approver");
            return Err(LoadError::at_line(path, line, problem, "why, and who answers for it"));
        }
    }
    Ok(())
}

impl Waiver {
    fn render(&self) -> Value {
        json!({"rule": self.rule, "until": self.until.to_string()})
    }
}

impl Contract {
    /// Lays what is signed over the facts of the endpoint.
    pub(crate) fn apply(&self, facts: &mut serde_json::Map<String, Value>) {
        facts.insert("contracts".into(), json!(self.contracts));
        if !self.transfer_tools.is_empty() {
            facts.insert("transfer_tools".into(), json!(self.transfer_tools));
        }
        if self.tia == Some(Tia::Approved) {
            facts.insert("tia".into(), json!("approved"));
        }
        if let Some(days) = self.retention_days {
            facts.insert("retention_days".into(), json!(days));
        }
    }
}

impl Tenant {
    /// Its name, as tokens carry it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is established.
    pub fn country(&self) -> Country {
        self.country
    }

    /// Its line of business, a word of law/vocabulary.yaml.
    pub fn sector(&self) -> &str {
        &self.sector
    }

    /// The log partition of its records, such as `FR-health`.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Is it a public body?
    pub fn public_body(&self) -> bool {
        self.public_body
    }

    /// What it declares about itself, sorted.
    pub fn flags(&self) -> &[String] {
        &self.flags
    }

    /// Classes that each of its calls counts as having.
    pub fn assume(&self) -> ClassSet {
        self.assume
    }

    /// Classes it wants taken out of its calls, whatever the rules say.
    pub fn redact(&self) -> &BTreeMap<Class, Action> {
        &self.redact
    }

    /// Are its calls refused once the law is past its review date?
    pub fn strict(&self) -> bool {
        self.strict
    }

    /// The packs that apply to it, sorted.
    pub fn packs(&self) -> &[String] {
        &self.packs
    }

    /// Must its calls bring the facts of their candidates, for its packs?
    pub(crate) fn reads_facts(&self) -> bool {
        self.reads_facts
    }

    /// The same tenant with this signed as well.
    pub(crate) fn with_contracts(mut self, signed: impl IntoIterator<Item = (String, Contract)>) -> Tenant {
        self.contracts.extend(signed);
        self
    }

    pub(crate) fn contract(&self, endpoint: &str) -> Option<&Contract> {
        self.contracts.get(endpoint)
    }

    pub(crate) fn input(&self) -> &str {
        &self.input
    }

    fn render(&self, waivers: Vec<Value>) -> Value {
        let redact: BTreeMap<&str, &str> =
            self.redact.iter().map(|(class, action)| (class.name(), action.name())).collect();
        json!({
            "name": self.name,
            "packs": self.packs,
            "country": self.country.as_str(),
            "sector": self.sector,
            "public_body": self.public_body,
            "flags": self.flags,
            "redact": redact,
            "strict": self.strict,
            "waivers": waivers,
        })
    }
}
