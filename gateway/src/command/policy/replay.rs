//! `inland policy replay`: what would another law have said to every call of a log?
//!
//! Invariant: each recorded input is decided again exactly as it was written: its day, its facts, its
//! tenant. With the law that was in force nothing flips.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use clap::Args;
use inland_policies::Policies;
use serde_json::json;

use super::super::say;
use super::change::{Change, Decided};
use super::records::{self, Call};
use super::show::{Table, count, wrapped};

/// Calls that repeat each other are decided once; so many are remembered.
const REMEMBERED_MAX: usize = 2000;

#[derive(Args)]
pub(in crate::command) struct Replay {
    /// The log: one partition, or the folder of all.
    #[arg(long, value_name = "DIR", value_parser = super::folder)]
    log: PathBuf,
    /// The policy folder that decides again.
    #[arg(long, value_name = "DIR", value_parser = super::folder)]
    candidate: PathBuf,
    /// End with status 1 if a call flips.
    #[arg(long)]
    exit_code: bool,
    /// Print one JSON object per flip, and one in the end.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(&self) -> Result<bool, String> {
        let policies = super::load(&self.candidate)?;
        let mut replayed = Replayed::new(&policies);
        let calls = records::each(&self.log, "replay", &mut |call| {
            let flip = replayed.call(call)?;
            if !flip.is_empty() {
                self.tell(call, &flip);
            }
            Ok(())
        })?;
        self.sum_up(calls, &replayed);
        Ok(replayed.undecided == 0 && !(self.exit_code && replayed.flips > 0))
    }

    fn tell(&self, call: &Call<'_>, flip: &[Change]) {
        if self.json {
            let changes: Vec<_> =
                flip.iter().map(|it| json!({"what": it.what, "why": it.why, "rules": it.rules})).collect();
            let told = json!({
                "partition": call.partition, "index": call.index, "kind": call.kind, "id": call.id,
                "tenant": call.tenant, "changes": changes,
            });
            return say(&told.to_string());
        }
        say(&format!("{} #{} {} {} {}", call.partition, call.index, call.id, call.kind, call.tenant));
        for change in flip {
            say(&wrapped("  ", &sentence(change)));
        }
    }

    fn sum_up(&self, calls: u64, replayed: &Replayed<'_>) {
        if self.json {
            let told = json!({
                "calls": calls, "flips": replayed.flips, "moves": replayed.moves, "undecided": replayed.undecided,
                "without_decision": replayed.without,
            });
            return say(&told.to_string());
        }
        let mut table = Table::new(["TENANT", "RULE", "CALLS"]);
        for ((tenant, rule), calls) in &replayed.by {
            table.row([tenant.clone(), rule.clone(), calls.to_string()]);
        }
        if !table.is_empty() {
            say(&format!("\n{}", table.lines("").trim_end()));
        }
        let of = format!("{} of {calls} recorded calls flip", replayed.flips);
        say(&format!("{of} under {}", self.candidate.display()));
        if replayed.moves > 0 {
            say(&format!(
                "{} of them may go elsewhere, the others have other reasons or duties",
                replayed.moves
            ));
        }
        if replayed.without > 0 {
            say(&format!("{} had no decision then: nothing to compare", replayed.without));
        }
        if replayed.undecided > 0 {
            say(&format!(
                "{} cannot be decided by it, and would be refused",
                count(replayed.undecided, "call")
            ));
        }
        say("facts of providers and tenants are those of the record; `inland policy diff` asks anew");
    }
}

/// `ohio/large is no longer allowed: NOT_ADEQUATE (EU-TRANSFER)`.
pub(super) fn sentence(change: &Change) -> String {
    let rules = change.rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    match (change.why.as_str(), rules.as_str()) {
        ("", "") => change.what.clone(),
        ("", rules) => format!("{}: {rules}", change.what),
        (why, _) => format!("{}: {why}", change.what),
    }
}

struct Replayed<'a> {
    policies: &'a Policies,
    /// Input and decision of a call to what would differ.
    remembered: HashMap<(String, String), Flip>,
    flips: usize,
    /// Flips that change where the call may go.
    moves: usize,
    undecided: usize,
    without: usize,
    /// Tenant and rule to calls.
    by: BTreeMap<(String, String), usize>,
}

/// What a call would meet; nothing if all stays as it was.
#[derive(Debug, Clone)]
struct Flip {
    changes: Vec<Change>,
    /// May it go elsewhere?
    moves: bool,
    /// Is there no decision any more?
    undecided: bool,
}

impl<'a> Replayed<'a> {
    fn new(policies: &'a Policies) -> Replayed<'a> {
        let (remembered, by) = (HashMap::new(), BTreeMap::new());
        Replayed { policies, remembered, flips: 0, moves: 0, undecided: 0, without: 0, by }
    }

    fn call(&mut self, call: &Call<'_>) -> Result<Vec<Change>, String> {
        let Some(decision) = call.decision else {
            self.without += 1;
            return Ok(Vec::new());
        };
        let Flip { changes, moves, undecided } = self.flip(call, decision)?;
        self.undecided += usize::from(undecided);
        if !changes.is_empty() {
            self.flips += 1;
            self.moves += usize::from(moves);
            let rules: BTreeSet<String> = changes.iter().flat_map(|change| change.rules.clone()).collect();
            for rule in rules {
                *self.by.entry((call.tenant.to_owned(), rule)).or_default() += 1;
            }
        }
        Ok(changes)
    }

    fn flip(&mut self, call: &Call<'_>, decision: &str) -> Result<Flip, String> {
        let key = (call.input.to_owned(), decision.to_owned());
        if let Some(flip) = self.remembered.get(&key) {
            return Ok(flip.clone());
        }
        let flip = self.decide(call, decision)?;
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.clear();
        }
        self.remembered.insert(key, flip.clone());
        Ok(flip)
    }

    fn decide(&self, call: &Call<'_>, decision: &str) -> Result<Flip, String> {
        let was = Decided::parse(decision).map_err(|error| {
            format!("the log is damaged: {}, record {}: {error}", call.partition, call.index)
        })?;
        match self.policies.replay(call.input) {
            Ok(now) => {
                let now = Decided::of(&now)?;
                let changes = was.changes(&now, &BTreeSet::new());
                Ok(Flip { changes, moves: was.places() != now.places(), undecided: false })
            }
            Err(error) => {
                let what = format!("the call is refused ({})", error.code());
                let changes = vec![Change::undecided(what, error.to_string())];
                Ok(Flip { changes, moves: !was.places().is_empty(), undecided: true })
            }
        }
    }
}
