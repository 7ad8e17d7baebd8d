//! What is tried again, and what is not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openrosa_http::transport::{Error as Broken, Sent};
use tokio::time::Instant;

use super::*;
use crate::account::Identity;
use crate::groups::{Changes, Create};

const ADA: &str = r#"{"id": "77aa", "username": "ada@example.org"}"#;

/// The outcome of a call after which a server that failed in this way once does so no more, and how often it was asked.
async fn after<E: Endpoint>(
    endpoint: &E,
    fault: impl Fn() -> Result<Answer, Broken> + Send + Sync,
) -> (Result<E::Answer, Error>, usize) {
    let asked = AtomicUsize::new(0);
    let (client, seen) = faulty(|_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => fault(),
        _ => Ok(json(200, ADA)),
    });
    let outcome = client.patience(Patience::default()).call(endpoint).await;
    let asked = seen.lock().unwrap().len();
    (outcome, asked)
}

fn broken(sent: Sent) -> Result<Answer, Broken> {
    Err(Broken::new(sent, "reset"))
}

fn cut() -> Result<Answer, Broken> {
    let half = futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"{\"id\": "))]);
    Ok(http::Response::new(Body::from_stream(Some(50), half)))
}

/// H-014: a 429 with `Retry-After: 2.4` is waited out for at least 3 s; with `0` for the floor; without, longer and longer.
#[tokio::test(start_paused = true)]
async fn a_429_is_waited_out() {
    for (header, least, most) in [(Some("2.4"), 3, 4), (Some("0"), 1, 2), (None, 20, 25)] {
        let start = Instant::now();
        let headers: Vec<_> = header.map(|value| ("Retry-After", value)).into_iter().collect();
        let (outcome, asked) = after(&Identity, || Ok(answer(429, &headers, ""))).await;
        assert!(outcome.is_ok() && asked == 2, "{header:?}");
        let waited = start.elapsed();
        assert!(waited >= Duration::from_secs(least) && waited <= Duration::from_secs(most), "{waited:?}");
    }
}

/// H-016: waiting is bounded by a deadline, after which the last status is returned.
#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let start = Instant::now();
    let (client, seen) = hq(|_| answer(429, &[], ""));
    let patience = Patience { deadline: Duration::from_secs(100), ..Patience::default() };
    let error = client.patience(patience).call(&Identity).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert!(start.elapsed() <= Duration::from_secs(100), "{:?}", start.elapsed());
    assert_eq!(seen.lock().unwrap().len(), 3);

    let start = Instant::now();
    let (client, _) = hq(|_| answer(429, &[("Retry-After", "3600")], ""));
    let error = client.patience(patience).call(&Identity).await.unwrap_err();
    assert_eq!((error.retry_after(), start.elapsed().as_secs()), (Some(Duration::from_secs(3600)), 0));
}

/// H-018: GET is retried on connection errors, 429, 502, 503 and 504; never on 400, 401, 403 and 404.
#[tokio::test(start_paused = true)]
async fn reads_are_tried_again_where_that_can_help() {
    for status in [429, 502, 503, 504] {
        assert!(after(&Identity, || Ok(json(status, ""))).await.0.is_ok(), "{status}");
    }
    for sent in [Sent::No, Sent::Perhaps] {
        assert!(after(&Identity, || broken(sent)).await.0.is_ok(), "{sent:?}");
    }
    assert!(after(&Identity, cut).await.0.is_ok());
    for status in [400, 401, 403, 404] {
        let (outcome, asked) = after(&Identity, || Ok(json(status, ""))).await;
        assert!(outcome.is_err() && asked == 1, "{status}");
    }
}

/// H-019: a write is not sent again where it may have been done, and that it may have is said.
#[tokio::test(start_paused = true)]
async fn writes_are_not_tried_again_blindly() {
    let create = Create(Changes::named("North"));
    for status in [500, 502, 503, 504] {
        let (outcome, asked) = after(&create, || Ok(json(status, ""))).await;
        assert!(outcome.unwrap_err().may_have_landed() && asked == 1, "{status}");
    }
    for fault in [|| broken(Sent::Perhaps), cut] {
        let (outcome, asked) = after(&create, fault).await;
        let error = outcome.unwrap_err();
        assert!(error.may_have_landed() && asked == 1, "{error}");
    }
    for status in [400, 403, 404] {
        assert!(!after(&create, || Ok(json(status, ""))).await.0.unwrap_err().may_have_landed());
    }
    // Of these the server cannot have done anything.
    assert_eq!(after(&create, || Ok(json(429, ""))).await.1, 2);
    assert_eq!(after(&create, || broken(Sent::No)).await.1, 2);
}

/// H-020: the 401 of a project that was cut off is not retried, and told apart.
#[tokio::test(start_paused = true)]
async fn a_project_that_was_cut_off_is_not_asked_again() {
    let words = r#"{"error": "API access has been temporarily cut off due to too many requests. Please contact support."}"#;
    let (outcome, asked) = after(&Identity, || Ok(json(401, words))).await;
    let error = outcome.unwrap_err();
    assert!(error.is_blocked() && !error.is_rate_limited() && !error.is_bad_credentials());
    assert_eq!(asked, 1);
}

/// H-017: a client keeps to its limiter.
#[tokio::test(start_paused = true)]
async fn a_client_keeps_to_its_limiter() {
    use crate::throttle::{Limiter, Rates};
    let start = Instant::now();
    let (client, _) = hq(|_| json(200, ADA));
    let client = client.limiter(Limiter::new(Rates { minute: 5.0, ..Rates::UNLIMITED }));
    for _ in 0..6 {
        client.call(&Identity).await.unwrap();
    }
    assert!(start.elapsed().as_secs() >= 60);
}

/// H-012: unknown members are no error, and are kept.
#[tokio::test]
async fn unknown_members_are_kept() {
    let (client, _) = hq(|_| json(200, r#"{"id": "1", "username": "ädа", "shoe_size": [42]}"#));
    let account = client.call(&Identity).await.unwrap();
    assert_eq!(account.username, "ädа");
    assert_eq!(account.other["shoe_size"][0], 42);
}
