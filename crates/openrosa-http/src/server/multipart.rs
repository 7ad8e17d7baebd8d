//! A multipart body, part by part, as it comes (RFC 7578 over RFC 2046).
//!
//! Strict where readings could part: lines end with CR and LF, and the last boundary has to be there, as without it a photo that was
//! cut off would pass for whole. Nothing is searched for beyond what has come, and nothing is held but the headers of one part.

use bytes::{Buf, Bytes};
use memchr::memchr_iter;

use super::Rejection;
use super::incoming::{Incoming, joined};

/// The end of a line and an empty line.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// More than any sender has; RFC 7578 knows of three.
const MOST_HEADERS: usize = 32;

/// One body being read.
pub(crate) struct Multipart<'i> {
    incoming: &'i mut Incoming,
    /// What stands between two parts.
    delimiter: &'i [u8],
    /// What has come and was not yet handed on.
    held: Bytes,
    place: Place,
}

/// What begins with the bytes held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Preamble,
    Content,
    /// What stands behind a delimiter: the headers of a part, unless it was the last delimiter.
    Behind,
    Epilogue,
}

impl<'i> Multipart<'i> {
    pub(crate) fn new(incoming: &'i mut Incoming, delimiter: &'i [u8]) -> Self {
        Self { incoming, delimiter, held: Bytes::new(), place: Place::Preamble }
    }

    /// The headers of the next part, with the lines before and after them; nothing behind the last part.
    pub(crate) async fn next_part(&mut self) -> Result<Option<Bytes>, Rejection> {
        match self.place {
            Place::Preamble => drop(self.through(&self.delimiter[2..]).await?),
            Place::Content => while self.chunk().await?.is_some() {},
            Place::Behind => {}
            Place::Epilogue => return Ok(None),
        }
        while self.held.len() < 2 {
            self.fetch().await?;
        }
        if self.held.starts_with(b"--") {
            self.place = Place::Epilogue;
            return Ok(None);
        }
        let head = self.through(BLANK_LINE).await?;
        self.place = Place::Content;
        Ok(Some(head))
    }

    /// More of the part whose headers came last; nothing when it has ended.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Rejection> {
        while self.place == Place::Content {
            match self.certain() {
                0 if self.held.starts_with(self.delimiter) => {
                    self.held.advance(self.delimiter.len());
                    self.place = Place::Behind;
                }
                0 => self.fetch().await?,
                length => return Ok(Some(self.held.split_to(length))),
            }
        }
        Ok(None)
    }

    /// How much of what is held belongs to the part, whatever comes next.
    fn certain(&self) -> usize {
        let may_end = |&at: &usize| {
            let rest = &self.held[at..];
            rest.starts_with(self.delimiter) || self.delimiter.starts_with(rest)
        };
        memchr_iter(b'\r', &self.held).find(may_end).unwrap_or(self.held.len())
    }

    /// Takes everything as far as these bytes, and them.
    async fn through(&mut self, end: &[u8]) -> Result<Bytes, Rejection> {
        let mut searched = 0;
        loop {
            let found = find(&self.held[searched..], end).map(|at| searched + at + end.len());
            if found.unwrap_or(self.held.len()) as u64 > self.incoming.limits().headers {
                let reason = "the headers of a part, or what stands between two parts, never end";
                return Err(Rejection::Multipart { reason: reason.into() });
            }
            if let Some(length) = found {
                return Ok(self.held.split_to(length));
            }
            // The end may have begun.
            searched = (self.held.len() + 1).saturating_sub(end.len());
            self.fetch().await?;
        }
    }

    async fn fetch(&mut self) -> Result<(), Rejection> {
        let cut = || Rejection::Multipart { reason: "it ends before its last part does".into() };
        let frame = self.incoming.frame().await?.ok_or_else(cut)?;
        self.held = joined(std::mem::take(&mut self.held), frame);
        Ok(())
    }
}

/// What stands between the parts of a body with this boundary: the end of a line, two hyphens, and the boundary.
pub(crate) fn delimiter(boundary: &str) -> Vec<u8> {
    [b"\r\n--", boundary.as_bytes()].concat()
}

