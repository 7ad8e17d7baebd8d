//! Which credentials go where, and what was learned about how they are wanted.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderValue, Request};
use url::Url;

use crate::auth::bearer::Renew;
use crate::auth::digest::{ClientNonce, Nonce};
use crate::auth::{ApiKey, Challenge, Credentials, Secret, api_key, basic, bearer, secret_header};
use crate::error::{Error, Kind};

/// Whether Basic may be used over plain http. Digest may always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a yes or a no, spelled out")]
pub enum BasicOverHttp {
    /// It may not: anyone between here and the server could read the password.
    #[default]
    Refuse,
    /// It may: the server is on this machine, or in a network that is trusted with the password.
    Allow,
}

/// Why there was no answer to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unanswerable {
    /// No credentials are set for this server.
    NoCredentials,
    /// The server sent the request on to another origin, such as another port, which wants credentials and does not get those of
    /// this one.
    SentOn {
        /// That origin.
        to: String,
    },
    /// The credentials were sent and refused.
    Refused,
    /// The server keeps calling the nonces that it gives too old, by which it says that the password is right.
    Stale,
    /// The server wants a one-time code as well, and none was sent, or none that was good.
    OneTimeCode,
    /// The token was refused, and there is no new one.
    NotRenewed {
        /// Why.
        reason: String,
    },
    /// Only Basic is wanted, and the address is plain http.
    BasicOverHttp,
    /// The user name or the nonce cannot stand in a header, or, for Basic, the name holds a colon.
    Unsayable,
    /// The schemes wanted, none of which is spoken here; none at all from a server that never asks.
    Schemes(Vec<String>),
}

/// How a request was authenticated before anybody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unasked {
    Not,
    Basic,
    Digest,
    /// A key or a token.
    Token,
}

/// Credentials by server.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    keys: Vec<Key>,
    codes: Vec<Codes>,
    pub(super) preemptive_basic: bool,
    pub(super) basic_over_http: BasicOverHttp,
}

struct Key {
    server: Url,
    held: Held,
}

/// What is held for a server.
enum Held {
    /// A name and a password, to be wrapped as the server wants it.
    Password {
        credentials: Credentials,
        learned: Mutex<Learned>,
    },
    ApiKey(ApiKey),
    Bearer {
        token: Mutex<Secret>,
        renew: Option<Arc<dyn Renew>>,
    },
}

/// Where one-time codes for a server come from.
struct Codes {
    server: Url,
    next: Box<dyn Fn() -> Option<Secret> + Send + Sync>,
}

/// The second factor of CommCare HQ (commcare-hq-api.md 5).
const ONE_TIME_CODE: HeaderName = HeaderName::from_static("x-commcarehq-otp");

/// What the server turned out to want.
#[derive(Debug)]
enum Learned {
    Nothing,
    Basic,
    Digest(Nonce),
}

impl Keyring {
    pub(super) fn add(&mut self, server: &Url, credentials: Credentials) {
        let learned = Mutex::new(Learned::Nothing);
        self.hold(server, Held::Password { credentials, learned });
    }

    pub(super) fn add_api_key(&mut self, server: &Url, key: ApiKey) {
        self.hold(server, Held::ApiKey(key));
    }

    pub(super) fn add_bearer(&mut self, server: &Url, token: Secret, renew: Option<Arc<dyn Renew>>) {
        self.hold(server, Held::Bearer { token: Mutex::new(token), renew });
    }

    pub(super) fn add_codes(&mut self, server: &Url, next: Box<dyn Fn() -> Option<Secret> + Send + Sync>) {
        self.codes.push(Codes { server: server.clone(), next });
    }

    fn hold(&mut self, server: &Url, held: Held) {
        self.keys.push(Key { server: server.clone(), held });
    }

