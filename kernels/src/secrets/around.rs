//! Tokens whose prefix ends in a mark, and tokens that have no prefix but a shape.
//!
//! Invariant: everything here is found from a long word, by a bounded look back and ahead; a word that has
//! none of the marks costs a few comparisons.

use super::shape::{Alphabet, decode, is_random, position};
use super::tokens::uuid_end;
use super::{finding, keys, named};
use crate::Finding;
use crate::bytes::{at, before, last, run_end, run_start};

/// A text before a long word and what the word must be.
struct Behind {
    before: &'static [u8],
    kind: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
}

const fn some(before: &'static [u8], kind: &'static str, alphabet: Alphabet, least: usize) -> Behind {
    Behind { before, kind, alphabet, least, most: super::table::TOKEN_MAX }
}

const fn exact(before: &'static [u8], kind: &'static str, alphabet: Alphabet, length: usize) -> Behind {
    Behind { before, kind, alphabet, least: length, most: length }
}

use Alphabet::{Alnum, Base64, Dotted, Hex, Token as Url, Uuid};

/// Prefixes that end in a dot. Sources: cloud.google.com, sendgrid.com, developer.hashicorp.com,
/// developer-docs.amazon.com, docs.dynatrace.com, docs.doppler.com, developers.cloudflare.com ("Origin
/// CA"), paseto.io, infisical.com, dropbox.com, docs.mapbox.com, developer.harness.io.
const DOTTED: &[Behind] = &[
    some(b"ya29.", "secret.google-access-token", Dotted, 20),
    some(b"AQ.", "secret.google-api-key", Url, 40),
    some(b"SG.", "secret.sendgrid-api-key", Dotted, 50),
    some(b"hvs.", "secret.vault-token", Url, 20),
    some(b"hvb.", "secret.vault-batch-token", Url, 80),
    some(b"hvr.", "secret.vault-recovery-token", Url, 20),
    exact(b"s.", "secret.vault-token", Alnum, 24),
    exact(b"amzn.mws.", "secret.amazon-mws-token", Uuid, 36),
    exact(b"amzn1.oa2-cs.v1.", "secret.amazon-oauth-secret", Hex, 64),
    some(b"dt0c01.", "secret.dynatrace-token", Dotted, 80),
    some(b"dt0s01.", "secret.dynatrace-token", Dotted, 80),
    some(b"dp.pt.", "secret.doppler-token", Alnum, 40),
    some(b"dp.ct.", "secret.doppler-token", Alnum, 40),
    some(b"dp.sa.", "secret.doppler-token", Alnum, 40),
    some(b"dp.st.", "secret.doppler-token", Alnum, 40),
    some(b"dp.scim.", "secret.doppler-token", Alnum, 40),
    some(b"v1.", "secret.cloudflare-origin-key", Url, 160),
    some(b"v2.local.", "secret.paseto", Dotted, 40),
    some(b"v3.local.", "secret.paseto", Dotted, 40),
    some(b"v4.local.", "secret.paseto", Dotted, 40),
    some(b"v2.public.", "secret.paseto", Dotted, 80),
    some(b"v3.public.", "secret.paseto", Dotted, 80),
    some(b"v4.public.", "secret.paseto", Dotted, 80),
    some(b".atlasv1.", "secret.terraform-token", Url, 60),
    some(b"st.", "secret.infisical-token", Dotted, 80),
    some(b"sl.", "secret.dropbox-token", Url, 100),
    some(b"sl.u.", "secret.dropbox-token", Url, 100),
    some(b"sk.", "secret.mapbox-token", Dotted, 60),
    some(b"pat.", "secret.harness-token", Dotted, 60),
];

