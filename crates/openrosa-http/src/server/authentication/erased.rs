//! The accounts of any host, as one type.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::auth::{Credentials, Secret};
use crate::server::{Accounts, Admission, DigestAccount, Rejection};

type Answer<'a, T> = BoxFuture<'a, Result<T, Rejection>>;

/// [`Accounts`], with futures that have a name.
pub(super) trait AnyAccounts: Send + Sync {
    fn by_password<'a>(&'a self, given: &'a Credentials, domain: Option<&'a str>) -> Answer<'a, Admission>;
    fn by_token<'a>(&'a self, token: &'a Secret, domain: Option<&'a str>) -> Answer<'a, Admission>;
    fn digest_account<'a>(
        &'a self,
        user: &'a str,
        domain: Option<&'a str>,
    ) -> Answer<'a, Option<DigestAccount>>;
}

impl<A: Accounts> AnyAccounts for A {
    fn by_password<'a>(&'a self, given: &'a Credentials, domain: Option<&'a str>) -> Answer<'a, Admission> {
        Accounts::by_password(self, given, domain).boxed()
    }

    fn by_token<'a>(&'a self, token: &'a Secret, domain: Option<&'a str>) -> Answer<'a, Admission> {
        Accounts::by_token(self, token, domain).boxed()
    }

    fn digest_account<'a>(
        &'a self,
        user: &'a str,
        domain: Option<&'a str>,
    ) -> Answer<'a, Option<DigestAccount>> {
        Accounts::digest_account(self, user, domain).boxed()
    }
}
