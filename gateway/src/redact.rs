//! Redact: what may not leave is taken out of the parsed request.
//!
//! Invariant: a [`Redacted`] body is written from the parse, with every finding whose class the policy
//! redacts replaced: by its pseudonym, which the answer's way back restores, or by `[class]` for good.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use inland_policies::{Action, Class};

use crate::inspect::Found;
use crate::json::{At, Document, write_string};
use crate::pseudonym::{MonthKey, Names};
use crate::refusal::Refusal;

/// A request as it may leave, but for the model's name, which each backend has its own of.
#[derive(Debug)]
pub struct Redacted {
    before_model: Vec<u8>,
    after_model: Vec<u8>,
    names: Names,
    counts: BTreeMap<Class, u32>,
}

impl Redacted {
    /// The bytes for a backend that calls the model `model`.
    pub fn body(&self, model: &str) -> Bytes {
        let mut out = Vec::with_capacity(self.before_model.len() + self.after_model.len() + model.len() + 8);
        out.extend_from_slice(&self.before_model);
        write_string(model, &mut out);
        out.extend_from_slice(&self.after_model);
        Bytes::from(out)
    }

    /// What the names in it stand for.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// How many findings were taken out, per class.
    pub fn counts(&self) -> &BTreeMap<Class, u32> {
        &self.counts
    }

    /// The value of `x-inland-redacted`: `iban=2,email=1`.
    pub fn header(&self) -> String {
        let parts: Vec<String> =
            self.counts.iter().map(|(class, count)| format!("{}={count}", class.name())).collect();
        parts.join(",")
    }
}

/// Takes out what `actions` names. `found` is in reading order.
pub fn redact(
    document: &mut Document,
    found: &[Found],
    actions: &BTreeMap<Class, Action>,
    key: &MonthKey,
) -> Result<Redacted, Refusal> {
    let mut names = Names::default();
    let mut counts = BTreeMap::new();
    for leaf in found.chunk_by(|one, next| one.at == next.at) {
        if let Some(text) = splice(document, leaf, actions, key, &mut names, &mut counts) {
            let at = leaf.first().map_or(document.root(), |first| first.at);
            document.replace(at, &text);
        }
    }
    // Two keys of one object may now be the same word, which a backend could read either way (E3).
    if !counts.is_empty() && document.has_duplicate_keys() {
        return Err(Refusal::BadJson("two keys of an object are the same after redaction".into()));
    }
    let model: At = document
        .get(document.root(), "model")
        .ok_or_else(|| Refusal::BadRequest("model is missing".into()))?;
    let (before_model, after_model) = document.write_around(model);
    Ok(Redacted { before_model, after_model, names, counts })
}

/// The text of one leaf with its findings replaced; nothing if none of them is to be.
fn splice(
    document: &Document,
    leaf: &[Found],
    actions: &BTreeMap<Class, Action>,
    key: &MonthKey,
    names: &mut Names,
    counts: &mut BTreeMap<Class, u32>,
) -> Option<String> {
    let text = document.text(leaf.first()?.at)?;
    let mut spliced = String::new();
    let mut from = 0;
    for found in leaf {
        let (Some(action), finding) = (actions.get(&found.class), &found.finding) else { continue };
        let value = text.get(finding.start..finding.end)?;
        spliced.push_str(text.get(from..finding.start)?);
        match action {
            Action::Remove => {
                spliced.push('[');
                spliced.push_str(found.class.name());
                spliced.push(']');
            }
            Action::Pseudonymise => {
                let name = key.name(found.class.name(), &inland_kernels::normalise(finding.kind, value));
                spliced.push_str(&name);
                names.add(name, value);
            }
        }
        *counts.entry(found.class).or_insert(0) += 1;
        from = finding.end;
    }
    if from == 0 {
        return None;
    }
    spliced.push_str(text.get(from..)?);
    Some(spliced)
}
