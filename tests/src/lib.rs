//! What the fault tests share: a world of their own, what the log says, and what stand-ins saw.
//!
//! Invariant: a [`Stage`] has its own folder, ports and log, so tests run side by side, and what a test
//! finds in a stand-in or in the log comes from its own calls.

mod process;
mod wire;

pub use process::Process;
pub use wire::{Wire, post};

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hyper::Method;
use inland::audit;
use inland::demo::{AUDIENCE, Heard, Options, World};
use serde_json::{Value, json};

/// How long the log may take to show an OUTCOME.
const OUTCOME_MAX: Duration = Duration::from_secs(5);
/// A port that the system chooses.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
/// Where a chat is asked for.
pub const CHAT: &str = "/v1/chat/completions";
/// The demo's tenants: a French hospital, a German manufacturer, a Swiss bank.
pub const HOSPITAL: &str = "hopital-lyon";
/// The manufacturer.
pub const WERK: &str = "werk-stuttgart";
/// The bank.
pub const BANK: &str = "bank-zuerich";

/// A gateway in its own world, in a folder that goes when the test ends.
pub struct Stage {
    /// The world.
    pub world: World,
    _records: Records, // before the folder: read before it goes
    _folder: Folder,
}

/// Holds every record of a stage against the published schema when the test ends.
struct Records(PathBuf);

impl Drop for Records {
    fn drop(&mut self) {
        let followed = if self.0.exists() { must_follow_the_schema(&self.0) } else { Ok(()) };
        assert!(std::thread::panicking() || followed.is_ok(), "{followed:?}");
    }
}

/// The interpreter that `tests/run` prepared, with all that the tests need of Python.
pub fn python() -> PathBuf {
    let prepared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python");
    let python = std::env::var_os("INLAND_PYTHON").map_or(prepared, PathBuf::from);
    assert!(python.exists(), "{} is not there: tests/run installs it", python.display());
    python
}

