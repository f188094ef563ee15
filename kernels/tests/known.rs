//! Each kind with numbers that its issuer or a standard publishes as examples, and with what is nearly
//! one.

use std::sync::LazyLock;

use inland_kernels::{Engine, Finding, Label};

/// Made once: its tables are shared.
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);

fn scan(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

/// The kinds found in `text` with what they cover.
fn kinds(text: &str) -> Vec<(&'static str, &str)> {
    scan(text)
        .into_iter()
        .map(|found| (found.kind, text.get(found.start..found.end).unwrap_or("?")))
        .collect()
}

/// (kind, label, the number as written)
const EXAMPLES: &[(&str, Label, &str)] = &[
    ("fr.nir", Label::NationalId, "2 95 10 99 126 111 93"),
    ("fr.nir", Label::NationalId, "295109912611193"),
    ("fr.nir", Label::NationalId, "2951099126111 93"),
    ("fr.nir", Label::NationalId, "253072B07300470"),
    ("fr.nir", Label::NationalId, "253072A07300443"),
    ("fr.nir", Label::NationalId, "2 53 07 2A 073 004 43"),
    ("it.codicefiscale", Label::TaxId, "RCCMNL83S18D969H"),
    ("it.codicefiscale", Label::TaxId, "CNTCHR83T41D969D"),
    ("it.codicefiscale", Label::TaxId, "rccmnl83s18d969h"),
    ("it.codicefiscale", Label::TaxId, "RCC MNL 83S18 D969H"),
    ("es.dni", Label::NationalId, "54362315K"),
    ("es.dni", Label::NationalId, "54362315-K"),
    ("es.dni", Label::NationalId, "54.362.315-K"),
    ("es.cif", Label::CompanyId, "J99216582"),
    ("es.cif", Label::CompanyId, "ESJ99216582"),
    ("es.cif", Label::CompanyId, "ES J99216582"),
    ("at.uid", Label::CompanyId, "ATU13585627"),
    ("at.uid", Label::CompanyId, "AT U13585627"),
    ("es.nie", Label::NationalId, "X2482300W"),
    ("es.nie", Label::NationalId, "X-2482300-W"),
    ("de.idnr", Label::TaxId, "36574261809"),
    ("de.idnr", Label::TaxId, "36 574 261 809"),
    ("de.idnr", Label::TaxId, "86 095 742 719"),
    ("gb.nhs", Label::NationalId, "943 476 5919"),
    ("gb.nhs", Label::NationalId, "943-476-5870"),
    ("ch.ssn", Label::NationalId, "756.9217.0769.85"),
    ("ch.ssn", Label::NationalId, "7569217076985"),
    ("no.fodselsnummer", Label::NationalId, "15108695088"),
    ("no.fodselsnummer", Label::NationalId, "151086 95088"),
    ("se.personnummer", Label::NationalId, "880320-0016"),
    ("se.personnummer", Label::NationalId, "19880320-0016"),
    ("se.personnummer", Label::NationalId, "198803200016"),
    ("se.personnummer", Label::NationalId, "8803200016"),
    ("se.personnummer", Label::NationalId, "811228+9841"),
    ("se.personnummer", Label::NationalId, "701063-2391"),
    ("fi.hetu", Label::NationalId, "131052-308T"),
    ("fi.hetu", Label::NationalId, "010594Y9032"),
    ("iban", Label::Iban, "DE89 3704 0044 0532 0130 00"),
    ("iban", Label::Iban, "DE89370400440532013000"),
    ("iban", Label::Iban, "GB82 WEST 1234 5698 7654 32"),
    ("iban", Label::Iban, "FR14 2004 1010 0505 0001 3M02 606"),
    ("iban", Label::Iban, "fr1420041010050500013m02606"),
    ("iban", Label::Iban, "NO93 8601 1117 947"),
    ("iban", Label::Iban, "CH93 0076 2011 6238 5295 7"),
    ("iban", Label::Iban, "IT60 X054 2811 1010 0000 0123 456"),
    ("iban", Label::Iban, "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
    ("card.visa", Label::CardPan, "4111 1111 1111 1111"),
    ("card.visa", Label::CardPan, "4012888888881881"),
    ("card.visa", Label::CardPan, "4222222222222"),
    ("card.mastercard", Label::CardPan, "5555-5555-5555-4444"),
    ("card.mastercard", Label::CardPan, "2223003122003222"),
    ("card.amex", Label::CardPan, "3782 822463 10005"),
    ("card.amex", Label::CardPan, "371449635398431"),
    ("card.diners", Label::CardPan, "30569309025904"),
    ("card.discover", Label::CardPan, "6011111111111117"),
    ("card.jcb", Label::CardPan, "3530111333300000"),
    ("card.unionpay", Label::CardPan, "6200000000000005"),
    ("card.maestro", Label::CardPan, "6759649826438453"),
    ("card.dankort", Label::CardPan, "5019717010103742"),
    ("ip.v4", Label::IpAddress, "192.0.2.17"),
    ("ip.v6", Label::IpAddress, "2001:db8::8a2e:370:7334"),
    ("ip.v6", Label::IpAddress, "::ffff:192.0.2.1"),
    ("ip.v6", Label::IpAddress, "fe80::1"),
    ("mac", Label::DeviceId, "00:1A:2B:3C:4D:5E"),
    ("mac", Label::DeviceId, "00-1a-2b-3c-4d-5e"),
    ("email", Label::Email, "anna.muster+tag@mail.example.co.uk"),
    ("phone", Label::Phone, "+49 30 901820"),
    ("phone", Label::Phone, "06 12 34 56 78"),
];

#[test]
fn published_examples_are_found_with_their_exact_place() {
    for &(kind, label, number) in EXAMPLES {
        for (before, after) in
            [("", ""), ("It is ", ", as I said."), ("(", ")"), ("\"", "\"\n"), ("né à ", " – fin")]
        {
            let text = format!("{before}{number}{after}");
            let found = scan(&text);
            let expected = (kind, label, before.len(), before.len() + number.len());
            let places: Vec<_> = found.iter().map(|f| (f.kind, f.label, f.start, f.end)).collect();
            assert_eq!(places, [expected], "{text}");
        }
    }
}

#[test]
fn one_changed_digit_is_no_longer_that_number() {
    for &(kind, label, number) in EXAMPLES {
        if matches!(label, Label::IpAddress | Label::DeviceId | Label::Email | Label::Phone) {
            continue; // no check digits
        }
        // A check letter instead of the last digit where the number ends with one.
        let Some(last) = number.chars().last() else { continue };
        let other = match last {
            '9' => '0',
            'Z' | 'z' => 'A',
            _ => char::from_u32(u32::from(last) + 1).unwrap_or('?'),
        };
        let changed: String = number.chars().take(number.chars().count() - 1).chain([other]).collect();
        assert!(kinds(&changed).iter().all(|&(found, _)| found != kind), "{kind} {changed}");
    }
}

#[test]
fn lookalikes_are_not_found() {
    for text in [
        "550e8400-e29b-41d4-a716-446655440000",
        "12345678-1234-1234-1234-411111111111",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "a4111111111111111",
        "41111111111111110000",
        "0.4111111111111111",
        "v1.2.3.4",
        "version 1.2.3.4",
        "OID 1.3.6.1.4.1",
        "300.1.2.3",
        "2024-05-12T10:30:00Z",
        "at 12:34:56",
        "1700000000",
        "1763900000",
        "order 2024123456",
        "invoice 4500012345678",
        "std::vec::Vec",
        "dead::beef",
        "a::b",
        "order 9434765919",
        "1434760006",
        "943 476 5918",
        "0000000000",
        "000 000 0000",
        "00000000-0000-0000-0000-000000000000",
        "user@localhost",
        "order 12345678 Z",
        "hotel 12345670",
        "scikit-learn and sk-learn-contrib-packages-of-all-kinds",
        "password: str",
        "password=${DB_PASSWORD}",
        "the password is very important",
        "token: abc",
        "secret = os.environ['SECRET_1234567890123456']",
        "primary key: 1234567890123456",
        "eyJ.eyJ.eyJ",
        "https://example.org:8443/path@1",
    ] {
        assert_eq!(kinds(text), [], "{text}");
    }
}

#[test]
fn a_weak_number_counts_beside_a_word_about_it() {
    for (text, expected) in [
        ("NHS number: 9434765919", vec![("gb.nhs", "9434765919")]),
        ("9434765919 (NHS)", vec![("gb.nhs", "9434765919")]),
        ("DNI 54362315 K", vec![("es.dni", "54362315 K")]),
        ("Tel 612345678", vec![("phone", "612345678")]),
    ] {
        assert_eq!(kinds(text), expected, "{text}");
    }
}

#[test]
fn the_words_around_a_number_decide_between_two_readings() {
    // 11 digits that are a Steuer-ID and a fødselsnummer at once.
    let both = "10027048396";
    for (text, kind) in
        [(format!("Steuer-ID {both}"), "de.idnr"), (format!("fødselsnummer {both}"), "no.fodselsnummer")]
    {
        assert_eq!(kinds(&text), [(kind, both)], "{text}");
    }
}

#[test]
fn a_number_written_to_hide_is_found_where_it_stands() {
    for (text, kind, number) in [
        ("karte ４１１１ １１１１ １１１１ １１１１.", "card.visa", "４１１１ １１１１ １１１１ １１１１"),
        ("4111\u{200b}111111111111", "card.visa", "4111\u{200b}111111111111"),
        ("4111\u{a0}1111\u{202f}1111\u{2007}1111", "card.visa", "4111\u{a0}1111\u{202f}1111\u{2007}1111"),
        ("٤١١١١١١١١١١١١١١١", "card.visa", "٤١١١١١١١١١١١١١١١"),
        ("anna＠example．org", "email", "anna＠example．org"),
        ("DE89\u{ad}370400440532013000", "iban", "DE89\u{ad}370400440532013000"),
        ("880320\u{2013}0016", "se.personnummer", "880320\u{2013}0016"),
    ] {
        assert_eq!(kinds(text), [(kind, number)], "{text}");
    }
    // An invisible character between two numbers must not make one that is none.
    assert_eq!(kinds("4111111111111111\u{200b}77777"), [("card.visa", "4111111111111111")]);
}

#[test]
fn findings_are_appended() {
    let mut found = scan("anna@example.org");
    Engine::cpu().scan("192.0.2.1 and 192.0.2.2", &mut found);
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), ["email", "ip.v4", "ip.v4"]);
}

