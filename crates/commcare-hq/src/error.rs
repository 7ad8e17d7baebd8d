//! Why a call came to nothing, asked by predicate.

mod invalid;
mod said;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use openrosa_http::client::{self, Unanswerable};
use openrosa_http::error::has_no_room;
use openrosa_http::transport::Untrusted;

pub use invalid::Invalid;
pub use said::{Page, Said};

/// Why a call to CommCare HQ came to nothing.
///
/// The message is for a person, with the server's own words where there are any; programs ask the predicates. Neither
/// credentials nor addresses are in it.
#[derive(Debug)]
pub struct Error {
    kind: Box<Kind>,
    landed: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Http(client::Error),
    #[error("{}{}", unauthorized(.why, .refusal), words(.refusal))]
    Unauthorized { why: Unanswerable, refusal: Refusal },
    #[error("{}{}", refused(.refusal), words(.refusal))]
    Refused { refusal: Refusal, missing: bool },
    #[error("the server answered {}, and with that comes not the whole of what was asked for", .0.as_u16())]
    NotWhole(StatusCode),
    #[error("the answer broke off: {0}")]
    Cut(String),
    #[error("the server wants a login in a browser: the credentials do not reach this address")]
    Login,
    #[error("a firewall before the server refused the request with {}; it has not come to CommCare HQ", .0.as_u16())]
    Edge(StatusCode),
    #[error("what the server answered is no {what}{}: {error}", if *.page { ", but a page" } else { "" })]
    Unreadable {
        what: &'static str,
        page: bool,
        #[source]
        error: serde_json::Error,
    },
    #[error("the answer makes no sense as {what}: {found}")]
    Strange { what: &'static str, found: String },
    #[error("the server leads to another server, which gets neither requests nor credentials")]
    Astray,
    #[error("the server redirects without end")]
    TooManyRedirects,
    #[error("the pages go in a circle after {pages} pages")]
    Circle { pages: u64 },
    #[error(
        "what has the moment {moment} comes in another order each time; a page that holds all of it is needed"
    )]
    Unsteady { moment: String },
    #[error("the checkpoint is of another walk: {0}")]
    Checkpoint(&'static str),
    #[error("the work on the server has not ended after all the waiting")]
    StillWorking,
    #[error("`{}`: {error}", path.display())]
    Disk {
        path: std::path::PathBuf,
        #[source]
        error: io::Error,
    },
}

/// An answer that is a no.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// Its status.
    pub status: StatusCode,
    /// What it said.
    pub said: Said,
    /// How long the server is to be left alone, as it says: for a second at least and for a day at most.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// What a body with this status says.
    pub fn new(status: StatusCode, body: &[u8]) -> Self {
        Self { status, said: Said::read(body), retry_after: None }
    }
}

fn unauthorized(why: &Unanswerable, refusal: &Refusal) -> &'static str {
    match why {
        _ if !refusal.said.is_silent() => "the server refused the account",
        Unanswerable::NoCredentials => "the server wants credentials and none are set for it",
        Unanswerable::OneTimeCode => "the server wants a one-time code with the credentials",
        Unanswerable::BasicOverHttp => "secrets do not go over plain http",
        _ => "the server refused the credentials",
    }
}

fn refused(refusal: &Refusal) -> String {
    match (refusal.status.as_u16(), &refusal.said) {
        (403, _) => "the account may not do this, or the project has no access to it (403)".to_owned(),
        (404, _) => "there is no such thing (404)".to_owned(),
        (429, _) => "too many requests in too short a time (429)".to_owned(),
        (status, _) => format!("the server answered {status}"),
    }
}

fn words(refusal: &Refusal) -> String {
    refusal.said.text().map_or_else(String::new, |text| format!(": {text}"))
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind.fmt(f)?;
        if self.landed { f.write_str("; it may have been done all the same") } else { Ok(()) }
    }
}

/// The whole chain is in the message already.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.kind)
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { kind: Box::new(kind), landed: false }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Kind::Invalid(invalid).into()
    }
}

impl Error {
    /// A body that is not what it should be; a page in its place may be a login.
    pub(crate) fn unreadable(what: &'static str, error: serde_json::Error, answer: &Response<Bytes>) -> Self {
        match Said::read(answer.body()) {
            Said::Page(page) if page.is_login() => Kind::Login.into(),
            said => Kind::Unreadable { what, page: matches!(said, Said::Page(_)), error }.into(),
        }
    }

    /// An answer that reads and means nothing: what it should be, as in `the list of new groups`, and what was found.
    pub fn strange(what: &'static str, found: impl Into<String>) -> Self {
        Kind::Strange { what, found: found.into() }.into()
    }

