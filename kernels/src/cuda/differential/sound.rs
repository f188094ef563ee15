//! What the CPU finds, the device names: no finding stands apart from every hit of its family.

use super::BODIES;
use super::bodies::Bodies;
use super::slot::INDEX;
use crate::cuda::{families::family, twin};
use crate::view::folded;
use crate::{Engine, Finding, Label};

/// The families that stand for a finding; none for what the host looks for itself.
fn of(found: &Finding) -> u32 {
    match (found.kind, found.label) {
        ("bic" | "lei" | "ip.v6" | "mac", _) | (_, Label::Credentials) => 0,
        ("plate", _) => family::PLATE,
        ("passport", _) => family::PASSPORT,
        ("date_of_birth", _) => family::BIRTH,
        ("phone", _) => family::PHONE,
        ("email", _) => family::EMAIL,
        ("ip.v4", _) => family::IPV4,
        ("iban" | "eu.at_02", _) => family::IBAN,
        ("imei" | "imeisv" | "ehic" | "cz.bankaccount", _) => family::LONG_NUMBER,
        (kind, Label::CardPan) if kind.starts_with("card.") => family::CARD,
        (kind, _) if kind.starts_with("crypto.") || kind.starts_with("mrz.") => 0,
        _ => family::CODES | family::NUMBERS,
    }
}

#[test]
fn no_finding_stands_where_its_family_has_no_hit() {
    let engine = Engine::cpu();
    let (reader, _) = crate::simd::best();
    let mut bodies = Bodies::new(4);
    let mut checked = 0;
    for _body in 0..BODIES {
        let text = bodies.next();
        // What only the view shows is read on the host.
        if matches!(folded(&text), std::borrow::Cow::Owned(_)) {
            continue;
        }
        let mut found = Vec::new();
        engine.scan(&text, &mut found);
        let anchors = twin::anchors(reader, text.as_bytes()).into_iter();
        let hits: Vec<_> = anchors.map(|place| (place, twin::families(&INDEX, &text, place))).collect();
        for found in found.iter().filter(|found| of(found) != 0) {
            let near = found.start..=found.end;
            let named = hits.iter().any(|(place, hit)| near.contains(place) && hit & of(found) != 0);
            assert!(named, "{found:?} of {text:?}");
            checked += 1;
        }
    }
    assert!(checked > BODIES / 8, "{checked} findings");
}
