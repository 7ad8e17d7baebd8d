//! Bodies that somebody else reads, whose senders are waited for as long as those of submissions.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::api::Preamble;
use crate::server::answer::{self, Voice};
use crate::server::patience::Patience;
use crate::server::{Limits, Rejection};

/// These routes, where who falls silent within a body, or sends it too slowly, is answered with 408. Of the limits those of
/// time count. For routes of a host's own: the groups of [`Front`](crate::server::Front) and the
/// [`Receiver`](crate::server::Receiver) look after it themselves.
pub fn patient(routes: Router, limits: &Limits) -> Router {
    routes.layer(middleware::from_fn_with_state(limits.clone(), wait))
}

async fn wait(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let is_late = Arc::new(AtomicBool::new(false));
    let (head, body) = request.into_parts();
    let preamble = Preamble::read(&head);
    let body = Awaited { body, patience: Patience::new(&limits), is_late: Arc::clone(&is_late) };
    let answer = next.run(Request::from_parts(head, Body::new(body))).await;
    match is_late.load(Ordering::Relaxed) {
        // Whatever was made of a body that broke off.
        true => answer::refused(&Rejection::TimedOut, Voice::Plain, &preamble, None),
        false => answer,
    }
}

struct Awaited {
    body: Body,
    patience: Patience,
    is_late: Arc<AtomicBool>,
}

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.patience.poll_end(cx));
            self.is_late.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new(Rejection::TimedOut))));
        };
        if let Some(Ok(frame)) = &frame {
            self.patience.heard(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
