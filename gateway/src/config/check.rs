//! What a configuration must hold beyond its syntax: names that meet, secrets that are there,
//! addresses inside declared networks.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use toml::Spanned;

use super::error::Fault;
use super::{Backend, Config, Issuer};
use crate::audit::{Cosigner, RETENTION_DAYS_MIN, WITNESSES_MAX};
use crate::egress::address;

pub(super) fn check(config: &Config) -> Result<(), Fault> {
    listen(config)?;
    for issuer in &config.issuers {
        check_issuer(config, issuer)?;
    }
    let mut ids = BTreeSet::new();
    for backend in &config.backends {
        check_backend(config, backend)?;
        if !ids.insert(backend.get_ref().id.as_str()) {
            return Err(fault(backend.span(), format!("backend {} stands here twice", backend.get_ref().id)));
        }
    }
    models(config, &ids)?;
    hosts(config)?;
    policy(config)?;
    retention(config)?;
    audit(config)?;
    super::ship::check(config)?;
    if config.issuers.is_empty() && config.keys.is_none() {
        return Err(Fault {
            span: None,
            message: "nobody could be authenticated: neither an issuer nor a key file is named".into(),
            write: Some("[keys]   # file = \"keys.toml\", made by: inland key new --tenant NAME".into()),
        });
    }
    Ok(())
}

fn retention(config: &Config) -> Result<(), Fault> {
    let Some(days) = &config.audit.retention_days else { return Ok(()) };
    if *days.get_ref() >= RETENTION_DAYS_MIN {
        return Ok(());
    }
    Err(advise(
        days.span(),
        format!(
            "retention_days is {}, and records must be kept six months at least (Regulation (EU) 2024/1689, Art. 19(1) and 26(6))",
            days.get_ref()
        ),
        "retention_days = 184",
    ))
}

pub(super) fn fault(span: Range<usize>, message: String) -> Fault {
    Fault { span: Some(span), message, write: None }
}

pub(super) fn advise(span: Range<usize>, message: String, write: &str) -> Fault {
    Fault { span: Some(span), message, write: Some(write.to_owned()) }
}

fn listen(config: &Config) -> Result<(), Fault> {
    let (listen, span) = (config.listen.get_ref(), config.listen.span());
    match (&listen.certificate, &listen.key) {
        (Some(_), Some(_)) => Ok(()),
        (None, None) if !listen.address.ip().is_loopback() => Err(advise(
            span,
            format!("a listener without TLS is possible on loopback only, not on {}", listen.address),
            "certificate = \"gateway.pem\" and key = { file = \"gateway.key\" }",
        )),
        (None, None) if listen.client_ca.is_some() => {
            Err(advise(span, "client_ca needs TLS".into(), "certificate = \"gateway.pem\""))
        }
        (None, None) => Ok(()),
        (Some(_), None) => {
            Err(advise(span, "certificate without key".into(), "key = { file = \"gateway.key\" }"))
        }
        (None, Some(_)) => {
            Err(advise(span, "key without certificate".into(), "certificate = \"gateway.pem\""))
        }
    }
}

fn check_issuer(config: &Config, issuer: &Spanned<Issuer>) -> Result<(), Fault> {
    let (it, span) = (issuer.get_ref(), issuer.span());
    destination(&it.jwks, &it.networks, &it.pins, &span)?;
    if config.issuers.iter().filter(|other| other.get_ref().url == it.url).count() > 1 {
        return Err(fault(span, format!("issuer {} stands here twice", it.url)));
    }
    if config.issuers.len() > 1 && it.tenants.is_empty() {
        return Err(advise(
            span,
            format!(
                "issuer {}: with several issuers each must name the tenants that it may speak for",
                it.url
            ),
            "tenants = [\"werk-stuttgart\"]",
        ));
    }
    Ok(())
}

