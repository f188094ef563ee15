//! Tokens that their issuer marked with a prefix, JSON web tokens and private keys.
//!
//! Invariant: one pass over the text, however many kinds there are; a token that passes its test is
//! passed over, one that fails has cost at most its least length.

use std::ops::RangeInclusive;

use aho_corasick::{AhoCorasick, Match, MatchKind, packed};

use super::finding;
use crate::Finding;
use crate::bytes::{at, before, run_end, run_start};

/// How far a token is read; a longer one is cut there, which is far behind what makes it work.
const TOKEN_MAX: usize = 4096;
/// How far a private key is read: RSA with 16,384 bits has 12.6 KB.
const KEY_MAX: usize = 16 * 1024;

/// Which bytes a token is made of.
#[derive(Clone, Copy, Debug)]
enum Alphabet {
    Hex,
    Base32,
    Alnum,
    Word,
    Token,
    Dotted,
    Base64,
    Path,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Alphabet::Hex => byte.is_ascii_hexdigit(),
            Alphabet::Base32 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Alphabet::Alnum => byte.is_ascii_alphanumeric(),
            Alphabet::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Alphabet::Token => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Alphabet::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Alphabet::Base64 => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~')
            }
            Alphabet::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/'),
        }
    }
}

/// What must follow a prefix.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// At least `least` and at most `most` bytes of the alphabet.
    Run { alphabet: Alphabet, least: usize, most: usize },
    /// RFC 7515 or 7516 in compact form.
    WebToken,
    /// RFC 7468, or PGP's and PuTTY's likes of it.
    PrivateKey,
    /// A word for a password and no sign between: `the password is hunter2`.
    Spoken,
}

struct Token {
    prefix: &'static str,
    kind: &'static str,
    rule: Rule,
}

const fn token(
    prefix: &'static str,
    kind: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
) -> Token {
    Token { prefix, kind, rule: Rule::Run { alphabet, least, most } }
}

const fn special(prefix: &'static str, kind: &'static str, rule: Rule) -> Token {
    Token { prefix, kind, rule }
}