#[test]
fn countries_are_those_of_the_scheme() {
    for (text, country) in [
        ("GB82 WEST 1234 5698 7654 32", Some(*b"GB")),
        ("7569217076985", Some(*b"CH")),
        ("+33612345678", Some(*b"FR")),
        ("4111111111111111", None),
    ] {
        assert_eq!(scan(text).first().map(|f| f.country), Some(country), "{text}");
    }
}

/// A manual's own example has the form of a key: it is removed, to be sure.
#[test]
fn a_key_that_says_that_it_is_an_example_is_one_all_the_same() {
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    assert_eq!(kinds(&format!("Schlüssel {key}.")), [("secret.aws-access-key", key.as_str())]);
}

#[test]
fn where_the_person_lives_settles_what_two_countries_numbers_may_be() {
    let kind_in = |text: &str, country: &[u8; 2]| {
        let mut found = Vec::new();
        Engine::cpu().scan_about(text, *country, &mut found);
        found.iter().map(|found| found.kind).collect::<Vec<_>>()
    };
    // A mobile number of Italy whose last digit is the check digit of an NHS number.
    assert_eq!(kind_in("333 123 4567", b"IT"), ["phone"]);
    assert_eq!(kind_in("333 123 4567", b"GB"), ["gb.nhs"]);
    // A word beside it says more than that.
    assert_eq!(kind_in("NHS number 333 123 4567", b"IT"), ["gb.nhs"]);
}
