//! Witness: others sign that this log only grew (<https://c2sp.org/tlog-witness>).
//!
//! Invariant: nothing here delays a record or a checkpoint. The newest checkpoint is shown to every
//! witness through the egress gate, in the background; what they answer is checked and stands beside it
//! in `checkpoint.witnessed`: a checkpoint of this log with the cosignatures of a quorum. Too few of
//! them for too long is an alarm, and the log goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, StatusCode, header};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cosign::{Cosigner, halves};
use super::disk::Disk;
use super::proof::consistency;
use super::{Log, Partition};
use crate::egress::{self, Destination};
use crate::telemetry;

/// Where the newest checkpoint with a quorum of cosignatures stands.
pub(super) const WITNESSED: &str = "checkpoint.witnessed";
/// Witnesses of one log.
pub const WITNESSES_MAX: usize = 16;
/// For a witness to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Its answer: a few lines.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Between two checkpoints that are shown; those between are covered by the later one.
const ROUND_EVERY: Duration = Duration::from_secs(1);
/// A witness that fails is left alone for this long, doubled with each failure.
const BACKOFF: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(300);
/// A checkpoint without a quorum for this long is an alarm, and again every so often.
const ALARM_AFTER: Duration = Duration::from_secs(60);
/// How far a witness's clock may be ahead of ours.
const AHEAD_MAX: Duration = Duration::from_secs(300);

/// Who cosigns, and how many of them it takes.
#[derive(Debug)]
pub struct Witnesses {
    /// Each with where it is and its key.
    pub all: Vec<(Destination, Cosigner)>,
    /// Cosignatures that make a checkpoint a witnessed one.
    pub quorum: usize,
}

/// Shows the checkpoints of all partitions, those that come later too, until `stop` says so.
pub async fn keep_asking(log: Log, witnesses: Arc<Witnesses>, mut stop: watch::Receiver<bool>) {
    if witnesses.all.is_empty() {
        return;
    }
    let mut attended = Vec::new();
    let mut tasks = JoinSet::new();
    loop {
        for partition in log.partitions() {
            if !attended.iter().any(|name| name == partition.name()) {
                attended.push(partition.name().to_owned());
                let timing = Timing::default();
                let desk = Desk::new(&log, &partition, Arc::clone(&witnesses), timing);
                tasks.spawn(desk.attend(partition));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND_EVERY) => {}
            _ = stop.changed() => return, // what is in flight is dropped: it counts for nothing yet
        }
    }
}

/// What tests set otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    pub(super) answer_max: Duration,
    pub(super) round_every: Duration,
    pub(super) alarm_after: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing { answer_max: ANSWER_MAX, round_every: ROUND_EVERY, alarm_after: ALARM_AFTER }
    }
}

/// What is known of one witness.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The size of this log that it has cosigned last, as far as we know.
    size: u64,
    failures: u32,
    not_before: Option<Instant>,
    /// Its cosignature of the checkpoint that is being shown.
    line: Option<String>,
}

/// Why a witness gave no cosignature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// Not reached, not in time, not in its format.
    #[error("{0}")]
    Other(String),
    /// It has seen more of this log than there is.
    #[error("it has cosigned {0} records of this log: the log was rolled back")]
    RolledBack(u64),
    /// It has seen another log under this name.
    #[error(
        "it has cosigned another history of this log: the log was forked, or its tiles are damaged; run `inland audit verify`"
    )]
    Forked,
}

/// One partition and its witnesses.
pub(super) struct Desk {
    directory: PathBuf,
    disk: Disk,
    name: String,
    witnesses: Arc<Witnesses>,
    known: Vec<Known>,
    /// The checkpoint that is being shown.
    note: Arc<str>,
    /// Since when none had a quorum.
    missing: Option<Instant>,
    alarmed: Option<Instant>,
    timing: Timing,
}

impl Desk {
    pub(super) fn new(log: &Log, partition: &Partition, witnesses: Arc<Witnesses>, timing: Timing) -> Desk {
        Desk {
            directory: log.inner.directory.join(partition.name()),
            disk: log.inner.settings.disk.clone(),
            name: partition.name().to_owned(),
            known: vec![Known::default(); witnesses.all.len()],
            witnesses,
            note: "".into(),
            missing: None,
            alarmed: None,
            timing,
        }
    }

