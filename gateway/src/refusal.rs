//! Why a request was not answered, in the words of the public error format.
//!
//! Invariant: `code` is from the closed list of FORMATS, `status` follows from it without a wildcard
//! arm, and no text holds any part of a prompt, a completion or a token.

use hyper::StatusCode;

/// One reason of the policy: what excluded a backend, by which rule, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The policy's reason code.
    pub code: String,
    /// The rule.
    pub rule: String,
    /// The legal reference.
    pub reference: String,
    /// What the caller or the operator can do.
    pub remedy: String,
}

/// Why a request was not answered. Whose move it is stands above each group.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    // The caller's move.
    /// Not JSON, or JSON with two meanings.
    #[error("the body is not acceptable JSON: {0}")]
    BadJson(String),
    /// JSON, but not a request that the interface knows.
    #[error("{0}")]
    BadRequest(String),
    /// No credential that holds.
    #[error("the credential was not accepted: {0}")]
    Unauthenticated(&'static str),
    /// Something reaches outside that the tenant's policy does not allow.
    #[error("this request uses {}, which the policy of this tenant does not allow", .0.join(", "))]
    FeatureDenied(Vec<String>),
    /// No such model for this caller.
    #[error("the model is not known here, or not open to this caller; GET /v1/models lists what is")]
    UnknownModel,
    /// No such path.
    #[error(
        "this path is not served; served are POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models, GET /v1/models/{{id}}"
    )]
    UnknownRoute,
    /// The path exists, the method does not.
    #[error("this path is served for {0} only")]
    MethodNotAllowed(&'static str),
    /// The body came too slowly.
    #[error("the request did not arrive in time")]
    RequestTimeout,
    /// The body is over the limit.
    #[error("the body is larger than {0} bytes")]
    BodyTooLarge(usize),
    /// The head is over the limit.
    #[error("the head of the request has more than {0} bytes or {1} lines")]
    HeadersTooLarge(usize, usize),
    /// Not application/json, or compressed.
    #[error("{0}")]
    UnsupportedMediaType(&'static str),

    // The policy owner's move.
    /// The policy allows no place for this request.
    #[error("the policy allows no place for this request")]
    PolicyDenied(Vec<Reason>),

    // The operator's move.
    /// Allowed backends exist, none can be used.
    #[error("no allowed backend can be used at present")]
    NoBackend,
    /// Every allowed backend says that it is asked too often.
    #[error("the allowed backends take no more requests at present")]
    RateLimited,
    /// A backend was reached and failed.
    #[error("the backend did not give a usable answer")]
    BackendFailed,
    /// A backend did not begin to answer.
    #[error("the backend did not begin to answer in time")]
    BackendTimeout,
    /// The record could not be written, so nothing was forwarded.
    #[error("the decision could not be recorded, so nothing was forwarded")]
    AuditUnavailable,
    /// Not yet ready, or shutting down.
    #[error("the gateway is not ready")]
    NotReady,
    /// More requests than the limit are in flight.
    #[error("too many requests are in flight")]
    Overloaded,
}

impl Refusal {
    /// The closed code of FORMATS.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::BadJson(_) => "bad_json",
            Refusal::BadRequest(_) => "bad_request",
            Refusal::Unauthenticated(_) => "unauthenticated",
            Refusal::FeatureDenied(_) => "feature_denied",
            Refusal::PolicyDenied(_) => "policy_denied",
            Refusal::UnknownModel => "unknown_model",
            Refusal::UnknownRoute => "unknown_route",
            Refusal::MethodNotAllowed(_) => "method_not_allowed",
            Refusal::RequestTimeout => "request_timeout",
            Refusal::BodyTooLarge(_) => "body_too_large",
            Refusal::HeadersTooLarge(..) => "headers_too_large",
            Refusal::UnsupportedMediaType(_) => "unsupported_media_type",
            Refusal::NoBackend => "no_backend",
            Refusal::RateLimited => "rate_limited",
            Refusal::BackendFailed => "backend_failed",
            Refusal::BackendTimeout => "backend_timeout",
            Refusal::AuditUnavailable => "audit_unavailable",
            Refusal::NotReady => "not_ready",
            Refusal::Overloaded => "overloaded",
        }
    }

    /// The HTTP status. A new refusal does not compile until it has one.
    pub fn status(&self) -> StatusCode {
        match self {
            Refusal::BadJson(_) | Refusal::BadRequest(_) => StatusCode::BAD_REQUEST,
            Refusal::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Refusal::FeatureDenied(_) | Refusal::PolicyDenied(_) => StatusCode::FORBIDDEN,
            Refusal::UnknownModel | Refusal::UnknownRoute => StatusCode::NOT_FOUND,
            Refusal::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Refusal::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::HeadersTooLarge(..) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Refusal::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Refusal::BackendFailed => StatusCode::BAD_GATEWAY,
            Refusal::BackendTimeout => StatusCode::GATEWAY_TIMEOUT,
            Refusal::NoBackend | Refusal::AuditUnavailable | Refusal::NotReady | Refusal::Overloaded => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// OpenAI's error `type`, by which its clients sort errors.
    fn kind(&self) -> &'static str {
        match self.status() {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            status if status.is_client_error() => "invalid_request_error",
            _ => "api_error",
        }
    }

    /// Whether an SDK may send the same request again by itself: only where time alone can help.
    /// A refused place, a full disk or a fleet that is down meets the same request again.
    pub fn retry_may_help(&self) -> bool {
        match self {
            Refusal::RequestTimeout | Refusal::NotReady | Refusal::Overloaded | Refusal::RateLimited => true,
            Refusal::BadJson(_)
            | Refusal::BadRequest(_)
            | Refusal::Unauthenticated(_)
            | Refusal::FeatureDenied(_)
            | Refusal::UnknownModel
            | Refusal::UnknownRoute
            | Refusal::MethodNotAllowed(_)
            | Refusal::BodyTooLarge(_)
            | Refusal::HeadersTooLarge(..)
            | Refusal::UnsupportedMediaType(_)
            | Refusal::PolicyDenied(_)
            | Refusal::NoBackend
            | Refusal::BackendFailed
            | Refusal::BackendTimeout
            | Refusal::AuditUnavailable => false,
        }
    }

    /// The reasons to show and to record.
    pub fn reasons(&self) -> &[Reason] {
        if let Refusal::PolicyDenied(reasons) = self { reasons } else { &[] }
    }

    /// The error document, in OpenAI's shape with ours inside.
    pub fn body(&self, decision: &str) -> Vec<u8> {
        let reasons: Vec<_> = self
            .reasons()
            .iter()
            .map(|reason| {
                serde_json::json!({
                    "code": reason.code, "rule": reason.rule, "ref": reason.reference, "remedy": reason.remedy
                })
            })
            .collect();
        serde_json::json!({"error": {
            "message": self.message(),
            "type": self.kind(),
            "param": null,
            "code": self.code(),
            "inland": {"decision": decision, "reasons": reasons},
        }})
        .to_string()
        .into_bytes()
    }

    /// One sentence; a denial names its first rule, so that a log line of the client is enough.
    fn message(&self) -> String {
        match self.reasons().first() {
            Some(first) => {
                format!("{self}: rule {} ({}), {}. {}", first.rule, first.reference, first.code, first.remedy)
            }
            None => self.to_string(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_rule_reference_and_remedy() {
        let refusal = Refusal::PolicyDenied(vec![Reason {
            code: "LOCATION".into(),
            rule: "FR-HDS".into(),
            reference: "L.1111-8".into(),
            remedy: "Add a backend in the EEA.".into(),
        }]);
        let body: serde_json::Value = serde_json::from_slice(&refusal.body("D1")).unwrap();
        assert_eq!(body["error"]["code"], "policy_denied");
        assert_eq!(body["error"]["inland"]["decision"], "D1");
        assert_eq!(body["error"]["inland"]["reasons"][0]["ref"], "L.1111-8");
        assert_eq!(
            body["error"]["message"],
            "the policy allows no place for this request: rule FR-HDS (L.1111-8), LOCATION. Add a backend in the EEA."
        );
    }
}
