//! Every no of the server: its status, its nature, the sentence for the sender, and what stays in the log.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;
use openrosa_xml::ReadError;
use openrosa_xml::instance::OtherDocument;

use super::{BadFileName, FileName};
use crate::api::inactive::Inactive;

/// Why a request was refused.
///
/// [`Display`](std::fmt::Display) is the sentence the sender reads in the envelope. What the sender must not read (a
/// backend's failure) is reachable only through [`Error::source`], for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// `X-OpenRosa-Version` is missing or names a version the [policy](super::VersionPolicy) does not speak.
    #[error("the header `X-OpenRosa-Version` {}", match found {
        Some(found) => format!("says `{}`, which this server does not speak", found.escape_debug()),
        None => "is missing".to_owned(),
    })]
    Version {
        /// The value sent.
        found: Option<String>,
    },
    /// The part that is the form is missing.
    #[error("the part `{name}` is missing")]
    NoXmlPart {
        /// What it would be called: `xml_submission_file`, or `form_def_file`.
        name: &'static str,
    },
    /// There is more than one part that is the form: which one is meant cannot be known.
    #[error("there is more than one part `{name}`")]
    DoubledXmlPart {
        /// What they are called.
        name: &'static str,
    },
    /// The body is not the multipart it says it is, or ends too early.
    #[error("the multipart body cannot be read: {reason}")]
    Multipart {
        /// What the multipart reader found.
        reason: String,
    },
    /// The connection failed inside the body.
    #[error("the body ends before its end")]
    Broken,
    /// The XML part is not XML that can be read.
    #[error("the form cannot be read: {0}")]
    Xml(#[source] ReadError),
    /// The XML part is of another kind: its blocks, if it has any, are no news of anybody's.
    #[error("this is {0}, not a filled-in form")]
    NoForm(OtherDocument),
    /// The instance names itself nowhere, and the [policy](super::MissingInstanceId) wants it to.
    #[error("the form has no `instanceID`")]
    NoInstanceId,
    /// A file part with an unusable name.
    #[error(transparent)]
    FileName(#[from] BadFileName),
    /// A file part that has no name at all.
    #[error("a file came without a name")]
    NamelessFile,
    /// Credentials are needed, or those sent were wrong. The challenges go into `WWW-Authenticate`.
    #[error("please sign in")]
    Unauthenticated {
        /// One header value each, strongest first.
        challenges: Vec<http::HeaderValue>,
    },
    /// Known, but not allowed.
    #[error("{reason}")]
    Forbidden {
        /// The sentence for the sender.
        reason: String,
    },
    /// The backend does not take submissions to this form.
    #[error("this server does not know the form `{form}`")]
    UnknownForm {
        /// As the sender named it.
        form: String,
    },
    /// No endpoint lives at this path.
    #[error("there is nothing at this address; forms are sent to `/submission`")]
    UnknownPath,
    /// The `deprecatedID` of an edit names nothing that is held.
    #[error("the form replaces `{deprecated_id}`, which this server does not hold")]
    UnknownPredecessor {
        /// As the sender wrote it.
        deprecated_id: String,
    },
    /// Another method than the address has.
    #[error("this address takes {allowed} only")]
    Method {
        /// As `Allow` lists them.
        allowed: &'static str,
    },
    /// The sender fell silent inside the body, or sent it too slowly.
    #[error("the rest of the body did not come in time")]
    TimedOut,
    /// The instance ID is held with other XML.
    #[error("another form was already received as `{instance_id}`; this one was not kept")]
    Conflict {
        /// The ID both bear.
        instance_id: String,
    },
    /// The blank form is there, with other content under the same version.
    #[error("there is another form `{form}` of this version; this one was not kept")]
    FormExists {
        /// The id both have.
        form: String,
    },
    /// The version addressed was replaced by a later one.
    #[error("`{instance_id}` was replaced by a later version; this one was not kept")]
    Superseded {
        /// The version addressed.
        instance_id: String,
    },
    /// The submission holds a file of that name with other content.
    #[error("another file was already received as `{name}`; this one was not kept")]
    FileConflict {
        /// The name both bear.
        name: FileName,
    },
    /// The body is larger than the server announces.
    #[error("the body is larger than the {limit} bytes this server takes")]
    TooLarge {
        /// As announced in `X-OpenRosa-Accept-Content-Length`.
        limit: u64,
    },
    /// The XML part alone is larger than allowed.
    #[error("the form is larger than the {limit} bytes this server takes")]
    XmlTooLarge {
        /// In bytes.
        limit: u64,
    },
    /// More parts than allowed in one request.
    #[error("there are more than {limit} parts; please send the files in several requests")]
    TooManyParts {
        /// Counting all parts.
        limit: usize,
    },
    /// The body is neither multipart nor, where that is allowed, XML.
    #[error("the body has to be `multipart/form-data`, not `{}`", found.escape_debug())]
    MediaType {
        /// The media type sent, empty when there is none.
        found: String,
    },
    /// The body is compressed. No known client does so, and no known server would understand it.
    #[error("the body must not be encoded as `{}`", found.escape_debug())]
    ContentCoding {
        /// The `Content-Encoding` sent.
        found: String,
    },
    /// The form was understood and will never be processed. A CommCare device puts it into quarantine.
    #[error("{reason}")]
    Unprocessable {
        /// The sentence for the sender.
        reason: String,
    },
    /// The question makes no sense.
    #[error("{reason}")]
    BadRequest {
        /// The sentence for the caller.
        reason: String,
    },
    /// There is no such thing, or it is another's.
    #[error("there is nothing of that name here")]
    NotFound,
    /// What is claimed is not there any more, or never was.
    #[error("{reason}")]
    Gone {
        /// The sentence for the caller.
        reason: String,
    },
    /// The caller is who it says, and may not work any more.
    #[error("{}", .0.default_response)]
    Inactive(Inactive),
    /// The caller calls too often.
    #[error("there were too many requests; please try again later")]
    TooManyRequests {
        /// When to come again.
        after: Option<Duration>,
    },
    /// The server has no time for it now.
    #[error("the server is busy; please try again later")]
    Busy {
        /// When to come again.
        after: Duration,
        /// What keeps it, for the log.
        #[source]
        cause: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Something failed on this side. The sender learns only that; sending again may help.
    #[error("something failed on the server; please try again later")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl Rejection {
    /// A failure on this side: `error` is logged, never shown.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Version { .. }
            | Self::NoXmlPart { .. }
            | Self::DoubledXmlPart { .. }
            | Self::Multipart { .. } => StatusCode::BAD_REQUEST,
            Self::Broken
            | Self::Xml(_)
            | Self::NoForm(_)
            | Self::NoInstanceId
            | Self::FileName(_)
            | Self::NamelessFile => StatusCode::BAD_REQUEST,
            Self::BadRequest { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::UnknownForm { .. } | Self::UnknownPath | Self::UnknownPredecessor { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Inactive(_) => StatusCode::NOT_ACCEPTABLE,
            Self::Gone { .. } => StatusCode::GONE,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::FormExists { .. }
            | Self::Conflict { .. }
            | Self::Superseded { .. }
            | Self::FileConflict { .. } => StatusCode::CONFLICT,
            Self::TooLarge { .. } | Self::XmlTooLarge { .. } | Self::TooManyParts { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::MediaType { .. } | Self::ContentCoding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The `nature` of the envelope's message, where it means something: `processing_failure` is what makes CommCare
    /// Android quarantine a form (openrosa.md 1.3), so nothing else may bear it.
    #[must_use]
    pub fn nature(&self) -> Option<&'static str> {
        matches!(self, Self::Unprocessable { .. }).then_some("processing_failure")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_on_our_side_is_told_to_the_log_only() {
        let rejection = Rejection::internal("disk /var/x is full");
        assert_eq!(rejection.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!rejection.to_string().contains("/var/x"));
        assert_eq!(rejection.source().map(ToString::to_string).as_deref(), Some("disk /var/x is full"));
    }

    #[test]
    fn only_what_will_never_be_processed_is_quarantined() {
        let never = Rejection::Unprocessable { reason: "no such case type".into() };
        assert_eq!((never.status().as_u16(), never.nature()), (422, Some("processing_failure")));
        assert_eq!(Rejection::Broken.nature(), None);
    }

    #[test]
    fn wire_text_is_shown_harmlessly() {
        let rejection = Rejection::Version { found: Some("1\u{1b}[2J".into()) };
        assert_eq!(
            rejection.to_string(),
            r"the header `X-OpenRosa-Version` says `1\u{1b}[2J`, which this server does not speak"
        );
    }
}
