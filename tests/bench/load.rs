//! A closed loop of requests on a number of connections, bounded in time.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

pub(crate) struct Result {
    pub(crate) cpu_us: f64,
    pub(crate) p50: u128,
    pub(crate) p99: u128,
    pub(crate) per_second: f64,
}

/// A chat request of about this size, with six identifiers at its start.
pub(crate) fn body(bytes: usize) -> Bytes {
    let personal = "Patient Anna Keller, e-mail anna.keller@klinik-nord.example.org, phone +49 30 901820 44, asked to move her visit; the invoice goes to IBAN DE89 3704 0044 0532 0130 00 and the deposit was paid with card 4111 1111 1111 1111 from 192.0.2.44. ";
    let filler = "the ward keeps a list of open orders and every order has a person who answers for it so that a late delivery is seen before noon ";
    let mut text = personal.to_owned();
    while text.len() < bytes {
        text.push_str(filler);
    }
    text.truncate(bytes);
    serde_json::json!({"model": "bench-model", "messages": [{"role": "system", "content": "Answer in one short paragraph."}, {"role": "user", "content": text}]})
        .to_string()
        .into()
}

#[derive(Default)]
struct Tally {
    measuring: Cell<bool>,
    stop: Cell<bool>,
    took: RefCell<Vec<u128>>,
}

/// Runs one load and gives what it cost the process `pid`.
pub(crate) async fn run(
    address: SocketAddr,
    token: &str,
    body: &Bytes,
    connections: usize,
    pid: u32,
) -> Result {
    let tally = Rc::new(Tally::default());
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            tokio::task::spawn_local(connection(address, token.to_owned(), body.clone(), Rc::clone(&tally)))
        })
        .collect();
    tokio::time::sleep(super::WARM).await;
    let (cpu, started) = (cpu_us(pid), Instant::now());
    tally.measuring.set(true);
    tokio::time::sleep(super::WINDOW).await;
    tally.measuring.set(false);
    let (cpu, seconds) = (cpu_us(pid) - cpu, started.elapsed().as_secs_f64());
    tally.stop.set(true);
    for task in tasks {
        task.await.unwrap();
    }
    let mut took = tally.took.take();
    took.sort_unstable();
    assert!(!took.is_empty(), "no answer came");
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    Result {
        cpu_us: cpu / took.len() as f64,
        p50: at(50),
        p99: at(99),
        per_second: took.len() as f64 / seconds,
    }
}

async fn connection(address: SocketAddr, token: String, body: Bytes, tally: Rc<Tally>) {
    #[expect(clippy::disallowed_methods, reason = "a load generator is not the gateway")]
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::task::spawn_local(async move {
        let _ = driver.await;
    });
    while !tally.stop.get() {
        let request = Request::post("/v1/chat/completions")
            .header("host", "127.0.0.1")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Full::new(body.clone()))
            .unwrap();
        let started = Instant::now();
        let reply = sender.send_request(request).await.unwrap();
        let status = reply.status();
        let answer = reply.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        if tally.measuring.get() {
            tally.took.borrow_mut().push(started.elapsed().as_micros());
        }
        sender.ready().await.unwrap();
    }
}

/// User and system time of a process, from /proc/PID/stat; ticks are 1/100 s on Linux.
fn cpu_us(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    let ticks = |field: usize| fields[field].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) * 10_000.0
}
