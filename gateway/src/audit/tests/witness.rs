//! Witnesses: one that is written from the specification, and what it does when the log is not honest.

use super::super::note::Verifier;
use super::super::proof::consistency;
use super::super::tree::{Hash, Tree, node, sha256};
use super::super::witness::{Desk, Timing, WITNESSED};
use super::*;
use crate::egress::Destination;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Response, StatusCode};

/// How it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Honest,
    /// Its signature is of another text.
    WrongText,
    /// Under its name and id, with another key.
    WrongKey,
    Silent,
    Broken,
}

/// A witness of c2sp.org/tlog-witness that trusts one log.
struct Server {
    key: Ed25519KeyPair,
    name: &'static str,
    log: Mutex<Verifier>,
    seen: Mutex<(u64, Hash)>,
    manner: Mutex<Manner>,
    statuses: Mutex<Vec<u16>>,
}

impl Server {
    fn new(name: &'static str, vkey: &str) -> Arc<Server> {
        let log = Mutex::new(Verifier::parse(vkey.lines().next().unwrap()).unwrap());
        let (seen, manner) = (Mutex::new((0, sha256(&[]))), Mutex::new(Manner::Honest));
        let key = Ed25519KeyPair::generate().unwrap();
        Arc::new(Server { key, name, log, seen, manner, statuses: Mutex::default() })
    }

    fn public(&self) -> Vec<u8> {
        [&[4], self.key.public_key().as_ref()].concat()
    }

    fn key_id(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), b"\n", &self.public()].concat();
        *sha256(&named).first_chunk().unwrap()
    }

    fn vkey(&self) -> String {
        let id = u32::from_be_bytes(self.key_id());
        format!("{}+{id:08x}+{}", self.name, BASE64_STANDARD.encode(self.public()))
    }

    /// Listens, for as long as the test runs.
    async fn listen(self: &Arc<Server>, tasks: &mut tokio::task::JoinSet<()>) -> (Destination, Cosigner) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/w", listener.local_addr().unwrap());
        let server = Arc::clone(self);
        tasks.spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let server = Arc::clone(&server);
                connections.spawn(async move {
                    let service =
                        hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                            let server = Arc::clone(&server);
                            async move {
                                assert_eq!(
                                    (request.method().as_str(), request.uri().path()),
                                    ("POST", "/w/add-checkpoint")
                                );
                                let body = request.into_body().collect().await.unwrap().to_bytes();
                                let manner = *server.manner.lock().unwrap();
                                if manner == Manner::Silent {
                                    std::future::pending::<()>().await;
                                }
                                let (status, text) =
                                    server.answer(std::str::from_utf8(&body).unwrap(), manner);
                                server.statuses.lock().unwrap().push(status);
                                let response =
                                    Response::builder().status(StatusCode::from_u16(status).unwrap());
                                response.body(Full::new(Bytes::from(text)))
                            }
                        });
                    let io = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        });
        let networks = ["127.0.0.0/8".parse().unwrap()];
        let destination = Destination::new(&url, &networks, &[], None, None, Duration::from_secs(5)).unwrap();
        (destination, Cosigner::parse(&self.vkey()).unwrap())
    }

    /// add-checkpoint, word for word.
    fn answer(&self, request: &str, manner: Manner) -> (u16, String) {
        if manner == Manner::Broken {
            return (500, String::new());
        }
        let (head, note) = request.split_once("\n\n").unwrap();
        let mut lines = head.split('\n');
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let hash = |line: &str| -> Hash { BASE64_STANDARD.decode(line).unwrap().try_into().unwrap() };
        let proof: Vec<Hash> = lines.map(hash).collect();
        assert!(proof.len() <= 63);
        if note.lines().next() != Some(self.log.lock().unwrap().origin()) {
            return (404, String::new());
        }
        let Ok(new) = self.log.lock().unwrap().open(note.as_bytes()) else { return (403, String::new()) };
        if old > new.size {
            return (400, String::new());
        }
        let mut seen = self.seen.lock().unwrap();
        if old != seen.0 || (old == new.size && new.root != seen.1) {
            return (409, format!("{}\n", seen.0));
        }
        if !consistent(old, &seen.1, new.size, &new.root, &proof) {
            return (422, String::new());
        }
        *seen = (new.size, new.root);
        (200, self.cosign(note, manner))
    }

    fn cosign(&self, note: &str, manner: Manner) -> String {
        let (text, _) = note.split_once("\n\n").unwrap();
        let time = now_us() / 1_000_000;
        let shown = if manner == Manner::WrongText { "another" } else { text };
        let message = format!("cosignature/v1\ntime {time}\n{shown}\n");
        let other = Ed25519KeyPair::generate().unwrap();
        let key = if manner == Manner::WrongKey { &other } else { &self.key };
        let signature = key.sign(message.as_bytes());
        let bytes = [&self.key_id()[..], &time.to_be_bytes(), signature.as_ref()].concat();
        // A line of somebody else stands before it: it is passed over.
        format!("\u{2014} other.example AAAAAAAA\n\u{2014} {} {}\n", self.name, BASE64_STANDARD.encode(bytes))
    }
}