/// Prefixes that end in another mark. Sources: developers.google.com ("OAuth 2.0"), dev.twitch.tv,
/// jetbrains.com, developer.paypal.com/braintree, RFC 2307.
const MARKED: &[Behind] = &[
    some(b"1//", "secret.google-refresh-token", Url, 30),
    some(b"4/", "secret.google-auth-code", Url, 50),
    exact(b"oauth:", "secret.twitch-token", Alnum, 30),
    some(b"perm:", "secret.jetbrains-token", Base64, 40),
    some(b"access_token$production$", "secret.braintree-token", Alnum, 16),
    some(b"{SSHA}", "secret.ldap-password-hash", Base64, 28),
    some(b"{SHA}", "secret.ldap-password-hash", Base64, 28),
    some(b"{SSHA256}", "secret.ldap-password-hash", Base64, 44),
    some(b"{SSHA512}", "secret.ldap-password-hash", Base64, 88),
];

/// Words of a header before a token, in lower case. Sources: RFC 6750, docs.github.com, developer.okta.com,
/// developers.deepl.com (Cologne), docs.opsgenie.com, elastic.co, docs.splunk.com.
const HEADERS: &[Behind] = &[
    some(b"bearer ", "secret.bearer-token", Base64, 20),
    some(b"ssws ", "secret.okta-token", Url, 40),
    some(b"deepl-auth-key ", "secret.deepl-key", Uuid, 36),
    exact(b"geniekey ", "secret.opsgenie-key", Uuid, 36),
    some(b"apikey ", "secret.elastic-api-key", Base64, 40),
    exact(b"splunk ", "secret.splunk-token", Uuid, 36),
    some(b"token ", "secret.access-token", Dotted, 32),
];

/// May the long word from `start` to `end` be anything of this?
#[inline]
pub(super) fn may_be(text: &[u8], start: usize, end: usize) -> bool {
    let by_neighbour = match before(text, start) {
        b' ' => may_be_header(text, start) || named::may_be_spoken(text, start),
        b'"' | b'\'' => named::may_be_spoken(text, start),
        b'.' => ends_a_row(DOTTED_ENDS, text, start) || may_be_bootstrap(text, start),
        b'/' => {
            ends_a_row(MARKED_ENDS, text, start)
                || at(text, start + 32) == b'@'
                || leads_to_secret(segment_before(text, start))
        }
        b'$' | b'}' => ends_a_row(MARKED_ENDS, text, start),
        b':' => ends_a_row(MARKED_ENDS, text, start) || before(text, start - 1).is_ascii_digit(),
        b'=' => at(text, start + 8) == b'-' && at(text, start + 13) == b'-',
        b'!' => true,
        _ => false,
    };
    by_neighbour || may_be_shaped(text, start, end) || keys::may_be_opened_above(text, start)
}

/// Does it stand behind a blank and what ends no word of a header, verb or line of dashes, nor a break of lines as it is
/// written in strings? So do most words.
#[inline]
pub(super) fn is_behind_a_word(text: &[u8], start: usize) -> bool {
    let [first, second, third, blank] = last(text, start);
    blank == b' '
        && third.is_ascii_alphanumeric()
        && second != b'\\'
        && !ends_header_word([first, second, third])
        && !named::may_end_telling([second, third])
}

/// What the long word at `start` is by what stands before it or by its own shape.
pub(super) fn word(text: &[u8], start: usize) -> Option<Finding> {
    let found = match before(text, start) {
        b'.' => behind(DOTTED, text, start).or_else(|| bootstrap_token(text, start)),
        b'/' => behind(MARKED, text, start).or_else(|| webhook(text, start)).or_else(|| sentry(text, start)),
        b'$' | b'}' => behind(MARKED, text, start),
        b':' => behind(MARKED, text, start).or_else(|| asana(text, start)),
        b'=' => proxmox(text, start),
        b'!' => salesforce(text, start),
        b' ' | b'"' | b'\'' => header(text, start).or_else(|| named::spoken(text, start)),
        _ => None,
    };
    found.or_else(|| keys::opened_above(text, start)).or_else(|| shaped(text, start))
}

/// The letters before the last mark of the rows of a table, one bit for each letter.
const DOTTED_ENDS: u128 = ends(DOTTED);
const MARKED_ENDS: u128 = ends(MARKED);

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn ends(table: &[Behind]) -> u128 {
    let (mut ends, mut row) = (0, 0);
    while row < table.len() {
        let before = table[row].before;
        ends |= 1 << before[before.len() - 2];
        row += 1;
    }
    ends
}

