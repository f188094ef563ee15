//! Keys that do not lie with the log: in a file that the configuration names, or with an external signer.

use super::super::note::{Signer, Verifier};
use super::*;
use std::os::unix::fs::PermissionsExt;

const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]; // RFC 8410 section 7

/// A key file as `openssl genpkey -algorithm ed25519` writes it, and its public half beside it.
fn key_file(scratch: &Scratch, name: &str) -> PathBuf {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).unwrap();
    let der = [&PKCS8_ED25519[..], &seed].concat();
    let pem = |kind: &str, der: &[u8]| {
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64_STANDARD.encode(der))
    };
    let path = scratch.join(name);
    std::fs::write(&path, pem("PRIVATE KEY", &der)).unwrap();
    let vkey = Signer::new("x", &der).unwrap().verifier().vkey();
    let public = BASE64_STANDARD.decode(vkey.splitn(3, '+').nth(2).unwrap()).unwrap();
    let spki = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &public[1..]].concat();
    std::fs::write(path.with_extension("pub"), pem("PUBLIC KEY", &spki)).unwrap();
    path
}

fn from_file(path: &Path) -> Loaded {
    KeySource::File { file: path.to_owned() }.load(Path::new("/")).unwrap()
}

/// A signer that is a program: openssl, which nobody here wrote.
fn from_command(scratch: &Scratch, key: &Path, script: &str) -> Loaded {
    let program = scratch.join("signer");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let command = [&program, key].map(|path| path.display().to_string()).to_vec();
    let source = KeySource::Command { command, public: key.with_extension("pub"), environment: Vec::new() };
    source.load(Path::new("/")).unwrap()
}

/// Ed25519 signs the text itself, so openssl wants it in a file.
const OPENSSL: &str =
    "t=$(mktemp) && cat > $t && openssl pkeyutl -sign -rawin -inkey $1 -in $t | base64 -w0; rm -f $t";

fn open(scratch: &Scratch, keys: Keys) -> Result<Log, AuditError> {
    Log::open_with(&scratch.join("log"), "gw-1", Settings { keys, ..Settings::default() })
}

fn signatures(scratch: &Scratch) -> usize {
    let note = std::fs::read_to_string(scratch.join("log/FR-health/checkpoint")).unwrap();
    note.lines().filter(|line| line.starts_with('\u{2014}')).count()
}

fn with(scratch: &Scratch, vkey: &str) -> Result<u64, String> {
    let options = Options { vkeys: vec![vkey.to_owned()], ..Options::default() };
    let log = scratch.join("log/FR-health");
    verify(&log, options).map(|report| report.records).map_err(|error| error.to_string())
}

async fn write(log: Log, pairs: usize) {
    append_pairs(&log.partition("FR-health").unwrap(), pairs).await;
    log.close().await;
}

#[tokio::test]
async fn one_key_of_a_file_signs_every_partition_under_its_own_name() {
    let scratch = Scratch::new();
    let keys = Keys { key: Some(from_file(&key_file(&scratch, "one"))), ..Keys::default() };
    let log = open(&scratch, keys.clone()).unwrap();
    append_pairs(&log.partition("DE-health").unwrap(), 1).await;
    write(log, 1).await;
    let vkey = |name: &str| std::fs::read_to_string(scratch.join("log").join(name).join("vkey")).unwrap();
    let (one, two) = (vkey("FR-health"), vkey("DE-health"));
    assert_eq!(one.splitn(3, '+').nth(2), two.splitn(3, '+').nth(2));
    assert_ne!(one.split('+').nth(1), two.split('+').nth(1)); // another key id
    assert!(!scratch.join("log/FR-health/key").exists());
    assert_eq!(checked(&scratch.join("log")).records, 4);
    let log = open(&scratch, keys).unwrap();
    let refused = log.rotate("FR-health", OVERLAP).await.unwrap_err();
    assert!(refused.to_string().contains("`old_key`"), "{refused}");
}

