//! Pseudonyms: names that stand for personal values on the way out, and their way back.
//!
//! Invariant: a name is HMAC-SHA-256 under a key of (tenant, tenant country, UTC month) over class and
//! normalised value, cut to 80 bits. The same value has the same name all month on all nodes without a
//! shared map, nobody without the key can make one, and a name is restored only from the map of the
//! request that brought it ([`Names`]): a forged one stays the text it is. Pseudonymised data is still
//! personal data of the tenant (GDPR Art. 4(5)); nothing here lifts a location rule (E10).

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

/// RFC 4648 section 6. Neither digits 0 and 1 nor lower case: a model copies it without mistakes.
const BASE32: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 80 bits are 16 characters of base32.
const NAME_BYTES: usize = 10;
/// No name is longer: brackets, the longest class, a colon, 16 characters. Keeps restoring linear.
const NAME_LENGTH_MAX: usize = 64;

/// The key that every month's keys come from; the same on all nodes.
#[derive(Clone)]
pub struct MasterKey(hmac::Key);

impl MasterKey {
    /// From a secret of at least 32 characters.
    pub fn new(secret: &[u8]) -> Option<MasterKey> {
        (secret.len() >= 32).then(|| MasterKey(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// The key of one tenant, country and month (`2026-11`).
    pub fn month(&self, tenant: &str, country: &str, month: &str) -> MonthKey {
        let mut context = hmac::Context::with_key(&self.0);
        for part in ["inland.pseudonym/v1", tenant, country, month] {
            context.update(part.as_bytes());
            context.update(b"\0");
        }
        MonthKey(hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref()))
    }
}

/// The key of one tenant, country and month.
pub struct MonthKey(hmac::Key);

impl MonthKey {
    /// The name of a value: `[iban:K7Q2M3XH4PZ6T5WA]`.
    pub fn name(&self, class: &str, normalised: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(class.as_bytes());
        context.update(b"\0");
        context.update(normalised.as_bytes());
        let tag = context.sign();
        let mut name = String::with_capacity(class.len() + 19);
        name.push('[');
        name.push_str(class);
        name.push(':');
        let (mut window, mut bits) = (0u32, 0u32);
        for byte in tag.as_ref().iter().take(NAME_BYTES) {
            window = window << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                let digit = BASE32.get((window >> bits) as usize & 31).copied().unwrap_or(b'A');
                name.push(char::from(digit));
            }
        }
        name.push(']');
        name
    }
}

/// The names that one request brought, and what they stand for.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({})", self.0.len()) // the values are content
    }
}

impl Names {
    /// Remembers what a name stands for. The first spelling stays.
    pub fn add(&mut self, name: String, value: &str) {
        self.0.entry(name).or_insert_with(|| value.to_owned());
    }

    /// Whether there is nothing to restore.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A whole text with every name put back.
    pub fn restore(&self, text: &str) -> String {
        let (mut restored, held) = self.restore_piece(String::new(), text, |value| value.to_owned());
        restored.push_str(&held);
        restored
    }

    /// The same where the text is JSON: values are escaped to stand inside of its strings.
    pub fn restore_escaped(&self, text: &str) -> String {
        let escaped = |value: &str| {
            let mut out = Vec::new();
            crate::json::escape(value, &mut out);
            String::from_utf8(out).unwrap_or_default()
        };
        let (mut restored, held) = self.restore_piece(String::new(), text, escaped);
        restored.push_str(&held);
        restored
    }

    /// The next piece of a text that comes in pieces: what can be given on, and the longest end that
    /// may still become a name. `spell` writes a value for where it stands (as JSON inside of JSON).
    pub fn restore_piece(
        &self,
        held: String,
        piece: &str,
        spell: impl Fn(&str) -> String,
    ) -> (String, String) {
        let text = if held.is_empty() { piece.to_owned() } else { held + piece };
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(open) = memchr::memchr(b'[', rest.as_bytes()) {
            let (plain, tail) = rest.split_at(open);
            out.push_str(plain);
            match self.at_start(tail) {
                Start::Name { bytes, value } => {
                    out.push_str(&spell(value));
                    rest = tail.split_at(bytes).1;
                }
                Start::PerhapsName => return (out, tail.to_owned()),
                Start::Text => {
                    out.push('[');
                    rest = tail.split_at(1).1;
                }
            }
        }
        out.push_str(rest);
        (out, String::new())
    }

