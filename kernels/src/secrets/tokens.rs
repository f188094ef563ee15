//! Tokens that their issuer marked with a prefix: at the start of a long word, or behind `_` or `-` in it.
//!
//! Invariant: a word is walked once; a token that passes its test is passed over, one that fails has cost
//! at most its least length or the first bytes that show that it is not random.

use super::index::Index;
use super::lanes::alnum_end;
use super::shape::{Alphabet, ends_with_crc, is_bech32, is_random};
use super::table::{FAMILIES, Rule, Token};
use super::{Secrets, finding, keys};
use crate::Finding;
use crate::bytes::{at, before, run_end, run_start};

const COUNT: usize = {
    let mut count = 0;
    let mut rest: &[&[Token]] = &FAMILIES;
    while let [first, more @ ..] = rest {
        count += first.len();
        rest = more;
    }
    count
};

/// All tables in one.
static TOKENS: [Token; COUNT] = gather();
static INDEX: Index<COUNT> = Index::new(&prefixes());

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn gather() -> [Token; COUNT] {
    let mut all = [FAMILIES[0][0]; COUNT];
    let (mut family, mut count) = (0, 0);
    while family < FAMILIES.len() {
        let mut index = 0;
        while index < FAMILIES[family].len() {
            all[count] = FAMILIES[family][index];
            count += 1;
            index += 1;
        }
        family += 1;
    }
    all
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn prefixes() -> [&'static str; COUNT] {
    let tokens = gather();
    let mut prefixes = [""; COUNT];
    let mut index = 0;
    while index < COUNT {
        prefixes[index] = tokens[index].prefix;
        index += 1;
    }
    prefixes
}

/// The parts of a long word, which `_` and `-` separate, one after the other.
#[derive(Debug)]
pub(crate) struct Parts<'t> {
    text: &'t [u8],
    /// Where this part starts; the end of the word behind the last one.
    place: usize,
    last: bool,
}

impl<'t> Parts<'t> {
    /// Those of the word that starts at `start`.
    #[inline]
    pub(super) fn of_word(text: &'t [u8], start: usize) -> Parts<'t> {
        // What a line break was written as in a string: `\nsk-…`.
        let escaped = before(text, start) == b'\\' && matches!(at(text, start), b'n' | b'r' | b't');
        Parts { text, place: start + usize::from(escaped), last: false }
    }

    #[inline]
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// Goes on to the first part, this or a later one, that may be a token. Is there one?
    #[inline]
    pub(super) fn reach_token(&mut self) -> bool {
        while !self.last {
            if may_start(self.text, self.place) {
                return true;
            }
            self.pass();
        }
        false
    }

    /// Passes over this part.
    #[inline]
    fn pass(&mut self) {
        let end = alnum_end(self.text, self.place);
        self.place = end;
        // No prefix starts with a mark, so a part of marks is none.
        while matches!(at(self.text, self.place), b'_' | b'-') {
            self.place += 1;
        }
        self.last = self.place == end;
    }
}

/// May a token start at `place`?
#[inline]
pub(super) fn may_start(text: &[u8], place: usize) -> bool {
    INDEX.may_hold(at(text, place), at(text, place + 1), at(text, place + 2))
}

/// Appends the tokens that start at `parts` of the long word that starts at `start`; says whether one
/// starts with the word.
pub(super) fn in_word(
    text: &[u8],
    start: usize,
    mut parts: Parts<'_>,
    seen: &mut Secrets,
    out: &mut Vec<Finding>,
) -> bool {
    let mut passed = start;
    let mut first = false;
    while parts.reach_token() {
        let place = parts.place();
        if place >= passed {
            let (found, end) = verify(text, place, seen, out);
            first |= found && place <= start + 1;
            passed = end;
        }
        parts.pass();
    }
    first
}

/// Does a token start at `place`? And up to where need none be looked for?
fn verify(text: &[u8], place: usize, seen: &mut Secrets, out: &mut Vec<Finding>) -> (bool, usize) {
    let candidates = INDEX.candidates(at(text, place), at(text, place + 1), at(text, place + 2));
    let Some(rest) = text.get(place..) else { return (false, place) };
    let mut passed = place;
    let mut marked = 0;
    for token in candidates.iter().filter_map(|&index| TOKENS.get(usize::from(index))) {
        // Behind a longer prefix that ends in a mark, a shorter one does not count: `sk-ant-` is no `sk-`.
        if token.prefix.len() < marked {
            break;
        }
        if !rest.starts_with(token.prefix.as_bytes()) || seen.covers(place) {
            continue;
        }
        if token.prefix.ends_with(['_', '-']) {
            marked = token.prefix.len();
        }
        let body = place + token.prefix.len();
        match token.read(text, place, body) {
            Reading::Found { start, end, kind, score } => {
                seen.take(Some(finding(start, end, kind, score)), out);
                return (true, end);
            }
            Reading::Nothing { until } => passed = passed.max(until),
        }
    }
    (false, passed)
}

/// What is found behind a prefix.
pub(super) enum Reading {
    Found {
        start: usize,
        end: usize,
        kind: &'static str,
        score: u8,
    },
    /// And no token starts before this place.
    Nothing {
        until: usize,
    },
}

impl Token {
    fn read(&self, text: &[u8], start: usize, body: usize) -> Reading {
        let nothing = Reading::Nothing { until: body };
        let found = |score| move |(start, end)| Reading::Found { start, end, kind: self.kind, score };
        match self.rule {
            Rule::Run | Rule::Digit | Rule::Crc | Rule::Bech32 => self.run(text, start, body),
            Rule::Uuid => uuid_end(text, body).map(|end| (start, end)).map_or(nothing, found(96)),
            Rule::Parts(first) => {
                self.parts(text, body, first).map(|end| (start, end)).map_or(nothing, found(97))
            }
            Rule::WebToken => keys::web_token(text, start),
            Rule::OpeningLine => keys::opened_on_the_line(text, start, body).unwrap_or(nothing),
            Rule::Putty => keys::putty(text, body).map(|end| (start, end)).map_or(nothing, found(97)),
        }
    }

