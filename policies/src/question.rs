//! The question: one call, as the policy sees it (`inland.input/v1`).
//!
//! Invariant: no content, no count and nobody's name is in it, so that equal calls have equal inputs,
//! a decision can be remembered by its input, and the input can stand in the log for good.

use std::sync::Arc;

use crate::candidates::Candidates;
use crate::canonical;
use crate::class::ClassSet;
use crate::country::Country;
use crate::error::DecideError;
use crate::tenant::Tenant;
use crate::yaml::Day;

/// What is asked about one call. Order and repetition in the lists do not matter.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who calls.
    pub tenant: &'a Arc<Tenant>,
    /// The caller's groups, from its token.
    pub groups: &'a [String],
    /// Found, assumed and declared classes together.
    pub classes: ClassSet,
    /// Countries of the persons the data is about. Empty: not known, which counts as EU.
    pub subjects: &'a [Country],
    /// Is nobody else's data in it? Otherwise persons of unknown country count besides those named, as EU:
    /// what a caller declares can only add.
    pub subjects_complete: bool,
    /// What the request asks for besides text, by the words of law/vocabulary.yaml.
    pub features: &'a [&'a str],
    /// The declared purpose, a word of law/vocabulary.yaml.
    pub use_case: Option<&'a str>,
    /// The route, such as `chat/completions`.
    pub route: &'a str,
    /// The model name that was asked for.
    pub model: &'a str,
    /// Is the answer streamed?
    pub stream: bool,
    /// Where the call could go.
    pub candidates: &'a Arc<Candidates>,
    /// The day of the call, in UTC.
    pub today: time::Date,
}

/// No list of a question is longer.
const LIST_MAX: usize = 256;
/// No word of a question is longer.
const WORD_BYTES_MAX: usize = 256;

/// A question in canonical JSON, in two parts: the candidates are rendered once for many calls.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    candidates: &'a Candidates,
    rest: String,
}

impl<'a> Input<'a> {
    /// Renders the question. Keys stand in the order of RFC 8785, `candidates` first.
    pub(crate) fn render(question: &Question<'a>) -> Result<Input<'a>, DecideError> {
        check(question)?;
        let mut groups: Vec<&str> = question.groups.iter().map(String::as_str).collect();
        let mut features = question.features.to_vec();
        let mut subjects: Vec<&str> = question.subjects.iter().map(Country::as_str).collect();
        if !question.subjects_complete && !subjects.is_empty() {
            subjects.push("unknown");
        }
        for list in [&mut groups, &mut features, &mut subjects] {
            list.sort_unstable();
            list.dedup();
        }
        let rest = format!(
            r#","classes":{classes},"features":{features},"groups":{groups},"model":{model},"route":{route},"stream":{stream},"subjects":{subjects},"tenant":{tenant},"today":"{today}","use_case":{use_case},"v":"inland.input/v1"}}"#,
            classes = canonical::strings(question.classes.names()),
            features = canonical::strings(features),
            groups = canonical::strings(groups),
            model = canonical::string(question.model),
            route = canonical::string(question.route),
            stream = question.stream,
            subjects = canonical::strings(subjects),
            tenant = question.tenant.input(),
            today = Day(question.today),
            use_case = question.use_case.map_or_else(|| "null".to_owned(), canonical::string),
        );
        Ok(Input { candidates: question.candidates, rest })
    }

    /// Two inputs with one digest are equal: both parts are covered.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        context.update(self.candidates.digest());
        context.update(self.rest.as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }

    /// The whole input.
    pub(crate) fn json(&self) -> String {
        [r#"{"candidates":"#, self.candidates.json(), &self.rest].concat()
    }

    /// The input without the candidates and their facts.
    pub(crate) fn json_of_call(&self) -> String {
        ["{", self.rest.trim_start_matches(',')].concat()
    }
}

fn check(question: &Question<'_>) -> Result<(), DecideError> {
    if question.candidates.tenant() != question.tenant.name() {
        return Err(DecideError::Input("the candidates were made for another tenant"));
    }
    let lengths = [question.groups.len(), question.features.len(), question.subjects.len()];
    if lengths.into_iter().any(|length| length > LIST_MAX) {
        return Err(DecideError::Input("a list is too long"));
    }
    let groups = question.groups.iter().map(String::as_str);
    let words = groups.chain(question.features.iter().copied()).chain([question.route, question.model]);
    if words.into_iter().any(|word| word.len() > WORD_BYTES_MAX) {
        return Err(DecideError::Input("a word is too long"));
    }
    Ok(())
}
