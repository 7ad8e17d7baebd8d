//! Why a call to a server came to nothing, asked by predicate.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use openrosa_xml::{FileHash, ReadError};
use url::Url;

use crate::api::inactive::Inactive;
use crate::api::restore::{PendingError, Progress};
use crate::api::submission::Response;
use crate::client::{Unanswerable, Verdict, is_same_server};
use crate::headers::RetryAfter;
use crate::headers::location::Astray;
use crate::transport::{self, Sent, Untrusted};

/// Why a call to a server came to nothing: a submission was not handed over, a document not fetched.
///
/// The message is for a person, with the server's own words where there are any; programs ask
/// [`verdict`](Self::verdict), which is about a submission, and the other predicates. Neither credentials nor addresses are
/// in it.
#[derive(Debug)]
pub struct Error(Kind, HandedOver, Option<Box<Url>>);

/// How much of a submission the server has, which goes in one POST or in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandedOver {
    Nothing,
    Part,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self(kind, HandedOver::Nothing, None)
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("addresses that start with `{scheme}:` are not for submissions")]
    Scheme { scheme: String },
    #[error("the address carries credentials; set them apart from it")]
    CredentialsInAddress,
    #[error("the request cannot be written: {0}")]
    Http(#[source] http::Error),
    #[error("the operating system gave no random bytes")]
    Random(#[source] getrandom::Error),
    #[error(
        "not an OpenRosa server: it answered {} to HEAD, as gateways do; is the address right, or does this network want a login first?",
        .status.as_u16()
    )]
    NotOpenRosa { status: StatusCode },
    #[error("the network answered {}, and not the server; does it want a login first?", .status.as_u16())]
    Network { status: StatusCode },
    #[error(
        "what answered {}{} does not say that it is an OpenRosa server; is the address right, or does this network want a login first?",
        .status.as_u16(),
        .heading.as_ref().map(|heading| format!(" (`{heading}`)")).unwrap_or_default()
    )]
    Unsigned { status: StatusCode, heading: Option<String> },
    #[error("the request was sent on to another host, `{host}`; does this network want a login first?")]
    LedAway { host: String },
    #[error("the server's redirect is not followed: {0}")]
    Redirect(#[source] Astray),
    #[error("the server redirects without end")]
    TooManyRedirects,
    #[error("{}: {}", said(.why), .response.message())]
    Authentication { why: Unanswerable, response: Box<Response> },
    #[error("the server answered {}: {}", .response.status.as_u16(), .response.message())]
    Answer { response: Box<Response>, after: Option<Duration> },
    #[error(transparent)]
    Transport(transport::Error),
    #[error("no form was sent, as HEAD had no answer: {0}")]
    Unsent(transport::Error),
    #[error("the {what} cannot be read: {error}")]
    Unreadable {
        what: &'static str,
        #[source]
        error: ReadError,
    },
    #[error("what the server answered is no {what}; does this network want a login first?")]
    SomethingElse { what: &'static str },
    #[error(
        "what `{host}` answered, to which the request was sent on, is no {what}; does this network want a login first?"
    )]
    SentOnToPage { what: &'static str, host: String },
    #[error("the request was sent on to `{host}`: {error}; does this network want a login first?")]
    SentOn { host: String, error: transport::Error },
    #[error("the {what} is larger than {limit} bytes")]
    TooLarge { what: &'static str, limit: usize },
    #[error("an item of the restore has no end within {limit} bytes")]
    Endless { limit: u64 },
    #[error("the file has the hash {found}, and was listed with {listed}")]
    Hash { listed: FileHash, found: FileHash },
    #[error("the server sent a part of the file (206), and all of it was asked for")]
    Part,
    #[error("the answer broke off after {got} of {announced} bytes")]
    Cut { announced: u64, got: u64 },
    #[error("the answer makes no sense as that of a restore to come: {0}")]
    Pending(#[source] PendingError),
    #[error("the restore is not ready after all the waiting, {} of {} cases are", .progress.done, .progress.total)]
    StillPending { after: Duration, progress: Progress },
    #[error("the answer is about another app{}", .about.as_ref().map(|id| format!(", `{id}`")).unwrap_or_default())]
    OtherApp { about: Option<String> },
    #[error("the {what} has failed before")]
    Failed { what: &'static str },
    #[error("of the {what} a part was taken already")]
    Begun { what: &'static str },
    #[error("the server names no address")]
    NoAddress,
    #[error(
        "what came is no restore{}",
        .message.as_ref().map_or_else(
            || ": there is nothing in it that belongs in one".to_owned(),
            |message| format!(", and the server says: {message}")
        )
    )]
    NoRestore { message: Option<String> },
    #[error("another program is writing `{}`", path.display())]
    Elsewhere { path: PathBuf },
    #[error("`{}`: {error}", path.display())]
    Disk {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
}

fn said(why: &Unanswerable) -> String {
    match why {
        Unanswerable::NoCredentials => "the server wants credentials and none are set for it".to_owned(),
        Unanswerable::SentOn { to } => {
            format!(
                "the server sent the request on to `{to}`, which wants credentials; those of this server do not go there"
            )
        }
        Unanswerable::Refused => "the server refused the credentials".to_owned(),
        Unanswerable::Stale => "the server keeps calling its own nonces too old".to_owned(),
        Unanswerable::OneTimeCode => "the server wants a one-time code with the credentials".to_owned(),
        Unanswerable::NotRenewed { reason } => {
            format!("the server refused the token, and there is no new one ({reason})")
        }
        Unanswerable::BasicOverHttp => {
            "the server wants the password in the clear, which plain http does not get".to_owned()
        }
        Unanswerable::Unsayable => {
            "the user name cannot be written in the way the server wants it".to_owned()
        }
        Unanswerable::Schemes(schemes) if schemes.is_empty() => {
            "the server refused and did not say what it wants; it may want Basic unasked".to_owned()
        }
        Unanswerable::Schemes(schemes) => {
            format!("the server wants what is not spoken here, `{}`", schemes.join("`, `"))
        }
    }
}

impl Error {
    /// A request that was answered, and not with a success.
    pub(crate) fn answered(response: Box<Response>, now: SystemTime) -> Self {
        let status = response.status;
        if is_of_the_network(status) {
            return Kind::Network { status }.into();
        }
        let after = response.retry_after.map(|after| after.wait(now));
        Kind::Answer { response, after }.into()
    }

    /// The same of a request that comes before the form: whatever became of it, the form was not sent.
    pub(crate) fn before_the_form(self) -> Self {
        match self.0 {
            Kind::Transport(error) if error.sent() == Sent::Perhaps => Kind::Unsent(error).into(),
            kind => kind.into(),
        }
    }

    /// The same, where no answer came from the host that the request was sent on to.
    pub(crate) fn sent_on(self, to: Option<&str>) -> Self {
        match (self.0, to) {
            (Kind::Transport(error), Some(host)) => Kind::SentOn { host: host.to_owned(), error }.into(),
            (kind, _) => kind.into(),
        }
    }

    /// The same, where it is another origin than the one that was asked that wants credentials.
    pub(crate) fn wanted_at(self, asked: &Url, url: &Url) -> Self {
        let kind = match self.0 {
            Kind::Authentication { why: Unanswerable::NoCredentials, response }
                if !is_same_server(asked, url) =>
            {
                let why = Unanswerable::SentOn { to: url.origin().ascii_serialization() };
                Kind::Authentication { why, response }
            }
            kind => kind,
        };
        Self(kind, self.1, self.2)
    }

    /// The same, of a request to the server at this address, of which no more is kept: there may be a token in its path.
    pub(crate) fn of(self, asked: &Url) -> Self {
        let mut server = asked.clone();
        server.set_path("");
        server.set_query(None);
        server.set_fragment(None);
        Self(self.0, self.1, Some(Box::new(server)))
    }

    /// The answer, where it is a refusal and does not say that it is from an OpenRosa server.
    pub(crate) fn unsigned_refusal(&self) -> Option<&Response> {
        let refusal = self.response().filter(|_| self.verdict() == Verdict::Refused);
        refusal.filter(|response| response.is_unsigned())
    }

    /// The same refusal where nothing else says either that an OpenRosa server is there.
    pub(crate) fn unsigned(self) -> Self {
        let Self(kind, handed_over, asked) = self;
        let kind = match kind {
            Kind::Answer { response, .. } => {
                Kind::Unsigned { status: response.status, heading: response.heading() }
            }
            kind => kind,
        };
        Self(kind, handed_over, asked)
    }

    /// The same of a POST behind one that the server has taken.
    pub(crate) fn behind_a_part(self) -> Self {
        Self(self.0, HandedOver::Part, self.2)
    }

    /// Whether the server has the form all the same, without all of its files: POSTs before this one were delivered
    /// (openrosa.md 2.4). A form that is sent again goes whole, and is known by its bytes.
    pub fn is_in_part(&self) -> bool {
        self.1 == HandedOver::Part
    }

    /// What this means for the copy still held.
    pub fn verdict(&self) -> Verdict {
        match &self.0 {
            Kind::Answer { response, .. } => verdict(response, self.retry_after()),
            Kind::Transport(error) if error.sent() == Sent::Perhaps => Verdict::Unknown,
            // The form is as good as before: no server has judged it.
            _ => Verdict::TryAgain { after: None },
        }
    }

    /// The answer behind this, if the server gave one.
    pub fn response(&self) -> Option<&Response> {
        match &self.0 {
            Kind::Answer { response, .. } | Kind::Authentication { response, .. } => Some(response),
            _ => None,
        }
    }

    /// The status of that answer.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0 {
            Kind::NotOpenRosa { status } | Kind::Network { status } | Kind::Unsigned { status, .. } => {
                Some(*status)
            }
            _ => self.response().map(|response| response.status),
        }
    }

    /// The server's own words.
    pub fn message(&self) -> Option<String> {
        self.response().map(|response| response.message().into_owned())
    }

    /// Credentials are missing, wrong, or not to be sent there. The next form would fare no better.
    pub fn is_auth(&self) -> bool {
        matches!(self.0, Kind::Authentication { .. })
    }

    /// Why a challenge was not met.
    pub fn unanswerable(&self) -> Option<&Unanswerable> {
        match &self.0 {
            Kind::Authentication { why, .. } => Some(why),
            _ => None,
        }
    }

    /// A file that came has not the hash it was listed with, twice.
    pub fn is_hash(&self) -> bool {
        matches!(self.0, Kind::Hash { .. })
    }

    /// Another program, or another call, is fetching this file, or saving a restore, to this place. Once it has, there is nothing
    /// left to do.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.0, Kind::Elsewhere { .. })
    }

    /// How long the server is to be left alone, within bounds ([`RetryAfter::wait`]). Its own word is in
    /// [`response`](Self::response).
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0 {
            Kind::Answer { after, .. } => *after,
            Kind::StillPending { after, .. } => Some(RetryAfter::within_bounds(*after)),
            _ => None,
        }
    }

    /// 429: too many forms in too short a time.
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// 409: the server holds another form under this `instanceID`, perhaps from an earlier attempt.
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(StatusCode::CONFLICT)
    }

    /// 412: what the device holds is not what the server thinks it holds, or the user is another one. A restore from scratch
    /// may help; after one it is for a person.
    pub fn is_gone_astray(&self) -> bool {
        self.status() == Some(StatusCode::PRECONDITION_FAILED)
    }

    /// The user was deactivated or deleted, as CommCare HQ says it: a 406 with the texts that [`inactive`](Self::inactive) has.
    /// Any other 406 is about the request.
    pub fn is_inactive(&self) -> bool {
        self.inactive().is_some()
    }

    /// What to tell a user who was deactivated or deleted.
    pub fn inactive(&self) -> Option<Inactive> {
        self.response()?.inactive()
    }

    /// 403: the user is known, and may not do this.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Whether it was another server than this one that a GET came to in the end, as an object store is to which the address of a
    /// file, or a redirect, has led: what it says or wants is no word of this server. Scheme, host and port count, but for the same
    /// server's move from http to https.
    pub fn is_from_elsewhere(&self, server: &Url) -> bool {
        self.2.as_deref().is_some_and(|asked| !is_same_server(server, asked))
    }

    /// 404: there is no such thing at this address.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// 410: it was there, or should be: of a claim, that one of the cases is not known to the server.
    pub fn is_gone(&self) -> bool {
        self.status() == Some(StatusCode::GONE)
    }

    /// What came as a restore has nothing in it that belongs in one, at most words of the server.
    pub fn is_no_restore(&self) -> bool {
        matches!(self.0, Kind::NoRestore { .. })
    }

    /// A heartbeat was answered with what is meant for another app.
    pub fn is_other_app(&self) -> bool {
        matches!(self.0, Kind::OtherApp { .. })
    }

    /// 429 and 503: the server would rather be asked later, in [`retry_after`](Self::retry_after) if it says when.
    pub fn is_busy(&self) -> bool {
        self.is_rate_limited() || self.status() == Some(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// 5xx: the server failed, at something that has nothing to do with the request perhaps.
    pub fn is_server_error(&self) -> bool {
        self.response().is_some_and(|response| response.status.is_server_error())
    }

    /// The server was still making the restore when patience ran out. The next request finds it further on.
    pub fn is_still_pending(&self) -> bool {
        matches!(self.0, Kind::StillPending { .. })
    }

    /// Something answered that is no OpenRosa server: often the login page of a network, or a proxy that wants a login (407, 511);
    /// also a gateway that turned a form away.
    pub fn is_captive_portal(&self) -> bool {
        matches!(
            self.0,
            Kind::NotOpenRosa { .. }
                | Kind::Network { .. }
                | Kind::Unsigned { .. }
                | Kind::LedAway { .. }
                | Kind::SomethingElse { .. }
                | Kind::SentOnToPage { .. }
        )
    }

    /// A proxy or the login page of a network answered, with a status that only these have (407, 511).
    pub fn is_of_the_network(&self) -> bool {
        matches!(self.0, Kind::Network { .. })
    }

    /// There is no room left on the disk for what came, or it would be more than a limit allows.
    pub fn is_full(&self) -> bool {
        matches!(&self.0, Kind::Disk { error, .. } if has_no_room(error))
    }

    /// Why who answered was not taken for the server, where it was for its certificate or its TLS.
    pub fn untrusted(&self) -> Option<Untrusted> {
        match &self.0 {
            Kind::Transport(error) | Kind::Unsent(error) => error.untrusted(),
            _ => None,
        }
    }

    /// The server says that it has not looked at the request.
    pub(crate) fn is_passed_over(&self) -> bool {
        matches!(&self.0, Kind::Transport(error) if error.is_passed_over())
    }

    /// What kept an answer from coming, where it was the transport; with the [cause](transport::Error::cause) that one of your own
    /// has given.
    pub fn transport(&self) -> Option<&transport::Error> {
        match &self.0 {
            Kind::Transport(error) | Kind::Unsent(error) | Kind::SentOn { error, .. } => Some(error),
            _ => None,
        }
    }

    /// No answer came.
    pub fn is_transport(&self) -> bool {
        matches!(self.0, Kind::Transport(_) | Kind::Unsent(_) | Kind::SentOn { .. } | Kind::Cut { .. })
    }
}

/// Whether there was no room for what was written: on the disk, in the share of it that its user has, or in one file.
pub fn has_no_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// A proxy and a portal ask for their own credentials by these, whatever the request was (RFC 9110, 15.5.8; RFC 6585, 6).
pub(crate) fn is_of_the_network(status: StatusCode) -> bool {
    matches!(status, StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::NETWORK_AUTHENTICATION_REQUIRED)
}

/// openrosa.md 1.4 and 2.8, in order of status.
fn verdict(response: &Response, after: Option<Duration>) -> Verdict {
    match response.status.as_u16() {
        // Over quota; too slow; misdirected, which is about the connection (RFC 9110, 15.5.20); locked; too early; too many;
        // suspended or migrating; domain blocked for volume.
        402 | 408 | 421 | 423 | 425 | 429 | 503 | 509 => Verdict::TryAgain { after },
        // CommCare: `processing_failure` will fail for ever, anything else is worth another try.
        422 if response.nature() != Some("processing_failure") => Verdict::TryAgain { after },
        // 413 among them: what could be smaller has been sent so by now.
        400..=499 => Verdict::Refused,
        // 5xx: state unknown. 1xx and 3xx: whoever answered, it was not about the form.
        _ => Verdict::Unknown,
    }
}
