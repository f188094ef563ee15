//! Names that say that a secret follows: data only.
//!
//! Invariant: names are in lower case without `_`, `-`, `.` and blanks. Those of a list end in its letter,
//! and a longer one stands before what it ends in.

use super::index::Index;
use super::lanes;
use crate::bytes::{before, last};

/// What a value must be to count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// Anything that is no place holder.
    Any,
    /// The same in quotes, or with a digit or sign: the name is a word of prose too.
    Telling,
    /// At least so many bytes, random, with a digit among them.
    Opaque(usize),
    /// The same, and the name of an issuer stands in the name.
    OfIssuer(usize),
}

/// The end of a name, its kind, and what follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) value: Value,
    /// The last eight letters in one register, and which of its bits there are.
    tail: u64,
    mask: u64,
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn name(name: &'static str, kind: &'static str, value: Value) -> Name {
    let letters = name.as_bytes();
    let (mut tail, mut mask, mut index) = (0, 0, 0);
    while index < 8 && index < letters.len() {
        let shift = 56 - 8 * index;
        tail |= ((letters[letters.len() - 1 - index] | 0x20) as u64) << shift;
        mask |= 0xff << shift;
        index += 1;
    }
    Name { name, kind, value, tail, mask }
}

/// A letter in lower case; of those of two bytes the half of the alphabets that differ by this bit.
const fn small(byte: u8) -> u8 {
    if byte < 0x80 { byte.to_ascii_lowercase() } else { byte | 0x20 }
}

impl Name {
    /// Does `window` end in the name, whatever marks stand in it?
    fn ends(&self, window: &[u8]) -> bool {
        let mut letters = window.iter().rev().filter(|byte| !is_mark(**byte));
        self.name.bytes().rev().all(|letter| letters.next().is_some_and(|byte| small(*byte) == small(letter)))
    }
}

use Value::{Any, OfIssuer, Opaque, Telling};

