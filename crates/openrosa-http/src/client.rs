//! The client: one form goes out, and what comes back says what that means for the copy still held.

mod address;
mod briefcase;
mod case_search;
mod claim;
mod download;
mod heartbeat;
mod key_records;
mod keyring;
mod pace;
mod posts;
mod preflight;
mod receipt;
pub mod restore;
mod send;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use openrosa_xml::Limits;
use tokio::time::timeout;
use url::Url;

use crate::api::Preamble;
use crate::api::submission::{Request, Response, Said};
use crate::auth::bearer::Renew;
use crate::auth::{ApiKey, Challenge, Credentials, Secret};
use crate::headers::{AcceptLanguage, AcceptLength, Version, location};
use crate::peer::{Peer, Splitting};
use crate::transport::{Body, Transport};

pub use crate::error::Error;
use crate::error::Kind;
pub use briefcase::BriefcaseUrls;
pub use download::{form_list_url, is_page, keep_name, receiver_url, restore_url, submission_url};
use keyring::Keyring;
pub use keyring::{BasicOverHttp, Unanswerable, is_same_server};
use preflight::Road;
pub use receipt::{Instead, Receipt, Unconfirmed, Verdict};
pub use send::read_whole;

/// Envelopes are small; a gateway's page need not be read to its end.
const ANSWER_LIMIT: usize = 1 << 20;
/// How long such an answer may take to come: one that drips, a byte at a time, would hold its reader for months. A longer one may
/// be late by as much ([`pace`]). The transport knows how long nothing at all may come.
const ANSWER_TIME: Duration = Duration::from_secs(180);
/// Redirects followed before it is called a loop.
const REDIRECTS: usize = 5;

/// Sends submissions to OpenRosa servers.
///
/// What a server said about itself (how large a body may be, where the POST goes, how to authenticate) is
/// remembered for the life of the client and asked anew after a failure. Nothing is retried but what a server says it has not
/// looked at: whether and when to try again is the [`Verdict`]'s advice and the caller's decision.
///
/// It works in a runtime of Tokio that has a clock (`enable_time`), whatever the transport: no answer is waited for without end.
///
/// ```
/// use http::{Method, Response, StatusCode};
/// use openrosa_http::api::submission::Request;
/// use openrosa_http::client::{Client, Receipt};
/// use openrosa_http::transport::Body;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Stands for a server: ready at the door, and content with what it is handed.
/// let server = async |request: http::Request<Body>| {
///     let head = request.method() == Method::HEAD;
///     let answer = Response::builder().status(if head { 204 } else { 201 }).header("X-OpenRosa-Version", "1.0");
///     let envelope = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";
///     Ok(answer.body(if head { Body::empty() } else { Body::from(envelope) }).unwrap())
/// };
/// let client = Client::new(server).device_id("collect:AbC123");
/// let url = "https://odk.example/submission".parse()?;
/// let receipt = client.submit(&url, &Request::new(r#"<data id="survey"/>"#)).await?;
/// assert!(receipt.is_delivered());
/// # Ok(()) }
/// ```
pub struct Client<T> {
    transport: T,
    version: Version,
    device_id: Option<String>,
    accept_language: Option<AcceptLanguage>,
    known_limit: Option<AcceptLength>,
    splitting: Splitting,
    trusts_status: bool,
    restore_limits: Limits,
    clock: fn() -> SystemTime,
    keyring: Keyring,
    roads: Mutex<HashMap<Url, Road>>,
    told_limits: Mutex<HashMap<Url, AcceptLength>>,
}

