//! The submission URL: HEAD to knock, POST to hand over (OpenRosa Form Submission).

#[cfg(feature = "client")]
pub(crate) mod attachment;
#[cfg(feature = "client")]
mod request;

use std::borrow::Cow;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{StatusCode, response};
use openrosa_xml::xml::decode_labeled;
use openrosa_xml::{Envelope, WriteError};

use super::XML;
use super::inactive::Inactive;
use crate::headers::{
    self, ACCEPT_CONTENT_LENGTH, AcceptLength, Announced, OPENROSA_VERSION, RetryAfter, Version,
};

#[cfg(feature = "client")]
pub use attachment::Attachment;
#[cfg(feature = "client")]
pub use request::{NameTaken, Request};

/// The name by which servers know a file: the last part of what it is called, whichever way the slashes lean (old browsers send
/// `C:\fakepath\photo.jpg`). R-070.
pub(crate) fn file_name(written: &str) -> &str {
    written.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// The name of the part that holds the form.
pub const XML_PART: &str = "xml_submission_file";
/// The text field by which ODK Collect marks all but the last POST of a split submission; asterisks included.
pub const INCOMPLETE_FIELD: &str = "*isIncomplete*";

/// Whether a message of this nature says that something went wrong with a form, be it kept or not. A nature that nobody knows says
/// nothing (R-014), and that the form was there already is no trouble: CommCare HQ calls it an error below version 3.0, and has
/// always said it in the same words.
///
/// ```
/// use openrosa_http::api::submission::is_trouble;
///
/// assert!(!is_trouble("submit_error", "Form is a duplicate of another! (0f5e7ea4)"));
/// assert!(is_trouble("submit_error", "Problem in processing: duplicate key value violates unique constraint"));
/// ```
///
/// *Spec*: openrosa.md 1.3, 2.5, 2.8.
pub fn is_trouble(nature: &str, message: &str) -> bool {
    match nature {
        "submit_error" => !message.trim_start().starts_with("Form is a duplicate of another"),
        _ => matches!(nature, "processing_failure" | "post_processing_failure" | "error"),
    }
}

/// The answer to a HEAD.
///
/// *Wire*: headers only; 204 is the one status that means something. *Spec*: openrosa.md 1.6.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreflightAnswer {
    /// 204 from an OpenRosa server that has HEAD; anything from any other.
    pub status: StatusCode,
    /// `X-OpenRosa-Version`.
    pub version: Announced,
    /// How large a body may be.
    pub accept_length: Option<AcceptLength>,
    /// Where the POST should go instead; as written, and nothing to be trusted.
    pub location: Option<HeaderValue>,
}

impl PreflightAnswer {
    /// The answer of a server that is ready: 204.
    pub fn new(accept_length: AcceptLength) -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            version: Announced::Version(Version::OPENROSA_1),
            accept_length: Some(accept_length),
            location: None,
        }
    }

    /// What a server answered.
    pub fn read(answer: &response::Parts) -> Self {
        Self {
            status: answer.status,
            version: Announced::read(&answer.headers),
            accept_length: AcceptLength::read(&answer.headers),
            location: answer.headers.get(header::LOCATION).cloned(),
        }
    }

    /// The answer as it goes out.
    pub fn write(self, now: SystemTime) -> http::Response<Bytes> {
        let mut answer = respond(self.status, self.version, self.accept_length, now).map(|()| Bytes::new());
        if let Some(location) = self.location {
            answer.headers_mut().insert(header::LOCATION, location);
        }
        answer
    }
}

/// The answer to a POST.
///
/// *Wire*: a status, headers, and an envelope, or whatever a gateway puts in its place. *Spec*: OpenRosa Form
/// Submission, Server Status Codes; openrosa.md 1.4.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// `X-OpenRosa-Version`; often absent on refusals.
    pub version: Announced,
    /// How large a body may be.
    pub accept_length: Option<AcceptLength>,
    /// When to ask again: of an answer that was read, a date only where it has none of its own to count from.
    pub retry_after: Option<RetryAfter>,
    /// What the body said.
    pub said: Said,
}

