//! What a host hands out: bytes that come as a stream.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStream, TryStreamExt};

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
        let bytes = bytes.into();
        let length = bytes.len() as u64;
        Self::streamed(stream::once(async { Ok::<_, std::convert::Infallible>(bytes) })).with_length(length)
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

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("length", &self.length)
            .field("media_type", &self.media_type)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}
