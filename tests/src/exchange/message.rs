//! The HTTP messages inside a record, with their framing taken off.

/// A recorded request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `POST`, `HEAD`, …
    pub method: String,
    /// The request target, query included.
    pub target: String,
    /// Header names as written, with their values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body with its chunks joined.
    pub body: Vec<u8>,
    /// Whether the body was as long as the headers announced.
    pub complete: bool,
}

/// A recorded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The final status.
    pub status: u16,
    /// The interim statuses before it, such as 100.
    pub interim: Vec<u16>,
    /// Header names as written, with their values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body with its chunks joined.
    pub body: Vec<u8>,
    /// Whether the body was as long as the headers announced.
    pub complete: bool,
}

impl Request {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut room = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut room);
        let body = rest_after(bytes, head.parse(bytes))?;
        let headers = owned(head.headers);
        let announced = Framing::of(&headers).unwrap_or(Framing::Length(0));
        let (body, complete) = announced.take_off(body)?;
        let (Some(method), Some(target)) = (head.method, head.path) else {
            return Err("no request line".into());
        };
        Ok(Self { method: method.into(), target: target.into(), headers, body, complete })
    }

    /// The value of the first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        first(&self.headers, name)
    }
}

impl Answer {
    /// Takes the framing off the answer to a request of this method.
    pub fn parse(bytes: &[u8], method: &str) -> Result<Self, String> {
        let (mut rest, mut interim) = (bytes, Vec::new());
        loop {
            let mut room = [httparse::EMPTY_HEADER; 64];
            let mut head = httparse::Response::new(&mut room);
            rest = rest_after(rest, head.parse(rest))?;
            let status = head.code.ok_or("no status line")?;
            if (100..200).contains(&status) {
                interim.push(status);
                continue;
            }
            let headers = owned(head.headers);
            let bodiless = method == "HEAD" || matches!(status, 204 | 304);
            let announced =
                if bodiless { Framing::Length(0) } else { Framing::of(&headers).unwrap_or(Framing::ToEnd) };
            let (body, complete) = announced.take_off(rest)?;
            return Ok(Self { status, interim, headers, body, complete });
        }
    }

    /// The value of the first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        first(&self.headers, name)
    }
}

fn rest_after(bytes: &[u8], parsed: httparse::Result<usize>) -> Result<&[u8], String> {
    match parsed {
        Ok(httparse::Status::Complete(length)) => Ok(&bytes[length..]),
        Ok(httparse::Status::Partial) => Err("the head ends in the middle".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn owned(headers: &[httparse::Header<'_>]) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect()
}

fn first<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(written, _)| written.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
}

/// How the end of a body is told.
enum Framing {
    Chunked,
    Length(usize),
    ToEnd,
}

impl Framing {
    fn of(headers: &[(String, Vec<u8>)]) -> Option<Self> {
        if first(headers, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
            return Some(Self::Chunked);
        }
        let length = std::str::from_utf8(first(headers, "content-length")?).ok()?;
        length.trim().parse().ok().map(Self::Length)
    }

    /// The body without its framing, and whether it was all there and nothing beyond it.
    fn take_off(self, body: &[u8]) -> Result<(Vec<u8>, bool), String> {
        match self {
            Self::Chunked => joined(body),
            Self::Length(length) => Ok((body.to_vec(), body.len() == length)),
            Self::ToEnd => Ok((body.to_vec(), true)),
        }
    }
}

fn joined(mut framed: &[u8]) -> Result<(Vec<u8>, bool), String> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(framed) else {
            return Err("unreadable chunk size".into());
        };
        if size == 0 {
            return Ok((body, &framed[start..] == b"\r\n"));
        }
        let end = start + usize::try_from(size).map_err(|error| error.to_string())?;
        let Some(chunk) = framed.get(start..end) else {
            return Ok((body, false));
        };
        body.extend_from_slice(chunk);
        framed = framed[end..].strip_prefix(b"\r\n").ok_or("no line end after a chunk")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_request_loses_its_framing() {
        let wire =
            b"POST /s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
        let request = Request::parse(wire).unwrap();
        assert_eq!((request.body.as_slice(), request.complete), (&b"abc0123456789"[..], true));
    }

    #[test]
    fn a_body_shorter_than_announced_is_incomplete() {
        let request = Request::parse(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc").unwrap();
        assert!(!request.complete);
    }

    #[test]
    fn an_interim_answer_stands_before_the_final_one() {
        let answer =
            Answer::parse(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nok", "POST").unwrap();
        assert_eq!((answer.interim, answer.status, answer.body.as_slice()), (vec![100], 201, &b"ok"[..]));
    }

    #[test]
    fn the_answer_to_head_has_no_body_whatever_length_it_states() {
        let answer = Answer::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD").unwrap();
        assert!(answer.complete && answer.body.is_empty());
    }

    #[test]
    fn header_names_match_in_any_case() {
        let request = Request::parse(b"GET / HTTP/1.1\r\nx-OpenRosa-version: 1.0\r\n\r\n").unwrap();
        assert_eq!(request.header("X-OpenRosa-Version"), Some(&b"1.0"[..]));
    }
}
