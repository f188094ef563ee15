//! Numbers of every European scheme, as python-stdnum draws and writes them (see `oracle/national.py`).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use inland_kernels::{Engine, Finding};

/// Sentences that do not say what the number is, in the languages of a country.
#[rustfmt::skip]
const NEUTRAL: &[(&str, &str)] = &[
    ("ad es", "Hem anotat {} i li escriurem."),
    ("al", "E kemi shënuar {} dhe do t'ju shkruajmë."),
    ("at be ch de li lu", "Wir haben {} notiert und melden uns."),
    ("az", "Biz {} qeyd etdik və sizə yazacağıq."),
    ("ba hr me rs", "Zabilježili smo {} i javit ćemo se."),
    ("be nl", "We hebben {} genoteerd en schrijven u terug."),
    ("be ch fr lu mc", "Nous avons noté {} et reviendrons vers vous."),
    ("bg", "Записахме {} и ще пишем."),
    ("by ru", "Мы записали {} и напишем вам."),
    ("ch it sm", "Abbiamo annotato {} e vi scriveremo."),
    ("cy gr", "Σημειώσαμε {} και θα επανέλθουμε."),
    ("cz", "Poznamenali jsme si {} a ozveme se."),
    ("dk", "Vi har noteret {} og vender tilbage."),
    ("ee", "Panime {} kirja ja kirjutame teile."),
    ("es", "Hemos anotado {} y le escribiremos."),
    ("eu gb ie mt iban lei imei crypto", "We have noted {} and will write again."),
    ("fi", "Olemme merkinneet {} ja palaamme asiaan."),
    ("fi se", "Vi har antecknat {} och återkommer."),
    ("fo", "Vit hava skrivað {} upp og venda aftur."),
    ("hu", "Feljegyeztük: {} és írni fogunk."),
    ("is", "Við höfum skráð {} og skrifum aftur."),
    ("lt", "Užsirašėme {} ir parašysime."),
    ("lv", "Mēs pierakstījām {} un rakstīsim."),
    ("md ro", "Am notat {} și vă vom scrie."),
    ("mk", "Забележавме {} и ќе пишеме."),
    ("mt", "Innutajna {} u niktbulek."),
    ("no", "Vi har notert {} og kommer tilbake."),
    ("pl", "Zapisaliśmy {} i odezwiemy się."),
    ("pt", "Anotámos {} e voltaremos a escrever."),
    ("rs", "Забележили смо {} и јавићемо се."),
    ("si", "Zapisali smo {} in se oglasimo."),
    ("sk", "Poznačili sme si {} a ozveme sa."),
    ("tr", "Not aldık: {} ve size yazacağız."),
    ("ua", "Ми записали {} і напишемо вам."),
    ("ad al at az ba be bg by ch cy cz de dk ee es eu fi fo fr gb gr hr hu ie is it li lt lu lv mc md me mk \
      mt nl no pl pt ro rs ru se si sk sm tr ua iban lei imei crypto", "{}"),
];
/// Kinds whose numbers nothing tells apart: the same rule in two countries with the same words, and a tax
/// number that is the person's birth number.
const ALIKE: &[(&str, &str)] = &[("sk.rc", "cz.rc"), ("sk.dph", "cz.rc")];
/// Kinds of which we know forms that python-stdnum does not: a tax number with its county, coordination
/// numbers.
const WIDER: &[&str] = &["hu.anum", "se.personnummer"];
/// Words about kinds that are no national number, and so in no scheme.
const WORDS: &[(&str, &[&str])] = &[
    ("imei", &["IMEI"]),
    ("iban", &["IBAN"]),
    ("lei", &["LEI"]),
    ("crypto.btc", &["Bitcoin"]),
    ("cz.bankaccount", &["účet"]),
    ("eu.at_02", &["Gläubiger-ID"]),
];

/// One line of the oracle's file.
struct Number {
    kind: String,
    label: String,
    proof: String,
    solid: String,
    written: Vec<String>,
    also: BTreeSet<String>,
    accepted: BTreeSet<String>,
}

fn numbers() -> Vec<Number> {
    let text = match std::env::var("INLAND_NUMBERS") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("oracle/national.txt").to_owned(),
    };
    let number = |line: &str| {
        let parts: [&str; 7] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let [kind, label, proof, solid] = [parts[0], parts[1], parts[2], parts[3]].map(str::to_owned);
        let set = |part: &str| part.split_whitespace().map(str::to_owned).collect();
        let written = parts[4].split('|').map(str::to_owned).collect();
        Number { kind, label, proof, solid, written, also: set(parts[5]), accepted: set(parts[6]) }
    };
    text.lines().map(number).collect()
}

impl Number {
    fn forms(&self) -> impl Iterator<Item = &str> {
        [&self.solid].into_iter().chain(&self.written).map(String::as_str)
    }

    fn sentences(&self) -> impl Iterator<Item = &'static str> {
        let country = self.kind.split('.').next().unwrap();
        let spoken = move |countries: &str| countries.split_whitespace().any(|one| one == country);
        NEUTRAL.iter().filter(move |(countries, _)| spoken(countries)).map(|&(_, sentence)| sentence)
    }
}

fn scan(text: &str) -> Vec<Finding> {
    static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found
}

/// What stands exactly where `{}` stands in the sentence.
fn found_in(sentence: &str, number: &str) -> Option<Finding> {
    let text = sentence.replace("{}", number);
    let start = sentence.find("{}").unwrap();
    scan(&text).into_iter().find(|found| (found.start, found.end) == (start, start + number.len()))
}