/// Where the bytes begin that are looked for. Preparing a search costs more than it saves where a header ends soon.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr_iter(wanted[0], bytes).find(|&at| bytes[at..].starts_with(wanted))
}

/// The headers of a part that mean something.
#[derive(Debug, Default)]
pub(crate) struct PartHeaders<'h> {
    pub(crate) disposition: Option<&'h [u8]>,
    pub(crate) content_type: Option<&'h [u8]>,
    pub(crate) transfer_encoding: Option<&'h [u8]>,
}

impl<'h> PartHeaders<'h> {
    /// Of several headers of a name the first counts.
    pub(crate) fn read(head: &'h [u8]) -> Result<Self, Rejection> {
        let unreadable = |reason: String| Rejection::Multipart { reason };
        let padding = head.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
        let lines = head[padding..].strip_prefix(b"\r\n");
        let lines = lines.ok_or_else(|| unreadable("a boundary does not end its line".into()))?;
        let mut room = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let parsed = httparse::parse_headers(lines, &mut room)
            .map_err(|error| unreadable(format!("the headers of a part: {error}")))?;
        let httparse::Status::Complete((_, found)) = parsed else {
            return Err(unreadable("the headers of a part do not end".into()));
        };
        let mut headers = Self::default();
        for header in found {
            let slot = match header.name {
                name if name.eq_ignore_ascii_case("Content-Disposition") => &mut headers.disposition,
                name if name.eq_ignore_ascii_case("Content-Type") => &mut headers.content_type,
                name if name.eq_ignore_ascii_case("Content-Transfer-Encoding") => {
                    &mut headers.transfer_encoding
                }
                _ => continue,
            };
            slot.get_or_insert(header.value);
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use futures_util::stream;
    use http::HeaderMap;
    use proptest::prelude::*;

    use super::super::Limits;
    use super::*;

    /// The parts of a body that comes in these pieces, each with its disposition and its content.
    async fn parts(pieces: Vec<Vec<u8>>, limits: &Limits) -> Result<Vec<(String, Vec<u8>)>, String> {
        let pieces = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
        let body = Body::from_stream(stream::iter(pieces));
        let mut incoming = Incoming::new(body, &HeaderMap::new(), limits);
        let mut multipart = Multipart::new(&mut incoming, b"\r\n--b-1");
        let mut found = Vec::new();
        while let Some(head) = multipart.next_part().await.map_err(|error| error.to_string())? {
            let headers = PartHeaders::read(&head).map_err(|error| error.to_string())?;
            let name = String::from_utf8_lossy(headers.disposition.unwrap_or_default()).into_owned();
            let mut content = Vec::new();
            while let Some(chunk) = multipart.chunk().await.map_err(|error| error.to_string())? {
                assert!(!chunk.is_empty(), "an empty chunk says nothing");
                content.extend_from_slice(&chunk);
            }
            assert_eq!(multipart.chunk().await.unwrap(), None, "what has ended stays so");
            found.push((name, content));
        }
        assert_eq!(multipart.next_part().await.unwrap(), None, "and so does the body");
        Ok(found)
    }

    async fn whole(body: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        parts(vec![body.to_vec()], &Limits::default()).await
    }

    fn one(name: &str, content: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
        Ok(vec![(name.to_owned(), content.as_bytes().to_vec())])
    }

    #[tokio::test]
    async fn what_stands_around_parts_is_none_of_them() {
        for (before, after) in
            [("", ""), ("hello\r\n", "bye"), ("\r\n", "\r\n--b-1\r\n\r\nnot a part"), ("--", "")]
        {
            let body = format!("{before}--b-1 \t\r\nContent-disposition: x\r\n\r\ny\r\n--b-1--{after}");
            assert_eq!(whole(body.as_bytes()).await, one("x", "y"), "{body}");
        }
        assert_eq!(whole(b"--b-1--").await, Ok(vec![]));
        assert_eq!(whole(b"--b-1\r\n\r\ny\r\n--b-1--").await, one("", "y"), "without headers");
        assert_eq!(whole(b"--b-1\r\nContent-Disposition: x\r\n\r\n\r\n--b-1--").await, one("x", ""));
    }

    #[tokio::test]
    async fn what_looks_like_an_end_is_content() {
        let content = "\r\n--b-\r\r\n--b-2\n--b-1\r\n-b-1--b-1\r\n";
        let body = format!("--b-1\r\nContent-Disposition: x\r\n\r\n{content}\r\n--b-1--");
        assert_eq!(whole(body.as_bytes()).await, one("x", content));
    }

    /// A body that was cut anywhere before its last two hyphens is no body.
    #[tokio::test]
    async fn what_is_cut_is_refused() {
        let body = b"--b-1\r\nContent-Disposition: x\r\n\r\ny\r\n--b-1--";
        for length in 0..body.len() {
            let refused = whole(&body[..length]).await;
            let said = "the multipart body cannot be read: it ends before its last part does";
            assert_eq!(refused, Err(said.to_owned()), "{length}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused_in_words() {
        let many = "a: b\r\n".repeat(MOST_HEADERS + 1);
        for (head, words) in [
            ("x\r\n", "a boundary does not end its line"),
            ("\r\na header\r\n", "the headers of a part: invalid header name"),
            (&format!("\r\n{many}"), "the headers of a part: too many headers"),
        ] {
            let body = format!("--b-1{head}\r\ny\r\n--b-1--");
            let refused = whole(body.as_bytes()).await;
            assert_eq!(refused, Err(format!("the multipart body cannot be read: {words}")), "{head}");
        }
    }

    #[tokio::test]
    async fn headers_may_be_as_long_as_the_limit_says() {
        let (body, head) = ("--b-1\r\na: b\r\n\r\ny\r\n--b-1--", "\r\na: b\r\n\r\n".len() as u64);
        for piece in [1, 7, body.len()] {
            let read = async |headers| {
                let pieces = body.as_bytes().chunks(piece).map(<[u8]>::to_vec).collect();
                parts(pieces, &Limits { headers, ..Limits::default() }).await
            };
            assert_eq!(read(head).await, one("", "y"));
            assert!(read(head - 1).await.unwrap_err().ends_with("never end"));
        }
    }

    #[tokio::test]
    async fn a_part_that_nobody_wants_is_passed_over() {
        let body = "--b-1\r\na: 1\r\n\r\ny\r\n--b-1\r\na: 2\r\n\r\nz\r\n--b-1--";
        let mut incoming = Incoming::new(Body::from(body), &HeaderMap::new(), &Limits::default());
        let mut multipart = Multipart::new(&mut incoming, b"\r\n--b-1");
        for head in ["\r\na: 1\r\n\r\n", "\r\na: 2\r\n\r\n"] {
            assert_eq!(multipart.next_part().await.unwrap().unwrap(), head);
        }
        assert_eq!(multipart.next_part().await.unwrap(), None);
    }

    proptest! {
        /// However a body comes in pieces, and whatever is in its parts, they are what was put in.
        #[test]
        fn parts_are_what_they_were_before(
            contents in prop::collection::vec("([\r\n-]|b-|b|x|\r\n--b|\r\n--b-){0,12}", 0..4),
            cuts in prop::collection::vec(0_usize..400, 0..12),
        ) {
            let mut body = Vec::new();
            for (at, content) in contents.iter().enumerate() {
                body.extend_from_slice(format!("--b-1\r\nContent-Disposition: {at}\r\n\r\n{content}\r\n").as_bytes());
            }
            body.extend_from_slice(b"--b-1--\r\n");
            let expected: Vec<_> =
                contents.iter().enumerate().map(|(at, content)| (at.to_string(), content.clone().into_bytes())).collect();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(body.len())).chain([0, body.len()]).collect();
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|ends| body[ends[0]..ends[1]].to_vec()).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            prop_assert_eq!(runtime.block_on(parts(pieces, &Limits::default())), Ok(expected));
        }
    }
}
