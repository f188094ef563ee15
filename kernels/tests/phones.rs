//! Telephone numbers of every European plan, as phonenumbers draws and writes them (see
//! `oracle/phones.py`), and what looks like one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::sync::LazyLock;

use inland_kernels::{Engine, Finding};

/// Sentences that do not say what the number is.
const NEUTRAL: [&str; 12] = [
    "We have noted {} and will write again.",
    "Wir haben {} notiert und melden uns.",
    "Nous avons noté {} et reviendrons vers vous.",
    "Abbiamo annotato {} e vi scriveremo.",
    "Hemos anotado {} y le escribiremos.",
    "Zapisaliśmy {} i odezwiemy się.",
    "Vi har noterat ({}) och återkommer.",
    "Olemme merkinneet {}, ja palaamme asiaan.",
    "Σημειώσαμε {} και θα επανέλθουμε.",
    "Записахме {}.",
    "Poznačili sme si: {}; ozveme sa.",
    "{}",
];

/// A sentence with a word about it, for each region in its languages.
const NAMED: &[(&str, &str)] = &[
    ("AD AX CZ DE AT CH LI PL SE BE RS XK ME BA NO SJ DK FO TR", "Telefon: {}"),
    ("DE AT CH LI", "Sie erreichen mich mobil unter {}, auch abends."),
    ("DE AT CH LI LU", "Meine Handynummer ist {}."),
    ("DE AT CH LI", "Sie erreichen mich unter {}."),
    ("FR BE CH LU MC", "Vous pouvez me joindre au {}."),
    ("CZ", "Zastihnete mě na čísle {}."),
    ("DK FO", "Jeg kan træffes på {}."),
    ("PL", "Proszę o kontakt pod numerem {}."),
    ("PT", "Podem contactar-me pelo {}."),
    ("GR CY", "Μπορείτε να με βρείτε στο {}."),
    ("FR BE CH LU MC", "Vous pouvez me joindre par téléphone au {}."),
    ("FR BE CH LU MC", "Tél. : {}"),
    ("IT SM CH VA", "Il mio numero di telefono è {}."),
    ("IT SM CH VA", "Cell. {}"),
    ("ES AD", "Mi teléfono es el {}."),
    ("ES", "Móvil: {}"),
    ("AD ES", "Telèfon {}"),
    ("PT", "Telemóvel: {}"),
    ("NL BE", "Telefoonnummer: {}"),
    ("NL BE", "Mobiel {}"),
    ("GB GG IM JE IE MT GI CY", "Phone: {}"),
    ("GB GG IM JE IE MT GI", "Please call me on {} after six."),
    ("IE", "Guthán: {}"),
    ("MT", "Telefown: {}"),
    ("SE AX FI", "Tfn {}"),
    ("NO SJ DK FO", "Tlf. {}"),
    ("FI", "Puh. {}"),
    ("FI", "Puhelinnumeroni on {}."),
    ("EE", "Mobiil: {}"),
    ("LV", "Tālrunis: {}"),
    ("LT", "Mob. {}"),
    ("LT", "Telefonas {}"),
    ("PL", "Proszę o telefon pod numer {}."),
    ("PL", "Tel. kom. {}"),
    ("CZ", "Mobil: {}"),
    ("SK", "Telefón: {}"),
    ("HU", "Telefonszám: {}"),
    ("RO MD", "Telefonul meu este {}."),
    ("HR BA SI", "Mobitel: {}"),
    ("SI", "Telefonska številka: {}"),
    ("IS", "Sími: {}"),
    ("AL XK", "Telefoni: {}"),
    ("GR CY", "Τηλ. {}"),
    ("GR CY", "Το κινητό μου είναι {}."),
    ("BG", "Тел.: {}"),
    ("BG", "Мобилен телефон {}"),
    ("RS MK ME", "Телефон: {}"),
    ("UA BY", "Мій телефон {}."),
    ("UA BY", "тел. {}"),
    ("TR", "Cep tel: {}"),
];

/// Regions whose numbers are those of another country's plan.
const SHARED: [(&str, &str); 6] =
    [("AX", "FI"), ("GG", "GB"), ("IM", "GB"), ("JE", "GB"), ("SJ", "NO"), ("VA", "IT")];

struct Valid {
    region: String,
    international: String,
    e164: String,
    national: String,
    uri: String,
}

static LINES: LazyLock<String> = LazyLock::new(|| match std::env::var("INLAND_PHONES") {
    Ok(file) => std::fs::read_to_string(file).unwrap(),
    Err(_) => include_str!("oracle/phones.txt").to_owned(),
});

fn valid() -> impl Iterator<Item = Valid> {
    LINES.lines().filter(|line| line.starts_with("valid\t")).map(|line| {
        let parts: Vec<&str> = line.split('\t').collect();
        let part = |index: usize| parts[index].to_owned();
        Valid { region: part(1), international: part(3), e164: part(4), national: part(5), uri: part(6) }
    })
}

