//! Packs: what a tenant or a sector adds to the law, in Rego of its own.
//!
//! Invariant: a pack can only add. It may define the sets of [`SETS`] and nothing else, and it reads the
//! input alone, so that no pack lifts what the law or another pack says. OPA's own parser says what a file
//! defines; whatever is not on the lists here is refused with its line before it is compiled.

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use crate::country::Country;
use crate::error::LoadError;
use crate::law::{RuleText, Words, unknown};
use crate::opa;
use crate::tree::Tree;
use crate::yaml;

/// The sets that a pack may add to.
const SETS: [&str; 8] = [
    "audit_fields",
    "deny",
    "exclude",
    "log_min_days",
    "redact",
    "remove",
    "response_headers",
    "retention_days_max",
];
/// Before the name of a pack where a reason names its rule.
const PREFIX: &str = "pack:";
/// Names stand in reasons and records.
const NAME_BYTES_MAX: usize = 64;
/// References go into every refusal and record, so they are short.
const REFERENCE_BYTES_MAX: usize = 300;

/// A pack as its pack.yaml describes it.
#[derive(Debug)]
pub(crate) struct Pack {
    path: String,
    about: About,
    reads_facts: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    title: String,
    plain: String,
    #[serde(rename = "ref")]
    reference: String,
    applies_to: Spanned<AppliesTo>,
}

/// Any one of these is enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppliesTo {
    #[serde(default)]
    tenants: BTreeSet<String>,
    #[serde(default)]
    sectors: BTreeSet<String>,
    #[serde(default)]
    countries: BTreeSet<Country>,
}

/// All packs by name. Their texts join those of the rules, as `pack:NAME`.
pub(crate) fn load(
    tree: &Tree,
    words: &Words,
    texts: &mut BTreeMap<String, RuleText>,
) -> Result<BTreeMap<String, Pack>, LoadError> {
    let mut packs = BTreeMap::new();
    for (path, text) in tree.below("packs/") {
        let (name, file) = split(path)?;
        if file != "pack.yaml" {
            continue;
        }
        let pack = read(path, text, words)?;
        let rego: Vec<&str> = rego_of(tree, name).map(|(_, text)| text).collect();
        if rego.is_empty() {
            return Err(LoadError::new(path, "the pack has no Rego", format!("packs/{name}/{name}.rego")));
        }
        let reads_facts = rego.iter().any(|text| reads_facts(text));
        let About { title, plain, reference, .. } = &pack;
        let text = RuleText {
            title: title.clone(),
            plain: plain.clone(),
            reference: reference.clone(),
            file: path.to_owned(),
            waivable: false,
        };
        texts.insert(format!("{PREFIX}{name}"), text);
        packs.insert(name.to_owned(), Pack { path: path.to_owned(), about: pack, reads_facts });
    }
    let described = |path: &str| split(path).is_ok_and(|(name, _)| packs.contains_key(name));
    match tree.below("packs/").find(|(path, _)| !described(path)) {
        Some((path, _)) => Err(LoadError::new(
            path,
            "its pack has no pack.yaml",
            "title, plain, ref and applies_to in pack.yaml beside it",
        )),
        None => Ok(packs),
    }
}

/// The name of the pack and of the file in it.
fn split(path: &str) -> Result<(&str, &str), LoadError> {
    let below = path.strip_prefix("packs/").and_then(|rest| rest.split_once('/'));
    let Some((name, file)) = below.filter(|(_, file)| *file == "pack.yaml" || is_rego(file)) else {
        let problem = "a pack has a pack.yaml and Rego files, and no other";
        return Err(LoadError::new(path, problem, "packs/NAME/pack.yaml and packs/NAME/NAME.rego"));
    };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let letter = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if !letter || name.len() > NAME_BYTES_MAX || !name.bytes().all(allowed) {
        let problem = format!("`{name}` is no name of a pack");
        return Err(LoadError::new(
            path,
            problem,
            "small letters, digits and hyphens, such as hospital-group",
        ));
    }
    Ok((name, file))
}

fn is_rego(file: &str) -> bool {
    file.ends_with(".rego") && !file.contains('/')
}

fn rego_of<'a>(tree: &'a Tree, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let folder = format!("packs/{name}/");
    tree.below("packs/").filter(move |(path, _)| path.strip_prefix(&folder).is_some_and(is_rego))
}

