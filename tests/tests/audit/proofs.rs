//! `inland audit prove`, `check-proof` and `consistency` from the command line.

use std::path::Path;
use std::process::Command;

use super::written::{Written, copy, write};

fn inland(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_inland-under-test")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn an_auditor_proves_a_request_and_another_checks_it_without_the_log() {
    let written = Written::new("prove").await;
    let (log, proofs) = (written.path("log"), written.path("proofs"));
    let (good, said) =
        inland(&["audit", "prove", text(&log), "--request", "req-7", "--output", text(&proofs)]);
    assert!(good, "{said}");
    let (intent, outcome) = (proofs.join("FR-health-14.tlog-proof"), proofs.join("FR-health-15.tlog-proof"));
    let expected = format!("FR-health #14  {}\nFR-health #15  {}\n", intent.display(), outcome.display());
    assert_eq!(said, expected);
    let (good, said) = inland(&["audit", "check-proof", text(&intent), "--vkey", &written.vkey]);
    assert!(good, "{said}");
    assert!(
        said.starts_with("proven: record 14 of gw-1/FR-health is under its checkpoint of 700 records\n"),
        "{said}"
    );
    assert!(said.contains("\"id\":\"req-7\""), "{said}");

    let changed = std::fs::read_to_string(&intent).unwrap().replace("index 14", "index 15");
    std::fs::write(&intent, changed).unwrap();
    let (good, said) = inland(&["audit", "check-proof", text(&intent), "--vkey", &written.vkey]);
    assert!(!good);
    assert!(said.contains("its hashes do not lead from the record to the signed root"), "{said}");

    let (good, said) = inland(&["audit", "prove", text(&log), "--request", "never"]);
    assert!(!good && said.contains("holds no record of never"), "{said}");
}

#[tokio::test]
async fn two_checkpoints_are_consistent_or_the_log_was_forked() {
    let written = Written::new("consistency").await;
    let (log, older, newest) = (written.path("log"), written.older(), written.newest());
    let (good, said) = inland(&["audit", "consistency", text(&log), text(&older)]);
    assert!(good && said.starts_with("consistent: gw-1/FR-health grew from 300 to 700 records ("), "{said}");
    let (good, said) = inland(&["audit", "consistency", text(&log), text(&newest), text(&older)]);
    assert!(!good && said.contains("rolled back"), "{said}");
    let forked = written.path("forked");
    copy(&written.path("early"), &forked);
    write(&forked, 150..400, "-never").await;
    let (good, said) = inland(&["audit", "consistency", text(&forked), text(&newest)]);
    assert!(!good && said.contains("the log was forked"), "{said}");
}