/// RFC 9162 section 2.1.4.2, word for word.
fn consistent(first: u64, first_hash: &Hash, second: u64, second_hash: &Hash, proof: &[Hash]) -> bool {
    if first == 0 || first == second {
        return proof.is_empty() && (first == 0 || first_hash == second_hash);
    }
    let mut path = proof.to_vec();
    if first.is_power_of_two() {
        path.insert(0, *first_hash);
    }
    let Some((start, rest)) = path.split_first() else { return false };
    let (mut fnode, mut snode) = (first - 1, second - 1);
    while fnode & 1 == 1 {
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    let (mut froot, mut sroot) = (*start, *start);
    for hash in rest {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            (froot, sroot) = (node(hash, &froot), node(hash, &sroot));
            while fnode & 1 == 0 && fnode != 0 {
                (fnode, snode) = (fnode >> 1, snode >> 1);
            }
        } else {
            sroot = node(&sroot, hash);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    froot == *first_hash && sroot == *second_hash && snode == 0
}

#[test]
fn the_proof_between_any_two_sizes_is_the_one_of_the_rfc() {
    let scratch = Scratch::new();
    let sizes: Vec<u64> =
        (1..=33).chain([255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 65_792, 66_100]).collect();
    let (mut tree, mut roots) = (Tree::default(), BTreeMap::new());
    for index in 0..66_100_u64 {
        let mut frame = Vec::new();
        super::super::frame::write_unsealed(format!("record {index}").as_bytes(), &mut frame);
        super::super::frame::seal(&mut frame, index);
        tree.push(&super::super::frame::parse(&frame).unwrap());
        if sizes.contains(&tree.size()) {
            for piece in tree.take_complete().iter().chain(&tree.partial()) {
                let path = piece.path(&scratch.0);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, &piece.bytes).unwrap();
            }
            roots.insert(tree.size(), tree.root());
        }
    }
    for (new, new_root) in &roots {
        for (old, old_root) in roots.range(..=new) {
            let proof = consistency(&scratch.0, *old, *new).unwrap();
            assert!(consistent(*old, old_root, *new, new_root, &proof), "{old} to {new}");
            // And it proves nothing else.
            let other = sha256(b"another log");
            assert!(!consistent(*old, &other, *new, new_root, &proof), "{old} to {new}");
        }
        assert_eq!(consistency(&scratch.0, 0, *new).unwrap(), Vec::<Hash>::new());
        assert!(consistency(&scratch.0, new + 1, *new).is_err());
    }
}

/// A log with three witnesses, of which two are needed.
struct Setting {
    scratch: Scratch,
    log: Log,
    servers: Vec<Arc<Server>>,
    tasks: tokio::task::JoinSet<()>,
}

const NAMES: [&str; 3] = ["witness.example/a", "witness.example/b", "witness.example/c"];

impl Setting {
    async fn new() -> Setting {
        let scratch = Scratch::new();
        let log = Log::open(&scratch.join("log"), "gw-1").unwrap();
        append_pairs(&log.partition("FR-health").unwrap(), 3).await;
        let vkey = std::fs::read_to_string(scratch.join("log/FR-health/vkey")).unwrap();
        let servers = NAMES.map(|name| Server::new(name, &vkey)).to_vec();
        Setting { scratch, log, servers, tasks: tokio::task::JoinSet::new() }
    }

    /// Begins to ask.
    async fn ask(&mut self) {
        let mut all = Vec::new();
        for server in &self.servers {
            all.push(server.listen(&mut self.tasks).await);
        }
        let timing = Timing {
            answer_max: Duration::from_millis(500),
            round_every: Duration::from_millis(20),
            alarm_after: Duration::from_millis(300),
        };
        let partition = self.log.partition("FR-health").unwrap();
        let desk = Desk::new(&self.log, &partition, Arc::new(Witnesses { all, quorum: 2 }), timing);
        self.tasks.spawn(desk.attend(partition));
    }

    fn set(&self, server: usize, manner: Manner) {
        *self.servers[server].manner.lock().unwrap() = manner;
    }

    /// Waits until the witnessed checkpoint has this size and so many lines of witnesses.
    async fn witnessed(&self, size: u64, count: usize) {
        let path = self.scratch.join("log/FR-health").join(WITNESSED);
        until(|| {
            let note = std::fs::read_to_string(&path).unwrap_or_default();
            let lines = note.lines().filter(|line| line.starts_with("\u{2014} witness.example/")).count();
            note.lines().nth(1) == Some(&size.to_string()) && lines == count
        })
        .await;
    }

    fn verify(&self, quorum: usize) -> Result<Option<u64>, String> {
        let witnesses = self.servers.iter().map(|server| Cosigner::parse(&server.vkey()).unwrap()).collect();
        let options = Options { witnesses, quorum, ..Options::default() };
        let report = verify(&self.scratch.join("log"), options).map_err(|error| error.to_string())?;
        Ok(report.partitions["FR-health"].witnessed)
    }

    fn statuses(&self, server: usize) -> Vec<u16> {
        self.servers[server].statuses.lock().unwrap().clone()
    }
}

async fn until(condition: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < patience, "it did not come to that");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_are_cosigned_as_the_log_grows() {
    let mut setting = Setting::new().await;
    setting.ask().await;
    setting.witnessed(6, 3).await;
    assert_eq!(setting.verify(3), Ok(Some(6)));
    append_pairs(&setting.log.partition("FR-health").unwrap(), 300).await;
    setting.witnessed(606, 3).await;
    // The log is ahead of its witnesses: that is how it is in between.
    append_pairs(&setting.log.partition("FR-health").unwrap(), 1).await;
    assert_eq!(setting.verify(2), Ok(Some(606)));
    for server in 0..3 {
        assert!(setting.statuses(server).iter().all(|status| *status == 200));
    }
    // The witnessed checkpoint is one that the log's own key opens: public verifiers take it.
    let text = std::fs::read(setting.scratch.join("log/FR-health").join(WITNESSED)).unwrap();
    let vkey = std::fs::read_to_string(setting.scratch.join("log/FR-health/vkey")).unwrap();
    assert_eq!(Verifier::parse(&vkey).unwrap().open(&text).unwrap().size, 606);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_that_knows_more_than_we_remember_says_so_and_gets_the_proof_from_there() {
    let mut setting = Setting::new().await;
    until(|| checked(&setting.scratch.join("log")).partitions["FR-health"].size == 6).await;
    let note = std::fs::read(setting.scratch.join("log/FR-health/checkpoint")).unwrap();
    let vkey = std::fs::read_to_string(setting.scratch.join("log/FR-health/vkey")).unwrap();
    let known = Verifier::parse(&vkey).unwrap().open(&note).unwrap();
    // As after a restart: it has cosigned six records, we ask from zero.
    *setting.servers[0].seen.lock().unwrap() = (known.size, known.root);
    append_pairs(&setting.log.partition("FR-health").unwrap(), 200).await;
    setting.ask().await;
    setting.witnessed(406, 3).await;
    assert_eq!(setting.statuses(0)[..2], [409, 200]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_two_keys_overlap_a_witness_that_knows_only_the_old_one_goes_on() {
    let mut setting = Setting::new().await;
    setting.ask().await;
    setting.witnessed(6, 3).await;
    let rotated = setting.log.rotate("FR-health", OVERLAP).await.unwrap();
    setting.witnessed(7, 3).await;
    assert_eq!(setting.verify(3), Ok(Some(7)));
    // After the overlap it has to know the new one.
    setting.log.rotate("FR-health", Duration::ZERO).await.unwrap();
    until(|| setting.statuses(0).contains(&403)).await;
    assert_eq!(setting.verify(3), Ok(Some(7)));
    let newest = std::fs::read_to_string(setting.scratch.join("log/FR-health/vkey")).unwrap();
    assert_ne!(newest.trim_end(), rotated.new);
    for server in &setting.servers {
        *server.log.lock().unwrap() = Verifier::parse(newest.trim_end()).unwrap();
    }
    setting.witnessed(8, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn false_late_and_broken_answers_count_for_nothing_and_records_go_on() {
    let mut setting = Setting::new().await;
    setting.ask().await;
    setting.witnessed(6, 3).await;
    for (manner, server) in
        [(Manner::WrongText, 0), (Manner::WrongKey, 1), (Manner::Silent, 1), (Manner::Broken, 2)]
    {
        setting.set(server, manner);
    }
    let started = Instant::now();
    append_pairs(&setting.log.partition("FR-health").unwrap(), 50).await;
    assert!(started.elapsed() < Duration::from_millis(400), "records wait for witnesses");
    until(|| checked(&setting.scratch.join("log")).partitions["FR-health"].size == 106).await;
    until(|| setting.statuses(2).contains(&500) && setting.statuses(0).len() > 1).await;
    // The checkpoint stands, the witnessed one is the old one, and the alarm is on.
    let gauge = "inland_audit_witness_missing{partition=\"FR-health\"} 2";
    until(|| telemetry().lines().any(|line| line == gauge)).await;
    assert_eq!(setting.verify(3), Ok(Some(6)));
    // Two come back: that is a quorum, and the alarm ends.
    setting.set(0, Manner::Honest);
    setting.set(1, Manner::Honest);
    setting.witnessed(106, 2).await;
    assert_eq!(setting.verify(2), Ok(Some(106)));
    let said = setting.verify(3).unwrap_err();
    assert_eq!(said, "FR-health: checkpoint.witnessed: 2 of the witnesses cosigned it, not 3");
    until(|| telemetry().contains("inland_audit_witness_missing{partition=\"FR-health\"} 0")).await;
}

fn telemetry() -> String {
    crate::telemetry::page(&inland_kernels::cuda::Status::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_rolled_back_gets_no_cosignature_and_does_not_verify() {
    let mut setting = Setting::new().await;
    until(|| checked(&setting.scratch.join("log")).partitions["FR-health"].size == 6).await;
    copy(&setting.scratch.join("log/FR-health"), &setting.scratch.join("backup"));
    setting.ask().await;
    append_pairs(&setting.log.partition("FR-health").unwrap(), 100).await;
    setting.witnessed(206, 3).await;
    setting.log.close().await;
    setting.tasks.shutdown().await;
    // The records since the backup are gone, and others take their place.
    let witnessed = std::fs::read(setting.scratch.join("log/FR-health").join(WITNESSED)).unwrap();
    let path = setting.scratch.join("log/FR-health");
    for (pairs, expected) in [
        (20, "FR-health, record 46: the log was rolled back: a checkpoint of 206 records exists"),
        (150, "FR-health: the first 206 records are not those of the older checkpoint: the log was forked"),
    ] {
        std::fs::remove_dir_all(&path).unwrap();
        copy(&setting.scratch.join("backup"), &path);
        std::fs::write(path.join(WITNESSED), &witnessed).unwrap();
        let Setting { scratch, servers, log, .. } = setting;
        drop(log);
        setting = Setting {
            log: reopened(&scratch.join("log")).await,
            scratch,
            servers,
            tasks: tokio::task::JoinSet::new(),
        };
        append_pairs(&setting.log.partition("FR-health").unwrap(), pairs).await;
        setting.servers.iter().for_each(|server| server.statuses.lock().unwrap().clear());
        setting.ask().await;
        until(|| !setting.statuses(0).is_empty() && !setting.statuses(2).is_empty()).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(setting.statuses(0).iter().all(|status| [409, 422].contains(status)));
        setting.log.close().await;
        assert_eq!(std::fs::read(path.join(WITNESSED)).unwrap(), witnessed);
        assert_eq!(setting.verify(2), Err(expected.to_owned()));
        setting.tasks.shutdown().await;
    }
}

/// A log is free when its threads have ended and its last handle is gone.
async fn reopened(directory: &Path) -> Log {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        match Log::open(directory, "gw-1") {
            Err(AuditError::Locked(_)) if Instant::now() < patience => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => return other.unwrap(),
        }
    }
}
