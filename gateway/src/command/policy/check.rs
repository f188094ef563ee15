//! `inland policy check`: is a policy folder whole?
//!
//! Invariant: it says *good* only of a folder that a gateway loads, in which every rule can be read, traced
//! to its law, and is shown by a case, every pack too, and every case is decided as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use inland_policies::{Cases, Coverage, LoadError, Policies, Tree};
use serde_json::json;

use super::super::say;
use super::opa::{Finding, Opa, missing};
use super::show::{count, wrapped};

#[derive(Args)]
pub(in crate::command) struct Check {
    /// The policy folder.
    #[arg(value_name = "DIR", value_parser = super::folder)]
    directory: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Result<bool, String> {
        let checked = self.check()?;
        if self.json {
            let findings = checked
                .findings
                .iter()
                .map(|it| json!({"at": it.at, "problem": it.problem, "remedy": it.remedy}));
            let told = json!({
                "good": checked.findings.is_empty(),
                "findings": findings.collect::<Vec<_>>(),
                "counts": BTreeMap::from_iter(checked.counts.iter().cloned()),
            });
            say(&told.to_string());
            return Ok(checked.findings.is_empty());
        }
        let directory = self.directory.display();
        for (what, text) in &checked.counts {
            say(&wrapped(&format!("  {what:<10} "), text));
        }
        for finding in &checked.findings {
            say(&format!("{directory}/{}: {}\n  write: {}", finding.at, finding.problem, finding.remedy));
        }
        match checked.findings.len() {
            0 => say(&format!("{directory}: good")),
            number => say(&format!("{directory}: not good, {} to look at", count(number, "place"))),
        }
        Ok(checked.findings.is_empty())
    }

    fn check(&self) -> Result<Checked, String> {
        let told = |error: LoadError| super::below(&self.directory, &error);
        let tree = Tree::read(&self.directory).map_err(told)?;
        let blanks = blanks(&tree);
        if !blanks.is_empty() {
            // The loader would stumble over the first of them, with another text.
            return Ok(Checked { findings: blanks, counts: Vec::new() });
        }
        let policies = Policies::from_tree(&tree).map_err(told)?;
        let mut checked = Checked { findings: Vec::new(), counts: Vec::new() };
        checked.count_words(&policies);
        checked.texts(&policies);
        checked.cases(&policies).map_err(told)?;
        checked.rego(self)?;
        Ok(checked)
    }
}

/// Blanks of a template that are still to be filled in.
pub(super) fn blanks(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.below("") {
        for (number, line) in (1..).zip(text.lines()) {
            let (value, comment) = line.split_once('#').unwrap_or((line, ""));
            if value.contains(super::BLANK) {
                let problem = format!("a blank of the template is not filled in: {}", value.trim());
                let remedy = match comment.trim() {
                    "" => format!("what the template asks for, in place of {}", super::BLANK),
                    comment => comment.to_owned(),
                };
                found.push(Finding::new(format!("{path}:{number}"), problem, remedy));
            }
        }
    }
    found
}

struct Checked {
    findings: Vec<Finding>,
    /// What was looked at, and how much of it there is.
    counts: Vec<(&'static str, String)>,
}

impl Checked {
    fn count_words(&mut self, policies: &Policies) {
        let tree = policies.tree();
        let rules = policies.rules().filter(|(_, text)| is_rule(text.file())).count();
        let files = |prefix: &str| tree.below(prefix).count();
        self.counts.push((
            "law",
            format!(
                "{} in {}, {}, revision {}, review by {}",
                count(rules, "rule"),
                count(files("law/rules/"), "file"),
                count(policies.reason_codes().count(), "reason code"),
                policies.revision(),
                policies.review_by()
            ),
        ));
        self.counts.push((
            "facts",
            format!(
                "{} of {}",
                count(policies.endpoints().count(), "endpoint"),
                count(files("providers/"), "provider")
            ),
        ));
        self.counts.push(("tenants", count(policies.tenants().count(), "tenant")));
        let packs = pack_names(tree).count();
        self.counts.push(("packs", count(packs, "pack")));
    }

