//! Where a credential may stand, and that there is one.

use super::*;

async fn refused(headers: &[(&'static str, &[u8])]) -> Option<&'static str> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, hyper::header::HeaderValue::from_bytes(value).unwrap());
    }
    gateway(&whole_set()).authenticate(&map, at(NOW)).await.err().map(|reason| reason.label())
}

#[tokio::test]
async fn there_is_exactly_one_credential_in_exactly_one_form() {
    let token = eddsa().valid_token();
    let with = |before: &str, after: &str| format!("{before}{token}{after}").into_bytes();
    let good = with("Bearer ", "");
    let api_key = b"ink_aaaa".as_slice();
    assert_eq!(refused(&[("authorization", &good)]).await, None);
    assert_eq!(refused(&[("authorization", &with("bearer ", ""))]).await, None);
    assert_eq!(refused(&[("authorization", &with("BEARER ", ""))]).await, None);
    assert_eq!(refused(&[]).await, Some("credential_missing"));
    assert_eq!(refused(&[("proxy-authorization", &good)]).await, Some("credential_missing"));
    for (first, second) in [(&good, good.as_slice()), (&good, b""), (&good, b"Basic YTpi")] {
        let both = [("authorization", first.as_slice()), ("authorization", second)];
        assert_eq!(refused(&both).await, Some("credentials_many"));
    }
    assert_eq!(refused(&[("authorization", &good), ("x-api-key", api_key)]).await, Some("credentials_many"));
    assert_eq!(refused(&[("x-api-key", api_key), ("x-api-key", api_key)]).await, Some("credentials_many"));
    let malformed = [
        b"".to_vec(),
        b"Bearer".to_vec(),
        b"Bearer ".to_vec(),
        b"Basic YTpi".to_vec(),
        b"Bearer\txyz".to_vec(),
        b"Bearer \xff".to_vec(),
        with("Bearer  ", ""),
        with("Bearer ", " "),
        with("Bearer ", "\t"),
        with("Bearer ", " x"),
        with("Token ", ""),
        with("", ""),
        with(" Bearer ", ""),
    ];
    for value in malformed {
        assert_eq!(refused(&[("authorization", &value)]).await, Some("credential_malformed"), "{value:?}");
    }
    // A token in the place of a key is not looked at.
    assert_eq!(refused(&[("x-api-key", token.as_bytes())]).await, Some("api_key_malformed"));
    assert_eq!(refused(&[("x-api-key", &good)]).await, Some("api_key_malformed"));
}

#[tokio::test]
async fn before_1970_nobody_is_recognised() {
    let keys = gateway(&whole_set());
    let before = UNIX_EPOCH - Duration::from_secs(1);
    let refused = keys.authenticate(&bearer(&eddsa().valid_token()), before).await.unwrap_err();
    assert_eq!((refused.label(), refused.is_ours()), ("clock_invalid", true));
}

#[test]
fn the_answer_can_be_awaited_on_any_thread() {
    fn sendable<T: Send>(_: &T) {}
    let (keys, headers) = (gateway("{}"), HeaderMap::new());
    sendable(&keys.authenticate(&headers, at(NOW)));
}
