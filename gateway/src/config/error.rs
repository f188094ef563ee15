//! A configuration error names the file, the line and what to write.

use std::fmt;
use std::ops::Range;

/// One example line per setting: what to write where it is missing or misspelt.
const EXAMPLES: &[(&str, &str)] = &[
    ("access_key", "access_key = { env = \"S3_ACCESS_KEY\" }"),
    ("address", "address = \"127.0.0.1:8443\""),
    ("admin", "[admin]"),
    ("audience", "audience = \"inland\""),
    ("audit", "[audit]   # directory = \"audit\", node = \"gw-1.example.test\""),
    ("backend", "[[backend]]"),
    ("bucket", "bucket = \"inland-audit-fr\""),
    ("ca", "ca = \"ca.pem\"   # only where the server's CA is not a public one"),
    ("certificate", "certificate = \"gateway.pem\""),
    ("claims", "claims = { tenant = \"tenant\", groups = \"groups\" }"),
    ("client_ca", "client_ca = \"clients.pem\""),
    ("country", "country = \"FR\"   # the country the machines stand in, ISO 3166-1"),
    ("countries", "countries = [\"FR\"]   # partitions of these countries go to this bucket"),
    ("credential", "credential = { env = \"PARIS_KEY\" }"),
    ("detection", "[detection]   # engine = \"cpu\", \"cuda\" or \"auto\""),
    ("directory", "directory = \"audit\""),
    ("endpoint", "endpoint = \"https://s3.eu-west-3.amazonaws.com\""),
    ("engine", "engine = \"auto\"   # or \"cpu\", or \"cuda\""),
    ("hosts", "[hosts]"),
    ("id", "id = \"paris\""),
    ("issuer", "[[issuer]]"),
    ("jwks", "jwks = \"https://id.example.test/jwks.json\""),
    (
        "key",
        "key = { file = \"gateway.key\" }   # a secret is a file or an environment variable, never inline",
    ),
    ("keys", "[keys]   # file = \"keys.toml\""),
    ("limits", "[limits]"),
    ("listen", "[listen]   # address = \"127.0.0.1:8443\""),
    ("model", "[[model]]"),
    ("name", "name = \"clinic-large\""),
    ("networks", "networks = [\"203.0.113.0/24\"]   # every address the name may have"),
    ("node", "node = \"gw-1.example.test\""),
    ("offers", "offers = [\"paris/mistral-large-4\"]   # backend/model pairs"),
    ("pins", "pins = [\"sha256/BASE64 of the SHA-256 of the public key\"]"),
    (
        "policy",
        "[policy]   # bundle = \"policies.tar.gz\" and key = \"policy.pub\", or directory = \"policies\"",
    ),
    (
        "provider",
        "provider = \"mistral/mistral-eu\"   # policies/providers/mistral.yaml, endpoint mistral-eu",
    ),
    ("region", "region = \"eu-west-3\"   # what requests to the bucket are signed for"),
    ("secret_key", "secret_key = { file = \"s3.secret\" }"),
    ("segment_mebibytes", "segment_mebibytes = 64"),
    ("ship", "[[audit.ship]]"),
    ("state", "state = \"monitor.state\""),
    ("tenants", "tenants = [\"werk-stuttgart\"]   # whom this issuer may speak for"),
    ("url", "url = \"https://llm.fr.example.test/v1\""),
];

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: String,
    line: Option<usize>,
    message: String,
    write: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message)?,
            None if self.file.is_empty() => f.write_str(&self.message)?,
            None => write!(f, "{}: {}", self.file, self.message)?,
        }
        self.write.as_ref().map_or(Ok(()), |write| write!(f, "\n  write: {write}"))
    }
}

impl std::error::Error for ConfigError {}

/// What a check found: where, what, and what to write instead.
pub(super) struct Fault {
    pub(super) span: Option<Range<usize>>,
    pub(super) message: String,
    pub(super) write: Option<String>,
}

impl ConfigError {
    /// An error of another file that this one leads to, which it names itself.
    pub fn elsewhere(message: String) -> ConfigError {
        ConfigError { file: String::new(), line: None, message, write: None }
    }

    /// An error of the file as a whole.
    pub fn whole(file: &str, message: String) -> ConfigError {
        ConfigError { file: file.into(), line: None, message, write: None }
    }

    pub(super) fn at(file: &str, text: &str, fault: Fault) -> ConfigError {
        let line = fault.span.map(|span| line_of(text, span.start));
        ConfigError { file: file.into(), line, message: fault.message, write: fault.write }
    }

    pub(super) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
        let line = error.span().map(|span| line_of(text, span.start));
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        let write = advice(&message);
        ConfigError { file: file.into(), line, message, write }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// For a missing field its example; for an unknown one, that of the nearest that is expected there.
fn advice(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let named = quoted.next()?;
    if message.starts_with("missing field") {
        return EXAMPLES.iter().find(|(name, _)| *name == named).map(|(_, line)| (*line).to_owned());
    }
    if !message.starts_with("unknown field") {
        return None;
    }
    let nearest = quoted.min_by_key(|expected| distance(named, expected))?;
    let example = EXAMPLES.iter().find(|(name, _)| *name == nearest).map(|(_, line)| (*line).to_owned());
    Some(example.unwrap_or_else(|| nearest.to_owned()))
}

/// Levenshtein's distance, over a few characters.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, left) in one.bytes().enumerate() {
        let mut diagonal = line;
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
        let mut before = line + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(other.bytes()) {
            let best = (diagonal + usize::from(left != right)).min(before + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            before = best;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}
