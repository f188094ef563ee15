//! Texts that are made to be slow: a short unit over and over, the slowest first.
//!
//! Invariant: a text is measured at two lengths, the second twice the first, so a scan that grows faster than its
//! text shows as a growth well over 2.

use std::hint::black_box;
use std::time::Duration;

use inland_kernels::{Engine, Finding};

use crate::{Options, tell, timed};

/// Bytes of the shorter text.
const LENGTH: usize = 64 << 10;

/// What is read at many anchors, or far from one, or by many verifiers, or as another text.
const UNITS: &[&str] = &[
    // Digits, and groups of them in the lengths and with the marks that numbers have.
    "1",
    "0",
    "00",
    "1 ",
    "0 ",
    "11 ",
    "06 ",
    "1-",
    "1.",
    "1.1.",
    "1,",
    "1/",
    "1:",
    "1\n",
    "1  A\n",
    "$1 ",
    "(1) ",
    "[1]",
    "n:1 ",
    "+1",
    "+",
    "+1 ",
    "+44 ",
    "0044 ",
    "tel 0",
    "tel 1234567 ",
    "A1",
    "1A",
    "AT12",
    "AL1",
    "DE89 ",
    "DE89",
    "GB82 WEST ",
    "1234567 ",
    "12345678 ",
    "123456789 ",
    "1234567890 ",
    "12345678901 ",
    "2951099126",
    "4111 ",
    "4111111111111111 ",
    "4111111111111112 ",
    "4111\n1111  ",
    "756.9217.0769.84 ",
    "943 476 5919 ",
    "123 456 7890 ",
    "12-34-56-",
    "01-02-03-04-05-06 ",
    "131052-308T ",
    "192.0.2.1 ",
    "1.2.3.4.",
    "2024-05-12 ",
    "12.05.1980 ",
    "born 12.05.1980 ",
    "order 123456782 ",
    "NHS 943 476 5919 ",
    "0x",
    "0x1f ",
    "1e5 ",
    "1a1a",
    // Marks.
    "@",
    "a@",
    "1@",
    "é@",
    "\"@",
    "a@a.",
    "a@b.",
    "a@b.c",
    "x@y.z.",
    "x@y.co ",
    "a.",
    "a.@",
    "a-@b-.",
    ":",
    "a:",
    "::",
    "n:",
    "1:",
    "AA:BB:",
    "dead:beef:",
    "fe80::",
    "=",
    "a b=",
    "key=",
    "key=\"",
    "password=",
    "password=$",
    "password: ",
    "password is \"",
    "asswor is ",
    "asswor is 1",
    "token=a",
    "token=a1",
    "Bearer ",
    "Bearer a",
    "://",
    "a://a:",
    "u:p@",
    "~",
    "Q~",
    "8Q~",
    "8Q~a",
    "\"",
    " \"",
    "'",
    "\\\"",
    "a \"b\" ",
    "is \"",
    ": \"",
    "d is \"a",
    "word s \"",
    "`",
    "*",
    "_",
    "-",
    "--",
    // Words.
    "a",
    "A",
    "aA",
    "abcdefgh ",
    "ABCDEF ",
    "ABCDEFGH",
    "ABCDEFGH ",
    "sk-",
    "sk_",
    "ghp_",
    "xoxb-",
    "eyJ",
    "eyJ.",
    "AKIA",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----",
    "P<",
    "P<A<",
    "<1",
    "<<<1",
    "abcdefghijklmnop ",
    "Abcdefghijklmno1 ",
    "1234567890123456 ",
    "123456789012345a ",
    "a1b2c3d4e5f6a7b8 ",
    "abcdefghijklmno.",
    "abcdefghijklmno/",
    "/abcdefghijklmno1",
    " d is abcdefghijklmno1",
    "a-b-c-d-e-f-g-h ",
    "a_b_c_d_e_f_g_h ",
    "00-11-22-33-44-55 ",
    "0123456789abcdef0123456789abcdef ",
    "123e4567-e89b-12d3-a456-426614174000 ",
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 ",
    "bc1q",
    "$2b$10$",
    "{SSHA}",
    // What stands for another text.
    "%",
    "%41",
    "%25",
    "%40 ",
    "a%41",
    "a%2541",
    "\\",
    "\\\\",
    "\\n1",
    "\\u0041",
    "\\u005c",
    "\\x41",
    "&",
    "&#",
    "&#49;",
    "&#64;",
    "&#38;",
    "&amp;",
    "&amp;#37;41",
    "=?",
    "=40",
    "=41=",
    "=3D",
    "=\n",
    "(",
    "((((",
    "[",
    " (at) a",
    " [at] ",
    "(dot)",
    "QUFB",
    "QUFBQUFBQUFBQUFBQUFB/",
    "QUFBQUFBQUFBQUFBQUFB\n",
    "UVVGQlFVRkI",
    "Ab1+",
    "a%41QUFBQUFBQUFBQUFBQUFB&#64;\\n",
    "\u{ff11}",
    "\u{ff11} ",
    "\u{661}",
    "\u{200b}",
    "a\u{200d}",
    "1\u{200b}",
    "\u{a0}1",
    "1\u{2013}",
    "\u{2013}",
    "aа",
    "а1",
    "а1 ",
    "αa",
    "Αa ",
    "Ελλάδα ",
    "Пациент ",
    "千円",
    "é",
    "é ",
    "\u{1d7ce}",
    "A\n1",
    "A A 1",
    "A  A  1",
    "1 - 1",
    "1--",
    "  1",
    "\n\n1",
    "|1|",
    "*1*",
    "1_",
    "___1",
    "A_1",
];

