//! Watching a server at work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use http::header;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::RequestId;
use super::body::Counted;
use super::metrics::{Metrics, Open};
use super::request_id::REQUEST_ID;
use crate::api::Preamble;
use crate::headers::AcceptLength;
use crate::server::answer::{self, Voice};
use crate::server::seat::Seat;
use crate::server::{Rejection, is_receiver};

/// Names each request, tells the log of it, counts it, and turns it away where there are too many at once.
///
/// The log and the metrics know of a request its method, the pattern of its route and its status. Its address they do not
/// know: tokens, ids and names are in there.
///
/// Clones count together.
#[derive(Clone)]
pub struct Watch {
    metrics: Arc<Metrics>,
    room: Arc<Semaphore>,
    /// As many as have room may be on their way out.
    porch: Arc<Semaphore>,
    voice: Voice,
    takes: Option<AcceptLength>,
}

/// How long one that was turned away should stay away.
const LATER: Duration = Duration::from_secs(5);

impl Watch {
    /// With room for this many requests at once, of which each counts until the end of its answer, or until it is known that it
    /// is a stranger's: as many of those may be heard out at once, and take nobody's place.
    #[must_use]
    pub fn new(room: usize) -> Self {
        let metrics = Arc::new(Metrics::new());
        Self {
            metrics,
            room: places(room),
            porch: places(room),
            voice: Voice::Envelope("error"),
            takes: None,
        }
    }

    /// Submissions are taken up to this many bytes, which is said to who is turned away, too.
    #[must_use]
    pub fn taking(self, body: u64) -> Self {
        Self { takes: Some(AcceptLength(body)), ..self }
    }

    /// The same figures, and a room of its own for this many: for routes that are no device's, which must not take a device's
    /// place, nor lose theirs to devices. Who is turned away is told so in plain words.
    #[must_use]
    pub fn beside(&self, room: usize) -> Self {
        let metrics = Arc::clone(&self.metrics);
        Self { metrics, room: places(room), porch: places(room), voice: Voice::Plain, takes: None }
    }

    /// The same figures, and room for nobody: who comes is told to come again. For as long as a host cannot know how to answer.
    #[must_use]
    pub fn full(&self) -> Self {
        Self { room: places(0), ..self.clone() }
    }

    /// The same routes, watched.
    pub fn around(&self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self.clone(), watched))
    }

    /// `/metrics`, in the text format of Prometheus. It tells how busy a server is, and should not be told to everybody.
    pub fn metrics(&self) -> Router {
        const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let metrics = Arc::clone(&self.metrics);
        let tell = move || async move { ([(header::CONTENT_TYPE, KIND)], metrics.text()) };
        Router::new().route("/metrics", get(tell))
    }

    async fn answer(self, mut request: Request, next: Next, open: Open, route: &str) -> Response {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.metrics.turn_away();
            let (head, _) = request.into_parts();
            let busy = Rejection::Busy { after: LATER, cause: None };
            let takes = self.takes.filter(|_| is_receiver(head.uri.path(), route));
            return answer::refused(&busy, self.voice, &Preamble::read(&head), takes);
        };
        let seat = Seat::new(place, self.porch);
        request.extensions_mut().insert(seat.clone());
        let received = open.received();
        request = request.map(|body| Counted::body(body, received, ()));
        let answer = next.run(request).await;
        let (sent, status) = (open.sent(), answer.status());
        open.answered(status);
        tracing::info!(status = status.as_u16(), "answered");
        answer.map(|body| Counted::body(body, sent, Held { _open: open, _seat: seat }))
    }
}

fn places(room: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)))
}

/// What lasts as long as an answer.
struct Held {
    _open: Open,
    _seat: Seat,
}

async fn watched(State(watch): State<Watch>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span =
        tracing::error_span!("request", id = id.as_str(), method = %request.method(), route = route.as_str());
    let open = watch.metrics.begin(request.method(), &route);
    let header = id.to_header();
    request.extensions_mut().insert(id);
    let mut answer = watch.answer(request, next, open, &route).instrument(span).await;
    answer.headers_mut().insert(REQUEST_ID, header);
    answer
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("room", &self.room.available_permits()).finish_non_exhaustive()
    }
}
