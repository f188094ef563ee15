//! `inland audit find`, `tail` and `report` over the demo's calls, as an officer and an operator run them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use inland_tests::{Folder, HOSPITAL, Stage, WERK, body};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_inland-under-test");

/// Whether it was good, standard output, standard error.
fn inland(inside: &Path, arguments: &[&str]) -> (bool, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(PROGRAM).args(arguments).current_dir(inside).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn good(inside: &Path, arguments: &[&str]) -> String {
    let (is_good, out, err) = inland(inside, arguments);
    assert!(is_good, "{arguments:?}: {out}{err}");
    out
}

/// The demo's calls, played once; its folder is `state`.
fn played(name: &str) -> Folder {
    let folder = Folder::new(name).unwrap();
    let ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--backend-port", "0"];
    let demo = ["demo", "--once", "--data", "state"];
    good(folder.path(), &[&demo[..], &ports].concat());
    folder
}

/// The rows of a report's table, each as its cells in this order.
fn rows(json: &str, table: usize, columns: &[&str]) -> Vec<String> {
    let report: Value = serde_json::from_str(json).unwrap();
    let rows = report["tables"][table]["rows"].as_array().unwrap();
    let cells = |row: &Value| {
        columns.iter().map(|column| row[column].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" | ")
    };
    rows.iter().map(cells).collect()
}

#[test]
fn what_the_demo_did_is_found_mapped_and_put_into_registers() {
    let folder = played("audit-report");
    a_person_is_found(folder.path());
    the_flows_are_mapped(folder.path());
    the_registers_have_their_rows(folder.path());
    the_last_records_are_told(folder.path());
    an_answer_never_comes_from_a_damaged_log(folder.path());
}

fn a_person_is_found(folder: &Path) {
    let asked = ["audit", "find", "state/audit", "--tenant", "hopital-lyon", "--subject", "demo-user"];
    let said = good(folder, &asked);
    let calls: Vec<&str> = said.split("\n\n").filter(|block| block.contains(" FR-health #")).collect();
    assert_eq!(calls.len(), 5, "{said}");
    let first = [
        "  FR-health #0  answered 200  ",
        "    call       /v1/chat/completions clinic-large\n",
        "    found      national_id=1\n    taken out  national_id (pseudonymise)\n",
        "    went to    paris (stand-in/fr) in FR at 127.",
        "    rules      ART48-RECORD, ",
        "    law        Code de la santé publique L.1111-8;",
    ];
    for part in first {
        assert!(calls[0].contains(part), "{part} in {said}");
    }
    let fell = "went to    paris (stand-in/fr) in FR at no address, not reached: connect_failed\n";
    assert!(calls[1].contains("  failed 503 no_backend  ") && calls[1].contains(fell), "{said}");
    assert!(said.contains("10 records of 5 calls") && said.contains(" exists: the sealed name"), "{said}");
    assert!(!said.contains("demo-user"), "{said}");
    let told = good(folder, &[&asked[..], &["--json"]].concat());
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        (lines[0]["sent"][0]["country"].as_str(), lines[5]["summary"]["calls"].as_u64()),
        (Some("FR"), Some(5))
    );
    // Another name has no records; without the secret nobody's are found.
    let (_, out, err) =
        inland(folder, &["audit", "find", "state/audit", "--tenant", "hopital-lyon", "--subject", "nobody"]);
    assert!(
        out.starts_with("0 records")
            && out.contains("never called, or was erased")
            && err.contains("nothing found"),
        "{out}{err}"
    );
    let (is_good, out, err) = inland(folder, &[&asked[..], &["--subject-secret", "gone"]].concat());
    assert!(!is_good && out.is_empty() && err.contains("write: --subject-secret FILE"), "{out}{err}");
}

fn the_flows_are_mapped(folder: &Path) {
    let told = good(folder, &["audit", "report", "flows", "state/audit", "--format", "json"]);
    let found = rows(&told, 0, &["tenant", "model", "country", "backend", "result", "redacted", "calls"]);
    assert_eq!(
        found,
        [
            "bank-zuerich | bank-large | CH | zurich | answered | national_id: pseudonymise | 1",
            "bank-zuerich | werk-atlantic |  |  | refused: 403 policy_denied | nothing | 1",
            "hopital-lyon | clinic-embed | FR | paris | answered | nothing | 1",
            "hopital-lyon | clinic-large | FR | paris | not sent: connect_failed | national_id: pseudonymise | 1",
            "hopital-lyon | clinic-large | FR | paris | answered | national_id: pseudonymise | 2",
            "hopital-lyon | clinic-moved | FR | moved | not sent: address_outside | nothing | 1",
            "werk-stuttgart |  |  |  | refused: 400 bad_json | nothing | 1",
            "werk-stuttgart |  |  |  | refused: 404 unknown_model | nothing | 1",
            // Two rules refused the letter to the US server: one for a Swiss subject, one after a court's word.
            "werk-stuttgart | werk-atlantic |  |  | refused: 403 policy_denied | nothing | 1",
            "werk-stuttgart | werk-atlantic |  |  | refused: 403 policy_denied | nothing | 1",
            "werk-stuttgart | werk-atlantic | US | virginia | answered | nothing | 1",
            "werk-stuttgart | werk-large | DE | frankfurt | answered | card_pan: remove, credentials: remove | 1",
            "werk-stuttgart | werk-large | DE | frankfurt | answered | iban: pseudonymise | 1",
            "werk-stuttgart | werk-large |  |  | refused: 403 feature_denied | nothing | 1",
        ],
        "{told}"
    );
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["notes"][1], "15 calls; bytes left to: CH, DE, FR, US.");
}

