//! A strict reading of a JSON Web Token, in front of the `jsonwebtoken` crate.
//!
//! Invariant: [`Claims`] come out of [`Checked::verify`] alone, after everything in the token was checked
//! against its issuer and the signature against that issuer's key.
//!
//! The crate by itself lets pass a missing or odd `aud` and `iss`, ignores `nbf`, `crit`, `typ` and names
//! that stand twice, and knows no size. All of that ends here (RFC 7515, 7519, 8725, 9068); the crate then
//! says whether the signature holds, and looks at `iss`, `aud` and the algorithm a second time.

use super::json::{self, Json, Members};
use super::reason::Reason;
use super::refresh::Held;
use super::{Issuer, is_label, is_tenant};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use std::time::Duration;

/// Longest token. The largest that real issuers make, with dozens of groups, have 4 KiB.
pub(super) const TOKEN_BYTES_MAX: usize = 8192;
/// How far an issuer's clock may be ahead of ours. Expiry has no leeway: a dead token is dead.
const CLOCK_LEEWAY_S: u64 = 60;
/// A stolen token works for at most this long.
pub(super) const LIFETIME_MAX_S: u64 = 24 * 60 * 60;
/// 9999-12-31T23:59:59Z: larger numbers are milliseconds or an attack.
const TIME_MAX_S: u64 = 253_402_300_799;
/// Longest subject and key id, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// Most groups, and the longest.
pub(super) const GROUPS_MAX: usize = 64;
pub(super) const GROUP_BYTES_MAX: usize = 128;

/// Header parameters that are refused wherever they stand, and why.
const REFUSED_PARAMETERS: [(&str, Reason); 12] = [
    ("crit", Reason::ExtensionRefused), // we understand no extension, so RFC 7515 §4.1.11 says no
    ("b64", Reason::ExtensionRefused),  // RFC 7797 §6: not for JWT
    ("jku", Reason::OwnKeyRefused),     // RFC 8725 §3.10: keys come from the issuer's set, nowhere else
    ("jwk", Reason::OwnKeyRefused),
    ("x5u", Reason::OwnKeyRefused),
    ("x5c", Reason::OwnKeyRefused),
    ("cty", Reason::NestingRefused), // RFC 7519 §5.2: only nested tokens have one
    ("enc", Reason::NestingRefused),
    ("zip", Reason::NestingRefused),
    ("epk", Reason::NestingRefused),
    ("apu", Reason::NestingRefused),
    ("apv", Reason::NestingRefused),
];

/// The algorithms that are allowed. `none`, every HMAC and every other curve and digest are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// The names are case-sensitive (RFC 7515 §4.1.1).
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }

    fn of_crate(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// What a token says of its bearer, once that is known to be true.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) tenant: String,
    pub(super) subject: String,
    pub(super) groups: Vec<String>,
    /// Seconds since 1970 from which, and before which, the token is valid.
    pub(super) valid_from: u64,
    pub(super) valid_until: u64,
}

/// A token that is well-formed. Nothing that it says is believed.
pub(super) struct Unverified<'a> {
    text: &'a str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    claims: Members,
}

/// A token whose claims fit an issuer, if only they are signed by it.
pub(super) struct Checked<'a> {
    text: &'a str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    claims: Claims,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Reason::TokenTooLong);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Reason::TokenNotThreeParts);
        };
        if [header, claims, signature].iter().any(|part| part.is_empty()) {
            return Err(Reason::TokenNotThreeParts);
        }
        let header = decode(header)?;
        let claims = decode(claims)?;
        decode(signature)?;
        let (algorithm, key_id) = check_header(&json::object(&header).ok_or(Reason::HeaderNotJson)?)?;
        let claims = json::object(&claims).ok_or(Reason::ClaimsNotJson)?;
        Ok(Self { text, algorithm, key_id, claims })
    }

    /// Whose token it says it is: the first among `issuers` with its name, and with its audience.
    pub(super) fn issuer<'i>(
        &self,
        issuers: impl Iterator<Item = (usize, &'i Issuer)>,
    ) -> Result<(usize, &'i Issuer), Reason> {
        let name = self.claims.get("iss").and_then(Json::as_str).ok_or(Reason::IssuerInvalid)?;
        if name.is_empty() {
            return Err(Reason::IssuerInvalid);
        }
        let mut named = issuers.filter(|(_, issuer)| issuer.url == name).peekable();
        named.peek().ok_or(Reason::IssuerUnknown)?;
        let audience = self.claims.get("aud").ok_or(Reason::AudienceInvalid)?;
        let audiences = match audience.as_str() {
            Some(one) => vec![one],
            None => audience.as_strings().ok_or(Reason::AudienceInvalid)?,
        };
        named.find(|(_, issuer)| audiences.contains(&issuer.audience.as_str())).ok_or(Reason::AudienceWrong)
    }

    /// Checks everything that needs no key. `now` is in seconds since 1970.
    pub(super) fn check(self, issuer: &Issuer, now: u64) -> Result<Checked<'a>, Reason> {
        let (valid_from, valid_until) = check_times(&self.claims, now)?;
        let subject = self.claims.get("sub").and_then(Json::as_str).ok_or(Reason::SubjectInvalid)?;
        if !is_label(subject, NAME_BYTES_MAX) {
            return Err(Reason::SubjectInvalid);
        }
        let tenant =
            self.claims.get(&issuer.claims_tenant).and_then(Json::as_str).ok_or(Reason::TenantInvalid)?;
        if !is_tenant(tenant) {
            return Err(Reason::TenantInvalid);
        }
        // One customer's identity provider must not be able to name another customer.
        if !issuer.tenants.is_empty() && !issuer.tenants.iter().any(|own| own == tenant) {
            return Err(Reason::TenantForeign);
        }
        let claims = Claims {
            tenant: tenant.to_owned(),
            subject: subject.to_owned(),
            groups: groups(self.claims.get(&issuer.claims_groups))?,
            valid_from,
            valid_until,
        };
        Ok(Checked { text: self.text, algorithm: self.algorithm, key_id: self.key_id, claims })
    }
}