const A: &[Name] = &[
    name("contrase\u{f1}a", "secret.password", Any),
    name("contrasenya", "secret.password", Any),
    name("salasana", "secret.password", Any),
    name("salas\u{f5}na", "secret.password", Any),
    name("senha", "secret.password", Any),
    name("lozinka", "secret.password", Any),
    name("zaporka", "secret.password", Any),
    name("parola", "secret.password", Telling),
];
const D: &[Name] = &[
    name("password", "secret.password", Any),
    name("passwd", "secret.password", Any),
    name("wachtwoord", "secret.password", Any),
    name("passord", "secret.password", Any),
    name("kodeord", "secret.password", Any),
    name("l\u{f6}senord", "secret.password", Any),
    name("pwd", "secret.password", Any),
    name("phpsessid", "secret.session-cookie", Opaque(20)),
    name("jsessionid", "secret.session-cookie", Opaque(20)),
    name("sessionid", "secret.session-cookie", Opaque(20)),
    name("connectsid", "secret.session-cookie", Opaque(20)),
];
const E: &[Name] = &[
    name("passphrase", "secret.password", Any),
    name("motdepasse", "secret.password", Any),
    name("palavrapasse", "secret.password", Any),
    name("parole", "secret.password", Telling),
    name("adgangskode", "secret.password", Any),
    name("sharedaccesssignature", "secret.azure-sas", Opaque(40)),
    name("secretkeybase", "secret.signing-secret", Opaque(32)),
    name("authcookie", "secret.session-cookie", Opaque(20)),
    name("sessioncookie", "secret.session-cookie", Opaque(20)),
];
const L: &[Name] = &[name("parool", "secret.password", Telling), name("pasfhocal", "secret.password", Any)];
const O: &[Name] = &[
    name("has\u{142}o", "secret.password", Any),
    name("haslo", "secret.password", Any),
    name("heslo", "secret.password", Telling),
    name("geslo", "secret.password", Telling),
    name("jelszo", "secret.password", Any),
];
const S: &[Name] = &[name("slapta\u{17e}odis", "secret.password", Any)];
/// Names whose last letter has two bytes.
const WIDE: &[Name] = &[
    name("jelsz\u{f3}", "secret.password", Any),
    name("parol\u{103}", "secret.password", Any),
    name("lykilor\u{f0}", "secret.password", Any),
    name("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", "secret.password", Any),
    name("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{430}", "secret.password", Any),
    name("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{430}\u{442}\u{430}", "secret.password", Any),
    name(
        "\u{3ba}\u{3c9}\u{3b4}\u{3b9}\u{3ba}\u{3cc}\u{3c2}\u{3c0}\u{3c1}\u{3cc}\u{3c3}\u{3b2}\u{3b1}\u{3c3}\u{3b7}\u{3c2}",
        "secret.password",
        Any,
    ),
];
const G: &[Name] = &[name("sig", "secret.azure-sas", Opaque(40))];
const N: &[Name] = &[
    name("awssessiontoken", "secret.aws-session-token", Opaque(40)),
    name("pveapitoken", "secret.proxmox-token", Opaque(40)),
    name("pbsapitoken", "secret.proxmox-token", Opaque(40)),
    name("accesstoken", "secret.access-token", Opaque(16)),
    name("refreshtoken", "secret.refresh-token", Opaque(16)),
    name("idtoken", "secret.id-token", Opaque(20)),
    name("authtoken", "secret.access-token", Opaque(16)),
    name("bottoken", "secret.access-token", Opaque(16)),
    name("sessiontoken", "secret.session-cookie", Opaque(20)),
    name("token", "secret.access-token", Opaque(20)),
    name("gitlabsession", "secret.session-cookie", Opaque(20)),
];
const T: &[Name] = &[
    name("passwort", "secret.password", Any),
    name("kennwort", "secret.password", Any),
    // With their articles, in Swedish, Norwegian and Danish.
    name("l\u{f6}senordet", "secret.password", Any),
    name("passordet", "secret.password", Any),
    name("kodeordet", "secret.password", Any),
    name("clientsecret", "secret.client-secret", Opaque(8)),
    name("signingsecret", "secret.signing-secret", Opaque(16)),
    name("webhooksecret", "secret.webhook-secret", Opaque(16)),
    name("secret", "secret.shared-secret", Opaque(16)),
    name("pat", "", OfIssuer(20)),
];
const Y: &[Name] = &[
    name("secretaccesskey", "secret.aws-secret-key", Opaque(40)),
    name("awssecretkey", "secret.aws-secret-key", Opaque(40)),
    name("sharedaccesskey", "secret.azure-access-key", Opaque(40)),
    name("accountkey", "secret.azure-storage-key", Opaque(40)),
    name("ocpapimsubscriptionkey", "secret.azure-api-key", Opaque(32)),
    name("presharedkey", "secret.pre-shared-key", Opaque(20)),
    name("privatekey", "secret.private-key-value", Opaque(32)),
    name("encryptionkey", "secret.encryption-key", Opaque(16)),
    name("masterkey", "secret.encryption-key", Opaque(16)),
    name("signingkey", "secret.signing-secret", Opaque(16)),
    name("secretkey", "secret.secret-key", Opaque(16)),
    name("apikey", "secret.api-key", Opaque(16)),
    name("accesskey", "secret.access-key", Opaque(16)),
    name("key", "", OfIssuer(16)),
];

/// The names that end in a letter.
fn ending_in(letter: u8) -> &'static [Name] {
    match letter {
        b'a' => A,
        b'd' => D,
        b'e' => E,
        b'g' => G,
        b'l' => L,
        b'n' => N,
        b'o' => O,
        b's' => S,
        b't' => T,
        b'y' => Y,
        0x80.. => WIDE,
        _ => &[],
    }
}

/// The longest name that is looked at, in bytes.
pub(super) const NAME_MAX: usize = 48;

/// What may stand between the words of a name, or between its letters.
#[inline]
pub(super) fn is_mark(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.' | b' ')
}

/// The name that ends at `end`.
pub(super) fn known(text: &[u8], end: usize) -> Option<&'static Name> {
    let window = text.get(end.saturating_sub(NAME_MAX)..end)?;
    let tail = tail_of(window);
    let mut names = ending_in(before(text, end).to_ascii_lowercase()).iter();
    names.find(|name| (name.tail ^ tail) & name.mask == 0 && name.ends(window))
}

