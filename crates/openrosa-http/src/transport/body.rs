//! The body of a request or an answer: a stream of chunks, of a length that is mostly known.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use http_body::{Frame, SizeHint};
use sync_wrapper::SyncWrapper;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// How much of a file is in memory at a time.
const CHUNK: usize = 64 * 1024;

/// A body, sent or received: never more than a chunk of it is in memory.
pub struct Body {
    len: Option<u64>,
    content: Content,
}

enum Content {
    /// All of it in one piece; empty, too, once that was handed on.
    Whole(Bytes),
    /// In a cell, as a stream may not be shared between threads and what reads it may.
    Chunks(SyncWrapper<Chunks>),
}

impl Body {
    /// No body at all.
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// A body that comes in chunks; `len` is what they add up to, where that is known.
    pub fn from_stream(
        len: Option<u64>,
        chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self { len, content: Content::Chunks(SyncWrapper::new(chunks.boxed())) }
    }

    /// A file, read as it is asked for. It is measured now; should it have another size when it is read, that is an error.
    pub async fn from_file(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let len = tokio::fs::metadata(&path).await?.len();
        Ok(Self::from_segments(vec![Segment::File { path, len }]))
    }

    /// What goes on the wire, known to the byte before it is read.
    pub(crate) fn from_segments(mut segments: Vec<Segment>) -> Self {
        if let [Segment::Bytes(whole)] = &mut *segments {
            return std::mem::take(whole).into();
        }
        let len = segments.iter().map(Segment::len).sum();
        let reading = Reading { ahead: segments.into(), open: None };
        let chunks = stream::try_unfold(reading, |mut reading| async {
            Ok(reading.next().await?.map(|chunk| (chunk, reading)))
        });
        Self::from_stream(Some(len), chunks)
    }

    /// Its length in bytes, where that is known.
    #[expect(clippy::len_without_is_empty, reason = "a body of unknown length is neither")]
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// The next chunk; `None` at its end.
    pub async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        match &mut self.content {
            Content::Whole(bytes) => Ok(rest(bytes)),
            Content::Chunks(chunks) => chunks.get_mut().next().await.transpose(),
        }
    }

    /// The next chunks in one piece, until there are so many bytes of it or it ends: how much comes in one chunk is up to the network.
    pub async fn at_least(&mut self, bytes: usize) -> io::Result<Bytes> {
        let mut read = BytesMut::new();
        while read.len() < bytes
            && let Some(chunk) = self.chunk().await?
        {
            read.extend_from_slice(&chunk);
        }
        Ok(read.freeze())
    }

    /// All of it at once, where it lies in memory as one piece and nothing was taken from it; else itself again.
    #[cfg(feature = "hyper")]
    pub(crate) fn whole(self) -> Result<Bytes, Self> {
        match self.content {
            Content::Whole(bytes) => Ok(bytes),
            Content::Chunks(_) => Err(self),
        }
    }

    /// The first `limit` bytes of it; the rest is not read.
    pub async fn read_up_to(mut self, limit: usize) -> io::Result<Bytes> {
        if let Content::Whole(bytes) = &mut self.content {
            return Ok(bytes.split_to(bytes.len().min(limit)));
        }
        let mut read = BytesMut::new();
        while read.len() < limit
            && let Some(chunk) = self.chunk().await?
        {
            read.extend_from_slice(&chunk[..chunk.len().min(limit - read.len())]);
        }
        Ok(read.freeze())
    }
}

impl<B: Into<Bytes>> From<B> for Body {
    fn from(bytes: B) -> Self {
        let bytes = bytes.into();
        Self { len: Some(bytes.len() as u64), content: Content::Whole(bytes) }
    }
}

/// What is left of a piece, which is handed on once.
fn rest(bytes: &mut Bytes) -> Option<Bytes> {
    (!bytes.is_empty()).then(|| std::mem::take(bytes))
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.content {
            Content::Whole(bytes) => Poll::Ready(rest(bytes).map(Frame::data).map(Ok)),
            Content::Chunks(chunks) => chunks.get_mut().poll_next_unpin(cx).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Chunks(_) => self.len == Some(0),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.len.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("len", &self.len).finish_non_exhaustive()
    }
}

/// A stretch of a body.
pub(crate) enum Segment {
    Bytes(Bytes),
    File { path: PathBuf, len: u64 },
    Stream { open: Opener, len: u64 },
}

/// What opens a stream of chunks, each time from its first byte on. Two are equal when they are one.
#[derive(Clone)]
pub(crate) struct Opener(Arc<dyn Fn() -> Chunks + Send + Sync>);

type Chunks = BoxStream<'static, io::Result<Bytes>>;

impl Opener {
    pub(crate) fn new<S>(open: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        Self(Arc::new(move || open().boxed()))
    }
}

impl PartialEq for Opener {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Opener {}

impl Segment {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { len, .. } | Self::Stream { len, .. } => *len,
        }
    }
}

/// Segments being read, one after the other.
struct Reading {
    ahead: VecDeque<Segment>,
    open: Option<Open>,
}

/// A segment that is being read, and how much of it is to come.
struct Open {
    source: Opened,
    left: u64,
}

enum Opened {
    File(File),
    Stream(SyncWrapper<Chunks>),
}

