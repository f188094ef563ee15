//! A recorded question (`inland.input/v1`), read strictly, so that it can be decided again.
//!
//! Invariant: the text that was recorded is what is evaluated, not a copy of it. What is read here only
//! says what the answer must fit. Facts of candidates are not typed: the policy judges them as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::candidates::PAIRS_MAX;
use crate::class::{Action, Class, ClassSet};
use crate::error::DecideError;
use crate::law::Words;
use crate::yaml::Day;

/// No recorded input is longer. A record holds 65,535 bytes; what tests generate may be larger.
const INPUT_BYTES_MAX: usize = 1 << 20;

/// What the answer to a recorded question is checked against.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) ids: Vec<Arc<str>>,
    pub(crate) classes: ClassSet,
    pub(crate) features: Vec<String>,
    pub(crate) redact: BTreeMap<Class, Action>,
    pub(crate) partition: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what only the policy reads is listed, so that another form is an error")]
struct Form {
    v: String,
    candidates: Vec<BTreeMap<String, Value>>,
    classes: Vec<String>,
    features: Vec<String>,
    groups: Vec<String>,
    model: String,
    route: String,
    stream: bool,
    subjects: Vec<String>,
    tenant: FormTenant,
    today: Day,
    use_case: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what only the policy reads is listed, so that another form is an error")]
struct FormTenant {
    name: String,
    country: String,
    sector: String,
    public_body: bool,
    flags: Vec<String>,
    /// Records from before there were packs have none.
    #[serde(default)]
    packs: Vec<String>,
    redact: BTreeMap<String, Action>,
    strict: bool,
    waivers: Vec<FormWaiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what only the policy reads is listed, so that another form is an error")]
struct FormWaiver {
    rule: String,
    until: Day,
}

impl Recorded {
    /// Reads a recorded input. Words that this law does not know are errors, as they were at the time.
    pub(crate) fn read(input: &str, words: &Words) -> Result<Recorded, DecideError> {
        if input.len() > INPUT_BYTES_MAX {
            return Err(DecideError::Input("the recorded input is too long"));
        }
        let form: Form = serde_json::from_str(input)
            .map_err(|_| DecideError::Input("the recorded input is not of the form inland.input/v1"))?;
        if form.v != "inland.input/v1" {
            return Err(DecideError::Input("the recorded input has another version"));
        }
        if form.use_case.is_some_and(|name| !words.use_cases.contains(&name)) {
            return Err(DecideError::Input("the use case is not known"));
        }
        let mut redact = BTreeMap::new();
        for (name, action) in form.tenant.redact {
            redact.insert(class(&name)?, action);
        }
        Ok(Recorded {
            ids: ids(&form.candidates)?,
            classes: form.classes.iter().map(|name| class(name)).collect::<Result<_, _>>()?,
            features: form.features,
            redact,
            partition: format!("{}-{}", form.tenant.country, form.tenant.sector),
        })
    }
}

fn class(name: &str) -> Result<Class, DecideError> {
    Class::from_name(name).ok_or(DecideError::Input("the recorded input has an unknown class"))
}

fn ids(candidates: &[BTreeMap<String, Value>]) -> Result<Vec<Arc<str>>, DecideError> {
    if candidates.len() > PAIRS_MAX {
        return Err(DecideError::Input("the recorded input has too many candidates"));
    }
    let mut seen = BTreeSet::new();
    let mut ids = Vec::with_capacity(candidates.len());
    for pair in candidates {
        match pair.get("id").and_then(Value::as_str) {
            Some(id) if seen.insert(id) => ids.push(Arc::from(id)),
            Some(_) | None => {
                return Err(DecideError::Input("a recorded candidate has no id, or that of another"));
            }
        }
    }
    Ok(ids)
}
