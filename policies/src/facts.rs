//! Facts about provider endpoints: where they compute and store, who owns and reaches them.
//!
//! Invariant: what is not known is written `unknown` and stays so; no default fills it in, because an
//! unknown fact fails every rule that needs it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use crate::country::Country;
use crate::error::LoadError;
use crate::law::{Words, unknown};
use crate::yaml::{self, Day};

/// What is recorded about one endpoint of a provider.
#[derive(Debug, Clone)]
pub struct Facts {
    endpoint: String,
    self_hosted: bool,
    operator: Option<Site>,
    parents: Option<Vec<Site>>,
    establishments: Option<Vec<Site>>,
    processing: Places,
    storage: Places,
    remote_access: Option<Vec<Site>>,
    certs: Vec<Cert>,
    conditions: Vec<String>,
    retention_days: Option<u32>,
}

/// A country, or that of the tenant for what it runs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Site {
    In(Country),
    AtTheTenant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Places {
    Listed(Vec<Site>),
    Unbounded,
    Unknown,
}

#[derive(Debug, Clone)]
struct Cert {
    name: String,
    until: Option<Day>,
    /// Anything but `endpoint` is a certificate of something else and does not count.
    scope: Option<String>,
}

/// A provider's file: one entry, named as the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what only people read is listed so that a misspelt key is an error")]
struct Provider {
    name: String,
    as_of: Day,
    note: Option<String>,
    sources: Option<Vec<String>>,
    endpoints: BTreeMap<String, Spanned<Endpoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    #[serde(rename = "kind")]
    pub(crate) _kind: Option<String>,
    #[serde(default)]
    pub(crate) self_hosted: bool,
    pub(crate) operator: String,
    pub(crate) parents: Countries,
    pub(crate) establishments: Countries,
    pub(crate) processing: Countries,
    pub(crate) storage: Countries,
    pub(crate) remote_access: Countries,
    pub(crate) certs: Vec<CertEntry>,
    #[serde(default)]
    pub(crate) conditions: Vec<String>,
    pub(crate) retention_days: Days,
    pub(crate) evidence: BTreeMap<String, Evidence>,
    #[serde(rename = "note")]
    pub(crate) _note: Option<String>,
}

