//! `inland receipt`: what a caller can show of a call.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::say;
use crate::audit;
use crate::respond::receipt::{self, Claims};

/// How many records behind the INTENT its OUTCOME is looked for.
const OUTCOME_WITHIN: usize = 1_000_000;

#[derive(Subcommand)]
pub(super) enum Receipt {
    Verify(Verify),
}

impl Receipt {
    pub(super) fn run(self) -> Result<bool, String> {
        match self {
            Receipt::Verify(verify) => verify.run(),
        }
    }
}

/// Verify a residency receipt: the answer's `x-inland-receipt`.
///
/// Checks the signature under the node's public key and prints what the receipt says. With the node's log it
/// also checks that the log says the same: its INTENT and OUTCOME, under the signed checkpoint.
///
/// Example: inland receipt verify receipt.jws --jwk receipt.jwk --log demo-state/audit
#[derive(Args)]
pub(super) struct Verify {
    /// A file with the receipt, `-` for standard input, or the receipt itself.
    receipt: String,
    /// The node's public key, got from outside: its `receipt.jwk`.
    #[arg(long, value_name = "FILE")]
    jwk: PathBuf,
    /// The log to compare it with: the partition, or the folder of all.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
    /// The log's verifier key, got from outside; without one the log's own copy is used. May be repeated.
    #[arg(long = "vkey", value_name = "KEY", requires = "log")]
    vkeys: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Verify {
    fn run(self) -> Result<bool, String> {
        let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        let jwk = std::fs::read_to_string(&self.jwk).map_err(|error| told(&self.jwk, error))?;
        let claims = receipt::verify(&text(&self.receipt)?, &jwk)
            .map_err(|what| format!("the receipt does not verify: {what}"))?;
        let covered = match &self.log {
            None => None,
            Some(log) => Some(compare(&claims, log, &self.vkeys)?),
        };
        if self.json {
            let mut value = serde_json::to_value(&claims).map_err(|error| error.to_string())?;
            if let (Some(object), Some(size)) = (value.as_object_mut(), covered) {
                object.insert("log_size".into(), size.into());
            }
            say(&value.to_string());
            return Ok(true);
        }
        print(&claims);
        match covered {
            None => say("  log       not compared: give it with --log"),
            Some(size) => {
                say(&format!("  log       says the same, under its signed checkpoint of {size} records"));
            }
        }
        Ok(true)
    }
}

/// The receipt of a file, of standard input, or as it was written.
fn text(given: &str) -> Result<String, String> {
    if given == "-" {
        return std::io::read_to_string(std::io::stdin()).map_err(|error| error.to_string());
    }
    if Path::new(given).exists() {
        return std::fs::read_to_string(given).map_err(|error| format!("{given}: {error}"));
    }
    if given.matches('.').count() == 2 {
        return Ok(given.to_owned());
    }
    Err(format!("{given} is neither a file nor a receipt"))
}

fn print(claims: &Claims) {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let redacted: Vec<String> =
        claims.redacted.iter().map(|(class, count)| format!("{class}={count}")).collect();
    let redacted = if redacted.is_empty() { "nothing".to_owned() } else { redacted.join(",") };
    say(&format!("verified: decision {} was answered in {}", claims.decision, claims.country));
    say(&format!("  backend   {} ({}) at {}", claims.backend, claims.model, or_none(&claims.address)));
    say(&format!("  key pin   {}", or_none(&claims.pin)));
    say(&format!("  policy    {}", claims.policy));
    say(&format!("  taken out {redacted}"));
    say(&format!("  request   HMAC-SHA-256 {} under the salt {}", claims.request_hmac, claims.salt));
    say(&format!("  recorded  {} #{}", claims.partition, claims.log_index));
}

/// Holds a receipt against the log; tells how many records the checkpoint covers.
fn compare(claims: &Claims, log: &Path, vkeys: &[String]) -> Result<u64, String> {
    let below = log.join(&claims.partition);
    let plain = claims.partition.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let partition = if plain && below.is_dir() { below } else { log.to_path_buf() };
    let told = |error: audit::VerifyError| format!("the log: {error}");
    let mut records = audit::records_from(&partition, claims.log_index).map_err(told)?;
    let (index, bytes) = records.next().ok_or("the log ends before the receipt's record")?.map_err(told)?;
    if index != claims.log_index {
        return Err(format!("the log begins at record {index}: the receipt's was pruned"));
    }
    let intent = parse(&bytes);
    differs(
        "INTENT",
        &intent,
        &[
            ("/kind", Some("INTENT")),
            ("/id", Some(&claims.decision)),
            ("/policy", Some(&claims.policy)),
            ("/request_hmac", Some(&claims.request_hmac)),
        ],
    )?;
    let size = audit::holds(&partition, index, &bytes, vkeys).map_err(told)?;
    let outcome = records.take(OUTCOME_WITHIN).find_map(|record| match record {
        Ok((_, bytes)) => Some(parse(&bytes)).filter(|it| {
            it["kind"] == "OUTCOME"
                && it["intent"] == claims.log_index
                && it["id"] == claims.decision.as_str()
        }),
        Err(_) => None,
    });
    let outcome = outcome.ok_or("the log holds no OUTCOME of this request (yet)")?;
    let answered = outcome.get("attempts").and_then(|attempts| attempts.as_array()?.last()).cloned();
    differs(
        "OUTCOME",
        &answered.unwrap_or_default(),
        &[
            ("/backend", Some(&claims.backend)),
            ("/country", Some(&claims.country)),
            ("/address", claims.address.as_deref()),
            ("/pin", claims.pin.as_deref()),
        ],
    )?;
    Ok(size)
}

fn parse(record: &[u8]) -> Value {
    serde_json::from_slice(record).unwrap_or_default()
}

fn differs(of: &str, record: &Value, expected: &[(&str, Option<&str>)]) -> Result<(), String> {
    for (pointer, said) in expected {
        let found = record.pointer(pointer).and_then(Value::as_str);
        if found != *said {
            let name = pointer.trim_start_matches('/');
            let (said, found) = (said.unwrap_or("nothing"), found.unwrap_or("nothing"));
            return Err(format!(
                "the log says otherwise: {name} of its {of} is {found}, of the receipt {said}"
            ));
        }
    }
    Ok(())
}
