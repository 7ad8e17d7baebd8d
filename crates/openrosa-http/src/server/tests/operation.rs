//! A server at work: watched, asked whether it is well, on a socket.

mod log;
mod serving;

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::super::operation::{RequestId, Watch, health, patient};
use super::super::{Authentication, BasicOver, Front, MemoryForms};
use super::sockets::{drip, exchange, head, quick, serve};
use super::{Server, ask, call, request};
use crate::auth::Credentials;

fn watched(room: usize) -> (Watch, Router) {
    let watch = Watch::new(room);
    let routes = watch.around(Front::default().forms(MemoryForms::new()));
    (watch, routes)
}

async fn count(watch: &Watch, line: &str) -> bool {
    let told = call(&watch.metrics(), "GET", "/metrics").await;
    assert_eq!((told.status, told.body.lines().last()), (200, Some("# EOF")));
    told.body.lines().any(|told| told == format!("openrosa_http_{line}"))
}

#[tokio::test]
async fn a_request_has_a_name() {
    let echo = |id: axum::Extension<RequestId>| async move { id.0.as_str().to_owned() };
    let routes = Watch::new(1).around(Router::new().route("/echo", get(echo)));
    for (given, kept) in [("proxy-1", true), ("a b", false)] {
        let request = request("GET", "/echo").header("X-Request-Id", given).body(Body::empty()).unwrap();
        let answer = ask(&routes, request).await;
        assert_eq!(answer.header("x-request-id"), answer.body);
        assert_eq!(answer.body == given, kept, "{given}");
    }
    let [one, two] = [call(&routes, "GET", "/nowhere").await, call(&routes, "GET", "/nowhere").await];
    assert_eq!((one.status, one.header("x-request-id").len()), (404, 32));
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let (watch, routes) = watched(9);
    for _ in 0..2 {
        call(&routes, "GET", "/v1/projects/7/formList").await;
    }
    call(&routes, "BREW", "/formList").await;
    call(&routes, "GET", "/nowhere").await;
    let posted = request("POST", "/formList").body(Body::from("12345")).unwrap();
    ask(&routes, posted).await;
    for line in [
        r#"requests_total{method="GET",route="/v1/projects/{domain}/formList",status="200"} 2"#,
        r#"requests_total{method="other",route="/formList",status="405"} 1"#,
        r#"requests_total{method="GET",route="none",status="404"} 1"#,
        r#"received_bytes_total{method="POST",route="/formList"} 5"#,
        r#"duration_seconds_count{method="GET",route="/v1/projects/{domain}/formList"} 2"#,
        "open 0",
    ] {
        assert!(
            count(&watch, line).await,
            "{line}: {}",
            call(&watch.metrics(), "GET", "/metrics").await.body
        );
    }
}

/// A place is taken until the end of the answer, however long the client takes for it.
#[tokio::test]
async fn who_finds_no_room_is_told_when_to_come() {
    let (watch, routes) = watched(1);
    let list = || request("GET", "/formList").header("Host", "h").body(Body::empty()).unwrap();
    let unread = routes.clone().oneshot(list()).await.unwrap();
    assert_eq!(unread.status(), 200);
    let answer = ask(&routes, list()).await;
    assert_eq!((answer.status, answer.header("retry-after"), answer.nature().as_str()), (503, "5", "error"));
    assert!(count(&watch, "turned_away_total 1").await);
    drop(unread);
    assert_eq!(ask(&routes, list()).await.status, 200);
}

/// R-063: who is turned away where submissions arrive is told how much is taken.
#[tokio::test]
async fn a_refused_submission_says_how_much_is_taken() {
    let watch = Watch::new(0).taking(5_000);
    let routes = watch.around(Server::new().router);
    let taken = ["/submission", "/a/demo/receiver/", "/elsewhere/submission", "/a/demo/receiver/app"];
    for path in taken {
        let answer = ask(&routes, request("POST", path).body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.header("x-openrosa-accept-content-length")),
            (503, "5000"),
            "{path}"
        );
    }
    assert_eq!(call(&routes, "GET", "/formList").await.header("x-openrosa-accept-content-length"), "");
}

#[tokio::test]
async fn a_full_house_is_counted_with_the_rest() {
    let (watch, routes) = watched(1);
    let full = watch.full().around(Server::new().router);
    let answer = call(&full, "GET", "/formList").await;
    assert_eq!((answer.status, answer.header("x-openrosa-version")), (503, "1.0"));
    assert_eq!(answer.header("x-request-id").len(), 32);
    assert_eq!(call(&routes, "GET", "/formList").await.status, 200);
    assert!(count(&watch, "turned_away_total 1").await);
}

