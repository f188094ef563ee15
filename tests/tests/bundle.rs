//! A signed bundle goes live, is replaced, is refused, is fetched, and is asked beside another: from the
//! outside, through a gateway that serves meanwhile.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use inland::demo::Client;
use inland_policies::{Manifest, SigningKey, Tree, bundle};
use inland_tests::{Stage, WERK, all_records, body, kind};
use serde_json::Value;
use time::macros::date;
use time::{Date, OffsetDateTime};
use tokio::task::JoinSet;

/// How long a file that changed may take to be in force: two looks, and the cases on a busy machine.
const IN_FORCE_MAX: Duration = Duration::from_secs(60);
const LATER: Date = date!(2099 - 12 - 31);

/// A stage whose policy comes from bundles, and the key that signs them.
struct Desk {
    stage: Stage,
    key: SigningKey,
}

impl Desk {
    /// A gateway with bundle number 1 in force.
    async fn start(name: &str, more: &str) -> Desk {
        let desk =
            Desk { stage: Stage::start(name, "").await.unwrap(), key: SigningKey::generate().unwrap() };
        std::fs::write(desk.path("policy.pub"), desk.key.verifying().unwrap().to_pem()).unwrap();
        desk.publish("policies.tar.gz", 1, LATER);
        let source = format!("bundle = \"policies.tar.gz\"\nkey = \"policy.pub\"\n{more}");
        desk.stage.edit("gateway.toml", "directory = \"policies\"", &source).unwrap();
        let reloaded = desk.stage.world.running().unwrap().reload().await;
        assert!(reloaded.is_ok() || more.starts_with("shadow"), "{reloaded:?}");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stage.world.directory().join(name)
    }

    /// A bundle of the folder `policies` as it stands.
    fn bundle(&self, revision: u64, expires: Date, key: &SigningKey) -> Vec<u8> {
        let manifest = Manifest::new(revision, expires, "Ada Author", "Ben Approver").unwrap();
        bundle::build(&Tree::read(&self.path("policies")).unwrap(), &manifest, key).unwrap()
    }

    fn publish(&self, file: &str, revision: u64, expires: Date) -> Vec<u8> {
        let bytes = self.bundle(revision, expires, &self.key);
        self.place(file, &bytes);
        bytes
    }

