//! Forms to be handed over: what HQ would answer with a 500, or take and not find its way in, is refused before it is sent.

use openrosa_http::api::submission::{Attachment, NameTaken, Request};
use openrosa_http::client::{Error as HttpError, Receipt};
use openrosa_http::transport::Transport;
use openrosa_xml::Instance;
use openrosa_xml::xml::decode;

use crate::client::Client;
use crate::error::{Error, Invalid};
use crate::site::escape;

/// A form to be handed over. Its bytes are those that it was made of, each time it is sent.
///
/// ```
/// use commcare_hq::submissions::Submission;
///
/// let form = r#"<data xmlns="http://example.org/intake"><meta><instanceID>f1</instanceID></meta></data>"#;
/// assert!(Submission::new(form).is_ok());
/// assert!(Submission::new("<data><meta><instanceID>f1</instanceID></meta></data>").is_err(), "HQ would answer 500");
/// ```
///
/// *Spec*: commcare-hq-api.md 2, R1.
#[derive(Clone, Debug)]
pub struct Submission {
    request: Request,
}

impl Submission {
    /// A form that reads, has a namespace, and has its `meta` with an `instanceID` right below its root.
    pub fn new(xml: impl Into<bytes::Bytes>) -> Result<Self, Error> {
        let xml = xml.into();
        check(&xml)?;
        Ok(Self { request: Request::new(xml) })
    }

    /// With this file, under the name that the form has for it.
    pub fn attach(self, attachment: Attachment) -> Result<Self, NameTaken> {
        Ok(Self { request: self.request.attach(attachment)? })
    }

    /// The request that it is.
    pub fn request(&self) -> &Request {
        &self.request
    }
}

fn check(xml: &[u8]) -> Result<(), Invalid> {
    let unreadable = |error| Invalid::Value { field: "form", reason: format!("unreadable: {error}") };
    let text = decode(xml).map_err(unreadable)?;
    let form = Instance::read(&text).map_err(unreadable)?;
    if form.root().name.namespace().is_none_or(str::is_empty) {
        return Err(Invalid::Missing("xmlns"));
    }
    if form.meta().is_none() && form.meta_at_any_depth().is_some() {
        return Err(Invalid::Value { field: "meta", reason: "deeper than right below the root".to_owned() });
    }
    match form.instance_id().is_some_and(|id| !id.trimmed().is_empty()) {
        true => Ok(()),
        false => Err(Invalid::Missing("instanceID")),
    }
}

impl<T: Transport> Client<T> {
    /// Hands a form over, with the answers of version 3.0: what could not be processed is told apart from what was.
    ///
    /// Without an app it goes where integrations are to send theirs, with one it is counted as that app's. What an outcome means
    /// for the copy that is held is its [`Verdict`](openrosa_http::client::Verdict).
    ///
    /// *Wire*: `POST /a/{d}/receiver/api/`, or with an app `/a/{d}/receiver/{app}/`.
    pub async fn submit(&self, app_id: Option<&str>, form: &Submission) -> Result<Receipt, HttpError> {
        let path = format!("receiver/{}/", escape(app_id.unwrap_or("api")));
        self.openrosa().submit(&self.site().below_project(&path), form.request()).await
    }
}

#[cfg(test)]
mod tests;