/// R-072: who is not let in is heard out, and takes nobody's place meanwhile.
#[tokio::test]
async fn strangers_shut_nobody_out() {
    let users = Authentication::accounts("clinic", [Credentials::new("amy", "secret")]).unwrap();
    let server = Server::of(|receiver| receiver.with_authentication(users.with_basic(BasicOver::Any)));
    let routes = Watch::new(1).around(server.router);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let rest = stream::once(async move {
        drop(ended.await);
        Ok::<_, std::io::Error>(Bytes::new())
    });
    let stranger = request("POST", "/submission").body(Body::from_stream(rest)).unwrap();
    let stranger = tokio::spawn(routes.clone().oneshot(stranger));
    let amy = || request("HEAD", "/submission").header("Authorization", "Basic YW15OnNlY3JldA==");
    let let_in = async {
        while ask(&routes, amy().body(Body::empty()).unwrap()).await.status != 204 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), let_in).await.expect("there is room for Amy");
    assert!(!stranger.is_finished(), "it is still heard out");
    drop(end);
    assert_eq!(stranger.await.unwrap().unwrap().status(), 401);
}

/// A body that came too slowly is counted by its status, and what came of it.
#[tokio::test]
async fn who_drips_is_counted() {
    let watch = Watch::new(1);
    let address = serve(watch.around(Server::with(quick()).router)).await;
    let answer = drip(address, format!("{}\r\n", head(1_000_000)).as_bytes(), b'-').await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let line = r#"requests_total{method="POST",route="/submission",status="408"} 1"#;
    assert!(count(&watch, line).await, "{}", call(&watch.metrics(), "GET", "/metrics").await.body);
    // Its place is free again.
    assert_eq!(call(&watch.around(Router::new()), "GET", "/").await.status, 404);
}

/// Each figure is what its own words say.
#[tokio::test]
async fn who_hangs_up_is_counted_as_far_as_it_got() {
    let watch = Watch::new(9);
    let never = get(|| async { std::future::pending::<()>().await });
    let endless = get(|| async { Body::from_stream(stream::repeat(Ok::<_, Infallible>("12345"))) });
    let routes = watch.around(Router::new().route("/never", never).route("/endless", endless));
    let asked = |path| routes.clone().oneshot(request("GET", path).body(Body::empty()).unwrap());

    assert!(timeout(Duration::from_millis(20), asked("/never")).await.is_err());
    let mut body = asked("/endless").await.unwrap().into_body().into_data_stream();
    assert_eq!(body.next().await.unwrap().unwrap(), "12345");
    drop(body);

    let told = call(&watch.metrics(), "GET", "/metrics").await.body;
    for line in [
        "# HELP openrosa_http_requests Requests whose answer has begun, whether or not it was taken to its end.",
        r#"openrosa_http_requests_total{method="GET",route="/endless",status="200"} 1"#,
        "# HELP openrosa_http_duration_seconds From the head of a request to the end of its answer, or until nobody waited for it.",
        r#"openrosa_http_duration_seconds_count{method="GET",route="/never"} 1"#,
        r#"openrosa_http_duration_seconds_count{method="GET",route="/endless"} 1"#,
        r#"openrosa_http_sent_bytes_total{method="GET",route="/endless"} 5"#,
        "openrosa_http_open 0",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    assert!(!told.contains(r#"requests_total{method="GET",route="/never""#), "{told}");
}

/// Pages for people, say: they take no device's place, and are counted with the rest.
#[tokio::test]
async fn other_routes_have_room_of_their_own() {
    let (watch, routes) = watched(1);
    let pages = watch.beside(1).around(Router::new().route("/page", get(|| async { "page" })));
    let page = || request("GET", "/page").body(Body::empty()).unwrap();
    let unread = pages.clone().oneshot(page()).await.unwrap();
    let answer = ask(&pages, page()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert!(answer.header("content-type").starts_with("text/plain"), "{answer:?}");
    assert_eq!(call(&routes, "GET", "/formList").await.status, 200);
    drop(unread);
    assert_eq!(ask(&pages, page()).await.body, "page");
    for line in [
        r#"requests_total{method="GET",route="/page",status="200"} 2"#,
        r#"requests_total{method="GET",route="/formList",status="200"} 1"#,
        "turned_away_total 1",
    ] {
        assert!(count(&watch, line).await, "{line}");
    }
}

/// Whatever a route made of a body that broke off, its sender is told why.
#[tokio::test]
async fn routes_of_a_hosts_own_wait_no_longer() {
    let routes = Router::new().route("/echo", post(|body: Bytes| async move { body }));
    let address = serve(patient(routes, &quick().limits)).await;
    let head = |length| {
        format!("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
    };
    let answer = drip(address, head(1_000).as_bytes(), b'x').await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.ends_with("in time"), "{answer}");
    let answer = exchange(address, format!("{}12345", head(5)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("12345"), "{answer}");
}

#[tokio::test]
async fn a_server_is_alive_before_it_is_ready() {
    for (ready, status) in [(false, 503), (true, 200)] {
        let routes = health(move || async move { ready });
        assert_eq!(call(&routes, "GET", "/health").await.status, 200);
        assert_eq!(call(&routes, "GET", "/ready").await.status, status);
    }
}

/// A database that is gone may keep who asks it for as long as its pool has patience.
#[tokio::test(start_paused = true)]
async fn who_does_not_know_whether_it_is_ready_is_not() {
    let routes = health(std::future::pending);
    let asked = tokio::time::Instant::now();
    assert_eq!(call(&routes, "GET", "/ready").await.status, 503);
    assert_eq!(asked.elapsed().as_secs(), 2);
}