    /// Replaces a file as a careful operator does: whole.
    fn place(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.path("new"), bytes).unwrap();
        std::fs::rename(self.path("new"), self.path(file)).unwrap();
    }

    async fn page(&self, path: &str) -> String {
        let admin = self.stage.world.running().unwrap().admin();
        let client = Client::new(&format!("http://{admin}"), None).unwrap();
        let heard = client.send(Method::GET, path, "", &[], "").await.unwrap();
        String::from_utf8(heard.body.to_vec()).unwrap()
    }

    async fn ready(&self) -> Value {
        serde_json::from_str(&self.page("/readyz").await).unwrap()
    }

    async fn until_revision(&self, revision: u64) {
        let until = Instant::now() + IN_FORCE_MAX;
        while self.ready().await.get("policy_revision") != Some(&Value::from(revision)) {
            assert!(Instant::now() < until, "{:?}", self.ready().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks for a letter to be written in the United States.
    async fn atlantic(&self) -> u16 {
        self.stage.chat(WERK, &body("werk-atlantic", "Ein Brief, bitte.")).await.unwrap().status
    }

    fn kept(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path("policy-kept"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_bundle_goes_live_without_a_restart_and_the_log_names_who_answers_for_it() {
    let desk = Desk::start("bundle-live", "").await;
    assert_eq!(desk.atlantic().await, 200);
    desk.stage.edit("policies/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]").unwrap();
    for revision in [2, 3, 4] {
        desk.publish("policies.tar.gz", revision, LATER);
        desk.until_revision(revision).await;
        assert_eq!(desk.atlantic().await, 403);
    }
    let digest = desk.ready().await.get("policy").cloned().unwrap();
    let kept = desk.kept();
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(
        kept.iter()
            .zip(["0000000002-", "0000000003-", "0000000004-"])
            .all(|(name, start)| name.starts_with(start))
    );

    let records = all_records(&desk.stage.log()).unwrap();
    let activations: Vec<&Value> = records
        .iter()
        .filter(|record| kind(record) == "ACTIVATION" && record.get("what") == Some(&Value::from("policy")))
        .collect();
    let last = activations.last().unwrap();
    for (key, value) in
        [("revision", Value::from(4)), ("author", "Ada Author".into()), ("approver", "Ben Approver".into())]
    {
        assert_eq!(last.get(key), Some(&value));
    }
    assert_eq!(last.get("digest"), Some(&digest));
    assert_eq!(activations.len(), 5, "the folder's, then four bundles");
    desk.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_that_is_not_right_changes_nothing_and_the_reason_is_told() {
    let desk = Desk::start("bundle-refused", "").await;
    desk.publish("policies.tar.gz", 7, LATER);
    desk.stage.world.running().unwrap().reload().await.unwrap();
    let before = desk.ready().await;
    let yesterday = OffsetDateTime::now_utc().date().previous_day().unwrap();
    let good = desk.bundle(8, LATER, &desk.key);
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    let strangers = SigningKey::generate().unwrap();
    for (bytes, code) in [
        (desk.bundle(8, LATER, &strangers), "bundle_signature"),
        (desk.bundle(6, LATER, &desk.key), "bundle_older"),
        (desk.bundle(7, date!(2098 - 01 - 01), &desk.key), "bundle_revision"),
        (desk.bundle(8, yesterday, &desk.key), "bundle_expired"),
        (changed, "bundle_form"),
        (b"not a bundle".to_vec(), "bundle_form"),
        (good.iter().copied().take(good.len() / 2).collect(), "bundle_form"),
        (vec![0; 64 << 20], "bundle_oversized"),
    ] {
        desk.place("policies.tar.gz", &bytes);
        let refused = desk.stage.world.running().unwrap().reload().await.unwrap_err();
        assert!(refused.contains("policies.tar.gz: "), "{refused}");
        let after = desk.ready().await;
        assert_eq!(after.get("last_reload_refused"), Some(&Value::from(refused.clone())));
        assert_eq!(after.get("policy"), before.get("policy"), "{code}");
        let metrics = desk.page("/metrics").await;
        assert!(
            metrics.contains(&format!("inland_policy_refusals_total{{code=\"{code}\"}}")),
            "{code}: {refused}\n{metrics}"
        );
        assert_eq!(after.get("policy_revision"), Some(&Value::from(7)));
        assert_eq!(desk.atlantic().await, 200);
    }
    std::fs::remove_file(desk.path("policies.tar.gz")).unwrap();
    assert!(desk.stage.world.running().unwrap().reload().await.is_err());
    assert_eq!(desk.atlantic().await, 200);
    desk.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_with_the_last_good_bundle_and_takes_no_older_one() {
    let mut desk = Desk::start("bundle-restart", "").await;
    let first = std::fs::read(desk.path("policies.tar.gz")).unwrap();
    desk.publish("policies.tar.gz", 2, LATER);
    desk.stage.world.running().unwrap().reload().await.unwrap();
    let in_force = desk.ready().await.get("policy").cloned().unwrap();
    for wrong in [first.as_slice(), b"torn"] {
        desk.place("policies.tar.gz", wrong);
        desk.stage.world.stop_gateway().await;
        desk.stage.world.start_gateway().await.unwrap();
        let after = desk.ready().await;
        assert_eq!(after.get("policy"), Some(&in_force));
        let told = after.get("last_reload_refused").and_then(Value::as_str).unwrap();
        assert!(told.contains("policies.tar.gz: "), "{told}");
        assert_eq!(desk.atlantic().await, 200);
    }
    desk.stage.world.stop().await;
}

/// Else whoever can put a bad bundle there could keep a revoked key, a pin or a backend alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_bundle_is_refused_everything_else_of_the_configuration_still_changes() {
    let desk = Desk::start("bundle-beside", "").await;
    desk.place("policies.tar.gz", b"not a bundle");
    desk.stage.edit("gateway.toml", "name = \"werk-atlantic\"", "name = \"werk-pacific\"").unwrap();
    let refused = desk.stage.world.running().unwrap().reload().await.unwrap_err();
    assert!(refused.contains("policies.tar.gz: "), "{refused}");
    assert_eq!(desk.ready().await.get("policy_revision"), Some(&Value::from(1)));
    assert_eq!(desk.atlantic().await, 404, "the model is gone");
    desk.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_that_cannot_be_read_does_not_hold_back_an_emergency() {
    let desk = Desk::start("bundle-no-shadow", "shadow = \"gone.tar.gz\"\n").await;
    desk.stage.edit("policies/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]").unwrap();
    desk.publish("policies.tar.gz", 5, LATER);
    desk.until_revision(5).await;
    assert_eq!(desk.atlantic().await, 403);
    let ready = desk.ready().await;
    let told = ready.get("last_reload_refused").and_then(Value::as_str).unwrap();
    assert!(told.starts_with("no shadow is asked: "), "{told}");
    desk.stage.world.stop().await;
}

/// A newest kept bundle that is damaged says by its name what no older one may follow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_copy_of_the_last_bundle_opens_no_way_back() {
    let mut desk = Desk::start("bundle-damaged", "").await;
    let first = std::fs::read(desk.path("policies.tar.gz")).unwrap();
    desk.publish("policies.tar.gz", 2, LATER);
    desk.stage.world.running().unwrap().reload().await.unwrap();
    desk.stage.world.stop_gateway().await;
    let newest = desk.kept().into_iter().find(|name| name.starts_with("0000000002-")).unwrap();
    std::fs::write(desk.path("policy-kept").join(newest), b"torn").unwrap();
    desk.place("policies.tar.gz", &first);
    desk.stage.world.start_gateway().await.unwrap();
    let ready = desk.ready().await;
    let told = ready.get("last_reload_refused").and_then(Value::as_str).unwrap_or_default().to_owned();
    assert!(told.contains("the bundle has revision 1, and 2 is in force"), "{told}");
    desk.stage.world.stop().await;
}

/// A server of one file with an ETag, as object stores and web servers are.
struct Shelf {
    address: std::net::SocketAddr,
    file: Arc<Mutex<(Vec<u8>, u64)>>,
    answers: Arc<Mutex<Vec<u16>>>,
    _tasks: JoinSet<()>,
}

impl Shelf {
    async fn start() -> Shelf {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let file = Arc::new(Mutex::new((Vec::new(), 0)));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let (shared, noted) = (Arc::clone(&file), Arc::clone(&answers));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, noted) = (Arc::clone(&shared), Arc::clone(&noted));
                connections.spawn(async move {
                    let service = service_fn(move |request: Request<Incoming>| {
                        let (bytes, number) = shared.lock().unwrap().clone();
                        let tag = format!("\"{number}\"");
                        let known =
                            request.headers().get("if-none-match").is_some_and(|known| known == tag.as_str());
                        let (status, bytes) = if known { (304, Vec::new()) } else { (200, bytes) };
                        noted.lock().unwrap().push(status);
                        let reply = Response::builder().status(status).header("etag", tag);
                        async move { Ok::<_, Infallible>(reply.body(Full::new(Bytes::from(bytes))).unwrap()) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Shelf { address, file, answers, _tasks: tasks }
    }

    fn put(&self, bytes: Vec<u8>) {
        let mut file = self.file.lock().unwrap();
        *file = (bytes, file.1 + 1);
    }

    fn answers(&self, status: u16) -> usize {
        self.answers.lock().unwrap().iter().filter(|answer| **answer == status).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bundles_are_fetched_from_an_address_through_the_gate_and_only_when_they_are_new() {
    let mut desk = Desk::start("bundle-polled", "").await;
    let shelf = Shelf::start().await;
    shelf.put(desk.bundle(2, LATER, &desk.key));
    let source = format!(
        "bundle = \"http://{}/inland.tar.gz\"\nnetworks = [\"127.0.0.0/8\"]\npoll_seconds = 1",
        shelf.address
    );
    desk.stage.edit("gateway.toml", "bundle = \"policies.tar.gz\"", &source).unwrap();
    desk.until_revision(2).await;
    while shelf.answers(304) < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shelf.answers(200), 1, "what is known is not sent again");
    shelf.put(b"not a bundle".to_vec());
    while shelf.answers(200) < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shelf.put(desk.bundle(3, LATER, &desk.key));
    desk.until_revision(3).await;

    // The server is gone: a start takes what was fetched before.
    desk.stage.world.stop_gateway().await;
    drop(shelf);
    desk.stage.world.start_gateway().await.unwrap();
    desk.until_revision(3).await;
    assert!(desk.page("/metrics").await.contains("inland_policy_polls_total{outcome=\"failed\"}"));
    desk.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_outside_its_networks_is_not_asked() {
    let desk = Desk::start("bundle-outside", "").await;
    let shelf = Shelf::start().await;
    shelf.put(desk.bundle(2, LATER, &desk.key));
    let source = format!(
        "bundle = \"http://{}/inland.tar.gz\"\nnetworks = [\"127.9.9.0/24\"]\npoll_seconds = 1",
        shelf.address
    );
    desk.stage.edit("gateway.toml", "bundle = \"policies.tar.gz\"", &source).unwrap();
    let refused = desk.stage.world.running().unwrap().reload().await.unwrap_err();
    assert!(refused.contains("inland.tar.gz: address_outside"), "{refused}");
    assert_eq!((shelf.answers(200), desk.atlantic().await), (0, 200));
    desk.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_bundle_is_asked_beside_the_one_in_force_and_changes_nothing() {
    let desk = Desk::start("bundle-shadow", "").await;
    desk.stage.edit("policies/law/adequacy.yaml", "disabled: []", "disabled: [\"eu:US\"]").unwrap();
    desk.publish("candidate.tar.gz", 2, LATER);
    desk.stage
        .edit("gateway.toml", "key = \"policy.pub\"", "key = \"policy.pub\"\nshadow = \"candidate.tar.gz\"")
        .unwrap();
    desk.stage.world.running().unwrap().reload().await.unwrap();
    assert_eq!(desk.ready().await.get("policy_revision"), Some(&Value::from(1)));
    for _ in 0..3 {
        assert_eq!(desk.atlantic().await, 200);
    }
    let at_home = desk.stage.chat(WERK, &body("werk-large", "Ein Brief, bitte.")).await.unwrap();
    assert_eq!(at_home.status, 200);
    let metrics = desk.page("/metrics").await;
    let count = |outcome: &str| {
        let line = format!("inland_shadow_decisions_total{{outcome=\"{outcome}\"}} ");
        metrics.lines().find_map(|found| found.strip_prefix(&line)?.parse::<u64>().ok()).unwrap_or(0)
    };
    // All tests of this file share one process and its counters; only this one has a shadow.
    assert!(count("differs") >= 3, "{metrics}");
    desk.stage.world.stop().await;
}