    fn run(&self, text: &[u8], start: usize, body: usize) -> Reading {
        let bounded = |bound: usize| run_end(text, body, bound, |byte| self.alphabet.has(byte));
        let nothing = Reading::Nothing { until: body };
        let shown = bounded(self.least.max(64).min(self.most + 1));
        let shown = if self.least == self.most { without_dots(text, body, shown) } else { shown };
        let window = text.get(body..shown).unwrap_or_default();
        if window.len() < self.least || window.len() > self.most {
            return nothing;
        }
        if !is_random(window) || self.rule == Rule::Digit && !has_digits(window) {
            // What is not random in its first bytes is a pattern, or words with hyphens.
            return Reading::Nothing { until: shown };
        }
        let end = self.end(text, body, if self.least == self.most { shown } else { bounded(self.most) });
        let token = text.get(body..end).unwrap_or_default();
        if token.len() < self.least {
            return nothing;
        }
        let score = match self.rule {
            Rule::Crc if ends_with_crc(token) => 99,
            Rule::Crc => 94,
            Rule::Bech32 if !text.get(start..end).is_some_and(is_bech32) => 90,
            Rule::Bech32 => 99,
            Rule::Run
            | Rule::Digit
            | Rule::Uuid
            | Rule::Parts(_)
            | Rule::WebToken
            | Rule::OpeningLine
            | Rule::Putty => 96,
        };
        Reading::Found { start, end, kind: self.kind, score }
    }

    /// Without the full stop of the sentence; nothing where a longer word goes on.
    fn end(&self, text: &[u8], body: usize, end: usize) -> usize {
        let narrow = matches!(self.alphabet, Alphabet::Hex | Alphabet::Upper) || self.least == self.most;
        if narrow && at(text, end).is_ascii_alphanumeric() {
            return body;
        }
        without_dots(text, body, end)
    }

    fn parts(&self, text: &[u8], body: usize, first: usize) -> Option<usize> {
        let dot = run_end(text, body, first + 1, |byte| Alphabet::Alnum.has(byte));
        let end = run_end(text, dot + 1, self.most + 1, |byte| self.alphabet.has(byte));
        let fits = dot == body + first && at(text, dot) == b'.' && end == dot + 1 + self.least;
        (fits && text.get(dot + 1..end).is_some_and(is_random)).then_some(end)
    }
}

fn without_dots(text: &[u8], body: usize, end: usize) -> usize {
    run_start(text, end, end - body, |byte| byte == b'.')
}

/// Three digits, or one and letters in both cases: not a version behind words with hyphens.
fn has_digits(window: &[u8]) -> bool {
    let digits = window.iter().filter(|byte| byte.is_ascii_digit()).count();
    let mixed = window.iter().any(u8::is_ascii_uppercase) && window.iter().any(u8::is_ascii_lowercase);
    digits >= 3 || digits > 0 && mixed
}

/// RFC 9562 4, and nothing more.
pub(super) fn uuid_end(text: &[u8], start: usize) -> Option<usize> {
    const LENGTH: usize = 36;
    let end = run_end(text, start, LENGTH + 1, |byte| Alphabet::Uuid.has(byte));
    let uuid = text.get(start..end)?;
    let fits = uuid.len() == LENGTH
        && !at(text, end).is_ascii_alphanumeric()
        && uuid.iter().enumerate().all(|(place, &byte)| (byte == b'-') == matches!(place, 8 | 13 | 18 | 23));
    (fits && is_random(uuid)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_three_bytes_and_more_of_a_word() {
        for token in &TOKENS {
            assert!(token.prefix.len() >= 3, "{}", token.prefix);
            assert!(!token.prefix.starts_with(['_', '-']), "{}", token.prefix);
            assert!(token.prefix.bytes().all(|byte| Alphabet::Token.has(byte)), "{}", token.prefix);
        }
    }

    #[test]
    fn the_next_to_a_prefix_starts_no_sooner_than_its_least_length() {
        // A token shorter than a long word has no anchor.
        for token in TOKENS
            .iter()
            .filter(|token| !matches!(token.rule, Rule::OpeningLine | Rule::Putty | Rule::WebToken))
        {
            assert!(token.prefix.len() + token.least >= 16, "{}", token.prefix);
        }
    }
}