    /// Round after round: the newest checkpoint to every witness that is not to be left alone.
    pub(super) async fn attend(mut self, partition: Partition) {
        let mut newest = partition.checkpoints();
        drop(partition); // or the log could not close
        loop {
            let note = Arc::clone(&newest.borrow_and_update());
            if note != self.note {
                self.note = note;
                self.known.iter_mut().for_each(|known| known.line = None);
            }
            self.round().await;
            self.alarm();
            let again = self.known.iter().any(|known| known.line.is_none());
            tokio::time::sleep(self.timing.round_every).await;
            if !again && newest.changed().await.is_err() {
                return; // the log was closed
            }
            if newest.has_changed().is_err() {
                return;
            }
        }
    }

    /// Shows the checkpoint to all at once. Each answers in its own time; the slowest that is not left
    /// alone ends the round.
    async fn round(&mut self) {
        let Some((size, _)) = size_of(&self.note).filter(|(size, _)| *size > 0) else { return };
        let mut asked = JoinSet::new();
        let now = Instant::now();
        for (number, known) in self.known.iter().enumerate() {
            if known.line.is_some() || known.not_before.is_some_and(|time| time > now) {
                continue;
            }
            let (witnesses, note) = (Arc::clone(&self.witnesses), Arc::clone(&self.note));
            let (directory, old, answer_max) = (self.directory.clone(), known.size, self.timing.answer_max);
            asked.spawn(async move {
                let Some((destination, cosigner)) = witnesses.all.get(number) else {
                    return (number, Err(Failure::Other("no such witness".to_owned())));
                };
                let asking = ask(destination, cosigner, &directory, &note, old);
                let answer = tokio::time::timeout(answer_max, asking).await;
                (number, answer.unwrap_or_else(|_| Err(Failure::Other("no answer in time".to_owned()))))
            });
        }
        while let Some(joined) = asked.join_next().await {
            let Ok((number, answer)) = joined else { continue };
            self.take(number, size, answer);
            self.keep().await;
        }
    }

    fn take(&mut self, number: usize, size: u64, answer: Result<String, Failure>) {
        let witnesses = Arc::clone(&self.witnesses);
        let (Some(known), Some((_, cosigner))) = (self.known.get_mut(number), witnesses.all.get(number))
        else {
            return;
        };
        match answer {
            Ok(line) => *known = Known { size, line: Some(line), ..Known::default() },
            Err(failure) => {
                let wait = BACKOFF.saturating_mul(1 << known.failures.min(9)).min(BACKOFF_MAX);
                known.failures = known.failures.saturating_add(1);
                known.not_before = Some(Instant::now() + wait);
                let (partition, witness) = (&self.name, cosigner.name());
                match failure {
                    Failure::RolledBack(_) | Failure::Forked => {
                        tracing::error!(partition, witness, %failure, "a witness refuses the log");
                    }
                    Failure::Other(_) => {
                        tracing::warn!(partition, witness, %failure, "a witness gave no cosignature");
                    }
                }
            }
        }
    }

    /// Writes the checkpoint with its cosignatures, as soon as there are enough and whenever there are more.
    async fn keep(&mut self) {
        let lines: String = self.known.iter().filter_map(|known| known.line.as_deref()).collect();
        let count = lines.lines().count();
        if count < self.witnesses.quorum || count == 0 {
            return;
        }
        let (disk, path) = (self.disk.clone(), self.directory.join(WITNESSED));
        let text = format!("{}{lines}", self.note);
        let written = tokio::task::spawn_blocking(move || disk.replace(&path, text.as_bytes())).await;
        match written {
            Ok(Ok(())) => {
                (self.missing, self.alarmed) = (None, None);
                telemetry::audit_witness_missing(&self.name, 0);
            }
            Ok(Err(error)) => {
                tracing::error!(partition = self.name, %error, "a witnessed checkpoint could not be written");
            }
            Err(_) => {} // the process is ending
        }
    }

    /// Too few for too long.
    fn alarm(&mut self) {
        let count = self.known.iter().filter(|known| known.line.is_some()).count();
        let waits = size_of(&self.note).is_some_and(|(size, _)| size > 0);
        if !waits || count >= self.witnesses.quorum {
            return;
        }
        let (now, after) = (Instant::now(), self.timing.alarm_after);
        let since = *self.missing.get_or_insert(now);
        let quiet = self.alarmed.is_some_and(|alarmed| now.duration_since(alarmed) < after);
        if now.duration_since(since) < after || quiet {
            return;
        }
        self.alarmed = Some(now);
        let missing = self.witnesses.quorum - count;
        telemetry::audit_witness_missing(&self.name, missing);
        tracing::error!(partition = self.name, missing, "the log has no quorum of witnesses; it goes on");
    }
}

