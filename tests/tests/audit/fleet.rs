//! Copies of the log in a foreign S3 store: they arrive whole whatever happens on the way, nothing else
//! does, and a monitor with keys from outside tells a good copy from a changed, older or other one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hyper::Method;
use inland::demo::Client;
use inland_tests::{CHAT, Folder, Process, Stage, WERK, body};
use serde_json::Value;

use super::written::copy;
use tokio::task::JoinSet;

use super::s3::S3;

/// Where the log of the German manufacturer is, in a copy.
const LOG: &str = "demo.example.test/DE-manufacturing";
/// How long a copy may take to be complete.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(90);
/// Callers at once.
const CALLERS: usize = 16;

/// `[[audit.ship]]` for a bucket; `more` are lines of its own.
fn ship(s3: &S3, bucket: &str, country: &str, more: &str) -> String {
    format!(
        "\n[[audit.ship]]\nendpoint = \"https://{}\"\nbucket = \"{bucket}\"\nregion = \"eu-central-1\"\n\
         country = \"{country}\"\nnetworks = [\"127.0.0.1/32\"]\nca = \"{}\"\nprefix = \"in/land\"\n\
         access_key = {{ file = \"KEYS/node.access\" }}\nsecret_key = {{ file = \"KEYS/node.secret\" }}\ninterval_seconds = 1\n{more}",
        s3.door.address,
        s3.ca.display()
    )
}

/// The three buckets of the demo's tenants.
fn buckets(s3: &S3, more: &str) -> String {
    let de = ship(s3, "audit-de", "DE", &format!("countries = [\"DE\", \"FR\"]\ngateway = true\n{more}"));
    de + &ship(s3, "audit-ch", "CH", "countries = [\"CH\"]\n")
}

struct Fleet {
    stage: Stage,
    s3: S3,
    folder: Folder,
}

impl Fleet {
    /// A store, and a stage whose gateway is not running yet.
    async fn start(name: &str, more: &str) -> Fleet {
        let folder = Folder::new(&format!("{name}-outside")).unwrap();
        let s3 = S3::start(folder.path()).await;
        for bucket in ["audit-de", "audit-ch"] {
            s3.bucket(bucket, &["create"]);
        }
        s3.guard();
        s3.door.set(false);
        let extra = format!("segment_mebibytes = 1\n{}", buckets(&s3, more));
        let extra = extra.replace("KEYS", &folder.path().display().to_string());
        let mut stage = Stage::start(name, &extra).await.unwrap();
        stage.world.stop_gateway().await;
        Fleet { stage, s3, folder }
    }

