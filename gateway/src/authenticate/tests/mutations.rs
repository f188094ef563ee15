//! A token is one text: no other text near it works.

use super::super::is_tenant;
use super::*;
use proptest::prelude::*;

/// What a token is made of, and what may tempt a lenient reader.
const ALPHABET: &str = "[A-Za-z0-9_.=+/%,;\"' -]";

static GATEWAY: LazyLock<Keys> = LazyLock::new(|| gateway(&whole_set()));
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| SIGNERS.iter().map(Signer::valid_token).collect());

/// Whether anybody is recognised. What no header can carry is no token either.
fn works(token: &[u8]) -> bool {
    let value = [b"Bearer ".as_slice(), token].concat();
    let Ok(value) = hyper::header::HeaderValue::from_bytes(&value) else { return false };
    let mut headers = HeaderMap::new();
    headers.insert("authorization", value);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(GATEWAY.authenticate(&headers, at(NOW))).is_ok()
}

#[test]
fn the_tokens_themselves_work() {
    assert!(TOKENS.iter().all(|token| works(token.as_bytes())));
}

#[test]
fn changing_any_single_byte_ends_a_token() {
    for token in TOKENS.iter() {
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            // The least that can change is the lowest of the six bits; then case, then anything.
            for other in [changed[at] ^ 1, changed[at] ^ 0x20, b'.', b'A', b'=', 0xff] {
                let before = std::mem::replace(&mut changed[at], other);
                assert!(before == other || !works(&changed), "byte {at} of {token}");
                changed[at] = before;
            }
        }
    }
}

#[test]
fn cutting_a_token_anywhere_ends_it() {
    for token in TOKENS.iter() {
        assert!((0..token.len()).all(|end| !works(&token.as_bytes()[..end])));
        assert!((1..token.len()).all(|start| !works(&token.as_bytes()[start..])));
    }
}

proptest! {
    /// Whatever is put in the place of whatever, it is the token or it does not work.
    #[test]
    fn no_other_text_made_from_a_token_works(
        which in 0..4_usize,
        at in any::<prop::sample::Index>(),
        taken in 0..4_usize,
        put in prop::collection::vec(ALPHABET, 0..4),
    ) {
        let token = &TOKENS[which];
        let at = at.index(token.len());
        let end = token.len().min(at + taken);
        let mut changed = token.clone();
        changed.replace_range(at..end, &put.concat());
        prop_assert!(changed == *token || !works(changed.as_bytes()), "{}", changed);
    }

    /// Claims in the attacker's alphabet, signed by the issuer itself, never give a caller with a tenant,
    /// subject or group outside its bounds, and never panic.
    #[test]
    fn a_caller_is_within_bounds_whatever_its_issuer_signs(
        claims in r#"\{("(iss|aud|sub|tenant|groups|exp|iat|nbf)":("https://id.example.test"|"inland"|"[a-z/.]{0,9}"|\["(inland|a)"\]|1800000[0-9]{3}|null|-1|1e9),){0,9}"exp":180000[0-9]{4}\}"#,
    ) {
        let token = eddsa().token(HEADER, &claims);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        if let Ok(caller) = runtime.block_on(ask(&GATEWAY, &token)) {
            prop_assert!(is_tenant(caller.tenant()));
            prop_assert!((1..=256).contains(&caller.subject().len()));
        }
    }
}