    /// Authenticates a request as the server is known to want it.
    pub(super) fn unasked<B>(&self, url: &Url, request: &mut Request<B>) -> Result<Unasked, Error> {
        self.add_code(url, request);
        let Some(key) = self.key(url) else { return Ok(Unasked::Not) };
        let (kind, value) = match &key.held {
            Held::Password { credentials, learned } => {
                self.as_learned(url, credentials, &mut locked(learned), request)?
            }
            _ if !self.may_send_basic(url) => return Ok(Unasked::Not),
            Held::ApiKey(key) => (Unasked::Token, api_key::authorization(key)),
            Held::Bearer { token, .. } => (Unasked::Token, bearer::authorization(&locked(token))),
        };
        let Some(value) = value else { return Ok(Unasked::Not) };
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(kind)
    }

    fn as_learned<B>(
        &self,
        url: &Url,
        credentials: &Credentials,
        learned: &mut Learned,
        request: &Request<B>,
    ) -> Result<(Unasked, Option<HeaderValue>), Error> {
        let may = self.may_send_basic(url);
        Ok(match learned {
            Learned::Digest(nonce) if nonce.challenge().covers(url.path()) => {
                (Unasked::Digest, digest(nonce, credentials, request)?)
            }
            Learned::Basic if may => (Unasked::Basic, basic::authorization(credentials)),
            Learned::Nothing if may && self.preemptive_basic => {
                (Unasked::Basic, basic::authorization(credentials))
            }
            _ => (Unasked::Not, None),
        })
    }

    /// Each request gets a code of its own: none is good twice.
    fn add_code<B>(&self, url: &Url, request: &mut Request<B>) {
        let codes = self.codes.iter().rev().find(|codes| is_same_server(&codes.server, url));
        let code = codes.filter(|_| self.may_send_basic(url)).and_then(|codes| (codes.next)());
        if let Some(value) = code.and_then(|code| secret_header(code.expose().as_bytes())) {
            request.headers_mut().insert(ONE_TIME_CODE, value);
        }
    }

    /// Where a new token comes from, if one was sent that was refused.
    pub(super) fn renewal(&self, url: &Url, unasked: Unasked) -> Option<Arc<dyn Renew>> {
        match &self.key(url)?.held {
            Held::Bearer { renew, .. } if unasked == Unasked::Token => renew.clone(),
            _ => None,
        }
    }

    /// Keeps the token that took the place of another.
    pub(super) fn renewed(&self, url: &Url, new: Secret) {
        if let Some(Key { held: Held::Bearer { token, .. }, .. }) = self.key(url) {
            *locked(token) = new;
        }
    }

    /// Authenticates a request as the challenges want it, Digest before Basic. What was sent unasked and is
    /// wanted again was refused; only a new nonce makes a Digest worth another try.
    pub(super) fn answer<B>(
        &self,
        url: &Url,
        challenges: &[Challenge],
        unasked: Unasked,
        request: &mut Request<B>,
    ) -> Result<(), Unanswerable> {
        let key = self.key(url).ok_or(Unanswerable::NoCredentials)?;
        let Held::Password { credentials, learned } = &key.held else {
            return Err(match unasked {
                Unasked::Token => Unanswerable::Refused,
                _ if self.may_send_basic(url) => Unanswerable::Unsayable,
                _ => Unanswerable::BasicOverHttp,
            });
        };
        let mut learned = locked(learned);
        let value = if let Some(challenge) = digest_of(challenges) {
            let known = match &*learned {
                Learned::Digest(nonce) if nonce.challenge().has_nonce_of(challenge) => Some(nonce),
                _ => None,
            };
            if known.is_some() && unasked == Unasked::Digest {
                return Err(Unanswerable::Refused);
            }
            let mut nonce = match known {
                Some(nonce) => nonce.challenged(challenge.clone()),
                None => Nonce::new(challenge.clone()),
            };
            let value = digest(&mut nonce, credentials, request).map_err(|_| Unanswerable::Unsayable)?;
            *learned = Learned::Digest(nonce);
            value
        } else if unasked == Unasked::Basic {
            return Err(Unanswerable::Refused);
        } else if challenges.contains(&Challenge::Basic) {
            if !self.may_send_basic(url) {
                return Err(Unanswerable::BasicOverHttp);
            }
            *learned = Learned::Basic;
            basic::authorization(credentials)
        } else {
            return Err(Unanswerable::Schemes(others(challenges)));
        };
        request.headers_mut().insert(AUTHORIZATION, value.ok_or(Unanswerable::Unsayable)?);
        Ok(())
    }

