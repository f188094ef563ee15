//! Telephone numbers of every European plan, as phonenumbers draws and writes them (see
//! `oracle/phones.py`), and what looks like one.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

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

/// `+49 30 901820 12 apples`: what follows a number is not its part.
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
    assert_none(&wrong, all);
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
