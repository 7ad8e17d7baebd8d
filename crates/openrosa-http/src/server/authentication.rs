//! Who may call: nobody is asked, or a proof is, by Digest, by Basic, by a token, or by whichever the client likes; or the host has
//! asked already.

mod erased;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{Extensions, HeaderMap, HeaderValue, Method, Uri, header};

use super::{AccountList, Accounts, Admission, Rejection};
use crate::RandomError;
use crate::auth::digest::verifier::{Refusal, Verifier, claimed_user};
use crate::auth::{Credentials, Secret, basic, bearer};
use erased::AnyAccounts;

/// How callers are told apart. HEAD is held to it like POST: clients answer the challenge on the request that has no
/// body to send twice (openrosa.md 1.6).
///
/// Clones share their nonces, so that a client that signed in at one group of endpoints goes on at another.
#[derive(Clone, Default)]
pub struct Authentication {
    door: Door,
}

#[derive(Clone, Default)]
enum Door {
    #[default]
    Open,
    /// A layer of the host's stands there.
    Host,
    Asked(Porter),
}

/// Who asks for proofs.
#[derive(Clone)]
struct Porter {
    realm: String,
    accounts: Arc<dyn AnyAccounts>,
    digest: Option<Arc<Mutex<Verifier>>>,
    basic: Option<BasicOver>,
}

/// Which connections Basic is offered, and it and bearer tokens are believed, on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasicOver {
    /// Those that the proxy in front says came by https, in `X-Forwarded-Proto`. Only for a server that nobody
    /// reaches but through that proxy: anybody can write the header.
    TrustedProxy,
    /// All: TLS ends in this process, or the network is the loopback.
    Any,
}

/// Who was let in by a layer of the host's own, which has put this into the extensions of the request; see
/// [`Authentication::by_host`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is no more to it")]
pub struct LetIn {
    /// The name that hosts are told: [`Caller::user`](super::Caller::user).
    pub user: String,
}

/// What a caller shows at the door.
pub(crate) struct Knock<'a> {
    pub(crate) method: &'a Method,
    /// As the client wrote it: Digest signs it.
    pub(crate) target: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
    pub(crate) domain: Option<&'a str>,
    /// The one in the address.
    pub(crate) token: Option<&'a Secret>,
}

impl Authentication {
    /// Nobody is asked. What an `Authorization` header or a token says is passed over.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A layer of the host's own decides who may call, and says so by [`LetIn`]. A request without that has come past the layer,
    /// which is a fault of the host's: 500, and a line in its log.
    ///
    /// ```
    /// use axum::{Router, body::Body};
    /// use axum::extract::Request;
    /// use axum::middleware::{Next, from_fn};
    /// use openrosa_http::server::{Authentication, Front, LetIn, MemoryBackend};
    /// use tower::ServiceExt as _;
    ///
    /// # #[tokio::main] async fn main() {
    /// let sessions = from_fn(async |mut request: Request, next: Next| {
    ///     // Here the host's own session is looked up.
    ///     request.extensions_mut().insert(LetIn { user: "amina".into() });
    ///     next.run(request).await
    /// });
    /// let receiver = Front::new(Authentication::by_host()).receiver(MemoryBackend::new());
    /// let routes: Router = receiver.router().layer(sessions);
    /// # let ask = http::Request::head("/submission").header("X-OpenRosa-Version", "1.0").body(Body::empty()).unwrap();
    /// # assert_eq!(routes.oneshot(ask).await.unwrap().status(), 204);
    /// # }
    /// ```
    #[must_use]
    pub fn by_host() -> Self {
        Self { door: Door::Host }
    }

    /// A fixed list of accounts, by Digest, which is safe to be heard.
    ///
    /// # Errors
    /// When the operating system gives no random bytes for the nonces.
    pub fn accounts(
        realm: impl Into<String>,
        credentials: impl IntoIterator<Item = Credentials>,
    ) -> Result<Self, RandomError> {
        Self::of(realm, AccountList::new(credentials))
    }

    /// The accounts of a host: by a token in the address, and by Digest if the host [can](Accounts::has_digest).
    ///
    /// # Errors
    /// When the operating system gives no random bytes for the nonces.
    pub fn of(realm: impl Into<String>, accounts: impl Accounts) -> Result<Self, RandomError> {
        let realm = realm.into();
        let digest = match accounts.has_digest() {
            true => Some(Arc::new(Mutex::new(Verifier::new(&realm)?))),
            false => None,
        };
        Ok(Self { door: Door::Asked(Porter { realm, accounts: Arc::new(accounts), digest, basic: None }) })
    }

    /// Takes Basic too, on such connections, and bearer tokens, which cross the network as passwords do. CommCare devices know
    /// nothing else than Basic.
    #[must_use]
    pub fn with_basic(mut self, over: BasicOver) -> Self {
        if let Door::Asked(porter) = &mut self.door {
            porter.basic = Some(over);
        }
        self
    }

    /// Takes no Digest.
    #[must_use]
    pub fn without_digest(mut self) -> Self {
        if let Door::Asked(porter) = &mut self.door {
            porter.digest = None;
        }
        self
    }