fn check_backend(config: &Config, backend: &Spanned<Backend>) -> Result<(), Fault> {
    let (it, span) = (backend.get_ref(), backend.span());
    let plain = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !plain(&it.id) {
        return Err(advise(span, "a backend id is letters, digits, - _ . up to 64".into(), "id = \"paris\""));
    }
    if inland_policies::Country::parse(&it.country).is_none() {
        return Err(advise(
            span,
            format!("backend {}: {:?} is not a country code of ISO 3166-1", it.id, it.country),
            "country = \"FR\"   # the country the machines stand in",
        ));
    }
    destination(&it.url, &it.networks, &it.pins, &span)?;
    it.credential.read(&config.base).map_err(|error| {
        advise(
            span,
            format!("backend {}: its credential is missing: {error}", it.id),
            "credential = { env = \"PARIS_KEY\" } and set the variable, or { file = \"paris.key\" }",
        )
    })?;
    Ok(())
}

/// What E1 needs of anything that is dialled.
pub(super) fn destination(
    url: &str,
    networks: &[IpNet],
    pins: &[String],
    span: &Range<usize>,
) -> Result<(), Fault> {
    let url = crate::egress::Url::parse(url)
        .map_err(|error| advise(span.clone(), format!("{url:?}: {error}"), "url = \"https://HOST/v1\""))?;
    if networks.is_empty() {
        return Err(advise(
            span.clone(),
            format!("{}: no network is declared, so no address could be right", url.host()),
            "networks = [\"203.0.113.0/24\"]   # every address the name may have",
        ));
    }
    let loopback = |network: &IpNet| network.network().is_loopback() && network.broadcast().is_loopback();
    if !url.is_tls() && !networks.iter().all(loopback) {
        return Err(advise(
            span.clone(),
            format!("{}: http without TLS is possible to loopback networks only", url.host()),
            "url = \"https://…\"",
        ));
    }
    for pin in pins {
        address::parse_pin(pin).map_err(|error| {
            advise(span.clone(), format!("{pin:?}: {error}"), "pins = [\"sha256/BASE64=\"]   # RFC 7469")
        })?;
    }
    Ok(())
}

fn models(config: &Config, backends: &BTreeSet<&str>) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    for model in &config.models {
        let (it, span) = (model.get_ref(), model.span());
        if it.name.is_empty() || it.name.len() > 128 || !it.name.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "a model name is 1 to 128 visible ASCII characters";
            return Err(advise(span, message.into(), "name = \"clinic-large\""));
        }
        if !names.insert(it.name.as_str()) {
            return Err(fault(span, format!("model {} stands here twice", it.name)));
        }
        if it.offers.is_empty() {
            let message = format!("model {} has no offers", it.name);
            return Err(advise(span, message, "offers = [\"paris/mistral-large-4\"]"));
        }
        for (position, offer) in it.offers.iter().enumerate() {
            let known =
                offer.split_once('/').is_some_and(|(id, name)| backends.contains(id) && !name.is_empty());
            if !known {
                return Err(advise(
                    span,
                    format!("model {}: offer {offer:?} names no backend of this file", it.name),
                    "offers = [\"BACKEND/MODEL\"]   # BACKEND is the id of a [[backend]]",
                ));
            }
            if it.offers.iter().skip(position + 1).any(|other| other == offer) {
                return Err(fault(span, format!("model {}: offer {offer:?} stands there twice", it.name)));
            }
        }
    }
    Ok(())
}

/// Whether an address lies in the networks of the destination that uses the name is left to the gate,
/// which refuses the name at every connection: an operator may point it elsewhere on purpose.
fn hosts(config: &Config) -> Result<(), Fault> {
    for (name, addresses) in &config.hosts {
        if addresses.get_ref().is_empty() {
            return Err(advise(
                addresses.span(),
                format!("{name} has no address"),
                "\"NAME\" = [\"127.0.0.1\"]",
            ));
        }
        let forbidden = |address: &&IpAddr| address::never(**address).is_some();
        if let Some(address) = addresses.get_ref().iter().find(forbidden) {
            let why = address::never(*address).unwrap_or_default();
            return Err(fault(addresses.span(), format!("{name}: {address} is never dialled: {why}")));
        }
    }
    Ok(())
}

