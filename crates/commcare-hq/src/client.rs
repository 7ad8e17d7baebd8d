//! The client: a project, an account, and how patient it is.

pub mod download;
mod exchange;
pub mod patience;

use std::fmt;
use std::time::SystemTime;

use openrosa_http::auth::bearer::Renew;
use openrosa_http::auth::{ApiKey, Credentials, Secret};
use openrosa_http::client::{self as openrosa, BasicOverHttp};
use openrosa_http::headers::Version;
use openrosa_http::peer::COMMCARE_HQ;
use openrosa_http::transport::Transport;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::paging::{Checkpoint, Paged, Walk};
use crate::site::Site;
use crate::throttle::Limiter;
use patience::Patience;

/// A page of 5000 cases has some tens of megabytes; above this an answer is refused.
const BODY_LIMIT: usize = 256 << 20;

/// Speaks with one project of one CommCare HQ.
///
/// Reads are retried as [`Patience`] says, writes only where the server cannot have done them; whether a write may have been
/// done without anybody saying so is told by [`Error::may_have_landed`]. Credentials go to the server they are set for and
/// nowhere else, and over https only unless [`basic_over_http`](Self::basic_over_http) says otherwise.
///
/// ```
/// use commcare_hq::{Client, account::Identity, site::Site};
/// use openrosa_http::auth::{ApiKey, Secret};
/// use openrosa_http::transport::Body;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Stands for a server.
/// let server = async |request: http::Request<Body>| {
///     assert_eq!(request.headers()["Authorization"], "ApiKey ada@example.org:0123abcd");
///     Ok(http::Response::new(Body::from(r#"{"id": "77aa", "username": "ada@example.org"}"#)))
/// };
/// let site = Site::parse("https://hq.example/a/riverside/")?;
/// let hq = Client::new(server, site).api_key(ApiKey::new("ada@example.org", Secret::new("0123abcd")));
/// assert_eq!(hq.call(&Identity).await?.username, "ada@example.org");
/// # Ok(()) }
/// ```
pub struct Client<T> {
    http: openrosa::Client<T>,
    site: Site,
    patience: Patience,
    limiter: Option<Limiter>,
    clock: fn() -> SystemTime,
    body_limit: usize,
}

impl<T: Transport> Client<T> {
    /// A client without credentials, of the usual patience, that does not throttle itself.
    pub fn new(transport: T, site: Site) -> Self {
        let http = openrosa::Client::new(transport).for_peer(&COMMCARE_HQ).version(Version::COMMCARE_3);
        Self {
            http,
            site,
            patience: Patience::default(),
            limiter: None,
            clock: SystemTime::now,
            body_limit: BODY_LIMIT,
        }
    }

    /// A name and a password: by Basic without being asked, over https, as not every part of the server asks; by Digest where it
    /// asks for that.
    #[must_use]
    pub fn password(self, credentials: Credentials) -> Self {
        self.with(|http, base| http.credentials(base, credentials))
    }

    /// A key of the API: what programs use.
    #[must_use]
    pub fn api_key(self, key: ApiKey) -> Self {
        self.with(|http, base| http.api_key(base, key))
    }

    /// A bearer token of OAuth 2.
    #[must_use]
    pub fn bearer(self, token: Secret) -> Self {
        self.with(|http, base| http.bearer(base, token))
    }

    /// A bearer token that is renewed once the server refuses it.
    #[must_use]
    pub fn renewed_bearer(self, token: Secret, renew: impl Renew) -> Self {
        self.with(|http, base| http.renewed_bearer(base, token, renew))
    }

    /// One-time codes beside the password, a fresh one for each request.
    #[must_use]
    pub fn one_time_codes(self, next: impl Fn() -> Option<Secret> + Send + Sync + 'static) -> Self {
        self.with(|http, base| http.one_time_codes(base, next))
    }

    /// Whether secrets may cross the network in the clear. They may not, unless this says so.
    #[must_use]
    pub fn basic_over_http(self, basic_over_http: BasicOverHttp) -> Self {
        self.with(|http, _| http.basic_over_http(basic_over_http))
    }

    /// How long it goes on trying.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Keeps to a number of requests in each span of time. Clones of one limiter share the count: HQ counts by project.
    #[must_use]
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// How large an answer may be that is held in memory.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    fn with(mut self, change: impl FnOnce(openrosa::Client<T>, &url::Url) -> openrosa::Client<T>) -> Self {
        self.http = change(self.http, self.site.base());
        self
    }

    /// The project.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The client beneath, for what phones do: submissions, restores, searches.
    pub fn openrosa(&self) -> &openrosa::Client<T> {
        &self.http
    }

    /// Makes a call.
    pub async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Answer, Error> {
        let request = endpoint.request(&self.site)?;
        let effect = endpoint.effect();
        let answer = self.fetch(&request, effect, &|refusal| endpoint.is_missing(refusal)).await?;
        // A refusal within a success says itself what was done.
        let unless_refused = |error: Error| match error.refusal() {
            Some(_) => error,
            None => exchange::unless_read(effect, error),
        };
        endpoint.answer(answer).map_err(unless_refused)
    }

    /// Walks over all pages of a list.
    pub fn walk<E>(&self, list: E) -> Result<Walk<'_, T, E>, Error>
    where
        E: Endpoint,
        E::Answer: Paged,
    {
        Walk::new(self, list)
    }

    /// Goes on with a walk where a checkpoint was taken of it.
    pub fn resume<E>(&self, list: E, checkpoint: Checkpoint) -> Result<Walk<'_, T, E>, Error>
    where
        E: Endpoint,
        E::Answer: Paged,
    {
        Walk::resumed(self, list, checkpoint)
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("site", &self.site).field("http", &self.http).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
