//! A body that is looked at as it goes by.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use prometheus_client::metrics::counter::Counter;

/// A body whose bytes are counted, and with which something is let go of when it has ended, or is not wanted any more.
pub(super) struct Counted<T> {
    body: Body,
    bytes: Counter,
    _held: T,
}

impl<T: Send + Unpin + 'static> Counted<T> {
    pub(super) fn body(body: Body, bytes: Counter, held: T) -> Body {
        Body::new(Self { body, bytes, _held: held })
    }
}

impl<T: Unpin> HttpBody for Counted<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.bytes.inc_by(frame.data_ref().map_or(0, Bytes::len) as u64);
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
