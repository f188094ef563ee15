//! Context: the words beside a number that say what it is.
//!
//! Invariant: words only decide between readings of a number and admit forms that are too weak alone;
//! their absence never hides a number whose check digits are strong. Text is looked at once, left to
//! right, however many numbers ask.

use std::collections::BTreeMap;

use crate::bytes::{at, before, has_word};

/// How far before a number a word about it may end, in bytes.
const BEFORE: usize = 48;
/// How far before a number a word about a thing may end: `order number: 123456782`.
const THING_DISTANCE: usize = 16;
/// How far after a number a word about it may end, in bytes.
const AFTER: usize = 24;
/// No word is longer, in bytes.
const MAX_WORD: usize = 40;
/// Words of up to so many bytes must stand alone: `tel` is not about `telling`, while `Steuer` is about
/// a `Steuernummer`.
const WHOLE_WORD_MAX: usize = 5;

/// What a word is about: one of the constants, or one scheme of `number/scheme`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic(pub(crate) u16);

impl Topic {
    pub(crate) const PHONE: Topic = Topic(0);
    pub(crate) const VERSION: Topic = Topic(1);
    pub(crate) const IMEI: Topic = Topic(2);
    /// Numbers that are nobody's: of orders, invoices, books, parts.
    pub(crate) const THING: Topic = Topic(3);
    pub(crate) const BIRTH: Topic = Topic(4);
    pub(crate) const PLATE: Topic = Topic(5);
    pub(crate) const BIC: Topic = Topic(6);
    pub(crate) const CRYPTO: Topic = Topic(7);
    pub(crate) const HEALTH_CARD: Topic = Topic(8);
}

/// The first number scheme's topic; the others follow.
pub(crate) const FIRST_SCHEME: Topic = Topic(16);
/// Room for every topic.
const TOPICS: usize = 256;