/// The last eight letters without marks, so that most names need no second look.
fn tail_of(window: &[u8]) -> u64 {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let last = u64::from_le_bytes(last(window, window.len()));
    if !lanes::has_marks(last) {
        return last | SMALL;
    }
    let letters = window.iter().rev().filter(|byte| !is_mark(**byte)).take(8);
    letters.enumerate().fold(0, |tail, (index, &byte)| tail | u64::from(byte) << (56 - 8 * index)) | SMALL
}

const LISTS: [&[Name]; 11] = [A, D, E, G, L, N, O, S, T, Y, WIDE];
/// One bit for each hash of the last three bytes of a name.
static TAILS: [u64; TAILS_BITS / 64] = tails();
const TAILS_BITS: usize = 1024;

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn tails() -> [u64; TAILS_BITS / 64] {
    let mut tails = [0; TAILS_BITS / 64];
    let mut list = 0;
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            let name = LISTS[list][index].name.as_bytes();
            let end = name.len();
            let tail = tail(name[end - 3], name[end - 2], name[end - 1]);
            tails[tail / 64] |= 1 << (tail % 64);
            index += 1;
        }
        list += 1;
    }
    tails
}

#[inline]
const fn tail(first: u8, second: u8, third: u8) -> usize {
    let bytes = first as u32 | (second as u32) << 8 | (third as u32) << 16 | 0x0020_2020;
    (bytes.wrapping_mul(0x9e37_79b1) >> 22) as usize
}

/// May a name end at `end`? Of the words of prose one in forty does.
#[inline]
pub(super) fn may_end(text: &[u8], end: usize) -> bool {
    let [first, second, third] = last(text, end);
    if is_mark(first) || is_mark(second) {
        // Marks are not counted, wherever they stand.
        return !ending_in(third.to_ascii_lowercase()).is_empty();
    }
    let tail = tail(first, second, third);
    TAILS.get(tail / 64).is_some_and(|bits| bits >> (tail % 64) & 1 == 1)
}

