//! A blank form and its files on their way to a server (Briefcase).

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::Uri;
use http::header::HeaderValue;

use super::Preamble;
use super::submission::{Attachment, NameTaken};
use crate::headers::AcceptLength;
use crate::multipart::{Boundary, Form};
use crate::split::{Post, plan_bodies};
use crate::transport::Body;

/// The name of the part that holds the form.
pub const FORM_PART: &str = "form_def_file";

/// A blank form and its files.
///
/// *Wire*: HEAD, then POST `formUpload`; files that are too many for one POST go in several, each with the form. *Spec*:
/// openrosa.md 6.3.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    form: Bytes,
    form_name: String,
    files: Vec<Attachment>,
}

impl Request {
    /// A form without files; the name is that of its own file, such as `visit.xml`.
    pub fn new(form: impl Into<Bytes>, form_name: impl Into<String>) -> Self {
        Self { form: form.into(), form_name: form_name.into(), files: Vec::new() }
    }

    /// Adds a file, under a name without folders.
    pub fn with_file(mut self, file: Attachment) -> Result<Self, NameTaken> {
        NameTaken::check(file.name(), FORM_PART, &self.files)?;
        self.files.push(file);
        Ok(self)
    }

    /// How it becomes POSTs under what the server takes.
    pub fn plan(&self, limit: AcceptLength) -> Vec<Post> {
        let boundary = Boundary::measure();
        plan_bodies(self.files.len(), limit, |files| self.body(files, &boundary))
    }

    /// All of it in one POST.
    pub fn whole(&self) -> Post {
        Post::of_all(self.files.len())
    }

    /// One of the planned POSTs as it goes out.
    pub fn write(
        &self,
        post: &Post,
        preamble: &Preamble,
        uri: &Uri,
        boundary: &Boundary,
    ) -> Result<http::Request<Body>, http::Error> {
        boundary.post(preamble, uri, self.body(post.files(), boundary))
    }

    fn body(&self, files: Range<usize>, boundary: &Boundary) -> Body {
        let mut body = Form::new(boundary);
        let xml = HeaderValue::from_static("text/xml");
        body.bytes(FORM_PART, &self.form_name, &xml, self.form.clone());
        for file in self.files.get(files).unwrap_or_default() {
            body.source(file.name(), file.name(), file.content_type(), file.source());
        }
        body.finish()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("form_name", &self.form_name)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