/// Size and text of a checkpoint of ours.
fn size_of(note: &str) -> Option<(u64, &str)> {
    let (text, _) = halves(note)?;
    Some((text.lines().nth(1)?.parse().ok()?, text))
}

/// Asks one witness. If it has cosigned another size than we know, it says so, and gets the proof from
/// there.
async fn ask(
    destination: &Destination,
    cosigner: &Cosigner,
    directory: &Path,
    note: &str,
    known: u64,
) -> Result<String, Failure> {
    let (size, text) = size_of(note).ok_or_else(|| other("no checkpoint"))?;
    let mut old = known;
    for _ in 0..2 {
        let (status, body) = post(destination, request_body(directory, note, old, size).await?).await?;
        match status {
            StatusCode::OK => return cosignature(cosigner, text, &body),
            StatusCode::CONFLICT => {
                let said = body.trim_end().parse::<u64>().map_err(|_| other("status 409 without a size"))?;
                if said > size {
                    return Err(Failure::RolledBack(said));
                }
                if said == old {
                    return Err(Failure::Forked); // the sizes agree: the roots do not
                }
                old = said;
            }
            // Our proof leads from the size that the witness confirmed to a root that it does not reach.
            StatusCode::UNPROCESSABLE_ENTITY => return Err(Failure::Forked),
            StatusCode::FORBIDDEN => return Err(other("it does not know the log's key: give it the vkey")),
            StatusCode::NOT_FOUND => return Err(other("it does not know this log: give it origin and vkey")),
            status => return Err(Failure::Other(format!("status {}", status.as_u16()))),
        }
    }
    Err(other("status 409 twice: somebody else shows it this log"))
}

fn other(what: &str) -> Failure {
    Failure::Other(what.to_owned())
}

/// c2sp.org/tlog-witness, add-checkpoint: old size, consistency proof, empty line, checkpoint.
async fn request_body(directory: &Path, note: &str, old: u64, size: u64) -> Result<String, Failure> {
    let directory = directory.to_path_buf();
    let proof = tokio::task::spawn_blocking(move || consistency(&directory, old, size)).await;
    let proof = proof.map_err(|_| other("the process is ending"))?;
    let proof = proof.map_err(|error| Failure::Other(format!("no consistency proof: {error}")))?;
    let hashes: String = proof.iter().map(|hash| BASE64_STANDARD.encode(hash) + "\n").collect();
    Ok(format!("old {old}\n{hashes}\n{note}"))
}

async fn post(destination: &Destination, body: String) -> Result<(StatusCode, String), Failure> {
    let told = |error: hyper::Error| Failure::Other(error.to_string());
    let connection = egress::connect(destination).await.map_err(|error| Failure::Other(error.to_string()))?;
    let io = hyper_util::rt::TokioIo::new(connection);
    let (mut sender, driver) =
        hyper::client::conn::http1::handshake::<_, Full<Bytes>>(io).await.map_err(told)?;
    crate::tasks::drive(async move {
        let _ = driver.await; // its errors reach the one who waits for the answer
    });
    let request = Request::post(format!("{}/add-checkpoint", destination.url().path()))
        .header(header::HOST, destination.url().authority())
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Full::from(body))
        .map_err(|error| Failure::Other(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(told)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|_| other("the answer broke off or is too large"))?.to_bytes();
    let body = String::from_utf8(body.to_vec()).map_err(|_| other("the answer is not text"))?;
    Ok((status, body))
}

/// The line to keep, if the answer holds this witness's cosignature of this checkpoint.
fn cosignature(cosigner: &Cosigner, text: &str, answer: &str) -> Result<String, Failure> {
    let found = cosigner.find(text, answer);
    let (line, time) = found.ok_or_else(|| other("its answer is no cosignature of this checkpoint"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // c2sp.org/tlog-cosignature: verifiers may reject times in the future.
    if time > (now + AHEAD_MAX).as_secs() {
        return Err(other("its cosignature is from the future"));
    }
    Ok(format!("{line}\n"))
}
