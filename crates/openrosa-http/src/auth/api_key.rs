//! A key of CommCare HQ, in the place of a password.

use http::HeaderValue;

use super::{Secret, secret_header};

/// Whose key it is, and the key.
///
/// *Wire*: `Authorization: ApiKey amina@example.org:0123abcd`. *Spec*: commcare-hq-api.md 5.
///
/// ```
/// use openrosa_http::auth::{Secret, api_key::{self, ApiKey}};
///
/// let key = ApiKey::new("amina@example.org", Secret::new("0123abcd"));
/// let header = api_key::authorization(&key).unwrap();
/// assert_eq!(header, "ApiKey amina@example.org:0123abcd");
/// assert_eq!(api_key::parse(&header), Some(key));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    user: String,
    key: Secret,
}

impl ApiKey {
    /// The name that the user signs in with, and the key.
    pub fn new(user: impl Into<String>, key: Secret) -> Self {
        Self { user: user.into(), key }
    }

    /// Whose it is.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The key.
    pub const fn key(&self) -> &Secret {
        &self.key
    }
}

/// The `Authorization` value; `None` for what a header cannot say, and for a name with a colon, at which it would be split.
pub fn authorization(key: &ApiKey) -> Option<HeaderValue> {
    if key.user.contains(':') {
        return None;
    }
    secret_header(format!("ApiKey {}:{}", key.user, key.key.expose()).as_bytes())
}

/// Reads an `Authorization` value; `None` when it is of another scheme. The word is taken in any case.
pub fn parse(authorization: &HeaderValue) -> Option<ApiKey> {
    let (scheme, pair) = authorization.to_str().ok()?.trim().split_once(' ')?;
    let (user, key) = pair.trim().split_once(':')?;
    scheme.eq_ignore_ascii_case("apikey").then(|| ApiKey::new(user, Secret::new(key)))
}
