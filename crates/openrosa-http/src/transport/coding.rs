//! What a server compressed on its way, as it was before (RFC 9110, 8.4).

use std::io::{self, Write as _};

use bytes::{Buf as _, Bytes};
use flate2::write::MultiGzDecoder;
use futures_util::stream;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode, response};

use super::Body;

/// A part of a file is a part of what it is uncompressed, or nothing that could be put together.
pub(super) fn ask(headers: &mut HeaderMap) {
    if !headers.contains_key(ACCEPT_ENCODING) && !headers.contains_key(RANGE) {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
}

/// The content of an answer. What was compressed in another way than was asked for is nobody's content. A part of a file stays as it
/// came, and says so: it may be one of the compressed bytes, which cannot be undone by itself.
pub(super) fn undo(answer: &mut response::Parts, body: Body) -> Body {
    let Some(coding) = coding(&answer.headers) else { return body };
    if body.len() == Some(0) || answer.status == StatusCode::PARTIAL_CONTENT {
        return body;
    }
    answer.headers.remove(CONTENT_ENCODING);
    answer.headers.remove(CONTENT_LENGTH);
    // Case does not matter, and `x-gzip` is an older name of the same (RFC 9110, 8.4.1.3).
    if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
        return Gzip::new(body).into();
    }
    if !answer.status.is_success() {
        // It would be words, and the status says enough.
        return Body::empty();
    }
    let unasked = format!("the server compressed its answer by `{coding}`, which was not asked for");
    Body::from_stream(None, stream::iter([Err(io::Error::new(io::ErrorKind::InvalidData, unasked))]))
}

/// What was done to the content, if anything, as the server says it.
fn coding(headers: &HeaderMap) -> Option<String> {
    if !headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    let said = headers.get_all(CONTENT_ENCODING).iter().map(|said| String::from_utf8_lossy(said.as_bytes()));
    let said = said.collect::<Vec<_>>().join(",");
    let codings = said.split(',').map(str::trim);
    let codings = codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
    let codings = codings.collect::<Vec<_>>().join(", ");
    (!codings.is_empty()).then_some(codings)
}

/// A gzip that is undone as it comes, a few kilobytes at a time however much is in them. It may have several members (RFC 1952,
/// 2.2), and ends with one.
struct Gzip {
    packed: Body,
    chunk: Bytes,
    /// `None` after its end.
    gunzip: Option<MultiGzDecoder<Vec<u8>>>,
}

impl Gzip {
    fn new(packed: Body) -> Self {
        Self { packed, chunk: Bytes::new(), gunzip: Some(MultiGzDecoder::new(Vec::new())) }
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(gunzip) = &mut self.gunzip {
            if self.chunk.is_empty() {
                match self.packed.chunk().await? {
                    Some(chunk) => self.chunk = chunk,
                    None => return self.finish(),
                }
                continue;
            }
            let taken = gunzip.write(&self.chunk).map_err(damaged)?;
            self.chunk.advance(taken);
            if self.chunk.is_empty() {
                // Another may never come, and what is known of a file need not be fetched again.
                gunzip.flush().map_err(damaged)?;
            }
            let piece = std::mem::take(gunzip.get_mut());
            if !piece.is_empty() {
                return Ok(Some(piece.into()));
            }
            if taken == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a gzip that does not go on"));
            }
        }
        Ok(None)
    }

    fn finish(&mut self) -> io::Result<Option<Bytes>> {
        let Some(gunzip) = self.gunzip.take() else { return Ok(None) };
        let rest = gunzip.finish().map_err(damaged)?;
        Ok((!rest.is_empty()).then(|| rest.into()))
    }
}

/// What else can be said of it is about the insides of a decoder.
fn damaged(_: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its gzip is cut, or damaged")
}

impl From<Gzip> for Body {
    fn from(gzip: Gzip) -> Self {
        let pieces =
            stream::try_unfold(gzip, |mut gzip| async { Ok(gzip.next().await?.map(|piece| (piece, gzip))) });
        Self::from_stream(None, pieces)
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};
    use http::Response;

    use super::*;
    use crate::transport;

