//! `inland audit find`: what the log holds on one person.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::audit::{self, Found, KeyState, Person, Summary};
use crate::command::policy::records::verify;
use crate::command::policy::show::wrapped;
use crate::command::{complain, say};

/// Find what the log holds on one person, for an answer under GDPR Art. 15.
///
/// Example: inland audit find demo-state/audit --tenant hopital-lyon --subject demo-user
#[derive(Args)]
pub(in crate::command) struct Find {
    /// One partition, or the folder of all.
    directory: PathBuf,
    /// The person's tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// The person, as its tokens or its key name it.
    #[arg(long, value_name = "NAME")]
    subject: String,
    /// The node's subject-secret; without it the one beside the partitions.
    #[arg(long, value_name = "FILE")]
    subject_secret: Option<PathBuf>,
    /// The node's subject-keys, to tell whether the person was erased; without it the one beside the partitions.
    #[arg(long, value_name = "FILE")]
    subject_keys: Option<PathBuf>,
    /// Print one JSON object per call, and one in the end.
    #[arg(long)]
    json: bool,
}

impl Find {
    pub(in crate::command) fn run(self) -> Result<bool, String> {
        let told = |error: audit::VerifyError| error.to_string();
        let (secret, keys) = (self.subject_secret.as_deref(), self.subject_keys.as_deref());
        let person =
            audit::person(&self.directory, &self.tenant, &self.subject, secret, keys).map_err(told)?;
        // An answer that lacks what a damaged log lost would be a wrong one.
        verify(&self.directory)?;
        let summary = audit::find(&self.directory, &self.tenant, &person.key, &mut |found| {
            say(&if self.json { json!(found).to_string() } else { block(&found) });
        });
        let summary = summary.map_err(told)?;
        if self.json {
            say(&json!({"person": person, "summary": summary}).to_string());
            return Ok(true);
        }
        for line in told_of(&person, &summary) {
            say(&line);
        }
        if summary.records == 0 {
            complain("nothing found: are tenant and subject spelt as in the tokens?");
        }
        Ok(true)
    }
}

/// One call: its head, and below it what is known, each line wrapped under itself.
fn block(found: &Found) -> String {
    let list = |items: Vec<String>| if items.is_empty() { "nothing".to_owned() } else { items.join(", ") };
    let status = found.status.map_or_else(String::new, |status| format!(" {status}"));
    let code = found.code.as_ref().map_or_else(String::new, |code| format!(" {code}"));
    let classes = found.found.iter().map(|(class, count)| format!("{class}={count}"));
    let redacted = found.redacted.iter().map(|(class, action)| format!("{class} ({action})"));
    let sent = found.sent.iter().map(|sent| {
        let (provider, address) = (sent.provider.as_deref(), sent.address.as_deref());
        let place = format!("{} ({}) in {}", sent.backend, provider.unwrap_or("?"), sent.country);
        format!("{place} at {}: {}", address.unwrap_or("no address, not reached"), sent.result)
    });
    let lines = [
        ("call", format!("{} {}", found.route, found.model.as_deref().unwrap_or_default())),
        ("found", list(classes.collect())),
        ("taken out", list(redacted.collect())),
        ("went to", if found.sent.is_empty() { "nowhere".to_owned() } else { list(sent.collect()) }),
        ("refused", found.reasons.join(", ")),
        ("rules", found.rules.join(", ")),
        ("law", found.references.join("; ")),
    ];
    let head = format!("{}  {} #{}  {}{status}{code}", found.time, found.partition, found.index, found.end);
    let mut block = format!("{}\n", super::plain(&format!("{head}  {}", found.id)));
    for (what, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        block += &format!("{}\n", wrapped(&format!("    {what:<9}  "), &super::plain(&text)));
    }
    block
}

fn told_of(person: &Person, summary: &Summary) -> Vec<String> {
    let mut lines = vec![match (&summary.first, &summary.last) {
        (Some(first), Some(last)) => {
            format!("{} records of {} calls, {first} to {last}", summary.records, summary.calls)
        }
        _ => "0 records".to_owned(),
    }];
    let key = &person.key;
    lines.push(match person.state {
        Some(KeyState::Present) => format!("key {key} exists: the sealed name in these records can be opened"),
        Some(KeyState::Erased) => {
            format!("key {key} was ERASED: nobody can open the sealed name in these records any more")
        }
        Some(KeyState::Renewed) => format!(
            "key {key} was ERASED, and the person called again: only what was recorded since then can be opened"
        ),
        Some(KeyState::Absent) => format!(
            "key {key} is not in the key file: the person never called, or was erased; no sealed name can be opened"
        ),
        None => format!("key {key}: no key file was given, so whether it still exists is not known"),
    });
    for (partition, first) in &summary.pruned {
        lines.push(format!("{partition} begins with record {first}: what was before it was pruned"));
    }
    lines.push("records of other people stay sealed".to_owned());
    lines
}
