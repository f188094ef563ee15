//! Record: what is written down, in version 1 of the record format.
//!
//! Invariant (E8): a record has no field for content. It takes digests, counts, labels, names of
//! backends and models, the policy's input and answer (which name nobody), and the subject sealed.
//! Each record is one RFC 8785 object of at most 65,535 bytes; `record.schema.json` beside this file
//! describes every kind.

mod upkeep;

pub use upkeep::{Erase, Handed, Prune, Rotate};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::AuditError;
use super::canonical::{Object, array, timestamp};
use super::frame::RECORD_BYTES_MAX;
use super::subject::Sealed;

/// JSON Schema 2020-12 of every kind of record.
pub const RECORD_SCHEMA: &str = include_str!("record.schema.json");
/// How long a decision id may be.
pub const ID_BYTES_MAX: usize = 128;
/// Requests that one RECOVERY names: with ids of the largest length it stays under its limit. More
/// of them need more records.
pub(super) const OPEN_PER_RECORD_MAX: usize = 256;

/// Something that is written down.
#[derive(Debug, Clone)]
pub enum Record<'a> {
    /// A request is going to be forwarded.
    Intent(Intent<'a>),
    /// How a forwarded request ended.
    Outcome(Outcome<'a>),
    /// A request of a known caller was refused.
    Refusal(Refusal<'a>),
    /// What a crash left behind.
    Recovery(Recovery<'a>),
    /// A quiet minute, so that a cut tail shows.
    Heartbeat(Heartbeat<'a>),
    /// A configuration, a policy or keys came into force.
    Activation(Activation<'a>),
    /// A person was forgotten.
    Erase(Erase<'a>),
    /// The oldest records left the log.
    Prune(Prune<'a>),
    /// A new key signs the checkpoints.
    Rotate(Rotate<'a>),
}

/// What a request was judged by: the generation in force (E4), in digests.
#[derive(Debug, Clone, Copy)]
pub struct Digests<'a> {
    /// The configuration file.
    pub configuration: &'a str,
    /// The detection engine, by name and version.
    pub engine: &'a str,
    /// The law data alone: equal in two policies that differ in tenants or packs only.
    pub law: &'a str,
    /// The policy: law, facts, tenants and core.
    pub policy: &'a str,
}

/// A request that the policy allowed: durable before its first byte leaves.
#[derive(Debug, Clone)]
pub struct Intent<'a> {
    /// The decision id.
    pub id: &'a str,
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// The tenant.
    pub tenant: &'a str,
    /// Who asked, sealed.
    pub subject: &'a Sealed,
    /// What authenticated the caller: `jwt` or `key`.
    pub principal: &'a str,
    /// The interface that was called.
    pub route: &'a str,
    /// The model that was asked for.
    pub model: &'a str,
    /// The policy's input: a canonical JSON object, verbatim.
    pub input: &'a str,
    /// The policy's answer: a canonical JSON object, verbatim.
    pub decision: &'a str,
    /// The generation that judged it.
    pub digests: Digests<'a>,
    /// Findings per class.
    pub findings: &'a BTreeMap<&'a str, u32>,
    /// `x-inland-*` request headers that were dropped.
    pub dropped_headers: u32,
    /// HMAC of the bytes to be sent, under the request's salt.
    pub request_hmac: &'a str,
    /// Their number.
    pub request_bytes: u64,
    /// Whether the policy is past its review date.
    pub stale: bool,
}

/// How a forwarded request ended.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// The decision id.
    pub id: &'a str,
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// The index of its INTENT.
    pub intent: u64,
    /// Every backend that was tried, in order.
    pub attempts: &'a [Attempt<'a>],
    /// The pair that answered.
    pub pair: Option<&'a str>,
    /// The status that the caller got.
    pub status: u16,
    /// The error code that the caller got.
    pub code: Option<&'a str>,
    /// Bytes sent to backends.
    pub request_bytes: u64,
    /// Bytes received from the backend that answered.
    pub response_bytes: u64,
    /// HMAC of the answer, under the request's salt.
    pub response_hmac: Option<&'a str>,
    /// From the first byte of the call to the last of the answer.
    pub duration_us: u64,
    /// From the first byte of the call to the first of the answer.
    pub first_byte_us: Option<u64>,
}

/// One try at one backend.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The (backend, model) pair.
    pub pair: &'a str,
    /// The backend.
    pub backend: &'a str,
    /// Its country.
    pub country: &'a str,
    /// The address that was connected to.
    pub address: Option<&'a str>,
    /// The key that it showed.
    pub pin: Option<&'a str>,
    /// Why it did not answer; nothing if it did.
    pub reason: Option<&'a str>,
}

/// A request of a known caller that was not forwarded.
#[derive(Debug, Clone)]
pub struct Refusal<'a> {
    /// The decision id.
    pub id: &'a str,
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// The tenant.
    pub tenant: &'a str,
    /// Who asked, sealed.
    pub subject: Option<&'a Sealed>,
    /// The interface that was called.
    pub route: &'a str,
    /// The model that was asked for, if it is a known one.
    pub model: Option<&'a str>,
    /// The status that the caller got.
    pub status: u16,
    /// The error code that the caller got.
    pub code: &'a str,
    /// The policy's reasons.
    pub reasons: &'a [Reason<'a>],
    /// The policy's input, if it was asked.
    pub input: Option<&'a str>,
    /// The policy's answer, if it gave one.
    pub decision: Option<&'a str>,
    /// The generation that judged it.
    pub digests: Digests<'a>,
    /// Findings per class.
    pub findings: &'a BTreeMap<&'a str, u32>,
}

/// One reason of the policy.
#[derive(Debug, Clone)]
pub struct Reason<'a> {
    /// The reason code.
    pub code: &'a str,
    /// The rule.
    pub rule: &'a str,
}

