//! The life of a request, on one screen.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use arc_swap::ArcSwap;
use hyper::body::{Body, Bytes};
use hyper::header::{EXPECT, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use inland_kernels::Engine;
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::audit::Log;
use crate::authenticate::Caller;
use crate::decide::{Denied, decide, reachable};
use crate::forward::forward;
use crate::generation::Generation;
use crate::inspect::inspect;
use crate::read::{self, Route};
use crate::record::{self, Opening, Refused, record};
use crate::refusal::Refusal;
use crate::respond::{self, Receipts, Reply, respond};
use crate::route::route;
use crate::telemetry;
use crate::unauthenticated::Unknown;

/// What is taken in of a refused request's body, but for one that was too large.
const DISCARD_BYTES_MAX: usize = 64 << 10;

/// The gateway: what all requests share.
pub struct Gateway {
    generation: ArcSwap<Generation>,
    log: Log,
    receipts: Receipts,
    engine: Engine,
    unknown: Unknown,
    places: Arc<Semaphore>,
    /// Each open account holds one count.
    accounts: Arc<()>,
}

/// A request's body, whoever sends it.
pub trait RequestBody: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> {}
impl<B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>> RequestBody for B {}

/// What is asked for, by method and path.
enum Target {
    Call(Route),
    Models,
    Model(String),
}

impl Gateway {
    /// A gateway over its first generation.
    pub fn new(generation: Generation, log: Log, receipts: Receipts, engine: Engine) -> Gateway {
        let places = Arc::new(Semaphore::new(generation.config().limits.requests_max));
        log.in_force(generation.digests());
        let generation = ArcSwap::from_pointee(generation);
        Gateway {
            generation,
            log,
            receipts,
            engine,
            unknown: Unknown::default(),
            places,
            accounts: Arc::new(()),
        }
    }

    /// What reads the texts.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The generation in force.
    pub fn generation(&self) -> Arc<Generation> {
        self.generation.load_full()
    }

    /// Puts a generation in force for all requests that begin from now on.
    pub fn activate(&self, generation: Generation) {
        self.log.in_force(generation.digests());
        self.generation.store(Arc::new(generation));
    }

    /// Recorded requests that have no OUTCOME yet.
    pub fn open_accounts(&self) -> usize {
        Arc::strong_count(&self.accounts) - 1
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Those who could not be authenticated, since last asked.
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// Answers a request, or says why not.
    pub async fn answer<B: RequestBody>(&self, incoming: Request<B>) -> Reply {
        let (started, _in_flight) = (Instant::now(), telemetry::InFlight::enter());
        let id = crate::id::new(crate::audit::now_us() / 1000);
        let now = self.generation.load_full(); // one generation, to the end
        let (head, body) = incoming.into_parts();
        let mut body = std::pin::pin!(body);
        let answered = match self.admit(&head) {
            Ok((target, place)) => {
                let visit = Visit { id: &id, started, now: &now };
                let served = self.serve(&head.headers, body.as_mut(), target, visit).await;
                served.map(|reply| respond::hold(reply, place))
            }
            Err(refusal) => Err(refusal),
        };
        let (name, code) = (name(head.uri.path()), answered.as_ref().err().map_or("", Refusal::code));
        let reply = match answered {
            Ok(reply) => reply,
            Err(refusal) => {
                // A client that waits for 100 Continue has sent nothing yet (RFC 9110 section 10.1.1).
                if !head.headers.contains_key(EXPECT) {
                    read::discard(body, left_to_discard(&refusal)).await;
                }
                respond::refuse(&refusal, &id)
            }
        };
        let took = started.elapsed();
        telemetry::request(name, reply.status().as_u16(), code, took);
        tracing::debug!(decision = %id, route = name, status = reply.status().as_u16(), code, ?took, "answered");
        reply
    }

    /// What needs no credential: the head's size, the route, a place among those that are served.
    fn admit(&self, head: &Parts) -> Result<(Target, OwnedSemaphorePermit), Refusal> {
        read::head(&head.headers)?;
        let target = target(&head.method, head.uri.path())?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refusal::Overloaded)?;
        Ok((target, place))
    }

    async fn serve<B: RequestBody>(
        &self,
        headers: &HeaderMap,
        body: Pin<&mut B>,
        target: Target,
        visit: Visit<'_>,
    ) -> Result<Reply, Refusal> {
        let now = visit.now;
        let caller = now.keys().authenticate(headers, SystemTime::now()).await; // who asks
        let caller = caller.map_err(|error| self.unknown.count(error))?;
        match target {
            Target::Models => models(&caller, now),
            Target::Model(name) => model(&caller, &name, now),
            Target::Call(asked) => {
                let served = self.call(headers, body, asked, Arc::clone(&caller), &visit).await;
                match served {
                    Ok(reply) => Ok(reply),
                    Err(unserved) => self.refused(unserved, asked, &caller, &visit).await,
                }
            }
        }
    }

    async fn call<B: RequestBody>(
        &self,
        headers: &HeaderMap,
        body: Pin<&mut B>,
        asked: Route,
        caller: Arc<Caller>,
        visit: &Visit<'_>,
    ) -> Result<Reply, Unserved> {
        let Visit { id, started, now } = *visit;
        let limits = &now.config().limits;
        let bytes = read::body(headers, body, limits).await?;
        let prompt = read::prompt(asked, caller, headers, &bytes, now.policies())?; // what, in our types
        let inspected = inspect(prompt, &self.engine, now).await?; // what is personal in it
        let model = inspected.prompt().model().to_owned();
        let cleared = decide(inspected, now, OffsetDateTime::now_utc()) // allowed, and where
            .map_err(|denied| Unserved::Denied(denied, model))?;
        let opening = Opening { id, started, open: Arc::clone(&self.accounts) };
        let recorded = record(cleared, opening, now, &self.log).await.map_err(Unserved::Recorded)?; // no record, no forwarding
        let routed = route(recorded, now.fleet()).map_err(Unserved::Recorded)?; // to which backend
        let forwarded = forward(routed, limits).await.map_err(Unserved::Recorded)?;
        Ok(respond(forwarded, now.policies().digest(), &self.receipts, limits)) // personal data back in
    }

    /// A refusal after authentication leaves one record, unless the log was what failed or an INTENT
    /// and its OUTCOME tell of it already.
    async fn refused(
        &self,
        unserved: Unserved,
        asked: Route,
        caller: &Caller,
        visit: &Visit<'_>,
    ) -> Result<Reply, Refusal> {
        let Visit { id, now, .. } = *visit;
        let (denied, model) = match unserved {
            Unserved::Recorded(refusal) => return Err(refusal),
            Unserved::Denied(denied, model) => (denied, Some(model)),
            Unserved::Early(refusal) => {
                (Box::new(Denied { refusal, decision: None, counts: Default::default() }), None)
            }
        };
        // A name that nobody offers is the caller's own text: it may say anything, so it is not kept (E8).
        let model = model.as_deref().filter(|model| now.fleet().pairs(model).is_some());
        let refused = Refused { id, caller, route: asked.path(), model, denied: &denied };
        if record::refusal(refused, now, &self.log).await.is_none() {
            tracing::error!(decision = %id, "REFUSAL could not be recorded");
        }
        Err(denied.refusal)
    }
}

/// One request on its way: its id, when it began, and the generation that it sees to the end.
struct Visit<'a> {
    id: &'a str,
    started: Instant,
    now: &'a Generation,
}

