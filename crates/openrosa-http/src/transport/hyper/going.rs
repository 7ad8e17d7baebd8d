//! A request that takes long to be sent: whoever waits for its answer sees it go.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::transport::Body;

/// Pieces of what lies in memory. Of anything larger it would show only when all of it has gone.
const PIECE: usize = 16 << 10;

/// When a piece of a request went last, and how long another is waited for.
#[derive(Clone, Debug)]
pub(super) struct Last {
    at: Arc<Mutex<Option<Instant>>>,
    patience: Duration,
}

impl Last {
    pub(super) fn new(patience: Duration) -> Self {
        Self { at: Arc::default(), patience }
    }

    /// How long the request is waited for; `None` before its first piece.
    pub(super) fn until(&self) -> Option<Instant> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at + self.patience)
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    fn set(&self) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// The body of a request, in pieces that are asked for as the connection has room for them.
pub(super) struct Going {
    body: Body,
    /// What is left of the last piece.
    rest: Bytes,
    left: Option<u64>,
    last: Last,
}

impl Going {
    pub(super) fn new(body: Body, last: Last) -> Self {
        Self { left: body.len(), body, rest: Bytes::new(), last }
    }

    /// Whether so few bytes are gone before anybody could ask.
    pub(super) fn is_small(bytes: &Bytes) -> bool {
        bytes.len() <= PIECE
    }
}

impl http_body::Body for Going {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.left = self.left.map(|left| left.saturating_sub(length as u64));
        self.last.set();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_large_body_goes_in_pieces_and_whole() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        let last = Last::new(Duration::ZERO);
        let mut going = Going::new(Body::from(bytes.clone()), last.clone());
        assert_eq!((http_body::Body::size_hint(&going).exact(), last.until()), (Some(100_000), None));
        let mut sent = Vec::new();
        while let Some(frame) = going.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(!piece.is_empty() && piece.len() <= PIECE);
            sent.extend(piece);
            assert_eq!(http_body::Body::size_hint(&going).exact(), Some(100_000 - sent.len() as u64));
        }
        assert!(sent == bytes && last.until().is_some() && http_body::Body::is_end_stream(&going));
    }
}
