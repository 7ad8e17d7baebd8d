//! Answers that their peer has yet to take.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use crate::server::Pace;
use crate::server::patience::from_now;

/// The answers of one connection whose next piece waits for its peer to have taken the last, and until when.
///
/// A connection that takes nothing at all shows that by itself; one that takes a byte now and then does not, nor one of
/// HTTP/2, where a peer says for each answer how much of it may be sent: the connection is lively, and the answer stands
/// still, with all that is kept for it.
#[derive(Debug)]
pub(super) struct Untaken {
    pace: Pace,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    answers: u64,
    until: HashMap<u64, Instant>,
}

impl Untaken {
    pub(super) fn new(pace: Pace) -> Arc<Self> {
        Arc::new(Self { pace, open: Mutex::default() })
    }

    /// The same answer, to be taken in time.
    pub(super) fn watch(self: &Arc<Self>, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let mut open = self.open();
        open.answers += 1;
        let number = open.answers;
        drop(open);
        let until = from_now(self.pace.slack);
        self.wait(number, until);
        Body::new(Watched {
            body,
            number,
            slack: self.pace.slack,
            until: Some(until),
            untaken: Arc::clone(self),
        })
    }

    /// Ends when one was not taken in time.
    pub(super) async fn overdue(&self) {
        loop {
            let now = Instant::now();
            let first = self.open().until.values().min().copied();
            if first.is_some_and(|until| until <= now) {
                return;
            }
            // Others come to wait meanwhile, and some have little time left.
            let soon = from_now(self.pace.slack / 8);
            sleep_until(first.map_or(soon, |until| until.min(soon))).await;
        }
    }

    /// A piece of an answer was given to the peer, to be taken until then.
    fn wait(&self, number: u64, until: Instant) {
        self.open().until.insert(number, until);
    }

    /// It is not the peer who is waited for.
    fn end(&self, number: u64) {
        self.open().until.remove(&number);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watched {
    body: Body,
    number: u64,
    /// How late the peer may be still. Each piece earns the time that it may take, but nobody saves up more than there was at
    /// first.
    slack: Duration,
    until: Option<Instant>,
    untaken: Arc<Untaken>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let pace = self.untaken.pace;
        if let Some(until) = self.until.take() {
            self.slack = until.saturating_duration_since(Instant::now()).min(pace.slack);
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                let until = from_now(self.slack.saturating_add(pace.time_for(bytes)));
                self.until = Some(until);
                self.untaken.wait(self.number, until);
            }
            Poll::Ready(_) | Poll::Pending => self.untaken.end(self.number),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.untaken.end(self.number);
    }
}
