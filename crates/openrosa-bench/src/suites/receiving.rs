//! Forms received: read inside the request, against a handler that only reads the body.

use std::hint::black_box;

use bytes::Bytes;
use openrosa_http::server::{
    Backend, Caller, MemoryBackend, MemoryUpload, Receiver, Rejection, Stored, Submission, Upload,
};
use openrosa_xml::{Instance, xml::decode};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{
    Contender, Suite,
    handler::{answering_handler, bare_handler, start},
    sending::multipart,
};
use crate::Failure;

/// The forms, and the servers.
#[derive(Debug)]
pub struct Input {
    bodies: Vec<Bytes>,
    bare: Url,
    answering: Url,
    receiver: Url,
    looking: Url,
    runtime: Runtime,
    client: reqwest::Client,
}

/// The handler that only reads is the measure.
pub const SUITE: Suite<Input> = &[
    Contender { name: "bare-handler", run: |input| input.send(&input.bare).into() },
    Contender { name: "answering-handler", run: |input| input.send(&input.answering).into() },
    Contender { name: "receiver", run: |input| input.send(&input.receiver).into() },
    Contender { name: "receiver-blocks", run: |input| input.send(&input.looking).into() },
];

impl Input {
    /// Starts them, on the thread of the client: with threads of their own, which processor one wakes on would decide.
    pub fn new(forms: &[String]) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            bodies: forms.iter().map(|form| multipart(form)).collect(),
            bare: start(&runtime, bare_handler())?,
            answering: start(&runtime, answering_handler())?,
            // What comes again is known again, and is read all the same.
            receiver: start(&runtime, Receiver::new(MemoryBackend::new()).router())?,
            looking: start(&runtime, Receiver::new(Looking(MemoryBackend::new())).router())?,
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
                black_box(answer.bytes().await.expect("the answer is whole").len());
            }
            stored
        })
    }
}

/// A host that reads the blocks of what it takes, as one does that keeps cases.
struct Looking(MemoryBackend);

struct LookingUpload(MemoryUpload);

impl Backend for Looking {
    type Upload = LookingUpload;

    async fn begin(&self, caller: &Caller) -> Result<LookingUpload, Rejection> {
        self.0.begin(caller).await.map(LookingUpload)
    }
}

impl Upload for LookingUpload {
    async fn open(&mut self) -> Result<(), Rejection> {
        self.0.open().await
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), Rejection> {
        self.0.write(chunk).await
    }

    async fn commit(self, submission: Submission) -> Result<Stored, Rejection> {
        let source = decode(&submission.xml).map_err(Rejection::Xml)?;
        black_box(Instance::read(&source).map_err(Rejection::Xml)?.cases().len());
        drop(source);
        self.0.commit(submission).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_take_all() {
        let form = |id| format!("<data><meta><instanceID>{id}</instanceID></meta></data>");
        let input = Input::new(&[form(1), form(2), form(1)]).unwrap();
        let servers = [&input.bare, &input.answering, &input.receiver, &input.looking];
        assert_eq!(servers.map(|server| input.send(server)), [3, 3, 3, 3]);
    }
}