/// A call that got no answer, and what the log knows of it.
enum Unserved {
    /// Refused before the policy was asked: no record yet.
    Early(Refusal),
    /// Refused by the policy, for the model that was asked: no record yet.
    Denied(Box<Denied>, String),
    /// The log has it, or could not have it.
    Recorded(Refusal),
}

impl From<Refusal> for Unserved {
    fn from(refusal: Refusal) -> Self {
        Unserved::Early(refusal)
    }
}

/// How much of a refused request's body is still taken in: little from a stranger, nothing once it was
/// waited for in vain.
fn left_to_discard(refusal: &Refusal) -> usize {
    if matches!(refusal, Refusal::RequestTimeout) {
        return 0;
    }
    if let Refusal::BodyTooLarge(bytes_max) = refusal { *bytes_max } else { DISCARD_BYTES_MAX }
}

fn target(method: &Method, path: &str) -> Result<Target, Refusal> {
    let only = |allowed: Method, name: &'static str, target: Target| {
        if *method == allowed { Ok(target) } else { Err(Refusal::MethodNotAllowed(name)) }
    };
    match path {
        "/v1/chat/completions" => only(Method::POST, "POST", Target::Call(Route::Chat)),
        "/v1/embeddings" => only(Method::POST, "POST", Target::Call(Route::Embeddings)),
        "/v1/models" => only(Method::GET, "GET", Target::Models),
        other => match other.strip_prefix("/v1/models/").filter(|name| !name.is_empty()) {
            Some(name) => only(Method::GET, "GET", Target::Model(name.to_owned())),
            None => Err(Refusal::UnknownRoute),
        },
    }
}

/// The route's name in metrics: a closed list, or a stranger could fill them.
fn name(path: &str) -> &'static str {
    match path {
        "/v1/chat/completions" => "/v1/chat/completions",
        "/v1/embeddings" => "/v1/embeddings",
        path if path.starts_with("/v1/models") => "/v1/models",
        _ => "other",
    }
}

/// `GET /v1/models`: what this caller may reach.
fn models(caller: &Caller, now: &Generation) -> Result<Reply, Refusal> {
    let tenant = now.tenant(caller.tenant())?;
    let data: Vec<_> =
        reachable(now, tenant, caller.groups(), OffsetDateTime::now_utc()).map(described).collect();
    Ok(respond::json(StatusCode::OK, serde_json::json!({"object": "list", "data": data}).to_string().into()))
}

/// `GET /v1/models/{id}`
fn model(caller: &Caller, wanted: &str, now: &Generation) -> Result<Reply, Refusal> {
    let tenant = now.tenant(caller.tenant())?;
    let mut open = reachable(now, tenant, caller.groups(), OffsetDateTime::now_utc());
    let found = open.find(|name| *name == wanted).ok_or(Refusal::UnknownModel)?;
    Ok(respond::json(StatusCode::OK, described(found).to_string().into()))
}

fn described(name: &str) -> serde_json::Value {
    serde_json::json!({"id": name, "object": "model", "created": 0, "owned_by": "inland"})
}
