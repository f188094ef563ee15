//! The form of a case file.
//!
//! Invariant: every key is listed here; one that is not is an error at its line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::class::Action;
use crate::country::Country;
use crate::error::LoadError;
use crate::tenant::TenantFile;
use crate::yaml::{self, Day};

use super::fixture::{Fixture, Fixtures};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    meta: Meta,
    #[serde(default)]
    fixtures: BTreeMap<String, Spanned<Fixture>>,
    #[serde(default)]
    scenarios: Vec<Spanned<Text>>,
    /// Decisions about the whole path of a call: for the gateway's tests.
    #[serde(rename = "plan_scenarios")]
    _plan_scenarios: Option<Value>,
    near_miss_base: Option<Spanned<Fixture>>,
    #[serde(default)]
    near_miss: Vec<Spanned<Text>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    #[serde(rename = "schema_version")]
    _schema_version: Option<u32>,
    #[serde(rename = "rules_from")]
    _rules_from: Option<String>,
    #[serde(rename = "how_to_run")]
    _how_to_run: Option<Vec<String>>,
    /// The day of every case that gives no other.
    evaluate_at: Day,
}

/// A case as its file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: String,
    title: Option<String>,
    #[serde(rename = "prose")]
    _prose: Option<String>,
    #[serde(rename = "law")]
    _law: Option<String>,
    tests: Option<Tests>,
    tenant: TenantText,
    subjects: Vec<String>,
    data: Vec<String>,
    use_case: Option<String>,
    date: Option<Day>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    features: Vec<String>,
    route: Option<String>,
    model: Option<String>,
    #[serde(default)]
    stream: bool,
    backends: Option<Vec<String>>,
    home: Option<Country>,
    near_miss_changes: Option<Fixture>,
    near_misses: Option<BTreeMap<String, Fixture>>,
    expect: Expect,
}

/// A case with its line, its form checked.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) line: u64,
    pub(super) title: String,
    pub(super) tests: Option<Tests>,
    pub(super) tenant: TenantText,
    pub(super) subjects: Vec<String>,
    pub(super) data: Vec<String>,
    pub(super) use_case: Option<String>,
    pub(super) date: Option<Day>,
    pub(super) groups: Vec<String>,
    pub(super) features: Vec<String>,
    pub(super) route: String,
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) backends: Backends,
    pub(super) expect: Expect,
}

/// Where the call of a case could go.
#[derive(Debug, Clone)]
pub(super) enum Backends {
    /// Fixtures by name, or endpoints of the policy folder as `provider/endpoint`.
    Named(Vec<String>),
    /// A perfect backend in this country, and by name the same with some facts changed.
    NearMiss(Country, BTreeMap<String, Fixture>),
}

/// What a near-miss pair is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tests {
    pub(super) rule: String,
    pub(super) effect: String,
}

/// A tenant of the folder by its name, or one described on the spot.
#[derive(Debug, Clone)]
pub(super) enum TenantText {
    Named(String),
    Described(Box<TenantFile>),
}

/// What must come out. The first five are always compared, the others where they are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) allow: Vec<String>,
    /// Per pair its codes, each alone or with the rule that gives it: `LOCATION by FR-HDS`.
    #[serde(default)]
    pub(super) exclude: BTreeMap<String, BTreeSet<String>>,
    pub(super) redact: Redact,
    #[serde(default)]
    pub(super) log_min_days: u32,
    pub(super) refuse: Option<String>,
    pub(super) rules: Option<BTreeSet<String>>,
    pub(super) waived: Option<BTreeSet<String>>,
    pub(super) retention_days_max: Option<Limit>,
    pub(super) response_headers: Option<BTreeSet<String>>,
    pub(super) audit_fields: Option<BTreeSet<String>>,
    pub(super) features_refused: Option<BTreeSet<String>>,
    pub(super) remote_access_unknown: Option<BTreeSet<String>>,
    pub(super) cache_scope: Option<Scope>,
    pub(super) partition: Option<String>,
    pub(super) stale: Option<bool>,
}