/// What a crash left behind, found when the log was opened again.
#[derive(Debug, Clone)]
pub struct Recovery<'a> {
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// INTENTs without an OUTCOME: what was sent and how it ended is not known.
    pub open: &'a [Open],
    /// Bytes behind the last whole frame that were cut off.
    pub cut_bytes: u64,
    /// Their SHA-256, in hex.
    pub cut_sha256: Option<&'a str>,
}

/// An INTENT without an OUTCOME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its decision id.
    pub id: String,
    /// Its index.
    pub intent: u64,
}

/// A quiet minute.
#[derive(Debug, Clone)]
pub struct Heartbeat<'a> {
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// Calls without a credential that holds, per reason, since the last one (`_gateway` only).
    pub unauthenticated: &'a BTreeMap<&'a str, u64>,
}

/// Something came into force.
#[derive(Debug, Clone)]
pub struct Activation<'a> {
    /// Wall clock, microseconds since 1970.
    pub time_us: u64,
    /// `configuration`, `policy` or `keys`.
    pub what: &'a str,
    /// Its digest.
    pub digest: &'a str,
    /// Its revision.
    pub revision: Option<u64>,
    /// Who made it.
    pub author: Option<&'a str>,
    /// Who approved it.
    pub approver: Option<&'a str>,
    /// The digest of what it replaced.
    pub previous: Option<&'a str>,
}

macro_rules! record_from {
    ($($kind:ident),*) => {$(
        impl<'a> From<$kind<'a>> for Record<'a> {
            fn from(body: $kind<'a>) -> Record<'a> {
                Record::$kind(body)
            }
        }
    )*};
}
record_from!(Intent, Outcome, Refusal, Recovery, Heartbeat, Activation, Erase, Prune, Rotate);

/// Microseconds since 1970 on the wall clock.
pub fn now_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

