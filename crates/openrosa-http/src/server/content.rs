//! What a host hands out: bytes that come as a stream.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStream, TryStreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::api::media;

/// The pieces of a [`Content`], in their order. An error breaks the answer off, so that its reader sees that it was cut.
pub type Pieces = BoxStream<'static, Result<Bytes, Box<dyn Error + Send + Sync>>>;

/// Bytes on their way to a client, read from wherever they are as the client takes them.
///
/// ```
/// use openrosa_http::server::Content;
///
/// let badge = Content::of("<svg/>").with_media_type("image/svg+xml");
/// assert_eq!(badge.length, Some(6));
/// ```
#[non_exhaustive]
pub struct Content {
    /// How many bytes it has in all, where that is known. By it a client sees that the end is missing.
    pub length: Option<u64>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Where the pieces begin: 0, unless it was asked for from a later byte on, and the host can do so.
    pub from: u64,
    /// The bytes from there on.
    pub pieces: Pieces,
}

impl Content {
    /// Bytes that are in memory.
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        Self::of_rest(bytes.into(), 0)
    }

    /// Bytes that are in memory, from one of them on.
    pub fn of_rest(bytes: Bytes, from: u64) -> Self {
        let length = bytes.len() as u64;
        let from = from.min(length);
        let rest = bytes.slice(usize::try_from(from).unwrap_or(bytes.len())..);
        let rest = stream::once(async { Ok::<_, std::convert::Infallible>(rest) });
        Self::streamed(rest).with_length(length).starting_at(from)
    }

    /// Bytes that come as they are read, of a length that is not known.
    pub fn streamed<S>(pieces: S) -> Self
    where
        S: TryStream<Ok = Bytes> + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Self { length: None, media_type: None, from: 0, pieces: pieces.map_err(Into::into).boxed() }
    }

    /// How many bytes it has in all.
    #[must_use]
    pub fn with_length(self, length: u64) -> Self {
        Self { length: Some(length), ..self }
    }

    /// What it is.
    #[must_use]
    pub fn with_media_type(self, media_type: impl Into<String>) -> Self {
        Self { media_type: Some(media_type.into()), ..self }
    }

    /// That the pieces begin at this byte of it.
    #[must_use]
    pub fn starting_at(self, from: u64) -> Self {
        Self { from, ..self }
    }
}

/// A success that is this content, from the byte that the request asked for on, if the host began there.
pub(crate) fn answer(content: Content, asked: &HeaderMap) -> Response {
    let Content { length, media_type, from, pieces } = content;
    if let (Some(length), Some(wanted)) = (length, first_byte(asked))
        && wanted >= length
    {
        return beyond(length);
    }
    let kind = media_type.and_then(|kind| HeaderValue::try_from(kind).ok());
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut response = media::write_head(from, length, SystemTime::now()).map(|()| body(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    // What is uploaded by one person and opened by another is never run as a page of this server.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    response
}

/// The bytes as a body; what breaks them off is told to the log.
pub(crate) fn body(pieces: Pieces) -> Body {
    Body::from_stream(pieces.inspect_err(|error| tracing::error!(error, "an answer is broken off")))
}

/// Where a request wants its content to begin: the one range that clients of the field ask for, `bytes=N-`. Any other is
/// passed over, as RFC 9110, 14.2 allows.
pub(crate) fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    let digits = range.strip_prefix("bytes=")?.strip_suffix('-')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn beyond(length: u64) -> Response {
    let mut response = media::write_head(0, Some(0), SystemTime::now()).map(|()| Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    let range = HeaderValue::try_from(format!("bytes */{length}")).expect("digits are a header value");
    response.headers_mut().insert(header::CONTENT_RANGE, range);
    response
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("length", &self.length)
            .field("media_type", &self.media_type)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}
