//! `inland policy explain`: what may go where, and why not elsewhere, for one kind of call.
//!
//! Invariant: it asks the question that the gateway would ask: the tenant's assumed classes are in it, and
//! persons of unknown country stand beside those that are named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use inland_policies::{
    CacheScope, Class, ClassSet, Country, Decision, PAIRS_MAX, PairSpec, Policies, Question, Reason, Tenant,
};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Date;

use super::super::say;
use super::show::{Table, count, wrapped};
use crate::inspect::can_find;

#[derive(Args)]
pub(in crate::command) struct Explain {
    #[command(flatten)]
    source: super::Source,
    /// Who calls: a file of policies/tenants.
    #[arg(long)]
    tenant: String,
    /// Classes of data in the call, such as health,email; what the tenant assumes is added.
    #[arg(long, value_name = "CLASSES", value_delimiter = ',')]
    data: Vec<String>,
    /// Countries of the persons the data is about, such as DE,FR; others of unknown country are added.
    #[arg(long, value_name = "COUNTRIES", value_delimiter = ',')]
    subject: Vec<String>,
    /// The declared purpose, a use case of law/vocabulary.yaml.
    #[arg(long, value_name = "USE_CASE")]
    purpose: Option<String>,
    /// What the request asks for besides text, such as image,tools.
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    feature: Vec<String>,
    /// Groups of the caller.
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    group: Vec<String>,
    /// The day of the call, as 2027-06-30; without it, today.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    date: Option<Date>,
    /// Only the pairs that this model of gateway.toml offers; without it, every endpoint of providers/.
    #[arg(long, value_name = "MODEL", requires = "config")]
    model: Option<String>,
    /// The configuration that offers the model.
    #[arg(long, value_name = "FILE", requires = "model")]
    config: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(&self) -> Result<bool, String> {
        let policies = self.source.load()?;
        let tenant = tenant(&policies, &self.tenant)?;
        let asked = self.asked(&policies, tenant)?;
        let pairs = self.pairs(&policies)?;
        let decisions = decide(&policies, &asked, &pairs)?;
        let found = Found { policies: &policies, asked, pairs, decisions };
        if self.json {
            say(&found.json().to_string());
        } else {
            say(found.text().trim_end());
        }
        Ok(true)
    }

    fn asked<'a>(&'a self, policies: &'a Policies, tenant: &'a Arc<Tenant>) -> Result<Asked<'a>, String> {
        let declared: ClassSet = self.data.iter().map(|word| class(word)).collect::<Result<_, _>>()?;
        let mut subjects = self.subject.iter().map(|word| country(word)).collect::<Result<Vec<_>, _>>()?;
        subjects.sort_unstable();
        subjects.dedup();
        if let Some(purpose) = &self.purpose
            && policies.use_case(purpose).is_none()
        {
            return Err(format!(
                "`{purpose}` is not a use case\n  write: a word of use_cases in law/vocabulary.yaml"
            ));
        }
        Ok(Asked {
            tenant,
            groups: &self.group,
            classes: declared.union(tenant.assume()),
            subjects,
            features: self.feature.iter().map(String::as_str).collect(),
            purpose: self.purpose.as_deref(),
            model: self.model.as_deref().unwrap_or("any"),
            day: self.date.unwrap_or_else(super::today),
        })
    }

    fn pairs(&self, policies: &Policies) -> Result<Vec<Pair>, String> {
        if let (Some(model), Some(config)) = (&self.model, &self.config) {
            return offered(config, model);
        }
        let all: Vec<Pair> = policies.endpoints().map(|it| (it.to_owned(), it.to_owned())).collect();
        if all.is_empty() {
            return Err("the policy knows no provider endpoint\n  do: inland policy new-provider NAME".into());
        }
        Ok(all)
    }
}

/// The longest reason codes that matter have so many letters.
const CODE: usize = 19;

/// The id of a pair and its provider endpoint.
type Pair = (String, String);

struct Asked<'a> {
    tenant: &'a Arc<Tenant>,
    groups: &'a [String],
    classes: ClassSet,
    subjects: Vec<Country>,
    features: Vec<&'a str>,
    purpose: Option<&'a str>,
    model: &'a str,
    day: Date,
}

fn tenant<'a>(policies: &'a Policies, name: &str) -> Result<&'a Arc<Tenant>, String> {
    policies.tenant(name).ok_or_else(|| {
        let known: Vec<&str> = policies.tenants().map(|tenant| tenant.name()).collect();
        format!("there is no tenant `{name}`\n  write: one of {}", known.join(", "))
    })
}

