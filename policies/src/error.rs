//! Errors say whose move it is: the policy owner's at load, the engine's at decision.

use std::fmt;

/// Why a policy folder was not loaded. Nothing changes then; the text says file, line and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    at: String,
    problem: String,
    remedy: String,
}

impl LoadError {
    pub(crate) fn new(
        at: impl fmt::Display,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> LoadError {
        LoadError { at: at.to_string(), problem: problem.into(), remedy: remedy.into() }
    }

    pub(crate) fn at_line(
        path: &str,
        line: u64,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> LoadError {
        LoadError::new(format_args!("{path}:{line}"), problem, remedy)
    }

    /// Where: a file of the policy folder, with its line where there is one.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// What to write instead.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}\n  write: {}", self.at, self.problem, self.remedy)
    }
}

impl std::error::Error for LoadError {}

/// Why there is no decision. Each is a refusal of the call: the engine never guesses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The question does not fit the loaded generation.
    #[error("the question does not fit the policy: {0}")]
    Input(&'static str),
    /// No instance became free in time.
    #[error("all policy instances are busy")]
    Busy,
    /// The evaluation used up its fuel.
    #[error("the policy ran out of fuel")]
    Fuel,
    /// The evaluation trapped: a fault of the compiled policy or of its memory limit.
    #[error("the policy trapped")]
    Trap,
    /// The evaluation gave no result.
    #[error("the policy gave no result")]
    Undefined,
    /// The result breaks a promise of the decision document.
    #[error("the policy's answer is not a valid decision: {0}")]
    Output(&'static str),
}

impl DecideError {
    /// The stable code for records and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            DecideError::Input(_) => "policy_input",
            DecideError::Busy => "policy_busy",
            DecideError::Fuel => "policy_fuel",
            DecideError::Trap => "policy_trap",
            DecideError::Undefined => "policy_undefined",
            DecideError::Output(_) => "policy_output",
        }
    }
}

/// Why a list of backends is not a set of candidates. The operator's move.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CandidatesError {
    /// No facts are recorded for that endpoint.
    #[error("the policy has no facts about the provider endpoint `{0}`; add them to policies/providers")]
    UnknownProvider(String),
    /// Two candidates have the same id.
    #[error("the pair `{0}` is offered twice")]
    Duplicate(String),
    /// More pairs than a record can hold.
    #[error("{0} pairs are offered for one model; at most {max} can be", max = crate::candidates::PAIRS_MAX)]
    TooMany(usize),
}

/// Why a bundle was not built, read or taken into use. Nothing changes then; what is in force stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleError {
    fault: Fault,
    problem: String,
    remedy: String,
}

/// What is wrong with a bundle, as metrics and records name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The key is not one that signs or verifies ES256.
    Key,
    /// There is no such file, or it cannot be read.
    Missing,
    /// Larger than a bundle may be.
    Oversized,
    /// Not an archive of the form that bundles have.
    Form,
    /// Nobody signed it.
    Unsigned,
    /// What stands as its signature is not one of that key.
    Signature,
    /// Its files are not those that were signed.
    Content,
    /// Its manifest is not complete, or not of this release.
    Manifest,
    /// Its last day is over.
    Expired,
    /// A higher revision is in force.
    Older,
    /// The revision is in force with other content.
    Revision,
    /// The compiled policy asks its host to compute.
    Builtin,
    /// The compiled policy is not what the Rego beside it compiles to.
    Module,
    /// The law, facts, tenants or cases in it do not load.
    Policies,
    /// The tables in it are not those of the law in it.
    Tables,
    /// One of its own cases is decided otherwise than written.
    Case,
}

impl BundleError {
    pub(crate) fn new(fault: Fault, problem: impl Into<String>, remedy: impl Into<String>) -> BundleError {
        BundleError { fault, problem: problem.into(), remedy: remedy.into() }
    }

    /// The stable code for records and metrics.
    pub fn code(&self) -> &'static str {
        match self.fault {
            Fault::Key => "bundle_key",
            Fault::Missing => "bundle_missing",
            Fault::Oversized => "bundle_oversized",
            Fault::Form => "bundle_form",
            Fault::Unsigned => "bundle_unsigned",
            Fault::Signature => "bundle_signature",
            Fault::Content => "bundle_content",
            Fault::Manifest => "bundle_manifest",
            Fault::Expired => "bundle_expired",
            Fault::Older => "bundle_older",
            Fault::Revision => "bundle_revision",
            Fault::Builtin => "bundle_builtin",
            Fault::Module => "bundle_module",
            Fault::Policies => "bundle_policies",
            Fault::Tables => "bundle_tables",
            Fault::Case => "bundle_case",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.problem, self.remedy)
    }
}

impl std::error::Error for BundleError {}

/// How [`LoadError`] begins where a compiled policy needs its host.
const NEEDS_ITS_HOST: &str = "the core calls built-ins of its host";

impl From<LoadError> for BundleError {
    fn from(error: LoadError) -> BundleError {
        let fault = if error.problem.starts_with(NEEDS_ITS_HOST) { Fault::Builtin } else { Fault::Policies };
        let problem = format!("{}: {}", error.at, error.problem);
        BundleError { fault, problem, remedy: format!("write: {}", error.remedy) }
    }
}