impl Checked<'_> {
    /// Gives the claims out if `issuer`, whose keys `held` are, signed them.
    pub(super) fn verify(self, held: &Held, issuer: &Issuer) -> Result<Claims, Reason> {
        let key = held.keys.find(self.key_id.as_deref(), self.algorithm)?;
        let mut rules = Validation::new(self.algorithm.of_crate());
        rules.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
        rules.set_audience(&[&issuer.audience]);
        rules.set_issuer(&[&issuer.url]);
        // The crate reads the system's clock; a request has one time, which `check_times` held it to.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        jsonwebtoken::decode::<serde::de::IgnoredAny>(self.text, key, &rules)
            .map_err(|_| Reason::SignatureWrong)?;
        Ok(self.claims)
    }
}

/// Canonical means that no other text decodes to the same bytes: no padding, no left-over bits.
fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::TokenNotBase64url)
}

fn check_header(header: &Members) -> Result<(Algorithm, Option<String>), Reason> {
    for (name, reason) in REFUSED_PARAMETERS {
        if header.contains_key(name) {
            return Err(reason);
        }
    }
    let name = header.get("alg").and_then(Json::as_str).ok_or(Reason::AlgorithmRefused)?;
    let algorithm = Algorithm::named(name).ok_or(Reason::AlgorithmRefused)?;
    if let Some(kind) = header.get("typ") {
        check_type(kind.as_str().ok_or(Reason::TypeRefused)?)?;
    }
    let key_id = match header.get("kid") {
        None => None,
        Some(Json::String(id)) if (1..=NAME_BYTES_MAX).contains(&id.len()) => Some(id.clone()),
        Some(_) => return Err(Reason::KeyIdInvalid),
    };
    Ok((algorithm, key_id))
}

/// A media type: any case, and `application/` may stand before it (RFC 7515 §4.1.9, RFC 9068 §4). Others,
/// such as `dpop+jwt` or `secevent+jwt`, are signed by the same keys and say something else.
fn check_type(kind: &str) -> Result<(), Reason> {
    let kind = kind.to_ascii_lowercase();
    match kind.strip_prefix("application/").unwrap_or(&kind) {
        "jwt" | "at+jwt" => Ok(()),
        _ => Err(Reason::TypeRefused),
    }
}

/// From when until when the token is valid, if that is now.
fn check_times(claims: &Members, now: u64) -> Result<(u64, u64), Reason> {
    let expires = seconds(claims.get("exp").ok_or(Reason::TimeInvalid)?)?;
    let not_before = claims.get("nbf").map(seconds).transpose()?;
    let issued = claims.get("iat").map(seconds).transpose()?;
    if now >= expires {
        return Err(Reason::Expired);
    }
    let begins = not_before.max(issued).unwrap_or(0);
    let valid_from = begins.saturating_sub(CLOCK_LEEWAY_S);
    if now < valid_from {
        return Err(Reason::NotYetValid);
    }
    // Without `iat` the rest of its life counts, so that leaving it out gains nothing.
    if expires.saturating_sub(issued.unwrap_or(now)) > LIFETIME_MAX_S {
        return Err(Reason::LifetimeTooLong);
    }
    Ok((valid_from, expires))
}

/// A NumericDate (RFC 7519 §2). Fractions are cut off: at most a second, at its end a second early.
fn seconds(time: &Json) -> Result<u64, Reason> {
    let seconds = match time {
        Json::Integer(seconds) => *seconds,
        Json::Number(number) => {
            Duration::try_from_secs_f64(*number).map_err(|_| Reason::TimeInvalid)?.as_secs()
        }
        Json::Null | Json::Bool | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            return Err(Reason::TimeInvalid);
        }
    };
    if seconds > TIME_MAX_S { Err(Reason::TimeInvalid) } else { Ok(seconds) }
}

/// Sorted and distinct, so that equal memberships are equal inputs of the policy.
fn groups(claim: Option<&Json>) -> Result<Vec<String>, Reason> {
    let Some(claim) = claim else { return Ok(Vec::new()) };
    let names = claim.as_strings().ok_or(Reason::GroupsInvalid)?;
    if names.len() > GROUPS_MAX || !names.iter().all(|name| is_label(name, GROUP_BYTES_MAX)) {
        return Err(Reason::GroupsInvalid);
    }
    let mut groups: Vec<String> = names.into_iter().map(str::to_owned).collect();
    groups.sort_unstable();
    groups.dedup();
    Ok(groups)
}