fn class(word: &str) -> Result<Class, String> {
    Class::from_name(word).ok_or_else(|| {
        let known: Vec<&str> = Class::all().map(Class::name).collect();
        wrapped("", &format!("`{word}` is not a data class"))
            + "\n"
            + &wrapped("  write: ", &known.join(", "))
    })
}

fn country(word: &str) -> Result<Country, String> {
    Country::parse(word).ok_or_else(|| {
        format!("`{word}` is not a country of ISO 3166-1\n  write: two capital letters, such as FR or NO")
    })
}

/// What of gateway.toml says where a model may go. Nothing else of it is looked at: its secrets need not be
/// where a policy is read.
#[derive(Deserialize)]
struct Offers {
    #[serde(default)]
    backend: Vec<OfferedBackend>,
    #[serde(default)]
    model: Vec<OfferedModel>,
}

#[derive(Deserialize)]
struct OfferedBackend {
    id: String,
    provider: String,
}

#[derive(Deserialize)]
struct OfferedModel {
    name: String,
    offers: Vec<String>,
}

fn offered(config: &Path, model: &str) -> Result<Vec<Pair>, String> {
    let shown = config.display();
    let text = super::read(config)?;
    let offers: Offers = toml::from_str(&text)
        .map_err(|error| format!("{shown}: {}\n  do: inland check --config {shown}", error.message()))?;
    let Some(found) = offers.model.iter().find(|it| it.name == model) else {
        let known: Vec<&str> = offers.model.iter().map(|it| it.name.as_str()).collect();
        return Err(format!("{shown} offers no model `{model}`\n  write: one of {}", known.join(", ")));
    };
    let provider = |offer: &String| {
        let (backend, _) = offer.split_once('/')?;
        let backend = offers.backend.iter().find(|it| it.id == backend)?;
        Some((offer.clone(), backend.provider.clone()))
    };
    let of = |offer| {
        provider(offer).ok_or_else(|| {
            format!("{shown}: `{offer}` names no backend\n  write: \"BACKEND/MODEL\" of a [[backend]] in it")
        })
    };
    found.offers.iter().map(of).collect()
}

/// One decision for each portion of the pairs: a record holds no more of them.
fn decide(policies: &Policies, asked: &Asked<'_>, pairs: &[Pair]) -> Result<Vec<Arc<Decision>>, String> {
    let portion = |pairs: &[Pair]| {
        let specs: Vec<PairSpec<'_>> = pairs.iter().map(|(id, provider)| PairSpec { id, provider }).collect();
        let candidates = policies.candidates(asked.tenant, &specs).map_err(|error| error.to_string())?;
        let question = Question {
            tenant: asked.tenant,
            groups: asked.groups,
            classes: asked.classes,
            subjects: &asked.subjects,
            subjects_complete: false, // as the gateway asks: nobody tells it of all persons
            features: &asked.features,
            use_case: asked.purpose,
            route: "/v1/chat/completions",
            model: asked.model,
            stream: false,
            candidates: &candidates,
            today: asked.day,
        };
        policies.decide(&question).map_err(|error| {
            format!("the policy gives no decision ({}), so every call is refused: {error}", error.code())
        })
    };
    pairs.chunks(PAIRS_MAX).map(portion).collect()
}

struct Found<'a> {
    policies: &'a Policies,
    asked: Asked<'a>,
    pairs: Vec<Pair>,
    decisions: Vec<Arc<Decision>>,
}

