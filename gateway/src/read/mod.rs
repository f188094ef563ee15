//! Read: bytes become a [`Prompt`], in our own types.
//!
//! Invariant: a [`Prompt`] was parsed once and strictly ([`crate::json`]), its route, model and
//! features are known, and it knows its caller. Headers of the caller could only add restrictions.

mod openai;
mod unfold;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use inland_policies::{Class, ClassSet, Country, Policies};

use crate::authenticate::Caller;
use crate::config::Limits;
use crate::json::Document;
use crate::refusal::Refusal;

/// Bytes of one request's head: names, values, and four for each line.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// Header lines of one request.
pub const HEAD_LINES_MAX: usize = 100;
/// How long a refused request's body is still taken in.
const DISCARD_MAX: Duration = Duration::from_secs(5);
/// How many countries and classes one header may name.
const HEADER_ITEMS_MAX: usize = 64;

/// What may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/embeddings`
    Embeddings,
}

impl Route {
    /// As callers write it; also its name in the policy's input and in the log.
    pub fn path(self) -> &'static str {
        match self {
            Route::Chat => "/v1/chat/completions",
            Route::Embeddings => "/v1/embeddings",
        }
    }

    /// Behind the path that a backend's interface starts with.
    pub fn below_base(self) -> &'static str {
        match self {
            Route::Chat => "/chat/completions",
            Route::Embeddings => "/embeddings",
        }
    }
}

/// What `x-inland-*` request headers add. They can only tighten.
#[derive(Debug, Default)]
pub struct Tightening {
    /// `x-inland-purpose`
    pub use_case: Option<String>,
    /// `x-inland-subject-country`
    pub subjects: Vec<Country>,
    /// `x-inland-data`
    pub classes: ClassSet,
    /// Headers of ours that mean nothing in a request: dropped, and counted in the record.
    pub dropped: u32,
}

/// A request in our own types.
#[derive(Debug)]
pub struct Prompt {
    caller: Arc<Caller>,
    route: Route,
    document: Document,
    model: String,
    stream: bool,
    features: Vec<&'static str>,
    tightening: Tightening,
}

impl Prompt {
    /// Who asks.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// What is asked.
    pub fn route(&self) -> Route {
        self.route
    }

    /// The request as it was parsed.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The same, for the one who redacts it.
    pub(crate) fn document_mut(&mut self) -> &mut Document {
        &mut self.document
    }

    /// The model that was asked for.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the answer is to be streamed.
    pub fn stream(&self) -> bool {
        self.stream
    }

    /// What the request uses beyond text: for the policy.
    pub fn features(&self) -> &[&'static str] {
        &self.features
    }

    /// What the caller's headers add.
    pub fn tightening(&self) -> &Tightening {
        &self.tightening
    }
}

/// Whether a request's head is within its limits.
pub fn head(headers: &HeaderMap) -> Result<(), Refusal> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > HEAD_BYTES_MAX || headers.len() > HEAD_LINES_MAX {
        return Err(Refusal::HeadersTooLarge(HEAD_BYTES_MAX, HEAD_LINES_MAX));
    }
    Ok(())
}

/// Takes in what is left of a refused request's body, within bounds: a client that is still sending reads
/// no answer, and gets a broken connection in its place.
pub async fn discard<B: Body<Data = Bytes>>(body: B, bytes_max: usize) {
    let discarding = async {
        let (mut body, mut left) = (std::pin::pin!(body), bytes_max);
        while left > 0
            && let Some(Ok(frame)) = body.frame().await
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        }
    };
    let _ = tokio::time::timeout(DISCARD_MAX, discarding).await; // either way the answer goes out now
}

/// Reads a request's body whole, within limits of size and time.
pub async fn body<B>(headers: &HeaderMap, body: B, limits: &Limits) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    acceptable(headers)?;
    let too_large = || Refusal::BodyTooLarge(limits.body_bytes_max);
    if body.size_hint().lower() > limits.body_bytes_max as u64 {
        return Err(too_large());
    }
    let mut body = std::pin::pin!(body);
    let limited = http_body_util::Limited::new(body.as_mut(), limits.body_bytes_max);
    let collected = tokio::time::timeout(Duration::from_secs(limits.body_seconds), limited.collect()).await;
    match collected {
        Err(_) => Err(Refusal::RequestTimeout),
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            discard(body, limits.body_bytes_max).await; // whoever waited for 100 Continue is sending by now
            Err(too_large())
        }
        Ok(Err(_)) => Err(Refusal::BadRequest("the body ended before it was complete".into())),
    }
}

/// JSON, as it is: what we cannot read we cannot inspect (E3).
fn acceptable(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let essence = types.next().and_then(|value| value.to_str().ok()).map(|value| {
        let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
        (essence.trim().to_ascii_lowercase(), parameters.to_ascii_lowercase())
    });
    let json = essence.is_some_and(|(essence, parameters)| {
        essence == "application/json" && (!parameters.contains("charset") || parameters.contains("utf-8"))
    });
    if !json || types.next().is_some() {
        return Err(Refusal::UnsupportedMediaType(
            "the body must be Content-Type: application/json in UTF-8",
        ));
    }
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::UnsupportedMediaType("a compressed body is not accepted; send it as it is"));
    }
    Ok(())
}

/// Parses a body that has been read. The only maker of a [`Prompt`].
pub fn prompt(
    route: Route,
    caller: Arc<Caller>,
    headers: &HeaderMap,
    body: &[u8],
    policies: &Policies,
) -> Result<Prompt, Refusal> {
    let mut document = Document::parse(body).map_err(|error| Refusal::BadJson(error.to_string()))?;
    unfold::unfold(&mut document);
    let tightening = tightening(headers, policies)?;
    let request = match route {
        Route::Chat => openai::chat(&document)?,
        Route::Embeddings => openai::embeddings(&document)?,
    };
    let openai::Request { model, stream, features } = request;
    Ok(Prompt { caller, route, document, model, stream, features, tightening })
}

fn tightening(headers: &HeaderMap, policies: &Policies) -> Result<Tightening, Refusal> {
    let mut found = Tightening::default();
    for (name, value) in headers {
        let Some(ours) = name.as_str().strip_prefix("x-inland-") else { continue };
        let unknown = |what: &str| Refusal::BadRequest(format!("{name}: {what}"));
        let text = || value.to_str().map_err(|_| unknown("the value is not text"));
        match ours {
            "purpose" => {
                let known =
                    policies.use_case(text()?.trim()).ok_or_else(|| unknown("this purpose is not known"))?;
                if found.use_case.replace(known.to_owned()).is_some_and(|before| before != known) {
                    return Err(unknown("two purposes; send one request for each"));
                }
            }
            "subject-country" => {
                for code in items(text()?) {
                    let country =
                        Country::parse(code).ok_or_else(|| unknown("not a country of ISO 3166-1"))?;
                    found.subjects.push(country);
                }
            }
            "data" => {
                for name in items(text()?) {
                    let class =
                        Class::from_name(name).ok_or_else(|| unknown("this class of data is not known"))?;
                    found.classes.insert(class);
                }
            }
            _ => found.dropped += 1,
        }
    }
    if found.subjects.len() > HEADER_ITEMS_MAX {
        return Err(Refusal::BadRequest("x-inland-subject-country: too many countries".into()));
    }
    found.subjects.sort_unstable();
    found.subjects.dedup();
    Ok(found)
}

/// The parts of a list header (RFC 9110 section 5.6.1). An empty list says nothing, which is a mistake.
fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim)
}
