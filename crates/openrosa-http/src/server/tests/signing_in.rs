//! Names and passwords.

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};

use super::super::{AccountList, Authentication, BasicOver, LetIn};
use super::answers::check_headers;
use super::{Answer, Server, form, multipart, record, request, xml};
use crate::auth::digest::{ClientNonce, Nonce};
use crate::auth::{Challenge, Credentials, Secret, basic};

fn amina() -> Credentials {
    Credentials::new("amina", "correct horse")
}

fn server(build: impl FnOnce(Authentication) -> Authentication) -> Server {
    let authentication =
        Authentication::accounts("clinic", [Credentials::new("musa", "x"), amina()]).unwrap();
    Server::of(|receiver| receiver.with_authentication(build(authentication)))
}

fn call(method: &str, authorization: Option<HeaderValue>, proto: Option<&str>) -> Request<Body> {
    let mut call = request(method, "/submission?deviceID=a%20b")
        .body(Body::from(multipart(&[xml(&form("1", "a"))])))
        .unwrap();
    let headers = call.headers_mut();
    headers.extend(authorization.map(|value| (header::AUTHORIZATION, value)));
    let proto = proto.map(|proto| HeaderValue::from_str(proto).unwrap());
    headers.extend(proto.map(|proto| (HeaderName::from_static("x-forwarded-proto"), proto)));
    call
}

fn challenges(answer: &Answer) -> Vec<Challenge> {
    Challenge::read(&answer.headers)
}

pub(super) fn nonce(headers: &HeaderMap) -> Nonce {
    match Challenge::read(headers).into_iter().next() {
        Some(Challenge::Digest(challenge)) => Nonce::new(challenge),
        other => panic!("{other:?}"),
    }
}

fn digest(nonce: &mut Nonce, credentials: &Credentials, method: &Method) -> Option<HeaderValue> {
    nonce.authorization(credentials, method, "/submission?deviceID=a%20b", &ClientNonce::fixed("0a4f113b"))
}

/// authentication is demanded on HEAD as on POST.
/// a 401 has the headers of any other answer.
/// 401 carries the challenge, with the envelope of any other answer.
#[tokio::test]
async fn who_does_not_sign_in_is_asked_to() {
    let server = server(|authentication| authentication);
    for method in ["HEAD", "POST", "GET"] {
        let answer = server.send(call(method, None, None)).await;
        assert_eq!(answer.status, 401, "{method}");
        assert!(matches!(&*challenges(&answer), [Challenge::Digest(_)]), "{answer:?}");
        check_headers(&answer);
    }
    let answer = server.send(call("POST", None, None)).await;
    assert_eq!((answer.message().as_str(), answer.nature().as_str()), ("please sign in", "submit_error"));
    assert!(server.backend.is_empty());
}

/// Basic is offered and believed over TLS only, as a trusted proxy tells it, unless told otherwise.
#[tokio::test]
async fn basic_is_for_private_connections() {
    let server = server(|authentication| authentication.with_basic(BasicOver::TrustedProxy));
    let right = basic::authorization(&amina());
    for (proto, offers, status) in [(None, 1, 401), (Some("http"), 1, 401), (Some("https"), 2, 201)] {
        assert_eq!(challenges(&server.send(call("HEAD", None, proto)).await).len(), offers, "{proto:?}");
        assert_eq!(server.send(call("POST", right.clone(), proto)).await.status, status, "{proto:?}");
    }
    let sender = server.backend.submission(&record("1")).unwrap().sender;
    assert_eq!(sender.user.as_deref(), Some("amina"));
    for (user, password) in
        [("amina", "wrong"), ("Amina", "correct horse"), ("musa", "correct horse"), ("", "")]
    {
        let wrong = basic::authorization(&Credentials::new(user, password));
        assert_eq!(server.send(call("POST", wrong, Some("https"))).await.status, 401, "{user}");
    }
}

