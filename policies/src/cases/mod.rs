//! Cases: calls written down with what must come out of them, for people who do not write Rust.
//!
//! Invariant: a case passes only if the policy decides it exactly as written: the ordered allow list, per
//! excluded pair every reason code, what is redacted, how long the record is kept, and whatever else the
//! case names. A word that the vocabulary does not know, or a key that is misspelt, is an error with its
//! line, so that no expectation is silently left out.

mod compare;
mod coverage;
mod file;
mod fixture;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod mutation;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::LoadError;
use crate::tree::Tree;
use crate::yaml::{self, Day};

pub use coverage::Coverage;
pub use run::CaseResult;

use file::{CaseFile, Written};
use fixture::Fixtures;

/// The file whose fixtures serve all others.
const SHARED: &str = "cases/scenarios.yaml";
/// No case file is larger; as for every policy file.
const FILE_BYTES_MAX: usize = 1 << 20;
/// No case file holds more cases.
const CASES_MAX: usize = 5000;

/// The cases of one file.
#[derive(Debug, Clone)]
pub struct Cases {
    file: String,
    day: Day,
    own: Arc<Fixtures>,
    /// Fixtures of [`SHARED`], for what the file does not describe itself.
    shared: Option<Arc<Fixtures>>,
    cases: Vec<Written>,
}

impl Cases {
    /// All case files of a policy folder, in the order of their names.
    pub fn of(tree: &Tree) -> Result<Vec<Cases>, LoadError> {
        let mut files = Vec::new();
        for (path, text) in tree.below("cases/") {
            let (cases, wrapped) = parsed(path, text)?;
            if path != SHARED && !wrapped {
                let problem = format!("OPA would mix its keys with those of {SHARED}");
                let remedy = format!("{}: at the first line, and everything else below it", stem(path));
                return Err(LoadError::at_line(path, 1, problem, remedy));
            }
            files.push(cases);
        }
        let shared = files.iter().find(|cases| cases.file == SHARED).map(|cases| Arc::clone(&cases.own));
        files.iter_mut().for_each(|cases| cases.shared.clone_from(&shared));
        unique(&files)?;
        Ok(files)
    }

    /// One case file, in the form of cases/scenarios.yaml. What it has no fixtures for, it takes from the
    /// `cases/scenarios.yaml` of the policies that run it.
    pub fn parse(path: &str, text: &str) -> Result<Cases, LoadError> {
        let (cases, _) = parsed(path, text)?;
        unique(std::slice::from_ref(&cases))?;
        Ok(cases)
    }

    /// The file they stand in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The ids, in the order of the file.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().map(|case| case.id.as_str())
    }

    /// The same file with some of its cases only.
    #[must_use]
    pub fn only(&self, wanted: &dyn Fn(&str) -> bool) -> Cases {
        let cases = self.cases.iter().filter(|case| wanted(&case.id)).cloned().collect();
        Cases { cases, ..self.clone() }
    }
}

/// The cases of a file, and whether they stand below a key that is named as the file.
fn parsed(path: &str, text: &str) -> Result<(Cases, bool), LoadError> {
    if text.len() > FILE_BYTES_MAX {
        let problem = format!("the file is larger than {FILE_BYTES_MAX} bytes");
        return Err(LoadError::new(path, problem, "split it into several files"));
    }
    let stem = stem(path);
    let wrapped = wrapped(stem, text);
    let file = if wrapped {
        let mut named: BTreeMap<String, CaseFile> = yaml::parse(path, text)?;
        match (named.remove(stem), named.is_empty()) {
            (Some(file), true) => file,
            _ => {
                let remedy = format!("{stem}: at the first line, and everything else below it");
                return Err(LoadError::new(path, "more than one key stands at the left margin", remedy));
            }
        }
    } else {
        yaml::parse::<CaseFile>(path, text)?
    };
    let (day, own, cases) = file.split(path)?;
    if cases.len() > CASES_MAX {
        let problem = format!("the file has more than {CASES_MAX} cases");
        return Err(LoadError::new(path, problem, "split it into several files"));
    }
    Ok((Cases { file: path.to_owned(), day, own: Arc::new(own), shared: None, cases }, wrapped))
}

/// Does everything stand below one key that is named as the file? A list below it makes it a key of cases.
fn wrapped(stem: &str, text: &str) -> bool {
    let mut rows = text.lines().filter(|row| !row.trim().is_empty() && !row.trim_start().starts_with('#'));
    let named = rows.next().is_some_and(|row| row.trim_end().strip_suffix(':') == Some(stem));
    named && rows.next().is_some_and(|row| row.starts_with(' ') && !row.trim_start().starts_with('-'))
}

/// `effects` for `cases/effects.yaml`.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".yaml").unwrap_or(name)
}

/// No two cases share an id: a report names them by it.
fn unique(files: &[Cases]) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    for cases in files {
        for case in &cases.cases {
            if !seen.insert(&case.id) {
                let problem = format!("the case {} is written twice", case.id);
                return Err(LoadError::at_line(&cases.file, case.line, problem, "an id of its own"));
            }
        }
    }
    Ok(())
}
