//! Static API keys, for clients that hold one fixed key.
//!
//! Invariant: a key is known by its SHA-256 alone. It has 256 random bits, so the hash can neither be
//! turned round nor does a look-up by it tell anything by its time.
//!
//! A key is `ink_` and 56 characters of lower-case base32: 32 random bytes and 3 of a check sum, which tells
//! a key that was cut off while copying from one that is not known.

use super::file::{self, Lock};
use super::reason::Reason;
use super::token::{GROUP_BYTES_MAX, GROUPS_MAX};
use super::{Caller, CredentialKind, is_label, is_tenant, sha256};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::{Date, Month, OffsetDateTime, Time};
use toml::Spanned;

/// What every key begins with, so that scanners for leaked secrets can find it.
pub(super) const PREFIX: &str = "ink_";
const SECRET_BYTES: usize = 32;
const CHECK_BYTES: usize = 3;
/// 35 bytes are 56 characters of 5 bits exactly: there is one way to write a key.
const TEXT_BYTES: usize = PREFIX.len() + (SECRET_BYTES + CHECK_BYTES) * 8 / 5;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
const KEYS_MAX: usize = 10_000;
const NAME_BYTES_MAX: usize = 64;

/// The keys of one generation, by their hash.
#[derive(Default)]
pub struct ApiKeys {
    by_hash: HashMap<[u8; 32], Known>,
}

struct Known {
    caller: Arc<Caller>,
    /// Seconds since 1970 at which it ends.
    valid_until: Option<u64>,
}

/// A key as the file keeps it: everything but the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyEntry {
    name: String,
    sha256: [u8; 32],
    tenant: String,
    groups: Vec<String>,
    expires: Option<Date>,
}

/// What is wrong with a file of keys, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {problem}\n  {remedy}", path.display(), Line(*line))]
pub struct ApiKeyError {
    path: PathBuf,
    line: Option<usize>,
    problem: String,
    remedy: &'static str,
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// Makes a key. The text is shown once and kept nowhere; the entry goes into the file.
pub fn new_api_key(
    name: &str,
    tenant: &str,
    groups: &[String],
    expires: Option<Date>,
) -> Result<(String, ApiKeyEntry), ApiKeyError> {
    let mut secret = [0; SECRET_BYTES];
    SystemRandom::new()
        .fill(&mut secret)
        .map_err(|_| Problem::new("no random numbers", "try again").nowhere())?;
    let key = write_key(&secret);
    let entry = ApiKeyEntry {
        name: name.to_owned(),
        sha256: sha256(key.as_bytes()),
        tenant: tenant.to_owned(),
        groups: groups.to_vec(),
        expires,
    };
    entry.check().map_err(Problem::nowhere)?;
    Ok((key, entry))
}

impl ApiKeys {
    /// No keys.
    pub fn empty() -> Self {
        Self::default()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Reads a file of `[[key]]` tables, whole or not at all.
    pub fn load(path: &Path) -> Result<Self, ApiKeyError> {
        let (text, mode) =
            file::read(path, FILE_BYTES_MAX).map_err(|error| unreadable(&error).at(path, None))?;
        if mode & 0o002 != 0 {
            let problem = Problem::new("everybody may write to this file", "do: chmod 600 on it");
            return Err(problem.at(path, None));
        }
        Self::parse(&text).map_err(|(at, problem)| problem.at(path, at.and_then(|at| line(&text, at))))
    }

    fn parse(text: &str) -> Result<Self, (Option<usize>, Problem)> {
        let file: KeyFile = toml::from_str(text).map_err(|error| {
            (error.span().map(|span| span.start), Problem::new(error.message(), WRITE_LIKE_THIS))
        })?;
        if file.key.len() > KEYS_MAX {
            return Err((None, Problem::new("more than 10000 keys", "take out those that have expired")));
        }
        let mut keys = Self::empty();
        let mut names = HashSet::new();
        for row in file.key {
            let at = row.span().start;
            let entry = row.into_inner().entry().map_err(|problem| (Some(at), problem))?;
            if !names.insert(entry.name.clone()) {
                return Err((Some(at), Problem::new("two keys have this name", "give each its own")));
            }
            if keys.by_hash.insert(entry.sha256, entry.known()).is_some() {
                return Err((Some(at), Problem::new("this key stands twice", "keep one of them")));
            }
        }
        Ok(keys)
    }

    /// Whose key it is. `now` is in seconds since 1970.
    pub(super) fn find(&self, key: &str, now: u64) -> Result<Arc<Caller>, Reason> {
        if !is_complete(key) {
            return Err(Reason::ApiKeyMalformed);
        }
        let known = self.by_hash.get(&sha256(key.as_bytes())).ok_or(Reason::ApiKeyUnknown)?;
        if known.valid_until.is_some_and(|until| now >= until) {
            return Err(Reason::ApiKeyExpired);
        }
        Ok(Arc::clone(&known.caller))
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeys {{ {} }}", self.len())
    }
}

impl ApiKeyEntry {
    /// What the operator calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose it is.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The groups of its bearer.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// The last day (UTC) on which it works.
    pub fn expires(&self) -> Option<Date> {
        self.expires
    }

    /// Adds it to a file, which is made if it is not there. What stood in it stays as it is, comments too.
    pub fn append(&self, path: &Path) -> Result<(), ApiKeyError> {
        let lock = Lock::beside(path).map_err(|error| unwritable(&error).at(path, None))?;
        let mut text = match file::read(path, FILE_BYTES_MAX) {
            Ok((text, _)) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(&error).at(path, None)),
        };
        if !text.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        }
        text.push_str(&self.to_string());
        // Nothing is written that the gateway would not read.
        ApiKeys::parse(&text).map_err(|(at, problem)| problem.at(path, at.and_then(|at| line(&text, at))))?;
        lock.replace(text.as_bytes()).map_err(|error| unwritable(&error).at(path, None))
    }

