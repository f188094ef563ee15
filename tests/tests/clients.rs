//! Unchanged clients against a running gateway: the OpenAI SDK for Python and curl (`tests/client`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use inland_tests::{BANK, HOSPITAL, Stage, WERK, python};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_openai_sdk_and_curl_work_unchanged_but_for_address_key_and_ca() {
    let python = python();
    let stage = Stage::start("clients", "").await.unwrap();
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "client"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("INLAND_URL", stage.world.url().unwrap())
        .env("INLAND_CA", stage.world.ca_path())
        .env("INLAND_TOKEN_HOSPITAL", stage.token(HOSPITAL))
        .env("INLAND_TOKEN_WERK", stage.token(WERK))
        .env("INLAND_TOKEN_BANK", stage.token(BANK));
    // The gateway answers on this runtime's threads meanwhile.
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{}", said.lines().last().unwrap_or_default());
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    stage.world.stop().await;
}