fn the_registers_have_their_rows(folder: &Path) {
    let (is_good, out, err) = inland(
        folder,
        &["audit", "report", "dora", "state/audit", "--tenant", "bank-zuerich", "--format", "csv"],
    );
    let lines: Vec<&str> = out.lines().collect();
    assert!(is_good && lines.len() == 4, "{out}{err}");
    assert!(lines[1].starts_with("B_02.02,bank-zuerich,stand-in/ch,,,,,,,,,,,,,CH,No,,CH,,,"), "{out}");
    assert!(
        lines[3].starts_with("B_05.02,bank-zuerich,stand-in/ch,,,,,1,Not applicable,Not applicable,"),
        "{out}"
    );
    assert!(
        err.contains("to be filled in by you: B_02.02 c0060: Type of ICT services: one of Annex III"),
        "{err}"
    );
    let told = good(folder, &["audit", "report", "dora", "state/audit"]);
    assert!(told.contains("does not say dora_entity: bank-zuerich, hopital-lyon, werk-stuttgart"), "{told}");
    good(
        folder,
        &["audit", "report", "art30", "state/audit", "--tenant", "werk-stuttgart", "--output", "art30.md"],
    );
    let told = std::fs::read_to_string(folder.join("art30.md")).unwrap();
    assert!(
        told.contains(
            "US: processing by stand-in/us (conditions: dpf_listed_eu, transfer tools: none recorded"
        ),
        "{told}"
    );
    assert!(told.contains("## To be filled in by you"), "{told}");
    let nothing = good(folder, &["audit", "report", "art30", "state/audit", "--to", "2020-01-01"]);
    assert!(nothing.contains("No row."), "{nothing}");
}

fn the_last_records_are_told(folder: &Path) {
    let said = good(
        folder,
        &["audit", "tail", "state/audit", "-n", "3", "--kind", "refusal", "--partition", "DE-manufacturing"],
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines[2].contains(" DE-manufacturing #10 REFUSAL ")
            && lines[2].contains("403 policy_denied because NOT_ADEQUATE by EU-TRANSFER"),
        "{said}"
    );
    let told = good(folder, &["audit", "tail", "state/audit", "-n", "1", "--kind", "INTENT", "--json"]);
    let record: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (record["partition"].as_str(), record["index"].as_u64(), record["record"]["kind"].as_str()),
        (Some("DE-manufacturing"), Some(8), Some("INTENT"))
    );
    let (is_good, _, err) = inland(folder, &["audit", "tail", "state/audit", "--kind", "OUTCOMES"]);
    assert!(
        !is_good && err.contains("OUTCOMES is no kind of record\n  write: one of INTENT, OUTCOME"),
        "{err}"
    );
}

fn an_answer_never_comes_from_a_damaged_log(folder: &Path) {
    let path = folder.join("state/audit/FR-health/segments/0001.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for command in [
        &["audit", "report", "flows", "state/audit"][..],
        &["audit", "find", "state/audit", "--tenant", "hopital-lyon", "--subject", "demo-user"],
    ] {
        let (is_good, out, err) = inland(folder, command);
        assert!(
            !is_good && out.is_empty() && err.contains("the log does not verify: FR-health, record"),
            "{out}{err}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_log_is_followed_until_nobody_reads_any_more() {
    let stage = Stage::start("audit-tail", "").await.unwrap();
    let mut follower = Command::new(PROGRAM)
        .args(["audit", "tail", "--follow", "-n", "0", "--json"])
        .arg(stage.log())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(follower.stdout.take().unwrap());
    tokio::time::sleep(Duration::from_millis(600)).await; // it stands where the log ends
    let first = stage.chat(WERK, &body("werk-large", "Hallo")).await.unwrap();
    let second = stage.chat(HOSPITAL, &body("clinic-large", "Bonjour")).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let mut line = String::new();
        assert!(told.read_line(&mut line).unwrap() > 0, "the follower ended: {seen:?}");
        let it: Value = serde_json::from_str(&line).unwrap();
        if let Some(id) = it["record"]["id"].as_str() {
            seen.push(format!(
                "{id} {} {}",
                it["partition"].as_str().unwrap(),
                it["record"]["kind"].as_str().unwrap()
            ));
        }
    }
    let (first, second) =
        (first.header("x-inland-decision").unwrap(), second.header("x-inland-decision").unwrap());
    seen.sort_by_key(|line| line.contains("FR-health"));
    assert_eq!(
        seen,
        [
            format!("{first} DE-manufacturing INTENT"),
            format!("{first} DE-manufacturing OUTCOME"),
            format!("{second} FR-health INTENT"),
            format!("{second} FR-health OUTCOME"),
        ]
    );
    drop(told); // as `| head` does
    stage.chat(WERK, &body("werk-large", "Hallo")).await.unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let ended = loop {
        if let Some(status) = follower.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > until {
            break None;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    if ended.is_none() {
        follower.kill().unwrap();
    }
    assert!(ended.is_some_and(|status| status.success()), "a closed pipe did not end it well: {ended:?}");
    stage.world.stop().await;
}
