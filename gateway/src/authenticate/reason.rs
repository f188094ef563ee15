//! Every reason for which a caller is not known.
//!
//! Invariant: a reason is one of this closed list and carries nothing of what was sent, so that it can be
//! answered, logged and counted without looking at it.

use std::fmt;

/// Why nobody was recognised. Its text is for the caller, its label for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticated(Reason);

impl Unauthenticated {
    /// What to tell the caller.
    pub fn reason(&self) -> &'static str {
        self.0.text()
    }

    /// What to count it under.
    pub fn label(&self) -> &'static str {
        self.0.label()
    }

    /// All labels, so that a counter exists before its first event.
    pub fn labels() -> impl Iterator<Item = &'static str> {
        Reason::ALL.iter().map(|reason| reason.label())
    }

    /// Whether the gateway, not the caller, has to move: the same token may be good in a minute.
    pub fn is_ours(&self) -> bool {
        matches!(self.0, Reason::KeysUnavailable | Reason::ClockInvalid)
    }
}

impl From<Reason> for Unauthenticated {
    fn from(reason: Reason) -> Self {
        Self(reason)
    }
}

impl fmt::Display for Unauthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for Unauthenticated {}

// One list gives the names, the labels, the texts and `ALL`: none of them can be forgotten.
macro_rules! reasons {
    ($($name:ident $label:literal $text:literal)*) => {
        /// The closed list behind [`Unauthenticated`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Reason { $(#[doc = $text] $name,)* }

        impl Reason {
            const ALL: &[Reason] = &[$(Reason::$name,)*];

            const fn label(self) -> &'static str {
                match self { $(Reason::$name => $label,)* }
            }

            const fn text(self) -> &'static str {
                match self { $(Reason::$name => $text,)* }
            }
        }
    };
}

reasons! {
    CredentialMissing "credential_missing" "no credential was sent"
    CredentialsMany "credentials_many" "more than one credential was sent"
    CredentialMalformed "credential_malformed" "the credential is not `Bearer`, one space and one token"
    TokenTooLong "token_too_long" "the token is longer than 8192 bytes"
    TokenNotThreeParts "token_not_three_parts" "the token does not have three parts"
    TokenNotBase64url "token_not_base64url" "a part of the token is not canonical base64url"
    HeaderNotJson "header_not_json" "the token's header is not one JSON object with distinct names"
    AlgorithmRefused "algorithm_refused" "the token's algorithm is not RS256, PS256, ES256 or EdDSA"
    TypeRefused "type_refused" "the token's type is not JWT or at+jwt"
    ExtensionRefused "extension_refused" "the token's header asks for an extension"
    OwnKeyRefused "own_key_refused" "the token's header brings or points to its own key"
    NestingRefused "nesting_refused" "the token is encrypted, compressed or nested"
    KeyIdInvalid "key_id_invalid" "the token's key id is not a string of 1 to 256 bytes"
    ClaimsNotJson "claims_not_json" "the token's claims are not one JSON object with distinct names"
    IssuerInvalid "issuer_invalid" "the token does not name its issuer"
    IssuerUnknown "issuer_unknown" "the token's issuer is not known here"
    AudienceInvalid "audience_invalid" "the token's audience is not a string or a list of strings"
    AudienceWrong "audience_wrong" "the token is for another audience"
    TimeInvalid "time_invalid" "a time in the token is missing or not a number of seconds"
    Expired "expired" "the token has expired"
    NotYetValid "not_yet_valid" "the token is not valid yet"
    LifetimeTooLong "lifetime_too_long" "the token is valid for longer than 24 hours"
    SubjectInvalid "subject_invalid" "the token's subject is not a string of 1 to 256 bytes"
    TenantInvalid "tenant_invalid" "the token does not name a tenant"
    TenantForeign "tenant_foreign" "the token names a tenant that its issuer may not speak for"
    GroupsInvalid "groups_invalid" "the token's groups are not a short list of short strings"
    KeysUnavailable "keys_unavailable" "the issuer's keys cannot be had at the moment"
    KeyUnknown "key_unknown" "the issuer has no such key"
    KeyAmbiguous "key_ambiguous" "the token names no key and the issuer has several"
    KeyMismatch "key_mismatch" "the issuer's key is not for this algorithm"
    SignatureWrong "signature_wrong" "the token's signature is wrong"
    ApiKeyMalformed "api_key_malformed" "the API key is not complete"
    ApiKeyUnknown "api_key_unknown" "the API key is not known here"
    ApiKeyExpired "api_key_expired" "the API key has expired"
    ClockInvalid "clock_invalid" "the gateway's clock is not set"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn labels_and_texts_are_distinct() {
        let labels: HashSet<_> = Unauthenticated::labels().collect();
        let texts: HashSet<_> = Reason::ALL.iter().map(|reason| reason.text()).collect();
        assert_eq!(labels.len(), Reason::ALL.len());
        assert_eq!(texts.len(), Reason::ALL.len());
    }
}
