//! A request body on its way in: counted, paced, and read to its end before anything is answered.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, header, request};
use tokio::time::timeout;

use super::patience::Patience;
use super::seat::Outside;
use super::{Limits, Rejection};

/// Handed on at a time, so that the multipart reader never holds much more than this.
const PIECE: usize = 16 * 1024;

/// The body of one request, as a stream of pieces. The first fault ends it.
pub(crate) struct Incoming {
    body: BodyDataStream,
    rest_of_frame: Bytes,
    taken: u64,
    declared: Option<u64>,
    /// The client waits for `100 Continue` before it sends anything, and reading is what makes the server say it.
    waiting_client: bool,
    /// A piece was just handed out: its reader gets to work before it is offered the next.
    resting: bool,
    patience: Patience,
    fault: Option<Fault>,
    ended: bool,
    unread: Unread,
    limits: Limits,
}

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("too large")]
    TooLarge,
    #[error("the headers of a part, or what stands between two parts, never end")]
    Endless,
    #[error("too slow")]
    TooSlow,
    #[error("broken off")]
    Broken,
}

/// How many bytes the multipart reader has swallowed without giving anything back. Its buffer is that large, and it
/// searches the whole of it with every piece that comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicU64>);

impl Unread {
    /// The reader gave something back.
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Incoming {
    pub(crate) fn new(body: Body, headers: &HeaderMap, limits: &Limits) -> Self {
        let number = |value: &http::HeaderValue| value.to_str().ok()?.parse().ok();
        Self {
            body: body.into_data_stream(),
            rest_of_frame: Bytes::new(),
            taken: 0,
            declared: headers.get(header::CONTENT_LENGTH).and_then(number),
            waiting_client: headers.contains_key(header::EXPECT),
            resting: false,
            patience: Patience::new(limits),
            fault: None,
            ended: false,
            unread: Unread::default(),
            limits: limits.clone(),
        }
    }

    /// Whether the sender says beforehand that the body is too large.
    pub(crate) fn check_declared(&self) -> Result<(), Rejection> {
        match self.declared.is_some_and(|length| length > self.limits.body) {
            true => Err(Fault::TooLarge.rejection(&self.limits)),
            false => Ok(()),
        }
    }

    /// What the multipart reader tells its progress to.
    pub(crate) fn unread(&self) -> Unread {
        self.unread.clone()
    }

    /// Why the body ended early, when it did: whatever the reader above complained about is but a consequence.
    pub(crate) fn fault(&self) -> Option<Rejection> {
        self.fault.map(|fault| fault.rejection(&self.limits))
    }

    /// The whole body, when it is no longer than `limit`.
    pub(crate) async fn collect(&mut self, limit: u64) -> Result<Bytes, Rejection> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece.map_err(|fault| fault.rejection(&self.limits))?;
            whole.extend_from_slice(&piece);
            self.unread.reset();
            if whole.len() as u64 > limit {
                return Err(Rejection::XmlTooLarge { limit });
            }
        }
        Ok(whole.into())
    }

    /// The whole body, when it is no longer than `limit`, of a request that is no submission.
    pub(crate) async fn short(&mut self, limit: u64) -> Result<Bytes, Rejection> {
        self.check_declared()?;
        let collected = self.collect(limit).await;
        collected.map_err(|rejection| match rejection {
            Rejection::XmlTooLarge { limit } => Rejection::TooLarge { limit },
            other => other,
        })
    }

    /// Reads on to the end, or as far as the limits say: an answer sent while the client still sends is lost with
    /// the connection on most client stacks (R-072; OpenRosa HTTP asks the server to read the whole body).
    pub(crate) async fn drain(&mut self) {
        let untouched = self.taken == 0 && self.rest_of_frame.is_empty();
        if self.waiting_client && untouched {
            return;
        }
        let bound = self.taken.saturating_add(self.limits.drain);
        self.rest_of_frame.clear();
        while self.taken <= bound
            && !self.ended
            && !matches!(self.fault, Some(Fault::TooSlow | Fault::Broken))
        {
            match poll_fn(|cx| self.poll_body(cx)).await {
                Some(Ok(frame)) => self.taken += frame.len() as u64,
                Some(Err(_)) | None => return,
            }
        }
    }

    /// The same for one who is not let in: that takes nobody's place, and not long.
    pub(crate) async fn turn_away(&mut self, head: &request::Parts) {
        if let Some(_outside) = Outside::of(&head.extensions) {
            drop(timeout(self.limits.strangers, self.drain()).await);
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), Fault>>> {
        Poll::Ready(match ready!(self.poll_body(cx)) {
            None => None,
            Some(Err(fault)) => Some(Err(fault)),
            Some(Ok(frame)) => {
                self.taken += frame.len() as u64;
                self.rest_of_frame = frame;
                Some(if self.taken > self.limits.body { Err(Fault::TooLarge) } else { Ok(()) })
            }
        })
    }

    /// What comes next, as long as its sender is worth waiting for.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let Poll::Ready(frame) = self.body.poll_next_unpin(cx) else {
            ready!(self.patience.poll_end(cx));
            return Poll::Ready(Some(Err(Fault::TooSlow)));
        };
        let frame = frame.map(|frame| frame.map_err(|_| Fault::Broken));
        if let Some(Ok(frame)) = &frame {
            self.patience.heard(frame.len());
        }
        Poll::Ready(frame)
    }

    fn piece(&mut self) -> Result<Bytes, Fault> {
        let size = self.rest_of_frame.len().min(PIECE);
        let unread = self.unread.0.fetch_add(size as u64, Ordering::Relaxed);
        if unread > self.limits.headers {
            return Err(Fault::Endless);
        }
        // Of a small body nothing more is offered.
        self.resting = self.declared.is_none_or(|length| length > PIECE as u64);
        Ok(self.rest_of_frame.split_to(size))
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.resting) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.ended || self.fault.is_some() {
            return Poll::Ready(None);
        }
        while self.rest_of_frame.is_empty() {
            match ready!(self.poll_frame(cx)) {
                Some(Ok(())) => {}
                Some(Err(fault)) => return Poll::Ready(Some(Err(self.fail(fault)))),
                None => {
                    self.ended = true;
                    return Poll::Ready(None);
                }
            }
        }
        let piece = self.piece();
        Poll::Ready(Some(piece.map_err(|fault| self.fail(fault))))
    }
}

impl Incoming {
    fn fail(&mut self, fault: Fault) -> Fault {
        self.fault = Some(fault);
        fault
    }
}

impl Fault {
    fn rejection(self, limits: &Limits) -> Rejection {
        match self {
            Self::TooLarge => Rejection::TooLarge { limit: limits.body },
            Self::Endless => Rejection::Multipart { reason: self.to_string() },
            Self::TooSlow => Rejection::TimedOut,
            Self::Broken => Rejection::Broken,
        }
    }
}
