//! A server that a device fetches from, a network before it, and what each call must come to.

use std::convert::Infallible;
use std::fmt::Debug;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use flate2::{Compression, write::GzEncoder};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, RANGE, WWW_AUTHENTICATE};
use http::{HeaderMap, Response, request::Parts};
use openrosa_http::{
    Client,
    auth::Credentials,
    client::{BasicOverHttp, Error},
    transport::hyper::Hyper,
};
use openrosa_tests::{
    faults::{Fault, Proxy, SAME_HOST},
    wire,
};
use url::Url;

use super::Dice;

/// A server that wants credentials, behind a network.
pub(super) struct Site {
    pub(super) proxy: Proxy,
    framing: Arc<Mutex<Framing>>,
    transport: Hyper,
}

/// How answers are framed.
#[derive(Clone, Copy, Default)]
struct Framing {
    gzip: bool,
    chunked: bool,
}

impl Site {
    /// A server that answers so whoever has credentials.
    pub(super) fn new(answer: impl Fn(&Parts) -> Response<Bytes> + Clone + Send + Sync + 'static) -> Self {
        let framing = Arc::<Mutex<Framing>>::default();
        let framed = Arc::clone(&framing);
        let routes = axum::Router::new().fallback(move |request: Request| {
            let (asked, _) = request.into_parts();
            let answer = match asked.headers.contains_key(AUTHORIZATION) {
                true => answer(&asked),
                false => challenge(),
            };
            let answer = frame(answer, *framed.lock().expect("no panic"), &asked.headers);
            async move { answer }
        });
        let proxy = Proxy::before(wire::serve(routes));
        Self { proxy, framing, transport: Hyper::new().expect("a transport") }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.proxy.address).parse().expect("an address")
    }

    /// A device of its own, and a server that frames its answers in a way of its own.
    pub(super) fn client(&self, dice: &mut Dice) -> Client<Hyper> {
        *self.framing.lock().expect("no panic") = Framing { gzip: dice.flip(), chunked: dice.flip() };
        self.proxy.speak_1_0(dice.below(4) == 0);
        let client = Client::new(self.transport.clone())
            .credentials(&self.url("/"), Credentials::new("amina", "secret"))
            .basic_over_http(BasicOverHttp::Allow);
        if dice.flip() { client.preemptive_basic() } else { client }
    }

    /// Asks until the answer is there, and holds each outcome against what the network did.
    pub(super) async fn insist<T: Debug>(
        &self,
        faults: &[Fault],
        mut ask: impl AsyncFnMut() -> Result<T, Error>,
    ) -> T {
        self.proxy.schedule(faults);
        self.proxy.met();
        for _ in 0..40 {
            let outcome = ask().await;
            let met = self.proxy.met();
            judge(&outcome, met.last().copied(), faults);
            if let Ok(answer) = outcome {
                return answer;
            }
        }
        panic!("{faults:?}: nothing came of it");
    }

    /// Wherever the network led, nobody got credentials there. How often it led to another host.
    pub(super) fn strayed(&self) -> usize {
        let strayed = self.proxy.strayed();
        assert!(strayed.len() > 10, "the network led astray {} times", strayed.len());
        for head in &strayed {
            assert!(!head.contains("authorization"), "{head}");
        }
        strayed.iter().filter(|head| !head.contains(&format!("host: {SAME_HOST}"))).count()
    }
}

/// What a call has to come to, by what happened to its last exchange.
fn judge<T: Debug>(outcome: &Result<T, Error>, met: Option<Fault>, faults: &[Fault]) {
    let Some(met) = met else { panic!("{faults:?}: nobody was asked, and that came to {outcome:?}") };
    let status = |error: &Error| error.status().map_or(0, |status| status.as_u16());
    let after = |error: &Error| error.retry_after().as_ref().map(Duration::as_secs);
    let fits = match (outcome, met) {
        (Ok(_), Fault::None | Fault::Delay | Fault::Twice | Fault::Damaged(_)) => true,
        (Ok(_), _) => false,
        (Err(error), Fault::None | Fault::Delay | Fault::Twice) => {
            error.is_still_pending() && after(error) == Some(1)
        }
        (Err(error), Fault::Closed | Fault::RequestCut(_) | Fault::NoAnswer) => error.is_transport(),
        (Err(error), Fault::Portal(200)) => error.is_captive_portal() || error.is_hash(),
        (Err(error), Fault::Gateway(told, when)) => status(error) == told && after(error) == when,
        (Err(error), Fault::GatewayBehind(told)) => status(error) == told,
        (Err(_), _) => true,
    };
    assert!(fits, "{faults:?}: {met:?} came to {outcome:?}");
}

fn challenge() -> Response<Bytes> {
    let answer = Response::builder().status(401).header(WWW_AUTHENTICATE, "Basic realm=\"x\"");
    answer.body(Bytes::from_static(b"Who are you?")).expect("an answer")
}

/// An answer as it goes out: compressed where that is understood, of a length that is told or in chunks. A part of a file is not
/// compressed, and what has no content is not in chunks: of that, the head says all.
fn frame(mut answer: Response<Bytes>, framing: Framing, asked: &HeaderMap) -> Response<Body> {
    let understood =
        asked.get(ACCEPT_ENCODING).is_some_and(|codings| codings.as_bytes().starts_with(b"gzip"));
    if framing.gzip && understood && !asked.contains_key(RANGE) {
        answer.headers_mut().insert(CONTENT_ENCODING, "gzip".parse().expect("a header"));
        answer = answer.map(|body| gzip(&body));
    }
    answer.map(|body| if framing.chunked && !body.is_empty() { in_chunks(&body) } else { Body::from(body) })
}

fn gzip(body: &[u8]) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(body).expect("memory takes all");
    gzip.finish().expect("memory takes all").into()
}

fn in_chunks(body: &Bytes) -> Body {
    let chunks: Vec<_> =
        body.chunks(700).map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk))).collect();
    Body::from_stream(futures_util::stream::iter(chunks))
}