impl<T: Transport> Client<T> {
    /// A client that speaks OpenRosa 1.0, without a name, a language or credentials.
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            version: Version::OPENROSA_1,
            device_id: None,
            accept_language: None,
            known_limit: None,
            splitting: Splitting::default(),
            trusts_status: false,
            restore_limits: Limits::default(),
            clock: SystemTime::now,
            keyring: Keyring::default(),
            roads: Mutex::default(),
            told_limits: Mutex::default(),
        }
    }

    /// Speaks another version: [`Version::COMMCARE_3`] to CommCare HQ, and to nobody else.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Speaks as this kind of server wants it: its version; no HEAD where that says nothing; one POST for each submission where
    /// several are not merged; Basic unasked where it may never be asked for.
    #[must_use]
    pub fn for_peer(mut self, peer: &Peer) -> Self {
        self.version = peer.version;
        self.known_limit = (!peer.answers_head).then_some(AcceptLength(u64::MAX));
        self.splitting = peer.splitting;
        self.keyring.preemptive_basic = !peer.challenges;
        self
    }

    /// Names this device in every address, as `deviceID`.
    #[must_use]
    pub fn device_id(mut self, device_id: impl Into<String>) -> Self {
        self.device_id = Some(device_id.into());
        self
    }

    /// Asks for messages in a language.
    #[must_use]
    pub fn accept_language(mut self, language: AcceptLanguage) -> Self {
        self.accept_language = Some(language);
        self
    }

    /// Credentials for the server at `url`, and for no other: scheme, host and port count, but for the same
    /// server's move from http to https.
    #[must_use]
    pub fn credentials(mut self, url: &Url, credentials: Credentials) -> Self {
        self.keyring.add(url, credentials);
        self
    }

    /// A key of CommCare HQ's API, for the server at `url` and no other. It is sent unasked, on https only unless
    /// [`basic_over_http`](Self::basic_over_http) says otherwise.
    #[must_use]
    pub fn api_key(mut self, url: &Url, key: ApiKey) -> Self {
        self.keyring.add_api_key(url, key);
        self
    }

    /// A bearer token for the server at `url`, sent as an API key is. It stays as it is; see
    /// [`renewed_bearer`](Self::renewed_bearer).
    #[must_use]
    pub fn bearer(mut self, url: &Url, token: Secret) -> Self {
        self.keyring.add_bearer(url, token, None);
        self
    }

    /// A bearer token that is renewed once the server refuses it; the request is then sent once more.
    #[must_use]
    pub fn renewed_bearer(mut self, url: &Url, token: Secret, renew: impl Renew) -> Self {
        self.keyring.add_bearer(url, token, Some(Arc::new(renew)));
        self
    }

    /// One-time codes for the server at `url`, one for each request: a second factor beside the password.
    ///
    /// *Wire*: `X-CommcareHQ-OTP: 123456`. *Spec*: commcare-hq-api.md 5.
    #[must_use]
    pub fn one_time_codes(
        mut self,
        url: &Url,
        next: impl Fn() -> Option<Secret> + Send + Sync + 'static,
    ) -> Self {
        self.keyring.add_codes(url, Box::new(next));
        self
    }

    /// Sends Basic on https without waiting to be asked, as ODK Central never asks (openrosa.md 5.2).
    #[must_use]
    pub fn preemptive_basic(mut self) -> Self {
        self.keyring.preemptive_basic = true;
        self
    }

    /// Whether a password may cross the network in the clear. It may not, unless this says so.
    #[must_use]
    pub fn basic_over_http(mut self, basic_over_http: BasicOverHttp) -> Self {
        self.keyring.basic_over_http = basic_over_http;
        self
    }

    /// The name by which this client is known at `url`, if its credentials have one.
    pub fn user_at(&self, url: &Url) -> Option<&str> {
        self.keyring.user_at(url)
    }

    /// Skips the HEAD: limit and credentials are known. CommCare HQ, for one, answers HEAD with 405 only.
    #[must_use]
    pub fn without_preflight(mut self, limit: AcceptLength) -> Self {
        self.known_limit = Some(limit);
        self
    }

    /// Takes 201 and 202 for delivery also without an envelope: for servers known to answer JSON or nothing.
    /// A captive portal can answer 201 too.
    #[must_use]
    pub fn trust_status(mut self) -> Self {
        self.trusts_status = true;
        self
    }

    /// Reads restores within other limits, which are those of one item of them. How many bytes of an item are held while its
    /// end has not come is said by [`Restore::item_limit`](restore::Restore::item_limit).
    ///
    /// ```
    /// use openrosa_http::client::{Client, restore::Outcome};
    /// use openrosa_http::{api::restore::Request, transport::Body};
    /// use openrosa_xml::Limits;
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = async |_: http::Request<Body>| Ok(http::Response::new(Body::from("<r><case><a><b/></a></case></r>")));
    /// let client = Client::new(server).restore_limits(Limits { depth: 3, ..Limits::default() });
    /// let url = "https://hq.example/a/demo/phone/restore/".parse()?;
    /// let Outcome::Ready(mut restore) = client.restore(&url, &Request::new()).await? else { return Ok(()) };
    /// assert!(restore.next().await.is_err(), "it is four elements deep");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn restore_limits(mut self, limits: Limits) -> Self {
        self.restore_limits = limits;
        self
    }

    /// Reads the time elsewhere.
    #[must_use]
    pub fn clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = clock;
        self
    }

    /// Hands a submission over: HEAD once for each address, then as many POSTs as the server's limit makes
    /// necessary, one after the other. The first that is not delivered ends the sequence, and its outcome is
    /// the submission's. Sending again sends all of it, byte for byte the same.
    ///
    /// A POST of several files that is too large (413) is no end yet: all is sent again in smaller ones, under the limit that the
    /// refusal tells, and if need be with each file alone.
    pub async fn submit(&self, url: &Url, submission: &Request) -> Result<Receipt, Error> {
        self.hand_over(url, submission).await
    }

    fn preamble(&self) -> Preamble {
        let mut preamble = Preamble::new(self.version, (self.clock)());
        preamble.accept_language = self.accept_language.clone();
        preamble.device_id = self.device_id.clone();
        preamble
    }

    /// A GET and the head of its final answer; the body is still to come, and has to keep a pace.
    async fn get(
        &self,
        url: &Url,
        reach: Reach,
        write: Write<'_>,
    ) -> Result<(http::response::Parts, Body), Error> {
        address::check(url)?;
        let (asked, mut url) = (url, url.clone());
        for _ in 0..=REDIRECTS {
            let write = |url: &Url| {
                // What is asked is asked here; an address elsewhere, perhaps a signed one, is taken as it is.
                let elsewhere = elsewhere(asked, url).is_some();
                let at = address::uri(if elsewhere { asked } else { url })?;
                let mut request = write(&self.preamble(), &at).map_err(Kind::Http)?;
                if elsewhere {
                    *request.uri_mut() = address::uri(url)?;
                }
                Ok(request.map(|()| Body::empty()))
            };
            let response = self.authenticated(&url, &write).await;
            let mut response = response
                .map_err(|error| error.sent_on(elsewhere(asked, &url)).wanted_at(asked, &url).of(&url))?;
            match address::redirect(&Method::GET, &response) {
                Some(to) if reach == Reach::Anywhere => {
                    url = location::follow(&url, to).map_err(Kind::Redirect)?;
                }
                Some(to) => url = location::resolve(&url, to).map_err(Kind::Redirect)?,
                None => {
                    let sent_on = elsewhere(asked, &url).map(|host| SentOn(host.to_owned()));
                    sent_on.map(|sent_on| response.extensions_mut().insert(sent_on));
                    response.extensions_mut().insert(Asked(url));
                    let (answer, body) = response.into_parts();
                    return Ok((answer, pace::paced(body)));
                }
            }
        }
        Err(Kind::TooManyRedirects.into())
    }

    /// The error that an answer is which is no success.
    async fn refused(&self, answer: http::response::Parts, body: Body) -> Error {
        let error = match read(answer.status, body).await {
            Ok(body) => {
                let response = Box::new(Response::read(&answer, &body));
                Error::answered(response, (self.clock)())
            }
            Err(error) => error,
        };
        error.in_answer(&answer)
    }

    /// Gets a new token and authenticates a request with it.
    async fn renew(
        &self,
        url: &Url,
        renewal: &dyn Renew,
        request: &mut http::Request<Body>,
    ) -> Result<(), Unanswerable> {
        let new = renewal.renew().await;
        let new = new.map_err(|error| Unanswerable::NotRenewed { reason: error.to_string() })?;
        self.keyring.renewed(url, new);
        match self.keyring.unasked(url, request) {
            Ok(keyring::Unasked::Token) => Ok(()),
            _ => Err(Unanswerable::Unsayable),
        }
    }

    /// One request and its final answer: redirects followed as far as they may be, a challenge met once.
    async fn exchange(
        &self,
        method: &Method,
        asked: Url,
        write: &(dyn Fn(&Url) -> Result<http::Request<Body>, Error> + Sync),
    ) -> Result<(Url, http::Response<Body>), Error> {
        let mut sent_on = None;
        for _ in 0..=REDIRECTS {
            let url = sent_on.as_ref().unwrap_or(&asked);
            let response = self.authenticated(url, write).await;
            let response = response.map_err(|error| error.wanted_at(&asked, url))?;
            address::stay(url, &response)?;
            match address::redirect(method, &response) {
                Some(to) => sent_on = Some(location::resolve(url, to).map_err(Kind::Redirect)?),
                None => return Ok((sent_on.unwrap_or(asked), response)),
            }
        }
        Err(Kind::TooManyRedirects.into())
    }

    /// One request and its answer; all of it once more where the server says that it has not looked at what came.
    async fn authenticated(
        &self,
        url: &Url,
        write: &(dyn Fn(&Url) -> Result<http::Request<Body>, Error> + Sync),
    ) -> Result<http::Response<Body>, Error> {
        match self.asked(url, write).await {
            Err(error) if error.is_passed_over() => self.asked(url, write).await,
            answered => answered,
        }
    }

    /// One request, and once more with credentials when the server asks for them. A third time there is only where the nonce of
    /// these was too old already.
    async fn asked(
        &self,
        url: &Url,
        write: &(dyn Fn(&Url) -> Result<http::Request<Body>, Error> + Sync),
    ) -> Result<http::Response<Body>, Error> {
        let mut request = write(url)?;
        let unasked = self.keyring.unasked(url, &mut request)?;
        let response = self.transport.send(request).await.map_err(Kind::Transport)?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenges = Challenge::read(response.headers());
        let refused = refusal(response).await?;

        let mut request = write(url)?;
        let answered = match self.keyring.renewal(url, unasked) {
            _ if wants_code(&refused) => Err(Unanswerable::OneTimeCode),
            Some(renewal) => self.renew(url, &*renewal, &mut request).await,
            None => self.keyring.answer(url, &challenges, unasked, &mut request),
        };
        if let Err(why) = answered {
            return Err(Kind::Authentication { why, response: refused }.into());
        }
        let response = self.transport.send(request).await.map_err(Kind::Transport)?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenges = Challenge::read(response.headers());
        let refused = refusal(response).await?;
        if is_stale(&challenges) {
            return self.answered_anew(url, &challenges, refused, write).await;
        }
        self.keyring.forget(url);
        Err(Kind::Authentication { why: Unanswerable::Refused, response: refused }.into())
    }

    /// Once more with the nonce that takes the place of one that did not last until its answer came, as where it was good for one
    /// answer and another came first.
    async fn answered_anew(
        &self,
        url: &Url,
        challenges: &[Challenge],
        refused: Box<Response>,
        write: &(dyn Fn(&Url) -> Result<http::Request<Body>, Error> + Sync),
    ) -> Result<http::Response<Body>, Error> {
        let mut request = write(url)?;
        let answered = self.keyring.answer(url, challenges, keyring::Unasked::Digest, &mut request);
        if let Err(why) = answered {
            self.keyring.forget(url);
            return Err(Kind::Authentication { why, response: refused }.into());
        }
        let response = self.transport.send(request).await.map_err(Kind::Transport)?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let is_stale = is_stale(&Challenge::read(response.headers()));
        let why = if is_stale { Unanswerable::Stale } else { Unanswerable::Refused };
        self.keyring.forget(url);
        Err(Kind::Authentication { why, response: refusal(response).await? }.into())
    }
}