#[tokio::test]
async fn a_log_changes_over_to_a_key_of_the_configuration_and_to_the_next() {
    let scratch = Scratch::new();
    write(open(&scratch, Keys::default()).unwrap(), 1).await;
    let first = std::fs::read_to_string(scratch.join("log/FR-health/vkey")).unwrap();
    let [one, two] = ["one", "two"].map(|name| from_file(&key_file(&scratch, name)));
    // From its own key to the first: that key lies with the log, nothing else has to be said.
    let keys = Keys { key: Some(one.clone()), ..Keys::default() };
    write(open(&scratch, keys.clone()).unwrap(), 1).await;
    assert_eq!((signatures(&scratch), with(&scratch, &first)), (2, Ok(5)));
    assert!(!scratch.join("log/FR-health/key").exists());
    // A restart changes nothing.
    write(open(&scratch, keys).unwrap(), 1).await;
    assert_eq!((signatures(&scratch), with(&scratch, &first)), (2, Ok(7)));
    // To the second: only with the first, which has to sign for it.
    let alone = Keys { key: Some(two.clone()), ..Keys::default() };
    let error = open(&scratch, alone.clone()).unwrap_err().to_string();
    assert!(error.contains("as `old_key`, if a new one is to follow it"), "{error}");
    let both = Keys { key: Some(two), old: Some(one), ..Keys::default() };
    write(open(&scratch, both).unwrap(), 1).await;
    assert_eq!((signatures(&scratch), with(&scratch, &first)), (2, Ok(10)));
    // Without the old one the overlap is over.
    write(open(&scratch, alone).unwrap(), 1).await;
    assert_eq!((signatures(&scratch), with(&scratch, &first)), (1, Ok(12)));
    let named = std::fs::read_to_string(scratch.join("log/FR-health/vkey")).unwrap();
    assert_eq!(Verifier::parse_file(&named).unwrap().len(), 1);
    assert!(!scratch.join("log/FR-health/key.old").exists());
    let kinds = kinds(&scratch.join("log/FR-health"));
    assert_eq!(kinds.iter().filter(|(kind, _)| kind == "ROTATE").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_external_signer_signs_and_when_it_fails_records_go_on_and_the_checkpoint_follows() {
    let scratch = Scratch::new();
    let key = key_file(&scratch, "hsm");
    let stuck = format!("test -e {0} && exit 1; {OPENSSL}", scratch.join("broken").display());
    let keys = Keys { key: Some(from_command(&scratch, &key, &stuck)), ..Keys::default() };
    let log = open(&scratch, keys).unwrap();
    let partition = log.partition("FR-health").unwrap();
    append_pairs(&partition, 1).await;
    let size = || checked(&scratch.join("log")).partitions["FR-health"].size;
    until(|| size() == 2).await;
    std::fs::write(scratch.join("broken"), "").unwrap();
    for _ in 0..3 {
        append_pairs(&partition, 300).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert!(partition.healthy(), "records are refused because a signature is missing");
    let report = checked(&scratch.join("log"));
    assert_eq!((report.records, size()), (1_802, 2));
    std::fs::remove_file(scratch.join("broken")).unwrap();
    until(|| size() == 1_802).await;
    log.close().await;
}

async fn until(condition: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < patience, "it did not come to that");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_signer_with_another_key_is_found_before_an_auditor_does() {
    let scratch = Scratch::new();
    let (key, other) = (key_file(&scratch, "hsm"), key_file(&scratch, "other"));
    let script = OPENSSL.replace("$1", &other.display().to_string());
    for (script, expected) in [
        (
            script.as_str(),
            "the checkpoint is not signed: the external signer gave a signature that is not of its public key",
        ),
        ("echo hello, world", "signer: its answer is not base64"),
        ("exec sleep 60", "signer did not answer within 2 s"),
        ("exit 3", "signer: exit status: 3"),
        ("yes | head -c 100000", "signer: "),
    ] {
        let keys = Keys { key: Some(from_command(&scratch, &key, script)), ..Keys::default() };
        let log = open(&scratch, keys).unwrap();
        let error = log.partition("FR-health").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\n{expected}");
        drop(log);
        std::fs::remove_dir_all(scratch.join("log")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signer_that_hangs_delays_no_record() {
    let scratch = Scratch::new();
    let key = key_file(&scratch, "hsm");
    let script = format!("test -e {0} && exec sleep 60; {OPENSSL}", scratch.join("hang").display());
    let keys = Keys { key: Some(from_command(&scratch, &key, &script)), ..Keys::default() };
    let log = open(&scratch, keys).unwrap();
    let partition = log.partition("FR-health").unwrap();
    std::fs::write(scratch.join("hang"), "").unwrap();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(3) {
        let before = Instant::now();
        append_pairs(&partition, 100).await;
        assert!(before.elapsed() < Duration::from_millis(900), "records wait for a signature");
    }
    // It is closed without a signature; the next start with a signer that works has nothing to mend.
    log.close().await;
    drop((partition, log));
    let unsigned = checked(&scratch.join("log")).partitions["FR-health"].unsigned;
    assert!(unsigned > 0);
    std::fs::remove_file(scratch.join("hang")).unwrap();
    let keys = Keys { key: Some(from_command(&scratch, &key, &script)), ..Keys::default() };
    open(&scratch, keys).unwrap().close().await;
    assert_eq!(checked(&scratch.join("log")).partitions["FR-health"].unsigned, 0);
}

#[test]
fn an_external_signer_sees_nothing_of_the_environment_that_is_not_named() {
    let scratch = Scratch::new();
    let key = key_file(&scratch, "hsm");
    let script = format!("env > {}; exit 1", scratch.join("seen").display());
    let keys = Keys { key: Some(from_command(&scratch, &key, &script)), ..Keys::default() };
    assert!(open(&scratch, keys).unwrap().partition("FR-health").is_err());
    let seen = std::fs::read_to_string(scratch.join("seen")).unwrap();
    // cargo sets many for a test; the shell adds PWD and _ itself.
    let allowed = ["PATH", "HOME", "LANG", "PWD", "_", "OLDPWD", "SHLVL"];
    for line in seen.lines() {
        assert!(allowed.contains(&line.split('=').next().unwrap()), "{line}");
    }
}

#[test]
fn a_key_file_that_is_none_is_named() {
    let scratch = Scratch::new();
    std::fs::write(scratch.join("no.key"), "secret").unwrap();
    let load = |file: &str| KeySource::File { file: file.into() }.load(&scratch.0).unwrap_err();
    assert!(load("no.key").contains("no.key holds no Ed25519 key in PKCS#8"), "{}", load("no.key"));
    assert!(load("none.key").contains("none.key: No such file"));
}
