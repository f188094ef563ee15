//! Keys and witnesses: the command line, and a witness that nobody here wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inland::audit::{self, Cosigner, Heartbeat, KeySource, Keys, Log, Options, Witnesses};
use inland::egress::Destination;
use inland_tests::{HOSPITAL, Stage, body};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The witness of <https://github.com/FiloSottile/torchwood>.
const LITEWITNESS: &str = "filippo.io/torchwood/cmd/litewitness@v0.9.0";

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("audit-{name}"));
    let _ = std::fs::remove_dir_all(&path); // of an earlier run
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn inland(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inland-under-test")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn beat(log: &Log, count: usize) {
    let partition = log.partition("FR-health").unwrap();
    let none = BTreeMap::new();
    for _ in 0..count {
        partition.append(Heartbeat { time_us: audit::now_us(), unauthenticated: &none }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_from_the_command_line_and_the_first_key_still_verifies() {
    let scratch = scratch("rotate");
    let directory = scratch.join("log");
    let log = Log::open(&directory, "gw-1.example.test").unwrap();
    beat(&log, 3).await;
    let path = directory.display().to_string();
    let refused = inland(&["audit", "rotate", &path]);
    assert!(
        !refused.status.success() && said(&refused).contains("ask the running gateway"),
        "nobody listens"
    );
    let first = std::fs::read_to_string(directory.join("FR-health/vkey")).unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(log.listen().unwrap().serve(stopped));
    let beside = inland(&["audit", "rotate", &path]);
    assert!(said(&beside).starts_with("FR-health: record 3 names the new key\n"), "{}", said(&beside));
    stop.send(true).unwrap();
    serving.join_all().await;
    log.close().await;
    drop(log);
    let rotated = inland(&["audit", "rotate", &path, "--partition", "FR-health", "--overlap-days", "7"]);
    assert!(rotated.status.success(), "{}", said(&rotated));
    assert!(
        said(&rotated).starts_with("FR-health: record 4 names the new key\n  gw-1.example.test/FR-health+")
    );
    let verified = inland(&["audit", "verify", &path, "--vkey", first.trim_end()]);
    assert!(verified.status.success(), "{}", said(&verified));
    let unknown = inland(&["audit", "rotate", &path, "--partition", "DE-health"]);
    assert!(said(&unknown).contains("this log has no such partition"), "{}", said(&unknown));
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a key with openssl and a signer that asks openssl: the private key is never the gateway's. Gives
/// the line of the configuration, and the key's name for the log of this origin.
fn signer(scratch: &Path, node: &str) -> (String, String) {
    let key = scratch.join("audit.key").display().to_string();
    let public = scratch.join("audit.pub").display().to_string();
    for arguments in [
        &["genpkey", "-algorithm", "ed25519", "-out", &key][..],
        &["pkey", "-in", &key, "-pubout", "-out", &public],
    ] {
        let made = Command::new("openssl").args(arguments).output().unwrap();
        assert!(made.status.success(), "{}", said(&made));
    }
    // Ed25519 signs the text itself, so openssl wants it in a file.
    let script = format!(
        "t=$(mktemp) && cat > $t && openssl pkeyutl -sign -rawin -inkey {key} -in $t | base64 -w0; rm -f $t"
    );
    let command = vec!["/bin/sh".to_owned(), "-c".to_owned(), script.clone()];
    let source = KeySource::Command { command, public: public.clone().into(), environment: Vec::new() };
    let keys = Keys { key: Some(source.load(Path::new("/")).unwrap()), ..Keys::default() };
    let named = scratch.join("named");
    Log::open_configured(&named, node, keys, 1 << 20).unwrap().partition("FR-health").unwrap();
    let vkey = std::fs::read_to_string(named.join("FR-health/vkey")).unwrap().trim_end().to_owned();
    let line = format!("key = {{ command = [\"/bin/sh\", \"-c\", \"{script}\"], public = \"{public}\" }}\n");
    (line, vkey)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_whose_key_is_with_openssl_has_its_log_signed_and_keeps_no_key_of_its_own() {
    let scratch = scratch("signer");
    let (line, vkey) = signer(&scratch, "demo.example.test");
    let stage = Stage::start("signer", &line).await.unwrap();
    let heard = stage.chat(HOSPITAL, &body("clinic-large", "Bonjour")).await.unwrap();
    assert_eq!(heard.status, 200);
    let records = stage.records(&heard).await.unwrap();
    let log = stage.log().join("FR-health").display().to_string();
    let verified = || said(&inland(&["audit", "verify", &log, "--vkey", &vkey]));
    let signed = "verified: 2 records in 1 partitions";
    wait_for(|| verified().contains(signed) && !verified().contains("not yet under a checkpoint")).await;
    assert_eq!(records.len(), 2);
    assert!(!Path::new(&log).join("key").exists(), "no private key lies with the log");
    let id = heard.header("x-inland-decision").unwrap();
    let proofs = scratch.join("proofs").display().to_string();
    let proof = inland(&["audit", "prove", &log, "--request", id, "--vkey", &vkey, "--output", &proofs]);
    assert!(proof.status.success(), "{}", said(&proof));
    let proof =
        inland(&["audit", "check-proof", &format!("{proofs}/FR-health-0.tlog-proof"), "--vkey", &vkey]);
    assert!(proof.status.success(), "{}", said(&proof));
}

/// Starts the foreign witness for one log; gives its key.
async fn litewitness(scratch: &Path, origin: &str, vkey: &str, port: u16) -> (Vec<Killed>, String) {
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(scratch).env("GOBIN", scratch).env("SSH_AUTH_SOCK", "agent");
        command
    };
    let works = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    works(&mut run("go", &["install", LITEWITNESS]));
    let agent = Killed(run("ssh-agent", &["-D", "-a", "agent"]).stdout(Stdio::null()).spawn().unwrap());
    works(&mut run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "witness_key"]));
    wait_for(|| scratch.join("agent").exists()).await;
    works(&mut run("ssh-add", &["-q", "witness_key"]));
    let fingerprint = works(&mut run("ssh-keygen", &["-l", "-f", "witness_key.pub"]));
    let fingerprint = fingerprint.split(' ').nth(1).unwrap().to_owned();
    // What its witnessctl does to make a log known.
    let sql = "import sqlite3,sys\n\
        d=sqlite3.connect('witness.db')\n\
        d.execute('CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL)')\n\
        d.execute('CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))')\n\
        d.execute('INSERT INTO log VALUES (?, 0, ?)', (sys.argv[1], '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='))\n\
        d.execute('INSERT INTO key VALUES (?, ?)', (sys.argv[1], sys.argv[2]))\n\
        d.commit()";
    works(&mut run("python3", &["-c", sql, origin, vkey]));
    let told = std::fs::File::create(scratch.join("witness.log")).unwrap();
    let program = scratch.join("litewitness").display().to_string();
    let listen = format!("127.0.0.1:{port}");
    let arguments = ["-db", "witness.db", "-name", "witness.example/lite", "-ssh-agent", "agent", "-listen"];
    let mut command = run(&program, &arguments);
    command.args([&listen, "-key", &fingerprint]).stderr(told).stdout(Stdio::null());
    let witness = Killed(command.spawn().unwrap());
    let key = || {
        let told = std::fs::read_to_string(scratch.join("witness.log")).unwrap();
        Some(told.split("vkey=").nth(1)?.split_whitespace().next()?.trim_matches('"').to_owned())
    };
    wait_for(|| key().is_some()).await;
    (vec![witness, agent], key().unwrap())
}

async fn wait_for(condition: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < patience, "it did not come to that");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The whole of it: gateway, a key that openssl keeps, and a witness of others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "builds litewitness with Go, which takes a minute and the network: run it with --ignored"]
async fn a_gateway_is_cosigned_by_a_witness_that_nobody_here_wrote() {
    let scratch = scratch("cosigned");
    let (line, vkey) = signer(&scratch, "demo.example.test");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (processes, key) = litewitness(&scratch, "demo.example.test/FR-health", &vkey, port).await;
    let witness = format!(
        "[[audit.witness]]\nurl = \"http://127.0.0.1:{port}\"\nvkey = \"{key}\"\nnetworks = [\"127.0.0.0/8\"]\n"
    );
    let stage = Stage::start("cosigned", &(line + &witness)).await.unwrap();
    let heard = stage.chat(HOSPITAL, &body("clinic-large", "Bonjour")).await.unwrap();
    stage.records(&heard).await.unwrap();
    let log = stage.log().join("FR-health").display().to_string();
    let arguments = ["audit", "verify", &log, "--vkey", &vkey, "--witness", &key, "--quorum", "1"];
    wait_for(|| said(&inland(&arguments)).contains("2 of them under a witnessed checkpoint")).await;
    drop(processes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "builds litewitness with Go, which takes a minute and the network: run it with --ignored"]
async fn a_witness_that_nobody_here_wrote_cosigns_the_log() {
    let scratch = scratch("litewitness");
    let directory = scratch.join("log");
    let log = Log::open(&directory, "gw-1.example.test").unwrap();
    beat(&log, 3).await;
    let vkey = std::fs::read_to_string(directory.join("FR-health/vkey")).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = "gw-1.example.test/FR-health";
    let (processes, key) = litewitness(&scratch, origin, vkey.trim_end(), port).await;
    let networks = ["127.0.0.0/8".parse().unwrap()];
    let url = format!("http://127.0.0.1:{port}");
    let destination = Destination::new(&url, &networks, &[], None, None, Duration::from_secs(5)).unwrap();
    let witness = Cosigner::parse(&key).unwrap();
    let witnesses = Witnesses { all: vec![(destination, witness.clone())], quorum: 1 };
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(audit::keep_asking(log.clone(), Arc::new(witnesses), stopped));
    let size = || {
        let note =
            std::fs::read_to_string(directory.join("FR-health/checkpoint.witnessed")).unwrap_or_default();
        note.lines().nth(1).and_then(|size| size.parse::<u64>().ok())
    };
    wait_for(|| size() == Some(3)).await;
    for expected in [303, 304, 560] {
        beat(&log, expected - usize::try_from(size().unwrap()).unwrap()).await;
        wait_for(|| size() == Some(expected as u64)).await;
    }
    stop.send(true).unwrap();
    while tasks.join_next().await.is_some() {}
    log.close().await;
    let options = Options { witnesses: vec![witness], quorum: 1, ..Options::default() };
    let report = audit::verify(&directory, options).unwrap();
    assert!(report.partitions.values().all(|partition| partition.witnessed == Some(560)));
    let path = directory.display().to_string();
    let verified = inland(&["audit", "verify", &path, "--witness", &key, "--quorum", "1"]);
    assert!(said(&verified).contains("560 of them under a witnessed checkpoint"), "{}", said(&verified));
    drop(processes);
}
