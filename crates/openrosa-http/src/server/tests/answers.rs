//! Status, headers and envelope of every kind of answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::Request;
use tokio::time::{sleep, timeout};

use super::super::{DuplicateStatus, Limits, Policy, Receiver, Rejection, VersionPolicy};
use super::{Answer, Server, ask, file, form, post, record, request, xml};
use crate::server::{
    Arrival, Backend, Caller, Form, MemoryBackend, MemoryUpload, Stored, Submission, Upload, decide,
};

/// What every answer has to carry.
pub(super) fn check_headers(answer: &Answer) {
    assert_eq!(answer.header("x-openrosa-version"), "1.0", "{answer:?}");
    assert_eq!(answer.header("x-openrosa-accept-content-length"), "100000000", "{answer:?}");
    let date = answer.header("date");
    let read = httpdate::parse_http_date(date).unwrap();
    assert_eq!(httpdate::fmt_http_date(read), date, "IMF-fixdate");
}

/// R-060: HEAD is answered 204 with version, `Date` and accept length, and without a `Location`.
#[tokio::test]
async fn head_says_where_to_post_and_how_much() {
    let answer = Server::new().send(request("HEAD", "/submission").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("location"), "");
    check_headers(&answer);
}

#[tokio::test]
async fn a_head_that_a_redirect_made_a_get_is_still_one() {
    let get = request("GET", "/submission").body(Body::empty()).unwrap();
    assert_eq!(Server::new().send(get).await.status, 204);
    let browser = Request::get("/submission").body(Body::empty()).unwrap();
    let answer = Server::new().send(browser).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "HEAD, POST"));
}

/// R-063: answers of every kind, errors included, carry version, `Date` and accept length.
/// R-064: the envelope is UTF-8 `text/xml; charset=utf-8`, with a nature.
#[tokio::test]
async fn every_answer_is_dressed_alike() {
    let server = Server::new();
    let bad_version =
        || Request::post("/submission").header("X-OpenRosa-Version", "9").body(Body::empty()).unwrap();
    let rows = [
        (post("/submission", &[xml(&form("1", "a"))]), 201, "submit_success"),
        (post("/submission", &[xml(&form("1", "a"))]), 201, "submit_success"),
        (post("/submission", &[xml(&form("1", "b"))]), 409, "submit_error"),
        (post("/submission", &[]), 400, "submit_error"),
        (post("/elsewhere", &[]), 404, "submit_error"),
        (request("PUT", "/submission").body(Body::empty()).unwrap(), 405, "submit_error"),
        (bad_version(), 400, "submit_error"),
    ];
    for (request, status, nature) in rows {
        let answer = server.send(request).await;
        assert_eq!((answer.status, answer.nature().as_str()), (status, nature), "{answer:?}");
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
        assert_eq!(answer.header("content-language"), "en");
        assert!(answer.body.is_char_boundary(0) && !answer.message().is_empty());
        check_headers(&answer);
    }
}

/// R-064: what an answer quotes is escaped, and what XML cannot hold is left out.
#[tokio::test]
async fn quoted_names_cannot_break_the_envelope() {
    let server = Server::new();
    let name = "<&]]>\u{ffff}\u{e4}.jpg";
    server.post(&[xml(&form("1", "a")), file(name, "one")]).await;
    let answer = server.post(&[xml(&form("1", "a")), file(name, "two")]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.message().contains("`<&]]>\u{fffd}\u{e4}.jpg`"), "{}", answer.message());
}