#[inline]
fn ends_a_row(ends: u128, text: &[u8], start: usize) -> bool {
    let letter = before(text, start - 1);
    letter < 0x80 && ends >> letter & 1 == 1
}

fn behind(table: &[Behind], text: &[u8], start: usize) -> Option<Finding> {
    let head = text.get(..start)?;
    let letter = before(text, start - 1);
    let mut rows = table.iter().filter(|token| token.before.iter().rev().nth(1) == Some(&letter));
    rows.find_map(|token| head.ends_with(token.before).then(|| row(token, text, start))?)
}

fn row(token: &Behind, text: &[u8], start: usize) -> Option<Finding> {
    let first = start - token.before.len();
    let start_of_word = !before(text, first).is_ascii_alphanumeric() || token.before.starts_with(b".");
    if !start_of_word {
        return None;
    }
    let end = random_end(token, text, start)?;
    // Terraform's tokens have 14 characters before their mark.
    let first = run_start(text, first, 14, |byte| token.before.starts_with(b".") && Alnum.has(byte));
    let end = match token.kind {
        "secret.mapbox-token" if !text.get(start..)?.starts_with(b"eyJ") => return None,
        "secret.braintree-token" => run_end(text, end, 33, |byte| byte == b'$' || Hex.has(byte)),
        _ => end,
    };
    Some(finding(first, end, token.kind, 96))
}

/// Where the random text of a table's row ends.
fn random_end(token: &Behind, text: &[u8], start: usize) -> Option<usize> {
    let has = |byte: u8| token.alphabet.has(byte);
    let shown = run_end(text, start, token.least.max(64).min(token.most + 1), has);
    if !(token.least..=token.most).contains(&(shown - start)) || !is_random(text.get(start..shown)?) {
        return None;
    }
    let end = if token.least == token.most { shown } else { run_end(text, start, token.most, has) };
    let end = run_start(text, end, end - start, |byte| byte == b'.');
    let whole = token.least < token.most || !at(text, end).is_ascii_alphanumeric();
    (whole && end - start >= token.least).then_some(end)
}

/// Does the end of a header's word stand before the long word at `start`?
#[inline]
fn may_be_header(text: &[u8], start: usize) -> bool {
    let [first, second, third, blank] = last(text, start);
    blank == b' ' && ends_header_word([first, second, third])
}

/// Are they the last letters of one of [`HEADERS`], or of `basic`?
#[inline]
fn ends_header_word(letters: [u8; 3]) -> bool {
    matches!(
        letters.map(|byte| byte | 0x20),
        [b'r', b'e', b'r']
            | [b's', b'w', b's']
            | [b'k', b'e', b'y']
            | [b'u', b'n', b'k']
            | [b'k', b'e', b'n']
            | [b's', b'i', b'c']
    )
}

/// `Authorization: Bearer …` and its likes, wherever they stand.
fn header(text: &[u8], start: usize) -> Option<Finding> {
    may_be_header(text, start).then_some(())?;
    let known = |name: &[u8]| {
        let first = start.checked_sub(name.len())?;
        let head = text.get(first..start)?;
        (head.eq_ignore_ascii_case(name) && !before(text, first).is_ascii_alphanumeric()).then_some(first)
    };
    if let Some(first) = known(b"basic ") {
        return basic(text, start).map(|end| finding(first, end, "secret.basic-credentials", 96));
    }
    let (token, first) = HEADERS.iter().find_map(|token| Some((token, known(token.before)?)))?;
    let mut end = random_end(token, text, start)?;
    if token.kind == "secret.deepl-key" && text.get(end..)?.starts_with(b":fx") {
        end += 3;
    }
    // The word `token` is a word of prose; a header's name is not.
    let first = if token.before == b"token " { start } else { first };
    Some(finding(first, end, token.kind, 92))
}

