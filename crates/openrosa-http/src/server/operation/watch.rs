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
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::RequestId;
use super::body::Counted;
use super::metrics::{Metrics, Open};
use super::request_id::REQUEST_ID;
use crate::api::Preamble;
use crate::server::Rejection;
use crate::server::answer::{self, Voice};

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
    voice: Voice,
}

/// How long one that was turned away should stay away.
const LATER: Duration = Duration::from_secs(5);

impl Watch {
    /// With room for this many requests at once, of which each counts until the end of its answer.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { metrics: Arc::new(Metrics::new()), room: places(room), voice: Voice::Envelope("error") }
    }

    /// The same figures, and a room of its own for this many: for routes that are no device's, which must not take a device's
    /// place, nor lose theirs to devices. Who is turned away is told so in plain words.
    #[must_use]
    pub fn beside(&self, room: usize) -> Self {
        Self { metrics: Arc::clone(&self.metrics), room: places(room), voice: Voice::Plain }
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

    async fn answer(self, mut request: Request, next: Next, open: Open) -> Response {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.metrics.turn_away();
            let (head, _) = request.into_parts();
            let busy = Rejection::Busy { after: LATER };
            return answer::refused(&busy, self.voice, &Preamble::read(&head), None);
        };
        let received = open.received();
        request = request.map(|body| Counted::body(body, received, ()));
        let answer = next.run(request).await;
        let (sent, status) = (open.sent(), answer.status());
        open.answered(status);
        tracing::info!(status = status.as_u16(), "answered");
        answer.map(|body| Counted::body(body, sent, Held { _open: open, _place: place }))
    }
}

fn places(room: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)))
}

/// What lasts as long as an answer.
struct Held {
    _open: Open,
    _place: OwnedSemaphorePermit,
}

async fn watched(State(watch): State<Watch>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::error_span!("request", id = id.as_str(), method = %request.method(), route);
    let open = watch.metrics.begin(request.method(), &route);
    let header = id.to_header();
    request.extensions_mut().insert(id);
    let mut answer = watch.answer(request, next, open).instrument(span).await;
    answer.headers_mut().insert(REQUEST_ID, header);
    answer
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("room", &self.room.available_permits()).finish_non_exhaustive()
    }
}