/// Lower-case; letters outside ASCII in both cases, because only ASCII is matched in any case.
const WORDS: &[(Topic, &[&str])] = &[
    (
        Topic::PHONE,
        &[
            "tel",
            "tél",
            "tÉl",
            "telefon",
            "téléphone",
            "tÉlÉphone",
            "telephone",
            "teléfono",
            "telefono",
            "telefone",
            "telefoon",
            "telefax",
            "phone",
            "mobile",
            "mobil",
            "móvil",
            "movil",
            "handy",
            "natel",
            "gsm",
            "fax",
            "cell",
            "cellulare",
            "portable",
            "rufnummer",
            "puhelin",
            "puh",
            "tlf",
            "tfn",
            "whatsapp",
            "sms",
            "rückruf",
            "durchwahl",
        ],
    ),
    (
        Topic::VERSION,
        &[
            "version",
            "ver",
            "release",
            "build",
            "firmware",
            "section",
            "chapter",
            "clause",
            "§",
            "kapitel",
            "abschnitt",
            "chapitre",
            "capitolo",
        ],
    ),
    (Topic::IMEI, &["imei", "imeisv"]),
    (
        Topic::THING,
        &[
            "order",
            "invoice",
            "ticket",
            "tracking",
            "parcel",
            "part no",
            "serial",
            "article",
            "isbn",
            "issn",
            "ean",
            "gtin",
            "sku",
            "batch",
            "commit",
            "hash",
            "timestamp",
            "bestellnummer",
            "bestellung",
            "rechnungsnummer",
            "rechnung",
            "auftrag",
            "artikel",
            "sendung",
            "vorgang",
            "aktenzeichen",
            "commande",
            "facture",
            "colis",
            "dossier",
            "référence",
            "pedido",
            "factura",
            "ordine",
            "fattura",
            "spedizione",
            "bestelling",
            "factuur",
            "ordre",
            "faktura",
            "zamówieni",
            "faktur",
            "tilaus",
            "lasku",
            "objednávk",
            "comandă",
            "encomenda",
            "rendelés",
            "számla",
        ],
    ),
    (
        Topic::BIRTH,
        &[
            "born",
            "birth",
            "dob",
            "d.o.b",
            "birthday",
            "geboren",
            "geb.",
            "geburtsdatum",
            "geburtstag",
            "né le",
            "née le",
            "nÉ le",
            "naissance",
            "date de naissance",
            "nato il",
            "nata il",
            "nato a",
            "nata a",
            "nascita",
            "nacido",
            "nacida",
            "nacimiento",
            "nascido",
            "nascida",
            "nascimento",
            "geboortedatum",
            "født",
            "fØdt",
            "fødselsdato",
            "född",
            "fÖdd",
            "födelsedatum",
            "syntynyt",
            "syntymäaika",
            "urodzon",
            "urodzenia",
            "narozen",
            "narození",
            "narodený",
            "született",
            "születési",
            "rođen",
            "rojen",
            "născut",
            "nașter",
            "γεννήθηκ",
            "γέννησης",
            "роден",
            "раждане",
            "sündinud",
            "sünniaeg",
            "dzimis",
            "dzimšanas",
            "gimęs",
            "gimimo",
            "fæddur",
            "fædd",
            "fæðing",
            "twieled",
        ],
    ),
    (
        Topic::PLATE,
        &[
            "licence plate",
            "license plate",
            "number plate",
            "registration number",
            "reg. no",
            "plate",
            "kennzeichen",
            "nummernschild",
            "kontrollschild",
            "immatriculation",
            "plaque",
            "targa",
            "matrícula",
            "matricula",
            "kenteken",
            "kentekenplaat",
            "nummerplade",
            "registreringsskylt",
            "regnummer",
            "kjennemerke",
            "skiltnummer",
            "rekisterinumero",
            "rejestracyjn",
            "rejestracja",
            "poznávací značk",
            "spz",
            "rendszám",
            "registarsk",
            "registrska",
            "înmatriculare",
            "πινακίδα",
            "κυκλοφορίας",
            "рег. номер",
            "numerimärk",
            "numurzīme",
            "valstybinis",
        ],
    ),
    (Topic::BIC, &["bic", "swift"]),
    (Topic::CRYPTO, &["solana", "sol", "wallet", "phantom", "krypto", "crypto", "criptomon"]),
    (
        Topic::HEALTH_CARD,
        &[
            "ehic",
            "ghic",
            "health insurance card",
            "ekvk",
            "krankenversicherungskarte",
            "ceam",
            "assurance maladie",
            "tessera europea",
            "tessera sanitaria",
            "tarjeta sanitaria",
            "cartão europeu",
            "ziekteverzekeringskaart",
            "sygesikringskort",
            "helsetrygdkort",
            "sjukförsäkringskort",
            "sairaanhoitokortti",
            "ekuz",
            "ubezpieczenia zdrowotnego",
            "zdravotního pojištění",
            "zdravotného poistenia",
            "egészségbiztosítási",
            "asigurări de sănătate",
            "zdravstvenega zavarovanja",
            "zdravstvenog osiguranja",
            "ravikindlustuskaart",
            "veselības apdrošināšanas",
            "sveikatos draudimo",
            "ασφάλισης ασθένειας",
            "здравноосигурителна",
        ],
    ),
];

/// The words of all topics, to be found by their first three bytes.
#[derive(Debug)]
pub(crate) struct Words {
    /// Where in `words` those with a hash start and end.
    buckets: Box<[(u16, u16)]>,
    words: Vec<Word>,
    /// The words of two bytes stand first, and only where this says so for a first byte.
    short: usize,
    short_firsts: Box<[bool; 256]>,
    topics: Vec<Topic>,
}

#[derive(Debug)]
struct Word {
    text: &'static [u8],
    /// Where in `topics` what it is about starts and ends.
    topics: (u16, u16),
}

/// Many times the number of words, so that nearly all other words meet an empty bucket.
const BUCKETS: usize = 1 << 13;

