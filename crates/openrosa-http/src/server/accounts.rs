//! Who may come in: what a host knows of its users.

use std::future::Future;

use super::Rejection;
use crate::api::inactive::Inactive;
use crate::auth::digest::verifier::DigestSecret;
use crate::auth::{Credentials, Secret};

/// The users of a host, and what proves that a caller is one of them.
///
/// Whatever is unknown, wrong or another domain's is [`Admission::Denied`], and all of it must take the same work: where
/// passwords are kept as slow hashes, that of an unknown user is held against a hash made for the purpose. Otherwise the time
/// that an answer takes tells which names exist.
///
/// [`AccountList`](super::AccountList) is the shortest complete example.
pub trait Accounts: Send + Sync + 'static {
    /// Whether the name and password open the door, of this domain where the address names one.
    ///
    /// *Wire*: `Authorization: Basic`. Devices of CommCare write the name as `name@domain.commcarehq.org`.
    fn by_password(
        &self,
        given: &Credentials,
        domain: Option<&str>,
    ) -> impl Future<Output = Result<Admission, Rejection>> + Send;

    /// Whether the token opens the door. By default none does.
    ///
    /// A token is looked up by a hash of it, or compared in constant time: how far a database gets in comparing can be
    /// measured.
    ///
    /// *Wire*: `/key/{token}/` in the path, `?st=` in the query, or `Authorization: Bearer`.
    fn by_token(
        &self,
        token: &Secret,
        domain: Option<&str>,
    ) -> impl Future<Output = Result<Admission, Rejection>> + Send {
        let _ = (token, domain);
        async { Ok(Admission::Denied) }
    }

    /// Whether [`digest_account`](Self::digest_account) knows anybody. Where only hashes of passwords are kept nobody can be
    /// let in by Digest, and it is not offered. By default not.
    fn has_digest(&self) -> bool {
        false
    }

    /// What Digest is to be checked against; `None` for an unknown user.
    fn digest_account(
        &self,
        user: &str,
        domain: Option<&str>,
    ) -> impl Future<Output = Result<Option<DigestAccount>, Rejection>> + Send {
        let _ = (user, domain);
        async { Ok(None) }
    }
}

/// Whether a caller comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a proof is good or it is not, and so is its user")]
pub enum Admission {
    /// Yes, as the user of this name: [`Caller::user`](super::Caller::user).
    Granted(String),
    /// The proof is good, and its user may not work any more: 406. Only for whoever has proved to be that user.
    Inactive(Inactive),
    /// No.
    Denied,
}

/// A user as Digest knows one.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "there is no more to it")]
pub struct DigestAccount {
    /// What the answer is computed from.
    pub secret: DigestSecret,
    /// What becomes of whoever knows it.
    pub admission: Admission,
}
