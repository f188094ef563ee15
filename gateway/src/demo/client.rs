//! A small client of our own, for the demonstration and the tests: it shows what a caller really gets.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::HeaderMap;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::egress::{self, Destination};

/// The largest answer it takes.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// How long it waits for a whole answer.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// A client of the gateway.
pub struct Client {
    destination: Destination,
}

/// What came back.
pub struct Heard {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body, as far as it came.
    pub body: Bytes,
    /// How long it all took.
    pub took: Duration,
}

impl Client {
    /// A client for a gateway on loopback.
    pub fn new(url: &str, ca: Option<&Path>) -> Result<Client, String> {
        let loopback =
            ["127.0.0.0/8", "::1/128"].iter().filter_map(|network| network.parse().ok()).collect::<Vec<_>>();
        let destination = Destination::new(url, &loopback, &[], ca, None, Duration::from_secs(5))?;
        Ok(Client { destination })
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let connection = egress::connect(&self.destination).await.map_err(|error| error.to_string())?;
        let (sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(connection))
            .await
            .map_err(|error| error.to_string())?;
        crate::tasks::drive(async move {
            let _ = driver.await; // its errors reach the one who waits for the answer
        });
        Ok(sender)
    }

    /// Sends one request on a connection of its own.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Heard, String> {
        let started = Instant::now();
        let mut sender = self.connect().await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.destination.url().authority())
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request =
            request.body(Full::new(Bytes::from(body.to_owned()))).map_err(|error| error.to_string())?;
        let answered = tokio::time::timeout(ANSWER_MAX, async {
            let (head, body) =
                sender.send_request(request).await.map_err(|error| error.to_string())?.into_parts();
            let body =
                Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
            Ok::<_, String>((head, body.to_bytes()))
        });
        let (head, body) = answered.await.map_err(|_| "no whole answer in time".to_owned())??;
        Ok(Heard { status: head.status.as_u16(), headers: head.headers, body, took: started.elapsed() })
    }
}

impl Heard {
    /// A header field of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The refusal's code, if it is one.
    pub fn refusal(&self) -> Option<String> {
        Some(self.json().pointer("/error/code")?.as_str()?.to_owned())
    }

    /// What the assistant said, whole or streamed.
    pub fn text(&self) -> String {
        let whole = self.json();
        if let Some(text) = whole.pointer("/choices/0/message/content").and_then(Value::as_str) {
            return text.to_owned();
        }
        let body = String::from_utf8_lossy(&self.body);
        let events = body.lines().filter_map(|line| line.strip_prefix("data: "));
        let pieces = events.filter_map(|event| serde_json::from_str::<Value>(event).ok());
        pieces
            .filter_map(|event| {
                event.pointer("/choices/0/delta/content").and_then(Value::as_str).map(str::to_owned)
            })
            .collect()
    }

    /// `x-inland-redacted`, read.
    pub fn redacted(&self) -> BTreeMap<String, u64> {
        let parts = self.header("x-inland-redacted").unwrap_or_default().split(',');
        parts
            .filter_map(|part| part.split_once('='))
            .filter_map(|(class, count)| Some((class.to_owned(), count.parse().ok()?)))
            .collect()
    }
}
