//! The form list: which forms a server has for this device (OpenRosa Form Discovery).

use std::time::SystemTime;

use bytes::Bytes;
use http::{Uri, request};
use openrosa_xml::{FormList, ReadError, WriteError, form_list::ListQuery, xml::decode};

use super::{Preamble, argument, document, get};

/// What is asked of a form list.
///
/// *Wire*: GET with the arguments `formID`, `verbose` and `listAllVersions`. *Spec*: openrosa.md 4.1.
///
/// ```
/// use std::time::SystemTime;
/// use http::Uri;
/// use openrosa_http::{api::{Preamble, form_list::Request}, headers::Version};
///
/// let preamble = Preamble::new(Version::OPENROSA_1, SystemTime::now());
/// let asked = Request { form_id: Some("häuser & bäume".to_owned()), ..Request::default() };
/// let request = asked.write(&preamble, &Uri::from_static("https://odk.example/formList"))?;
/// assert_eq!(request.uri().query(), Some("formID=h%C3%A4user%20%26%20b%C3%A4ume"));
/// assert_eq!(Request::read(&request.into_parts().0), asked);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "these are the arguments that the standard has")]
pub struct Request {
    /// `formID`: this form only.
    pub form_id: Option<String>,
    /// `verbose=true`: with descriptions.
    pub verbose: bool,
    /// `listAllVersions`: old versions, too. No server in use honors it.
    pub list_all_versions: bool,
}

impl Request {
    /// What a request asked.
    pub fn read(request: &request::Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        Self {
            form_id: argument(query, "formID"),
            verbose: argument(query, "verbose").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            list_all_versions: argument(query, "listAllVersions").is_some(),
        }
    }

    /// The request as it goes out.
    pub fn write(&self, preamble: &Preamble, uri: &Uri) -> Result<http::Request<()>, http::Error> {
        let id = self.form_id.as_deref().map(|id| ("formID", id));
        let verbose = self.verbose.then_some(("verbose", "true"));
        let all = self.list_all_versions.then_some(("listAllVersions", "true"));
        get(preamble, uri, &[id, verbose, all].into_iter().flatten().collect::<Vec<_>>())
    }

    /// The same for whoever makes the list.
    pub fn query(&self) -> ListQuery<'_> {
        ListQuery {
            form_id: self.form_id.as_deref().map(Into::into),
            verbose: self.verbose,
            list_all_versions: self.list_all_versions,
        }
    }
}

/// A list as it goes out.
pub fn write(list: &FormList<'_>, now: SystemTime) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(list.write()?, now))
}

/// The document of an answer that is a success; whether it is a list says [`FormList::is_form_list`].
pub fn read(body: &[u8]) -> Result<FormList<'static>, ReadError> {
    Ok(FormList::read(&decode(body)?)?.into_owned())
}
