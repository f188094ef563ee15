//! Connector: how `object_store` reaches a bucket.
//!
//! Invariant (E1, E6): every connection to a bucket is made by [`egress::connect`], to the one destination
//! that was configured. A request for another host is refused here, a redirect is an answer like any
//! other, and no answer is longer than a bound. `object_store` brings no client of its own (its feature
//! `reqwest` is off), so there is no other way out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::Uri;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{self, HeaderValue};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};

use crate::egress::{self, Destination};

/// For a request and its answer, besides what the line takes for the request's body.
const EXCHANGE_MAX: Duration = Duration::from_secs(60);
/// A line that is slower than this is none: a segment would never arrive.
const BYTES_PER_SECOND_MIN: usize = 64 << 10;
/// Bytes of an answer: listings have at most 1000 names, objects are read in pieces.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Connections that are kept for the next request.
const IDLE_MAX: usize = 8;

/// Connects to one destination, and only there.
#[derive(Debug, Clone)]
pub(in crate::audit) struct Egress {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    destination: Destination,
    idle: Mutex<Vec<SendRequest<HttpRequestBody>>>,
}

impl Egress {
    /// A connector to this destination.
    pub(in crate::audit) fn new(destination: Destination) -> Egress {
        Egress { inner: Arc::new(Inner { destination, idle: Mutex::default() }) }
    }

    /// A connection that was used before and is still good, or a new one.
    async fn connection(&self) -> Result<SendRequest<HttpRequestBody>, HttpError> {
        loop {
            let kept = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut kept) = kept else { break };
            // Not ready: the store has closed it.
            if kept.is_ready() && kept.ready().await.is_ok() {
                return Ok(kept);
            }
        }
        let connection =
            egress::connect(&self.inner.destination).await.map_err(failed(HttpErrorKind::Connect))?;
        let io = hyper_util::rt::TokioIo::new(connection);
        let handshake = hyper::client::conn::http1::handshake::<_, HttpRequestBody>(io).await;
        let (sender, driver) = handshake.map_err(failed(HttpErrorKind::Connect))?;
        crate::tasks::drive(async move {
            let _ = driver.await; // its errors reach the one who waits for the answer
        });
        Ok(sender)
    }

    fn keep(&self, sender: SendRequest<HttpRequestBody>) {
        let mut idle = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(sender);
        }
    }

    /// The request with a target and a `Host` as they are sent, if it is for our destination.
    fn addressed(&self, mut request: HttpRequest) -> Result<HttpRequest, HttpError> {
        let url = self.inner.destination.url();
        let scheme = if url.is_tls() { "https" } else { "http" };
        let wanted = url.authority();
        let uri = request.uri();
        let port = uri.port_u16().unwrap_or(if url.is_tls() { 443 } else { 80 });
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let ours =
            uri.scheme_str() == Some(scheme) && host.eq_ignore_ascii_case(url.host()) && port == url.port();
        if !ours {
            return Err(failed(HttpErrorKind::Unknown)(std::io::Error::other("a request for another host")));
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let target: Uri = target.parse().map_err(failed(HttpErrorKind::Unknown))?;
        let host = HeaderValue::from_str(&wanted).map_err(failed(HttpErrorKind::Unknown))?;
        *request.uri_mut() = target;
        // What SigV4 signed: object_store leaves the header to whoever sends.
        request.headers_mut().insert(header::HOST, host);
        Ok(request)
    }
}

fn failed<E: std::error::Error + Send + Sync + 'static>(kind: HttpErrorKind) -> impl FnOnce(E) -> HttpError {
    move |error| HttpError::new(kind, error)
}

#[async_trait::async_trait]
impl HttpService for Egress {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = self.addressed(request)?;
        let sending = (request.body().content_length() / BYTES_PER_SECOND_MIN) as u64;
        let allowed = EXCHANGE_MAX + Duration::from_secs(sending);
        let exchange = async {
            let mut sender = self.connection().await?;
            let response = sender.send_request(request).await.map_err(failed(HttpErrorKind::Request))?;
            let (parts, body) = response.into_parts();
            // Taken whole: nobody here asks for more than a piece, and the connection is free again.
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            let broken = |error| HttpError::new(HttpErrorKind::Interrupted, std::io::Error::other(error));
            let body = body.map_err(broken)?.to_bytes();
            self.keep(sender);
            Ok(HttpResponse::from_parts(parts, whole(body)))
        };
        tokio::time::timeout(allowed, exchange).await.map_err(failed(HttpErrorKind::Timeout))?
    }
}

fn whole(body: Bytes) -> HttpResponseBody {
    HttpResponseBody::new(Full::new(body).map_err(|never| match never {}))
}

impl HttpConnector for Egress {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn egress(url: &str) -> Egress {
        let networks = ["127.0.0.0/8".parse().unwrap()];
        let connect_max = Duration::from_secs(1);
        Egress::new(Destination::new(url, &networks, &[], None, None, connect_max).unwrap())
    }

    fn request(uri: &str) -> HttpRequest {
        hyper::Request::builder().uri(uri).body(HttpRequestBody::empty()).unwrap()
    }

    #[test]
    fn a_request_for_another_host_scheme_or_port_is_refused_before_anything_is_dialled() {
        let egress = egress("https://s3.example.test");
        let sent = egress.addressed(request("https://s3.example.test/bucket/key?list-type=2")).unwrap();
        assert_eq!(sent.uri(), "/bucket/key?list-type=2");
        assert_eq!(sent.headers().get(header::HOST).unwrap(), "s3.example.test");
        for other in [
            "http://s3.example.test/bucket",
            "https://s3.example.test:8443/bucket",
            "https://bucket.s3.example.test/",
            "https://169.254.169.254/latest/meta-data",
            "/bucket",
        ] {
            assert!(egress.addressed(request(other)).is_err(), "{other}");
        }
    }

    #[tokio::test]
    async fn an_address_outside_the_networks_is_refused_by_the_gate() {
        let refused = egress("http://10.1.2.3").call(request("http://10.1.2.3/bucket")).await.unwrap_err();
        assert_eq!(refused.kind(), HttpErrorKind::Connect);
        assert!(std::error::Error::source(&refused).unwrap().to_string().contains("address_outside"));
    }
}
