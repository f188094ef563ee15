//! One loaded generation of law, facts and tenants, and the decisions it gives.
//!
//! Invariant: a [`Policies`] never changes. Whatever is loaded later is another value, so that a call
//! sees one law from beginning to end, and a remembered decision is one of this law.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::sync::Cache;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use wasmtime::Module;

use crate::bundle::Manifest;
use crate::candidates::{Candidates, PairSpec};
use crate::decision::{Answer, Asked, Decision};
use crate::engine::{self, Evaluator};
use crate::error::{CandidatesError, DecideError, LoadError};
use crate::facts::{self, Facts};
use crate::law::{Law, RuleText};
use crate::opa;
use crate::question::{Input, Question};
use crate::tenant::{self, Tenant};
use crate::tree::Tree;

/// The core as the build script compiled it.
static CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"));
/// Memory for remembered decisions of one generation.
const REMEMBERED_BYTES_MAX: u64 = 64 << 20;

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
    manifest: Option<Manifest>,
    tree: Tree,
    law: Law,
    facts: BTreeMap<String, Facts>,
    tenants: BTreeMap<String, Arc<Tenant>>,
    evaluator: Evaluator,
    remembered: Cache<[u8; 32], Arc<Decision>>,
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
        let law = Law::load(tree, expires)?;
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
        let module = engine::compile(core)?;
        let evaluator = Evaluator::new(module.clone(), &json!({"tables": tables(module, &law)?}))?;
        let weigh =
            |_: &[u8; 32], decision: &Arc<Decision>| u32::try_from(decision.bytes()).unwrap_or(u32::MAX);
        let remembered = Cache::builder().max_capacity(REMEMBERED_BYTES_MAX).weigher(weigh).build();
        let tree = tree.clone();
        Ok(Policies {
            digest: tree.digest(),
            manifest: None,
            tree,
            law,
            facts: known,
            tenants,
            evaluator,
            remembered,
        })
    }

    /// SHA-256 in hexadecimal: over all files of a folder, or of a bundle as `sha256sum` shows it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Revision, last day and people, where they came in a bundle.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The same as what a bundle brought.
    pub(crate) fn in_bundle(self, digest: &str, manifest: &Manifest) -> Policies {
        Policies { digest: digest.to_owned(), manifest: Some(manifest.clone()), ..self }
    }

    /// The files that they were made of.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The law of this generation.
    pub(crate) fn law(&self) -> &Law {
        &self.law
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
        let input = Input::render(question)?;
        let digest = input.digest();
        if let Some(decision) = self.remembered.get(&digest) {
            return Ok(decision);
        }
        let decision = Arc::new(self.evaluate(question, &input)?);
        self.remembered.insert(digest, Arc::clone(&decision));
        Ok(decision)
    }

    /// Decides without remembering: what a decision costs when nothing like it was asked before.
    pub fn decide_afresh(&self, question: &Question<'_>) -> Result<Decision, DecideError> {
        self.evaluate(question, &Input::render(question)?)
    }

    fn evaluate(&self, question: &Question<'_>, input: &Input<'_>) -> Result<Decision, DecideError> {
        let json = input.json();
        let raw: Box<RawValue> =
            RawValue::from_string(json.clone()).map_err(|_| DecideError::Input("it is not JSON"))?;
        let [decision, _] = opa::ENTRYPOINTS;
        let answer: Answer = self.evaluator.evaluate(decision, &raw)?;
        let asked = Asked {
            tenant: question.tenant,
            classes: question.classes,
            features: question.features,
            candidates: question.candidates,
            law: &self.law,
        };
        Decision::check(answer, &asked, Arc::from(json))
    }
}

/// The core of these files as WebAssembly: the shipped one, or compiled with `opa`.
pub(crate) fn compiled(tree: &Tree) -> Result<Cow<'static, [u8]>, LoadError> {
    if own_core(tree) { compile_core(tree).map(Cow::Owned) } else { Ok(Cow::Borrowed(CORE)) }
}

/// The law's tables: what the core reads as `data.tables`.
pub(crate) fn tables(module: Module, law: &Law) -> Result<Value, LoadError> {
    let [_, entrypoint] = opa::ENTRYPOINTS;
    let tables = Evaluator::new(module, &json!({"law": law.data}))?.tables(entrypoint);
    tables.map_err(|error| {
        let problem = format!("the law does not evaluate: {error}");
        LoadError::new("law", problem, "the form of the default law; see policies/README.md")
    })
}

/// Does the folder bring a core that is not the shipped one?
fn own_core(tree: &Tree) -> bool {
    !tree.below("core/").eq(Tree::embedded().below("core/"))
}

fn compile_core(tree: &Tree) -> Result<Vec<u8>, LoadError> {
    let Some(opa) = opa::find() else {
        let problem = format!("the core was changed, and opa {} was not found to compile it", opa::VERSION);
        return Err(LoadError::new(
            "core",
            problem,
            "OPA=/path/to/opa in the environment, or the shipped core",
        ));
    };
    let work = Workplace::new().map_err(|error| {
        LoadError::new("core", format!("no folder to compile in: {error}"), "TMPDIR=/a/writable/folder")
    })?;
    let compiled = work.write(tree).map_err(|error| error.to_string());
    let compiled = compiled.and_then(|files| opa::compile(&opa, &files, &work.0));
    compiled.map_err(|problem| LoadError::new("core", problem, "Rego that `opa check --strict` accepts"))
}

/// A private folder that is gone afterwards.
struct Workplace(PathBuf);

impl Workplace {
    fn new() -> std::io::Result<Workplace> {
        use std::os::unix::fs::DirBuilderExt as _;
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("inland-core-{}-{number}", std::process::id()));
        // Fails where the name is taken: nobody else's folder is ever used.
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Workplace(folder))
    }

    fn write(&self, tree: &Tree) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for (number, (_, text)) in tree.below("core/").filter(|(path, _)| path.ends_with(".rego")).enumerate()
        {
            let file = self.0.join(format!("{number}.rego"));
            std::fs::write(&file, text)?;
            files.push(file);
        }
        Ok(files)
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // What cannot be removed holds nothing secret; the next start uses another name.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
