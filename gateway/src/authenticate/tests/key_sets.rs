//! Key sets as issuers really publish them, and as an attacker would like them to.

use super::super::jwks::{KeySet, SET_BYTES_MAX};
use super::*;

async fn refused_with(keys: &[Value], header: &str) -> Option<&'static str> {
    refusal(&gateway(&jwks(keys)), &eddsa().token(header, CLAIMS)).await
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_passed_over_and_the_others_work() {
    let strange = [
        json!({"kty": "AKP", "alg": "ML-DSA-65", "kid": "pq", "pub": "AA"}),
        json!({"kty": "EC", "crv": "P-521", "kid": "p521", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "secp256k1", "kid": "coin", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "kid": "x", "x": "AA"}),
        json!({"kty": "oct", "kid": "secret", "k": "AAAA"}),
        json!({"kid": "nothing"}),
        json!({"kty": 1, "kid": "number"}),
        json!({"kty": "RSA", "kid": "no modulus"}),
        json!("a text"),
        json!(null),
    ];
    for key in strange {
        let set = KeySet::parse(jwks(&[key.clone(), eddsa().jwk.clone()]).as_bytes())
            .unwrap_or_else(|_| unreachable!());
        assert_eq!((set.len(), set.skipped()), (1, 1), "{key}");
        assert_eq!(refused_with(&[key, eddsa().jwk.clone()], HEADER).await, None);
    }
}

#[tokio::test]
async fn what_a_key_says_of_its_use_is_honoured() {
    for (change, reason) in [
        (json!({"use": "enc"}), Some("key_unknown")),
        (json!({"use": "SIG"}), Some("key_unknown")),
        (json!({"use": ["sig"]}), Some("key_unknown")),
        (json!({"use": null}), None),
        (json!({"key_ops": ["verify"]}), None),
        (json!({"key_ops": ["sign"]}), Some("key_unknown")),
        (json!({"key_ops": []}), Some("key_unknown")),
        (json!({"key_ops": "verify"}), Some("key_unknown")),
        (json!({"alg": null}), None),
        (json!({"alg": "ES256"}), Some("key_unknown")),
        (json!({"alg": "HS256"}), Some("key_unknown")),
        (json!({"alg": 7}), Some("key_unknown")),
        (json!({"kty": "EC"}), Some("key_unknown")),
        (json!({"crv": "Ed448"}), Some("key_unknown")),
        (json!({"x": "AAAA"}), Some("key_unknown")),
        (json!({"x": null}), Some("key_unknown")),
        (json!({"kid": 7}), Some("key_unknown")),
        (json!({"kid": null}), Some("key_unknown")),
        (json!({"d": "a published private key"}), Some("key_unknown")),
    ] {
        assert_eq!(refused_with(&[eddsa().jwk_with(change.clone())], HEADER).await, reason, "{change}");
    }
}

#[tokio::test]
async fn an_rsa_key_without_an_algorithm_does_both_and_with_one_only_that() {
    let open = SIGNERS[0].jwk_with(json!({"alg": null, "kid": "rsa"}));
    let keys = gateway(&jwks(&[open]));
    for signer in &SIGNERS[..2] {
        let token = signer.token(&HEADER.replace("KID", "rsa"), CLAIMS);
        assert_eq!(refusal(&keys, &token).await, None);
    }
    let only = SIGNERS[0].jwk_with(json!({"kid": "rsa"}));
    let token = SIGNERS[1].token(&HEADER.replace("KID", "rsa"), CLAIMS);
    assert_eq!(refusal(&gateway(&jwks(&[only])), &token).await, Some("key_mismatch"));
}

