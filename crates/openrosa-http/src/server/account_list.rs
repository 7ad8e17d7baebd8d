//! Accounts that are known from the start: for tests, and for servers with a handful of users.

use std::fmt;

use subtle::ConstantTimeEq as _;

use super::{Accounts, Admission, DigestAccount, Rejection};
use crate::auth::digest::verifier::DigestSecret;
use crate::auth::{Credentials, Secret};

/// A fixed list of users, each of them at home in every domain.
///
/// ```
/// use openrosa_http::auth::{Credentials, Secret};
/// use openrosa_http::server::AccountList;
///
/// let accounts = AccountList::new([Credentials::new("amina", "correct horse")]).with_token("tablet 7", Secret::new("s3cr3t"));
/// assert!(!format!("{accounts:?}").contains("horse"));
/// ```
#[derive(Clone, Default)]
pub struct AccountList {
    credentials: Vec<Credentials>,
    tokens: Vec<(String, Secret)>,
}

impl AccountList {
    /// These users.
    pub fn new(credentials: impl IntoIterator<Item = Credentials>) -> Self {
        Self { credentials: credentials.into_iter().collect(), tokens: Vec::new() }
    }

    /// One more, who comes in by a token in the address.
    #[must_use]
    pub fn with_token(mut self, user: impl Into<String>, token: Secret) -> Self {
        self.tokens.push((user.into(), token));
        self
    }
}

impl Accounts for AccountList {
    /// Compares with every account, in constant time each, so that time does not tell which names exist.
    async fn by_password(&self, given: &Credentials, _: Option<&str>) -> Result<Admission, Rejection> {
        let known = self.credentials.iter().filter(|known| known.matches(given)).count() > 0;
        Ok(if known { Admission::Granted(given.user().to_owned()) } else { Admission::Denied })
    }

    async fn by_token(&self, token: &Secret, _: Option<&str>) -> Result<Admission, Rejection> {
        let given = token.expose().as_bytes();
        let equal = |known: &Secret| bool::from(known.expose().as_bytes().ct_eq(given));
        // All of them are looked at, whichever it is.
        let known = self.tokens.iter().fold(None, |found, (user, known)| match equal(known) {
            true => Some(user),
            false => found,
        });
        Ok(known.map_or(Admission::Denied, |user| Admission::Granted(user.clone())))
    }

    fn has_digest(&self) -> bool {
        true
    }

    async fn digest_account(&self, user: &str, _: Option<&str>) -> Result<Option<DigestAccount>, Rejection> {
        let known = self.credentials.iter().find(|known| known.user() == user);
        Ok(known.map(|known| DigestAccount {
            secret: DigestSecret::of_password(known.expose_password()),
            admission: Admission::Granted(user.to_owned()),
        }))
    }
}

impl fmt::Debug for AccountList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountList")
            .field("credentials", &self.credentials)
            .field("tokens", &self.tokens)
            .finish()
    }
}