/// R-065: the envelope counts its items when asked to, and only then.
#[tokio::test]
async fn items_are_counted_for_those_who_ask() {
    for (query, counted) in [("?items=true", true), ("?items=false", false), ("", false)] {
        let answer = Server::new().send(post(&format!("/submission{query}"), &[xml(&form("1", "a"))])).await;
        assert_eq!(answer.body.contains(r#"items="1""#), counted, "{}", answer.body);
        assert_eq!(answer.body.contains("items="), counted, "{}", answer.body);
    }
}

/// R-066: success is 201, or 202 for a duplicate where the policy says so; never 200.
#[tokio::test]
async fn success_is_never_200() {
    for (duplicates, status) in [(DuplicateStatus::Created, 201), (DuplicateStatus::Accepted, 202)] {
        let server = Server::with(Policy { duplicates, ..Policy::default() });
        let parts = [xml(&form("1", "a"))];
        assert_eq!(server.post(&parts).await.status, 201);
        let again = server.post(&parts).await;
        assert_eq!(again.status, status);
        assert_eq!(again.message(), "the form was already received; there was nothing new in it");
    }
}

/// R-062: the version policy is asked before anything else.
#[tokio::test]
async fn a_version_that_is_not_spoken_is_refused() {
    let strict = Server::with(Policy { version: VersionPolicy::One, ..Policy::default() });
    let commcare =
        || Request::head("/submission").header("X-OpenRosa-Version", "3.0").body(Body::empty()).unwrap();
    assert_eq!(strict.send(commcare()).await.status, 400);
    assert_eq!(Server::new().send(commcare()).await.status, 204);
}

/// R-073: a body above the limit, announced or not, is answered 413 with an envelope, and nothing of it is kept.
#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let limits = Limits { body: 2_000, ..Limits::default() };
    let server = Server::with(Policy { limits, ..Policy::default() });
    let parts = [xml(&form("1", "a")), file("1.jpg", &"x".repeat(3_000))];
    let mut announced = post("/submission", &parts);
    announced.headers_mut().insert("Content-Length", "3400".parse().unwrap());
    for request in [announced, post("/submission", &parts)] {
        let answer = server.send(request).await;
        assert_eq!(answer.status, 413);
        assert_eq!(answer.message(), "the body is larger than the 2000 bytes this server takes");
        assert_eq!(answer.header("x-openrosa-accept-content-length"), "2000");
    }
    assert!(server.backend.is_empty());
}

/// R-079: `deviceID` reaches the backend, decoded; other arguments mean nothing.
#[tokio::test]
async fn the_device_is_known_and_the_rest_of_the_query_ignored() {
    let server = Server::new();
    let path = "/submission?x&deviceID=collect%3AAbC%201&submit_mode=demo&&=";
    assert_eq!(server.send(post(path, &[xml(&form("1", "a"))])).await.status, 201);
    let sender = server.backend.submission(&record("1")).unwrap().sender;
    assert_eq!(sender.device_id.as_deref(), Some("collect:AbC 1"));
}

/// R-086: every address works with and without its last slash, and none redirects.
#[tokio::test]
async fn a_trailing_slash_changes_nothing() {
    let server = Server::new();
    let paths = ["/submission", "/amina/submission", "/v1/key/k/projects/1/submission"];
    let commcare = ["/a/demo/receiver", "/a/demo/receiver/app", "/a/demo/receiver/secure/app"];
    for (number, path) in paths.iter().chain(&commcare).enumerate() {
        for path in [path.to_string(), format!("{path}/")] {
            let answer = server.send(post(&path, &[xml(&form(&number.to_string(), &path))])).await;
            let expected = if path.ends_with('/') { 409 } else { 201 };
            assert_eq!(answer.status, expected, "{path}: the second of each pair finds the first");
        }
    }
}

/// R-086: nested in a host's own routes the address works all the same.
#[tokio::test]
async fn the_routes_can_be_nested() {
    let backend = MemoryBackend::new();
    let router = axum::Router::new().nest("/projects/7", Receiver::new(backend.clone()).router());
    let server = Server { backend, router };
    for path in ["/projects/7/submission", "/projects/7/submission/"] {
        assert_eq!(server.send(post(path, &[xml(&form("1", "a"))])).await.status, 201, "{path}");
    }
}

#[tokio::test]
async fn commcare_addresses_name_project_and_application() {
    let server = Server::new();
    server.send(post("/a/demo/receiver/secure/b1/", &[xml(&form("1", "a"))])).await;
    server.send(post("/a/demo/receiver/submission", &[xml(&form("2", "a"))])).await;
    let sender = |id| server.backend.submission(&record(id)).unwrap().sender;
    assert_eq!((sender("1").domain.as_deref(), sender("1").app_id.as_deref()), (Some("demo"), Some("b1")));
    assert_eq!((sender("2").domain.as_deref(), sender("2").app_id.as_deref()), (Some("demo"), None));
}

/// Takes the form `f` only, and not in the south; fails on the form `g`; takes nothing any more of a project that has ended.
struct Picky(MemoryBackend);

impl Backend for Picky {
    type Upload = MemoryUpload;

    async fn begin(&self, caller: &Caller) -> Result<MemoryUpload, Rejection> {
        if caller.domain.as_deref() == Some("closed") {
            return Err(Rejection::Forbidden { reason: "this project has ended".into() });
        }
        self.0.begin(caller).await
    }

    async fn takes(&self, form: &Form, caller: &Caller) -> Result<bool, Rejection> {
        match form.id.as_deref() {
            Some("g") => Err(Rejection::internal("no connection to db.internal")),
            id => Ok(id == Some("f") && caller.domain.as_deref() != Some("south")),
        }
    }
}

/// R-063: a 404 and a 500 that come from the host are dressed like the rest, and the 500 tells nothing.
#[tokio::test]
async fn a_backend_can_refuse_and_fail() {
    let backend = MemoryBackend::new();
    let router = Receiver::new(Picky(backend.clone())).standalone();
    let server = Server { backend, router };
    let send = |xml_text: &'static str| server.send(post("/submission", &[xml(xml_text)]));
    let unknown = send("<x id='h'/>").await;
    assert_eq!((unknown.status, unknown.message()), (404, "this server does not know the form `h`".into()));
    let failed = send("<x id='g'/>").await;
    assert_eq!(failed.status, 500);
    assert_eq!(failed.message(), "something failed on the server; please try again later");
    check_headers(&failed);
    assert_eq!(send("<x id='f'/>").await.status, 201);
    let to = |domain: &str| {
        let address = format!("/a/{domain}/receiver/");
        server.send(post(&address, &[xml("<x id='f'/>")]))
    };
    assert_eq!([to("south").await.status, to("north").await.status], [404, 201]);
    let ended = to("closed").await;
    assert_eq!((ended.status, ended.message()), (403, "this project has ended".into()));
    assert_eq!(server.backend.len(), 1);
}

/// Keeps the row of a submission, and a moment later its files.
#[derive(Clone, Default)]
struct Slow {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Backend for Slow {
    type Upload = Self;

    async fn begin(&self, _: &Caller) -> Result<Self, Rejection> {
        Ok(self.clone())
    }
}

impl Upload for Slow {
    async fn open(&mut self) -> Result<(), Rejection> {
        Ok(())
    }

    async fn write(&mut self, _: Bytes) -> Result<(), Rejection> {
        Ok(())
    }

    async fn commit(self, submission: Submission) -> Result<Stored, Rejection> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(1)).await;
        self.ended.fetch_add(1, Ordering::Relaxed);
        Ok(decide(&submission, None, None)?.arrival.into())
    }
}