/// What every record of this process carries: who wrote it, and time that no clock change disturbs.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) node: String,
    pub(super) boot: String,
    pub(super) started: Instant,
    /// What is in force now, for the records that no request makes.
    in_force: Mutex<Option<Arc<InForce>>>,
}

/// [`Digests`] of their own.
#[derive(Debug)]
struct InForce {
    configuration: String,
    engine: String,
    law: String,
    policy: String,
}

impl Stamp {
    /// A process that has loaded nothing yet.
    pub(super) fn new(node: &str, boot: String) -> Stamp {
        Stamp { node: node.to_owned(), boot, started: Instant::now(), in_force: Mutex::default() }
    }

    /// From now on this generation is in force.
    pub(super) fn set_in_force(&self, digests: Digests<'_>) {
        let Digests { configuration, engine, law, policy } = digests;
        let [configuration, engine, law, policy] = [configuration, engine, law, policy].map(str::to_owned);
        let in_force = Some(Arc::new(InForce { configuration, engine, law, policy }));
        *self.in_force.lock().unwrap_or_else(PoisonError::into_inner) = in_force;
    }
}

impl Record<'_> {
    fn id(&self) -> Option<&str> {
        match self {
            Record::Intent(intent) => Some(intent.id),
            Record::Outcome(outcome) => Some(outcome.id),
            Record::Refusal(refusal) => Some(refusal.id),
            Record::Recovery(_)
            | Record::Heartbeat(_)
            | Record::Activation(_)
            | Record::Erase(_)
            | Record::Prune(_)
            | Record::Rotate(_) => None,
        }
    }

    /// Appends the record's canonical JSON.
    pub(super) fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) -> Result<(), AuditError> {
        if self.id().is_some_and(|id| !is_id(id)) {
            return Err(AuditError::Name("a decision id is 1 to 128 letters, digits, '-' or '_'"));
        }
        let start = out.len();
        match self {
            Record::Intent(intent) => intent.write(stamp, out),
            Record::Outcome(outcome) => outcome.write(stamp, out),
            Record::Refusal(refusal) => refusal.write(stamp, out),
            Record::Recovery(recovery) => recovery.write(stamp, out),
            Record::Heartbeat(heartbeat) => heartbeat.write(stamp, out),
            Record::Activation(activation) => activation.write(stamp, out),
            Record::Erase(erase) => erase.write(stamp, out),
            Record::Prune(prune) => prune.write(stamp, out),
            Record::Rotate(rotate) => rotate.write(stamp, out),
        }
        #[cfg(all(test, debug_assertions))] // whatever any test writes; not where speed is measured
        super::tests::must_follow_the_schema(out.get(start..).unwrap_or_default());
        let bytes = out.len() - start;
        if bytes > RECORD_BYTES_MAX { Err(AuditError::TooLarge { bytes }) } else { Ok(()) }
    }
}

/// Ids stand in file names, headers and RECOVERY lists: nothing in them needs an escape.
fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(plain)
}

fn mono_us(stamp: &Stamp) -> u64 {
    u64::try_from(stamp.started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn sealed(subject: &Sealed, out: &mut Vec<u8>) {
    Object::begin(out).text("key", &subject.key).text("sealed", &subject.sealed).end();
}

fn findings<'a>(findings: &'a BTreeMap<&'a str, u32>) -> impl Iterator<Item = (&'a str, u64)> {
    findings.iter().map(|(label, count)| (*label, u64::from(*count)))
}

impl Intent<'_> {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object
            .text("boot", &stamp.boot)
            .text("configuration", self.digests.configuration)
            .raw("decision", self.decision)
            .number("dropped_headers", u64::from(self.dropped_headers))
            .text("engine", self.digests.engine)
            .counts("findings", findings(self.findings))
            .text("id", self.id)
            .raw("input", self.input)
            .text("kind", "INTENT")
            .text("law", self.digests.law)
            .text("model", self.model)
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .text("policy", self.digests.policy)
            .text("principal", self.principal)
            .number("request_bytes", self.request_bytes)
            .text("request_hmac", self.request_hmac)
            .text("route", self.route)
            .raw("stale", if self.stale { "true" } else { "false" })
            .value("subject", |out| sealed(self.subject, out))
            .text("tenant", self.tenant)
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .end();
    }
}

