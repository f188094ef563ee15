//! The `opa` program, asked about a policy folder as it stands.
//!
//! Invariant: it runs inside of the folder with our own arguments, and what it says is data to us.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use inland_policies::{OPA_VERSION, find_opa};
use serde::Deserialize;

/// A slip that a check found: where, what, and what to write.
pub(super) struct Finding {
    pub(super) at: String,
    pub(super) problem: String,
    pub(super) remedy: String,
}

impl Finding {
    pub(super) fn new(
        at: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding { at: at.into(), problem: problem.into(), remedy: remedy.into() }
    }
}

/// What to do where the program is missing.
pub(super) fn missing() -> String {
    format!("opa {OPA_VERSION} was not found; put it on PATH, or OPA=/path/to/opa in the environment")
}

/// `opa` in the pinned version.
pub(super) struct Opa(PathBuf);

/// What it wrote and how it ended.
struct Done {
    succeeded: bool,
    out: String,
    err: String,
}

impl Opa {
    pub(super) fn find() -> Option<Opa> {
        find_opa().map(Opa)
    }

    fn run(&self, inside: &Path, arguments: &[&str]) -> Result<Done, String> {
        // Found by a path relative to us, it is started from another folder.
        let program = std::path::absolute(&self.0).unwrap_or_else(|_| self.0.clone());
        let mut command = Command::new(program);
        let done = command.args(arguments).current_dir(inside).stdin(Stdio::null()).output();
        let done = done.map_err(|error| format!("{} could not be started: {error}", self.0.display()))?;
        Ok(Done {
            succeeded: done.status.success(),
            out: String::from_utf8_lossy(&done.stdout).into_owned(),
            err: String::from_utf8_lossy(&done.stderr).into_owned(),
        })
    }

    /// What `opa check --strict` and `opa fmt --list` find in these folders of a policy folder.
    pub(super) fn findings(&self, inside: &Path, folders: &[&str]) -> Result<Vec<Finding>, String> {
        let checked = self.run(inside, &[&["check", "--strict", "--format", "json"], folders].concat())?;
        let mut found = Vec::new();
        if !checked.succeeded {
            found.extend(strictness(&checked));
        }
        let listed = self.run(inside, &[&["fmt", "--list"], folders].concat())?;
        for file in listed.out.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let remedy = format!("what `opa fmt --write {file}` makes of it");
            found.push(Finding::new(file, "the file is not in the form that opa fmt gives it", remedy));
        }
        if !listed.succeeded && checked.succeeded {
            found.push(Finding::new("core", listed.err.trim(), "Rego that opa fmt can read"));
        }
        Ok(found)
    }

    /// Every `test_` rule of a policy folder.
    pub(super) fn tests(&self, inside: &Path) -> Result<Vec<RegoTest>, String> {
        let done = self.run(inside, &["test", "--timeout", TEST_TIMEOUT, "--format", "json", "."])?;
        if done.out.trim().is_empty() && done.succeeded {
            return Ok(Vec::new());
        }
        serde_json::from_str::<Option<Vec<RegoTest>>>(&done.out).map(Option::unwrap_or_default).map_err(
            |_| format!("opa test could not run the folder:\n{}", [done.out, done.err].concat().trim()),
        )
    }
}

/// A test that takes longer has no end.
const TEST_TIMEOUT: &str = "120s";

/// One `test_` rule, as `opa test --format json` tells it.
#[derive(Deserialize)]
pub(super) struct RegoTest {
    location: Option<Location>,
    name: String,
    #[serde(default)]
    fail: bool,
    #[serde(default)]
    skip: bool,
    error: Option<serde_json::Value>,
    /// Nanoseconds.
    #[serde(default)]
    duration: u64,
}

impl RegoTest {
    pub(super) fn file(&self) -> &str {
        self.location.as_ref().map_or("unknown file", |location| location.file.trim_start_matches("./"))
    }

    pub(super) fn line(&self) -> u64 {
        self.location.as_ref().map_or(0, |location| location.row)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A test that is left out has not passed.
    pub(super) fn problem(&self) -> Option<String> {
        match (&self.error, self.fail, self.skip) {
            (Some(error), _, _) => Some(format!("it ended with an error: {error}")),
            (None, true, _) => Some("it does not hold".to_owned()),
            (None, false, true) => Some("it is skipped: its name begins with todo_".to_owned()),
            (None, false, false) => None,
        }
    }

    pub(super) fn took(&self) -> Duration {
        Duration::from_nanos(self.duration)
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<OpaError>,
}

#[derive(Deserialize)]
struct OpaError {
    message: String,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    file: String,
    row: u64,
}

fn strictness(done: &Done) -> Vec<Finding> {
    let text = if done.err.trim().is_empty() { &done.out } else { &done.err };
    let Ok(told) = serde_json::from_str::<Errors>(text) else {
        return vec![Finding::new("core", text.trim(), "Rego that `opa check --strict` accepts")];
    };
    let one = |error: OpaError| {
        let at = error.location.map_or("core".to_owned(), |it| format!("{}:{}", it.file, it.row));
        Finding::new(at, error.message, "Rego that `opa check --strict` accepts")
    };
    told.errors.into_iter().map(one).collect()
}