fn scan(text: &str) -> Vec<Finding> {
    static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

/// The finding of exactly the number in this sentence, if it is a telephone number's.
fn found(sentence: &str, number: &str) -> Option<Finding> {
    let text = sentence.replace("{}", number);
    let start = sentence.find("{}").unwrap();
    scan(&text)
        .into_iter()
        .find(|found| found.kind == "phone" && (found.start, found.end) == (start, start + number.len()))
}

/// How a sentence was read, for a report.
fn places(sentence: &str, number: &str) -> String {
    let text = sentence.replace("{}", number);
    let found = scan(&text);
    let of = |found: &Finding| format!("{} {:?}", found.kind, &text[found.start..found.end]);
    format!("{text:?}: {:?}", found.iter().map(of).collect::<Vec<_>>())
}

fn assert_none(wrong: &[String], of: usize) {
    assert!(wrong.is_empty() && of > 1000, "{} of {of}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_valid_number_in_international_form_is_found_in_neutral_sentences() {
    let (mut missed, mut all) = (Vec::new(), 0);
    for number in valid() {
        let home = SHARED.iter().find(|(region, _)| *region == number.region);
        let country = home.map_or(number.region.as_str(), |(_, country)| country).as_bytes().to_vec();
        let dialled = number.international.replacen('+', "00", 1);
        let uri = number.uri.replace("tel:", "");
        for written in [&number.international, &number.e164, &dialled, &uri] {
            for sentence in NEUTRAL {
                all += 1;
                let exit = written.starts_with("00") && !written.contains(' ');
                let it = found(sentence, written);
                let right = it.is_some_and(|it| it.country.is_some_and(|it| it.as_slice() == country));
                if !right && !exit {
                    missed.push(format!("{} {}", number.region, places(sentence, written)));
                }
            }
        }
    }
    assert_none(&missed, all);
}

/// `+49 30 901820 12 apples`: what follows a number is not its part. Where a plan has short numbers and
/// longer ones with the same beginning, nothing tells `+43 1 2372 12` from a number and a 12.
#[test]
fn a_number_that_is_written_as_its_plan_does_ends_where_it_ends() {
    let (mut wrong, mut all) = (Vec::new(), 0);
    for number in valid() {
        for sentence in ["Call {} 12 times.", "{} 7 rooms", "{} (2 persons)", "{}, 44 years", "{} - 3 beds"] {
            all += 1;
            if found(sentence, &number.international).is_none() {
                wrong.push(format!("{} {}", number.region, places(sentence, &number.international)));
            }
        }
    }
    assert!(wrong.len() * 100 < all, "{} of {all}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_national_form_of_six_digits_or_more_is_found_beside_a_word_about_it() {
    let (mut missed, mut all) = (Vec::new(), 0);
    for number in valid() {
        let mut named = NAMED.iter().filter(|(regions, _)| regions.split(' ').any(|it| it == number.region));
        let solid: String = number.national.chars().filter(char::is_ascii_digit).collect();
        if !(6..=14).contains(&solid.len()) {
            continue;
        }
        assert!(named.clone().next().is_some(), "{} has no words", number.region);
        let forms = [&number.national, &solid];
        for (sentence, form) in named.by_ref().flat_map(|(_, sentence)| forms.map(|form| (sentence, form))) {
            all += 1;
            if (solid.len() <= 12 || form.contains(' ')) && found(sentence, form).is_none() {
                missed.push(format!("{} {}", number.region, places(sentence, form)));
            }
        }
    }
    assert_none(&missed, all);
}

#[test]
fn a_number_of_an_impossible_length_is_not_reported() {
    let mut wrong = Vec::new();
    let impossible: Vec<_> = LINES.lines().filter(|line| !line.starts_with("valid\t")).collect();
    for line in &impossible {
        let number = line.split('\t').nth(2).unwrap();
        for sentence in NEUTRAL {
            if scan(&sentence.replace("{}", number)).iter().any(|found| found.kind == "phone") {
                wrong.push(format!("{line}: {}", places(sentence, number)));
            }
        }
    }
    assert!(wrong.is_empty() && impossible.len() > 80, "{}\n{}", impossible.len(), wrong.join("\n"));
}

/// What a text has beside telephone numbers.
const OTHERS: &[&str] = &[
    "2024-05-12",
    "12.05.2024",
    "01.02.2024",
    "01-02-2024",
    "05/12/2024",
    "12.05.24",
    "2024-05-12 10:30:00",
    "2024-05-12T10:30:00+02:00",
    "2024-05-12T10:30:00+0200",
    "09:30",
    "09.30-17.00",
    "08.00 - 16.30",
    "10:30:45.123",
    "1 234 567,89",
    "1.234.567,89 EUR",
    "1,234,567.89",
    "0,123 456 789",
    "0.123456789",
    "01.2345678",
    "1 234 567",
    "12 345 678",
    "123 456 789",
    "€ 49 500 000",
    "2019-2024",
    "2019 - 2024",
    "1939/1945",
    "192.168.100.200",
    "10.0.0.1",
    "version 10.15.7",
    "v2.45.1234",
    "1.2.3.4.5.6.7",
    "978-3-16-148410-0",
    "978 0 306 40615 7",
    "0-306-40615-2",
    "0 306 40615 2",
    "ISSN 0317-8471",
    "order 4711123456",
    "Order no. 0171 1234567",
    "Bestellnummer 030 901820",
    "invoice 0012345678",
    "Rechnung 2024-001234",
    "ABC-0171-1234567",
    "4711-0171-1234567",
    "DE12 3456 0171 1234 5678 90",
    "4111 0123 4567 8901",
    "00000000-0000-0000-0000-000000000000",
    "00 01 02 03 04 05 06 07 08 09",
    "01 02 03 04 05 06 07",
    "01-02-03-04-05-06",
    "04.05.06.07.08.09",
    "0049301234567",
    "0612345678",
    "612345678",
    "612 345 678",
    "20 7946 0958",
    "+1 234",
    "1+4930123456",
    "C+49301234567",
    "+999 123456",
    "52.5200 N 13.4050 E",
    "48° 51' 24\" N",
    "1024x768",
    "3/4 cup, 250 g, 180 C",
    "IP 8.8.8.8",
    "§ 823 Abs. 1",
    "Room 101, floor 3",
    "10 000 000 000",
    "0x0123 4567",
    "100 200 300 400 500",
    "5 + 44 12345678",
];

#[test]
fn what_only_looks_like_a_telephone_number_is_not_reported() {
    let mut wrong = Vec::new();
    for other in OTHERS {
        for sentence in NEUTRAL {
            if scan(&sentence.replace("{}", other)).iter().any(|found| found.kind == "phone") {
                wrong.push(places(sentence, other));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A word about telephones does not make one of everything.
#[test]
fn other_numbers_beside_a_word_about_telephones_are_not_reported() {
    for text in [
        "Tel. since 2024-05-12",
        "mobile users 1 234 567",
        "phone bill 1234567.89",
        "phone bill 1 234 567,89",
        "the mobile phones of 2019-2024",
        "phone 192.168.100.200",
        "mobile, since 12.05.24",
        "telephone call at 10:30",
        "Tel. 030 901820, order 4711123",
        "phone version 10.15.7",
        "5 phones, 20 rooms",
    ] {
        let found = scan(text);
        let phones = found.iter().filter(|found| found.kind == "phone");
        let beyond: Vec<_> = phones.map(|found| &text[found.start..found.end]).collect();
        assert!(beyond.iter().all(|it| *it == "030 901820"), "{text}: {beyond:?}");
    }
}

/// As people write at home, without a word.
#[test]
fn a_grouping_of_its_own_tells_a_national_number_and_often_its_country() {
    for (number, country) in [
        ("06 12 34 56 78", Some("FR")),
        ("06.12.34.56.78", Some("FR")),
        ("0 800 12 34 56", Some("FR")),
        ("020 7946 0958", Some("GB")),
        ("(020) 7946 0958", Some("GB")),
        ("07700 900123", None),
        ("01632 960 123", None),
        ("030 901820", None),
        ("(030) 901820", None),
        ("030/90 18 20", None),
        ("0171 1234567", Some("DE")),
        ("0171-1234567", Some("DE")),
        ("0171 / 123 45 67", None),
        ("0664 123 4567", None),
        ("044 668 18 00", None),
        ("070-123 45 67", Some("SE")),
        ("08-123 456 78", Some("SE")),
        ("06-12345678", None),
        ("020-1234567", None),
        ("0470 12 34 56", None),
        ("02 123 45 67", None),
        ("040 1234567", None),
        ("06 30 123 4567", Some("HU")),
        ("(06 1) 234 5678", Some("HU")),
        ("06 6982 1234", Some("IT")),
        ("02 12345678", None),
        ("011 123 4567", None),
        ("0721 123 456", None),
        ("0888 123 456", None),
        ("067 123 45 67", None),
        ("8 029 491-19-11", Some("BY")),
        ("(0-37) 123456", Some("LT")),
        ("0903 123 456", None),
        ("0549 886377", Some("IT")),
        ("612 34 56 78", Some("ES")),
        ("333 123 4568", Some("IT")),
        ("22 123 45 67", Some("PL")),
        ("0049 30 901820", Some("DE")),
        ("(0049) 30 901820", Some("DE")),
        ("0049 (0)30 901820", Some("DE")),
        ("+44 (0)20 7946 0958", Some("GB")),
        ("+44(0)2079460958", Some("GB")),
        ("(+49) 30 901820", Some("DE")),
        ("+(49) 30 901820", Some("DE")),
        ("+ 33 6 12 34 56 78", Some("FR")),
        ("+49 0171 1234567", Some("DE")),
        ("+49 30 901820-12", Some("DE")),
        ("+36 (06) 1 234 5678", Some("HU")),
        ("+1 212-555-0123", None),
    ] {
        for sentence in NEUTRAL {
            let it = found(sentence, number);
            assert!(it.is_some(), "{}", places(sentence, number));
            let named = it.unwrap().country.map(|it| String::from_utf8_lossy(&it).into_owned());
            assert!(country.is_none() || named.as_deref() == country, "{number} is of {named:?}");
        }
    }
}