/// A folder that is removed when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// A new, empty folder of this name and process.
    pub fn new(name: &str) -> Result<Folder, String> {
        let path = std::env::temp_dir().join(format!("inland-test-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path); // left by a process of this number that was killed
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Folder(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what is left of a temporary folder is the system's to remove
    }
}

impl Stage {
    /// Starts a world; `extra` is added to its `gateway.toml`.
    pub async fn start(name: &str, extra: &str) -> Result<Stage, String> {
        let folder = Folder::new(name)?;
        let world = World::start(Options {
            directory: folder.path().to_owned(),
            listen: ANY,
            admin: ANY,
            backend_port: 0,
            tls: true,
            extra: extra.to_owned(),
        });
        let records = Records(folder.path().join("audit"));
        Ok(Stage { world: world.await?, _records: records, _folder: folder })
    }

    /// A token of a tenant's user.
    pub fn token(&self, tenant: &str) -> String {
        self.world.token(tenant, "test-user", AUDIENCE)
    }

    /// Sends a chat and takes the whole answer.
    pub async fn chat(&self, tenant: &str, body: &str) -> Result<Heard, String> {
        self.chat_with(tenant, &[], body).await
    }

    /// The same, with more header fields.
    pub async fn chat_with(
        &self,
        tenant: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Heard, String> {
        self.world.client()?.send(Method::POST, CHAT, &self.token(tenant), headers, body).await
    }

    /// The records of an answer or refusal, once its last one is there.
    pub async fn records(&self, heard: &Heard) -> Result<Vec<Value>, String> {
        let id = heard.header("x-inland-decision").ok_or("the answer names no decision")?.to_owned();
        let until = Instant::now() + OUTCOME_MAX;
        loop {
            let shown = audit::show(&self.log(), &id).map_err(|error| error.to_string())?;
            let records: Vec<Value> =
                shown.iter().filter_map(|shown| serde_json::from_str(&shown.record).ok()).collect();
            let ended =
                records.iter().any(|record| matches!(kind(record), "OUTCOME" | "REFUSAL" | "RECOVERY"));
            if ended || Instant::now() > until {
                return Ok(records);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Where the log is.
    pub fn log(&self) -> PathBuf {
        self.world.directory().join("audit")
    }

    /// The text of a file of the world, and what it is to be changed to.
    pub fn edit(&self, path: &str, from: &str, to: &str) -> Result<(), String> {
        let path = self.world.directory().join(path);
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(told)?;
        if !text.contains(from) {
            return Err(format!("{} does not hold {from:?}", path.display()));
        }
        std::fs::write(&path, text.replace(from, to)).map_err(told)
    }

    /// Empties what the stand-ins keep.
    pub fn forget(&self) {
        for (_, stand_in) in self.world.stand_ins() {
            stand_in.forget();
        }
    }

    /// The stand-ins that received a byte since [`Stage::forget`].
    pub fn reached(&self) -> Vec<&'static str> {
        let heard = self.world.stand_ins().filter(|(_, stand_in)| !stand_in.received().is_empty());
        heard.map(|(id, _)| id).collect()
    }

    /// How often a stand-in was connected to, with or without a byte.
    pub fn connections(&self, id: &str) -> u64 {
        self.world.stand_in(id).map_or(0, |stand_in| stand_in.connections())
    }
}

/// The body of a chat with one message.
pub fn body(model: &str, text: &str) -> String {
    json!({"model": model, "messages": [{"role": "user", "content": text}]}).to_string()
}

/// The same, streamed.
pub fn streamed(model: &str, text: &str) -> String {
    json!({"model": model, "stream": true, "messages": [{"role": "user", "content": text}]}).to_string()
}

/// The kind of a record.
pub fn kind(record: &Value) -> &str {
    record.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// The first record of a kind; null if there is none.
pub fn of_kind<'a>(records: &'a [Value], wanted: &str) -> &'a Value {
    records.iter().find(|record| kind(record) == wanted).unwrap_or(&Value::Null)
}

/// What an OUTCOME says of its attempts: `paris: redirect`; `paris` alone if it answered.
pub fn attempts(records: &[Value]) -> Vec<String> {
    let attempts = of_kind(records, "OUTCOME").get("attempts").and_then(Value::as_array);
    let text = |attempt: &Value, name: &str| attempt.get(name).and_then(Value::as_str).map(str::to_owned);
    let one = |attempt: &Value| {
        let backend = text(attempt, "backend").unwrap_or_default();
        text(attempt, "reason").map_or(backend.clone(), |reason| format!("{backend}: {reason}"))
    };
    attempts.into_iter().flatten().map(one).collect()
}

/// All records of a log, in the order of their partitions and indices.
pub fn all_records(log: &Path) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(log).map_err(|error| error.to_string())?.flatten() {
        if !entry.path().join("segments").exists() {
            continue;
        }
        for record in audit::records(&entry.path()).map_err(|error| error.to_string())? {
            let (_, bytes) = record.map_err(|error| error.to_string())?;
            found.push(serde_json::from_slice(&bytes).map_err(|error| error.to_string())?);
        }
    }
    Ok(found)
}

/// Every record of a log follows the published schema, by a validator that nobody here wrote.
pub fn must_follow_the_schema(log: &Path) -> Result<(), String> {
    let schema = serde_json::from_str(audit::RECORD_SCHEMA).map_err(|error| error.to_string())?;
    let schema = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
    for record in all_records(log)? {
        schema.validate(&record).map_err(|error| format!("{error}: {record}"))?;
    }
    Ok(())
}

/// The files below a folder that hold a text, as raw bytes.
pub fn files_with(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.flatten().map(|entry| entry.path()));
        } else if std::fs::read(&path).is_ok_and(|bytes| holds(&bytes, needle)) {
            found.push(path);
        }
    }
    found
}

/// Whether bytes hold a text.
pub fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}