/// RFC 7617: the base64 of a name, a colon and a password; where it ends.
pub(super) fn basic(text: &[u8], start: usize) -> Option<usize> {
    let end = run_end(text, start, 512, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let mut plain = [0; 96];
    let plain = decode(text.get(start..end)?, &mut plain);
    let printable = plain.len() >= 3 && plain.iter().all(|&byte| byte >= b' ' && byte != 0x7f);
    (printable && plain.contains(&b':')).then(|| run_end(text, end, 2, |byte| byte == b'='))
}

/// Addresses that accept messages from whoever knows them. Sources: docs.slack.dev, discord.com,
/// learn.microsoft.com, open.feishu.cn, zapier.com, ifttt.com.
const WEBHOOKS: &[(&[u8], &str)] = &[
    (b"hooks.slack.com/", "secret.slack-webhook"),
    (b"discord.com/api/webhooks/", "secret.discord-webhook"),
    (b"discordapp.com/api/webhooks/", "secret.discord-webhook"),
    (b"webhook.office.com/webhook", "secret.teams-webhook"),
    (b"outlook.office.com/webhook/", "secret.teams-webhook"),
    (b"open.feishu.cn/open-apis/bot/v2/hook/", "secret.feishu-webhook"),
    (b"hooks.zapier.com/", "secret.zapier-webhook"),
    (b"maker.ifttt.com/trigger/", "secret.ifttt-webhook"),
];

fn webhook(text: &[u8], start: usize) -> Option<Finding> {
    const BACK: usize = 160;
    let in_path = |byte: u8| Alphabet::Path.has(byte) || matches!(byte, b'.' | b'@');
    leads_to_secret(segment_before(text, start)).then_some(())?;
    let first = run_start(text, start, BACK, in_path);
    let path = text.get(first..start)?;
    position(path, b"hook").or_else(|| position(path, b"ifttt"))?;
    let (place, kind) = WEBHOOKS.iter().find_map(|&(host, kind)| Some((position(path, host)?, kind)))?;
    // The name of the host may be longer.
    let host = run_start(text, first + place, 64, |byte| Alphabet::Dotted.has(byte));
    let end = run_end(text, start, 512, in_path);
    let end = run_start(text, end, end - start, |byte| byte == b'.');
    (is_random(text.get(start..end)?)).then(|| finding(host, end, kind, 96))
}

/// The part of a path before the `/` that stands before `start`.
#[inline]
fn segment_before(text: &[u8], start: usize) -> &[u8] {
    let segment = run_start(text, start - 1, 40, |byte| Url.has(byte));
    text.get(segment..start - 1).unwrap_or_default()
}

/// May this part of a path stand before the secret of a webhook: a word for it, or a number of whose it is?
fn leads_to_secret(segment: &[u8]) -> bool {
    const WORDS: [&[u8]; 6] = [b"webhooks", b"webhookb2", b"webhook", b"hook", b"catch", b"key"];
    let is_number = match segment.len() {
        8..=13 => segment.iter().all(u8::is_ascii_alphanumeric),
        17..=20 => segment.iter().all(u8::is_ascii_digit),
        32 => segment.iter().all(u8::is_ascii_hexdigit),
        36 => segment.iter().all(|&byte| Uuid.has(byte)),
        _ => false,
    };
    is_number || WORDS.contains(&segment) || segment == b"IncomingWebhook"
}

/// A Sentry DSN: 32 hexadecimal digits before the `@` of a host of Sentry's (develop.sentry.dev, "DSN").
fn sentry(text: &[u8], start: usize) -> Option<Finding> {
    let end = hex_end(text, start, 32)?;
    let host = run_end(text, end, 80, |byte| Alphabet::Dotted.has(byte) || byte == b'@');
    let names = at(text, end) == b'@' && position(text.get(end..host)?, b"sentry").is_some();
    names.then(|| finding(start, end, "secret.sentry-dsn", 94))
}

/// `2/1200…/1200…:` and 32 hexadecimal digits (developers.asana.com, "Personal access token").
fn asana(text: &[u8], start: usize) -> Option<Finding> {
    let end = hex_end(text, start, 32)?;
    let first = run_start(text, start - 1, 40, |byte| byte.is_ascii_digit() || byte == b'/');
    let fits = text.get(first..start)?.contains(&b'/') && start - first >= 14;
    fits.then(|| finding(first, end, "secret.asana-token", 95))
}

/// `root@pam!name=` and a UUID (pve.proxmox.com, Vienna, "API tokens").
fn proxmox(text: &[u8], start: usize) -> Option<Finding> {
    let name = run_start(text, start - 1, 40, |byte| Alphabet::Token.has(byte));
    (before(text, name) == b'!').then_some(())?;
    let user = run_start(text, name - 1, 80, |byte| Dotted.has(byte) || byte == b'@');
    uuid_end(text, start).map(|end| finding(user, end, "secret.proxmox-token", 95))
}

fn is_small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Do six letters or digits before a dot and sixteen behind it stand alone?
#[inline]
fn may_be_bootstrap(text: &[u8], start: usize) -> bool {
    !is_small(at(text, start + 16)) && is_small(at(text, start + 15)) && is_small(before(text, start - 1))
}

/// `abcdef.0123456789abcdef` (kubernetes.io, "Bootstrap tokens"), where the word `token` is near.
fn bootstrap_token(text: &[u8], start: usize) -> Option<Finding> {
    let end = run_end(text, start, 17, is_small);
    let first = run_start(text, start - 1, 7, is_small);
    let near = text.get(first.saturating_sub(24)..first)?;
    let fits = end - start == 16 && start - first == 7 && is_random(text.get(start..end)?);
    (fits && position(near, b"token").is_some())
        .then(|| finding(first, end, "secret.kubernetes-bootstrap-token", 94))
}

fn hex_end(text: &[u8], start: usize, length: usize) -> Option<usize> {
    let end = run_end(text, start, length + 1, |byte| Hex.has(byte));
    (end - start == length && is_random(text.get(start..end)?)).then_some(end)
}

/// A part of a word at a fixed place that tells whose it is: the place, the part, the length of the word,
/// its alphabet and the kind. Sources: github.com/microsoft/security-utilities ("Identifiable keys"),
/// learn.microsoft.com ("Personal access tokens"), docs.newrelic.com, mailgun.com, mailchimp.com.
const PARTS: [(usize, &[u8], usize, Alphabet, &str); 8] = [
    (76, b"AZDO", 84, Alnum, "secret.azure-devops-token"),
    (52, b"JQQJ99", 84, Alnum, "secret.azure-identifiable-key"),
    (42, b"AzSe", 52, Alnum, "secret.azure-search-key"),
    (44, b"AzFu", 54, Url, "secret.azure-function-key"),
    (36, b"NRAL", 40, Alnum, "secret.newrelic-licence-key"),
    (32, b"-us", 36, Url, "secret.mailchimp-key"),
    (32, b"-us", 37, Url, "secret.mailchimp-key"),
    (0, b"SK", 34, Hex, "secret.twilio-api-key"),
];

/// May the word from `start` to `end` have one of the shapes?
#[inline]
pub(super) fn may_be_shaped(text: &[u8], start: usize, end: usize) -> bool {
    match end - start {
        0..23 => false,
        23..32 => at(text, end) == b'.' && matches!(at(text, start), b'M' | b'N' | b'O'),
        _ => {
            let has = |place: usize, byte: u8| at(text, start + place) == byte;
            matches!(at(text, start + 32), b'-' | b'.')
                || matches!(at(text, start + 36), b':' | b'N')
                || has(0, b'S') && has(1, b'K')
                || has(42, b'A') && has(43, b'z')
                || has(44, b'A') && has(45, b'z')
                || has(52, b'J')
                || has(76, b'A') && has(77, b'Z')
        }
    }
}

fn shaped(text: &[u8], start: usize) -> Option<Finding> {
    let rest = text.get(start..)?;
    for &(place, part, length, alphabet, kind) in &PARTS {
        if rest.get(place..).is_some_and(|rest| rest.starts_with(part)) {
            let from = if place == 0 { part.len() } else { 0 };
            let end = run_end(text, start + from, length + 1, |byte| alphabet.has(byte));
            if end - start == length && is_random(text.get(start..end)?) {
                return Some(finding(start, end, kind, 95));
            }
        }
    }
    match at(text, start + 32) {
        b'-' if at(text, start + 41) == b'-' => return mailgun(text, start),
        b'.' => return zhipu(text, start),
        _ => {}
    }
    if at(text, start + 36) == b':' {
        return behind_uuid(text, start);
    }
    matches!(at(text, start), b'M' | b'N' | b'O').then(|| discord(text, start)).flatten()
}

/// 32, 8 and 8 hexadecimal digits.
fn mailgun(text: &[u8], start: usize) -> Option<Finding> {
    let end = run_end(text, start, 51, |byte| Uuid.has(byte));
    let key = text.get(start..end)?;
    let fits = key.iter().enumerate().all(|(place, &byte)| (byte == b'-') == matches!(place, 32 | 41));
    (key.len() == 50 && fits && is_random(key)).then(|| finding(start, end, "secret.mailgun-key", 94))
}

/// 32 hexadecimal digits, a dot, and 16 more of any kind (docs.bigmodel.cn).
fn zhipu(text: &[u8], start: usize) -> Option<Finding> {
    let dot = hex_end(text, start, 32)?;
    let end = run_end(text, dot + 1, 17, |byte| Alnum.has(byte));
    let tail = text.get(dot + 1..end)?;
    let mixed = tail.iter().any(u8::is_ascii_uppercase) && tail.iter().any(u8::is_ascii_lowercase);
    (tail.len() == 16 && mixed && is_random(tail)).then(|| finding(start, end, "secret.zhipu-api-key", 94))
}

/// A UUID and `:fx` (developers.deepl.com, keys of the free plan), or 32 hexadecimal digits (docs.fal.ai).
fn behind_uuid(text: &[u8], start: usize) -> Option<Finding> {
    let colon = uuid_end(text, start)?;
    if text.get(colon..)?.starts_with(b":fx") && !at(text, colon + 3).is_ascii_alphanumeric() {
        return Some(finding(start, colon + 3, "secret.deepl-key", 97));
    }
    hex_end(text, colon + 1, 32).map(|end| finding(start, end, "secret.fal-key", 95))
}

/// A session: 15 or 18 characters of the organisation, `!`, and a random text (developer.salesforce.com).
fn salesforce(text: &[u8], start: usize) -> Option<Finding> {
    let first = run_start(text, start - 1, 19, |byte| Alnum.has(byte));
    let end = run_end(text, start, 256, |byte| Dotted.has(byte));
    let end = run_start(text, end, end - start, |byte| byte == b'.');
    let organisation = text.get(first..start)?;
    let fits = matches!(organisation.len(), 16 | 19) && organisation.starts_with(b"00D") && end - start >= 80;
    (fits && is_random(text.get(start..end)?)).then(|| finding(first, end, "secret.salesforce-session", 95))
}

/// A bot's number in base64, a time, and a MAC (docs.discord.com, "Authentication").
fn discord(text: &[u8], start: usize) -> Option<Finding> {
    let part = |from: usize, most: usize| run_end(text, from, most, |byte| Url.has(byte));
    let time = part(start, 31) + 1;
    let mac = part(time, 8) + 1;
    let end = part(mac, 60);
    let fits = (23..=28).contains(&(time - 1 - start)) && mac - time == 7 && end - mac >= 27;
    if !fits || at(text, time - 1) != b'.' || at(text, mac - 1) != b'.' {
        return None;
    }
    let mut number = [0; 24];
    let number = decode(text.get(start..time - 1)?, &mut number);
    (number.len() >= 17 && number.iter().all(u8::is_ascii_digit))
        .then(|| finding(start, end, "secret.discord-bot-token", 98))
}
