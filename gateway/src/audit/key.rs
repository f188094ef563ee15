//! Key: what signs checkpoints, and where it lies.
//!
//! Invariant: a signature that leaves here verifies under the key's public half, whoever made it. A key
//! that an external signer holds (an HSM, a KMS) is never in this process: the signer gets the text on
//! its standard input and answers with the signature, in a bounded time, without a shell.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::note::{Signer, Verifier};

/// For an external signer to answer; in tests nobody wants to wait so long.
const COMMAND_MAX: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });
/// Its answer: the base64 of 64 bytes and a line feed.
const ANSWER_BYTES_MAX: u64 = 1_024;
/// A key file: one key.
const FILE_BYTES_MAX: u64 = 16 * 1024;
/// What an external signer gets of the environment besides what the configuration names. Not all of
/// it: the credentials of backends may be in there.
const ENVIRONMENT: [&str; 3] = ["PATH", "HOME", "LANG"];
/// RFC 8410 section 4: an Ed25519 public key in DER is this and its 32 bytes.
const SPKI_ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Where the key of the checkpoints is. Without one, each partition makes its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub enum KeySource {
    /// In a file: PKCS#8, PEM or DER, Ed25519.
    File {
        /// Its path.
        file: PathBuf,
    },
    /// With an external signer.
    Command {
        /// A program and its arguments; no shell reads them.
        command: Vec<String>,
        /// The public key, PEM (SPKI): every answer is checked with it.
        public: PathBuf,
        /// Variables of the environment that the program may see, besides PATH, HOME and LANG.
        #[serde(default)]
        environment: Vec<String>,
    },
}

impl KeySource {
    /// Reads the key, or what is known of it. Paths are relative to `base`.
    pub fn load(&self, base: &Path) -> Result<Loaded, String> {
        match self {
            KeySource::File { file } => held(&base.join(file)),
            KeySource::Command { command, public, environment } => {
                let (program, arguments) = command.split_first().ok_or("the command is empty")?;
                let public = public_key(&base.join(public))?;
                let command = Arc::new(External {
                    program: program.clone(),
                    arguments: arguments.to_vec(),
                    environment: environment.clone(),
                });
                Ok(Loaded(Material::External(command, public)))
            }
        }
    }
}

/// A key that was read from where the configuration says.
#[derive(Debug, Clone)]
pub struct Loaded(Material);

#[derive(Clone)]
enum Material {
    Held(Vec<u8>),
    External(Arc<External>, [u8; 32]),
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if std::fs::metadata(path).map_err(told)?.len() > FILE_BYTES_MAX {
        return Err(format!("{} is too large for a key", path.display()));
    }
    std::fs::read(path).map_err(told)
}

fn held(path: &Path) -> Result<Loaded, String> {
    let bytes = read(path)?;
    let pkcs8 = match PrivatePkcs8KeyDer::from_pem_slice(&bytes) {
        Ok(key) => key.secret_pkcs8_der().to_vec(),
        Err(_) => bytes, // DER, or nothing: that shows below
    };
    match Signer::new("key", &pkcs8) {
        Some(_) => Ok(Loaded(Material::Held(pkcs8))),
        None => Err(format!(
            "{} holds no Ed25519 key in PKCS#8 (make one: openssl genpkey -algorithm ed25519)",
            path.display()
        )),
    }
}

