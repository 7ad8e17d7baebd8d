//! A form and its files on their way out.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::Uri;
use http::header::HeaderValue;

use super::{Attachment, INCOMPLETE_FIELD, XML_PART, file_name};
use crate::api::Preamble;
use crate::headers::{AcceptLength, COMMCARE_SYNC_TOKEN};
use crate::multipart::{Boundary, Form};
use crate::split::{Post, plan_bodies};
use crate::transport::Body;

/// A form and its files, as a client hands them over.
///
/// The bytes of the form are frozen here: every POST, every attempt, sends these and no others, for a server
/// that has seen one version of them answers 409 to any other (openrosa.md 2.5, 2.6).
///
/// ```
/// use openrosa_http::api::submission::{Attachment, Request};
///
/// # fn main() -> Result<(), openrosa_http::api::submission::NameTaken> {
/// let form = r#"<data id="survey"><photo>1.jpg</photo></data>"#;
/// let request = Request::new(form).attach(Attachment::bytes("1.jpg", "…"))?;
/// assert_eq!(request.attachments().len(), 1);
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    xml: Bytes,
    xml_name: String,
    attachments: Vec<Attachment>,
    mark_incomplete: bool,
    sync_token: Option<HeaderValue>,
}

impl Request {
    /// A form without files.
    pub fn new(xml: impl Into<Bytes>) -> Self {
        Self {
            xml: xml.into(),
            xml_name: "submission.xml".to_owned(),
            attachments: Vec::new(),
            mark_incomplete: false,
            sync_token: None,
        }
    }

    /// Names the form's own file, which some servers show to people. CommCare HQ refuses names that do not end
    /// in a lower-case `.xml`, so others get it appended.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.xml_name = name.into();
        if !self.xml_name.ends_with(".xml") {
            self.xml_name.push_str(".xml");
        }
        self
    }

    /// Adds a file behind those already there. Names are taken once: servers keep the first of two files of one
    /// name, or the last. Folders in front of a name make no other of it, as servers leave them out (R-070).
    pub fn attach(mut self, attachment: Attachment) -> Result<Self, NameTaken> {
        NameTaken::check(attachment.name(), XML_PART, &self.attachments)?;
        self.attachments.push(attachment);
        Ok(self)
    }

    /// Sends `*isIncomplete*` with all but the last POST of a split submission, as ODK Collect does. Off unless
    /// asked for: CommCare HQ answers 400 to any text field.
    #[must_use]
    pub fn mark_incomplete(mut self) -> Self {
        self.mark_incomplete = true;
        self
    }

    /// Says with every POST what the device had of the server when it sent this: the token of its last restore, by which CommCare
    /// HQ knows that the device has these changes already. A token that cannot stand in a header is told to nobody.
    ///
    /// *Wire*: `X-CommCareHQ-LastSyncToken`. *Spec*: ota-restore.md 1.9.
    #[must_use]
    pub fn sync_token(mut self, token: &str) -> Self {
        self.sync_token = HeaderValue::from_str(token).ok().filter(|token| !token.is_empty());
        self
    }

    /// The form, byte for byte.
    pub fn xml(&self) -> &Bytes {
        &self.xml
    }

    /// The files, in the order in which they go.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// How this submission becomes POSTs under what the server takes: whole bodies are counted, as they are between
    /// [random](Boundary::random) boundaries.
    pub fn plan(&self, limit: AcceptLength) -> Vec<Post> {
        let boundary = Boundary::measure();
        plan_bodies(self.attachments.len(), limit, |files| self.body(files, self.mark_incomplete, &boundary))
    }

    /// All of it in one POST, for a server that [merges none](crate::peer::Splitting::Never).
    pub fn whole(&self) -> Post {
        Post::of_all(self.attachments.len())
    }

    /// One of the planned POSTs as it goes out. It can be made any number of times; each reads the files anew.
    pub fn write(
        &self,
        post: &Post,
        preamble: &Preamble,
        uri: &Uri,
        boundary: &Boundary,
    ) -> Result<http::Request<Body>, http::Error> {
        let body = self.body(post.files(), self.mark_incomplete && !post.is_last(), boundary);
        let mut request = boundary.post(preamble, uri, body)?;
        if let Some(token) = &self.sync_token {
            request.headers_mut().insert(COMMCARE_SYNC_TOKEN, token.clone());
        }
        Ok(request)
    }

    fn body(&self, files: Range<usize>, incomplete: bool, boundary: &Boundary) -> Body {
        let mut form = Form::new(boundary);
        form.bytes(XML_PART, &self.xml_name, &HeaderValue::from_static("text/xml"), self.xml.clone());
        for file in self.attachments.get(files).unwrap_or_default() {
            form.source(file.name(), file.name(), file.content_type(), file.source());
        }
        if incomplete {
            form.text(INCOMPLETE_FIELD, "yes");
        }
        form.finish()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("xml_name", &self.xml_name)
            .field("size", &self.xml.len())
            .field("attachments", &self.attachments)
            .finish_non_exhaustive()
    }
}

