//! Restores from outside.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;

use super::super::{Caller, Front, MemoryRestores, Rejection, RestoreCall, Restored, Restores};
use super::{Answer, ask, call};
use crate::api::restore::{Pending, Progress};
use crate::api::submission;

const RESTORE: &str =
    "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message/></OpenRosaResponse>";
const PENDING: Pending =
    Pending { after: Duration::from_secs(5), progress: Progress { done: 250, total: 9000 } };

fn restores() -> (MemoryRestores, Router) {
    let restores = MemoryRestores::new();
    restores.put(None, "0f3c", RESTORE);
    (restores.clone(), Front::default().restores(restores))
}

async fn asked(routes: &Router, query: &str, version: Option<&str>) -> Answer {
    let mut request = Request::get(format!("/a/demo/phone/restore/{query}"));
    if let Some(version) = version {
        request = request.header("X-OpenRosa-Version", version);
    }
    ask(routes, request.body(Body::empty()).unwrap()).await
}

fn said(answer: &Answer) -> submission::Response {
    let (mut head, ()) = http::Response::new(()).into_parts();
    (head.status, head.headers) = (answer.status.try_into().unwrap(), answer.headers.clone());
    submission::Response::read(&head, answer.body.as_bytes())
}

#[tokio::test]
async fn a_restore_comes_with_its_length() {
    let (_, routes) = restores();
    for target in ["/phone/restore", "/a/demo/phone/restore/", "/a/demo/phone/restore/app_1/?version=2.0"] {
        let answer = call(&routes, "GET", target).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, RESTORE), "{target}");
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
        assert_eq!(answer.header("content-length"), RESTORE.len().to_string());
        assert!(!answer.header("date").is_empty());
    }
    for method in ["HEAD", "POST"] {
        let answer = call(&routes, method, "/phone/restore").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET"), "{method}");
    }
}

/// S-090: a token that is not this user's is answered with 412 and the nature `ota_restore_error`.
#[tokio::test]
async fn who_has_gone_astray_is_told_to_start_over() {
    let (_, routes) = restores();
    assert_eq!(asked(&routes, "?since=0f3c", Some("3.0")).await.status, 200);
    assert_eq!(asked(&routes, "?since=", Some("3.0")).await.status, 200);
    for since in ["dead", "%00", "..%2F", "0f3c%20"] {
        let answer = asked(&routes, &format!("?since={since}"), Some("3.0")).await;
        assert_eq!((answer.status, answer.nature().as_str()), (412, "ota_restore_error"), "{since}");
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    }
}

/// S-091: a state that is no `ccsh:` and a hash is a bad question, and no failure of the server.
/// S-092: an illegal version is 400: at 412 a device would repeat it.
#[tokio::test]
async fn a_question_that_makes_no_sense_is_not_repeated() {
    let (_, routes) = restores();
    for query in
        ["?state=409c", "?since=0f3c&state=ccsh%201", "?version=4.0", "?version=2", "?version=2.0%20"]
    {
        let answer = asked(&routes, query, Some("3.0")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(said(&answer).nature(), None, "{query}");
    }
    for query in
        ["?state=", "?state=ccsh:409c", "?since=0f3c&state=CcsH:409c", "?version=1.0", "?version=3.0"]
    {
        assert_eq!(asked(&routes, query, Some("3.0")).await.status, 200, "{query}");
    }
}

/// S-098: 202 has `Retry-After` and one `progress`; who speaks less than OpenRosa 2.0 never gets one.
#[tokio::test]
async fn who_can_wait_is_told_to() {
    let (restores, routes) = restores();
    restores.hold_back(None, PENDING);
    for (version, query) in [("2.0", ""), ("2.1", ""), ("3.0", "?since=0f3c")] {
        let answer = asked(&routes, query, Some(version)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (202, "5"), "{version}");
        assert_eq!(answer.body.matches("<progress ").count(), 1, "{}", answer.body);
        assert_eq!(answer.nature(), "ota_restore_pending");
    }
    assert_eq!(asked(&routes, "?openrosa_version=2.0", None).await.status, 202);
    for (version, query) in
        [(None, ""), (Some("1.0"), ""), (Some("x"), ""), (Some("1.0"), "?openrosa_version=3.0")]
    {
        let answer = asked(&routes, query, version).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{version:?}");
    }
    restores.put(None, "1a2b", RESTORE);
    assert_eq!(asked(&routes, "?since=0f3c", Some("2.0")).await.status, 200);
}

/// Notes what it is asked.
#[derive(Clone, Default)]
struct Listening(Arc<Mutex<Vec<(RestoreCall, Caller)>>>);

impl Restores for Listening {
    async fn restore(&self, call: &RestoreCall, caller: &Caller) -> Result<Restored, Rejection> {
        self.0.lock().unwrap().push((call.clone(), caller.clone()));
        Err(Rejection::TooManyRequests { after: None })
    }
}

/// S-093: flags are on for `true` to the letter, and nothing is skipped in an initial restore.
#[tokio::test]
async fn flags_are_on_when_they_say_so() {
    let listening = Listening::default();
    let routes = Front::default().restores(listening.clone());
    for (query, flags) in [
        ("?items=true&overwrite_cache=true&skip_fixtures=true&since=a", [true, true, true]),
        ("?items=True&overwrite_cache=1&skip_fixtures=yes&since=a", [false; 3]),
        ("?items=true&skip_fixtures=true", [true, false, false]),
        ("?items=true&skip_fixtures=true&since=", [true, false, false]),
    ] {
        let answer = asked(&routes, query, Some("3.0")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, ""));
        let (call, caller) = listening.0.lock().unwrap().pop().unwrap();
        let asked = call.asked;
        assert_eq!([asked.items, asked.overwrite_cache, asked.skip_fixtures], flags, "{query}");
        assert_eq!((caller.domain.as_deref(), caller.app_id), (Some("demo"), None));
    }
}