/// What the body of an answer is.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a body is an envelope or it is not")]
pub enum Said {
    /// An `OpenRosaResponse`, under whatever content type: CommCare HQ says `text/html`.
    Envelope(Envelope<'static>),
    /// Something else: JSON, a page, plain text, nothing.
    Text(String),
}

impl Response {
    /// An answer with an envelope.
    pub fn new(status: StatusCode, envelope: Envelope<'static>) -> Self {
        Self {
            status,
            version: Announced::Version(Version::OPENROSA_1),
            accept_length: None,
            retry_after: None,
            said: Said::Envelope(envelope),
        }
    }

    /// An answer in plain words, or without any.
    pub fn plain(status: StatusCode, text: impl Into<String>) -> Self {
        Self { said: Said::Text(text.into()), ..Self::new(status, Envelope::new("")) }
    }

    /// What a server answered. Never fails: a body that is no envelope is kept as text.
    pub fn read(answer: &response::Parts, body: &[u8]) -> Self {
        Self {
            status: answer.status,
            version: Announced::read(&answer.headers),
            accept_length: AcceptLength::read(&answer.headers),
            retry_after: RetryAfter::read(&answer.headers)
                .map(|after| after.since(headers::read_date(&answer.headers))),
            said: Said::read(body, headers::charset(&answer.headers)),
        }
    }

    /// The answer as it goes out. Fails where the envelope holds a character that XML cannot.
    pub fn write(&self, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
        let (kind, body) = match &self.said {
            Said::Envelope(envelope) => (XML, envelope.write()?),
            Said::Text(text) if self.inactive().is_some() => ("application/json", text.clone()),
            Said::Text(text) => ("text/plain; charset=utf-8", text.clone()),
        };
        let mut answer = respond(self.status, self.version, self.accept_length, now).map(|()| body.into());
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.from_now(now).as_secs()));
        }
        Ok(answer)
    }

    /// The server's own words: the first message of the envelope, whatever its namespace; else the body, when
    /// it is short and no web page; else the phrase of the status.
    ///
    /// These are a stranger's words: a terminal should not obey them.
    pub fn message(&self) -> Cow<'_, str> {
        if let Some(inactive) = self.inactive() {
            return Cow::Owned(inactive.default_response);
        }
        self.words().map_or_else(|| reason(self.status), Cow::Borrowed)
    }

    fn words(&self) -> Option<&str> {
        const SHORT: usize = 500;
        let words = match &self.said {
            Said::Envelope(envelope) => envelope.message()?,
            Said::Text(text) if text.len() <= SHORT && !is_page(text) => text,
            Said::Text(_) => return None,
        };
        Some(words.trim()).filter(|words| !words.is_empty())
    }

    /// What a 406 says of the user, where it is said as CommCare HQ says it.
    pub fn inactive(&self) -> Option<Inactive> {
        match &self.said {
            Said::Text(text) if self.status == StatusCode::NOT_ACCEPTABLE => Inactive::read(text),
            _ => None,
        }
    }

    /// Whether nothing in it says that it is of an OpenRosa server. A size (413) is a gateway's to judge, of a conflict (409) only
    /// a server can know, and CommCare HQ speaks of its users without an envelope.
    #[cfg(feature = "client")]
    pub(crate) fn is_unsigned(&self) -> bool {
        let is_anybodys = !matches!(self.status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::CONFLICT);
        let is_envelope = matches!(self.said, Said::Envelope(_));
        is_anybodys && self.version == Announced::Absent && !is_envelope && self.inactive().is_none()
    }

    /// Whether it is for browsers.
    #[cfg(feature = "client")]
    pub(crate) fn is_page(&self) -> bool {
        matches!(&self.said, Said::Text(text) if is_page(text))
    }

    /// What a page calls itself, or the words, when they are short.
    #[cfg(feature = "client")]
    pub(crate) fn heading(&self) -> Option<String> {
        const SHORT: usize = 200;
        let words = if self.is_page() { self.title() } else { self.words() }?;
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(words).filter(|words| !words.is_empty() && words.len() <= SHORT)
    }

    #[cfg(feature = "client")]
    fn title(&self) -> Option<&str> {
        let Said::Text(page) = &self.said else { return None };
        let (_, title) = page.split_at(page.to_ascii_lowercase().find("<title")?);
        let (_, title) = title.split_once('>')?;
        Some(title.split_once("</")?.0)
    }

    /// The nature of the message, as written; unknown ones mean nothing.
    pub fn nature(&self) -> Option<&str> {
        match &self.said {
            Said::Envelope(envelope) => envelope.nature(),
            Said::Text(_) => None,
        }
    }
}