    /// An answer without its end.
    pub(crate) fn cut(found: String) -> Self {
        Kind::Cut(found).into()
    }

    /// A no of the server.
    pub(crate) fn refused(refusal: Refusal, missing: bool) -> Self {
        match &refusal.said {
            Said::Page(page) if page.is_edge(refusal.status) => Kind::Edge(refusal.status).into(),
            _ => Kind::Refused { refusal, missing }.into(),
        }
    }

    /// The same, where the server may have done what was asked.
    pub(crate) fn landed(mut self) -> Self {
        self.landed = true;
        self
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How the exchange with the server failed, where no answer of CommCare HQ came of it.
    pub fn http(&self) -> Option<&client::Error> {
        match self.kind() {
            Kind::Http(error) => Some(error),
            _ => None,
        }
    }

    /// The answer behind this, if there was one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.kind() {
            Kind::Unauthorized { refusal, .. } | Kind::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The status of that answer.
    pub fn status(&self) -> Option<StatusCode> {
        match self.kind() {
            Kind::Edge(status) | Kind::NotWhole(status) => Some(*status),
            _ => self.refusal().map(|refusal| refusal.status),
        }
    }

    /// The server's own words.
    pub fn message(&self) -> Option<String> {
        self.refusal()?.said.text()
    }

    /// The server's complaints, one by one: lookup tables have several.
    pub fn complaints(&self) -> &[String] {
        match self.refusal().map(|refusal| &refusal.said) {
            Some(Said::List(list)) => list,
            _ => &[],
        }
    }

    /// The form that a refused change of cases was kept as.
    pub fn form_id(&self) -> Option<&str> {
        match &self.refusal()?.said {
            Said::Words { form_id, .. } => form_id.as_deref(),
            _ => None,
        }
    }

    /// It was refused here, before anything was sent.
    pub fn is_invalid(&self) -> bool {
        matches!(self.kind(), Kind::Invalid(_))
    }

    /// A write may have been done although nobody said so: look before doing it again.
    pub fn may_have_landed(&self) -> bool {
        self.landed
    }

    /// The credentials are missing or wrong; the server said no more than that.
    pub fn is_bad_credentials(&self) -> bool {
        matches!(self.kind(), Kind::Unauthorized { why, refusal }
            if !matches!(why, Unanswerable::OneTimeCode | Unanswerable::BasicOverHttp) && refusal.said.is_silent())
    }

    /// The server wants a secret, and it is asked over plain http, where secrets do not go.
    pub fn is_plain_http(&self) -> bool {
        matches!(self.kind(), Kind::Unauthorized { why: Unanswerable::BasicOverHttp, .. })
    }

    /// The project wants a second factor, and there was none or a wrong one.
    pub fn is_code_wanted(&self) -> bool {
        matches!(self.kind(), Kind::Unauthorized { why: Unanswerable::OneTimeCode, .. })
    }

    /// The credentials are right and the account is not let in: its subscription, a lock-out, its membership. The words say which.
    pub fn is_entitlement(&self) -> bool {
        matches!(self.kind(), Kind::Unauthorized { why, refusal }
            if *why != Unanswerable::OneTimeCode && !refusal.said.is_silent())
    }

    /// The project was cut off for too many requests: a person has to talk to the people of the server.
    pub fn is_blocked(&self) -> bool {
        let words = self.message().unwrap_or_default().to_ascii_lowercase();
        self.is_entitlement() && words.contains("too many requests")
    }

    /// 403 of the server itself: a role lacks something, or the project does.
    pub fn is_forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == StatusCode::FORBIDDEN)
    }

    /// A firewall before the server refused the request.
    pub fn is_edge(&self) -> bool {
        matches!(self.kind(), Kind::Edge(_))
    }

    /// A login page in the place of an answer.
    pub fn is_login_page(&self) -> bool {
        matches!(self.kind(), Kind::Login)
    }

    /// A page in the place of an answer, which is no login of CommCare HQ: perhaps that of the network.
    pub fn is_page(&self) -> bool {
        matches!(self.kind(), Kind::Unreadable { page: true, .. })
    }

    /// There is no such thing, whatever status says so.
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), Kind::Refused { missing: true, .. })
    }

    /// 429.
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal()?.retry_after
    }

    /// No answer came, or not all of it.
    pub fn is_transport(&self) -> bool {
        match self.kind() {
            Kind::Http(error) => error.is_transport(),
            kind => matches!(kind, Kind::Cut(_)),
        }
    }

    /// Why who answered was not taken for the server, where it was for its certificate or its TLS.
    pub fn untrusted(&self) -> Option<Untrusted> {
        match self.kind() {
            Kind::Http(error) => error.untrusted(),
            _ => None,
        }
    }

    /// What came is not what it should be.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.kind(), Kind::Unreadable { .. } | Kind::Strange { .. } | Kind::NotWhole(_))
    }

    /// There is no room left on the disk for what came, or it would be more than a limit allows.
    pub fn is_full(&self) -> bool {
        match self.kind() {
            Kind::Disk { error, .. } => has_no_room(error),
            Kind::Http(error) => error.is_full(),
            _ => false,
        }
    }

    /// What a walk or a window was to go on with is not of this list, or not of these arguments: it has to begin anew.
    pub fn is_of_another_walk(&self) -> bool {
        matches!(self.kind(), Kind::Checkpoint(_))
    }

    /// The server redirects from one address to the next, without end.
    pub fn is_redirect_loop(&self) -> bool {
        matches!(self.kind(), Kind::TooManyRedirects)
    }

    /// The server leads to another one.
    pub fn is_astray(&self) -> bool {
        matches!(self.kind(), Kind::Astray)
    }

    /// The pages of a list lead back to one that was there, or begin again and again without anything new.
    pub fn is_circle(&self) -> bool {
        matches!(self.kind(), Kind::Circle { .. } | Kind::Unsteady { .. })
    }

    /// The work on the server had not ended when patience did.
    pub fn is_still_working(&self) -> bool {
        matches!(self.kind(), Kind::StillWorking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Error {
        Error::refused(Refusal::new(StatusCode::from_u16(status).unwrap(), body.as_bytes()), status == 404)
    }

    /// H-009: the page of a firewall is told apart from a lack of permission.
    #[test]
    fn a_firewall_is_no_permission() {
        let edge =
            refused(403, "<html><head><title>403 Forbidden</title></head><center>nginx</center></html>");
        assert!(edge.is_edge() && !edge.is_forbidden());
        let role = refused(403, "<html><title>403 - CommCare HQ</title><p>You lack a permission</p></html>");
        assert!(role.is_forbidden() && !role.is_edge());
        let empty = refused(403, "");
        assert!(empty.is_forbidden() && !empty.is_edge());
    }

    /// H-065: a 400 with `form_id` exposes that id.
    #[test]
    fn a_refused_form_has_an_id() {
        let error = refused(400, r#"{"error": "IllegalCaseId", "form_id": "f9"}"#);
        assert_eq!((error.form_id(), error.message().as_deref()), (Some("f9"), Some("IllegalCaseId")));
    }

    /// H-085: an array of complaints is surfaced as a list.
    #[test]
    fn complaints_come_one_by_one() {
        assert_eq!(refused(400, r#"["tag is required", "fields: too short"]"#).complaints().len(), 2);
        assert!(refused(400, r#"{"error": "no"}"#).complaints().is_empty());
    }

    /// What a program decides on has a predicate, and what is behind an error can be had.
    #[test]
    fn a_full_disk_and_a_checkpoint_of_another_walk_are_told_apart() {
        let disk =
            |kind: io::ErrorKind| Error::from(Kind::Disk { path: "photo.jpg".into(), error: kind.into() });
        let full = disk(io::ErrorKind::StorageFull);
        assert!(full.is_full() && !disk(io::ErrorKind::PermissionDenied).is_full());
        assert!(disk(io::ErrorKind::QuotaExceeded).is_full() && disk(io::ErrorKind::FileTooLarge).is_full());
        let behind = std::error::Error::source(&full).and_then(|error| error.downcast_ref::<io::Error>());
        assert_eq!(behind.map(io::Error::kind), Some(io::ErrorKind::StorageFull));

        let other = Error::from(Kind::Checkpoint("it was of another list"));
        assert!(other.is_of_another_walk() && !other.is_full() && !other.is_redirect_loop());
        assert!(Error::from(Kind::TooManyRedirects).is_redirect_loop());
    }

    #[test]
    fn messages_are_for_people() {
        let said = |status, body| refused(status, body).to_string();
        insta::assert_snapshot!(said(429, ""), @"too many requests in too short a time (429)");
        insta::assert_snapshot!(said(400, r#"{"error": "bad limit"}"#), @"the server answered 400: bad limit");
        let part = Error::from(Kind::NotWhole(StatusCode::PARTIAL_CONTENT));
        insta::assert_snapshot!(part, @"the server answered 206, and with that comes not the whole of what was asked for");
        insta::assert_snapshot!(refused(500, "").landed(), @"the server answered 500; it may have been done all the same");
    }
}
