mod answers;
mod credentials;
mod knock;
mod redirects;
mod splitting;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderMap};

use super::*;
use crate::api::submission::Attachment;
use crate::transport::{self, Sent};

pub(super) const URL: &str = "https://odk.example/submission";
pub(super) const XML: &str = "<data id='f'/>";
/// What [`amina`] says by Basic.
const BASIC: &str = "Basic YW1pbmE6c2VjcmV0";

/// A request as the server saw it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) headers: HeaderMap,
    body: String,
}

impl Seen {
    pub(super) fn authorization(&self) -> &str {
        self.headers.get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server: answers by its rule and remembers what it was asked.
pub(super) struct Server<R> {
    rule: R,
    seen: Arc<Mutex<Vec<Seen>>>,
}

pub(super) type Answer = http::Response<String>;

pub(super) fn server<R: Fn(&Seen) -> Answer>(rule: R) -> (Server<R>, Arc<Mutex<Vec<Seen>>>) {
    let seen = Arc::new(Mutex::default());
    (Server { rule, seen: Arc::clone(&seen) }, seen)
}

impl<R: Fn(&Seen) -> Answer + Send + Sync> Transport for Server<R> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>, transport::Error> {
        let (parts, body) = request.into_parts();
        let body = String::from_utf8_lossy(&body.read_up_to(1 << 25).await.unwrap()).into_owned();
        let seen = Seen { method: parts.method, uri: parts.uri.to_string(), headers: parts.headers, body };
        let answer = (self.rule)(&seen);
        self.seen.lock().unwrap().push(seen);
        Ok(answer.map(Body::from))
    }
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body.to_owned()).unwrap()
}

pub(super) fn ready() -> Answer {
    answer(204, &[("X-OpenRosa-Version", "1.0")], "")
}

pub(super) fn envelope(status: u16, nature: &str, message: &str) -> Answer {
    let envelope = openrosa_xml::Envelope::new(message).with_nature(nature).write().unwrap();
    answer(status, &[("X-OpenRosa-Version", "1.0")], &envelope)
}

/// Ready for HEAD; POST gets `posted`.
pub(super) fn answering(posted: impl Fn() -> Answer) -> impl Fn(&Seen) -> Answer {
    move |seen| if seen.method == Method::HEAD { ready() } else { posted() }
}

pub(super) fn stored() -> Answer {
    envelope(201, "submit_success", "Saved.")
}

pub(super) fn url() -> Url {
    URL.parse().unwrap()
}

pub(super) fn amina() -> Credentials {
    Credentials::new("amina", "secret")
}

pub(super) fn trail(seen: &Mutex<Vec<Seen>>) -> Vec<String> {
    seen.lock().unwrap().iter().map(|seen| format!("{} {}", seen.method, seen.uri)).collect()
}

async fn submit<T: Transport>(client: &Client<T>) -> Result<Receipt, Error> {
    client.submit(&url(), &Request::new(XML)).await
}

/// The outcome of a submission whose POST is answered so.
async fn outcome(posted: impl Fn() -> Answer + Send + Sync) -> Result<Receipt, Error> {
    submit(&Client::new(server(answering(posted)).0)).await
}

#[test]
fn a_submission_can_be_spawned() {
    fn spawned(_: impl Future + Send) {}
    let client = Client::new(server(answering(stored)).0);
    spawned(client.submit(&url(), &Request::new(XML)));
}
