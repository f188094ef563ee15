//! Fixtures: backends that only cases use, with their facts and what is signed with them.
//!
//! Invariant: a fixture becomes facts through the code that reads providers' files, so that a case is
//! decided on the same facts as a call.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::country::Country;
use crate::error::LoadError;
use crate::facts::{self, CertEntry, Countries, Days, Endpoint, Facts};
use crate::law::{Words, unknown};
use crate::tenant::{Contract, Tia};
use crate::yaml;

/// The fixtures of one file.
#[derive(Debug, Default)]
pub(super) struct Fixtures {
    pub(super) file: String,
    pub(super) named: BTreeMap<String, Spanned<Fixture>>,
    /// The backend that near-miss pairs change one fact of.
    pub(super) base: Option<Spanned<Fixture>>,
}

/// What a case file says about a backend: the facts of an endpoint and the terms of a contract.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixture {
    #[serde(rename = "kind")]
    _kind: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    self_hosted: Option<bool>,
    operator: Option<String>,
    parents: Option<Countries>,
    establishments: Option<Countries>,
    processing: Option<Countries>,
    storage: Option<Countries>,
    remote_access: Option<Countries>,
    certs: Option<Vec<CertEntry>>,
    conditions: Option<Vec<String>>,
    retention_days: Option<Days>,
    contracts: Option<Vec<String>>,
    transfer_tools: Option<Vec<String>>,
    tia: Option<Tia>,
}

/// A fixture as the engine takes it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) facts: Facts,
    pub(super) signed: Contract,
}

/// Stands for the home country of a near-miss pair.
const HOME: &str = "HOME";

impl Fixture {
    /// The same fixture with what `changes` says in the place of its own.
    pub(super) fn changed(&self, changes: &Fixture) -> Fixture {
        let Fixture { _kind: kind, _note: note, .. } = self.clone();
        Fixture {
            _kind: kind,
            _note: note,
            self_hosted: changes.self_hosted.or(self.self_hosted),
            operator: changed(&changes.operator, &self.operator),
            parents: changed(&changes.parents, &self.parents),
            establishments: changed(&changes.establishments, &self.establishments),
            processing: changed(&changes.processing, &self.processing),
            storage: changed(&changes.storage, &self.storage),
            remote_access: changed(&changes.remote_access, &self.remote_access),
            certs: changed(&changes.certs, &self.certs),
            conditions: changed(&changes.conditions, &self.conditions),
            retention_days: changed(&changes.retention_days, &self.retention_days),
            contracts: changed(&changes.contracts, &self.contracts),
            transfer_tools: changed(&changes.transfer_tools, &self.transfer_tools),
            tia: changes.tia.or(self.tia),
        }
    }

    /// The same fixture with a country in the place of `HOME`.
    pub(super) fn at_home(mut self, home: Country) -> Fixture {
        let replace = |word: &mut String| {
            if word == HOME {
                *word = home.to_string();
            }
        };
        self.operator.iter_mut().for_each(replace);
        let lists = [
            &mut self.parents,
            &mut self.establishments,
            &mut self.processing,
            &mut self.storage,
            &mut self.remote_access,
        ];
        for list in lists.into_iter().flatten() {
            if let Countries::List(words) = list {
                words.iter_mut().for_each(replace);
            }
        }
        self
    }

    /// The facts and the contract of it, checked word by word.
    pub(super) fn known(self, at: &At<'_>, words: &Words) -> Result<Known, LoadError> {
        let At { file, line, name } = *at;
        let wrong = |(what, word): facts::Wrong| unknown(file, line, what, &word);
        let missing = |key: &'static str| {
            let problem = format!("the fixture {name} does not say its {key}");
            LoadError::at_line(file, line, problem, format!("{key}: and the fact, or unknown"))
        };
        let list = |what, list: Option<Vec<String>>, known| {
            facts::listed(what, list.unwrap_or_default(), known).map_err(wrong)
        };
        let signed = Contract {
            contracts: list("a contract term", self.contracts, &words.contracts)?,
            transfer_tools: list("a transfer tool", self.transfer_tools, &words.transfer_tools)?,
            tia: self.tia,
            retention_days: None,
            _note: None,
        };
        let endpoint = Endpoint {
            _kind: None,
            self_hosted: self.self_hosted.unwrap_or(false),
            operator: self.operator.ok_or_else(|| missing("operator"))?,
            parents: self.parents.ok_or_else(|| missing("parents"))?,
            establishments: self.establishments.ok_or_else(|| missing("establishments"))?,
            processing: self.processing.ok_or_else(|| missing("processing"))?,
            storage: self.storage.ok_or_else(|| missing("storage"))?,
            remote_access: self.remote_access.ok_or_else(|| missing("remote_access"))?,
            certs: self.certs.ok_or_else(|| missing("certs"))?,
            conditions: self.conditions.unwrap_or_default(),
            retention_days: self.retention_days.ok_or_else(|| missing("retention_days"))?,
            evidence: BTreeMap::new(),
            _note: None,
        };
        let facts = facts::facts(&endpoint_name(name), endpoint, words).map_err(wrong)?;
        Ok(Known { facts, signed })
    }
}

/// Where a fixture stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) name: &'a str,
}

impl Fixtures {
    /// Every fixture as facts, by name.
    pub(super) fn known(&self, words: &Words) -> Result<BTreeMap<String, Known>, LoadError> {
        let each = self.named.iter().map(|(name, fixture)| {
            let at = At { file: &self.file, line: yaml::line(fixture), name };
            Ok((name.clone(), fixture.value.clone().known(&at, words)?))
        });
        each.collect()
    }
}

/// What a fixture is called in the place of `provider/endpoint`.
pub(super) fn endpoint_name(name: &str) -> String {
    format!("fixtures/{name}")
}

fn changed<T: Clone>(change: &Option<T>, own: &Option<T>) -> Option<T> {
    change.as_ref().or(own.as_ref()).cloned()
}
