//! One loaded generation of law, facts and tenants, and the decisions it gives.
//!
//! Invariant: a [`Policies`] never changes. Whatever is loaded later is another value, so that a call
//! sees one law from beginning to end, and a remembered decision is one of this law.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use wasmtime::Module;

use crate::bundle::Manifest;
use crate::candidates::{Candidates, PairSpec};
pub(crate) use crate::compile::compiled;
use crate::country::Country;
use crate::decide::Decider;
use crate::decision::Decision;
use crate::engine::{self, Evaluator};
use crate::error::{CandidatesError, DecideError, LoadError};
use crate::facts::{self, Facts};
use crate::law::{Law, RuleText};
use crate::opa;
use crate::question::Question;
use crate::tenant::{self, Tenant};
use crate::tree::Tree;

/// The one version of `opa` that compiles policies.
pub const OPA_VERSION: &str = opa::VERSION;

/// Finds `opa` of that version: `$OPA`, on PATH, or where the build put it.
pub fn find_opa() -> Option<PathBuf> {
    opa::find()
}

/// Law, facts and tenants of one generation.
#[derive(Debug)]
pub struct Policies {
    digest: String,
    law_digest: String,
    manifest: Option<Manifest>,
    tree: Tree,
    module: Module,
    law: Law,
    facts: BTreeMap<String, Facts>,
    tenants: BTreeMap<String, Arc<Tenant>>,
    decider: Decider,
}

impl Policies {
    /// Loads and checks a policy folder whole; an error names file, line and what to write.
    ///
    /// A folder with a core of its own needs `opa`, found where the build script finds it.
    pub fn load(directory: &Path) -> Result<Policies, LoadError> {
        Policies::from_tree(&Tree::read(directory)?)
    }

    /// The policies that the binary carries.
    pub fn embedded() -> Result<Policies, LoadError> {
        Policies::from_tree(&Tree::embedded())
    }

    /// Policies of these files. A core or packs of their own are compiled with `opa`.
    pub fn from_tree(tree: &Tree) -> Result<Policies, LoadError> {
        Policies::with_core(tree, &compiled(tree)?, None)
    }

    /// Policies of these files with their core as it was compiled before, trusted until a day.
    pub(crate) fn with_core(
        tree: &Tree,
        core: &[u8],
        expires: Option<time::Date>,
    ) -> Result<Policies, LoadError> {
        Policies::under(tree, engine::compile(core)?, Law::load(tree, expires)?)
    }

    /// These policies by the law as it is written, which is what cases are about: without the emergency
    /// switch, which only closes places, and for as long as the law says and not only the bundle. Nothing
    /// if that is what they are.
    pub(crate) fn as_written(&self) -> Result<Option<Policies>, LoadError> {
        let mut law = Law::load(&self.tree, None)?;
        let switched = law.clear_switches();
        if !switched && law.review_by == self.law.review_by {
            return Ok(None);
        }
        Policies::under(&self.tree, self.module.clone(), law).map(Some)
    }

    fn under(tree: &Tree, module: Module, law: Law) -> Result<Policies, LoadError> {
        let mut known = BTreeMap::new();
        for (path, text) in tree.below("providers/") {
            let facts = facts::load(path, text, &law.words)?;
            known.extend(facts.into_iter().map(|facts| (facts.endpoint().to_owned(), facts)));
        }
        let mut tenants = BTreeMap::new();
        for (path, text) in tree.below("tenants/") {
            for tenant in tenant::load(path, text, &law, &|endpoint| known.contains_key(endpoint))? {
                let name = tenant.name().to_owned();
                if tenants.insert(name.clone(), Arc::new(tenant)).is_some() {
                    let problem = format!("the tenant {name} stands in two files");
                    return Err(LoadError::new(path, problem, "one of them only"));
                }
            }
        }
        law.packs.values().try_for_each(|pack| pack.check_tenants(&|name| tenants.contains_key(name)))?;
        let tables = tables(module.clone(), &law)?;
        let decider = Decider::new(Evaluator::new(module.clone(), &json!({"tables": tables}))?);
        let (digest, law_digest, tree) = (tree.digest(), tree.digest_below("law/"), tree.clone());
        Ok(Policies { digest, law_digest, manifest: None, tree, module, law, facts: known, tenants, decider })
    }

    /// SHA-256 in hexadecimal: over all files of a folder, or of a bundle as `sha256sum` shows it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// SHA-256 in hexadecimal over the files of the law alone: equal in a folder and in a bundle of it.
    pub fn law_digest(&self) -> &str {
        &self.law_digest
    }