    fn gzipped(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    async fn undone(status: StatusCode, coding: &str, body: &[u8], step: usize) -> io::Result<Vec<u8>> {
        let answer = Response::builder().status(status).header(CONTENT_ENCODING, coding);
        let (mut parts, ()) = answer.header(CONTENT_LENGTH, body.len()).body(()).unwrap().into_parts();
        let chunks: Vec<_> = body.chunks(step).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let mut body = undo(&mut parts, Body::from_stream(Some(body.len() as u64), stream::iter(chunks)));
        let mut content = Vec::new();
        while let Some(piece) = body.chunk().await? {
            assert!(!piece.is_empty() && piece.len() <= 256 << 10, "{}", piece.len());
            content.extend_from_slice(&piece);
        }
        assert!(body.chunk().await?.is_none(), "an end is an end");
        Ok(content)
    }

    /// RFC 1952, 2.2: a gzip is a series of members.
    #[tokio::test]
    async fn a_gzip_of_several_members_is_read_to_its_end() {
        let text: Vec<u8> = (0..200_000_u32).map(|number| ((number % 251 * number) >> 3) as u8).collect();
        let members = [&text[..100], &[], &text[100..70_000], &text[70_000..]].map(gzipped).concat();
        for step in [1, 7, 4096, usize::MAX] {
            let content = undone(StatusCode::OK, "gzip", &members, step).await.unwrap();
            assert!(content == text, "{step}: {} bytes", content.len());
        }
    }

    /// S-077: what is cut, or has more behind it than members, is an error.
    #[tokio::test]
    async fn a_gzip_that_is_cut_or_followed_by_something_else_is_an_error() {
        let whole = [gzipped(b"abc"), gzipped(b"def")].concat();
        let first = gzipped(b"abc").len();
        for cut in (1..whole.len()).filter(|cut| *cut != first) {
            for step in [1, usize::MAX] {
                let error = undone(StatusCode::OK, "gzip", &whole[..cut], step).await.unwrap_err();
                assert_eq!(error.to_string(), "its gzip is cut, or damaged", "{cut}");
            }
        }
        for more in [&b"\0"[..], b"abc", b"\x1f\x8b"] {
            let more = [&whole, more].concat();
            assert!(undone(StatusCode::OK, "gzip", &more, usize::MAX).await.is_err());
        }
        let mut damaged = whole;
        damaged[first - 8] ^= 1;
        let error = undone(StatusCode::OK, "gzip", &damaged, usize::MAX).await.unwrap_err();
        let error = transport::Error::new(transport::Sent::Perhaps, error);
        assert_eq!(error.to_string(), "the answer cannot be read: its gzip is cut, or damaged");
    }

    /// What came before a cut is handed on, so that it need not come again.
    #[tokio::test]
    async fn what_came_is_there_before_what_may_never_come() {
        let packed = gzipped(&[b'a'; 5000]);
        let chunks = [Ok(Bytes::copy_from_slice(&packed[..packed.len() - 8])), Err(io::Error::other("cut"))];
        let answer = Response::builder().header(CONTENT_ENCODING, "gzip").body(()).unwrap();
        let mut body = undo(&mut answer.into_parts().0, Body::from_stream(None, stream::iter(chunks)));
        let mut came = 0;
        while let Ok(piece) = body.chunk().await {
            came += piece.unwrap().len();
        }
        assert_eq!(came, 5000);
    }

    /// A few kilobytes that would be many megabytes come a little at a time, which `undone` looks at.
    #[tokio::test]
    async fn a_bomb_goes_off_slowly() {
        let bomb = gzipped(&vec![0; 4 << 20]);
        assert_eq!(undone(StatusCode::OK, "gzip", &bomb, usize::MAX).await.unwrap().len(), 4 << 20);
    }

    #[tokio::test]
    async fn codings_are_known_by_all_their_names_and_others_named() {
        let packed = gzipped(b"abc");
        for coding in ["gzip", "GZIP", "x-gzip", "identity, gzip"] {
            assert_eq!(undone(StatusCode::OK, coding, &packed, 5).await.unwrap(), b"abc", "{coding}");
        }
        for coding in ["identity", ""] {
            assert_eq!(undone(StatusCode::OK, coding, b"abc", 5).await.unwrap(), b"abc", "{coding}");
        }
        for coding in ["br", "deflate", "gzip, gzip"] {
            let error = undone(StatusCode::CREATED, coding, &packed, 5).await.unwrap_err().to_string();
            assert_eq!(
                error,
                format!("the server compressed its answer by `{coding}`, which was not asked for")
            );
        }
        assert_eq!(undone(StatusCode::SERVICE_UNAVAILABLE, "br", b"abc", 5).await.unwrap(), b"");
        assert_eq!(undone(StatusCode::OK, "gzip", b"", 5).await.unwrap(), b"");
        assert_eq!(undone(StatusCode::PARTIAL_CONTENT, "gzip", &packed, 5).await.unwrap(), packed);
    }
}