impl Words {
    /// The words above, and those of `schemes`, each in the order of its number.
    pub(crate) fn new(schemes: impl Iterator<Item = &'static [&'static str]>) -> Words {
        let of_schemes = (FIRST_SCHEME.0..).map(Topic).zip(schemes);
        let all = WORDS.iter().copied().chain(of_schemes);
        let mut by_text: BTreeMap<(Option<usize>, &'static [u8]), Vec<Topic>> = BTreeMap::new();
        for (topic, text) in
            all.flat_map(|(topic, words)| words.iter().map(move |word| (topic, word.as_bytes())))
        {
            let key = if text.len() > 2 { Some(hash(text, 0)) } else { None };
            by_text.entry((key, text)).or_default().push(topic);
        }
        let narrow = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        let short = by_text.keys().filter(|(hash, _)| hash.is_none()).count();
        let hashes: Vec<Option<usize>> = by_text.keys().map(|(hash, _)| *hash).collect();
        let edge = |bound: usize| narrow(hashes.partition_point(|hash| hash.is_none_or(|hash| hash < bound)));
        let edges: Vec<u16> = (0..=BUCKETS).map(edge).collect();
        let buckets = edges.array_windows().map(|&[first, last]| (first, last)).collect();
        let mut words = Words {
            buckets,
            words: Vec::new(),
            short,
            short_firsts: Box::new([false; 256]),
            topics: Vec::new(),
        };
        for ((hash, text), topics) in by_text {
            let first = narrow(words.topics.len());
            words.topics.extend(topics);
            words.words.push(Word { text, topics: (first, narrow(words.topics.len())) });
            if let (None, Some(slot)) = (hash, words.short_firsts.get_mut(usize::from(at(text, 0)))) {
                *slot = true;
            }
        }
        words
    }

    /// Shows each word that stands at `index` with what it is about and the place after it.
    fn at(&self, text: &[u8], index: usize, mut visit: impl FnMut(&[Topic], usize)) {
        let (first, last) = self.buckets.get(hash(text, index)).copied().unwrap_or_default();
        let long = self.words.get(usize::from(first)..usize::from(last)).unwrap_or_default();
        let starts_short = self.short_firsts.get(usize::from(at(text, index).to_ascii_lowercase()));
        let short = if starts_short == Some(&true) { self.words.get(..self.short) } else { None };
        for word in long.iter().chain(short.unwrap_or_default()) {
            let end = index + word.text.len();
            let whole = word.text.len() > WHOLE_WORD_MAX || !at(text, end).is_ascii_alphabetic();
            if whole && has_word(text, index, word.text) {
                let (first, last) = word.topics;
                visit(self.topics.get(usize::from(first)..usize::from(last)).unwrap_or_default(), end);
            }
        }
    }
}

/// Of three bytes, letters of ASCII in lower case.
#[inline]
fn hash(text: &[u8], index: usize) -> usize {
    let byte = |offset: usize| u32::from(at(text, index + offset).to_ascii_lowercase());
    let three = byte(0) << 16 | byte(1) << 8 | byte(2);
    (three.wrapping_mul(0x9E37_79B1) >> (32 - BUCKETS.trailing_zeros())) as usize
}

/// May a word start at `index`? `tel` in `hotel` is none.
fn may_start(text: &[u8], index: usize) -> bool {
    (at(text, index).is_ascii_alphabetic() || at(text, index) >= 0x80)
        && !before(text, index).is_ascii_alphabetic()
}

/// The words of one text, met so far. Questions are asked at digits, from left to right.
pub(crate) struct Context<'w, 't> {
    words: &'w Words,
    text: &'t [u8],
    read_to: usize,
    /// Where the last word about each topic ended; 0 before the first.
    last: [u32; TOPICS],
    /// What is said right after the number that ends here, once it was asked.
    after: Option<(usize, [Topic; AFTER_MAX], usize)>,
}

/// No more topics are noted after a number.
const AFTER_MAX: usize = 16;

impl<'w, 't> Context<'w, 't> {
    pub(crate) fn new(words: &'w Words, text: &'t [u8]) -> Context<'w, 't> {
        Context { words, text, read_to: 0, last: [0; TOPICS], after: None }
    }

    /// Does a word about `topic` end within `distance` bytes before `start`?
    pub(crate) fn precedes(&mut self, topic: Topic, start: usize, distance: usize) -> bool {
        self.read(start);
        let last = self.last.get(usize::from(topic.0)).copied().unwrap_or(0) as usize;
        last != 0 && last <= start && last + distance.min(BEFORE) >= start
    }