impl Found<'_> {
    fn allowed(&self) -> BTreeSet<&str> {
        self.decisions.iter().flat_map(|decision| decision.allow()).map(String::as_str).collect()
    }

    fn excluded(&self) -> BTreeMap<&str, &[Reason]> {
        let all = self.decisions.iter().flat_map(|decision| decision.exclude());
        all.map(|(pair, reasons)| (pair.as_str(), reasons.as_slice())).collect()
    }

    fn text(&self) -> String {
        let parts = [self.question(), self.places(), self.reasons(), self.duties(), self.rules()];
        parts.join("\n")
    }

    fn question(&self) -> String {
        let asked = &self.asked;
        let subjects: Vec<&str> = asked.subjects.iter().map(Country::as_str).collect();
        let persons = if subjects.is_empty() {
            "of unknown country, who count as EU".to_owned()
        } else {
            format!("{}, and others of unknown country, who count as EU", subjects.join(", "))
        };
        let body = if asked.tenant.public_body() { ", a public body" } else { "" };
        let lines = [
            (
                "tenant",
                format!(
                    "{} ({}, {}{body})",
                    asked.tenant.name(),
                    asked.tenant.country(),
                    asked.tenant.sector()
                ),
            ),
            ("data", asked.classes.names().join(", ")),
            ("persons", persons),
            ("purpose", asked.purpose.unwrap_or("none declared").to_owned()),
            ("features", listed(&asked.features)),
            ("packs", listed(&self.packs())),
            ("day", asked.day.to_string()),
            ("policy", format!("revision {}, {}", revision(self.policies), self.policies.digest())),
        ];
        pairs_of(&lines)
    }

    /// The packs that are laid over the law for this tenant, as the question names them.
    fn packs(&self) -> Vec<String> {
        let input = self.decisions.first().and_then(|decision| serde_json::from_str(decision.input()).ok());
        let input: Value = input.unwrap_or_default();
        let packs = input.pointer("/tenant/packs").and_then(Value::as_array);
        packs.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn places(&self) -> String {
        let (allowed, excluded) = (self.allowed(), self.excluded());
        let mut table = Table::new(["MAY GO TO", "", "WHY NOT"]);
        let mut pairs: Vec<&Pair> = self.pairs.iter().collect();
        // Of a model the order is its preference; of all endpoints the allowed ones are what is looked for.
        if pairs.iter().all(|(id, provider)| id == provider) {
            pairs.sort_by_key(|(id, _)| !allowed.contains(id.as_str()));
        }
        for (id, provider) in pairs {
            let name = if id == provider { id.clone() } else { format!("{id} ({provider})") };
            let (verdict, why) = match excluded.get(id.as_str()) {
                Some(reasons) => ("no", by_rule(reasons)),
                None if allowed.contains(id.as_str()) => ("yes", String::new()),
                None => ("no", "a feature is refused, see below".to_owned()),
            };
            table.row([name, verdict.to_owned(), why]);
        }
        let of = format!("{} of {} may receive this call", allowed.len(), count(self.pairs.len(), "place"));
        let names: Vec<&str> = allowed.into_iter().collect();
        let which = if names.is_empty() { ".".to_owned() } else { format!(": {}.", names.join(", ")) };
        format!("{}\n\n{}", wrapped("", &format!("{of}{which}")), table.lines(""))
    }

    /// Each rule that excludes a place: its law, and what can be done about each of its reasons.
    fn reasons(&self) -> String {
        let mut rules: BTreeMap<&str, BTreeSet<&Reason>> = BTreeMap::new();
        for reason in self.excluded().into_values().flatten() {
            rules.entry(reason.rule()).or_default().insert(reason);
        }
        let mut text = String::new();
        for (rule, reasons) in rules {
            let title = self.policies.rule(rule).map_or("", |it| it.title());
            text += &format!("{rule}: {title}\n");
            if let Some(reference) = reasons.first().map(|reason| reason.reference()) {
                text += &(wrapped(&format!("  {:<CODE$}  ", "law"), reference) + "\n");
            }
            for reason in reasons {
                text += &(wrapped(&format!("  {:<CODE$}  ", reason.code()), reason.remedy()) + "\n");
            }
        }
        if text.is_empty() { "No place is excluded.\n".to_owned() } else { text }
    }

    fn duties(&self) -> String {
        let Some(decision) = self.decisions.first() else { return String::new() };
        let redact =
            decision.redact().iter().map(|(class, action)| format!("{} {}", action.name(), class.name()));
        let kept = match decision.log_min_days() {
            0 => "no rule asks to keep the record longer than the log's floor".to_owned(),
            days => format!("the record is kept at least {days} days"),
        };
        let retention = match decision.retention_days_max() {
            None => "no bound on what it keeps".to_owned(),
            Some(0) => "keeps nothing".to_owned(),
            Some(days) => format!("keeps nothing longer than {days} days"),
        };
        let cache = match decision.cache_scope() {
            CacheScope::None => "never",
            CacheScope::Tenant => "within the tenant",
        };
        let mut lines = vec![
            ("take out", listed(&redact.collect::<Vec<_>>())),
            ("log", format!("partition {}; {kept}", decision.partition())),
            ("provider", retention),
            ("cache", cache.to_owned()),
            ("markers", listed(decision.response_headers())),
            ("record", listed(decision.audit_fields())),
        ];
        self.warnings(decision, &mut lines);
        format!("What must be done\n{}", pairs_of(&lines))
    }

    fn warnings(&self, decision: &Decision, lines: &mut Vec<(&str, String)>) {
        let unable = decision.redact().keys().filter(|class| !can_find(**class)).map(|class| class.name());
        let unable = unable.collect::<Vec<_>>().join(", ");
        if !unable.is_empty() {
            lines.push(("refused", format!("{unable} must be taken out, and this release cannot find it")));
        }
        for feature in decision.features_refused() {
            let flag = format!("flags: [allow_{feature}]");
            lines.push((
                "refused",
                format!("{feature}: the tenant's file has no {flag}, or no such feature is known"),
            ));
        }
        let allowed = self.allowed();
        let gaps = self.decisions.iter().flat_map(|it| it.remote_access_unknown()).map(String::as_str);
        let gaps = gaps.filter(|pair| allowed.contains(pair)).collect::<Vec<_>>().join(", ");
        if !gaps.is_empty() {
            lines.push(("gap", format!("who can reach the data from where is not known of {gaps}")));
        }
        if decision.stale() {
            lines.push(("stale", format!("the law was to be reviewed by {}", self.policies.review_by())));
        }
    }

    fn rules(&self) -> String {
        let Some(decision) = self.decisions.first() else { return String::new() };
        let mut table = Table::new(["RULES THAT APPLY", "TITLE", "FILE"]);
        let waived = decision.waived().iter().map(|rule| (rule, " (waived)"));
        for (rule, mark) in decision.rules().iter().map(|rule| (rule, "")).chain(waived) {
            let text = self.policies.rule(rule);
            table.row([
                format!("{rule}{mark}"),
                text.map(|it| it.title().to_owned()).unwrap_or_default(),
                text.map(|it| it.file().to_owned()).unwrap_or_default(),
            ]);
        }
        table.lines("") + "\nEngineering defaults, not legal advice: your compliance team confirms them.\n"
    }

    fn json(&self) -> Value {
        let exclude: BTreeMap<&str, Vec<Value>> = self
            .excluded()
            .into_iter()
            .map(|(pair, reasons)| (pair, reasons.iter().map(reason_json).collect()))
            .collect();
        let allowed = self.allowed();
        let allow: Vec<&str> =
            self.pairs.iter().map(|(id, _)| id.as_str()).filter(|id| allowed.contains(id)).collect();
        let Some(decision) = self.decisions.first() else { return Value::Null };
        let redact: BTreeMap<&str, &str> =
            decision.redact().iter().map(|(class, action)| (class.name(), action.name())).collect();
        json!({
            "tenant": self.asked.tenant.name(),
            "classes": self.asked.classes.names(),
            "day": self.asked.day.to_string(),
            "packs": self.packs(),
            "policy": self.policies.digest(),
            "revision": revision(self.policies),
            "allow": allow,
            "exclude": exclude,
            "redact": redact,
            "features_refused": decision.features_refused(),
            "log_min_days": decision.log_min_days(),
            "retention_days_max": decision.retention_days_max(),
            "partition": decision.partition(),
            "response_headers": decision.response_headers(),
            "audit_fields": decision.audit_fields(),
            "rules": decision.rules(),
            "waived": decision.waived(),
            "stale": decision.stale(),
        })
    }
}

/// `FR-HDS: CERT_MISSING LOCATION; ART9-ZDR: RETENTION`.
fn by_rule(reasons: &[Reason]) -> String {
    let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for reason in reasons {
        rules.entry(reason.rule()).or_default().push(reason.code());
    }
    let each = rules.into_iter().map(|(rule, codes)| format!("{rule}: {}", codes.join(" ")));
    each.collect::<Vec<_>>().join("; ")
}

/// A bundle's own, or that of the law.
fn revision(policies: &Policies) -> u64 {
    policies.manifest().map_or_else(|| policies.revision(), |manifest| manifest.revision())
}

fn reason_json(reason: &Reason) -> Value {
    json!({"code": reason.code(), "rule": reason.rule(), "ref": reason.reference(), "remedy": reason.remedy()})
}

fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Lines of a name and what it is, aligned.
fn pairs_of(lines: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, what) in lines {
        text += &wrapped(&format!("  {name:<9} "), what);
        text.push('\n');
    }
    text
}
