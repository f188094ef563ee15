//! Identifiers that are hidden from machines: encoded, broken, written in letters that look alike.

#[path = "evasion/encoders.rs"]
mod encoders;

use std::sync::LazyLock;

use encoders::{ENCODERS, alike, base64, quoted_printable};
use inland_kernels::{Engine, Finding, normalise};
use proptest::prelude::*;

/// Made once: its tables are shared.
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);

fn scan(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

/// The kinds found in `text` with what they cover.
fn kinds(text: &str) -> Vec<(&'static str, &str)> {
    let found = scan(text).into_iter();
    found.map(|found| (found.kind, text.get(found.start..found.end).unwrap_or("?"))).collect()
}

/// (kind, the text, what of it is found)
const HIDDEN: &[(&str, &str, &str)] = &[
    // Letters that look alike: Cyrillic, Greek, of mathematics, in circles.
    ("iban", "to DЕ89 3704 0044 0532 0130 00 now", "DЕ89 3704 0044 0532 0130 00"),
    ("iban", "to ΒΕ68 5390 0754 7034 now", "ΒΕ68 5390 0754 7034"),
    ("iban", "to 𝐃𝐄𝟖𝟗 𝟑𝟕𝟎𝟒 𝟎𝟎𝟒𝟒 𝟎𝟓𝟑𝟐 𝟎𝟏𝟑𝟎 𝟎𝟎 now", "𝐃𝐄𝟖𝟗 𝟑𝟕𝟎𝟒 𝟎𝟎𝟒𝟒 𝟎𝟓𝟑𝟐 𝟎𝟏𝟑𝟎 𝟎𝟎"),
    ("email", "to аnna@example.org now", "аnna@example.org"),
    ("email", "to ⓐⓝⓝⓐ@example.org now", "ⓐⓝⓝⓐ@example.org"),
    ("es.dni", "to 54362315К now", "54362315К"),
    ("card.visa", "a ４１１１ １１１１ １１１１ １１１１ b", "４１１１ １１１１ １１１１ １１１１"),
    ("card.visa", "a ๔๑๑๑ ๑๑๑๑ ๑๑๑๑ ๑๑๑๑ b", "๔๑๑๑ ๑๑๑๑ ๑๑๑๑ ๑๑๑๑"),
    ("card.visa", "a 4\u{fe0f}\u{20e3}111 1111 1111 1111 b", "4\u{fe0f}\u{20e3}111 1111 1111 1111"),
    ("card.visa", "a 41\u{200b}11 1111\u{2060} 1111 1111 b", "41\u{200b}11 1111\u{2060} 1111 1111"),
    // Percent encoding.
    ("email", "?to=anna%40example.org&x", "anna%40example.org"),
    ("email", "?q=mail%20anna%40example.org%2C+now", "anna%40example.org"),
    ("email", "write%20anna@example.org now", "anna@example.org"),
    ("email", "?to=j%C3%B6rg%40m%C3%BCller.example", "j%C3%B6rg%40m%C3%BCller.example"),
    ("email", "?to=j%F6rg%40example.org", "j%F6rg%40example.org"),
    ("email", "?to=anna%u0040example.org", "anna%u0040example.org"),
    ("phone", "?tel=%2B49%2030%20901820&x", "%2B49%2030%20901820"),
    ("iban", "/pay/DE89%203704%200044%200532%200130%2000/", "DE89%203704%200044%200532%200130%2000"),
    (
        "card.visa",
        "c=%34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31&",
        "%34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31",
    ),
    // Character references.
    ("email", "<a>anna&#64;example.org</a>", "anna&#64;example.org"),
    ("email", "<a>anna&#x40;example&#46;org</a>", "anna&#x40;example&#46;org"),
    ("email", "<a>anna&#64example.org</a>", "anna&#64example.org"),
    ("email", "<a>anna&commat;example&period;org</a>", "anna&commat;example&period;org"),
    (
        "iban",
        "<td>DE89&nbsp;3704&nbsp;0044&nbsp;0532&nbsp;0130&nbsp;00</td>",
        "DE89&nbsp;3704&nbsp;0044&nbsp;0532&nbsp;0130&nbsp;00",
    ),
    (
        "card.visa",
        "4111&shy;1111&ZeroWidthSpace;1111&zwnj;1111",
        "4111&shy;1111&ZeroWidthSpace;1111&zwnj;1111",
    ),
    // Escapes.
    ("email", r#"{"a": "anna\u0040example.org"}"#, r"anna\u0040example.org"),
    ("email", r#"{"a": "anna\x40example\x2eorg"}"#, r"anna\x40example\x2eorg"),
    ("email", r#"{"a": "anna\u{40}example.org"}"#, r"anna\u{40}example.org"),
    ("email", r#"{"a": "anna\100example.org"}"#, r"anna\100example.org"),
    ("email", r#"{"a": "Hello\nanna@example.org\nBye"}"#, "anna@example.org"),
    ("email", r"anna\@example\.org", r"anna\@example\.org"),
    ("iban", r#"{"a": "Account:\nDE89370400440532013000\n"}"#, "DE89370400440532013000"),
    (
        "iban",
        r#"{"a": "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"}"#,
        r"DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
    ),
    ("card.visa", r#"{"a": "4111 1111\n1111 1111"}"#, r"4111 1111\n1111 1111"),
    ("card.visa", r#""\uff14111 1111 1111 1111""#, r"\uff14111 1111 1111 1111"),
    ("secret.url-credentials", r#"{"u": "https:\/\/anna:hunter2xyz@db.example.org\/x"}"#, "anna:hunter2xyz"),
    // Quoted-printable.
    ("email", "Contact: anna=40example.org", "anna=40example.org"),
    (
        "email",
        "Contact: =61=6E=6E=61=40=65=78=61=6D=70=6C=65=2E=6F=72=67",
        "=61=6E=6E=61=40=65=78=61=6D=70=6C=65=2E=6F=72=67",
    ),
    ("email", "Contact: j=C3=B6rg@example.org", "j=C3=B6rg@example.org"),
    (
        "iban",
        "A long line of a message that goes on with the number DE89 3704 004=\n4 0532 0130 00",
        "DE89 3704 004=\n4 0532 0130 00",
    ),
    // Broken numbers.
    ("card.visa", "card 4111 1111\n1111 1111 of", "4111 1111\n1111 1111"),
    ("card.visa", "card 4111 1111\r\n    1111 1111 of", "4111 1111\r\n    1111 1111"),
    ("card.visa", "card 4111\n1111\n1111\n1111", "4111\n1111\n1111\n1111"),
    ("card.visa", "card 4111  1111 -- 1111 - 1111 of", "4111  1111 -- 1111 - 1111"),
    ("card.visa", "card 4111_1111_1111_1111 of", "4111_1111_1111_1111"),
    ("card.visa", "9371;Bolt;46.16\n6002;4111 1111\n1111 1111;IT\n9;1", "4111 1111\n1111 1111"),
    ("iban", "9371,Bolt,46.16\n6002,DE89 3704 0044\n0532 0130 00,IT\n9,1", "DE89 3704 0044\n0532 0130 00"),
    ("card.visa", "card 4111\t1111\t1111\t1111 of", "4111\t1111\t1111\t1111"),
    ("iban", "to DE89 3704\n00440532 0130 00 now", "DE89 3704\n00440532 0130 00"),
    ("iban", "to DE89 3704\n0044 0532 0130 00 now", "DE89 3704\n0044 0532 0130 00"),
    ("iban", "to GB82\nWEST 1234 5698 7654 32 now", "GB82\nWEST 1234 5698 7654 32"),
    ("iban", "to MT84 MALT\n0110 0001 2345 MTLC AST0 01S now", "MT84 MALT\n0110 0001 2345 MTLC AST0 01S"),
    ("fr.nir", "NIR 2 95 10 99\n126 111 93.", "2 95 10 99\n126 111 93"),
    ("se.personnummer", "nr 880320 - 0016.", "880320 - 0016"),
    // Spelt out.
    ("email", "write to anna (at) example (dot) org today", "anna (at) example (dot) org"),
    ("email", "write to anna[at]example[dot]org today", "anna[at]example[dot]org"),
    ("email", "an anna.muster [AT] example [Punkt] org.", "anna.muster [AT] example [Punkt] org"),
    // Base64: whole groups of four characters.
    ("email", "see YW5uYUBleGFtcGxlLm9yZw== there", "YW5uYUBleGFtcGxlLm9yZw=="),
    ("email", "see YW5uYUBleGFtcGxlLm9yZw there", "YW5uYUBleGFtcGxlLm9yZw"),
    ("email", "see eyJlbWFpbCI6ImFubmFAZXhhbXBsZS5vcmcifQ there", "ImFubmFAZXhhbXBsZS5vcmci"),
    // The last line holds one character: it was left out once.
    ("email", "\n\neDogYW5uYUBleGFtcGxlLm9yZyw\ng\n\n", "YW5uYUBleGFtcGxlLm9yZyw\ng"),
    // Nested.
    ("email", "?to=anna%2540example.org&x", "anna%2540example.org"),
    ("email", "?to=anna%252540example.org&x", "anna%252540example.org"),
    ("email", r#""anna\\u0040example.org""#, r"anna\\u0040example.org"),
    ("email", "anna&amp;#64;example.org", "anna&amp;#64;example.org"),
    ("email", "?d=YW5uYSU0MGV4YW1wbGUub3Jn&x", "YW5uYSU0MGV4YW1wbGUub3Jn"),
    ("email", "?d=WVc1dVlVQmxlR0Z0Y0d4bExtOXladz09&x", "WVc1dVlVQmxlR0Z0Y0d4bExtOXladz09"),
];

#[test]
fn what_is_hidden_is_found_where_it_is_written() {
    let missed: Vec<_> = HIDDEN.iter().filter(|(kind, text, part)| kinds(text) != [(*kind, *part)]).collect();
    for (kind, text, part) in &missed {
        println!("{text:?}\n  wanted {kind} {part:?}\n  found  {:?}", kinds(text));
    }
    assert!(missed.is_empty(), "{} missed", missed.len());
}

/// True identifiers.
const IDENTIFIERS: [(&str, &str); 6] = [
    ("email", "anna.muster@mail.example.org"),
    ("email", "jörg@müller.example"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "MT84MALT011000012345MTLCAST001S"),
    ("card.visa", "4111 1111 1111 1111"),
    ("ch.ssn", "756.9217.0769.85"),
];

/// Where `kind` is found in `text`.
fn places(text: &str, kind: &str) -> Vec<(usize, usize)> {
    scan(text).iter().filter(|found| found.kind == kind).map(|found| (found.start, found.end)).collect()
}

/// Each of its characters with its own bit: encoded or as it is.
fn some_encoded(text: &str, chosen: u64, encode: impl Fn(char) -> String) -> String {
    let letters = text.chars().enumerate();
    letters
        .map(
            |(place, letter)| {
                if chosen >> (place % 64) & 1 == 1 { encode(letter) } else { letter.to_string() }
            },
        )
        .collect()
}

const PROSE: &str = "(([a-zé]{1,9}|Ünü|Слово|λόγος|[0-9]{1,2})[,;]? ){0,12}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_characters_of_an_identifier_may_be_encoded(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        (name, encode) in proptest::sample::select(&ENCODERS[..]),
        chosen: u64,
        before in PROSE,
        after in PROSE,
    ) {
        let hidden = some_encoded(identifier, chosen, encode);
        let text = format!("{before}: {hidden}, {after}");
        let start = before.len() + 2;
        prop_assert_eq!(places(&text, kind), [(start, start + hidden.len())], "{}: {}", name, text);
    }

    #[test]
    fn codes_may_be_encoded_again(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        (first, encode) in proptest::sample::select(&ENCODERS[..]),
        (second, again) in proptest::sample::select(&ENCODERS[..]),
        chosen: u64,
        twice: u64,
        before in PROSE,
    ) {
        // A code is encoded as a whole: half of one in another one is nothing that anybody reads.
        let twice_encoded = |letter: char| some_encoded(&encode(letter), u64::MAX, again);
        let (mut hidden, mut place) = (String::new(), 0);
        for letter in identifier.chars() {
            match (chosen >> place & 1, twice >> place & 1) {
                (1, 1) => hidden.push_str(&twice_encoded(letter)),
                (1, _) => hidden.push_str(&encode(letter)),
                _ => hidden.push(letter),
            }
            place += 1;
        }
        let text = format!("{before}: {hidden}, {before}");
        let start = before.len() + 2;
        prop_assert_eq!(places(&text, kind), [(start, start + hidden.len())], "{} {}: {}", first, second, text);
    }

    #[test]
    fn letters_may_look_alike_and_what_is_invisible_may_stand_between(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        chosen: u64,
        between: u64,
        before in PROSE,
        after in PROSE,
    ) {
        // A word of look-alikes alone is a word of their script.
        let alike = some_encoded(identifier, chosen & !1, alike);
        let mut hidden = some_encoded(&alike, between, |letter| format!("{letter}\u{200b}"));
        hidden.truncate(hidden.trim_end_matches('\u{200b}').len());
        let text = format!("{before}: {hidden}, {after}");
        let start = before.len() + 2;
        prop_assert_eq!(places(&text, kind), [(start, start + hidden.len())], "{}", text);
    }

    #[test]
    fn quoted_printable_hides_nothing(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        before in PROSE,
        after in PROSE,
    ) {
        let hidden: String = identifier.chars().map(quoted_printable).collect();
        let text = format!("{before}: {hidden}, {after}");
        let start = before.len() + 2;
        prop_assert_eq!(places(&text, kind), [(start, start + hidden.len())], "{}", text);
    }

    /// The place is that of the groups of four characters that hold the identifier.
    #[test]
    fn base64_hides_nothing(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        url: bool,
        line in proptest::option::of(16..100usize),
        before in PROSE,
        inside in PROSE,
        after in PROSE,
    ) {
        let encoded = base64(&format!("{inside}: {identifier}, {after}"), url);
        let first = inside.len() + 2;
        let start = first / 3 * 4;
        let end = (first + identifier.len()).div_ceil(3) * 4;
        let (mut lines, mut place) = (String::new(), (0, 0));
        for (index, letter) in encoded.char_indices() {
            if index > 0 && line.is_some_and(|line| index.is_multiple_of(line)) {
                lines.push('\n');
            }
            if index == start {
                place.0 = lines.len();
            }
            lines.push(letter);
            if index + 1 == end.min(encoded.len()) {
                place.1 = lines.len();
            }
        }
        let text = format!("{before}\n\n{lines}\n\n{before}");
        let offset = before.len() + 2;
        prop_assert_eq!(places(&text, kind), [(offset + place.0, offset + place.1)], "{}", text);
    }

    #[test]
    fn base64_may_be_a_layer_of_three(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        (name, encode) in proptest::sample::select(&ENCODERS[..]),
        chosen: u64,
        before in PROSE,
    ) {
        let inner = some_encoded(identifier, chosen, encode);
        let hidden = base64(&base64(&format!("see {inner} here"), true), false);
        let text = format!("{before}\"{hidden}\"");
        let found = places(&text, kind);
        let [(start, end)] = found[..] else { return Err(TestCaseError::fail(format!("{name} {text}"))) };
        prop_assert!(before.len() < start && end < text.len());
    }

    /// One break between two groups, where a line may end.
    #[test]
    fn a_number_may_be_broken_between_its_groups(
        (kind, identifier) in proptest::sample::select(&IDENTIFIERS[..]),
        gap in "\n|\r\n|\n {1,8}|  |\t| - | {2,5}|_|--| \\| ",
        chosen: u64,
        before in PROSE,
        after in PROSE,
    ) {
        let mut groups = identifier.split([' ', '.']).filter(|_| kind != "email");
        let mut hidden = groups.next().unwrap_or(identifier).to_owned();
        let mark = if kind == "ch.ssn" { "." } else { " " };
        for (place, group) in groups.enumerate() {
            hidden.push_str(if chosen >> (place % 64) & 1 == 1 { &gap } else { mark });
            hidden.push_str(group);
        }
        let text = format!("{before}: {hidden}, {after}");
        let start = before.len() + 2;
        prop_assert_eq!(places(&text, kind), [(start, start + hidden.len())], "{}", text);
    }
}

/// Where places are and that they cut no character.
const ATTACK: &str = "(%|%4|%40|%C3%A9|&#|&#64;|&amp;|&nbsp;|\\\\|\\\\u|\\\\u0040|\\\\ud83d\\\\ude00|\\\\x40|\\\\n|\\\\\n|=|=4|=40|=C3=A9|=\n|\
    \\(at\\)| \\[dot\\] |[A-Za-z0-9+/]{1,20}|YW5uYUBleGFtcGxlLm9yZw|=|==|4111 1111|1111 1111|DE89 3704|0044 0532 0130 00|\
    anna@example\\.org|[ \n\t._|*-]{1,3}|[0-9]{1,6}|Д|е|α|é|漢|👨‍👩‍👧|\u{200b}|\u{ff11}|[a-z]{1,5}){0,30}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn places_are_exact_in_order_and_apart(text in ATTACK) {
        let mut reach = 0;
        for found in scan(&text) {
            prop_assert!(reach <= found.start && found.start < found.end, "{found:?}");
            prop_assert!(text.get(found.start..found.end).is_some(), "{found:?} cuts a character");
            reach = found.end;
        }
    }

    #[test]
    fn a_value_is_its_own_value(text in ATTACK) {
        for found in scan(&text).iter().filter(|found| !found.kind.starts_with("secret.")) {
            let value = normalise(found.kind, text.get(found.start..found.end).unwrap_or_default());
            prop_assert!(!value.is_empty(), "{found:?}");
            prop_assert_eq!(normalise(found.kind, &value), value);
        }
    }
}

#[test]
fn the_value_is_that_of_what_was_hidden() {
    for (kind, hidden, value) in [
        ("email", "anna%2540example.org", "anna@example.org"),
        ("email", "аnna&#64;example (dot) org", "anna@example.org"),
        ("email", "ImFubmFAZXhhbXBsZS5vcmci", "anna@example.org"),
        ("email", "ImFubmFAZXhhbXBsZS5vcmc\ni", "anna@example.org"),
        ("iban", "DЕ89%203704\n0044  0532 0130\\u00a000", "DE89370400440532013000"),
        ("iban", "REU4OSAzNzA0IDAwNDQgMDUzMiAwMTMwIDAw", "DE89370400440532013000"),
        ("phone", "%2B49 30\n901820", "+4930901820"),
        ("fi.hetu", "131052 - 308T", "131052-308T"),
        ("card.visa", "４１１１ 1111 1111 1111", "4111111111111111"),
    ] {
        assert_eq!(normalise(kind, hidden), value, "{kind} {hidden}");
    }
}

#[test]
fn what_only_resembles_an_encoding_or_a_number_is_nothing() {
    // The head of a picture (PNG, 8 by 8 pixels), a list of hashes, random bytes.
    let picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGP8z4APMOGVZRip0gDH\
        0wEPk7Ug4QAAAABJRU5ErkJggg==";
    for text in [
        "Пациент 45 лет выписан 12 мая в 10:30, палата 7Б, давление 120/80, ГОСТ 7.32-2017, Ту-154М, С4.",
        "Ο ασθενής 45 ετών εξήλθε στις 12 Μαΐου στις 10:30, θάλαμος 7Α, πίεση 120/80, α1-αντιθρυψίνη.",
        "Пацієнт 45 років виписаний 12 травня о 10:30, палата 7Б, тиск 120/80, п'ять днів.",
        "Пациентът на 45 години е изписан на 12 май в 10:30, стая 7Б, налягане 120/80.",
        "see https://example.org/a%20b/%D0%9F%D1%80%D0%B8?x=%5B1%2C2%5D&y=100%25 for it",
        "function a(b,c){return b%c==0?\"\\u00e9\\n\":'\\x41'+b[0]&&c[1](d)||e.f(at)}var g=h&1;for(i=0;i<10;i++){}",
        r#"{"name":"x\ty","path":"C:\\new\\table\\100","re":"^\\d{4}-\\d{2}$","url":"https:\/\/example.org\/a"}"#,
        "<p>Fish &amp; chips &lt;b&gt; &#8364;12 &nbsp; &copy; 2024</p>",
        "width=40&height=20&x=10&size=3D",
        "year  2021  2022  2023  2024\ncount 1234  5678  9012  3456\nrate  4111  1111  1111  1111  1111\n",
        "4111\n1111\n1111\n1111\n2222\n3333\n4444\n",
        "| 4111 | 1111 | 1111 | 1111 | 2222 |\n| 3333 | 4444 | 5555 | 6666 | 7777 |\n",
        "It was in 2024.\n1234 people came (at noon) and [dot] stayed",
        "getElementsByTagName internationalization AbstractSingletonProxyFactoryBean",
        "d41d8cd98f00b204e9800998ecf8427e e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        picture,
    ] {
        assert_eq!(kinds(text), [], "{text}");
    }
}