impl Said {
    fn read(body: &[u8], charset: Option<&str>) -> Self {
        let body = begun(body);
        // A form is no less there for a letter in the message that its server spoiled.
        let text = decode_labeled(body, charset).unwrap_or_else(|_| String::from_utf8_lossy(body));
        match Envelope::read(&text) {
            Ok(envelope) if envelope.is_openrosa() => Self::Envelope(envelope.into_owned()),
            _ => Self::Text(text.into_owned()),
        }
    }
}

/// From where a document begins, which XML wants to be the first byte: PHP, for one, lets blank lines out before it.
fn begun(body: &[u8]) -> &[u8] {
    let body = body.trim_ascii_start();
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start()
}

/// Markup is for browsers; express and Django put theirs around no more than the phrase of the status. Gateways leave out what a
/// browser can do without, `html` and the type of the document among it.
pub(crate) fn is_page(text: &str) -> bool {
    const BEGINNINGS: [&str; 13] =
        ["html", "head", "body", "title", "meta", "style", "script", "h1", "h2", "p", "pre", "div", "center"];
    let Some(markup) = behind_comments(text).strip_prefix('<') else { return false };
    let mut words = markup.split(|char: char| char.is_whitespace() || matches!(char, '>' | '/'));
    let is = |word: Option<&str>, name: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(name));
    let first = words.next();
    let mut type_of_document = words.skip_while(|word| word.is_empty());
    BEGINNINGS.iter().any(|name| is(first, name))
        || is(first, "!doctype") && is(type_of_document.next(), "html")
}

/// What follows a mark, an XML declaration and comments, where there are any.
fn behind_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|char: char| char == '\u{feff}' || char.is_whitespace());
        let inside = |open, close| text.strip_prefix(open)?.split_once(close);
        let Some((_, rest)) = inside("<?", "?>").or_else(|| inside("<!--", "-->")) else { return text };
        text = rest;
    }
}

/// The phrase of a status, also of those that have none in the registry, such as CommCare HQ's 509.
fn reason(status: StatusCode) -> Cow<'static, str> {
    match status.canonical_reason() {
        Some(phrase) => Cow::Borrowed(phrase),
        None => Cow::Owned(format!("status {}", status.as_u16())),
    }
}

