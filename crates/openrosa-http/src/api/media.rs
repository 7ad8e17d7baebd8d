//! A file behind an address of a list or a manifest: a blank form, or what goes with one.

use std::time::SystemTime;

use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE, HeaderMap,
    HeaderValue, RANGE,
};
use http::{StatusCode, Uri, response};

use super::{Preamble, get};
use crate::headers::{self, OPENROSA_VERSION, Version};

/// A GET for a file, or for the rest of one of which some bytes are here.
///
/// *Wire*: `Range: bytes=N-`. *Spec*: openrosa.md 4.3; RFC 9110, 14.2.
pub fn request(preamble: &Preamble, uri: &Uri, held: u64) -> Result<http::Request<()>, http::Error> {
    let mut request = get(preamble, uri, &[])?;
    if held > 0 {
        let range = HeaderValue::try_from(format!("bytes={held}-"))?;
        request.headers_mut().insert(RANGE, range);
        // What is held are bytes of the file. Of a compressed file the range would be one of the compressed bytes.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    Ok(request)
}

/// What an answer brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 9110 has no other success for a GET of one range")]
pub enum Part {
    /// All of the file.
    Whole,
    /// The file from this byte on, so many bytes to its end.
    Rest {
        /// Which byte is the first.
        from: u64,
        /// How many there are to come.
        length: u64,
    },
    /// Nothing: what is held reaches to the end, or beyond it.
    Nothing,
}

impl Part {
    /// `None` where the answer brings no file, or a part that cannot be put to what is held, as it is compressed, or that does not
    /// reach to the end of the file.
    pub fn read(answer: &response::Parts) -> Option<Self> {
        match answer.status {
            StatusCode::OK => Some(Self::Whole),
            StatusCode::PARTIAL_CONTENT if is_compressed(&answer.headers) => None,
            StatusCode::PARTIAL_CONTENT => rest(&answer.headers),
            StatusCode::RANGE_NOT_SATISFIABLE => Some(Self::Nothing),
            _ => None,
        }
    }
}

fn is_compressed(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// A length that nobody knows is that of what was asked for, which is all behind a byte. From the first byte on a part is not asked
/// for: whether it is all, only its length says.
///
/// *Wire*: `Content-Range: bytes 200-1023/1024`, `bytes 200-1023/*`.
fn rest(headers: &HeaderMap) -> Option<Part> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, last) = range.split_once('-')?;
    let (from, last): (u64, u64) = (from.trim().parse().ok()?, last.trim().parse().ok()?);
    let end = last.checked_add(1)?;
    let reaches_the_end = match total.trim() {
        "*" => from > 0,
        total => total.parse() == Ok(end),
    };
    let length = end.checked_sub(from)?;
    reaches_the_end.then_some(Part::Rest { from, length })
}

/// The head of an answer that brings a file from this byte on, and how many bytes it has in all where that is known.
///
/// A part of a file of which the length is not known cannot be announced so that every client understands it: it is all of the
/// file, then, or nothing.
///
/// *Wire*: 200, or 206 with `Content-Range: bytes 200-1023/1024`.
pub fn write_head(from: u64, length: Option<u64>, now: SystemTime) -> http::Response<()> {
    let mut answer = http::Response::new(());
    let fields = answer.headers_mut();
    fields.insert(DATE, headers::write_date(now));
    fields.insert(OPENROSA_VERSION, Version::OPENROSA_1.to_header());
    fields.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let Some(length) = length else { return answer };
    fields.insert(CONTENT_LENGTH, HeaderValue::from(length.saturating_sub(from)));
    if from > 0 {
        let range = format!("bytes {from}-{}/{length}", length.saturating_sub(1));
        fields.insert(CONTENT_RANGE, HeaderValue::try_from(range).expect("digits are a header value"));
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_file_is_asked_for_as_it_lies_there() {
        let preamble = Preamble::new(crate::headers::Version::OPENROSA_1, std::time::SystemTime::UNIX_EPOCH);
        let asked = |held| request(&preamble, &Uri::from_static("https://odk.example/m"), held).unwrap();
        let header = |held, name| asked(held).headers().get(name).cloned();
        assert_eq!(header(200, RANGE).unwrap(), "bytes=200-");
        assert_eq!(header(200, ACCEPT_ENCODING).unwrap(), "identity");
        assert_eq!((header(0, RANGE), header(0, ACCEPT_ENCODING)), (None, None));
    }

    #[test]
    fn the_part_is_told_by_status_and_range() {
        let read = |status: u16, range: Option<&str>| {
            let mut answer = http::Response::builder().status(status);
            if let Some(range) = range {
                answer = answer.header(CONTENT_RANGE, range);
            }
            Part::read(&answer.body(()).unwrap().into_parts().0)
        };
        assert_eq!(read(200, None), Some(Part::Whole));
        assert_eq!(read(206, Some("bytes 200-1023/1024")), Some(Part::Rest { from: 200, length: 824 }));
        assert_eq!(read(206, Some("bytes 200-1023/*")), Some(Part::Rest { from: 200, length: 824 }));
        assert_eq!(read(206, Some("bytes 0-5/6")), Some(Part::Rest { from: 0, length: 6 }));
        for short in
            ["bytes 0-5/1024", "bytes 0-5/*", "bytes 200-1022/1024", "bytes 200-1024/1024", "bytes 9-5/6"]
        {
            assert_eq!(read(206, Some(short)), None, "{short}");
        }
        assert_eq!(read(206, Some("bytes 0-18446744073709551615/*")), None);
        assert_eq!(read(206, Some("200-1023/1024")), None);
        assert_eq!(read(206, None), None);
        assert_eq!(read(416, Some("bytes */1024")), Some(Part::Nothing));
        assert_eq!(read(204, None), None);
    }
}
