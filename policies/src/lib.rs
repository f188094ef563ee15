//! What is allowed: the law as data, Rego as its one interpreter, and the engine that asks it.
//!
//! Invariant: the set of allowed (backend, model) pairs comes from the policy alone. Whatever goes wrong
//! on the way (a slip in a file, a trap, an answer of the wrong form) is an error, and an error is a
//! refusal. Nothing here knows HTTP, tokens or content.
//!
//! ```
//! use inland_policies::{Class, PairSpec, Policies, Question};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policies = Policies::embedded()?;
//! let hospital = policies.tenant("hopital-lyon").ok_or("no such tenant")?;
//! let candidates = policies.candidates(
//!     hospital,
//!     &[
//!         PairSpec { id: "paris/large", provider: "stand-in/fr" },
//!         PairSpec { id: "ohio/large", provider: "stand-in/us" },
//!     ],
//! )?;
//! let decision = policies.decide(&Question {
//!     tenant: hospital,
//!     groups: &[],
//!     classes: hospital.assume(),
//!     subjects: &[],
//!     subjects_complete: false,
//!     features: &[],
//!     use_case: None,
//!     route: "chat/completions",
//!     model: "clinic-large",
//!     stream: false,
//!     candidates: &candidates,
//!     today: time::macros::date!(2026 - 11 - 23),
//! })?;
//! assert_eq!(decision.allow(), ["paris/large"]);
//! # Ok(())
//! # }
//! ```

mod answer;
pub mod bundle;
mod candidates;
mod canonical;
mod cases;
mod class;
mod compile;
mod country;
mod decide;
mod decision;
mod engine;
mod error;
mod facts;
mod law;
mod opa;
mod pack;
mod policies;
mod question;
mod reason;
mod recorded;
mod rules;
mod tenant;
mod tree;
mod yaml;

pub use bundle::{Bundle, Manifest, SigningKey, VerifyingKey};
pub use candidates::{Candidates, PAIRS_MAX, PairSpec};
pub use cases::{CaseResult, Cases, Coverage};
pub use class::{Action, Class, ClassSet};
pub use country::Country;
pub use decision::{CacheScope, Decision};
pub use error::{BundleError, CandidatesError, DecideError, LoadError};
pub use facts::Facts;
pub use law::RuleText;
pub use policies::{OPA_VERSION, Policies, find_opa};
pub use question::Question;
pub use reason::Reason;
pub use tenant::Tenant;
pub use tree::{Tree, write_default};