/// Issuers whose keys have no form of their own, as they stand in the names of variables; their keys are
/// known by that name only. European ones first.
const ISSUERS: [(&str, &str); 96] = [
    ("mistral", "secret.mistral-api-key"),
    ("alephalpha", "secret.aleph-alpha-token"),
    ("nebius", "secret.nebius-api-key"),
    ("ovh", "secret.ovh-key"),
    ("scaleway", "secret.scaleway-secret-key"),
    ("scwsecret", "secret.scaleway-secret-key"),
    ("hetzner", "secret.hetzner-token"),
    ("hcloud", "secret.hetzner-token"),
    ("infomaniak", "secret.infomaniak-token"),
    ("exoscale", "secret.exoscale-api-secret"),
    ("ionos", "secret.ionos-token"),
    ("gandi", "secret.gandi-token"),
    ("clevercloud", "secret.clever-cloud-token"),
    ("stackit", "secret.stackit-key"),
    ("bunny", "secret.bunny-api-key"),
    ("deepl", "secret.deepl-key"),
    ("mailjet", "secret.mailjet-key"),
    ("messagebird", "secret.messagebird-key"),
    ("sinch", "secret.sinch-key"),
    ("adyen", "secret.adyen-api-key"),
    ("mollie", "secret.mollie-key"),
    ("klarna", "secret.klarna-key"),
    ("sumup", "secret.sumup-key"),
    ("gocardless", "secret.gocardless-token"),
    ("qonto", "secret.qonto-key"),
    ("revolut", "secret.revolut-key"),
    ("tink", "secret.tink-secret"),
    ("truelayer", "secret.truelayer-secret"),
    ("personio", "secret.personio-secret"),
    ("pipedrive", "secret.pipedrive-token"),
    ("sendcloud", "secret.sendcloud-key"),
    ("lokalise", "secret.lokalise-token"),
    ("datocms", "secret.datocms-token"),
    ("storyblok", "secret.storyblok-token"),
    ("algolia", "secret.algolia-key"),
    ("weaviate", "secret.weaviate-api-key"),
    ("qdrant", "secret.qdrant-api-key"),
    ("assemblyai", "secret.assemblyai-key"),
    ("deepgram", "secret.deepgram-key"),
    ("gladia", "secret.gladia-key"),
    ("stability", "secret.stability-api-key"),
    ("cohere", "secret.cohere-api-key"),
    ("ai21", "secret.ai21-api-key"),
    ("moonshot", "secret.moonshot-api-key"),
    ("dashscope", "secret.dashscope-api-key"),
    ("sambanova", "secret.sambanova-api-key"),
    ("deepinfra", "secret.deepinfra-api-key"),
    ("baseten", "secret.baseten-api-key"),
    ("roboflow", "secret.roboflow-api-key"),
    ("wandb", "secret.wandb-api-key"),
    ("comet", "secret.comet-api-key"),
    ("azureopenai", "secret.azure-openai-key"),
    ("cosmos", "secret.azure-cosmos-key"),
    ("cloudflare", "secret.cloudflare-token"),
    ("fastly", "secret.fastly-token"),
    ("linode", "secret.linode-token"),
    ("vultr", "secret.vultr-api-key"),
    ("railway", "secret.railway-token"),
    ("heroku", "secret.heroku-api-key"),
    ("ibmcloud", "secret.ibm-cloud-key"),
    ("watsonx", "secret.ibm-cloud-key"),
    ("snowflake", "secret.snowflake-token"),
    ("upstash", "secret.upstash-token"),
    ("alibaba", "secret.alibaba-secret-key"),
    ("aliyun", "secret.alibaba-secret-key"),
    ("tencent", "secret.tencent-secret-key"),
    ("travis", "secret.travis-token"),
    ("codecov", "secret.codecov-token"),
    ("snyk", "secret.snyk-token"),
    ("jfrog", "secret.jfrog-token"),
    ("artifactory", "secret.jfrog-token"),
    ("datadog", "secret.datadog-key"),
    ("ddapi", "secret.datadog-key"),
    ("ddapp", "secret.datadog-key"),
    ("pagerduty", "secret.pagerduty-key"),
    ("rollbar", "secret.rollbar-token"),
    ("bugsnag", "secret.bugsnag-key"),
    ("logtail", "secret.logtail-token"),
    ("splunk", "secret.splunk-token"),
    ("auth0", "secret.auth0-secret"),
    ("okta", "secret.okta-token"),
    ("segment", "secret.segment-key"),
    ("mixpanel", "secret.mixpanel-secret"),
    ("amplitude", "secret.amplitude-key"),
    ("intercom", "secret.intercom-token"),
    ("zendesk", "secret.zendesk-token"),
    ("postmark", "secret.postmark-token"),
    ("twilio", "secret.twilio-auth-token"),
    ("vonage", "secret.vonage-secret"),
    ("zoom", "secret.zoom-secret"),
    ("paypal", "secret.paypal-secret"),
    ("asana", "secret.asana-token"),
    ("spotify", "secret.spotify-secret"),
    ("pusher", "secret.pusher-secret"),
    ("discord", "secret.discord-secret"),
    ("linkedin", "secret.linkedin-secret"),
];

static TABLE: [(&str, &str); 96] = ISSUERS;
static BY_WORD: Index<96> = Index::new(&words());

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn words() -> [&'static str; 96] {
    let mut words = [""; 96];
    let mut index = 0;
    while index < 96 {
        words[index] = ISSUERS[index].0;
        index += 1;
    }
    words
}

/// The kind that belongs to the issuer whose name stands in `name`.
pub(super) fn issuer(name: &[u8]) -> Option<&'static str> {
    name.array_windows().enumerate().find_map(|(start, &[first, second, third])| {
        let candidates = BY_WORD.candidates(first, second, third).iter();
        let mut issuers = candidates.filter_map(|&index| TABLE.get(usize::from(index)));
        let rest = name.get(start..)?;
        issuers.find(|(word, _)| rest.starts_with(word.as_bytes())).map(|&(_, kind)| kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_the_letter_of_their_list_and_none_hides_behind_a_shorter_one() {
        for letter in 0..=255 {
            let names = ending_in(letter);
            for (index, &Name { name, .. }) in names.iter().enumerate() {
                assert!(letter >= 0x80 || name.as_bytes().last() == Some(&letter), "{name}");
                assert!(name.len() <= NAME_MAX && may_end(name.as_bytes(), name.len()), "{name}");
                let mut before = names.iter().take(index);
                assert!(!before.any(|shorter| name.ends_with(shorter.name)), "{name}");
            }
        }
    }
}
