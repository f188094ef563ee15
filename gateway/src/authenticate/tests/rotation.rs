//! Keys come and go; the issuer may be down; callers may be hostile. Time is what the tests say it is.

use super::super::refresh::{AGE_MAX, FRESH_FOR, RATE};
use super::*;

/// A gateway, and the hand on its issuer. The token lives longer than any set of keys.
fn rotating() -> (Keys, Arc<Documents>, String) {
    let documents = Documents::with(&issuer(ISSUER).jwks, &jwks(&[eddsa().jwk.clone()]));
    let fetch: Arc<dyn Fetch> = Arc::<Documents>::clone(&documents);
    let keys = Keys::new(vec![issuer(ISSUER)], ApiKeys::empty(), fetch);
    (keys, documents, eddsa().token(HEADER, &CLAIMS.replace("1800003600", "1800080000")))
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs()
}

fn signed_by_stranger(key_id: &str) -> String {
    STRANGER.token(&HEADER.replace("KID", key_id), CLAIMS)
}

#[tokio::test]
async fn keys_are_fetched_once_and_then_asked_for_again_when_they_are_old() {
    let (keys, issuer, token) = rotating();
    for (later, fetches) in [
        (0, 1),
        (1, 1),
        (seconds(FRESH_FOR) - 1, 1),
        (seconds(FRESH_FOR), 2),
        (seconds(FRESH_FOR) + 1, 2),
        (2 * seconds(FRESH_FOR), 3),
    ] {
        assert_eq!(ask_at(&keys, &token, NOW + later).await.err(), None);
        assert_eq!(issuer.fetches(), fetches, "{later} s later");
    }
}

