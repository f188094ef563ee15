//! The texts whose throughput is measured, the same in every run.

use std::fmt::Write as _;

/// Bytes of each.
const LONG: usize = 4 << 20;

pub(crate) const NAMES: [&str; 8] = ["sparse", "dense", "digits", "ats", "letters", "prose", "json", "table"];

/// Prose of one language, without a number, in front of each finding.
const PLAIN: &str = "Bonjour, could you please summarise the following discharge letter for the general \
    practitioner and keep it short? The patient came in on Monday with chest pain, the ECG was normal, and \
    the troponin values were not raised. We advise a stress test within two weeks; the blood pressure \
    should be measured every morning. Der Patient wurde in gutem Zustand entlassen und soll sich bei \
    erneuten Beschwerden sofort vorstellen; weitere Untersuchungen sind zur Zeit nicht geplant. ";

/// Letters to a customer, a school, a hospital in eight languages, two in a line, with their accents, quotes and dashes,
/// and some twenty years, prices, days and hours in a kilobyte.
const PROSE: &str = include_str!("prose.txt");

/// One finding after the other, seventy in a kilobyte; with a word between two of them, fifty.
const DENSE: [&str; 8] = [
    "a@b.example ",
    "192.0.2.17 ",
    "b@c.example ",
    "DE89370400440532013000 ",
    "x@yz.example ",
    "4111111111111111 ",
    "756.9217.0769.85 ",
    "c@d.example ",
];

/// Words of prose that stand between findings.
const WORDS: [&str; 13] = [
    "from ", "écrit ", "naar ", "whereas ", "für ", "sobre ", "neben ", "sowie ", "della ", "avec ",
    "beside ", "oder ", "before ",
];

/// Each with its name, in the order of [`NAMES`].
pub(crate) fn all() -> [(&'static str, String); NAMES.len()] {
    let [sparse, dense, digits, ats, letters, prose, json, table] = NAMES;
    let alone = |pattern: &str| pattern.chars().cycle().take(LONG).collect();
    [
        (sparse, with_findings([PLAIN].into_iter())),
        (dense, with_findings(WORDS.into_iter())),
        (digits, random_digits()),
        (ats, alone("@")),
        (letters, alone("abcdefghijklmnopqrstuvwxyz")),
        (prose, with_findings(PROSE.split_inclusive('\n'))),
        (json, records(record)),
        (table, records(row)),
    ]
}

/// Parts of a text with a finding behind each.
fn with_findings<'t>(parts: impl Iterator<Item = &'t str> + Clone) -> String {
    let mut text = String::with_capacity(LONG + 1024);
    let mut pairs = parts.cycle().zip(DENSE.iter().cycle());
    while let (true, Some((part, finding))) = (text.len() < LONG, pairs.next()) {
        text.push_str(part);
        text.push_str(finding);
    }
    text
}

/// Numbers that look random.
fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn random_digits() -> String {
    let digits = (0u64..).map(|number| (mixed(number) >> 60) % 10);
    digits
        .take(LONG)
        .filter_map(|digit| u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)))
        .collect()
}

/// What services answer and log.
fn record(text: &mut String, random: u64) {
    let (id, price, day) = (random >> 40 & 0xffff, random >> 32 & 0xff, random >> 20 & 15);
    let _ = write!(
        text,
        "{{\"id\": {id}, \"name\": \"Item {day}\", \"price\": {price}.5, \"active\": true, \"created_at\": \
         \"2026-10-{:02}T10:00:00Z\", \"uuid\": \"{:08x}-{:04x}-4{:03x}-8000-{:012x}\"}}, ",
        day + 10,
        random >> 32,
        random >> 48,
        random >> 52,
        random >> 16,
    );
}

/// What a spreadsheet exports.
fn row(text: &mut String, random: u64) {
    let (id, count, price, day) =
        (random >> 40 & 0x1fff, random >> 30 & 0x1ff, random >> 20 & 0xff, random >> 10 & 15);
    let _ = writeln!(text, "{id};Ventil;{count};{price}.46;IT;2026-07-{:02}", day + 10);
}

fn records(append: fn(&mut String, u64)) -> String {
    let mut text = String::with_capacity(LONG + 1024);
    let mut number = 0;
    while text.len() < LONG {
        number += 1;
        append(&mut text, mixed(number) ^ number);
    }
    text
}
