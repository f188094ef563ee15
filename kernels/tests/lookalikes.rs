//! What looks like an identifier and is none: versions, hashes, times, numbers of things, measures.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::sync::LazyLock;

use inland_kernels::{Engine, Finding, Label};

fn scan(text: &str) -> Vec<Finding> {
    static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

/// What is taken for something personal: a company's number is none, and telephone numbers, which have no
/// check, have tests of their own.
fn personal(text: &str) -> Vec<(&'static str, &str)> {
    let found =
        scan(text).into_iter().filter(|found| !matches!(found.label, Label::CompanyId | Label::Phone));
    found.map(|found| (found.kind, text.get(found.start..found.end).unwrap_or("?"))).collect()
}

/// Numbers that are always the same ones (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn digits(&mut self, count: usize) -> String {
        let first = char::from_digit(u32::try_from(1 + self.below(9)).unwrap(), 10).unwrap();
        let rest = (1..count).map(|_| char::from_digit(u32::try_from(self.below(10)).unwrap(), 10).unwrap());
        [first].into_iter().chain(rest).collect()
    }

    fn hex(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from_digit(u32::try_from(self.below(16)).unwrap(), 16).unwrap()).collect()
    }
}

/// Of `count` texts no more than `allowed` hold something personal.
fn at_most(allowed: usize, count: usize, what: &str, mut text: impl FnMut(&mut Random) -> String) {
    let mut random = Random(7);
    let texts: Vec<String> = (0..count).map(|_| text(&mut random)).collect();
    let taken: Vec<_> =
        texts.iter().map(|text| (text, personal(text))).filter(|(_, it)| !it.is_empty()).collect();
    assert!(taken.len() <= allowed, "{} of {count} {what}\n{taken:?}", taken.len());
}

#[test]
fn versions_are_none() {
    at_most(0, 500, "versions", |random| {
        let [a, b, c, d] = [random.below(30), random.below(100), random.below(1000), random.below(256)];
        match random.below(5) {
            0 => format!("version {a}.{b}.{c}.{d}"),
            1 => format!("v{a}.{b}.{c}-rc.{d}"),
            2 => format!("inland-kernels = \"{a}.{b}.{c}\""),
            3 => format!("firmware {a}.{b}.{c}, build {}", random.digits(4)),
            _ => format!("release 20{a:02}.{b:02}.{d}"),
        }
    });
}

#[test]
fn hashes_and_uuids_are_none() {
    at_most(0, 2000, "hashes", |random| match random.below(5) {
        0 => format!("commit {}", random.hex(40)),
        1 => format!("sha256:{}", random.hex(64)),
        2 => format!("fixed in {} by Anna", random.hex(10)),
        3 => format!("ETag: \"{}-{}\"", random.hex(8), random.hex(12)),
        _ => {
            let parts = [8, 4, 4, 4, 12].map(|count| random.hex(count));
            format!("request {} done", parts.join("-"))
        }
    });
}

#[test]
fn hexadecimal_dumps_are_none() {
    at_most(0, 500, "dumps", |random| {
        let bytes: Vec<String> = (0..16).map(|_| random.hex(2)).collect();
        format!("{:08x}  {}  |................|", random.below(1 << 20) * 16, bytes.join(" "))
    });
}

#[test]
fn times_are_none() {
    at_most(2, 2000, "times", |random| {
        let second = 1_400_000_000 + random.below(500_000_000);
        let (month, day) = (1 + random.below(12), 1 + random.below(28));
        let (hour, minute, rest) = (random.below(24), random.below(60), random.below(60));
        match random.below(7) {
            0 => format!("\"timestamp\": {second}{:03}", random.below(1000)),
            1 => format!("at {second}.{:06} the job ended", random.below(1_000_000)),
            2 => format!("created_at={second}{:06}", random.below(1_000_000)),
            3 => {
                format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{rest:02}.{:03}Z", random.below(1000))
            }
            4 => format!("[{day:02}/{month:02}/2026:{hour:02}:{minute:02}:{rest:02} +0100]"),
            5 => format!("backup-2026{month:02}{day:02}{hour:02}{minute:02}{rest:02}.tar"),
            _ => format!("mtime {second}{:09}", random.below(1_000_000_000)),
        }
    });
}

