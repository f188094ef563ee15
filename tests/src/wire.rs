//! Bytes on a connection, as no well-behaved client would send them.

use std::path::Path;
use std::time::Duration;

use inland::egress::{Connection, Destination, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A TLS connection to the gateway, without HTTP.
pub struct Wire(Connection);

impl Wire {
    /// Connects to `https://127.0.0.1:PORT`.
    pub async fn open(url: &str, ca: &Path) -> Result<Wire, String> {
        let loopback: Vec<_> = ["127.0.0.0/8"].iter().filter_map(|network| network.parse().ok()).collect();
        let destination = Destination::new(url, &loopback, &[], Some(ca), None, Duration::from_secs(5))?;
        connect(&destination).await.map(Wire).map_err(|error| error.to_string())
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.write_all(bytes).await.map_err(|error| error.to_string())?;
        self.0.flush().await.map_err(|error| error.to_string())
    }

    /// Everything that comes until the gateway closes.
    pub async fn rest(&mut self) -> Result<String, String> {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(ANSWER_MAX, self.0.read_to_end(&mut bytes)).await;
        let read = read.map_err(|_| "the connection stayed open".to_owned())?;
        // A close without TLS's own goodbye is an end as well.
        let _ = read;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What comes until it holds a text so many times, or the gateway closes.
    pub async fn until(&mut self, text: &str, times: usize) -> Result<String, String> {
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        while String::from_utf8_lossy(&bytes).matches(text).count() < times {
            let read = tokio::time::timeout(ANSWER_MAX, self.0.read(&mut piece)).await;
            match read.map_err(|_| "no answer in time".to_owned())? {
                Ok(0) | Err(_) => break,
                Ok(count) => bytes.extend(piece.iter().take(count)),
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The bytes of a chat request; `fields` are header lines, each with its end.
pub fn post(path: &str, token: &str, fields: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n{fields}\r\n{body}",
        body.len()
    )
}
