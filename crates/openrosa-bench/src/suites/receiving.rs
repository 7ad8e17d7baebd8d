//! Forms received: read inside the request, against a handler that only reads the body.

use std::net::TcpListener;

use axum::{Router, http::StatusCode, routing::post};
use bytes::Bytes;
use openrosa_http::server::{MemoryBackend, Receiver};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{Contender, Suite, sending::multipart};
use crate::Failure;

/// The forms, and both servers.
#[derive(Debug)]
pub struct Input {
    bodies: Vec<Bytes>,
    bare: Url,
    receiver: Url,
    runtime: Runtime,
    client: reqwest::Client,
}

/// The handler that only reads is the measure.
pub const SUITE: Suite<Input> = &[
    Contender { name: "bare-handler", run: |input| input.send(&input.bare).into() },
    Contender { name: "receiver", run: |input| input.send(&input.receiver).into() },
];

impl Input {
    /// Starts both, on the thread of the client: with threads of their own, which processor one wakes on would decide.
    pub fn new(forms: &[String]) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let bare = post(|body: Bytes| async move {
            std::hint::black_box(body.len());
            StatusCode::CREATED
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            bodies: forms.iter().map(|form| multipart(form)).collect(),
            bare: start(&runtime, Router::new().route("/submission", bare))?,
            // What comes again is known again, and is read all the same.
            receiver: start(&runtime, Receiver::new(MemoryBackend::new()).router())?,
            client: reqwest::Client::builder().no_proxy().build()?,
            runtime,
        })
    }

    fn send(&self, url: &Url) -> u64 {
        let kind = format!("multipart/form-data; boundary={}", super::sending::BOUNDARY);
        self.runtime.block_on(async {
            let mut stored = 0;
            for body in &self.bodies {
                let request = self.client.post(url.clone()).header("Content-Type", &kind);
                let request = request.header("X-OpenRosa-Version", "1.0").body(body.clone());
                let answer = request.send().await.expect("a handler answers");
                stored += u64::from(answer.status() == reqwest::StatusCode::CREATED);
                std::hint::black_box(answer.bytes().await.expect("the answer is whole").len());
            }
            stored
        })
    }
}

fn start(runtime: &Runtime, routes: Router) -> Result<Url, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/submission", listener.local_addr()?).parse()?;
    listener.set_nonblocking(true)?;
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
        axum::serve(listener, routes).await.expect("serving never ends");
    });
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_take_all() {
        let form = |id| format!("<data><meta><instanceID>{id}</instanceID></meta></data>");
        let input = Input::new(&[form(1), form(2), form(1)]).unwrap();
        assert_eq!([input.send(&input.bare), input.send(&input.receiver)], [3, 3]);
    }
}
