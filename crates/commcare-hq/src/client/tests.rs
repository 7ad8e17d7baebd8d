mod signing_in;
mod trying;
mod whole;

use std::sync::{Arc, Mutex};

use http::header::HeaderMap;
use http::{Method, Response};
use openrosa_http::transport::{self, Body};

use super::*;

/// A request as the server saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }
}

pub(crate) type Answer = Response<Body>;
pub(crate) type Trail = Arc<Mutex<Vec<Seen>>>;

/// A server: answers by its rule and remembers what it was asked.
pub(crate) struct Server<R> {
    rule: R,
    seen: Trail,
}

impl<R> Transport for Server<R>
where
    R: Fn(&Seen) -> Result<Answer, transport::Error> + Send + Sync,
{
    async fn send(&self, request: http::Request<Body>) -> Result<Answer, transport::Error> {
        let (parts, body) = request.into_parts();
        let body = String::from_utf8_lossy(&body.read_up_to(1 << 20).await.unwrap()).into_owned();
        let seen = Seen { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        let answer = (self.rule)(&seen);
        self.seen.lock().unwrap().push(seen);
        answer
    }
}

pub(crate) fn site() -> Site {
    Site::parse("https://hq.example/a/riverside/").unwrap()
}

/// A client of a server that answers so, and what that was asked.
pub(crate) fn hq<R>(rule: R) -> (Client<impl Transport>, Trail)
where
    R: Fn(&Seen) -> Answer + Send + Sync,
{
    faulty(move |seen| Ok(rule(seen)))
}

/// The same, where there may be no answer.
pub(crate) fn faulty<R>(rule: R) -> (Client<Server<R>>, Trail)
where
    R: Fn(&Seen) -> Result<Answer, transport::Error> + Send + Sync,
{
    let seen = Trail::default();
    let server = Server { rule, seen: Arc::clone(&seen) };
    (Client::new(server, site()).patience(Patience::NONE), seen)
}

pub(crate) fn json(status: u16, body: &str) -> Answer {
    answer(status, &[("Content-Type", "application/json; charset=utf-8")], body)
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Body::from(body.to_owned())).unwrap()
}

/// A success with this content type whose body comes in these chunks.
pub(crate) fn in_chunks(content_type: &str, chunks: &[&str]) -> Answer {
    let chunks: Vec<_> =
        chunks.iter().map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk.as_bytes()))).collect();
    let body = Body::from_stream(None, futures_util::stream::iter(chunks));
    Response::builder().header("Content-Type", content_type).body(body).unwrap()
}

/// What was asked: method, path and arguments.
pub(crate) fn trail(seen: &Mutex<Vec<Seen>>) -> Vec<String> {
    let line = |seen: &Seen| format!("{} {}", seen.method, seen.uri.path_and_query().unwrap());
    seen.lock().unwrap().iter().map(line).collect()
}

#[test]
fn a_call_can_be_spawned() {
    fn spawned(_: impl Future + Send) {}
    let (client, _) = hq(|_| json(200, "{}"));
    spawned(client.call(&crate::account::Identity));
}