/// How a fact is known. What rests on B or U alone is written `unknown`.
#[derive(Deserialize, Clone, Copy)]
pub(crate) enum Evidence {
    #[serde(rename = "V")]
    Vendor,
    #[serde(rename = "S")]
    Secondary,
    #[serde(rename = "B")]
    Background,
    #[serde(rename = "U")]
    Unknown,
    #[serde(rename = "D")]
    Demonstration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither a list of countries nor a zone")]
pub(crate) enum Countries {
    Word(String),
    List(Vec<String>),
    Zone(ZoneList),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneList {
    zone: String,
    #[serde(default)]
    plus: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither a number of days nor `unknown`")]
pub(crate) enum Days {
    Number(u32),
    Word(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither a certificate's name nor {name, until, scope}")]
pub(crate) enum CertEntry {
    Name(String),
    Dated(DatedCert),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatedCert {
    name: String,
    until: Option<Day>,
    scope: String,
}

/// The facts that must have evidence.
const EVIDENCED: [&str; 8] = [
    "operator",
    "parents",
    "establishments",
    "processing",
    "storage",
    "remote_access",
    "certs",
    "retention_days",
];

/// Scopes of a certificate that we know of.
const SCOPES: [&str; 3] = ["endpoint", "group", "unknown"];

/// Parses one provider file into facts by `provider/endpoint`.
pub(crate) fn load(path: &str, text: &str, words: &Words) -> Result<Vec<Facts>, LoadError> {
    let stem = path.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml")).unwrap_or_default();
    let mut file: BTreeMap<String, Provider> = yaml::parse(path, text)?;
    let Some(provider) = file.remove(stem).filter(|_| file.is_empty()) else {
        let remedy = format!("{stem}: at the first line, and everything else below it");
        return Err(LoadError::new(path, "the file must hold one provider, named as the file", remedy));
    };
    let named = provider.endpoints.into_iter();
    named.map(|(name, endpoint)| check(path, &format!("{stem}/{name}"), endpoint, words)).collect()
}

fn check(path: &str, name: &str, endpoint: Spanned<Endpoint>, words: &Words) -> Result<Facts, LoadError> {
    let line = yaml::line(&endpoint);
    let raw = endpoint.value;
    for fact in EVIDENCED {
        let known = match raw.evidence.get(fact) {
            Some(Evidence::Vendor | Evidence::Secondary | Evidence::Demonstration) => true,
            Some(Evidence::Background | Evidence::Unknown) => false,
            None => {
                let problem = format!("{name} gives no evidence for {fact}");
                return Err(LoadError::at_line(
                    path,
                    line,
                    problem,
                    format!("evidence: {{{fact}: V}}, or S, B, U"),
                ));
            }
        };
        if !known && !raw.is_unknown(fact) {
            let problem = format!("{name} states {fact} without evidence");
            return Err(LoadError::at_line(
                path,
                line,
                problem,
                format!("{fact}: unknown, until it is confirmed"),
            ));
        }
    }
    if let Some(fact) = raw.evidence.keys().find(|fact| !EVIDENCED.contains(&fact.as_str())) {
        return Err(unknown(path, line, "a fact that has evidence", fact));
    }
    facts(name, raw, words).map_err(|(what, word)| unknown(path, line, what, &word))
}

/// The word that is wrong, and what it should have been.
pub(crate) type Wrong = (&'static str, String);

pub(crate) fn facts(name: &str, raw: Endpoint, words: &Words) -> Result<Facts, Wrong> {
    let own = raw.self_hosted;
    let sites = |list: Countries| places(list, own, words);
    let known = |list: Countries| match sites(list)? {
        Places::Listed(list) => Ok(Some(list)),
        Places::Unknown => Ok(None),
        Places::Unbounded => Err(("a list of countries or unknown", "unbounded".to_owned())),
    };
    Ok(Facts {
        endpoint: name.to_owned(),
        self_hosted: own,
        operator: if raw.operator == "unknown" { None } else { Some(site(&raw.operator, own)?) },
        parents: known(raw.parents)?,
        establishments: known(raw.establishments)?,
        processing: sites(raw.processing)?,
        storage: sites(raw.storage)?,
        remote_access: known(raw.remote_access)?,
        certs: raw.certs.into_iter().map(|entry| cert(entry, words)).collect::<Result<_, _>>()?,
        conditions: listed("a condition", raw.conditions, &words.conditions)?,
        retention_days: match raw.retention_days {
            Days::Number(days) => Some(days),
            Days::Word(word) if word == "unknown" => None,
            Days::Word(word) => return Err(("a number of days or unknown", word)),
        },
    })
}

/// Every word is in its closed list.
pub(crate) fn listed(
    what: &'static str,
    list: Vec<String>,
    known: &std::collections::BTreeSet<String>,
) -> Result<Vec<String>, Wrong> {
    match list.iter().find(|word| !known.contains(*word)) {
        Some(word) => Err((what, word.clone())),
        None => Ok(list),
    }
}

fn places(list: Countries, own: bool, words: &Words) -> Result<Places, Wrong> {
    match list {
        Countries::Word(word) if word == "unknown" => Ok(Places::Unknown),
        Countries::Word(word) if word == "unbounded" => Ok(Places::Unbounded),
        Countries::Word(word) => Err(("a list of countries, unknown or unbounded", word)),
        Countries::List(list) => {
            list.iter().map(|word| site(word, own)).collect::<Result<_, _>>().map(Places::Listed)
        }
        Countries::Zone(ZoneList { zone, plus }) => {
            let Some(countries) = words.zones.get(&zone) else { return Err(("a zone", zone)) };
            let mut sites: Vec<Site> = countries.iter().copied().map(Site::In).collect();
            for word in &plus {
                sites.push(site(word, own)?);
            }
            Ok(Places::Listed(sites))
        }
    }
}

fn site(word: &str, own: bool) -> Result<Site, Wrong> {
    if own && word == "TENANT" {
        return Ok(Site::AtTheTenant);
    }
    Country::parse(word).map(Site::In).ok_or_else(|| ("a country of ISO 3166-1", word.to_owned()))
}

fn cert(entry: CertEntry, words: &Words) -> Result<Cert, Wrong> {
    let cert = match entry {
        CertEntry::Name(name) => Cert { name, until: None, scope: None },
        CertEntry::Dated(DatedCert { name, until, scope }) => {
            if !SCOPES.contains(&scope.as_str()) {
                return Err(("a scope (endpoint, group, unknown)", scope));
            }
            Cert { name, until, scope: Some(scope) }
        }
    };
    match words.certifications.contains(&cert.name) {
        true => Ok(cert),
        false => Err(("a certification", cert.name)),
    }
}

impl Endpoint {
    fn is_unknown(&self, fact: &str) -> bool {
        let word = |list: &Countries| matches!(list, Countries::Word(word) if word == "unknown");
        match fact {
            "operator" => self.operator == "unknown",
            "parents" => word(&self.parents),
            "establishments" => word(&self.establishments),
            "processing" => word(&self.processing),
            "storage" => word(&self.storage),
            "remote_access" => word(&self.remote_access),
            "certs" => self
                .certs
                .iter()
                .all(|cert| matches!(cert, CertEntry::Dated(cert) if cert.scope != "endpoint")),
            _ => matches!(self.retention_days, Days::Word(_)),
        }
    }
}

impl Facts {
    /// `provider/endpoint`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Does the tenant run it itself, on its own premises?
    pub fn self_hosted(&self) -> bool {
        self.self_hosted
    }

    /// Where inference may run, if that is known and bounded. Empty for a tenant's own server.
    pub fn processing(&self) -> Option<Vec<Country>> {
        match &self.processing {
            Places::Listed(sites) => Some(
                sites
                    .iter()
                    .filter_map(|site| match site {
                        Site::In(country) => Some(*country),
                        Site::AtTheTenant => None,
                    })
                    .collect(),
            ),
            Places::Unbounded | Places::Unknown => None,
        }
    }

    /// The facts as the policy sees them, for a tenant of this country.
    pub(crate) fn render(&self, home: Country) -> serde_json::Map<String, Value> {
        let word = |site: &Site| match site {
            Site::In(country) => country.to_string(),
            Site::AtTheTenant => home.to_string(),
        };
        let list = |sites: &Vec<Site>| json!(sites.iter().map(word).collect::<Vec<_>>());
        let places = |places: &Places| match places {
            Places::Listed(sites) => list(sites),
            Places::Unbounded => json!("unbounded"),
            Places::Unknown => json!("unknown"),
        };
        let known = |sites: &Option<Vec<Site>>| sites.as_ref().map_or(json!("unknown"), list);
        let mut facts = serde_json::Map::new();
        facts.insert(
            "operator".into(),
            self.operator.as_ref().map_or(json!("unknown"), |site| json!(word(site))),
        );
        facts.insert("parents".into(), known(&self.parents));
        facts.insert("establishments".into(), known(&self.establishments));
        facts.insert("processing".into(), places(&self.processing));
        facts.insert("storage".into(), places(&self.storage));
        facts.insert("remote_access".into(), known(&self.remote_access));
        facts.insert("certs".into(), self.certs.iter().map(Cert::render).collect());
        facts.insert("conditions".into(), json!(self.conditions));
        facts.insert(
            "retention_days".into(),
            self.retention_days.map_or(json!("unknown"), |days| json!(days)),
        );
        facts.insert("self_hosted".into(), json!(self.self_hosted));
        facts
    }
}

impl Cert {
    fn render(&self) -> Value {
        match (&self.until, &self.scope) {
            (None, None) => json!(self.name),
            (until, scope) => {
                let mut fact = serde_json::Map::new();
                fact.insert("name".into(), json!(self.name));
                if let Some(until) = until {
                    fact.insert("until".into(), json!(until.to_string()));
                }
                if let Some(scope) = scope {
                    fact.insert("scope".into(), json!(scope));
                }
                Value::Object(fact)
            }
        }
    }
}