    /// Is it said right before `start` that a thing's number follows?
    pub(crate) fn names_another(&mut self, start: usize) -> bool {
        self.precedes(Topic::THING, start, THING_DISTANCE)
    }

    /// Does a word about `topic` stand near the number at `start..end`?
    pub(crate) fn near(&mut self, topic: Topic, start: usize, end: usize) -> bool {
        self.precedes(topic, start, BEFORE) || self.follows(topic, end)
    }

    /// Does a word about `topic` stand right after `end`?
    fn follows(&mut self, topic: Topic, end: usize) -> bool {
        let (_, topics, count) = match self.after {
            Some(known) if known.0 == end => known,
            _ => *self.after.insert(self.read_after(end)),
        };
        topics.get(..count).unwrap_or_default().contains(&topic)
    }

    fn read_after(&self, end: usize) -> (usize, [Topic; AFTER_MAX], usize) {
        let bound = self.text.len().min(end + AFTER);
        let (mut topics, mut count) = ([Topic(u16::MAX); AFTER_MAX], 0);
        for index in (end..bound).filter(|&index| may_start(self.text, index)) {
            self.words.at(self.text, index, |about, last| {
                for topic in about.iter().filter(|_| last <= bound) {
                    if let Some(slot) = topics.get_mut(count) {
                        *slot = *topic;
                        count += 1;
                    }
                }
            });
        }
        (end, topics, count)
    }

    /// Notes the words between the last question and this one.
    fn read(&mut self, to: usize) {
        if to <= self.read_to {
            return;
        }
        // Questions are asked where digits are, and no word has one: none was cut in two.
        let from = self.read_to.max(to.saturating_sub(BEFORE + MAX_WORD));
        self.read_to = to;
        let (words, text, last) = (self.words, self.text, &mut self.last);
        for index in (from..to).filter(|&index| may_start(text, index)) {
            words.at(text, index, |about, end| {
                for topic in about.iter().filter(|_| end <= to) {
                    if let Some(slot) = last.get_mut(usize::from(topic.0)) {
                        *slot = u32::try_from(end).unwrap_or(0);
                    }
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone_precedes(text: &str, distance: usize) -> bool {
        let words = Words::new(std::iter::empty());
        Context::new(&words, text.as_bytes()).precedes(Topic::PHONE, text.len(), distance)
    }

    #[test]
    fn a_word_counts_near_by_and_whole() {
        for (text, expected) in [
            ("Tel.: ", true),
            ("TELEFON ", true),
            ("Téléphone : ", true),
            ("TÉLÉPHONE : ", true),
            ("Telefonnummer: ", true),
            ("in the hotel ", false),
            ("I am telling you ", false),
            ("tel. of a place that is much farther away than this ", false),
        ] {
            assert_eq!(phone_precedes(text, 32), expected, "{text}");
        }
    }

    #[test]
    fn no_word_is_longer_than_is_looked_back_for() {
        assert!(WORDS.iter().flat_map(|(_, words)| *words).all(|word| (2..=MAX_WORD).contains(&word.len())));
        assert!(WORDS.iter().all(|&(topic, _)| topic.0 < FIRST_SCHEME.0));
        let schemes = crate::number::all();
        assert!(schemes.flat_map(|scheme| scheme.words).all(|word| (2..=MAX_WORD).contains(&word.len())));
        assert!(usize::from(FIRST_SCHEME.0) + crate::number::all().count() <= TOPICS);
    }

    #[test]
    fn no_word_has_a_digit() {
        assert!(
            !WORDS
                .iter()
                .flat_map(|(_, words)| *words)
                .any(|word| word.contains(|c: char| c.is_ascii_digit()))
        );
    }

    #[test]
    fn an_earlier_question_does_not_hide_a_later_word() {
        let words = Words::new(std::iter::empty());
        let mut context = Context::new(&words, b"1 tele 2 phone telephone 3");
        assert!(!context.precedes(Topic::PHONE, 7, 32));
        assert!(context.precedes(Topic::PHONE, 25, 32));
        assert!(!context.precedes(Topic::PHONE, 7, 32));
    }
}