    fn at_start(&self, text: &str) -> Start<'_> {
        let head = text.as_bytes().get(..NAME_LENGTH_MAX).unwrap_or(text.as_bytes());
        if let Some(close) = memchr::memchr(b']', head) {
            return match text.get(..=close).and_then(|name| self.0.get(name).map(|value| (name.len(), value)))
            {
                Some((bytes, value)) => Start::Name { bytes, value },
                None => Start::Text,
            };
        }
        // No closing bracket yet: is this the beginning of one of our names?
        let next =
            self.0.range::<str, _>((std::ops::Bound::Included(text), std::ops::Bound::Unbounded)).next();
        match next {
            Some((name, _)) if name.starts_with(text) => Start::PerhapsName,
            _ => Start::Text,
        }
    }
}

enum Start<'a> {
    Name { bytes: usize, value: &'a str },
    PerhapsName,
    Text,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> MonthKey {
        MasterKey::new(&[7; 32]).unwrap().month("werk", "DE", "2026-11")
    }

    #[test]
    fn a_name_is_stable_within_its_key_and_differs_in_any_other() {
        let master = MasterKey::new(&[7; 32]).unwrap();
        let name = |tenant, country, month| {
            master.month(tenant, country, month).name("iban", "DE89370400440532013000")
        };
        let ours = name("werk", "DE", "2026-11");
        assert_eq!(ours, name("werk", "DE", "2026-11"));
        assert_eq!(ours.len(), "[iban:K7Q2M3XH4PZ6T5WA]".len());
        for other in
            [name("bank", "DE", "2026-11"), name("werk", "FR", "2026-11"), name("werk", "DE", "2026-12")]
        {
            assert_ne!(ours, other);
        }
        assert_ne!(ours, key().name("email", "DE89370400440532013000"));
        // Parts cannot slide into each other.
        assert_ne!(
            master.month("a", "bDE", "m").name("c", "d"),
            master.month("ab", "DE", "m").name("c", "d")
        );
    }

    #[test]
    fn a_name_that_this_request_did_not_bring_stays_text() {
        let mut names = Names::default();
        names.add(key().name("email", "a@example.org"), "a@example.org");
        let forged = key().name("email", "victim@example.org");
        assert_eq!(names.restore(&format!("mail {forged}")), format!("mail {forged}"));
        assert!(MasterKey::new(b"short").is_none());
    }

    proptest! {
        /// Whatever the split of an answer, every name comes back and nothing else changes.
        #[test]
        fn what_comes_in_pieces_is_restored_as_a_whole(
            parts in prop::collection::vec(prop_oneof!["[\\[\\]a-z:ABC2é]{0,6}", Just("\u{1}".to_owned()), Just("\u{2}".to_owned())], 0..8),
            cuts in prop::collection::vec(0usize..200, 0..12),
        ) {
            let (first, second) = (key().name("iban", "DE1"), key().name("email", "a@b"));
            let mut names = Names::default();
            names.add(first.clone(), "DE 1");
            names.add(second.clone(), "A@b");
            let text = parts.concat();
            let sent = text.replace('\u{1}', &first).replace('\u{2}', &second);
            let wanted = text.replace('\u{1}', "DE 1").replace('\u{2}', "A@b");
            prop_assert_eq!(names.restore(&sent), wanted.clone());
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| sent.is_char_boundary(*cut)).collect();
            cuts.extend([0, sent.len()]);
            cuts.sort_unstable();
            let (mut out, mut held) = (String::new(), String::new());
            for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
                let (given, kept) = names.restore_piece(held, sent.get(*from..*to).unwrap(), str::to_owned);
                prop_assert!(kept.len() < first.len().max(second.len()), "holds back no more than a name");
                out.push_str(&given);
                held = kept;
            }
            prop_assert_eq!(out + &held, wanted);
        }
    }
}