    fn check(&self) -> Result<(), Problem> {
        let named = (1..=NAME_BYTES_MAX).contains(&self.name.len())
            && self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !named {
            return Err(Problem::new(
                "the name is not usable",
                "write 1 to 64 letters, digits, `.`, `_`, `-`",
            ));
        }
        if !is_tenant(&self.tenant) {
            return Err(Problem::new("the tenant is not one", "write 1 to 64 of a-z, 0-9 and `-`"));
        }
        let short = self.groups.len() <= GROUPS_MAX;
        if !short || !self.groups.iter().all(|group| is_label(group, GROUP_BYTES_MAX)) {
            return Err(Problem::new(
                "the groups are too many or not names",
                "write at most 64 of 1 to 128 bytes",
            ));
        }
        Ok(())
    }

    fn known(self) -> Known {
        let Self { name, tenant, mut groups, expires, .. } = self;
        groups.sort_unstable();
        groups.dedup();
        let subject = format!("api-key/{name}");
        let caller = Arc::new(Caller { tenant, subject, groups, kind: CredentialKind::ApiKey });
        Known { caller, valid_until: expires.map(day_end) }
    }
}

/// The form that the file has.
impl fmt::Display for ApiKeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self.groups.iter().map(|group| quoted(group)).collect();
        writeln!(f, "[[key]]\nname = {}\nsha256 = \"{}\"", quoted(&self.name), hex(&self.sha256))?;
        writeln!(f, "tenant = {}\ngroups = [{}]", quoted(&self.tenant), groups.join(", "))?;
        self.expires.map_or(Ok(()), |day| writeln!(f, "expires = {day}"))
    }
}

const WRITE_LIKE_THIS: &str =
    "write: [[key]] with name, sha256, tenant, groups and expires = 2027-12-31 (`inland key new` does)";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default)]
    key: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    sha256: String,
    tenant: String,
    #[serde(default)]
    groups: Vec<String>,
    expires: Option<toml::value::Datetime>,
}

impl Row {
    fn entry(self) -> Result<ApiKeyEntry, Problem> {
        let sha256 = unhex(&self.sha256)
            .ok_or_else(|| Problem::new("the sha256 is not 64 digits of 0-9 and a-f", WRITE_LIKE_THIS))?;
        let expires = match self.expires {
            None => None,
            Some(expires) => Some(
                day(&expires)
                    .ok_or_else(|| Problem::new("expires is not a day", "write: expires = 2027-12-31"))?,
            ),
        };
        let Self { name, tenant, groups, .. } = self;
        let entry = ApiKeyEntry { name, sha256, tenant, groups, expires };
        entry.check()?;
        Ok(entry)
    }
}

/// What is wrong and what to do, before it is known where.
struct Problem {
    text: String,
    remedy: &'static str,
}

impl Problem {
    fn new(text: &str, remedy: &'static str) -> Self {
        Self { text: text.to_owned(), remedy }
    }

    fn at(self, path: &Path, line: Option<usize>) -> ApiKeyError {
        ApiKeyError { path: path.to_owned(), line, problem: self.text, remedy: self.remedy }
    }

    fn nowhere(self) -> ApiKeyError {
        self.at(Path::new("new key"), None)
    }
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::new(
        &format!("cannot be read: {error}"),
        "make it with `inland key new`, or leave the setting out",
    )
}

fn unwritable(error: &std::io::Error) -> Problem {
    Problem::new(&format!("cannot be written: {error}"), "name a file in a directory that is yours")
}

fn write_key(secret: &[u8; SECRET_BYTES]) -> String {
    let check = sha256(&[PREFIX.as_bytes(), secret].concat());
    let mut key = PREFIX.to_owned();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in secret.iter().chain(check.iter().take(CHECK_BYTES)) {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            let digit = (bits >> count) & 31;
            key.push(BASE32.get(digit as usize).copied().map_or('a', char::from));
        }
    }
    key
}

/// Whether it is what [`write_key`] writes of some secret.
fn is_complete(key: &str) -> bool {
    let Some(digits) = key.strip_prefix(PREFIX).filter(|_| key.len() == TEXT_BYTES) else { return false };
    let mut secret = Vec::with_capacity(SECRET_BYTES + CHECK_BYTES);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for digit in digits.bytes() {
        let value = match digit {
            b'a'..=b'z' => digit - b'a',
            b'2'..=b'7' => digit - b'2' + 26,
            _ => return false,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            secret.extend((bits >> count).to_be_bytes().last());
        }
    }
    let secret = secret.first_chunk::<SECRET_BYTES>();
    secret.is_some_and(|secret| write_key(secret) == key)
}

/// The end of a day in UTC, in seconds since 1970. Expiry is inclusive of the day.
fn day_end(day: Date) -> u64 {
    let next = day.next_day().unwrap_or(day);
    u64::try_from(OffsetDateTime::new_utc(next, Time::MIDNIGHT).unix_timestamp()).unwrap_or(0)
}

fn day(value: &toml::value::Datetime) -> Option<Date> {
    if value.time.is_some() || value.offset.is_some() {
        return None;
    }
    let date = value.date?;
    Date::from_calendar_date(i32::from(date.year), Month::try_from(date.month).ok()?, date.day).ok()
}

/// The line of a byte, counted from 1.
fn line(text: &str, at: usize) -> Option<usize> {
    Some(text.as_bytes().get(..at)?.iter().filter(|byte| **byte == b'\n').count() + 1)
}

/// A TOML string. Names have no control characters, so two escapes are enough.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes = pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?));
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}