    /// Revision, last day and people, where they came in a bundle.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The same as what a bundle brought.
    pub(crate) fn in_bundle(self, digest: &str, manifest: &Manifest) -> Policies {
        Policies { digest: digest.to_owned(), manifest: Some(manifest.clone()), ..self }
    }

    /// The countries of a zone of law/zones.yaml, such as `EEA`.
    pub fn zone(&self, name: &str) -> Option<&BTreeSet<Country>> {
        self.law.words.zones.get(name)
    }

    /// The files that they were made of.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The law of this generation.
    pub(crate) fn law(&self) -> &Law {
        &self.law
    }

    /// The interpreter of the law.
    pub(crate) fn decider(&self) -> &Decider {
        &self.decider
    }

    /// The core, for another law.
    #[cfg(test)]
    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    /// The revision in law/meta.yaml.
    pub fn revision(&self) -> u64 {
        self.law.revision
    }

    /// The last day on which the law may be trusted unread.
    pub fn review_by(&self) -> time::Date {
        self.law.review_by
    }

    /// The tenant of that name.
    pub fn tenant(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.tenants.get(name)
    }

    /// All tenants, by name.
    pub fn tenants(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.tenants.values()
    }

    /// What is recorded about `provider/endpoint`.
    pub fn facts(&self, provider_endpoint: &str) -> Option<&Facts> {
        self.facts.get(provider_endpoint)
    }

    /// The provider endpoints of which anything is recorded, such as `stand-in/fr`.
    pub fn endpoints(&self) -> impl Iterator<Item = &str> {
        self.facts.keys().map(String::as_str)
    }

    /// All rules by id, and the reasons that the core gives by itself.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &RuleText)> {
        self.law.rules.iter().map(|(id, text)| (id.as_str(), text))
    }

    /// The rule of that id.
    pub fn rule(&self, id: &str) -> Option<&RuleText> {
        self.law.rules.get(id)
    }

    /// All reason codes, each with what its reader can do about it.
    pub fn reason_codes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.law.words.remedies.iter().map(|(code, remedy)| (code.as_str(), remedy.as_str()))
    }

    /// The use case of that name, if the vocabulary has it; a call that names another is malformed.
    pub fn use_case(&self, name: &str) -> Option<&str> {
        self.law.words.use_cases.get(name).map(String::as_str)
    }

    /// The pairs of a model with the facts and this tenant's contracts laid over each other.
    pub fn candidates(
        &self,
        tenant: &Tenant,
        pairs: &[PairSpec<'_>],
    ) -> Result<Arc<Candidates>, CandidatesError> {
        Candidates::build(tenant, pairs, |endpoint| self.facts(endpoint)).map(Arc::new)
    }

    /// Decides one call. Every error is a refusal.
    pub fn decide(&self, question: &Question<'_>) -> Result<Arc<Decision>, DecideError> {
        if question.use_case.is_some_and(|name| self.use_case(name).is_none()) {
            return Err(DecideError::Input("the use case is not known"));
        }
        self.decider.decide(&self.law, question)
    }

    /// Decides without remembering: what a decision costs when nothing like it was asked before.
    pub fn decide_afresh(&self, question: &Question<'_>) -> Result<Decision, DecideError> {
        self.decider.afresh(&self.law, question)
    }

    /// Decides by one evaluation of `inland/decision`, which is the specification; [`Policies::decide`]
    /// gives the same faster.
    pub fn decide_whole(&self, question: &Question<'_>) -> Result<Decision, DecideError> {
        self.decider.whole(&self.law, question)
    }

    /// Decides a recorded `inland.input/v1` again, exactly as it was written.
    ///
    /// Facts, packs and date are those of the record; the law is this one. An input that is not of that
    /// form, or names a pack that this law does not have, is an error.
    pub fn replay(&self, input: &str) -> Result<Decision, DecideError> {
        self.decider.replay(&self.law, input)
    }
}

/// The law's tables: what the core reads as `data.tables`.
pub(crate) fn tables(module: Module, law: &Law) -> Result<Value, LoadError> {
    let packs: BTreeMap<&String, ()> = law.packs.keys().map(|name| (name, ())).collect();
    let tables = Evaluator::new(module, &json!({"law": law.data, "packs": packs}))?.tables(opa::TABLES);
    tables.map_err(|error| {
        let problem = format!("the law does not evaluate: {error}");
        LoadError::new("law", problem, "the form of the default law; see policies/README.md")
    })
}
