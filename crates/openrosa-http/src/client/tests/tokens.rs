//! Keys, tokens and codes: sent unasked, to one server, over https.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::auth::bearer::NotRenewed;
use crate::auth::{ApiKey, Secret};

fn hq(rule: impl Fn(&Seen) -> Answer) -> impl Fn(&Seen) -> Answer {
    move |seen| if seen.method == Method::HEAD { answer(405, &[], "") } else { rule(seen) }
}

#[tokio::test]
async fn a_key_is_sent_unasked() {
    let (server, seen) = server(hq(|_| stored()));
    let client = Client::new(server).api_key(&url(), ApiKey::new("amina@example.org", Secret::new("0123\n")));
    assert!(submit(&client).await.unwrap().is_delivered());
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization() == "ApiKey amina@example.org:0123"));
}

/// R-027: neither to another server nor, unless that is allowed, in the clear.
#[tokio::test]
async fn a_token_stays_at_home() {
    let plain: Url = "http://odk.example/submission".parse().unwrap();
    for (set_for, expected) in [(&url(), ""), (&plain, "")] {
        let (server, seen) = server(hq(|_| answer(401, &[], "who are you?")));
        let client = Client::new(server).bearer(set_for, Secret::new("t"));
        let asked = if set_for == &plain {
            plain.clone()
        } else {
            "https://other.example/submission".parse().unwrap()
        };
        let error = client.submit(&asked, &Request::new(XML)).await.unwrap_err();
        assert!(error.is_auth(), "{error}");
        assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization() == expected));
    }
    let (server, seen) = server(hq(|_| stored()));
    let client = Client::new(server).bearer(&plain, Secret::new("t")).basic_over_http(BasicOverHttp::Allow);
    assert!(client.submit(&plain, &Request::new(XML)).await.unwrap().is_delivered());
    assert!(seen.lock().unwrap().iter().all(|seen| seen.authorization() == "Bearer t"));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_kept() {
    let (server, seen) =
        server(hq(|seen| if seen.authorization() == "Bearer new" { stored() } else { answer(401, &[], "") }));
    let renewals = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&renewals);
    let client = Client::new(server).renewed_bearer(&url(), Secret::new("old"), move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, NotRenewed>(Secret::new("new")) }
    });
    for _ in 0..2 {
        assert!(submit(&client).await.unwrap().is_delivered());
    }
    assert_eq!(renewals.load(Ordering::Relaxed), 1);
    assert_eq!(trail(&seen).iter().filter(|line| line.starts_with("POST")).count(), 3);
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_said_so() {
    let (refusing, seen) = server(hq(|_| answer(401, &[], "")));
    let client = Client::new(refusing).renewed_bearer(&url(), Secret::new("old"), || async {
        Err::<Secret, NotRenewed>("signed out".into())
    });
    let error = submit(&client).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server refused the token, and there is no new one (signed out): Unauthorized"
    );
    assert_eq!(trail(&seen).iter().filter(|line| line.starts_with("POST")).count(), 1);

    // A new one that is refused as well ends it.
    let (refusing, seen) = server(hq(|_| answer(401, &[], "")));
    let client = Client::new(refusing)
        .renewed_bearer(&url(), Secret::new("old"), || async { Ok::<_, NotRenewed>(Secret::new("new")) });
    assert_eq!(submit(&client).await.unwrap_err().unanswerable(), Some(&Unanswerable::Refused));
    assert_eq!(trail(&seen).iter().filter(|line| line.starts_with("POST")).count(), 2);
}

#[tokio::test]
async fn each_request_gets_a_code_of_its_own() {
    let (server, seen) = server(hq(|_| stored()));
    let next = AtomicUsize::new(100);
    let client = Client::new(server)
        .credentials(&url(), amina())
        .preemptive_basic()
        .one_time_codes(&url(), move || Some(Secret::new(next.fetch_add(1, Ordering::Relaxed).to_string())));
    assert!(submit(&client).await.unwrap().is_delivered());
    let codes: Vec<_> =
        seen.lock().unwrap().iter().map(|seen| seen.headers["x-commcarehq-otp"].clone()).collect();
    assert_eq!(codes, ["100", "101"]);
}

#[tokio::test]
async fn that_a_code_is_wanted_is_said() {
    let words = r#"{"error": "Must send X-COMMCAREHQ-OTP header or 'otp' URL parameter"}"#;
    let (server, _) = server(hq(move |_| answer(401, &[], words)));
    let client = Client::new(server).credentials(&url(), amina()).preemptive_basic();
    assert_eq!(submit(&client).await.unwrap_err().unanswerable(), Some(&Unanswerable::OneTimeCode));
}

/// R-028: Basic is sent unasked to ODK Central.
/// R-001: the CommCare profile says 3.0.
#[tokio::test]
async fn a_client_is_set_up_for_its_peer() {
    let (central, seen) = server(|seen: &Seen| match seen.authorization() {
        "" => answer(401, &[], ""),
        _ => {
            if seen.method == Method::HEAD {
                ready()
            } else {
                stored()
            }
        }
    });
    let client = Client::new(central).for_peer(&crate::peer::ODK_CENTRAL).credentials(&url(), amina());
    assert!(submit(&client).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), [format!("HEAD {URL}"), format!("POST {URL}")]);

    let (hq, seen) = server(|_: &Seen| stored());
    let client = Client::new(hq).for_peer(&crate::peer::COMMCARE_HQ);
    assert!(submit(&client).await.unwrap().is_delivered());
    assert_eq!(trail(&seen), [format!("POST {URL}")]);
    assert_eq!(seen.lock().unwrap()[0].headers["x-openrosa-version"], "3.0");
}

#[test]
fn nothing_secret_is_shown() {
    let (server, _) = server(|_: &Seen| stored());
    let client = Client::new(server)
        .api_key(&url(), ApiKey::new("amina", Secret::new("key-0123")))
        .bearer(&url(), Secret::new("token-0123"))
        .one_time_codes(&url(), || Some(Secret::new("code-0123")));
    assert!(!format!("{client:?}").contains("0123"), "{client:?}");
}
