//! `policy diff` and `policy replay`, over a log that a gateway wrote.

use std::process::Command;

use inland_tests::{BANK, Folder, HOSPITAL, Stage, WERK, body};

use super::{desk, edit, policy, read};

/// A world in which every tenant has called, some in vain; its gateway is stopped.
async fn recorded(name: &str) -> Stage {
    let mut stage = Stage::start(name, "").await.unwrap();
    let letter = "Patient Jean Dupont, NIR 2 55 08 14 168 025 38";
    for (tenant, model, text) in [
        (HOSPITAL, "clinic-large", letter),
        (HOSPITAL, "clinic-large", "bonjour"),
        (WERK, "werk-large", "Rechnung DE89 3704 0044 0532 0130 00"),
        (WERK, "werk-large", "Hallo"),
        (WERK, "werk-large", "Hallo"),
        (BANK, "bank-large", "Guten Tag"),
    ] {
        let heard = stage.chat(tenant, &body(model, text)).await.unwrap();
        stage.records(&heard).await.unwrap();
    }
    let image = r#"{"model":"werk-large","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}]}]}"#;
    let heard = stage.chat(WERK, image).await.unwrap();
    assert_ne!(heard.status, 200);
    stage.records(&heard).await.unwrap();
    stage.world.stop_gateway().await;
    stage
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_same_policy_no_call_flips_and_with_another_each_is_listed() {
    let stage = recorded("policy-replay").await;
    let desk = stage.world.directory();
    let same = policy(desk, &["replay", "--log", "audit", "--candidate", "policies", "--exit-code"]);
    assert!(
        same.good && same.out.contains("0 of 7 recorded calls flip under policies\n"),
        "{}{}",
        same.out,
        same.err
    );
    let told =
        policy(desk, &["replay", "--log", "audit/FR-health", "--candidate", "policies", "--json"]).json();
    assert_eq!((told["calls"].as_u64(), told["flips"].as_u64()), (Some(2), Some(0)), "{told}");

    let copied = Command::new("cp").args(["-r", "policies", "draft"]).current_dir(desk).status().unwrap();
    assert!(copied.success());
    stage.edit("draft/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]").unwrap();
    let other = policy(desk, &["replay", "--log", "audit", "--candidate", "draft"]);
    assert!(other.good, "flips are an answer: {}", other.err);
    let first = other.out.lines().find(|line| line.starts_with("DE-manufacturing #0 ")).unwrap();
    assert!(first.ends_with(" INTENT werk-stuttgart"), "{first}");
    let expected =
        "  virginia/large-4 is no longer allowed: NOT_ADEQUATE (EU-TRANSFER) REMOTE_ACCESS (EU-REMOTE)\n";
    // One of the four asked for an image besides, and was refused before as after.
    assert_eq!(other.out.matches(expected).count(), 4, "{}", other.out);
    assert!(other.out.contains("\n3 of them may go elsewhere, "), "{}", other.out);
    assert!(!policy(desk, &["replay", "--log", "audit", "--candidate", "draft", "--exit-code"]).good);

    let diff = policy(desk, &["diff", "policies", "draft", "--log", "audit"]);
    for expected in [
        "  files   law/adequacy.yaml changed\n",
        "  rules   the same\n",
        "cases/scenarios.yaml RS-058 Belgian employer with national number\n  us-dpf is no longer allowed: NOT_ADEQUATE (EU-TRANSFER)",
        " recorded calls change\n",
        "RECORDED CALLS OF",
    ] {
        assert!(diff.good && diff.out.contains(expected), "{expected}\n{}{}", diff.out, diff.err);
    }
    assert!(!policy(desk, &["diff", "policies", "draft", "--exit-code"]).good);
    let none = policy(desk, &["diff", "policies", "policies", "--log", "audit", "--exit-code"]);
    assert!(none.good && none.out.contains("0 of 7 recorded calls change"), "{}", none.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_broken_anywhere_is_said_to_be_and_nothing_panics() {
    let stage = recorded("policy-broken").await;
    let desk = stage.world.directory();
    let segments = desk.join("audit/DE-manufacturing/segments");
    let segment = std::fs::read_dir(&segments).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&segment).unwrap();
    let replay = || policy(desk, &["replay", "--log", "audit", "--candidate", "policies"]);
    assert!(replay().good);
    for at in [0, 9, 40, 200, whole.len() / 2] {
        let mut broken = whole.clone();
        broken[at] ^= 0x41;
        std::fs::write(&segment, &broken).unwrap();
        let said = replay();
        assert!(!said.err.contains("panicked"), "{}", said.err);
        assert!(!said.good, "byte {at}: {}", said.out);
        assert!(said.err.contains("DE-manufacturing"), "byte {at}: {}", said.err);
    }
    std::fs::write(&segment, &whole[..whole.len() - 7]).unwrap(); // a torn end, as a crash leaves it
    assert!(!replay().err.contains("panicked"));
    let empty = Folder::new("policy-no-log").unwrap();
    let said =
        policy(desk, &["replay", "--candidate", "policies", "--log", &empty.path().display().to_string()]);
    assert!(said.err.contains("holds no partition of a log\n  write: "), "{}", said.err);
}

#[test]
fn a_diff_tells_facts_tenants_and_rules_that_only_one_side_has() {
    let desk = desk("sides");
    inland_policies::write_default(&desk.path().join("next")).unwrap();
    edit(&desk, "next/law/rules/fr.yaml", &[("require_cert: [HDS]", "require_cert: [HDS, SecNumCloud]")]);
    edit(&desk, "next/law/rules/fr.yaml", &[("FR-NIR:", "FR-NIR-2:")]);
    std::fs::remove_file(desk.path().join("next/providers/nebius.yaml")).unwrap();
    let cases = read(desk.path().join("next/cases/scenarios.yaml")).replace("FR-NIR", "FR-NIR-2");
    std::fs::write(desk.path().join("next/cases/scenarios.yaml"), cases).unwrap();
    let said = policy(desk.path(), &["diff", "law", "next"]);
    for expected in [
        "providers/nebius.yaml is gone",
        "  rules   written otherwise FR-HDS; new FR-NIR-2; gone FR-NIR\n",
        "near-miss becomes allowed: before CERT_MISSING (FR-HDS)",
    ] {
        assert!(said.good && said.out.contains(expected), "{expected}\n{}{}", said.out, said.err);
    }
}
