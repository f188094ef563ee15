//! The monitor over local copies: each way in which a copy can be wrong has its alarm, and what was good is
//! remembered.

use super::*;
use crate::audit::monitor::{Finding, Watch};

/// Copies of a node's log, and the monitor's file beside them.
struct Copies {
    scratch: Scratch,
}

impl Copies {
    async fn new(pairs: usize) -> Copies {
        let copies = Copies { scratch: Scratch::new() };
        copies.grow(pairs).await;
        copies.take();
        copies
    }

    /// A copy of what the node has now.
    fn take(&self) {
        let copy_of = self.copy();
        let _ = std::fs::remove_dir_all(&copy_of);
        copy(&self.scratch.join("audit/FR-health"), &copy_of);
    }

    fn copy(&self) -> PathBuf {
        self.scratch.join("copies/gw-1/FR-health")
    }

    fn vkey(&self) -> String {
        std::fs::read_to_string(self.scratch.join("audit/FR-health/vkey")).unwrap().trim_end().to_owned()
    }

    async fn look(&self, vkeys: &[&str], stale_minutes: u64, full: bool) -> Result<Vec<Finding>, String> {
        let path = self.scratch.join("monitor.toml");
        let text = format!(
            "state = \"state\"\nvkeys = {vkeys:?}\ndirectories = [\"copies\"]\nstale_minutes = {stale_minutes}\n"
        );
        std::fs::write(&path, text).unwrap();
        let monitor = crate::config::Monitor::load(&path).unwrap();
        Watch::open(&monitor, full)?.look().await
    }

    /// The alarms of one look, records of this test being years old by their own time.
    async fn alarms(&self, full: bool) -> Vec<&'static str> {
        let found = self.look(&[&self.vkey()], 44_640, full).await.unwrap();
        let codes = found.iter().filter_map(|finding| finding.alarm.as_ref().map(|alarm| alarm.code));
        codes.filter(|code| *code != "stale").collect()
    }

    async fn grow(&self, pairs: usize) {
        let log = Log::open(&self.scratch.join("audit"), "gw-1").unwrap();
        append_pairs(&log.partition("FR-health").unwrap(), pairs).await;
        log.close().await;
    }
}

#[tokio::test]
async fn a_copy_that_grows_is_good_and_an_older_one_after_it_is_not() {
    let copies = Copies::new(150).await;
    assert_eq!(copies.alarms(false).await, Vec::<&str>::new());
    let older = copies.scratch.join("older");
    copy(&copies.copy(), &older);
    copies.grow(700).await;
    copies.take();
    let found = copies.look(&[&copies.vkey()], 10, false).await.unwrap();
    assert!(found[0].new >= 1400 && found[0].size == 300 + found[0].new, "{found:?}");
    assert_eq!(copies.alarms(true).await, Vec::<&str>::new());
    std::fs::remove_dir_all(copies.copy()).unwrap();
    assert_eq!(copies.alarms(false).await, ["vanished"]);
    copy(&older, &copies.copy());
    assert_eq!(copies.alarms(false).await, ["rolled_back"]);
    // The state kept what was good: a second look says the same.
    assert_eq!(copies.alarms(false).await, ["rolled_back"]);
}

#[tokio::test]
async fn a_changed_missing_or_hidden_piece_of_a_copy_is_an_alarm() {
    let copies = Copies::new(700).await;
    let changed = |name: &str| {
        let path = copies.copy().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    for name in
        ["tile/entries/002", "tile/0/002", "tile/0/005.p/120", "tile/entries/005.p/120", "tile/1/000.p/5"]
    {
        changed(name);
        assert_eq!(copies.alarms(false).await, ["tampered"], "{name}");
        copies.take();
        std::fs::remove_file(copies.copy().join(name)).unwrap();
        assert_eq!(copies.alarms(false).await, ["tampered"], "{name} missing");
        copies.take();
    }
    std::fs::remove_file(copies.copy().join("checkpoint")).unwrap();
    assert_eq!(copies.alarms(false).await, ["missing"]); // never seen before: it may be on its way
    copies.take();
    assert_eq!(copies.alarms(false).await, Vec::<&str>::new());
    std::fs::remove_file(copies.copy().join("checkpoint")).unwrap();
    assert_eq!(copies.alarms(false).await, ["tampered"]);
}

#[tokio::test]
async fn retention_may_take_bundles_from_the_front_and_nobody_may_take_others() {
    let copies = Copies::new(700).await;
    let bundle = |number: u32| copies.copy().join(format!("tile/entries/{number:03}"));
    std::fs::remove_file(bundle(0)).unwrap();
    std::fs::remove_file(bundle(1)).unwrap();
    let found = copies.look(&[&copies.vkey()], 44_640, true).await.unwrap();
    assert_eq!((found[0].pruned, copies.alarms(true).await), (512, Vec::new()));
    std::fs::remove_file(bundle(3)).unwrap();
    assert_eq!(copies.alarms(true).await, ["tampered"]);
    // What is newer than the last look cannot have been pruned.
    copies.grow(300).await;
    copies.take();
    std::fs::remove_file(bundle(5)).unwrap();
    assert_eq!(copies.alarms(false).await, ["tampered"]);
}

#[tokio::test]
async fn only_keys_from_outside_count_and_any_of_a_logs_keys_is_good() {
    let copies = Copies::new(10).await;
    let other = Copies::new(10).await;
    let code = |found: Vec<Finding>| {
        found.first().and_then(|finding| finding.alarm.as_ref()).map(|alarm| alarm.code)
    };
    let signed_by_another = copies.look(&[&other.vkey()], 44_640, false).await.unwrap();
    assert_eq!(code(signed_by_another), Some("bad_signature"));
    // After a rotation both keys are named.
    let both = copies.look(&[&other.vkey(), &copies.vkey()], 44_640, false).await.unwrap();
    assert_ne!(code(both), Some("bad_signature"));
    let foreign = other.vkey().replace("gw-1/", "gw-2/");
    assert!(copies.look(&[&foreign], 10, false).await.unwrap_err().contains("is no verifier key"));
    let elsewhere = note::Signer::new("gw-2/FR-health", &note::Signer::generate().unwrap()).unwrap();
    let found = copies.look(&[&elsewhere.verifier().vkey()], 10, false).await.unwrap();
    let codes: Vec<_> = found.iter().map(|finding| finding.alarm.as_ref().unwrap().code).collect();
    assert_eq!(codes, ["unknown_key", "missing"]);
}

#[tokio::test]
async fn a_log_whose_newest_record_is_old_is_stale_and_a_damaged_state_is_not_begun_anew() {
    let copies = Copies::new(10).await; // of a time that has passed
    let found = copies.look(&[&copies.vkey()], 10, false).await.unwrap();
    assert_eq!(found[0].alarm.as_ref().unwrap().code, "stale");
    std::fs::write(copies.scratch.join("state"), "{}").unwrap();
    let error = copies.look(&[&copies.vkey()], 10, false).await.unwrap_err();
    assert!(error.contains("restore it, or remove it"), "{error}");
}
