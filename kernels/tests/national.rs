//! National numbers of 32 countries, as python-stdnum draws and writes them (see `oracle/national.py`).
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
    "Vi har noterat {} och återkommer.",
    "Olemme merkinneet {} ja palaamme asiaan.",
    "Σημειώσαμε {} και θα επανέλθουμε.",
    "Записахме {} и ще пишем.",
    "Poznačili sme si {} a ozveme sa.",
    "{}",
];
/// Kinds whose numbers nothing tells apart: the same rule in two countries, and a tax number that is the
/// person's birth number.
const ALIKE: [(&str, &str); 2] = [("sk.rc", "cz.rc"), ("sk.dph", "cz.rc")];

fn numbers() -> Vec<[String; 3]> {
    let text = match std::env::var("INLAND_NUMBERS") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("oracle/national.txt").to_owned(),
    };
    let parts = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    parts.map(|parts| parts.try_into().unwrap()).collect()
}

fn scan(text: &str) -> Vec<Finding> {
    static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

/// Is the number covered by one finding of exactly its place, whatever it is taken for?
fn is_found(sentence: &str, number: &str) -> bool {
    let text = sentence.replace("{}", number);
    let start = sentence.find("{}").unwrap();
    scan(&text).iter().any(|found| (found.start, found.end) == (start, start + number.len()))
}

#[test]
fn every_valid_number_is_found_in_neutral_sentences_in_one_piece_and_in_groups() {
    let mut missed = Vec::new();
    for [kind, solid, written] in numbers() {
        for number in [&solid, &written] {
            let seen = NEUTRAL.iter().filter(|sentence| is_found(sentence, number)).count();
            if seen < NEUTRAL.len() {
                missed.push(format!("{kind} {number}: in {seen} of {} sentences", NEUTRAL.len()));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed\n{}", missed.len(), missed.join("\n"));
}

fn is_taken_for(kind: &str, word: &str, number: &str) -> bool {
    let text = format!("{word}: {number}");
    let start = text.len() - number.len();
    scan(&text).iter().any(|it| it.kind == kind && (it.start, it.end) == (start, text.len()))
}

/// Beside a word of its own a number is taken for what it is.
#[test]
fn beside_its_name_a_number_has_its_kind() {
    let words: std::collections::BTreeMap<&str, &[&str]> =
        inland_kernels::schemes().map(|scheme| (scheme.kind, scheme.words)).collect();
    let mut wrong = Vec::new();
    for [kind, _, written] in numbers() {
        let Some(words) = words.get(kind.as_str()) else {
            wrong.push(format!("{kind} is no kind"));
            continue;
        };
        let seen = |kind: &str| words.iter().any(|word| is_taken_for(kind, word, &written));
        let alike = ALIKE.iter().filter(|(one, _)| *one == kind).any(|(_, other)| seen(other));
        if !seen(&kind) && !alike {
            wrong.push(format!("{kind} {written}: {:?}", scan(&format!("{}: {written}", words[0]))));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// A number with one character changed is not taken for the same kind, where that kind checks for it.
#[test]
fn a_number_with_one_changed_character_is_not_one_of_its_kind() {
    /// Checks that some changes pass: no check digit, one modulo 10 with even weights, a remainder that
    /// is written like another, two rules of which either may hold.
    const WEAK: [&str; 15] = [
        "gb.utr",
        "is.kennitala",
        "dk.cpr",
        "bg.vat",
        "ro.cui",
        "cy.vat",
        "es.nif",
        "es.cif",
        "gb.vat",
        "fr.siret",
        "nl.btw",
        "cz.dic",
        "sk.dph",
        "no.mva",
        "lu.tva",
    ];
    let mut wrong = Vec::new();
    let mut changed = 0;
    for [kind, solid, _] in numbers().into_iter().filter(|[kind, ..]| !WEAK.contains(&kind.as_str())) {
        let last = solid.rfind(|letter: char| letter.is_ascii_digit()).unwrap();
        let digit = solid.as_bytes()[last] - b'0';
        for other in (0..10).filter(|other| *other != digit) {
            let mut text = solid.clone();
            text.replace_range(last..=last, &other.to_string());
            changed += 1;
            if scan(&text).iter().any(|found| found.kind == kind && found.end - found.start == text.len()) {
                wrong.push(format!("{kind} {text}, {solid}"));
            }
        }
    }
    assert!(changed > 5000 && wrong.is_empty(), "{} of {changed}\n{}", wrong.len(), wrong.join("\n"));
}
