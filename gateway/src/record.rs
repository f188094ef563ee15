//! Record: no request byte reaches a backend before its decision is durable (E2).
//!
//! Invariant: a [`Recorded`] exists only after its INTENT was synced to disk, and its [`Account`] writes
//! exactly one OUTCOME however the request ends: answered, failed, or left by its caller.
//! ```compile_fail
//! # fn forge(cleared: inland::decide::Cleared) {
//! let forged = inland::record::Recorded { cleared };
//! # }
//! ```

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::hmac;

use crate::audit::{self, Log, Partition};
use crate::authenticate::{Caller, CredentialKind};
use crate::decide::{Cleared, Denied};
use crate::generation::Generation;
use crate::refusal::Refusal;
use crate::route::Pair;

/// What happened at one pair.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The pair.
    pub pair: String,
    /// The backend.
    pub backend: String,
    /// Its country.
    pub country: String,
    /// The address that was dialled.
    pub address: Option<String>,
    /// The key that the server showed.
    pub pin: Option<String>,
    /// Why it gave no answer; nothing if it did.
    pub reason: Option<&'static str>,
}

impl Attempt {
    /// At a pair, before anything was dialled.
    pub fn at(pair: &Pair) -> Attempt {
        Attempt {
            pair: pair.id().to_owned(),
            backend: pair.backend().id().to_owned(),
            country: pair.backend().country().to_owned(),
            address: None,
            pin: None,
            reason: None,
        }
    }
}

/// A cleared request whose INTENT is durable.
#[derive(Debug)]
pub struct Recorded {
    cleared: Cleared,
    account: Account,
}

impl Recorded {
    /// The request.
    pub fn cleared(&self) -> &Cleared {
        &self.cleared
    }

    pub(crate) fn into_parts(self) -> (Cleared, Account) {
        (self.cleared, self.account)
    }
}

/// The open account of a recorded request. Dropped unclosed, it closes itself: the caller has gone.
pub struct Account {
    partition: Partition,
    id: String,
    intent: u64,
    salt: Salt,
    request_hmac: String,
    started: Instant,
    attempts: Vec<Attempt>,
    request_bytes: u64,
    response_bytes: u64,
    response: Box<hmac::Context>,
    first_byte_us: Option<u64>,
    closed: bool,
    _open: Arc<()>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({} at {})", self.id, self.intent)
    }
}

/// A request's own salt: hashes of its content are HMACs under it, so that a short prompt cannot be
/// guessed from the log. Only the receipt gives it away, to the caller.
pub struct Salt {
    bytes: [u8; 16],
    key: Box<hmac::Key>, // half a kilobyte: moved with every step otherwise
}

impl Salt {
    fn new() -> Result<Salt, Refusal> {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::NotReady)?;
        Ok(Salt { key: Box::new(hmac::Key::new(hmac::HMAC_SHA256, &bytes)), bytes })
    }

    /// In hexadecimal.
    pub fn hex(&self) -> String {
        crate::hex(self.bytes)
    }
}

impl Account {
    /// The decision id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The index of the INTENT in its partition's log.
    pub fn log_index(&self) -> u64 {
        self.intent
    }

    /// The partition.
    pub fn partition(&self) -> &str {
        self.partition.name()
    }

    /// The request's own salt.
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// The salted hash of the request as it was recorded.
    pub fn request_hmac(&self) -> &str {
        &self.request_hmac
    }

    /// The attempts so far.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Notes an attempt before its first byte, as one that nobody waited for; [`Account::ended`] says how
    /// it went. So the log never denies that data left because the caller hung up.
    pub fn attempting(&mut self, mut attempt: Attempt) {
        attempt.reason = Some("caller_gone");
        self.attempts.push(attempt);
    }

    /// Where the last attempt's connection leads.
    pub fn reached(&mut self, address: String, pin: Option<&str>) {
        if let Some(last) = self.attempts.last_mut() {
            last.address = Some(address);
            last.pin = pin.map(str::to_owned);
        }
    }

    /// How the last attempt ended; nothing if it answered.
    pub fn ended(&mut self, reason: Option<&'static str>) {
        if let Some(last) = self.attempts.last_mut() {
            last.reason = reason;
        }
    }

    /// Notes bytes that go to the caller.
    pub fn answer_bytes(&mut self, bytes: &[u8]) {
        if self.first_byte_us.is_none() {
            self.first_byte_us = Some(micros(self.started));
        }
        self.response.update(bytes);
        self.response_bytes += bytes.len() as u64;
    }

    /// Closes the account with what the caller got.
    pub fn close(mut self, status: u16, code: Option<&'static str>) {
        self.write(status, code);
    }

