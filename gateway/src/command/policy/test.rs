//! `inland policy test`: does the law say what its cases say?
//!
//! Invariant: it succeeds only if every Rego test and every case was run and passed; what was not run is
//! said.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use inland_policies::{Cases, Coverage, Policies};
use serde_json::json;

use super::super::progress::Progress;
use super::super::say;
use super::junit::{Outcome, Suite, junit};
use super::opa::{Opa, missing};
use super::show::{Table, count, wrapped};

#[derive(Args)]
pub(in crate::command) struct Test {
    /// The policy folder.
    #[arg(value_name = "DIR", value_parser = super::folder)]
    directory: PathBuf,
    /// A further file of cases, in the form of cases/scenarios.yaml; may be repeated.
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    /// Write a report in JUnit's XML, for a build server.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run no Rego tests; without this, a missing opa is a failure.
    #[arg(long)]
    without_opa: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(&self) -> Result<bool, String> {
        let policies = super::load(&self.directory)?;
        let mut suites = if self.without_opa { Vec::new() } else { self.rego()? };
        let coverage = self.every_case(&policies, &mut suites)?;
        if let Some(path) = &self.junit {
            std::fs::write(path, junit(&suites)).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let without: Vec<&str> = coverage.as_ref().map(Coverage::rules_without_case).unwrap_or_default();
        if self.json {
            say(&machine(&suites, &without).to_string());
        } else {
            self.tell(&suites, coverage.as_ref(), &without);
            switched_off(&policies);
        }
        Ok(suites.iter().all(|suite| suite.failed() == 0))
    }

    /// The `test_` rules of the folder, a suite for each file.
    fn rego(&self) -> Result<Vec<Suite>, String> {
        let Some(opa) = Opa::find() else {
            let problem = format!("the Rego tests were not run: {}, or write --without-opa", missing());
            return Ok(vec![Suite::new("opa", vec![Outcome::failed("opa test", problem)])]);
        };
        let _shown = Progress::new("opa test", 1).started();
        let mut suites: Vec<Suite> = Vec::new();
        for test in opa.tests(&self.directory)? {
            let outcome = Outcome {
                name: test.name().to_owned(),
                line: test.line(),
                problems: test.problem().into_iter().collect(),
                took: test.took(),
            };
            match suites.iter_mut().find(|suite| suite.file == test.file()) {
                Some(suite) => suite.outcomes.push(outcome),
                None => suites.push(Suite::new(test.file(), vec![outcome])),
            }
        }
        Ok(suites)
    }

    /// The cases of the folder and of the further files, a suite for each file.
    fn every_case(&self, policies: &Policies, suites: &mut Vec<Suite>) -> Result<Option<Coverage>, String> {
        let below = |error: inland_policies::LoadError| super::below(&self.directory, &error);
        let mut files = Cases::of(policies.tree()).map_err(below)?;
        let own = files.len();
        for path in &self.cases {
            let name = path.display().to_string();
            files.push(Cases::parse(&name, &super::read(path)?).map_err(|error| error.to_string())?);
        }
        let total: usize = files.iter().map(Cases::len).sum();
        if total == 0 {
            suites.push(Suite::new(
                "cases",
                vec![Outcome::failed("cases", "there is no case to run".to_owned())],
            ));
        }
        let mut progress = Progress::new("cases", total as u64);
        let (mut coverage, mut done): (Option<Coverage>, u64) = (None, 0);
        for (number, cases) in files.iter().enumerate() {
            let mut suite = Suite::new(cases.file(), Vec::new());
            let ran = policies.run(cases, &mut |result| {
                done += 1;
                progress.at(done);
                suite.outcomes.push(Outcome {
                    name: format!("{} {}", result.id(), result.title()),
                    line: result.line(),
                    problems: result.differences().to_vec(),
                    took: result.took(),
                });
            });
            let told = |error: inland_policies::LoadError| match number < own {
                true => below(error),
                false => error.to_string(),
            };
            let shown = ran.map_err(told)?;
            match &mut coverage {
                Some(all) => all.add(&shown),
                None => coverage = Some(shown),
            }
            suites.push(suite);
        }
        Ok(coverage)
    }

    fn tell(&self, suites: &[Suite], coverage: Option<&Coverage>, without: &[&str]) {
        for suite in suites {
            for outcome in suite.outcomes.iter().filter(|outcome| !outcome.problems.is_empty()) {
                say(&format!("{}:{} {}", suite.file, outcome.line, outcome.name));
                for problem in &outcome.problems {
                    say(&wrapped("  ", problem));
                }
            }
        }
        let mut table = Table::new(["FILE", "PASSED", "FAILED", "SECONDS"]);
        for suite in suites {
            let failed = suite.failed();
            table.row([
                suite.file.clone(),
                (suite.outcomes.len() - failed).to_string(),
                failed.to_string(),
                format!("{:.3}", suite.took().as_secs_f64()),
            ]);
        }
        say(table.lines("").trim_end());
        if self.without_opa {
            say("Rego tests were not run (--without-opa)");
        }
        if let Some(coverage) = coverage {
            let rules = coverage.rules().count();
            say(&format!("{} of {} apply in a case", rules - without.len(), count(rules, "rule")));
            if !without.is_empty() {
                say(&wrapped("  without a case: ", &without.join(", ")));
            }
            let bare = coverage.effects_without_case();
            let each: Vec<String> = bare.iter().map(|(rule, effect)| format!("{rule} {effect}")).collect();
            if !each.is_empty() {
                say(&wrapped("  effects that no case shows: ", &each.join(", ")));
            }
        }
        let failed: usize = suites.iter().map(Suite::failed).sum();
        let all: usize = suites.iter().map(|suite| suite.outcomes.len()).sum();
        let shown = self.directory.display();
        match failed {
            0 => say(&format!("{shown}: all {all} passed")),
            failed => say(&format!("{shown}: {failed} of {all} failed")),
        }
    }
}

/// Cases are decided by the law as written: what the emergency switch ends is said, so that nobody is misled.
fn switched_off(policies: &Policies) {
    let lines = policies.tree().below("law/adequacy.yaml").flat_map(|(_, text)| text.lines());
    let mut switch = lines.filter_map(|line| line.strip_prefix("disabled:")).map(str::trim);
    if let Some(entries) = switch.find(|entries| !entries.starts_with("[]")) {
        say(&wrapped(
            "",
            &format!("the cases were decided without the emergency switch, which now ends: {entries}"),
        ));
    }
}

fn machine(suites: &[Suite], without: &[&str]) -> serde_json::Value {
    let failures = |suite: &Suite| -> Vec<serde_json::Value> {
        let failed = suite.outcomes.iter().filter(|it| !it.problems.is_empty());
        failed.map(|it| json!({"name": it.name, "line": it.line, "problems": it.problems})).collect()
    };
    let files: Vec<_> = suites
        .iter()
        .map(|suite| {
            let failures = failures(suite);
            json!({"file": suite.file, "passed": suite.outcomes.len() - failures.len(), "failures": failures})
        })
        .collect();
    json!({"good": suites.iter().all(|suite| suite.failed() == 0), "files": files, "rules_without_case": without})
}

impl Suite {
    fn took(&self) -> Duration {
        self.outcomes.iter().map(|outcome| outcome.took).sum()
    }
}
