//! Decide: may this request be answered, and where?
//!
//! Invariant: a [`Cleared`] exists only because the policy allowed that very request in the pairs it
//! names (E7), and what may not leave has been taken out of it (E10: on top of the location, never
//! instead of it). Its fields are private here, so a way to a backend that skips the policy does not
//! compile:
//! ```compile_fail
//! # fn forge(redacted: inland::redact::Redacted) {
//! let forged = inland::decide::Cleared { redacted, allowed: vec![] };
//! # }
//! ```

use std::sync::Arc;

use inland_kernels::Label;
use inland_policies::{Action, ClassSet, Country, DecideError, Decision, Question, Tenant};
use time::OffsetDateTime;

use crate::generation::Generation;
use crate::inspect::{Inspected, can_find};
use crate::read::Prompt;
use crate::redact::{Redacted, redact};
use crate::refusal::{Reason, Refusal};

/// Numbers that a country gives to its own persons.
const NUMBERS_OF_PERSONS: [Label; 3] = [Label::NationalId, Label::TaxId, Label::PassportId];

/// A request that the policy allows at [`Cleared::allowed`], and nowhere else.
#[derive(Debug)] // not Clone, Default or Deserialize: one decision, one request
pub struct Cleared {
    asked: Asked,
    redacted: Redacted,
    decision: Arc<Decision>,
    counts: std::collections::BTreeMap<&'static str, u32>,
}

/// What is still needed of the request after its text has been written out.
#[derive(Debug)]
pub struct Asked {
    /// Who asks.
    pub caller: Arc<crate::authenticate::Caller>,
    /// What is asked.
    pub route: crate::read::Route,
    /// The model that was asked for.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Headers of ours that were dropped.
    pub dropped_headers: u32,
}

impl Cleared {
    /// What was asked, by whom.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The request as it may leave.
    pub fn redacted(&self) -> &Redacted {
        &self.redacted
    }

    /// The decision.
    pub fn decision(&self) -> &Arc<Decision> {
        &self.decision
    }

    /// The pairs that may answer, in order.
    pub fn allowed(&self) -> &[String] {
        self.decision.allow()
    }

    /// What was found, by class.
    pub fn counts(&self) -> &std::collections::BTreeMap<&'static str, u32> {
        &self.counts
    }
}

/// A refusal with the decision behind it, if there was one: both go into the record.
#[derive(Debug)]
pub struct Denied {
    /// Why.
    pub refusal: Refusal,
    /// The decision.
    pub decision: Option<Arc<Decision>>,
    /// What was found, by class.
    pub counts: std::collections::BTreeMap<&'static str, u32>,
}

/// Asks the policy. No answer, or one that does not parse, is a refusal.
pub fn decide(inspected: Inspected, now: &Generation, at: OffsetDateTime) -> Result<Cleared, Box<Denied>> {
    let counts = inspected.counts();
    let denied = |refusal, decision| Box::new(Denied { refusal, decision, counts: inspected.counts() });
    let tenant = now.tenant(inspected.prompt().caller().tenant()).map_err(|refusal| denied(refusal, None))?;
    let decision = ask(&inspected, tenant, now, at).map_err(|refusal| denied(refusal, None))?;
    if let Err(refusal) = allowed(&decision) {
        return Err(denied(refusal, Some(decision)));
    }
    let (mut prompt, found) = inspected.into_parts();
    let month = format!("{:04}-{:02}", at.year(), u8::from(at.month()));
    let key = now.pseudonyms().month(tenant.name(), tenant.country().as_str(), &month);
    match redact(prompt.document_mut(), &found, decision.redact(), &key) {
        Ok(redacted) => Ok(Cleared { asked: asked(&prompt), redacted, decision, counts }),
        Err(refusal) => Err(Box::new(Denied { refusal, decision: Some(decision), counts })),
    }
}

fn asked(prompt: &Prompt) -> Asked {
    Asked {
        caller: Arc::clone(prompt.caller()),
        route: prompt.route(),
        model: prompt.model().to_owned(),
        stream: prompt.stream(),
        dropped_headers: prompt.tightening().dropped,
    }
}