    fn write(&mut self, status: u16, code: Option<&'static str>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let attempts: Vec<audit::Attempt<'_>> = self
            .attempts
            .iter()
            .map(|attempt| audit::Attempt {
                pair: &attempt.pair,
                backend: &attempt.backend,
                country: &attempt.country,
                address: attempt.address.as_deref(),
                pin: attempt.pin.as_deref(),
                reason: attempt.reason,
            })
            .collect();
        let answered = self.attempts.iter().rev().find(|attempt| attempt.reason.is_none());
        let response = crate::hex((*self.response).clone().sign());
        let outcome = audit::Outcome {
            id: &self.id,
            time_us: audit::now_us(),
            intent: self.intent,
            attempts: &attempts,
            pair: answered.map(|attempt| attempt.pair.as_str()),
            status,
            code,
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
            response_hmac: (self.response_bytes > 0).then_some(response.as_str()),
            duration_us: micros(self.started),
            first_byte_us: self.first_byte_us,
        };
        if self.partition.append_later(outcome).is_err() {
            // The INTENT stands; recovery will name it as one without an OUTCOME.
            tracing::error!(decision = %self.id, partition = self.partition.name(), "OUTCOME could not be recorded");
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.write(499, Some("client_gone"));
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn principal(caller: &Caller) -> &'static str {
    match caller.kind() {
        CredentialKind::Jwt => "jwt",
        CredentialKind::ApiKey => "key",
    }
}

/// What an account begins with.
pub struct Opening<'a> {
    /// The decision id.
    pub id: &'a str,
    /// When the request began.
    pub started: Instant,
    /// Shared by all open accounts: how many there are is how often it is held.
    pub open: Arc<()>,
}

/// Writes the INTENT and waits until it is durable. The only maker of a [`Recorded`].
pub async fn record(
    cleared: Cleared,
    opening: Opening<'_>,
    now: &Generation,
    log: &Log,
) -> Result<Recorded, Refusal> {
    let Opening { id, started, open } = opening;
    let decision = Arc::clone(cleared.decision());
    let asked = cleared.asked();
    let unavailable = |_| Refusal::AuditUnavailable;
    let partition = now.partition(decision.partition()).ok_or(Refusal::AuditUnavailable)?.clone();
    let subject = log.seal_subject(asked.caller.tenant(), asked.caller.subject()).map_err(unavailable)?;
    let salt = Salt::new()?;
    // The bytes to be sent, with the model as the caller named it: each attempt puts its backend's own
    // name for the model in that one place.
    let body = cleared.redacted().body(&asked.model);
    let request_hmac = crate::hex(hmac::sign(&salt.key, &body));
    let intent = audit::Intent {
        id,
        time_us: audit::now_us(),
        tenant: asked.caller.tenant(),
        subject: &subject,
        principal: principal(&asked.caller),
        route: asked.route.path(),
        model: &asked.model,
        input: decision.input(),
        decision: decision.document(),
        digests: now.digests(),
        findings: cleared.counts(),
        dropped_headers: asked.dropped_headers,
        request_hmac: &request_hmac,
        request_bytes: body.len() as u64,
        stale: decision.stale(),
    };
    let index = partition.append(intent).await.map_err(unavailable)?;
    let response = Box::new(hmac::Context::with_key(&salt.key));
    let account = Account {
        partition,
        id: id.to_owned(),
        intent: index,
        salt,
        request_hmac,
        started,
        attempts: Vec::new(),
        request_bytes: body.len() as u64,
        response_bytes: 0,
        response,
        first_byte_us: None,
        closed: false,
        _open: open,
    };
    Ok(Recorded { cleared, account })
}

/// What is known of a request that was refused after authentication.
pub struct Refused<'a> {
    /// The decision id.
    pub id: &'a str,
    /// Who asked.
    pub caller: &'a Caller,
    /// What was asked.
    pub route: &'a str,
    /// For which model, as far as it was read.
    pub model: Option<&'a str>,
    /// Why not, and the decision behind it.
    pub denied: &'a Denied,
}

/// Writes one REFUSAL and waits for it. Gives its partition and index, or nothing if the log cannot write:
/// the answer is a refusal either way.
pub async fn refusal(refused: Refused<'_>, now: &Generation, log: &Log) -> Option<(String, u64)> {
    let Refused { id, caller, route, model, denied } = refused;
    // A tenant without a file has no partition of its own.
    let name = now.policies().tenant(caller.tenant()).map_or("_gateway", |tenant| tenant.partition());
    let partition = now.partition(name)?;
    let subject = log.seal_subject(caller.tenant(), caller.subject()).ok();
    let reasons: Vec<audit::Reason<'_>> = denied
        .refusal
        .reasons()
        .iter()
        .map(|reason| audit::Reason { code: &reason.code, rule: &reason.rule })
        .collect();
    let record = audit::Refusal {
        id,
        time_us: audit::now_us(),
        tenant: caller.tenant(),
        subject: subject.as_ref(),
        route,
        model,
        status: denied.refusal.status().as_u16(),
        code: denied.refusal.code(),
        reasons: &reasons,
        input: denied.decision.as_ref().map(|decision| &**decision.input()),
        decision: denied.decision.as_ref().map(|decision| decision.document()),
        digests: now.digests(),
        findings: &denied.counts,
    };
    let index = partition.append(record).await.ok()?;
    Some((name.to_owned(), index))
}
