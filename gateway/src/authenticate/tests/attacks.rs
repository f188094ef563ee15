//! Tokens that must not work, each signed with the right key: only what is wrong with it refuses it.

use super::super::CredentialKind;
use super::*;

/// In a good header, replace this by that: the reason.
const HEADER_ATTACKS: &[(&str, &str, &str)] = &[
    (r#""alg":"ALG","#, "", "algorithm_refused"),
    (r#""ALG""#, r#""none""#, "algorithm_refused"),
    (r#""ALG""#, r#""nOnE""#, "algorithm_refused"),
    (r#""ALG""#, r#""""#, "algorithm_refused"),
    (r#""ALG""#, r#""HS256""#, "algorithm_refused"),
    (r#""ALG""#, r#""HS512""#, "algorithm_refused"),
    (r#""ALG""#, r#""RS384""#, "algorithm_refused"),
    (r#""ALG""#, r#""RS1""#, "algorithm_refused"),
    (r#""ALG""#, r#""PS512""#, "algorithm_refused"),
    (r#""ALG""#, r#""ES384""#, "algorithm_refused"),
    (r#""ALG""#, r#""ES256K""#, "algorithm_refused"),
    (r#""ALG""#, r#""es256""#, "algorithm_refused"),
    (r#""ALG""#, r#""ALG ""#, "algorithm_refused"),
    (r#""ALG""#, r#"["ALG"]"#, "algorithm_refused"),
    (r#""ALG""#, "null", "algorithm_refused"),
    (r#""ALG""#, "256", "algorithm_refused"),
    (r#""JWT""#, r#""dpop+jwt""#, "type_refused"),
    (r#""JWT""#, r#""secevent+jwt""#, "type_refused"),
    (r#""JWT""#, r#""logout+jwt""#, "type_refused"),
    (r#""JWT""#, r#""JWT ""#, "type_refused"),
    (r#""JWT""#, r#""application/application/jwt""#, "type_refused"),
    (r#""JWT""#, r#""""#, "type_refused"),
    (r#""JWT""#, "null", "type_refused"),
    (r#""JWT""#, r#"["JWT"]"#, "type_refused"),
    (r#""typ""#, r#""crit":["exp"],"typ""#, "extension_refused"),
    (r#""typ""#, r#""crit":[],"typ""#, "extension_refused"),
    (r#""typ""#, r#""crit":null,"typ""#, "extension_refused"),
    (r#""typ""#, r#""crit":["x"],"x":1,"typ""#, "extension_refused"),
    (r#""typ""#, r#""b64":false,"typ""#, "extension_refused"),
    (r#""typ""#, r#""b64":true,"typ""#, "extension_refused"),
    (r#""typ""#, r#""jku":"https://evil.test/jwks","typ""#, "own_key_refused"),
    (r#""typ""#, r#""x5u":"https://evil.test/chain","typ""#, "own_key_refused"),
    (r#""typ""#, r#""jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},"typ""#, "own_key_refused"),
    (r#""typ""#, r#""x5c":["MII="],"typ""#, "own_key_refused"),
    (r#""typ""#, r#""\u006aku":"https://evil.test/jwks","typ""#, "own_key_refused"),
    (r#""typ""#, r#""cty":"JWT","typ""#, "nesting_refused"),
    (r#""typ""#, r#""zip":"DEF","typ""#, "nesting_refused"),
    (r#""typ""#, r#""enc":"A256GCM","typ""#, "nesting_refused"),
    (r#""KID""#, r#""""#, "key_id_invalid"),
    (r#""KID""#, "null", "key_id_invalid"),
    (r#""KID""#, "7", "key_id_invalid"),
    (r#""KID""#, r#"{"a":"KID"}"#, "key_id_invalid"),
    (r#""KID""#, r#""../../dev/null""#, "key_unknown"),
    (r#""KID""#, r#""KID ""#, "key_unknown"),
    (r#""KID""#, r#""KID\u0000""#, "key_unknown"),
    (r#""typ""#, r#""alg":"ALG","typ""#, "header_not_json"),
    (r#""typ""#, r#""\u0061lg":"none","typ""#, "header_not_json"),
    (r#""typ""#, r#""x":{"a":1,"a":1},"typ""#, "header_not_json"),
    (r#""KID"}"#, r#""KID"}{}"#, "header_not_json"),
    (r#""KID"}"#, r#""KID""#, "header_not_json"),
    (r#""KID"}"#, r#""KID",}"#, "header_not_json"),
];

/// In good claims, replace this by that: the reason.
const CLAIMS_ATTACKS: &[(&str, &str, &str)] = &[
    (r#""iss":"https://id.example.test","#, "", "issuer_invalid"),
    (r#""https://id.example.test""#, r#"["https://id.example.test"]"#, "issuer_invalid"),
    (r#""https://id.example.test""#, "null", "issuer_invalid"),
    (r#""https://id.example.test""#, r#""""#, "issuer_invalid"),
    (r#""https://id.example.test""#, r#""https://id.example.test/""#, "issuer_unknown"),
    (r#""https://id.example.test""#, r#""HTTPS://id.example.test""#, "issuer_unknown"),
    (r#""https://id.example.test""#, r#""https://id.example.test\u0000""#, "issuer_unknown"),
    (r#""https://id.example.test""#, r#""https://id.example.test.evil.test""#, "issuer_unknown"),
    (r#""aud":"inland","#, "", "audience_invalid"),
    (r#""inland""#, "null", "audience_invalid"),
    (r#""inland""#, "1", "audience_invalid"),
    (r#""inland""#, r#"{"inland":1}"#, "audience_invalid"),
    (r#""inland""#, r#"["inland",1]"#, "audience_invalid"),
    (r#""inland""#, r#"[["inland"]]"#, "audience_invalid"),
    (r#""inland""#, "[]", "audience_wrong"),
    (r#""inland""#, r#""billing""#, "audience_wrong"),
    (r#""inland""#, r#"["billing","inland-admin"]"#, "audience_wrong"),
    (r#""inland""#, r#""Inland""#, "audience_wrong"),
    (r#""inland""#, r#""inland billing""#, "audience_wrong"),
    (r#""inland""#, r#""""#, "audience_wrong"),
    (r#","exp":1800003600"#, "", "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":"1800003600""#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":null"#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":[1800003600]"#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":-1"#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":1e300"#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":18446744073709551615"#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":1800003600000"#, "time_invalid"),
    (r#""exp":1800003600"#, r#""exp":1e999"#, "claims_not_json"),
    (r#""exp":1800003600"#, r#""exp":1800000000"#, "expired"),
    (r#""exp":1800003600"#, r#""exp":1800000000.9"#, "expired"),
    (r#""exp":1800003600"#, r#""exp":1799999999"#, "expired"),
    (r#""exp":1800003600"#, r#""exp":0"#, "expired"),
    (r#""exp":1800003600"#, r#""exp":1800085401"#, "lifetime_too_long"),
    (r#""iat":1799999000,"nbf":1799999000,"exp":1800003600"#, r#""exp":1800086401"#, "lifetime_too_long"),
    (r#""iat":1799999000"#, r#""iat":0"#, "lifetime_too_long"),
    (r#""nbf":1799999000"#, r#""nbf":1800000061"#, "not_yet_valid"),
    (r#""nbf":1799999000"#, r#""nbf":"1799999000""#, "time_invalid"),
    (r#""nbf":1799999000"#, r#""nbf":null"#, "time_invalid"),
    (r#""iat":1799999000"#, r#""iat":1800000061"#, "not_yet_valid"),
    (r#""iat":1799999000"#, r#""iat":true"#, "time_invalid"),
    (r#""sub":"anna","#, "", "subject_invalid"),
    (r#""anna""#, r#""""#, "subject_invalid"),
    (r#""anna""#, "17", "subject_invalid"),
    (r#""anna""#, r#"["anna"]"#, "subject_invalid"),
    (r#""anna""#, r#""anna\nadmin""#, "subject_invalid"),
    (r#""tenant":"clinic","#, "", "tenant_invalid"),
    (r#""clinic""#, r#""Clinic""#, "tenant_invalid"),
    (r#""clinic""#, r#""../bank""#, "tenant_invalid"),
    (r#""clinic""#, r#""clinic bank""#, "tenant_invalid"),
    (r#""clinic""#, r#""clin\u0131c""#, "tenant_invalid"),
    (r#""clinic""#, r#"["clinic","bank"]"#, "tenant_invalid"),
    (r#""clinic""#, r#""""#, "tenant_invalid"),
    (r#"["doctors"]"#, r#""doctors""#, "groups_invalid"),
    (r#"["doctors"]"#, "null", "groups_invalid"),
    (r#"["doctors"]"#, r#"{"doctors":true}"#, "groups_invalid"),
    (r#"["doctors"]"#, r#"["doctors",1]"#, "groups_invalid"),
    (r#"["doctors"]"#, r#"[""]"#, "groups_invalid"),
    (r#"["doctors"]"#, r#"["a\u0000b"]"#, "groups_invalid"),
    (r#""sub""#, r#""sub":"berta","sub""#, "claims_not_json"),
    (r#""tenant""#, r#""tenan\u0074":"bank","tenant""#, "claims_not_json"),
    (r#""exp""#, r#""exp":1,"exp""#, "claims_not_json"),
    (r#""sub""#, r#""x":[{"a":1,"a":2}],"sub""#, "claims_not_json"),
    ("1800003600}", "1800003600}}", "claims_not_json"),
    (r#"{"iss""#, r#"[{"iss""#, "claims_not_json"),
];

#[tokio::test]
async fn a_good_token_of_each_algorithm_names_its_caller() {
    let keys = gateway(&whole_set());
    for signer in SIGNERS.iter() {
        let caller = ask(&keys, &signer.valid_token()).await.unwrap();
        assert_eq!((caller.tenant(), caller.subject()), ("clinic", "anna"));
        assert_eq!(caller.groups(), ["doctors"]);
        assert_eq!(caller.kind(), CredentialKind::Jwt);
        assert!(!format!("{caller:?}").contains("anna"));
    }
}

#[tokio::test]
async fn every_attack_on_the_header_is_refused_for_its_own_reason() {
    let keys = gateway(&whole_set());
    for signer in SIGNERS.iter() {
        for (good, bad, reason) in HEADER_ATTACKS {
            assert!(HEADER.contains(good), "{good}");
            let token = signer.token(&HEADER.replace(good, bad), CLAIMS);
            assert_eq!(refusal(&keys, &token).await, Some(*reason), "{} {bad}", signer.algorithm);
        }
    }
}

#[tokio::test]
async fn every_attack_on_the_claims_is_refused_for_its_own_reason() {
    let keys = gateway(&whole_set());
    for signer in SIGNERS.iter() {
        for (good, bad, reason) in CLAIMS_ATTACKS {
            assert!(CLAIMS.contains(good), "{good}");
            let token = signer.token(HEADER, &CLAIMS.replace(good, bad));
            assert_eq!(refusal(&keys, &token).await, Some(*reason), "{} {bad}", signer.algorithm);
        }
    }
}

#[tokio::test]
async fn names_that_are_too_long_or_too_many_are_refused() {
    let keys = gateway(&whole_set());
    let claims = |good: &str, bad: String| eddsa().token(HEADER, &CLAIMS.replace(good, &bad));
    let groups = |count: usize, length: usize| {
        let group = format!("\"{}\"", "g".repeat(length));
        claims(r#""doctors""#, vec![group; count].join(","))
    };
    assert_eq!(refusal(&keys, &claims("anna", "a".repeat(256))).await, None);
    assert_eq!(refusal(&keys, &claims("anna", "a".repeat(257))).await, Some("subject_invalid"));
    assert_eq!(refusal(&keys, &claims("clinic", "a".repeat(64))).await, None);
    assert_eq!(refusal(&keys, &claims("clinic", "a".repeat(65))).await, Some("tenant_invalid"));
    assert_eq!(refusal(&keys, &groups(64, 1)).await, None);
    assert_eq!(refusal(&keys, &groups(65, 1)).await, Some("groups_invalid"));
    assert_eq!(refusal(&keys, &groups(1, 128)).await, None);
    assert_eq!(refusal(&keys, &groups(1, 129)).await, Some("groups_invalid"));
    let long_id = HEADER.replace("KID", &"k".repeat(257));
    assert_eq!(refusal(&keys, &eddsa().token(&long_id, CLAIMS)).await, Some("key_id_invalid"));
    let deep = claims("\"anna\"", format!("{}1{}", "[".repeat(1000), "]".repeat(1000)));
    assert_eq!(refusal(&keys, &deep).await, Some("claims_not_json"));
}

#[tokio::test]
async fn what_the_standards_allow_is_taken() {
    let keys = gateway(&whole_set());
    let headers = [
        (r#""typ":"JWT","#, ""),
        (r#""JWT""#, r#""jwt""#),
        (r#""JWT""#, r#""at+jwt""#),
        (r#""JWT""#, r#""application/at+jwt""#),
        (r#""typ""#, r#""x":7,"y":{"a":[1,null,true]},"nonce":"n","x5t":"AA","typ""#),
        (r#""ALG""#, " \"ALG\"\n"),
    ];
    for (good, other) in headers {
        let token = eddsa().token(&HEADER.replace(good, other), CLAIMS);
        assert_eq!(refusal(&keys, &token).await, None, "{other}");
    }
    let claims = [
        (r#""inland""#, r#"["billing","inland"]"#),
        (r#""inland""#, r#"["inland"]"#),
        ("1800003600", "1800003600.5"),
        ("1800003600", "1.8000036e9"),
        (r#""iat":1799999000,"nbf":1799999000,"#, ""),
        (r#""nbf":1799999000"#, r#""nbf":1800000060"#),
        (r#""iat":1799999000"#, r#""iat":1800000060"#),
        (r#","groups":["doctors"]"#, ""),
        (r#"["doctors"]"#, "[]"),
        (r#""anna""#, r#""søren@例.test""#),
        (r#""sub""#, r#""country":"US","flags":{"loosen":true},"sub""#),
    ];
    for (good, other) in claims {
        let token = eddsa().token(HEADER, &CLAIMS.replace(good, other));
        assert_eq!(refusal(&keys, &token).await, None, "{other}");
    }
}

#[tokio::test]
async fn groups_are_sorted_and_distinct_so_that_equal_memberships_are_equal() {
    let keys = gateway(&whole_set());
    let token = eddsa().token(HEADER, &CLAIMS.replace(r#""doctors""#, r#""z","a","z""#));
    assert_eq!(ask(&keys, &token).await.unwrap().groups(), ["a", "z"]);
}

#[tokio::test]
async fn a_text_that_is_not_a_token_is_refused() {
    let keys = gateway(&whole_set());
    let good = eddsa().valid_token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let zeros = base64url(&[0; 64]);
    let attacks = [
        ("x".to_owned(), "token_not_three_parts"),
        (message.to_owned(), "token_not_three_parts"),
        (format!("{message}."), "token_not_three_parts"),
        (format!(".{claims}.{signature}"), "token_not_three_parts"),
        (format!("{header}..{signature}"), "token_not_three_parts"),
        (format!("{good}."), "token_not_three_parts"),
        (format!("{good}.{signature}"), "token_not_three_parts"),
        (format!("{header}.{claims}.{signature}.{claims}.{signature}"), "token_not_three_parts"),
        (format!("{good}="), "token_not_base64url"),
        (format!("{good}=="), "token_not_base64url"),
        (format!("{header}.{claims}.{}", signature.replace(['-', '_'], "+")), ""),
        (format!("{header}.{claims}.+/+/"), "token_not_base64url"),
        (format!("{header}.{claims}.A"), "token_not_base64url"),
        (format!("{header}.{claims}.AB"), "token_not_base64url"), // left-over bits are not zero
        (format!("{header}.{claims}.%41%41"), "token_not_base64url"),
        (format!("{header}.{claims}.AAAA"), "signature_wrong"),
        (format!("{header}.{claims}.{zeros}"), "signature_wrong"),
        (format!("{header}.{claims}.{signature}AAAA"), ""),
        (format!("{claims}.{header}.{signature}"), "algorithm_refused"),
        ("a".repeat(8193), "token_too_long"),
        (format!("{}.{claims}.{signature}", "A".repeat(8000)), "token_too_long"),
        ("[object Object]".to_owned(), "credential_malformed"),
        (format!("{good} "), "credential_malformed"),
        (format!(" {good}"), "credential_malformed"),
        (format!("{good},{good}"), ""),
    ];
    for (token, reason) in attacks {
        if token == good {
            continue; // a signature without `-` and `_`
        }
        let refused = refusal(&keys, &token).await;
        assert!(
            refused.is_some_and(|refused| reason.is_empty() || refused == reason),
            "{refused:?}: {reason}"
        );
    }
}

#[tokio::test]
async fn a_signature_counts_only_over_its_own_token_and_by_its_own_key() {
    let keys = gateway(&whole_set());
    let forged_claims = CLAIMS.replace("clinic", "bank");
    for signer in SIGNERS.iter() {
        let good = signer.valid_token();
        let signature = good.rsplit_once('.').unwrap().1;
        let other = signer.token(HEADER, &forged_claims);
        let moved = format!("{}.{signature}", other.rsplit_once('.').unwrap().0);
        assert_eq!(refusal(&keys, &moved).await, Some("signature_wrong"), "{}", signer.algorithm);
        // The same header and claims, signed by each other's key under this one's name and algorithm.
        for thief in SIGNERS.iter().chain([&*STRANGER]).filter(|thief| thief.jwk["x"] != signer.jwk["x"]) {
            let message = good.rsplit_once('.').unwrap().0;
            let stolen = format!("{message}.{}", base64url(&(thief.sign)(message.as_bytes())));
            assert_eq!(refusal(&keys, &stolen).await, Some("signature_wrong"), "{}", thief.algorithm);
        }
    }
}

#[tokio::test]
async fn an_hmac_under_the_public_key_is_no_signature() {
    // The oldest attack on JWT libraries: the public key taken as the secret of an HMAC.
    let keys = gateway(&whole_set());
    let public = SIGNERS[0].jwk["n"].as_str().unwrap();
    let header = base64url(br#"{"alg":"HS256","typ":"JWT","kid":"RS256"}"#);
    let message = format!("{header}.{}", base64url(CLAIMS.as_bytes()));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&secret, message.as_bytes());
    let token = format!("{message}.{}", base64url(tag.as_ref()));
    assert_eq!(refusal(&keys, &token).await, Some("algorithm_refused"));
}

#[tokio::test]
async fn each_algorithm_works_with_its_own_key_only() {
    let keys = gateway(&whole_set());
    for signer in SIGNERS.iter() {
        for other in SIGNERS.iter().filter(|other| other.algorithm != signer.algorithm) {
            let header = HEADER.replace("KID", other.algorithm);
            let token = signer.token(&header, CLAIMS);
            assert_eq!(refusal(&keys, &token).await, Some("key_mismatch"), "{}", other.algorithm);
        }
    }
}

#[tokio::test]
async fn an_issuer_cannot_sign_for_another() {
    let documents = Documents::with(&issuer(ISSUER).jwks, &whole_set());
    documents.put(&issuer(OTHER_ISSUER).jwks, Ok(&jwks(std::slice::from_ref(&STRANGER.jwk))));
    let issuers = vec![issuer(ISSUER), issuer(OTHER_ISSUER)];
    let keys = Keys::new(issuers, ApiKeys::empty(), documents);
    let its_own = CLAIMS.replace(ISSUER, OTHER_ISSUER);
    assert_eq!(refusal(&keys, &STRANGER.token(HEADER, &its_own)).await, None);
    assert_eq!(refusal(&keys, &STRANGER.token(HEADER, CLAIMS)).await, Some("signature_wrong"));
    assert_eq!(refusal(&keys, &eddsa().token(HEADER, &its_own)).await, Some("signature_wrong"));
}

#[tokio::test]
async fn an_issuer_speaks_for_its_own_tenants_only() {
    let documents = Documents::with(&issuer(ISSUER).jwks, &whole_set());
    let bound = Issuer { tenants: vec!["clinic".to_owned()], ..issuer(ISSUER) };
    let keys = Keys::new(vec![bound], ApiKeys::empty(), documents);
    assert_eq!(refusal(&keys, &eddsa().valid_token()).await, None);
    let foreign = eddsa().token(HEADER, &CLAIMS.replace("\"clinic\"", "\"bank\""));
    assert_eq!(refusal(&keys, &foreign).await, Some("tenant_foreign"));
}

#[tokio::test]
async fn one_issuer_may_serve_two_audiences() {
    let other = Issuer { audience: "batch".to_owned(), ..issuer(ISSUER) };
    let documents = Documents::with(&other.jwks, &whole_set());
    let keys = Keys::new(vec![issuer(ISSUER), other], ApiKeys::empty(), documents);
    let batch = eddsa().token(HEADER, &CLAIMS.replace("\"inland\"", "\"batch\""));
    assert_eq!(refusal(&keys, &batch).await, None);
    assert_eq!(refusal(&keys, &eddsa().valid_token()).await, None);
}
