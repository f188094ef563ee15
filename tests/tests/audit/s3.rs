//! A foreign S3 server (moto) with TLS from the development CA, behind a door that can be shut; and a foreign
//! client (boto3). The server computes each request's signature itself (AWS Signature Version 4) and knows what
//! each of its users may do.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use inland_certs::Authority;
use inland_tests::python;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long the server may take to start: Python imports a good deal.
const START_MAX: Duration = Duration::from_secs(60);

/// The server. It ends with this.
pub(crate) struct S3 {
    child: Child,
    /// Where it is reached by tests.
    endpoint: String,
    /// Where gateways reach it.
    pub(crate) door: Door,
    /// The CA of its certificate.
    pub(crate) ca: PathBuf,
    /// Where `USER.access` and `USER.secret` are.
    keys: PathBuf,
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill(); // by its own number; it may have ended
        let _ = self.child.wait();
    }
}

impl S3 {
    /// Starts it on a port that the system chooses, with certificates in `folder`.
    pub(crate) async fn start(folder: &Path) -> S3 {
        let authority = Authority::load_or_create(&folder.join("s3-certs")).unwrap();
        let issued = authority.issue("s3", &["localhost"], &["127.0.0.1".parse().unwrap()]).unwrap();
        let mut child = Command::new(python())
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0", "-c"])
            .arg(&issued.certificate_path)
            .arg("-k")
            .arg(&issued.key_path)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Read to its end: a full pipe would stop the server.
                if let Some((_, address)) = line.split_once("Running on https://") {
                    let _ = tell.send(address.trim().to_owned());
                }
            }
        });
        let address: SocketAddr = told.recv_timeout(START_MAX).unwrap().parse().unwrap();
        let door = Door::open(address).await;
        let (endpoint, ca) = (format!("https://{address}"), authority.ca_path().to_owned());
        S3 { child, endpoint, door, ca, keys: folder.to_owned() }
    }

    /// From now on each request must be signed by one of its users: `node` may write, `monitor` may read, `tester` may
    /// do anything.
    pub(crate) fn guard(&self) {
        for user in self.bucket("-", &["guard"]).lines() {
            let [name, access, secret] = user.split(' ').collect::<Vec<_>>().try_into().unwrap();
            std::fs::write(self.keys.join(format!("{name}.access")), access).unwrap();
            std::fs::write(self.keys.join(format!("{name}.secret")), secret).unwrap();
        }
        std::fs::write(self.keys.join("forger.secret"), "guessed").unwrap();
        std::fs::copy(self.keys.join("node.access"), self.keys.join("forger.access")).unwrap();
        let file = self.ca.display().to_string();
        let refused = [("monitor", "AccessDenied"), ("forger", "SignatureDoesNotMatch")];
        for (user, code) in refused {
            let output = self.ask(user, "audit-de", &["put", "mine", &file]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && told.contains(code), "{user}: {told}");
        }
    }

    /// Runs `tests/s3/bucket.py` as the tester; gives what it printed.
    pub(crate) fn bucket(&self, bucket: &str, words: &[&str]) -> String {
        let output = self.ask("tester", bucket, words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it as a user; before there are any, as nobody.
    fn ask(&self, user: &str, bucket: &str, words: &[&str]) -> Output {
        let mut command = Command::new(python());
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("s3/bucket.py"))
            .arg(&self.endpoint)
            .arg(&self.ca)
            .arg(bucket)
            .args(words)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        for (name, part) in [("AWS_ACCESS_KEY_ID", "access"), ("AWS_SECRET_ACCESS_KEY", "secret")] {
            if let Ok(key) = std::fs::read_to_string(self.keys.join(format!("{user}.{part}"))) {
                command.env(name, key);
            }
        }
        command.output().unwrap()
    }

    /// All keys of a bucket.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        self.bucket(bucket, &["keys"]).split_whitespace().map(str::to_owned).collect()
    }
}

/// A way to the server that can be shut: connections break, and new ones are closed at once.
pub(crate) struct Door {
    /// Where it is.
    pub(crate) address: SocketAddr,
    open: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    #[expect(clippy::disallowed_methods, reason = "a test's own network between gateway and server")]
    async fn open(server: SocketAddr) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(AtomicBool::new(true));
        let is_open = Arc::clone(&open);
        let task = tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let is_open = Arc::clone(&is_open);
                if !is_open.load(Ordering::SeqCst) {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut outside) = TcpStream::connect(server).await else { return };
                    let shut = async {
                        while is_open.load(Ordering::SeqCst) {
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                    };
                    tokio::select! {
                        _ = copy_bidirectional(&mut inside, &mut outside) => {}
                        () = shut => {}
                    }
                });
            }
        });
        Door { address, open, task }
    }

    /// Opens or shuts it.
    pub(crate) fn set(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }
}
