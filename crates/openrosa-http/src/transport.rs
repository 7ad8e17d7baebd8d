//! What carries a request to a server and its answer back: one small trait, and a body both ways.

pub(crate) mod body;
#[cfg(feature = "hyper")]
mod coding;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "reqwest")]
pub mod reqwest;

use std::error::Error as StdError;
use std::fmt;
use std::io;

pub use body::Body;

/// Sends one request, brings one answer.
///
/// It follows no redirect, keeps no cookie and answers no challenge: all that is [`Client`](crate::Client)'s
/// business, as rules of the protocol hang on it. It verifies certificates (OpenRosa Authentication).
///
/// A closure will do:
///
/// ```
/// use http::{Request, Response};
/// use openrosa_http::transport::{Body, Error, Transport};
///
/// async fn echo(request: Request<Body>) -> Result<Response<Body>, Error> {
///     Ok(Response::new(request.into_body()))
/// }
///
/// fn takes_any(_: impl Transport) {}
/// takes_any(echo);
///
/// // One that has something to work with hands a clone of it to each request.
/// let modem = std::sync::Arc::new("ttyUSB0");
/// takes_any(move |request: Request<Body>| {
///     let modem = modem.clone();
///     async move { if modem.is_empty() { Ok(Response::new(Body::empty())) } else { echo(request).await } }
/// });
/// ```
pub trait Transport: Send + Sync {
    /// Sends `request` and waits for the head of its answer; the answer's body may still be on its way.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> impl Future<Output = Result<http::Response<Body>, Error>> + Send;
}

impl<F, Answer> Transport for F
where
    F: Fn(http::Request<Body>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<http::Response<Body>, Error>> + Send,
{
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> impl Future<Output = Result<http::Response<Body>, Error>> + Send {
        self(request)
    }
}

/// No answer came.
#[derive(Debug)]
pub struct Error {
    sent: Sent,
    is_passed_over: bool,
    untrusted: Option<Untrusted>,
    source: Box<dyn StdError + Send + Sync>,
}

/// How far the request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever is not sure says `Perhaps`")]
pub enum Sent {
    /// There was no connection, or the server says that it has not looked at what came: nothing was done.
    No,
    /// The server may have received everything, and done what was asked.
    Perhaps,
}

/// Why who answered was not taken for the server. It may be the login page of a network; where it is the server, time alone does not
/// mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Untrusted {
    /// No authority that is trusted here has signed its certificate.
    Authority,
    /// Its certificate is an authority's own (`CA:TRUE`), as plain `openssl req -x509` makes it.
    OfAuthority,
    /// Its certificate is not valid at this time, or the clock here is wrong.
    Clock,
    /// Its certificate is another's or of no use, it has no TLS that is spoken here, or it wants a certificate that is not here.
    Server,
}

impl Error {
    /// A failure and its cause. The cause must not quote the address: it may hold a token.
    pub fn new(sent: Sent, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { sent, is_passed_over: false, untrusted: None, source: source.into() }
    }

    /// A request that the server says it has not looked at, as one that came when it had no more room, or was about to hang up
    /// (RFC 9113, 8.7). The same may go again at once.
    pub fn passed_over(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { is_passed_over: true, ..Self::new(Sent::No, source) }
    }

    /// The same, as the server was not to be trusted.
    #[must_use]
    pub fn as_untrusted(self, why: Untrusted) -> Self {
        Self { untrusted: Some(why), ..self }
    }

    /// Why the server was not trusted, if that was the reason.
    pub fn untrusted(&self) -> Option<Untrusted> {
        self.untrusted
    }

    /// Whether the server says that it has not looked at the request.
    pub fn is_passed_over(&self) -> bool {
        self.is_passed_over
    }

    /// The connection has held, and what came by it is damaged.
    fn is_unreadable(&self) -> bool {
        let error = self.source.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
    }

    /// What whoever made this gave as its cause. It is no [`source`](StdError::source): the message tells it already.
    pub fn cause(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.source
    }

    /// How far the request got.
    pub fn sent(&self) -> Sent {
        self.sent
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sent {
            Sent::No if self.is_passed_over => f.write_str("the server did not look at the request"),
            Sent::No => f.write_str("no connection to the server"),
            Sent::Perhaps if self.is_unreadable() => f.write_str("the answer cannot be read"),
            Sent::Perhaps => f.write_str("the connection broke before the answer was there"),
        }?;
        let mut cause: Option<&dyn StdError> = Some(&*self.source);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// The whole chain is in the message already, so there is no `source` to print it twice.
impl StdError for Error {}
