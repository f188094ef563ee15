//! `inland policy diff`: what changes if one policy folder takes the place of another?
//!
//! Invariant: both are asked the same: every case of the two folders, and every recorded call with the
//! tenants and facts that each folder has now. What one of them cannot decide is told, not left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use clap::Args;
use inland_policies::{Cases, Policies, Tree};
use serde_json::{Value, json};

use super::super::progress::Progress;
use super::super::say;
use super::ask::ask;
use super::change::{Change, Decided};
use super::records;
use super::replay::sentence;
use super::show::{Table, count, wrapped};

/// Calls that repeat each other are asked once; so many are remembered.
const REMEMBERED_MAX: usize = 2000;

#[derive(Args)]
pub(in crate::command) struct Diff {
    /// The policy folder in force.
    #[arg(value_name = "OLD", value_parser = super::folder)]
    old: PathBuf,
    /// The policy folder that is to follow.
    #[arg(value_name = "NEW", value_parser = super::folder)]
    new: PathBuf,
    /// A log whose calls are asked again: one partition, or the folder of all.
    #[arg(long, value_name = "DIR", value_parser = super::folder)]
    log: Option<PathBuf>,
    /// End with status 1 if anything changes.
    #[arg(long)]
    exit_code: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(&self) -> Result<bool, String> {
        let (old, new) = (super::load(&self.old)?, super::load(&self.new)?);
        let rules = Rules::of(old.tree(), new.tree());
        let both = Both { old: &old, new: &new, edited: &rules.edited };
        let cases = both.cases().map_err(|error| error.to_string())?;
        let calls = self.log.as_deref().map(|log| both.calls(log)).transpose()?;
        let files = files(old.tree(), new.tree());
        if self.json {
            say(&machine(&rules, &files, &cases, calls.as_ref()).to_string());
        } else {
            self.summary(&both, &rules, &files, &cases, calls.as_ref());
            calls.iter().for_each(Calls::tell);
            cases.tell();
        }
        let changed = !cases.changed.is_empty() || calls.is_some_and(|calls| calls.changed > 0);
        Ok(!(self.exit_code && changed))
    }

    fn summary(
        &self,
        both: &Both<'_>,
        rules: &Rules,
        files: &[String],
        cases: &AllCases,
        calls: Option<&Calls>,
    ) {
        say(&format!("  {:<7} {}, revision {}", "old", self.old.display(), both.old.revision()));
        say(&format!("  {:<7} {}, revision {}", "new", self.new.display(), both.new.revision()));
        say(&wrapped("  files   ", &if files.is_empty() { "the same".to_owned() } else { files.join(", ") }));
        say(&wrapped("  rules   ", &rules.told()));
        say(&format!("  {:<7} {} of {} change", "cases", cases.changed.len(), cases.asked));
        if let Some(calls) = calls {
            say(&format!("  {:<7} {} of {} recorded calls change", "log", calls.changed, calls.asked));
        }
    }
}

/// Which rules are written otherwise, by their text without comments.
struct Rules {
    edited: BTreeSet<String>,
    new: BTreeSet<String>,
    gone: BTreeSet<String>,
}

impl Rules {
    fn of(old: &Tree, new: &Tree) -> Rules {
        let (old, new) = (rule_texts(old), rule_texts(new));
        let without = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| {
            these.keys().filter(|rule| !those.contains_key(*rule)).cloned().collect()
        };
        let edited = old.iter().filter(|(rule, text)| new.get(*rule).is_some_and(|it| it != *text));
        Rules {
            edited: edited.map(|(rule, _)| rule.clone()).collect(),
            new: without(&new, &old),
            gone: without(&old, &new),
        }
    }

    fn told(&self) -> String {
        let part = |what: &str, rules: &BTreeSet<String>| {
            let names = rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            (!names.is_empty()).then(|| format!("{what} {names}"))
        };
        let parts =
            [part("written otherwise", &self.edited), part("new", &self.new), part("gone", &self.gone)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "the same".to_owned() } else { parts.join("; ") }
    }
}