/// Prefixes with what follows them. Sources: the issuers' documentation of their formats; lengths leave
/// room below the documented ones, because issuers change them without a word.
const TOKENS: &[Token] = &[
    token("sk-", "secret.openai-api-key", Alphabet::Token, 20, TOKEN_MAX),
    token("sk-ant-", "secret.anthropic-api-key", Alphabet::Token, 20, TOKEN_MAX),
    token("sk-or-v1-", "secret.openrouter-api-key", Alphabet::Hex, 32, TOKEN_MAX),
    token("AKIA", "secret.aws-access-key", Alphabet::Base32, 16, 16),
    token("ASIA", "secret.aws-access-key", Alphabet::Base32, 16, 16),
    token("ABSK", "secret.aws-bedrock-key", Alphabet::Base64, 80, TOKEN_MAX),
    token("ghp_", "secret.github-token", Alphabet::Alnum, 30, TOKEN_MAX),
    token("gho_", "secret.github-token", Alphabet::Alnum, 30, TOKEN_MAX),
    token("ghu_", "secret.github-token", Alphabet::Alnum, 30, TOKEN_MAX),
    token("ghs_", "secret.github-token", Alphabet::Dotted, 30, TOKEN_MAX),
    token("ghr_", "secret.github-token", Alphabet::Alnum, 30, TOKEN_MAX),
    token("github_pat_", "secret.github-token", Alphabet::Word, 40, TOKEN_MAX),
    token("glpat-", "secret.gitlab-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("gldt-", "secret.gitlab-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("glrt-", "secret.gitlab-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("glcbt-", "secret.gitlab-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("glptt-", "secret.gitlab-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("xoxb-", "secret.slack-token", Alphabet::Token, 20, TOKEN_MAX),
    token("xoxp-", "secret.slack-token", Alphabet::Token, 20, TOKEN_MAX),
    token("xoxe", "secret.slack-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("xapp-", "secret.slack-token", Alphabet::Token, 20, TOKEN_MAX),
    token("hooks.slack.com/", "secret.slack-webhook", Alphabet::Path, 30, TOKEN_MAX),
    token("sk_live_", "secret.stripe-key", Alphabet::Alnum, 16, TOKEN_MAX),
    token("sk_test_", "secret.stripe-key", Alphabet::Alnum, 16, TOKEN_MAX),
    token("rk_live_", "secret.stripe-key", Alphabet::Alnum, 16, TOKEN_MAX),
    token("whsec_", "secret.stripe-webhook-secret", Alphabet::Base64, 24, TOKEN_MAX),
    token("AIza", "secret.google-api-key", Alphabet::Token, 35, 35),
    token("GOCSPX-", "secret.google-client-secret", Alphabet::Token, 24, TOKEN_MAX),
    token("ya29.", "secret.google-access-token", Alphabet::Dotted, 20, TOKEN_MAX),
    token("hf_", "secret.huggingface-token", Alphabet::Alnum, 30, TOKEN_MAX),
    token("gsk_", "secret.groq-api-key", Alphabet::Alnum, 40, TOKEN_MAX),
    token("xai-", "secret.xai-api-key", Alphabet::Alnum, 40, TOKEN_MAX),
    token("pplx-", "secret.perplexity-api-key", Alphabet::Alnum, 40, TOKEN_MAX),
    token("nvapi-", "secret.nvidia-api-key", Alphabet::Token, 40, TOKEN_MAX),
    token("r8_", "secret.replicate-token", Alphabet::Alnum, 32, TOKEN_MAX),
    token("npm_", "secret.npm-token", Alphabet::Alnum, 36, TOKEN_MAX),
    token("pypi-AgEI", "secret.pypi-token", Alphabet::Token, 50, TOKEN_MAX),
    token("dckr_pat_", "secret.docker-token", Alphabet::Token, 20, TOKEN_MAX),
    token("hvs.", "secret.vault-token", Alphabet::Token, 20, TOKEN_MAX),
    token("dapi", "secret.databricks-token", Alphabet::Hex, 32, 32),
    token("dop_v1_", "secret.digitalocean-token", Alphabet::Hex, 64, 64),
    token("SG.", "secret.sendgrid-api-key", Alphabet::Dotted, 50, TOKEN_MAX),
    token("shpat_", "secret.shopify-token", Alphabet::Hex, 32, 32),
    token("ATATT3", "secret.atlassian-token", Alphabet::Base64, 60, TOKEN_MAX),
    token("glsa_", "secret.grafana-token", Alphabet::Word, 32, TOKEN_MAX),
    token("sntrys_", "secret.sentry-token", Alphabet::Base64, 40, TOKEN_MAX),
    token("tskey-", "secret.tailscale-key", Alphabet::Token, 20, TOKEN_MAX),
    token("ntn_", "secret.notion-token", Alphabet::Alnum, 40, TOKEN_MAX),
    token("AGE-SECRET-KEY-1", "secret.age-key", Alphabet::Base32, 58, 58),
    token("ink_", "secret.inland-api-key", Alphabet::Token, 20, TOKEN_MAX),
    special("eyJ", "secret.jwt", Rule::WebToken),
    special("-----BEGIN ", "secret.private-key", Rule::PrivateKey),
    token("Bearer ", "secret.bearer-token", Alphabet::Base64, 20, TOKEN_MAX),
    token("Basic ", "secret.basic-credentials", Alphabet::Base64, 12, TOKEN_MAX),
    special("asswor", "secret.password", Rule::Spoken),
    special("asswort", "secret.password", Rule::Spoken),
    special("ASSWOR", "secret.password", Rule::Spoken),
    special("assphrase", "secret.password", Rule::Spoken),
    special("ennwort", "secret.password", Rule::Spoken),
    special("de passe", "secret.password", Rule::Spoken),
    special("ontrase\u{f1}a", "secret.password", Rule::Spoken),
    special("achtwoord", "secret.password", Rule::Spoken),
];

/// All prefixes, to be found in one pass.
#[derive(Debug)]
pub(crate) struct Prefixes {
    /// Where the processor has the instructions for it: four times as fast.
    packed: Option<packed::Searcher>,
    automaton: AhoCorasick,
}

impl Prefixes {
    #[expect(clippy::expect_used, reason = "the prefixes are constants, and every test builds them")]
    pub(crate) fn new() -> Prefixes {
        let prefixes = || TOKENS.iter().map(|token| token.prefix);
        let packed = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostLongest)
            .builder()
            .extend(prefixes())
            .build();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(prefixes())
            .expect("a few hundred bytes of prefixes fit an automaton");
        Prefixes { packed, automaton }
    }

    /// Appends the tokens of `text`.
    pub(crate) fn find(&self, text: &str, out: &mut Vec<Finding>) {
        match &self.packed {
            Some(packed) => read(packed.find_iter(text), text, out),
            None => read(self.automaton.find_iter(text), text, out),
        }
    }
}

/// Appends what the prefixes of `text`, met from left to right, turn out to be.
fn read(prefixes: impl Iterator<Item = Match>, text: &str, out: &mut Vec<Finding>) {
    let mut passed = 0;
    for prefix in prefixes {
        let Some(token) = TOKENS.get(prefix.pattern().as_usize()) else { continue };
        if prefix.start() >= passed {
            let (found, end) = token.rule.verify(text, prefix.start(), prefix.end());
            out.extend(found.map(|(start, end)| finding(start, end, token.kind, 96)));
            passed = end;
        }
    }
}

impl Rule {
    /// What is found for the prefix at `start..body`, and the place up to which no other prefix counts.
    fn verify(self, text: &str, start: usize, body: usize) -> (Span, usize) {
        let bytes = text.as_bytes();
        let found = match self {
            Rule::Run { alphabet, least, most } => return run(bytes, start, body, alphabet, least..=most),
            Rule::WebToken => web_token(bytes, start),
            Rule::PrivateKey => private_key(text, start, body),
            Rule::Spoken => super::named::spoken(text, body),
        };
        (found, found.map_or(0, |(_, end)| end))
    }
}

type Span = Option<(usize, usize)>;

fn run(
    text: &[u8],
    start: usize,
    body: usize,
    alphabet: Alphabet,
    lengths: RangeInclusive<usize>,
) -> (Span, usize) {
    if before(text, start).is_ascii_alphanumeric() {
        return (None, 0);
    }
    let mut end = run_end(text, body, lengths.end() + 1, |byte| alphabet.has(byte));
    if lengths.start() != lengths.end() {
        end = end.min(body + lengths.end());
    }
    // The full stop of the sentence is not part of it.
    end = run_start(text, end, TOKEN_MAX, |byte| byte == b'.').max(body);
    let token = text.get(body..end).unwrap_or_default();
    if !lengths.contains(&token.len()) {
        return (None, 0);
    }
    // What is not random as a whole holds no random part.
    (is_random(token).then_some((start, end)), end)
}

/// Is it more than words with hyphens: does it have a digit, or letters in both cases?
fn is_random(token: &[u8]) -> bool {
    token.iter().any(u8::is_ascii_digit)
        || token.iter().any(u8::is_ascii_uppercase) && token.iter().any(u8::is_ascii_lowercase)
}

/// Two dots (JWS, the signature may be empty) or four (JWE).
fn web_token(text: &[u8], start: usize) -> Span {
    /// `{"alg":"none"}` in base64url has 19 characters; `{}` as the claims has three.
    const HEADER_MIN: usize = 12;
    const CLAIMS_MIN: usize = 3;
    if before(text, start).is_ascii_alphanumeric() {
        return None;
    }
    let part = |from: usize| run_end(text, from, TOKEN_MAX, |byte| Alphabet::Token.has(byte));
    let header = part(start);
    if header - start < HEADER_MIN || at(text, header) != b'.' {
        return None;
    }
    let claims = part(header + 1);
    if at(text, claims) != b'.' || claims - header <= CLAIMS_MIN && at(text, claims + 1) != b'.' {
        return None;
    }
    let mut end = part(claims + 1);
    for _more in 0..2 {
        if at(text, end) == b'.' && Alphabet::Token.has(at(text, end + 1)) {
            end = part(end + 1);
        }
    }
    Some((start, end))
}

/// From `-----BEGIN` to the end of the `-----END` line, or of what can belong to the key.
fn private_key(text: &str, start: usize, label: usize) -> Span {
    const LABEL_MAX: usize = 64;
    const DASHES: &str = "-----";
    let bytes = text.as_bytes();
    let label_end = run_end(bytes, label, LABEL_MAX, |byte| {
        byte.is_ascii_uppercase() || matches!(byte, b' ' | b'0'..=b'9')
    });
    let names_key = bytes.get(label..label_end)?.windows(11).any(|word| word == b"PRIVATE KEY");
    if !names_key || !bytes.get(label_end..)?.starts_with(DASHES.as_bytes()) {
        return None;
    }
    let body = label_end + DASHES.len();
    let bound = text.floor_char_boundary(body.saturating_add(KEY_MAX));
    let rest = text.get(body..bound)?;
    let Some(dashes) = rest.find(DASHES) else {
        // No end: what is left of a cut key is a key.
        let end = run_end(bytes, body, KEY_MAX, |byte| {
            Alphabet::Base64.has(byte) || matches!(byte, b'\n' | b'\r' | b' ' | b'\\' | b':' | b',')
        });
        return Some((start, end));
    };
    let last = body + dashes;
    let ending = bytes.get(last + DASHES.len()..)?.starts_with(b"END ");
    let line =
        run_end(bytes, last + DASHES.len(), LABEL_MAX, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let closed = ending && bytes.get(line..)?.starts_with(DASHES.as_bytes());
    Some((start, if closed { line + DASHES.len() } else { last }))
}

/// A client secret of Microsoft Entra around the `~` at `mark`: three characters, a digit and `Q` before,
/// 31 to 34 more after.
pub(crate) fn entra(text: &[u8], mark: usize) -> Option<Finding> {
    let has = |byte: u8| Alphabet::Dotted.has(byte) || byte == b'~';
    let start = mark.checked_sub(5)?;
    let [head @ .., b'0'..=b'9', b'Q'] = text.get(start..mark)? else { return None };
    let end = run_end(text, mark + 1, 40, has);
    let end = end - usize::from(before(text, end) == b'.');
    (head.iter().all(|&byte| has(byte)) && (32..=35).contains(&(end - mark)))
        .then(|| finding(start, end, "secret.azure-client-secret", 96))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_fits_the_packed_search_of_the_processors_we_serve_on() {
        // 64 prefixes of three bytes and more is what the fast search takes; more would silently be slow.
        assert!(TOKENS.len() <= 64 && TOKENS.iter().all(|token| token.prefix.len() >= 3));
    }

    proptest! {
        #[test]
        fn both_searches_find_the_same(text in "(sk-|sk-ant-|ghp_|eyJ|AKIA|Bearer |-----BEGIN |PRIVATE KEY-----|[ .A-Za-z0-9_-]{1,40}){0,12}") {
            let fast = Prefixes::new();
            let plain = Prefixes { packed: None, automaton: fast.automaton.clone() };
            let (mut left, mut right) = (Vec::new(), Vec::new());
            fast.find(&text, &mut left);
            plain.find(&text, &mut right);
            prop_assert_eq!(left, right);
        }
    }
}
