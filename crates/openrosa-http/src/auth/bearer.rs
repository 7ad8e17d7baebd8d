//! A token in the place of a name and a password, and where a new one comes from (RFC 6750).

use std::error::Error as StdError;
use std::pin::Pin;

use http::HeaderValue;

use super::{Secret, secret_header};

/// The `Authorization` value; `None` for what a header cannot say.
///
/// *Wire*: `Authorization: Bearer abc`.
pub fn authorization(token: &Secret) -> Option<HeaderValue> {
    secret_header(format!("Bearer {}", token.expose()).as_bytes())
}

/// Reads an `Authorization` value; `None` when it is of another scheme.
pub fn parse(authorization: &HeaderValue) -> Option<Secret> {
    let (scheme, token) = authorization.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token))
}

/// Why there is no new token.
pub type NotRenewed = Box<dyn StdError + Send + Sync>;

/// Gets a new token when the server has refused the old one: once for a request, never in a circle.
///
/// A closure will do:
///
/// ```
/// use openrosa_http::auth::{Secret, bearer::{NotRenewed, Renew}};
///
/// fn takes_any(_: impl Renew) {}
/// takes_any(|| async { Ok::<_, NotRenewed>(Secret::new("a new one")) });
/// ```
pub trait Renew: Send + Sync + 'static {
    /// A token that is good from now on.
    fn renew(&self) -> Pin<Box<dyn Future<Output = Result<Secret, NotRenewed>> + Send + '_>>;
}

impl<F, Answer> Renew for F
where
    F: Fn() -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Secret, NotRenewed>> + Send + 'static,
{
    fn renew(&self) -> Pin<Box<dyn Future<Output = Result<Secret, NotRenewed>> + Send + '_>> {
        Box::pin(self())
    }
}
