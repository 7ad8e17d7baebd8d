//! A submission that a server hands out again (Briefcase).

use std::time::SystemTime;

use bytes::Bytes;
use http::{Uri, request};
use openrosa_xml::briefcase::{DownloadedSubmission, SubmissionKey};
use openrosa_xml::xml::decode;
use openrosa_xml::{ReadError, WriteError};

use super::{Preamble, argument, document, get};

/// The key in a request, as text; [`SubmissionKey::parse`] takes it apart.
pub fn key(request: &request::Parts) -> Option<String> {
    argument(request.uri.query().unwrap_or_default(), "formId")
}

/// The request as it goes out.
///
/// *Wire*: GET `view/downloadSubmission` with `formId`. *Spec*: openrosa.md 6.2.
pub fn request(
    key: &SubmissionKey<'_>,
    preamble: &Preamble,
    uri: &Uri,
) -> Result<http::Request<()>, http::Error> {
    get(preamble, uri, &[("formId", &key.to_string())])
}

/// A submission as it goes out.
pub fn write(
    submission: &DownloadedSubmission<'_>,
    now: SystemTime,
) -> Result<http::Response<Bytes>, WriteError> {
    Ok(document(submission.write()?, now))
}

/// The document of an answer that is a success.
pub fn read(body: &[u8]) -> Result<DownloadedSubmission<'static>, ReadError> {
    Ok(DownloadedSubmission::read(&decode(body)?)?.into_owned())
}
