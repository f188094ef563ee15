//! Keys and witnesses: the command line, and a witness that nobody here wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inland::audit::{self, Cosigner, Heartbeat, Log, Options, Witnesses};
use inland::egress::Destination;
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
