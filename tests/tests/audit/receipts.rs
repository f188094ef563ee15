//! A receipt as its holder checks it: with the node's public key, and against the node's log.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use inland_tests::{Stage, WERK, body};
use serde_json::Value;

fn verify(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    let output = command.args(["receipt", "verify"]).args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_checks_its_receipt_and_an_auditor_finds_the_same_in_the_log() {
    let stage = Stage::start("receipt", "").await.unwrap();
    let letter = body("werk-large", "Zahle an DE89 3704 0044 0532 0130 00, bitte.");
    let heard = stage.chat(WERK, &letter).await.unwrap();
    let receipt = heard.header("x-inland-receipt").unwrap().to_owned();
    stage.records(&heard).await.unwrap(); // its OUTCOME is there
    let (log, jwk) = (stage.log(), stage.log().join("receipt.jwk"));

    let (good, said) = verify(&[&receipt, "--jwk", text(&jwk)]);
    assert!(good, "{said}");
    let decision = heard.header("x-inland-decision").unwrap();
    assert!(said.starts_with(&format!("verified: decision {decision} was answered in DE\n")), "{said}");
    assert!(said.contains("taken out iban=1"), "{said}");
    assert!(said.contains("not compared"), "{said}");

    // A checkpoint follows its record within a second.
    let mut compared = (false, String::new());
    for _ in 0..40 {
        compared = verify(&[&receipt, "--jwk", text(&jwk), "--log", text(&log), "--json"]);
        if compared.0 {
            break;
        }
        assert!(compared.1.contains("no checkpoint covers it yet"), "{}", compared.1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let claims: Value = serde_json::from_str(&compared.1).unwrap();
    assert_eq!((&claims["country"], &claims["partition"]), (&"DE".into(), &"DE-manufacturing".into()));
    assert!(claims["log_size"].as_u64() > claims["log_index"].as_u64(), "{claims}");

    // One letter of what it says, another node's key, another log.
    let changed = receipt.replacen("eyJ", "eyK", 1);
    let (good, said) = verify(&[&changed, "--jwk", text(&jwk)]);
    assert!(
        !good && said.contains("the receipt does not verify: the signature is not of this key"),
        "{said}"
    );
    let other = Stage::start("receipt-other", "").await.unwrap();
    let (good, said) = verify(&[&receipt, "--jwk", text(&other.log().join("receipt.jwk"))]);
    assert!(!good && said.contains("the signature is not of this key"), "{said}");
    for name in ["eins", "zwei"] {
        other.chat(WERK, &body("werk-large", name)).await.unwrap();
    }
    let (good, said) = verify(&[&receipt, "--jwk", text(&jwk), "--log", text(&other.log())]);
    assert!(!good && said.contains("the log says otherwise: id of its INTENT is"), "{said}");
    stage.world.stop().await;
    other.world.stop().await;
}