/// Seconds and milliseconds since 1970 in one piece may be a day of birth, a serial number and a check digit: a name that
/// speaks of a moment decides, and where none does a number is not dropped.
#[test]
fn seconds_that_are_called_a_moment_are_none() {
    const NAMES: [&str; 10] = [
        "ts={}",
        "\"created\": {},",
        "\"updatedAt\":{}",
        "exp: {}",
        "\"iat\":{}",
        "unix time {}",
        "mtime {}",
        "expires_at={}",
        "last_seen: {}",
        "Zeitstempel {}",
    ];
    at_most(0, 20_000, "seconds", |random| {
        let name = NAMES[usize::try_from(random.below(10)).unwrap()];
        let second = 1_400_000_000 + random.below(500_000_000);
        let more = if random.below(2) == 0 { String::new() } else { format!("{:03}", random.below(1000)) };
        name.replace("{}", &format!("{second}{more}"))
    });
    at_most(120, 2000, "seconds", |random| format!("value {} ok", 1_400_000_000 + random.below(500_000_000)));
    assert_eq!(personal("created for CPR 1404801232"), [("dk.cpr", "1404801232")]);
}

/// A word for a thing keeps numbers away; those of more than eleven digits with a date and check digits, and
/// cards, are reported all the same, and some random numbers are so strong by chance.
#[test]
fn numbers_of_things_are_none_in_twelve_languages() {
    const THINGS: [&str; 36] = [
        "Order number: {}",
        "Invoice {} is due",
        "Ticket #{}",
        "Bestellnummer {}",
        "Rechnungsnummer: {}",
        "Vorgang {} wurde geschlossen",
        "Numéro de commande : {}",
        "Facture {}",
        "Dossier {}",
        "Ordine n. {}",
        "Fattura {}",
        "Spedizione {}",
        "Pedido {}",
        "Factura n.º {}",
        "Encomenda {}",
        "Bestelling {}",
        "Factuurnummer {}",
        "Ordrenummer {}",
        "Faktura {}",
        "Fakturanummer: {}",
        "Numer zamówienia {}",
        "Faktura nr {}",
        "Objednávka č. {}",
        "Faktúra {}",
        "Rendelés: {}",
        "Számla {}",
        "Tilausnumero {}",
        "Lasku {}",
        "Comandă {}",
        "Factură {}",
        "Tracking number {}",
        "Serial no. {}",
        "Batch {}",
        "Artikelnummer {}",
        "SKU {}",
        "Parcel {}",
    ];
    for length in 6..=14 {
        at_most(7, 360, "things", |random| {
            let thing = THINGS[usize::try_from(random.below(THINGS.len() as u64)).unwrap()];
            thing.replace("{}", &random.digits(length))
        });
    }
}