/// Half a submission is none, and whoever watches hears of all that is kept.
#[tokio::test(start_paused = true)]
async fn what_is_being_kept_is_kept_whole_though_its_sender_hangs_up() {
    let (slow, told) = (Slow::default(), Arc::new(AtomicUsize::new(0)));
    let telling = Arc::clone(&told);
    let router = Receiver::new(slow.clone())
        .with_observer(move |outcome| {
            assert_eq!(outcome.result.ok(), Some(&Arrival::New));
            telling.fetch_add(1, Ordering::Relaxed);
        })
        .router();
    let sent = post("/submission", &[xml(&form("1", "a"))]);
    assert!(timeout(Duration::from_millis(500), ask(&router, sent)).await.is_err());
    assert_eq!((slow.begun.load(Ordering::Relaxed), slow.ended.load(Ordering::Relaxed)), (1, 0));
    sleep(Duration::from_secs(1)).await;
    assert_eq!((slow.ended.load(Ordering::Relaxed), told.load(Ordering::Relaxed)), (1, 1));
}

/// Whoever watches sees what came, also where it cannot be read; not what came in part.
#[tokio::test]
async fn an_observer_is_shown_a_form_that_cannot_be_read() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let limits = Limits { xml: 60, ..Limits::default() };
    let server = Server::of(move |receiver| {
        let receiver = receiver.with_policy(Policy { limits, ..Policy::default() });
        receiver.with_observer(move |outcome| {
            told.lock().unwrap().push((outcome.submission.is_some(), outcome.xml.cloned()));
        })
    });
    let long = format!("<f>{}", "x".repeat(60));
    let whole = "<f><meta><instanceID>1</instanceID></meta></f>";
    for (content, status) in [("<f><broken>", 400), (long.as_str(), 413), (whole, 201)] {
        assert_eq!(server.post(&[xml(content)]).await.status, status, "{content}");
    }
    let raw = Request::post("/submission").header("X-OpenRosa-Version", "1.0");
    let raw = raw.header("Content-Type", "text/xml").body(Body::from("<f>&")).unwrap();
    assert_eq!(server.send(raw).await.status, 400);
    let expected = [
        (false, Some("<f><broken>".into())),
        (false, None),
        (true, Some(whole.into())),
        (false, Some("<f>&".into())),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}