/// Whether the password was right, and only the nonce is spent.
fn is_stale(challenges: &[Challenge]) -> bool {
    keyring::digest_of(challenges).is_some_and(crate::auth::digest::Challenge::is_stale)
}

/// CommCare HQ names the header where it misses the code in it.
fn wants_code(refused: &Response) -> bool {
    match &refused.said {
        Said::Text(text) => text.to_ascii_lowercase().contains("x-commcarehq-otp"),
        Said::Envelope(_) => false,
    }
}

async fn refusal(response: http::Response<Body>) -> Result<Box<Response>, Error> {
    let (parts, body) = response.into_parts();
    Ok(Box::new(Response::read(&parts, &read(parts.status, body).await?)))
}

/// How a request is written for an address.
type Write<'w> = &'w (dyn Fn(&Preamble, &http::Uri) -> Result<http::Request<()>, http::Error> + Sync);

/// How far a server may send a GET on. Credentials go no further than to the server they are for, in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Not to another host.
    Host,
    /// Also to another host: files may lie in an object store.
    Anywhere,
}

/// An answer that another host gave, to which a GET was sent on.
#[derive(Clone, Debug)]
struct SentOn(String);

/// The address that a GET came to in the end.
#[derive(Clone, Debug)]
struct Asked(Url);

