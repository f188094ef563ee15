//! Control: the few commands that change a log while the gateway runs.
//!
//! Invariant: a log has one writer. A command takes the directory's lock if it is free and does the
//! work itself; else it asks the process that holds the lock, through the socket `control` in the log's
//! directory, and that process runs the same code. One JSON line goes in, one comes out. Only the
//! user who owns the log, or root, is heard.
//!
//! E1 (one egress gate) is about what the gateway dials. This socket is inbound and has no address
//! outside the machine; the one who connects to it is the command line, in [`ask`].

use serde::{Deserialize, Serialize};
use std::fs::{File, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::erase::Erased;
use super::note::Verifier;
use super::prune::Pruning;
use super::{AuditError, Log, Rotated, existing};

/// How long a command or an answer may be: a prune answers with a line per partition.
const COMMAND_BYTES_MAX: u64 = 8 * 1024;
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// For a command to arrive, and for its answer to be taken.
const LINE_MAX: Duration = Duration::from_secs(5);
/// For the work itself: it may read the whole log.
const WORK_MAX: Duration = Duration::from_secs(3600);
/// The kernel's `sun_path` has 108 bytes, with the zero at its end.
const SOCKET_PATH_MAX: usize = 107;

/// What can be asked of a log that is in use. No `Debug`: a subject must not come into an operator's log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Forget a person.
    Erase {
        /// Their tenant.
        tenant: String,
        /// Who they are.
        subject: String,
        /// A reference of their request.
        reason: String,
    },
    /// Let old segments go.
    Prune {
        /// Records older than this, microseconds since 1970.
        before_us: u64,
    },
    /// Give partitions a new checkpoint key.
    Rotate {
        /// One, or all of them.
        partition: Option<String>,
        /// For so many days both keys sign.
        overlap_days: u32,
    },
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// A person was forgotten.
    Erased(Erased),
    /// Segments went.
    Pruned(Vec<Pruning>),
    /// New keys sign.
    Rotated(Vec<Rotated>),
    /// It was not done, and why.
    Refused(String),
}

impl Log {
    /// Carries a command out. Waits for the disk: not for a thread that drives a runtime.
    pub fn run(&self, command: &Command) -> Answer {
        let done = match command {
            Command::Erase { tenant, subject, reason } => {
                self.erase(tenant, subject, reason).map(Answer::Erased)
            }
            Command::Prune { before_us } => self.prune(*before_us).map(Answer::Pruned),
            Command::Rotate { partition, overlap_days } => {
                self.rotate_all(partition.as_deref(), *overlap_days).map(Answer::Rotated)
            }
        };
        done.unwrap_or_else(|error| Answer::Refused(error.to_string()))
    }

    fn rotate_all(&self, partition: Option<&str>, overlap_days: u32) -> Result<Vec<Rotated>, AuditError> {
        let mut names = self.partition_names();
        names.retain(|name| partition.is_none_or(|wanted| wanted == name));
        if names.is_empty() {
            return Err(AuditError::Name("this log has no such partition"));
        }
        let overlap = Duration::from_secs(u64::from(overlap_days) * 86_400);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(AuditError::disk("start a runtime for", &self.inner.directory))?;
        runtime.block_on(async {
            let mut rotated = Vec::new();
            for name in names {
                rotated.push(self.rotate(&name, overlap).await?);
            }
            Ok(rotated)
        })
    }

    /// Listens for commands, in the log's directory. The lock is ours, so a socket that is there is of
    /// a process that has ended. Needs a runtime.
    pub fn listen(&self) -> Result<Control, AuditError> {
        let path = socket(&self.inner.directory);
        let failed = |error| AuditError::disk("listen on", &path)(error);
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(&path).map_err(failed)?,
            Ok(_) => return Err(failed(io::Error::other("something that is no socket has this name"))),
            Err(_) => {}
        }
        let short = Short::of(&self.inner.directory).map_err(failed)?;
        let listener = UnixListener::bind(&short.path).map_err(failed)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        let owner = std::fs::metadata(&path).map_err(failed)?.uid();
        Ok(Control { listener, log: self.clone(), path, owner })
    }
}

/// Hears commands, one at a time.
pub struct Control {
    listener: UnixListener,
    log: Log,
    path: PathBuf,
    owner: u32,
}

