//! Tokens that stand in an address: the app users and public links of ODK Central.

use std::fmt;

use url::Url;

use super::Secret;

/// A token by which whoever has the address comes in.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressToken(Secret);

impl AddressToken {
    /// `None` where it is no such token: 64 letters, digits, `!` or `$`.
    pub fn new(text: &str) -> Option<Self> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'$');
        (text.len() == 64 && text.bytes().all(is_one)).then(|| Self(Secret::new(text)))
    }
}

impl fmt::Debug for AddressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl AddressToken {
    /// The address of a project for an app user.
    ///
    /// *Wire*: `/v1/key/{token}/projects/{project}`, below which are `formList` and `submission`. The address is as secret as
    /// the token. *Spec*: openrosa.md 5.2.
    ///
    /// ```
    /// use openrosa_http::auth::AddressToken;
    ///
    /// let token = AddressToken::new(&"a".repeat(64)).unwrap();
    /// let project = token.project(&"https://odk.example/".parse().unwrap(), 7);
    /// assert!(project.path().starts_with("/v1/key/aaaa") && project.path().ends_with("/projects/7"));
    /// ```
    pub fn project(&self, server: &Url, project: u64) -> Url {
        let mut url = server.clone();
        url.set_path(&format!("/v1/key/{}/projects/{project}", self.0.expose()));
        url
    }

    /// An address with the token as an argument, as public links have it.
    ///
    /// *Wire*: `?st={token}`.
    pub fn query(&self, address: &Url) -> Url {
        let mut url = address.clone();
        url.query_pairs_mut().append_pair("st", self.0.expose());
        url
    }
}
