//! The manifest: which policies these are, until when, and who answers for them.
//!
//! Invariant: a [`Manifest`] has a revision, a last day, and two people: one who wrote and another who
//! approved. What is read from a bundle has exactly the keys that this release writes.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::error::{BundleError, Fault};
use crate::yaml::Day;

/// A name in a manifest is not longer; it stands in log records.
const NAME_BYTES_MAX: usize = 128;
/// The parts of OPA's `data` that a bundle fills: the core's packages and the law's tables.
const ROOTS: [&str; 2] = ["inland", "tables"];
/// The version of Rego that the files in a bundle are written in.
const REGO: u32 = 1;

/// Revision, last day, author and approver of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    revision: u64,
    expires: Date,
    author: String,
    approver: String,
}

/// `.manifest` as OPA reads it. An unknown key could mean something to another reader.
///
/// Without `wasm`: an `opa` built without a WebAssembly engine could not evaluate the bundle then, and
/// the Rego beside the module says the same.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    revision: String,
    roots: Vec<String>,
    rego_version: u32,
    metadata: Metadata,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    revision: u64,
    expires: String,
    author: String,
    approver: String,
    law_digest: String,
}

impl Manifest {
    /// A manifest with revision 1 or higher and two different people.
    pub fn new(revision: u64, expires: Date, author: &str, approver: &str) -> Result<Manifest, BundleError> {
        let wrong = |problem: String, remedy| Err(BundleError::new(Fault::Manifest, problem, remedy));
        if revision == 0 {
            return wrong("the revision is 0".to_owned(), "count revisions from 1");
        }
        for (who, name) in [("author", author), ("approver", approver)] {
            let fits = !name.trim().is_empty() && name.len() <= NAME_BYTES_MAX;
            if !fits || name.chars().any(char::is_control) {
                let problem = format!("the {who} is not a name of 1 to {NAME_BYTES_MAX} bytes");
                return wrong(problem, "name the person who answers for it");
            }
        }
        let folded = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if folded(author) == folded(approver) {
            let problem = "author and approver are the same person".to_owned();
            return wrong(problem, "let a second person approve it");
        }
        Ok(Manifest { revision, expires, author: author.to_owned(), approver: approver.to_owned() })
    }

    /// Higher than that of every bundle before.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The last day on which it may be taken into use.
    pub fn expires(&self) -> Date {
        self.expires
    }

    /// Who wrote it.
    pub fn author(&self) -> &str {
        &self.author
    }

    /// Who approved it.
    pub fn approver(&self) -> &str {
        &self.approver
    }

    /// `.manifest`, with the digest of all files that the policies are made of.
    pub(super) fn render(&self, law_digest: &str) -> Result<Vec<u8>, BundleError> {
        let file = File {
            revision: self.revision.to_string(),
            roots: ROOTS.map(str::to_owned).to_vec(),
            rego_version: REGO,
            metadata: Metadata {
                revision: self.revision,
                expires: Day(self.expires).to_string(),
                author: self.author.clone(),
                approver: self.approver.clone(),
                law_digest: law_digest.to_owned(),
            },
        };
        serde_json::to_vec(&file).map_err(|error| odd(&error.to_string()))
    }

    /// Reads `.manifest` strictly and gives the digest that it names besides.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Manifest, String), BundleError> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| odd(&error.to_string()))?;
        let metadata = file.metadata;
        if file.revision != metadata.revision.to_string() {
            return Err(odd("its two revisions differ"));
        }
        if file.roots != ROOTS || file.rego_version != REGO {
            return Err(odd("its roots or its version of Rego are not those of this release"));
        }
        let Some(Day(expires)) = Day::parse(&metadata.expires) else {
            return Err(odd("`expires` is not a date YYYY-MM-DD"));
        };
        let manifest = Manifest::new(metadata.revision, expires, &metadata.author, &metadata.approver)?;
        Ok((manifest, metadata.law_digest))
    }
}

fn odd(problem: &str) -> BundleError {
    let remedy = "build the bundle with `inland policy build` of this release";
    BundleError::new(Fault::Manifest, format!("the manifest cannot be used: {problem}"), remedy)
}
