//! Running cases: each becomes a tenant, candidates and a question, and is decided like a call.
//!
//! Invariant: nothing is written anywhere, and every word of every case is checked before the first is
//! decided.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::candidates::{Candidates, PairSpec};
use crate::class::{Class, ClassSet};
use crate::country::Country;
use crate::decide::Decider;
use crate::decision::Decision;
use crate::error::{CandidatesError, LoadError};
use crate::facts::Facts;
use crate::law::unknown;
use crate::policies::Policies;
use crate::question::Question;
use crate::rules;
use crate::tenant::{self, Contract, Tenant};
use crate::tree::Tree;

use super::compare;
use super::coverage::Coverage;
use super::file::{Backends, PERFECT, Redact, TenantText, Written};
use super::fixture::{At, Fixtures, Known, endpoint_name};
use super::{Cases, SHARED, parsed};

/// What one case came to.
#[derive(Debug)]
pub struct CaseResult {
    file: String,
    line: u64,
    id: String,
    title: String,
    differences: Vec<String>,
    decision: Option<Decision>,
    took: Duration,
}

impl CaseResult {
    /// The file it stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Its line there.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is about.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Was it decided exactly as written?
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    /// Each difference as a sentence: what is, and what was expected.
    pub fn differences(&self) -> &[String] {
        &self.differences
    }

    /// The rules that applied.
    pub fn rules(&self) -> &[String] {
        self.decision.as_ref().map_or(&[], Decision::rules)
    }

    /// The decision, if there was one.
    pub fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// The policy input that was decided (`inland.input/v1`), if there was a decision.
    pub fn input(&self) -> Option<&str> {
        self.decision.as_ref().map(|decision| decision.input().as_ref())
    }

    /// How long the decision took.
    pub fn took(&self) -> Duration {
        self.took
    }
}

impl Policies {
    /// Decides every case of a file and compares; `each` sees them one by one, in the order of the file.
    ///
    /// A word that the law does not know is an error, and then no case is decided. Places that the emergency
    /// switch closes count as open here: cases say what the law says, and a switch needs no new ones.
    pub fn run(&self, cases: &Cases, each: &mut dyn FnMut(&CaseResult)) -> Result<Coverage, LoadError> {
        match self.as_written()? {
            Some(written) => written.run_as_they_are(cases, each),
            None => self.run_as_they_are(cases, each),
        }
    }

    fn run_as_they_are(
        &self,
        cases: &Cases,
        each: &mut dyn FnMut(&CaseResult),
    ) -> Result<Coverage, LoadError> {
        let world = World::of(self, cases)?;
        let calls = world.calls()?;
        let mut coverage = Coverage::of(self);
        for call in calls {
            let result = call.decide(self, self.decider());
            if let Some(decision) = result.decision() {
                coverage.count(decision, &call.own_sites);
            }
            each(&result);
        }
        Ok(coverage)
    }
}

/// What the cases of one file share.
pub(super) struct World<'a> {
    policies: &'a Policies,
    cases: &'a Cases,
    own: BTreeMap<String, Known>,
    shared: BTreeMap<String, Known>,
    shared_text: Arc<Fixtures>,
}

/// One case, ready to be decided.
pub(super) struct Call<'a> {
    file: &'a str,
    case: &'a Written,
    tenant: Arc<Tenant>,
    candidates: Arc<Candidates>,
    classes: ClassSet,
    subjects: Vec<Country>,
    subjects_complete: bool,
    day: time::Date,
    /// Pairs that the tenant runs itself.
    own_sites: Vec<String>,
}

/// A backend of a case: its name there, its endpoint, and what is signed with it if it is a fixture.
struct Pair<'a> {
    id: String,
    endpoint: String,
    facts: &'a Facts,
    signed: Option<&'a Contract>,
}