/// How often a bundle's address may be asked.
const POLL_SECONDS: std::ops::RangeInclusive<u64> = 1..=86_400;

fn policy(config: &Config) -> Result<(), Fault> {
    let (policy, span) = (config.policy.get_ref(), config.policy.span());
    match (&policy.bundle, &policy.directory, &policy.key) {
        (None, Some(_), None) => {}
        (Some(_), None, Some(_)) => {}
        (Some(_), None, None) => {
            let message = "a bundle without the key that it is signed with could be anybody's";
            let write = "key = \"policy.pub\"   # made by: inland policy key --out policy";
            return Err(advise(span, message.into(), write));
        }
        (None, Some(_), Some(_)) => {
            let message = "a directory carries no signature, so `key` would check nothing";
            return Err(advise(span, message.into(), "bundle = \"policies.tar.gz\", or no key"));
        }
        (Some(_), Some(_), _) | (None, None, _) => {
            let message = "exactly one source of policy must be named";
            return Err(advise(span, message.into(), "directory = \"policies\""));
        }
    }
    match policy.address() {
        Some(_) if !POLL_SECONDS.contains(&policy.poll_seconds) => {
            Err(advise(span, "poll_seconds is 1 to 86400".into(), "poll_seconds = 60"))
        }
        Some(address) => destination(address, &policy.networks, &policy.pins, &span),
        None if !policy.networks.is_empty() || !policy.pins.is_empty() || policy.ca.is_some() => {
            let message = "networks, pins and ca are for a bundle with an address; a file is not dialled";
            Err(advise(span, message.into(), "bundle = \"https://HOST/policies.tar.gz\""))
        }
        None => Ok(()),
    }
}

/// Ten years: then the older key has lost its meaning.
const OVERLAP_DAYS_MAX: u32 = 3_653;

/// Keys that are there, witnesses that can be asked, a quorum that can be reached.
fn audit(config: &Config) -> Result<(), Fault> {
    let it = &config.audit;
    let fault = |message: String, write: &str| Fault { span: None, message, write: Some(write.to_owned()) };
    it.keys(&config.base).map_err(|error| {
        fault(format!("[audit] its key: {error}"), "key = { file = \"audit.key\" }, or no key")
    })?;
    if it.overlap_days > OVERLAP_DAYS_MAX {
        return Err(fault("[audit] overlap_days is too long".into(), "overlap_days = 30   # at most 3653"));
    }
    if it.old_key.is_some() && it.key.is_none() {
        let write = "key = { file = \"new.key\" }, or no old_key and: inland audit rotate DIR";
        return Err(fault("[audit] an old_key hands over to a key, and there is none".into(), write));
    }
    for (position, witness) in it.witnesses.iter().enumerate() {
        destination(&witness.url, &witness.networks, &witness.pins, &(0..0))
            .map_err(|fault| Fault { span: None, ..fault })?;
        let vkey = Cosigner::parse(&witness.vkey)
            .map_err(|error| fault(format!("{}: {error}", witness.url), "vkey = \"NAME+HEX+BASE64\""))?;
        let before = it.witnesses.iter().take(position);
        if before.map(|other| Cosigner::parse(&other.vkey)).any(|other| other.as_ref() == Ok(&vkey)) {
            return Err(fault(format!("witness {} stands here twice", vkey.name()), "each witness once"));
        }
    }
    if it.witnesses.len() > WITNESSES_MAX {
        return Err(fault(format!("more than {WITNESSES_MAX} witnesses"), "fewer [[audit.witness]]"));
    }
    if it.quorum() > it.witnesses.len() || (it.quorum() == 0 && !it.witnesses.is_empty()) {
        let message = format!("a quorum of {} out of {} witnesses", it.quorum(), it.witnesses.len());
        return Err(fault(message, "witness_quorum = 2   # 1 to the number of [[audit.witness]]"));
    }
    Ok(())
}
