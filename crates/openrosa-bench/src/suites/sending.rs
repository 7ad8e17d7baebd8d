//! Forms sent over the loopback to a handler that only reads them, by the client and by hand.

use bytes::Bytes;
use openrosa_http::{Client, api::submission::Request, transport::hyper::Hyper};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{
    Contender, Suite,
    handler::{answering_handler, start},
};
use crate::Failure;

/// Sent at each run; more would wear out the ports of a machine where connections are not kept.
pub const FORMS: usize = 2_000;

/// The forms, where they go, and who takes them there.
#[derive(Debug)]
pub struct Input {
    url: Url,
    forms: Vec<Request>,
    bodies: Vec<Bytes>,
    runtime: Runtime,
    client: Client<Hyper>,
    reqwest: reqwest::Client,
}

/// By hand is the measure: `reqwest` posting bytes that were put together before, and looking at the status.
pub const SUITE: Suite<Input> = &[
    Contender { name: "reqwest-by-hand", run: |input| by_hand(input).into() },
    Contender { name: "client", run: |input| by_client(input).into() },
];

pub(super) const BOUNDARY: &str = "0123456789abcdef0123456789abcdef";

impl Input {
    /// Starts the handler.
    pub fn new(forms: Vec<String>) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let url = start(&runtime, answering_handler())?;
        // Two clients may ask for TLS; whoever comes first has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            url,
            bodies: forms.iter().take(FORMS).map(|form| multipart(form)).collect(),
            forms: forms.into_iter().take(FORMS).map(Request::new).collect(),
            runtime,
            client: Client::new(Hyper::new()?),
            reqwest: reqwest::Client::builder().no_proxy().build()?,
        })
    }
}

pub(super) fn multipart(form: &str) -> Bytes {
    let head = "Content-Disposition: form-data; name=\"xml_submission_file\"; filename=\"submission.xml\"\r\n\
        Content-Type: text/xml";
    format!("--{BOUNDARY}\r\n{head}\r\n\r\n{form}\r\n--{BOUNDARY}--\r\n").into()
}

fn by_hand(input: &Input) -> u64 {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    input.runtime.block_on(async {
        let mut stored = 0;
        for body in &input.bodies {
            let request = input.reqwest.post(input.url.clone()).header("Content-Type", &kind);
            let request = request.header("X-OpenRosa-Version", "1.0").body(body.clone());
            let answer = request.send().await.expect("the handler answers");
            stored += u64::from(answer.status() == reqwest::StatusCode::CREATED);
            std::hint::black_box(answer.bytes().await.expect("the answer is whole").len());
        }
        stored
    })
}

fn by_client(input: &Input) -> u64 {
    input.runtime.block_on(async {
        let mut delivered = 0;
        for form in &input.forms {
            let receipt = input.client.submit(&input.url, form).await.expect("the handler answers");
            delivered += u64::from(receipt.is_delivered());
        }
        delivered
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_deliver_all() {
        let forms = (0..5).map(|number| format!("<data id='{number}'/>")).collect();
        let input = Input::new(forms).unwrap();
        assert_eq!([by_hand(&input), by_client(&input)], [5, 5]);
    }
}
