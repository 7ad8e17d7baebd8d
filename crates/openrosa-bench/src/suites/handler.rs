//! Servers on the thread of their clients, and the handlers that others are measured against.

use std::{hint::black_box, net::TcpListener};

use axum::{Router, http::StatusCode, routing::post};
use bytes::Bytes;
use tokio::runtime::Runtime;
use url::Url;

use crate::Failure;

/// A handler that reads the body, and nothing in it, and answers with a status.
pub(super) fn bare_handler() -> Router {
    let taken = |body: Bytes| async move {
        black_box(body.len());
        StatusCode::CREATED
    };
    Router::new().route("/submission", post(taken))
}

/// The same, answering in an envelope, as every server of OpenRosa does: what a client does with an answer takes its time, too.
pub(super) fn answering_handler() -> Router {
    let envelope = "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\"><message>Saved.</message></OpenRosaResponse>";
    let version = [("X-OpenRosa-Version", "1.0")];
    let taken = move |body: Bytes| async move {
        black_box(body.len());
        (StatusCode::CREATED, version, envelope)
    };
    let asked = move || async move { (StatusCode::NO_CONTENT, version) };
    Router::new().route("/submission", post(taken).head(asked))
}

/// Starts a server on the thread of its client: with one of its own, which processor it wakes on would decide.
pub(super) fn start(runtime: &Runtime, routes: Router) -> Result<Url, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/submission", listener.local_addr()?).parse()?;
    listener.set_nonblocking(true)?;
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
        axum::serve(listener, routes).await.expect("serving never ends");
    });
    Ok(url)
}