/// Prints the table; of one text only, if it is told which.
pub(crate) fn measure(engine: &Engine, options: &Options) {
    let one = options.text.as_deref();
    let units = UNITS.iter().copied().filter(|_| one.is_none()).chain(one);
    let mut rows: Vec<Row> = units.map(|unit| Row::measure(engine, unit, options.rounds)).collect();
    rows.sort_by(|left, right| left.rate.total_cmp(&right.rate));
    if !options.json {
        tell(&format!("{:>7} {:>6} {:>9}  {}\n", "MB/s", "growth", "hits/KB", "the text over and over"));
    }
    for row in rows {
        tell(&row.line(options.json, engine.simd()));
    }
}

struct Row<'u> {
    unit: &'u str,
    /// Megabytes a second of the shorter text.
    rate: f64,
    /// How much longer a text of twice the length takes.
    growth: f64,
    hits_per_kb: f64,
}

impl Row<'_> {
    fn measure<'u>(engine: &Engine, unit: &'u str, rounds: usize) -> Row<'u> {
        let [short, long] = [LENGTH, 2 * LENGTH].map(|length| unit.repeat(length.div_ceil(unit.len())));
        let mut found: Vec<Finding> = Vec::new();
        engine.scan(&short, &mut found);
        let hits_per_kb = found.len() as f64 * 1024.0 / short.len() as f64;
        let (mut once, mut twice) = (Duration::MAX, Duration::MAX);
        // In turn, so that a noisy moment meets both; the best of each, because nothing makes a scan faster than it is.
        for _ in 0..rounds {
            for (text, best) in [(&short, &mut once), (&long, &mut twice)] {
                found.clear();
                *best = (*best).min(timed(|| engine.scan(black_box(text), &mut found)));
            }
        }
        let seconds = once.as_secs_f64().max(1e-9);
        Row {
            unit,
            rate: short.len() as f64 / seconds / 1e6,
            growth: twice.as_secs_f64() / seconds,
            hits_per_kb,
        }
    }

    fn line(&self, json: bool, simd: &str) -> String {
        let Row { unit, rate, growth, hits_per_kb } = self;
        if json {
            let unit: String = unit.chars().flat_map(escaped).collect();
            format!(
                "{{\"bench\":\"hostile\",\"text\":\"{unit}\",\"bytes\":{LENGTH},\"hits_per_kb\":{hits_per_kb:.2},\"simd\":\"{simd}\",\"mb_per_s\":{rate:.0},\"growth\":{growth:.2}}}\n"
            )
        } else {
            format!("{rate:7.0} {growth:6.2} {hits_per_kb:9.1}  {unit:?}\n")
        }
    }
}

/// As a string of JSON has it (RFC 8259 7).
fn escaped(letter: char) -> impl Iterator<Item = char> {
    let code = u32::from(letter);
    let text = match letter {
        '"' | '\\' => format!("\\{letter}"),
        _ if code < 0x20 => format!("\\u{code:04x}"),
        _ => String::from(letter),
    };
    text.chars().collect::<Vec<_>>().into_iter()
}