fn report(what: &str, of: usize, wrong: &[String]) {
    assert!(wrong.is_empty(), "{} of {of} {what}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_valid_number_is_found_in_neutral_sentences_in_one_piece_and_in_groups() {
    let (mut missed, mut count) = (Vec::new(), 0);
    for number in numbers().iter().filter(|number| number.proof != "word") {
        assert!(number.sentences().count() >= 2, "no language for {}", number.kind);
        // Believed to be seconds since 1970, unless there is a word about it.
        if number.kind == "az.voen" && ("1400000000".."1900000000").contains(&number.solid.as_str()) {
            continue;
        }
        for (form, sentence) in number.forms().flat_map(|form| number.sentences().map(move |it| (form, it))) {
            count += 1;
            if found_in(sentence, form).is_none() {
                missed.push(format!("{} {}", number.kind, sentence.replace("{}", form)));
            }
        }
    }
    assert!(count > 5000);
    report("missed", count, &missed);
}

/// Without words a number may be taken for any kind whose number it is: python-stdnum says for which.
#[test]
fn what_a_number_is_taken_for_is_a_kind_whose_number_it_is() {
    let numbers = numbers();
    let known: BTreeSet<&str> = numbers.iter().map(|number| number.kind.as_str()).collect();
    let mut wrong = Vec::new();
    for number in numbers.iter().filter(|number| number.proof != "word") {
        for form in number.forms() {
            let Some(found) = found_in("{}", form) else { continue };
            let right = found.kind == number.kind && found.label.as_str() == number.label;
            let other = number.also.contains(found.kind)
                || WIDER.contains(&found.kind)
                || !known.contains(found.kind);
            if !right && (found.kind == number.kind || !other) {
                wrong.push(format!("{} {form}: {} {:?}", number.kind, found.kind, found.label));
            }
        }
    }
    report("wrong", numbers.len(), &wrong);
}

fn is_taken_for(kind: &str, word: &str, form: &str) -> bool {
    let text = format!("{word}: {form}");
    let start = text.len() - form.len();
    scan(&text).iter().any(|it| it.kind == kind && (it.start, it.end) == (start, text.len()))
}

/// Beside a word of its own a number is taken for what it is.
#[test]
fn beside_its_name_a_number_has_its_kind() {
    let schemes = inland_kernels::schemes().map(|scheme| (scheme.kind, scheme.words));
    let words: BTreeMap<&str, &[&str]> = schemes.chain(WORDS.iter().copied()).collect();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for number in numbers() {
        let kind = number.kind.as_str();
        let Some(words) = words.get(kind) else {
            wrong.push(format!("{kind} is no kind"));
            continue;
        };
        for form in number.forms() {
            let seen = |kind: &str| words.iter().any(|word| is_taken_for(kind, word, form));
            let alike = || ALIKE.iter().any(|&(one, other)| one == kind && seen(other));
            count += 1;
            if !seen(kind) && !alike() {
                wrong.push(format!("{kind} {form}: {:?}", scan(&format!("{}: {form}", words[0]))));
            }
        }
    }
    report("wrong", count, &wrong);
}

/// A number that has nothing but a form is not taken for one without a word about it.
#[test]
fn a_number_without_a_check_is_none_without_its_name() {
    let numbers = numbers();
    let formless = numbers.iter().filter(|number| number.proof == "word");
    let taken = |number: &&Number| {
        let mut sentences = number.sentences();
        sentences.any(|it| found_in(it, &number.solid).is_some_and(|found| found.kind == number.kind))
    };
    let wrong: Vec<_> = formless.filter(taken).map(|it| format!("{} {}", it.kind, it.solid)).collect();
    report("found", numbers.len(), &wrong);
}

/// A number with one character changed, which python-stdnum rejects, is not taken for the same kind.
#[test]
fn a_number_with_one_changed_character_is_not_one_of_its_kind() {
    let (mut wrong, mut changed) = (Vec::new(), 0);
    for number in numbers().iter().filter(|number| !number.accepted.contains("*")) {
        for text in others(&number.solid).filter(|text| !number.accepted.contains(text)) {
            changed += 1;
            if found_in("{}", &text).is_some_and(|found| found.kind == number.kind) {
                wrong.push(format!("{} {text}, {}", number.kind, number.solid));
            }
        }
    }
    assert!(changed > 100_000);
    report("found", changed, &wrong);
}

/// Every number that differs in one digit or one capital letter.
fn others(number: &str) -> impl Iterator<Item = String> {
    number.char_indices().flat_map(move |(place, sign)| {
        let signs = match sign {
            '0'..='9' => '0'..='9',
            'A'..='Z' => 'A'..='Z',
            _ => sign..=sign,
        };
        signs.filter(move |&other| other != sign).map(move |other| {
            let mut text = number.to_owned();
            text.replace_range(place..=place, other.encode_utf8(&mut [0; 4]));
            text
        })
    })
}

/// `oracle/iban.py`: schwifty and python-stdnum say which accounts have their country's own check.
#[test]
fn an_iban_whose_inner_check_is_wrong_is_found_and_is_less_sure() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in include_str!("oracle/iban.txt").lines() {
        let (said, number) = line.split_once('\t').unwrap();
        let groups: Vec<&str> =
            number.as_bytes().chunks(4).map(|group| str::from_utf8(group).unwrap()).collect();
        for form in [number.to_owned(), groups.join(" "), number.to_ascii_lowercase()] {
            count += 1;
            let expected = if said == "right" { 99 } else { 97 };
            let found = found_in("We have noted {} and will write again.", &form);
            if found.as_ref().map(|found| (found.kind, found.score)) != Some(("iban", expected)) {
                wrong.push(format!("{said} {form}: {found:?}"));
            }
        }
    }
    assert!(count > 900);
    report("not as expected", count, &wrong);
}
