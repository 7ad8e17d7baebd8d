//! A transport that lets one look on.

use std::sync::{Mutex, PoisonError};

use crate::terminal::say;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use openrosa_http::headers::{ACCEPT_CONTENT_LENGTH, OPENROSA_VERSION};
use openrosa_http::transport::{Body, Error, Transport};

/// Sends by another transport and remembers what went by.
pub(super) struct Wire<T> {
    transport: T,
    seen: Mutex<Vec<Exchange>>,
}

/// Whether the headers that matter are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Headers {
    Shown,
    Known,
}

/// A request and the head of its answer.
struct Exchange {
    method: Method,
    target: Uri,
    body: Option<u64>,
    asked: HeaderMap,
    status: StatusCode,
    answered: HeaderMap,
}

impl<T: Transport> Wire<T> {
    pub(super) fn new(transport: T) -> Self {
        Self { transport, seen: Mutex::default() }
    }

    /// Shows what went by since the last time, the headers only where they are new to the reader.
    pub(super) fn print(&self, headers: Headers) {
        for exchange in self.seen.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            exchange.print(headers);
        }
    }
}

impl<T: Transport> Transport for &Wire<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Body>, Error> {
        let (method, target, asked) =
            (request.method().clone(), request.uri().clone(), request.headers().clone());
        let body = request.body().len();
        let answer = self.transport.send(request).await?;
        let (status, answered) = (answer.status(), answer.headers().clone());
        let exchange = Exchange { method, target, body, asked, status, answered };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        Ok(answer)
    }
}

impl Exchange {
    fn print(&self, headers: Headers) {
        let target = self.target.path_and_query().map_or("/", |target| target.as_str());
        let body = match self.body {
            Some(length) if length > 0 => format!(", {length} bytes"),
            _ => String::new(),
        };
        say(format_args!("   sent     {} {target}{body}", self.method));
        print_headers(headers, &self.asked, &[OPENROSA_VERSION, header::DATE, header::CONTENT_TYPE]);
        say(format_args!("   answer   {}", self.status));
        print_headers(headers, &self.answered, &[OPENROSA_VERSION, ACCEPT_CONTENT_LENGTH]);
    }
}

fn print_headers(shown: Headers, headers: &HeaderMap, names: &[header::HeaderName]) {
    let values = names.iter().filter_map(|name| Some((name, headers.get(name)?)));
    for (name, value) in values.filter(|_| shown == Headers::Shown) {
        say(format_args!("            {name}: {}", beginning(&String::from_utf8_lossy(value.as_bytes()))));
    }
}

/// As much of a value as fits a line; a boundary is longer.
fn beginning(value: &str) -> String {
    const FITS: usize = 50;
    let ending = if value.chars().nth(FITS).is_some() { "…" } else { "" };
    value.chars().take(FITS).chain(ending.chars()).collect()
}