/// The status and the headers of any answer.
pub(crate) fn respond(
    status: StatusCode,
    version: Announced,
    accept_length: Option<AcceptLength>,
    now: SystemTime,
) -> http::Response<()> {
    let mut answer = http::Response::new(());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::DATE, headers::write_date(now));
    if let Announced::Version(version) = version {
        headers.insert(OPENROSA_VERSION, version.to_header());
    }
    if let Some(length) = accept_length {
        headers.insert(ACCEPT_CONTENT_LENGTH, length.to_header());
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        let (parts, ()) = http::Response::builder().status(status).body(()).unwrap().into_parts();
        Response::read(&parts, body.as_bytes())
    }

    /// R-013: the error text is the first `message` in any namespace, else the raw text when short, else the
    /// reason phrase.
    #[test]
    fn the_words_of_a_refusal() {
        let central = r#"
  <OpenRosaResponse xmlns="http://openrosa.org/http/response" items="0">
    <message nature="error">no such form</message>
  </OpenRosaResponse>"#;
        assert_eq!(answer(404, central).message(), "no such form");
        let foreign = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response">
            <m:message xmlns:m="urn:other">first</m:message><message>second</message></OpenRosaResponse>"#;
        assert_eq!(answer(400, foreign).message(), "first");
        assert_eq!(answer(400, " Posted XML was invalid\n").message(), "Posted XML was invalid");
        assert_eq!(answer(503, "").message(), "Service Unavailable");
        assert_eq!(answer(400, "\n<!DOCTYPE html>\n<pre>Bad Request</pre>").message(), "Bad Request");
        assert_eq!(answer(509, &"long ".repeat(200)).message(), "status 509");
        let silent = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>";
        assert_eq!(answer(500, silent).message(), "Internal Server Error");
    }

    /// R-012: a page is one however it begins, as far as a browser would show it.
    #[test]
    fn a_page_begins_as_browsers_let_it() {
        let comment = format!("<!-- {} --><html>", "padding ".repeat(50_000));
        for page in [
            "<html lang='en'>",
            " \n<HTML/>",
            "<!DOCTYPE html>",
            "<!doctype  HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">",
            "<!DOCTYPE\nhtml\n>",
            "<?xml version='1.0'?><!-- x --><!DOCTYPE html>",
            "<head><title>302 Found</title>",
            "<body>",
            "<h1>Bad Request (400)</h1>",
            "<script>top.location = '/login'</script>",
            &comment,
        ] {
            assert!(is_page(page), "{page:.40}");
        }
        for other in [
            "",
            "404 page not found",
            "<h:html xmlns:h='http://www.w3.org/1999/xhtml'>",
            "<xforms/>",
            "<header/>",
            "<!DOCTYPE data>",
            "<OpenRosaResponse><html/></OpenRosaResponse>",
            "{\"message\": \"<html>\"}",
        ] {
            assert!(!is_page(other), "{other}");
        }
    }

    /// R-014: unknown natures and payloads, before the message or behind it, change nothing.
    #[test]
    fn payloads_may_stand_anywhere() {
        let text = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="many">
            <x xmlns="urn:x"><message>not this</message></x><message nature="of its own">this</message><y/>
        </OpenRosaResponse>"#;
        let response = answer(201, text);
        assert_eq!(response.message(), "this");
        assert_eq!(response.nature(), Some("of its own"));
    }

    /// R-011, R-013: an envelope that is not well-formed to the byte is one, and says what it says.
    #[test]
    fn an_envelope_may_have_something_before_it_or_a_spoiled_letter() {
        let envelope: &[u8] = b"<?xml version='1.0' encoding='UTF-8'?><OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
            <message nature='processing_failure'>Donn\xE9es!</message></OpenRosaResponse>";
        for before in ["", "\r\n \n", "\u{feff}", "\n\u{feff}\n"] {
            let (parts, ()) = http::Response::builder().status(422).body(()).unwrap().into_parts();
            let response = Response::read(&parts, &[before.as_bytes(), envelope].concat());
            assert_eq!(response.nature(), Some("processing_failure"), "{before:?}");
            assert_eq!(response.message(), "Donn\u{fffd}es!", "{before:?}");
        }
    }

    /// R-013: the words are in the encoding that the content type names, where nothing else says in which.
    #[test]
    fn an_envelope_may_be_labeled() {
        let envelope = b"<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Enregistr\xE9</message></OpenRosaResponse>";
        let answer =
            http::Response::builder().status(201).header("Content-Type", "text/xml; charset=ISO-8859-1");
        let (parts, ()) = answer.body(()).unwrap().into_parts();
        assert_eq!(Response::read(&parts, envelope).message(), "Enregistré");
    }

    #[test]
    fn what_is_no_envelope_is_text() {
        for body in
            ["{\"detail\":\"Not found.\"}", "<html><body>Log in</body></html>", "<OpenRosaResponse>", "\u{0}"]
        {
            assert!(matches!(answer(200, body).said, Said::Text(_)), "{body}");
        }
        let (parts, ()) = http::Response::new(()).into_parts();
        assert!(matches!(Response::read(&parts, b"\xff\xfe\xfd").said, Said::Text(_)));
    }

    #[test]
    fn a_response_reads_back_as_it_was_written() {
        let mut response =
            Response::new(StatusCode::CREATED, Envelope::new("Saved.").with_nature("submit_success"));
        response.accept_length = Some(AcceptLength(5));
        response.retry_after = Some(RetryAfter::Delay(Duration::from_secs(9)));
        let (parts, body) = response.write(SystemTime::UNIX_EPOCH).unwrap().into_parts();
        assert_eq!(parts.headers[header::CONTENT_TYPE], "text/xml; charset=utf-8");
        assert_eq!(parts.headers[header::DATE], "Thu, 01 Jan 1970 00:00:00 GMT");
        let read = Response::read(&parts, &body);
        assert_eq!((read.message(), read.nature()), (response.message(), response.nature()));
        assert_eq!((read.status, read.version), (response.status, response.version));
        assert_eq!((read.accept_length, read.retry_after), (response.accept_length, response.retry_after));
    }

    #[test]
    fn a_preflight_answer_reads_back_as_it_was_written() {
        let mut answer = PreflightAnswer::new(AcceptLength(100_000_000));
        answer.location = Some(HeaderValue::from_static("https://h/submission"));
        let (parts, body) = answer.clone().write(SystemTime::UNIX_EPOCH).into_parts();
        assert!(body.is_empty());
        assert_eq!(PreflightAnswer::read(&parts), answer);
    }
}
