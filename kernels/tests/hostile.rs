//! Whatever the text: findings are exact places, in order, apart; true numbers are found among anything;
//! no text is slow.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use inland_kernels::{Engine, Finding, normalise};
use proptest::prelude::*;

/// Prefixes, labels, separators, halves of numbers and characters that look like others or like nothing.
const ATTACK: &str = "(sk-|ghp_|eyJ|AKIA|-----BEGIN PRIVATE KEY-----|-----END|password=|\"token\": \"|\
    Passwort lautet |Bearer |://|u:p@|@|@example\\.org|DE89|DE89 3704 0044 0532 0130 00|GB82 WEST|4111|4111 1111 1111 1111|\
    756\\.9217\\.0769\\.85|131052-308T|880320-0016|2 53 07 2A 073 004 43|X2482300W|RCCMNL83S18D969H|\\+49|\\(0\\)|tel |NHS |\
    192\\.0\\.2\\.1|::|fe80:|[0-9]{1,20}|[ ./:=+,;~'\"()-]|[a-zA-Z]{1,8}|é|ß|漢字|👨‍👩‍👧|\u{200b}|\u{a0}|\u{ad}|[\u{ff10}-\u{ff1a}]|＠|[\u{660}-\u{669}]|\n){0,40}";

/// Made once: its tables are shared.
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);

fn scan(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn places_are_exact_in_order_and_apart(text in ATTACK) {
        let mut reach = 0;
        for found in scan(&text) {
            prop_assert!(reach <= found.start && found.start < found.end, "{found:?}");
            prop_assert!(text.get(found.start..found.end).is_some(), "{found:?} cuts a character");
            prop_assert!(found.score <= 100);
            reach = found.end;
        }
    }

    #[test]
    fn the_value_of_what_was_found_is_not_empty_and_is_its_own_value(text in ATTACK) {
        for found in scan(&text) {
            let value = normalise(found.kind, text.get(found.start..found.end).unwrap_or_default());
            prop_assert!(!value.is_empty(), "{found:?}");
            prop_assert_eq!(normalise(found.kind, &value), value);
        }
    }

    /// The text before and after may be anything that does not continue the number.
    #[test]
    fn a_true_number_is_found_among_anything(
        (kind, number) in number(),
        before in "([a-zé.,;!?(\"\n ]|[0-9]{1,3}[ ,;]){0,30}[ (\"\n:]",
        after in "([ ),;!?\"\n][a-zé., ]{0,30})?",
    ) {
        let text = format!("{before}{number}{after}");
        let (start, end) = (before.len(), before.len() + number.len());
        let found = scan(&text);
        let covered = found.iter().any(|f| f.start <= start && end <= f.end);
        prop_assert!(covered, "{kind} at {start}..{end} of {text:?}: {found:?}");
        if before.trim().is_empty() {
            // Some digits are numbers of two countries: the place is the same.
            prop_assert!(found.iter().any(|f| (f.start, f.end) == (start, end)), "{kind} {text:?} {found:?}");
        }
    }
}

/// True numbers, made with arithmetic of its own.
fn number() -> impl Strategy<Value = (&'static str, String)> {
    (0..9usize, 0..10_000_000_000u64, 0..100u64, 1..=12u64, 1..=28u64).prop_map(
        |(scheme, random, year, month, day)| {
            match scheme {
                0 => {
                    let body = format!("4{:014}", random * 7919 % 100_000_000_000_000);
                    ("card.visa", format!("{body}{}", luhn_digit(&body)))
                }
                1 => {
                    let account = format!("{:018}", u128::from(random) * 99_999_989);
                    let rest = account.parse::<u128>().unwrap_or(0) * 1_000_000 % 97;
                    // D is 13, E is 14, the check digits 00.
                    let check = 98 - (rest + 131_400) % 97;
                    ("iban", format!("DE{check:02}{account}"))
                }
                2 => {
                    let body = 1_000_000_000_000
                        + year * 10_000_000_000
                        + month * 100_000_000
                        + 75 * 1_000_000
                        + random % 1_000_000;
                    ("fr.nir", format!("{body}{:02}", 97 - body % 97))
                }
                3 => {
                    let body = format!("756{:09}", random % 1_000_000_000);
                    let sum: u32 = digits(&body)
                        .enumerate()
                        .map(|(place, digit)| if place % 2 == 0 { digit } else { digit * 3 })
                        .sum();
                    let text = format!("{body}{}", (10 - sum % 10) % 10);
                    ("ch.ssn", text)
                }
                4 => {
                    let body = format!("{year:02}{month:02}{day:02}{:03}", random % 1000);
                    let check = luhn_digit(&body);
                    ("se.personnummer", format!("{year:02}{month:02}{day:02}-{:03}{check}", random % 1000))
                }
                5 => {
                    let serial = 2 + random % 898;
                    let rest = (((day * 100 + month) * 100 + year) * 1000 + serial) % 31;
                    let letter = "0123456789ABCDEFHJKLMNPRSTUVWXY"
                        .chars()
                        .nth(usize::try_from(rest).unwrap_or(0))
                        .unwrap_or('?');
                    ("fi.hetu", format!("{day:02}{month:02}{year:02}-{serial:03}{letter}"))
                }
                6 => {
                    let body = random % 100_000_000;
                    let letter = "TRWAGMYFPDXBNJZSQVHLCKE"
                        .chars()
                        .nth(usize::try_from(body % 23).unwrap_or(0))
                        .unwrap_or('?');
                    ("es.dni", format!("{body:08}{letter}"))
                }
                7 => ("email", format!("a{random}@example{year}.org")),
                _ => ("ip.v4", format!("{}.{year}.{month}.{day}", 1 + random % 255)),
            }
        },
    )
}

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
    text.chars().filter_map(|digit| digit.to_digit(10)).collect::<Vec<_>>().into_iter()
}

fn luhn_digit(body: &str) -> u32 {
    let sum: u32 = digits(body)
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, 5..) => digit * 2 - 9,
            (0, _) => digit * 2,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

/// The bound is generous, because test builds are slow and machines are shared; a quadratic scan of this
/// much text would need minutes.
#[test]
fn no_text_is_slow() {
    const LENGTH: usize = 256 * 1024;
    const LIMIT: Duration = Duration::from_secs(5);
    for pattern in [
        "1",
        "@",
        "a",
        "a.",
        "a@",
        "1 ",
        "0 ",
        "1-",
        "+1",
        "06 ",
        ":",
        "1:",
        "::",
        "sk-",
        "eyJ.",
        "://",
        "password=$",
        "a://a:",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "asswor is ",
        "\"@",
        "\u{200b}",
        "\u{a0}1",
        "é@",
        "~",
        "Q~",
        "8Q~",
    ] {
        let text = pattern.repeat(LENGTH / pattern.len());
        let start = Instant::now();
        scan(&text);
        let took = start.elapsed();
        assert!(took < LIMIT, "{pattern:?} took {took:?}");
    }
}