impl Outcome<'_> {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .value("attempts", |out| array(self.attempts, out, Attempt::write))
            .text("boot", &stamp.boot)
            .text_or_null("code", self.code)
            .number("duration_us", self.duration_us)
            .number_or_null("first_byte_us", self.first_byte_us)
            .text("id", self.id)
            .number("intent", self.intent)
            .text("kind", "OUTCOME")
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .text_or_null("pair", self.pair)
            .number("request_bytes", self.request_bytes)
            .number("response_bytes", self.response_bytes)
            .text_or_null("response_hmac", self.response_hmac)
            .number("status", u64::from(self.status))
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .end();
    }
}

impl Attempt<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        Object::begin(out)
            .text_or_null("address", self.address)
            .text("backend", self.backend)
            .text("country", self.country)
            .text("pair", self.pair)
            .text_or_null("pin", self.pin)
            .text_or_null("reason", self.reason)
            .end();
    }
}

impl Refusal<'_> {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .text("boot", &stamp.boot)
            .text("code", self.code)
            .text("configuration", self.digests.configuration)
            .raw("decision", self.decision.unwrap_or("null"))
            .text("engine", self.digests.engine)
            .counts("findings", findings(self.findings))
            .text("id", self.id)
            .raw("input", self.input.unwrap_or("null"))
            .text("kind", "REFUSAL")
            .text("law", self.digests.law)
            .text_or_null("model", self.model)
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .text("policy", self.digests.policy)
            .value("reasons", |out| array(self.reasons, out, Reason::write))
            .text("route", self.route)
            .number("status", u64::from(self.status))
            .value("subject", |out| match self.subject {
                Some(subject) => sealed(subject, out),
                None => out.extend_from_slice(b"null"),
            })
            .text("tenant", self.tenant)
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .end();
    }
}

impl Reason<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        Object::begin(out).text("code", self.code).text("rule", self.rule).end();
    }
}

impl Recovery<'_> {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .text("boot", &stamp.boot)
            .number("cut_bytes", self.cut_bytes)
            .text_or_null("cut_sha256", self.cut_sha256)
            .text("kind", "RECOVERY")
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .value("open", |out| {
                array(self.open, out, |open, out| {
                    Object::begin(out).text("id", &open.id).number("intent", open.intent).end();
                });
            })
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .end();
    }
}

impl Heartbeat<'_> {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        let in_force = stamp.in_force.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let digest = |of: fn(&InForce) -> &String| in_force.as_deref().map(|it| of(it).as_str());
        Object::begin(out)
            .text("boot", &stamp.boot)
            .text_or_null("configuration", digest(|it| &it.configuration))
            .text_or_null("engine", digest(|it| &it.engine))
            .text("kind", "HEARTBEAT")
            .text_or_null("law", digest(|it| &it.law))
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .text_or_null("policy", digest(|it| &it.policy))
            .value("time", |out| timestamp(self.time_us, out))
            .counts("unauthenticated", self.unauthenticated.iter().map(|(reason, count)| (*reason, *count)))
            .number("v", 1)
            .end();
    }
}

impl Activation<'_> {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        Object::begin(out)
            .text_or_null("approver", self.approver)
            .text_or_null("author", self.author)
            .text("boot", &stamp.boot)
            .text("digest", self.digest)
            .text("kind", "ACTIVATION")
            .number("mono_us", mono_us(stamp))
            .text("node", &stamp.node)
            .text_or_null("previous", self.previous)
            .number_or_null("revision", self.revision)
            .value("time", |out| timestamp(self.time_us, out))
            .number("v", 1)
            .text("what", self.what)
            .end();
    }
}
