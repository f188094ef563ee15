//! The law files, typed and checked: zones, adequacy, vocabulary, rules.
//!
//! Invariant: after [`Law::load`] every word in every rule is known (a zone, a country, a class, a
//! code), so that no rule is silently without effect because of a slip of the pen.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::class::Class;
use crate::country::Country;
use crate::error::LoadError;
use crate::pack::{self, Pack};
use crate::reason::Reasons;
use crate::rules::{self, Rule, Strength};
use crate::tree::Tree;
use crate::yaml::{self, Day, Names};

/// What the engine must know of the law; the rest is for the core alone, in [`Law::data`].
#[derive(Debug)]
pub(crate) struct Law {
    pub(crate) revision: u64,
    pub(crate) review_by: time::Date,
    pub(crate) words: Words,
    /// Rule id to what a refusal says about it. Holds the core's own reasons too.
    pub(crate) rules: BTreeMap<String, RuleText>,
    pub(crate) reasons: Reasons,
    pub(crate) packs: BTreeMap<String, Pack>,
    /// All files merged as OPA merges them: `data.law`.
    pub(crate) data: Value,
}

/// A rule as a reader of a refusal meets it.
#[derive(Debug, Clone)]
pub struct RuleText {
    pub(crate) title: String,
    pub(crate) plain: String,
    pub(crate) reference: String,
    /// The file that it stands in; the core's own reasons stand in the vocabulary.
    pub(crate) file: String,
    /// Can a tenant's dated waiver lift it?
    pub(crate) waivable: bool,
}

impl RuleText {
    /// Its title; the core's own reasons have their code instead.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it says, in a plain sentence.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// Its legal reference.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The file of the policy folder that it stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Can a tenant's dated waiver lift it?
    pub fn waivable(&self) -> bool {
        self.waivable
    }
}