#[tokio::test]
async fn a_new_key_works_from_its_first_token() {
    let (keys, documents, token) = rotating();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    let added = STRANGER.jwk_with(json!({"kid": "new"}));
    documents.put(&issuer(ISSUER).jwks, Ok(&jwks(&[eddsa().jwk.clone(), added])));
    let new = signed_by_stranger("new");
    assert_eq!(ask_at(&keys, &new, NOW + seconds(RATE) - 1).await.err(), Some("key_unknown")); // too early
    assert_eq!(ask_at(&keys, &new, NOW + seconds(RATE)).await.err(), None);
    assert_eq!(documents.fetches(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_ends_the_tokens_that_were_verified_with_it() {
    let (keys, documents, token) = rotating();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    documents.put(&issuer(ISSUER).jwks, Ok(&jwks(&[STRANGER.jwk_with(json!({"kid": "new"}))])));
    assert_eq!(ask_at(&keys, &token, NOW + seconds(FRESH_FOR)).await.err(), Some("key_unknown"));
    assert_eq!(ask_at(&keys, &token, NOW + seconds(FRESH_FOR) + 1).await.err(), Some("key_unknown"));
}

#[tokio::test]
async fn a_key_withdrawn_while_another_is_sought_ends_at_once() {
    let (keys, documents, token) = rotating();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    documents.put(&issuer(ISSUER).jwks, Ok(&jwks(&[STRANGER.jwk_with(json!({"kid": "new"}))])));
    assert_eq!(ask_at(&keys, &signed_by_stranger("new"), NOW + 40).await.err(), None);
    assert_eq!(ask_at(&keys, &token, NOW + 41).await.err(), Some("key_unknown"));
}

#[tokio::test]
async fn a_key_replaced_under_its_own_name_ends_its_tokens() {
    let (keys, documents, token) = rotating();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    documents.put(&issuer(ISSUER).jwks, Ok(&jwks(std::slice::from_ref(&STRANGER.jwk))));
    assert_eq!(ask_at(&keys, &token, NOW + seconds(FRESH_FOR)).await.err(), Some("signature_wrong"));
}

#[tokio::test]
async fn made_up_key_ids_cannot_make_the_gateway_hammer_the_issuer() {
    let (keys, issuer, token) = rotating();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    for later in 0..300 {
        for attempt in 0..3 {
            let made_up = signed_by_stranger(&format!("made-up-{later}-{attempt}"));
            assert_eq!(ask_at(&keys, &made_up, NOW + later).await.err(), Some("key_unknown"));
        }
    }
    assert_eq!(issuer.fetches(), 10); // one every 30 s
}

#[tokio::test]
async fn garbage_never_makes_a_fetch() {
    let (keys, issuer, token) = rotating();
    let wrong = eddsa().token(HEADER, &CLAIMS.replace("\"inland\"", "\"billing\""));
    for token in ["", "x", "a.b.c", &wrong, &token.replace('.', "..")] {
        assert!(ask(&keys, token).await.is_err());
    }
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_done_without_for_an_hour_and_not_longer() {
    let (keys, documents, token) = rotating();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    for answer in [Err("connection refused"), Ok("<html>"), Ok(r#"{"keys":7}"#)] {
        documents.put(&issuer(ISSUER).jwks, answer);
        for later in [seconds(FRESH_FOR), seconds(FRESH_FOR) + 31, seconds(AGE_MAX) - 1] {
            assert_eq!(ask_at(&keys, &token, NOW + later).await.err(), None, "{later} s later");
        }
    }
    assert!(keys.status(at(NOW + seconds(AGE_MAX) - 1))[0].usable);
    let ended = NOW + seconds(AGE_MAX);
    assert_eq!(ask_at(&keys, &token, ended).await.err(), Some("keys_unavailable"));
    assert!(!keys.status(at(ended))[0].usable);
    documents.put(&issuer(ISSUER).jwks, Ok(&jwks(&[eddsa().jwk.clone()])));
    assert_eq!(ask_at(&keys, &token, ended + seconds(RATE)).await.err(), None);
}

#[tokio::test]
async fn an_issuer_that_was_never_there_is_the_gateways_problem() {
    let (keys, documents, token) = rotating();
    documents.put(&issuer(ISSUER).jwks, Err("connection refused"));
    let refused = keys.authenticate(&bearer(&token), at(NOW)).await.unwrap_err();
    assert_eq!((refused.label(), refused.is_ours()), ("keys_unavailable", true));
    for later in 1..seconds(RATE) {
        assert_eq!(ask_at(&keys, &token, NOW + later).await.err(), Some("keys_unavailable"));
    }
    assert_eq!(documents.fetches(), 1);
}

#[tokio::test]
async fn requests_that_need_keys_at_once_share_one_fetch() {
    let (keys, issuer, token) = rotating();
    let made_up = signed_by_stranger("made-up");
    let answers =
        tokio::join!(ask(&keys, &token), ask(&keys, &token), ask(&keys, &token), ask(&keys, &made_up));
    assert!(answers.0.is_ok() && answers.1.is_ok() && answers.2.is_ok() && answers.3.is_err());
    assert_eq!(issuer.fetches(), 1);
    // While one fetches again, the others go on with what is there.
    let later = NOW + seconds(FRESH_FOR);
    let answers = tokio::join!(ask_at(&keys, &token, later), ask_at(&keys, &token, later));
    assert!(answers.0.is_ok() && answers.1.is_ok());
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_nothing_locked_and_gets_no_second_fetch() {
    let (keys, issuer, token) = rotating();
    {
        let headers = bearer(&token);
        let mut asking = Box::pin(keys.authenticate(&headers, at(NOW)));
        let waiting = std::future::poll_fn(|context| {
            let poll = asking.as_mut().poll(context);
            std::task::Poll::Ready(poll.is_pending())
        });
        assert!(waiting.await);
    }
    assert_eq!(ask_at(&keys, &token, NOW + 1).await.err(), Some("keys_unavailable"));
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(ask_at(&keys, &token, NOW + seconds(RATE)).await.err(), None);
}

#[tokio::test]
async fn a_remembered_token_still_ends_when_it_ends_and_not_before_it_begins() {
    let (keys, _, _) = rotating();
    let token = eddsa().valid_token();
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    assert_eq!(ask_at(&keys, &token, 1_800_003_599).await.err(), None);
    assert_eq!(ask_at(&keys, &token, 1_800_003_600).await.err(), Some("expired"));
    assert_eq!(ask_at(&keys, &token, 1_799_998_939).await.err(), Some("not_yet_valid"));
}

#[tokio::test]
async fn the_same_token_gives_the_same_caller_without_a_second_look() {
    let (keys, _, token) = rotating();
    let first = ask(&keys, &token).await.unwrap();
    let second = ask(&keys, &token).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    // Also when the keys were asked for again and are the same.
    let third = ask_at(&keys, &token, NOW + seconds(FRESH_FOR)).await.unwrap();
    assert!(Arc::ptr_eq(&first, &third));
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_make_old_keys_young() {
    let (keys, issuer, token) = rotating();
    let early = CLAIMS.replace("1799999000", "1799990000");
    let early = eddsa().token(HEADER, &early);
    assert_eq!(ask_at(&keys, &token, NOW).await.err(), None);
    assert_eq!(ask_at(&keys, &early, NOW - 5000).await.err(), None);
    assert_eq!(issuer.fetches(), 2);
    // Requests overlap, so a little is no sign of anything.
    assert_eq!(ask_at(&keys, &early, NOW - 5001).await.err(), None);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn a_reload_keeps_the_keys_of_an_unchanged_issuer_only() {
    let (keys, documents, token) = rotating();
    assert_eq!(ask(&keys, &token).await.err(), None);
    documents.put(&issuer(ISSUER).jwks, Err("connection refused"));
    let reload = |issuer: Issuer| {
        let fetch: Arc<dyn Fetch> = Arc::<Documents>::clone(&documents);
        Keys::new(vec![issuer], ApiKeys::empty(), fetch).inherit(&keys)
    };
    assert_eq!(ask(&reload(issuer(ISSUER)), &token).await.err(), None);
    let moved = Issuer { jwks: "https://elsewhere.test/jwks".to_owned(), ..issuer(ISSUER) };
    assert_eq!(ask(&reload(moved), &token).await.err(), Some("keys_unavailable"));
}

#[tokio::test]
async fn keys_that_are_refreshed_in_time_keep_no_request_waiting() {
    let (keys, issuer, token) = rotating();
    keys.refresh(at(NOW)).await;
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(ask(&keys, &token).await.err(), None);
    keys.refresh(at(NOW + 1)).await;
    assert_eq!(issuer.fetches(), 1);
    let status = keys.status(at(NOW + 7));
    assert_eq!((status[0].usable_keys, status[0].age), (1, Some(Duration::from_secs(7))));
}

/// Answers nothing, ever.
struct Silence;

impl Fetch for Silence {
    fn fetch(&self, _: &Issuer) -> Pin<Box<dyn Future<Output = Result<Bytes, String>> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn an_issuer_that_says_nothing_costs_one_request_five_seconds() {
    let keys = Keys::new(vec![issuer(ISSUER)], ApiKeys::empty(), Arc::new(Silence));
    let token = eddsa().valid_token();
    let began = std::time::Instant::now();
    assert_eq!(refusal(&keys, &token).await, Some("keys_unavailable"));
    assert_eq!(refusal(&keys, &token).await, Some("keys_unavailable"));
    assert!((5..20).contains(&began.elapsed().as_secs()));
}
