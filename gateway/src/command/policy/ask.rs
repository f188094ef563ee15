//! A recorded question, asked anew: who asked what is the record's; tenants, contracts and facts are those
//! of the policies that are asked now.

use inland_policies::{Class, ClassSet, Country, PairSpec, Policies, Question};
use serde::Deserialize;

use super::change::Decided;

/// How a question says that persons of unknown country are in it too.
const UNKNOWN: &str = "unknown";

/// What of `inland.input/v1` the call itself said. The rest is facts.
#[derive(Deserialize)]
struct Recorded {
    candidates: Vec<Pair>,
    classes: Vec<String>,
    features: Vec<String>,
    groups: Vec<String>,
    model: String,
    route: String,
    stream: bool,
    subjects: Vec<String>,
    tenant: Named,
    today: String,
    use_case: Option<String>,
}

#[derive(Deserialize)]
struct Pair {
    id: String,
    provider: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// What these policies say to a recorded call today, or why they say nothing.
pub(super) fn ask(policies: &Policies, input: &str) -> Result<Decided, String> {
    let recorded: Recorded =
        serde_json::from_str(input).map_err(|error| format!("the input is not inland.input/v1: {error}"))?;
    let name = &recorded.tenant.name;
    let tenant = policies.tenant(name).ok_or_else(|| format!("there is no tenant {name}"))?;
    let pairs: Vec<PairSpec<'_>> =
        recorded.candidates.iter().map(|pair| PairSpec { id: &pair.id, provider: &pair.provider }).collect();
    let candidates = policies.candidates(tenant, &pairs).map_err(|error| error.to_string())?;
    let class =
        |word: &String| Class::from_name(word).ok_or_else(|| format!("there is no data class {word}"));
    let country = |word: &&String| Country::parse(word).ok_or_else(|| format!("{word} is not a country"));
    let named = recorded.subjects.iter().filter(|word| *word != UNKNOWN);
    let decision = policies.decide_afresh(&Question {
        tenant,
        groups: &recorded.groups,
        classes: recorded.classes.iter().map(class).collect::<Result<ClassSet, _>>()?,
        subjects: &named.map(|word| country(&word)).collect::<Result<Vec<_>, _>>()?,
        subjects_complete: !recorded.subjects.iter().any(|word| word == UNKNOWN),
        features: &recorded.features.iter().map(String::as_str).collect::<Vec<_>>(),
        use_case: recorded.use_case.as_deref(),
        route: &recorded.route,
        model: &recorded.model,
        stream: recorded.stream,
        candidates: &candidates,
        today: super::date(&recorded.today)?,
    });
    Decided::of(&decision.map_err(|error| format!("the policy gives no decision ({})", error.code()))?)
}
