//! `multipart/form-data`, written as a stream whose length is known before its first byte (RFC 7578).

use std::fmt;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Uri};

use crate::api::Preamble;
use crate::api::submission::attachment::{Attachment, Source};
use crate::transport::Body;
use crate::transport::body::Segment;

/// The line that parts the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary(String);

/// How much is random in a boundary.
const RANDOM_BYTES: usize = 24;

impl Boundary {
    /// A fresh one of 192 random bits, so that no content is likely to hold it in the life of this planet:
    /// that is why no content is searched for it.
    pub fn random() -> Result<Self, getrandom::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes)?;
        let mut digits = String::with_capacity(2 * RANDOM_BYTES);
        for half in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            digits.push(char::from(DIGITS[usize::from(half)]));
        }
        Ok(Self(digits))
    }

    /// One as long as those that are random, for measuring what will be sent.
    pub(crate) fn measure() -> Self {
        Self("0".repeat(2 * RANDOM_BYTES))
    }

    /// A boundary that is known beforehand, for tests: up to 70 letters, digits, `-` or `_`.
    pub fn fixed(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (plain && (1..=70).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The `Content-Type` of a body parted by it.
    pub fn content_type(&self) -> HeaderValue {
        let text = ["multipart/form-data; boundary=", &self.0].concat();
        HeaderValue::try_from(text).expect("letters, digits, `-` and `_` are a header value")
    }

    /// The POST of a body parted by it.
    pub(crate) fn post(
        &self,
        preamble: &Preamble,
        uri: &Uri,
        body: Body,
    ) -> Result<http::Request<Body>, http::Error> {
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = preamble.address(uri)?;
        let length = request.body().len();
        let headers = request.headers_mut();
        // For those of the preamble, of this, and of a transport.
        headers.reserve(12);
        preamble.write(headers);
        headers.insert(header::CONTENT_TYPE, self.content_type());
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok(request)
    }
}

/// Content up to this size stands in one piece with what is around it: a copy costs less than two more pieces on their way
/// through every layer of a client.
const COPIED: usize = 32 * 1024;

/// A body in the making.
///
/// ```
/// use openrosa_http::multipart::{Boundary, Form};
///
/// # #[tokio::main] async fn main() -> std::io::Result<()> {
/// let boundary = Boundary::fixed("b").expect("a letter is a boundary");
/// let mut form = Form::new(&boundary);
/// form.text("replace", "true");
/// let body = form.finish().read_up_to(1000).await?;
/// assert_eq!(body, "--b\r\nContent-Disposition: form-data; name=\"replace\"\r\n\r\ntrue\r\n--b--\r\n");
/// # Ok(()) }
/// ```
pub struct Form<'b> {
    boundary: &'b Boundary,
    segments: Vec<Segment>,
    /// Text not yet a segment: the end of one part and the head of the next.
    pending: Vec<u8>,
}

/// What is in a form is nobody's business.
impl fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("boundary", &self.boundary).finish_non_exhaustive()
    }
}

impl<'b> Form<'b> {
    /// One without parts.
    pub fn new(boundary: &'b Boundary) -> Self {
        Self { boundary, segments: Vec::new(), pending: Vec::new() }
    }

    /// A file part whose content is at hand.
    pub(crate) fn bytes(&mut self, name: &str, filename: &str, content_type: &HeaderValue, content: Bytes) {
        self.source(name, filename, content_type, Source::Bytes(content));
    }

    /// A file part: the content of an attachment under the name of a part.
    pub fn attach(&mut self, part: &str, file: &Attachment) {
        self.source(part, file.name(), file.content_type(), file.source());
    }

