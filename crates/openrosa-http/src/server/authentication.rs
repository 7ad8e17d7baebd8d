//! Who may send: nobody is asked, or a name and a password are, by Digest, by Basic, or by whichever the client likes.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Method, Uri, header};

use super::Rejection;
use crate::RandomError;
use crate::auth::digest::verifier::{Refusal, Verifier};
use crate::auth::{Credentials, basic};

/// How callers are told apart. HEAD is held to it like POST: clients answer the challenge on the request that has no
/// body to send twice (openrosa.md 1.6).
#[derive(Default)]
pub struct Authentication {
    accounts: Option<Accounts>,
}

struct Accounts {
    realm: String,
    credentials: Vec<Credentials>,
    digest: Option<Mutex<Verifier>>,
    basic: Option<BasicOver>,
}

/// Which connections Basic is offered and believed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasicOver {
    /// Those that the proxy in front says came by https, in `X-Forwarded-Proto`. Only for a server that nobody
    /// reaches but through that proxy: anybody can write the header.
    TrustedProxy,
    /// All: TLS ends in this process, or the network is the loopback.
    Any,
}

impl Authentication {
    /// Nobody is asked. What an `Authorization` header says is passed over.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// These accounts, by Digest, which is safe to be heard.
    ///
    /// # Errors
    /// When the operating system gives no random bytes for the nonces.
    pub fn accounts(
        realm: impl Into<String>,
        credentials: impl IntoIterator<Item = Credentials>,
    ) -> Result<Self, RandomError> {
        let realm = realm.into();
        let digest = Some(Mutex::new(Verifier::new(&realm)?));
        let credentials = credentials.into_iter().collect();
        Ok(Self { accounts: Some(Accounts { realm, credentials, digest, basic: None }) })
    }

    /// Takes Basic too, on such connections. CommCare devices know nothing else.
    #[must_use]
    pub fn with_basic(mut self, over: BasicOver) -> Self {
        if let Some(accounts) = &mut self.accounts {
            accounts.basic = Some(over);
        }
        self
    }

    /// Takes no Digest.
    #[must_use]
    pub fn without_digest(mut self) -> Self {
        if let Some(accounts) = &mut self.accounts {
            accounts.digest = None;
        }
        self
    }

    /// The name of the caller, `None` where nobody is asked.
    pub(crate) fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Option<String>, Rejection> {
        match &self.accounts {
            None => Ok(None),
            Some(accounts) => accounts.check(method, uri, headers).map(Some),
        }
    }
}

impl Accounts {
    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<String, Rejection> {
        let basic = self.basic.is_some_and(|over| over.covers(headers));
        let Some(authorization) = headers.get(header::AUTHORIZATION) else {
            return Err(self.ask(basic, false));
        };
        if let Some(user) = basic.then(|| self.by_basic(authorization)).flatten() {
            return Ok(user);
        }
        match self.by_digest(authorization, method, uri) {
            Ok(user) => Ok(user),
            Err(refusal) => Err(self.ask(basic, refusal.is_stale())),
        }
    }

    /// Compares with every account, in constant time each, so that time does not tell which names exist.
    fn by_basic(&self, authorization: &HeaderValue) -> Option<String> {
        let given = basic::parse(authorization)?;
        let known = self.credentials.iter().filter(|known| known.matches(&given)).count() > 0;
        known.then(|| given.user().to_owned())
    }

    fn by_digest(&self, authorization: &HeaderValue, method: &Method, uri: &Uri) -> Result<String, Refusal> {
        let verifier = self.digest.as_ref().ok_or(Refusal::NotDigest)?;
        let password = |user: &str| {
            let known = self.credentials.iter().find(|known| known.user() == user)?;
            Some(known.expose_password().to_owned())
        };
        open(verifier).verify(method, uri, authorization, SystemTime::now(), password)
    }

    /// Digest first: a client takes the first challenge it can answer.
    fn ask(&self, basic: bool, stale: bool) -> Rejection {
        let digest = self.digest.as_ref().map(|verifier| open(verifier).challenge(SystemTime::now(), stale));
        let basic = basic.then(|| basic::challenge(&self.realm)).flatten();
        let challenges: Vec<_> = digest.into_iter().chain(basic).collect();
        match challenges.is_empty() {
            // A 401 must carry a challenge, and to ask for Basic here would be to ask for the password in the clear.
            true => Rejection::Forbidden { reason: "passwords are taken over https only".into() },
            false => Rejection::Unauthenticated { challenges },
        }
    }
}

/// The book of nonces is whole after every call, so what a panic left is.
fn open(verifier: &Mutex<Verifier>) -> MutexGuard<'_, Verifier> {
    verifier.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BasicOver {
    fn covers(self, headers: &HeaderMap) -> bool {
        match self {
            Self::Any => true,
            Self::TrustedProxy => headers
                .get("x-forwarded-proto")
                .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https")),
        }
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.accounts {
            None => f.write_str("Authentication::anonymous"),
            Some(accounts) => f
                .debug_struct("Authentication")
                .field("realm", &accounts.realm)
                .field("credentials", &accounts.credentials)
                .field("basic", &accounts.basic)
                .field("digest", &accounts.digest.is_some())
                .finish(),
        }
    }
}
