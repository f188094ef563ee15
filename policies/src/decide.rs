//! How one generation decides: in two halves and from memory, or whole as the specification says.
//!
//! Invariant: what is remembered is an answer of this law to an equal question. The two halves of
//! core/decision.rego are united here as `decision` unites them there; tests hold the two to each other.

use std::sync::Arc;

use moka::sync::Cache;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::answer::{Against, Call, Verdicts, Whole};
use crate::candidates::Candidates;
use crate::decision::{Asked, Decision};
use crate::engine::Evaluator;
use crate::error::DecideError;
use crate::law::Law;
use crate::opa;
use crate::question::{Input, Question};
use crate::recorded::Recorded;

/// Memory for remembered decisions of one generation.
const REMEMBERED_BYTES_MAX: u64 = 64 << 20;
/// Memory for the verdicts of one generation: about ten thousand lists of candidates.
const VERDICTS_BYTES_MAX: u64 = 64 << 20;

/// The law's interpreter with what it remembers.
#[derive(Debug)]
pub(crate) struct Decider {
    evaluator: Evaluator,
    remembered: Cache<[u8; 32], Arc<Decision>>,
    /// By candidates and day: yesterday's are never used again and make room.
    verdicts: Cache<([u8; 32], time::Date), Arc<Verdicts>>,
}

impl Decider {
    pub(crate) fn new(evaluator: Evaluator) -> Decider {
        let remembered = Cache::builder()
            .max_capacity(REMEMBERED_BYTES_MAX)
            .weigher(|_: &[u8; 32], decision: &Arc<Decision>| weight(decision.bytes()))
            .build();
        let verdicts = Cache::builder()
            .max_capacity(VERDICTS_BYTES_MAX)
            .weigher(|_: &([u8; 32], time::Date), verdicts: &Arc<Verdicts>| weight(verdicts.bytes()))
            .build();
        Decider { evaluator, remembered, verdicts }
    }

    /// Decides one call, from memory where an equal one was decided before.
    pub(crate) fn decide(&self, law: &Law, question: &Question<'_>) -> Result<Arc<Decision>, DecideError> {
        let input = Input::render(question)?;
        let digest = input.digest();
        if let Some(decision) = self.remembered.get(&digest) {
            return Ok(decision);
        }
        let decision = Arc::new(self.unite(law, question, &input)?);
        self.remembered.insert(digest, Arc::clone(&decision));
        Ok(decision)
    }

    /// Decides without remembering the decision.
    pub(crate) fn afresh(&self, law: &Law, question: &Question<'_>) -> Result<Decision, DecideError> {
        self.unite(law, question, &Input::render(question)?)
    }

    /// Decides as core/decision.rego does, in one evaluation of everything.
    pub(crate) fn whole(&self, law: &Law, question: &Question<'_>) -> Result<Decision, DecideError> {
        let input = Input::render(question)?.json();
        let answer: Whole = self.evaluate(opa::DECISION, &input)?;
        Decision::check(answer.answer(&law.reasons)?, &asked(law, question), Arc::from(input))
    }

    /// Decides a recorded input as it was written.
    pub(crate) fn replay(&self, law: &Law, input: &str) -> Result<Decision, DecideError> {
        let recorded = Recorded::read(input, &law.words)?;
        let answer: Whole = self.evaluate(opa::DECISION, input)?;
        let features: Vec<&str> = recorded.features.iter().map(String::as_str).collect();
        let asked = Asked {
            partition: &recorded.partition,
            redact: &recorded.redact,
            classes: recorded.classes,
            features: &features,
            ids: &recorded.ids,
            law,
        };
        Decision::check(answer.answer(&law.reasons)?, &asked, Arc::from(input))
    }

    fn unite(&self, law: &Law, question: &Question<'_>, input: &Input<'_>) -> Result<Decision, DecideError> {
        let verdicts = self.verdicts(law, question.candidates, question.today)?;
        let json = Arc::from(input.json());
        let call: Call = match question.tenant.reads_facts() {
            false => self.evaluate(opa::CALL, &input.json_of_call())?,
            true => self.evaluate(opa::CALL, &json)?,
        };
        let answer = call.answer(&verdicts, question.candidates.ids(), &law.reasons)?;
        Decision::check(answer, &asked(law, question), json)
    }

    /// What every rule holds against these candidates on that day; worked out once, by one caller.
    fn verdicts(
        &self,
        law: &Law,
        candidates: &Candidates,
        today: time::Date,
    ) -> Result<Arc<Verdicts>, DecideError> {
        let key = (*candidates.digest(), today);
        if let Some(known) = self.verdicts.get(&key) {
            return Ok(known);
        }
        let work = || {
            let answer: Against = self.evaluate(opa::VERDICTS, &candidates.json_on(today))?;
            answer.verdicts(candidates.ids(), &law.reasons).map(Arc::new)
        };
        self.verdicts.try_get_with(key, work).map_err(|error: Arc<DecideError>| (*error).clone())
    }

    fn evaluate<T: DeserializeOwned>(&self, entrypoint: &str, input: &str) -> Result<T, DecideError> {
        let raw: &RawValue = serde_json::from_str(input).map_err(|_| DecideError::Input("it is not JSON"))?;
        self.evaluator.evaluate(entrypoint, raw)
    }
}

fn asked<'a>(law: &'a Law, question: &'a Question<'_>) -> Asked<'a> {
    Asked {
        partition: question.tenant.partition(),
        redact: question.tenant.redact(),
        classes: question.classes,
        features: question.features,
        ids: question.candidates.ids(),
        law,
    }
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