fn read(path: &str, text: &str, words: &Words) -> Result<About, LoadError> {
    let pack: About = yaml::parse(path, text)?;
    for (key, text) in [("title", &pack.title), ("plain", &pack.plain), ("ref", &pack.reference)] {
        if text.trim().is_empty() {
            return Err(LoadError::new(
                path,
                format!("`{key}` is empty"),
                "a sentence for the reader of a refusal",
            ));
        }
    }
    if pack.reference.len() > REFERENCE_BYTES_MAX {
        let problem = format!("the reference is longer than {REFERENCE_BYTES_MAX} bytes");
        return Err(LoadError::new(path, problem, "the document and its section, briefly"));
    }
    let line = yaml::line(&pack.applies_to);
    let applies = &pack.applies_to.value;
    if let Some(sector) = applies.sectors.iter().find(|sector| !words.sectors.contains(*sector)) {
        return Err(unknown(path, line, "a sector", sector));
    }
    if applies.tenants.is_empty() && applies.sectors.is_empty() && applies.countries.is_empty() {
        let problem = "the pack applies to nobody";
        return Err(LoadError::at_line(
            path,
            line,
            problem,
            "applies_to: {sectors: [health]}, or tenants, or countries",
        ));
    }
    Ok(pack)
}

/// May the Rego look at the candidates? Whatever is not plainly `input.` and another key counts as yes.
fn reads_facts(rego: &str) -> bool {
    let plain = |rest: &str| {
        rest.strip_prefix('.').is_some_and(|rest| {
            rest.starts_with(|first: char| first.is_ascii_lowercase()) && !rest.starts_with("candidates")
        })
    };
    // The core holds these two against the candidates.
    ["exclude", "retention_days_max"].iter().any(|set| rego.contains(set))
        || rego.split("input").skip(1).any(|rest| !plain(rest))
}

impl Pack {
    /// Does it apply to that tenant?
    pub(crate) fn applies(&self, tenant: &str, country: Country, sector: &str) -> bool {
        let to = &self.about.applies_to.value;
        to.tenants.contains(tenant) || to.countries.contains(&country) || to.sectors.contains(sector)
    }

    /// Must a call that it applies to bring the facts of its candidates?
    pub(crate) fn reads_facts(&self) -> bool {
        self.reads_facts
    }

    /// The tenants that it names are there.
    pub(crate) fn check_tenants(&self, known: &dyn Fn(&str) -> bool) -> Result<(), LoadError> {
        let to = &self.about.applies_to;
        match to.value.tenants.iter().find(|tenant| !known(tenant)) {
            Some(tenant) => Err(unknown(&self.path, yaml::line(to), "a tenant of policies/tenants", tenant)),
            None => Ok(()),
        }
    }
}

/// Checks the shape of all packs with OPA's parser. `work` is an empty folder of the caller's own.
pub(crate) fn check_shape(opa: &Path, tree: &Tree, words: &Words, work: &Path) -> Result<(), LoadError> {
    for (path, text) in tree.below("packs/").filter(|(path, _)| path.ends_with(".rego")) {
        let (name, _) = split(path)?;
        let file = work.join("pack.rego");
        let parsed = std::fs::write(&file, text).map_err(|error| error.to_string());
        let parsed =
            parsed.and_then(|()| opa::parse(opa, &file)).map_err(|message| unparsed(path, &message))?;
        let module: Map<String, Value> = serde_json::from_slice(&parsed)
            .map_err(|_| LoadError::new(path, "it is nested too deeply", "simpler rules"))?;
        check_module(path, name, &module, words)?;
    }
    Ok(())
}

/// OPA's own words for what it cannot parse, at the line that it names.
fn unparsed(path: &str, message: &str) -> LoadError {
    let report = message.split_once('{').map(|(_, rest)| format!("{{{rest}"));
    let report: Value = report.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let first = report.pointer("/errors/0").unwrap_or(&Value::Null);
    let problem = first.get("message").and_then(Value::as_str).unwrap_or("it is not Rego");
    LoadError::at_line(
        path,
        row(first),
        format!("OPA cannot parse it: {problem}"),
        "Rego that `opa check --strict` accepts",
    )
}

/// What may stand in a module, a rule and the head of a rule, as OPA's syntax tree names it.
const OF_MODULE: [&str; 5] = ["annotations", "comments", "imports", "package", "rules"];
const OF_RULE: [&str; 4] = ["annotations", "body", "head", "location"];
const OF_HEAD: [&str; 4] = ["key", "location", "name", "ref"];
/// Said of each form that is not `NAME contains VALUE if { … }`.
const ONLY_SETS: &str = "NAME contains VALUE if { … }, NAME one of audit_fields, deny, exclude, log_min_days, redact, remove, response_headers, retention_days_max";

fn check_module(path: &str, name: &str, module: &Map<String, Value>, known: &Words) -> Result<(), LoadError> {
    let package = module.get("package").unwrap_or(&Value::Null);
    let module_name = name.replace('-', "_");
    if !words(package.get("path")).eq(["data", "inland", "packs", &module_name]) {
        let problem = "the package is not that of its folder";
        return Err(LoadError::at_line(
            path,
            row(package),
            problem,
            format!("package inland.packs.{module_name}"),
        ));
    }
    if let Some(part) = module.keys().find(|key| !OF_MODULE.contains(&key.as_str())) {
        return Err(LoadError::new(path, format!("a pack has no {part}"), ONLY_SETS));
    }
    for import in list(module.get("imports")) {
        let of: Vec<&str> = words(import.get("path").and_then(|path| path.get("value"))).collect();
        if !matches!(of.as_slice(), ["rego", "v1"] | ["future", "keywords", ..])
            || import.get("alias").is_some()
        {
            let problem = "a pack imports nothing but rego.v1";
            return Err(LoadError::at_line(path, row(import), problem, "input.… where it is needed"));
        }
    }
    list(module.get("rules")).iter().try_for_each(|rule| check_rule(path, rule, known))
}