/// The check digit of books and goods (GS1 General Specifications 7.9).
fn with_gs1_check(body: &str) -> String {
    let weighted = body.bytes().rev().zip([3, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[test]
fn numbers_of_books_and_goods_are_none() {
    at_most(0, 500, "books", |random| {
        let number = with_gs1_check(&format!("978{}", random.digits(9)));
        match random.below(3) {
            0 => format!("ISBN {number}"),
            1 => format!("ISBN {}-{}-{}", &number[..3], &number[3..12], &number[12..]),
            _ => format!("the book {number} is out of print"),
        }
    });
    at_most(10, 2000, "goods", |random| match random.below(3) {
        0 => format!("EAN: {}", with_gs1_check(&random.digits(12))),
        1 => format!("GTIN {}", with_gs1_check(&format!("0{}", random.digits(12)))),
        _ => format!("barcode {} scanned", with_gs1_check(&random.digits(12))),
    });
}

#[test]
fn measures_prices_and_places_are_none() {
    at_most(0, 3000, "measures", |random| {
        let (a, b) = (random.below(180), random.below(100_000_000));
        match random.below(8) {
            0 => format!("[0.{}, -0.{b:08}, {a}.{b:08}]", random.digits(16)),
            1 => format!("{a}.{b:08}, {}.{:06}", random.below(90), random.below(1_000_000)),
            2 => format!(
                "lat={}.{:07}&lon={a}.{:07}",
                random.below(90),
                random.below(10_000_000),
                b % 10_000_000
            ),
            3 => format!("EUR {}.{:03}.{:03},{:02}", 1 + random.below(99), b % 1000, a, b % 100),
            4 => format!("costs {}.{:02} USD", random.digits(6), b % 100),
            5 => format!("1.{}e-{}", random.digits(12), a % 20),
            6 => format!("{}x{} pixels, {} kB", 100 + a, 200 + a, b % 100_000),
            _ => format!("loss: {}.{:07} step: {}", a % 10, b % 10_000_000, random.digits(5)),
        }
    });
}

#[test]
fn what_has_no_check_is_only_what_the_word_before_it_is_about() {
    let all = |text: &str| -> Vec<(&'static str, String)> {
        scan(text).into_iter().map(|it| (it.kind, text[it.start..it.end].to_owned())).collect()
    };
    for (text, expected) in [
        ("VSK-númer 12345", &[("is.vsk", "12345")][..]),
        ("VAT no. 2: 12345", &[("is.vsk", "12345")]),
        ("12345 (VSK)", &[("is.vsk", "12345")]),
        ("VAT no.: IE7534146S\nCustomer 442240, order 2026-01-90496", &[("ie.vat", "IE7534146S")]),
        ("CIF: B44250397\nCliente 8950, pedido", &[("es.cif", "B44250397")]),
        ("rekisterinumero: ZKT-483, ajettu 84 512 km", &[("plate", "ZKT-483")]),
        ("73477 Kristianstad, VAT-nr saknas", &[]),
    ] {
        let expected: Vec<_> = expected.iter().map(|(kind, number)| (*kind, (*number).to_owned())).collect();
        assert_eq!(all(text), expected, "{text}");
    }
}

#[test]
fn an_address_or_a_day_at_which_somebody_is_reached_is_no_telephone() {
    let address = scan("Der Server ist erreichbar unter 192.0.2.17.");
    assert_eq!(address.iter().map(|it| it.kind).collect::<Vec<_>>(), ["ip.v4"]);
    for text in ["erreichbar ab 01.02.2025", "You can reach me before 12.30", "joignable de 08:00 à 12:00"] {
        assert_eq!(scan(text), [], "{text}");
    }
}

#[test]
fn the_words_of_a_key_of_json_are_words() {
    for (text, expected) in [
        ("{\"orderId\": \"4540680390\"}", None),
        ("{\"appVersion\": \"1.2.3.4\"}", None),
        ("{\"phoneNumber\": \"030901820\"}", Some("phone")),
        ("{\"licensePlate\": \"B-AB 1234\"}", Some("plate")),
        ("{\"imeiNumber\": \"352099001761481\"}", Some("imei")),
        ("{\"swiftCode\": \"DEUTDEFF500\"}", Some("bic")),
    ] {
        assert_eq!(scan(text).first().map(|it| it.kind), expected, "{text}");
    }
}

#[test]
fn a_version_is_none_in_any_language() {
    for word in ["версия", "wersja", "verzió", "verze", "versión", "versione", "versjon", "versão", "έκδοση"]
    {
        assert_eq!(personal(&format!("{word} 1.2.3.4")), [], "{word}");
    }
    assert_eq!(personal("адрес 10.2.3.4"), [("ip.v4", "10.2.3.4")]);
}

#[test]
fn six_pairs_are_a_mac_only_if_hexadecimal_and_whole() {
    for text in ["01-02-03-04-05-06", "00-1a-2b-3c-4d-5e-6f", "00-1a-2b-3c-4d-5g", "x00-1a-2b-3c-4d-5e"] {
        assert!(personal(text).iter().all(|&(kind, _)| kind != "mac"), "{text}");
    }
    assert_eq!(personal("00-1a-2b-3c-4d-5e."), [("mac", "00-1a-2b-3c-4d-5e")]);
}