impl Reading {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(open) = &mut self.open {
                if open.left > 0 {
                    return open.chunk().await.map(Some);
                }
                open.finish().await?;
                self.open = None;
            }
            match self.ahead.pop_front() {
                None => return Ok(None),
                Some(Segment::Bytes(bytes)) if bytes.is_empty() => {}
                Some(Segment::Bytes(bytes)) => return Ok(Some(bytes)),
                Some(Segment::File { path, len }) => self.open = Some(Open::file(path, len).await?),
                Some(Segment::Stream { open, len }) => self.open = Some(Open::stream(&open, len)),
            }
        }
    }
}

impl Open {
    /// The length went out in the headers: a file that has another one by now cannot be sent any more.
    async fn file(path: PathBuf, len: u64) -> io::Result<Self> {
        let file = File::open(&path).await?;
        let now = file.metadata().await?.len();
        if now != len {
            return Err(changed(&path.display(), len, now));
        }
        Ok(Self { source: Opened::File(file), left: len })
    }

    fn stream(open: &Opener, len: u64) -> Self {
        Self { source: Opened::Stream(SyncWrapper::new((open.0)())), left: len }
    }

    async fn chunk(&mut self) -> io::Result<Bytes> {
        let chunk = match &mut self.source {
            Opened::File(file) => read(file, self.left).await?,
            Opened::Stream(chunks) => chunks.get_mut().next().await.transpose()?.unwrap_or_default(),
        };
        match chunk.len() as u64 {
            0 => Err(cut()),
            more if more > self.left => {
                Err(io::Error::other("an attachment has grown since it was measured"))
            }
            read => {
                self.left -= read;
                Ok(chunk)
            }
        }
    }

    /// All of it was handed on. A stream may yet say that something was wrong with it, or have more.
    async fn finish(&mut self) -> io::Result<()> {
        let Opened::Stream(chunks) = &mut self.source else { return Ok(()) };
        match chunks.get_mut().next().await {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(_)) => Err(io::Error::other("an attachment has grown since it was measured")),
        }
    }
}

async fn read(file: &mut File, left: u64) -> io::Result<Bytes> {
    let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
    let mut chunk = BytesMut::zeroed(wanted);
    let read = file.read(&mut chunk).await?;
    chunk.truncate(read);
    Ok(chunk.freeze())
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "an attachment was cut while it was sent")
}

fn changed(path: &dyn fmt::Display, len: u64, now: u64) -> io::Error {
    io::Error::other(format!(
        "the attachment `{path}` had {len} bytes when it was attached and has {now} now"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_read_in_chunks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("video");
        let content: Vec<u8> = (0..CHUNK * 2 + 7).map(|at| at.to_le_bytes()[0]).collect();
        std::fs::write(&path, &content).unwrap();

        let len = content.len() as u64;
        let segments = vec![
            Segment::Bytes("<".into()),
            Segment::File { path: path.clone(), len },
            Segment::Bytes(">".into()),
        ];
        let body = Body::from_segments(segments);
        assert_eq!(body.len(), Some(len + 2));
        let chunks: Vec<Bytes> = drain(body).await;
        assert!(chunks.len() >= 5 && chunks.iter().all(|chunk| chunk.len() <= CHUNK));
        assert_eq!(chunks.concat(), [b"<", &*content, b">"].concat());
        let whole = Body::from_file(&path).await.unwrap();
        assert_eq!(whole.len(), Some(len));
        assert_eq!(whole.read_up_to(usize::MAX).await.unwrap(), content);
    }

    async fn drain(mut body: Body) -> Vec<Bytes> {
        let mut chunks = Vec::new();
        while let Some(chunk) = body.chunk().await.unwrap() {
            chunks.push(chunk);
        }
        chunks
    }

    #[tokio::test]
    async fn a_piece_is_handed_on_once() {
        let mut body = Body::from("abc");
        assert_eq!(body.chunk().await.unwrap().unwrap(), "abc");
        assert_eq!(body.chunk().await.unwrap(), None);
        assert_eq!(drain(Body::empty()).await, <[Bytes; 0]>::default());
    }

    #[tokio::test]
    async fn a_file_that_changed_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        std::fs::write(&path, "123").unwrap();
        for len in [2, 4] {
            let body = Body::from_segments(vec![Segment::File { path: path.clone(), len }]);
            assert!(body.read_up_to(100).await.is_err(), "{len}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(Body::from_segments(vec![Segment::File { path, len: 3 }]).read_up_to(100).await.is_err());
    }

    #[tokio::test]
    async fn a_stream_is_read_anew_and_has_its_length_or_fails() {
        let stream = |parts: &'static [&'static str], len| {
            let open = Opener::new(move || stream::iter(parts.iter().map(|part| Ok(Bytes::from(*part)))));
            let again = open.clone();
            let both = [open, again].map(|open| Segment::Stream { open, len });
            Body::from_segments(both.into()).read_up_to(100)
        };
        assert_eq!(stream(&["12", "3"], 3).await.unwrap(), "123123");
        assert_eq!(stream(&[], 0).await.unwrap(), "");
        for len in [2, 4] {
            assert!(stream(&["12", "3"], len).await.is_err(), "{len}");
        }
        let broken = Opener::new(|| stream::iter([Ok(Bytes::from("123")), Err(cut())]));
        let body = Body::from_segments(vec![Segment::Stream { open: broken, len: 3 }]);
        assert!(body.read_up_to(100).await.is_err(), "its last word counts");
    }

    #[tokio::test]
    async fn no_more_is_read_than_asked_for() {
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(b"abc")));
        assert_eq!(Body::from_stream(None, endless).read_up_to(7).await.unwrap(), "abcabca");
        assert_eq!(Body::from("ab").read_up_to(7).await.unwrap(), "ab");
        assert_eq!(Body::empty().len(), Some(0));
    }
}