    /// A file part.
    pub(crate) fn source(&mut self, name: &str, filename: &str, content_type: &HeaderValue, content: Source) {
        self.make_room(&content, [name, filename].map(str::len), content_type.len());
        self.head(name);
        self.pending.extend(b"; filename=\"");
        quote(&mut self.pending, filename);
        self.pending.extend(b"\"\r\nContent-Type: ");
        self.pending.extend(content_type.as_bytes());
        self.pending.extend(b"\r\n\r\n");
        match content {
            Source::Bytes(bytes) if bytes.len() <= COPIED => self.pending.extend(&bytes),
            Source::Bytes(bytes) => self.push(Segment::Bytes(bytes)),
            Source::File { path, len } => self.push(Segment::File { path, len }),
            Source::Stream { open, len } => self.push(Segment::Stream { open, len }),
        }
        self.pending.extend(b"\r\n");
    }

    /// For a part, and for the line behind the last one: so that what is written never has to move.
    fn make_room(&mut self, content: &Source, names: [usize; 2], kind: usize) {
        const AROUND: usize = 100;
        let copied = match content {
            Source::Bytes(bytes) if bytes.len() <= COPIED => bytes.len(),
            _ => 0,
        };
        let lines = 2 * self.boundary.0.len() + names.iter().sum::<usize>() + kind;
        self.pending.reserve(copied + lines + AROUND);
    }

    /// A text field.
    pub fn text(&mut self, name: &str, value: &str) {
        self.head(name);
        self.pending.extend(b"\r\n\r\n");
        self.pending.extend(value.as_bytes());
        self.pending.extend(b"\r\n");
    }

    /// The body, whose length is known.
    pub fn finish(mut self) -> Body {
        self.line("--");
        self.flush();
        Body::from_segments(self.segments)
    }

    fn head(&mut self, name: &str) {
        self.line("");
        self.pending.extend(b"Content-Disposition: form-data; name=\"");
        quote(&mut self.pending, name);
        self.pending.push(b'"');
    }

    fn line(&mut self, end: &str) {
        for piece in ["--", &self.boundary.0, end, "\r\n"] {
            self.pending.extend(piece.as_bytes());
        }
    }

    fn push(&mut self, segment: Segment) {
        self.flush();
        self.segments.push(segment);
    }

    fn flush(&mut self) {
        self.segments.push(Segment::Bytes(std::mem::take(&mut self.pending).into()));
    }
}

/// Raw UTF-8, with the three characters that would break the line escaped as browsers escape them (HTML,
/// multipart/form-data encoding algorithm). No client in the field writes RFC 5987 forms, so servers read none.
fn quote(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b'"' | b'\r' | b'\n')) {
        return out.extend(text.as_bytes());
    }
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend(b"%22"),
            b'\r' => out.extend(b"%0D"),
            b'\n' => out.extend(b"%0A"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name_line(name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        quote(&mut out, name);
        out
    }

    /// R-017: names go byte for byte, as UTF-8; only what would break the line is escaped.
    #[test]
    fn names_are_raw_utf_8() {
        assert_eq!(name_line("häuser & bäume/1 +x.jpg"), "häuser & bäume/1 +x.jpg".as_bytes());
        assert_eq!(name_line("a\"b\r\nc%22\\"), b"a%22b%0D%0Ac%22\\");
    }

    #[test]
    fn two_random_boundaries_differ() {
        let [one, other] = [(); 2].map(|()| Boundary::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(Boundary::measure().0.len(), one.0.len());
        assert_eq!(Boundary::fixed(&one.0), Some(one));
    }

    #[test]
    fn a_boundary_that_needs_quoting_is_none() {
        for text in ["", "a b", "a\r\n", "\u{e9}", &"x".repeat(71)] {
            assert_eq!(Boundary::fixed(text), None, "{text}");
        }
    }

    proptest! {
        /// R-113: names of up to 249 characters, any Unicode, survive in part names; no name ends its line.
        #[test]
        fn no_name_breaks_its_line(name in any::<Vec<char>>().prop_map(|name| name.into_iter().take(249).collect::<String>())) {
            let line = name_line(&name);
            prop_assert!(!line.iter().any(|byte| b"\"\r\n".contains(byte)));
            let back = String::from_utf8(line).unwrap();
            if !["%22", "%0D", "%0A"].iter().any(|escape| name.contains(escape)) {
                let back = back.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
                prop_assert_eq!(back, name);
            }
        }
    }
}
