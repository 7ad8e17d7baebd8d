//! What was not fetched, and whether the next would fare better.

use std::fmt::{self, Display};
use std::time::Duration;

use openrosa_http::client::{Error, Unanswerable, Verdict};
use openrosa_http::transport::Untrusted;
use url::Url;

use crate::exit::Failure;
use crate::page::span;

/// Why something was not fetched.
pub(crate) struct Unfetched {
    words: String,
    error: Option<Error>,
    is_for_good: bool,
}

impl Unfetched {
    /// Something is wrong with it here, or with how it is described.
    pub(crate) fn fault(words: impl Display) -> Self {
        Self { words: words.to_string(), error: None, is_for_good: false }
    }

    /// The same, where it would be so the next time.
    pub(crate) fn for_good(words: impl Display) -> Self {
        Self { is_for_good: true, ..Self::fault(words) }
    }

    /// The same, with what it is about.
    pub(crate) fn about(self, what: impl Display) -> Self {
        Self { words: format!("{what}: {}", self.words), ..self }
    }

    /// Whether the trouble is with this server, the way to it or the disk, so that the next would fare no better: somebody has to
    /// sign in, the server wants to be left alone, nobody is there, or there is no room. Another server, on which a file may
    /// lie, says nothing of this one.
    pub(crate) fn ends_the_run(&self, server: &Url) -> bool {
        let is_with_server = |error: &Error| error.is_auth() || error.is_busy() || is_unreachable(error);
        let ends = |error: &Error| {
            error.is_of_the_network()
                || error.is_full()
                || is_with_server(error) && !error.is_from_elsewhere(server)
        };
        self.error.as_ref().is_some_and(ends)
    }

    /// Whether the connection broke on the way. Once may be the fault of what was asked for.
    pub(crate) fn is_broken_off(&self) -> bool {
        self.error.as_ref().is_some_and(Error::is_transport)
    }

    /// Whether there is no use in asking for it again: it cannot have its name here. What a server does not have (404, 410) it may
    /// have the next time.
    pub(crate) fn is_for_good(&self) -> bool {
        self.is_for_good
    }

    /// Whether the server says that it does not have it.
    pub(crate) fn is_gone(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.is_not_found() || error.is_gone())
    }

    /// The end of the run, with what to do about it. What is there by now is not fetched again.
    pub(crate) fn into_failure(self) -> Failure {
        self.failed(": it goes on here")
    }

    /// The same where nothing has begun.
    pub(crate) fn into_failure_at_once(self) -> Failure {
        self.failed("")
    }

    fn failed(self, what_later_means: &str) -> Failure {
        let failure = Failure::new(self.words);
        match self.error.as_ref().and_then(|error| remedy(error, what_later_means)) {
            Some(remedy) => failure.remedy(remedy),
            None => failure,
        }
    }
}

impl From<Error> for Unfetched {
    fn from(error: Error) -> Self {
        Self { words: error.to_string(), error: Some(error), is_for_good: false }
    }
}

impl Display for Unfetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// What helps, where it is known; what was begun may make more of a later time.
pub(crate) fn remedy(error: &Error, what_later_means: &str) -> Option<String> {
    match helps(error) {
        Some(words) => Some(words.to_owned()),
        None if error.unanswerable() == Some(&Unanswerable::Stale) => Some(later(error)),
        None if error.is_busy() || error.is_transport() => Some(later(error) + what_later_means),
        None if error.is_full() => Some(format!("room on the disk, and the same again{what_later_means}")),
        None => None,
    }
}

/// The same, where it is anything but time.
pub(crate) fn helps(error: &Error) -> Option<&'static str> {
    match error.unanswerable() {
        Some(Unanswerable::Stale) => None,
        Some(Unanswerable::BasicOverHttp) => Some(IN_THE_CLEAR),
        Some(Unanswerable::SentOn { .. }) => Some(SENT_ON),
        _ if error.is_auth() => Some(SIGN_IN),
        _ => error.untrusted().map(trust),
    }
}

/// Nothing went out at all.
fn is_unreachable(error: &Error) -> bool {
    error.is_transport() && matches!(error.verdict(), Verdict::TryAgain { .. })
}

/// What helps who was not let in.
pub(crate) const SIGN_IN: &str = "openrosa login, or --user and --password-env";

/// What helps who was sent on to where credentials do not go.
const SENT_ON: &str =
    "if that server is to be trusted, name it in place of this one, with a login of its own";

/// What helps who has only an address in the clear.
pub(crate) const IN_THE_CLEAR: &str =
    "an https address; or, in a network that may have the password, --allow-basic-over-http";

/// What helps where who answered was not taken for the server.
pub(crate) fn trust(why: Untrusted) -> &'static str {
    match why {
        Untrusted::Authority => {
            "SSL_CERT_FILE, with the certificate of the authority that signed it; or the login of this network"
        }
        Untrusted::Clock => {
            "the date and time of this machine; if they are right, the server needs another certificate"
        }
        Untrusted::OfAuthority => {
            "for the server, a certificate with `basicConstraints = CA:FALSE`, as docs/serving.md makes it"
        }
        _ => "the address; if it is right, whoever looks after the server, or after this network",
    }
}

/// When to try again, by the server's own word where it gave one.
pub(crate) fn later(error: &Error) -> String {
    again_after(error.retry_after())
}

/// The same, where that word is all that is known.
pub(crate) fn again_after(wait: Option<Duration>) -> String {
    match wait {
        Some(after) => format!("the same again in {}, and not before", span(after)),
        None => "the same again later".to_owned(),
    }
}
