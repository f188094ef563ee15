//! The stand-ins are what other tests measure with, so each behaviour is seen here from a client's side.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::*;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const SOON: Duration = Duration::from_secs(10);

/// A connection with the task that drives it.
struct Client {
    sender: SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

/// An answer, as far as it came.
struct Got {
    status: u16,
    headers: HeaderMap,
    frames: Vec<Bytes>,
    trailers: Option<HeaderMap>,
    broken: bool,
}

impl Client {
    async fn plain(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address).await?).await
    }

    async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> io::Result<Self> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        Ok(Self { sender, _driver: driver })
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Result<Got, hyper::Error> {
        let request = Request::builder().method(method).uri(path).header("host", "llm.fr.example.test");
        let request = request.header("te", "trailers").body(Full::from(body)).unwrap();
        let (head, mut body) = self.sender.send_request(request).await?.into_parts();
        let mut got = Got {
            status: head.status.as_u16(),
            headers: head.headers,
            frames: vec![],
            trailers: None,
            broken: false,
        };
        while let Some(frame) = body.frame().await {
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => got.frames.push(data),
                Ok(Err(frame)) => got.trailers = frame.into_trailers().ok(),
                Err(_) => got.broken = true,
            }
        }
        Ok(got)
    }

    async fn chat(&mut self, text: &str, stream: bool) -> Result<Got, hyper::Error> {
        let body = json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": text}]});
        self.send(Method::POST, "/v1/chat/completions", body.to_string()).await
    }
}

impl Got {
    fn bytes(&self) -> Vec<u8> {
        self.frames.concat()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes()).unwrap()
    }

    /// The chunks of a stream, without its end.
    fn chunks(&self) -> Vec<Value> {
        let text = String::from_utf8(self.bytes()).unwrap();
        let (events, end) = text.rsplit_once("data: ").unwrap();
        assert_eq!(end, "[DONE]\n\n");
        let events = events.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
        events.map(|event| serde_json::from_str(event).unwrap()).collect()
    }

    fn streamed_text(&self) -> String {
        self.chunks().iter().filter_map(|chunk| chunk.pointer("/choices/0/delta/content")?.as_str()).collect()
    }
}

async fn paris() -> (StandIn, Client) {
    let paris = StandIn::start(ANY_PORT, None, "paris").await.unwrap();
    let client = Client::plain(paris.address()).await.unwrap();
    (paris, client)
}

#[tokio::test]
async fn a_plain_answer_repeats_the_last_thing_the_user_wrote() {
    let (_paris, mut client) = paris().await;
    let parts = json!([{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "é"}]);
    for (content, expected) in [
        (
            json!("write to [email:K7Q2M3XH4PZ6T5WA]"),
            "paris here. You wrote: write to [email:K7Q2M3XH4PZ6T5WA]",
        ),
        (parts, "paris here. You wrote: aé"),
        (Value::Null, "paris here. You wrote: "),
    ] {
        let messages = json!([{"role": "user", "content": "before"}, {"role": "user", "content": content},
            {"role": "assistant", "content": "after"}]);
        let body = json!({"model": "mistral-large-4", "messages": messages}).to_string();
        let answer = client.send(Method::POST, "/v1/chat/completions", body).await.unwrap().json();
        assert_eq!(answer.pointer("/choices/0/message/content").unwrap(), expected);
        assert_eq!(answer["model"], "mistral-large-4");
        assert_eq!(answer["object"], "chat.completion");
    }
}

#[tokio::test]
async fn a_stream_opens_with_the_role_and_ends_with_a_reason_its_usage_and_done() {
    let (_paris, mut client) = paris().await;
    let body = json!({"model": "m", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "à Zürich"}]});
    let got = client.send(Method::POST, "/v1/chat/completions", body.to_string()).await.unwrap();
    assert_eq!(got.streamed_text(), "paris here. You wrote: à Zürich");
    let chunks = got.chunks();
    let delta = |index: usize| chunks[index].pointer("/choices/0/delta").unwrap().clone();
    assert_eq!(delta(0), json!({"role": "assistant", "content": "", "refusal": null}));
    assert_eq!(delta(1), json!({"content": "par"}));
    let [.., last, usage] = chunks.as_slice() else { unreachable!() };
    assert_eq!(last.pointer("/choices/0/finish_reason").unwrap(), "stop");
    assert_eq!((&usage["choices"], usage["usage"]["prompt_tokens"].as_u64()), (&json!([]), Some(3)));
    assert!(got.frames.len() >= chunks.len(), "each event is flushed on its own");
}

