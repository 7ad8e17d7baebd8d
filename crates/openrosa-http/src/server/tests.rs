//! The receiver from outside: requests in, answers out, and what is held afterwards.

mod answers;
mod briefcase;
mod cases;
mod checking;
mod clients;
mod commcare;
mod forms;
mod identity;
#[cfg(feature = "operation")]
mod operation;
mod parts;
mod phones;
mod restores;
mod signing_in;
mod sockets;
mod tokens;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request};
use openrosa_xml::Envelope;
use tower::ServiceExt as _;

use super::{FileName, Held, MemoryBackend, Policy, Receiver, RecordId};

/// A receiver in memory, without a socket.
struct Server {
    backend: MemoryBackend,
    router: Router,
}

/// What it answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Server {
    fn new() -> Self {
        Self::with(Policy::default())
    }

    fn with(policy: Policy) -> Self {
        Self::of(|receiver| receiver.with_policy(policy))
    }

    fn of(build: impl FnOnce(Receiver<MemoryBackend>) -> Receiver<MemoryBackend>) -> Self {
        let backend = MemoryBackend::new();
        let router = build(Receiver::new(backend.clone())).standalone();
        Self { backend, router }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        ask(&self.router, request).await
    }

    async fn post(&self, parts: &[String]) -> Answer {
        self.send(post("/submission", parts)).await
    }

    /// Held of the form `f` under that ID.
    fn held(&self, instance_id: &str) -> Option<Held> {
        self.backend.held(&record(instance_id))
    }

    fn content(&self, instance_id: &str, name: &str) -> Option<String> {
        let content = self.backend.content(&record(instance_id), &FileName::new(name).unwrap())?;
        Some(String::from_utf8(content.to_vec()).unwrap())
    }

    /// The names held under that ID, joined by a space.
    fn names(&self, instance_id: &str) -> String {
        let held = self.held(instance_id).unwrap();
        held.files.keys().map(FileName::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// What these routes answer.
async fn ask(routes: &Router, request: Request<Body>) -> Answer {
    let (head, body) = routes.clone().oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// The same for a request without a body, to `h`.
async fn call(routes: &Router, method: &str, target: &str) -> Answer {
    let request = request(method, target).header("Host", "h").body(Body::empty()).unwrap();
    ask(routes, request).await
}

async fn get(routes: &Router, target: &str) -> Answer {
    call(routes, "GET", target).await
}

/// The path and the query of an address.
fn target(address: &str) -> String {
    address.parse::<http::Uri>().unwrap().path_and_query().unwrap().to_string()
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn message(&self) -> String {
        Envelope::read(&self.body).unwrap().message().unwrap().to_owned()
    }

    fn nature(&self) -> String {
        Envelope::read(&self.body).unwrap().nature().unwrap().to_owned()
    }
}

fn record(instance_id: &str) -> RecordId {
    RecordId::new(Some("f".into()), instance_id)
}

/// An instance of the form `f`.
fn form(instance_id: &str, answer: &str) -> String {
    format!("<f id='f'><q>{answer}</q><meta><instanceID>{instance_id}</instanceID></meta></f>")
}

/// An edit of an instance of the form `f`.
fn edit(instance_id: &str, of: &str, answer: &str) -> String {
    let ids = format!("<instanceID>{instance_id}</instanceID><deprecatedID>{of}</deprecatedID>");
    format!("<f id='f'><q>{answer}</q><meta>{ids}</meta></f>")
}

fn xml(content: &str) -> String {
    part(r#"name="xml_submission_file"; filename="a.xml""#, "text/xml", content)
}

fn file(name: &str, content: &str) -> String {
    part(&format!(r#"name="{name}"; filename="{name}""#), "image/jpeg", content)
}

fn text(name: &str, content: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}")
}

fn part(names: &str, kind: &str, content: &str) -> String {
    format!("Content-Disposition: form-data; {names}\r\nContent-Type: {kind}\r\n\r\n{content}")
}

fn multipart(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
    parts + "--b--\r\n"
}

fn post(path: &str, parts: &[String]) -> Request<Body> {
    request("POST", path).body(Body::from(multipart(parts))).unwrap()
}

fn request(method: &str, path: &str) -> http::request::Builder {
    let builder = Request::builder().method(method).uri(path).header("X-OpenRosa-Version", "1.0");
    match method {
        "POST" => builder.header("Content-Type", "multipart/form-data; boundary=b"),
        _ => builder,
    }
}
