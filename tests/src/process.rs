//! The gateway as a process of its own: for what only a kill, a signal or a full disk shows.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long it may take until it serves, or until it has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running gateway process. It is killed when this is dropped.
pub struct Process {
    child: Child,
    /// Where callers are served.
    pub callers: SocketAddr,
    /// Where operators are served.
    pub operators: SocketAddr,
}

impl Process {
    /// Starts a command that becomes `inland --log json serve …`, and waits until it serves.
    pub fn start(command: &mut Command) -> Result<Process, String> {
        let mut child = command
            .env_remove("INLAND_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to its end: a full pipe would stop the process.
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(line); // nobody listens once it serves
            }
        });
        match serving(&told) {
            Ok((callers, operators)) => Ok(Process { child, callers, operators }),
            Err(said) => {
                let _ = child.kill(); // it may have ended by itself
                let _ = child.wait();
                Err(said)
            }
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing of its own runs any more.
    pub fn kill(mut self) -> Result<(), String> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|error| error.to_string())
    }

    /// Sends a signal by its name: `TERM`, `HUP`.
    pub fn signal(&self, name: &str) -> Result<(), String> {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        let sent = status.map_err(|error| error.to_string())?.success();
        if sent { Ok(()) } else { Err(format!("kill -{name} did not reach it")) }
    }

    /// How it ended, once it has.
    pub fn wait(mut self) -> Result<ExitStatus, String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("it did not end".to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
    }
}

/// The addresses that its log names, or all that it said instead.
fn serving(told: &mpsc::Receiver<String>) -> Result<(SocketAddr, SocketAddr), String> {
    let until = Instant::now() + PATIENCE;
    let mut said = Vec::new();
    while let Ok(line) = told.recv_timeout(until.saturating_duration_since(Instant::now())) {
        let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let address = |name: &str| event.pointer(&format!("/fields/{name}"))?.as_str()?.parse().ok();
        if let (Some(callers), Some(operators)) = (address("callers"), address("operators")) {
            return Ok((callers, operators));
        }
        said.push(line);
    }
    Err(format!("it never served: {}", said.join("\n")))
}