/// The closed lists.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) zones: BTreeMap<String, BTreeSet<Country>>,
    pub(crate) regimes: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) sectors: BTreeSet<String>,
    pub(crate) use_cases: BTreeSet<String>,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) certifications: BTreeSet<String>,
    pub(crate) conditions: BTreeSet<String>,
    pub(crate) contracts: BTreeSet<String>,
    pub(crate) transfer_tools: BTreeSet<String>,
    pub(crate) audit_fields: BTreeSet<String>,
    pub(crate) response_headers: BTreeSet<String>,
    /// Reason code to its remedy.
    pub(crate) remedies: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetaFile {
    meta: Meta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by people; listed so that a misspelt key is an error")]
struct Meta {
    schema_version: u32,
    revision: u64,
    as_of: Day,
    review_by: Day,
    status: String,
    confidence_scale: BTreeMap<String, String>,
    strength_scale: BTreeMap<String, String>,
    combination: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZonesFile {
    zones: BTreeMap<String, Spanned<Zone>>,
    regimes: BTreeMap<String, Spanned<Regime>>,
    #[expect(dead_code, reason = "read by people")]
    notes_on_territories: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "this is neither a list of countries nor {union, add}")]
enum Zone {
    Countries(Vec<String>),
    Union(Union),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Union {
    union: Vec<String>,
    #[serde(default)]
    add: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Regime {
    free: Names,
    tool: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdequacyFile {
    disabled: Vec<Spanned<String>>,
    adequacy: BTreeMap<String, Vec<Spanned<Adequacy>>>,
    #[expect(dead_code, reason = "read by people")]
    international_organisations: Value,
    #[expect(dead_code, reason = "read by people")]
    known_differences: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "dates and notes are interpreted by the core; here they are checked")]
struct Adequacy {
    country: Option<String>,
    zone: Option<String>,
    since: Option<Day>,
    until: Option<Day>,
    review: Option<Day>,
    condition: Option<String>,
    confidence: rules::Confidence,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    data_classes: BTreeMap<String, Vec<String>>,
    groups: BTreeMap<String, Vec<String>>,
    always_remove: Vec<String>,
    sectors: BTreeSet<String>,
    use_cases: BTreeSet<String>,
    tenant_flags: BTreeMap<String, String>,
    features: Features,
    certifications: BTreeSet<String>,
    cert_order: BTreeMap<String, Vec<String>>,
    conditions: BTreeSet<String>,
    contracts: BTreeSet<String>,
    transfer_tools: BTreeSet<String>,
    effects: BTreeMap<String, String>,
    audit_fields: BTreeSet<String>,
    response_headers: BTreeSet<String>,
    reason_codes: BTreeMap<String, String>,
    core_reasons: BTreeMap<String, CoreReason>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Features {
    #[expect(dead_code, reason = "read by the core")]
    harmless: BTreeSet<String>,
    permission: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoreReason {
    code: String,
    #[serde(rename = "ref")]
    reference: String,
    plain: String,
}

const ZONES: &str = "law/zones.yaml";
const ADEQUACY: &str = "law/adequacy.yaml";
const VOCABULARY: &str = "law/vocabulary.yaml";
const META: &str = "law/meta.yaml";

impl Law {
    /// Parses and checks every file below `law/`. Past `expires` it counts as not reviewed.
    pub(crate) fn load(tree: &Tree, expires: Option<time::Date>) -> Result<Law, LoadError> {
        let (path, text) = tree.file(META)?;
        let meta = yaml::parse::<MetaFile>(path, text)?.meta;
        let review_by = expires.map_or(meta.review_by.0, |expires| expires.min(meta.review_by.0));
        let (words, core_reasons) = vocabulary(tree)?;
        let words = zones(tree, words)?;
        adequacy(tree, &words)?;

        let mut texts = core_reasons;
        for (path, text) in tree.below("law/rules/") {
            for (id, rule) in yaml::parse::<BTreeMap<String, Spanned<Rule>>>(path, text)? {
                rules::check(path, &id, &rule, &words)?;
                let line = yaml::line(&rule);
                let waivable =
                    rule.value.strength != Strength::Law && rule.value.strength != Strength::Procurement;
                let Rule { title, plain, reference, .. } = rule.value;
                let text = RuleText { title, plain, reference, file: path.to_owned(), waivable };
                if texts.insert(id.clone(), text).is_some() {
                    let problem = format!("the rule {id} stands in two files");
                    return Err(LoadError::at_line(path, line, problem, "a new id, or remove one of them"));
                }
            }
        }
        let mut data = merged(tree)?;
        if let Some(written) = data.pointer_mut("/meta/review_by") {
            *written = Value::from(Day(review_by).to_string());
        }
        let packs = pack::load(tree, &words, &mut texts)?;
        let reasons = Reasons::new(&texts, &words.remedies);
        Ok(Law { revision: meta.revision, review_by, words, rules: texts, reasons, packs, data })
    }
}

impl Law {
    /// Takes the emergency switch of law/adequacy.yaml back; was anything switched off?
    pub(crate) fn clear_switches(&mut self) -> bool {
        match self.data.pointer_mut("/disabled").and_then(Value::as_array_mut) {
            Some(disabled) => !std::mem::take(disabled).is_empty(),
            None => false,
        }
    }
}

impl Words {
    /// The countries of a zone or the country itself.
    pub(crate) fn place(&self, word: &str) -> Option<BTreeSet<Country>> {
        let zone = self.zones.get(word).cloned();
        zone.or_else(|| Country::parse(word).map(|country| BTreeSet::from([country])))
    }

    /// Is it a class, or an `@group` of classes?
    pub(crate) fn is_class(&self, word: &str) -> bool {
        match word.strip_prefix('@') {
            Some(group) => self.groups.contains(group),
            None => Class::from_name(word).is_some(),
        }
    }
}

/// Where the words of a list are found, by a part of the list's name.
const LISTS: [(&str, &str); 9] = [
    ("a zone or a country", "a zone of law/zones.yaml, or a country's two letters such as FR or 'NO'"),
    ("country", "a country's two letters such as FR or 'NO'"),
    ("zone", "a zone of law/zones.yaml"),
    ("endpoint", "provider/endpoint, as in policies/providers"),
    ("a rule", "the id of a rule in law/rules"),
    ("a tenant of", "the name of a tenant in policies/tenants"),
    ("a pack", "the name of a folder in policies/packs"),
    ("a fact that has evidence", "a key of the endpoint"),
    ("scope", "endpoint, group or unknown"),
];

/// Names a word that is not in its closed list.
pub(crate) fn unknown(path: &str, line: u64, what: &str, word: &str) -> LoadError {
    let list = LISTS.into_iter().find(|(part, _)| what.contains(part));
    let remedy = list.map_or("a word of law/vocabulary.yaml", |(_, remedy)| remedy);
    LoadError::at_line(path, line, format!("`{word}` is not {what}"), remedy)
}

fn vocabulary(tree: &Tree) -> Result<(Words, BTreeMap<String, RuleText>), LoadError> {
    let (path, text) = tree.file(VOCABULARY)?;
    let file: VocabularyFile = yaml::parse(path, text)?;
    let wrong = |problem: String, remedy: &str| LoadError::new(path, problem, remedy);

    let listed: BTreeSet<&str> = file.data_classes.values().flatten().map(String::as_str).collect();
    let known: BTreeSet<&str> = Class::all().map(Class::name).collect();
    if let Some(class) = listed.symmetric_difference(&known).next() {
        let problem = format!("data class `{class}` is not in both this list and the engine's");
        return Err(wrong(problem, "the classes of this release; a new class needs a new release"));
    }
    if let Some(family) =
        file.groups.values().flatten().find(|family| !file.data_classes.contains_key(*family))
    {
        return Err(wrong(format!("group member `{family}` is no family of data_classes"), "a family"));
    }
    if let Some(class) = file.always_remove.iter().find(|class| Class::from_name(class).is_none()) {
        return Err(wrong(format!("always_remove names `{class}`, which is no class"), "a data class"));
    }
    if let Some(name) = file.cert_order.values().flatten().find(|name| !file.certifications.contains(*name)) {
        return Err(wrong(
            format!("cert_order names `{name}`, which is no certification"),
            "a certification",
        ));
    }
    if let Some(effect) = rules::EFFECTS.iter().find(|effect| !file.effects.contains_key(**effect)) {
        return Err(wrong(format!("effect `{effect}` is not described"), "its description"));
    }
    let mut core_reasons = BTreeMap::new();
    for (id, reason) in file.core_reasons {
        if !file.reason_codes.contains_key(&reason.code) {
            return Err(wrong(format!("core reason {id} has no known code"), "a code of reason_codes"));
        }
        let CoreReason { code, reference, plain } = reason;
        let file = path.to_owned();
        core_reasons.insert(id, RuleText { title: code, plain, reference, file, waivable: false });
    }
    let permissions = file.features.permission.iter().map(|feature| format!("allow_{feature}"));
    let words = Words {
        groups: file.groups.into_keys().collect(),
        sectors: file.sectors,
        use_cases: file.use_cases,
        flags: file.tenant_flags.into_keys().chain(permissions).collect(),
        certifications: file.certifications,
        conditions: file.conditions,
        contracts: file.contracts,
        transfer_tools: file.transfer_tools,
        audit_fields: file.audit_fields,
        response_headers: file.response_headers,
        remedies: file.reason_codes,
        ..Words::default()
    };
    Ok((words, core_reasons))
}

fn zones(tree: &Tree, mut words: Words) -> Result<Words, LoadError> {
    let (path, text) = tree.file(ZONES)?;
    let file: ZonesFile = yaml::parse(path, text)?;
    for (name, zone) in &file.zones {
        let countries = members(path, zone, &file.zones, ZONE_DEPTH_MAX)?;
        words.zones.insert(name.clone(), countries);
    }
    for (name, regime) in &file.regimes {
        let line = yaml::line(regime);
        if let Some(word) = regime.value.free.0.iter().find(|word| words.place(word).is_none()) {
            return Err(unknown(path, line, "a zone or a country", word));
        }
        if !words.transfer_tools.contains(&regime.value.tool) {
            return Err(unknown(path, line, "a transfer tool", &regime.value.tool));
        }
        words.regimes.insert(name.clone());
    }
    Ok(words)
}

/// The core resolves zones of zones of lists, no deeper.
const ZONE_DEPTH_MAX: usize = 2;

fn members(
    path: &str,
    zone: &Spanned<Zone>,
    zones: &BTreeMap<String, Spanned<Zone>>,
    depth: usize,
) -> Result<BTreeSet<Country>, LoadError> {
    let line = yaml::line(zone);
    let country = |word: &String| {
        Country::parse(word).ok_or_else(|| unknown(path, line, "a country of ISO 3166-1", word))
    };
    match &zone.value {
        Zone::Countries(list) => list.iter().map(country).collect(),
        Zone::Union(union) => {
            let mut countries: BTreeSet<Country> = union.add.iter().map(country).collect::<Result<_, _>>()?;
            for part in &union.union {
                let Some(zone) = zones.get(part).filter(|_| depth > 0) else {
                    return Err(unknown(path, line, "a zone, or nested too deep", part));
                };
                countries.extend(members(path, zone, zones, depth - 1)?);
            }
            Ok(countries)
        }
    }
}

fn adequacy(tree: &Tree, words: &Words) -> Result<(), LoadError> {
    let (path, text) = tree.file(ADEQUACY)?;
    let file: AdequacyFile = yaml::parse(path, text)?;
    let mut switches = BTreeSet::new();
    for (regime, entries) in &file.adequacy {
        if !words.regimes.contains(regime) {
            return Err(LoadError::new(
                path,
                format!("`{regime}` is no regime"),
                "a regime of law/zones.yaml",
            ));
        }
        for entry in entries {
            let line = yaml::line(entry);
            let place = match (&entry.value.country, &entry.value.zone) {
                (Some(country), None) if Country::parse(country).is_some() => country,
                (None, Some(zone)) if words.zones.contains_key(zone) => zone,
                (Some(word), _) | (None, Some(word)) => {
                    return Err(unknown(path, line, "a country or a zone, one of the two", word));
                }
                (None, None) => {
                    return Err(LoadError::at_line(path, line, "the entry names no place", "country: FR"));
                }
            };
            if let Some(condition) =
                entry.value.condition.as_ref().filter(|word| !words.conditions.contains(*word))
            {
                return Err(unknown(path, line, "a condition", condition));
            }
            switches.insert(format!("{regime}:{place}"));
        }
    }
    match file.disabled.iter().find(|switch| !switches.contains(&switch.value)) {
        Some(switch) => {
            let problem = format!("`{}` switches off nothing", switch.value);
            Err(LoadError::at_line(
                path,
                yaml::line(switch),
                problem,
                "regime:COUNTRY of an entry, such as eu:US",
            ))
        }
        None => Ok(()),
    }
}

/// What stands in `law/` besides the rules.
const LAW_FILES: [&str; 5] =
    ["law/adequacy.yaml", "law/countries.yaml", "law/meta.yaml", "law/vocabulary.yaml", "law/zones.yaml"];

/// All law files in one document, at the places where `opa` itself puts them.
fn merged(tree: &Tree) -> Result<Value, LoadError> {
    let mut law = serde_json::Map::new();
    let mut rules = serde_json::Map::new();
    for (path, text) in tree.below("law/") {
        if !path.starts_with("law/rules/") && !LAW_FILES.contains(&path) {
            let remedy = format!("law/rules/{}", path.rsplit('/').next().unwrap_or_default());
            return Err(LoadError::new(
                path,
                "it is none of the files of law/; rules are below law/rules",
                remedy,
            ));
        }
        let part: serde_json::Map<String, Value> = yaml::parse(path, text)?;
        let into = if path.starts_with("law/rules/") { &mut rules } else { &mut law };
        for (key, value) in part {
            if into.insert(key.clone(), value).is_some() {
                let problem = format!("`{key}` stands in two files");
                return Err(LoadError::new(path, problem, "one of them only"));
            }
        }
    }
    law.insert("rules".to_owned(), Value::Object(rules));
    Ok(Value::Object(law))
}
