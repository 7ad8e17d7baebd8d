//! Who asks, and where credentials go.

use openrosa_http::client::BasicOverHttp;

use super::*;
use crate::account::Identity;

const ADA: &str = r#"{"id": "77aa", "username": "ada@example.org"}"#;
const BASIC: &str = "Basic YWRhOnNlY3JldA==";

fn ada() -> Credentials {
    Credentials::new("ada", "secret")
}

/// H-004: `ApiKey user:key` is sent exactly so, and shows nowhere.
#[tokio::test]
async fn a_key_is_sent_and_not_shown() {
    let (client, seen) = hq(|_| json(401, ""));
    let client = client.api_key(ApiKey::new("ada@example.org", Secret::new("k3y0123")));
    let error = client.call(&Identity).await.unwrap_err();
    assert_eq!(seen.lock().unwrap()[0].header("authorization"), "ApiKey ada@example.org:k3y0123");
    assert!(error.is_bad_credentials(), "{error}");
    let shown = format!("{error} {error:?} {client:?}");
    assert!(!shown.contains("k3y0123") && shown.contains("ada@example.org"), "{shown}");
}

/// H-005: Basic, Digest after a challenge, ApiKey and Bearer are spoken, and never in the address.
#[tokio::test]
async fn four_ways_to_sign_in() {
    let digest = "Digest realm=\"HQ\", nonce=\"n\", qop=\"auth\"";
    let challenge = move |seen: &Seen| match seen.header("authorization").split(' ').next() {
        Some("Digest" | "Bearer") => json(200, ADA),
        _ => answer(401, &[("WWW-Authenticate", digest)], ""),
    };
    let (client, seen) = hq(challenge);
    client.password(ada()).call(&Identity).await.unwrap();
    assert!(seen.lock().unwrap()[1].header("authorization").starts_with("Digest username=\"ada\""));

    let (client, basic) = hq(|_| json(200, ADA));
    client.password(ada()).call(&Identity).await.unwrap();
    assert_eq!(basic.lock().unwrap()[0].header("authorization"), BASIC);

    let (client, bearer) = hq(challenge);
    client.bearer(Secret::new("t0ken")).call(&Identity).await.unwrap();
    assert_eq!(bearer.lock().unwrap()[0].header("authorization"), "Bearer t0ken");

    for seen in [seen, basic, bearer] {
        assert!(trail(&seen).iter().all(|line| !line.contains(['?', '@'])));
    }
}

/// H-006: the code travels in `X-CommcareHQ-OTP`, a fresh one each time; where it is missing, that is told apart.
#[tokio::test]
async fn a_second_factor_is_a_code() {
    let wants = r#"{"error": "Two-Factor is required: use the X-COMMCAREHQ-OTP header or otp parameter"}"#;
    let (client, seen) = hq(move |seen| match seen.header("x-commcarehq-otp") {
        "" => json(401, wants),
        _ => json(200, ADA),
    });
    let client = client.password(ada());
    let error = client.call(&Identity).await.unwrap_err();
    assert!(error.is_code_wanted() && !error.is_bad_credentials() && !error.is_entitlement());

    let codes = Mutex::new(vec!["222222", "111111"]);
    let client = client.one_time_codes(move || codes.lock().unwrap().pop().map(Secret::new));
    for _ in 0..2 {
        client.call(&Identity).await.unwrap();
    }
    let sent: Vec<_> =
        seen.lock().unwrap().iter().map(|seen| seen.header("x-commcarehq-otp").to_owned()).collect();
    assert_eq!(sent, ["", "111111", "222222"]);
}

/// H-007: a 401 with JSON keeps its words; one without means bad credentials.
#[tokio::test]
async fn a_refusal_of_the_account_is_not_one_of_the_password() {
    let (client, _) =
        hq(|_| json(401, r#"{"error": "Your current plan does not have access to this feature"}"#));
    let error = client.password(ada()).call(&Identity).await.unwrap_err();
    assert!(error.is_entitlement() && !error.is_bad_credentials());
    assert_eq!(error.message().as_deref(), Some("Your current plan does not have access to this feature"));

    let (client, _) = hq(|_| answer(401, &[("WWW-Authenticate", "Basic realm=\"HQ\"")], ""));
    let error = client.password(ada()).call(&Identity).await.unwrap_err();
    assert!(error.is_bad_credentials() && !error.is_entitlement());
}

/// H-010: a redirect to a login page is an error, as is such a page.
#[tokio::test]
async fn a_login_page_is_no_answer() {
    let (client, _) = hq(|_| answer(302, &[("Location", "/accounts/login/?next=/api/v0.5/identity/")], ""));
    assert!(client.call(&Identity).await.unwrap_err().is_login_page());
    let page = "<html><form action='/accounts/login/'><input type=\"password\"></form></html>";
    let (client, _) = hq(move |_| answer(200, &[("Content-Type", "text/html")], page));
    assert!(client.call(&Identity).await.unwrap_err().is_login_page());
}

/// H-011: credentials are not forwarded to another origin by a redirect; on the same one it is followed.
#[tokio::test]
async fn a_redirect_does_not_lead_away() {
    for to in ["https://other.example/api/", "http://hq.example/api/", "https://hq.example:8443/"] {
        let (client, seen) = hq(move |_| answer(302, &[("Location", to)], ""));
        let client = client.api_key(ApiKey::new("ada", Secret::new("k")));
        assert!(client.call(&Identity).await.unwrap_err().is_astray(), "{to}");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
    let (client, seen) = hq(|seen| match seen.uri.path() {
        "/moved/" => json(200, ADA),
        _ => answer(301, &[("Location", "/moved/")], ""),
    });
    client.api_key(ApiKey::new("ada", Secret::new("k"))).call(&Identity).await.unwrap();
    assert!(seen.lock().unwrap().iter().all(|seen| seen.header("authorization") == "ApiKey ada:k"));
}

#[tokio::test]
async fn secrets_do_not_go_over_plain_http_unless_that_is_allowed() {
    let plain = || {
        let (client, seen) = hq(|_| json(200, ADA));
        let site = Site::parse("http://127.0.0.1:8000/a/riverside/").unwrap();
        let client = Client { site, ..client };
        (client, seen)
    };
    let key = || ApiKey::new("ada", Secret::new("k"));
    let (client, seen) = plain();
    client.api_key(key()).call(&Identity).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].header("authorization"), "");
    let (client, seen) = plain();
    client.api_key(key()).basic_over_http(BasicOverHttp::Allow).call(&Identity).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].header("authorization"), "ApiKey ada:k");
}