    fn gateway(&self) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
        Process::start(
            command.args(["--log", "json", "serve", "--config"]).arg(self.stage.world.config_path()),
        )
        .unwrap()
    }

    /// So many answered calls.
    async fn calls(&self, process: &Process, count: usize) {
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let client =
                Client::new(&format!("https://{}", process.callers), Some(self.stage.world.ca_path()))
                    .unwrap();
            let token = self.stage.token(WERK);
            callers.spawn(async move {
                for number in 0..count.div_ceil(CALLERS) {
                    let call = body("werk-large", &format!("Brief {caller}-{number}, bitte."));
                    let heard = client.send(Method::POST, CHAT, &token, &[], &call).await.unwrap();
                    assert_eq!(heard.status, 200, "the log goes on whatever the store does");
                }
            });
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap();
        }
    }

    /// A metric of the German partition.
    async fn metric(&self, process: &Process, name: &str) -> Option<i64> {
        let client = Client::new(&format!("http://{}", process.operators), None).unwrap();
        let page = client.send(Method::GET, "/metrics", "", &[], "").await.unwrap();
        let page = String::from_utf8(page.body.to_vec()).unwrap();
        let start = format!("inland_audit_ship_{name}{{partition=\"DE-manufacturing\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok())
    }

    async fn until(&self, process: &Process, name: &str, wanted: impl Fn(i64) -> bool) {
        let until = Instant::now() + CAUGHT_UP_MAX;
        loop {
            let found = self.metric(process, name).await;
            if found.is_some_and(&wanted) {
                return;
            }
            assert!(Instant::now() < until, "{name} stays at {found:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends the gateway once the copy has so many records: then it has all.
    async fn caught_up(&self, process: Process, records: i64) {
        self.until(&process, "records", |shipped| shipped >= records).await;
        process.signal("TERM").unwrap();
        assert!(process.wait().unwrap().success());
    }

    /// The monitor's file, with the logs' keys as the node has them, and a user of its own that may only read.
    fn monitor_file(&self) -> PathBuf {
        let mut vkeys = Vec::new();
        for entry in std::fs::read_dir(self.stage.log()).unwrap().flatten() {
            if let Ok(vkey) = std::fs::read_to_string(entry.path().join("vkey")) {
                vkeys.push(vkey.trim_end().to_owned());
            }
        }
        let blocks =
            buckets(&self.s3, "").replace("[[audit.ship]]", "[[bucket]]").replace("node.", "monitor.");
        let blocks = blocks.replace("KEYS", &self.folder.path().display().to_string());
        let path = self.folder.path().join("monitor.toml");
        std::fs::write(&path, format!("state = \"monitor.state\"\nvkeys = {vkeys:?}\n{blocks}")).unwrap();
        path
    }

    /// Runs the monitor once: whether all is good, and what it says of the German log.
    fn monitor(&self, more: &[&str]) -> (bool, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
        command
            .args(["audit", "monitor", "--once", "--json", "--config"])
            .arg(self.monitor_file())
            .args(more);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let findings = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = findings.into_iter().find(|finding| finding["log"] == LOG);
        let told = || panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
        (output.status.success(), found.unwrap_or_else(told))
    }

    /// Replaces an object with what `change` makes of it; gives what it was.
    fn change(&self, key: &str, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let file = self.folder.path().join("object");
        let file_name = file.display().to_string();
        self.s3.bucket("audit-de", &["get", key, &file_name]);
        let before = std::fs::read(&file).unwrap();
        let mut after = before.clone();
        change(&mut after);
        std::fs::write(&file, after).unwrap();
        self.s3.bucket("audit-de", &["put", key, &file_name]);
        before
    }
}

fn key(name: &str) -> String {
    format!("in/land/{LOG}/{name}")
}

/// Every file of a copy is the one on the node's disk, but for what the node went on to write.
fn same_as(copy: &Path, log: &Path) -> usize {
    let mut open = vec![copy.to_owned()];
    let mut count = 0;
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.flatten().map(|entry| entry.path()));
            continue;
        }
        let name = path.strip_prefix(copy).unwrap();
        if name.components().any(|part| part.as_os_str().to_string_lossy().ends_with(".p")) {
            continue;
        }
        assert_eq!(
            std::fs::read(&path).unwrap(),
            std::fs::read(log.join(name)).unwrap(),
            "{}",
            name.display()
        );
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_several_segments_arrives_whole_through_an_outage_and_a_kill() {
    let fleet = Fleet::start("ship", "mebibytes_per_second = 2\n").await;
    // The store is down: calls are answered, and the metric says how far the copy is behind.
    let process = fleet.gateway();
    fleet.calls(&process, 1600).await;
    fleet.until(&process, "lag_records", |records| records >= 3200).await;
    fleet.until(&process, "lag_seconds", |seconds| seconds >= 1).await;
    assert_eq!(fleet.s3.keys("audit-de"), Vec::<String>::new());

    // It comes back; the gateway is killed while the copy is under way.
    fleet.s3.door.set(true);
    let checkpoint = key("checkpoint");
    let until = Instant::now() + CAUGHT_UP_MAX;
    while !fleet.s3.keys("audit-de").iter().any(|found| found.starts_with(&key("tile/entries/"))) {
        assert!(Instant::now() < until, "nothing arrives");
    }
    process.kill().unwrap();
    let there = fleet.s3.keys("audit-de");
    assert!(!there.contains(&checkpoint), "the checkpoint goes last: {there:?}");

    // The next run goes on where that one ended, and catches up.
    let process = fleet.gateway();
    fleet.caught_up(process, 3200).await;
    let there = fleet.s3.keys("audit-de");
    let segments = there.iter().filter(|found| found.starts_with(&key("segments/"))).count();
    assert!(segments >= 3, "only {segments} whole segments");
    let secret = |name: &&String| {
        ["/key", "subject", "secret", "receipt", "pseudonym"].iter().any(|part| name.contains(part))
    };
    assert_eq!(there.iter().find(secret), None);

    // A foreign client's copy is what the node has; our own verifies, with the records of the open segment.
    let foreign = fleet.folder.path().join("foreign");
    fleet.s3.bucket("audit-de", &["download", &foreign.display().to_string()]);
    let node = fleet.stage.log().join("DE-manufacturing");
    assert!(same_as(&foreign.join("in/land").join(LOG), &node) > 20);
    let copies = fleet.folder.path().join("copies");
    let mut fetch = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    fetch
        .args(["audit", "fetch", "--log", LOG, "--config"])
        .arg(fleet.monitor_file())
        .arg("--to")
        .arg(&copies);
    let output = fetch.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut verify = Command::new(env!("CARGO_BIN_EXE_inland-under-test"));
    let verified =
        verify.args(["audit", "verify", "--json"]).arg(copies.join("DE-manufacturing")).output().unwrap();
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    let own = inland::audit::verify(&node, inland::audit::Options::default()).unwrap();
    assert_eq!(report["records"], own.records);
    fleet.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_monitor_refuses_a_copy_that_was_changed_rolled_back_or_forked() {
    let fleet = Fleet::start("monitor", "").await;
    fleet.s3.door.set(true);
    let process = fleet.gateway();
    fleet.calls(&process, 320).await;
    fleet.caught_up(process, 640).await;
    let first = fleet.monitor(&[]);
    assert_eq!((first.0, &first.1["first_look"]), (true, &Value::Bool(true)), "{first:?}");
    let older = std::fs::read(fleet.stage.log().join("DE-manufacturing/checkpoint")).unwrap();
    let kept = fleet.folder.path().join("restored");
    copy(&fleet.stage.log(), &kept);

    let process = fleet.gateway();
    fleet.calls(&process, 320).await;
    fleet.caught_up(process, 1280).await;
    let second = fleet.monitor(&[]);
    assert!(second.0 && second.1["new"].as_u64() >= Some(640), "{second:?}");

    // An older checkpoint in place of the newest.
    let newest = fleet.change(&key("checkpoint"), |bytes| *bytes = older.clone());
    assert_eq!(code(&fleet.monitor(&[])), (false, "rolled_back".into()));
    fleet.change(&key("checkpoint"), |bytes| *bytes = newest.clone());
    assert_eq!(code(&fleet.monitor(&[])), (true, String::new()));

    // A record that was seen before: only a look at all of it finds that.
    let bundle = key("tile/entries/000");
    let whole = fleet.change(&bundle, |bytes| *bytes.get_mut(700).unwrap() ^= 1);
    assert_eq!(code(&fleet.monitor(&["--full"])), (false, "tampered".into()));
    fleet.change(&bundle, |bytes| *bytes = whole.clone());
    assert_eq!(code(&fleet.monitor(&["--full"])), (true, String::new()));

    // The node is restored from a backup and goes on under its old name: it does not write over the copy.
    std::fs::remove_dir_all(fleet.stage.log()).unwrap();
    copy(&kept, &fleet.stage.log());
    let process = fleet.gateway();
    fleet.calls(&process, 400).await;
    fleet.until(&process, "alarm", |alarm| alarm == 1).await;
    process.signal("TERM").unwrap();
    assert!(process.wait().unwrap().success());
    let there = fleet.change(&key("checkpoint"), |_| {});
    assert_eq!(there, newest, "the copy of the longer history stays");
    // Whoever puts the forked log in its place, with a good signature, does not get past the monitor.
    let forked = fleet.stage.log().join("DE-manufacturing");
    upload(&fleet, &forked);
    assert_eq!(code(&fleet.monitor(&[])), (false, "forked".into()));
    fleet.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_somebody_else_put_in_the_way_is_an_alarm_and_stays_as_it_is() {
    let fleet = Fleet::start("inway", "").await;
    let process = fleet.gateway();
    fleet.calls(&process, 320).await;
    let squatter = fleet.folder.path().join("squatter");
    std::fs::write(&squatter, "not a bundle").unwrap();
    let bundle = key("tile/entries/001");
    fleet.s3.bucket("audit-de", &["put", &bundle, &squatter.display().to_string()]);
    fleet.s3.door.set(true);
    fleet.until(&process, "alarm", |alarm| alarm == 1).await;
    assert_eq!(fleet.change(&bundle, |_| {}), b"not a bundle");
    assert!(!fleet.s3.keys("audit-de").contains(&key("checkpoint")), "no checkpoint without its bundles");
    // Others are not held up by it, and once it is gone the copy is completed.
    fleet.s3.bucket("audit-de", &["remove", &bundle]);
    fleet.until(&process, "alarm", |alarm| alarm == 0).await;
    fleet.caught_up(process, 640).await;
    assert!(fleet.monitor(&[]).0);
    fleet.stage.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_would_leave_its_country_or_go_nowhere_keeps_the_gateway_from_starting() {
    let folder = Folder::new("ship-refused").unwrap();
    let s3 = S3::start(folder.path()).await;
    for name in ["node.access", "node.secret"] {
        std::fs::write(folder.path().join(name), "unused\n").unwrap();
    }
    let all = "countries = [\"DE\", \"FR\", \"CH\"]\ngateway = true\n";
    let eea = "countries = [\"DE\", \"FR\"]\ngateway = true\n";
    let cases = [
        (ship(&s3, "audit-us", "US", all), "would go to"),
        (ship(&s3, "audit-de", "DE", all), "the partition CH-finance would go to"),
        (ship(&s3, "audit-de", "DE", eea), "the partition CH-finance of the log goes to no bucket"),
        (ship(&s3, "audit-de", "DE", "countries = [\"DE\", \"FR\", \"CH\"]\n"), "the partition"),
        (ship(&s3, "audit-de", "Germany", eea), "is not a country code of ISO 3166-1"),
        (
            ship(&s3, "audit-de", "DE", eea)
                .replace(&s3.door.address.to_string(), "s3.eu-west-3.amazonaws.com")
                .replace("eu-central-1", "eu-west-3"),
            "region eu-west-3 stands in FR, not in DE",
        ),
        (
            ship(
                &s3,
                "audit-de",
                "DE",
                &format!("{eea}{}", ship(&s3, "audit-fr", "FR", "countries = [\"FR\"]\n")),
            ),
            "one of them only",
        ),
        (ship(&s3, "audit-de", "DE", eea).replace("node.", "absent."), "its access_key is missing"),
        (
            ship(&s3, "audit-de", "DE", eea)
                .replace("https://", "http://")
                .replace("127.0.0.1/32", "10.0.0.0/8"),
            "http without TLS",
        ),
    ];
    for (number, (extra, said)) in cases.into_iter().enumerate() {
        let extra = extra.replace("KEYS", &folder.path().display().to_string());
        let refused = Stage::start(&format!("ship-refused-{number}"), &extra).await.err();
        assert!(refused.as_ref().is_some_and(|refused| refused.contains(said)), "{said}: {refused:?}");
    }
}

/// Whether all logs are good, and the alarm's code of the German one.
fn code((good, finding): &(bool, Value)) -> (bool, String) {
    (*good, finding.pointer("/alarm/code").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Puts a whole log into the bucket, as somebody with all its rights would.
fn upload(fleet: &Fleet, log: &Path) {
    let mut open = vec![log.to_owned()];
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.flatten().map(|entry| entry.path()));
            continue;
        }
        let name = path.strip_prefix(log).unwrap().display().to_string();
        if name.starts_with("tile/") || name == "checkpoint" {
            fleet.s3.bucket("audit-de", &["put", &key(&name), &path.display().to_string()]);
        }
    }
}