    /// The name of the caller, `None` where nobody is asked.
    pub(crate) async fn check(&self, knock: Knock<'_>) -> Result<Option<String>, Rejection> {
        match &self.door {
            Door::Open => Ok(None),
            Door::Host => match knock.extensions.get::<LetIn>() {
                Some(let_in) => Ok(Some(let_in.user.clone())),
                None => {
                    Err(Rejection::internal("nobody has let the caller in: the host's layer lies elsewhere"))
                }
            },
            Door::Asked(porter) => porter.open(knock).await.map(Some),
        }
    }
}

/// What came of one kind of proof.
enum Tried {
    Proved(Admission),
    /// Not that kind, or no proof.
    Not {
        stale: bool,
    },
}

impl Porter {
    /// The first kind of proof that the request has decides, in the order of ODK Central (openrosa.md 5.2).
    async fn open(&self, knock: Knock<'_>) -> Result<String, Rejection> {
        if let Some(token) = knock.token {
            return self.by_address(token, knock.domain).await;
        }
        let basic = self.basic.is_some_and(|over| over.covers(knock.headers));
        let Some(authorization) = knock.headers.get(header::AUTHORIZATION) else {
            return Err(self.ask(basic, false));
        };
        let mut tried = Tried::Not { stale: false };
        if basic {
            tried = self.by_header(authorization, knock.domain).await?;
        }
        if matches!(tried, Tried::Not { .. }) {
            tried = self.by_digest(authorization, &knock).await?;
        }
        match tried {
            Tried::Proved(Admission::Granted(user)) => Ok(user),
            Tried::Proved(Admission::Inactive(inactive)) => Err(Rejection::Inactive(inactive)),
            Tried::Proved(Admission::Denied) => Err(self.ask(basic, false)),
            Tried::Not { stale } => Err(self.ask(basic, stale)),
        }
    }

    /// Who comes with a token that is not good is not asked for a password, which is not what is wrong (openrosa.md 5.2).
    async fn by_address(&self, token: &Secret, domain: Option<&str>) -> Result<String, Rejection> {
        match self.accounts.by_token(token, domain).await? {
            Admission::Granted(user) => Ok(user),
            Admission::Inactive(inactive) => Err(Rejection::Inactive(inactive)),
            Admission::Denied => {
                Err(Rejection::Forbidden { reason: "the token in the address is not valid".into() })
            }
        }
    }

    async fn by_header(&self, authorization: &HeaderValue, domain: Option<&str>) -> Result<Tried, Rejection> {
        if let Some(given) = basic::parse(authorization) {
            return self.accounts.by_password(&given, domain).await.map(Tried::Proved);
        }
        match bearer::parse(authorization) {
            Some(token) => self.accounts.by_token(&token, domain).await.map(Tried::Proved),
            None => Ok(Tried::Not { stale: false }),
        }
    }

    async fn by_digest(&self, authorization: &HeaderValue, knock: &Knock<'_>) -> Result<Tried, Rejection> {
        let Some((verifier, user)) = self.digest.as_deref().zip(claimed_user(authorization)) else {
            return Ok(Tried::Not { stale: false });
        };
        let account = self.accounts.digest_account(&user, knock.domain).await?;
        let (secret, admission) = account.map(|account| (account.secret, account.admission)).unzip();
        let verdict =
            lock(verifier).verify(knock.method, knock.target, authorization, SystemTime::now(), |_| secret);
        Ok(match verdict {
            Ok(_) => Tried::Proved(admission.unwrap_or(Admission::Denied)),
            Err(refusal) => Tried::Not { stale: Refusal::is_stale(refusal) },
        })
    }

    /// Digest first: a client takes the first challenge it can answer.
    fn ask(&self, basic: bool, stale: bool) -> Rejection {
        let digest =
            self.digest.as_deref().map(|verifier| lock(verifier).challenge(SystemTime::now(), stale));
        let basic = basic.then(|| basic::challenge(&self.realm)).flatten();
        let challenges: Vec<_> = digest.into_iter().chain(basic).collect();
        match challenges.is_empty() {
            // A 401 must carry a challenge, and to ask for Basic here would be to ask for the password in the clear.
            true if self.basic.is_some() => {
                Rejection::Forbidden { reason: "passwords are taken over https only".into() }
            }
            true => Rejection::Forbidden { reason: "this address wants a token in it".into() },
            false => Rejection::Unauthenticated { challenges },
        }
    }
}

/// The book of nonces is whole after every call, so what a panic left is.
fn lock(verifier: &Mutex<Verifier>) -> MutexGuard<'_, Verifier> {
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
        match &self.door {
            Door::Open => f.write_str("Authentication::anonymous"),
            Door::Host => f.write_str("Authentication::by_host"),
            Door::Asked(porter) => f
                .debug_struct("Authentication")
                .field("realm", &porter.realm)
                .field("basic", &porter.basic)
                .field("digest", &porter.digest.is_some())
                .finish_non_exhaustive(),
        }
    }
}