#[test]
fn weak_and_broken_keys_are_passed_over() {
    let short =
        RsaPublicKeyComponents::<Vec<u8>>::from(RsaKeyPair::generate(KeySize::Rsa2048).unwrap().public_key());
    let halved = base64url(&short.n[128..]);
    let low = base64url(&[&[0x7f], &short.n[1..]].concat());
    let signed = base64url(&[&[0], short.n.as_slice()].concat());
    let (rsa, p256) = (&SIGNERS[0], &SIGNERS[2]);
    for (key, usable) in [
        (rsa.jwk_with(json!({"n": halved})), 0),
        (rsa.jwk_with(json!({"n": low})), 0),
        (rsa.jwk_with(json!({"n": signed})), 1),
        (rsa.jwk_with(json!({"n": ""})), 0),
        (rsa.jwk_with(json!({"n": base64url(&[0xff; 1025])})), 0),
        (rsa.jwk_with(json!({"e": "Aw"})), 0),      // 3
        (rsa.jwk_with(json!({"e": "AQAA"})), 0),    // 65536, even
        (rsa.jwk_with(json!({"e": "AQAAAAE"})), 0), // 2^32 + 1
        (rsa.jwk_with(json!({"e": ""})), 0),
        (rsa.jwk_with(json!({"n": "not base64url!"})), 0),
        (p256.jwk_with(json!({"y": base64url(&[1; 32])})), 0), // not on the curve
        (p256.jwk_with(json!({"x": base64url(&[0; 32]), "y": base64url(&[0; 32])})), 0),
        (p256.jwk_with(json!({"x": base64url(&[1; 31])})), 0),
        (eddsa().jwk_with(json!({"x": base64url(&[1; 33])})), 0),
    ] {
        let set =
            KeySet::parse(jwks(std::slice::from_ref(&key)).as_bytes()).unwrap_or_else(|_| unreachable!());
        assert_eq!(set.len(), usable, "{key}");
    }
}

#[tokio::test]
async fn a_key_id_that_stands_twice_names_no_key() {
    let twin = STRANGER.jwk.clone();
    assert_eq!(refused_with(&[eddsa().jwk.clone(), twin.clone()], HEADER).await, Some("key_unknown"));
    assert_eq!(refused_with(&[twin.clone(), eddsa().jwk.clone()], HEADER).await, Some("key_unknown"));
    // A twin that cannot verify is no other meaning.
    let for_encryption = STRANGER.jwk_with(json!({"use": "enc"}));
    assert_eq!(refused_with(&[for_encryption, eddsa().jwk.clone()], HEADER).await, None);
}

#[tokio::test]
async fn a_token_without_a_key_id_works_where_one_key_can_be_meant() {
    let unnamed = r#"{"alg":"ALG"}"#;
    assert_eq!(refused_with(&[eddsa().jwk.clone(), SIGNERS[2].jwk.clone()], unnamed).await, None);
    let second = STRANGER.jwk_with(json!({"kid": "second"}));
    assert_eq!(refused_with(&[eddsa().jwk.clone(), second], unnamed).await, Some("key_ambiguous"));
    assert_eq!(refused_with(&[SIGNERS[2].jwk.clone()], unnamed).await, Some("key_unknown"));
    assert_eq!(refused_with(&[eddsa().jwk_with(json!({"kid": null}))], unnamed).await, None);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_gives_no_keys() {
    let good = jwks(&[eddsa().jwk.clone()]);
    let filler = json!({"kty": "filler"});
    let many = |count: usize| jwks(&[vec![filler.clone(); count], vec![eddsa().jwk.clone()]].concat());
    let long = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    for (document, reason) in [
        (good.clone(), None),
        (many(99), None),
        (many(100), Some("keys_unavailable")),
        (long(SET_BYTES_MAX), None),
        (long(SET_BYTES_MAX + 1), Some("keys_unavailable")),
        (String::new(), Some("keys_unavailable")),
        ("{}".to_owned(), Some("keys_unavailable")),
        ("[]".to_owned(), Some("keys_unavailable")),
        (r#"{"keys":{}}"#.to_owned(), Some("keys_unavailable")),
        ("<html>please log in</html>".to_owned(), Some("keys_unavailable")),
        (format!("{good}{good}"), Some("keys_unavailable")),
        (good.replace("\"kty\"", "\"kty\":\"OKP\",\"kty\""), Some("keys_unavailable")),
        (r#"{"keys":[]}"#.to_owned(), Some("key_unknown")),
    ] {
        let refused = refusal(&gateway(&document), &eddsa().valid_token()).await;
        assert_eq!(refused, reason, "{} bytes", document.len());
    }
}
