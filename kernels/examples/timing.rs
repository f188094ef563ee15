//! What inspection costs: microseconds for a kilobyte of prompt, gigabytes a second, and the same for
//! texts that are made to be slow.
//!
//! `cargo run --release -p inland-kernels --example timing`

use std::hint::black_box;
use std::time::Instant;

use inland_kernels::{Engine, Finding};

/// Rounds of a measurement. The fastest counts: a round is short enough that one is not interrupted, and
/// nothing makes a scan faster than it is.
const ROUNDS: usize = 400;
/// Rounds for a megabyte.
const ROUNDS_LONG: usize = 15;
/// Bytes of the texts that are made to be slow.
const LONG: usize = 1 << 20;

const PROSE: &str = "Bonjour, could you please summarise the following discharge letter for the general \
    practitioner and keep it short? The patient came in on Monday with chest pain, the ECG was normal, and \
    the troponin values were not raised. We advise a stress test within two weeks; the blood pressure \
    should be measured every morning. ";
const PERSONAL: &str = "Contact anna.muster@example.org or +33 6 12 34 56 78, NIR 2 95 10 99 126 111 93, \
    account DE89 3704 0044 0532 0130 00, last login from 192.0.2.17. ";

/// What makes a text slow, over and over.
const HOSTILE: &[&str] = &[
    "1",
    "@",
    "a",
    "a.",
    "1 ",
    "11 ",
    "1.",
    "1-",
    "a@",
    "a@a.",
    "1@",
    ":",
    "a:",
    "1:",
    "::",
    "sk-",
    "eyJ",
    "eyJ.",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "password=",
    "password=$",
    "token=a",
    "://",
    "a://a:",
    "0 ",
    "+1",
    "+",
    "00",
    "06 ",
    "4111 ",
    "4111111111111112 ",
    "tel 0",
    "1234567 ",
    "DE89 ",
    "AT12",
    "AL1",
    "x@y.co ",
    "192.0.2.1 ",
    "\"@",
    "\u{ff11}",
    "\u{200b}",
    "1\u{200b}",
    "\u{a0}1",
    "é@",
    "A1",
    "2951099126",
    "=",
    "a b=",
    "Q~",
    "asswor is ",
    "Bearer ",
    "756.9217.0769.84 ",
    "943 476 5919 ",
    "4111111111111111 ",
    "x@y.z.",
    "dead:beef:",
    "%",
    "%41",
    "%25",
    "%40 ",
    "a%41",
    "\\",
    "\\n1",
    "\\u0041",
    "&#",
    "&#64;",
    "&amp;",
    "&amp;#37;41",
    "=40",
    "=41=",
    " (at) a",
    "((((",
    "QUFB",
    "QUFBQUFBQUFBQUFBQUFB/",
    "QUFBQUFBQUFBQUFBQUFB\n",
    "UVVGQlFVRkI",
    "Ab1+",
    "aа",
    "1\n",
    "1  A\n",
    "4111\n1111  ",
    "a%41QUFBQUFBQUFBQUFBQUFB&#64;\\n",
];

fn main() {
    let engine = Engine::cpu();
    println!("one kilobyte of prompt");
    let plain: String = PROSE.chars().cycle().take(1024).collect();
    let personal: String = PERSONAL.chars().chain(PROSE.chars().cycle()).take(1024).collect();
    let accents: String = "né à l’hôpital – été, où êtes-vous? ".chars().cycle().take(900).collect();
    for (name, text) in [("no findings", plain), ("five findings", personal), ("accents", accents)] {
        report(&engine, name, &text, 500);
    }
    println!("one megabyte that is made to be slow");
    for pattern in HOSTILE {
        report(&engine, &format!("{pattern:?}"), &pattern.repeat(LONG / pattern.len()), 1);
    }
}

fn report(engine: &Engine, name: &str, text: &str, repeats: u32) {
    let nanoseconds = time(engine, text, repeats);
    let mut found: Vec<Finding> = Vec::new();
    engine.scan(text, &mut found);
    println!(
        "{name:32} {:10.2} µs  {:6.2} GB/s  {:6} findings",
        nanoseconds / 1000.0,
        text.len() as f64 / nanoseconds,
        found.len()
    );
}

/// Nanoseconds for one scan.
fn time(engine: &Engine, text: &str, repeats: u32) -> f64 {
    let mut found = Vec::new();
    let rounds = if repeats == 1 { ROUNDS_LONG } else { ROUNDS };
    let best = (0..rounds).map(|_| {
        let start = Instant::now();
        for _ in 0..repeats {
            found.clear();
            engine.scan(black_box(text), &mut found);
        }
        start.elapsed()
    });
    best.min().unwrap_or_default().as_secs_f64() * 1e9 / f64::from(repeats)
}