/// Rule id to its lines: a rule begins at the left margin, as the loader has checked.
fn rule_texts(tree: &Tree) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (_, text) in tree.below("law/rules/") {
        let mut rule = None;
        let plain =
            text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
        for line in plain {
            if !line.starts_with([' ', '-']) {
                rule = line.split_once(':').map(|(id, _)| id.trim_matches(['"', '\'']).to_owned());
            }
            if let Some(rule) = &rule {
                *texts.entry(rule.clone()).or_default() += &format!("{}\n", line.trim_end());
            }
        }
    }
    texts
}

/// The files that differ, each with how.
fn files(old: &Tree, new: &Tree) -> Vec<String> {
    let (old, new): (BTreeMap<&str, &str>, BTreeMap<&str, &str>) =
        (old.below("").collect(), new.below("").collect());
    let all: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let one = |path: &str| match (old.get(path), new.get(path)) {
        (Some(was), Some(is)) if was != is => Some(format!("{path} changed")),
        (None, Some(_)) => Some(format!("{path} is new")),
        (Some(_), None) => Some(format!("{path} is gone")),
        (Some(_), Some(_)) | (None, None) => None,
    };
    all.into_iter().filter_map(one).collect()
}

struct Both<'a> {
    old: &'a Policies,
    new: &'a Policies,
    edited: &'a BTreeSet<String>,
}

/// A case that is decided otherwise.
struct ChangedCase {
    file: String,
    id: String,
    title: String,
    changes: Vec<Change>,
}

struct AllCases {
    asked: usize,
    changed: Vec<ChangedCase>,
}

/// What one law says of a case: file, title, and its decision or why there is none.
type Said = (String, String, Result<Decided, String>);

impl Both<'_> {
    /// Every case of both folders; where both have it, as the new one writes it.
    fn cases(&self) -> Result<AllCases, inland_policies::LoadError> {
        let mut files = Cases::of(self.new.tree())?;
        let known: BTreeSet<String> = files.iter().flat_map(Cases::ids).map(str::to_owned).collect();
        files.extend(Cases::of(self.old.tree())?.iter().map(|cases| cases.only(&|id| !known.contains(id))));
        let asked: usize = files.iter().map(Cases::len).sum();
        let mut progress = Progress::new("cases", 2 * asked as u64);
        let (mut done, mut changed) = (0, Vec::new());
        for cases in &files {
            let mut step = || {
                done += 1;
                progress.at(done);
            };
            let was = decide(self.old, cases, &mut step);
            let mut is = decide(self.new, cases, &mut step);
            for (id, (file, title, was)) in was {
                let Some((.., is)) = is.remove(&id) else { continue };
                let changes = self.changes(&was, &is);
                if !changes.is_empty() {
                    changed.push(ChangedCase { file, id, title, changes });
                }
            }
        }
        Ok(AllCases { asked, changed })
    }

    fn changes(&self, was: &Result<Decided, String>, is: &Result<Decided, String>) -> Vec<Change> {
        match (was, is) {
            (Ok(was), Ok(is)) => was.changes(is, self.edited),
            (Ok(_), Err(why)) => vec![Change::undecided("it can no longer be decided", why)],
            (Err(why), Ok(_)) => vec![Change::undecided("it can be decided now, before not", why)],
            (Err(_), Err(_)) => Vec::new(),
        }
    }

    fn calls(&self, log: &Path) -> Result<Calls, String> {
        let mut calls = Calls::default();
        let mut remembered: HashMap<String, Vec<Change>> = HashMap::new();
        calls.asked = records::each(log, "log", &mut |call| {
            let changes = match remembered.get(call.input) {
                Some(changes) => changes.clone(),
                None => {
                    let changes = self.changes(&ask(self.old, call.input), &ask(self.new, call.input));
                    if remembered.len() >= REMEMBERED_MAX {
                        remembered.clear();
                    }
                    remembered.insert(call.input.to_owned(), changes.clone());
                    changes
                }
            };
            calls.changed += u64::from(!changes.is_empty());
            for change in changes {
                *calls.by.entry((call.tenant.to_owned(), change)).or_default() += 1;
            }
            Ok(())
        })?;
        Ok(calls)
    }
}