/// Two files cannot have one name, nor may a file have the form's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name `{name}` is taken already")]
#[non_exhaustive]
pub struct NameTaken {
    /// The name.
    pub name: String,
}

impl NameTaken {
    /// Fails where a file behind these cannot have this name, with which `form` is the form's.
    pub(crate) fn check(name: &str, form: &str, others: &[Attachment]) -> Result<(), Self> {
        let name = file_name(name);
        match name == form || others.iter().any(|other| file_name(other.name()) == name) {
            true => Err(Self { name: name.to_owned() }),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::headers::Version;

    const XML: &str = "<data id=\"f\"><photo>1.jpg</photo></data>";

    async fn sent(request: &Request, limit: u64) -> Vec<String> {
        let preamble = Preamble::new(Version::OPENROSA_1, SystemTime::UNIX_EPOCH);
        let uri = Uri::from_static("http://h/submission");
        let mut bodies = Vec::new();
        for post in request.plan(AcceptLength(limit)) {
            let written = request.write(&post, &preamble, &uri, &Boundary::fixed("b").unwrap()).unwrap();
            let (parts, body) = written.into_parts();
            let body = body.read_up_to(1 << 20).await.unwrap();
            assert_eq!(parts.headers[http::header::CONTENT_LENGTH], *body.len().to_string());
            assert_eq!(parts.headers[http::header::CONTENT_TYPE], "multipart/form-data; boundary=b");
            bodies.push(String::from_utf8(body.to_vec()).unwrap());
        }
        bodies
    }

    /// R-016: the XML part is first, named `xml_submission_file`, its filename ends in lower-case `.xml`, its
    /// type is `text/xml`.
    /// R-017: a file's field name and filename are its name.
    /// R-018: no text field is sent unless asked for.
    #[tokio::test]
    async fn the_form_goes_first_and_its_files_after() {
        let request = Request::new(XML).attach(Attachment::bytes("1.jpg", "JPEG")).unwrap();
        let bodies = sent(&request, 10_000).await;
        insta::assert_snapshot!(bodies.concat().replace('\r', ""), @r#"
        --b
        Content-Disposition: form-data; name="xml_submission_file"; filename="submission.xml"
        Content-Type: text/xml

        <data id="f"><photo>1.jpg</photo></data>
        --b
        Content-Disposition: form-data; name="1.jpg"; filename="1.jpg"
        Content-Type: image/jpeg

        JPEG
        --b--
        "#);
        assert_eq!(bodies.concat().matches("\r\n").count(), bodies.concat().matches('\n').count());
    }

    /// R-016: whatever the form's file is called, its name ends in `.xml`.
    #[tokio::test]
    async fn a_name_without_its_ending_gets_one() {
        for (given, sent_as) in
            [("a.xml", "a.xml"), ("A.XML", "A.XML.xml"), ("", ".xml"), ("häuser", "häuser.xml")]
        {
            let bodies = sent(&Request::new(XML).named(given), 10_000).await;
            assert!(bodies[0].contains(&format!("; filename=\"{sent_as}\"")), "{given}");
        }
    }

    /// R-018: `*isIncomplete*` = `yes` is opt-in and absent from the last POST.
    #[tokio::test]
    async fn the_incomplete_marker_is_for_all_but_the_last() {
        let files = Request::new(XML).attach(Attachment::bytes("1", "11")).unwrap();
        let files = files.attach(Attachment::bytes("2", "22")).unwrap();
        let marked = |bodies: &[String]| -> Vec<bool> {
            bodies.iter().map(|body| body.contains("name=\"*isIncomplete*\"\r\n\r\nyes\r\n")).collect()
        };
        let limit = XML.len() as u64 + 3;
        assert_eq!(marked(&sent(&files, limit).await), [false, false]);
        assert_eq!(marked(&sent(&files.clone().mark_incomplete(), limit).await), [true, false]);
        assert_eq!(marked(&sent(&files.mark_incomplete(), 10_000).await), [false]);
    }

    /// R-019: what is within the limit is the whole body of a POST (openrosa.md 2.1), down to the last byte.
    #[test]
    fn the_lines_between_the_parts_count() {
        let names = ["1.jpg", "häuser.jpg", "3"];
        let attach = |request: Request, name| request.attach(Attachment::bytes(name, vec![0; 999])).unwrap();
        let request = names.into_iter().fold(Request::new(XML).named("visit.xml"), attach);
        let lengths = |request: &Request, limit: u64| -> Vec<u64> {
            let preamble = Preamble::new(Version::OPENROSA_1, SystemTime::UNIX_EPOCH);
            let uri = Uri::from_static("http://h/submission");
            let length = |post: &Post| {
                let written = request.write(post, &preamble, &uri, &Boundary::random().unwrap());
                written.unwrap().body().len().unwrap()
            };
            request.plan(AcceptLength(limit)).iter().map(length).collect()
        };
        let whole = lengths(&request, u64::MAX)[0];
        assert!(whole > XML.len() as u64 + 3 * 999);
        assert_eq!(lengths(&request, whole), [whole]);
        for request in [request.clone(), request.mark_incomplete()] {
            let posts = lengths(&request, whole - 1);
            assert_eq!(posts.len(), 2);
            assert!(posts.iter().all(|length| *length < whole), "{posts:?}");
        }
    }

    /// R-022: the XML bytes are frozen; every POST and every attempt sends the same.
    /// R-019: every POST of a split holds the identical XML bytes.
    #[tokio::test]
    async fn every_attempt_sends_the_same_bytes() {
        let odd = "\u{feff}<a  b='1'\r\n/>\n<!-- \u{e9} -->";
        let request = Request::new(odd).attach(Attachment::bytes("1", "1")).unwrap();
        let request = request.attach(Attachment::bytes("2", "2")).unwrap();
        let first = sent(&request, odd.len() as u64 + 1).await;
        assert_eq!(first.len(), 2);
        assert!(first.iter().all(|body| body.contains(odd)));
        assert_eq!(sent(&request, odd.len() as u64 + 1).await, first);
    }

    #[test]
    fn a_token_goes_with_every_post() {
        let request = Request::new(XML).attach(Attachment::bytes("1", "1")).unwrap();
        let request = request.attach(Attachment::bytes("2", "2")).unwrap();
        let told = |request: &Request| -> Vec<Option<HeaderValue>> {
            let preamble = Preamble::new(Version::COMMCARE_3, SystemTime::UNIX_EPOCH);
            let (uri, boundary) = (Uri::from_static("http://h/receiver/"), Boundary::fixed("b").unwrap());
            let posts = request.plan(AcceptLength(XML.len() as u64 + 1));
            let written = posts.iter().map(|post| request.write(post, &preamble, &uri, &boundary).unwrap());
            written.map(|post| post.headers().get("X-CommCareHQ-LastSyncToken").cloned()).collect()
        };
        assert_eq!(
            told(&request.clone().sync_token("0f3c")),
            [Some("0f3c".parse().unwrap()), Some("0f3c".parse().unwrap())]
        );
        for none in ["", "a\nb"] {
            assert_eq!(told(&request.clone().sync_token(none)), [None, None], "{none:?}");
        }
        assert_eq!(told(&request), [None, None]);
    }

    #[test]
    fn a_name_is_taken_once() {
        let request = Request::new(XML).attach(Attachment::bytes("1.jpg", "")).unwrap();
        let taken = request.clone().attach(Attachment::bytes("1.jpg", "")).unwrap_err();
        insta::assert_snapshot!(taken, @"the name `1.jpg` is taken already");
        assert!(request.clone().attach(Attachment::bytes("xml_submission_file", "")).is_err());
        assert!(request.attach(Attachment::bytes("1.JPG", "")).is_ok());
    }

    /// R-070: servers strip the path parts of a name, and would find two files of one name.
    #[test]
    fn a_folder_makes_no_other_name() {
        let request = Request::new(XML).attach(Attachment::bytes("a/1.jpg", "")).unwrap();
        for name in ["b/1.jpg", "1.jpg", r"b\1.jpg"] {
            let taken = request.clone().attach(Attachment::bytes(name, "")).unwrap_err();
            assert_eq!(taken.to_string(), "the name `1.jpg` is taken already", "{name}");
        }
        assert!(request.attach(Attachment::bytes("a/2.jpg", "")).is_ok());
    }
}