fn public_key(path: &Path) -> Result<[u8; 32], String> {
    let spki = SubjectPublicKeyInfoDer::from_pem_slice(&read(path)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let public = spki.as_ref().strip_prefix(&SPKI_ED25519).and_then(|public| public.try_into().ok());
    public.ok_or_else(|| format!("{} holds no Ed25519 public key", path.display()))
}

/// A program that signs.
#[derive(Debug, PartialEq, Eq)]
struct External {
    program: String,
    arguments: Vec<String>,
    environment: Vec<String>,
}

impl External {
    /// Runs it and waits, in a thread of its own: a log is opened from inside a runtime too, and one
    /// cannot wait inside another.
    fn sign(&self, text: &str) -> Result<Vec<u8>, String> {
        let broken = |_| format!("{}: the thread that asked it broke", self.program);
        std::thread::scope(|scope| scope.spawn(|| self.run(text)).join().unwrap_or_else(|e| Err(broken(e))))
    }

    /// Runs it. Waits at most [`COMMAND_MAX`], and kills it then.
    fn run(&self, text: &str) -> Result<Vec<u8>, String> {
        let told = |error: std::io::Error| format!("{}: {error}", self.program);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(told)?;
        runtime.block_on(async {
            let mut command = tokio::process::Command::new(&self.program);
            command.args(&self.arguments).env_clear().kill_on_drop(true);
            let passed = ENVIRONMENT.into_iter().chain(self.environment.iter().map(String::as_str));
            command.envs(passed.filter_map(|name| Some((name, std::env::var_os(name)?))));
            // What it complains of goes where the gateway's own complaints go.
            let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
            let mut child = piped.spawn().map_err(told)?;
            match tokio::time::timeout(COMMAND_MAX, talk(&mut child, text)).await {
                Ok(answer) => answer.map_err(|error| format!("{}: {error}", self.program)),
                Err(_) => {
                    let _ = child.kill().await; // it has ended already, then
                    Err(format!("{} did not answer within {} s", self.program, COMMAND_MAX.as_secs()))
                }
            }
        })
    }
}

/// Text in, base64 of the signature out.
async fn talk(child: &mut tokio::process::Child, text: &str) -> Result<Vec<u8>, String> {
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes".to_owned());
    };
    // A program that answers without reading closes the pipe: its signature is checked all the same.
    let _ = stdin.write_all(text.as_bytes()).await;
    drop(stdin);
    let mut answer = Vec::new();
    let read = stdout.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await;
    read.map_err(|error| error.to_string())?;
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(status.to_string());
    }
    BASE64_STANDARD.decode(answer.trim_ascii()).map_err(|_| "its answer is not base64".to_owned())
}

/// A key of one partition.
pub(super) struct Key {
    verifier: Verifier,
    way: Way,
}

enum Way {
    /// It lies with the partition.
    Own(Signer, Vec<u8>),
    /// The configuration names its file.
    File(Signer),
    External(Arc<External>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}, ***)", self.verifier.vkey())
    }
}

impl Key {
    /// A key that lies with the partition.
    pub(super) fn own(origin: &str, pkcs8: &[u8]) -> Option<Key> {
        let signer = Signer::new(origin, pkcs8)?;
        Some(Key { verifier: signer.verifier().clone(), way: Way::Own(signer, pkcs8.to_vec()) })
    }

    /// A key that the configuration names.
    pub(super) fn configured(origin: &str, loaded: &Loaded) -> Option<Key> {
        Some(match &loaded.0 {
            Material::Held(pkcs8) => {
                let signer = Signer::new(origin, pkcs8)?;
                Key { verifier: signer.verifier().clone(), way: Way::File(signer) }
            }
            Material::External(command, public) => {
                Key { verifier: Verifier::new(origin, *public), way: Way::External(Arc::clone(command)) }
            }
        })
    }

    /// What verifies its signatures.
    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The document to keep, if the key lies with the partition.
    pub(super) fn kept(&self) -> Option<&[u8]> {
        match &self.way {
            Way::Own(_, pkcs8) => Some(pkcs8),
            Way::File(_) | Way::External(_) => None,
        }
    }

    /// Whether signing means to wait for somebody else.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self.way, Way::External(_))
    }

    /// Signs a text.
    pub(super) fn sign(&self, text: &str) -> Result<Vec<u8>, String> {
        let signature = match &self.way {
            Way::Own(signer, _) | Way::File(signer) => return Ok(signer.sign_text(text)),
            Way::External(command) => command.sign(text)?,
        };
        // A signer with another key, or one that signs something else, is found here and not by auditors.
        if self.verifier.signed(text, &signature) {
            Ok(signature)
        } else {
            Err("the external signer gave a signature that is not of its public key".to_owned())
        }
    }
}