/// Classes that are taken out, and perhaps how.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither a list of classes nor {class: remove}")]
pub(super) enum Redact {
    Classes(BTreeSet<String>),
    Actions(BTreeMap<String, Action>),
}

/// A number of days, or the word `none`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither a number of days nor `none`")]
pub(super) enum Limit {
    Days(u32),
    Word(NoLimit),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoLimit {
    None,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    None,
    Tenant,
}

/// The pair of a near miss that nothing is wrong with, and the other where it has no name of its own.
pub(super) const PERFECT: &str = "perfect";
const NEAR_MISS: &str = "near-miss";

impl Expect {
    /// What is expected against a pair: a code, and the rule that gives it where that is written.
    pub(super) fn against(&self, pair: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.exclude.get(pair).into_iter().flatten().map(|entry| match entry.split_once(" by ") {
            Some((code, rule)) => (code, Some(rule)),
            None => (entry.as_str(), None),
        })
    }
}

/// Case ids stand in reports and in the tenant's name.
const ID_BYTES_MAX: usize = 64;

impl CaseFile {
    /// The day of the cases, the fixtures, and the cases in the order of the file.
    pub(super) fn split(self, path: &str) -> Result<(Day, Fixtures, Vec<Written>), LoadError> {
        let fixtures = Fixtures { file: path.to_owned(), named: self.fixtures, base: self.near_miss_base };
        let named = self.scenarios.into_iter().map(|text| checked(path, text, "backends"));
        let pairs = self.near_miss.into_iter().map(|text| checked(path, text, "home"));
        let cases = named.chain(pairs).collect::<Result<_, _>>()?;
        Ok((self.meta.evaluate_at, fixtures, cases))
    }
}

fn checked(path: &str, text: Spanned<Text>, key: &str) -> Result<Written, LoadError> {
    let line = yaml::line(&text);
    let text = text.value;
    let wrong = |problem: String, remedy: &str| Err(LoadError::at_line(path, line, problem, remedy));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.id.is_empty() || text.id.len() > ID_BYTES_MAX || !text.id.bytes().all(allowed) {
        let problem = format!("`{}` is no case id", text.id);
        return wrong(problem, "letters, digits and hyphens, such as FR-001");
    }
    let changed = text.near_miss_changes.map(|changes| BTreeMap::from([(NEAR_MISS.to_owned(), changes)]));
    let backends = match (text.backends, text.home, changed, text.near_misses) {
        (Some(names), None, None, None) if key == "backends" => Backends::Named(names),
        (None, Some(home), Some(changes), None) | (None, Some(home), None, Some(changes))
            if key == "home" =>
        {
            Backends::NearMiss(home, changes)
        }
        _ if key == "home" => {
            let problem = format!("the near-miss pair {} needs home and near_miss_changes", text.id);
            return wrong(problem, "home: FR and near_miss_changes: {processing: [US]}, without backends");
        }
        _ => {
            let problem = format!("the scenario {} needs backends", text.id);
            return wrong(problem, "backends: [fr-hds, us-dpf], without home and near_miss_changes");
        }
    };
    let about = text.tests.as_ref().map(|tests| format!("{}: {}", tests.rule, tests.effect));
    Ok(Written {
        title: text.title.or(about).unwrap_or_else(|| text.id.clone()),
        id: text.id,
        line,
        tests: text.tests,
        tenant: text.tenant,
        subjects: text.subjects,
        data: text.data,
        use_case: text.use_case,
        date: text.date,
        groups: text.groups,
        features: text.features,
        route: text.route.unwrap_or_else(|| "chat/completions".to_owned()),
        model: text.model.unwrap_or_else(|| "any".to_owned()),
        stream: text.stream,
        backends,
        expect: text.expect,
    })
}

impl<'de> Deserialize<'de> for TenantText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TenantText, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = TenantText;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a tenant's name or {country, sector, public_body, flags}")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<TenantText, E> {
                Ok(TenantText::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TenantText, A::Error> {
                let tenant = TenantFile::deserialize(MapAccessDeserializer::new(map))?;
                Ok(TenantText::Described(Box::new(tenant)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