impl Control {
    /// Serves until `stop` says so.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.changed() => break,
            };
            match accepted {
                Ok((stream, _)) if self.may_ask(&stream) => self.answer(stream).await,
                Ok(_) => tracing::warn!("a command of another user was not heard"),
                Err(error) => {
                    tracing::warn!(%error, "the control socket of the log");
                    tokio::time::sleep(Duration::from_millis(100)).await; // out of descriptors, perhaps
                }
            }
        }
        let _ = std::fs::remove_file(&self.path); // the next start replaces one that stays
    }

    fn may_ask(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }

    async fn answer(&self, mut stream: UnixStream) {
        let answer = match tokio::time::timeout(LINE_MAX, hear(&mut stream)).await {
            Ok(Ok(command)) => {
                let log = self.log.clone();
                let work = tokio::task::spawn_blocking(move || log.run(&command));
                work.await.unwrap_or_else(|_| Answer::Refused("the command broke".into()))
            }
            Ok(Err(why)) => Answer::Refused(why),
            Err(_) => Answer::Refused("no command came".into()),
        };
        let Ok(mut line) = serde_json::to_vec(&answer) else { return };
        line.push(b'\n');
        // The work is done whether or not anybody still listens; the log says so.
        let _ = tokio::time::timeout(LINE_MAX, stream.write_all(&line)).await;
    }
}

/// One line, and nothing but a command in it.
async fn hear(stream: &mut UnixStream) -> Result<Command, String> {
    let mut line = Vec::new();
    let mut reader = tokio::io::BufReader::new(stream.take(COMMAND_BYTES_MAX));
    reader.read_until(b'\n', &mut line).await.map_err(|error| error.to_string())?;
    let line = line.strip_suffix(b"\n").ok_or("a command is one line of at most 8 KiB")?;
    // Where, not what: the words of the line may name a person.
    serde_json::from_slice(line).map_err(|error| format!("not a command (column {})", error.column()))
}

/// Has a command carried out: here if nobody holds the log, else by the process that does.
pub fn order(directory: &Path, command: &Command) -> Result<Answer, AuditError> {
    match open_existing(directory) {
        Ok(log) => {
            let answer = log.run(command);
            log.close_here();
            Ok(answer)
        }
        Err(AuditError::Locked(_)) => {
            let asked = ask(directory, command);
            asked.map_err(AuditError::disk("ask the running gateway through", &socket(directory)))
        }
        Err(error) => Err(error),
    }
}

/// Opens a log under the name that its keys carry.
pub(super) fn open_existing(directory: &Path) -> Result<Log, AuditError> {
    let owner = std::fs::metadata(directory).map_err(AuditError::disk("open", directory))?.uid();
    // What another user writes, the gateway could not read afterwards.
    if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() != owner) {
        return Err(AuditError::Name("only the user who owns the log's directory can change the log"));
    }
    Log::open(directory, &node(directory)?)
}

fn node(directory: &Path) -> Result<String, AuditError> {
    for name in existing(directory)? {
        let vkey = std::fs::read_to_string(directory.join(&name).join("vkey")).ok();
        let keys = vkey.and_then(|vkey| Verifier::parse_file(&vkey)).unwrap_or_default();
        let origin = keys.first().and_then(|key| key.origin().strip_suffix(name.as_str()));
        if let Some(node) = origin.and_then(|origin| origin.strip_suffix('/')) {
            return Ok(node.to_owned());
        }
    }
    Err(AuditError::Name("this directory holds no partition of a log; name the folder of all partitions"))
}

/// Asks the process that holds the log.
#[expect(clippy::disallowed_methods, reason = "E1 is about what the gateway dials: this is the command line")]
fn ask(directory: &Path, command: &Command) -> io::Result<Answer> {
    let short = Short::of(directory)?;
    let mut stream = std::os::unix::net::UnixStream::connect(&short.path)?;
    stream.set_write_timeout(Some(LINE_MAX))?;
    stream.set_read_timeout(Some(WORK_MAX))?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(ANSWER_BYTES_MAX)).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended before it answered: ask again"));
    }
    Ok(serde_json::from_slice(&answer)?)
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("control")
}

/// The socket's path, by way of an open directory if it is too long for the kernel.
struct Short {
    path: PathBuf,
    /// Keeps the number in the path alive.
    _directory: Option<File>,
}

impl Short {
    fn of(directory: &Path) -> io::Result<Short> {
        let path = socket(directory);
        if path.as_os_str().len() <= SOCKET_PATH_MAX {
            return Ok(Short { path, _directory: None });
        }
        let directory = File::open(directory)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/control", directory.as_raw_fd()));
        Ok(Short { path, _directory: Some(directory) })
    }
}
