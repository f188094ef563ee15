//! What the demonstration prints: lines for people, or one JSON object per call for programs.

use serde_json::{Value, json};

use super::calls::Line;
use super::world::World;
use crate::audit;

pub(super) struct Report {
    json: bool,
    calls: usize,
    failed: usize,
}

/// Standard output may be a closed pipe (`| head`): then there is nobody to tell.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

impl Report {
    pub(super) fn new(json: bool) -> Report {
        Report { json, calls: 0, failed: 0 }
    }

    pub(super) fn all_as_expected(&self) -> bool {
        self.failed == 0
    }

    pub(super) fn opening(&self, world: &World) {
        if self.json {
            return;
        }
        say("Inland: an AI gateway that keeps data in its country, and proves it.");
        say(&format!(
            "Gateway at {}, state in {}",
            world.url().unwrap_or_default(),
            world.directory().display()
        ));
        say(
            "Model servers: paris FR 127.33/16, frankfurt DE 127.49/16, zurich CH 127.41/16, virginia US 127.1/16",
        );
        say("The rules are engineering defaults, not legal advice.\n");
    }

    pub(super) fn call(&mut self, line: &Line) {
        self.calls += 1;
        self.failed += usize::from(!line.faults.is_empty());
        if self.json {
            say(&object(line).to_string());
            return;
        }
        if let Some(before) = line.before {
            say(&format!("   -- {before}"));
        }
        let heard = &line.heard;
        let place = match (heard.header("x-inland-backend"), heard.header("x-inland-country")) {
            (Some(backend), Some(country)) => format!("went to {backend} ({country})"),
            _ => format!("REFUSED {} {}", heard.status, heard.refusal().unwrap_or_default()),
        };
        let list = |items: Vec<String>| if items.is_empty() { "nothing".to_owned() } else { items.join(" ") };
        let redacted: Vec<String> =
            heard.redacted().iter().map(|(class, count)| format!("{class}={count}")).collect();
        say(&format!("{:>2} {} sends {}", line.number, line.tenant, line.what));
        say(&format!("   found {} | took out {} | {place}", list(line.found.clone()), list(redacted)));
        if !line.why.is_empty() {
            say(&format!("   because {}", line.why));
        }
        match (&line.partition, line.log_index) {
            (Some(partition), Some(index)) => {
                say(&format!("   log {partition} #{index}, {} µs", heard.took.as_micros()))
            }
            _ => say(&format!("   log _gateway, counted, {} µs", heard.took.as_micros())),
        }
        for fault in &line.faults {
            say(&format!("   NOT AS EXPECTED: {fault}"));
        }
    }

    /// The log's own proof. True if it holds.
    pub(super) fn log(&self, verified: &Result<audit::Report, audit::VerifyError>) -> bool {
        match verified {
            Ok(report) if self.json => {
                let partitions: serde_json::Map<String, Value> = report
                    .partitions
                    .iter()
                    .map(|(name, it)| {
                        (name.clone(), json!({"records": it.records, "checkpoint": it.checkpoint}))
                    })
                    .collect();
                let log = json!({"records": report.records, "verified": true, "partitions": partitions});
                say(&json!({"log": log}).to_string());
            }
            Ok(report) => {
                let of = if self.failed == 0 {
                    "all as expected".to_owned()
                } else {
                    format!("{} NOT as expected", self.failed)
                };
                say(&format!(
                    "\n{} calls, {of}. The audit log verifies: {} records.",
                    self.calls, report.records
                ));
                for (name, it) in &report.partitions {
                    say(&format!("   {name:<18} {:>4} records, root {}", it.records, it.checkpoint));
                }
            }
            Err(error) if self.json => {
                say(&json!({"log": {"records": null, "verified": false, "error": error.to_string()}})
                    .to_string());
            }
            Err(error) => say(&format!("\nTHE AUDIT LOG DOES NOT VERIFY: {error}")),
        }
        verified.is_ok()
    }

    pub(super) fn closing(&self, world: &World, kept: bool) {
        if self.json {
            return;
        }
        let (url, ca) = (world.url().unwrap_or_default(), world.ca_path().display().to_string());
        let token = world.token("werk-stuttgart", "you", super::world::AUDIENCE);
        say("\nThe gateway stays up until Ctrl-C. Try it:\n");
        say(&format!("curl --cacert {ca} {url}/v1/chat/completions \\"));
        say(&format!("  -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \\"));
        say(
            "  -d '{\"model\":\"werk-large\",\"messages\":[{\"role\":\"user\",\"content\":\"Mail an anna@example.org, IBAN DE89 3704 0044 0532 0130 00\"}]}'\n",
        );
        say(&format!("SSL_CERT_FILE={ca} python3 - <<'EOF'"));
        say(&format!(
            "from openai import OpenAI\nclient = OpenAI(base_url=\"{url}/v1\", api_key=\"{token}\")"
        ));
        say("for part in client.chat.completions.create(model=\"werk-large\", stream=True,");
        say("        messages=[{\"role\": \"user\", \"content\": \"Mail an anna@example.org\"}]):");
        say(
            "    print(part.choices[0].delta.content or \"\", end=\"\" if part.choices[0].finish_reason is None else \"\\n\")\nEOF\n",
        );
        if kept {
            let directory = world.directory().display();
            say(&format!(
                "Configuration: {directory}/gateway.toml   Policy: {directory}/policies   Log: {directory}/audit"
            ));
            say(&format!("Verify the log: inland audit verify {directory}/audit"));
        }
    }
}

/// The public form of one call.
fn object(line: &Line) -> Value {
    let heard = &line.heard;
    json!({
        "call": line.what,
        "tenant": line.tenant,
        "status": heard.status,
        "refusal": heard.refusal(),
        "backend": heard.header("x-inland-backend"),
        "country": heard.header("x-inland-country"),
        "redacted": heard.redacted(),
        "partition": line.partition,
        "log_index": line.log_index,
        "duration_us": u64::try_from(heard.took.as_micros()).unwrap_or(u64::MAX),
    })
}