/// where nothing but Basic is known and the connection is open, nobody is asked to give a password away.
#[tokio::test]
async fn basic_alone_is_not_asked_for_in_the_clear() {
    let server = server(|authentication| authentication.without_digest().with_basic(BasicOver::TrustedProxy));
    let answer = server.send(call("POST", basic::authorization(&amina()), None)).await;
    assert_eq!((answer.status, answer.message().as_str()), (403, "passwords are taken over https only"));
    assert!(challenges(&answer).is_empty());
    let private = server.send(call("HEAD", None, Some("https"))).await;
    assert_eq!(challenges(&private), [Challenge::Basic]);
}

/// an answer to a challenge is taken once; given again it is refused with `stale=true`.
#[tokio::test]
async fn digest_lets_in_and_counts() {
    let server = server(|authentication| authentication);
    let asked = server.send(call("HEAD", None, None)).await;
    let mut nonce = nonce(&asked.headers);
    let head = digest(&mut nonce, &amina(), &Method::HEAD);
    assert_eq!(server.send(call("HEAD", head.clone(), None)).await.status, 204);
    let posted = digest(&mut nonce, &amina(), &Method::POST);
    assert_eq!(server.send(call("POST", posted.clone(), None)).await.status, 201);
    for (method, spent) in [("HEAD", head), ("POST", posted)] {
        let answer = server.send(call(method, spent, None)).await;
        assert_eq!(answer.status, 401);
        assert!(
            matches!(&*challenges(&answer), [Challenge::Digest(digest)] if digest.is_stale()),
            "{answer:?}"
        );
    }
    let wrong = digest(&mut nonce, &Credentials::new("amina", "wrong"), &Method::POST);
    let answer = server.send(call("POST", wrong, None)).await;
    assert!(matches!(&*challenges(&answer), [Challenge::Digest(digest)] if !digest.is_stale()), "{answer:?}");
    assert_eq!(server.backend.submission(&record("1")).unwrap().sender.user.as_deref(), Some("amina"));
}

/// the answer is for the address the client sent to, also where a host has nested these routes.
#[tokio::test]
async fn digest_works_in_nested_routes() {
    let authentication = Authentication::accounts("clinic", [amina()]).unwrap();
    let backend = super::MemoryBackend::new();
    let routes = super::Receiver::new(backend.clone()).with_authentication(authentication).router();
    let server = Server { backend, router: axum::Router::new().nest("/x", routes) };
    let nested = |authorization: Option<HeaderValue>| {
        let mut call = call("HEAD", authorization, None);
        *call.uri_mut() = "/x/submission".parse().unwrap();
        call
    };
    let mut nonce = nonce(&server.send(nested(None)).await.headers);
    let answer =
        nonce.authorization(&amina(), &Method::HEAD, "/x/submission", &ClientNonce::fixed("0a4f113b"));
    assert_eq!(server.send(nested(answer)).await.status, 204);
}

#[test]
fn passwords_are_not_shown() {
    let shown = format!("{:?}", AccountList::new([amina()]).with_token("musa", Secret::new("s3cr3t")));
    assert!(shown.contains("amina") && shown.contains("musa"), "{shown}");
    assert!(!shown.contains("horse") && !shown.contains("s3cr3t"), "{shown}");
}

/// A host with a layer of its own: what that has found out is what backends are told, and who came past it is not let in.
#[tokio::test]
async fn the_host_may_have_asked_already() {
    let server = Server::of(|receiver| receiver.with_authentication(Authentication::by_host()));
    let mut let_in = call("POST", None, None);
    let_in.extensions_mut().insert(LetIn { user: "amina".into() });
    assert_eq!(server.send(let_in).await.status, 201);
    assert_eq!(server.backend.submission(&record("1")).unwrap().sender.user.as_deref(), Some("amina"));
    let past = server.send(call("POST", basic::authorization(&amina()), Some("https"))).await;
    let unsaid = "something failed on the server; please try again later";
    assert_eq!((past.status, past.message().as_str()), (500, unsaid));
    assert_eq!(server.backend.len(), 1);
}