fn check_rule(path: &str, rule: &Value, known: &Words) -> Result<(), LoadError> {
    let fail = |problem: String| Err(LoadError::at_line(path, row(rule), problem, ONLY_SETS));
    let head = rule.get("head").unwrap_or(&Value::Null);
    let name =
        head.get("name").or_else(|| head.pointer("/ref/0/value")).and_then(Value::as_str).unwrap_or("_");
    for (key, what) in [("default", "a default"), ("else", "an else")] {
        if rule.get(key).is_some() {
            return fail(format!("`{name}` has {what}: it could take the place of what another rule says"));
        }
    }
    if head.get("args").is_some() {
        return fail(format!("`{name}` is a function"));
    }
    let simple = list(head.get("ref")).len() == 1 && head.get("key").is_some();
    if head.get("value").is_some() || !simple {
        return fail(format!("`{name}` is a value and not a set that is added to"));
    }
    if !SETS.contains(&name) {
        return fail(format!("`{name}` is not a set that a pack may add to"));
    }
    let stranger = |value: &Value, known: &[&str]| {
        value.as_object().and_then(|map| map.keys().find(|key| !known.contains(&key.as_str())).cloned())
    };
    if let Some(part) = stranger(rule, &OF_RULE).or_else(|| stranger(head, &OF_HEAD)) {
        return fail(format!("`{name}` has a part that a pack may not have: {part}"));
    }
    let (line, key) = (row(rule), head.get("key").unwrap_or(&Value::Null));
    words::check_key(path, line, name, key, known)?;
    check_term(path, line, key, known)?;
    check_term(path, line, rule.get("body").unwrap_or(&Value::Null), known)
}

/// A term, an expression or a list of them: without `with`, and of what it names only the input.
fn check_term(path: &str, line: u64, value: &Value, known: &Words) -> Result<(), LoadError> {
    match value {
        Value::Object(map) => {
            let line = words::line_of(value, line);
            words::check_expression(path, line, value, known)?;
            if map.contains_key("with") {
                let problem = "`with` changes what is read";
                return Err(LoadError::at_line(path, line, problem, "the condition itself, on input.…"));
            }
            let var = map.get("type").and_then(Value::as_str) == Some("var");
            match map.get("value").and_then(Value::as_str).filter(|_| var) {
                Some("data") => {
                    let problem =
                        "a pack reads the input and no data: what it says must follow from the record";
                    return Err(LoadError::at_line(
                        path,
                        line,
                        problem,
                        "input.…, or a list in the rule itself",
                    ));
                }
                Some(set) if SETS.contains(&set) => {
                    let problem = format!("`{set}` is read: a pack adds to sets and reads the input alone");
                    return Err(LoadError::at_line(
                        path,
                        line,
                        problem,
                        "input.…, and other names for variables",
                    ));
                }
                Some(_) | None => {}
            }
            map.iter()
                .filter(|(key, _)| *key != "location")
                .try_for_each(|(_, part)| check_term(path, line, part, known))
        }
        Value::Array(list) => list.iter().try_for_each(|part| check_term(path, line, part, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn words(path: Option<&Value>) -> impl Iterator<Item = &str> {
    list(path).iter().map(|part| part.get("value").and_then(Value::as_str).unwrap_or_default())
}

fn row(value: &Value) -> u64 {
    value.pointer("/location/row").and_then(Value::as_u64).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rego_that_plainly_reads_other_keys_is_asked_without_the_facts() {
        for plain in [
            "deny contains \"X\" if input.use_case == \"y\"",
            "redact contains \"email\" if \"health\" in input.classes",
            "remove contains \"passport_id\"",
        ] {
            assert!(!reads_facts(plain), "{plain}");
        }
        for facts in [
            "exclude contains {\"pair\": \"a/b\", \"code\": \"LOCATION\"}",
            "retention_days_max contains 0",
            "deny contains \"X\" if count(input.candidates) > 3",
            "deny contains \"X\" if count(input[\"candidates\"]) > 3",
            "deny contains \"X\" if { some key; count(input[key]) > 3 }",
            "deny contains \"X\" if { all := input; count(all.candidates) > 3 }",
            "deny contains \"X\" if { walk(input, [_, 7]) }",
            "deny contains \"X\" if input\n.candidates",
            "deny contains \"X\" if input.\tcandidates",
        ] {
            assert!(reads_facts(facts), "{facts}");
        }
    }
}