/// What a law says of the cases of a file, by id. A word that it does not know costs that case alone.
fn decide(policies: &Policies, cases: &Cases, step: &mut dyn FnMut()) -> BTreeMap<String, Said> {
    let mut said = BTreeMap::new();
    let mut run = |cases: &Cases, said: &mut BTreeMap<String, Said>| {
        policies.run(cases, &mut |result| {
            // Cases are run without the emergency switch of law/adequacy.yaml; what it does is asked for here.
            let decided = match result.input().map(|input| policies.replay(input)) {
                Some(Ok(decision)) => Decided::of(&decision),
                Some(Err(error)) => Err(error.to_string()),
                None => Err(result.differences().join("; ")),
            };
            let told = (result.file().to_owned(), result.title().to_owned(), decided);
            said.insert(result.id().to_owned(), told);
            step();
        })
    };
    if run(cases, &mut said).is_ok() {
        return said;
    }
    let ids: Vec<String> = cases.ids().map(str::to_owned).collect();
    for id in ids {
        if let Err(error) = run(&cases.only(&|other| other == id), &mut said) {
            said.insert(id, (cases.file().to_owned(), String::new(), Err(error.to_string())));
        }
    }
    said
}

/// What changes in a log: tenant and change to the number of its calls.
#[derive(Default)]
struct Calls {
    asked: u64,
    changed: u64,
    by: BTreeMap<(String, Change), u64>,
}

impl Calls {
    fn tell(&self) {
        let mut table = Table::new(["RECORDED CALLS OF", "CALLS", "RULES", "WHAT CHANGES"]);
        for ((tenant, change), calls) in &self.by {
            table.row([tenant.clone(), calls.to_string(), joined(&change.rules), sentence(change)]);
        }
        if !table.is_empty() {
            say(&format!("\n{}", table.lines("").trim_end()));
        }
    }
}

impl AllCases {
    fn tell(&self) {
        let mut by: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for case in &self.changed {
            for rule in case.changes.iter().flat_map(|change| &change.rules) {
                by.entry(rule.clone()).or_default().insert(&case.id);
            }
        }
        let mut table = Table::new(["CASES BY RULE", "", "WHICH"]);
        for (rule, ids) in by {
            table.row([rule, ids.len().to_string(), ids.into_iter().collect::<Vec<_>>().join(", ")]);
        }
        if !table.is_empty() {
            say(&format!("\n{}", table.lines("").trim_end()));
        }
        for case in &self.changed {
            say(&format!("\n{} {} {}", case.file, case.id, case.title));
            for change in &case.changes {
                say(&wrapped("  ", &sentence(change)));
            }
        }
        if !self.changed.is_empty() {
            say(&format!("\n{} to read before it goes live", count(self.changed.len(), "changed case")));
        }
    }
}

fn joined(words: &BTreeSet<String>) -> String {
    words.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn machine(rules: &Rules, files: &[String], cases: &AllCases, calls: Option<&Calls>) -> Value {
    let change = |it: &Change| json!({"what": it.what, "why": it.why, "rules": it.rules});
    let changed: Vec<Value> = cases
        .changed
        .iter()
        .map(|it| {
            let changes: Vec<Value> = it.changes.iter().map(change).collect();
            json!({"file": it.file, "id": it.id, "title": it.title, "changes": changes})
        })
        .collect();
    let log = calls.map(|calls| {
        let by = calls
            .by
            .iter()
            .map(|((tenant, it), calls)| json!({"tenant": tenant, "calls": calls, "change": change(it)}));
        json!({"asked": calls.asked, "changed": calls.changed, "by": by.collect::<Vec<_>>()})
    });
    json!({
        "files": files,
        "rules": {"edited": rules.edited, "new": rules.new, "gone": rules.gone},
        "cases": {"asked": cases.asked, "changed": changed},
        "log": log,
    })
}
