//! Context: the words beside a number that say what it is.
//!
//! Invariant: words only decide between readings of a number and admit forms that are too weak alone;
//! their absence never hides a number whose check digits are strong. Text is looked at once, left to
//! right, however many numbers ask.

use aho_corasick::AhoCorasick;

use crate::bytes::{at, before};

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
            "v",
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

/// The words of all topics in one automaton.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    automaton: AhoCorasick,
    topics: Vec<Topic>,
}

impl Words {
    #[expect(clippy::expect_used, reason = "the words are constants, and every test builds them")]
    pub(crate) fn new() -> Words {
        let all = || WORDS.iter().flat_map(|&(topic, words)| words.iter().map(move |&word| (topic, word)));
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(all().map(|(_, word)| word))
            .expect("a few hundred bytes of words fit an automaton");
        Words { automaton, topics: all().map(|(topic, _)| topic).collect() }
    }
}

/// The words of one text, met so far. Questions must come from left to right.
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
        self.precedes(topic, start, BEFORE) || {
            let window = self.text.get(end..self.text.len().min(end + AFTER)).unwrap_or_default();
            let words = self.words;
            words.automaton.find_overlapping_iter(window).any(|found| {
                words.topics.get(found.pattern().as_usize()) == Some(&topic)
                    && self.is_word(end + found.start(), end + found.end())
            })
        }
    }

    /// Notes the words between the last question and this one.
    fn read(&mut self, to: usize) {
        if to <= self.read_to {
            return;
        }
        let from = self.read_to.saturating_sub(MAX_WORD).max(to.saturating_sub(BEFORE + MAX_WORD));
        self.read_to = to;
        let window = self.text.get(from..to).unwrap_or_default();
        for found in self.words.automaton.find_overlapping_iter(window) {
            let (start, end) = (from + found.start(), from + found.end());
            let topic = self.words.topics.get(found.pattern().as_usize());
            let slot = topic.and_then(|&topic| self.last.get_mut(topic as usize));
            if let Some(slot) = slot
                && is_word(self.text, start, end)
            {
                *slot = Some(end);
            }
        }
    }

    fn is_word(&self, start: usize, end: usize) -> bool {
        is_word(self.text, start, end)
    }
}

/// Is a match a word and not a part of another one: `tel` in `hotel`?
fn is_word(text: &[u8], start: usize, end: usize) -> bool {
    !before(text, start).is_ascii_alphabetic()
        && (end - start > WHOLE_WORD_MAX || !at(text, end).is_ascii_alphabetic())
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
        assert!(WORDS.iter().flat_map(|(_, words)| *words).all(|word| word.len() <= MAX_WORD));
        assert_eq!(WORDS.len(), TOPICS);
        assert!(WORDS.iter().enumerate().all(|(index, &(topic, _))| topic as usize == index));
    }

    #[test]
    fn a_word_that_an_earlier_question_cut_in_two_is_still_met() {
        let words = Words::new();
        let text = b"1 tele 2 phone telephone 3";
        let mut context = Context::new(&words, text);
        assert!(!context.precedes(Topic::Phone, 4, 32));
        assert!(!context.precedes(Topic::Phone, 19, 3) || context.precedes(Topic::Phone, 19, 48));
        assert!(context.precedes(Topic::Phone, 25, 32));
    }
}