    /// Forgets what was learned about a server whose refusal was final.
    pub(super) fn forget(&self, url: &Url) {
        if let Some(Key { held: Held::Password { learned, .. }, .. }) = self.key(url) {
            *locked(learned) = Learned::Nothing;
        }
    }

    pub(super) fn user_at(&self, url: &Url) -> Option<&str> {
        self.key(url)?.user()
    }

    fn key(&self, url: &Url) -> Option<&Key> {
        // What was set last counts.
        self.keys.iter().rev().find(|key| is_same_server(&key.server, url))
    }

    fn may_send_basic(&self, url: &Url) -> bool {
        url.scheme() == "https" || self.basic_over_http == BasicOverHttp::Allow
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("server", &self.server.host_str()).field("user", &self.user()).finish()
    }
}

impl Key {
    fn user(&self) -> Option<&str> {
        match &self.held {
            Held::Password { credentials, .. } => Some(credentials.user()),
            Held::ApiKey(key) => Some(key.user()),
            Held::Bearer { .. } => None,
        }
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codes").field("server", &self.server.host_str()).finish_non_exhaustive()
    }
}

/// Whether what was set for one address, such as credentials, is good for another one: it is of one origin (RFC 6454), or of its own
/// https twin, where the port stays, or goes from 80 to 443.
///
/// ```
/// use openrosa_http::client::is_same_server;
///
/// let set_for = "http://odk.example/v1/projects/1".parse().unwrap();
/// assert!(is_same_server(&set_for, &"https://odk.example/v1/projects/2".parse().unwrap()));
/// assert!(!is_same_server(&set_for, &"http://odk.example:8383/v1".parse().unwrap()));
/// ```
pub fn is_same_server(set_for: &Url, asked: &Url) -> bool {
    let ports = (set_for.port_or_known_default(), asked.port_or_known_default());
    let same_port = ports.0 == ports.1;
    let secured = set_for.scheme() == "http" && asked.scheme() == "https";
    set_for.host() == asked.host()
        && ((set_for.scheme() == asked.scheme() && same_port)
            || (secured && (same_port || ports == (Some(80), Some(443)))))
}

/// The first we can answer: servers put their preference first.
pub(super) fn digest_of(challenges: &[Challenge]) -> Option<&crate::auth::digest::Challenge> {
    challenges.iter().find_map(|challenge| match challenge {
        Challenge::Digest(challenge) => Some(challenge),
        _ => None,
    })
}

fn others(challenges: &[Challenge]) -> Vec<String> {
    let name = |challenge: &Challenge| match challenge {
        Challenge::Other(name) => Some(name.clone()),
        _ => None,
    };
    challenges.iter().filter_map(name).collect()
}

/// The `uri` hashed is the target of this very request, with every argument that was added to it.
fn digest<B>(
    nonce: &mut Nonce,
    credentials: &Credentials,
    request: &Request<B>,
) -> Result<Option<HeaderValue>, Error> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let cnonce = ClientNonce::random().map_err(Kind::Random)?;
    Ok(nonce.authorization(credentials, request.method(), target, &cnonce))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-027: credentials go to the server they were set for, its https twin, and nowhere else.
    #[test]
    fn credentials_stay_with_their_server() {
        let same = |one: &str, other: &str| is_same_server(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("https://h/a", "https://H:443/b?c"));
        assert!(same("http://h", "https://h"));
        assert!(same("http://h:8600", "https://h:8600"));
        for (one, other) in [
            ("https://h", "http://h"),
            ("https://h", "https://h:8443"),
            ("http://h", "http://h:8080"),
            ("http://h:8080", "https://h"),
            ("https://h", "https://h.example"),
            ("https://h", "https://sub.h"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