#[tokio::test]
async fn a_demanded_function_is_called_with_what_the_user_wrote() {
    let (_paris, mut client) = paris().await;
    for (stream, choice) in
        [(false, json!("required")), (true, json!({"type": "function", "function": {"name": "find"}}))]
    {
        let body = json!({"model": "m", "stream": stream, "tool_choice": choice,
            "tools": [{"type": "function", "function": {"name": "find"}}],
            "messages": [{"role": "user", "content": "say \"hi\""}]});
        let got = client.send(Method::POST, "/v1/chat/completions", body.to_string()).await.unwrap();
        let arguments: String = if stream {
            let piece = |chunk: &Value| {
                Some(chunk.pointer("/choices/0/delta/tool_calls/0/function/arguments")?.as_str()?.to_owned())
            };
            got.chunks().iter().filter_map(piece).collect()
        } else {
            let call = "/choices/0/message/tool_calls/0/function/arguments";
            got.json().pointer(call).unwrap().as_str().unwrap().to_owned()
        };
        assert_eq!(serde_json::from_str::<Value>(&arguments).unwrap(), json!({"text": "say \"hi\""}));
    }
}

#[tokio::test]
async fn embeddings_are_unit_vectors_equal_in_both_encodings_and_near_for_like_texts() {
    let (_paris, mut client) = paris().await;
    let mut ask = async |fields: Value| {
        let mut body = json!({"model": "embed", "dimensions": 64});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        client.send(Method::POST, "/v1/embeddings", body.to_string()).await.unwrap().json()
    };
    let texts = json!(["the cat sat", "the cat ran", "budget für Zürich"]);
    let floats = ask(json!({"input": texts})).await;
    let vectors: Vec<Vec<f32>> = floats["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| serde_json::from_value(entry["embedding"].clone()).unwrap())
        .collect();
    let dot = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(x, y)| x * y).sum::<f32>();
    assert_eq!((vectors.len(), vectors[0].len()), (3, 64));
    assert!((dot(0, 0) - 1.0).abs() < 1e-5, "{}", dot(0, 0));
    assert!(dot(0, 1) > 0.4 && dot(0, 1) > dot(0, 2) + 0.2, "{} {}", dot(0, 1), dot(0, 2));
    let encoded = ask(json!({"input": "the cat sat", "encoding_format": "base64"})).await;
    let bytes = STANDARD.decode(encoded["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<f32> =
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(decoded, vectors[0]);
    for (input, count) in [(json!([1, 2, 3]), 1), (json!([[1, 2], [3]]), 2), (json!("x"), 1)] {
        assert_eq!(ask(json!({"input": input})).await["data"].as_array().unwrap().len(), count);
    }
    for wrong in [json!({"input": []}), json!({"input": {"a": 1}}), json!({"input": "x", "dimensions": 7})] {
        assert_eq!(ask(wrong).await["error"]["type"], "invalid_request_error");
    }
}

#[tokio::test]
async fn what_is_not_served_is_an_error_in_the_same_shape() {
    let (_paris, mut client) = paris().await;
    for (method, path, body, status) in [
        (Method::GET, "/v1/models", "", 200),
        (Method::GET, "/v1/chat/completions", "", 405),
        (Method::POST, "/v1/responses", "{}", 404),
        (Method::POST, "/v1/chat/completions", "{", 400),
        (Method::POST, "/v1/chat/completions", "{}", 400),
    ] {
        let got = client.send(method.clone(), path, body.to_owned()).await.unwrap();
        assert_eq!(got.status, status, "{method} {path}");
        assert_eq!(got.json().get("error").is_some(), status != 200);
    }
}

#[tokio::test]
async fn every_byte_is_kept_head_and_body_inside_tls_until_forgotten() {
    let (pem, key, ca) = certificate();
    let paris = StandIn::start(ANY_PORT, Some((&pem, &key)), "paris").await.unwrap();
    let mut client = Client::over(encrypted(paris.address(), &ca).await).await.unwrap();
    let got = client.chat("NIR 2 69 05 49 588 157 80", false).await.unwrap();
    assert_eq!(got.status, 200);
    let received = String::from_utf8(paris.received()).unwrap();
    assert!(received.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{received}");
    assert!(received.contains("2 69 05 49 588 157 80"));
    let [seen] = paris.requests().try_into().unwrap();
    assert_eq!((seen.method, seen.path.as_str()), (Method::POST, "/v1/chat/completions"));
    assert_eq!(seen.headers["host"], "llm.fr.example.test");
    assert!(received.ends_with(std::str::from_utf8(&seen.body).unwrap()));
    paris.forget();
    assert_eq!((paris.received().len(), paris.requests().len(), paris.connections()), (0, 0, 1));
}

#[tokio::test]
async fn a_handshake_alone_leaves_nothing_in_the_record() {
    let (pem, key, ca) = certificate();
    let paris = StandIn::start(ANY_PORT, Some((&pem, &key)), "paris").await.unwrap();
    let mut stream = encrypted(paris.address(), &ca).await;
    stream.shutdown().await.unwrap();
    assert_eq!((paris.connections(), paris.received()), (1, vec![]));
}

/// A record that quietly lost bytes would make "nothing arrived" a lie.
#[test]
fn a_full_record_lets_nothing_more_through() {
    let tape = Tape::recording();
    let half = vec![b'x'; wire::TAPE_BYTES_MAX / 2];
    assert!(tape.keep(0, &half).is_ok() && tape.keep(1, &half).is_ok());
    assert!(tape.keep(2, b"x").is_err());
    tape.erase();
    assert!(tape.keep(2, b"x").is_ok());
    assert_eq!(tape.bytes(), b"x");
}

#[tokio::test]
async fn without_a_record_answers_go_on_and_nothing_is_kept() {
    let (paris, mut client) = paris().await;
    client.chat("one", false).await.unwrap();
    paris.record(false);
    client.chat("two", false).await.unwrap();
    assert_eq!((paris.received(), paris.requests().len()), (vec![], 0));
    paris.record(true);
    client.chat("three", false).await.unwrap();
    assert_eq!(paris.requests().len(), 1);
}

#[tokio::test]
async fn a_status_comes_with_an_openai_error() {
    let (paris, mut client) = paris().await;
    for status in [401, 429, 500, 503] {
        paris.behave(Behaviour::Status(status));
        let got = client.chat("x", true).await.unwrap();
        assert_eq!(got.status, status);
        assert!(got.json()["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn a_hang_reads_the_request_and_says_nothing() {
    let (paris, mut client) = paris().await;
    paris.behave(Behaviour::HangBeforeFirstByte);
    assert!(timeout(Duration::from_millis(100), client.chat("secret", false)).await.is_err());
    assert!(String::from_utf8(paris.received()).unwrap().contains("secret"));
}

#[tokio::test]
async fn a_reset_comes_after_the_told_number_of_events() {
    for events in [0, 1, 4] {
        let (paris, mut client) = paris().await;
        paris.behave(Behaviour::ResetMidStream { after_events: events });
        let got = client.chat("x", true).await.unwrap();
        let text = String::from_utf8(got.bytes()).unwrap();
        assert_eq!((text.matches("\n\n").count(), got.broken), (events, true));
    }
    let (paris, mut client) = paris().await;
    paris.behave(Behaviour::ResetMidStream { after_events: 1 });
    let got = client.chat("x", false).await.unwrap();
    let promised: usize = got.headers["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!((got.bytes().len(), got.broken), (promised / 2, true));
}

#[tokio::test]
async fn a_reset_is_a_tcp_reset() {
    let (paris, _client) = paris().await;
    paris.behave(Behaviour::ResetMidStream { after_events: 1 });
    let mut tcp = TcpStream::connect(paris.address()).await.unwrap();
    let body = r#"{"stream":true,"messages":[]}"#;
    let head =
        format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    tcp.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let error = tcp.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_redirect_names_its_target() {
    let (paris, mut client) = paris().await;
    paris.behave(Behaviour::Redirect("https://llm.us.example.test/v1".to_owned()));
    let got = client.chat("x", false).await.unwrap();
    assert_eq!(
        (got.status, got.headers["location"].as_bytes()),
        (302, &b"https://llm.us.example.test/v1"[..])
    );
}

#[tokio::test]
async fn a_flood_is_as_long_as_told_and_has_no_length() {
    for stream in [false, true] {
        let (paris, mut client) = paris().await;
        paris.behave(Behaviour::Flood { bytes: 1_000_000 });
        let got = client.chat("x", stream).await.unwrap();
        assert!(!got.headers.contains_key("content-length"));
        assert!(got.bytes().len() >= 1_000_000, "{}", got.bytes().len());
        if stream { assert!(got.streamed_text().len() >= 1_000_000) } else { assert!(got.json().is_object()) }
    }
}

#[tokio::test]
async fn close_at_once_ends_kept_connections_and_new_ones() {
    let (paris, mut kept) = paris().await;
    kept.chat("x", false).await.unwrap();
    paris.behave(Behaviour::CloseAtOnce);
    assert!(kept.chat("x", false).await.is_err());
    let mut fresh = TcpStream::connect(paris.address()).await.unwrap();
    assert_eq!(timeout(SOON, fresh.read(&mut [0])).await.unwrap().unwrap_or(0), 0);
    paris.behave(Behaviour::Answer);
    assert_eq!(Client::plain(paris.address()).await.unwrap().chat("x", false).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_malformed_answer_is_a_complete_body_that_does_not_parse() {
    let (paris, mut client) = paris().await;
    paris.behave(Behaviour::Malformed);
    let plain = client.chat("x", false).await.unwrap();
    assert!(!plain.broken && serde_json::from_slice::<Value>(&plain.bytes()).is_err());
    let stream = client.chat("x", true).await.unwrap();
    assert!(!stream.broken && stream.bytes().ends_with(b"\"delta\":\n\n"));
}

#[tokio::test]
async fn slow_events_pause_before_each() {
    let (paris, mut client) = paris().await;
    paris.behave(Behaviour::SlowEvents(Duration::from_millis(5)));
    let start = Instant::now();
    let got = client.chat("", true).await.unwrap();
    let events = u32::try_from(got.chunks().len() + 1).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(5) * events, "{:?}", start.elapsed());
}

#[tokio::test]
async fn early_hints_and_trailers_surround_a_right_answer() {
    let (paris, mut client) = paris().await;
    paris.behave(Behaviour::EarlyHints);
    let hinted = client.chat("x", false).await.unwrap();
    assert_eq!(hinted.json()["choices"][0]["message"]["content"], "paris here. You wrote: x");
    paris.behave(Behaviour::Trailers);
    let mut client = Client::plain(paris.address()).await.unwrap();
    let trailed = client.chat("x", true).await.unwrap();
    assert_eq!(trailed.streamed_text(), "paris here. You wrote: x");
    assert_eq!(trailed.trailers.unwrap()["x-inland-country"], "US");
}

#[tokio::test]
async fn a_split_answer_has_the_same_bytes_in_small_pieces() {
    for stream in [false, true] {
        let (paris, mut client) = paris().await;
        for size in [1, 7, 1000] {
            paris.behave(Behaviour::SplitEvery(size));
            let got = client.chat("Zürich", stream).await.unwrap();
            let text = if stream {
                got.streamed_text()
            } else {
                got.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
            };
            assert_eq!(text, "paris here. You wrote: Zürich");
            assert!(got.frames.iter().all(|frame| frame.len() <= size));
        }
    }
}

#[tokio::test]
async fn a_stopped_stand_in_refuses_and_its_port_can_be_used_again() {
    let (paris, mut client) = paris().await;
    client.chat("x", false).await.unwrap();
    let address = paris.address();
    paris.stop().await;
    assert!(client.chat("x", false).await.is_err());
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    let again = StandIn::start(address, None, "paris").await.unwrap();
    assert_eq!(Client::plain(again.address()).await.unwrap().chat("x", false).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_site_serves_its_documents_and_counts() {
    let site = StaticSite::start(ANY_PORT, None).await.unwrap();
    let mut client = Client::plain(site.address()).await.unwrap();
    let mut statuses = BTreeMap::new();
    site.set("/jwks.json", r#"{"keys":[]}"#);
    for (step, path) in ["/jwks.json?x=1", "/other", "/jwks.json"].into_iter().enumerate() {
        if step == 2 {
            site.remove("/jwks.json");
        }
        let got = client.send(Method::GET, path, String::new()).await.unwrap();
        statuses.insert(step, (got.status, got.bytes()));
    }
    let none = b"{}".to_vec();
    let expected = [(0, (200, b"{\"keys\":[]}".to_vec())), (1, (404, none.clone())), (2, (404, none))];
    assert_eq!(statuses, BTreeMap::from(expected));
    assert_eq!((site.requests(), site.connections()), (3, 1));
}

/// A certificate for `llm.fr.example.test` with its key, and the authority that a client trusts.
fn certificate() -> (String, String, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("inland-standin-{}-{next}", std::process::id()));
    let authority = inland_certs::Authority::load_or_create(&directory).unwrap();
    let issued = authority.issue("paris", &["llm.fr.example.test"], &[]).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    (issued.certificate_pem.clone(), issued.key_pem.clone(), authority.ca_pem().to_owned())
}

async fn encrypted(address: SocketAddr, ca: &str) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("llm.fr.example.test").unwrap();
    let tcp = TcpStream::connect(address).await.unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}
