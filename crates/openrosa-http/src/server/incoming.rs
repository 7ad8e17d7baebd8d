//! A request body on its way in: counted, paced, and read to its end before anything is answered.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, header, request};
use tokio::time::timeout;

use super::patience::Patience;
use super::seat::Outside;
use super::{Limits, Rejection};

/// The body of one request, frame by frame. The first fault ends it.
pub(crate) struct Incoming {
    body: BodyDataStream,
    taken: u64,
    declared: Option<u64>,
    /// The client waits for `100 Continue` before it sends anything, and reading is what makes the server say it.
    waiting_client: bool,
    patience: Patience,
    fault: Option<Fault>,
    ended: bool,
    limits: Limits,
}

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("too large")]
    TooLarge,
    #[error("too slow")]
    TooSlow,
    #[error("broken off")]
    Broken,
}

impl Incoming {
    pub(crate) fn new(body: Body, headers: &HeaderMap, limits: &Limits) -> Self {
        let number = |value: &http::HeaderValue| value.to_str().ok()?.parse().ok();
        Self {
            body: body.into_data_stream(),
            taken: 0,
            declared: headers.get(header::CONTENT_LENGTH).and_then(number),
            waiting_client: headers.contains_key(header::EXPECT),
            patience: Patience::new(limits),
            fault: None,
            ended: false,
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

    /// How much is taken, and how slowly.
    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What comes next of it; nothing after its end. After a fault, the same fault again.
    pub(crate) async fn frame(&mut self) -> Result<Option<Bytes>, Rejection> {
        if self.ended {
            return Ok(None);
        }
        let frame = match self.fault {
            Some(fault) => Err(fault),
            None => poll_fn(|cx| self.poll_body(cx)).await.transpose(),
        };
        let limit = self.limits.body;
        let frame = frame.and_then(|frame| {
            self.taken += frame.as_ref().map_or(0, Bytes::len) as u64;
            if self.taken > limit { Err(Fault::TooLarge) } else { Ok(frame) }
        });
        self.ended = matches!(frame, Ok(None));
        frame.map_err(|fault| {
            self.fault = Some(fault);
            fault.rejection(&self.limits)
        })
    }

    /// The whole body, when it is no longer than `limit`.
    pub(crate) async fn collect(&mut self, limit: u64) -> Result<Bytes, Rejection> {
        let mut whole = Bytes::new();
        while let Some(frame) = self.frame().await? {
            whole = joined(whole, frame);
            if whole.len() as u64 > limit {
                return Err(Rejection::XmlTooLarge { limit });
            }
        }
        Ok(whole)
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
        if self.waiting_client && self.taken == 0 {
            return;
        }
        let bound = self.taken.saturating_add(self.limits.drain);
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
}

/// What came, and more of it. What came in one piece is not copied; of what comes in single bytes the beginning is not copied with
/// each of them.
pub(crate) fn joined(came: Bytes, more: Bytes) -> Bytes {
    if came.is_empty() {
        return more;
    }
    let mut joined = came.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
    joined.extend_from_slice(&more);
    joined.freeze()
}

impl Fault {
    fn rejection(self, limits: &Limits) -> Rejection {
        match self {
            Self::TooLarge => Rejection::TooLarge { limit: limits.body },
            Self::TooSlow => Rejection::TimedOut,
            Self::Broken => Rejection::Broken,
        }
    }
}