impl Error {
    /// The same, of the GET that has this answer.
    fn in_answer(self, answer: &http::response::Parts) -> Self {
        match answer.extensions.get::<Asked>() {
            Some(Asked(url)) => self.of(url),
            None => self,
        }
    }
}

/// The host of an address, where it is not that which was asked.
fn elsewhere<'u>(asked: &Url, url: &'u Url) -> Option<&'u str> {
    url.host_str().filter(|host| asked.host_str() != Some(host))
}

/// What an answer says. A refusal is one by its head: that its words broke off does not make it less of one.
async fn read(status: StatusCode, mut body: Body) -> Result<bytes::Bytes, Error> {
    let mut read = bytes::BytesMut::new();
    let reading = async {
        while read.len() < ANSWER_LIMIT
            && let Some(chunk) = body.chunk().await?
        {
            read.extend_from_slice(&chunk[..chunk.len().min(ANSWER_LIMIT - read.len())]);
        }
        Ok(())
    };
    match timeout(ANSWER_TIME, reading).await.unwrap_or_else(|_| Err(late())) {
        Err(error) if status.is_success() => Err(broken(error)),
        _ => Ok(read.freeze()),
    }
}

fn late() -> io::Error {
    let late = format!("the answer was not whole after {} seconds", ANSWER_TIME.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, late)
}

/// The status has come, so the body's failure is the connection's: what was decided, nobody heard.
fn broken(error: io::Error) -> Error {
    Kind::Transport(crate::transport::Error::new(crate::transport::Sent::Perhaps, error)).into()
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("version", &self.version)
            .field("device_id", &self.device_id)
            .field("keyring", &self.keyring)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