impl<'a> World<'a> {
    pub(super) fn of(policies: &'a Policies, cases: &'a Cases) -> Result<World<'a>, LoadError> {
        let words = &policies.law().words;
        let shared_text = match &cases.shared {
            Some(shared) => Arc::clone(shared),
            None => shared_of(policies.tree())?,
        };
        let own = cases.own.known(words)?;
        let shared = shared_text.known(words)?;
        Ok(World { policies, cases, own, shared, shared_text })
    }

    /// Every case of the file, checked.
    pub(super) fn calls(&self) -> Result<Vec<Call<'a>>, LoadError> {
        self.cases.cases.iter().map(|case| self.call(case)).collect()
    }

    fn call(&self, case: &'a Written) -> Result<Call<'a>, LoadError> {
        self.check_words(case)?;
        let near_miss = match &case.backends {
            Backends::Named(_) => Vec::new(),
            Backends::NearMiss(..) => self.near_miss(case)?,
        };
        let pairs = match &case.backends {
            Backends::Named(names) => {
                names.iter().map(|name| self.pair(case, name)).collect::<Result<Vec<_>, _>>()?
            }
            Backends::NearMiss(..) => near_miss.iter().map(|(name, known)| fixture(name, known)).collect(),
        };
        self.check_pairs(case, &pairs)?;
        let tenant = self.tenant(case)?.with_contracts(
            pairs.iter().filter_map(|pair| Some((pair.endpoint.clone(), pair.signed?.clone()))),
        );
        let specs: Vec<PairSpec<'_>> =
            pairs.iter().map(|pair| PairSpec { id: &pair.id, provider: &pair.endpoint }).collect();
        let facts =
            |endpoint: &str| pairs.iter().find(|pair| pair.endpoint == endpoint).map(|pair| pair.facts);
        let candidates = Candidates::build(&tenant, &specs, facts).map_err(|error: CandidatesError| {
            self.wrong(case, error.to_string(), "each backend once, at most 32")
        })?;
        let (subjects, subjects_complete) = self.subjects(case)?;
        Ok(Call {
            file: &self.cases.file,
            case,
            tenant: Arc::new(tenant),
            candidates: Arc::new(candidates),
            classes: case.data.iter().filter_map(|word| Class::from_name(word)).collect(),
            subjects,
            subjects_complete,
            day: case.date.unwrap_or(self.cases.day).0,
            own_sites: pairs
                .iter()
                .filter(|pair| pair.facts.self_hosted())
                .map(|pair| pair.id.clone())
                .collect(),
        })
    }

    fn wrong(&self, case: &Written, problem: String, remedy: &str) -> LoadError {
        LoadError::at_line(&self.cases.file, case.line, format!("{}: {problem}", case.id), remedy)
    }

    fn unknown(&self, case: &Written, what: &str, word: &str) -> LoadError {
        unknown(&self.cases.file, case.line, what, word)
    }

    /// Every word that decides something, or is expected, is one that the policy can say.
    fn check_words(&self, case: &Written) -> Result<(), LoadError> {
        let words = &self.policies.law().words;
        let redacted: Vec<&String> = match &case.expect.redact {
            Redact::Classes(classes) => classes.iter().collect(),
            Redact::Actions(actions) => actions.keys().collect(),
        };
        for class in case.data.iter().chain(redacted) {
            if Class::from_name(class).is_none() {
                return Err(self.unknown(case, "a data class", class));
            }
        }
        if let Some(word) = case.use_case.as_ref().filter(|word| !words.use_cases.contains(*word)) {
            return Err(self.unknown(case, "a use case", word));
        }
        let against = case.expect.exclude.keys().flat_map(|pair| case.expect.against(pair));
        for code in against.map(|(code, _)| code).chain(case.expect.refuse.as_deref()) {
            if !words.remedies.contains_key(code) {
                return Err(self.unknown(case, "a reason code", code));
            }
        }
        let lists = [
            ("a marker", &case.expect.response_headers, &words.response_headers),
            ("an audit block", &case.expect.audit_fields, &words.audit_fields),
        ];
        for (what, expected, known) in lists {
            if let Some(word) = expected.iter().flatten().find(|word| !known.contains(*word)) {
                return Err(self.unknown(case, what, word));
            }
        }
        match &case.tests {
            Some(tests) if !rules::EFFECTS.contains(&tests.effect.as_str()) => {
                Err(self.unknown(case, "an effect", &tests.effect))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What is expected is said of backends that the case has.
    fn check_pairs(&self, case: &Written, pairs: &[Pair<'_>]) -> Result<(), LoadError> {
        let expect = &case.expect;
        let gaps = expect.remote_access_unknown.iter().flatten();
        for name in expect.allow.iter().chain(expect.exclude.keys()).chain(gaps) {
            if !pairs.iter().any(|pair| pair.id == *name) {
                let problem = format!("`{name}` is expected and is no backend of the case");
                return Err(self.wrong(
                    case,
                    problem,
                    "a name of its backends; of a pair perfect or near-miss",
                ));
            }
        }
        Ok(())
    }

    /// A fixture of this file, one of the shared file, or an endpoint of the folder.
    fn pair<'b>(&'b self, case: &Written, name: &str) -> Result<Pair<'b>, LoadError> {
        if let Some(known) = self.own.get(name).or_else(|| self.shared.get(name)) {
            return Ok(fixture(name, known));
        }
        match self.policies.facts(name) {
            Some(facts) => Ok(Pair { id: name.to_owned(), endpoint: name.to_owned(), facts, signed: None }),
            None => {
                let problem = format!("`{name}` is no backend");
                let remedy =
                    format!("a fixture of this file or of {SHARED}, or provider/endpoint of providers");
                Err(self.wrong(case, problem, &remedy))
            }
        }
    }

    fn near_miss(&self, case: &'a Written) -> Result<Vec<(&'a str, Known)>, LoadError> {
        let Backends::NearMiss(home, changes) = &case.backends else { return Ok(Vec::new()) };
        let base = self.cases.own.base.as_ref().or(self.shared_text.base.as_ref());
        let Some(base) = base else {
            let problem = "a near-miss pair, and the file has no near_miss_base".to_owned();
            return Err(self.wrong(case, problem, "near_miss_base: and the facts of a perfect backend"));
        };
        let at = At { file: &self.cases.file, line: case.line, name: "near_miss_base" };
        let words = &self.policies.law().words;
        let known = |fixture: super::fixture::Fixture| fixture.at_home(*home).known(&at, words);
        let mut pairs = vec![(PERFECT, known(base.value.clone())?)];
        for (name, changes) in changes {
            pairs.push((name, known(base.value.changed(changes))?));
        }
        Ok(pairs)
    }

    fn tenant(&self, case: &Written) -> Result<Tenant, LoadError> {
        match &case.tenant {
            TenantText::Named(name) => match self.policies.tenant(name) {
                Some(tenant) => Ok(tenant.as_ref().clone()),
                None => Err(self.unknown(case, "a tenant of the folder's tenants", name)),
            },
            TenantText::Described(file) => {
                let known = |endpoint: &str| self.policies.facts(endpoint).is_some();
                let name = case.id.to_lowercase();
                tenant::of_case(
                    &self.cases.file,
                    case.line,
                    name,
                    (**file).clone(),
                    self.policies.law(),
                    &known,
                )
            }
        }
    }

    /// The countries, and whether they are all. `unknown` alone is the same as none.
    fn subjects(&self, case: &Written) -> Result<(Vec<Country>, bool), LoadError> {
        let named: Vec<&String> = case.subjects.iter().filter(|word| *word != "unknown").collect();
        let complete = named.len() == case.subjects.len() || named.is_empty();
        let country = |word: &&String| {
            Country::parse(word)
                .ok_or_else(|| self.unknown(case, "a country of ISO 3166-1, or unknown", word))
        };
        Ok((named.iter().map(country).collect::<Result<_, _>>()?, complete))
    }
}

impl Call<'_> {
    #[cfg(test)]
    pub(super) fn id(&self) -> &str {
        &self.case.id
    }

    /// Decides the case and compares.
    pub(super) fn decide(&self, policies: &Policies, decider: &Decider) -> CaseResult {
        let case = self.case;
        let features: Vec<&str> = case.features.iter().map(String::as_str).collect();
        let question = Question {
            tenant: &self.tenant,
            groups: &case.groups,
            classes: self.classes,
            subjects: &self.subjects,
            subjects_complete: self.subjects_complete,
            features: &features,
            use_case: case.use_case.as_deref(),
            route: &case.route,
            model: &case.model,
            stream: case.stream,
            candidates: &self.candidates,
            today: self.day,
        };
        let begun = Instant::now();
        let decided = decider.afresh(policies.law(), &question);
        let took = begun.elapsed();
        let (decision, differences) = match decided {
            Ok(decision) => {
                let differences = compare::differences(case, &decision, policies);
                (Some(decision), differences)
            }
            Err(error) => (None, vec![format!("there is no decision: {error}")]),
        };
        CaseResult {
            file: self.file.to_owned(),
            line: case.line,
            id: case.id.clone(),
            title: case.title.clone(),
            differences,
            decision,
            took,
        }
    }
}

fn fixture<'a>(name: &str, known: &'a Known) -> Pair<'a> {
    Pair {
        id: name.to_owned(),
        endpoint: endpoint_name(name),
        facts: &known.facts,
        signed: Some(&known.signed),
    }
}

/// The fixtures that serve every file: those of the folder, or else of the binary.
fn shared_of(tree: &Tree) -> Result<Arc<Fixtures>, LoadError> {
    let embedded = Tree::embedded();
    let text = [tree, &embedded]
        .into_iter()
        .find_map(|tree| tree.below(SHARED).find(|(path, _)| *path == SHARED).map(|(_, text)| text));
    match text {
        Some(text) => Ok(parsed(SHARED, text)?.0.own),
        None => Ok(Arc::default()),
    }
}
