//! Context: the words beside a number that say what it is.
//!
//! Invariant: words only decide between readings of a number and admit forms that are too weak alone;
//! their absence never hides a number whose check digits are strong. Text is looked at once, left to
//! right, however many numbers ask.

use crate::bytes::{at, before, has_word};

/// How far before a number a word about it may end, in bytes.
const BEFORE: usize = 48;
/// How far after a number a word about it may end, in bytes.
const AFTER: usize = 24;
/// No word is longer, in bytes.
const MAX_WORD: usize = 24;
/// Words of up to so many bytes must stand alone: `tel` is not about `telling`, while `Steuer` is about
/// a `Steuernummer`.
const WHOLE_WORD_MAX: usize = 5;

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Phone,
    Version,
    Imei,
    France,
    Germany,
    Spain,
    Nhs,
    Switzerland,
    Norway,
    Sweden,
    Finland,
}

const TOPICS: usize = 11;

/// Lower-case; letters outside ASCII in both cases, because only ASCII is matched in any case.
const WORDS: &[(Topic, &[&str])] = &[
    (
        Topic::Phone,
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
        Topic::Version,
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
    (Topic::Imei, &["imei"]),
    (Topic::France, &["nir", "sécu", "sécurité sociale", "securite sociale", "insee", "assuré", "vitale"]),
    (
        Topic::Germany,
        &[
            "steuer-id",
            "steuerid",
            "idnr",
            "steuerliche",
            "steueridentifikat",
            "steuernummer",
            "tin",
            "tax id",
            "identifikationsnummer",
            "elster",
            "finanzamt",
        ],
    ),
    (Topic::Spain, &["dni", "nie", "nif", "documento nacional", "extranjero", "identidad"]),
    (Topic::Nhs, &["nhs", "patient", "hospital number", "gp practice", "chi number", "health service"]),
    (Topic::Switzerland, &["ahv", "avs", "ahv-nr", "svnr", "navs", "sozialversicherung", "oasi"]),
    (
        Topic::Norway,
        &["fødselsnummer", "fodselsnummer", "fnr", "personnummer", "d-nummer", "fødselsnr", "skatteetaten"],
    ),
    (Topic::Sweden, &["personnummer", "persnr", "pnr", "samordningsnummer", "personnr"]),
    (Topic::Finland, &["henkilötunnus", "henkilotunnus", "hetu", "sotu"]),
];

/// The words of all topics, to be found by their first two bytes.
#[derive(Debug)]
pub(crate) struct Words {
    /// Where in `words` those with a hash start and end.
    buckets: [(usize, usize); BUCKETS],
    words: Vec<(Topic, &'static [u8])>,
}

/// A few times the number of words, so that most other words meet an empty bucket.
const BUCKETS: usize = 512;

impl Words {
    pub(crate) fn new() -> Words {
        let all =
            WORDS.iter().flat_map(|&(topic, words)| words.iter().map(move |word| (topic, word.as_bytes())));
        let mut words: Vec<_> = all.collect();
        words.sort_by_key(|&(_, word)| hash(word, 0));
        let mut buckets = [(0, 0); BUCKETS];
        for (bucket, span) in buckets.iter_mut().enumerate() {
            let edge = |bound: usize| words.partition_point(|&(_, word)| hash(word, 0) < bound);
            *span = (edge(bucket), edge(bucket + 1));
        }
        Words { buckets, words }
    }

    /// The words that stand at `index`, with the place after each.
    fn at(&self, text: &[u8], index: usize) -> impl Iterator<Item = (Topic, usize)> {
        let (first, last) = self.buckets.get(hash(text, index)).copied().unwrap_or_default();
        let words = self.words.get(first..last).unwrap_or_default();
        words.iter().filter_map(move |&(topic, word)| {
            let end = index + word.len();
            let whole = word.len() > WHOLE_WORD_MAX || !at(text, end).is_ascii_alphabetic();
            (has_word(text, index, word) && whole).then_some((topic, end))
        })
    }
}

/// Of two bytes, letters of ASCII in lower case.
fn hash(text: &[u8], index: usize) -> usize {
    let [first, second] =
        [at(text, index), at(text, index + 1)].map(|byte| usize::from(byte.to_ascii_lowercase()));
    (first * 37 + second * 5) % BUCKETS
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
    last: [Option<usize>; TOPICS],
}

impl<'w, 't> Context<'w, 't> {
    pub(crate) fn new(words: &'w Words, text: &'t [u8]) -> Context<'w, 't> {
        Context { words, text, read_to: 0, last: [None; TOPICS] }
    }

    /// Does a word about `topic` end within `distance` bytes before `start`?
    pub(crate) fn precedes(&mut self, topic: Topic, start: usize, distance: usize) -> bool {
        self.read(start);
        let last = self.last.get(topic as usize).copied().flatten();
        last.is_some_and(|end| end <= start && end + distance.min(BEFORE) >= start)
    }

    /// Does a word about `topic` stand near the number at `start..end`?
    pub(crate) fn near(&mut self, topic: Topic, start: usize, end: usize) -> bool {
        let after = self.text.len().min(end + AFTER);
        self.precedes(topic, start, BEFORE)
            || (end..after).filter(|&index| may_start(self.text, index)).any(|index| {
                self.words.at(self.text, index).any(|(about, last)| about == topic && last <= after)
            })
    }

    /// Notes the words between the last question and this one.
    fn read(&mut self, to: usize) {
        if to <= self.read_to {
            return;
        }
        // Questions are asked where digits are, and no word has one: none was cut in two.
        let from = self.read_to.max(to.saturating_sub(BEFORE + MAX_WORD));
        self.read_to = to;
        for index in (from..to).filter(|&index| may_start(self.text, index)) {
            for (topic, end) in self.words.at(self.text, index).filter(|&(_, end)| end <= to) {
                if let Some(slot) = self.last.get_mut(topic as usize) {
                    *slot = Some(end);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone_precedes(text: &str, distance: usize) -> bool {
        let words = Words::new();
        Context::new(&words, text.as_bytes()).precedes(Topic::Phone, text.len(), distance)
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
        assert_eq!(WORDS.len(), TOPICS);
        assert!(WORDS.iter().enumerate().all(|(index, &(topic, _))| topic as usize == index));
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
        let words = Words::new();
        let mut context = Context::new(&words, b"1 tele 2 phone telephone 3");
        assert!(!context.precedes(Topic::Phone, 7, 32));
        assert!(context.precedes(Topic::Phone, 25, 32));
        assert!(!context.precedes(Topic::Phone, 7, 32));
    }
}
