//! Inspect: what is personal in a request, and where.
//!
//! Invariant: an [`Inspected`] had every text leaf of its document scanned: values, keys, and numbers
//! as they are written, in known fields and unknown ones.

use std::collections::BTreeMap;

use inland_kernels::{Engine, Finding, Label};
use inland_policies::{Class, ClassSet, Country};

use crate::generation::Generation;
use crate::json::{At, Kind};
use crate::read::Prompt;
use crate::refusal::Refusal;

/// Texts up to this size are scanned where they are; longer ones would hold up other requests.
const INLINE_BYTES_MAX: usize = 256 << 10;
/// Numbers shorter than this hold no identifier: seeds, temperatures, counts.
const NUMBER_DIGITS_MIN: usize = 8;

/// What was found in one leaf.
#[derive(Debug)]
pub struct Found {
    /// The leaf.
    pub at: At,
    /// Where in its decoded text, and what.
    pub finding: Finding,
    /// The policy's word for it.
    pub class: Class,
}

/// A request of which we know what is personal.
#[derive(Debug)]
pub struct Inspected {
    prompt: Prompt,
    found: Vec<Found>,
}

impl Inspected {
    /// The request.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// What was found, in reading order.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// The classes that were found.
    pub fn classes(&self) -> ClassSet {
        self.found.iter().map(|found| found.class).collect()
    }

    /// How often each class was found: for the log, never for the policy.
    pub fn counts(&self) -> BTreeMap<&'static str, u32> {
        let mut counts = BTreeMap::new();
        for found in &self.found {
            *counts.entry(found.class.name()).or_insert(0) += 1;
        }
        counts
    }

    pub(crate) fn into_parts(self) -> (Prompt, Vec<Found>) {
        (self.prompt, self.found)
    }
}

/// Whether the engine can find a class at all. What it cannot find it cannot take out.
pub fn can_find(class: Class) -> bool {
    Label::ALL.iter().any(|label| label.as_str() == class.name())
}

/// Scans a request. What two countries' numbers may be is taken for one of the tenant's country: its file is
/// signed. The countries that a caller declares decide nothing here, since a header may only add restrictions,
/// and another reading could have another class.
pub async fn inspect(prompt: Prompt, engine: &Engine, now: &Generation) -> Result<Inspected, Refusal> {
    // Of an unknown tenant nothing is known; the decision refuses it, with what was found in its record.
    let country = now.tenant(prompt.caller().tenant()).ok().map(|tenant| tenant.country());
    let size: usize =
        prompt.document().leaves().filter_map(|at| prompt.document().text(at)).map(str::len).sum();
    if size <= INLINE_BYTES_MAX {
        return scan(prompt, engine, country);
    }
    let engine = engine.clone();
    let scanned = tokio::task::spawn_blocking(move || scan(prompt, &engine, country)).await;
    scanned.map_err(|_| Refusal::NotReady)? // the scan did not end: what is in the text is not known
}

fn scan(prompt: Prompt, engine: &Engine, country: Option<Country>) -> Result<Inspected, Refusal> {
    let mut found = Vec::new();
    let mut findings = Vec::new();
    let document = prompt.document();
    for at in document.leaves() {
        let text = document.text(at).unwrap_or_default();
        if document.kind(at) == Kind::Number && text.len() < NUMBER_DIGITS_MIN {
            continue;
        }
        look(engine, text, country, &mut findings);
        for finding in findings.drain(..) {
            // A label that the law data does not know would pass every rule: refuse instead (E9).
            let class = Class::from_name(finding.label.as_str()).ok_or(Refusal::NotReady)?;
            found.push(Found { at, finding, class });
        }
    }
    Ok(Inspected { prompt, found })
}

/// The one place where the engine is asked. `country` is where the persons live, if that is known.
pub(crate) fn look(engine: &Engine, text: &str, country: Option<Country>, out: &mut Vec<Finding>) {
    match country {
        Some(country) => engine.scan_about(text, country.letters(), out),
        None => engine.scan(text, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_of_the_engine_is_a_class_of_the_law() {
        for label in Label::ALL {
            assert!(Class::from_name(label.as_str()).is_some(), "{}", label.as_str());
        }
    }
}