    /// Every rule can be read by a person, and every code says what to do.
    fn texts(&mut self, policies: &Policies) {
        for (id, text) in policies.rules() {
            let parts = [("title", text.title()), ("plain", text.plain()), ("ref", text.reference())];
            for (key, _) in parts.into_iter().filter(|(_, text)| text.trim().is_empty()) {
                let problem = format!("{id} has no {key}");
                self.findings.push(Finding::new(text.file(), problem, format!("{key}: a short sentence")));
            }
        }
        for (code, _) in policies.reason_codes().filter(|(_, remedy)| remedy.trim().is_empty()) {
            let problem = format!("the reason code {code} has no remedy");
            let remedy = format!("{code}: what the reader of a refusal can do about it");
            self.findings.push(Finding::new("law/vocabulary.yaml", problem, remedy));
        }
    }

    /// Every rule is shown by a case.
    fn cases(&mut self, policies: &Policies) -> Result<(), LoadError> {
        let (mut all, mut failed) = (0, Vec::new());
        let mut packs: BTreeSet<String> = BTreeSet::new();
        let mut coverage: Option<Coverage> = None;
        for cases in Cases::of(policies.tree())? {
            let shown = policies.run(&cases, &mut |result| {
                all += 1;
                if !result.passed() {
                    let at = format!("{}:{}", result.file(), result.line());
                    failed.push((at, result.id().to_owned(), result.differences().to_vec()));
                }
                packs.extend(result.input().map(packs_of).unwrap_or_default());
            })?;
            match &mut coverage {
                Some(coverage) => coverage.add(&shown),
                None => coverage = Some(shown),
            }
        }
        let (bare, rules) = match &coverage {
            Some(coverage) => (coverage.rules_without_case(), coverage.rules().count()),
            None => {
                (policies.rules().filter(|(_, text)| is_rule(text.file())).map(|(id, _)| id).collect(), 0)
            }
        };
        self.counts.push((
            "cases",
            format!(
                "{}; {} of {} apply in one",
                count(all, "case"),
                rules.saturating_sub(bare.len()),
                count(rules, "rule")
            ),
        ));
        for (at, id, differences) in failed.iter().take(FAILED_MAX) {
            let problem = format!("the case {id} is decided otherwise: {}", differences.join("; "));
            self.findings.push(Finding::new(at.clone(), problem, "the rule, or what the case expects"));
        }
        if let Some(more) = failed.len().checked_sub(FAILED_MAX).filter(|more| *more > 0) {
            let problem = format!("{} more are decided otherwise", count(more, "case"));
            self.findings.push(Finding::new("cases", problem, "see `inland policy test`"));
        }
        for pack in pack_names(policies.tree()).filter(|pack| !packs.contains(*pack)) {
            let remedy = "a case in cases/ of a tenant that it applies to, with what must come out";
            self.findings.push(Finding::new(
                format!("packs/{pack}"),
                "no case shows this pack".to_owned(),
                remedy,
            ));
        }
        for rule in bare {
            let at = policies.rule(rule).map_or("law/rules", |text| text.file());
            let remedy = "a case in cases/ of a call that it applies to, with what must come out";
            self.findings.push(Finding::new(at, format!("no case shows {rule}"), remedy));
        }
        Ok(())
    }

    /// Form and strictness of core and packs, where `opa` is found.
    fn rego(&mut self, check: &Check) -> Result<(), String> {
        let folders: Vec<&str> =
            ["core", "packs"].into_iter().filter(|folder| check.directory.join(folder).is_dir()).collect();
        if folders.is_empty() {
            self.counts.push(("rego", "the core that this program carries".to_owned()));
            return Ok(());
        }
        let Some(opa) = Opa::find() else {
            self.counts.push(("rego", format!("form and strictness not looked at: {}", missing())));
            return Ok(());
        };
        let found = opa.findings(&check.directory, &folders)?;
        if found.is_empty() {
            self.counts
                .push(("rego", format!("opa check --strict and opa fmt accept {}", folders.join(" and "))));
        }
        self.findings.extend(found);
        Ok(())
    }
}

/// How many failing cases are told one by one.
const FAILED_MAX: usize = 20;

fn pack_names(tree: &Tree) -> impl Iterator<Item = &str> {
    let about = tree.below("packs/").filter_map(|(path, _)| path.strip_suffix("/pack.yaml"));
    about.filter_map(|folder| folder.strip_prefix("packs/"))
}

/// The packs that a policy input names.
fn packs_of(input: &str) -> Vec<String> {
    let input: serde_json::Value = serde_json::from_str(input).unwrap_or_default();
    let packs = input.pointer("/tenant/packs").and_then(serde_json::Value::as_array);
    packs.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The core's own reasons are no rules.
pub(super) fn is_rule(file: &str) -> bool {
    file.starts_with("law/rules/")
}