/// Classes of a call = found ∪ assumed for its tenant ∪ declared by the caller (FORMATS).
fn ask(
    inspected: &Inspected,
    tenant: &Arc<Tenant>,
    now: &Generation,
    at: OffsetDateTime,
) -> Result<Arc<Decision>, Refusal> {
    let prompt = inspected.prompt();
    let declared = prompt.tightening().classes;
    let known = inspected.classes().union(declared);
    let classes = known.union(tenant.assume());
    let candidates = now.candidates(tenant, prompt.model())?;
    let question = Question {
        tenant,
        groups: prompt.caller().groups(),
        classes,
        subjects: &subjects(inspected),
        subjects_complete: false, // nobody told us of all persons: what is known only adds
        features: prompt.features(),
        use_case: prompt.tightening().use_case.as_deref(),
        route: prompt.route().path(),
        model: prompt.model(),
        stream: prompt.stream(),
        candidates: &candidates,
        today: at.date(),
    };
    let decision = now.policies().decide(&question).map_err(|error| broken(&error))?;
    now.shadow(&question, known, &decision);
    Ok(decision)
}

/// The countries whose persons the data is about, as far as known: those that the caller declared, and
/// those whose personal numbers stand in the text.
fn subjects(inspected: &Inspected) -> Vec<Country> {
    let numbers = inspected.found().iter().filter(|found| NUMBERS_OF_PERSONS.contains(&found.finding.label));
    let of = |code: [u8; 2]| Country::parse(std::str::from_utf8(&code).ok()?);
    let mut subjects: Vec<Country> = numbers.filter_map(|found| of(found.finding.country?)).collect();
    subjects.extend(&inspected.prompt().tightening().subjects);
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

/// The models that a caller may reach at all: those that the policy allows somewhere for what is
/// assumed of the tenant, with no feature asked for.
pub fn reachable<'a>(
    now: &'a Generation,
    tenant: &'a Arc<Tenant>,
    groups: &'a [String],
    at: OffsetDateTime,
) -> impl Iterator<Item = &'a str> {
    now.models().filter(move |model| {
        let Ok(candidates) = now.candidates(tenant, model) else { return false };
        let question = Question {
            tenant,
            groups,
            classes: ClassSet::EMPTY.union(tenant.assume()),
            subjects: &[],
            subjects_complete: false,
            features: &[],
            use_case: None,
            route: "/v1/models",
            model,
            stream: false,
            candidates: &candidates,
            today: at.date(),
        };
        now.policies().decide(&question).is_ok_and(|decision| allowed(&decision).is_ok())
    })
}

fn allowed(decision: &Decision) -> Result<(), Refusal> {
    if !decision.features_refused().is_empty() {
        return Err(Refusal::FeatureDenied(decision.features_refused().to_vec()));
    }
    if decision.allow().is_empty() {
        let reason = |reason: &&inland_policies::Reason| Reason {
            code: reason.code().to_owned(),
            rule: reason.rule().to_owned(),
            reference: reason.reference().to_owned(),
            remedy: reason.remedy().to_owned(),
        };
        return Err(Refusal::PolicyDenied(decision.reasons().iter().map(reason).collect()));
    }
    carried_out(decision)
}

/// An obligation that cannot be carried out is a denial (E5): no engine here finds names yet, so a rule
/// that has them removed cannot be kept.
fn carried_out(decision: &Decision) -> Result<(), Refusal> {
    let beyond = |(class, _): &(&inland_policies::Class, &Action)| !can_find(**class);
    match decision.redact().iter().find(beyond) {
        None => Ok(()),
        Some((class, _)) => Err(Refusal::PolicyDenied(vec![Reason {
            code: "UNKNOWN_FACT".into(),
            rule: format!("REDACT-{}", class.name()),
            reference: "a redaction that the policy demands".into(),
            remedy: format!(
                "This gateway cannot find {} in a text, so it cannot take it out; send the call without it under another route, or have the compliance team review the rule.",
                class.name()
            ),
        }])),
    }
}

/// The policy engine failed: a denial, with its stable code.
fn broken(error: &DecideError) -> Refusal {
    if error.code() == "policy_busy" {
        return Refusal::Overloaded;
    }
    Refusal::PolicyDenied(vec![Reason {
        code: error.code().to_owned(),
        rule: "ENGINE".into(),
        reference: "fail closed".into(),
        remedy: "The operator finds the cause in the gateway's log.".into(),
    }])
}
